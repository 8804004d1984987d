"""Where text goes: standard output, standard error, or a file that is written whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from functools import partial

from linuxready import ending


class Trouble(Exception):
    """The source cannot be read, or the output not written: one line, exit status TROUBLE."""


def complain(message: str, status: int) -> int:
    """Say what is wrong in one line on standard error, and return the status."""
    from linuxready.text import printable

    with suppress(OSError, ValueError, AttributeError):
        print(f"linuxready: {printable(message)}", file=sys.stderr, flush=True)
    return status


def emit(text: str, output: str | None = None, utf8: bool = False) -> None:
    """Print, or write a file whole or not at all; raises Trouble. A reader that has gone away is no trouble.

    `utf8`: the text is for a program, and is UTF-8 whatever the locale says, as files are.
    """
    if output is None or output == "-":
        try:
            if utf8 and isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8")
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            return
        except (OSError, AttributeError) as error:
            raise Trouble(f"cannot write to standard output: {getattr(error, 'strerror', 'it is closed')}") from error
        return
    try:
        write_whole(output, text)
    except OSError as error:
        raise Trouble(f"cannot write {output}: {error.strerror}") from error


def _mode_for(path: str, private: bool) -> int:
    """The mode that a file has, or would have been made with; a private one is made for its owner alone."""
    with suppress(OSError):
        return os.stat(path).st_mode & 0o7777
    if private:
        return 0o600
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_whole(path: str, text: str, private: bool = False) -> None:
    """Write a file by way of a temporary one beside it; what is no regular file (a pipe, a device) directly."""
    data = text.encode("utf-8", "backslashreplace")
    if os.path.lexists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    import tempfile

    path = os.path.realpath(path)
    begin = partial(tempfile.mkstemp, prefix=".linuxready-", dir=os.path.dirname(path))
    with ending.undone(begin, _remove_draft) as (descriptor, draft):
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), _mode_for(path, private))
        os.rename(draft, path)


def _remove_draft(made: tuple[int, str]) -> None:
    with suppress(OSError):
        os.unlink(made[1])

"""Where the facts of a machine come from: this machine, a captured one, or what `collect` printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from linuxready import progress
from linuxready.output import Trouble

if TYPE_CHECKING:
    from linuxready.facts import Facts
    from linuxready.host import Host


def collected(
    now: str,
    root: str | None = None,
    recording: str | None = None,
    sosreport: str | None = None,
    record: str | None = None,
    wanted: Collection[str] | None = None,
) -> Facts:
    """The facts of this machine or of a captured one, recorded where that is asked for; raises Trouble.

    `wanted`: the names of those that are asked for; all where it is None.
    """
    from linuxready.collect import collect
    from linuxready.host import Unreadable

    try:
        with progress.line() as doing, _host(root, recording, sosreport, doing) as host:
            if record is None:
                return collect(host, now, wanted, doing)
            from linuxready.host.recorder import Recorder

            recorder = Recorder(host)
            facts = collect(recorder, now, doing=doing)
            recorder.write(record, facts.collected_at)
            return facts
    except Unreadable as error:
        raise Trouble(str(error)) from error
    except OSError as error:
        raise Trouble(f"cannot record in {record}: {error.strerror}") from error


@contextmanager
def _host(
    root: str | None, recording: str | None, sosreport: str | None, doing: Callable[[str], None]
) -> Iterator[Host]:
    if root is not None:
        from linuxready.host.captured import RootHost

        yield RootHost(root)
    elif recording is not None:
        from linuxready.host.captured import open_recording

        with open_recording(recording, doing) as host:
            yield host
    elif sosreport is not None:
        with _open_gathered(sosreport, doing) as host:
            yield host
    else:
        from linuxready.host.live import LiveHost

        yield LiveHost()


@contextmanager
def _open_gathered(path: str, doing: Callable[[str], None]) -> Iterator[Host]:
    """The host of a sosreport or supportconfig: which of the two it is shows when it is unpacked."""
    from linuxready.host import archive, sosreport, supportconfig
    from linuxready.host.gathered import GatheredHost

    def wanted(path: str) -> bool:
        return sosreport.wanted(path) or supportconfig.wanted(path)

    with archive.opened(path, wanted, doing) as folder:
        kind = supportconfig.Supportconfig if supportconfig.is_one(folder) else sosreport.Sosreport
        yield GatheredHost(kind(folder, os.path.basename(os.path.normpath(path))))


def read_facts(path: str) -> Facts:
    """The facts that `collect` printed, from a file or standard input ("-"); raises Trouble."""
    from linuxready import jsontext
    from linuxready.facts import SCHEMA, Facts

    name = "standard input" if path == "-" else path
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
        schema = jsontext.decode(data, dict[str, object]).get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            raise Trouble(f"{name}: facts of schema {schema}, this linuxready reads up to {SCHEMA}: use a newer one")
        facts: Facts = jsontext.decode(data, Facts)
    except OSError as error:
        raise Trouble(f"{name}: {error.strerror}") from error
    except ValueError as error:
        raise Trouble(f"{name} holds no facts: {error}") from error
    return facts

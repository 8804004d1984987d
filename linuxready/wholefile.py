"""A file is written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress


def _mode_for(path: str) -> int:
    """The mode that a file has, or would have been made with."""
    with suppress(OSError):
        return os.stat(path).st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_whole(path: str, text: str) -> None:
    """Write a file by way of a temporary one beside it; what is no regular file (a pipe, a device) directly."""
    data = text.encode("utf-8", "backslashreplace")
    if os.path.lexists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    import tempfile

    path = os.path.realpath(path)
    descriptor, draft = tempfile.mkstemp(prefix=".linuxready-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), _mode_for(path))
        os.rename(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise

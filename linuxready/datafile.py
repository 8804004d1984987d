"""A profile, kernel list or configuration, ours or an administrator's: read within bounds, and never waited for."""

from __future__ import annotations

import os
import stat

MAX_BYTES = 16 * 2**20


def read(path: str) -> str:
    """The text of a file; raises OSError, and ValueError where it is too long or no UTF-8.

    Of a pipe that nobody writes to it is empty.
    """
    with open(path, "rb", opener=_at_once) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"longer than {MAX_BYTES // 2**20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"byte 0x{data[error.start]:02x} is no UTF-8 (at line {line})") from error


def _at_once(path: str, flags: int) -> int:
    """Opened, also where it is a pipe that has no writer: for that it is not waited."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):  # one that has a writer may not have its words yet
        os.set_blocking(descriptor, True)
    return descriptor

"""The space that users other than root can still write, from `df` in blocks of 1 KiB.

    Filesystem           1K-blocks      Used Available Use% Mounted on
    /dev/mapper/VolGroup-lv_root
                          18102140   2412560  14763372  15% /
    proc                         0         0         0    - /proc

A row is wrapped where the first column is long (coreutils before 8.11). A number is rounded up to whole blocks: what is
there may be 1,023 bytes less.
"""

from __future__ import annotations

import re

from linuxready.facts import Mount, UnknownFact
from linuxready.host import Unreadable
from linuxready.mountwalk import MountTree

KIB = 1024

_HEADER = re.compile(r"Filesystem\s+(1K-blocks|1024-blocks)\s+Used\s+Avail(?:able)?\s")
_ROW = re.compile(
    r"(?P<source>.*?)\s+(?P<size>\d+|-)\s+(?P<used>-?\d+|-)\s+(?P<free>-?\d+|-)\s+(?:\d+%|-)\s+(?P<at>/.*)$"
)


def parse_df(text: str) -> dict[str, tuple[str, int]]:
    """(file system, bytes available) by mount point, the last of those on one point; raises Unreadable for no table.

    A file system that df was not told of ("-") is left out.
    """
    found: dict[str, tuple[str, int]] = {}
    lines = iter(text.splitlines())
    if not any(_HEADER.match(line) for line in lines):
        raise Unreadable("`df` has no table in blocks of 1 KiB")
    above = ""
    for line in lines:
        row = _ROW.match(f"{above} {line}" if above else line)
        above = "" if row else line.rstrip() if line.strip() and not line.startswith(" ") else ""
        if row:
            found.pop(row["at"], None)
            if row["free"].isdecimal() and len(row["free"]) < 20:
                found[row["at"]] = (row["source"].strip(), int(row["free"]) * KIB)
    return found


def available(path: str, mounts: tuple[Mount, ...], rows: dict[str, tuple[str, int]]) -> int:
    """The bytes available below a directory, its links followed; raises Unreadable where df has no row of its mount."""
    try:
        mount = MountTree(mounts).covering(path)
    except UnknownFact as error:
        raise Unreadable(f"{path}: {error}") from error
    source, free = rows.get(mount.mount_point, ("", 0))
    if not source:
        raise Unreadable(f"{path}: `df` does not tell of {mount.mount_point}, on which it lies")
    if source != mount.source and not (mount.source.startswith("/dev/") and source.startswith("/dev/")):
        raise Unreadable(f"{path}: `df` tells of {source} on {mount.mount_point}, where {mount.source} is mounted")
    return free

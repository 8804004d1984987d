"""The modes, links and folders that `ls -l` lists, with or without -R, -a, -d and --time-style=long-iso.

/etc/init.d/rc3.d:
total 0
lrwxrwxrwx 1 root root 7 2016-03-01 10:22 S10sshd -> ../sshd
-rwxr--r-- 1 root root 9115 Mar 26  2015 boot.local
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from typing import NamedTuple


class Entry(NamedTuple):
    """What is at a path: its st_mode, where it points if it is a link, its number ("8:1") if it is a device."""

    mode: int
    target: str | None = None
    number: str | None = None


class Listing(NamedTuple):
    """Entries by path, and the folders all of whose names are among them (all but hidden ones, without -a)."""

    entries: dict[str, Entry]
    folders: frozenset[str]


_TYPES = {
    "-": stat.S_IFREG,
    "d": stat.S_IFDIR,
    "l": stat.S_IFLNK,
    "b": stat.S_IFBLK,
    "c": stat.S_IFCHR,
    "p": stat.S_IFIFO,
    "s": stat.S_IFSOCK,
}
_ROW = re.compile(
    r"(?P<type>[-dlbcps])(?P<bits>[-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT])[.+@]?\s+\d+\s(?P<size>.*?\d)\s+"
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d|[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d\d:\d\d|\d{4})) (?P<name>.+)"
)


def parse_ls(lines: Iterable[str], folder: str = "") -> Listing:
    """What `ls -l` printed; `folder` is the one that it was asked for, where it names none itself.

    A folder with a line that is not understood is not one of those that are listed in full. Full paths (-d) make none.
    """
    entries: dict[str, Entry] = {}
    folders, damaged = set(), set()
    here = folder.rstrip("/")
    for line in lines:
        row = _ROW.fullmatch(line)
        if row:
            name, arrow, target = row["name"].partition(" -> ") if row["type"] == "l" else (row["name"], "", "")
            if name not in (".", ".."):
                path = name if name.startswith("/") else f"{here}/{name}"
                number = re.search(r"(\d+), *(\d+)$", row["size"]) if row["type"] in "bc" else None
                mode = _TYPES[row["type"]] | _bits(row["bits"])
                entries[path] = Entry(mode, target if arrow else None, f"{number[1]}:{number[2]}" if number else None)
        elif line.startswith("/") and line.endswith(":"):
            here = line[:-1].rstrip("/")
        elif re.fullmatch(r"total \d+\S*", line):
            # A folder that cannot be opened has no such line.
            folders.add(here)
        elif line.strip():
            damaged.add(here)
    return Listing(entries, frozenset(folders - damaged))


def _bits(text: str) -> int:
    """The permissions of "rwsr-x--t"."""
    mode = 0
    for place, letter in enumerate(text):
        if letter not in "-ST":
            mode |= 0o400 >> place
        if letter in "sStT":
            mode |= 0o4000 >> (place // 3)
    return mode

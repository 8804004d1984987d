"""Directories in full, from `ls -lanR`: names, modes, device numbers and where links point to.

/boot:
total 124
dr-xr-xr-x   5 0 0     4096 Nov 21 07:30 .
-rwxr-xr-x   1 0 0  5156528 Oct 29  2015 vmlinuz-3.10.0-327.el7.x86_64
lrwxrwxrwx   1 0 0       22 Nov 21 07:30 grub.conf -> ../boot/grub/grub.conf
brw-rw----   1 0 6   8,   1 Nov 21 07:30 sda1
"""

from __future__ import annotations

import re
import stat
from typing import NamedTuple

from linuxready.host import Unreadable

_TYPES = {
    "-": stat.S_IFREG,
    "d": stat.S_IFDIR,
    "l": stat.S_IFLNK,
    "b": stat.S_IFBLK,
    "c": stat.S_IFCHR,
    "p": stat.S_IFIFO,
    "s": stat.S_IFSOCK,
}
_ENTRY = re.compile(
    r"(?P<type>[-dlbcps])(?P<bits>[-rwxsStT]{9})[.+@]?\s+\d+\s+\S+\s+\S+\s+"
    r"(?:(?P<major>\d+),\s*(?P<minor>\d+)|\d+)\s+"
    r"(?:[A-Z][a-z]{2}\s+\d+\s+(?:\d+:\d+|\d{4})|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d\S* [-+]\d{4})?)\s(?P<name>.*)$"
)
MAX_LINES = 1_000_000


class Entry(NamedTuple):
    """A name in a directory: st_mode, the target of a link, the number of a device ("8:1")."""

    mode: int
    target: str | None
    number: str | None


def parse_listing(text: str) -> dict[str, dict[str, Entry]]:
    """The entries of each directory, by path and name, `.` and `..` left out; raises Unreadable where there is none.

    A line that is none belongs to a name with a line break in it, or the text is garbled: its directory is left out.
    """
    found: dict[str, dict[str, Entry]] = {}
    folder: dict[str, Entry] | None = None
    spoilt: set[str] = set()
    path = ""
    blank = True
    for line in text.splitlines()[:MAX_LINES]:
        if blank and line.startswith("/") and line.endswith(":"):
            path = line[:-1]
            folder = found.setdefault(path, {})
        elif folder is not None and line.strip() and not line.startswith("total "):
            match = _ENTRY.match(line)
            if not match:
                spoilt.add(path)
            elif match["name"] not in (".", ".."):
                name, arrow, target = match["name"].partition(" -> ")
                is_link = match["type"] == "l" and arrow
                number = f"{match['major']}:{match['minor']}" if match["major"] else None
                entry = Entry(_mode(match["type"], match["bits"]), target if is_link else None, number)
                folder[name if is_link else match["name"]] = entry
        blank = not line.strip()
    whole = {path: entries for path, entries in found.items() if path not in spoilt}
    if not whole:
        raise Unreadable("`ls -lanR` printed no directory")
    return whole


def _mode(kind: str, bits: str) -> int:
    mode = _TYPES[kind]
    for place, bit in enumerate(bits):
        if bit not in "-ST":
            mode |= 0o400 >> place
    return mode

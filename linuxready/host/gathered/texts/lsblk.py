"""The block devices and what each lies on, from `lsblk`: a table whose first column is a tree.

    NAME                          MAJ:MIN RM  SIZE RO TYPE  MOUNTPOINT
    sda                             8:0    0   40G  0 disk
    |-sda1                          8:1    0  500M  0 part  /boot
    `-sda2                          8:2    0 39.5G  0 part
      `-VolGroup-lv_root (dm-0)   253:0    0 17.5G  0 lvm   /         util-linux of RHEL 6

The tree is drawn in ASCII or in UTF-8. A device on two others is in it twice. Sizes are rounded for people, so only
those that are plain numbers (`lsblk -b`) are used. `lsblk -P` has the same, and more, as NAME="sda1" MAJ:MIN="8:1" ….
"""

from __future__ import annotations

import re
from typing import NamedTuple

from linuxready.host import Unreadable

MAX_ROWS = 100_000

_DRAWN = " │|├└─-`"
_OLD_DM = re.compile(r" ?\((dm-\d+)\)")
_PAIR = re.compile(r'([A-Z][A-Z0-9:%_-]*)="([^"]*)"')


class Row(NamedTuple):
    """A line of the table: its columns by their names, and the line above it that it hangs on (an index; -1: none)."""

    words: dict[str, str]
    above: int = -1

    @property
    def number(self) -> str:
        """ "8:1", "" where the table does not tell."""
        number = (self.words.get("MAJ:MIN") or self.words.get("MAJ_MIN") or "").strip()
        return number if re.fullmatch(r"\d+:\d+", number) else ""

    @property
    def name(self) -> str:
        """The kernel's name: KNAME, or as the number of a device-mapper device gives it; else the one that is shown."""
        if kernel := self.words.get("KNAME"):
            return kernel.removeprefix("/dev/")
        kind = self.words.get("TYPE", "disk")
        if self.number and kind not in PLAIN and not kind.startswith("raid"):
            return f"dm-{self.number.partition(':')[2]}"
        return self.words.get("NAME", "")


PLAIN = frozenset(
    "disk part loop rom md linear multipath faulty container tape printer processor worm scanner changer".split()
)
"""What lsblk calls devices that are not device-mapper's, and so md's levels (raid1). A map's type is its uuid's."""

MAPPED = {"lvm": "LVM", "crypt": "CRYPT", "mpath": "mpath", "dm": ""}
"""What lsblk calls device-mapper's devices, and what their uuids begin with."""


def parse_tree(text: str) -> tuple[Row, ...]:
    """The rows of the table; raises Unreadable where it is none, or a row in it hangs in the air."""
    lines = text.splitlines()[:MAX_ROWS]
    start = next((i for i, line in enumerate(lines) if line.startswith("NAME ")), None)
    if start is None:
        raise Unreadable("`lsblk` printed no table")
    columns = [(m[0], m.start(), m.end()) for m in re.finditer(r"\S+", lines[start])]
    if len(columns) < 2:
        raise Unreadable("`lsblk` printed no table")
    rows: list[Row] = []
    path: list[tuple[int, int]] = []
    for line in lines[start + 1 :]:
        drawn = len(line) - len(line.lstrip(_DRAWN))
        words = _columns(line, columns)
        if drawn >= columns[1][1] or not line.strip():
            continue  # a further mount point of the device above
        untold = ("MAJ:MIN" in words) != any(name == "MAJ:MIN" for name, _, _ in columns)
        if untold or (drawn and line[drawn - 1] not in "-─") or not re.match(r"\w", words.get("NAME", "")):
            raise Unreadable(f"`lsblk` printed a row that is none: {line[:60].strip()}")
        while path and path[-1][0] >= drawn:
            path.pop()
        if drawn and not path:
            raise Unreadable(f"`lsblk` printed a row below none: {line[:60].strip()}")
        rows.append(Row(words, path[-1][1] if path else -1))
        path.append((drawn, len(rows) - 1))
    if not rows:
        raise Unreadable("`lsblk` printed no device")
    return tuple(rows)


def _columns(line: str, columns: list[tuple[str, int, int]]) -> dict[str, str]:
    """The words of a row, each in the column whose heading it stands below, on the left or on the right of it."""
    words: dict[str, str] = {}
    if old := _OLD_DM.search(line):
        words["KNAME"] = old[1]
        line = line[: old.start()] + " " * len(old[0]) + line[old.end() :]
    drawn = len(line) - len(line.lstrip(_DRAWN))
    for match in re.finditer(r"\S+", line[drawn:]):
        start, end = match.start() + drawn, match.end() + drawn
        if start == drawn:
            words["NAME"] = match[0]
            continue
        for name, left, right in columns[1:]:
            if start < right and left < end:
                words.setdefault(name, match[0])
                break
    return words


def parse_pairs(text: str) -> tuple[Row, ...]:
    """The devices of `lsblk -P`, which does not tell of all that a device lies on; raises Unreadable for none."""
    rows = [
        Row({key: _unescaped(value) for key, value in _PAIR.findall(line)}) for line in text.splitlines()[:MAX_ROWS]
    ]
    found = tuple(row for row in rows if row.words.get("NAME"))
    if not found:
        raise Unreadable("`lsblk -P` printed no device")
    return found


def _unescaped(value: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), value)

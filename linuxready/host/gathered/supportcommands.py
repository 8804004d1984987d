"""How supportconfig writes the commands that other support tools write in another way, and what these print of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from linuxready.host import Unreadable
from linuxready.host.gathered.texts import dmsetup


def runlevel_of(text: str) -> str:
    """What `runlevel` prints, by the newest of last's records of boots, shutdowns and runlevels; raises Unreadable."""
    newest = re.match(r"runlevel +\(to lvl ([0-6S])\) ", text.lstrip())
    if newest is None:
        raise Unreadable("the runlevel is not the newest of the records that `last` printed")
    return f"N {newest[1]}\n"


def tree_of(text: str, folder: str) -> str:
    """The part of `find … | xargs ls -ld` that is below a folder, as `ls -lR` lists it; raises Unreadable for none."""
    below: dict[str, list[str]] = {}
    for line in text.splitlines():
        row, place, rest = line.partition(f" {folder}")
        if not place or rest[:1] not in ("", "/"):
            continue
        name = folder + rest
        path = name.partition(" -> ")[0]
        parent = path.rpartition("/")[0]
        if row.startswith("d"):
            below.setdefault(path, [])
        if rest:
            below.setdefault(parent, []).append(f"{row} {name[len(parent) + 1 :]}")
    if folder not in below:
        raise Unreadable(f"{folder} is not among what supportconfig listed of /sys")
    return "\n".join(f"{path}:\ntotal 0\n" + "".join(f"{row}\n" for row in rows) for path, rows in below.items())


def parse_packages(text: str) -> frozenset[str]:
    """The names in a list of packages, a column under NAME; raises Unreadable where that is no whole list."""
    lines = text.splitlines()
    if not lines or lines[0].split()[:1] != ["NAME"]:
        raise Unreadable("rpm.txt has no list of the packages")
    if any(line.startswith(("error:", "rpm:")) for line in lines):
        raise Unreadable("rpm.txt: rpm could not list all packages")
    return frozenset(line.split()[0] for line in lines[1:] if line.split())


SPELLINGS = (
    ("lsblk", re.compile(r"lsblk (-i )?-o .*")),
    ("udevadm info --export-db", re.compile(r"udevadm info -e")),
    ("lsmod", re.compile(r"lsmod \| sort")),
    ("dmsetup info -c", re.compile(r"dmsetup info")),
    ("runlevel", re.compile(r"last -\w+ \| (egrep|grep -E) .*runlevel.*")),
    ("ls -l /dev/mapper", re.compile(r"ls -l --time-style=long-iso /dev/mapper/")),
    ("ls -lanR /sys/block", re.compile(r"ls -l --time-style=long-iso /sys/block/")),
    ("ls -lanR /sys/firmware", re.compile(r"find /sys \|.*xargs ls -ld .*")),
)
"""What others call a command, and how supportconfig writes it."""

REWRITTEN: dict[str, Callable[[str], str]] = {
    "dmsetup info -c": dmsetup.columns_of,
    "runlevel": runlevel_of,
    "ls -l /dev/mapper": lambda text: f"/dev/mapper:\n{text}",
    "ls -lanR /sys/block": lambda text: f"/sys/block:\n{text}",
    "ls -lanR /sys/firmware": lambda text: tree_of(text, "/sys/firmware"),
}
"""How what supportconfig wrote becomes what the others' command prints."""

FOLLOWS_LINKS = "ls -lR --time-style=long-iso /boot/"
"""Elsewhere a listing of /boot tells that it is no link."""

"""udev's database, from `udevadm info --export-db`: one block of lines a device, an empty line between them.

    P: /devices/pci0000:00/0000:00:15.0/…/block/sda/sda1
    N: sda1
    E: DEVNAME=/dev/sda1
    E: DEVTYPE=partition
    E: ID_FS_TYPE=xfs
    E: MAJOR=8
    E: MINOR=1
    E: SUBSYSTEM=block

It has every device of sysfs, those that no rule has a word on among them. Source: udevadm(8).
"""

from __future__ import annotations

from typing import NamedTuple

from linuxready.host import Unreadable

SUBSYSTEMS = ("block", "net", "dmi")
"""What is made of it; the rest, most of it, is left."""


class Device(NamedTuple):
    """A device: where it lies below /sys, and its properties."""

    path: str
    subsystem: str
    words: dict[str, str]

    @property
    def name(self) -> str:
        """The kernel's name, as sysfs spells it (`!` for `/`)."""
        return self.path.rpartition("/")[2]

    @property
    def number(self) -> str | None:
        """ "8:1"; None where it has no device node."""
        major, minor = self.words.get("MAJOR", ""), self.words.get("MINOR", "")
        return f"{major}:{minor}" if major.isdecimal() and minor.isdecimal() else None


def parse_export_db(text: str) -> tuple[Device, ...]:
    """The devices of the subsystems that are of use; raises Unreadable where there is none, which no machine has."""
    found = []
    for block in text.split("\n\n"):
        path, words = "", {}
        for line in block.split("\n"):
            kind, colon, rest = line.partition(": ")
            if colon and kind == "P" and rest.startswith("/devices/") and ".." not in rest.split("/"):
                path = rest.rstrip()
            elif colon and kind == "E":
                key, _, value = rest.partition("=")
                words[key] = value
        subsystem = words.get("SUBSYSTEM", "")
        if path and subsystem in SUBSYSTEMS:
            found.append(Device(f"/sys{path}", subsystem, words))
    if not any(device.subsystem == "block" for device in found):
        raise Unreadable("`udevadm info --export-db` shows no block device")
    return tuple(found)

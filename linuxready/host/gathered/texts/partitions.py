"""Sizes and sectors of block devices: /proc/partitions, `blockdev --report`, `fdisk -l DISK`.

major minor  #blocks  name                       in KiB; devices of no size, and empty drives, are left out
   8        0   41943040 sda                   (rounded down)
 104        1     512000 cciss/c0d0p1

RO    RA   SSZ   BSZ   StartSec            Size   Device
rw   256   512  4096          0     42949672960   /dev/sda

Disk /dev/sda: 42.9 GB, 42949672960 bytes, 83886080 sectors
Sector size (logical/physical): 512 bytes / 4096 bytes
"""

from __future__ import annotations

import re
from typing import NamedTuple

from linuxready.host import Unreadable


class Partition(NamedTuple):
    """A line of /proc/partitions; the name has a `/` where the kernel has one."""

    name: str
    number: str
    blocks: int


def parse_partitions(text: str) -> tuple[Partition, ...]:
    """All lines; raises Unreadable for another text."""
    if not re.match(r"\s*major minor\s+#blocks\s+name", text):
        raise Unreadable("/proc/partitions has no head")
    rows = re.findall(r"^\s*(\d{1,7})\s+(\d{1,7})\s+(\d{1,18})\s+(\S+)\s*$", text, re.M)
    return tuple(Partition(name, f"{major}:{minor}", int(blocks)) for major, minor, blocks, name in rows)


class Report(NamedTuple):
    """A line of blockdev's report: sector size and size in bytes."""

    name: str
    sector_bytes: int
    size_bytes: int


def parse_blockdev(text: str) -> tuple[Report, ...]:
    """All lines; raises Unreadable for another text."""
    rows = re.findall(r"^r[wo]\s+\d+\s+(\d{1,6})\s+\d+\s+\d+(?:\s*[=!])?\s+(\d{1,20})\s+/dev/(\S+)\s*$", text, re.M)
    if not rows:
        raise Unreadable("`blockdev --report` printed no device")
    return tuple(Report(name, int(sector), int(size)) for sector, size, name in rows)


class Disk(NamedTuple):
    """What fdisk tells of a disk: the bytes of all of it, and of its logical and its physical sectors."""

    name: str
    size_bytes: int
    logical: str
    physical: str


def parse_fdisk(text: str) -> Disk:
    """The disk; raises Unreadable for another text."""
    disk = re.search(r"^Disk /dev/(\S+): [^,\n]+, (\d{1,20}) bytes\b", text, re.M)
    sectors = re.search(r"^Sector size \(logical/physical\): (\d{1,6}) bytes / (\d{1,6}) bytes$", text, re.M)
    if not disk or not sectors:
        raise Unreadable("`fdisk -l` tells no disk and size of its sectors")
    return Disk(disk[1], int(disk[2]), sectors[1], sectors[2])


PARTITION = re.compile(r"(?P<disk>.*?\d)p\d+|(?P<lettered>.*?[^\d])\d+")


def disk_of(name: str, names: frozenset[str]) -> str | None:
    """The disk that a name is a partition of by the kernel's rule, if it is there: sda of sda1, md0 of md0p1."""
    match = PARTITION.fullmatch(name)
    disk = (match["disk"] or match["lettered"]) if match else None
    return disk if disk in names else None


def parse_losetup(text: str) -> dict[str, str]:
    """The files of loop devices, from `losetup -a`: "/dev/loop0: [2051]:131 (/srv/image)"."""
    return dict(re.findall(r"^/dev/(loop\d+): \[[^\]]*\]:?\S* \((/.*?)\)", text, re.M))

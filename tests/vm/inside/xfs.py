"""XFS of every make, on partitions and on volumes, as the kernel mounts it: what xfs-v5 says, held against xfs_db.

Each file system is looked at as /proc/self/mountinfo, /etc/fstab or udev name it, with xfs_info well, missing, failing
and hanging; what is read of the superblock is xfs_db's answer in all of them. Debian's kernel mounts v4; many do not.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from linuxready.host.live import LiveHost
from linuxready.readers.xfs import SUPERBLOCK_BYTES, parse_superblock

from .scenario import LINUXREADY, Machine, Outcome, Suite, settle, sh
from .tools import empty_disks, in_child

SUITES = (
    xfs := Suite(
        "xfs", Machine(scsi=2, disk_mib=3000, modules=("virtio_scsi", "sd_mod", "xfs", "dm-mod"), seconds=600)
    ),
)

MAKES = {
    "v4": "-m crc=0 -n ftype=0",
    "v4-ftype": "-m crc=0 -n ftype=1",
    "v5-plain": "-m crc=1,finobt=0,reflink=0,inobtcount=0,bigtime=0 -i sparse=0",
    "v5-reflink": "-m crc=1,reflink=1,bigtime=0,inobtcount=0",
    "v5-bigtime": "-m crc=1,bigtime=1,inobtcount=1",
}

XFS_DB_WORDS = {
    "FINOBT": "finobt",
    "SPARSE_INODES": "sparse",
    "RMAPBT": "rmapbt",
    "REFLINK": "reflink",
    "BIGTIME": "bigtime",
    "INOBTCNT": "inobtcount",
    "NREXT64": "nrext64",
}

LIMIT_SECONDS = 15
"""As long as a check may take, whatever xfs_info does; there is one time-out of 5 s in it."""

SLOWER = 4
"""How much slower than a real machine this one may be."""


@dataclass(frozen=True)
class Made:
    make: str
    device: str
    """As "/dev/vg/v4" or "/dev/sda1"."""

    @property
    def point(self) -> str:
        return f"/mnt/{self.device.replace('/', '_')[1:]}"


_made: list[Made] = []


def made() -> list[Made]:
    """Each make on a partition of one disk and on a volume of the other; made once."""
    if not _made:
        a, b = empty_disks(2)
        rows = "\n".join(("label: gpt", *["size=400M"] * len(MAKES)))
        sh(
            'printf "%s\n" "$1" | sfdisk -q --wipe always "/dev/$2"; pvcreate -qqy /dev/$3; vgcreate -qq vg /dev/$3',
            rows,
            a,
            b,
        )
        for number, (make, words) in enumerate(MAKES.items(), 1):
            sh("lvcreate -qqy -L 400M -n $1 vg", make)
            settle()
            for device in (f"/dev/{a}{number}", f"/dev/vg/{make}"):
                sh(f"mkfs.xfs -q -f {words} {device}; mkdir -p {Made(make, device).point}")
                _made.append(Made(make, device))
        settle()
    return _made


@cache
def by_xfs_db(device: str) -> tuple[bool, bool, tuple[str, ...]]:
    """crc, ftype and the features that only v5 has, as xfs_db prints them."""
    words = sh("xfs_db -r -c version $1", device).partition(" = ")[2].split(",")
    return "V5" in words, "FTYPE" in words, tuple(sorted(XFS_DB_WORDS[word] for word in words if word in XFS_DB_WORDS))


def expected(features: tuple[bool, bool, tuple[str, ...]]) -> str:
    """What the finding says of a file system with these features."""
    crc, ftype, names = features
    if crc:
        return f"XFS v5, crc=1 ({', '.join(names)})" if names else "XFS v5, crc=1"
    return "XFS v4 with ftype=1" if ftype else "XFS v4"


def checked() -> tuple[dict[str, str], str, float]:
    """Linuxready's words for each item that does not pass, what they were seen by, and the seconds."""
    started = time.monotonic()
    report = json.loads(sh(f"{LINUXREADY} check --only xfs-v5 --format json", check=False))
    seconds = time.monotonic() - started
    finding = report["findings"][0]
    found = {}
    for group in finding["found"].split("; "):
        items, _, said = group.partition(": ")
        found.update(dict.fromkeys(items.split(", "), said))
    seen = {"xfs_info" if e["source"].startswith("xfs_info ") else "superblock" for e in finding["evidence"]}
    return found, "+".join(sorted(seen)), seconds


def all_of_them(setup: Callable[[list[Made]], dict[str, str]], source: str, limit: float = 1000) -> Outcome:
    """Check in a mount namespace; `setup` mounts, and says which device each item is."""

    def look() -> Outcome:
        sh("mount -t tmpfs tmpfs /mnt", check=False)
        for each in made():
            os.makedirs(each.point, exist_ok=True)
        items = setup(made())
        found, seen, seconds = checked()
        oracle = {item: expected(by_xfs_db(device)) for item, device in items.items()}
        found.update({item: "XFS v4" for item in oracle if item not in found})
        wrong = [f"{item}: {said}" for item, said in found.items() if said != oracle.get(item)]
        wrong += [f"{seconds:.0f} s"] if seconds > limit else []
        agree = not wrong and seen == source
        return Outcome(
            f"{counted(found)}, by {seen}", f"xfs_db: {counted(oracle)}, by {source}", agree, "; ".join(wrong)
        )

    made()
    return in_child(look)


def counted(said: dict[str, str]) -> str:
    answers = sorted(said.values())
    return "; ".join(f"{answers.count(one)} {one}" for one in dict.fromkeys(answers))


def mounted(filesystems: list[Made], options: str = "") -> dict[str, str]:
    for each in filesystems:
        sh(f"mount {options} {each.device} {each.point}")
    return {each.point: each.device for each in filesystems}


def with_xfs_info(body: str) -> None:
    """Another xfs_info, in the mount namespace of this process."""
    Path("/run/xfs_info").write_text(f"#!/bin/sh\n{body}\n")
    os.chmod("/run/xfs_info", 0o755)
    sh("mount --bind /run/xfs_info $(readlink -f /usr/sbin/xfs_info)")


@xfs.scenario("each make, its superblock and xfs_db")
def superblocks() -> Outcome:
    answers, oracle = [], []
    for each in made():
        read = parse_superblock(LiveHost().read_block(each.device, SUPERBLOCK_BYTES), each.device)
        answers.append((bool(read and read.crc), bool(read and read.ftype), read.v5_features if read else ()))
        oracle.append(by_xfs_db(each.device))
    named = {each.device: expected(one) for each, one in zip(made(), answers, strict=True)}
    there = {each.device: expected(one) for each, one in zip(made(), oracle, strict=True)}
    return Outcome(counted(named), counted(there), answers == oracle)


@xfs.scenario("mounted")
def all_mounted() -> Outcome:
    return all_of_them(mounted, "xfs_info")


@xfs.scenario("mounted read-only")
def read_only() -> Outcome:
    return all_of_them(lambda all_made: mounted(all_made, "-o ro,norecovery"), "xfs_info")


@xfs.scenario("mounted, xfs_info missing")
def missing() -> Outcome:
    def setup(filesystems: list[Made]) -> dict[str, str]:
        sh("mount --bind /dev/null $(readlink -f /usr/sbin/xfs_info)")
        return mounted(filesystems)

    return all_of_them(setup, "superblock")


@xfs.scenario("mounted, xfs_info failing")
def failing() -> Outcome:
    def setup(filesystems: list[Made]) -> dict[str, str]:
        with_xfs_info("echo crc=0 ftype=0; exit 1")
        return mounted(filesystems)

    return all_of_them(setup, "superblock")


@xfs.scenario("mounted, xfs_info hanging")
def hanging() -> Outcome:
    """Ten of them: it is waited for once."""

    def setup(filesystems: list[Made]) -> dict[str, str]:
        with_xfs_info("exec sleep 1000")
        return mounted(filesystems)

    return all_of_them(setup, "superblock", limit=LIMIT_SECONDS * SLOWER)


@xfs.scenario("unmounted, as udev knows them")
def unmounted() -> Outcome:
    return all_of_them(lambda all_made: {node(each.device): node(each.device) for each in all_made}, "superblock")


def node(device: str) -> str:
    return os.path.realpath(device)


@xfs.scenario("unmounted, in fstab by UUID, LABEL and path; udev has been asked")
def in_fstab() -> Outcome:
    return all_of_them(lambda all_made: fstab(all_made, by_uuid=True), "superblock")


@xfs.scenario("unmounted, in fstab by path; no udev")
def in_fstab_without_udev() -> Outcome:
    def setup(filesystems: list[Made]) -> dict[str, str]:
        sh("mount -t tmpfs tmpfs /run/udev")
        return fstab(filesystems, by_uuid=False)

    return all_of_them(setup, "superblock")


def fstab(filesystems: list[Made], by_uuid: bool) -> dict[str, str]:
    """/etc/fstab names them, every second by its UUID."""
    lines = []
    for number, each in enumerate(filesystems):
        uuid = sh("blkid -p -o value -s UUID $1", each.device)
        spec = f"UUID={uuid}" if by_uuid and number % 2 else each.device
        lines.append(f"{spec} {each.point} xfs defaults 0 0\n")
    Path("/run/fstab").write_text("".join(lines))
    sh("mount --bind /run/fstab /etc/fstab")
    return {each.point: each.device for each in filesystems}

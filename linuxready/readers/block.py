"""Block devices and what each lies on: /sys/class/block, and udev for what is on them.

    /sys/class/block/sda2 -> ../../devices/…/block/sda/sda2    its `partition` file: a part of sda
    /sys/devices/virtual/block/dm-0/dm/uuid                    LVM-…, mpath-…, CRYPT-…, part1-mpath-…
    /sys/devices/virtual/block/dm-0/slaves/sda2                what it lies on; so for md and bcache
    /sys/devices/virtual/block/loop3/loop/backing_file         the file under a loop device
    /sys/fs/btrfs/UUID/devices/vda2                            the devices of a btrfs file system

Source: kernel Documentation/ABI (sysfs-block, sysfs-block-dm, sysfs-block-loop).
"""

from __future__ import annotations

import stat
from contextlib import suppress

from linuxready.facts import BlockDevice, BtrfsFilesystem, Fact, FstabEntry, NamedDevices
from linuxready.host import Absent, Host, UdevRecord, Unreadable

SECTOR_BYTES = 512
"""`size` counts sectors of 512 bytes whatever the disk's own are."""

DM_KINDS = {"LVM": "lvm", "mpath": "mpath", "CRYPT": "crypt"}
"""The first word of a device-mapper uuid, and the kind it means."""

KINDS = (
    ("loop", "loop"),
    ("md", "md"),
    ("bcache", "bcache"),
    ("ram", "memory"),
    ("zram", "memory"),
    ("nbd", "network"),
    ("rbd", "network"),
    ("drbd", "network"),
    ("sr", "rom"),
    ("scd", "rom"),
    ("fd", "floppy"),
)
"""Kernel names of what is no disk, by the letters before the number; the rest are disks."""


def read(host: Host) -> tuple[BlockDevice, ...]:
    """All block devices, partitions included, in the order of their names."""
    try:
        paths = host.block_device_paths()
    except Absent:
        raise Unreadable("the block devices were not captured: no /sys/class/block, no /sys/block") from None
    devices = (_device(host, path) for path in paths)
    return tuple(sorted((d for d in devices if d), key=lambda d: d.name))


def read_named(host: Host, devices: Fact[tuple[BlockDevice, ...]], fstab: Fact[tuple[FstabEntry, ...]]) -> NamedDevices:
    """The block devices that files name; none are looked for where the kernel's own list is there."""
    if devices.value is not None:
        return NamedDevices((), {})
    from linuxready.readers import devicefiles

    return devicefiles.read(host, fstab.value or ())


def read_btrfs(host: Host) -> tuple[BtrfsFilesystem, ...]:
    """The btrfs file systems that are mounted, none where the kernel knows none."""
    found = []
    try:
        uuids = host.entries("/sys/fs/btrfs")
    except Absent:
        return ()
    for uuid in uuids:
        with suppress(Absent):
            names = host.entries(f"/sys/fs/btrfs/{uuid}/devices")
            found.append(BtrfsFilesystem(uuid, tuple(name.replace("!", "/") for name in names)))
    return tuple(found)


def _device(host: Host, path: str) -> BlockDevice | None:
    name = path.rpartition("/")[2].replace("!", "/")
    number = _word(host, f"{path}/dev")
    if number is None:
        return None
    here = _entries(host, path) or []
    kind = _kind(host, path, name, here)
    size = _word(host, f"{path}/size")
    udev = host.udev(path, number) if kind not in ("loop", "memory") or size != "0" else UdevRecord()
    return BlockDevice(
        name=name,
        number=number,
        kind=kind,
        parents=_parents(host, path, kind, here),
        size_bytes=int(size) * SECTOR_BYTES if size and size.isdecimal() else None,
        removable=_word(host, f"{path}/removable") == "1",
        dm_name=_word(host, f"{path}/dm/name") if "dm" in here else None,
        backing_file=_backing_file(host, path) if kind == "loop" else None,
        suspended="dm" in here and _word(host, f"{path}/dm/suspended") == "1",
        fs_type=udev.fs_type,
        fs_uuid=udev.fs_uuid,
        fs_label=udev.fs_label,
    )


def _is_partition(path: str, here: list[str]) -> bool:
    """Whether a device is a part of the one it lies below: …/block/sda/sda1, also before there was a `partition`."""
    parts = path.split("/")
    return "partition" in here or (parts[-3:-2] == ["block"] and parts[-1].startswith(parts[-2]))


def _kind(host: Host, path: str, name: str, here: list[str]) -> str:
    if _is_partition(path, here):
        return "part"
    if name.startswith("dm-"):
        words = (_word(host, f"{path}/dm/uuid") or "").split("-")
        return "part" if words[0].startswith("part") else DM_KINDS.get(words[0], "dm")
    letters = name.rstrip("0123456789").removesuffix("_d")
    known = next((kind for prefix, kind in KINDS if letters == prefix), None)
    if known:
        return known
    # Only nvme's multipath heads are disks without hardware above them.
    return "virtual" if "/devices/virtual/" in path and "/nvme-" not in path else "disk"


def _parents(host: Host, path: str, kind: str, here: list[str]) -> tuple[str, ...] | None:
    if _is_partition(path, here):
        return (path.split("/")[-2].replace("!", "/"),)
    if kind in ("lvm", "mpath", "crypt", "part", "dm", "md", "bcache"):
        slaves = _entries(host, f"{path}/slaves")
        if slaves is None:
            return None
        return tuple(s.replace("!", "/") for s in sorted({*slaves, *_caches(host, path)}))
    return ()


def _caches(host: Host, path: str) -> list[str]:
    """The cache devices of a bcache, which are no slaves: …/bcache/cache/cache0 leads to sdb/bcache."""
    folder = f"{path}/bcache/cache"
    names = [name for name in _entries(host, folder) or [] if name.startswith("cache") and name[5:].isdecimal()]
    return [host.real_path(f"{folder}/{name}").split("/")[-2] for name in names]


def _backing_file(host: Host, path: str) -> str | None:
    """The file under a loop device; None where none is to be seen at its path: deleted, or hidden by a mount."""
    with suppress(Unreadable):
        file = host.text(f"{path}/loop/backing_file").removesuffix("\n")
        if not host.whole or stat.S_ISREG(host.mode(file) or 0):
            return file
    return None


def _entries(host: Host, path: str) -> list[str] | None:
    try:
        return host.entries(path)
    except Unreadable:
        return None


def _word(host: Host, path: str) -> str | None:
    try:
        return host.text(path).strip() or None
    except Unreadable:
        return None

"""Pure: the mount table of the next boot, by /etc/fstab, for a machine whose own was not captured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import normpath
from typing import NamedTuple

from msgspec.structs import replace

from linuxready.facts import BlockDevice, Directory, FstabEntry, Mount
from linuxready.mountwalk import device_of

NO_DEVICE = "0:0"
"""The number that stands for those that the kernel gives to file systems without a block device."""

WITHOUT_DEVICE = frozenset(
    "9p aufs autofs bpf cgroup cgroup2 cifs configfs debugfs devpts devtmpfs fusectl glusterfs hugetlbfs mqueue nfs "
    "nfs4 overlay overlayfs proc pstore ramfs securityfs selinuxfs smb3 smbfs sysfs tmpfs tracefs usbfs zfs".split()
)
"""File systems that lie on no block device of the machine's that their line names."""

NOWHERE = ("none", "swap", "-", "ignore")


class Plan(NamedTuple):
    """Mounts in fstab's order, below one of `/`; by mount point, why what lies there is not known all the same."""

    mounts: tuple[Mount, ...]
    doubts: dict[str, str]


def plan(
    entries: Iterable[FstabEntry],
    directories: Iterable[Directory],
    devices: tuple[BlockDevice, ...],
    units: Mapping[str, str],
) -> Plan:
    """What the next boot mounts, as far as fstab says it; the mount of a device has no number.

    In doubt is what is not mounted by itself, bind mounts, a mount point with several lines or with a line before that
    of a mount point above it (systemd mounts by path, others line by line), a device that two are called by, and what
    a mount unit of systemd's own is for (`units`, its files by directory), which goes before fstab.
    """
    real = {directory.path: directory.real_path.value for directory in directories}
    lines: dict[str, list[FstabEntry]] = {}
    for entry in entries:
        if entry.mount_point not in NOWHERE and entry.fs_type not in ("swap", "ignore"):
            point = normpath(f"/{entry.mount_point.lstrip('/')}")
            lines.setdefault(real.get(point) or point, []).append(entry)
    doubts = {point: why for point, (first, *more) in lines.items() if (why := _doubt(point, first, more, lines))}
    mounts = [_mount(point, entries[0], devices, doubts) for point, entries in lines.items()]
    for directory, unit in units.items():
        point = real.get(directory) or directory
        doubts[point] = f"{unit} mounts {directory}, which is not looked into"
        if point not in lines and point != "/":
            mounts.append(Mount(point, "", "", "/", "", 0))
    if "/" not in lines:
        doubts["/"] = "/etc/fstab has no line for /"
        mounts.append(Mount("/", "", "", "/", "", 0))
    # Numbered by depth, so that each is a child of the nearest above it.
    numbers = {mount.mount_point: number for number, mount in enumerate(sorted(mounts, key=_depth), 1)}
    return Plan(tuple(_in_tree(mount, numbers) for mount in mounts), doubts)


def _doubt(point: str, entry: FstabEntry, more: list[FstabEntry], lines: dict[str, list[FstabEntry]]) -> str:
    """Why it is not known what will be mounted at a point; "" where it is."""
    where = f"/etc/fstab:{entry.line}"
    if entry.options is None:
        return f"{where}: its options were not captured"
    if any((other.spec, other.fs_type, other.options) != (entry.spec, entry.fs_type, entry.options) for other in more):
        return f"{where}: line {more[0].line} is for {point} as well"
    if "noauto" in entry.words:
        return f"{where}: noauto, it is mounted by hand or not at all"
    if "bind" in entry.words or "rbind" in entry.words:
        return f"{where}: a bind mount of {entry.spec}"
    for above, (first, *_) in lines.items():
        if above != "/" and point.startswith(f"{above}/") and first.line > entry.line:
            return f"{where}: it comes before {above}, on line {first.line}, which may hide it"
    return ""


def _mount(point: str, entry: FstabEntry, devices: tuple[BlockDevice, ...], doubts: dict[str, str]) -> Mount:
    fs_type, number = entry.fs_type, None
    if fs_type in WITHOUT_DEVICE:
        number = NO_DEVICE
    else:
        found = [device for device in devices if device_of(entry.spec, (device,))]
        if len(found) > 1:
            names = " and ".join(device.name for device in found[:3])
            doubts.setdefault(point, f"/etc/fstab:{entry.line}: {entry.spec} is {names}")
        if fs_type == "auto" or "," in fs_type:
            known = found[0].fs_type if len(found) == 1 else None
            if known is None:
                doubts.setdefault(point, f"/etc/fstab:{entry.line}: the type of its file system is not known")
            fs_type = known or fs_type
    read_only = [option for option in entry.words if option in ("ro", "rw")][-1:] == ["ro"]
    return Mount(point, fs_type, entry.spec, "/", entry.options or "", entry.line, number, read_only=read_only)


def _depth(mount: Mount) -> int:
    return mount.mount_point.rstrip("/").count("/")


def _in_tree(mount: Mount, numbers: dict[str, int]) -> Mount:
    """A mount with its number and that of the one it is mounted on, the nearest above its mount point; / is its own."""
    above = mount.mount_point
    while above != "/":
        above = above.rpartition("/")[0] or "/"
        if above in numbers:
            break
    return replace(mount, id=numbers[mount.mount_point], parent=numbers[above])

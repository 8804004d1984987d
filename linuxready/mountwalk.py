"""Pure: which mount a path lies on, and which whole disks are below it."""

from __future__ import annotations

from collections.abc import Iterable

from linuxready.facts import BlockDevice, BtrfsFilesystem, Mount, UnknownFact

NOT_ON_DISK = {
    "tmpfs": "lies in memory",
    "ramfs": "lies in memory",
    "rootfs": "lies in memory",
    "overlay": "is an overlay: its directories may lie anywhere",
    "overlayfs": "is an overlay: its directories may lie anywhere",
    "aufs": "is a union of directories that may lie anywhere",
    "zfs": "is ZFS, whose pool the kernel does not show",
}
"""What is known of mounts without a block device of their own."""

LEAF_REASONS = {
    "memory": "lies in memory",
    "network": "is a disk on the network",
    "loop": "is a loop device whose file is not to be seen",
    "virtual": "is a virtual device that names nothing below it",
}
"""Devices at the bottom that are no disk."""


class MountTree:
    """A mount table, to be walked as the kernel walks it."""

    def __init__(self, mounts: tuple[Mount, ...]) -> None:
        self._mounts = mounts
        ids = {mount.id for mount in mounts}
        self._has_tree = None not in ids
        roots = (m for m in mounts if m.mount_point == "/" and (m.parent not in ids or m.parent == m.id))
        self._root = next(roots, None)
        self._children = {(mount.parent, mount.mount_point): mount for mount in mounts if mount.parent != mount.id}

    def covering(self, path: str) -> Mount:
        """The mount that a lookup of `path` (its links already followed) ends on.

        Component by component from the root: what is mounted on the directory reached so far, on top of the mount
        we are on, is entered; a later mount on a parent so hides older ones below. Raises UnknownFact without a root.
        """
        if not self._has_tree:
            return self._last_on(path)
        if self._root is None:
            raise UnknownFact("the mount table has no root mount")
        current = self._top(self._root, "/")
        here = ""
        for name in filter(None, path.split("/")):
            here = f"{here}/{name}"
            current = self._top(current, here)
        return current

    def _last_on(self, path: str) -> Mount:
        """Of a table without a tree, as /proc/self/mounts, in the order of mounting: a later mount hides others.

        What the initramfs mounted and moved (/dev, /proc, /run, /sys) stands before the root file system, which does
        not hide it. Raises UnknownFact where there is not one root, or a mount came later on a directory in between.
        """
        table = [mount for mount in self._mounts if mount.fs_type != "rootfs"]
        if [mount.mount_point for mount in table].count("/") != 1:
            raise UnknownFact("the mount table has no tree, nor one root mount: only /proc/self/mounts was captured")
        above = [mount for mount in table if f"{path.rstrip('/')}/".startswith(f"{mount.mount_point.rstrip('/')}/")]
        longest = max(len(mount.mount_point) for mount in above)
        place = max(i for i, mount in enumerate(above) if len(mount.mount_point) == longest)
        if any(mount.mount_point != "/" for mount in above[place + 1 :]):
            raise UnknownFact("the mount table has no tree, and may hide a mount: only /proc/self/mounts was captured")
        return above[place]

    def _top(self, current: Mount, path: str) -> Mount:
        seen = {current.id}
        while (child := self._children.get((current.id, path))) and child.id not in seen:
            seen.add(child.id)
            current = child
        return current


def device_of(spec: str, devices: tuple[BlockDevice, ...]) -> BlockDevice | None:
    """The device that fstab or a mount's source means by UUID=…, LABEL=…, /dev/mapper/NAME, /dev/VG/LV or /dev/NAME."""
    tag, _, value = spec.partition("=")
    if tag in ("UUID", "LABEL") and value:
        key = "fs_uuid" if tag == "UUID" else "fs_label"
        return next((d for d in devices if getattr(d, key) == value), None)
    path = spec.removeprefix("/dev/disk/by-uuid/")
    if path != spec:
        return device_of(f"UUID={path}", devices)
    path = spec.removeprefix("/dev/")
    names = {path, path.removeprefix("mapper/")}
    if path.count("/") == 1:
        group, volume = path.split("/")
        names.add(f"{group.replace('-', '--')}-{volume.replace('-', '--')}")
    return next((d for d in devices if d.name == path or (d.dm_name and d.dm_name in names)), None)


def suspended(devices: tuple[BlockDevice, ...]) -> set[BlockDevice]:
    """The devices that are suspended or lie on one that is: a read of them waits for ever."""
    stuck = {device.name for device in devices if device.suspended}
    found: set[BlockDevice] = set()
    while stuck:
        found.update(device for device in devices if device.name in stuck)
        names = {device.name for device in found}
        stuck = {d.name for d in devices if d.name not in names and names.intersection(d.parents or ())}
    return found


def suspended_mounts(mounts: tuple[Mount, ...], devices: tuple[BlockDevice, ...]) -> dict[str, str]:
    """The mount points that nobody may touch because what they lie on is suspended, and the words that say so."""
    stuck = {device.number: device.name for device in suspended(devices)}
    return {
        mount.mount_point: f"{mount.mount_point} lies on {stuck[mount.number]}, which is suspended: not touched"
        for mount in mounts
        if mount.number in stuck
    }


class DiskGraph:
    """The block devices of a machine with its mounts, to find the whole disks below a mount."""

    def __init__(self, devices: Iterable[BlockDevice], mounts: MountTree, btrfs: tuple[BtrfsFilesystem, ...]) -> None:
        self._by_name = {device.name: device for device in devices}
        self._by_number = {device.number: device for device in self._by_name.values()}
        self._mounts = mounts
        self._btrfs = btrfs

    def disks_of_mount(self, mount: Mount) -> frozenset[str]:
        """The names of the whole disks that a mount's data lies on; raises UnknownFact with what it is instead."""
        return self._mount(mount, frozenset())

    def disks_of_device(self, device: BlockDevice) -> frozenset[str]:
        """The names of the whole disks below a block device; raises UnknownFact."""
        return self._device(device, frozenset())

    def device_of_mount(self, mount: Mount) -> BlockDevice | None:
        """The device of a mount by its number; else, and of btrfs, whose numbers are anonymous, by its source."""
        if mount.number is None or mount.fs_type == "btrfs":
            return device_of(mount.source, tuple(self._by_name.values()))
        return self._by_number.get(mount.number)

    def _mount(self, mount: Mount, above: frozenset[str]) -> frozenset[str]:
        if mount.fs_type == "btrfs":
            return self._all(self.btrfs_devices(mount), above)
        device = self.device_of_mount(mount)
        if device is not None:
            return self._device(device, above)
        if mount.number is None and (mount.source.startswith("/dev/") or mount.fs_type not in NOT_ON_DISK):
            raise UnknownFact(f"no file that was captured tells which device {mount.source} is")
        if mount.number is None or mount.number.startswith("0:"):
            reason = NOT_ON_DISK.get(mount.fs_type, "has no block device (a network or virtual file system)")
            raise UnknownFact(f"{mount.mount_point} is {mount.fs_type}: it {reason}")
        raise UnknownFact(f"{mount.mount_point}: device {mount.number} ({mount.source}) is not among the block devices")

    def _device(self, device: BlockDevice, above: frozenset[str]) -> frozenset[str]:
        if device.name in above:
            raise UnknownFact(f"{device.name} is said to lie on itself")
        above = above | {device.name}
        if device.kind == "loop" and device.backing_file:
            return self._mount(self._mounts.covering(device.backing_file), above)
        if device.kind in LEAF_REASONS:
            raise UnknownFact(f"{device.name} {LEAF_REASONS[device.kind]}")
        if device.kind == "mpath":
            return frozenset((device.name,))
        if device.parents is None:
            raise UnknownFact(f"{device.name} ({device.kind}): what it lies on was not captured (no slaves/)")
        if device.parents:
            return self._all(device.parents, above)
        if device.kind in ("disk", "rom", "floppy"):
            return frozenset((device.name,))
        raise UnknownFact(f"{device.name} ({device.kind}) names no device below it")

    def _all(self, names: Iterable[str], above: frozenset[str]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for name in names:
            device = self._by_name.get(name)
            if device is None:
                raise UnknownFact(f"{name} is not among the block devices")
            found |= self._device(device, above)
        return found

    def btrfs_devices(self, mount: Mount) -> tuple[str, ...]:
        """The devices of a btrfs mount: its number is anonymous, its source names one of them."""
        device = device_of(mount.source, tuple(self._by_name.values()))
        for filesystem in self._btrfs:
            if device and device.name in filesystem.devices:
                return filesystem.devices
        raise UnknownFact(f"{mount.mount_point}: the devices of btrfs on {mount.source} are not known")

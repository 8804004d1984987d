"""Where the directories of a machine lie: by its mount table, or where none was captured by that of the next boot."""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property

from linuxready.facts import (
    NO_MOUNT_TABLE,
    UNSEEN_LINK,
    BlockDevice,
    Evidence,
    Fact,
    Facts,
    Mount,
    RejectedLine,
    UnknownFact,
)
from linuxready.mountwalk import DiskGraph, MountTree, device_of
from linuxready.requirements.base import Answer, hint

MOUNTINFO = "/proc/self/mountinfo"
MOUNTS = "/proc/self/mounts"
FSTAB = "/etc/fstab"

UNREAD_LINE = {
    MOUNTINFO: hint("capture the machine again: its mount table was cut or altered"),
    MOUNTS: hint("capture the machine again: its mount table was cut or altered"),
    FSTAB: hint("mend that line of /etc/fstab"),
}

READS = (
    *("mounts", "mounts_rejected", "fstab", "fstab_rejected", "directories"),
    *("block_devices", "named_devices", "btrfs"),
)
"""The facts that places are made of."""

PLANNED = """\
Where no mount table was captured, as on a mounted disk image, /etc/fstab decides: what the next boot mounts, and of
which devices, as far as files name these: plain names, blkid's cache (it may be old: the finding names the file), LVM's
backups. What they do not tell is unknown: a UUID that blkid does not know, noauto, bind mounts, a line out of order,
and what systemd has a mount unit of its own for. What autofs or scripts mount is not looked for."""
BY_FSTAB = (
    "Where no mount table was captured, as on a mounted disk image, what the next boot mounts by /etc/fstab decides."
)
"""What `explain` says of it: whole, and where it is one of many things."""

API_FOLDER = re.compile(r"/(dev|proc|run|sys)(/|$)")
OF_KERNEL = ("proc", "sysfs", "rpc_pipefs", "rootfs", "selinuxfs")
"""Where programs and the kernel speak, and what holds nothing but that: no system directory is a link to there."""


class Places:
    """The mounts of a machine and what they lie on; raises UnknownFact where nothing tells.

    `planned`: by /etc/fstab, for no mount table was captured. It says where things will lie and of what type they are
    then, never how they are mounted now.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.planned = facts.mounts.value is None and str(facts.mounts.unknown).startswith(NO_MOUNT_TABLE)
        self._doubts: dict[str, str] = {}
        if self.planned and facts.fstab.value:
            from linuxready.nextboot import plan

            units = facts.named_devices.value.units if facts.named_devices.value else {}
            self.mounts, self._doubts = plan(facts.fstab.value, facts.directories.known(), _devices(facts), units)
        else:
            self.planned = False
            self.mounts = facts.mounts.known()
        without_ids = any(mount.id is None for mount in self.mounts)
        self.source = FSTAB if self.planned else MOUNTS if without_ids else MOUNTINFO
        self._tree = MountTree(self.mounts)

    @property
    def devices(self) -> tuple[BlockDevice, ...]:
        """The block devices; those that files name are some of them only. Raises UnknownFact."""
        return _devices(self._facts) if self.planned else self._facts.block_devices.known()

    @cached_property
    def graph(self) -> DiskGraph:
        """What the devices lie on; raises UnknownFact where they are not known."""
        return DiskGraph(self.devices, self._tree, self._facts.btrfs.value or ())

    def mount_of(self, directory: str) -> Mount:
        """The mount that a system directory lies on, its links followed; raises UnknownFact."""
        mount = self._tree.covering(self._real_path(directory).known())
        if mount.mount_point in self._doubts:
            raise UnknownFact(self._doubts[mount.mount_point])
        return mount

    def unseen_link(self, directory: str) -> str | None:
        """Why nobody saw whether a system directory is a link; None where that was seen, or could not be."""
        reason = self._real_path(directory).unknown or ""
        return reason if reason.startswith(UNSEEN_LINK.format(directory)) else None

    def _real_path(self, directory: str) -> Fact[str]:
        places = {known.path: known.real_path for known in self._facts.directories.known()}
        return places.get(directory, Fact(unknown=f"{directory} was not looked up"))

    def device_of(self, mount: Mount) -> BlockDevice | None:
        """The block device that a mount is of, None where it has none; raises UnknownFact where it was not seen.

        A map of which no file tells the kind is not seen.
        """
        device = self.graph.device_of_mount(mount)
        if device is None and (mount.number or "").startswith("0:") and mount.fs_type != "btrfs":
            return None
        if device is None and mount.number is None:
            raise UnknownFact(f"no file that was captured tells which device {mount.source} is")
        if device is None:
            raise UnknownFact(f"device {mount.number} ({mount.source}) is not among the block devices")
        if self.planned and device.kind == "dm":
            raise UnknownFact(f"{mount.source}: whether it is a logical volume is in no file that was captured")
        return device

    def doubt(self, mount: Mount) -> str:
        """Why it is not known what will be mounted at a mount's place; "" where it is."""
        return self._doubts.get(mount.mount_point, "")

    def disks_below(self, directory: str) -> frozenset[str]:
        """The names of the whole disks below a system directory; raises UnknownFact.

        Where nobody saw whether it is a link: the one disk below all that is mounted and lasts.
        """
        link = self.unseen_link(directory)
        if link is None:
            return self.graph.disks_of_mount(self.mount_of(directory))
        with suppress(UnknownFact):
            self._tree.covering("/")
            lasting = (m for m in self.mounts if m.fs_type not in OF_KERNEL and not API_FOLDER.match(m.mount_point))
            disks = frozenset[str]().union(*(self.graph.disks_of_mount(mount) for mount in lasting))
            if len(disks) == 1 and not self.planned:
                return disks
        raise UnknownFact(link)

    def lain_on(self) -> Iterator[tuple[BlockDevice, tuple[Evidence, ...]]]:
        """The devices that the mounts are of and all that is known to be below them, each once, and what says so."""
        by_name = {device.name: device for device in self.devices}
        seen: set[str] = set()
        for mount in self.mounts:
            device = self.graph.device_of_mount(mount) if mount.mount_point not in self._doubts else None
            waiting = [device] if device else []
            while waiting:
                device = waiting.pop()
                if device.name not in seen:
                    seen.add(device.name)
                    waiting += [by_name[name] for name in device.parents or () if name in by_name]
                    yield device, self.seen(mount, f"{mount.source} on {mount.mount_point}")

    def seen(self, mount: Mount, what: str) -> tuple[Evidence, ...]:
        """The line that speaks of a mount, and the file that says what its device is."""
        line = (Evidence(f"{self.source}:{mount.line}", what),)
        named = self._facts.named_devices.value if self.planned else None
        device = self.graph.device_of_mount(mount) if named else None
        return (*line, named.evidence[device.name]) if named and device and device.name in named.evidence else line

    def rejected_lines(self) -> Iterator[Answer]:
        """An unknown for each line that nobody understood."""
        facts = self._facts
        return rejected_lines(self.source, facts.fstab_rejected if self.planned else facts.mounts_rejected)


def named_device(spec: str, facts: Facts) -> BlockDevice | None:
    """The device that a path names, by the kernel's list or by files; raises UnknownFact where these may miss it."""
    device = device_of(spec, _devices(facts))
    if device is None or device.kind == "dm":
        facts.block_devices.known()
    return device


def _devices(facts: Facts) -> tuple[BlockDevice, ...]:
    """The kernel's list, or what files name."""
    if facts.block_devices.value is not None:
        return facts.block_devices.value
    return facts.named_devices.value.devices if facts.named_devices.value else ()


def rejected_lines(path: str, lines: Fact[tuple[RejectedLine, ...]]) -> Iterator[Answer]:
    """A line that nobody understood may have been the one that fails: with it nothing passes."""
    for line in lines.known():
        seen = (Evidence(f"{path}:{line.line}", line.text),)
        yield Answer("unknown", f"not understood: line {line.line} of {path}", "", seen, (UNREAD_LINE[path],))

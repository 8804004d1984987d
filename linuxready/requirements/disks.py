"""The disks as they are replicated: their size, their number, and the space for the agent."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from linuxready.facts import BlockDevice, Evidence, Facts, UnknownFact
from linuxready.mountwalk import DiskGraph, MountTree
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.storage import MOUNTINFO, rejected_lines, spoken_device

GIB = 2**30
GB = 10**9

OS_DIRECTORIES = ("/", "/boot")
"""What lies on the OS disk by definition."""

SYS_BLOCK = "/sys/class/block"

WHOLE_DISKS = """\
Whole disks are counted: no loop, ram, zram, floppy, CD-ROM, device-mapper, md or network block device, and none of size
zero. A multipath map is one disk, and its paths are none. Removable media are named, not counted."""


class WholeDisks(Struct, frozen=True):
    """The disks of a machine, a multipath map in the place of its paths. `unsized`: theirs may be zero."""

    sized: tuple[BlockDevice, ...]
    unsized: tuple[BlockDevice, ...]
    removable: tuple[BlockDevice, ...]

    def evidence(self) -> tuple[Evidence, ...]:
        """What was counted, and what was not."""
        counted = ", ".join(map(spoken_device, (*self.sized, *self.unsized)))
        removable = ", ".join(device.name for device in self.removable)
        seen = Evidence(SYS_BLOCK, f"disks: {counted or 'none'}")
        return (seen, Evidence("not counted", f"removable: {removable}")) if removable else (seen,)


def whole_disks(devices: tuple[BlockDevice, ...]) -> WholeDisks:
    """The whole disks among block devices; raises UnknownFact where a map does not say what its paths are."""
    maps = [device for device in devices if device.kind == "mpath"]
    for device in maps:
        if device.parents is None:
            raise UnknownFact(f"{spoken_device(device)}: its paths were not captured (no slaves/)")
    paths = {name for device in maps for name in device.parents or ()}
    disks = [d for d in devices if d.kind in ("disk", "mpath") and d.name not in paths and d.size_bytes != 0]
    fixed = [disk for disk in disks if not disk.removable]
    return WholeDisks(
        tuple(disk for disk in fixed if disk.size_bytes is not None),
        tuple(disk for disk in fixed if disk.size_bytes is None),
        tuple(disk for disk in disks if disk.removable),
    )


class DiskSize(Requirement, frozen=True, tag="disk-size"):
    """Each whole disk has at most `max_gib` times 2^30 bytes."""

    max_gib: int

    explain: ClassVar[str] = f"""\
The page says GB, and Azure's disks of that size are counted in 2^30 bytes: a disk of up to 1023 × 2^30 bytes passes,
with a note where it has more than 1023 × 10^9, so that nobody is surprised who reads the page to the letter.
{WHOLE_DISKS}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        disks = whole_disks(facts.block_devices.known())
        for disk in disks.sized:
            yield self._answer(disk, disk.size_bytes or 0)
        for disk in disks.unsized:
            again = hint("capture the machine again, with `linuxready collect --record` on it")
            yield Answer("unknown", "of unknown size", spoken_device(disk), disks.evidence(), (again,))
        if disks.removable:
            yield Answer("pass", "removable, not counted", ", ".join(disk.name for disk in disks.removable))
        if not disks.sized and not disks.unsized:
            raise UnknownFact("no disk was seen")

    def _answer(self, disk: BlockDevice, size: int) -> Answer:
        item = spoken_device(disk)
        evidence = (Evidence(f"{SYS_BLOCK}/{disk.name.replace('/', '!')}/size", f"{size:,} bytes"),)
        if size > self.max_gib * GIB:
            advice = hint(f"move what is on {item} to disks of at most {self.max_gib:,} GiB, or leave it out")
            over = f"{spoken_size(size)}, {size - self.max_gib * GIB:,} bytes too large"
            return Answer("fail", over, item, evidence, (advice,))
        if size > self.max_gib * GB:
            return Answer("pass", f"{spoken_size(size)} (GB is read as 2^30 bytes)", item, evidence)
        return Answer("pass", spoken_size(size), item, evidence)


class DiskCount(Requirement, frozen=True, tag="disk-count"):
    """`os_disks` disks with the system on them, and at most `max_data_disks` others."""

    os_disks: int
    max_data_disks: int

    explain: ClassVar[str] = f"""\
The OS disks are those below / and /boot; all others are data disks, in use or not.
{WHOLE_DISKS}
Where the OS disk cannot be told, more disks than all allowed together fail all the same, else the answer is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        disks = whole_disks(facts.block_devices.known())
        names = {disk.name for disk in (*disks.sized, *disks.unsized)}
        evidence = disks.evidence()
        if not names:
            raise UnknownFact("no disk was seen")
        try:
            found = os_disks(facts)
        except UnknownFact as reason:
            advice = hint("see with findmnt and lsblk what / and /boot lie on")
            yield Answer("unknown", f"the OS disk is not known ({reason})", "", evidence, (advice,))
            # The disks on which the system is are among these, or they are none of these.
            yield from self._data_disks(max(len(disks.sized) - self.os_disks, 0), len(names), evidence)
            return
        spoken = {disk.name: spoken_device(disk) for disk in facts.block_devices.known()}
        on = " and ".join(sorted(spoken.get(name, name) for name in found))
        seen = (Evidence(MOUNTINFO, f"/ and /boot lie on {on}"), *evidence)
        if len(found) == self.os_disks:
            yield Answer("pass", f"OS disk {on}", "", seen)
        else:
            advice = hint(f"keep / and /boot on {_counted(self.os_disks, 'disk')}")
            yield Answer("fail", f"{_counted(len(found), 'OS disk')}, {on}", "", seen, (advice,))
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)
        data = names - found
        unsized = len(data.intersection(disk.name for disk in disks.unsized))
        yield from self._data_disks(len(data) - unsized, len(data), evidence)

    def _data_disks(self, least: int, most: int, evidence: tuple[Evidence, ...]) -> Iterator[Answer]:
        between = _counted(most, "data disk") if least == most else f"{least} to {most} data disks"
        if least > self.max_data_disks:
            excess = _counted(least - self.max_data_disks, "disk")
            advice = hint(f"take {excess} or more off the machine, or merge them: {self.max_data_disks} are allowed")
            yield Answer("fail", between, "", evidence, (advice,))
        elif most > self.max_data_disks:
            advice = hint("capture the machine again, with `linuxready collect --record` on it")
            yield Answer("unknown", between, "", evidence, (advice,))
        else:
            yield Answer("pass", between, "", evidence)


class InstallSpace(Requirement, frozen=True, tag="install-space"):
    """At least `min_gib` times 2^30 bytes are available in the first of `directories` that is there."""

    directories: tuple[str, ...]
    min_gib: int

    explain: ClassVar[str] = """\
What users other than root can still write (statvfs: f_bavail times f_frsize) to the file system of the directory that
the agent is installed in. A network mount, FUSE or what lies on a suspended device is not touched: unknown.
Files alone do not tell it, so a mounted image is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        spaces = {space.directory: space.available_bytes for space in facts.available_space.known()}
        directory = next((directory for directory in self.directories if directory in spaces), None)
        if directory is None:
            raise UnknownFact(f"none of {', '.join(self.directories)} was seen")
        available = spaces[directory].known()
        evidence = (Evidence(f"statvfs {directory}", f"{available:,} bytes available"),)
        found = f"{spoken_size(available)} available"
        lacking = self.min_gib * GIB - available
        if lacking <= 0:
            yield Answer("pass", found, directory, evidence)
            return
        advice = hint(
            f"free {lacking:,} bytes or more on the file system of {directory} (`df {directory}`), or extend it"
        )
        yield Answer("fail", found, directory, evidence, (advice,))


def spoken_size(size: int) -> str:
    """Bytes for a person, rounded down: what is one byte short of 2 GiB is 1.9 GiB."""
    whole, tenths = divmod(size * 10 // GIB, 10)
    return f"{whole:,} GiB" if size % GIB == 0 else f"{whole:,}.{tenths} GiB"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def os_disks(facts: Facts) -> frozenset[str]:
    """The whole disks below / and /boot; raises UnknownFact."""
    tree = MountTree(facts.mounts.known())
    graph = DiskGraph(facts.block_devices.known(), tree, facts.btrfs.value or ())
    places = {directory.path: directory.real_path for directory in facts.directories.known()}
    found: frozenset[str] = frozenset()
    for path in OS_DIRECTORIES:
        if path not in places:
            raise UnknownFact(f"{path} was not looked up")
        found |= graph.disks_of_mount(tree.covering(places[path].known()))
    return found

"""The disks as they are replicated: their size, their number, and the space for the agent."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct, field

from linuxready.facts import BlockDevice, Evidence, Fact, Facts, UnknownFact
from linuxready.requirements.base import Answer, Limit, Requirement, hint
from linuxready.requirements.places import READS, Places
from linuxready.requirements.storage import spoken_device

GIB = 2**30
GB = 10**9
MIB = 2**20

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
    """Each whole disk has at most `max_gib` times 2^30 bytes, and at least `min_mib` times 2^20.

    `os_max_gib`: the limit of the disk with / and /boot, by firmware.
    """

    max_gib: Limit
    os_max_gib: dict[Literal["bios", "efi"], Limit] = field(default_factory=dict)
    min_mib: Limit = 0

    reads: ClassVar[tuple[str, ...]] = ("firmware", *READS)
    explain: ClassVar[str] = f"""\
Azure's disks are counted in 2^30 bytes, also where the page says GB: a disk of up to as many times 2^30 bytes passes,
with a note where it has more than as many times 10^9, so that nobody is surprised who reads the page to the letter.
Where the page has another limit for the OS disk, that is the disk below / and /boot; by BIOS or UEFI, where it tells
them apart.
{WHOLE_DISKS}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        disks = whole_disks(facts.block_devices.known())
        found, os_limit = self._of_system(disks, facts)
        for disk in disks.sized:
            size = disk.size_bytes or 0
            if os_limit and disk.name in (found.value or ()) and size > os_limit * GIB:
                yield self._too_large(disk, size, os_limit, "as OS disk, ")
            else:
                yield self._answer(disk, size)
        for disk in disks.unsized:
            again = hint("capture the machine again, with `linuxready collect --record` on it")
            yield Answer("unknown", "of unknown size", spoken_device(disk), disks.evidence(), (again,))
        if disks.removable:
            yield Answer("pass", "removable, not counted", ", ".join(disk.name for disk in disks.removable))
        if not disks.sized and not disks.unsized:
            raise UnknownFact("no disk was seen")
        found.known()

    def _of_system(self, disks: WholeDisks, facts: Facts) -> tuple[Fact[frozenset[str]], int]:
        """The disks below / and /boot and their limit; none where every disk is within it, whichever that is."""
        least = min(self.os_max_gib.values(), default=self.max_gib)
        if all((disk.size_bytes or 0) <= least * GIB for disk in disks.sized):
            return Fact(value=frozenset()), 0
        try:
            firmware: Literal["bios", "efi"] = "efi" if facts.firmware.known() == "efi" else "bios"
            return Fact(value=os_disks(facts)), self.os_max_gib.get(firmware, self.max_gib)
        except UnknownFact as reason:
            return Fact(unknown=f"which disk is the OS disk, with a limit of its own, is not known: {reason}"), 0

    def _too_large(self, disk: BlockDevice, size: int, limit: int, what: str = "") -> Answer:
        item = spoken_device(disk)
        advice = hint(f"move what is on {item} to disks of at most {limit:,} GiB, or leave it out")
        over = f"{spoken_size(size)}, {what}{size - limit * GIB:,} bytes too large"
        return Answer("fail", over, item, _sized(disk, size), (advice,))

    def _answer(self, disk: BlockDevice, size: int) -> Answer:
        item = spoken_device(disk)
        evidence = _sized(disk, size)
        if size > self.max_gib * GIB:
            return self._too_large(disk, size, self.max_gib)
        if size < self.min_mib * MIB:
            advice = hint(f"extend {item} to {self.min_mib:,} MiB or more, or leave it out")
            return Answer("fail", f"{size:,} bytes, less than {self.min_mib:,} MiB", item, evidence, (advice,))
        if size > self.max_gib * GB:
            return Answer("pass", f"{spoken_size(size)} (GB is read as 2^30 bytes)", item, evidence)
        return Answer("pass", spoken_size(size), item, evidence)


def _sized(disk: BlockDevice, size: int) -> tuple[Evidence, ...]:
    return (Evidence(f"{SYS_BLOCK}/{disk.name.replace('/', '!')}/size", f"{size:,} bytes"),)


class VolumeBudget(Struct, frozen=True, forbid_unknown_fields=True):
    """What the agent has room for: disks times `per_disk`, plus each volume's disks times `per_volume`."""

    total: Limit
    per_disk: Limit
    per_volume: Limit


class DiskCount(Requirement, frozen=True, tag="disk-count"):
    """`os_disks` disks with the system on them (0: any number), and at most `max_data_disks` others.

    `max_disks`: in all, where that is asked too. `volumes`: what logical volumes leave of that.
    """

    os_disks: Limit
    max_data_disks: Limit
    max_disks: Limit = 0
    volumes: VolumeBudget | None = None

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = f"""\
The OS disks are those below / and /boot; all others are data disks, in use or not.
{WHOLE_DISKS}
Where the OS disk cannot be told, more disks than all allowed together fail all the same, else the answer is unknown.
Where the page counts logical volumes too (D < (627790 - repeats × LVs × 317) / 450), repeats × LVs is read as the sum
over all logical volumes of the disks that each lies on; with every volume on every disk that is the page's other
formula, D < 627790 / (450 + LVs × 317)."""

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
            yield from self._data_disks(max(len(disks.sized) - max(self.os_disks, 1), 0), len(names), evidence)
            return
        spoken = {disk.name: spoken_device(disk) for disk in facts.block_devices.known()}
        on = " and ".join(sorted(spoken.get(name, name) for name in found))
        places = Places(facts)
        seen = (Evidence(places.source, f"/ and /boot lie on {on}"), *evidence)
        if self.os_disks in (0, len(found)):
            yield Answer("pass", f"OS disk {on}", "", seen)
        else:
            advice = hint(f"keep / and /boot on {_counted(self.os_disks, 'disk')}")
            yield Answer("fail", f"{_counted(len(found), 'OS disk')}, {on}", "", seen, (advice,))
        yield from places.rejected_lines()
        data = names - found
        unsized = len(data.intersection(disk.name for disk in disks.unsized))
        yield from self._data_disks(len(data) - unsized, len(data), evidence)
        if self.max_disks and len(names) > self.max_disks:
            advice = hint(f"take disks off the machine, or merge them: {self.max_disks} in all are allowed")
            yield Answer("fail", f"{len(names)} disks in all", "", evidence, (advice,))
        if self.volumes:
            yield self._volumes(self.volumes, len(names), facts)

    def _volumes(self, budget: VolumeBudget, disks: int, facts: Facts) -> Answer:
        """Whether disks and logical volumes together are few enough."""
        graph = Places(facts).graph
        volumes = [device for device in facts.block_devices.known() if device.kind == "lvm"]
        spread = sum(len(graph.disks_of_device(volume)) for volume in volumes)
        used = disks * budget.per_disk + spread * budget.per_volume
        evidence = (Evidence(SYS_BLOCK, f"{disks} disks, {len(volumes)} logical volumes on {spread} disks together"),)
        found = _counted(len(volumes), "logical volume")
        if used < budget.total:
            return Answer("pass", found, "", evidence)
        advice = hint("merge logical volumes, or take disks off the machine")
        return Answer("fail", f"{found}, too many for {_counted(disks, 'disk')}", "", evidence, (advice,))

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


def spoken_size(size: int) -> str:
    """Bytes for a person, rounded down: what is one byte short of 2 GiB is 1.9 GiB."""
    whole, tenths = divmod(size * 10 // GIB, 10)
    return f"{whole:,} GiB" if size % GIB == 0 else f"{whole:,}.{tenths} GiB"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def os_disks(facts: Facts) -> frozenset[str]:
    """The whole disks below / and /boot; raises UnknownFact."""
    places = Places(facts)
    return frozenset[str]().union(*(places.disks_below(path) for path in OS_DIRECTORIES))

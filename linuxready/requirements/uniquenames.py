"""Names of devices, mount points and volumes that differ by letter case only."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.places import READS, Places
from linuxready.text import in_bytes


class UniqueNames(Requirement, frozen=True, tag="unique-names"):
    """No two devices, no two mount points and no two volumes have names that differ by letter case only."""

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
In Azure letter case does not tell names apart. Compared are the kernel's names of block devices with each other, those
of device-mapper (volume group and volume) with each other, and the mount points with each other. The same mount point
twice, one mount over another, is one name. Where no mount table was captured, as on a mounted disk image, mount points
are those of /etc/fstab; other names were not seen, so what is not found there is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        compared = [("mount points", places.source, [mount.mount_point for mount in places.mounts])]
        if devices := facts.block_devices.value:
            volumes = [device.dm_name or "" for device in devices]
            compared.insert(0, ("volumes", "/sys/class/block/*/dm/name", volumes))
            compared.insert(0, ("devices", "/sys/class/block", [device.name for device in devices]))
        for what, source, names in compared:
            same = list(_alike(names))
            for alike in same:
                spoken = " and ".join(map(in_bytes, alike))
                advice = hint(f"rename all but one of them: {spoken}")
                yield Answer("fail", f"{spoken} differ by letter case only", "", (Evidence(source, spoken),), (advice,))
            if not same:
                number = len(set(filter(None, names)))
                yield Answer("pass", f"{number} {what}", "", (Evidence(source, "all differ"),))
        yield from places.rejected_lines()
        facts.block_devices.known()


def _alike(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Groups of different names that are one where letter case does not count."""
    groups: dict[str, list[str]] = {}
    for name in sorted(set(filter(None, names))):
        groups.setdefault(name.casefold(), []).append(name)
    yield from (tuple(group) for group in groups.values() if len(group) > 1)

"""The sectors of disks."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts, UnknownFact
from linuxready.requirements.base import Answer, Requirement, hint


class DiskSectors(Requirement, frozen=True, tag="disk-sectors"):
    """Each disk has logical sectors of one of the listed sizes."""

    logical_bytes: tuple[int, ...]

    reads: ClassVar[tuple[str, ...]] = ("disk_details", "block_devices")
    explain: ClassVar[str] = """\
/sys/block/DISK/queue/logical_block_size: the unit in which the disk is written to. 512 with physical sectors of 4,096
(512e) is well; 4,096 (4K native, or 4,096 over 512) is not supported. Where /sys does not say it: unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        disks = facts.disk_details.known()
        zero = {device.name for device in facts.block_devices.value or () if device.size_bytes == 0 or device.removable}
        for disk in disks:
            if disk.name in zero:
                continue
            source = f"/sys/class/block/{disk.name.replace('/', '!')}/queue"
            if disk.logical_bytes is None:
                seen = Evidence(source, "no logical_block_size")
                advice = hint(f"see `blockdev --getss /dev/{disk.name}` on the machine")
                yield Answer("unknown", "sectors of unknown size", disk.name, (seen,), (advice,))
                continue
            seen = Evidence(source, f"logical {disk.logical_bytes}, physical {disk.physical_bytes or 'not said'}")
            if disk.logical_bytes in self.logical_bytes:
                yield Answer("pass", f"sectors of {disk.logical_bytes} bytes", disk.name, (seen,))
            else:
                advice = hint(f"copy what lies on {disk.name} to a disk with sectors of 512 bytes")
                yield Answer("fail", f"sectors of {disk.logical_bytes} bytes", disk.name, (seen,), (advice,))
        if not any(disk.name not in zero for disk in disks):
            raise UnknownFact("no disk was seen")

"""Kinds of storage that are not replicated: by the kernel's names of devices, and by what stands between them."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import ClassVar, Literal

from msgspec import field

from linuxready.facts import BlockDevice, Evidence, Facts, UnknownFact
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.places import READS, Places
from linuxready.requirements.storage import spoken_device

Kind = Literal["cciss", "nvme", "paravirtual", "multipath", "encryption", "md-raid"]


def _named(pattern: str) -> Callable[[BlockDevice], bool]:
    expression = re.compile(pattern)
    return lambda device: device.kind == "disk" and expression.fullmatch(device.name) is not None


KINDS: dict[Kind, tuple[str, Callable[[BlockDevice], bool]]] = {
    "cciss": ("an HP CCISS disk", _named(r"(cciss/)?c\d+d\d+")),
    "nvme": ("an NVMe disk", _named(r"nvme\d+(c\d+)?n\d+")),
    "paravirtual": ("a paravirtual disk", _named(r"(xvd|vd)[a-z]+\d*")),
    "multipath": ("a multipath map", lambda device: device.kind == "mpath"),
    "encryption": ("an encrypted device", lambda device: device.kind == "crypt"),
    "md-raid": ("a software RAID", lambda device: device.kind == "md"),
}
"""Kinds of storage: what they are called, and which devices are of them."""

ADVICE = {
    "multipath": "replicate a machine without multipath, its disks virtual ones",
    "encryption": "copy what lies on {} to a device that is not encrypted",
    "md-raid": "see with the publisher whether software RAID is replicated today",
}


class StorageKinds(Requirement, frozen=True, tag="storage-kinds"):
    """No disk or device is of a refused kind; one of a doubted kind warns.

    `let_pass_on`: kind to makers of machines (DMI) on which it only warns. `fips`: whether FIPS mode fails too.
    """

    refused: tuple[Kind, ...]
    doubted: tuple[Kind, ...] = ()
    let_pass_on: dict[Kind, tuple[str, ...]] = field(default_factory=dict)
    fips: Literal["", "refused"] = ""

    reads: ClassVar[tuple[str, ...]] = ("hardware", "fips", *READS)
    explain: ClassVar[str] = """\
By the kernel's names of the block devices, and what device-mapper and md say of theirs. cciss: the disks of HP Smart
Array controllers under the cciss driver, /dev/cciss/c0d0 (the driver hpsa names its disks sda, and they pass). nvme:
/dev/nvme0n1. paravirtual: /dev/vda, /dev/xvda. multipath: a device-mapper map over paths. encryption: dm-crypt (LUKS
too), and the kernel's FIPS mode where the page names it. md-raid: warns, for the page has dropped what it said of it.
No block devices captured: what /etc/fstab mounts fails where it lies on such a device by name, or by /etc/crypttab;
nothing passes."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        if facts.block_devices.value is None:
            with suppress(UnknownFact):
                yield from self._of_fstab(facts)
        devices = facts.block_devices.known()
        for device in devices:
            evidence = Evidence(
                "/sys/class/block", " ".join(filter(None, (spoken_device(device), device.dm_name or "")))
            )
            if answer := self._answer(device, (evidence,), facts):
                yield answer
            elif device.kind == "disk":
                yield Answer("pass", f"not {' or '.join(self.refused)}", spoken_device(device), (evidence,))
        if self.fips:
            yield from self._fips(facts)
        if not any(device.kind == "disk" for device in devices):
            raise UnknownFact("no disk was seen")

    def _of_fstab(self, facts: Facts) -> Iterator[Answer]:
        """What the next boot mounts lies on such a device: a file that names it is enough to fail, never to pass."""
        for device, evidence in Places(facts).lain_on():
            if self._kind(device) in self.let_pass_on and facts.hardware.value is None:
                advice = hint("see by whom the machine is made: `cat /sys/class/dmi/id/sys_vendor`")
                yield Answer("unknown", str(facts.hardware.unknown), spoken_device(device), evidence, (advice,))
            elif answer := self._answer(device, evidence, facts):
                yield answer

    def _kind(self, device: BlockDevice) -> Kind | None:
        return next((kind for kind in (*self.refused, *self.doubted) if KINDS[kind][1](device)), None)

    def _answer(self, device: BlockDevice, evidence: tuple[Evidence, ...], facts: Facts) -> Answer | None:
        """What a device of a named kind is; None for any other."""
        kind = self._kind(device)
        if kind is None:
            return None
        name = spoken_device(device)
        advice = hint(ADVICE.get(kind, "move what lies on {} to another disk").format(name))
        vendor = facts.hardware.value.sys_vendor if facts.hardware.value else ""
        doubted = kind in self.doubted or vendor in self.let_pass_on.get(kind, ())
        return Answer("warn" if doubted else "fail", KINDS[kind][0], name, evidence, (advice,))

    def _fips(self, facts: Facts) -> Iterator[Answer]:
        on = facts.fips.known()
        evidence = (Evidence("/proc/sys/crypto/fips_enabled", "1" if on else "0, or not there"),)
        if on:
            advice = hint("boot without fips=1 (RHEL: `fips-mode-setup --disable`)")
            yield Answer("fail", "FIPS mode is on", "", evidence, (advice,))
        else:
            yield Answer("pass", "FIPS mode is off", "", evidence)

"""What starts the machine: BIOS or UEFI, and with it a Hyper-V VM's generation; Secure Boot."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts, UnknownFact
from linuxready.requirements.base import Answer, Requirement, hint

GENERATIONS = {"bios": 1, "efi": 2}


class Generation(Requirement, frozen=True, tag="generation"):
    """The Hyper-V VM is of one of the listed generations."""

    generations: tuple[int, ...]

    reads: ClassVar[tuple[str, ...]] = ("firmware",)
    explain: ClassVar[str] = """\
A Hyper-V VM of generation 2 is started by UEFI, and the kernel then shows /sys/firmware/efi; one of generation 1
by a BIOS. The generation itself stands in Hyper-V Manager only. It is chosen when a VM is made and cannot be changed.
Where /sys was not captured: unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        firmware = facts.firmware.value or ""
        generation = GENERATIONS.get(firmware)
        if generation is None:
            # Another way to know it is at hand, so this is more than UnknownFact would tell.
            advice = (hint("see the generation in Hyper-V Manager, Settings of the VM"),)
            yield Answer("unknown", facts.firmware.unknown or f"firmware {firmware}", remedies=advice)
            return
        seen = (Evidence("/sys/firmware/efi", "there" if generation == 2 else "not there"),)
        if generation in self.generations:
            yield Answer("pass", f"generation {generation} ({firmware})", evidence=seen)
            return
        listed = " or ".join(map(str, self.generations))
        remedy = hint(f"make a VM of generation {listed} and move the system: a VM's generation cannot be changed")
        yield Answer("fail", f"generation {generation} ({firmware})", evidence=seen, remedies=(remedy,))


class SecureBoot(Requirement, frozen=True, tag="secure-boot"):
    """Secure Boot is off."""

    reads: ClassVar[tuple[str, ...]] = ("firmware", "secure_boot")
    explain: ClassVar[str] = """\
The firmware's variable SecureBoot, as efivarfs (or /sys/firmware/efi/vars) shows it: its last byte is 1 where it is on.
The agent asks `mokutil`, and takes it for off where that program is not installed; here the variable decides. A BIOS
has none. Started by UEFI whose variables cannot be read: unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        try:
            on = facts.secure_boot.known()
        except UnknownFact as reason:
            mount = "mount -t efivarfs efivarfs /sys/firmware/efi/efivars"
            advice = hint(f"run linuxready as root; `{mount}` shows the variables, so does `mokutil --sb-state`")
            yield Answer("unknown", str(reason), remedies=(advice,))
            return
        if facts.firmware.value == "bios":
            yield Answer("pass", "started by a BIOS", evidence=(Evidence("/sys/firmware/efi", "not there"),))
            return
        seen = (Evidence("/sys/firmware/efi/efivars", f"SecureBoot is {'1' if on else '0, or not there'}"),)
        if on:
            remedy = hint("turn Secure Boot off in the firmware's setup, or in the VM's boot options")
            yield Answer("fail", "on", evidence=seen, remedies=(remedy,))
        else:
            yield Answer("pass", "off", evidence=seen)

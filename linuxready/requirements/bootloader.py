"""What the boot loader and /etc/fstab call the system's devices, and what the kernel is told."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec.structs import replace

from linuxready.facts import Evidence, Facts, KernelArguments, UnknownFact
from linuxready.mountwalk import device_of
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, AnswerStatus, Requirement, edit, hint
from linuxready.requirements.places import FSTAB, named_device, rejected_lines

LASTING = (
    *("UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/disk/by-uuid/", "/dev/disk/by-label/"),
    *("/dev/disk/by-partuuid/", "/dev/disk/by-partlabel/", "/dev/disk/by-id/dm-uuid-LVM-"),
)
"""Names of devices that stay the same where disks are found in another order."""

DEFAULTS = "/etc/default/grub"
GRUB_CFG = ("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg", "/etc/grub2.cfg", "/etc/grub2-efi.cfg")
ENTRIES = "/boot/loader/entries/"

EFI_HAS_ITS_OWN = dict.fromkeys(("rhel", "centos", "oracle", "almalinux", "rocky"), ("7", "8"))
"""Releases that under UEFI start by a grub.cfg of its own, which /etc/grub2-efi.cfg leads to."""

VOLUMES = ("rd.lvm.lv=", "rd_LVM_LV=")
"""Dracut's word for a logical volume that is needed at boot, and its word of before."""


def lasting(spec: str, facts: Facts) -> bool:
    """Whether a device's name will mean the same in Azure; raises UnknownFact where nobody knows of it.

    A tag, a link by UUID or label, or a logical volume (also an encrypted one) does; no other path below /dev does.
    """
    if not spec.startswith("/dev/") or spec.startswith(LASTING):
        return True
    device = named_device(spec, facts) if _may_be_volume(spec) else None
    return device is not None and device.kind in ("lvm", "crypt")


def _may_be_volume(spec: str) -> bool:
    """Whether a path below /dev has the form of a volume's: /dev/mapper/NAME, /dev/VG/LV."""
    return spec.startswith("/dev/mapper/") or spec.count("/") == 3


class GrubDevices(Requirement, frozen=True, tag="grub-devices"):
    """root= and resume= name devices by UUID, label or logical volume; rd.lvm.lv= names a volume that is there."""

    reads: ClassVar[tuple[str, ...]] = (
        "kernel_arguments",
        "block_devices",
        "named_devices",
        "firmware",
        "release",
    )
    explain: ClassVar[str] = """\
Read are the kernel lines of grub.cfg (or menu.lst, grub.conf), the entries below /boot/loader/entries, kernelopts in
grubenv, GRUB_CMDLINE_LINUX… in /etc/default/grub, and /proc/cmdline. In Azure disks are found in another order, so
root= and resume= must be UUID=, LABEL=, PARTUUID=, a link in /dev/disk/by-uuid or by-label, or a logical volume: any
other path below /dev fails. rd.lvm.lv= (rd_LVM_LV=) names VG/LV, and fails where the kernel has no such volume.
/proc/cmdline alone warns, for it may be of an entry that is gone. No boot loader's files: unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        lines = facts.kernel_arguments.known()
        seen: set[Answer] = set()
        for line in lines:
            for word in line.words:
                for answer in self._word(word, line, facts):
                    alike = replace(answer, evidence=()) if answer.status == "pass" else answer
                    if alike not in seen:
                        yield answer
                    seen.add(alike)
        if all(line.running for line in lines):
            evidence = (Evidence("/boot/grub, /boot/grub2", "no kernel line with root="),)
            advice = (hint("see that the boot loader is GRUB, and that its configuration is where GRUB reads it"),)
            yield Answer("unknown", "no boot loader's configuration was seen", "", evidence, advice)

    def _word(self, word: str, line: KernelArguments, facts: Facts) -> Iterator[Answer]:
        name, _, value = word.partition("=")
        evidence = (line.evidence,)
        status: AnswerStatus = "warn" if line.running else "fail"
        if name in ("root", "resume") and not value.startswith("$"):
            try:
                good = lasting(value, facts)
            except UnknownFact as reason:
                yield Answer("unknown", f"{value}: {reason}", name, evidence, (_root(),))
                return
            if good:
                yield Answer("pass", value, name, evidence)
                return
            gone = _may_be_volume(value) and named_device(value, facts) is None
            by = "" if gone and name == "resume" else f"{name}={_tag_of(value, facts)}"
            said = f"{name}={value}{': no such device' if gone else ', a name that changes'}"
            yield Answer(status, said, "", evidence, _mended(line, word, by, facts))
        elif word.startswith(VOLUMES) and value:
            group, _, volume = value.partition("/")
            try:
                there = named_device(f"/dev/{group}/{volume}", facts)
            except UnknownFact as reason:
                yield Answer("unknown", f"{word}: {reason}", "", evidence, (_root(),))
                return
            if there and there.kind == "lvm":
                yield Answer("pass", value, name, evidence)
            else:
                remedies = _mended(line, word, "", facts)
                yield Answer(status, f"{word}: no such volume", "", evidence, remedies)


def _root() -> Remedy:
    return hint("run linuxready on the machine itself, as root")


def _tag_of(path: str, facts: Facts) -> str:
    """UUID=… of a device, as far as udev knows it."""
    device = device_of(path, facts.block_devices.value or ())
    return f"UUID={device.fs_uuid}" if device and device.fs_uuid else f"UUID=$(blkid -s UUID -o value {path})"


def _mended(line: KernelArguments, word: str, by: str, facts: Facts) -> tuple[Remedy, ...]:
    """How a word of the kernel's command line is replaced, or taken out where `by` is empty."""
    where = line.evidence.source.partition(":")[0]
    if line.running:
        return (hint("boot anew; if it is still there then, look for it in the boot loader's files"),)
    if where.endswith("/grubenv") or where.startswith(ENTRIES):
        # Nobody edits grubenv: it is a block of 1,024 bytes.
        change = f'--args="{by}"' if by else f'--remove-args="{word}"'
        return (hint(f"change all entries: grubby --update-kernel=ALL {change}"),)
    change = f"in {_edited(where)}: {by}" if by else f"in {_edited(where)}, take out {word}"
    return (edit(change), *_regenerated(where, facts))


def _edited(where: str) -> str:
    """The file that a person edits: grub.cfg is made from /etc/default/grub."""
    return f"/etc/default/grub or {where}" if where in GRUB_CFG else where


def _regenerated(where: str, facts: Facts) -> tuple[Remedy, ...]:
    """How what was changed in /etc/default/grub gets into the grub.cfg that is read at boot."""
    if where not in (*GRUB_CFG, DEFAULTS):
        return ()
    release = facts.release.value
    how = f"grub2-mkconfig -o {where if where in GRUB_CFG else GRUB_CFG[0]}"
    if release and release.id in ("debian", "ubuntu"):
        how = "update-grub"
    elif release and where == DEFAULTS and release.version.partition(".")[0] in EFI_HAS_ITS_OWN.get(release.id, ()):
        how = how if facts.firmware.value != "efi" else "grub2-mkconfig -o /etc/grub2-efi.cfg"
    return (hint(f"then let it take effect: {how}"),)


class FstabDevices(Requirement, frozen=True, tag="fstab-devices"):
    """/etc/fstab names the devices of the listed mount points by UUID, label or logical volume."""

    mount_points: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = ("fstab", "fstab_rejected", "block_devices", "named_devices")
    explain: ClassVar[str] = """\
A failover rewrites plain names of / and /boot in /etc/fstab, so this is advice: UUID=, LABEL=, PARTUUID=, a link in
/dev/disk/by-uuid or by-label, or a logical volume do not depend on the order of disks. A mount point without a
line is not judged."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        lines = [entry for entry in facts.fstab.known() if entry.mount_point in self.mount_points]
        for entry in lines:
            evidence = (Evidence(f"{FSTAB}:{entry.line}", f"{entry.spec} {entry.mount_point} {entry.fs_type}"),)
            try:
                good = lasting(entry.spec, facts)
            except UnknownFact as reason:
                yield Answer("unknown", f"{entry.spec}: {reason}", entry.mount_point, evidence, (_root(),))
                continue
            if good:
                yield Answer("pass", entry.spec, entry.mount_point, evidence)
            else:
                remedy = edit(f"on line {entry.line} of {FSTAB}: {_tag_of(entry.spec, facts)}")
                yield Answer("fail", f"{entry.spec}, a name that changes", entry.mount_point, evidence, (remedy,))
        yield from rejected_lines(FSTAB, facts.fstab_rejected)
        if not lines:
            yield Answer("pass", f"no line for {' or '.join(self.mount_points)}", "", (Evidence(FSTAB, "looked at"),))


class NoArgument(Requirement, frozen=True, tag="no-argument"):
    """The kernel is not told a certain word on its command line, neither now nor at the next boot."""

    argument: str

    reads: ClassVar[tuple[str, ...]] = ("kernel_arguments",)
    explain: ClassVar[str] = """\
/proc/cmdline decides; the same word in the boot loader's files warns, for a later boot takes it from there. Where
/proc/cmdline was not captured, the files decide."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        lines = facts.kernel_arguments.known()
        running = any(line.running for line in lines)
        said = [line for line in lines if self.argument in line.words]
        for line in said:
            where = line.evidence.source
            file = "the boot loader's configuration" if line.running else _edited(where.partition(":")[0])
            remedy = edit(f"take {self.argument} out of {file}, and boot without it")
            status: AnswerStatus = "warn" if running and not line.running else "fail"
            yield Answer(status, f"{self.argument} in {where}", "", (line.evidence,), (remedy,))
        if not said:
            evidence = tuple(Evidence(line.evidence.source, f"no {self.argument}") for line in lines[:1])
            yield Answer("pass", f"no {self.argument}", "", evidence)

"""Names of devices in GRUB and fstab, and what the kernel is told."""

from __future__ import annotations

import pytest

from linuxready.facts import (
    BlockDevice,
    Evidence,
    Fact,
    Facts,
    FstabEntry,
    KernelArguments,
    NamedDevices,
    Release,
    UnknownFact,
)
from linuxready.report import Finding
from linuxready.requirements.bootloader import lasting

from ..machines import facts, finding_by, requirement

DISK = BlockDevice("sda", "8:0", "disk", (), 2**40, False)
PART = BlockDevice("sda1", "8:1", "part", ("sda",), 2**30, False, fs_uuid="11-22")
VOLUME = BlockDevice("dm-0", "253:0", "lvm", ("sda1",), 2**30, False, dm_name="my--vg-root")
MAP = BlockDevice("dm-1", "253:1", "mpath", ("sda",), 2**30, False, dm_name="mpatha")
CRYPT = BlockDevice("dm-2", "253:2", "crypt", ("sda1",), 2**30, False, dm_name="luks-x")
DEVICES = (DISK, PART, VOLUME, MAP, CRYPT)

GOOD = (
    "UUID=1 LABEL=x PARTUUID=1-01 /dev/disk/by-uuid/1 /dev/disk/by-label/x /dev/mapper/my--vg-root /dev/my-vg/root "
    "/dev/mapper/luks-x zroot/ROOT /dev/disk/by-id/dm-uuid-LVM-abc"
).split()
BAD = (
    "/dev/sda1 /dev/mapper/mpatha /dev/mapper/gone /dev/vg/gone /dev/nfs /dev/disk/by-id/scsi-1 "
    "/dev/disk/by-path/pci-0 /dev/root /dev/cciss/c0d0p1"
).split()


@pytest.mark.parametrize(("spec", "good"), [*((s, True) for s in GOOD), *((s, False) for s in BAD)])
def test_names_that_last(spec: str, good: bool) -> None:
    assert lasting(spec, facts(block_devices=DEVICES)) is good


FILES = facts(
    block_devices=Fact(unknown="no /sys"),
    named_devices=NamedDevices(
        (
            BlockDevice("mapper/my--vg-root", "", "lvm", None, None, False, dm_name="my--vg-root"),
            BlockDevice("mapper/mpatha1", "", "dm", None, None, False, dm_name="mpatha1"),
        ),
        {},
    ),
)


@pytest.mark.parametrize(
    ("spec", "good"),
    [("/dev/my-vg/root", True), ("/dev/mapper/my--vg-root", True), ("/dev/sda1", False), ("UUID=1", True)],
)
def test_a_volume_that_files_name_lasts(spec: str, good: bool) -> None:
    assert lasting(spec, FILES) is good


@pytest.mark.parametrize("spec", ["/dev/mapper/x", "/dev/vg/lv", "/dev/mapper/mpatha1"])
def test_a_volume_is_not_known_without_devices(spec: str) -> None:
    with pytest.raises(UnknownFact, match="no /sys"):
        lasting(spec, FILES)


def line(*words: str, source: str = "/boot/grub2/grub.cfg:9", running: bool = False) -> KernelArguments:
    return KernelArguments(Evidence(source, " ".join(words)), words, running)


def known(*lines: KernelArguments, devices: tuple[BlockDevice, ...] | None = DEVICES) -> Facts:
    return facts(kernel_arguments=lines, **({} if devices is None else {"block_devices": devices}))


def grub(*lines: KernelArguments, devices: tuple[BlockDevice, ...] | None = DEVICES) -> Finding:
    return finding_by(requirement("grub-devices", "vmware-2026"), known(*lines, devices=devices))


def test_good_names_pass_once() -> None:
    found = grub(line("root=UUID=1", "rd.lvm.lv=my-vg/root"), line("root=UUID=1"), line("resume=LABEL=s"))
    assert (found.status, found.found) == ("pass", "root: UUID=1; rd.lvm.lv: my-vg/root; resume: LABEL=s")


@pytest.mark.parametrize(
    ("word", "said", "remedy"),
    [
        ("root=/dev/sda1", "root=/dev/sda1, a name that changes", "root=UUID=11-22"),
        ("resume=/dev/sda9", "resume=/dev/sda9, a name that changes", "UUID=$(blkid -s UUID -o value /dev/sda9)"),
        ("rd.lvm.lv=my-vg/swap", "rd.lvm.lv=my-vg/swap: no such volume", "take out rd.lvm.lv=my-vg/swap"),
        ("rd_LVM_LV=vg/x", "rd_LVM_LV=vg/x: no such volume", "take out rd_LVM_LV=vg/x"),
    ],
)
def test_bad_names_fail_with_the_line(word: str, said: str, remedy: str) -> None:
    found = grub(line("root=UUID=1"), line(word))
    assert (found.status, found.found) == ("fail", said)
    assert found.evidence[0].source == "/boot/grub2/grub.cfg:9"
    assert remedy in found.remedies[0].text
    assert {"ASRMobilityServiceGrubDeviceNameChange", "95320"} <= set(found.agent_errors)


@pytest.mark.parametrize(
    ("word", "said", "remedy"),
    [
        ("resume=/dev/mapper/rhel-swap", "resume=/dev/mapper/rhel-swap: no such device", "take out resume="),
        ("resume=/dev/rhel/swap", "resume=/dev/rhel/swap: no such device", "take out resume=/dev/rhel/swap"),
        ("root=/dev/mapper/gone", "root=/dev/mapper/gone: no such device", "root=UUID=$(blkid"),
        ("resume=/dev/mapper/mpatha", "resume=/dev/mapper/mpatha, a name that changes", "resume=UUID=$(blkid"),
    ],
)
def test_a_volume_that_is_gone_is_not_said_to_have_a_wrong_name(word: str, said: str, remedy: str) -> None:
    found = grub(line("root=UUID=1"), line(word))
    assert (found.status, found.found) == ("fail", said)
    assert remedy in found.remedies[0].text


@pytest.mark.parametrize("source", ["/boot/grub2/grubenv:3", "/boot/loader/entries/a.conf:4"])
def test_entries_as_files_and_grubenv_are_changed_by_grubby(source: str) -> None:
    """An edited grubenv that is not 1,024 bytes long is thrown away by GRUB."""
    found = grub(line("root=/dev/sda1", source=source))
    assert [r.text for r in found.remedies] == [
        'change all entries: grubby --update-kernel=ALL --args="root=UUID=11-22"'
    ]
    found = grub(line("rd.lvm.lv=vg/x", source=source))
    assert '--remove-args="rd.lvm.lv=vg/x"' in found.remedies[0].text


@pytest.mark.parametrize(
    ("source", "distribution", "firmware", "how"),
    [
        ("/boot/grub2/grub.cfg:9", "sles 15.5", "efi", "grub2-mkconfig -o /boot/grub2/grub.cfg"),
        ("/boot/grub/grub.cfg:9", "ubuntu 22.04", "efi", "update-grub"),
        ("/etc/grub2-efi.cfg:9", "rhel 7.9", "efi", "grub2-mkconfig -o /etc/grub2-efi.cfg"),
        ("/etc/default/grub:6", "rhel 7.9", "efi", "grub2-mkconfig -o /etc/grub2-efi.cfg"),
        ("/etc/default/grub:6", "rhel 7.9", "bios", "grub2-mkconfig -o /boot/grub2/grub.cfg"),
        ("/etc/default/grub:6", "rhel 9.4", "efi", "grub2-mkconfig -o /boot/grub2/grub.cfg"),
    ],
)
def test_the_grub_cfg_that_is_read_at_boot_is_made_anew(
    source: str, distribution: str, firmware: str, how: str
) -> None:
    name, _, version = distribution.partition(" ")
    release = Release(name, name, version, version, "/etc/os-release", "")
    of = facts(
        kernel_arguments=(line("root=/dev/sda1", source=source),),
        block_devices=DEVICES,
        release=release,
        firmware=firmware,
    )
    found = finding_by(requirement("grub-devices", "vmware-2026"), of)
    assert found.remedies[-1].text == f"then let it take effect: {how}"


def test_the_running_kernels_own_line_alone_warns() -> None:
    """No file is named that this machine may not have: RHEL 6 and SLES 11 know no /etc/default/grub."""
    cmdline = line("root=/dev/sda1", "acpi=0", source="/proc/cmdline", running=True)
    found = grub(line("root=UUID=1"), cmdline)
    assert found.status == "warn"
    assert "boot loader's files" in found.remedies[0].text
    found = finding_by(requirement("acpi", "vmware-2026"), known(cmdline))
    assert found.remedies[0].text == "take acpi=0 out of the boot loader's configuration, and boot without it"


def test_variables_are_not_names() -> None:
    assert grub(line("root=$root"), line("root=UUID=1")).status == "pass"


def test_without_a_boot_loader_or_devices_it_is_unknown() -> None:
    assert grub(line("root=UUID=1", source="/proc/cmdline", running=True)).status == "unknown"
    assert grub(line("root=/dev/mapper/x"), devices=None).status == "unknown"
    assert grub(line("rd.lvm.lv=a/b"), devices=None).status == "unknown"
    assert grub(line("root=/dev/sda1"), line("root=/dev/mapper/x"), devices=None).status == "fail"


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([FstabEntry("UUID=1", "/", "ext4", 1)], "pass"),
        ([FstabEntry("/dev/sda1", "/", "ext4", 1)], "warn"),
        ([FstabEntry("/dev/sda1", "/srv", "ext4", 1)], "pass"),
        ([FstabEntry("/dev/my-vg/root", "/", "ext4", 1), FstabEntry("/dev/sda1", "/boot", "ext4", 2)], "warn"),
    ],
)
def test_fstab(entries: list[FstabEntry], status: str) -> None:
    asked = requirement("fstab-devices", "vmware-2026")
    assert finding_by(asked, facts(fstab=tuple(entries), block_devices=DEVICES)).status == status


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([line("acpi=0", source="/proc/cmdline", running=True)], "fail"),
        ([line(source="/proc/cmdline", running=True), line("acpi=0")], "warn"),
        ([line("acpi=0")], "fail"),
        ([line("acpi=off"), line(source="/proc/cmdline", running=True)], "pass"),
    ],
)
def test_acpi(lines: list[KernelArguments], status: str) -> None:
    assert finding_by(requirement("acpi", "vmware-2026"), known(*lines)).status == status


def test_acpi_is_unknown_where_nothing_was_read() -> None:
    assert finding_by(requirement("acpi", "vmware-2026"), facts(kernel_arguments=Fact(unknown="x"))).status == "unknown"

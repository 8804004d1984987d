"""The small readers of today's requirements: Secure Boot, FIPS, drivers, sectors, runlevel, programs."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from linuxready.facts import BlockDevice, BootEntry, Evidence, Fact, Kernel
from linuxready.host import Unreadable
from linuxready.readers import disks, modules, platform, runlevel, software

from ..archives import cpio
from ..machines import FakeHost

DIRECTORY = 0o40755
VARIABLE, OLD_VARIABLE = platform.SECURE_BOOT
R = "5.14.0-427.13.1.el9_4.x86_64"
EL6 = "2.6.32-754.el6.x86_64"
NO_ENTRY: Fact[BootEntry] = Fact(unknown="none")


@pytest.mark.parametrize(
    ("files", "modes", "on"),
    [
        ({}, {"/sys/firmware": DIRECTORY}, False),
        ({VARIABLE: b"\x06\0\0\0\x01"}, {}, True),
        ({VARIABLE: b"\x06\0\0\0\0"}, {}, False),
        ({OLD_VARIABLE: b"\x01"}, {}, True),
        ({"/sys/firmware/efi/efivars/BootOrder-8be4df61": b"x"}, {}, False),
    ],
)
def test_secure_boot(files: dict[str, str | bytes], modes: dict[str, int], on: bool) -> None:
    assert platform.read_secure_boot(FakeHost(files, modes=modes)) is on


@pytest.mark.parametrize(
    ("files", "modes", "reason"),
    [
        ({}, {}, "no /sys/firmware"),
        ({}, {"/sys/firmware/efi": DIRECTORY}, "no /sys/firmware/efi/efivars"),
        ({}, {"/sys/firmware/efi/efivars": DIRECTORY}, "efivarfs is not mounted"),
        ({VARIABLE: b""}, {}, "0 bytes that are no answer"),
        ({VARIABLE: b"\0"}, {}, "1 bytes that are no answer"),
        ({VARIABLE: b"\x06\0\0\0\x02"}, {}, "no answer"),
    ],
)
def test_secure_boot_that_is_not_seen(files: dict[str, str | bytes], modes: dict[str, int], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        platform.read_secure_boot(FakeHost(files, modes=modes))


def test_secure_boot_that_may_not_be_read() -> None:
    with pytest.raises(Unreadable, match="run as root"):
        platform.read_secure_boot(FakeHost({VARIABLE: b"\x06\0\0\0\x01"}, denied=(VARIABLE,)))


@pytest.mark.parametrize(("text", "on"), [("1\n", True), ("0\n", False), ("", False)])
def test_fips(text: str, on: bool) -> None:
    assert platform.read_fips(FakeHost({"/proc/sys/crypto/fips_enabled": text})) is on


def test_fips_without_the_switch() -> None:
    assert platform.read_fips(FakeHost({"/proc/sys/kernel/osrelease": R})) is False
    with pytest.raises(Unreadable, match="no /proc/sys"):
        platform.read_fips(FakeHost({"/etc/hosts": ""}))


# -- drivers -------------------------------------------------------------------------------------------------

DEP = """\
kernel/drivers/hv/hv_vmbus.ko.xz:
kernel/drivers/scsi/hv_storvsc.ko.xz: kernel/drivers/hv/hv_vmbus.ko.xz
kernel/drivers/net/nothv_netvsc.ko.xz: kernel/drivers/net/hv_netvsc.ko
"""


def test_modules_and_built_in_drivers() -> None:
    found = modules.parse(DEP, "kernel/drivers/net/hyperv/hv_netvsc.ko\n", modules.HYPERV)
    assert found == {
        "hv_vmbus": "kernel/drivers/hv/hv_vmbus.ko.xz",
        "hv_storvsc": "kernel/drivers/scsi/hv_storvsc.ko.xz",
        "hv_netvsc": "built-in",
    }
    assert modules.parse(DEP, "", ("hv_netvsc",)) == {"hv_netvsc": ""}
    assert modules.parse("/lib/modules/x/extra/hv-vmbus.ko: y\n", "", ("hv_vmbus",)) == {
        "hv_vmbus": "/lib/modules/x/extra/hv-vmbus.ko"
    }


def kernels(*releases: str) -> tuple[Fact[Kernel], Fact[BootEntry]]:
    first, *rest = releases
    following = Fact(value=BootEntry(rest[0], Evidence("", ""))) if rest else NO_ENTRY
    return Fact(value=Kernel(first, "x86_64")), following


def test_the_running_kernels_modules_and_the_next_ones() -> None:
    files: dict[str, str | bytes] = {f"/usr/lib/modules/{R}/modules.dep": DEP}
    host = FakeHost(files, {"/lib": "usr/lib"}, {f"/usr/lib/modules/{R}/kernel/drivers/char": DIRECTORY})
    running, following = modules.read(host, *kernels(R, "6.1"))
    assert (running.folder, running.complete) == (f"/lib/modules/{R}", True)
    assert (following.release, following.complete) == ("6.1", False)
    assert "modules.dep does not exist" in (following.drivers.unknown or "")
    assert [m.release for m in modules.read(host, *kernels(R, R))] == [R]
    assert modules.read(host, *kernels("../../etc")) == ()
    with pytest.raises(Unreadable, match="no kernel"):
        modules.read(host, Fact(unknown="no kernel"), NO_ENTRY)


@pytest.mark.parametrize(
    "path", ["/boot/initramfs-{}.img", "/boot/initrd.img-{}", "/boot/initrd-{}", "/boot/initrd-{}.img"]
)
def test_the_initramfs_of_each_distribution(path: str) -> None:
    there = cpio([f"lib/modules/{R}/kernel/drivers/scsi/hv_storvsc.ko"])
    (found,) = modules.read_initramfs(FakeHost({path.format(R): there}), *kernels(R), Fact(value=()))
    assert (found.path, found.drivers.value) == (path.format(R), {"hv_storvsc": True})


def test_no_initramfs_is_asked_for_a_built_in_driver() -> None:
    files: dict[str, str | bytes] = {
        f"/lib/modules/{R}/modules.dep": "",
        f"/lib/modules/{R}/modules.builtin": "kernel/drivers/scsi/hv_storvsc.ko\n",
    }
    host = FakeHost(files)
    known = modules.read(host, *kernels(R))
    assert modules.read_initramfs(host, *kernels(R), Fact(value=known)) == ()
    (found,) = modules.read_initramfs(host, *kernels(R), Fact(unknown="x"))
    assert found.drivers.unknown == f"no initramfs of {R} in /boot"


def test_more_is_unpacked_where_the_agent_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def note(self: Any, path: str, release: str, drivers: tuple[str, ...], max_bytes: int) -> dict[str, bool]:
        asked.append(max_bytes)
        return {}

    monkeypatch.setattr(FakeHost, "initramfs_drivers", note)
    for release in (R, EL6, "2.6.18-398.el5", "2.6.18-398.el5xen", "2.6.32-754.el6uek.x86_64", "6.8.0-45-generic"):
        modules.read_initramfs(FakeHost(), *kernels(release), Fact(value=()))
    small, large = modules.MAX_BYTES_ELSEWHERE, modules.MAX_BYTES
    assert asked == [small, large, large, large, small, small]


# -- disks, runlevel, programs ---------------------------------------------------------------------------------


def disk(name: str, kind: str = "disk") -> BlockDevice:
    return BlockDevice(name, "8:0", kind, (), 1, False)


@pytest.mark.parametrize(
    ("path", "iscsi"),
    [
        ("/sys/devices/pci0000:00/host0/target0:0:0/0:0:0:0/block/sda", False),
        ("/sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda", True),
    ],
)
def test_disk_details(path: str, iscsi: bool) -> None:
    files: dict[str, str | bytes] = {
        f"{path}/queue/logical_block_size": "4096\n",
        f"{path}/queue/physical_block_size": "x",
    }
    host = FakeHost(files, {"/sys/class/block/sda": path})
    (found,) = disks.read(host, Fact(value=(disk("sda"), disk("dm-0", "lvm"))))
    assert (found.name, found.logical_bytes, found.physical_bytes, found.iscsi) == ("sda", 4096, None, iscsi)


def test_disks_that_are_not_known() -> None:
    with pytest.raises(Unreadable, match="no /sys"):
        disks.read(FakeHost(), Fact(unknown="no /sys"))


def record(kind: int, letter: str) -> bytes:
    return struct.pack("<h2xi376x", kind, ord(letter) + 256 * ord("N"))


@pytest.mark.parametrize(
    ("data", "level"),
    [
        (record(2, "~") + record(1, "3"), "3"),
        (record(1, "3") + record(7, "5") + record(1, "5"), "5"),
        (record(1, "S"), "S"),
        (record(1, "9"), None),
        (record(1, "3")[:-1], None),
        (b"", None),
        (b"garbage" * 99, None),
    ],
)
def test_the_runlevel_in_utmp(data: bytes, level: str | None) -> None:
    assert runlevel.parse(data) == level


def test_what_runs() -> None:
    systemd = FakeHost(modes={"/run/systemd/system": DIRECTORY})
    assert (runlevel.read(systemd).level, runlevel.read(systemd).ending) == ("systemd", False)
    ending = FakeHost({"/run/systemd/shutdown/scheduled": "x"}, modes={"/run/systemd/system": DIRECTORY})
    assert runlevel.read(ending).ending
    for letter, ends in (("3", False), ("0", True), ("6", True)):
        assert runlevel.read(FakeHost({"/var/run/utmp": record(1, letter)})).ending is ends
    with pytest.raises(Unreadable, match="no record of the runlevel"):
        runlevel.read(FakeHost({"/run/utmp": b""}))
    with pytest.raises(Unreadable, match="neither"):
        runlevel.read(FakeHost())


def test_programs_are_where_distributions_put_them() -> None:
    modes = {
        "/usr/lib/wicked/bin/wickedd-dhcp4": 0o100755,
        "/usr/libexec/platform-python": 0o100755,
        "/sbin/vgdisplay": 0o100644,
    }
    programs = software.read_agent_programs(FakeHost(modes=modes)).programs
    assert programs["wickedd-dhcp4"] == ("/usr/lib/wicked/bin/wickedd-dhcp4",)
    assert programs["platform-python"] == ("/usr/libexec/platform-python",)
    assert programs["vgdisplay"] == ()

"""Requirements of a machine without a mount table: what /etc/fstab decides, and what it never does."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import (
    NO_MOUNT_TABLE,
    BlockDevice,
    BootEntry,
    Directory,
    Evidence,
    Fact,
    Facts,
    Hardware,
    Kernel,
    Release,
    Software,
)
from linuxready.host import Host
from linuxready.readers import block, xfs
from linuxready.readers.mounts import SYSTEM_DIRECTORIES, parse_fstab
from linuxready.report import Finding

from ..lvmtext import PV0, group, striped, volume
from ..machines import FakeHost, facts, finding_by, requirement

NONE = f"{NO_MOUNT_TABLE}: neither /proc/self/mountinfo nor /proc/self/mounts is there"
CACHE = """\
<device DEVNO="0x0801" UUID="boot" TYPE="ext4">/dev/sda1</device>
<device DEVNO="0x0811" UUID="var" TYPE="ext4">/dev/sdb1</device>
"""
VG = group(
    "vg",
    ("/dev/sda2", "/dev/sdb2"),
    volume("root", PV0),
    volume("wide", striped(("pv0", 50)), striped(("pv1", 0))),
)


def image(fstab: str, cache: str = CACHE, vg: str = VG, crypttab: str = "", **known: Any) -> Facts:
    """The facts of an image with these files."""
    host: Host = FakeHost({"/etc/blkid/blkid.tab": cache, "/etc/lvm/backup/vg": vg, "/etc/crypttab": crypttab})
    entries, rejected = parse_fstab(fstab)
    table: Fact[Any] = known.pop("mounts", Fact(unknown=NONE))
    devices: Fact[Any] = known.pop("block_devices", Fact(unknown="no /sys"))
    named = Fact(value=block.read_named(host, devices, Fact(value=entries)))
    return facts(
        fstab=entries,
        fstab_rejected=rejected,
        mounts=table,
        mounts_rejected=table,
        block_devices=devices,
        named_devices=named,
        btrfs=(),
        directories=tuple(Directory(path, Fact(value=path)) for path in SYSTEM_DIRECTORIES),
        xfs=xfs.read(host, table, Fact(value=entries), devices, named),
        **known,
    )


def judged(name: str, known: Facts, profile: str = "vmware-2026") -> Finding:
    return finding_by(requirement(name, profile), known)


def os_disk(fstab: str, **known: Any) -> tuple[str, str]:
    found = judged("os-disk", image(fstab, **known), "vmware-2017")
    return found.status, found.found


ALL = "/, /boot, /usr, /usr/local, /var, /etc"

# -- os-disk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fstab",
    [
        "/dev/sda2 / ext4\n",
        "/dev/sda2 / ext4\nUUID=boot /boot ext4\n/dev/sda5 swap swap\n",
        "/dev/vg/root / ext4\nUUID=boot /boot ext4\ntmpfs /tmp tmpfs\n",
        "/dev/mapper/vg-root / ext4\n/dev/sda1 /boot ext4\nsrv:/home /home nfs\n/dev/sdc1 /data xfs\n",
        "/dev/disk/by-id/scsi-3600-part2 / ext4\n/dev/disk/by-id/scsi-3600-part1 /boot ext4\n",
    ],
)
def test_one_disk_by_fstab(fstab: str) -> None:
    disk = "disk/by-id/scsi-3600" if "by-id" in fstab else "sda"
    no_other = {"cache": "", "vg": ""} if "by-id" in fstab else {}
    assert os_disk(fstab, **no_other) == ("pass", f"{ALL}: on {disk}")


@pytest.mark.parametrize(
    ("fstab", "said"),
    [
        ("/dev/sda2 / ext4\nUUID=var /var ext4\n", "/var: on sdb, the OS disk is sda"),
        ("/dev/vg/root / ext4\n/dev/vg/wide /var ext4\n", "/var: on 2 disks, sda and sdb, the OS disk is sda"),
        ("UUID=? / ext4\nUUID=boot /boot ext4\nUUID=var /var ext4\n", "/var: on sdb, /boot is on sda"),
        ("UUID=boot /boot ext4\nUUID=var /var ext4\n", "/var: on sdb, /boot is on sda"),
    ],
)
def test_two_disks_by_fstab(fstab: str, said: str) -> None:
    assert os_disk(fstab) == ("fail", said)


@pytest.mark.parametrize(
    ("fstab", "said"),
    [
        ("UUID=? / ext4\n", f"{ALL}: no file that was captured tells which device UUID=? is"),
        ("PARTUUID=1 / ext4\n", f"{ALL}: no file that was captured tells which device PARTUUID=1 is"),
        ("/dev/xvda1 / ext4\n", f"{ALL}: xvda1 (disk): what it lies on was not captured (no slaves/)"),
        ("/dev/md0 / ext4\n", f"{ALL}: md0 (md): what it lies on was not captured (no slaves/)"),
        ("/dev/other/root / ext4\n", f"{ALL}: mapper/other-root (dm): what it lies on was not captured (no slaves/)"),
        ("UUID=boot / btrfs subvol=@\n", f"{ALL}: /: the devices of btrfs on UUID=boot are not known"),
        ("/dev/sda2 / ext4\nUUID=? /var ext4\n", "/var: no file that was captured tells which device UUID=? is"),
        (
            "/dev/sda2 / ext4\n/dev/sda3 /var ext4 noauto\n",
            "/var: /etc/fstab:2: noauto, it is mounted by hand or not at all",
        ),
        ("/dev/sda2 / ext4\n/srv/var /var none bind\n", "/var: /etc/fstab:2: a bind mount of /srv/var"),
        (
            "/dev/sda2 / ext4\nsrv:/v /var nfs\n",
            "/var: /var is nfs: it has no block device (a network or virtual file system)",
        ),
        ("/dev/sda2 / ext4\ntmpfs /var tmpfs\n", "/var: /var is tmpfs: it lies in memory"),
        ("/dev/sda2 / ext4\ngarbage\n", "not understood: line 2 of /etc/fstab"),
    ],
)
def test_what_fstab_and_files_do_not_tell(fstab: str, said: str) -> None:
    assert os_disk(fstab) == ("unknown", said)


def test_the_evidence_names_both_files() -> None:
    found = judged("os-disk", image("/dev/vg/root / ext4\nUUID=boot /boot ext4\n"), "vmware-2017")
    assert [(e.source, e.text) for e in found.evidence] == [
        ("/etc/fstab:1", "/dev/vg/root on /"),
        ("/etc/lvm/backup/vg", "vg-root lies on sda2"),
        ("/etc/fstab:2", "UUID=boot on /boot"),
        ("/etc/blkid/blkid.tab", "/dev/sda1 UUID=boot TYPE=ext4"),
    ]


@pytest.mark.parametrize(
    "reason", ["/proc/self/mountinfo: permission denied (run as root)", "it holds no mount", "took 5 s"]
)
@pytest.mark.parametrize(
    "name",
    "root-filesystem boot-filesystem system-disk boot-disk boot-lvm lvm-tools system-on-one-disk writable-directories "
    "unique-names".split(),
)
def test_a_table_that_could_not_be_read_has_no_stand_in(name: str, reason: str) -> None:
    found = judged(name, image("/dev/sda2 / ext4 ro\n", mounts=Fact(unknown=reason)))
    assert (found.status, found.found.partition(": ")[2] or found.found) in (
        ("unknown", reason),
        ("unknown", reason.partition(": ")[2]),
    )


def test_without_fstab_nothing_stands_in() -> None:
    assert os_disk("") == ("unknown", NONE)


def test_the_kernels_devices_go_before_those_of_files() -> None:
    """A sosreport may have /sys and no mount table."""
    disk = BlockDevice("sda", "8:0", "disk", (), 2**30, False)
    part = BlockDevice("sda9", "8:9", "part", ("sda",), 2**30, False, fs_uuid="root")
    fstab = "UUID=root / ext4\n"
    assert os_disk(fstab, block_devices=Fact(value=(disk, part))) == ("pass", f"{ALL}: on sda")
    found = judged("disk-count", image(fstab, block_devices=Fact(value=(disk, part))), "vmware-2017")
    assert (found.status, found.evidence[0]) == ("pass", Evidence("/etc/fstab", "/ and /boot lie on sda"))
    unknown = os_disk("UUID=boot / ext4\n", block_devices=Fact(value=(disk, part)))
    assert unknown == ("unknown", f"{ALL}: no file that was captured tells which device UUID=boot is")


# -- what / and /boot lie on -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fstab", "status", "said"),
    [
        ("root-filesystem", "UUID=? / xfs\n", "pass", "/: xfs"),
        ("root-filesystem", "UUID=? / reiserfs\n", "fail", "/: reiserfs"),
        ("root-filesystem", "UUID=? / auto\n", "unknown", "/etc/fstab:1: the type of its file system is not known"),
        ("root-filesystem", "UUID=boot / btrfs\n", "unknown", "/: the devices of btrfs on UUID=boot are not known"),
        ("boot-filesystem", "/dev/sda1 / ext4\n/dev/sda2 /boot ext2\n", "pass", "/boot: ext2"),
        ("boot-filesystem", "/dev/sda1 / ext4\n/dev/sda2 /boot vfat\n", "fail", "/boot: vfat"),
        ("system-disk", "srv:/ / nfs\n", "fail", "/ is nfs: it has no block device (a network or virtual file system)"),
        ("system-disk", "UUID=? / ext4\n", "unknown", "no file that was captured tells which device UUID=? is"),
        ("boot-disk", "/dev/vg/wide / ext4\n", "fail", "/boot: on 2 disks, sda and sdb"),
        ("boot-disk", "/dev/vg/root / ext4\n", "pass", "/boot: on sda"),
        ("boot-lvm", "/dev/vg/wide / ext4\n", "fail", "vg-wide on 2 disks, sda and sdb"),
        ("boot-lvm", "/dev/sda1 / ext4\n", "skip", "/boot is not on LVM"),
        ("boot-lvm", "UUID=? / ext4\n", "unknown", "no file that was captured tells which device UUID=? is"),
        (
            "boot-lvm",
            "/dev/mapper/other-root / ext4\n",
            "unknown",
            "/dev/mapper/other-root: whether it is a logical volume is in no file that was captured",
        ),
        ("lvm-tools", "/dev/vg/root / ext4\n", "fail", "no executable vgdisplay"),
        ("lvm-tools", "/dev/sda1 / ext4\n", "skip", "/ is not on LVM"),
        ("lvm-tools", "UUID=? / ext4\n", "unknown", "no file that was captured tells which device UUID=? is"),
        ("boot-mounted", "/dev/sda1 / ext4\n", "pass", "/boot: no partition of its own"),
        (
            "boot-mounted",
            "/dev/sda1 / ext4\n/dev/sda2 /boot ext4\n",
            "unknown",
            "/boot: has a partition of its own; whether it is mounted shows on the running machine only",
        ),
        (
            "writable-directories",
            "/dev/sda1 / ext4 rw\n",
            "unknown",
            "/, /boot, /etc, /var: whether it can be written to shows on the running machine only",
        ),
        (
            "writable-directories",
            "/dev/sda1 / ext4\n/dev/sda2 /var ext4 ro\n",
            "fail",
            "/var: mounted read-only at boot",
        ),
        ("fstab-devices", "/dev/vg/root / ext4\n", "pass", "/: /dev/vg/root"),
        ("fstab-devices", "/dev/other/root / ext4\n", "unknown", "/: /dev/other/root: no /sys"),
        ("fstab-devices", "/dev/sda1 / ext4\n", "warn", "/: /dev/sda1, a name that changes"),
    ],
)
def test_what_the_next_boot_mounts(name: str, fstab: str, status: str, said: str) -> None:
    found = judged(name, image(fstab, agent_programs=Software({"vgdisplay": ()}, {}), software=Software({}, {})))
    assert (found.status, found.found) == (status, said)


def test_a_group_on_two_disks() -> None:
    """The agent counts the disks of the whole group."""
    found = judged("boot-lvm", image("/dev/vg/root / ext4\n"))
    assert (found.status, found.found) == (
        "warn",
        "vg-root on sda, its group on sda and sdb: the agent counts the group's disks",
    )


# -- XFS -------------------------------------------------------------------------------------------------

OLD = BootEntry("2.6.32-642.el6.x86_64", Evidence("/boot/grub/grub.conf:9", "kernel /vmlinuz-2.6.32-642.el6.x86_64"))
NEW = BootEntry("3.10.0-327.el7.x86_64", Evidence("/boot/grub2/grub.cfg:9", "linux16 /vmlinuz-3.10.0-327.el7.x86_64"))
WITH_XFS = "/dev/sda1 / ext4\n/dev/sdb1 /data xfs {}\n"
V4 = "/data: XFS v4, as a kernel before 3.10 mounts no other"


@pytest.mark.parametrize(
    ("fstab", "following", "status", "said"),
    [
        ("/dev/sda1 / ext4\n", NEW, "pass", "no XFS file system"),
        (WITH_XFS, OLD, "pass", V4),
        (WITH_XFS, NEW, "unknown", "/data: XFS of unknown features"),
        (WITH_XFS, Fact(unknown="no boot loader"), "unknown", "/data: XFS of unknown features"),
        (WITH_XFS.format("nofail"), OLD, "unknown", "/data: XFS of unknown features"),
        (WITH_XFS.format("noauto"), OLD, "unknown", "/data: XFS of unknown features"),
        ("/dev/sda1 / ext4\n/dev/sdc1 /data auto\n", OLD, "unknown", "/data: file system of unknown type"),
        ("/dev/sda1 / ext4\n/dev/cdrom /mnt auto noauto\n", OLD, "pass", "no XFS file system"),
        ("/dev/sda2 /boot ext4\n", OLD, "unknown", "/: file system of unknown type: /etc/fstab has no line for /"),
        ("/dev/sda1 / ext4\ngarbage\n", OLD, "unknown", "not understood: line 2 of /etc/fstab"),
    ],
)
def test_xfs_by_fstab(fstab: str, following: Any, status: str, said: str) -> None:
    known = image(fstab, kernel=Fact(unknown="no record"), next_kernel=following)
    found = judged("xfs-v5", known, "vmware-2017")
    assert (found.status, found.found) == (status, said)
    if status == "pass":
        assert "udev was not asked" in " ".join(f"{e.source} {e.text}" for e in found.evidence)


def test_a_known_kernel_is_not_the_one_that_boots_next() -> None:
    known = image(WITH_XFS, kernel=Kernel("3.10.0-327.el7.x86_64", "x86_64"), next_kernel=OLD)
    assert judged("xfs-v5", known, "vmware-2017").status == "unknown"


def test_xfs_that_only_blkid_knows() -> None:
    known = image("/dev/sda1 / ext4\n", cache=CACHE.replace('"var" TYPE="ext4"', '"var" TYPE="xfs"'), next_kernel=OLD)
    found = judged("xfs-v5", known, "vmware-2017")
    assert (found.status, found.found) == ("unknown", "/dev/sdb1: XFS of unknown features")
    assert found.evidence[0].source == "/etc/blkid/blkid.tab"


# -- names and kinds -------------------------------------------------------------------------------------


def test_names_of_mount_points() -> None:
    found = judged(
        "english-names", image("/dev/sda1 / ext4\n/dev/sda2 /b\u00fcro ext4\n", host_name="web1"), "vmware-2017"
    )
    assert (found.status, found.found) == ("fail", "mount point /b\u00fcro: not in printable ASCII")
    assert found.evidence[0].source == "/etc/fstab:2"
    assert not [r for r in found.remedies if r.kind == "command"]
    english = judged("english-names", image("/dev/sda1 / ext4\n", host_name="web1"), "vmware-2017")
    assert (english.status, english.found) == ("unknown", "no /sys")


def test_mount_points_that_differ_by_case() -> None:
    assert judged("unique-names", image("/dev/sda1 / ext4\n/dev/sda2 /A ext4\n/dev/sda3 /a ext4\n")).status == "fail"
    assert judged("unique-names", image("/dev/sda1 / ext4\n")).found == "no /sys"


@pytest.mark.parametrize(
    ("fstab", "status", "said"),
    [
        ("/dev/cciss/c0d0p1 / ext4\n", "fail", "cciss/c0d0: an HP CCISS disk"),
        ("/dev/sda1 / ext4\n/dev/nvme0n1p1 /data ext4\n", "fail", "nvme0n1: an NVMe disk"),
        ("/dev/sda1 / ext4\n/dev/nvme0n1p1 /data ext4 noauto\n", "unknown", "no /sys"),
        ("/dev/mapper/luks-1 / ext4\n", "fail", "mapper/luks-1: an encrypted device"),
        ("/dev/xvda1 / ext4\n", "unknown", "xvda1: no DMI; no /sys"),
        ("/dev/md0 / ext4\n", "unknown", "no /sys"),
        ("/dev/sda1 / ext4\n", "unknown", "no /sys"),
    ],
)
def test_kinds_of_storage_by_fstab(fstab: str, status: str, said: str) -> None:
    known = image(fstab, crypttab="luks-1 /dev/sda2 none\n", hardware=Fact(unknown="no DMI"), fips=False)
    found = judged("storage-kinds", known)
    assert (found.status, found.found) == (status, said)


def test_a_paravirtual_disk_of_a_known_maker() -> None:
    known = image("/dev/xvda1 / ext4\n", hardware=Hardware("Xen", ""), fips=False)
    assert judged("storage-kinds", known).status == "fail"


@pytest.mark.parametrize(("options", "status"), [("", "warn"), ("noauto", "unknown")])
def test_network_file_systems_by_fstab(options: str, status: str) -> None:
    known = image(f"/dev/sda1 / ext4\nsrv:/x /x nfs {options}\n", interfaces=())
    found = judged("network-kinds", known)
    assert found.status == status
    if status == "warn":
        assert found.evidence[0] == Evidence("/etc/fstab:2", "srv:/x on /x")


@pytest.mark.parametrize(
    ("fstab", "status", "said"),
    [
        ("/dev/sda1 / ext4\nUUID=boot /boot ext4\n", "pass", "/, /boot: ext4"),
        ("/dev/sda1 / ext4\n/dev/sdb1 /data jfs\n", "fail", "/data: jfs"),
        ("/dev/sda1 / ext4\n/dev/sdb1 /data jfs noauto\n", "pass", "/: ext4"),
        ("/dev/sda1 / ext4\nUUID=? /data jfs\n", "unknown", "/data: jfs on a device that was not seen (UUID=?)"),
        ("UUID=? / ext4\n", "unknown", "no file system on a local disk was seen"),
    ],
)
def test_types_of_file_systems_by_fstab(fstab: str, status: str, said: str) -> None:
    release = Release("rhel", "6.8", "6.8", "Red Hat", "/etc/redhat-release", "release 6.8")
    found = judged("file-systems", image(fstab, release=release), "vmm-site-2017")
    assert (found.status, found.found) == (status, said)


# -- the kernel ------------------------------------------------------------------------------------------

EL6 = Release("rhel", "6.8", "6.8", "Red Hat", "/etc/redhat-release", "release 6.8")


@pytest.mark.parametrize("profile", ["vmware-2017", "vmware-2026"])
def test_the_kernel_of_a_machine_that_does_not_run(profile: str) -> None:
    found = judged("kernel", facts(release=EL6, kernel=Fact(unknown="no record"), next_kernel=OLD), profile)
    assert found.status == "unknown"
    assert found.found.startswith("no record; the boot loader starts 2.6.32-642.el6.x86_64, stock kernel")
    assert found.evidence[0] == OLD.evidence
    odd = BootEntry("2.6.32-1.rt.el6.x86_64", OLD.evidence)
    warned = judged("kernel", facts(release=EL6, kernel=Fact(unknown="no record"), next_kernel=odd), profile)
    assert warned.status == "unknown"
    assert warned.remedies
    neither = facts(release=EL6, kernel=Fact(unknown="no record"), next_kernel=Fact(unknown="no boot loader"))
    assert judged("kernel", neither, profile).found == "no record; what boots next is not known: no boot loader"


def test_the_architecture_of_a_machine_that_does_not_run() -> None:
    found = judged("architecture", facts(kernel=Fact(unknown="no record"), next_kernel=OLD))
    assert (found.status, found.found) == ("unknown", "no record; the boot loader starts 2.6.32-642.el6.x86_64")

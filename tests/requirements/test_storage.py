"""os-disk and xfs-v5."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from linuxready.facts import (
    NO_MOUNT_TABLE,
    BlockDevice,
    Directory,
    Evidence,
    Fact,
    Facts,
    FstabEntry,
    Kernel,
    Mount,
    NamedDevices,
    RejectedLine,
    XfsFeatures,
    XfsFilesystem,
)
from linuxready.report import Finding

from ..machines import facts, finding, finding_by, requirement

DIRECTORIES = ("/", "/boot", "/usr", "/usr/local", "/var", "/etc")
PLACES = tuple(Directory(path, Fact(value=path)) for path in DIRECTORIES)


# -- os-disk ---------------------------------------------------------------------------------------------


def disk(name: str, number: str) -> BlockDevice:
    return BlockDevice(name, number, "disk", (), 8 * 2**30, False)


def on(name: str, number: str, kind: str, *parents: str) -> BlockDevice:
    return BlockDevice(name, number, kind, parents, 2**30, False)


SDA, SDB = disk("sda", "8:0"), disk("sdb", "8:16")
DEVICES = (
    SDA,
    SDB,
    on("sda1", "8:1", "part", "sda"),
    on("sda2", "8:2", "part", "sda"),
    on("sdb1", "8:17", "part", "sdb"),
    on("md0", "9:0", "md", "sda1", "sdb1"),
    on("dm-0", "253:0", "lvm", "sda2"),
    on("dm-1", "253:1", "lvm", "sda2", "sdb1"),
)


def machine(*mounts: tuple[str, str], **known: Any) -> Facts:
    """Mounts as (mount point, device number), the first the root."""
    table = tuple(
        Mount(point, "ext4", f"/dev/{number}", "/", "rw", line, number, line, 1)
        for line, (point, number) in enumerate(mounts, 1)
    )
    return facts(**{"mounts": table, "directories": PLACES, "block_devices": DEVICES, "btrfs": ()} | known)


def os_disk(*mounts: tuple[str, str], **known: Any) -> Finding:
    return finding(machine(*mounts, **known), "os-disk")


def test_one_disk_passes_and_is_named() -> None:
    found = os_disk(("/", "8:2"), ("/boot", "8:1"))
    assert (found.status, found.found) == ("pass", "/, /boot, /usr, /usr/local, /var, /etc: on sda")
    assert found.evidence[:2] == (
        Evidence("/proc/self/mountinfo:1", "/dev/8:2 on /"),
        Evidence("/proc/self/mountinfo:2", "/dev/8:1 on /boot"),
    )


def test_a_second_disk_fails_and_both_are_named() -> None:
    found = os_disk(("/", "8:2"), ("/var", "8:17"))
    assert (found.status, found.found) == ("fail", "/var: on sdb, the OS disk is sda")
    assert [remedy.text for remedy in found.remedies] == ["move /var to the OS disk, sda"]


def test_a_mirror_is_two_disks() -> None:
    found = os_disk(("/", "9:0"))
    assert (found.status, found.found.split(": ")[1]) == ("fail", "on 2 disks, sda and sdb")


def test_boot_beside_a_mirror_fails_too() -> None:
    found = os_disk(("/", "9:0"), ("/boot", "8:1"))
    assert found.status == "fail"
    assert "/boot: on sda, the OS disk is sda and sdb" in found.found


def test_a_multipath_map_that_is_called_like_a_disk_is_another_disk() -> None:
    """Maps are spoken of by their own names, which an administrator chooses; they are compared by the kernel's."""
    multipath = BlockDevice("dm-9", "253:9", "mpath", ("sdc", "sdd"), 2**30, False, dm_name="sda")
    found = os_disk(("/", "8:2"), ("/var", "253:9"), block_devices=(*DEVICES, multipath))
    assert found.status == "fail"


def test_a_volume_on_two_disks_fails() -> None:
    assert os_disk(("/", "253:0"), ("/var", "253:1")).found == "/var: on 2 disks, sda and sdb, the OS disk is sda"


def test_other_mounts_do_not_matter() -> None:
    assert os_disk(("/", "8:2"), ("/home", "8:17"), ("/boot/efi", "8:17"), ("/var/lib", "8:17")).status == "pass"


def test_links_were_followed_by_the_reader() -> None:
    """/usr/local leads to /srv/local, which lies on the other disk."""
    places = (*PLACES[:3], Directory("/usr/local", Fact(value="/srv/local")), *PLACES[4:])
    found = os_disk(("/", "8:2"), ("/srv", "8:17"), directories=places)
    assert (found.status, found.found) == ("fail", "/usr/local: on sdb, the OS disk is sda")


def test_a_disk_that_is_not_known_is_unknown() -> None:
    found = os_disk(("/", "8:2"), ("/var", "7:9"))
    assert found.status == "unknown"
    assert "device 7:9 (/dev/7:9) is not among the block devices" in found.found
    assert found.remedies


def test_an_unknown_directory_never_hides_a_failure() -> None:
    found = os_disk(("/", "8:2"), ("/usr", "7:9"), ("/var", "8:17"))
    assert (found.status, found.found) == ("fail", "/var: on sdb, the OS disk is sda")
    assert any("7:9" in evidence.text for evidence in found.evidence)


def test_a_directory_nobody_could_look_up_is_unknown() -> None:
    places = (*PLACES[:5], Directory("/etc", Fact(unknown="/etc: permission denied (run as root)")))
    assert os_disk(("/", "8:2"), directories=places).status == "unknown"


def test_a_directory_of_a_profile_that_nobody_looked_up_is_unknown() -> None:
    changed = requirement("os-disk", directories=("/", "/opt"))
    found = finding_by(changed, machine(("/", "8:2")))
    assert (found.status, found.found) == ("unknown", "/opt: /opt was not looked up")


def test_a_rejected_line_of_mountinfo_is_unknown() -> None:
    found = os_disk(("/", "8:2"), mounts_rejected=(RejectedLine(2, "26 1 8:17 /"),))
    assert (found.status, found.found) == ("unknown", "not understood: line 2 of /proc/self/mountinfo")
    assert os_disk(("/", "8:2"), ("/var", "8:17"), mounts_rejected=(RejectedLine(3, "x"),)).status == "fail"


@pytest.mark.parametrize("missing", ["mounts", "directories", "block_devices"])
def test_what_was_not_seen_is_unknown(missing: str) -> None:
    found = os_disk(("/", "8:2"), **{missing: Fact(unknown=f"no {missing}")})
    assert (found.status, found.found) == ("unknown", f"no {missing}")


def test_a_table_without_device_numbers_is_judged_by_its_order_and_the_names_of_devices() -> None:
    table = (Mount("/", "ext4", "/dev/sda2", "/", "rw", 1), Mount("/var", "ext4", "/dev/sdb1", "/", "rw", 2))
    found = os_disk(mounts=table)
    assert found.status == "fail"
    assert Evidence("/proc/self/mounts:2", "/dev/sdb1 on /var") in found.evidence


def test_a_device_that_a_table_without_numbers_names_and_that_is_not_there_is_unknown() -> None:
    table = (Mount("/", "ext4", "/dev/root", "/", "rw", 1),)
    assert os_disk(mounts=table).status == "unknown"


UNSEEN = "/var may be a link, which is not told by sos 3.2"
UNSEEN_VAR = (*PLACES[:4], Directory("/var", Fact(unknown=UNSEEN)), PLACES[5])
MOUNTED = [
    ("/", "8:2", "xfs"),
    ("/boot", "8:1", "xfs"),
    ("/dev/shm", "0:20", "tmpfs"),
    ("/run", "0:21", "tmpfs"),
    ("/proc", "0:3", "proc"),
    ("/sys/fs/cgroup", "0:22", "tmpfs"),
    ("/var/lib/nfs/rpc_pipefs", "0:39", "rpc_pipefs"),
    ("/selinux", "0:14", "selinuxfs"),
]


def wherever(*mounts: tuple[str, str, str]) -> Finding:
    """os-disk of a machine of which nobody saw whether /var is a link."""
    known = machine(*((point, number) for point, number, _ in mounts), directories=UNSEEN_VAR)
    table = tuple(replace(m, fs_type=fs_type) for m, (_, _, fs_type) in zip(known.mounts.known(), mounts, strict=True))
    return finding(replace(known, mounts=Fact(value=table)), "os-disk")


def test_a_link_that_nobody_saw_leads_to_the_one_disk_that_there_is() -> None:
    found = wherever(*MOUNTED, ("/home", "253:0", "ext4"))
    assert (found.status, found.found) == ("pass", "/, /boot, /usr, /usr/local, /var, /etc: on sda")
    assert Evidence("not seen", UNSEEN) in found.evidence


@pytest.mark.parametrize(
    "other",
    [
        ("/home", "8:17", "ext4"),
        ("/srv", "253:1", "xfs"),
        ("/home", "0:45", "nfs4"),
        ("/misc", "0:46", "autofs"),
        ("/tmp", "0:47", "tmpfs"),
        ("/media/cdrom", "11:0", "iso9660"),
        ("/devel", "8:17", "ext4"),
        ("/running", "0:48", "fuse.sshfs"),
    ],
)
def test_a_link_that_nobody_saw_may_lead_to_whatever_else_is_mounted(other: tuple[str, str, str]) -> None:
    found = wherever(*MOUNTED, other)
    assert (found.status, found.found) == ("unknown", UNSEEN.replace(" ", ": ", 1))


def test_a_link_that_nobody_saw_is_unknown_without_the_root_mount_or_by_fstab_alone() -> None:
    assert wherever(*MOUNTED[1:]).status == "unknown"
    planned = facts(
        mounts=Fact(unknown=f"{NO_MOUNT_TABLE}: none"),
        fstab=(FstabEntry("/dev/sda2", "/", "xfs", 1, ""),),
        directories=UNSEEN_VAR,
        block_devices=DEVICES,
        named_devices=NamedDevices((), {}),
        btrfs=(),
    )
    assert ((found := finding(planned, "os-disk")).status, found.found) == ("unknown", UNSEEN.replace(" ", ": ", 1))


# -- xfs-v5 ----------------------------------------------------------------------------------------------


def features(crc: bool | None, ftype: bool | None, *v5: str) -> Fact[XfsFeatures]:
    return Fact(value=XfsFeatures(crc, ftype, v5, Evidence("xfs_info /data", f"crc={crc} ftype={ftype}")))


def filesystem(seen: Fact[XfsFeatures], name: str = "/data", mounted: bool = True) -> XfsFilesystem:
    return XfsFilesystem(name, "/dev/sdb1", "mounted" if mounted else "/etc/fstab:7", mounted, seen)


def xfs_facts(*filesystems: XfsFilesystem, running: str = "3.10.0-327.el7.x86_64", **known: Any) -> Facts:
    values = {"xfs": filesystems, "mounts": (), "fstab": (), "block_devices": (), "kernel": Kernel(running, "x86_64")}
    return facts(**values | known)


def xfs(*filesystems: XfsFilesystem, **known: Any) -> Finding:
    return finding(xfs_facts(*filesystems, **known), "xfs-v5")


NO_FEATURES: Fact[XfsFeatures] = Fact(unknown="xfs_info is not installed; /dev/sdb1: permission denied (run as root)")


@pytest.mark.parametrize(
    ("seen", "status", "spoken"),
    [
        (features(False, False), "pass", "/data: XFS v4"),
        (features(None, False), "pass", "/data: XFS v4"),
        (features(True, True), "fail", "/data: XFS v5, crc=1"),
        (features(True, True, "finobt", "sparse"), "fail", "/data: XFS v5, crc=1 (finobt, sparse)"),
        (features(None, True, "reflink"), "fail", "/data: XFS v5 (reflink)"),
        (features(True, None), "fail", "/data: XFS v5, crc=1"),
        (features(False, True), "fail", "/data: XFS v4 with ftype=1"),
        (NO_FEATURES, "unknown", "/data: XFS of unknown features"),
    ],
    ids=["v4", "ftype=0 alone", "v5", "v5 names", "v5 by a name", "crc=1 alone", "v4 with ftype", "unknown"],
)
def test_features_decide(seen: Fact[XfsFeatures], status: str, spoken: str) -> None:
    found = xfs(filesystem(seen))
    assert (found.status, found.found) == (status, spoken)
    assert found.evidence
    assert bool(found.remedies) == (status != "pass")


def test_ftype_that_was_not_said_does_not_pass_where_it_counts() -> None:
    """xfs_info's text may be cut after crc=0: what was not seen is not passed."""
    assert xfs(filesystem(features(False, None))).status == "unknown"


def test_crc_that_was_not_said_is_not_taken_for_v4() -> None:
    changed = requirement("xfs-v5", ftype_counts=False)
    assert finding_by(changed, xfs_facts(filesystem(features(None, True)))).status == "unknown"


def test_ftype_counts_by_the_profile_only() -> None:
    changed = requirement("xfs-v5", ftype_counts=False)
    assert finding_by(changed, xfs_facts(filesystem(features(False, True)))).status == "pass"
    assert finding_by(changed, xfs_facts(filesystem(features(False, None)))).status == "pass"
    assert finding_by(changed, xfs_facts(filesystem(features(True, True)))).status == "fail"


def test_v4_with_ftype_says_that_it_is_v4() -> None:
    assert any("is v4" in remedy.text for remedy in xfs(filesystem(features(False, True))).remedies)


@pytest.mark.parametrize("kernel", ["2.6.32-642.el6.x86_64", "3.0.101-63-default", "3.9.11-1"])
def test_a_kernel_before_3_10_mounts_v4_only(kernel: str) -> None:
    found = xfs(filesystem(NO_FEATURES), running=kernel)
    assert found.status == "pass"
    assert "kernel before 3.10" in found.found
    assert found.evidence[0] == Evidence("uname -r", kernel)
    assert found.evidence[1].source == "udev", "nobody asked it for unmounted file systems, and the evidence says so"


@pytest.mark.parametrize("kernel", ["3.10.0-327.el7.x86_64", "4.4.0", "10.0"])
def test_a_kernel_since_3_10_may_mount_v5(kernel: str) -> None:
    assert xfs(filesystem(NO_FEATURES), running=kernel).status == "unknown"


@pytest.mark.parametrize("kernel", ["", "linux", "x-1.2", "el6", "3", "3.x"])
def test_a_kernel_whose_version_is_not_told_says_nothing(kernel: str) -> None:
    assert xfs(filesystem(NO_FEATURES), running=kernel).status == "unknown"


def test_a_kernel_not_known_says_nothing() -> None:
    assert xfs(filesystem(NO_FEATURES), kernel=Fact(unknown="no record")).status == "unknown"


def test_an_old_kernel_says_nothing_of_what_is_not_mounted() -> None:
    found = xfs(filesystem(NO_FEATURES, mounted=False), kernel=Kernel("2.6.32-642.el6.x86_64", "x86_64"))
    assert found.status == "unknown"
    assert found.evidence[0].source == "/etc/fstab:7"
    assert found.remedies[0].text == (
        "run linuxready as root, or see `xfs_db -r -c version /dev/sdb1`; if it is gone, remove the line /etc/fstab:7"
    )


def test_no_line_is_to_be_removed_of_what_has_none_or_of_the_root_file_system() -> None:
    for name, seen_in in (("/", "/etc/fstab:1"), ("/dev/sdb1", "udev")):
        unmounted = XfsFilesystem(name, "/dev/sdb1", seen_in, False, NO_FEATURES)
        advice = [remedy.text for remedy in xfs(unmounted).remedies]
        assert advice == ["run linuxready as root, or see `xfs_db -r -c version /dev/sdb1`"]


def test_an_old_kernel_does_not_excuse_features_that_were_seen() -> None:
    assert xfs(filesystem(features(True, True)), running="2.6.32-642.el6.x86_64").status == "fail"


def test_unknown_features_never_hide_a_failure() -> None:
    found = xfs(filesystem(NO_FEATURES, "/a"), filesystem(features(True, True), "/b"), filesystem(NO_FEATURES, "/c"))
    assert (found.status, found.found) == ("fail", "/b: XFS v5, crc=1")


def test_one_unknown_among_v4_is_unknown() -> None:
    assert xfs(filesystem(features(False, False), "/a"), filesystem(NO_FEATURES, "/b")).status == "unknown"


@pytest.mark.parametrize(("fs_type", "source"), [("ext4", "mounts, /etc/fstab, udev"), (None, "udev was not asked")])
def test_no_xfs_passes_and_says_where_was_looked(fs_type: str | None, source: str) -> None:
    device = BlockDevice("sda1", "8:1", "part", ("sda",), 1, False, fs_type=fs_type)
    found = xfs(block_devices=(device,), fstab=(FstabEntry("/dev/sda1", "/", "ext4", 1),))
    assert (found.status, found.found) == ("pass", "no XFS file system")
    assert source in found.evidence[0].source


@pytest.mark.parametrize("missing", ["xfs", "mounts", "fstab"])
def test_without_a_source_nothing_passes(missing: str) -> None:
    found = xfs(filesystem(features(False, False)), **{missing: Fact(unknown=f"no {missing}")})
    assert (found.status, found.found) == ("unknown", f"no {missing}")


@pytest.mark.parametrize("missing", ["mounts", "fstab"])
def test_without_a_source_a_known_failure_is_kept(missing: str) -> None:
    assert xfs(filesystem(features(True, True)), **{missing: Fact(unknown="denied")}).status == "fail"


@pytest.mark.parametrize("file", ["mounts", "fstab"])
def test_a_line_that_nobody_understood_is_unknown(file: str) -> None:
    found = xfs(filesystem(features(False, False)), **{f"{file}_rejected": (RejectedLine(3, "garbage"),)})
    assert found.status == "unknown"
    assert found.evidence[0].source.endswith(":3")


# -- storage-kinds ---------------------------------------------------------------------------------------


def storage_kinds(*devices: BlockDevice) -> Finding:
    return finding_by(requirement("storage-kinds", "vmm-site-2017"), facts(block_devices=devices))


@pytest.mark.parametrize("name", ["cciss/c0d0", "cciss/c11d3", "c0d1"])
def test_a_disk_of_a_refused_kind_fails(name: str) -> None:
    found = storage_kinds(SDA, disk(name, "104:0"))
    assert (found.status, found.found) == ("fail", f"{name}: an HP CCISS disk")
    assert [remedy.text for remedy in found.remedies] == [f"move what lies on {name} to another disk"]


@pytest.mark.parametrize("name", ["sda", "ida/c0d0", "rd/c0d0", "cciss", "vdc0d0", "nvme0n1"])
def test_other_disks_pass(name: str) -> None:
    assert (storage_kinds(disk(name, "8:0")).status, storage_kinds(disk(name, "8:0")).found) == (
        "pass",
        f"{name}: not cciss",
    )


def test_only_disks_are_asked_for_their_kind() -> None:
    assert storage_kinds(SDA, on("cciss/c0d0p1", "104:1", "part", "cciss/c0d0")).found == "sda: not cciss"
    assert storage_kinds(on("loop0", "7:0", "loop")).status == "unknown"

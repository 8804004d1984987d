"""file-systems."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import BlockDevice, Evidence, Fact, Mount, RejectedLine, Release
from linuxready.report import Finding

from ..machines import facts, finding_by, requirement

SP3 = Release("sles", "SLES", "11.3", "11.3", "/etc/SuSE-release", "PATCHLEVEL = 3")
SP4 = Release("sles", "SLES", "11.4", "11.4", "/etc/SuSE-release", "PATCHLEVEL = 4")


def device(name: str, number: str, kind: str, *parents: str, removable: bool = False) -> BlockDevice:
    return BlockDevice(name, number, kind, parents, 2**30, removable)


DEVICES = (
    device("sda", "8:0", "disk"),
    device("sda1", "8:1", "part", "sda"),
    device("sda2", "8:2", "part", "sda"),
    device("dm-0", "253:0", "lvm", "sda2"),
    device("sdb", "8:16", "disk", removable=True),
    device("sdb1", "8:17", "part", "sdb"),
    device("loop0", "7:0", "loop"),
    device("sr0", "11:0", "rom"),
    device("zram0", "252:0", "memory"),
)


def judged(*mounts: tuple[str, str, str | None], **known: Any) -> Finding:
    """Mounts as (mount point, type, device number)."""
    table = tuple(
        Mount(point, kind, f"/dev/{kind}-{line}", "/", "rw", line, number, line, 1)
        for line, (point, kind, number) in enumerate(mounts, 1)
    )
    row = requirement("file-systems", "vmm-site-2017")
    return finding_by(row, facts(**{"mounts": table, "block_devices": DEVICES} | known))


ROOT = ("/", "ext4", "8:1")


@pytest.mark.parametrize("kind", ["ext3", "ext4", "xfs"])
def test_listed_types_pass(kind: str) -> None:
    found = judged(("/", kind, "8:1"))
    assert (found.status, found.found) == ("pass", f"/: {kind}")
    assert found.evidence == (Evidence("/proc/self/mountinfo:1", f"/dev/{kind}-1 on /"),)


@pytest.mark.parametrize("kind", ["ext2", "jfs", "vfat", "fuseblk", "btrfs"])
def test_other_types_fail_with_what_to_do(kind: str) -> None:
    found = judged(ROOT, ("/data", kind, "253:0"))
    assert (found.status, found.found) == ("fail", f"/data: {kind}")
    assert [remedy.text for remedy in found.remedies] == ["copy /data to a new file system: ext3, ext4, xfs"]


@pytest.mark.parametrize("kind", ["btrfs", "zfs"])
def test_types_without_a_device_number_are_on_disk_too(kind: str) -> None:
    assert judged(ROOT, ("/data", kind, "0:40")).found == f"/data: {kind}"
    assert judged(ROOT, ("/data", kind, None)).status in ("fail", "unknown")


@pytest.mark.parametrize(
    "mount",
    [
        ("/proc", "proc", "0:21"),
        ("/run", "tmpfs", "0:22"),
        ("/mnt", "nfs4", "0:50"),
        ("/merged", "overlay", "0:51"),
        ("/snap/core", "squashfs", "7:0"),
        ("/media/cd", "iso9660", "11:0"),
        ("/tmp", "ext2", "252:0"),
        ("/media/usb", "vfat", "8:17"),
        ("/media/usb", "vfat", "8:16"),
        ("/boot/efi", "vfat", "8:2"),
    ],
    ids=" ".join,
)
def test_what_is_not_judged(mount: tuple[str, str, str]) -> None:
    found = judged(ROOT, mount)
    assert (found.status, found.found) == ("pass", "/: ext4")
    assert judged(mount).status == "unknown", "nothing else was seen"


def test_vfat_elsewhere_is_judged() -> None:
    assert judged(ROOT, ("/boot", "vfat", "8:2")).status == "fail"


def test_a_file_system_that_is_mounted_twice_is_named_once() -> None:
    assert judged(ROOT, ("/data", "jfs", "8:2"), ("/srv", "jfs", "8:2")).found == "/data: jfs"


@pytest.mark.parametrize(
    ("release", "status", "found"),
    [
        (SP3, "pass", "/data: reiserfs; /: ext4"),
        (SP4, "fail", "/data: reiserfs, listed for SLES 11 SP3 only"),
        (Fact(unknown="no file says"), "unknown", "/data: reiserfs, not listed for all releases: no file says"),
    ],
)
def test_reiserfs_is_listed_for_one_release(release: Any, status: str, found: str) -> None:
    told = judged(("/data", "reiserfs", "8:2"), ROOT, release=release)
    assert (told.status, told.found) == (status, found)


def test_a_device_that_was_not_seen_decides_only_where_the_type_does() -> None:
    told = judged(ROOT, ("/data", "jfs", "9:9"))
    assert (told.status, told.found) == ("unknown", "/data: jfs on a device that was not seen (9:9)")
    assert told.remedies
    assert judged(ROOT, ("/data", "xfs", "9:9")).found == "/: ext4"
    assert judged(ROOT, ("/data", "reiserfs", "9:9"), release=SP3).status == "unknown"


def test_without_numbers_the_source_tells_the_device() -> None:
    """Only /proc/self/mounts was captured."""
    root = Mount("/", "jfs", "/dev/sda1", "/", "rw", 1)
    row = requirement("file-systems", "vmm-site-2017")
    assert finding_by(row, facts(mounts=(root,), block_devices=DEVICES)).found == "/: jfs"
    pseudo = Mount("/proc", "proc", "proc", "/", "rw", 2)
    assert finding_by(row, facts(mounts=(root, pseudo), block_devices=DEVICES)).found == "/: jfs"


@pytest.mark.parametrize(
    "known",
    [
        {"mounts": Fact(unknown="cut")},
        {"block_devices": Fact(unknown="no /sys")},
        {"mounts_rejected": (RejectedLine(3, "garbage"),)},
    ],
    ids=str,
)
def test_what_was_not_seen_is_unknown(known: dict[str, Any]) -> None:
    assert judged(ROOT, **known).status == "unknown"

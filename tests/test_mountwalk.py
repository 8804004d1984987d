"""Which mount a path lies on, and which whole disks are below it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from linuxready.facts import BlockDevice, BtrfsFilesystem, Mount, UnknownFact
from linuxready.mountwalk import DiskGraph, MountTree, suspended, suspended_mounts


def mount(
    point: str, number: str = "8:1", id: int = 1, parent: int = 0, fs_type: str = "ext4", source: str = "/dev/sda1"
) -> Mount:
    return Mount(point, fs_type, source, "/", "rw", id, number, id, parent)


ROOT = mount("/", id=1)


def device(name: str, number: str, kind: str = "disk", parents: Iterable[str] | None = (), **more: str) -> BlockDevice:
    return BlockDevice(
        name,
        number,
        kind,
        None if parents is None else tuple(parents),
        2**30,
        False,
        **more,  # type: ignore[arg-type]
    )


# -- MountTree -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "id"),
    [("/", 1), ("/var", 2), ("/var/", 2), ("/var/lib", 2), ("/var/lib/docker", 3), ("/variable", 1), ("/etc", 1)],
)
def test_the_longest_mount_covers(path: str, id: int) -> None:
    tree = MountTree((ROOT, mount("/var", id=2, parent=1), mount("/var/lib/docker", id=3, parent=2)))
    assert tree.covering(path).id == id


def test_a_later_mount_on_the_parent_hides_those_below() -> None:
    below, over = mount("/usr/local", id=3, parent=2), mount("/usr", id=4, parent=2)
    tree = MountTree((ROOT, mount("/usr", id=2, parent=1), below, over))
    assert tree.covering("/usr/local").id == 4


def test_of_two_mounts_on_one_directory_the_upper_one_counts() -> None:
    tree = MountTree((ROOT, mount("/var", id=2, parent=1), mount("/var", id=3, parent=2)))
    assert tree.covering("/var/log").id == 3


def test_a_mount_over_the_root_counts() -> None:
    tree = MountTree((mount("/", id=1), mount("/", id=2, parent=1), mount("/var", id=3, parent=2)))
    assert (tree.covering("/").id, tree.covering("/var").id) == (2, 3)


def test_the_order_of_lines_does_not_matter() -> None:
    tree = MountTree((mount("/var/lib", id=3, parent=2), mount("/var", id=2, parent=1), ROOT))
    assert tree.covering("/var/lib/x").id == 3


def test_a_root_that_is_its_own_parent_is_the_root() -> None:
    assert MountTree((mount("/", id=1, parent=1),)).covering("/etc").id == 1


@pytest.mark.parametrize("table", [(), (mount("/var", id=2, parent=1),)])
def test_a_table_without_a_root_is_unknown(table: tuple[Mount, ...]) -> None:
    with pytest.raises(UnknownFact):
        MountTree(table).covering("/")


def test_circles_in_a_table_end() -> None:
    tree = MountTree((ROOT, mount("/a", id=2, parent=1), mount("/a", id=1, parent=2), mount("/a", id=2, parent=2)))
    assert tree.covering("/a/b").id in (1, 2)


# -- DiskGraph -------------------------------------------------------------------------------------------

SDA, SDB = device("sda", "8:0"), device("sdb", "8:16")
SDA1, SDB1 = device("sda1", "8:1", "part", ["sda"]), device("sdb1", "8:17", "part", ["sdb"])
DISKS = (SDA, SDB, SDA1, SDB1)


def disks(*devices: BlockDevice, at: Mount = ROOT, btrfs: tuple[BtrfsFilesystem, ...] = ()) -> list[str]:
    tree = MountTree((ROOT, at) if at is not ROOT else (ROOT,))
    return sorted(DiskGraph((*DISKS, *devices), tree, btrfs).disks_of_mount(at))


def on(number: str) -> Mount:
    return mount("/data", number, 2, 1)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([device("dm-0", "253:0", "lvm", ["sda1"])], ["sda"]),
        ([device("dm-0", "253:0", "lvm", ["sda1", "sdb1"])], ["sda", "sdb"]),
        (
            [
                device("dm-0", "253:0", "crypt", ["dm-1"]),
                device("dm-1", "253:1", "lvm", ["md0"]),
                device("md0", "9:0", "md", ["sda1", "sdb1"]),
            ],
            ["sda", "sdb"],
        ),
        ([device("dm-0", "253:0", "part", ["dm-1"]), device("dm-1", "253:1", "mpath", ["sda", "sdb"])], ["dm-1"]),
        ([device("dm-0", "253:0", "mpath", None)], ["dm-0"]),
        ([device("dm-0", "253:0", "bcache", ["sda1", "sdb"])], ["sda", "sdb"]),
        ([device("sr0", "253:0", "rom")], ["sr0"]),
    ],
    ids=["lv", "lv on two", "luks on lvm on md", "part of multipath", "multipath", "bcache", "cd"],
)
def test_stacks_lead_down_to_whole_disks(devices: list[BlockDevice], expected: list[str]) -> None:
    assert disks(*devices, at=on("253:0")) == expected


@pytest.mark.parametrize(
    ("devices", "reason"),
    [
        ([device("dm-0", "253:0", "lvm", None)], "no slaves/"),
        ([device("dm-0", "253:0", "lvm", [])], "names no device below it"),
        ([device("dm-0", "253:0", "lvm", ["sdz"])], "sdz is not among the block devices"),
        ([device("dm-0", "253:0", "lvm", ["dm-0"])], "said to lie on itself"),
        ([device("dm-0", "253:0", "lvm", ["dm-1"]), device("dm-1", "253:1", "lvm", ["dm-0"])], "lie on itself"),
        ([device("zram0", "253:0", "memory")], "lies in memory"),
        ([device("nbd0", "253:0", "network")], "on the network"),
        ([device("loop0", "253:0", "loop")], "loop device whose file is not to be seen"),
        ([device("zd0", "253:0", "virtual")], "virtual device"),
        ([], "device 253:0 (/dev/sda1) is not among the block devices"),
    ],
)
def test_what_leads_to_no_disk_is_unknown(devices: list[BlockDevice], reason: str) -> None:
    with pytest.raises(UnknownFact) as error:
        disks(*devices, at=on("253:0"))
    assert reason in str(error.value)


def test_a_loop_device_lies_where_its_file_does() -> None:
    assert disks(device("loop0", "7:0", "loop", backing_file="/var/image.ext4"), at=on("7:0")) == ["sda"]


def test_a_loop_device_whose_file_lies_on_itself_ends() -> None:
    with pytest.raises(UnknownFact, match="lie on itself"):
        disks(device("loop0", "7:0", "loop", backing_file="/data/image"), at=on("7:0"))


@pytest.mark.parametrize(
    ("fs_type", "reason"),
    [
        ("tmpfs", "lies in memory"),
        ("overlay", "is an overlay"),
        ("zfs", "is ZFS"),
        ("nfs4", "has no block device"),
        ("rootfs", "lies in memory"),
    ],
)
def test_mounts_without_a_disk_say_what_they_are(fs_type: str, reason: str) -> None:
    with pytest.raises(UnknownFact) as error:
        disks(at=mount("/data", "0:40", 2, 1, fs_type, "none"))
    assert reason in str(error.value)


BTRFS = (BtrfsFilesystem("u1", ("sda1", "sdb1")), BtrfsFilesystem("u2", ("sdb",)))


@pytest.mark.parametrize(
    ("source", "expected"), [("/dev/sda1", ["sda", "sdb"]), ("/dev/sdb", ["sdb"]), ("/dev/mapper/vg-data", ["sda"])]
)
def test_btrfs_is_found_by_its_source(source: str, expected: list[str]) -> None:
    volume = device("dm-0", "253:0", "lvm", ["sda1"], dm_name="vg-data")
    at = mount("/data", "0:33", 2, 1, "btrfs", source)
    assert disks(volume, at=at, btrfs=(*BTRFS, BtrfsFilesystem("u3", ("dm-0",)))) == expected


@pytest.mark.parametrize("source", ["/dev/root", "none", "/dev/sdz"])
def test_btrfs_that_is_not_found_is_unknown(source: str) -> None:
    with pytest.raises(UnknownFact, match="devices of btrfs"):
        disks(at=mount("/data", "0:33", 2, 1, "btrfs", source), btrfs=BTRFS)


def without_ids(*rows: tuple[str, str, str]) -> MountTree:
    """A table as /proc/self/mounts is: (mount point, type, source) in the order of mounting."""
    return MountTree(tuple(Mount(point, kind, source, "/", "rw", i) for i, (point, kind, source) in enumerate(rows, 1)))


OLD_TABLE = (
    ("/", "rootfs", "rootfs"),
    ("/dev", "devtmpfs", "udev"),
    ("/", "ext3", "/dev/sda1"),
    ("/var", "ext4", "/dev/sdb1"),
    ("/run", "tmpfs", "tmpfs"),
)
"""The initramfs mounted /dev before the root file system, and moved it."""


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/", "/dev/sda1"),
        ("/etc", "/dev/sda1"),
        ("/var/log", "/dev/sdb1"),
        ("/variant", "/dev/sda1"),
        ("/dev/x", "udev"),
    ],
)
def test_a_table_without_ids_tells_by_its_order(path: str, source: str) -> None:
    assert without_ids(*OLD_TABLE).covering(path).source == source


def test_of_two_mounts_on_one_point_the_later_counts() -> None:
    table = (*OLD_TABLE, ("/srv", "autofs", "systemd-1"), ("/srv", "nfs", "filer:/srv"))
    assert without_ids(*table).covering("/srv/a").source == "filer:/srv"


def test_a_table_without_ids_where_a_later_mount_may_hide_is_unknown() -> None:
    table = (*OLD_TABLE, ("/srv/a", "ext4", "/dev/sdc1"), ("/srv", "ext4", "/dev/sdd1"))
    with pytest.raises(UnknownFact, match="may hide a mount"):
        without_ids(*table).covering("/srv/a/b")
    assert without_ids(*table).covering("/srv/b").source == "/dev/sdd1"


@pytest.mark.parametrize("more", [(("/", "ext4", "/dev/sdc1"),), ()])
def test_a_table_without_ids_and_without_one_root_is_unknown(more: tuple[tuple[str, str, str], ...]) -> None:
    table = tuple(row for row in OLD_TABLE if more or row[2] != "/dev/sda1") + more
    with pytest.raises(UnknownFact, match="one root"):
        without_ids(*table).covering("/var")


def test_a_mount_without_a_number_is_found_by_its_source() -> None:
    """A btrfs root must not stand in for /var, which is a mount of its own."""
    table = (("/", "btrfs", "/dev/sda1"), ("/var", "ext4", "/dev/sdb1"), ("/srv", "ext4", "/dev/sdz1"))
    tree = without_ids(*table, ("/run", "tmpfs", "tmpfs"))
    graph = DiskGraph(DISKS, tree, (BtrfsFilesystem("u1", ("sda1",)),))
    assert graph.disks_of_mount(tree.covering("/")) == {"sda"}
    assert graph.disks_of_mount(tree.covering("/var")) == {"sdb"}
    with pytest.raises(UnknownFact, match="lies in memory"):
        graph.disks_of_mount(tree.covering("/run"))
    with pytest.raises(UnknownFact, match="no file that was captured tells which"):
        graph.disks_of_mount(tree.covering("/srv"))


# -- what is suspended -----------------------------------------------------------------------------------


def test_what_lies_on_a_suspended_device_is_not_to_be_touched() -> None:
    devices = (
        BlockDevice("dm-0", "253:0", "mpath", ("sda",), 1, False, suspended=True),
        BlockDevice("dm-1", "253:1", "lvm", ("dm-0",), 1, False),
        BlockDevice("dm-2", "253:2", "lvm", ("sdb",), 1, False),
    )
    mounts = tuple(
        Mount(point, "ext4", "/dev/x", "/", "rw", 1, number, 1, 0)
        for point, number in (("/", "253:2"), ("/a", "253:0"), ("/b", "253:1"), ("/run", "0:19"))
    )
    assert suspended(devices) == {devices[0], devices[1]}
    assert suspended_mounts(mounts, devices) == {
        "/a": "/a lies on dm-0, which is suspended: not touched",
        "/b": "/b lies on dm-1, which is suspended: not touched",
    }

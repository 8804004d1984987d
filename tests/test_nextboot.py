"""The mount table of the next boot, by /etc/fstab."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linuxready.facts import BlockDevice, Directory, Fact, FstabEntry
from linuxready.mountwalk import MountTree
from linuxready.nextboot import Plan, plan
from linuxready.readers.mounts import SYSTEM_DIRECTORIES, parse_fstab

DEVICES = (
    BlockDevice("sda1", "", "part", ("sda",), None, False, fs_uuid="u-1", fs_type="ext4"),
    BlockDevice("sdb1", "", "part", ("sdb",), None, False, fs_uuid="u-2", fs_type="xfs"),
    BlockDevice("sdc1", "", "part", ("sdc",), None, False, fs_uuid="twin"),
    BlockDevice("sdd1", "", "part", ("sdd",), None, False, fs_uuid="twin"),
)
DIRECTORIES = tuple(Directory(path, Fact(value=path)) for path in SYSTEM_DIRECTORIES)


def planned(fstab: str, directories: tuple[Directory, ...] = DIRECTORIES) -> Plan:
    return plan(parse_fstab(fstab)[0], directories, DEVICES, {})


def source(found: Plan, path: str) -> str:
    return MountTree(found.mounts).covering(path).source


ROOT = "/dev/sda1 / ext4 defaults 1 1\n"


@pytest.mark.parametrize(
    ("path", "device"),
    [
        ("/", "/dev/sda1"),
        ("/etc", "/dev/sda1"),
        ("/var", "/dev/sda2"),
        ("/var/lib/x", "/dev/sda3"),
        ("/var/log", "/dev/sda2"),
        ("/variable", "/dev/sda1"),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_a_path_lies_on_the_nearest_above(path: str, device: str, order: tuple[int, ...]) -> None:
    lines = (ROOT, "/dev/sda2 /var/ ext4\n", "/dev/sda3 /var/lib ext4\n")
    found = planned("".join(lines[n] for n in order))
    assert source(found, path) == device
    assert found.doubts == {}


def test_what_is_mounted_nowhere_is_no_mount() -> None:
    found = planned(ROOT + "/dev/sda2 swap swap\n/dev/sda3 none swap sw 0 0\nUUID=1 - ext4\n/swapfile /swap swap\n")
    assert [mount.mount_point for mount in found.mounts] == ["/"]


def test_numbers_say_only_that_there_is_no_device() -> None:
    found = planned(ROOT + "tmpfs /tmp tmpfs\nsrv:/x /x nfs\noverlay /y overlay\n")
    assert [mount.number for mount in found.mounts] == [None, "0:0", "0:0", "0:0"]


@pytest.mark.parametrize(
    ("options", "read_only"),
    [("ro", True), ("defaults,ro", True), ("ro,rw", False), ("rw,ro", True), ("errors=remount-ro", False), ("", False)],
)
def test_read_only(options: str, read_only: bool) -> None:
    (found,) = planned(f"/dev/sda1 / ext4 {options}\n").mounts
    assert found.read_only is read_only


@pytest.mark.parametrize(
    ("fstab", "point", "why"),
    [
        ("/dev/sda1 /var ext4\n", "/", "/etc/fstab has no line for /"),
        (
            ROOT + "/dev/sda2 /boot ext4 noauto 1 2\n",
            "/boot",
            "/etc/fstab:2: noauto, it is mounted by hand or not at all",
        ),
        (ROOT + "/data/var /var none bind\n", "/var", "/etc/fstab:2: a bind mount of /data/var"),
        (ROOT + "/data/var /var none rbind\n", "/var", "/etc/fstab:2: a bind mount of /data/var"),
        (ROOT + "/dev/sda2 /var ext4\n/dev/sda3 /var ext4\n", "/var", "/etc/fstab:2: line 3 is for /var as well"),
        (
            ROOT + "/dev/sda2 /usr/local ext4\n/dev/sda3 /usr ext4\n",
            "/usr/local",
            "/etc/fstab:2: it comes before /usr, on line 3, which may hide it",
        ),
        (ROOT + "UUID=twin /var ext4\n", "/var", "/etc/fstab:2: UUID=twin is sdc1 and sdd1"),
        (ROOT + "UUID=none /var auto\n", "/var", "/etc/fstab:2: the type of its file system is not known"),
        (ROOT + "/dev/sda3 /var ext4,xfs\n", "/var", "/etc/fstab:2: the type of its file system is not known"),
    ],
    ids="no-root noauto bind rbind twice order two-devices auto two-types".split(),
)
def test_what_is_in_doubt(fstab: str, point: str, why: str) -> None:
    found = planned(fstab)
    assert found.doubts == {point: why}
    assert MountTree(found.mounts).covering(point).mount_point == point


def test_options_that_were_not_captured_are_a_doubt() -> None:
    found = plan((FstabEntry("/dev/sda1", "/", "ext4", 1),), DIRECTORIES, DEVICES, {})
    assert found.doubts == {"/": "/etc/fstab:1: its options were not captured"}


def test_the_same_line_twice_is_one() -> None:
    assert planned(ROOT + "/dev/sda2 /var ext4\n/dev/sda2 /var ext4\n").doubts == {}


def test_a_type_that_the_device_says() -> None:
    found = planned(ROOT + "UUID=u-2 /var auto\n")
    assert (found.doubts, found.mounts[1].fs_type) == ({}, "xfs")


def test_a_mount_point_that_is_a_link() -> None:
    """/var is a link to /srv/var: what is mounted at /var lies there."""
    directories = (*DIRECTORIES[:-1], Directory("/var", Fact(value="/srv/var")))
    assert source(planned(ROOT + "/dev/sdb1 /var ext4\n", directories), "/srv/var") == "/dev/sdb1"


@pytest.mark.parametrize("line", ["", "/dev/sda2 /var ext4\n"])
def test_a_unit_of_systemds_own_goes_before_fstab(line: str) -> None:
    units = {"/var": "/etc/systemd/system/var.mount"}
    found = plan(parse_fstab(ROOT + line)[0], DIRECTORIES, DEVICES, units)
    assert found.doubts == {"/var": "/etc/systemd/system/var.mount mounts /var, which is not looked into"}
    assert MountTree(found.mounts).covering("/var").mount_point == "/var"
    assert source(found, "/etc") == "/dev/sda1"


POINTS = st.sampled_from(["/", "/usr", "/usr/local", "/usr/local/x", "/var", "//var/", "/var/../usr", "none", "swap"])
LINES = st.builds(
    lambda spec, point, fs_type, options: f"{spec} {point} {fs_type} {options}\n",
    st.sampled_from(["/dev/sda1", "UUID=u-2", "UUID=twin", "UUID=?", "tmpfs", "LABEL=", "x:/y"]),
    POINTS,
    st.sampled_from(["ext4", "auto", "tmpfs", "nfs", "btrfs", "swap", "none"]),
    st.sampled_from(["", "noauto", "bind", "ro,nofail", "rw"]),
)


@given(st.lists(LINES, max_size=8))
def test_every_table_is_a_tree_with_every_place_in_it(lines: list[str]) -> None:
    found = planned("".join(lines))
    tree = MountTree(found.mounts)
    assert sum(mount.mount_point == "/" for mount in found.mounts) == 1
    for mount in found.mounts:
        assert tree.covering(mount.mount_point) == mount
    for path in SYSTEM_DIRECTORIES:
        point = tree.covering(path).mount_point
        assert path == point or path.startswith(f"{point.rstrip('/')}/")
        assert tree.covering("/").source or found.doubts["/"]


def test_a_mount_point_behind_a_link_is_where_the_link_leads() -> None:
    """/var is a link to /data/var, and /data one to /srv."""
    places = {"/var": "/srv/var", "/data/var": "/srv/var"}
    directories = tuple(Directory(path, Fact(value=place)) for path, place in places.items())
    found = planned(ROOT + "/dev/sdb1 /data/var ext4\n", directories)
    assert source(found, "/srv/var") == "/dev/sdb1"

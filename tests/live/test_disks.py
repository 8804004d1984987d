"""Where the system directories really lie: loop devices as /usr/local, and a btrfs of two devices as /var.

Their backing files lie on the root disk, so the OS disk is the one disk of all, as findmnt and lsblk say; a file in
memory is on no disk, and what has one below it is unknown, never passed. Two real disks are for the recordings and
tests/vm: a loop device is no disk, and what lies on it is looked for behind its file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .stage import LoopDevices, disks_below, finding, folder_in_memory, live, mount

pytestmark = [
    *live("mkfs.ext4", "mkfs.btrfs", "losetup", "findmnt", "lsblk"),
    pytest.mark.skipif(
        os.path.realpath(sys.base_prefix).startswith("/usr/local"), reason="this Python itself lies in /usr/local"
    ),
]

EXT4 = ("mkfs.ext4", "-q")
BTRFS = ("mkfs.btrfs", "-q", "-d", "raid0", "-m", "raid1")

DIRECTORIES = ("/", "/boot", "/usr", "/usr/local", "/var", "/etc")


@pytest.fixture
def disk(tmp_path: Path) -> str:
    """The one disk that all is on: the system directories, and the files below the loop devices."""
    places = {str(path): disks_below(path) for path in (tmp_path, *DIRECTORIES)}
    disks = places["/"]
    if len(disks) != 1 or any(other != disks for other in places.values()):
        pytest.skip(f"this machine and the tests' files are not on one disk: {places}")
    return next(iter(disks))


@pytest.fixture
def memory() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


def test_ext4_on_usr_local(loops: LoopDevices, disk: str) -> None:
    device = loops.attach("img", *EXT4)
    found = finding("os-disk", setup=[mount(device, "/usr/local")])
    assert (found.status, found.found) == ("pass", f"{', '.join(DIRECTORIES)}: on {disk}")
    assert [e.text for e in found.evidence if device in e.text] == [f"{device} on /usr/local"]


def test_ext4_whose_file_lies_in_memory(loops: LoopDevices, disk: str, memory: Path) -> None:
    device = loops.attach("img", *EXT4, folder=memory)
    found = finding("os-disk", setup=[mount(device, "/usr/local")])
    assert (found.status, found.found) == ("unknown", "/usr/local: /dev/shm is tmpfs: it lies in memory")
    assert [e.text for e in found.evidence] == [f"{device} on /usr/local"]


def test_btrfs_of_two_devices_on_one_disk(loops: LoopDevices, disk: str, tmp_path: Path) -> None:
    """Two devices are no two disks where both are files of one."""
    one, two = loops.attach_two(("one", "two"), (tmp_path, tmp_path), *BTRFS)
    found = finding("os-disk", setup=[btrfs_on_var(one, two)])
    assert (found.status, found.found) == ("pass", f"{', '.join(DIRECTORIES)}: on {disk}")
    assert any(e.text.endswith(" on /var") and e.text.startswith((one, two)) for e in found.evidence)


@pytest.mark.parametrize("first", [0, 1], ids=["first in memory", "second in memory"])
def test_btrfs_of_two_devices_one_of_them_in_memory(
    loops: LoopDevices, disk: str, tmp_path: Path, memory: Path, first: int
) -> None:
    """The mount names one device only; the other one counts as well."""
    folders = (memory, tmp_path) if first == 0 else (tmp_path, memory)
    one, two = loops.attach_two(("one", "two"), folders, *BTRFS)
    found = finding("os-disk", setup=[btrfs_on_var(one, two)])
    assert (found.status, found.found) == ("unknown", "/var: /dev/shm is tmpfs: it lies in memory")


def test_a_loop_file_that_another_mount_hides(loops: LoopDevices, disk: str, tmp_path: Path, memory: Path) -> None:
    """The kernel names the file by its path, where now lies another file system, on a disk."""
    device = loops.attach("img", *EXT4, folder=memory)
    found = finding("os-disk", setup=[mount(device, "/usr/local"), mount(str(tmp_path), memory, "--bind")])
    assert found.status == "unknown"
    assert found.found.startswith("/usr/local: ")


def test_a_loop_file_below_its_own_mount(loops: LoopDevices, disk: str, tmp_path: Path) -> None:
    """Where only the device's own file system is left at the path of its file, nobody knows what it lies on."""
    device = loops.attach("img", *EXT4)
    found = finding("os-disk", setup=[mount(device, tmp_path), mount(device, "/usr/local")])
    assert (found.status, found.found) == (
        "unknown",
        f"/usr/local: {device[5:]} is a loop device whose file is not to be seen",
    )


def btrfs_on_var(one: str, two: str) -> str:
    return mount(one, "/var", "-o", f"device={one},device={two}")

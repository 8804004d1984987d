"""Block devices from /sys: kinds, parents, sizes, and udev's words."""

from __future__ import annotations

import pytest

from linuxready.facts import BlockDevice, BtrfsFilesystem
from linuxready.host import Unreadable
from linuxready.readers import block

from ..machines import FakeHost

PCI = "devices/pci0000:00/host0/block"
VIRTUAL = "devices/virtual/block"


def host(*devices: str, files: dict[str, str] | None = None, folder: str = "/sys/class/block", **udev: str) -> FakeHost:
    """A machine with devices at these paths below /sys; other files by paths below /sys too."""
    found: dict[str, str | bytes] = {}
    links = {}
    for number, path in enumerate(devices):
        found[f"/sys/{path}/dev"] = f"8:{number}\n"
        found[f"/sys/{path}/size"] = "2048\n"
        links[f"{folder}/{path.rpartition('/')[2]}"] = f"/sys/{path}"
    found.update({f"/sys/{path}": text for path, text in (files or {}).items()})
    return FakeHost(found, links)


def devices(machine: FakeHost) -> dict[str, BlockDevice]:
    return {device.name: device for device in block.read(machine)}


def test_a_disk_and_its_partition() -> None:
    machine = host(f"{PCI}/sda", f"{PCI}/sda/sda1", files={f"{PCI}/sda/sda1/partition": "1\n"})
    assert devices(machine) == {
        "sda": BlockDevice("sda", "8:0", "disk", (), 2048 * 512, False),
        "sda1": BlockDevice("sda1", "8:1", "part", ("sda",), 2048 * 512, False),
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"{PCI}/sda", "disk"),
        (f"{PCI}/vda", "disk"),
        (f"{PCI}/xvda", "disk"),
        (f"{PCI}/mmcblk0", "disk"),
        (f"{PCI}/dasda", "disk"),
        (f"{PCI}/nvme0n1", "disk"),
        (f"{PCI}/cciss!c0d0", "disk"),
        (f"{PCI}/sr0", "rom"),
        (f"{PCI}/fd0", "floppy"),
        ("devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "disk"),
        (f"{VIRTUAL}/loop0", "loop"),
        (f"{VIRTUAL}/ram0", "memory"),
        (f"{VIRTUAL}/zram0", "memory"),
        (f"{VIRTUAL}/md0", "md"),
        (f"{VIRTUAL}/md127", "md"),
        (f"{VIRTUAL}/md_d0", "md"),
        (f"{VIRTUAL}/nbd0", "network"),
        (f"{VIRTUAL}/rbd0", "network"),
        (f"{VIRTUAL}/drbd0", "network"),
        (f"{VIRTUAL}/bcache0", "bcache"),
        (f"{VIRTUAL}/zd0", "virtual"),
        (f"{VIRTUAL}/dm-0", "dm"),
    ],
    ids=lambda text: text.rpartition("/")[2],
)
def test_kinds_by_name_and_place(path: str, kind: str) -> None:
    (found,) = block.read(host(path))
    assert found.kind == kind


@pytest.mark.parametrize(
    ("uuid", "kind"),
    [
        ("LVM-abc", "lvm"),
        ("mpath-3600", "mpath"),
        ("part1-mpath-3600", "part"),
        ("CRYPT-LUKS1-abc-root", "crypt"),
        ("DMRAID-isw", "dm"),
        ("", "dm"),
    ],
)
def test_kinds_of_device_mapper_by_uuid(uuid: str, kind: str) -> None:
    path = f"{VIRTUAL}/dm-0"
    files = {f"{path}/dm/uuid": f"{uuid}\n", f"{path}/dm/name": "vg-root\n", f"{path}/slaves/sda2/x": ""}
    (found,) = block.read(host(path, files=files))
    assert (found.kind, found.parents, found.dm_name) == (kind, ("sda2",), "vg-root")


def test_slashes_in_names_are_written_as_marks_of_exclamation() -> None:
    machine = host(
        f"{PCI}/cciss!c0d0",
        f"{PCI}/cciss!c0d0/cciss!c0d0p1",
        f"{VIRTUAL}/dm-0",
        files={
            f"{PCI}/cciss!c0d0/cciss!c0d0p1/partition": "1\n",
            f"{VIRTUAL}/dm-0/dm/uuid": "LVM-x",
            f"{VIRTUAL}/dm-0/slaves/cciss!c0d0p1/x": "",
        },
    )
    found = devices(machine)
    assert found["cciss/c0d0p1"].parents == ("cciss/c0d0",)
    assert found["dm-0"].parents == ("cciss/c0d0p1",)


def test_slaves_that_were_not_captured_are_not_none_at_all() -> None:
    path = f"{VIRTUAL}/md0"
    assert devices(host(path))["md0"].parents is None
    assert devices(host(path, files={f"{path}/slaves/sdb/x": "", f"{path}/slaves/sda/x": ""}))["md0"].parents == (
        "sda",
        "sdb",
    )


def test_slaves_that_are_there_and_empty_are_none_at_all() -> None:
    machine = host(f"{VIRTUAL}/md0")
    machine.modes[f"/sys/{VIRTUAL}/md0/slaves"] = 0o40755
    assert devices(machine)["md0"].parents == ()


def test_a_bcache_lies_on_its_cache_device_too() -> None:
    path = f"{VIRTUAL}/bcache0"
    machine = host(
        path,
        f"{PCI}/sda",
        f"{PCI}/sdb",
        files={f"{path}/slaves/sda/x": "", f"{PCI}/sdb/bcache/x": "", f"{PCI}/sda/bcache/x": "", "fs/bcache/u/x": ""},
    )
    machine.links[f"/sys/{path}/bcache"] = "../../../pci0000:00/host0/block/sda/bcache"
    machine.links[f"/sys/{PCI}/sda/bcache/cache"] = "/sys/fs/bcache/u"
    machine.links["/sys/fs/bcache/u/cache0"] = f"/sys/{PCI}/sdb/bcache"
    assert devices(machine)["bcache0"].parents == ("sda", "sdb")


def test_a_loop_device_and_its_file() -> None:
    path = f"{VIRTUAL}/loop0"
    machine = host(path, files={f"{path}/loop/backing_file": "/var/lib/a image.ext4\n"})
    assert devices(machine)["loop0"].backing_file is None, "deleted, or hidden by a mount"
    machine.files["/var/lib/a image.ext4"] = b""
    assert devices(machine)["loop0"].backing_file == "/var/lib/a image.ext4"
    assert devices(host(path))["loop0"].backing_file is None


def test_removable_and_suspended() -> None:
    path = f"{VIRTUAL}/dm-0"
    files = {f"{PCI}/sda/removable": "1\n", f"{path}/dm/suspended": "1\n"}
    found = devices(host(f"{PCI}/sda", path, files=files))
    assert (found["sda"].removable, found["dm-0"].removable) == (True, False)
    assert (found["sda"].suspended, found["dm-0"].suspended) == (False, True)


@pytest.mark.parametrize("text", ["", "x\n", "-1\n", "\udcff"])
def test_a_size_that_is_no_number_is_none(text: str) -> None:
    assert devices(host(f"{PCI}/sda", files={f"{PCI}/sda/size": text}))["sda"].size_bytes is None


def test_what_has_no_number_is_no_block_device() -> None:
    assert block.read(host(f"{PCI}/nvme0c0n1", files={f"{PCI}/nvme0c0n1/dev": "\n"})) == ()


def test_udevs_words() -> None:
    machine = host(f"{PCI}/sda")
    machine.files["/run/udev/data/b8:0"] = b"S:a\nE:ID_FS_TYPE=xfs\nE:ID_FS_UUID=abc\nE:ID_FS_LABEL=d=1\nN:1\n"
    found = devices(machine)["sda"]
    assert (found.fs_type, found.fs_uuid, found.fs_label) == ("xfs", "abc", "d=1")


@pytest.mark.parametrize("folder", ["/sys/class/block", "/sys/dev/block"])
def test_devices_are_found_by_class_or_by_number(folder: str) -> None:
    assert list(devices(host(f"{PCI}/sda", folder=folder))) == ["sda"]


def test_before_class_block_partitions_are_found_below_their_disks() -> None:
    machine = host(
        f"{PCI}/sda", files={f"{PCI}/sda/sda1/dev": "8:1\n", f"{PCI}/sda/sda1/partition": "1\n"}, folder="/sys/block"
    )
    assert list(devices(machine)) == ["sda", "sda1"]
    assert devices(machine)["sda1"].parents == ("sda",)


def test_without_sys_nothing_is_known() -> None:
    with pytest.raises(Unreadable):
        block.read(FakeHost())


def test_btrfs() -> None:
    files: dict[str, str | bytes] = {
        "/sys/fs/btrfs/features/x": "",
        "/sys/fs/btrfs/u1/devices/vdb/x": "",
        "/sys/fs/btrfs/u1/devices/vda2/x": "",
    }
    assert block.read_btrfs(FakeHost(files)) == (BtrfsFilesystem("u1", ("vda2", "vdb")),)
    assert block.read_btrfs(FakeHost()) == ()
    named: dict[str, str | bytes] = {"/sys/fs/btrfs/u1/devices/cciss!c0d0p1/x": ""}
    assert block.read_btrfs(FakeHost(named)) == (BtrfsFilesystem("u1", ("cciss/c0d0p1",)),)
    with pytest.raises(Unreadable):
        block.read_btrfs(FakeHost(files, denied=("/sys/fs/btrfs",)))


def test_a_partition_of_an_old_kernel_has_no_file_that_says_so() -> None:
    found = devices(host(f"{PCI}/block/sda", f"{PCI}/block/sda/sda1"))
    assert (found["sda"].kind, found["sda"].parents) == ("disk", ())
    assert (found["sda1"].kind, found["sda1"].parents) == ("part", ("sda",))

"""What / and /boot lie on: btrfs, whose mounts have no device number."""

from __future__ import annotations

import pytest

from linuxready.facts import AvailableSpace, BlockDevice, BtrfsFilesystem, Directory, Fact, Facts, Mount, Software

from ..machines import facts, finding_by, requirement

DISK = BlockDevice("sda", "8:0", "disk", (), 2**40, False)
OTHER = BlockDevice("sdb", "8:16", "disk", (), 2**40, False)
VOLUME = BlockDevice("dm-0", "253:0", "lvm", ("sda",), 2**30, False, dm_name="system-root")
DATA = BlockDevice("dm-1", "253:1", "lvm", ("sdb",), 2**30, False, dm_name="system-data")


def of(source: str, *devices: BlockDevice) -> Facts:
    mount = Mount("/", "btrfs", source, "/@/.snapshots/1/snapshot", "rw", 1, "0:20", 20, 1)
    places = tuple(Directory(path, Fact(value=path)) for path in ("/", "/boot", "/etc", "/usr", "/usr/local", "/var"))
    return facts(
        mounts=(mount,),
        directories=places,
        block_devices=devices,
        btrfs=(BtrfsFilesystem("1", ("dm-0",)),),
        agent_programs=Software({"vgdisplay": ()}, {}),
        software=Software({"zypper": ("/usr/bin/zypper",)}, {}),
    )


@pytest.mark.parametrize(
    ("profile", "name", "status"),
    [
        ("vmware-2026", "lvm-tools", "fail"),
        ("vmware-2026", "boot-lvm", "warn"),
        ("hyperv-2026", "os-disk-lvm", "warn"),
    ],
)
def test_btrfs_on_a_logical_volume_is_on_lvm(profile: str, name: str, status: str) -> None:
    """SLES 12 and 15 on LVM: / with /boot in it is a btrfs on system-root."""
    asked = requirement(name, profile)
    assert finding_by(asked, of("/dev/mapper/system-root", DISK, OTHER, VOLUME, DATA)).status == status
    assert finding_by(asked, of("/dev/sda", DISK)).status in ("skip", "pass")
    assert finding_by(asked, of("/dev/mapper/gone", DISK)).status == "unknown"


def test_a_directory_whose_space_is_not_known_is_named_once() -> None:
    unseen: Fact[int] = Fact(unknown="/: lies on dm-0, which is suspended")
    found = finding_by(requirement("free-space", "vmware-2026"), facts(available_space=(AvailableSpace("/", unseen),)))
    assert found.found == "/: lies on dm-0, which is suspended"

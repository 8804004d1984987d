"""disk-size, disk-count, install-space."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import AvailableSpace, BlockDevice, Directory, Evidence, Fact, Facts, Mount, RejectedLine
from linuxready.requirements.disks import WholeDisks, spoken_size, whole_disks

from ..machines import facts, finding, finding_by, requirement

GIB = 2**30
PLACES = tuple(Directory(path, Fact(value=path)) for path in ("/", "/boot"))


def device(name: str, kind: str = "disk", size: int | None = 40 * GIB, **more: Any) -> BlockDevice:
    values: dict[str, Any] = {"parents": (), "removable": False, "number": f"8:{sum(name.encode())}", **more}
    return BlockDevice(name=name, kind=kind, size_bytes=size, **values)


def part(disk: str) -> BlockDevice:
    return device(f"{disk}1", "part", parents=(disk,), number="8:1")


def machine(*devices: BlockDevice, root: str = "8:1", boot: str = "8:1", **known: Any) -> Facts:
    """A machine whose / and /boot lie on the devices of these numbers."""
    table = (
        Mount("/", "ext4", "/dev/root", "/", "rw", 1, root, 1, 0),
        Mount("/boot", "ext4", "/dev/boot", "/", "rw", 2, boot, 2, 1),
    )
    return facts(**{"block_devices": devices, "mounts": table, "directories": PLACES, "btrfs": ()} | known)


def names(devices: tuple[BlockDevice, ...]) -> list[str]:
    return [device.name for device in devices]


# -- whole disks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["part", "loop", "memory", "floppy", "rom", "dm", "lvm", "crypt", "md", "network"])
def test_what_is_no_whole_disk(kind: str) -> None:
    assert names(whole_disks((device("sda"), device("x", kind))).sized) == ["sda"]


def test_a_disk_without_size_is_none() -> None:
    assert whole_disks((device("sda", size=0),)) == WholeDisks((), (), ())


def test_a_multipath_map_counts_and_its_paths_do_not() -> None:
    disks = whole_disks((device("dm-0", "mpath", parents=("sda", "sdb")), device("sda"), device("sdb"), device("sdc")))
    assert names(disks.sized) == ["dm-0", "sdc"]


def test_a_map_whose_paths_were_not_captured_leaves_the_number_open() -> None:
    lost = machine(device("dm-0", "mpath", parents=None, dm_name="mpatha"), device("sda"), part("sda"))
    for name in ("disk-size", "disk-count"):
        found = finding(lost, name)
        assert (found.status, found.found) == ("unknown", "mpatha (dm-0): its paths were not captured (no slaves/)")


def test_removable_media_are_named_and_not_counted() -> None:
    stick = device("sdb", size=5000 * GIB, removable=True)
    found = finding(machine(device("sda"), part("sda"), stick), "disk-count")
    assert (found.status, found.found) == ("pass", "OS disk sda; 0 data disks")
    assert Evidence("not counted", "removable: sdb") in found.evidence
    found = finding(machine(device("sda"), stick), "disk-size")
    assert (found.status, found.found) == ("pass", "sda: 40 GiB; sdb: removable, not counted")


# -- disk-size -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "status", "said"),
    [
        (40 * GIB, "pass", "40 GiB"),
        (1023 * 10**9, "pass", "952.7 GiB"),
        (1023 * 10**9 + 1, "pass", "952.7 GiB (GB is read as 2^30 bytes)"),
        (1023 * GIB, "pass", "1,023 GiB (GB is read as 2^30 bytes)"),
        (1023 * GIB + 1, "fail", "1,023.0 GiB, 1 bytes too large"),
        (2048 * GIB, "fail", "2,048 GiB, 1,100,585,369,600 bytes too large"),
        (None, "unknown", "of unknown size"),
    ],
)
def test_disk_size(size: int | None, status: str, said: str) -> None:
    found = finding(machine(device("sda", size=size)), "disk-size")
    assert (found.status, found.found) == (status, f"sda: {said}")


def test_a_disk_too_large_outweighs_one_of_unknown_size() -> None:
    found = finding(machine(device("sda", size=None), device("sdb", size=1024 * GIB)), "disk-size")
    assert (found.status, found.found.split(":")[0]) == ("fail", "sdb")


def test_the_limit_is_the_profiles() -> None:
    found = finding_by(requirement("disk-size", max_gib=4095), machine(device("sda", size=4095 * GIB)))
    assert found.status == "pass"


@pytest.mark.parametrize("name", ["disk-size", "disk-count"])
def test_no_disk_at_all_is_unknown(name: str) -> None:
    found = finding(machine(device("sr0", "rom")), name)
    assert (found.status, found.found) == ("unknown", "no disk was seen")


# -- disk-count ------------------------------------------------------------------------------------------


def many(number: int) -> list[BlockDevice]:
    return [device(f"vd{n}", number=f"252:{n}") for n in range(number)]


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (0, "pass", "OS disk sda; 0 data disks"),
        (1, "pass", "OS disk sda; 1 data disk"),
        (64, "pass", "OS disk sda; 64 data disks"),
        (65, "fail", "65 data disks"),
    ],
)
def test_disk_count(data: int, status: str, said: str) -> None:
    found = finding(machine(device("sda"), part("sda"), *many(data)), "disk-count")
    assert (found.status, found.found) == (status, said)


def test_two_os_disks_fail() -> None:
    second = device("sdb1", "part", parents=("sdb",), number="8:17")
    found = finding(machine(device("sda"), part("sda"), device("sdb"), second, boot="8:17"), "disk-count")
    assert (found.status, found.found) == ("fail", "2 OS disks, sda and sdb")


@pytest.mark.parametrize(
    ("disks", "status", "said"),
    [
        (64, "unknown", "the OS disk is not known"),
        (65, "unknown", "64 to 65 data disks"),
        (66, "fail", "65 to 66 data"),
    ],
)
def test_without_a_known_os_disk_only_too_many_disks_decide(disks: int, status: str, said: str) -> None:
    found = finding(machine(*many(disks), root="0:30"), "disk-count")
    assert found.status == status
    assert said in found.found


@pytest.mark.parametrize(("boot", "status"), [("8:1", "pass"), ("8:17", "unknown")])
def test_a_boot_that_may_be_a_link_lies_on_the_one_disk_of_all_mounts(boot: str, status: str) -> None:
    unseen = Directory("/boot", Fact(unknown="/boot may be a link, and nobody looked"))
    second = device("sdb1", "part", parents=("sdb",), number="8:17")
    disks = (device("sda"), part("sda"), device("sdb"), second)
    found = finding(machine(*disks, boot=boot, directories=(PLACES[0], unseen)), "disk-count")
    assert found.status == status
    assert ("OS disk sda; 1 data disk" if status == "pass" else "/boot may be a link") in found.found


def test_disks_that_may_be_of_size_zero_leave_the_number_open() -> None:
    unsized = device("sdz", size=None)
    found = finding(machine(device("sda"), part("sda"), *many(64), unsized), "disk-count")
    assert (found.status, found.found) == ("unknown", "64 to 65 data disks")
    assert finding(machine(device("sda"), part("sda"), *many(63), unsized), "disk-count").status == "pass"


def test_a_mount_that_was_not_understood_may_be_boot() -> None:
    cut = machine(device("sda"), part("sda"), mounts_rejected=(RejectedLine(3, "62 60 8:17 / /bo"),))
    assert finding(cut, "disk-count").status == "unknown"


def test_without_block_devices_nothing_is_known() -> None:
    gone: Fact[Any] = Fact(unknown="/sys was not captured")
    for name in ("disk-size", "disk-count"):
        assert finding(machine(block_devices=gone), name).found == "/sys was not captured"


# -- install-space ---------------------------------------------------------------------------------------


def space(**available: int | str) -> Facts:
    """The space of /usr/local (`local`) and /usr/local/ASR (`asr`): bytes, or why it is not known."""
    directories = {"asr": "/usr/local/ASR", "local": "/usr/local"}
    found = [
        AvailableSpace(directories[name], Fact(value=v) if isinstance(v, int) else Fact(unknown=v))
        for name, v in available.items()
    ]
    return facts(available_space=tuple(found))


@pytest.mark.parametrize(
    ("machine", "status", "said"),
    [
        (space(local=2 * GIB), "pass", "/usr/local: 2 GiB available"),
        (space(local=2 * GIB - 1), "fail", "/usr/local: 1.9 GiB available"),
        (space(local=0), "fail", "/usr/local: 0 GiB available"),
        (space(asr=3 * GIB, local=0), "pass", "/usr/local/ASR: 3 GiB available"),
        (space(asr=0, local=3 * GIB), "fail", "/usr/local/ASR: 0 GiB available"),
        (space(asr="/usr/local/ASR is a nfs mount", local=3 * GIB), "unknown", "/usr/local/ASR is a nfs mount"),
        (space(), "unknown", "none of /usr/local/ASR, /usr/local was seen"),
        (facts(), "unknown", "nobody looked"),
    ],
)  # fmt: skip
def test_install_space(machine: Facts, status: str, said: str) -> None:
    found = finding(machine, "install-space")
    assert (found.status, found.found) == (status, said)


def test_what_is_to_be_freed_is_said() -> None:
    (remedy,) = finding(space(local=2 * GIB - 1), "install-space").remedies
    assert remedy.text == "free 1 bytes or more on the file system of /usr/local (`df /usr/local`), or extend it"


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 GiB"), (1, "0.0 GiB"), (GIB, "1 GiB"), (2 * GIB - 1, "1.9 GiB"), (1500 * GIB, "1,500 GiB")],
)
def test_sizes_are_rounded_down(size: int, said: str) -> None:
    assert spoken_size(size) == said


def test_the_explanation_names_no_limit_of_another_profile() -> None:
    """It is the same text for 1,023 GB and for 32,767 GB."""
    assert "1023" not in requirement("disk-size", "vmware-2026").explain


@pytest.mark.parametrize("name", ["vda", "xvda", "xvdaa", "xvda1"])
def test_a_paravirtual_disk_may_have_a_partitions_name(name: str) -> None:
    """Xen gives a guest /dev/xvda1 as a disk of its own, which has no xvda above it."""
    disk = BlockDevice(name, "202:1", "disk", (), 2**40, False)
    found = finding_by(requirement("storage-kinds", "vmware-2026"), facts(block_devices=(disk,), fips=False))
    assert (found.status, found.found) == ("fail", f"{name}: a paravirtual disk")

"""Block devices as /etc/fstab, blkid, LVM and /etc/crypttab name them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linuxready.facts import BlockDevice, Fact, NamedDevices
from linuxready.readers import block, devicefiles
from linuxready.readers.devicefiles import canonical, named, parse_cache
from linuxready.readers.mounts import parse_fstab

from ..lvmtext import PV0, UUIDS, group, striped, volume
from ..machines import FakeHost

CACHE = """\
<device DEVNO="0xfd00" TIME="1479902601" PRI="45" UUID="aa-1" TYPE="ext4">/dev/mapper/vg-root</device>
<device DEVNO="0x0801" TIME="1479902601" LABEL="/boot" UUID="bb-2" TYPE="ext3" SEC_TYPE="ext2">/dev/sda1</device>
<device DEVNO="0xfd00" TIME="1479902601" UUID="aa-1" TYPE="ext4">/dev/vg/root</device>
<device DEVNO="0xfd00" TIME="1479902601" UUID="aa-1" TYPE="ext4">/dev/dm-0</device>
<device DEVNO="0xfd00" TIME="1479902601" UUID="aa-1" TYPE="ext4">/dev/root</device>
<device DEVNO="0x0811" TIME="1479902601" LABEL="a &amp; b" TYPE="xfs">/dev/sdb1</device>
"""


def read(fstab: str = "", **files: str) -> NamedDevices:
    """What files name; `cache`, `lvm_vg`, `crypttab` are files."""
    places = {"cache": "/etc/blkid/blkid.tab", "crypttab": "/etc/crypttab", "lvm_vg": "/etc/lvm/backup/vg"}
    host = FakeHost({places.get(name, name): text for name, text in files.items()})
    return devicefiles.read(host, parse_fstab(fstab)[0])


def by_name(found: NamedDevices) -> dict[str, BlockDevice]:
    return {device.name: device for device in found.devices}


# -- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "parents"),
    [
        ("sda1", "part", ("sda",)),
        ("sdaa12", "part", ("sdaa",)),
        ("hda3", "part", ("hda",)),
        ("vda2", "part", ("vda",)),
        ("nvme0n1p2", "part", ("nvme0n1",)),
        ("mmcblk0p1", "part", ("mmcblk0",)),
        ("cciss/c0d0p1", "part", ("cciss/c0d0",)),
        ("disk/by-id/scsi-3600-part2", "part", ("disk/by-id/scsi-3600",)),
        ("disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0-part1", "part", ("disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0",)),
        ("sda", "disk", ()),
        ("nvme0n1", "disk", ()),
        ("cciss/c0d0", "disk", ()),
        ("xvda1", "disk", None),
        ("xvda", "disk", None),
        ("md0", "md", None),
        ("md/boot", "md", None),
        ("loop0", "loop", None),
        ("sr0", "rom", None),
        ("mapper/vg-root", "dm", None),
        ("dm-0", "dm", None),
        ("disk/by-id/dm-name-mpatha-part1", "dm", None),
        ("root", "dm", None),
        ("sda1x", "dm", None),
        ("nvme0n1p", "dm", None),
    ],
)
def test_what_a_name_says(name: str, kind: str, parents: tuple[str, ...] | None) -> None:
    found = named(name)
    assert (found.kind, found.parents) == (kind, parents)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/dev/sda1", "sda1"),
        ("/dev/vg/root", "mapper/vg-root"),
        ("/dev/my-vg/lv-root", "mapper/my--vg-lv--root"),
        ("/dev/mapper/my--vg-lv--root", "mapper/my--vg-lv--root"),
        ("/dev/cciss/c0d0p1", "cciss/c0d0p1"),
        ("/dev/md/boot", "md/boot"),
        ("/dev/disk/by-uuid/aa", "disk/by-uuid/aa"),
    ],
)
def test_one_name_for_a_volume(path: str, name: str) -> None:
    assert canonical(path) == name


# -- blkid -----------------------------------------------------------------------------------------------


def test_a_device_of_many_names_is_one() -> None:
    found = parse_cache(CACHE)
    assert list(found) == ["mapper/vg-root", "sda1", "sdb1"]
    assert (found["sda1"]["LABEL"], found["sdb1"]["LABEL"]) == ("/boot", "a & b")


def test_devices_of_the_cache() -> None:
    found = read(cache=CACHE)
    devices = by_name(found)
    assert sorted(devices) == ["mapper/vg-root", "sda", "sda1", "sdb", "sdb1"]
    assert (devices["sda1"].fs_uuid, devices["sda1"].fs_label, devices["sda1"].fs_type) == ("bb-2", "/boot", "ext3")
    assert (devices["sda"].kind, devices["sda"].parents, devices["sda"].size_bytes) == ("disk", (), None)
    assert devices["mapper/vg-root"].kind == "dm"
    assert found.evidence["sda1"].source == "/etc/blkid/blkid.tab"
    assert found.evidence["sda1"].text == "/dev/sda1 UUID=bb-2 LABEL=/boot TYPE=ext3"


@pytest.mark.parametrize("path", ["/run/blkid/blkid.tab", "/etc/blkid/blkid.tab", "/etc/blkid.tab", "/dev/.blkid.tab"])
def test_the_places_of_the_cache(path: str) -> None:
    host = FakeHost({path: CACHE})
    assert {e.source for e in devicefiles.read(host, ()).evidence.values()} == {path}


def test_the_newest_place_counts() -> None:
    host = FakeHost({"/etc/blkid.tab": CACHE, "/run/blkid/blkid.tab": CACHE.replace("sda1", "sdc1")})
    assert "sdc1" in by_name(devicefiles.read(host, ()))
    assert "sda1" not in by_name(devicefiles.read(host, ()))


@pytest.mark.parametrize(
    "text", ["", "garbage", "<device>/dev/sda1", "<device DEVNO=>x</device>", "<device >/dev/</device>"]
)
def test_a_cache_that_is_none(text: str) -> None:
    assert read(cache=text).devices == ()


@given(st.text(st.sampled_from('<device DEVNO="0x1">/sda1&;#'), max_size=80))
def test_any_cache_is_read(text: str) -> None:
    parse_cache(text)


# -- fstab -----------------------------------------------------------------------------------------------


def test_names_in_fstab_are_devices() -> None:
    found = by_name(
        read("/dev/sda2 / ext3\n/dev/vg/x /x ext3\nUUID=1 /boot ext3\n/dev/disk/by-uuid/2 /y ext3\nnfs:/z /z nfs\n")
    )
    assert sorted(found) == ["mapper/vg-x", "sda", "sda2"]


def test_one_disk_by_a_link_of_udevs() -> None:
    by_id = "/dev/disk/by-id/scsi-3600"
    found = by_name(read(f"{by_id}-part2 / ext3\n{by_id}-part1 /boot ext3\n"))
    assert found["disk/by-id/scsi-3600-part2"].parents == ("disk/by-id/scsi-3600",)


@pytest.mark.parametrize("other", ["/dev/sda1", "/dev/disk/by-id/scsi-3601-part1", "/dev/disk/by-path/pci-0-part1"])
def test_a_link_of_udevs_beside_another_name_may_be_the_same_disk(other: str) -> None:
    found = by_name(read(f"/dev/disk/by-id/scsi-3600-part2 / ext3\n{other} /boot ext3\n"))
    assert found["disk/by-id/scsi-3600-part2"].parents is None
    assert found.get("sda1", named("sda1")).parents == ("sda",)


# -- LVM -------------------------------------------------------------------------------------------------


def member(uuid: str, device: str) -> str:
    return f'<device DEVNO="0x0802" UUID="{uuid}" TYPE="LVM2_member">{device}</device>\n'


VG = group("vg", ("/dev/sda2", "/dev/cciss/c0d1p1"), volume("root", PV0), volume("data", striped(("pv1", 0))))


def test_what_a_volume_lies_on() -> None:
    found = read("/dev/vg/root / ext4\n", lvm_vg=VG, cache=CACHE)
    devices = by_name(found)
    root, data = devices["mapper/vg-root"], devices["mapper/vg-data"]
    assert (root.kind, root.parents, root.dm_name, root.fs_uuid) == ("lvm", ("sda2",), "vg-root", "aa-1")
    assert data.parents == ("cciss/c0d1p1",)
    assert (devices["sda2"].parents, devices["cciss/c0d1p1"].parents) == (("sda",), ("cciss/c0d1",))
    assert {"sda", "cciss/c0d1"} <= set(devices)
    assert found.evidence["mapper/vg-root"].source == "/etc/lvm/backup/vg"
    assert found.evidence["mapper/vg-root"].text == "vg-root lies on sda2"


@pytest.mark.parametrize(
    ("cache", "parents"),
    [
        ("", ("sda2",)),
        (member(UUIDS[0], "/dev/sda2"), ("sda2",)),
        (member(UUIDS[1], "/dev/sdb1"), ("sda2",)),
        (member(UUIDS[0], "/dev/sdb2"), None),
        (member("another", "/dev/sda2"), None),
        (member(UUIDS[0], "/dev/sda2") + member(UUIDS[0], "/dev/sdb2").replace("802", "812"), None),
    ],
    ids=["no cache", "the same", "another's", "elsewhere now", "something else there", "twice"],
)
def test_blkid_may_deny_what_lvm_says(cache: str, parents: tuple[str, ...] | None) -> None:
    assert by_name(read(lvm_vg=VG, cache=cache))["mapper/vg-root"].parents == parents


def test_a_copy_of_a_groups_file_is_of_another_time() -> None:
    host = FakeHost({"/etc/lvm/backup/vg.old": VG, "/etc/lvm/backup/broken": "vg {"})
    assert devicefiles.read(host, ()).devices == ()


@pytest.mark.parametrize("device", ["unknown device", "[unknown]", "sda2"])
def test_a_physical_volume_without_a_device(device: str) -> None:
    text = group("vg", (device,), volume("root", PV0))
    assert by_name(read(lvm_vg=text))["mapper/vg-root"].parents is None


def test_a_volume_on_a_raid_or_an_encrypted_device() -> None:
    text = group("vg", ("/dev/md1", "/dev/mapper/luks-1"), volume("root", PV0), volume("data", striped(("pv1", 0))))
    found = by_name(
        read(lvm_vg=text, crypttab="# name device\nluks-1 UUID=cc-3 none\nswap /dev/sdb2 /dev/urandom swap\n")
    )
    assert found["mapper/vg-root"].parents == ("md1",)
    assert (found["md1"].kind, found["md1"].parents) == ("md", None)
    assert found["mapper/vg-data"].parents == ("mapper/luks-1",)
    assert (found["mapper/luks-1"].kind, found["mapper/luks-1"].parents) == ("crypt", None)
    assert (found["mapper/swap"].kind, found["mapper/swap"].parents) == ("crypt", ("sdb2",))


def test_an_encrypted_device_by_uuid() -> None:
    cache = '<device DEVNO="0x0803" UUID="cc-3" TYPE="crypto_LUKS">/dev/sda3</device>'
    found = by_name(read(crypttab="luks-1 UUID=cc-3 none\n", cache=cache))
    assert found["mapper/luks-1"].parents == ("sda3",)


def test_mount_units() -> None:
    found = read(
        **{
            "/etc/systemd/system/var.mount": "",
            "/usr/lib/systemd/system/usr-local.mount": "",
            "/etc/systemd/system/tmp.mount": "",
        }
    )
    assert found.units == {
        "/var": "/etc/systemd/system/var.mount",
        "/usr/local": "/usr/lib/systemd/system/usr-local.mount",
    }


def test_mount_units_of_where_a_system_directory_really_is() -> None:
    unit = "/usr/local/lib/systemd/system/srv-my\\x2ddata.mount"
    host = FakeHost({unit: ""}, {"/var": "srv/my-data/var"})
    named = block.read_named(host, Fact(unknown="no /sys"), Fact(value=()))
    assert named.units == {"/srv/my-data": unit}


# -- when it is read -------------------------------------------------------------------------------------


def test_nothing_is_looked_for_where_the_kernel_told() -> None:
    host = FakeHost({"/etc/blkid/blkid.tab": CACHE})
    disk = BlockDevice("sda", "8:0", "disk", (), 1, False)
    assert block.read_named(host, Fact(value=(disk,)), Fact(value=())) == NamedDevices((), {})
    assert block.read_named(host, Fact(unknown="no /sys"), Fact(unknown="denied")).devices


def test_files_that_may_not_be_read_name_nothing() -> None:
    host = FakeHost(denied=("/etc/blkid/blkid.tab", "/etc/crypttab", "/etc/lvm/backup"))
    assert devicefiles.read(host, ()).devices == ()


def test_names_in_the_files_of_two_groups_are_of_two_times() -> None:
    """The disk that was called sda when the second group was last changed may be another one."""
    second = group("vg2", ("/dev/sda3",), volume("var", PV0), uuids=("other",))
    host = FakeHost({"/etc/lvm/backup/vg": VG, "/etc/lvm/backup/vg2": second, "/etc/lvm/backup/vg.old": VG})
    found = by_name(devicefiles.read(host, ()))
    assert (found["mapper/vg-root"].parents, found["mapper/vg2-var"].parents) == (None, None)
    host = FakeHost({"/etc/lvm/backup/vg": VG, "/etc/lvm/backup/vg.old": VG})
    assert by_name(devicefiles.read(host, ()))["mapper/vg-root"].parents == ("sda2",)


@pytest.mark.parametrize(("number", "parents"), [(4, ("sda2",)), (5, ("sda2",)), (6, None)])
def test_a_file_that_is_older_than_the_archive_was_not_kept_up(number: int, parents: tuple[str, ...] | None) -> None:
    archive = VG.replace("seqno = 5", f"seqno = {number}")
    old = VG.replace("seqno = 5", "seqno = 1")
    host = FakeHost(
        {
            "/etc/lvm/backup/vg": VG,
            "/etc/lvm/archive/vg_00003-1234567.vg": old,
            "/etc/lvm/archive/vg_00004-1234567.vg": archive,
            "/etc/lvm/archive/vg_2_00009-1234567.vg": VG.replace("seqno = 5", "seqno = 9"),
        }
    )
    found = by_name(devicefiles.read(host, ()))
    assert (found["mapper/vg-root"].parents if "mapper/vg-root" in found else None) == parents

"""XFS features: xfs_info's words, the superblock, and which file systems are asked about and how."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from linuxready.facts import BlockDevice, Evidence, Fact, FstabEntry, Mount, NamedDevices, XfsFeatures, XfsFilesystem
from linuxready.host import CommandResult, Unreadable
from linuxready.mountwalk import device_of
from linuxready.readers import xfs
from linuxready.readers.xfs import parse_superblock, parse_xfs_info

from ..machines import FakeHost

NEW = """\
meta-data=/dev/sdb1              isize=512    agcount=4, agsize=65536 blks
         =                       sectsz=512   attr=2, projid32bit=1
         =                       crc=1        finobt=1, sparse=1, rmapbt=0
         =                       reflink=1    bigtime=1 inobtcount=1 nrext64=0
naming   =version 2              bsize=4096   ascii-ci=0, ftype=1
"""
V4 = """\
meta-data=/dev/sdb1              isize=256    agcount=4, agsize=65536 blks
         =                       crc=0        finobt=0
naming   =version 2              bsize=4096   ascii-ci=0 ftype=0
"""
OLD = """\
meta-data=/dev/sdb1              isize=256    agcount=4, agsize=65536 blks
         =                       sectsz=512   attr=2, projid32bit=0
naming   =version 2              bsize=4096   ascii-ci=0
"""


def superblock(versionnum: int, features2: int = 0, ro_compat: int = 0, incompat: int = 0) -> bytes:
    sector = bytearray(512)
    sector[:4] = b"XFSB"
    struct.pack_into(">H", sector, 100, versionnum)
    struct.pack_into(">II", sector, 200, features2, features2)
    struct.pack_into(">II", sector, 212, ro_compat, incompat)
    return bytes(sector)


V4_SECTOR, V5_SECTOR = superblock(0xB4A4, 0x8A), superblock(0xB4A5, 0x18A, 0x5, 0x3)


def test_mount_units_of_an_image() -> None:
    """Without a mount table they are all that tells of a file system that is not in fstab."""
    folder = "/etc/systemd/system"
    types = {"a": "Type=xfs\n", "b": "", "c": "Type = auto \n", "d": "Type=ext4\nType=xfs", "e": "#Type=ext4\nType=\n"}
    types["f"] = "Type=ext4,xfs\n"
    others = {"x": "Type=ext4\n", "y": "Type=xfs\nType=squashfs\n"}
    texts = {f"{folder}/{name}.mount": f"[Mount]\nWhat=/dev/{name}\n{text}" for name, text in (types | others).items()}
    host = FakeHost({**texts, f"{folder}/a.service": ""}, {f"{folder}/masked.mount": "/dev/null"})
    nothing: Fact[tuple[Mount, ...]] = Fact(unknown="no mount table")
    rest: Any = (Fact(value=()), Fact(unknown="no /sys"), Fact(value=NamedDevices((), {})))
    host.whole = False
    found = xfs.read(host, nothing, *rest)
    assert [(unit.device, unit.seen_in) for unit in found] == [(f"/dev/{n}", f"{folder}/{n}.mount") for n in types]
    assert not any(unit.features.value or unit.mounted for unit in found)
    assert xfs.read(host, Fact(value=()), *rest) == ()
    host.whole = True
    assert xfs.read(host, nothing, *rest) == ()


# -- xfs_info's words ------------------------------------------------------------------------------------


def test_a_new_xfs_info() -> None:
    assert parse_xfs_info(NEW, "xfs_info /d") == XfsFeatures(
        True,
        True,
        ("bigtime", "finobt", "inobtcount", "reflink", "sparse"),
        Evidence("xfs_info /d", "crc=1 finobt=1 sparse=1 rmapbt=0 reflink=1 bigtime=1 inobtcount=1 nrext64=0 ftype=1"),
    )


def test_a_v4_xfs_info() -> None:
    found = parse_xfs_info(V4, "xfs_info /d")
    assert found == XfsFeatures(False, False, (), Evidence("xfs_info /d", "crc=0 finobt=0 ftype=0"))


@pytest.mark.parametrize("text", [OLD, "", "garbage", "crc=2 ftype=x", "crc= ftype="])
def test_an_xfs_info_without_the_words_tells_nothing(text: str) -> None:
    assert parse_xfs_info(text, "xfs_info /d") is None


@pytest.mark.parametrize(
    ("text", "crc", "ftype", "v5"),
    [
        ("crc=1", True, None, ()),
        ("ftype=1", None, True, ()),
        ("crc=1,ftype=1", True, True, ()),
        ("  = crc=0   finobt=0 spinodes=1\n ascii-ci=0 ftype=1", False, True, ("sparse",)),
        ("crc=0\nftype=0\nsomething crc=1 ftype=1", False, False, ()),
        ("xcrc=1 crc=0 ftype=0", False, False, ()),
    ],
)
def test_words_are_read_wherever_they_stand(text: str, crc: bool | None, ftype: bool | None, v5: tuple[str]) -> None:
    found = parse_xfs_info(text, "")
    assert found is not None
    assert (found.crc, found.ftype, found.v5_features) == (crc, ftype, v5)


# -- the superblock --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sector", "crc", "ftype", "names"),
    [
        (V4_SECTOR, False, False, ()),
        (superblock(0xB4A4, 0x28A), False, True, ()),
        (superblock(0x3094, 0x200), False, False, ()),
        (superblock(0xB4A5, 0x18A), True, False, ()),
        (V5_SECTOR, True, True, ("finobt", "reflink", "sparse")),
        (superblock(0xB4A5, 0x18A, 0xD, 0xB), True, True, ("bigtime", "finobt", "inobtcount", "reflink", "sparse")),
        (superblock(0xB4A5, 0x18A, 0x2, 0x21), True, True, ("nrext64", "rmapbt")),
    ],
    ids=["v4", "v4 with ftype", "features2 not in use", "v5", "finobt", "measured 6.1", "nrext64"],
)
def test_superblocks(sector: bytes, crc: bool, ftype: bool, names: tuple[str, ...]) -> None:
    found = parse_superblock(sector, "/dev/x")
    assert found is not None
    assert (found.crc, found.ftype, found.v5_features) == (crc, ftype, names)
    assert found.evidence.source == "/dev/x"
    assert f"crc={int(crc)} ftype={int(ftype)}" in found.evidence.text


@pytest.mark.parametrize(
    "sector",
    [b"", b"XFSB", V4_SECTOR[:219], bytes(512), b"XFSX" + V4_SECTOR[4:], superblock(0), b"\x53\xef" * 256],
    ids=["empty", "magic only", "cut", "zeros", "other magic", "version 0", "ext4"],
)
def test_what_is_no_superblock(sector: bytes) -> None:
    assert parse_superblock(sector, "/dev/x") is None


# -- the device that fstab means -------------------------------------------------------------------------

SDB1 = BlockDevice("sdb1", "8:17", "part", ("sdb",), 1, False, fs_type="xfs", fs_uuid="abc-1", fs_label="data")
ROOT_LV = BlockDevice("dm-0", "253:0", "lvm", ("sda2",), 1, False, dm_name="vg--a-root--1", fs_uuid="abc-2")
CCISS = BlockDevice("cciss/c0d0p1", "104:1", "part", ("cciss/c0d0",), 1, False)
DEVICES = (BlockDevice("sdb", "8:16", "disk", (), 2, False), SDB1, ROOT_LV, CCISS)


@pytest.mark.parametrize(
    ("spec", "device"),
    [
        ("/dev/sdb1", SDB1),
        ("UUID=abc-1", SDB1),
        ("LABEL=data", SDB1),
        ("/dev/disk/by-uuid/abc-1", SDB1),
        ("/dev/mapper/vg--a-root--1", ROOT_LV),
        ("/dev/vg-a/root-1", ROOT_LV),
        ("/dev/dm-0", ROOT_LV),
        ("/dev/cciss/c0d0p1", CCISS),
        ("UUID=", None),
        ("LABEL=", None),
        ("UUID=abc", None),
        ("PARTUUID=abc-1", None),
        ("/dev/sdc1", None),
        ("/dev/mapper/root", None),
        ("/dev/vg/a-root-1", None),
        ("/dev/mapper/", None),
        ("/dev/", None),
        ("", None),
    ],
)
def test_device_of(spec: str, device: BlockDevice | None) -> None:
    assert device_of(spec, DEVICES) == device


# -- which are asked, and how ----------------------------------------------------------------------------

ROOT = Mount("/", "ext4", "/dev/sda1", "/", "rw", 1, "8:1", 1, 0)
DATA = Mount("/data", "xfs", "/dev/sdb1", "/", "rw", 2, "8:17", 2, 1)


def read(
    host: FakeHost,
    mounts: tuple[Mount, ...] = (ROOT, DATA),
    fstab: tuple[FstabEntry, ...] = (),
    devices: tuple[BlockDevice, ...] = DEVICES,
) -> tuple[XfsFilesystem, ...]:
    return xfs.read(host, Fact(value=mounts), Fact(value=fstab), Fact(value=devices), Fact(value=NamedDevices((), {})))


def says(text: str, status: int = 0, stderr: str = "", mount_point: str = "/data") -> FakeHost:
    argv = ("xfs_info", mount_point)
    return FakeHost(commands={argv: CommandResult(argv, status, text, stderr)})


def known(filesystem: XfsFilesystem) -> XfsFeatures:
    return filesystem.features.known()


def test_xfs_info_is_asked_first() -> None:
    host = says(V4)
    host.blocks["/dev/sdb1"] = V5_SECTOR
    (found,) = read(host)
    assert (found.name, found.device, found.seen_in, found.mounted) == ("/data", "/dev/sdb1", "mounted", True)
    assert (known(found).crc, known(found).evidence.source) == (False, "xfs_info /data")
    assert host.asked == [("xfs_info", "/data")]


@pytest.mark.parametrize(
    "host",
    [FakeHost(), says(OLD), says("", 1, "xfs_info: /data is not a mounted XFS filesystem"), says(NEW, 1, "cut off")],
    ids=["missing", "old xfsprogs", "fails", "fails half-way"],
)
def test_the_superblock_answers_where_xfs_info_does_not(host: FakeHost) -> None:
    host.blocks["/dev/sdb1"] = V4_SECTOR
    (found,) = read(host)
    assert (known(found).crc, known(found).evidence.source) == (False, "/dev/sdb1")


def test_where_both_fail_both_reasons_are_given() -> None:
    (found,) = read(says("", 1, "cannot open /data\nmore"))
    assert found.features.unknown == (
        "xfs_info /data failed with exit status 1: cannot open /data; /dev/sdb1 was not captured"
    )


def test_a_device_without_a_superblock_is_said_to_have_none() -> None:
    host = FakeHost(blocks={"/dev/sdb1": bytes(512)})
    (found,) = read(host)
    assert "/dev/sdb1 has no XFS superblock" in (found.features.unknown or "")


def test_a_hidden_mount_point_is_not_asked() -> None:
    """What xfs_info would see there is the mount above."""
    over = Mount("/data", "ext4", "/dev/sdc1", "/", "rw", 3, "8:33", 3, 2)
    host = says(NEW)
    host.blocks["/dev/sdb1"] = V4_SECTOR
    (found,) = read(host, (ROOT, DATA, over))
    assert host.asked == [("read_block", "/dev/sdb1")]
    assert known(found).crc is False


def test_a_suspended_device_is_not_touched() -> None:
    suspended = BlockDevice("dm-1", "253:1", "lvm", ("sdb1",), 1, False, dm_name="vg-x", suspended=True, fs_type="xfs")
    host = says(V4)
    host.blocks = {"/dev/dm-1": V4_SECTOR, "/dev/mapper/vg-x": V4_SECTOR}
    mounted = Mount("/data", "xfs", "/dev/mapper/vg-x", "/", "rw", 2, "253:1", 2, 1)
    for mounts, fstab in (
        ((ROOT, mounted), ()),
        ((ROOT,), (FstabEntry("/dev/mapper/vg-x", "/data", "xfs", 1),)),
        ((ROOT,), ()),
    ):
        (found,) = read(host, mounts, fstab, (suspended,))
        assert found.features.unknown
        assert host.asked == []


def test_what_lies_on_a_suspended_device_is_not_touched() -> None:
    """A read of a volume waits for the suspended map below it, for ever."""
    below = BlockDevice("dm-0", "253:0", "mpath", ("sda", "sdb"), 1, False, suspended=True)
    volume = BlockDevice("dm-1", "253:1", "lvm", ("dm-0",), 1, False, dm_name="vg-x", fs_type="xfs")
    mounted = Mount("/data", "xfs", "/dev/mapper/vg-x", "/", "rw", 2, "253:1", 2, 1)
    host = says(V4)
    (found,) = read(host, (ROOT, mounted), (), (below, volume))
    assert found.features.unknown
    assert host.asked == []


def test_a_file_system_mounted_twice_is_one() -> None:
    again = Mount("/srv", "xfs", "/dev/sdb1", "/", "rw", 3, "8:17", 3, 1)
    assert [f.name for f in read(says(V4), (ROOT, DATA, again))] == ["/data"]


def test_of_two_mounts_the_one_that_tells_counts() -> None:
    again = Mount("/srv", "xfs", "/dev/sdb1", "/", "rw", 3, "8:17", 3, 1)
    (found,) = read(says(V4, mount_point="/srv"), (ROOT, DATA, again))
    assert (found.name, known(found).crc) == ("/srv", False)


def test_fstab_and_udev_add_what_is_not_mounted() -> None:
    unmounted = BlockDevice("sdc", "8:32", "disk", (), 1, False, fs_type="xfs")
    fstab = (
        FstabEntry("/dev/sdb1", "/data/", "xfs", 3),
        FstabEntry("UUID=abc-2", "/backup", "xfs", 4),
        FstabEntry("LABEL=gone", "/gone", "xfs", 5),
        FstabEntry("/dev/sdb", "/other", "ext4", 6),
    )
    host = says(V4)
    host.blocks = {"/dev/dm-0": V5_SECTOR, "/dev/sdc": V4_SECTOR}
    found = {f.name: f for f in read(host, (ROOT, DATA), fstab, (*DEVICES, unmounted))}
    assert {f.name: (f.seen_in, f.mounted) for f in found.values()} == {
        "/data": ("mounted", True),
        "/backup": ("/etc/fstab:4", False),
        "/gone": ("/etc/fstab:5", False),
        "/dev/sdc": ("udev", False),
    }
    assert known(found["/backup"]).crc is True
    assert found["/gone"].features.unknown == "its device was not found"
    assert known(found["/dev/sdc"]).crc is False


def test_fstab_of_a_device_that_is_mounted_elsewhere_adds_nothing() -> None:
    assert len(read(says(V4), fstab=(FstabEntry("UUID=abc-1", "/elsewhere", "xfs", 3),))) == 1


def test_a_table_without_numbers_is_asked_by_mount_point() -> None:
    table = (Mount("/", "ext4", "/dev/sda1", "/", "rw", 1), Mount("/data", "xfs", "/dev/sdb1", "/", "rw", 2))
    (found,) = read(says(V4), table)
    assert known(found).crc is False


def test_no_file_system_and_no_source() -> None:
    assert read(FakeHost(), (ROOT,), (), ()) == ()
    unknown: Fact[tuple[Mount, ...]] = Fact(unknown="denied")
    assert xfs.read(FakeHost(), unknown, Fact(unknown="denied"), Fact(unknown="denied"), Fact(unknown="denied")) == ()


def test_a_command_that_hangs_is_no_answer() -> None:
    host = FakeHost(commands={("xfs_info", "/data"): Unreadable("xfs_info /data gave no answer within 5 s")})
    (found,) = read(host)
    assert (found.features.unknown or "").startswith("xfs_info /data gave no answer within 5 s; ")

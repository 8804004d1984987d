"""Block devices by lsblk, udev, device-mapper and /proc, in the words of several releases."""

from __future__ import annotations

import pytest

from linuxready.host import Unreadable
from linuxready.host.gathered.texts import blkid, btrfs, dmsetup, lsblk, mdstat, partitions, udevdb

RHEL_6 = """\
NAME                          MAJ:MIN RM   SIZE RO TYPE  MOUNTPOINT
sr0                            11:0    1   3.6G  0 rom   \n\
sda                             8:0    0    40G  0 disk  \n\
|-sda1                          8:1    0   500M  0 part  /boot
`-sda2                          8:2    0  39.5G  0 part  \n\
  |-VolGroup-lv_root (dm-0)   253:0    0  17.5G  0 lvm   /
  `-VolGroup-lv_swap (dm-1)   253:1    0     2G  0 lvm   [SWAP]
"""

RHEL_7 = """\
NAME            MAJ:MIN RM  SIZE RO TYPE  MOUNTPOINT
sda               8:0    0   50G  0 disk  \n\
└─mpatha        253:0    0   50G  0 mpath \n\
  ├─mpatha1     253:1    0  500M  0 part  /boot
  └─mpatha2     253:2    0 49.5G  0 part  \n\
    └─rhel-root 253:3    0 49.5G  0 lvm   /
sdb               8:16   0   50G  0 disk  \n\
└─mpatha        253:0    0   50G  0 mpath \n\
  ├─mpatha1     253:1    0  500M  0 part  /boot
  └─mpatha2     253:2    0 49.5G  0 part  \n\
    └─rhel-root 253:3    0 49.5G  0 lvm   /
"""

DEBIAN_12 = """\
NAME  MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS
zram0 253:0    0    0B  0 disk \n\
vda   254:0    0  256G  0 disk /run/netns
                               /
├─md0   9:0    0    1G  0 raid1
│                              /srv/a
│                              /srv/b
└─vda2 254:2   0    1G  0 part /
"""

SUSE = """\
NAME                     KNAME MAJ:MIN FSTYPE      LABEL RO RM MODEL            SIZE OWNER GROUP MODE       LOG-SEC
sda                      sda     8:0                      0  0 Virtual disk      20G root  disk  brw-rw----     512
|-sda1                   sda1    8:1   ext3        boot   0  0                  156M root  disk  brw-rw----     512
`-sda2                   sda2    8:2   LVM2_member        0  0                 19.9G root  disk  brw-rw----     512
  `-system-root (dm-0)   dm-0  253:0   ext3               0  0                  9.8G root  disk  brw-rw----     512
"""


def tree(text: str) -> list[tuple[str, str, str]]:
    """(name, number, the name of the row above) of each row."""
    rows = lsblk.parse_tree(text)
    return [(row.name, row.number, rows[row.above].name if row.above >= 0 else "") for row in rows]


def test_lsblk_of_rhel_6_says_the_kernel_s_names() -> None:
    assert tree(RHEL_6) == [
        ("sr0", "11:0", ""),
        ("sda", "8:0", ""),
        ("sda1", "8:1", "sda"),
        ("sda2", "8:2", "sda"),
        ("dm-0", "253:0", "sda2"),
        ("dm-1", "253:1", "sda2"),
    ]
    assert lsblk.parse_tree(RHEL_6)[0].words["RM"] == "1"
    assert lsblk.parse_tree(RHEL_6)[4].words["NAME"] == "VolGroup-lv_root"


def test_a_device_below_two_is_listed_twice() -> None:
    assert [(name, above) for name, _, above in tree(RHEL_7) if name == "dm-0"] == [("dm-0", "sda"), ("dm-0", "sdb")]
    assert ("dm-3", "253:3", "mpatha2") in tree(RHEL_7)


def test_further_mount_points_are_no_devices() -> None:
    assert [name for name, _, _ in tree(DEBIAN_12)] == ["zram0", "vda", "md0", "vda2"]


def test_a_map_of_an_unheard_of_kind_is_device_mapper_s() -> None:
    text = RHEL_7.replace("mpath ", "vdo   ").replace("lvm", "raid1")
    assert {name for name, _, _ in tree(text)} == {"sda", "sdb", "dm-0", "mpatha1", "mpatha2", "rhel-root"}


def test_columns_may_be_empty() -> None:
    rows = {row.name: row.words for row in lsblk.parse_tree(SUSE)}
    assert (rows["sda"].get("FSTYPE"), rows["sda"]["LOG-SEC"], rows["sda"]["RM"]) == (None, "512", "0")
    assert (rows["sda1"]["FSTYPE"], rows["sda1"]["LABEL"]) == ("ext3", "boot")
    assert (rows["dm-0"]["FSTYPE"], rows["dm-0"]["NAME"]) == ("ext3", "system-root")


@pytest.mark.parametrize(
    "text",
    [
        "lsblk: failed to access sysfs directory: /sys/dev/block: No such file or directory\n",
        "NAME MAJ:MIN RM  SIZE RO TYPE MOUNTPOINT\n",
        RHEL_6.replace("  8:1 ", "      "),
        RHEL_6.replace("sda  ", "  sda"),
        RHEL_6 + "|-(null)\n",
    ],
    ids=["an error", "no row", "a row without its number", "a first row below none", "a row without a name"],
)
def test_a_table_that_is_none_tells_nothing(text: str) -> None:
    with pytest.raises(Unreadable):
        lsblk.parse_tree(text)


def test_pairs() -> None:
    text = (
        'NAME="rhel-root" KNAME="dm-0" MAJ:MIN="253:0" LABEL="a\\x20b" TYPE="lvm" SIZE="17.5G" LOG-SEC="512" RM="0"\n'
    )
    (row,) = lsblk.parse_pairs(text)
    assert (row.name, row.number, row.words["LABEL"], row.words["LOG-SEC"]) == ("dm-0", "253:0", "a b", "512")
    (new,) = lsblk.parse_pairs('NAME="sda" MAJ_MIN="8:0"\n')
    assert (new.name, new.number) == ("sda", "8:0")
    with pytest.raises(Unreadable):
        lsblk.parse_pairs("lsblk: unknown column\n")


UDEV = """\
P: /devices/pci0000:00/0000:00:15.0/0000:03:00.0/host0/target0:0:0/0:0:0:0/block/sda/sda1
N: sda1
S: disk/by-uuid/0a1b
E: UDEV_LOG=3
E: DEVTYPE=partition
E: ID_FS_TYPE=xfs
E: MAJOR=8
E: MINOR=1
E: SUBSYSTEM=block

P: /devices/virtual/block/dm-0
N: dm-0
E: DM_NAME=rhel-root
E: DM_UUID=LVM-abc
E: MAJOR=253
E: MINOR=0
E: SUBSYSTEM=block

P: /devices/system/cpu/cpu0
E: SUBSYSTEM=cpu

P: /devices/../../etc/block/x
E: SUBSYSTEM=block
"""


def test_the_database_of_udev() -> None:
    first, second = udevdb.parse_export_db(UDEV)
    assert (first.name, first.number, first.words["ID_FS_TYPE"]) == ("sda1", "8:1", "xfs")
    assert first.path.startswith("/sys/devices/pci0000:00/")
    assert (second.name, second.number, second.words["DM_UUID"]) == ("dm-0", "253:0", "LVM-abc")
    with pytest.raises(Unreadable):
        udevdb.parse_export_db("P: /devices/system/cpu/cpu0\nE: SUBSYSTEM=cpu\n")


INFO = """\
Name             Maj Min Stat Open Targ Event  UUID                                                                \n\
VolGroup-lv_root 253   0 L--w    1    1      0 LVM-wPcXVvuGmYl4
my\\x20disk        253   2 L--w    0    1      0 \n\
"""
TABLE = """\
VolGroup-lv_root: 0 36700160 linear 8:2 2048
VolGroup-lv_root: 36700160 8192 linear 8:17 2048
mpatha: 0 83886080 multipath 0 0 2 1 round-robin 0 1 1 8:0 1 round-robin 0 1 1 8:16 1
luks-1: 0 41938911 crypt aes-xts-plain64 0000000000000000 0 8:2 4096
gone: 0 2048 error
"""


def test_device_mapper() -> None:
    assert dmsetup.parse_info(INFO) == (
        dmsetup.Mapped("VolGroup-lv_root", "253:0", "LVM-wPcXVvuGmYl4"),
        dmsetup.Mapped("my disk", "253:2", ""),
    )
    assert {name: (set(targets), set(numbers)) for name, (targets, numbers) in dmsetup.parse_table(TABLE).items()} == {
        "VolGroup-lv_root": ({"linear"}, {"8:2", "8:17"}),
        "mpatha": ({"multipath"}, {"8:0", "8:16"}),
        "luks-1": ({"crypt"}, {"8:2"}),
        "gone": ({"error"}, set()),
    }
    assert dmsetup.parse_info("No devices found\n") == ()
    assert dmsetup.parse_table("No devices found\n") == {}


@pytest.mark.parametrize("parse", [dmsetup.parse_info, dmsetup.parse_table])
def test_device_mapper_that_is_not_there(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(Unreadable):
        parse("/proc/misc: No entry for device-mapper found\nIs device-mapper driver missing from kernel?\n")


def test_sizes() -> None:
    text = "major minor  #blocks  name\n\n   8        0   41943040 sda\n 104        1     512000 cciss/c0d0p1\n"
    assert partitions.parse_partitions(text) == (
        partitions.Partition("sda", "8:0", 41943040),
        partitions.Partition("cciss/c0d0p1", "104:1", 512000),
    )
    report = "RO    RA   SSZ   BSZ   StartSec            Size   Device\n"
    report += "rw   256   512  4096          0     42949672960   /dev/sda\n"
    assert partitions.parse_blockdev(report) == (partitions.Report("sda", 512, 42949672960),)
    with pytest.raises(Unreadable):
        partitions.parse_partitions("cat: /proc/partitions: No such file or directory")
    with pytest.raises(Unreadable):
        partitions.parse_blockdev("RO    RA   SSZ   BSZ   StartSec            Size   Device\n")


@pytest.mark.parametrize(
    ("name", "disk"),
    [
        ("sda1", "sda"),
        ("sdap1", None),
        ("nvme0n1p2", "nvme0n1"),
        ("nvme0n1", None),
        ("cciss/c0d0p1", "cciss/c0d0"),
        ("md0p1", "md0"),
        ("mmcblk0boot0", None),
        ("loop0", None),
        ("sda", None),
    ],
)
def test_partitions_by_the_kernel_s_names(name: str, disk: str | None) -> None:
    names = frozenset("sda nvme0n1 nvme0 cciss/c0d0 md0 mmcblk0 loop".split()) - {"loop"}
    assert partitions.disk_of(name, names) == disk


def test_loop_devices() -> None:
    old, new = "/dev/loop0: [fd00]:131 (/srv/a b.img), offset 512\n", "/dev/loop1: []: (/srv/c.img)\n"
    assert partitions.parse_losetup(old + new) == {"loop0": "/srv/a b.img", "loop1": "/srv/c.img"}


def test_arrays() -> None:
    text = "Personalities : [raid1] \nmd0 : active raid1 sdb1[1] sda1[0](F)\n      511936 blocks [2/2] [UU]\n"
    assert mdstat.parse_mdstat(text) == {"md0": ("sdb1", "sda1")}
    with pytest.raises(Unreadable):
        mdstat.parse_mdstat("")


def test_what_is_on_devices() -> None:
    text = '/dev/sda1: UUID="0a1b" TYPE="xfs" LABEL="a b" PARTUUID="000b1d2e-01" \n'
    text += '/dev/mapper/rhel-root: UUID="2c" TYPE="xfs" \n'
    assert blkid.parse_blkid(text)["/dev/sda1"]["LABEL"] == "a b"
    assert blkid.parse_blkid(text)["/dev/mapper/rhel-root"] == {"UUID": "2c", "TYPE": "xfs"}


def test_btrfs() -> None:
    uuid = "7d1e6e3c-0000-4000-8000-000000000001"
    text = f"Label: 'data'  uuid: {uuid}\n\tTotal devices 2 FS bytes used 1.00GiB\n"
    text += "\tdevid    1 size 10.00GiB used 2.00GiB path /dev/sdb1\n"
    assert btrfs.parse_show(f"{text}\tdevid    2 size 1.00GiB used 1.00GiB path /dev/sdc1\n") == {
        uuid: ("/dev/sdb1", "/dev/sdc1")
    }
    with pytest.raises(Unreadable):
        btrfs.parse_show(f"{text}\t*** Some devices missing\n")


def test_a_table_of_one_column_is_none() -> None:
    """As a cut head leaves it."""
    with pytest.raises(Unreadable, match="no table"):
        lsblk.parse_tree("NAME \nsda 8:0\n")

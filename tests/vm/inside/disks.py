"""Where the system directories lie: layouts of disks, each built for real with udevd running.

Each is checked again with /run/udev hidden, and built again in a machine that never ran udevd.

Each is a root of its own that is pivoted into; there the installed `linuxready check --only os-disk` is held against
the disks whose write counters rise when 3 MiB are written and synced in each directory, and against lsblk's tree.
Where a witness may name fewer disks than the directory lies on, the layout says why.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .scenario import Machine, Outcome, Suite, settle, sh
from .tools import DIRECTORIES, EXT4, Layout, clear, empty_disks, judged, scsi_disk

MODULES = tuple("virtio_scsi sd_mod virtio_blk nvme ext4 loop dm-mod".split())
TWO_PATHS = 4
"""The SCSI disk that has two paths."""

UDEV = Machine(scsi=5, scsi_twice=(TWO_PATHS,), virtio=2, nvme=2, disk_mib=300, modules=MODULES, seconds=840)
SUITES = (
    with_udev := Suite("disks", UDEV),
    without_udev := Suite("disks without udev", replace(UDEV, udev=False, seconds=840)),
)


def layout(name: str) -> Callable[[Callable[[], Layout]], Callable[[], Layout]]:
    """Decorates a function that builds a layout: a scenario, in a machine with udevd and in one that never ran it."""

    def add(build: Callable[[], Layout]) -> Callable[[], Layout]:
        def run() -> Outcome:
            disks: list[str] = []
            try:
                built = build()
                disks = built.disks
                return judged(built)
            finally:
                clear(disks, TWO_PATHS)

        with_udev.scenario(name)(run)
        without_udev.scenario(name)(run)
        return build

    return add


def parted(disk: str, *rows: str, label: str = "gpt") -> list[str]:
    """Partition a disk; its partitions' kernel names."""
    script = "\n".join((f"label: {label}", *rows))
    sh('printf "%s\n" "$1" | sfdisk -q --wipe always "/dev/$2"', script, disk)
    settle()
    return sorted(name for name in os.listdir(f"/sys/class/block/{disk}") if name.startswith(disk))


def ext4(*devices: str) -> None:
    for device in devices:
        sh(f'{EXT4} "$1"', device if device.startswith("/") else f"/dev/{device}")


def group(name: str, *devices: str) -> None:
    """A volume group over devices, named below /dev."""
    paths = " ".join(f"/dev/{device}" for device in devices)
    sh(f"pvcreate -qqy {paths}; vgcreate -qq -s 1m {name} {paths}")


def array(name: str, level: int, *disks: str) -> None:
    paths = " ".join(f"/dev/{disk}" for disk in disks)
    words = f"--level={level} --raid-devices={len(disks)} --metadata=1.2 --assume-clean --run"
    sh(f"yes | mdadm -q --create /dev/{name} {words} {paths}")
    settle()


def luks(device: str, name: str) -> None:
    cheap = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000 --cipher aes-xts-plain64"
    sh(f'printf key | cryptsetup -q luksFormat --type luks2 {cheap} "$1" -', f"/dev/{device}")
    sh('printf key | cryptsetup -q open --key-file - "$1" "$2"', f"/dev/{device}", name)


MASKED_RULES = ("56-dm-mpath.rules", "60-kpartx.rules")


def multipath_map() -> list[str]:
    """Two paths to one disk, and /dev/mapper/mpatha over both.

    Two of udev's rules would come between, and are masked: that for maps runs `multipath -U`, which without multipathd
    takes both paths for failed and tells the kernel; that for kpartx makes partitions of its own from the table that a
    layout writes, and what kpartx makes at the same time with the same UUID is refused as busy.
    """
    sh("mkdir -p /etc/udev/rules.d; cd /etc/udev/rules.d; for rule; do ln -sf /dev/null $rule; done", *MASKED_RULES)
    sh("udevadm control --reload", check=False)
    paths = [scsi_disk(TWO_PATHS, 0), scsi_disk(TWO_PATHS, 1)]
    settle()
    sh("modprobe -a dm-multipath dm-service-time")
    # The first command to a disk after its reset is answered by saying so, and a map takes that for a failed path.
    sh("for path; do dd if=/dev/$path of=/dev/null bs=4k count=1 iflag=direct; done", *paths)
    numbers = [Path(f"/sys/block/{path}/dev").read_text().strip() for path in paths]
    sectors = Path(f"/sys/block/{paths[0]}/size").read_text().strip()
    table = f"0 {sectors} multipath 0 0 1 1 service-time 0 2 1 {numbers[0]} 1 {numbers[1]} 1"
    sh('dmsetup create mpatha --uuid mpath-36001405aabbccdd0 --table "$1"', table)
    settle()
    return paths


ROOT_AND_VAR = "mount /dev/vg/root $R; mkdir $R/var; mount /dev/vg/var $R/var"


@layout("gpt, boot and var on partitions of one disk")
def gpt() -> Layout:
    (a,) = empty_disks(1)
    one, two, three = parted(a, "size=100M", "size=30M", "size=+")
    ext4(one, two, three)
    mounts = [f"mount /dev/{one} $R; mkdir $R/boot $R/var; mount /dev/{two} $R/boot; mount /dev/{three} $R/var"]
    return Layout([a], mounts)


@layout("gpt, var on a partition of another disk")
def gpt_apart() -> Layout:
    a, b = empty_disks(2)
    (one,), (two,) = parted(a, "size=+"), parted(b, "size=+")
    ext4(one, two)
    return Layout([a, b], [f"mount /dev/{one} $R; mkdir $R/var; mount /dev/{two} $R/var"])


@layout("mbr, var on a logical partition of a virtio disk")
def logical() -> Layout:
    rows = ("size=100M, type=83", "size=+, type=5", "size=60M, type=83", "size=60M, type=83")
    parts = [name for name in parted("vda", *rows, label="dos") if name != "vda2"]
    ext4(*parts)
    one, five, six = parts
    mounts = [f"mount /dev/{one} $R; mkdir -p $R/var $R/usr; mount /dev/{five} $R/var; mount /dev/{six} $R/usr"]
    return Layout(["vda"], mounts)


@layout("nvme, var on another")
def nvme() -> Layout:
    (one, two), (three,) = parted("nvme0n1", "size=100M", "size=+"), parted("nvme1n1", "size=+")
    ext4(one, two, three)
    mounts = [f"mount /dev/{one} $R; mkdir -p $R/var $R/usr; mount /dev/{two} $R/usr; mount /dev/{three} $R/var"]
    return Layout(["nvme0n1", "nvme1n1"], mounts)


@layout("lvm on one disk, dashes in its names")
def lvm_dashes() -> Layout:
    (a,) = empty_disks(1)
    group("vg-0--x", a)
    sh("lvcreate -qqy -L 80M -n lv-root vg-0--x; lvcreate -qqy -L 80M -n var--log vg-0--x")
    ext4("/dev/vg-0--x/lv-root", "/dev/vg-0--x/var--log")
    mounts = ["mount /dev/vg-0--x/lv-root $R; mkdir $R/var; mount /dev/vg-0--x/var--log $R/var"]
    return Layout([a], mounts)


@layout("lvm, a volume that spans two disks")
def lvm_spanning() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy -l 100%FREE -n var vg")
    ext4("/dev/vg/root", "/dev/vg/var")
    why = "the file system chose its blocks on one of the disks that the volume spans"
    return Layout([a, b], [ROOT_AND_VAR], writes_less={"/var": why})


@layout("lvm, a group on two disks, the volumes apart")
def lvm_apart() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 100M -n root vg /dev/{a}; lvcreate -qqy -L 100M -n var vg /dev/{b}")
    ext4("/dev/vg/root", "/dev/vg/var")
    return Layout([a, b], [ROOT_AND_VAR])


@layout("lvm, striped over two disks")
def lvm_striped() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy -L 80M -i 2 -I 64k -n var vg")
    ext4("/dev/vg/root", "/dev/vg/var")
    return Layout([a, b], [ROOT_AND_VAR])


@layout("lvm, raid1")
def lvm_raid1() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy --type raid1 -m 1 --nosync -L 60M -n var vg")
    ext4("/dev/vg/root", "/dev/vg/var")
    return Layout([a, b], [ROOT_AND_VAR])


@layout("lvm, thin with its metadata on another disk")
def lvm_thin() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy -L 100M -n pool vg /dev/{a}")
    sh(f"lvcreate -qqy -L 4M -n meta vg /dev/{b}")
    sh("lvconvert -qqy --type thin-pool --poolmetadata vg/meta --poolmetadataspare n vg/pool")
    sh("lvcreate -qqy -T -V 80M -n var vg/pool")
    ext4("/dev/vg/root", "/dev/vg/var")
    return Layout([a, b], [ROOT_AND_VAR])


@layout("lvm, a snapshot whose store is on another disk")
def lvm_snapshot() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy -L 60M -n old vg /dev/{a}")
    ext4("/dev/vg/root", "/dev/vg/old")
    sh(f"lvcreate -qqy -s -L 40M -n var vg/old /dev/{b}")
    why = "what is written to a snapshot goes to its store; what was never written is still read from the origin"
    return Layout([a, b], [ROOT_AND_VAR], writes_less={"/var": why})


@layout("lvm, the origin of a snapshot whose store is on another disk")
def lvm_origin() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy -L 60M -n var vg /dev/{a}")
    ext4("/dev/vg/root", "/dev/vg/var")
    sh(f"lvcreate -qqy -s -L 40M -n kept vg/var /dev/{b}")
    why = "before a block of the origin is written, the snapshot's store takes the old one; nothing of var is there"
    return Layout([a, b], [ROOT_AND_VAR], writes_more={"/var": why})


@layout("lvm, cached on another disk")
def lvm_cached() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 50M -n root vg /dev/{a}; lvcreate -qqy -L 60M -n var vg /dev/{a}")
    sh(f"lvcreate -qqy --type cache-pool -L 20M -n fast vg /dev/{b}")
    sh("lvconvert -qqy --type cache --cachepool vg/fast --cachemode writethrough vg/var")
    ext4("/dev/vg/root", "/dev/vg/var")
    return Layout([a, b], [ROOT_AND_VAR])


@layout("md raid1 under lvm")
def md_lvm() -> Layout:
    a, b = empty_disks(2)
    array("md10", 1, a, b)
    group("vg", "md10")
    sh("lvcreate -qqy -L 60M -n root vg; lvcreate -qqy -L 60M -n var vg")
    ext4("/dev/vg/root", "/dev/vg/var")
    return Layout([a, b], [ROOT_AND_VAR])


@layout("md raid1, partitioned")
def md_parted() -> Layout:
    a, b = empty_disks(2)
    array("md10", 1, a, b)
    one, two = parted("md10", "size=100M", "size=+")
    ext4(one, two)
    return Layout([a, b], [f"mount /dev/{one} $R; mkdir $R/var; mount /dev/{two} $R/var"])


@layout("md raid1, degraded")
def md_degraded() -> Layout:
    a, b = empty_disks(2)
    array("md10", 1, a, b)
    sh(f"mdadm -q /dev/md10 --fail /dev/{b}; sleep 1; mdadm -q /dev/md10 --remove /dev/{b}")
    ext4("md10")
    return Layout([a, b], ["mount /dev/md10 $R"])


@layout("md raid1, degraded, the failed disk still in it")
def md_failed() -> Layout:
    a, b = empty_disks(2)
    array("md10", 1, a, b)
    sh(f"mdadm -q /dev/md10 --fail /dev/{b}")
    ext4("md10")
    why = "a failed member is written no more; it is one until it is removed"
    return Layout([a, b], ["mount /dev/md10 $R"], writes_less=dict.fromkeys(DIRECTORIES, why))


@layout("md raid5 as var")
def md_raid5() -> Layout:
    a, b, c, d = empty_disks(4)
    array("md10", 5, b, c, d)
    ext4(a, "md10")
    return Layout([a, b, c, d], [f"mount /dev/{a} $R; mkdir $R/var; mount /dev/md10 $R/var"])


@layout("luks below lvm, var in clear on another disk")
def luks_below() -> Layout:
    a, b = empty_disks(2)
    luks(a, "crypt_a")
    group("vg", "mapper/crypt_a")
    sh("lvcreate -qqy -L 60M -n root vg; lvcreate -qqy -L 60M -n usr vg")
    ext4("/dev/vg/root", "/dev/vg/usr", b)
    mounts = [f"mount /dev/vg/root $R; mkdir -p $R/usr $R/var; mount /dev/vg/usr $R/usr; mount /dev/{b} $R/var"]
    return Layout([a, b], mounts)


@layout("luks above lvm, the volumes apart")
def luks_above() -> Layout:
    a, b = empty_disks(2)
    group("vg", a, b)
    sh(f"lvcreate -qqy -L 100M -n root vg /dev/{a}; lvcreate -qqy -L 100M -n var vg /dev/{b}")
    luks("vg/root", "clear_root")
    luks("vg/var", "clear-var")
    ext4("/dev/mapper/clear_root", "/dev/mapper/clear-var")
    return Layout([a, b], ["mount /dev/mapper/clear_root $R; mkdir $R/var; mount /dev/mapper/clear-var $R/var"])


@layout("multipath, partitions of its map")
def multipath_parted() -> Layout:
    paths = multipath_map()
    sh("printf '%s\n' 'label: gpt' size=100M size=+ | sfdisk -q --no-reread /dev/mapper/mpatha", check=False)
    sh("kpartx -a /dev/mapper/mpatha")
    settle()
    ext4("/dev/mapper/mpatha1", "/dev/mapper/mpatha2")
    return Layout(paths, ["mount /dev/mapper/mpatha1 $R; mkdir $R/var; mount /dev/mapper/mpatha2 $R/var"])


@layout("multipath with lvm, var on a disk of one path")
def multipath_lvm() -> Layout:
    (a,) = empty_disks(1)
    paths = multipath_map()
    group("vg", "mapper/mpatha")
    sh("lvcreate -qqy -L 60M -n root vg; lvcreate -qqy -L 60M -n usr vg")
    ext4("/dev/vg/root", "/dev/vg/usr", a)
    mounts = [f"mount /dev/vg/root $R; mkdir -p $R/usr $R/var; mount /dev/vg/usr $R/usr; mount /dev/{a} $R/var"]
    return Layout([a, *paths], mounts)


@layout("btrfs, subvolumes of one disk")
def btrfs_subvolumes() -> Layout:
    (a,) = empty_disks(1)
    sh(f"mkfs.btrfs -q -f /dev/{a}; mkdir -p /run/top; mount /dev/{a} /run/top")
    sh("btrfs -q subvolume create /run/top/@; btrfs -q subvolume create '/run/top/@ var'; umount /run/top")
    return Layout([a], [f"mount -o subvol=@ /dev/{a} $R; mkdir $R/var; mount -o 'subvol=@ var' /dev/{a} $R/var"])


@layout("btrfs over two disks")
def btrfs_two_disks() -> Layout:
    a, b = empty_disks(2)
    sh(f"modprobe btrfs; mkfs.btrfs -q -f -d single -m raid1 /dev/{a} /dev/{b}; btrfs device scan /dev/{a} /dev/{b}")
    why = "the mount names one device only, and lsblk knows no other"
    return Layout([a, b], [f"mount /dev/{a} $R"], lsblk_less=dict.fromkeys(DIRECTORIES, why))


@layout("btrfs, a second disk added while it is mounted")
def btrfs_added() -> Layout:
    a, b = empty_disks(2)
    sh(f"mkfs.btrfs -q -f -d single -m dup /dev/{a}")
    more = f"btrfs -q device add -f /dev/{b} /"
    why = "btrfs puts new data on the disk with the most room"
    named = "the mount names one device only, and lsblk knows no other"
    return Layout(
        [a, b],
        [f"mount /dev/{a} $R"],
        [more],
        writes_less=dict.fromkeys(DIRECTORIES, why),
        lsblk_less=dict.fromkeys(DIRECTORIES, named),
    )


@layout("btrfs, two file systems on two disks")
def btrfs_two() -> Layout:
    a, b = empty_disks(2)
    sh(f"mkfs.btrfs -q -f /dev/{a}; mkfs.btrfs -q -f /dev/{b}")
    return Layout([a, b], [f"mount /dev/{a} $R; mkdir $R/var; mount /dev/{b} $R/var"])


@layout("a bind mount from another disk as var")
def bind_mount() -> Layout:
    a, b = empty_disks(2)
    ext4(a, b)
    mounts = [f"mount /dev/{a} $R; mkdir -p $R/srv $R/var; mount /dev/{b} $R/srv; mkdir $R/srv/var"]
    return Layout([a, b], [*mounts, "mount --bind $R/srv/var $R/var; umount $R/srv"])


@layout("var mounted over another var")
def var_twice() -> Layout:
    a, b, c = empty_disks(3)
    ext4(a, b, c)
    mounts = f"mount /dev/{a} $R; mkdir $R/var; mount /dev/{b} $R/var; mount /dev/{c} $R/var"
    return Layout([a, b, c], [mounts])


@layout("a usr mounted over an older usr local")
def usr_over_local() -> Layout:
    a, b, c = empty_disks(3)
    ext4(a, b, c)
    mounts = f"mount /dev/{a} $R; mkdir -p $R/usr/local; mount /dev/{b} $R/usr/local; mount /dev/{c} $R/usr"
    return Layout([a, b, c], [mounts])


@layout("var is a symbolic link to another disk")
def var_link() -> Layout:
    a, b = empty_disks(2)
    ext4(a, b)
    mounts = (
        f"mount /dev/{a} $R; mkdir $R/srv; mount /dev/{b} $R/srv; mkdir $R/srv/var; ln -s ./srv/../srv/./var $R/var"
    )
    return Layout([a, b], [mounts])


@layout("var in a file on another disk")
def loop_file() -> Layout:
    a, b = empty_disks(2)
    ext4(a, b)
    mounts = f"mount /dev/{a} $R; mkdir -p $R/var $R/srv; mount /dev/{b} $R/srv"
    return Layout([a, b], [mounts], [f"truncate -s 40M /srv/img; {EXT4} /srv/img; mount -o loop /srv/img /var"])


@layout("var in a file on the root disk, usr in a partition of a file on another")
def loop_parted() -> Layout:
    a, b = empty_disks(2)
    ext4(a, b)
    mounts = f"mount /dev/{a} $R; mkdir -p $R/var $R/srv; mount /dev/{b} $R/srv"
    loop = "truncate -s 60M /srv/img; echo ',,L' | sfdisk -q /srv/img; d=$(losetup -fP --show /srv/img)"
    parted = f"{loop}; sleep 1; {EXT4} ${{d}}p1; mkdir -p /usr/local; mount ${{d}}p1 /usr/local"
    return Layout([a, b], [mounts], [f"truncate -s 40M /img; {EXT4} /img; mount -o loop /img /var", parted])


@layout("var in memory")
def tmpfs() -> Layout:
    (a,) = empty_disks(1)
    ext4(a)
    return Layout([a], [f"mount /dev/{a} $R; mkdir $R/var; mount -t tmpfs tmpfs $R/var"], unknown={"/var": "memory"})


@layout("an overlay as root")
def overlay() -> Layout:
    a, b = empty_disks(2)
    ext4(a, b)
    mounts = f"mkdir -p /run/low /run/up; mount /dev/{a} /run/low; mount /dev/{b} /run/up; mkdir /run/up/u /run/up/w"
    over = "mount -t overlay -o lowerdir=/run/low,upperdir=/run/up/u,workdir=/run/up/w overlay $R"
    why = "the kernel does not say which disks an overlay's directories are on"
    return Layout([a, b], [mounts, over], unknown=dict.fromkeys(DIRECTORIES, why))


@layout("names with spaces, tabs, backslashes, newlines")
def names() -> Layout:
    """A link, a mount point, a bound folder and a file below a loop device, each of such a name."""
    a, b, c = empty_disks(3)
    ext4(a, b, c)
    mounts = f"""
        mount /dev/{a} $R; mkdir -p $R/usr/local; n=$'sp ace\ttab\\040back\nline #x'
        mkdir "$R/$n"; mount /dev/{b} "$R/$n"; mkdir "$R/$n/v $n"; ln -s "$n/v $n" $R/var
        mkdir "$R/l $n"; mount /dev/{c} "$R/l $n"; mkdir "$R/l $n/etc $n" $R/etc
        mount --bind "$R/l $n/etc $n" $R/etc"""
    loop = f"""n=$'sp ace\ttab\\040back\nline #x'; truncate -s 40M "/l $n/img $n"
        {EXT4} "/l $n/img $n"; mount -o loop "/l $n/img $n" /usr/local"""
    return Layout([a, b, c], [mounts], [loop])


@layout("a device-mapper name with a space and a dash")
def dm_names() -> Layout:
    a, b = empty_disks(2)
    for disk, name in ((a, "a-root disk"), (b, "a--var\\x20disk")):
        sh("""dmsetup create --manglename auto "$2" --table "0 200000 linear /dev/$1 0" """, disk, name)
    one, two = (dm_number(disk) for disk in (a, b))
    ext4(one, two)
    return Layout([a, b], [f"mount /dev/{one} $R; mkdir $R/var; mount /dev/{two} $R/var"])


def dm_number(disk: str) -> str:
    """What lies on a disk."""
    return os.listdir(f"/sys/block/{disk}/holders")[0]

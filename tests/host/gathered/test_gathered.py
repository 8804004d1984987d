"""The host of what a support tool gathered: what was gathered, what is made of it, and gaps that are never "absent"."""

from __future__ import annotations

import pytest

from linuxready.facts import Fact
from linuxready.host import Absent, Host, ToldAddresses, Unreadable
from linuxready.host.gathered import Gathered, said
from linuxready.host.gathered.gatheredhost import GatheredHost
from linuxready.mounttable import parse_mountinfo
from linuxready.readers import block, disks, network, platform, runlevel, services, software, space, vmware
from linuxready.readers.firewall import now

from ...listed import filled, row
from ...machines import FakeHost
from .texts import test_addresses, test_blocks, test_others


class Told(Gathered):
    """A machine of a few files and outputs; what lies below `copied` would have been gathered."""

    def __init__(
        self,
        files: dict[str, str | bytes] | None = None,
        outputs: dict[str, str] | None = None,
        packages: str | None = None,
        copied: tuple[str, ...] = (),
        links: dict[str, str] | None = None,
        modes: dict[str, int] | None = None,
    ) -> None:
        self.source, self.collected_at, self.root = "gathered", "2016-01-01T00:00:00Z", "/nonexistent"
        self._files = FakeHost(files or {}, links or {}, modes or {})
        self._outputs, self._packages, self._copied = outputs or {}, packages, copied

    @property
    def files(self) -> Host:
        return self._files

    def output(self, *argv: str) -> str:
        if " ".join(argv) not in self._outputs:
            raise Unreadable(f"`{' '.join(argv)}` was not gathered")
        return self._outputs[" ".join(argv)]

    def packages(self) -> frozenset[str]:
        if self._packages is None:
            raise Unreadable("the list of packages was not gathered")
        return frozenset(self._packages.split())

    def missing(self, path: str) -> Unreadable:
        if path.startswith(self._copied) if self._copied else False:
            return Absent(f"{path} does not exist")
        return Unreadable(f"{path} was not gathered")


def host(**told: object) -> GatheredHost:
    return GatheredHost(Told(**told))  # type: ignore[arg-type]


# -- files and gaps ------------------------------------------------------------------------------------


def test_a_gap_is_not_absent() -> None:
    machine = host(files={"/etc/hosts": "127.0.0.1 a\n"}, copied=("/etc/",))
    assert machine.text("/etc/hosts") == "127.0.0.1 a\n"
    with pytest.raises(Absent):
        machine.text("/etc/os-release")
    assert machine.mode("/etc/os-release") is None
    for ask in (machine.text, machine.mode, machine.real_path, machine.link, machine.entries):
        with pytest.raises(Unreadable, match="was not gathered") as caught:
            ask("/usr/local")
        assert not isinstance(caught.value, Absent)


def test_a_directory_is_listed_where_all_of_it_was_copied() -> None:
    machine = host(files={"/etc/ssh/sshd_config": "", "/boot/grub/grub.conf": ""}, copied=("/etc/",))
    assert machine.entries("/etc/ssh") == ["sshd_config"]
    with pytest.raises(Unreadable, match="not all that is in it was gathered"):
        machine.entries("/boot/grub")


def test_what_something_is_mounted_on_is_no_link() -> None:
    table = "17 1 8:2 / / rw - ext4 /dev/sda2 rw\n18 17 8:3 / /usr/local rw - ext4 /dev/sda3 rw\n"
    machine = host(files={"/proc/self/mountinfo": table})
    assert machine.real_path("/usr/local") == "/usr/local"
    assert machine.real_path("/usr") == "/usr"
    with pytest.raises(Unreadable):
        machine.real_path("/usr/lib")


def test_of_the_mount_tables_one_will_do() -> None:
    machine = host(files={"/proc/mounts": "/dev/sda2 / ext4 rw 0 0\n"})
    for path in ("/proc/self/mountinfo", "/proc/self/mounts"):
        with pytest.raises(Absent):
            machine.text(path)
    with pytest.raises(Unreadable, match="was not gathered"):
        host().text("/proc/self/mountinfo")


def test_names_of_files_are_never_counted() -> None:
    with pytest.raises(Unreadable, match="the names of files were not gathered"):
        host(copied=("/",)).odd_names({})


def test_block_devices_are_not_read() -> None:
    with pytest.raises(Unreadable):
        host().read_block("/dev/sda", 512)


# -- outputs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "bash: lsblk: command not found\n",
        "sh: line 1: /bin/lsblk: No such file or directory\n",
        "timeout: failed to run command 'lsblk': No such file or directory\n",
        "[command timed out after 300s]\n",
        "You must be root to use this program.\n",
    ],
)
def test_why_a_command_failed_is_no_output(text: str) -> None:
    with pytest.raises(Unreadable, match="printed no answer"):
        said(Told(outputs={"lsblk": text}), "lsblk")


def test_the_first_output_counts_and_the_first_reason() -> None:
    told = Told(outputs={"b": "yes\n"})
    assert said(told, "a", "b") == "yes\n"
    with pytest.raises(Unreadable, match="`a` was not gathered"):
        said(told, "a", "c")


def test_what_is_told() -> None:
    uname = "Linux web1.example.com 3.10.0-327.el7.x86_64 #1 SMP x86_64 x86_64 x86_64 GNU/Linux\n"
    machine = host(outputs={"uname -a": uname, "ip -o addr": test_addresses.IP_O_ADDR, "ps auxwww": test_others.AUX})
    assert [machine.told(key) for key in ("uid", "host_name", "kernel_release", "machine")] == [
        0,
        "web1.example.com",
        "3.10.0-327.el7.x86_64",
        "x86_64",
    ]
    assert machine.told("processes") == ("init", "kthreadd", "ps", "sshd", "vmtoolsd")
    assert machine.told("interfaces")[1] == ToldAddresses("lo", ("127.0.0.1", "::1"))
    assert host(outputs={"hostname": "web1\n"}).told("host_name") == "web1"
    for key in ("odd_names", "filesystems", "machine"):
        with pytest.raises(Unreadable):
            host().told(key)


def test_interfaces_that_were_cut_are_not_all() -> None:
    cut = "".join(line for line in test_addresses.IP_O_ADDR.splitlines(keepends=True) if " lo " not in line)
    with pytest.raises(Unreadable, match="no lo"):
        host(outputs={"ip -o addr": cut}).told("interfaces")


def test_commands_are_run_as_they_were_gathered() -> None:
    machine = host(outputs={"xfs_info /a": "crc=0\n", "nft list ruleset": ""})
    assert machine.run("xfs_info", "/a").stdout == "crc=0\n"
    assert machine.run("nft", "list", "ruleset").stdout == ""
    with pytest.raises(Unreadable):
        machine.run("xfs_info", "/b")


def test_space_by_the_mount_that_covers_a_directory() -> None:
    table = "17 1 253:0 / / rw - ext4 /dev/mapper/VolGroup-lv_root rw\n18 17 8:1 / /boot rw - ext4 /dev/sda1 rw\n"
    machine = host(files={"/proc/self/mountinfo": table}, outputs={"df -al": test_others.DF})
    assert machine.available_bytes("/") == 14763372 * 1024
    assert machine.available_bytes("/boot") == 435374 * 1024
    with pytest.raises(Unreadable, match="/usr/local was not gathered"):
        machine.available_bytes("/usr/local")


def test_a_directory_that_nobody_tells_of_has_the_space_of_the_one_it_would_lie_in() -> None:
    table = "17 1 253:0 / / rw - ext4 /dev/mapper/VolGroup-lv_root rw\n18 17 8:1 / /usr/local rw - ext4 /dev/sda1 rw\n"
    df = test_others.DF.replace(" /boot", " /usr/local")
    machine = host(files={"/proc/self/mountinfo": table}, outputs={"df -al": df})
    found = space.read(machine, Fact(value=parse_mountinfo(table)[0]), Fact(value=()))
    assert [known.directory for known in found] == ["/usr/local", "/"]
    machine = host(files={"/proc/self/mountinfo": table[: table.index("18")]}, outputs={"df -al": df})
    found = space.read(machine, Fact(value=parse_mountinfo(table)[0][:1]), Fact(value=()))
    unknown = [known.directory for known in found if known.available_bytes.unknown]
    assert unknown == ["/usr/local/ASR", "/usr/local"]


# -- programs and packages ---------------------------------------------------------------------------------


def test_packages_tell_of_programs() -> None:
    found = software.read(host(packages="lsof yum", copied=("/usr/local/",)))
    assert (found.programs["lsof"], found.programs["yum"]) == (("/usr/sbin/lsof",), ("/usr/bin/yum",))
    assert found.programs["zypper"] == ()
    assert not found.unreadable


def test_without_its_package_a_program_may_lie_elsewhere() -> None:
    found = software.read(host(packages="bash"))
    assert found.unreadable["lsof"] == "/usr/local/sbin/lsof was not gathered (no package has brought lsof)"
    assert software.read(host()).unreadable["lsof"] == "the list of packages was not gathered"


@pytest.mark.parametrize("path", ["/usr/sbin/vmtoolsd", "/usr/lib/vmware-tools/sbin64/vmtoolsd"])
def test_a_program_that_runs_is_there(path: str) -> None:
    ps = test_others.AUX.replace("/usr/bin/vmtoolsd", path)
    dmi = {"/sys/class/dmi/id/sys_vendor": "VMware, Inc.\n"}
    found = vmware.read(host(files=dict(dmi), outputs={"ps auxwww": ps}))
    assert (found.programs, found.running) == ((path,), Fact(value=True))
    with pytest.raises(Unreadable):
        vmware.read(host(files=dict(dmi), packages="bash"))


@pytest.mark.parametrize(
    ("packages", "init"),
    [
        ("systemd-sysv upstart", "systemd"),
        ("systemd", "systemd"),
        ("systemd-libs sysvinit", "sysv"),
        ("upstart systemd", "upstart"),
    ],
)
def test_packages_tell_the_init_system(packages: str, init: str) -> None:
    files: dict[str, str | bytes] = {"/etc/init/rc.conf": ""} if init == "upstart" else {}
    assert services.init_system(host(files=files, packages=packages, copied=("/etc/",))) == init


def test_what_runs_as_process_1_tells_before_packages() -> None:
    machine = host(outputs={"ps -ef": test_others.EF}, packages="upstart")
    assert services.init_system(machine) == "systemd"


def test_an_init_system_that_nobody_tells_is_unknown() -> None:
    for packages in (None, "bash"):
        with pytest.raises(Unreadable):
            services.init_system(host(packages=packages))


# -- block devices -----------------------------------------------------------------------------------------

PARTITIONS = "major minor  #blocks  name\n\n   8        0   41943040 sda\n   8        1     512000 sda1\n"
DM = "   8        2   41429504 sda2\n 253        0   18350080 dm-0\n"


def kinds(machine: GatheredHost) -> dict[str, tuple[str, tuple[str, ...] | None]]:
    return {device.name: (device.kind, device.parents) for device in block.read(machine)}


def test_lsblk_tells_what_devices_lie_on() -> None:
    found = {device.name: device for device in block.read(host(outputs={"lsblk": test_blocks.RHEL_6}))}
    assert (found["dm-0"].kind, found["dm-0"].parents, found["dm-0"].dm_name) == ("lvm", ("sda2",), "VolGroup-lv_root")
    assert (found["sda2"].kind, found["sda2"].parents) == ("part", ("sda",))
    assert (found["sr0"].kind, found["sr0"].removable) == ("rom", True)
    assert found["sda"].size_bytes is None  # "40G" is rounded


def test_a_multipath_device_and_its_partitions() -> None:
    assert kinds(host(outputs={"lsblk": test_blocks.RHEL_7})) == {
        "sda": ("disk", ()),
        "sdb": ("disk", ()),
        "dm-0": ("mpath", ("sda", "sdb")),
        "dm-1": ("part", ("dm-0",)),
        "dm-2": ("part", ("dm-0",)),
        "dm-3": ("lvm", ("dm-2",)),
    }


def test_sizes_are_those_of_the_kernel() -> None:
    found = {d.name: d for d in block.read(host(files={"/proc/partitions": PARTITIONS}))}
    assert (found["sda"].size_bytes, found["sda1"].parents) == (41943040 * 1024, ("sda",))
    assert "sda2" not in found


def test_device_mapper_tells_more_than_lsblk() -> None:
    files: dict[str, str | bytes] = {"/proc/partitions": PARTITIONS + DM}
    info = "Name Maj Min Stat Open Targ Event  UUID\nroot 253   0 L--w    1    1      0 CRYPT-LUKS1-abc\n"
    told = {"dmsetup info -c": info, "dmsetup table": "root: 0 100 crypt aes 00 0 8:2 4096\n"}
    assert kinds(host(files=files, outputs=told))["dm-0"] == ("crypt", ("sda2",))
    # Without the table, what it lies on is not known; without its uuid, what it is.
    assert kinds(host(files=files, outputs={"dmsetup info -c": info}))["dm-0"] == ("crypt", None)
    with pytest.raises(Unreadable, match="what dm-0 is was not gathered"):
        block.read(host(files=files))
    elsewhere = {**told, "dmsetup table": "root: 0 100 crypt aes 00 0 8:99 4096\n"}
    assert kinds(host(files=files, outputs=elsewhere))["dm-0"] == ("crypt", ("8:99",))


def test_a_cut_table_hides_no_disk_that_lsblk_shows() -> None:
    tree = "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\n"
    for disk, number in (("sda", "8:0"), ("sdb", "8:16")):
        tree += f"{disk}    {number}    0   9G  0 disk\n`-vg-lv 253:0 0 9G 0 lvm /var\n"
    info = "Name Maj Min Stat Open Targ Event  UUID\nvg-lv 253   0 L--w    1    2      0 LVM-abc\n"
    whole = {"lsblk": tree, "dmsetup info -c": info}
    for table in ("vg-lv: 0 9 linear 8:0 0\nvg-lv: 9 9 linear 8:16 0\n", "vg-lv: 0 9 linear 8:0 0\n"):
        assert kinds(host(outputs={**whole, "dmsetup table": table}))["dm-0"] == ("lvm", ("sda", "sdb"))


def test_a_partition_is_its_own_disk_s_whatever_the_tree_shows() -> None:
    rows = PARTITIONS + "   8       16   41943040 sdb\n   8       17     512000 sdb1\n"
    tree = "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\nsda    8:0    0  40G  0 disk\n`-sdb1 8:17   0 500M  0 part\n"
    assert kinds(host(files={"/proc/partitions": rows}, outputs={"lsblk": tree}))["sdb1"] == ("part", ("sdb",))


def test_arrays_and_what_is_on_devices() -> None:
    rows = PARTITIONS + "   8       17     512000 sdb1\n   8       16   41943040 sdb\n   9        0     511936 md0\n"
    md = "Personalities : [raid1] \nmd0 : active raid1 sdb1[1] sda1[0]\n"
    told = {"blkid": '/dev/md0: UUID="0a1b" TYPE="xfs" LABEL="boot" \n'}
    found = {d.name: d for d in block.read(host(files={"/proc/partitions": rows, "/proc/mdstat": md}, outputs=told))}
    assert (found["md0"].kind, found["md0"].parents) == ("md", ("sda1", "sdb1"))
    assert (found["md0"].fs_type, found["md0"].fs_uuid, found["md0"].fs_label) == ("xfs", "0a1b", "boot")
    (alone,) = (d for d in block.read(host(files={"/proc/partitions": rows})) if d.name == "md0")
    assert alone.parents is None


LINKS = """\
      654      0 lrwxrwxrwx   1 root     root            7 May  9  2025 /bin -> usr/bin
4026531844      0 lrwxrwxrwx   1 root     root           11 Nov 29 10:30 /proc/mounts -> self/mounts
find: \u2018/proc/4711\u2019: No such file or directory
"""


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        (LINKS, True),
        (LINKS + LINKS.replace("/bin -> ", "/usr/local -> /data/"), False),
        (LINKS + LINKS.replace("/bin -> ", "/usr -> /data/"), False),
        (LINKS + LINKS.replace("root     root            7", "domain user root 7"), False),
        (LINKS.replace("/proc/mounts", "/proc/moun"), False),
        ("", False),
    ],
)
def test_usr_local_is_no_link_where_all_links_were_listed_without_it(listed: str, known: bool) -> None:
    machine = host(outputs={"find / -maxdepth 2 -type l -ls": listed})
    if known:
        assert machine.real_path("/usr/local") == "/usr/local"
    else:
        with pytest.raises(Unreadable, match=r"^/usr/local was not gathered$"):
            machine.real_path("/usr/local")


def test_no_list_of_devices_is_unknown() -> None:
    with pytest.raises(Unreadable, match="`lsblk` was not gathered"):
        block.read(host())


def test_sectors_and_what_disks_are_attached_by() -> None:
    report = "RO RA SSZ BSZ StartSec Size Device\nrw   256  4096  4096          0     42949672960   /dev/sda\n"
    listing = (
        "/sys/block:\ntotal 0\nlrwxrwxrwx 1 0 0 0 Nov 21 07:30 sda -> ../devices/platform/host3/session1/block/sda\n"
    )
    files: dict[str, str | bytes] = {"/proc/partitions": PARTITIONS}
    told = {"blockdev --report": report, "ls -lanR /sys/block": listing}
    machine = host(files=files, outputs=told)
    (details,) = disks.read(machine, Fact(value=block.read(machine)))
    assert (details.logical_bytes, details.physical_bytes, details.iscsi) == (4096, None, True)
    fdisk = "\nDisk /dev/sda: 42.9 GB, 42949672960 bytes\nSector size (logical/physical): 512 bytes / 4096 bytes\n"
    for text, sectors in ((fdisk, (512, 4096)), (fdisk.replace("sda", "s.a"), (None, None))):
        machine = host(files=files, outputs={"ls -lanR /sys/block": listing, "fdisk -l /dev/sda": text})
        (details,) = disks.read(machine, Fact(value=block.read(machine)))
        assert (details.logical_bytes, details.physical_bytes) == sectors
    half = fdisk.replace("42949672960", "42949673472")  # /proc/partitions leaves the odd sector out
    (sda,) = (d for d in block.read(host(files=files, outputs={"fdisk -l /dev/sda": half})) if d.name == "sda")
    assert sda.size_bytes == 42949673472
    machine = host(files=files, outputs={"blockdev --report": report})
    with pytest.raises(Unreadable, match="what sda is attached by was not seen"):
        disks.read(machine, Fact(value=block.read(machine)))


# -- interfaces ----------------------------------------------------------------------------------------------

ETHTOOL = {
    "ethtool -i eth0": "driver: vmxnet3\nbus-info: 0000:0b:00.0\n",
    "ethtool -i bond0": "driver: bonding\n",
    "ethtool -i bond0.100": "driver: 802.1Q VLAN Support\n",
    "ethtool -i sit0": "driver: sit\n",
}


def adapters(**told: object) -> dict[str, tuple[bool | None, str, tuple[str, ...]]]:
    return {i.name: (i.device, i.kind, i.lower) for i in network.read_interfaces(host(**told))}


def test_drivers_and_masters_tell_what_interfaces_are() -> None:
    assert adapters(outputs={"ip address": test_addresses.RHEL_6, **ETHTOOL}) == {
        "bond0": (False, "bond", ("eth0",)),
        "bond0.100": (False, "vlan", ("bond0",)),
        "eth0": (True, "", ()),
        "lo": (False, "", ()),
        "sit0": (False, "tunnel", ()),
    }


def test_several_interfaces_of_which_nobody_tells_the_hardware_are_unknown() -> None:
    with pytest.raises(Unreadable, match=r"which of bond0, bond0\.100 are adapters was not captured"):
        adapters(outputs={"ip address": test_addresses.RHEL_6})
    assert adapters(outputs={"ip -o addr": test_addresses.IP_O_ADDR.replace("tun0", "lo")})["eth0"] == (None, "", ())


def test_udev_tells_what_has_hardware() -> None:
    virtual = [
        ("/devices/virtual/net/br0", "bridge"),
        ("/devices/virtual/net/lo", ""),
        ("/devices/virtual/net/veth12", ""),
    ]
    rows = [("/devices/pci0/net/ens192", ""), *virtual]
    database = "\n\n".join(
        f"P: {path}\nE: SUBSYSTEM=net\n" + (f"E: DEVTYPE={kind}\n" if kind else "") for path, kind in rows
    )
    told = {"udevadm info --export-db": f"{database}\n\n{test_blocks.UDEV}", "ip -d address": test_addresses.IP_D}
    found = adapters(outputs=told)
    assert (found["ens192"], found["br0"]) == ((True, "", ()), (False, "bridge", ("ens192",)))


def test_an_interface_that_udev_does_not_tell_of_is_no_virtual_one() -> None:
    """As where its database was cut."""
    database = "P: /devices/virtual/net/lo\nE: SUBSYSTEM=net\n\n" + test_blocks.UDEV
    told = {"udevadm info --export-db": database, "ip -o addr": test_addresses.IP_O_ADDR.replace("tun0", "lo")}
    assert adapters(outputs=told)["eth0"] == (None, "", ())


# -- single files ----------------------------------------------------------------------------------------------


def test_dmi_by_dmidecode() -> None:
    found = platform.read_hardware(host(outputs={"dmidecode": test_others.DMIDECODE}))
    assert (found.sys_vendor, found.product_name) == ("VMware, Inc.", "VMware Virtual Platform")
    cut = test_others.DMIDECODE.partition("Product Name")[0]
    for outputs in ({}, {"dmidecode": cut}, {"dmidecode": cut.partition("Manufacturer")[0] + "x"}):
        with pytest.raises(Unreadable):
            platform.read_hardware(host(outputs=outputs))


def test_a_kernel_thread_as_process_2_is_no_container() -> None:
    assert platform.read_container(host(outputs={"ps auxwww": test_others.AUX})) == ""
    with pytest.raises(Unreadable):
        platform.read_container(host())


EFI = {"/proc/self/mountinfo": "9 1 0:9 / /sys/firmware/efi/efivars rw - efivarfs efivarfs rw\n"}
BIOS = {"/proc/self/mountinfo": "9 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "/proc/cmdline": "ro quiet\n"}
NOT_SUPPORTED = "EFI variables are not supported on this system.\n"


def test_what_started_the_machine() -> None:
    told = {"efibootmgr -v": NOT_SUPPORTED}
    assert platform.read_firmware(host(files=dict(EFI))) == "efi"
    assert platform.read_firmware(host(files=dict(BIOS), outputs=told)) == "bios"
    assert platform.read_secure_boot(host(files=dict(BIOS), outputs=told)) is False
    assert platform.read_firmware(host(files=dict(BIOS), outputs={"efibootmgr -v": "BootCurrent: 0000\n"})) == "efi"
    listing = {"ls -lanR /sys/firmware": "/sys/firmware:\ntotal 0\ndrwxr-xr-x 5 0 0 0 Nov 21 07:30 efi\n"}
    assert platform.read_firmware(host(outputs=listing)) == "efi"


@pytest.mark.parametrize(
    "files",
    [
        {**BIOS, "/proc/cmdline": "ro efi=noruntime\n"},
        {
            **BIOS,
            "/proc/self/mountinfo": f"{BIOS['/proc/self/mountinfo']}10 9 8:2 / /boot/efi rw - vfat /dev/sda2 rw\n",
        },
        {"/proc/self/mountinfo": BIOS["/proc/self/mountinfo"]},
    ],
    ids=["variables shut", "a system partition", "no command line"],
)
def test_variables_that_are_not_there_need_not_mean_a_bios(files: dict[str, str | bytes]) -> None:
    with pytest.raises(Unreadable):
        platform.read_firmware(host(files=files, outputs={"efibootmgr -v": NOT_SUPPORTED}))


@pytest.mark.parametrize(("said", "on"), [("SecureBoot enabled\n", True), ("SecureBoot disabled\n", False)])
def test_secure_boot_by_mokutil(said: str, on: bool) -> None:
    assert platform.read_secure_boot(host(files=dict(EFI), outputs={"mokutil --sb-state": said})) is on
    with pytest.raises(Unreadable):
        platform.read_secure_boot(host(files=dict(EFI)))


@pytest.mark.parametrize(
    ("text", "on"), [("kernel.ostype = Linux\ncrypto.fips_enabled = 1\n", True), ("kernel.ostype = Linux\n", False)]
)
def test_fips_by_sysctl(text: str, on: bool) -> None:
    assert platform.read_fips(host(outputs={"sysctl -a": text})) is on
    with pytest.raises(Unreadable):
        platform.read_fips(host(outputs={"sysctl -a": "crypto.fips_enabled = 0\n"}))


def test_the_runlevel() -> None:
    assert runlevel.read(host(outputs={"runlevel": "N 3\n"}, packages="sysvinit")).level == "3"
    systemd = {"ps -ef": test_others.EF}
    assert runlevel.read(host(outputs={**systemd, "runlevel": "N 5\n"})).level == "systemd"
    assert runlevel.read(host(outputs={**systemd, "runlevel": "5 6\n"})).ending
    for outputs in ({"runlevel": "unknown\n"}, systemd, {}):
        with pytest.raises(Unreadable):
            runlevel.read(host(outputs=outputs))


def test_kernels_by_the_listing_of_boot() -> None:
    listing = "/boot:\ntotal 9\n-rw-r--r-- 1 0 0 9 Nov 21 07:30 initramfs-1.img\n"
    machine = host(outputs={"ls -lanR /boot": listing})
    assert machine.entries("/boot") == ["initramfs-1.img"]
    with pytest.raises(Unreadable, match="was not gathered"):
        machine.initramfs_drivers("/boot/initramfs-1.img", "1", ("hv_storvsc",), 1)
    with pytest.raises(Absent):
        machine.initramfs_drivers("/boot/initramfs-2.img", "2", ("hv_storvsc",), 1)
    with pytest.raises(Unreadable, match="was not gathered"):
        host(outputs={"ls -lanR /boot": f"{listing}?????????? ? ? lost\n"}).entries("/boot")


def test_a_folder_that_a_cut_listing_names_is_not_empty() -> None:
    listing = "/boot:\ntotal 9\ndrwxr-xr-x 3 0 0 9 Nov 21 07:30 loader\n"
    machine = host(outputs={"ls -lanR /boot": listing})
    for path in ("/boot/loader", "/boot/loader/entries"):
        with pytest.raises(Unreadable, match="was not gathered") as why:
            machine.entries(path)
        assert not isinstance(why.value, Absent)
    with pytest.raises(Absent):
        machine.entries("/boot/grub")


# -- the firewall in force ---------------------------------------------------------------------------------------

OLD_KERNEL = "Linux a 2.6.32-642.el6.x86_64 #1 SMP x86_64 x86_64 x86_64 GNU/Linux\n"
LOADED = "Module                  Size  Used by\niptable_filter 2793 1\n"


def in_force(**told: object) -> list[tuple[str, str]]:
    return [(table.family, table.name) for table in now.read(host(**told)).tables]


NEW_KERNEL = OLD_KERNEL.replace("2.6.32-642.el6", "3.10.0-327.el7")
EMPTY = filled()
OLD = {"uname -a": OLD_KERNEL, "lsmod": LOADED}


def test_tables_that_are_listed_empty_have_no_rules() -> None:
    files = {"/proc/net/ip_tables_names": "filter\n"}
    told = {**OLD, "iptables -t filter -nvL": EMPTY.replace("DROP", "ACCEPT")}
    assert now.read(host(files=files, outputs=told, copied=("/proc/net/",))).not_understood == ()
    refusing = {**OLD, "iptables -t filter -nvL": EMPTY}
    assert in_force(files=files, outputs=refusing, copied=("/proc/net/",)) == [("ip", "filter")]


def test_tables_in_use_are_all_listed() -> None:
    files = {"/proc/net/ip_tables_names": "filter\nnat\n"}
    told = {**OLD, "iptables -t filter -nvL": EMPTY}
    with pytest.raises(Unreadable, match="`iptables -t nat -nvL` was not gathered"):
        in_force(files=files, outputs=told, copied=("/proc/net/",))
    told["iptables -t nat -nvL"] = filled(table="nat")
    assert in_force(files=files, outputs=told, copied=("/proc/net/",)) == [("ip", "filter"), ("ip", "nat")]


def test_a_rule_s_place_is_that_in_the_listing() -> None:
    files = {"/proc/net/ip_tables_names": "filter\n"}
    told = {**OLD, "iptables -t filter -nvL": filled(row("tcp dpt:22"))}
    (table,) = now.read(host(files=files, outputs=told, copied=("/proc/net/",))).tables
    (rule,) = table.chains[0].rules
    assert (rule.place, rule.text) == ("iptables -t filter -nvL:3", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT")


BY_NFT = """\
table ip filter {
\tchain INPUT {
\t\ttype filter hook input priority filter; policy drop;
\t\tmeta l4proto tcp xt match "mac" counter packets 0 bytes 0 accept
\t}
}
table ip own {
}
table ip raw {
\tchain PREROUTING {
\t\ttype filter hook prerouting priority raw; policy accept;
\t\ttcp dport 80 drop
\t}
}
"""


def test_listings_spell_out_what_nft_cannot() -> None:
    told = {"uname -a": NEW_KERNEL, "lsmod": "Module Size Used by\nnf_tables 1 0\n", "nft list ruleset": BY_NFT}

    def source(listed: str, **files: str | bytes) -> str:
        outputs = {**told, "iptables -t filter -nvL": listed}
        in_use = {f"/proc/net/{name}": text for name, text in files.items()}
        tables = now.read(host(files=in_use, outputs=outputs, copied=("/proc/net/",))).tables
        found = {table.name: table.source for table in reversed(tables)}
        assert found["raw"] == "nft list ruleset"  # which was not listed
        return found["filter"]

    assert source(filled(row("tcp dpt:22"))) == "iptables -t filter -nvL"
    assert source(EMPTY) == source(filled(row("tcp dpt:22"), row("tcp dpt:80"))) == "nft list ruleset"
    assert source(filled(row("tcp dpt:22")).replace("DROP", "ACCEPT")) == "nft list ruleset"
    # ip_tables' own, by an iptables that speaks for it.
    assert source(filled(row("tcp dpt:22")), ip_tables_names="filter\n") == "nft list ruleset"
    assert source(filled(row("tcp dpt:22")), ip6_tables_names="\n") == "iptables -t filter -nvL"


def test_what_is_loaded_has_to_be_known() -> None:
    with pytest.raises(Unreadable):
        in_force(outputs={"uname -a": OLD_KERNEL, "lsmod": LOADED})  # no list of tables
    with pytest.raises(Unreadable):
        in_force(outputs={"uname -a": OLD_KERNEL}, copied=("/proc/net/",))  # no list of modules
    assert in_force(outputs={"uname -a": OLD_KERNEL, "lsmod": LOADED}, copied=("/proc/net/",)) == []


DEPENDENCIES = "kernel/net/netfilter/nf_tables.ko: kernel/net/netfilter/nfnetlink.ko\n"


def test_a_module_that_is_not_loaded_has_no_rules() -> None:
    folder = "/lib/modules/3.10.0-327.el7.x86_64"
    told = {"uname -a": NEW_KERNEL, "lsmod": LOADED}
    files = {f"{folder}/modules.dep": DEPENDENCIES}
    assert in_force(files=files, outputs=told, copied=("/proc/net/",)) == []
    with pytest.raises(Unreadable, match="whether nf_tables is built in is not known"):
        in_force(outputs=told, copied=("/proc/net/",))


RULESET = """\
table inet filter {
\tchain input {
\t\ttype filter hook input priority filter; policy accept;
\t\ttcp dport 22 %s drop
\t}
}
"""


def test_rules_in_nft_s_own_language() -> None:
    ruleset = now.read(host(outputs={"nft list ruleset": RULESET % "counter packets 0 bytes 0"}, copied=("/proc/",)))
    (table,) = ruleset.tables
    assert (table.family, table.name, ruleset.not_understood) == ("inet", "filter", ())
    assert not in_force(outputs={"nft list ruleset": ""}, copied=("/proc/",))


@pytest.mark.parametrize(
    "text",
    [
        "bash: nft: Kommando nicht gefunden.\n",
        "nft: error while loading shared libraries: libnftables.so.1: cannot open shared object file\n",
        RULESET.partition("drop")[0],
        f"{RULESET}table inet more {{\n",
    ],
)
def test_what_is_no_ruleset_is_not_taken_for_rules_that_are_not_understood(text: str) -> None:
    with pytest.raises(Unreadable, match="something else than tables"):
        in_force(outputs={"nft list ruleset": text}, copied=("/proc/",))


@pytest.mark.parametrize("hidden", ["# xt_recent", 'xt match "recent"'])
def test_a_match_that_nft_does_not_spell_out_is_not_left_out(hidden: str) -> None:
    """Behind the mark of a comment there is a rule that goes on: it is no rule for all packets."""
    plain = now.read(host(outputs={"nft list ruleset": RULESET % ""}, copied=("/proc/",)))
    marked = now.read(host(outputs={"nft list ruleset": RULESET % hidden}, copied=("/proc/",)))
    assert plain.tables != marked.tables
    assert "recent" in repr(marked)

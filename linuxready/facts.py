"""Everything linuxready knows of one machine at one moment: frozen, typed, JSON in and out.

Readers fill these types, requirements judge them; of ours only `ruleset`, a packet filter's types, is imported.
Three kinds of silence are kept apart: an empty value is *absent* (no XFS file system), ``None`` is *silent* (the
source does not say), and ``Fact(unknown=…)`` is *unknown*, with the reason.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from linuxready.ruleset import Ruleset

SCHEMA = 1
"""Version of the facts document; raised when a key changes its meaning or goes."""

T = TypeVar("T")


class UnknownFact(Exception):
    """A requirement needed a fact that was not seen; its text is the reason."""


class Fact(Struct, Generic[T], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fact, or why it is not known: exactly one of the two is set."""

    value: T | None = None
    unknown: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.unknown is None):
            raise ValueError("exactly one of `value` and `unknown` is to be set")

    def known(self) -> T:
        """The value; raises UnknownFact with the reason where there is none."""
        if self.value is None:
            raise UnknownFact(self.unknown)
        return self.value


class Evidence(Struct, frozen=True):
    """Where something was seen ("/etc/hosts:12", "xfs_info /data") and what stood there."""

    source: str
    text: str


class RejectedLine(Struct, frozen=True):
    """A line that the file's reader could not use; `line` counts from 1."""

    line: int
    text: str


class Release(Struct, frozen=True):
    """The distribution. `id` is ours ("rhel"), `version` has the minor or service pack ("7.2", "11.3")."""

    id: str
    name: str
    version: str
    version_full: str
    file: str
    text: str


class Kernel(Struct, frozen=True):
    """The running kernel: `uname -r` and `uname -m` (None where only files were seen and none says)."""

    release: str
    machine: str | None


class BootEntry(Struct, frozen=True):
    """The kernel the boot loader starts next, and where it says so."""

    release: str
    evidence: Evidence


class Address(Struct, frozen=True):
    """An IPv4 or IPv6 address in its shortest form; `temporary` is IPv6's privacy address."""

    address: str
    temporary: bool = False


class Interface(Struct, frozen=True):
    """A network interface, its addresses in the kernel's order (the first IPv4 is the primary one).

    `device`: backed by a device; None where /sys was not seen. `kind`: bond, team, vlan, bridge, or "".
    `lower`: the interfaces it is stacked on (a bridge's ports).
    """

    name: str
    addresses: tuple[Address, ...]
    device: bool | None = None
    kind: str = ""
    lower: tuple[str, ...] = ()


class HostsEntry(Struct, frozen=True):
    """One line of /etc/hosts as glibc uses it; `line` counts from 1."""

    address: str
    names: tuple[str, ...]
    line: int


class Service(Struct, frozen=True):
    """Whether a service starts at boot, as this machine's init system will decide.

    `init`: systemd, upstart or sysv. `boots_to`: "graphical.target", "runlevel 3". `unit`: what starts it, or
    would. `obstacle` is None where it starts, else one of: not-installed, disabled, masked, not-executable,
    not-to-be-run, bond (a unit that it is bound to is masked or not there), not-loadable (no unit that systemd
    takes), no-service (a socket without the service it hands connections to).
    """

    starts_at_boot: bool
    init: str
    boots_to: str
    unit: str
    obstacle: str | None
    evidence: tuple[Evidence, ...]


class Listen(Struct, frozen=True):
    """An address and TCP port that the SSH server listens on; "0.0.0.0" and "::" are all addresses of a family."""

    address: str
    port: int
    evidence: Evidence


class Firewall(Struct, frozen=True):
    """The packet filter's rules: those in force, and those that what starts at boot will load."""

    now: Fact[Ruleset]
    boot: Fact[Ruleset]


class Mount(Struct, frozen=True):
    """One line of mountinfo. `number` ("8:1") and `id` are None where only /proc/self/mounts was seen.

    `read_only`: nobody can write there, by the mount's own options or by those of its file system.
    """

    mount_point: str
    fs_type: str
    source: str
    root: str
    options: str
    line: int
    number: str | None = None
    id: int | None = None
    parent: int | None = None
    read_only: bool = False


class Directory(Struct, frozen=True):
    """A system directory and where it really is: `real_path` has every symbolic link followed."""

    path: str
    real_path: Fact[str]


class FstabEntry(Struct, frozen=True):
    """One line of /etc/fstab: what (device, UUID=…, LABEL=…), where, which file system type.

    `options`: those that say whether and how it is mounted ("noauto,ro"); None in facts of before they were kept.
    """

    spec: str
    mount_point: str
    fs_type: str
    line: int
    options: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The options that are kept, one by one."""
        return tuple((self.options or "").split(","))


class BlockDevice(Struct, frozen=True):
    """A block device, and the devices its data lies on.

    `parents` are names: a partition's disk, a volume's or array's members; () for a device that is at the
    bottom, None where that was not captured. `kind`: disk, part, lvm, mpath, crypt, dm, md, bcache, loop,
    rom, or memory and network for what lies in neither. `fs_*` are udev's words, None where it is silent.
    """

    name: str
    number: str
    kind: str
    parents: tuple[str, ...] | None
    size_bytes: int | None
    removable: bool
    dm_name: str | None = None
    backing_file: str | None = None
    suspended: bool = False
    fs_type: str | None = None
    fs_uuid: str | None = None
    fs_label: str | None = None


class NamedDevices(Struct, frozen=True):
    """Block devices as files name them, which may be out of date; none where the kernel's own list was captured.

    Some of a machine's, never known to be all: sizes are None, numbers "". `kind` is "dm" also where no file tells it.
    `evidence`: by a device's name, the file that names it and what stands there. `units`: by system directory, or
    one above it or above where its links lead, the file of a mount unit that systemd has for it besides /etc/fstab.
    """

    devices: tuple[BlockDevice, ...]
    evidence: dict[str, Evidence]
    units: dict[str, str] = {}


class BtrfsFilesystem(Struct, frozen=True):
    """A btrfs file system that the kernel has open, and the names of its devices."""

    uuid: str
    devices: tuple[str, ...]


class XfsFeatures(Struct, frozen=True):
    """What an XFS file system says of itself. None: the word is not there (xfsprogs before 3.2).

    `v5_features`: the names of those set that only v5 has (finobt, sparse, reflink, …).
    """

    crc: bool | None
    ftype: bool | None
    v5_features: tuple[str, ...]
    evidence: Evidence


class XfsFilesystem(Struct, frozen=True):
    """An XFS file system: mounted, in /etc/fstab, known to udev or in blkid's file (`seen_in` says which)."""

    name: str
    device: str
    seen_in: str
    mounted: bool
    features: Fact[XfsFeatures]


class Software(Struct, frozen=True):
    """Programs that findings and remedies turn on: paths of executables, by program name.

    A program that was looked for and not found has no path; one not looked for has no entry. `unreadable`: why a
    place could not be looked at, by program name.
    """

    programs: dict[str, tuple[str, ...]]
    unreadable: dict[str, str]


class Hardware(Struct, frozen=True):
    """What DMI says the machine is: "VMware, Inc." and "VMware Virtual Platform"; "" where it is silent."""

    sys_vendor: str
    product_name: str

    @property
    def is_vmware(self) -> bool:
        """Whether it is a VMware virtual machine."""
        return "VMware" in self.sys_vendor or "VMware" in self.product_name

    @property
    def is_hyperv(self) -> bool:
        """Whether it is a Hyper-V virtual machine."""
        return self.sys_vendor == "Microsoft Corporation" and self.product_name == "Virtual Machine"


class VmwareTools(Struct, frozen=True):
    """VMware Tools or open-vm-tools: paths of vmtoolsd, whether it runs as root, whether it starts at boot."""

    programs: tuple[str, ...]
    running: Fact[bool]
    at_boot: Fact[Service]


class AvailableSpace(Struct, frozen=True):
    """What users other than root can still write to the file system of a directory that is there."""

    directory: str
    available_bytes: Fact[int]


class OddNames(Struct, frozen=True):
    """Files whose names are not in printable ASCII: the first few by path, and how many there are.

    `looked_at` counts the names that were compared; `cut` is why that were not all, None where they were.
    """

    paths: tuple[str, ...]
    count: int
    looked_at: int
    cut: str | None = None


class KernelModules(Struct, frozen=True):
    """What /lib/modules has for a kernel. `drivers`: those that were looked for, by name.

    A driver is "built-in", the path of its file below `folder`, or "" where there is none. `complete`: the folder holds
    drivers at all (kernel/drivers/char, which the agent asks for).
    """

    release: str
    folder: str
    complete: bool
    drivers: Fact[dict[str, str]]


class Initramfs(Struct, frozen=True):
    """A kernel's initial file system, and which of the looked-for drivers it holds."""

    release: str
    path: str
    drivers: Fact[dict[str, bool]]


class KernelArguments(Struct, frozen=True):
    """Arguments of a kernel: of the running one (/proc/cmdline), or where the boot loader's files say them."""

    evidence: Evidence
    words: tuple[str, ...]
    running: bool = False


class DiskDetails(Struct, frozen=True):
    """A whole disk's logical and physical sector size, None where silent, and whether it is one of an iSCSI session."""

    name: str
    logical_bytes: int | None
    physical_bytes: int | None
    iscsi: bool


class RunLevel(Struct, frozen=True):
    """What the machine runs at now: systemd, or a SysV runlevel ("3"); `ending`: it is about to be shut down."""

    level: str
    ending: bool
    evidence: Evidence


NO_MOUNT_TABLE = "no mount table"
"""How the reason begins for which `mounts` is unknown where none was captured: that of the next boot can stand in."""

UNSEEN_LINK = "{} may be a link"
"""How the reason begins for which the `real_path` of a directory is unknown that no support tool looked at."""

NOT_COLLECTED = "not collected: nothing that was to be judged then needed it"
"""Why a fact is unknown that nobody asked for, or that a linuxready of before did not know."""


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of a machine. `source`: "live", "root DIR", "recording NAME".

    `uid` is the user that looked; `container` names the container that the look was taken in, "" for none.
    `firmware` is "efi" or "bios": what the running system was booted by; `secure_boot` whether it was verified.
    `agent_programs` are those that the agent's installer asks for. What follows `odd_names` came later: documents
    without it are read as not having collected it.
    """

    schema: int
    collected_at: str
    source: str
    uid: Fact[int]
    container: Fact[str]
    hardware: Fact[Hardware]
    firmware: Fact[str]
    host_name: Fact[str]
    release: Fact[Release]
    kernel: Fact[Kernel]
    next_kernel: Fact[BootEntry]
    interfaces: Fact[tuple[Interface, ...]]
    hosts: Fact[tuple[HostsEntry, ...]]
    hosts_rejected: Fact[tuple[RejectedLine, ...]]
    ssh: Fact[Service]
    ssh_listen: Fact[tuple[Listen, ...]]
    firewall: Fact[Firewall]
    mounts: Fact[tuple[Mount, ...]]
    mounts_rejected: Fact[tuple[RejectedLine, ...]]
    directories: Fact[tuple[Directory, ...]]
    fstab: Fact[tuple[FstabEntry, ...]]
    fstab_rejected: Fact[tuple[RejectedLine, ...]]
    block_devices: Fact[tuple[BlockDevice, ...]]
    btrfs: Fact[tuple[BtrfsFilesystem, ...]]
    xfs: Fact[tuple[XfsFilesystem, ...]]
    software: Fact[Software]
    vmware_tools: Fact[VmwareTools]
    available_space: Fact[tuple[AvailableSpace, ...]]
    odd_names: Fact[OddNames]
    secure_boot: Fact[bool] = Fact(unknown=NOT_COLLECTED)
    fips: Fact[bool] = Fact(unknown=NOT_COLLECTED)
    kernel_arguments: Fact[tuple[KernelArguments, ...]] = Fact(unknown=NOT_COLLECTED)
    kernel_modules: Fact[tuple[KernelModules, ...]] = Fact(unknown=NOT_COLLECTED)
    initramfs: Fact[tuple[Initramfs, ...]] = Fact(unknown=NOT_COLLECTED)
    disk_details: Fact[tuple[DiskDetails, ...]] = Fact(unknown=NOT_COLLECTED)
    agent_programs: Fact[Software] = Fact(unknown=NOT_COLLECTED)
    run_level: Fact[RunLevel] = Fact(unknown=NOT_COLLECTED)
    named_devices: Fact[NamedDevices] = Fact(unknown=NOT_COLLECTED)

"""Single files of /proc, /sys and /run that no support tool copies, made of what its commands said."""

from __future__ import annotations

import re
import stat
import struct
from contextlib import suppress

from linuxready.host import Host, Unreadable
from linuxready.host.gathered import Gathered, parsed, said
from linuxready.host.gathered.madefiles import MadeFiles, mount_table
from linuxready.host.gathered.tellers import PS
from linuxready.host.gathered.texts import btrfs, dmi, listing, modules, processes, uname

DMI = "/sys/class/dmi/id"
MODULES = "/proc/modules"
BTRFS = "/sys/fs/btrfs"
EFI = "/sys/firmware/efi"
INIT = ("/sbin/init", "/usr/sbin/init")
SYSTEMD = "/usr/lib/systemd/systemd"
RUNS_SYSTEMD = "/run/systemd/system"
UTMP = "/run/utmp"
KTHREADD = "/proc/2/comm"
FIPS = "/proc/sys/crypto/fips_enabled"

BOOT_LISTING = ("ls -lanR /boot", "ls -laR /boot", "ls -lR --time-style=long-iso /boot/", "ls -lR /boot")
FIRMWARE_LISTING = ("ls -lanR /sys/firmware", "ls -alZR /sys/firmware")

JOBS = "/etc/init"
LINKS_LISTED = "find / -maxdepth 2 -type l -ls"
LINK = re.compile(r" *\d+ +\d+ l\S+ +\d+ +\S+ +\S+ +\d+ \w{3} +\d+ +[\d:]+ (/.*) -> .*")
"""720      0 lrwxrwxrwx   1 root     root            7 May  9  2025 /bin -> usr/bin"""
UNCOPIED = ("/usr/local",)
"""Directories that nothing is copied from, and that an administrator may have moved away, leaving a link."""

INIT_PACKAGES = ("upstart", "sysvinit", "SysVinit", "sysvinit-core")
"""Packages of an /sbin/init that is not systemd's; those of systemd's: systemd-sysv, systemd-sysvinit, or systemd."""


def dmi_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The maker and name of the machine, from dmidecode."""
    if tree.mode(f"{DMI}/sys_vendor") is None:
        vendor, product = dmi.parse_dmidecode(said(gathered, "dmidecode"))
        made.add(f"{DMI}/sys_vendor", vendor)
        made.add(f"{DMI}/product_name", product)


def modules_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The loaded modules, from lsmod."""
    if tree.mode(MODULES) is None:
        made.files[MODULES] = modules.parse_lsmod(said(gathered, "lsmod")).encode("utf-8", "surrogateescape")


def boot_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """What lies below /boot: the names and modes of kernels and initial file systems, whose content nobody gathers."""
    _listed(made, listing.parse_ls(said(gathered, *BOOT_LISTING).splitlines()), "/boot")


def links_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The directories that are no links, from a list of all links of / and of its directories (sos 4.4 and later)."""
    rows = [LINK.fullmatch(line) for line in said(gathered, LINKS_LISTED).splitlines() if " -> " in line]
    links = {row[1] for row in rows if row}
    if None in rows or "/proc/mounts" not in links:
        raise Unreadable(f"`{LINKS_LISTED}` printed not all")
    made.real_folders.update(path for path in UNCOPIED if not links & {path, path.rpartition("/")[0]})


def drivers_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The directory of character devices' drivers, where a kernel's modules.dep names some that are in it."""
    release = uname.parse_uname(said(gathered, "uname -a")).release
    for folder in ("/lib/modules", "/usr/lib/modules"):
        with suppress(Unreadable):
            real = tree.real_path(f"{folder}/{release}")
            if re.search(r"^(\S*/)?kernel/drivers/char/\S+:", tree.text(f"{real}/modules.dep"), re.M):
                made.modes[f"{real}/kernel/drivers/char"] = stat.S_IFDIR | 0o755


def firmware_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """What the machine was booted by: a listing of /sys/firmware, a mount below /sys/firmware/efi."""
    try:
        _listed(made, listing.parse_ls(said(gathered, *FIRMWARE_LISTING).splitlines()), "/sys/firmware")
    except Unreadable:
        if _booted_by_efi(gathered, tree):
            made.modes["/sys/firmware"] = made.modes[EFI] = stat.S_IFDIR | 0o755
        else:
            made.listed["/sys/firmware"] = set()
    with suppress(Unreadable):
        state = re.match(r"SecureBoot (enabled|disabled)$", said(gathered, "mokutil --sb-state"), re.M)
        if state:
            value = bytes((6, 0, 0, 0, state[1] == "enabled"))
            made.files[f"{EFI}/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"] = value


def _booted_by_efi(gathered: Gathered, tree: Host) -> bool:
    """Whether UEFI started the machine; raises Unreadable where that was not seen.

    efibootmgr says of a BIOS that there are no variables. So it does of UEFI where the kernel keeps them shut: then
    there is a system partition, or the kernel was told so.
    """
    points = {mount.mount_point for mount in mount_table(tree)}
    if any(point.startswith(f"{EFI}/") for point in points):
        return True
    text = said(gathered, "efibootmgr -v", "efibootmgr")
    if re.search(r"^BootCurrent: ", text, re.M):
        return True
    arguments = tree.text("/proc/cmdline").split()
    shut = any(word.startswith(("efi=", "noefi")) for word in arguments)
    if "EFI variables are not supported on this system" in text and not shut and not points & {"/boot/efi", "/efi"}:
        return False
    raise Unreadable("what started the machine was not gathered (/sys/firmware)")


def _listed(made: MadeFiles, listed: listing.Listing, below: str) -> None:
    found = {path: e for path, e in listed.entries.items() if path.startswith(f"{below}/")}
    if below not in listed.folders:
        raise Unreadable(f"the names in {below} were not gathered whole")
    for folder in listed.folders:
        if f"{folder}/".startswith(f"{below}/"):
            made.listed.setdefault(folder, set())
    for path, entry in found.items():
        if path.rpartition("/")[0] in made.listed:
            made.list(path)
        if entry.target is not None:
            made.links[path] = entry.target
        else:
            made.modes[path] = entry.mode


def btrfs_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The btrfs file systems that are mounted, and their devices."""
    if not any(mount.fs_type == "btrfs" for mount in mount_table(tree)):
        made.listed[BTRFS] = set()
        return
    shown = btrfs.parse_show(said(gathered, "btrfs filesystem show", "btrfs fi show"))
    maps = {text: path.split("/")[-3] for path, text in made.files.items() if path.endswith("/dm/name")}
    for uuid, nodes in shown.items():
        made.list(f"{BTRFS}/{uuid}")
        made.list(f"{BTRFS}/{uuid}/devices")
        made.listed[f"{BTRFS}/{uuid}/devices"] = {_kernel_name(node, maps).replace("/", "!") for node in nodes}


def _kernel_name(node: str, maps: dict[bytes, str]) -> str:
    """The kernel's name of /dev/sda2 or /dev/mapper/vg-lv; `maps`: the names of device-mapper's by what they hold."""
    name = node.removeprefix("/dev/")
    return maps.get(f"{name.removeprefix('mapper/')}\n".encode("utf-8", "surrogateescape"), name)


def processes_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """Root's processes: their programs, the init system, and a kernel's thread, seen only outside of containers."""
    rows: dict[str, str] = parsed(gathered, [(command, processes.parse_commands) for command in PS])
    if rows.get("2") == "[kthreadd]":
        made.files[KTHREADD] = b"kthreadd\n"
    programs = {command.split(" ")[0] for command in rows.values() if command.startswith("/")}
    if rows.get("1", "").split(" ")[0].endswith("/systemd"):
        made.listed.setdefault(RUNS_SYSTEMD, set())
    made.modes.update(dict.fromkeys(programs, stat.S_IFREG | 0o755))


def jobs_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The names of Upstart's jobs and of what overrides them: sos copies *.conf of them, and lists all."""
    _listed(made, listing.parse_ls(said(gathered, f"ls -l {JOBS}/").splitlines(), JOBS), JOBS)


def init_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """What /sbin/init is, by what runs as process 1, else by the packages: support tools copy no programs."""
    runs_systemd = RUNS_SYSTEMD in made.listed
    packages = frozenset() if runs_systemd else gathered.packages()
    others = packages.intersection(INIT_PACKAGES)
    if runs_systemd or packages & {"systemd-sysv", "systemd-sysvinit"} or ("systemd" in packages and not others):
        made.links.update(dict.fromkeys(INIT, SYSTEMD))
        made.modes[SYSTEMD] = made.modes[SYSTEMD.removeprefix("/usr")] = stat.S_IFREG | 0o755
    elif others:
        made.modes.update(dict.fromkeys(INIT, stat.S_IFREG | 0o755))
    else:
        raise Unreadable("what /sbin/init is was not gathered: no package of one that is known is installed")


def runlevel_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """The runlevel, as `runlevel` read it in utmp: "N 3"."""
    words = said(gathered, "runlevel").split()
    if len(words) != 2 or words[1] not in tuple("0123456S"):
        raise Unreadable("`runlevel` printed no runlevel")
    record = struct.pack("<h2xi", 1, ord(words[1]))
    made.files[UTMP] = record.ljust(384, b"\0")


def sysctl_of(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """Whether FIPS mode is on, from `sysctl -a`; a kernel without the switch does not show it."""
    text = said(gathered, "sysctl -a")
    if not re.search(r"^kernel\.ostype = Linux", text, re.M):
        raise Unreadable("`sysctl -a` printed not all")
    enabled = re.search(r"^crypto\.fips_enabled = (\d)$", text, re.M)
    made.files[FIPS] = f"{enabled[1] if enabled else 0}\n".encode()

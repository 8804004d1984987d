"""What the commands of support tools would have printed on a recorded machine, in the words of its time.

Made of the recording alone: what it does not have (times, process numbers, what is in use) stands as a plausible word.
"""

from __future__ import annotations

import datetime
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from linuxready.facts import BlockDevice, Facts
from linuxready.host import CommandResult, Unreadable
from linuxready.host.captured import Recording

from .golden import collected
from .listed import listing
from .machines import NOW

PACKAGES = {
    "/boot": ("kernel", ""),
    "/sbin/chkconfig": ("chkconfig", ""),
    "/sbin/init": ("upstart", ""),
    "/usr/bin/apt-get": ("", "apt"),
    "/usr/bin/dnf": ("dnf", ""),
    "/usr/bin/dracut": ("dracut", ""),
    "/usr/bin/locale": ("glibc-common", "libc-bin"),
    "/usr/bin/python3": ("python3", "python3-minimal"),
    "/usr/bin/vmtoolsd": ("open-vm-tools", "open-vm-tools"),
    "/usr/bin/yum": ("yum", ""),
    "/usr/lib/systemd/systemd": ("systemd", "systemd-sysv"),
    "/usr/libexec/platform-python": ("platform-python", ""),
    "/usr/sbin/chkconfig": ("chkconfig", ""),
    "/usr/sbin/dhclient": ("dhcp-client", "isc-dhcp-client"),
    "/usr/sbin/firewalld": ("firewalld", ""),
    "/usr/sbin/lsof": ("lsof", ""),
    "/usr/sbin/sshd": ("openssh-server", "openssh-server"),
    "/usr/sbin/update-initramfs": ("", "initramfs-tools"),
    "/usr/sbin/vgdisplay": ("lvm2", "lvm2"),
}
"""Files, and the packages of Red Hat and Debian that bring each."""


class Printed:
    """A recorded machine's commands."""

    def __init__(self, machine: Path) -> None:
        self.host = Recording(str(machine))
        self.facts: Facts = collected(machine)
        self.told = self.host._told
        self.is_debian = self.host.mode("/etc/debian_version") is not None
        at = datetime.datetime.fromisoformat((self.host.collected_at or NOW).replace("Z", "+00:00"))
        self.at = at.astimezone(datetime.UTC)

    def of(self, command: str) -> str | None:
        """What a command line prints, None where it is not there or has nothing to say."""
        for pattern, text in COMMANDS:
            if match := re.fullmatch(pattern, command):
                return text(self, *match.groups())
        with suppress(Unreadable):
            result: CommandResult = self.host.run(*command.split())
            return result.stdout
        return None

    @cached_property
    def devices(self) -> dict[str, BlockDevice]:
        return {device.name: device for device in self.facts.block_devices.known()}

    def paths(self) -> Iterator[str]:
        """Every path of the recording, content or not, directories above them left out."""
        root = Path(self.host.root)
        yield from sorted(
            f"/{path.relative_to(root)}" for path in root.rglob("*") if path.is_symlink() or not path.is_dir()
        )
        yield from sorted(set(self.host._modes))

    # -- the commands --------------------------------------------------------------------------------

    def uname(self) -> str:
        machine = self.told["machine"]
        words = [machine] if self.is_debian else [machine] * 3
        build = f"#1 SMP {self.at:%a %b %d %H:%M:%S} UTC {self.at:%Y}"
        return f"Linux {self.told['host_name']} {self.told['kernel_release']} {build} {' '.join(words)} GNU/Linux\n"

    def date(self) -> str:
        return f"{self.at:%a %b %e %H:%M:%S UTC %Y}\n"

    def df(self) -> str:
        rows = ["Filesystem               1K-blocks      Used Available Use% Mounted on"]
        free = {
            path: space["available_bytes"] // 1024
            for path, space in self.told.get("filesystems", {}).items()
            if "available_bytes" in space
        }
        mounts = self.facts.mounts.known()
        for mount in mounts:
            device = mount.source.startswith("/dev/")
            below = [path for path in free if f"{path}/".startswith(f"{mount.mount_point.rstrip('/')}/")]
            nearer = [m for m in mounts if len(m.mount_point) > len(mount.mount_point)]
            own = [p for p in below if not any(f"{p}/".startswith(f"{m.mount_point}/") for m in nearer)]
            if device:
                left = free[own[0]] if own else 5_000_000
                rows.append(f"{mount.source:<24} {left * 2:9} {left:9} {left:9}  50% {mount.mount_point}")
            else:
                rows.append(f"{mount.source:<24} {0:9} {0:9} {0:9}    - {mount.mount_point}")
        return "\n".join([*rows, ""])

    def mount(self) -> str:
        return "".join(
            f"{m.source} on {m.mount_point} type {m.fs_type} ({m.options})\n" for m in self.facts.mounts.known()
        )

    def mounts(self) -> str:
        """/proc/mounts, which is /proc/self/mountinfo with less in it."""
        rows = []
        for m in self.facts.mounts.known():
            words = (
                re.sub(r"[ \t\n\\]", lambda c: f"\\{ord(c[0]):03o}", w) for w in (m.source, m.mount_point, m.fs_type)
            )
            rows.append(f"{' '.join(words)} {m.options} 0 0\n")
        return "".join(rows)

    def ip_o_addr(self) -> str:
        lines = []
        for number, interface in enumerate(self.told["interfaces"], 1):
            for address in interface["addresses"]:
                family, length = ("inet6", 64) if ":" in address else ("inet", 24)
                lines.append(
                    f"{number}: {interface['name']}    {family} {address}/{length} scope global {interface['name']}\\"
                )
        return "\n".join([*lines, ""])

    def ip_address(self) -> str:
        """With -d, which says of what kind an interface is."""
        lines = []
        known = {interface.name: interface for interface in self.facts.interfaces.value or ()}
        for number, interface in enumerate(self.told["interfaces"], 1):
            name = interface["name"]
            flags, link = ("LOOPBACK,UP", "loopback") if name == "lo" else ("BROADCAST,MULTICAST,UP", "ether")
            kind = known[name].kind if name in known else ""
            above = next((o.name for o in known.values() if name in o.lower and o.kind != "vlan"), None)
            master = f" master {above}" if above else ""
            below = f"@{known[name].lower[0]}" if kind == "vlan" and known[name].lower else ""
            lines += [
                f"{number}: {name}{below}: <{flags},LOWER_UP> mtu 1500 qdisc pfifo_fast{master} state UP qlen 1000",
                f"    link/{link} 00:50:56:8c:0a:0f brd ff:ff:ff:ff:ff:ff",
                *([f"    {kind} protocol id"] if kind else []),
            ]
            for address in interface["addresses"]:
                family, length = ("inet6", 64) if ":" in address else ("inet", 24)
                lines += [
                    f"    {family} {address}/{length} scope global {name}",
                    "       valid_lft forever preferred_lft forever",
                ]
        return "\n".join([*lines, ""])

    def ps(self) -> str:
        rows = ["USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND"]
        names = list(self.told.get("processes", ["systemd", "kthreadd", "sshd", "vmtoolsd"]))
        first = "systemd" if "systemd" in names or self.host.mode("/usr/lib/systemd/systemd") is not None else "init"
        for number, name in enumerate([first, "kthreadd", *sorted({*names} - {first, "kthreadd"})], 1):
            program = {1: "/sbin/init" if first == "init" else "/usr/lib/systemd/systemd --system", 2: "[kthreadd]"}
            command = program.get(number, f"/usr/sbin/{name}")
            rows.append(f"root      {number:4}  0.0  0.1  19232  1508 ?        Ss   07:30   0:01 {command}")
        rows.append("root      1840  0.0  0.1   8116  4496 ?        R    07:31   0:00 ps auxwww")
        rows.append("postfix   1842  0.0  0.1  81304  3420 ?        S    07:31   0:00 qmgr -l -t fifo -u")
        return "\n".join([*rows, ""])

    def lsmod(self) -> str | None:
        with suppress(Unreadable):
            rows = [line.split() for line in self.host.text("/proc/modules").splitlines()]
            return "".join(
                ["Module                  Size  Used by\n", *(f"{r[0]:<22} {r[1]:>6}  {r[2]}\n" for r in rows)]
            )
        return None

    def lsblk(self) -> str:
        points = {m.number: m.mount_point for m in self.facts.mounts.known() if m.number}
        width = max([30, *(len(d.dm_name or d.name) + 20 for d in self.devices.values())])
        lines = [f"{'NAME':<{width}} MAJ:MIN RM   SIZE RO TYPE MOUNTPOINT"]

        def add(device: BlockDevice, depth: int) -> None:
            name = (
                f"{device.dm_name} ({device.name})" if device.dm_name and self._old() else device.dm_name or device.name
            )
            drawn = f"{'  ' * (depth - 1)}{'|-' if self._old() else '├─'}{name}" if depth else name
            size = f"{(device.size_bytes or 0) / 2**30:.3g}G"
            row = f"{drawn:<{width}} {device.number:>7} {device.removable:2} {size:>6}  0 {device.kind:<4}"
            lines.append(f"{row} {points.get(device.number, '')}".rstrip())
            for other in self.devices.values():
                if device.name in (other.parents or ()):
                    add(other, depth + 1)

        for device in self.devices.values():
            if not device.parents:
                add(device, 0)
        return "\n".join([*lines, ""])

    def _old(self) -> bool:
        return str(self.told["kernel_release"]).startswith("2.6.")

    def partitions(self) -> str:
        rows = [
            f"{n:>4} {m:>8} {(d.size_bytes or 0) // 1024:10} {d.name}"
            for d in self.devices.values()
            for n, m in [d.number.split(":")]
        ]
        return "\n".join(["major minor  #blocks  name", "", *rows, ""])

    def blockdev(self) -> str:
        rows = ["RO    RA   SSZ   BSZ   StartSec            Size   Device"]
        sectors = {d.name: d.logical_bytes or 512 for d in self.facts.disk_details.known()}
        for device in self.devices.values():
            disk = device.parents[0] if device.kind == "part" and device.parents else device.name
            node = f"/dev/{device.name}"
            rows.append(f"rw   256 {sectors.get(disk, 512):5}  4096       2048 {device.size_bytes or 0:15}   {node}")
        return "\n".join([*rows, ""])

    def blkid(self) -> str:
        rows = []
        for device in self.devices.values():
            words = {"UUID": device.fs_uuid, "TYPE": device.fs_type, "LABEL": device.fs_label}
            told = " ".join(f'{key}="{value}"' for key, value in words.items() if value)
            if told:
                rows.append(f"{self._node(device)}: {told} \n")
        return "".join(rows)

    def _node(self, device: BlockDevice) -> str:
        return f"/dev/mapper/{device.dm_name}" if device.dm_name else f"/dev/{device.name}"

    def udevdb(self) -> str:
        blocks = []
        for device in self.devices.values():
            path = self.host.real_path(f"/sys/class/block/{device.name.replace('/', '!')}").removeprefix("/sys")
            major, minor = device.number.split(":")
            words = {
                "DEVNAME": f"/dev/{device.name}",
                "DEVPATH": path,
                "DEVTYPE": "partition" if device.kind == "part" else "disk",
                "DM_NAME": device.dm_name,
                "DM_UUID": self._word(f"/sys{path}/dm/uuid"),
                "ID_FS_TYPE": device.fs_type,
                "ID_FS_UUID": device.fs_uuid,
                "ID_FS_LABEL": device.fs_label,
                "MAJOR": major,
                "MINOR": minor,
                "SUBSYSTEM": "block",
            }
            lines = [f"P: {path}", f"N: {device.name}", *(f"E: {key}={value}" for key, value in words.items() if value)]
            blocks.append("\n".join(lines))
        for name in sorted(i["name"] for i in self.told["interfaces"]):
            with suppress(Unreadable):
                path = self.host.real_path(f"/sys/class/net/{name}").removeprefix("/sys")
                blocks.append(f"P: {path}\nE: DEVPATH={path}\nE: INTERFACE={name}\nE: SUBSYSTEM=net")
        return "\n\n".join([*blocks, ""])

    def _word(self, path: str) -> str | None:
        with suppress(Unreadable):
            return self.host.text(path).strip()
        return None

    def dmsetup_info(self) -> str:
        rows = ["Name             Maj Min Stat Open Targ Event  UUID"]
        for device in self.devices.values():
            if device.dm_name:
                path = self.host.real_path(f"/sys/class/block/{device.name}")
                major, minor = device.number.split(":")
                uuid = self._word(f"{path}/dm/uuid") or ""
                rows.append(f"{device.dm_name:<16} {major:>3} {minor:>3} L--w    1    1      0 {uuid}")
        return "\n".join([*rows, ""]) if len(rows) > 1 else "No devices found\n"

    def dmsetup_table(self) -> str:
        rows = []
        for device in self.devices.values():
            if device.dm_name:
                below = [self.devices[name].number for name in device.parents or ()]
                sectors = (device.size_bytes or 0) // 512
                rows += [f"{device.dm_name}: 0 {sectors} linear {number} 2048\n" for number in below]
        return "".join(rows) or "No devices found\n"

    def ls(self, folder: str) -> str:
        """`ls -lanR`: the directory, and those below it."""
        entries: dict[str, set[str]] = {folder: set()}
        for path in self.paths():
            if path.startswith(f"{folder}/"):
                while path != folder:
                    parent, _, name = path.rpartition("/")
                    entries.setdefault(parent, set()).add(name)
                    path = parent
        if folder == "/sys/block":
            entries[folder] |= {name for name, device in self.devices.items() if device.kind != "part"}
        if folder == "/dev":
            entries[folder] |= set(self.devices)
        texts = []
        for directory, names in sorted(entries.items()):
            lines = [
                f"{directory}:",
                "total 0",
                *(self._row(f"{directory}/{name}", name, directory) for name in sorted(names)),
            ]
            texts.append("\n".join([*lines, ""]))
        return "\n".join(texts)

    def _row(self, path: str, name: str, directory: str) -> str:
        when = f"{self.at:%b %d %H:%M}"
        if directory == "/dev" and name in self.devices:
            major, minor = self.devices[name].number.split(":")
            return f"brw-rw----  1    0    6 {major:>5}, {minor:>3} {when} {name}"
        if directory == "/sys/block":
            real = self.host.real_path(f"/sys/class/block/{name}").removeprefix("/sys/")
            return f"lrwxrwxrwx  1    0    0            0 {when} {name} -> ../{real}"
        target = self.host.link(path)
        if target is not None:
            return f"lrwxrwxrwx  1    0    0 {len(target):12} {when} {name} -> {target}"
        mode = self.host.mode(path) or stat.S_IFDIR | 0o755
        return f"{stat.filemode(mode)}  1    0    0 {4096:12} {when} {name}"

    def btrfs(self) -> str | None:
        rows = []
        for filesystem in self.facts.btrfs.value or ():
            rows += [
                f"Label: none  uuid: {filesystem.uuid}",
                f"\tTotal devices {len(filesystem.devices)} FS bytes used 1.00GiB",
            ]
            for number, name in enumerate(filesystem.devices, 1):
                rows.append(f"\tdevid {number:4} size 10.00GiB used 2.00GiB path {self._node(self.devices[name])}")
            rows.append("")
        return "\n".join(rows) or None

    def dmidecode(self) -> str:
        vendor, product = (self._word(f"/sys/class/dmi/id/{key}") for key in ("sys_vendor", "product_name"))
        return (
            "# dmidecode 2.12\nSMBIOS 2.4 present.\n\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n"
            f"\tManufacturer: {vendor}\n\tProduct Name: {product}\n\tVersion: None\n\tWake-up Type: Power Switch\n\n"
        )

    def rpms(self) -> str | None:
        if self.is_debian:
            return None
        return "".join(
            f"{f'{name}-1.2.3-4.el{number}.x86_64':<59} {self.date()}" for number, name in enumerate(self._packages(0))
        )

    def debs(self) -> str | None:
        if not self.is_debian:
            return None
        rows = ["Desired=Unknown/Install/Remove/Purge/Hold", "||/ Name           Version      Architecture Description"]
        rows += ["rc  lsof           4.95.0-1     amd64        removed, its configuration left"]
        return "\n".join(
            [*rows, *(f"ii  {name + ':amd64':<14} 1.2-3        amd64        it" for name in self._packages(1)), ""]
        )

    def _packages(self, which: int) -> list[str]:
        """The packages of what is there; /sbin/init is one of systemd's links where that is."""
        there = {names[which] for path, names in PACKAGES.items() if self.host.mode(path) is not None}
        return sorted((there - {"upstart"} if {"systemd", "systemd-sysv"} & there else there) - {""})

    def iptables(self, program: str, table: str) -> str | None:
        """`iptables -t TABLE -nvL`, by what iptables-save printed."""
        with suppress(Unreadable, KeyError):
            return listing(self.host.run(f"{program}-save").stdout, table, program == "ip6tables")
        return None

    def sysctl(self) -> str:
        fips = self._word("/proc/sys/crypto/fips_enabled")
        return f"kernel.ostype = Linux\n{f'crypto.fips_enabled = {fips}' if fips else ''}\n"

    def runlevel(self) -> str:
        return "N 3\n"

    def systemctl_show(self) -> str | None:
        if self.host.mode("/usr/lib/systemd/systemd") is None:
            return None
        lib = "/lib/systemd/system" if self.is_debian else "/usr/lib/systemd/system"
        return f"Version=252\nUnitPath=/etc/systemd/system /run/systemd/system /run/systemd/generator {lib}\n"

    def efibootmgr(self) -> str:
        if self.facts.firmware.value == "bios":
            return "EFI variables are not supported on this system.\n"
        return "BootCurrent: 0004\nTimeout: 0 seconds\nBootOrder: 0004\nBoot0004* Red Hat Enterprise Linux\n"

    def mokutil(self) -> str:
        if self.facts.firmware.value == "bios":
            return "EFI variables are not supported on this system\n"
        return f"SecureBoot {'enabled' if self.facts.secure_boot.value else 'disabled'}\n"

    def lsblk_pairs(self) -> str:
        rows = []
        sectors = {d.name: d for d in self.facts.disk_details.known()}
        for device in self.devices.values():
            disk = sectors.get(device.parents[0] if device.kind == "part" and device.parents else device.name)
            words = {
                "NAME": device.dm_name or device.name,
                "KNAME": device.name,
                "MAJ:MIN": device.number,
                "FSTYPE": device.fs_type or "",
                "UUID": device.fs_uuid or "",
                "LOG-SEC": str(disk.logical_bytes or 512) if disk else "512",
                "PHY-SEC": str(disk.physical_bytes or 512) if disk else "512",
                "TYPE": device.kind,
                "PKNAME": (device.parents or ("",))[0] if device.parents else "",
            }
            rows.append(" ".join(f'{key}="{value}"' for key, value in words.items()) + "\n")
        return "".join(rows)


COMMANDS: tuple[tuple[str, Callable[..., str | None]], ...] = (
    (r"uname -a", Printed.uname),
    (r"hostname( -f)?", lambda printed, _: f"{printed.told['host_name']}\n"),
    (r"date( --utc)?", lambda printed, _: printed.date()),
    (r"df -al( -x autofs)?", lambda printed, _: printed.df()),
    (r"mount -l", Printed.mount),
    (r"ip -o addr", Printed.ip_o_addr),
    (r"ip (-d )?address", lambda printed, _: printed.ip_address()),
    (r"ps auxwww", Printed.ps),
    (r"lsmod", Printed.lsmod),
    (r"lsblk", Printed.lsblk),
    (r"lsblk -O -P", Printed.lsblk_pairs),
    (r"blockdev --report", Printed.blockdev),
    (r"blkid -c /dev/null", Printed.blkid),
    (r"udevadm info --export-db", Printed.udevdb),
    (r"dmsetup info -c", Printed.dmsetup_info),
    (r"dmsetup table", Printed.dmsetup_table),
    (r"ls -lanR (/\S+)", Printed.ls),
    (r"ls -laR (/\S+)", Printed.ls),
    (r"btrfs filesystem show", Printed.btrfs),
    (r"dmidecode", Printed.dmidecode),
    (r"rpm .*", Printed.rpms),
    (r"dpkg -l", Printed.debs),
    (r"runlevel", Printed.runlevel),
    (r"sysctl -a", Printed.sysctl),
    (r"(ip6?tables) -t (\w+) -nvL", Printed.iptables),
    (r"systemctl show --all", Printed.systemctl_show),
    (r"efibootmgr( -v)?", lambda printed, _: printed.efibootmgr()),
    (r"mokutil --sb-state", Printed.mokutil),
)

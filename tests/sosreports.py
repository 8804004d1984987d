"""sosreports of recorded machines, in the layouts of sos 2.2, 3.2 and 4.x; `make golden` writes what is said of each.

Made as those versions made them: which files were copied, which links left out, how commands were named.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from linuxready import sources
from linuxready.facts import Facts
from linuxready.formats import Look, Style, render
from linuxready.host import Unreadable

from .golden import HOSTS, profile_of
from .machines import NOW, report
from .printed import Printed

SOSREPORTS = HOSTS.parent / "sosreports"


class Layout(NamedTuple):
    """A machine's report: sos's version, and its plugins with what each copies and runs."""

    machine: str
    version: str
    plugins: dict[str, tuple[str, str]]


LISTED = "; ".join(f"{{0}}tables -t {table} -nvL" for table in ("filter", "nat", "mangle"))
"""The tables that sos lists before 3.6, if they are there; those of IPv6 from 3.3 on."""

SOS_2 = {
    "bootloader": ("/boot/grub/grub.conf /boot/grub/device.map", "/bin/ls -laR /boot"),
    "devicemapper": (
        "/etc/lvm/lvm.conf",
        "/sbin/dmsetup info -c; /sbin/dmsetup table; /bin/ls -laR /dev; /bin/ls -laR /sys/block",
    ),
    "filesys": (
        "/etc/fstab /proc/self/mounts /proc/mounts",
        "/bin/mount -l; /bin/df -al; /sbin/blkid -c /dev/null; /bin/lsblk",
    ),
    "general": ("/etc/redhat-release /etc/inittab /etc/init /etc/sysconfig", "/bin/hostname; /bin/date"),
    "hardware": ("/proc/partitions", "/usr/sbin/dmidecode"),
    "kernel": ("/lib/modules/{kernel}/modules.dep /proc/cmdline", "/bin/uname -a; /sbin/lsmod; /sbin/sysctl -a"),
    "networking": ("/proc/net /etc/host*", f"/sbin/ip -o addr; /sbin/ip address; {LISTED.format('/sbin/ip')}"),
    "process": ("", "/bin/ps auxwww"),
    "rpm": (
        "",
        r"""/bin/rpm -qa --qf="%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}~~%{INSTALLTIME:date}\n" --nosignature"""
        r""" --nodigest|/bin/awk -F '~~' '{printf "%-59s %s\n",$1,$2}'|sort""",
    ),
    "ssh": ("/etc/ssh/ssh_config /etc/ssh/sshd_config", ""),
    "startup": ("/etc/rc.d", "/sbin/runlevel"),
}
"""As sos-2.2 of RHEL 6 had them."""

SOS_3 = {
    "block": ("/proc/partitions", "lsblk; blkid -c /dev/null; ls -lanR /dev; ls -lanR /sys/block"),
    "boot": ("", "ls -lanR /boot; efibootmgr"),
    "devicemapper": ("", "dmsetup info -c; dmsetup table"),
    "filesys": ("/etc/fstab /proc/self/mounts /proc/self/mountinfo /proc/mounts", "mount -l; df -al"),
    "firewalld": (
        "/etc/firewalld/firewalld.conf /etc/firewalld/zones/*.xml /etc/firewalld/services/*.xml",
        "",
    ),
    "general": ("/etc/sysconfig /etc/os-release /etc/redhat-release", "hostname; date"),
    "grub2": ("/boot/grub2/grub.cfg /boot/grub2/grubenv /boot/grub/grub.cfg /etc/default/grub /etc/grub2.cfg", ""),
    "hardware": ("", "dmidecode"),
    "kernel": ("/proc/modules /lib/modules/{kernel}/modules.dep /proc/cmdline", "uname -a; lsmod; sysctl -a"),
    "networking": ("/proc/net /etc/host* /sys/class/net/*/flags", f"ip -o addr; ip address; {LISTED.format('ip')}"),
    "process": ("", "ps auxwww"),
    "rpm": (
        "",
        r"""sh -c "rpm --nodigest -qa --qf='%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}~~%{INSTALLTIME:date}\n'"""
        r"""|awk -F '~~' '{printf "%-59s %s\n",$1,$2}'|sort -f\"""",
    ),
    "services": ("/etc/inittab /etc/rc.d", "/sbin/runlevel"),
    "ssh": ("/etc/ssh/ssh_config /etc/ssh/sshd_config", ""),
    "system": ("/proc/sys", ""),
    "systemd": ("/etc/systemd /lib/systemd/system", "systemctl show --all"),
    "xfs": ("", "xfs_info {xfs}"),
}
"""As sos-3.2 of RHEL 7.2 had them."""

SOS_4 = {
    "block": (
        "/proc/partitions /sys/block/*/queue/",
        "lsblk; blkid -c /dev/null; blockdev --report; ls -lanR /dev; ls -lanR /sys/block",
    ),
    "boot": ("", "ls -lanR /boot; efibootmgr -v; mokutil --sb-state"),
    "date": ("", "date; date --utc"),
    "devicemapper": ("", "dmsetup info -c; dmsetup table"),
    "devices": ("", "udevadm info --export-db"),
    "filesys": ("/proc/mounts /proc/self/mounts /proc/self/mountinfo /etc/fstab", "mount -l; df -al -x autofs"),
    "grub2": (
        "/boot/grub2/grub.cfg /boot/grub2/grubenv /boot/grub/grub.cfg /boot/loader/entries /etc/default/grub"
        " /etc/grub2.cfg",
        "ls -lanR /boot",
    ),
    "hardware": ("/sys/class/dmi/id/*", "dmidecode"),
    "host": ("", "hostname; hostname -f"),
    "kernel": ("/proc/modules /lib/modules/{kernel}/modules.dep /proc/cmdline", "uname -a; lsmod; sysctl -a"),
    "networking": ("/proc/net/ /etc/host* /sys/class/net/*/flags", "ip -o addr; ip -d address"),
    "process": ("", "ps auxwww"),
    "release": ("/etc/*release", ""),
    "services": ("/etc/inittab /etc/rc.d", "/sbin/runlevel"),
    "ssh": ("/etc/ssh/ssh_config /etc/ssh/sshd_config", ""),
    "system": ("/proc/sys /etc/sysconfig /etc/default", ""),
    "systemd": ("/etc/systemd /lib/systemd/system /run/systemd/system", "systemctl show --all"),
}
"""What is common to sos 4 on all systems."""

LAYOUTS = {
    "sos-2.2-rhel-6.8": Layout("rhel-6.8-ready", "2.2", SOS_2),
    "sos-3.2-rhel-7.2": Layout("rhel-7.2-ready", "3.2", SOS_3),
    "sos-4.0-debian-12": Layout(
        "debian-12-today",
        "4.0",
        {
            **SOS_4,
            "dpkg": ("", "dpkg -l"),
            "networking": (
                f"{SOS_4['networking'][0]} /etc/nftables /etc/nftables.conf /etc/ufw",
                SOS_4["networking"][1],
            ),
            "release": ("/etc/*release /etc/debian_version", ""),
            "services": ("/etc/inittab /etc/rc.d /etc/rc*.d", "/sbin/runlevel"),
        },
    ),
    "sos-4.7-rhel-9.4": Layout(
        "rhel-9.4-secure-boot-off",
        "4.7.0",
        {
            **SOS_4,
            "block": (SOS_4["block"][0], f"{SOS_4['block'][1]}; lsblk -O -P"),
            "firewall_tables": ("/etc/nftables /etc/sysconfig/nftables.conf /etc/nftables.conf", ""),
            "rpm": (
                "",
                r"""sh -c 'rpm --nodigest -qa --qf="%-59{NVRA} %{INSTALLTIME:date}\n" | sort -V'""",
            ),
            "ssh": ("/etc/ssh/ssh_config /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*", ""),
        },
    ),
}

ROOT_LINKS = {
    "uname": "kernel/uname_-a",
    "hostname": "{host}/hostname",
    "date": "{date}/date",
    "df": "filesys/df_-al*",
    "mount": "filesys/mount_-l",
    "ip_addr": "networking/ip_-o_addr",
    "installed-rpms": "rpm/*rpm*-qa*",
    "installed-debs": "dpkg/dpkg_-l",
    "ps": "process/ps_auxwww",
}


TABLES = "; ".join(
    f"{program}tables -t {table} -nvL"
    for program in ("ip", "ip6")
    for table in "filter nat mangle raw security".split()
)
SOS_3_6 = {**SOS_3, "networking": (SOS_3["networking"][0], f"ip -o addr; ip address; {TABLES}")}
"""From sos 3.6 on each table that is in use is listed."""


def make(layout: Layout, folder: Path) -> Path:
    """A report below `folder`; its top folder."""
    printed = Printed(HOSTS / layout.machine)
    top = folder / f"sosreport-{printed.told['host_name'].split('.')[0]}-2026-11-20-abcdefg"
    maker = _Maker(layout, printed, top)
    for name, (specs, commands) in layout.plugins.items():
        maker.copy(specs)
        maker.run(name, commands)
    maker.finish()
    return top


class _Maker:
    def __init__(self, layout: Layout, printed: Printed, top: Path) -> None:
        self.layout, self.printed, self.host, self.top = layout, printed, printed.host, top
        self.major = int(layout.version.split(".")[0])
        self.ran: dict[str, list[dict[str, object]]] = {name: [] for name in layout.plugins}
        (top / "sos_commands").mkdir(parents=True)

    # -- files ---------------------------------------------------------------------------------------

    def copy(self, specs: str) -> None:
        for spec in specs.replace("{kernel}", self.printed.told["kernel_release"]).split():
            if spec in ("/proc/partitions", "/proc/mounts", "/proc/self/mounts"):
                self._write(spec, self.printed.partitions() if spec == "/proc/partitions" else self.printed.mounts())
            for path in self._matching(spec.rstrip("/")):
                self._copy(path)
            if spec.rstrip("/") == "/proc/net":
                self._write("/proc/net/dev", "")  # on every machine, though no recording has it

    def _matching(self, spec: str) -> list[str]:
        """Paths that a glob names, one part after the other, links followed."""
        found = [""]
        for part in spec.split("/")[1:]:
            if not re.search(r"[*?\[]", part):
                found = [f"{path}/{part}" for path in found]
            else:
                found = [f"{path}/{name}" for path in found for name in self._names(path) if fnmatchcase(name, part)]
        return found

    def _names(self, folder: str) -> list[str]:
        try:
            return self.host.entries(folder)
        except Unreadable:
            return []

    def _copy(self, path: str) -> None:
        target = self.host.link(path)
        if target is None:
            real = self.host.real_path(path)
            mode = self.host.mode(path)
            if mode is None:
                return
            names = self._names(path)
            if names or (mode & 0o170000) == 0o040000:
                if self.major >= 4 and not names:
                    (self._place(path)).mkdir(parents=True, exist_ok=True)
                for name in names:
                    self._copy(f"{path}/{name}")
                return
            try:
                self._write(path, self.host.read(real), mode)
            except Unreadable:
                if mode & 0o111:  # the recording has the mode of a script only
                    self._write(path, "#!/bin/sh\n", mode)
            return
        led_to = self.host.real_path(path)
        there = self.host.mode(path) is not None
        if self.major == 2 and (not there or self._names(path)):
            return  # links that lead nowhere, or to directories
        absolute = target if target.startswith("/") else os.path.normpath(f"{os.path.dirname(path)}/{target}")
        place = self._place(path)
        if not place.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(os.path.relpath(absolute, os.path.dirname(path)) if target.startswith("/") else target)
        if there and not led_to.startswith("/dev/"):
            self._copy(absolute)

    def _place(self, path: str) -> Path:
        """Where a path comes to lie; sos 4 makes the links to directories that lead there, others make folders."""
        if self.major < 4:
            return self.top / path[1:]
        place = self.top
        parts = path.split("/")[1:]
        for number, part in enumerate(parts[:-1]):
            above = "/" + "/".join(parts[:number])
            target = self.host.link(f"{above.rstrip('/')}/{part}")
            place = place / part
            if target is not None and not place.is_symlink():
                real = self.host.real_path(f"{above.rstrip('/')}/{part}")
                (self.top / real[1:]).mkdir(parents=True, exist_ok=True)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(os.path.relpath(real, above))
        return place / parts[-1]

    def _write(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
            place.chmod(mode & 0o777)

    # -- commands ------------------------------------------------------------------------------------

    def run(self, plugin: str, commands: str) -> None:
        for written in filter(None, commands.split("; ")):
            for command in self._each(written):
                text = self.printed.of(re.sub(r"^/(usr/)?s?bin/", "", command) if "rpm" not in command else "rpm -qa")
                name = re.sub(r"^/(usr/|)(bin|sbin)/", "", command)
                name = (
                    re.sub(r"[^\w\-./]+", "_", name).replace("/", ".").strip(" ._-")[: 64 if self.major == 2 else 255]
                )
                place = self.top / "sos_commands" / plugin / name
                if text is not None:
                    place.parent.mkdir(exist_ok=True)
                    place.write_text(text, encoding="utf-8")
                told = {"exec": command, "return_code": 127 if text is None else 0}
                self.ran[plugin].append(
                    {**told, "filepath": None if text is None else str(place.relative_to(self.top))}
                )

    def _each(self, command: str) -> list[str]:
        if "{xfs}" not in command:
            return [command]
        points = [m.mount_point for m in self.printed.facts.mounts.known() if m.fs_type == "xfs"]
        return [command.replace("{xfs}", point) for point in points]

    def finish(self) -> None:
        """The links in the root, and what the report says of itself."""
        names = {"host": "host", "date": "date"} if self.major >= 4 else dict.fromkeys(("host", "date"), "general")
        for name, pattern in ROOT_LINKS.items():
            for path in sorted((self.top / "sos_commands").glob(pattern.format_map(names)))[:1]:
                (self.top / name).symlink_to(path.relative_to(self.top))
        self._write("/var/log/dmesg", "")
        plugins = "\n".join(f"{name}: unversioned" for name in self.ran)
        (self.top / "version.txt").write_text(f"sosreport: {self.layout.version}\n{plugins}", encoding="utf-8")
        (self.top / "sos_reports").mkdir()
        if self.major >= 4:
            told = {name: {"timeout_hit": False, "commands": commands} for name, commands in self.ran.items()}
            manifest = {"version": self.layout.version, "components": {"report": {"plugins": told}}}
            (self.top / "sos_reports/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@cache
def collected(name: str) -> Facts:
    """The facts of a layout's report, from its archive."""
    with TemporaryDirectory() as folder:
        top = make(LAYOUTS[name], Path(folder))
        archive = f"{top}.tar.xz"
        with tarfile.open(archive, "w:xz", preset=0) as tar:
            tar.add(top, top.name)
        return sources.facts_of(("sosreport", archive), NOW)


def outputs(name: str) -> dict[str, str]:
    """The text of each golden file of a layout."""
    facts = collected(name)
    judged, look = report(facts, profile_of(HOSTS / LAYOUTS[name].machine)), Look(facts, 0.25)
    return {
        "report.json": render(judged, "json", Style(), look),
        "table.txt": render(judged, "table", Style(width=80), look),
        "not-gathered.txt": not_gathered(facts),
    }


def not_gathered(facts: Facts) -> str:
    """The facts that are not known, and why."""
    unknown = {name: getattr(getattr(facts, name), "unknown", None) for name in facts.__struct_fields__}
    return "".join(f"{name}: {why}\n" for name, why in unknown.items() if why)

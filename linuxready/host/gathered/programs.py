"""Whether a program is there, by the list of packages: support tools copy no programs.

What is in none of these packages, or elsewhere than where packages put programs, was not gathered. A missing package
does not mean a missing program: `vmtoolsd` has an installer of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from linuxready.host import Unreadable

if TYPE_CHECKING:
    from linuxready.host.gathered import Gathered

FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where packages put programs, and nobody else does."""

PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "lsof": ("/usr/sbin/lsof", ("lsof",)),
    "yum": ("/usr/bin/yum", ("yum",)),
    "dnf": ("/usr/bin/dnf", ("dnf",)),
    "zypper": ("/usr/bin/zypper", ("zypper",)),
    "apt-get": ("/usr/bin/apt-get", ("apt",)),
    "chkconfig": ("/sbin/chkconfig", ("chkconfig", "aaa_base")),
    "update-rc.d": ("/usr/sbin/update-rc.d", ("sysv-rc", "init-system-helpers")),
    "systemctl": ("/usr/bin/systemctl", ("systemd",)),
    "locale": ("/usr/bin/locale", ("glibc-common", "glibc", "libc-bin")),
    "vgdisplay": ("/sbin/vgdisplay", ("lvm2",)),
    "dhclient": ("/sbin/dhclient", ("dhclient", "dhcp-client", "isc-dhcp-client")),
    "dhcpcd": ("/sbin/dhcpcd", ("dhcpcd", "dhcpcd5", "dhcpcd-base")),
    "dracut": ("/usr/bin/dracut", ("dracut",)),
    "mkinitrd": ("/sbin/mkinitrd", ("mkinitrd",)),
    "update-initramfs": ("/usr/sbin/update-initramfs", ("initramfs-tools",)),
    "python3": (
        "/usr/bin/python3",
        ("python3", "python3-minimal", "python3-base", "python36", "python39", "python311"),
    ),
    "python": ("/usr/bin/python", ("python", "python-base", "python-minimal", "python-is-python3")),
    "python2": ("/usr/bin/python2", ("python", "python2", "python2-minimal", "python-base")),
}
"""Program to its path and the packages that bring it, of Red Hat, SUSE, Debian and Ubuntu."""

OTHERS: dict[str, tuple[str, ...]] = {
    "/usr/libexec/platform-python": ("platform-python",),
    "/usr/bin/vmtoolsd": ("open-vm-tools",),
    "/usr/lib/wicked/bin/wickedd-dhcp4": ("wicked-service", "wicked"),
    "/usr/libexec/wicked/bin/wickedd-dhcp4": ("wicked-service", "wicked"),
    "/usr/sbin/sshd": ("openssh-server", "openssh"),
}
"""Paths of programs that are there with a package; without it, they need not be missing."""

OF_PACKAGES = (
    (("/etc/firewalld", "/usr/lib/firewalld"), re.compile("firewalld")),
    (("/etc/ufw",), re.compile("ufw")),
    (("/etc/sysconfig/SuSEfirewall2", "/usr/share/SuSEfirewall2"), re.compile("SuSEfirewall2")),
    (("/etc/iptables",), re.compile("iptables-persistent|netfilter-persistent")),
    (("/boot/grub2", "/etc/grub2.cfg", "/etc/grub2-efi.cfg"), re.compile("grub2(-.*)?")),
    (("/etc/default/grub",), re.compile("grub2(-.*)?|grub-common")),
    (("/etc/grub.conf",), re.compile("grub(-legacy)?")),
    (("/etc/oracle-release",), re.compile("oraclelinux-release.*|enterprise-release")),
    (("/etc/centos-release",), re.compile("centos-.*release")),
    (
        ("/usr/lib/systemd", "/lib/systemd", "/usr/local/lib/systemd", "/etc/systemd", "/run/systemd"),
        re.compile("systemd(-.*)?"),
    ),
    (("/etc/init",), re.compile("upstart(-.*)?")),
)
"""Files and folders that nobody has without one of these packages."""

EXECUTABLE = 0o100755


def is_gone(path: str, gathered: Gathered) -> bool:
    """Whether a path is not there, for no package that brings it is installed; False where that is not known."""
    for places, packages in OF_PACKAGES:
        if any(f"{path}/".startswith(f"{place}/") for place in places):
            with suppress(Unreadable):
                names = gathered.packages()
                return bool(names) and not any(map(packages.fullmatch, names))
    return False


def mode(path: str, gathered: Gathered, gap: Unreadable, resolved: Callable[[str], str]) -> int | None:
    """The mode of a program, None where its package is not installed; raises `gap` where packages do not tell.

    `path` has its links followed, as `resolved` follows them: /bin may be a link to usr/bin.
    """
    folder, _, name = path.rpartition("/")
    place, packages = PROGRAMS.get(name, ("", ()))
    if place and folder in FOLDERS:
        return EXECUTABLE if resolved(place) == path and not gathered.packages().isdisjoint(packages) else None
    if path in OTHERS and not gathered.packages().isdisjoint(OTHERS[path]):
        return EXECUTABLE
    if place and gathered.packages().isdisjoint(packages):
        raise Unreadable(f"{gap} (no package has brought {name})")
    raise gap

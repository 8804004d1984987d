"""What the plugins of sos gather, of what we ask for: which, in which versions, and in which words.

`sos report -o NAME,NAME` runs some of them only. Source: the plugins of sos 2.2 to 4.8, https://github.com/sosreport/sos.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

Version = tuple[int, ...]
LAST: Version = (99,)


class Plugin(NamedTuple):
    """What a plugin of sos gathers that we ask for, in the versions from `since` up to, and without, `before`.

    `paths`: patterns; "/etc/systemd/" is a folder with all that is in it, "{kernel}" the running kernel's release.
    `commands`: the beginnings of command lines, separated by commas.
    """

    name: str
    paths: str = ""
    commands: str = ""
    since: Version = (0,)
    before: Version = LAST
    family: str = ""
    """rpm or deb, where only the plugin of such systems does so."""
    witness: str = ""
    """A file without which, as links in the report lead to it, nothing of the row was copied: every machine has it."""
    says: str = ""
    """A pattern of what the witness has to say for that, in small or capital letters."""


PLUGINS = (
    Plugin("filesys", "/etc/fstab /proc/mounts /proc/self/mounts", "df, mount"),
    Plugin("filesys", "/proc/self/mountinfo", "findmnt", since=(3,)),
    Plugin("filesys", "/proc/mdstat", "blkid, fdisk, lsblk, parted", before=(3,)),
    Plugin(
        "block",
        "/proc/partitions",
        "lsblk, blkid, fdisk, parted, ls -lanR /dev, ls -lanR /sys/block, udevadm info",
        since=(3,),
    ),
    Plugin("block", "/sys/block/*/queue/*", since=(4,)),
    Plugin("block", "/sys/block/loop*/loop/", "losetup, lsblk -O -P", since=(4, 2)),
    Plugin("devices", "", "udevadm info --export-db", since=(3, 3)),
    Plugin(
        "devicemapper",
        "",
        "dmsetup, vgdisplay, lvs, pvs, vgs, pvscan, vgscan, multipath, ls -lanR /dev, ls -lanR /sys/block",
        before=(3,),
    ),
    Plugin("devicemapper", "", "dmsetup", since=(3,)),
    Plugin("lvm2", "/etc/lvm/", "vgdisplay, lvs, pvs, vgs, pvscan, vgscan", since=(3,)),
    Plugin("multipath", "", "multipath", since=(3,)),
    Plugin("md", "/proc/mdstat", "mdadm", since=(3,)),
    Plugin("xfs", "", "xfs_info", since=(3, 2)),
    Plugin("btrfs", "", "btrfs", since=(3, 3)),
    Plugin("kernel", "/proc/cmdline /lib/modules/{kernel}/modules.dep", "uname, lsmod, sysctl, modinfo"),
    Plugin("kernel", "/proc/modules", "dmesg", since=(3,)),
    Plugin("networking", "/etc/host*", "ip, ifconfig, netstat"),
    Plugin("networking", "/proc/net/", witness="/proc/net/dev"),  # a link, which 2.2-17 did not follow
    Plugin("networking", "", "iptables -t filter, iptables -t nat, iptables -t mangle", before=(3, 6)),
    Plugin("networking", "", "ip6tables -t filter, ip6tables -t nat, ip6tables -t mangle", since=(3, 3), before=(3, 6)),
    # From here on every table that is in use.
    Plugin("networking", "", "iptables, ip6tables", since=(3, 6), before=(4, 1)),
    Plugin("networking", "/etc/nftables/ /etc/nftables.conf /etc/sysconfig/nftables.conf", "nft", (3, 5), (4, 1)),
    Plugin("networking", "/etc/ufw/", "ufw", since=(3,), before=(4, 1), family="deb"),
    Plugin("firewall_tables", "/etc/nftables/ /etc/nftables.conf /etc/sysconfig/nftables.conf", "nft", (4, 1)),
    Plugin("firewall_tables", "", "iptables, ip6tables", since=(4, 1)),
    Plugin("ufw", "/etc/ufw/", "ufw", since=(4, 1), family="deb"),
    Plugin(
        "firewalld",
        "/etc/firewalld/firewalld.conf /etc/firewalld/icmptypes/*.xml /etc/firewalld/services/*.xml"
        " /etc/firewalld/zones/*.xml",
        "firewall-cmd",
        since=(3, 2),
        family="rpm",
    ),
    Plugin("firewalld", "/etc/firewalld/*.xml", since=(3, 4), family="rpm"),
    Plugin("general", "/etc/redhat-release /etc/sysconfig/", "hostname, date, uptime", before=(3, 6)),
    Plugin("general", "/etc/inittab /etc/init/", before=(3, 2)),
    Plugin("general", "/etc/os-release", since=(3, 2), before=(3, 6)),
    Plugin("general", "/etc/default/ /etc/lsb-release /etc/debian_version", since=(3,), before=(3, 6), family="deb"),
    Plugin("host", "", "hostname, uptime", since=(3, 6)),
    Plugin("date", "", "date", since=(3, 6)),
    Plugin("release", "/etc/*release", "lsb_release", since=(3, 6)),
    Plugin("lsbrelease", "/etc/lsb-release*", "lsb_release", since=(3,), before=(3, 6)),
    Plugin("release", "/etc/debian_version", since=(3, 6), family="deb"),
    Plugin("system", "/proc/sys/", since=(3,)),
    Plugin("system", "/etc/sysconfig/ /etc/default/", since=(3, 6)),
    Plugin("startup", "/etc/rc.d/", "chkconfig, runlevel", before=(3, 2)),
    Plugin("services", "/etc/inittab /etc/rc.d/", "runlevel", since=(3, 2)),
    Plugin("services", "", "chkconfig", since=(3, 2), family="rpm"),
    # Of the scripts, those that a link starts; the others start nothing.
    Plugin("services", "/etc/rc*.d/ /etc/init.d/*", since=(3, 2), family="deb"),
    Plugin("upstart", "/etc/init/*.conf", "initctl, ls -l /etc/init/", since=(3,), before=(4, 9)),
    Plugin("systemd", "/etc/systemd/ /lib/systemd/system/", "systemctl, timedatectl, systemd-delta", since=(3,)),
    Plugin("systemd", "/run/systemd/system/", "systemd-analyze", since=(3, 7)),
    Plugin("ssh", "/etc/ssh/sshd_config"),
    Plugin("ssh", "/etc/ssh/sshd_config.d/*", since=(4, 7, 2)),
    # What sshd_config includes, as far as sos understands it: the first pattern, with its whole path.
    Plugin(
        "ssh",
        "/etc/ssh/sshd_config.d/*",
        since=(4, 2),
        before=(4, 7, 2),
        witness="/etc/ssh/sshd_config",
        says=r"^include[ \t]+/etc/ssh/sshd_config\.d/",
    ),
    Plugin("bootloader", "/boot/grub/grub.conf", "ls -laR /boot", before=(3,)),
    Plugin("boot", "", "ls -lanR /boot, lsinitrd, efibootmgr", since=(3,)),
    Plugin("boot", "", "mokutil", since=(3, 7)),
    Plugin("grub", "/boot/grub/grub.conf /etc/grub.conf /boot/efi/EFI/*/grub.conf", since=(3,)),
    Plugin(
        "grub2",
        "/boot/grub2/grub.cfg /boot/grub2/grubenv /boot/grub/grub.cfg /boot/efi/EFI/*/grub.cfg /etc/default/grub"
        " /etc/grub2.cfg",
        "ls -lanR /boot",
        since=(3,),
    ),
    Plugin("grub2", "/boot/loader/entries/", since=(3, 7)),
    Plugin("hardware", "/sys/class/dmi/id/*", since=(3, 5)),
    Plugin("hardware", "", "dmidecode"),
    Plugin("hardware", "/proc/partitions", before=(3,)),
    Plugin("process", "", "ps"),
    Plugin("rpm", "", "rpm", family="rpm"),
    Plugin("dpkg", "", "dpkg", since=(3,), family="deb"),
    Plugin("crypto", "/proc/crypto", since=(3, 5)),
    Plugin("crypto", "/etc/crypto-policies/", "fips-mode-setup", since=(4,)),
)
"""Who gathers what; of several, the one to name comes first."""

SAME = (
    ("df -al -x autofs", "df -al", "df -a", "df -k", "df"),
    ("ls -lanR /boot", "ls -laR /boot", "ls -alZR /boot"),
    ("ls -lanR /dev", "ls -laR /dev", "ls -alZR /dev"),
    ("ls -lanR /sys/block", "ls -laR /sys/block", "ls -alZR /sys/block"),
    ("ls -alZR /sys/firmware", "ls -alZR /sys/firmware/"),
    ("ls -lanR /lib/systemd", "ls -lR /lib/systemd", "ls -alZR /lib/systemd"),
    ("ps auxwww", "ps auxww", "ps aux"),
    ("ip -o addr", "ip -d address", "ip address", "ip addr"),
    ("blkid", "blkid -c /dev/null"),
    ("mount", "mount -l"),
    ("udevadm info -e", "udevadm info --export-db"),
    ("iptables-save", "iptables-save -c"),
    ("iptables -t filter -nvL", "iptables -vnxL"),
    ("ip6tables -t filter -nvL", "ip6tables -vnxL"),
)
"""Command lines that differ between versions and say the same; each stands for all others of its row."""


NAME_MAX, OLD_NAME_MAX = 255, 64
"""Characters of a command that its file's name keeps; to 3.2 they are fewer, and one output is written over another."""


def mangled(command: str) -> str:
    """The file name that sos makes of a command line."""
    name = re.sub(r"[^\w\-./]+", "_", re.sub(r"^/(usr/)?s?bin/", "", command))
    return name.replace("/", ".").strip(" ._-")[:NAME_MAX]


WORDS = re.compile(r"(\*|\[0-9\])")


def pattern_of(path: str) -> re.Pattern[str]:
    """What fits a path of the table: `*` goes no further than a `/`, a folder is all that is in it as well."""
    # Where nothing fits "sshd_config.d/*", nothing is in the folder, or there is none: to us the same.
    stem, rest = (path[:-1], "(?:/.*)?") if path.endswith("/") else (path, "")
    stem, rest = (path[:-2], "(?:/[^/]+)?") if path.endswith("/*") else (stem, rest)
    words = ("[^/]*" if word == "*" else word if word == "[0-9]" else re.escape(word) for word in WORDS.split(stem))
    return re.compile("".join(words) + rest, re.S)


def any_of(paths: Iterable[str]) -> re.Pattern[str]:
    """What fits one of several paths."""
    return re.compile("|".join(pattern_of(path).pattern for path in paths), re.S)


OTHERS_FILES = {
    "rpm": any_of("/etc/default/ssh /etc/iptables/ /etc/ufw/ /etc/debian_version /etc/lsb-release".split()),
    "deb": any_of(
        "/etc/sysconfig/ /etc/oracle-release /etc/centos-release /etc/redhat-release /etc/system-release".split()
    ),
}
"""Files that nothing on such a system reads, so that they are none, were they there or not."""

OWN = re.compile(
    rf"sos_commands/(?:{'|'.join(sorted({plugin.name for plugin in PLUGINS}))})/[^/]+"
    r"|sos_reports/(?:manifest\.json|sos\.txt|sosreport\.html)|sos_logs/(?:(?:ui|sos)\.log|\w+-plugin-errors\.txt)"
    r"|[^/]+"
)
"""Members of an archive that tell of the report itself, its root's files and links among them."""

WORTH = """
    /bin /sbin /lib /usr/lib
    /boot/grub/menu.lst /boot/grub/grubenv /boot/loader/ /boot/efi/EFI/*/grubenv
    /etc/ssh/* /etc/sysconfig/ /etc/default/ /etc/init.d/* /etc/rc*.d/ /etc/*-release /etc/HOSTNAME /etc/grub2-efi.cfg
    /etc/iptables/ /etc/firewalld/ /usr/lib/firewalld/ /usr/lib/os-release /usr/share/crypto-policies/ /etc/sos/sos.conf
    /usr/lib/systemd/system/ /usr/local/lib/systemd/system/ /run/systemd/ /run/udev/data/
    /lib/modules/*/modules.* /usr/lib/modules/*/modules.*
    /proc/version /proc/sys/kernel/ /proc/sys/crypto/ /proc/self /proc/self/* /proc/[0-9]*/mountinfo /proc/[0-9]*/mounts
    /proc/net /proc/net/dev /proc/net/if_inet6 /proc/net/vlan/ /proc/net/ip*_tables_names
    /proc/[0-9]*/net /proc/[0-9]*/net/dev /proc/[0-9]*/net/if_inet6 /proc/[0-9]*/net/vlan/
    /proc/[0-9]*/net/ip*_tables_names
    /sys/block/* /sys/class/net/* /sys/class/block/* /sys/class/dmi /sys/devices/ /sys/firmware/ /sys/module/nf_tables/
""".split()
"""Paths that are asked for wherever a version of sos, or an administrator's own plugin, put them."""

_LARGE = ("/proc/net/", "/proc/sys/")

ASKED_FOR = any_of(
    (*WORTH, *(p.replace("{kernel}", "*") for plugin in PLUGINS for p in plugin.paths.split() if p not in _LARGE))
)
"""The paths of a machine that are unpacked."""

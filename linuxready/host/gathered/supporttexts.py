"""The texts of a supportconfig: which are read, what stands in which, and of what one has all there is.

Source: supportutils' sources of 2013 (2.25), 2020 (3.1.9), 2024 (3.1.29) and 2026 (3.2.12).
"""

from __future__ import annotations

import re

from linuxready.host.gathered.sections import CONFIGURATION, Section

ENVIRONMENT = "basic-environment.txt"
LAST = "hardware.txt"
"""The text that is begun when all others that are read are done; there is none without it."""

TEXTS = {
    ENVIRONMENT: "",
    "basic-health-check.txt": "",
    "rpm.txt": "",
    "boot.txt": "BOOT",
    "network.txt": "NET",
    "ssh.txt": "SSH",
    "fs-diskio.txt": "DISK",
    "systemd.txt": "DAEMONS",
    "chkconfig.txt": "CHKCONFIG",
    "sysconfig.txt": "SYSCONFIG",
    "proc.txt": "PROC",
    "modules.txt": "MOD",
    "lvm.txt": "LVM",
    "mpio.txt": "MPIO",
    "udev.txt": "UDEV",
    "fs-softraid.txt": "SRAID",
    "fs-btrfs.txt": "BTRFS",
    "env.txt": "ENV",
    "etc.txt": "ETC",
    LAST: "",
    "sysfs.txt": "SYSFS",
}
"""The files that are read, the first with a section counting, and the keyword (`supportconfig -i`) that makes each."""

PLACES = (
    (re.compile(r"/etc/[^/]*release[^/]*"), ENVIRONMENT),
    (re.compile(r"/proc/cmdline"), f"boot.txt {LAST}"),
    (re.compile(r"/boot(/.*)?|/etc/inittab"), "boot.txt"),
    (re.compile(r"/etc/(hosts|HOSTNAME)|/proc/net/bonding(/.*)?|/etc/firewalld/zones(/.*)?"), "network.txt"),
    (re.compile(r"/etc/sysconfig/(SuSEfirewall2|network/[^/]*)"), "network.txt sysconfig.txt"),
    (re.compile(r"/etc/ssh/sshd_config"), "ssh.txt"),
    (re.compile(r"/etc/fstab"), "fs-diskio.txt"),
    (re.compile(r"/proc/((self/)?mounts|partitions)"), "fs-diskio.txt proc.txt"),
    (re.compile(r"/etc/systemd/[^/]*conf"), "systemd.txt etc.txt"),
    (re.compile(r"(/etc|/usr/lib)/systemd(/.*)?|/sbin/init|/run/systemd/system"), "systemd.txt"),
    (re.compile(r"/etc/(init\.d|rc\.d)(/.*)?"), "chkconfig.txt"),
    (re.compile(r"/etc/sysconfig/.*"), "sysconfig.txt"),
    (re.compile(r"/proc/mdstat"), "fs-softraid.txt proc.txt"),
    (re.compile(r"/proc/(net|sys)/.*"), "proc.txt"),
    (re.compile(r"(/usr)?/lib/modules/[^/]*(/modules\.dep)?"), "modules.txt"),
    (re.compile(r"/etc/default/.*"), "env.txt boot.txt"),
    (re.compile(r"/etc/lvm/.*"), "lvm.txt etc.txt"),
    (re.compile(r"/etc/.*conf"), "etc.txt network.txt modules.txt mpio.txt udev.txt env.txt fs-softraid.txt"),
    (re.compile(r"/sys/(class/net|firmware)(/.*)?"), "sysfs.txt"),
)
"""Where a file stands, if it was gathered; the first row that fits, the text that all versions have it in first.

A section in another text is none of supportconfig's own: it stands in what somebody wrote.
"""

PROGRAMS = {
    "blkid": "fs-diskio.txt",
    "btrfs": "fs-btrfs.txt",
    "date": ENVIRONMENT,
    "dmidecode": LAST,
    "dmsetup": "lvm.txt mpio.txt",
    "efibootmgr": "boot.txt",
    "ethtool": "network.txt",
    "find": "sysfs.txt",
    "hostname": "network.txt",
    "ip": "network.txt",
    "ip6tables": "network.txt",
    "ip6tables-save": "network.txt",
    "iptables": "network.txt",
    "iptables-save": "network.txt",
    "last": "boot.txt",
    "ls": "rpm.txt boot.txt fs-diskio.txt systemd.txt chkconfig.txt",
    "lsblk": "fs-diskio.txt",
    "lsinitrd": "boot.txt",
    "lsmod": "modules.txt",
    "mokutil": "boot.txt",
    "nft": "network.txt",
    "ps": "basic-health-check.txt",
    "rpm": "rpm.txt",
    "sysctl": "env.txt",
    "systemctl": "systemd.txt",
    "udevadm": "udev.txt mpio.txt",
    "uname": f"{ENVIRONMENT} boot.txt",
    "xzcat": "boot.txt",
    "zcat": "boot.txt",
}
"""The programs whose outputs are read, and the texts that these stand in."""

ALL_GATHERED = (
    (ENVIRONMENT, re.compile(r"/etc/[^/]*release[^/]*"), re.compile(r"/etc/[^/]*release[^/]*")),
    ("etc.txt", re.compile(r"/etc/.*conf"), re.compile(r"/etc/.*conf")),
    ("sysconfig.txt", re.compile(r"/etc/sysconfig/(sshd|[^/]*/.*)"), re.compile(r"/etc/sysconfig/.*")),
    ("env.txt", re.compile(r"/etc/default/.*"), re.compile(r"/etc/default/.*")),
    ("proc.txt", re.compile(r"/proc/net/[^/]*"), re.compile(r"/proc/net/[^/]*")),
    ("proc.txt", re.compile(r"/proc/sys/.*"), re.compile(r"/proc/sys/vm/.*")),
)
"""Files of which each one that is there has a section in a text file, and those that show that they were gathered.

Since 3.1.15 links in /etc/sysconfig itself are left out; sshd in it is Red Hat's, which no service of SUSE's reads.
/proc/sys/kernel is gathered once more, alone; vm is the last folder of all of them.
"""

FOUND = ("etc.txt", "sysconfig.txt", "env.txt")
"""Texts of files that were found by name; a name with a blank in it is taken for several."""

NEVER_ASKED = ("/proc/irq/", "/proc/sys/net/", "/proc/scsi/")
"""The beginnings of paths that make most of the sections of a large machine."""


def place_of(path: str) -> tuple[str, ...]:
    """The texts that a file may stand in; none where nothing is said of it."""
    return next((tuple(texts.split()) for pattern, texts in PLACES if pattern.fullmatch(path)), ())


def belongs(path: str, text: str) -> bool:
    """Whether supportconfig itself writes a file into a text, as far as that is known."""
    return text in (place_of(path) or (text,)) or any(
        place == text and kind.fullmatch(path) for place, kind, _ in ALL_GATHERED
    )


def is_run_in(program: str, text: str) -> bool:
    """Whether what a program printed is read, and supportconfig itself writes it into a text."""
    return text in PROGRAMS.get(program, "").split()


def path_of(label: str) -> tuple[str, str]:
    """The path that a configuration file's label names, and the note behind it."""
    path, _, note = label.partition(" - ")
    return re.sub("//+", "/", path), note


def all_gathered(text: str, sections: list[Section]) -> list[re.Pattern[str]]:
    """Of which files a text has every one that is there."""
    last = sections[-1]
    files = [(path_of(s.label)[0], s) for s in sections if s.kind == CONFIGURATION]
    if text in FOUND and any(not path.startswith("/") for path, _ in files):
        return []
    whole = [path for path, section in files if section is not last or last.whole]
    return [kind for place, kind, shown in ALL_GATHERED if place == text and any(map(shown.fullmatch, whole))]

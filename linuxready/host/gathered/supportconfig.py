"""A SUSE machine as supportconfig gathered it: text files of sections, in one folder (scc_HOST_DATE_TIME).

What is known of a file: its text, where a section has it; that it was not found, where a section says so; its mode or
where it points, where `ls -l` of its folder was gathered; that it is not there, where its whole folder was listed or
all files like it were gathered. Of everything else nothing is known, and `missing` names what would have gathered it.

Source: supportutils 1.20 and 2.25 (SLES 11), 3.0 (SLES 12), 3.1 (SLES 15): supportconfig(8), their changes.
"""

from __future__ import annotations

import datetime
import os
import re
from collections import Counter
from contextlib import suppress
from functools import cached_property
from itertools import islice

from linuxready.host import Absent, Unreadable
from linuxready.host.gathered import Gathered
from linuxready.host.gathered.sectionfiles import COULD_BE_LINKS, SectionFiles
from linuxready.host.gathered.sections import COMMAND, CONFIGURATION, Section, read_sections, text_of
from linuxready.host.gathered.supportcommands import FOLLOWS_LINKS, REWRITTEN, SPELLINGS

ENVIRONMENT = "basic-environment.txt"

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
    "hardware.txt": "",
    "sysfs.txt": "SYSFS",
}
"""The files that are read, the first with a section counting, and the keyword (`supportconfig -i`) that makes each."""

PLACES = (
    (re.compile(r"/etc/[^/]*release[^/]*"), ENVIRONMENT),
    (re.compile(r"/boot(/.*)?|/etc/inittab|/proc/cmdline"), "boot.txt"),
    (re.compile(r"/etc/(hosts|HOSTNAME)|/etc/sysconfig/(SuSEfirewall2|network/[^/]*)"), "network.txt"),
    (re.compile(r"/etc/ssh/sshd_config"), "ssh.txt"),
    (re.compile(r"/etc/fstab|/proc/(self/)?mounts|/proc/partitions"), "fs-diskio.txt"),
    (re.compile(r"(/etc|/usr/lib)/systemd(/.*)?|/sbin/init|/run/systemd/system"), "systemd.txt"),
    (re.compile(r"/etc/(init\.d|rc\.d)(/.*)?"), "chkconfig.txt"),
    (re.compile(r"/etc/sysconfig/.*"), "sysconfig.txt"),
    (re.compile(r"/proc/(net|sys)/.*"), "proc.txt"),
    (re.compile(r"(/usr)?/lib/modules/[^/]*(/modules\.dep)?"), "modules.txt"),
    (re.compile(r"/etc/default/.*"), "env.txt"),
    (re.compile(r"/etc/.*conf"), "etc.txt"),
    (re.compile(r"/sys/(class/net|firmware)(/.*)?"), "sysfs.txt"),
)
"""Where a file stands, if it was gathered; the first row that fits."""

ALL_GATHERED = (
    (ENVIRONMENT, re.compile(r"/etc/[^/]*release[^/]*")),
    ("etc.txt", re.compile(r"/etc/.*conf")),
    ("sysconfig.txt", re.compile(r"/etc/sysconfig/.*")),
    ("env.txt", re.compile(r"/etc/default/.*")),
    ("proc.txt", re.compile(r"/proc/net/[^/]*")),
    ("proc.txt", re.compile(r"/proc/sys/.*")),
)
"""Files of which each one that is there has a section in a text file."""

ZONES = {"UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "JST": 9} | {
    "EDT": -4,
    "CDT": -5,
    "MDT": -6,
    "PDT": -7,
    "AEST": 10,
    "AEDT": 11,
}
"""Hours east of Greenwich; only names that mean one time zone everywhere."""

SHOW = re.compile(r"systemctl show (\S+)( \| sort)?")
HOST_NAMES = ("host_name", "/proc/sys/kernel/hostname", "/etc/hostname", "/etc/HOSTNAME", "/etc/sysconfig/network")
SCRUBBED = dict.fromkeys(HOST_NAMES, "the host name was") | {
    "interfaces": "addresses were",
    "/etc/hosts": "/etc/hosts was",
}
INSTEAD = {"df": ", but `df -h`, which rounds", "nft": ", but `nft list table`"}
NOT_RUN = "ERROR: Command not found or not execut"
TIMED_OUT = "# ERROR: Command did not complete within the timeout period."
LINES_LEFT_OUT = ", which leaves out comments: line numbers do not count them"
FIREWALLS = ("iptables", "ip6tables")
SAVED_TABLES = ("filter", "nat", "mangle", "raw")
MAX_OUTPUT_BYTES = 32 * 2**20
DAMAGED = "it is damaged, or was too long to be unpacked"
NEVER_ASKED = ("/proc/irq/", "/proc/sys/net/", "/proc/scsi/")
"""The beginnings of paths that make most of the sections of a large machine."""
COMMENTED, MAX_COMMENTED, MAX_COMMENTED_BYTES = ("ssh.txt", "network.txt", "sysconfig.txt", "env.txt"), 100, 2**16
"""Texts with files that are hardly ever without a comment, and how many of them are looked at, how far."""
MAX_ALL_SECTIONS = 100_000


def is_one(folder: str) -> bool:
    """Whether a folder is what supportconfig wrote."""
    return os.path.isfile(f"{folder}/{ENVIRONMENT}") and not os.path.islink(f"{folder}/{ENVIRONMENT}")


def wanted(path: str) -> bool:
    """Whether a member of an archive, by its path below the top folder, is one of those that are read."""
    return path in TEXTS


class Supportconfig(Gathered):
    """What supportconfig gathered. Where the sections lie is kept; a text is read when it is asked for."""

    files: SectionFiles

    def __init__(self, folder: str, name: str) -> None:
        """Raises Unreadable where the folder is none that supportconfig wrote."""
        if not is_one(folder):
            raise Unreadable(f"{name} is no supportconfig: it has no {ENVIRONMENT}")
        self._texts: set[str] = set()
        self._damaged: dict[str, str] = {}
        self._not_found: set[str] = set()
        self._all_gathered: list[re.Pattern[str]] = []
        self._commands: dict[str, Section] = {}
        self._not_loaded: Counter[str] = Counter()
        files: dict[str, Section] = {}
        programs: dict[str, str] = {}
        count, commented = 0, False
        for text in TEXTS:
            try:
                sections = read_sections(f"{folder}/{text}")
            except Absent:
                continue
            except Unreadable as error:
                self._damaged[text] = str(error)
                continue
            count += len(sections)
            if not sections or count > MAX_ALL_SECTIONS:
                self._damaged[text] = (
                    f"{text} {'has no section' if not sections else 'has too many sections'}: {DAMAGED}"
                )
                continue
            self._texts.add(text)
            self._all_gathered += [kind for place, kind in ALL_GATHERED if place == text and _has_all(sections, kind)]
            commented = commented or (text in COMMENTED and _keeps_comments(sections))
            for section in sections:
                if section.kind == CONFIGURATION:
                    path, dash, note = section.label.partition(" - ")
                    if not dash and not path.startswith(NEVER_ASKED):
                        files.setdefault(_plain(path), section)
                    elif note == "File not found":
                        self._not_found.add(_plain(path))
                elif section.kind == COMMAND:
                    command = _command_line(section.label)
                    self._commands.setdefault(command, section)
                    if command in FIREWALLS and self._is_not_loaded(section):
                        self._not_loaded[command] += 1
                    if section.label.startswith("/"):
                        programs.setdefault(_plain(section.label.partition(" ")[0]), command)
        if ENVIRONMENT not in self._texts:
            raise Unreadable(f"{name} is no supportconfig: {self._damaged[ENVIRONMENT]}")
        shown = {match[1]: command for command in self._commands if (match := SHOW.fullmatch(command))}
        self.files = SectionFiles(files, programs, shown, self._said, self._is_gone)
        self.source = f"supportconfig {name}" + ("" if commented else LINES_LEFT_OUT)
        self.collected_at = self._collected_at()

    # -- commands --------------------------------------------------------------------------------------

    def output(self, *argv: str) -> str:
        command = " ".join((os.path.basename(argv[0]), *argv[1:]))
        if command.endswith("-save") and command.removesuffix("-save") in FIREWALLS:
            return self._saved_rules(command)
        if command == FOLLOWS_LINKS:
            raise Unreadable(f"`{command}` does not tell whether /boot is a link")
        written = next((pattern for name, pattern in SPELLINGS if name == command), None)
        found = next((line for line in self._commands if written and written.fullmatch(line)), command)
        return REWRITTEN.get(command, str)(self._said(found))

    def _saved_rules(self, command: str) -> str:
        """The tables of one family, which supportconfig saves one by one, where their module is loaded."""
        program = command.removesuffix("-save")
        tables = [line for line in self._commands if re.fullmatch(rf"{command} -t [a-z]+", line)]
        if len(tables) + self._not_loaded[program] < len(SAVED_TABLES):
            raise Unreadable(f"`{command}` is not gathered by supportconfig, or not of all tables")
        for table in self._tables_in_use(program):
            if f"{command} -t {table}" not in tables:
                raise Unreadable(f"`{command} -t {table}` is not gathered by supportconfig")
        return "".join(map(self._said, tables)) or "# no table\n"

    def _tables_in_use(self, program: str) -> list[str]:
        """As the kernel lists them, else by their modules, the security table's among them; raises Unreadable."""
        names = f"/proc/net/{program.removesuffix('tables')}_tables_names"
        with suppress(Absent):
            return self.files.text(names).split()
        if isinstance(self.missing(names), Absent):
            return []
        return re.findall(rf"^{program.removesuffix('s')}_([a-z]+) ", self.output("lsmod"), re.M)

    @staticmethod
    def _is_not_loaded(section: Section) -> bool:
        with suppress(Unreadable):
            return b"module is not loaded" in text_of(section, 2**10)
        return False

    def _said(self, command: str) -> str:
        """What a command line printed, by the program's base name; raises Unreadable."""
        section = self._commands.get(command)
        if section is None:
            program = command.partition(" ")[0]
            raise Unreadable(f"`{command}` is not gathered by supportconfig{INSTEAD.get(program, '')}")
        text = text_of(section, MAX_OUTPUT_BYTES).decode("utf-8", "surrogateescape")
        if text.startswith(NOT_RUN):
            raise Unreadable(f"`{command}` could not be run by supportconfig")
        if TIMED_OUT in text:
            raise Unreadable(f"`{command}` took too long when supportconfig ran it")
        return text

    def packages(self) -> frozenset[str]:
        if isinstance(self._packages, Unreadable):
            raise self._packages
        return self._packages

    @cached_property
    def _packages(self) -> frozenset[str] | Unreadable:
        for command in self._commands:
            if command.startswith("rpm -qa --queryformat") and "%-35{NAME}" in command:
                try:
                    return parse_packages(self._said(command))
                except Unreadable as error:
                    return error
        return Unreadable("rpm.txt has no list of the packages")

    # -- files -----------------------------------------------------------------------------------------

    def missing(self, path: str) -> Unreadable:
        if self._is_gone(path) or self.files.is_unlisted(path):
            return Absent(f"{path} does not exist")
        if path in COULD_BE_LINKS:
            return Unreadable(f"whether {path} is a link is not gathered by supportconfig")
        for pattern, text in PLACES:
            if pattern.fullmatch(path):
                if text in self._damaged:
                    return Unreadable(f"{path}: {self._damaged[text]}")
                if text not in self._texts and TEXTS[text]:
                    return Unreadable(f"{path} was not gathered (supportconfig feature `{TEXTS[text]}`)")
                return Unreadable(f"{path} is not among what supportconfig gathered in {text}")
        return Unreadable(f"{path} is not gathered by supportconfig")

    def _is_gone(self, path: str) -> bool:
        """Whether it is known that nothing was at a path."""
        if path in self._not_found:
            return True
        return not path.startswith(NEVER_ASKED) and any(kind.fullmatch(path) for kind in self._all_gathered)

    def spoilt(self, what: str) -> Unreadable | None:
        """What supportutils-scrub wrote other names and addresses into."""
        if what in SCRUBBED and self._scrubbed:
            return Unreadable(f"{SCRUBBED[what]} altered (supportutils-scrub)")
        return None

    @cached_property
    def _scrubbed(self) -> bool:
        with suppress(Unreadable):
            return re.match(r"Linux hostname_\d+(\.\S+)? ", self._said("uname -a")) is not None
        return False

    def _collected_at(self) -> str | None:
        with suppress(Unreadable):
            return parse_date(self._said("date"))
        return None


def _keeps_comments(sections: list[Section]) -> bool:
    """Whether files are gathered whole (`supportconfig -l`), as grub.cfg always is; else without comments."""
    files = islice((section for section in sections if section.kind == CONFIGURATION), MAX_COMMENTED)
    for section in files:
        with suppress(Unreadable):
            if re.search(rb"^#", text_of(section, MAX_COMMENTED_BYTES), re.M):
                return True
    return False


def parse_packages(text: str) -> frozenset[str]:
    """The names in a list of packages, a column under NAME; raises Unreadable where that is no whole list."""
    lines = text.splitlines()
    if not lines or lines[0].split()[:1] != ["NAME"]:
        raise Unreadable("rpm.txt has no list of the packages")
    if any(line.startswith(("error:", "rpm:")) for line in lines):
        raise Unreadable("rpm.txt: rpm could not list all packages")
    return frozenset(line.split()[0] for line in lines[1:] if line.split())


def parse_date(text: str) -> str | None:
    """The time that `date` printed ("Sun Apr  7 20:23:42 CEST 2019") in UTC; None where its zone is not known."""
    words = text.split()
    if len(words) != 6 or words[4] not in ZONES:
        return None
    # Not by the locale's names, which strptime takes.
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    try:
        hour, minute, second = map(int, words[3].split(":"))
        here = datetime.datetime(int(words[5]), months.index(words[1]) + 1, int(words[2]), hour, minute, second)
        there = here - datetime.timedelta(hours=ZONES[words[4]])
    except (ValueError, OverflowError):
        return None
    return there.strftime("%Y-%m-%dT%H:%M:%SZ")


def _has_all(sections: list[Section], pattern: re.Pattern[str]) -> bool:
    found = last = None
    for section in sections:
        last = section
        if section.kind == CONFIGURATION and pattern.fullmatch(_plain(section.label.partition(" - ")[0])):
            found = section
    return found is not None and last is not None and (last is not found or last.whole)


def _command_line(label: str) -> str:
    """A command line without quotes and with the base name of its program: "/sbin/ip addr" is "ip addr"."""
    program, space, rest = label.replace("'", "").partition(" ")
    return os.path.basename(program) + space + " ".join(rest.split())


def _plain(path: str) -> str:
    return re.sub("//+", "/", path)

"""A SUSE machine as supportconfig gathered it: text files of sections, in one folder (scc_HOST_DATE_TIME).

What is known of a file: its text, where a section has it; that it was not found, where a section says so; its mode or
where it points, where `ls -l` of its folder was gathered; that it is not there, where its whole folder was listed or
all files like it were gathered. Of everything else nothing is known, and `missing` names what would have gathered it.

Source: supportutils' own sources, from 2013 (2.25) to 2026 (3.2.12), and supportutils-scrub's.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice

from linuxready.facts import UNSEEN_LINK, OddNames
from linuxready.host import Absent, Unreadable
from linuxready.host.gathered import COULD_BE_LINKS, Gathered
from linuxready.host.gathered.filelist import FILE_LIST, FileList, read_list
from linuxready.host.gathered.sectionfiles import SectionFiles
from linuxready.host.gathered.sections import COMMAND, CONFIGURATION, Section, read_sections, text_of, text_of_all
from linuxready.host.gathered.supportcommands import (
    FOLLOWS_LINKS,
    REWRITTEN,
    SPELLINGS,
    parse_date,
    parse_packages,
)
from linuxready.host.gathered.supporttexts import (
    ENVIRONMENT,
    LAST,
    NEVER_ASKED,
    PROGRAMS,
    TEXTS,
    all_gathered,
    belongs,
    is_run_in,
    path_of,
    place_of,
)

SHOW = re.compile(r"systemctl show (\S+)( \| sort)?")
HOST_NAMES = ("host_name", "/proc/sys/kernel/hostname", "/etc/hostname", "/etc/HOSTNAME", "/etc/sysconfig/network")
SCRUBBED = dict.fromkeys(HOST_NAMES, "the host name was") | {
    "interfaces": "addresses were",
    "/etc/hosts": "/etc/hosts was",
}
SCRUBBED_NODE = re.compile(r"Linux hostname_?\d+(\.\S+)? ")
SCRUBBED_ADAPTER = re.compile(r"^ +link/ether 00:1a:2b:", re.M | re.I)
SCRUBBED_NAME = re.compile(r"_scrubbed(?=\.|$)", re.M)
"""What supportutils-scrub writes for host names and adapters, and how it calls what it made."""
INSTEAD = {"df": ", but `df -h`, which rounds"}
NOT_RUN = "ERROR: Command not found or not execut"
TIMED_OUT = "# ERROR: Command did not complete within the timeout period."
UNFINISHED = " that did not come to its end"
LINES_LEFT_OUT = ", which leaves out comments: line numbers do not count them"
FIREWALLS = ("iptables", "ip6tables")
SAVED_TABLES = ("filter", "nat", "mangle", "raw")
MAX_OUTPUT_BYTES = 32 * 2**20
DAMAGED = "it is damaged, or longer than what is unpacked here: unpack the archive first"
COMMENTED, MAX_COMMENTED, MAX_COMMENTED_BYTES = ("ssh.txt", "network.txt", "sysconfig.txt", "env.txt"), 100, 2**16
"""Texts with files that are hardly ever without a comment, and how many of them are looked at, how far."""
MAX_ALL_SECTIONS = 100_000


def is_one(folder: str) -> bool:
    """Whether a folder is what supportconfig wrote."""
    return os.path.isfile(f"{folder}/{ENVIRONMENT}") and not os.path.islink(f"{folder}/{ENVIRONMENT}")


def folder_in(top: str) -> str:
    """The folder with the texts: the one that was given, or the only such in it, as supportutils-scrub packs them."""
    if is_one(top):
        return top
    with suppress(OSError), os.scandir(top) as entries:
        inner = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and is_one(entry.path)]
        return inner[0] if len(inner) == 1 else top
    return top


def wanted(path: str) -> bool:
    """Whether a member of an archive, by its path below the top folder, is one of those that are read."""
    name = path.rpartition("/")[2]
    return path.count("/") <= 1 and (name in TEXTS or name == FILE_LIST)


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
        self._commands: dict[str, list[Section]] = {}
        self._not_loaded: Counter[str] = Counter()
        self._is_called_scrubbed = SCRUBBED_NAME.search(f"{os.path.basename(folder)}\n{name}") is not None
        files: dict[str, list[Section]] = {}
        programs: dict[str, str] = {}
        count, commented = 0, False
        is_finished = os.path.isfile(f"{folder}/{LAST}") and os.path.getsize(f"{folder}/{LAST}") > 0
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
            if is_finished:
                self._all_gathered += all_gathered(text, sections)
            else:
                sections[-1] = sections[-1]._replace(whole=False)
            commented = commented or (text in COMMENTED and _keeps_comments(sections))
            for section in sections:
                if section.kind == CONFIGURATION:
                    path, note = path_of(section.label)
                    if path.startswith(NEVER_ASKED) or not belongs(path, text):
                        continue
                    if not note:
                        _add(files, path, section)
                    elif note == "File not found":
                        self._not_found.add(path)
                elif section.kind == COMMAND:
                    command = _command_line(section.label)
                    if not is_run_in(command.partition(" ")[0], text):
                        continue
                    _add(self._commands, command, section)
                    if command in FIREWALLS and self._is_not_loaded(section):
                        self._not_loaded[command] += 1
                    if section.label.startswith("/"):
                        programs.setdefault(path_of(section.label.partition(" ")[0])[0], command)
        if ENVIRONMENT not in self._texts:
            raise Unreadable(f"{name} is no supportconfig: {self._damaged[ENVIRONMENT]}")
        shown = {match[1]: command for command in self._commands if (match := SHOW.fullmatch(command))}
        self._folder, self._is_finished = folder, is_finished
        self.files = SectionFiles(files, programs, shown, self._said, self._is_gone, self._is_real)
        self.source = f"supportconfig {name}{'' if is_finished else UNFINISHED}{'' if commented else LINES_LEFT_OUT}"
        self.collected_at = self._collected_at()

    # -- commands --------------------------------------------------------------------------------------

    def output(self, *argv: str) -> str:
        command = " ".join((os.path.basename(argv[0]), *argv[1:]))
        if command.endswith("-save") and command.removesuffix("-save") in FIREWALLS:
            return self._saved_rules(command)
        if command == "nft list ruleset":
            return self._nft_rules()
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

    def _nft_rules(self) -> str:
        """The tables of nf_tables, which are gathered one by one; raises Unreadable where one of them is not."""
        tables = [line.removeprefix("table ") for line in self._said("nft list tables").splitlines()]
        rules = {table: self._said(f"nft list table {table}") for table in tables}
        for table, text in rules.items():
            if not text.startswith(f"table {table} {{"):
                raise Unreadable(f"`nft list table {table}` printed another table, or none")
        return "".join(rules.values())

    @staticmethod
    def _is_not_loaded(section: Section) -> bool:
        with suppress(Unreadable):
            return b"module is not loaded" in text_of(section, 2**10)
        return False

    def _said(self, command: str) -> str:
        """What a command line printed, by the program's base name; raises Unreadable."""
        if command not in self._commands:
            program = command.partition(" ")[0]
            raise self._without(PROGRAMS.get(program, "").split(), f"`{command}`") or Unreadable(
                f"`{command}` is not gathered by supportconfig{INSTEAD.get(program, '')}"
            )
        text = text_of_all(self._commands[command], MAX_OUTPUT_BYTES).decode("utf-8", "surrogateescape")
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
            why = self._file_list if isinstance(self._file_list, Unreadable) else f"{FILE_LIST} has nothing in it"
            return Unreadable(f"{UNSEEN_LINK.format(path)}: {why}")
        texts = place_of(path)
        if texts:
            return self._without(texts, path) or Unreadable(
                f"{path} is not among what supportconfig gathered in {texts[0]}"
            )
        return Unreadable(f"{path} is not gathered by supportconfig")

    def _without(self, texts: Sequence[str], what: str) -> Unreadable | None:
        """Why something is not known that stands in the first of some texts; None where that is there."""
        for text in texts[:1]:
            if text in self._damaged:
                return Unreadable(f"{what}: {self._damaged[text]}")
            if text not in self._texts and TEXTS[text]:
                return Unreadable(f"{what} was not gathered (supportconfig feature `{TEXTS[text]}`)")
        return None

    def _is_gone(self, path: str) -> bool:
        """Whether it is known that nothing was at a path."""
        if path in self._not_found:
            return True
        return not path.startswith(NEVER_ASKED) and any(kind.fullmatch(path) for kind in self._all_gathered)

    def matching(self, pattern: str) -> list[str] | None:
        # Had there been one with any other name in place of the star, it would have been gathered.
        return self.files.gathered_like(pattern) if self._is_gone(pattern.replace("*", "\0")) else None

    def odd_names(self) -> OddNames:
        if self._scrubbed:
            raise Unreadable("the names of files were altered (supportutils-scrub)")
        if isinstance(self._file_list, Unreadable):
            raise self._file_list
        return self._file_list.odd

    def _is_real(self, path: str) -> bool:
        """Whether it is known that a directory is no link."""
        return not isinstance(self._file_list, Unreadable) and path in self._file_list.real

    @cached_property
    def _file_list(self) -> FileList | Unreadable:
        """The list of all files; why there is none."""
        try:
            if self._is_finished:
                return read_list(self._folder)
        except Unreadable as error:
            if not isinstance(error, Absent):
                return error
        return Unreadable("the names of files were not gathered (supportconfig -L)")

    def spoilt(self, what: str) -> Unreadable | None:
        """What supportutils-scrub wrote other names and addresses into."""
        if what in SCRUBBED and self._scrubbed:
            return Unreadable(f"{SCRUBBED[what]} altered (supportutils-scrub)")
        return None

    @cached_property
    def _scrubbed(self) -> bool:
        for mark, command in ((SCRUBBED_NODE, "uname -a"), (SCRUBBED_ADAPTER, "ip addr")):
            with suppress(Unreadable):
                if mark.search(self._said(command)):
                    return True
        return self._is_called_scrubbed

    def _collected_at(self) -> str | None:
        with suppress(Unreadable):
            return parse_date(self._said("date"))
        return None


def _add(found: dict[str, list[Section]], name: str, section: Section) -> None:
    """Note a section of a name: the first that any text has, and what else the same text has of it."""
    sections = found.setdefault(name, [])
    if not sections or sections[0].file == section.file:
        sections.append(section)


def _keeps_comments(sections: list[Section]) -> bool:
    """Whether files are gathered whole (`supportconfig -l`), as grub.cfg always is; else without comments."""
    files = islice((section for section in sections if section.kind == CONFIGURATION), MAX_COMMENTED)
    for section in files:
        with suppress(Unreadable):
            if re.search(rb"^#", text_of(section, MAX_COMMENTED_BYTES), re.M):
                return True
    return False


def _command_line(label: str) -> str:
    """A command line without quotes and with the base name of its program: "/sbin/ip addr" is "ip addr"."""
    program, space, rest = label.replace("'", "").partition(" ")
    return os.path.basename(program) + space + " ".join(rest.split())

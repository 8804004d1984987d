"""A machine as a support tool gathered it: files in a tree, outputs of commands, and gaps with a name.

`sosreport.py` and `supportconfig.py` know where each tool puts things; `GatheredHost` makes a Host of either. What a
library or sysfs would tell is made of the outputs of commands (`texts/`), where those say it for certain. What the tool
did not gather is Unreadable, and never taken for absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from linuxready.facts import OddNames
from linuxready.host import Absent, CommandResult, Host, Scanned, ToldAddresses, Unreadable

if TYPE_CHECKING:
    from linuxready.host.gathered.madefiles import MadeFiles

COULD_BE_LINKS = ("/boot", "/usr", "/usr/local", "/var")
"""System directories that may lie elsewhere, as far as files of theirs tell or none. /etc is there before any mount."""


class Gathered:
    """What a support tool gathered, whatever its layout."""

    source: str
    """What the report calls it: "sosreport NAME"."""
    collected_at: str | None
    """When it was gathered (UTC, ISO 8601), None where it does not say."""
    root: str
    """The folder on this machine below which the machine's files lie at their paths; links in it are the machine's."""
    links: Mapping[str, str] = {}
    """Links of the machine that the tool did not copy as such: resolved path and target. They go before the tree."""

    @cached_property
    def files(self) -> Host:
        """The machine's files, Absent what was not gathered; one without a `root` has another Host for them."""
        from linuxready.host.captured import RootHost

        class Copied(RootHost):
            """Nothing was ever mounted here, so an empty folder is no mount that was forgotten."""

            def _not_mounted(self) -> dict[str, str]:
                return {}

        return Copied(self.root)

    def output(self, *argv: str) -> str:
        """What a command printed; raises Unreadable, which names what would have gathered it."""
        raise NotImplementedError

    def packages(self) -> frozenset[str]:
        """The names of the packages that were installed ("lsof"); raises Unreadable."""
        raise NotImplementedError

    def missing(self, path: str) -> Unreadable:
        """Why a path is not in the tree: Absent where it would have been copied, else Unreadable: what gathers it."""
        raise NotImplementedError

    def unlisted(self, path: str) -> Unreadable | None:
        """Why a directory may hold more than the tree shows; None where the tool copies all that is in it.

        As it is here: it copies all where a name that no list of files foresees would have been gathered.
        """
        reason = self.missing(f"{path}/{UNFORESEEN}")
        return None if isinstance(reason, Absent) else Unreadable(f"{path}: not all that is in it was gathered")

    def matching(self, pattern: str) -> list[str] | None:
        """The paths of a pattern, where not all in its directory were gathered; None where one could be missed."""
        return None

    def odd_names(self) -> OddNames:
        """The files whose names are odd; raises Unreadable where not all names were gathered."""
        raise Unreadable("the names of files were not gathered")

    def spoilt(self, what: str) -> Unreadable | None:
        """Why what was gathered of a resolved path, or of a key of TOLD, is not the machine's own; None where it is."""
        return None


UNFORESEEN = "unforeseen"

NO_OUTPUT = re.compile(
    r"(\S*sh: )?(line \d+: )?\S+: (command not found|not found|No such file or directory|Permission denied)\s*\Z"
    r"|(timeout: )?failed to run command|\[?(command )?timed? ?out\b|sudo: |You must be root"
    r"|.{0,80}Operation not permitted",
    re.I,
)
"""What a shell or the support tool itself writes where a command gave no answer."""


def said(gathered: Gathered, *commands: str) -> str:
    """What the first of some commands printed that was gathered; raises Unreadable with the first one's reason."""
    troubles: list[Unreadable] = []
    for command in commands:
        try:
            return answer(gathered.output(*command.split()), command)
        except Unreadable as error:
            troubles.append(error)
    raise troubles[0]


def answer(text: str, command: str) -> str:
    """What a command printed; raises Unreadable where that is nothing, or why it could not."""
    if text.strip() and not NO_OUTPUT.match(text.lstrip()):
        return text
    first = (text.strip().splitlines() or ["nothing"])[0][:80]
    raise Unreadable(f"`{command}` printed no answer: {first}")


def parsed(gathered: Gathered, ways: Iterable[tuple[str, Callable[[str], Any]]]) -> Any:
    """What the first command tells whose output was gathered and can be parsed; raises Unreadable, the first reason."""
    troubles: list[Unreadable] = []
    for command, parse in ways:
        try:
            return parse(said(gathered, command))
        except Unreadable as error:
            troubles.append(error)
    raise troubles[0]


SAY_NOTHING = ("nft", "iptables-save", "ip6tables-save")
"""Commands that print nothing where there is nothing."""


class GatheredHost(Host):
    """The machine that a support tool looked at: its files, and what is made of the outputs of commands."""

    whole = False
    root = "\0"
    """No path of this machine: what is not asked of the files that were gathered fails."""

    def __init__(self, gathered: Gathered) -> None:
        super().__init__()
        self.gathered = gathered
        self._tree = gathered.files
        self.source, self.collected_at = gathered.source, gathered.collected_at

    @cached_property
    def _made(self) -> MadeFiles:
        from linuxready.host.gathered.madefiles import make

        return make(self.gathered, self._tree)

    # -- files: those of the tree, then those that are made, else a gap --------------------------------------

    def real_path(self, path: str) -> str:
        """As of any host; what was not gathered could be a link, so where that is it is not known: Unreadable."""
        real = super().real_path(path)
        if gap := self._gap(real):
            raise gap
        return real

    def link(self, path: str) -> str | None:
        """As of any host; raises Unreadable where the path was not gathered."""
        target = super().link(path)
        if target is None:
            parent, _, name = path.rpartition("/")
            if gap := self._gap(f"{self._resolve(parent, 0)}/{name}"):
                raise gap
        return target

    def matching(self, pattern: str) -> list[str]:
        """As of any host; all files like some may have been gathered, where not all in their directory were."""
        try:
            return super().matching(pattern)
        except Unreadable:
            paths = self.gathered.matching(pattern)
            if paths is None:
                raise
            return paths

    def mode(self, path: str) -> int | None:
        """As of any host; whether a program is there, the list of packages says where the tree does not."""
        try:
            return super().mode(path)
        except Unreadable as gap:
            from linuxready.host.gathered import programs

            return programs.mode(super().real_path(path), self.gathered, gap, super().real_path)

    def _gap(self, path: str) -> Unreadable | None:
        """Why nothing is known of a resolved path; None where it was seen, or seen not to be there."""
        if path in self._made.real_folders:
            return None
        if self._made.knows(path) or self._in_tree(path):
            return self.gathered.spoilt(path)
        missing = self._missing(path)
        return None if isinstance(missing, Absent) else missing

    def _missing(self, path: str) -> Unreadable:
        """Why a resolved path is neither in the tree nor made."""
        if path in self._made.told_elsewhere:
            return Absent(f"{path} does not exist")
        parent = path
        while parent:
            if parent in self._made.refused:
                return self._made.refused[parent]
            parent, _, name = parent.rpartition("/")
            if parent in self._made.listed:
                if name in self._made.listed[parent]:
                    break  # it is there, and what is in it nobody listed
                return Absent(f"{path} does not exist")
        missing = self.gathered.missing(path)
        if not isinstance(missing, Absent):
            from linuxready.host.gathered import programs

            if programs.is_gone(path, self.gathered):
                return Absent(f"{path} does not exist")
        return missing

    def _in_tree(self, path: str) -> bool:
        """Whether a resolved path is in the tree, be it a link; raises Unreadable where that cannot be told."""
        try:
            self._tree._mode(path)
        except Absent:
            return False
        return True

    def file_for_library(self, path: str) -> str:
        """Of a file that was gathered itself."""
        return self._tree.file_for_library(self.real_path(path))

    def _read(self, path: str) -> bytes:
        if spoilt := self.gathered.spoilt(path):
            raise spoilt
        try:
            return self._tree._read(path)
        except Absent:
            if path in self._made.files:
                return self._made.files[path]
            if self._made.knows(path):
                raise Unreadable(f"{path}: its content was not gathered") from None
            raise self._missing(path) from None

    def _entries(self, path: str) -> list[str]:
        if path in self._made.refused:
            raise self._made.refused[path]
        if path in self._made.listed:
            return sorted(self._made.listed[path])
        try:
            names = self._tree._entries(path)
        except Absent:
            raise self._missing(f"{path}/{UNFORESEEN}") from None
        if unlisted := self.gathered.unlisted(path or "/"):
            raise unlisted
        return names

    def _scan(self, path: str, avoid: Mapping[str, str]) -> Iterable[Scanned]:
        if unlisted := self.gathered.unlisted(path or "/"):
            raise unlisted
        return self._tree._scan(path, avoid)

    def _mode(self, path: str) -> int:
        try:
            return self._tree._mode(path)
        except Absent:
            mode = self._made.mode(path)
            if mode is None:
                raise self._missing(path) from None
            return mode

    def _link(self, path: str) -> str | None:
        if path in self.gathered.links:
            return self.gathered.links[path]
        target = self._tree._link(path)
        return target if target is not None or self._in_tree(path) else self._made.links.get(path)

    def odd_names(self, avoid: Mapping[str, str]) -> OddNames:
        """By the names that were gathered; what is to be avoided nobody touches here."""
        return self.gathered.odd_names()

    def initramfs_drivers(self, path: str, release: str, drivers: tuple[str, ...], max_bytes: int) -> dict[str, bool]:
        """By a listing of its names, for an initial file system itself is never gathered; raises Absent, Unreadable."""
        from linuxready.host.gathered.texts import initrd

        if self.mode(path) is None:
            raise Absent(f"{path} does not exist")
        listings = (command.format(path=path, release=release) for command in LISTED_INITRAMFS)
        ways = ((command, lambda text: initrd.parse_names(text, path, drivers)) for command in listings)
        found: dict[str, bool] = parsed(self.gathered, ways)
        return found

    # -- what is more than files -----------------------------------------------------------------------------

    def run(self, *argv: str) -> CommandResult:
        """What a command printed on the machine; raises Unreadable where that was not gathered."""
        text = self.gathered.output(*argv)
        if argv[0] not in SAY_NOTHING or text.strip():
            text = answer(text, " ".join(argv))
        return CommandResult(argv, 0, text, "")

    def told(self, key: str) -> Any:
        """What the outputs of commands tell; raises Unreadable."""
        if spoilt := self.gathered.spoilt(key):
            raise spoilt
        tell = TELLERS.get(key)
        if tell is None:
            raise Unreadable(f"{key.replace('_', ' ')}: not in what a support tool gathers")
        return tell(self.gathered)

    def available_bytes(self, path: str) -> int:
        """What df says of the mount that covers a directory; raises Absent, Unreadable."""
        from linuxready.host.gathered.madefiles import mount_table
        from linuxready.host.gathered.texts import space

        if self.mode(path) is None:
            raise Absent(f"{path} does not exist")
        return space.available(self.real_path(path), mount_table(self), space.parse_df(said(self.gathered, *DF)))


def _uid(gathered: Gathered) -> int:
    """Support tools refuse to work for others than root."""
    return 0


def _host_name(gathered: Gathered) -> str:
    from linuxready.host.gathered.texts import uname

    name: str = parsed(
        gathered, [("uname -a", lambda t: uname.parse_uname(t).node), ("hostname", uname.parse_hostname)]
    )
    return name


def _kernel_release(gathered: Gathered) -> str:
    from linuxready.host.gathered.texts import uname

    return uname.parse_uname(said(gathered, "uname -a")).release


def _machine(gathered: Gathered) -> str:
    from linuxready.host.gathered.texts import uname

    return uname.parse_uname(said(gathered, "uname -a")).machine


def _interfaces(gathered: Gathered) -> tuple[ToldAddresses, ...]:
    from linuxready.host.gathered.texts import addresses

    by_ip = ((command, addresses.parse_ip) for command in IP_ADDRESS)
    found: tuple[ToldAddresses, ...] = parsed(gathered, [*by_ip, ("ifconfig -a", addresses.parse_ifconfig)])
    if not any(interface.name == "lo" for interface in found):
        raise Unreadable("the interfaces were not gathered whole: no lo")
    return found


def _processes(gathered: Gathered) -> tuple[str, ...]:
    from linuxready.host.gathered.texts import processes

    names: tuple[str, ...] = parsed(gathered, [(command, processes.parse_ps) for command in PS])
    return names


TELLERS: dict[str, Callable[[Gathered], Any]] = {
    "uid": _uid,
    "host_name": _host_name,
    "machine": _machine,
    "kernel_release": _kernel_release,
    "interfaces": _interfaces,
    "processes": _processes,
}
"""What is told of a gathered machine, by the key of TOLD."""

IP_ADDRESS = ("ip -d address", "ip -d addr", "ip address show", "ip address", "ip addr show", "ip addr", "ip -o addr")
"""The last does not show interfaces without an address."""

PS = (
    "ps auxwww",
    "ps auxwwwm",
    "ps aux",
    "ps axwwo user,pid,ppid,%cpu,%mem,vsz,rss,stat,time,cmd",
    "ps -ef",
)

LISTED_INITRAMFS = (
    "lsinitrd {path}",
    "lsinitrd -k {release}",
    "zcat {path} | cpio -itv 2>/dev/null",
    "xzcat {path} | cpio -itv 2>/dev/null",
    "lsinitrd",
)

DF = ("df -al -x autofs", "df -al", "df -a", "df -ak", "df -alP", "df -aP")
"""With -a, since df leaves out of others all mounts but one of a file system."""

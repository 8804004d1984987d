"""A machine as a support tool gathered it: a Host of its files, and of what is made of the outputs of commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from linuxready.facts import OddNames
from linuxready.host import Absent, CommandResult, Host, Scanned, Unreadable
from linuxready.host.gathered import UNFORESEEN, Gathered, answer, parsed, programs, said
from linuxready.host.gathered.madefiles import MadeFiles, make, mount_table
from linuxready.host.gathered.tellers import TELLERS

SAY_NOTHING = ("nft", "iptables-save", "ip6tables-save")
"""Commands that print nothing where there is nothing."""

LISTED_INITRAMFS = (
    "lsinitrd {path}",
    "lsinitrd -k {release}",
    "zcat {path} | cpio -itv 2>/dev/null",
    "xzcat {path} | cpio -itv 2>/dev/null",
    "lsinitrd",
)

DF = ("df -al -x autofs", "df -al", "df -a", "df -ak", "df -alP", "df -aP")
"""With -a, since df leaves out of others all mounts but one of a file system."""


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
        if not isinstance(missing, Absent) and programs.is_gone(path, self.gathered):
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
        from linuxready.host.gathered.texts import space

        if self.mode(path) is None:
            raise Absent(f"{path} does not exist")
        return space.available(self.real_path(path), mount_table(self), space.parse_df(said(self.gathered, *DF)))

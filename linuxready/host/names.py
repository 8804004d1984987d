"""Which files have names that are not English: one bounded walk over the system directories of a host.

    /etc/ssl/certs/NetLock_Arany_=Class_Gold=_F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny.pem      as Debian ships it

No link is followed out of a directory, and no directory is entered that is to be avoided.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from linuxready.facts import OddNames
from linuxready.host import Absent, Host, Unreadable
from linuxready.text import is_english

TREES = ("/etc", "/boot")
"""Directories that are walked to the bottom; the first must be there."""

FOLDERS = ("/", "/usr", "/usr/local", "/var")
"""Directories of which only the names in them count."""

MAX_ENTRIES = 100_000
MAX_SECONDS = 0.5
MAX_SHOWN = 10


class _Cut(Exception):
    """The walk ends here; the text is why."""


class _Walk:
    def __init__(self, host: Host, avoid: Mapping[str, str]) -> None:
        self._host = host
        self._avoid = avoid
        self._deadline = time.monotonic() + MAX_SECONDS
        self.odd: list[str] = []
        self.looked_at = 0
        self.troubles: list[str] = []

    def place(self, path: str, deep: bool) -> str:
        """Where a directory really is. What is to be avoided below it is a trouble; around it, raises Unreadable."""
        real = self._host.real_path(path)
        for avoided, why in self._avoid.items():
            if _is_below(real, avoided):
                raise Unreadable(why)
            if deep and _is_below(avoided, real):
                self.troubles.append(why)
        return real

    def directory(self, path: str, real: str, deep: bool) -> None:
        """Look at the names in a directory, and where it is deep at those below."""
        folders = [(path.rstrip("/"), real.rstrip("/"))]
        while folders:
            shown, folder = folders.pop()
            try:
                for names, below in self._host._scan(folder, self._avoid):
                    self._look(shown, names)
                    if deep:
                        folders += [(f"{shown}/{name}", f"{folder}/{name}") for name in below]
            except Absent:
                if shown == path.rstrip("/"):
                    raise
            except Unreadable as error:
                self.troubles.append(str(error))

    def _look(self, folder: str, names: list[str]) -> None:
        self.looked_at += len(names)
        if not is_english("".join(names)):
            self.odd += [f"{folder}/{name}" for name in names if not is_english(name)]
        if self.looked_at > MAX_ENTRIES:
            raise _Cut(f"more than {MAX_ENTRIES:,} names")
        if time.monotonic() > self._deadline:
            raise _Cut(f"it took longer than {MAX_SECONDS:g} s, after {self.looked_at:,} names")


def walk(host: Host, avoid: Mapping[str, str]) -> OddNames:
    """The odd names of a host; raises Unreadable where there is nothing to walk."""
    looking = _Walk(host, avoid)
    places: dict[str, str] = {}
    for path in (*TREES, *FOLDERS):  # first of all, so that it is told even where the walk is cut
        try:
            places[path] = looking.place(path, path in TREES)
        except Unreadable as error:
            looking.troubles.append(str(error))
    try:
        for path, real in places.items():
            try:
                looking.directory(path, real, path in TREES)
            except Absent:
                if path == TREES[0]:
                    raise
    except _Cut as cut:
        looking.troubles.append(str(cut))
    more = f" (and {len(looking.troubles) - 1} more)" if len(looking.troubles) > 1 else ""
    reason = f"{looking.troubles[0]}{more}" if looking.troubles else None
    return OddNames(tuple(sorted(looking.odd)[:MAX_SHOWN]), len(looking.odd), looking.looked_at, reason)


def _is_below(path: str, folder: str) -> bool:
    """Whether a resolved path is a folder, or lies below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")

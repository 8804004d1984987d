"""The files of a machine out of a supportconfig: texts, `ls -l` of some folders, `systemctl show` of units."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from linuxready.host import MAX_FILE_BYTES, Absent, Host, Unreadable
from linuxready.host.gathered import COULD_BE_LINKS
from linuxready.host.gathered.sections import Section, text_of_all
from linuxready.host.gathered.texts.listing import Entry, Listing, parse_ls
from linuxready.host.gathered.texts.shownunit import parse_show, unit_text

LISTINGS = {
    "/boot": ("ls -lR --time-style=long-iso /boot/",),
    "/etc/init.d": ("ls -lR --time-style=long-iso /etc/init.d/",),
    "/etc/systemd": ("ls -alR /etc/systemd/",),
    "/usr/lib/systemd": ("ls -alR /usr/lib/systemd/",),
    "/usr/local/bin": ("ls -l --time-style=long-iso /usr/local/bin /usr/local/sbin",),
    "/usr/local/sbin": ("ls -l --time-style=long-iso /usr/local/bin /usr/local/sbin",),
}
"""Folders, and the commands that list them with all that is below."""

UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system")
OTHER_UNIT_FOLDERS = ("/usr/local/lib/systemd/system", "/lib/systemd/system")
"""Those that are not listed: units of theirs that systemd had loaded name them."""

UNITS = "systemctl --no-pager --all list-units"

FOLDER, FILE, PROGRAM = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644, stat.S_IFREG | 0o755


class SectionFiles(Host):
    """Files by their paths; what is not known to be there is Absent.

    The mode of a file that only its text is known of is no program's; a program that supportconfig ran is one.
    """

    source = "supportconfig"
    whole = False

    def __init__(
        self,
        texts: Mapping[str, Sequence[Section]],
        programs: Mapping[str, str],
        shown: Mapping[str, str],
        said: Callable[[str], str],
        is_gone: Callable[[str], bool],
        is_real: Callable[[str], bool],
    ) -> None:
        """`texts` by path, each in one or more sections. Command lines: `programs` by the path of what they ran,
        `shown` by the unit they show.

        `said` is what a command line printed, `is_gone` whether it is known that nothing is at a path, `is_real`
        whether it is that a directory of COULD_BE_LINKS is there, and no link.
        """
        super().__init__()
        self._texts, self._programs, self._shown = texts, programs, shown
        self._said, self._is_gone, self._is_real = said, is_gone, is_real
        self._folders: dict[str, set[str]] = {}
        for path in texts:
            above, _, name = path.rpartition("/")
            while name and name not in self._folders.setdefault(above, set()):
                self._folders[above].add(name)
                above, _, name = above.rpartition("/")
        self._listings: dict[tuple[str, ...], Listing] = {}
        self._for_libraries: list[Any] = []

    def is_unlisted(self, path: str) -> bool:
        """Whether a folder was listed, and a path in it or below it not."""
        name = path
        while name:
            above, _, last = name.rpartition("/")
            listing = self._listing(above)
            if listing and name in listing.entries:
                return False
            if listing and above in listing.folders:
                return not last.startswith(".") and name not in self._texts
            name = above
        if not path.startswith(OTHER_UNIT_FOLDERS) or not self._systemd_runs or self._elsewhere:
            return False
        # Listed behind the last unit that is shown.
        listing = self._listing(UNIT_FOLDERS[1])
        return listing is not None and UNIT_FOLDERS[1] in listing.folders

    def gathered_like(self, pattern: str) -> list[str]:
        """The paths that a shell's pattern names, of those that were gathered; wildcards in the last part only."""
        folder, _, name = pattern.rpartition("/")
        names = (n for n in self._folders.get(folder, ()) if n.startswith(".") == name.startswith("."))
        return [f"{folder}/{n}" for n in sorted(names) if fnmatchcase(n, name)]

    def file_for_library(self, path: str) -> str:
        content = self.read(path)
        # Without a name, for nobody would take one away: the program ends without tearing down.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this host
        self._for_libraries.append(file)
        file.write(content)
        file.flush()
        return f"/proc/self/fd/{file.fileno()}"

    def _read(self, path: str) -> bytes:
        if path in self._texts:
            text = text_of_all(self._texts[path], MAX_FILE_BYTES)
            if re.search(rb"^sed: .*%b\W" % re.escape(os.fsencode(path)), text, re.M):
                raise Unreadable(f"{path}: supportconfig could not read it, or not to its end")
            return text
        if path.startswith(UNIT_FOLDERS) and self._entry(path):
            return self._unit(path).encode("utf-8", "surrogateescape")
        if self._mode_of(path) is not None:
            raise Unreadable(f"{path}: its content is not gathered by supportconfig")
        raise Absent(f"{path} is not gathered")

    def _entries(self, path: str) -> list[str]:
        path = path.rstrip("/")
        listing = self._listing(path)
        names = set(self._folders.get(path, ()))
        if listing and path in listing.folders:
            return list(
                names.union(name[len(path) + 1 :] for name in listing.entries if name.rpartition("/")[0] == path)
            )
        # Were a file like no other gathered, had it been there?
        if names and self._is_gone(f"{path}/\0"):
            return list(names)
        if self._mode_of(path) is not None:
            raise Unreadable(f"{path}: what is in it is not gathered by supportconfig")
        raise Absent(f"{path} is not gathered")

    def _mode(self, path: str) -> int:
        mode = self._mode_of(path)
        if mode is None:
            raise Absent(f"{path} is not gathered")
        return mode

    def _link(self, path: str) -> str | None:
        if path == "/etc/rc.d" and self._entry("/etc/init.d/rc3.d"):
            return "init.d"  # of SUSE's package aaa_base, wherever the runlevels' folders are in init.d
        entry = self._entry(path)
        return entry.target if entry else None

    def _mode_of(self, path: str) -> int | None:
        if path in ("", "/"):
            return FOLDER
        entry = self._entry(path)
        if entry:
            return entry.mode
        if path in self._texts:
            return FILE
        listing = self._listing(path)
        listed = listing is not None and path in listing.folders
        if path in COULD_BE_LINKS:
            return FOLDER if self._is_real(path) else None
        if listed or path in self._folders or path in self._modules_folders:
            return FOLDER
        if path in self._programs:
            with suppress(Unreadable):
                self._said(self._programs[path])
                return PROGRAM
        return None

    def _entry(self, path: str) -> Entry | None:
        listing = self._listing(path)
        return listing.entries.get(path) if listing else None

    def _listing(self, path: str) -> Listing | None:
        """What `ls` said of the folder that a path is in, or below; None where it was not asked."""
        folder = next((f for f in LISTINGS if path == f or path.startswith(f"{f}/")), None)
        if folder is None:
            return None
        commands = LISTINGS[folder]
        if commands not in self._listings:
            self._listings[commands] = Listing({}, frozenset())
            for command in commands:
                with suppress(Unreadable):
                    self._listings[commands] = parse_ls(self._said(command).splitlines(), folder)
        return self._listings[commands]

    @cached_property
    def _systemd_runs(self) -> bool:
        with suppress(Unreadable):
            return ".target" in self._said(UNITS)
        return False

    @cached_property
    def _elsewhere(self) -> bool:
        """Whether a loaded unit came from a folder that is not listed."""
        return any(
            path.startswith(OTHER_UNIT_FOLDERS)
            for unit in self._shown
            for key in ("FragmentPath", "DropInPaths")
            for path in self._show(unit).get(key, "").split()
        )

    @cached_property
    def _modules_folders(self) -> frozenset[str]:
        """Folders in /lib/modules/RELEASE that modules.dep tells of; asked for is whether a kernel's are all there."""
        found: set[str] = set()
        for path in self._texts:
            if path.endswith("/modules.dep"):
                with suppress(Unreadable):
                    text = text_of_all(self._texts[path], MAX_FILE_BYTES)
                    release = os.path.dirname(path)
                    for folder in {os.path.dirname(name) for name in re.findall(rb"^(kernel/[^:\n]*):", text, re.M)}:
                        parts = os.fsdecode(folder).split("/")
                        found.update(f"{release}/{'/'.join(parts[:depth])}" for depth in range(1, len(parts) + 1))
        return frozenset(found)

    # -- systemd's units -------------------------------------------------------------------------------

    def _show(self, unit: str) -> dict[str, str]:
        return parse_show(self._said(self._shown[unit]))

    def _unit(self, path: str) -> str:
        """The text of a unit file or drop-in; raises Unreadable where systemd was not asked what it made of it."""
        folder, _, name = path.rpartition("/")
        if folder.endswith(".d"):
            unit = os.path.basename(folder).removesuffix(".d")
            if unit in self._shown and path in self._show(unit).get("DropInPaths", "").split():
                return ""  # it is in what is shown of the unit
        elif name in self._shown:
            shown = self._show(name)
            if os.path.basename(shown.get("FragmentPath", "")) == name:
                return unit_text(shown, self._linked(shown.get("Names", name).split()))
        raise Unreadable(f"{path} is not gathered by supportconfig, nor what `systemctl show` says of it")

    def _linked(self, names: list[str]) -> frozenset[str]:
        """The units that are pulled in by links beside a unit of these names."""
        linked: set[str] = set()
        for folder in UNIT_FOLDERS:
            for name in names:
                for kind in ("wants", "requires"):
                    with suppress(Unreadable):
                        linked.update(self._entries(f"{folder}/{name}.{kind}"))
        return frozenset(linked)

"""What a sosreport holds, and what it does not: the layouts of sos 2.2, 3.x and 4.x.

    version.txt                          sosreport: 4.0           and the plugins that ran, one a line
    sos_reports/manifest.json            4.x: the plugins with their commands and exit statuses
    sos_commands/PLUGIN/MANGLED          what a command printed: df_-al_-x_autofs, ls_-lanR_.dev
    hostname -> sos_commands/…           links to a few of them
    etc/hosts                            the machine's files at their paths; its links to directories often left out
    sos_strings/PLUGIN/….tailed          the end of what was longer than --log-size allows; a link leads there

A path that is not there was not there (its plugin ran), was not asked for (it did not run), or sos never asks for it:
`sosplugins.py` tells. Sources: sos-report(1), https://github.com/sosreport/sos.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import accumulate

from linuxready.facts import UNSEEN_LINK
from linuxready.host import Absent, Unreadable
from linuxready.host.gathered import COULD_BE_LINKS, UNFORESEEN, Gathered, sosmaking
from linuxready.host.gathered.sosplugins import (
    ASKED_FOR,
    OTHERS_FILES,
    OWN,
    PLUGINS,
    SAME,
    Plugin,
    mangled,
    pattern_of,
)
from linuxready.host.gathered.texts.date import parse_date

RPMS = re.compile(r"^(\S+)-[^\s-]+-[^\s-]+\.\w+(?=\s|$)", re.M)
"""lsof-4.87-4.el7.x86_64                         Tue 12 Jan 2016 10:00:00 AM CET"""
DEBS = re.compile(r"^.i.\s+([^\s:]+)", re.M)
"""ii  lsof             4.95.0-1         amd64            utility to list open files"""

LISTS = (
    ("/installed-debs", re.compile(r"dpkg_-l$"), DEBS),
    ("/installed-rpms", re.compile(r"package-data$|(sh_-c_)?rpm_.*-qa"), RPMS),
)
"""The lists of packages: the link in the report's root, the names of the outputs that it may lead to, their rows."""
LIST_TROUBLE = re.compile(r"^(error|rpmdb|dpkg-query: error): ", re.M)

NOT_RUN = {sosmaking.TIMED_OUT: "timed out", 126: "could not be run", 127: "is not installed"}
"""Exit statuses of which the output is no answer (timeout(1), sh(1))."""

TAILED = "/sos_strings/"
"""Where the ends of long files lie; in the files' places are links to them."""

UNIT_FOLDERS = ("/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
"""Where units may lie beside /etc; not each is on every machine."""

LINKS_KEPT = (3, 7)
"""The first version that copies the links on the way to a file; others make folders of them."""

MAYBE_LINKS = ("/var", "/usr/local")
"""Those of COULD_BE_LINKS of which a folder in a report tells nothing before that."""

CLEANED = {
    "host_name": "the host name is",
    "/proc/sys/kernel/hostname": "the host name is",
    "/etc/hostname": "the host name is",
    "/etc/HOSTNAME": "the host name is",
    "/etc/sysconfig/network": "the host name is",
    "/etc/hosts": "/etc/hosts: names and addresses are",
}
"""What `sos clean` writes other names and addresses into, and of which more is asked than where it is the same."""
CLEANED_MARKS = re.compile(r"\b53:4f:53:|obfuscateddomain")
"""MAC addresses that no adapter has (the bit for groups is set), and the domain's new name."""


def wanted(path: str) -> bool:
    """Whether a member of an archive, named below the report's folder, is ever asked for; most of one is logs."""
    return OWN.fullmatch(path) is not None or ASKED_FOR.fullmatch(f"/{path}") is not None


class Sosreport(Gathered):
    """A sosreport's folder. Its own links are followed inside it only."""

    def __init__(self, folder: str, name: str) -> None:
        """`name`: what the report is called. Raises Unreadable where the folder holds no sosreport."""
        self.root = folder
        self._report = self.files
        self.root = self._report.root
        if self._report.mode("/sos_commands") is None:
            raise Unreadable(
                f"{name} is neither a sosreport (no sos_commands) nor a supportconfig (no basic-environment.txt)"
            )
        self.source = f"sosreport {re.sub(r'[.]tar([.](xz|gz|bz2))?$', '', name)}"
        self._outputs = {path.rpartition("/")[2]: path for path in self._output_paths()}
        self._making = sosmaking.read(self._report, self._outputs)
        self._ran, self._version = self._making.plugins, self._making.version
        self._spoken_version = ".".join(map(str, self._version))
        self._family = self._family_of()
        self._kernel = next(iter(self._printed("uname -a").split()[2:3]), "unknown")
        self.obfuscated = self._making.cleaned or "obfuscated" in name or self._is_obfuscated()
        self.links = dict(self._left_out_links())
        self.collected_at = self._collected_at()

    # -- what the report says of itself --------------------------------------------------------------

    def _text(self, path: str) -> str:
        """The text of a file of the report's own, "" where there is none."""
        with suppress(Unreadable):
            return self._report.text(path)
        return ""

    def _family_of(self) -> str:
        """rpm or deb, by what is there of either; "" where nothing tells, as with few plugins (`-o`)."""
        named = " ".join(re.findall(r"^ID(?:_LIKE)?=(.*)", self._text("/etc/os-release"), re.M))
        ran = self._ran.keys()
        if self._report.mode("/etc/debian_version") or ran & {"apt", "dpkg"} or re.search("debian|ubuntu", named):
            return "deb"
        if self._report.mode("/etc/redhat-release") or ran & {"rpm", "yum", "dnf"} or named or self._version < (3,):
            return "rpm"
        return ""

    def _output_paths(self) -> Iterator[str]:
        for plugin in reversed(self._report.entries("/sos_commands")):
            with suppress(Unreadable):
                for name in self._report.entries(f"/sos_commands/{plugin}"):
                    yield f"/sos_commands/{plugin}/{name}"

    def _is_obfuscated(self) -> bool:
        outputs = ("ip_-d_address", "ip_-s_-d_link", "hostname", "hostname_-f")
        texts = [self._text(self._outputs[name]) for name in outputs if name in self._outputs]
        return any(map(CLEANED_MARKS.search, (*texts, self._text("/etc/hosts"))))

    def _left_out_links(self) -> Iterator[tuple[str, str]]:
        """The machine's links that sos does not copy, where the report shows that they are there."""
        if self._report.mode("/etc/grub.conf") is None and self._report.mode("/boot/grub/grub.conf") is not None:
            yield "/etc/grub.conf", "../boot/grub/grub.conf"
        if self._family == "rpm" and self._report.mode("/etc/grub2-efi.cfg") is None:
            with suppress(Unreadable):
                for name in self._report.entries("/boot/efi/EFI"):
                    if self._report.mode(f"/boot/efi/EFI/{name}/grub.cfg") is not None:
                        yield "/etc/grub2-efi.cfg", f"../boot/efi/EFI/{name}/grub.cfg"
        if self._report.mode("/etc/rc.d/init.d") is not None:
            for name in ("init.d", *(f"rc{level}.d" for level in "0123456S")):
                if self._report.mode(f"/etc/{name}") is None:
                    yield f"/etc/{name}", f"rc.d/{name}"
        # sos 3 copies /lib/systemd/system, and to /usr/lib/systemd/system what links in /etc lead to.
        if self._report.link("/lib") is None:
            with suppress(Unreadable):
                copied, led_to = (set(self._report.entries(f"{top}/systemd/system")) for top in ("/lib", "/usr/lib"))
                if led_to and led_to <= copied:
                    yield "/usr/lib/systemd/system", "/lib/systemd/system"

    def _collected_at(self) -> str | None:
        utc = re.search(r"Universal time: \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", self._printed("timedatectl"))
        if utc:
            return f"{utc[1]}T{utc[2]}Z"
        return parse_date(self._printed("date --utc")) or parse_date(self._printed("date"))

    def _printed(self, command: str) -> str:
        return self._text(self._outputs.get(mangled(command), "/-"))

    # -- what was gathered ---------------------------------------------------------------------------

    def output(self, *argv: str) -> str:
        """What a command printed, whatever this version wrote for it; raises Unreadable."""
        line = " ".join((os.path.basename(argv[0]), *argv[1:]))
        for spelling in (line, *next((row for row in SAME if line in row), ())):
            if path := self._outputs.get(mangled(spelling)):
                return self._answer(path, line)
        rows = [p for p in PLUGINS if any(f"{line} ".startswith(f"{c.strip()} ") for c in p.commands.split(","))]
        raise self._why(f"`{line}`", rows) or Unreadable(f"`{line}` is not in the sosreport")

    def _answer(self, path: str, line: str) -> str:
        trouble = NOT_RUN.get(self._making.statuses.get(path) or 0)
        if trouble:
            raise Unreadable(f"`{line}` {trouble}")
        if self._report.real_path(path).startswith(TAILED):
            raise Unreadable(f"only the end of what `{line}` printed was gathered (sos --log-size)")
        return self._report.text(path)

    def packages(self) -> frozenset[str]:
        """The names of the packages; raises Unreadable where they were not listed."""
        return self._packages

    @cached_property
    def _packages(self) -> frozenset[str]:
        for link, printed, row in LISTS:
            paths = sorted(path for name, path in self._outputs.items() if printed.match(name))
            for path in [path for path in (link, *paths) if self._report.mode(path) is not None][:1]:
                text = self._answer(self._report.real_path(path), "the list of packages")
                if LIST_TROUBLE.search(text):
                    raise Unreadable("not all packages were listed: their database could not be read whole")
                if names := frozenset(row.findall(text)):
                    return names
        rows = [p for p in PLUGINS if p.name in ("rpm", "dpkg")]
        raise self._why("the list of packages", rows) or Unreadable("the list of packages is not in the sosreport")

    def missing(self, path: str) -> Unreadable:
        """Absent, or why nobody knows. Paths are taken as they are asked for, and with the links that sos resolved."""
        if spoilt := self.spoilt(path):
            return spoilt
        if self._needs_no_look(path):
            return Absent(f"{path} does not exist")
        spellings = set(self._spellings(path))
        if path in COULD_BE_LINKS:
            return Unreadable(f"{UNSEEN_LINK.format(path)}, and where it leads is not in the sosreport")
        if any(map(self._is_skipped, spellings)):
            return Unreadable(f"{path} was left out (sos --skip-files)")
        rows = [plugin for plugin, pattern in self._copied if any(map(pattern.fullmatch, spellings))]
        return self._why(path, rows) or Absent(f"{path} does not exist")

    def spoilt(self, what: str) -> Unreadable | None:
        """What `sos clean` wrote other names and addresses into, what was cut, and folders that may be links."""
        if what in MAYBE_LINKS and self._version < LINKS_KEPT:
            return Unreadable(f"{UNSEEN_LINK.format(what)}, which is not told by sos {self._spoken_version}")
        if what.startswith(TAILED):
            return Unreadable(f"only the end of {what.removeprefix(TAILED)} was gathered (sos --log-size)")
        return Unreadable(f"{CLEANED[what]} obfuscated (sos clean)") if self.obfuscated and what in CLEANED else None

    def _is_skipped(self, path: str) -> bool:
        """Whether a file was left out at will, or of a path of any name one may have been."""
        above, _, name = path.rpartition("/")
        paths = list(accumulate(path.split("/")[1:], "{}/{}".format, initial=""))
        return any(
            any(fnmatchcase(one, pattern) for one in paths)
            or (name == UNFORESEEN and fnmatchcase(above, os.path.dirname(pattern)))
            for pattern in self._making.skipped
        )

    @cached_property
    def _copied(self) -> list[tuple[Plugin, re.Pattern[str]]]:
        """What each plugin copies of this machine."""
        paths = ((plugin, path) for plugin in PLUGINS for path in plugin.paths.split())
        return [(plugin, pattern_of(path.replace("{kernel}", self._kernel))) for plugin, path in paths]

    def _spellings(self, path: str) -> Iterator[str]:
        """A path as plugins may name it: /proc/self is a link to a number, /proc/net to self/net, /lib to usr/lib."""
        yield path
        own = re.sub(r"^/proc/\d+/", "/proc/self/", path)
        yield own
        yield re.sub(r"^/proc/self/net(?=/|$)", "/proc/net", own)
        if self._family == "rpm":
            yield re.sub(r"^/etc/(init|rc[0-6S])\.d(?=/|$)", r"/etc/rc.d/\1.d", path)
        if path.startswith("/usr/lib/") and (self._report.link("/lib") or "/usr/lib/systemd/system" in self.links):
            yield path.removeprefix("/usr")

    def _needs_no_look(self, path: str) -> bool:
        """Whether the rest of the report tells that a path is not there, or that it does not matter."""
        if self._family and OTHERS_FILES[self._family].fullmatch(path):
            return True
        folder = next((folder for folder in UNIT_FOLDERS if f"{path}/".startswith(f"{folder}/")), None)
        return folder is not None and folder not in self._unit_path()

    def _unit_path(self) -> tuple[str, ...]:
        """The folders that systemd looks for units in, of those in question; it names those that are there."""
        told = re.search(r"^UnitPath=(.*)", self._printed("systemctl show --all"), re.M)
        return tuple(told[1].split()) if told else UNIT_FOLDERS

    def _why(self, what: str, rows: list[Plugin]) -> Unreadable | None:
        """Why something was not gathered; None where a plugin that gathers it ran."""
        here = [r for r in rows if r.since <= self._version < r.before]
        here = [r for r in here if r.family in ("", self._family) or not self._family]
        if any(self._ran.get(row.name) == "" and self._worked(row) for row in here):
            return None
        if not here:
            return Unreadable(
                f"{what} is not gathered by sos {self._spoken_version}" if rows else f"{what} is not gathered by sos"
            )
        did = self._ran.get(here[0].name, "did not run") or "left it out"
        return Unreadable(f"{what} was not gathered (sos plugin `{here[0].name}`, which {did})")

    def _worked(self, row: Plugin) -> bool:
        """Whether a row copied what it says, as far as what every machine has of it tells."""
        if row.family not in ("", self._family):
            return False
        seen = not row.witness or self._report.mode(row.witness) is not None
        return seen and re.search(row.says, self._text(row.witness), re.M | re.I) is not None

"""What a support tool that leaves nothing out would gather of a recorded machine: files, and what commands print.

No file of /sys, of udev's database or of /boot but boot loaders' is copied, and no program.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from linuxready.facts import UnknownFact
from linuxready.host import Absent, Host, Unreadable
from linuxready.host.captured import Recording
from linuxready.host.gathered import Gathered
from linuxready.host.gathered.gatheredhost import GatheredHost

from .printed import Printed

NOT_COPIED = re.compile(
    r"/sys(/.*)?|/run/udev(/.*)?|/proc/(modules|partitions|2/comm)|/boot/(?!grub|loader|efi).*|/run/systemd/.*"
    r"|(/usr(/local)?)?/s?bin/.*|/usr/libexec/.*|/usr/lib/(vmware-tools|wicked|systemd/systemd)(/.*)?"
)
"""What support tools do not copy."""


class Files(Recording):
    """The files of a recording that are copied."""

    def _read(self, path: str) -> bytes:
        self._shut(path)
        return super()._read(path)

    def _mode(self, path: str) -> int:
        self._shut(path)
        return super()._mode(path)

    def _entries(self, path: str) -> list[str]:
        self._shut(path)
        return [name for name in super()._entries(path) if not NOT_COPIED.fullmatch(f"{path.rstrip('/')}/{name}")]

    def _link(self, path: str) -> str | None:
        return None if NOT_COPIED.fullmatch(path) else super()._link(path)

    def _shut(self, path: str) -> None:
        if NOT_COPIED.fullmatch(path):
            raise Absent(f"{path} does not exist")


class EverythingGathered(Gathered):
    """A recorded machine, its commands told by `tests/printed.py`; `without`: commands that were not gathered."""

    def __init__(self, machine: Path, without: str = "") -> None:
        self.printed = Printed(machine)
        self._files = Files(str(machine))
        self._without = re.compile(without or r"(?!)")
        self.source, self.collected_at, self.root = f"gathered {machine.name}", self._files.collected_at, ""

    @property
    def files(self) -> Host:
        return self._files

    def output(self, *argv: str) -> str:
        command = " ".join(argv)
        text = None
        with suppress(KeyError, UnknownFact):  # of what the recording does not have nothing can be printed
            text = None if self._without.match(command) else self.printed.of(command)
        if text is None:
            raise Unreadable(f"`{command}` was not gathered")
        return text

    def packages(self) -> frozenset[str]:
        rpms, debs = self.printed.rpms(), self.printed.debs()
        if debs:
            return frozenset(re.findall(r"^ii +(\S+)", debs, re.M))
        return frozenset(re.findall(r"^(\S+)-[^-]+-[^-]+\s", rpms or "", re.M))

    def missing(self, path: str) -> Unreadable:
        if NOT_COPIED.fullmatch(path):
            return Unreadable(f"{path} was not gathered")
        return Absent(f"{path} does not exist")


def host(machine: Path, without: str = "") -> GatheredHost:
    """The machine as it was gathered."""
    return GatheredHost(EverythingGathered(machine, without))

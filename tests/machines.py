"""What tests build machines from."""

from __future__ import annotations

import datetime
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from linuxready.facts import SCHEMA, Fact, Facts
from linuxready.host import PERMISSION_DENIED, Absent, CommandResult, Host, Scanned, Unreadable, initramfs
from linuxready.judge import judge
from linuxready.profile import Profile, load, shipped
from linuxready.report import Finding, Report
from linuxready.requirements.base import Requirement
from linuxready.requirements.firewall import OpenPort

TODAY = datetime.date(2026, 11, 23)
NOW = "2026-11-23T08:00:00Z"


class FakeHost(Host):
    """A host of a few files, links, commands and told things; everything else is absent or unreadable.

    `denied`: files that may not be read and folders that may not be listed, though a mode can be seen.
    """

    source = "fake"

    def __init__(
        self,
        files: dict[str, str | bytes] | None = None,
        links: dict[str, str] | None = None,
        modes: dict[str, int] | None = None,
        told: dict[str, Any] | None = None,
        commands: dict[tuple[str, ...], CommandResult | Unreadable] | None = None,
        blocks: dict[str, bytes] | None = None,
        denied: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        files = files or {}
        self.files = {p: c.encode("utf-8", "surrogateescape") if isinstance(c, str) else c for p, c in files.items()}
        self.links, self.modes, self.answers = links or {}, modes or {}, told or {}
        self.commands, self.blocks = commands or {}, blocks or {}
        self.denied = denied
        self.asked: list[tuple[str, ...]] = []
        self._for_libraries: list[Any] = []

    def _read(self, path: str) -> bytes:
        self._refuse(path)
        if path in self.files:
            return self.files[path]
        raise Absent(f"{path} does not exist")

    def _refuse(self, path: str) -> None:
        if path in self.denied:
            raise Unreadable(f"{path}: {PERMISSION_DENIED}")

    def file_for_library(self, path: str) -> str:
        """A real file with the fake one's content: no library may read this machine's own."""
        file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - it lasts as long as this host
        file.write(self.read(path))
        file.flush()
        self._for_libraries.append(file)
        return file.name

    def _entries(self, path: str) -> list[str]:
        self._refuse(path)
        return self._names_in(path)

    def _names_in(self, path: str) -> list[str]:
        prefix = f"{path}/"
        everything = (*self.files, *self.links, *self.modes, *self.denied)
        names = {p[len(prefix) :].split("/")[0] for p in everything if p.startswith(prefix)}
        if not names and not stat.S_ISDIR(self.modes.get(path, 0)):
            raise Absent(f"{path} does not exist")
        return list(names)

    def _mode(self, path: str) -> int:
        if path in self.modes:
            return self.modes[path]
        if path in self.files:
            return 0o100644
        self._names_in(path)
        return 0o40755

    def _link(self, path: str) -> str | None:
        return self.links.get(path)

    def _scan(self, path: str, avoid: Mapping[str, str]) -> Iterable[Scanned]:
        names = self._entries(path)
        below = [(name, f"{path}/{name}") for name in names]
        return [(names, [n for n, p in below if p not in {*self.links, *avoid} and stat.S_ISDIR(self._mode(p))])]

    def available_bytes(self, path: str) -> int:
        available: dict[str, int] = self.told("filesystems")
        if path not in available:
            raise Absent(f"{path} does not exist")
        return available[path]

    def initramfs_drivers(self, path: str, release: str, drivers: tuple[str, ...], max_bytes: int) -> dict[str, bool]:
        with tempfile.TemporaryFile() as file:
            file.write(self.read(path))
            file.seek(0)
            return initramfs.holds(file.fileno(), path, release, drivers, max_bytes)

    def run(self, *argv: str) -> CommandResult:
        self.asked.append(argv)
        answer = self.commands.get(argv, Unreadable(f"{argv[0]} is not installed"))
        if isinstance(answer, Unreadable):
            raise answer
        return answer

    def told(self, key: str) -> Any:
        if key not in self.answers:
            raise Unreadable(f"{key} was not told")
        return self.answers[key]

    def read_block(self, node: str, length: int) -> bytes:
        self.asked.append(("read_block", node))
        if node not in self.blocks:
            raise Unreadable(f"{node} was not captured")
        return self.blocks[node][:length]


def facts(**known: Any) -> Facts:
    """Facts of which only these are known, as values or as a Fact; no line of a file that is known was rejected."""
    unknown: Fact[Any] = Fact(unknown="nobody looked")
    names = [f.name for f in msgspec.structs.fields(Facts) if f.name not in ("schema", "collected_at", "source")]
    if misnamed := set(known).difference(names, ("source", "collected_at")):
        raise TypeError(f"no facts: {misnamed}")
    values: dict[str, Any] = {"schema": SCHEMA, "collected_at": NOW, "source": "fake"}
    for name in names:
        value: Any = () if name.removesuffix("_rejected") in known and name.endswith("_rejected") else unknown
        values[name] = value
    values.update(known)
    for name in names:
        if not isinstance(values[name], Fact):
            values[name] = Fact(value=values[name])
    return Facts(**values)


@cache
def shipped_profile(name: str) -> Profile:
    """A profile, read once: hypothesis traces every line of the TOML parser. Its source names no folder of ours."""
    profile = load(name)
    return msgspec.structs.replace(profile, source=os.path.basename(profile.source))


def report(facts: Facts, profile: str = "vmware-2017", multi_vm: bool = False) -> Report:
    chosen = shipped_profile(profile)
    if multi_vm:
        rows = (msgspec.structs.replace(r, wanted=True) if isinstance(r, OpenPort) else r for r in chosen.requirement)
        chosen = msgspec.structs.replace(chosen, requirement=tuple(rows))
    return judge(facts, chosen, TODAY, others=map(shipped_profile, shipped()))


def finding(facts: Facts, requirement: str) -> Finding:
    """One requirement's finding by the default profile."""
    return next(f for f in report(facts).findings if f.id == requirement)


def requirement(name: str, profile: str = "vmware-2017", **changes: Any) -> Requirement:
    """A requirement of a profile, with other values where they are given."""
    found = next(r for r in load(profile).requirement if r.id == name)
    return msgspec.structs.replace(found, **changes)


def finding_by(changed: Requirement, facts: Facts) -> Finding:
    """The finding of one requirement, by a profile that has no other."""
    profile = msgspec.structs.replace(load("vmware-2017"), requirement=(changed,))
    return judge(facts, profile, TODAY).findings[0]

"""What tests build machines from."""

from __future__ import annotations

import datetime
from typing import Any

from linuxready.facts import Facts
from linuxready.host import Absent, CommandResult, Host, Unreadable
from linuxready.judge import judge
from linuxready.profile import load
from linuxready.report import Finding, Report

TODAY = datetime.date(2026, 11, 23)
NOW = "2026-11-23T08:00:00Z"


class FakeHost(Host):
    """A host of a few files, links, commands and told things; everything else is absent or unreadable."""

    source = "fake"

    def __init__(
        self,
        files: dict[str, str | bytes] | None = None,
        links: dict[str, str] | None = None,
        modes: dict[str, int] | None = None,
        told: dict[str, Any] | None = None,
        commands: dict[tuple[str, ...], CommandResult | Unreadable] | None = None,
        blocks: dict[str, bytes] | None = None,
    ) -> None:
        super().__init__()
        files = files or {}
        self.files = {p: c.encode("utf-8", "surrogateescape") if isinstance(c, str) else c for p, c in files.items()}
        self.links, self.modes, self.answers = links or {}, modes or {}, told or {}
        self.commands, self.blocks = commands or {}, blocks or {}

    def _read(self, path: str) -> bytes:
        if path in self.files:
            return self.files[path]
        raise Absent(f"{path} does not exist")

    def _entries(self, path: str) -> list[str]:
        prefix = f"{path}/"
        everything = (*self.files, *self.links, *self.modes)
        names = {p[len(prefix) :].split("/")[0] for p in everything if p.startswith(prefix)}
        if not names:
            raise Absent(f"{path} does not exist")
        return list(names)

    def _mode(self, path: str) -> int:
        if path in self.modes:
            return self.modes[path]
        if path in self.files:
            return 0o100644
        self._entries(path)
        return 0o40755

    def _link(self, path: str) -> str | None:
        return self.links.get(path)

    def run(self, *argv: str) -> CommandResult:
        answer = self.commands.get(argv, Unreadable(f"{argv[0]} is not installed"))
        if isinstance(answer, Unreadable):
            raise answer
        return answer

    def told(self, key: str) -> Any:
        if key not in self.answers:
            raise Unreadable(f"{key} was not told")
        return self.answers[key]

    def read_block(self, node: str, length: int) -> bytes:
        if node not in self.blocks:
            raise Unreadable(f"{node} was not captured")
        return self.blocks[node][:length]


def report(facts: Facts, profile: str = "vmware-2017") -> Report:
    return judge(facts, load(profile), TODAY)


def finding(facts: Facts, requirement: str) -> Finding:
    """One requirement's finding by the default profile."""
    return next(f for f in report(facts).findings if f.id == requirement)

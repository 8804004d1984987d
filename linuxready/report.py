"""The report: what was judged, by which profile, and one finding for each requirement."""

from __future__ import annotations

import datetime
from typing import Literal

from msgspec import Struct

from linuxready.facts import Evidence

SCHEMA = 1
"""Version of the JSON report; raised when a key changes its meaning or goes."""

Status = Literal["pass", "fail", "warn", "unknown", "skip", "manual", "waived"]
Level = Literal["required", "advised", "manual"]
Verdict = Literal["ready", "not-ready", "undetermined"]


class Remedy(Struct, frozen=True):
    """How to mend a finding on this very host: a command to run, a file to edit, or advice."""

    kind: Literal["command", "edit", "hint"]
    text: str


class Reference(Struct, frozen=True):
    """Where the requirement stands: document, section, and the document's date."""

    document: str
    section: str
    as_of: str


class Waiver(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Why it does not count that a requirement is not met, whose decision that is, and the last day that it is so.

    `hosts`: shell patterns for the names of the hosts that it is for; left out where it is for all.
    """

    requirement: str
    reason: str
    owner: str
    expires: datetime.date
    hosts: tuple[str, ...] | None = None


class Finding(Struct, frozen=True, omit_defaults=True):
    """One requirement's answer for this machine; `found` and `expected` are one line each, for a person.

    `agent_errors`: the errors that the replication agent fails with where this is not met; left out where it has none.
    `waiver`: the one that there is for it; left out where none is. Where the status is fail or warn it has expired,
    where it is unknown it does not cover what was not seen, where it is pass or skip none is needed.
    """

    id: str
    title: str
    level: Level
    status: Status
    found: str
    expected: str
    evidence: tuple[Evidence, ...]
    remedies: tuple[Remedy, ...]
    reference: Reference
    agent_errors: tuple[str, ...] = ()
    waiver: Waiver | None = None


class Tool(Struct, frozen=True):
    """The program that wrote the report."""

    name: str
    version: str


class ProfileSummary(Struct, frozen=True, omit_defaults=True):
    """The profile that was judged by; `source` is "shipped" or the file's path.

    `better`: which other profile is newer, or for machines such as this one, and why; left out where none is.
    `extends`: the shipped profile that a user's one is made from; left out where there is none.
    """

    name: str
    title: str
    as_of: str
    source: str
    better: str = ""
    extends: str = ""


class HostSummary(Struct, frozen=True):
    """The machine in three words, None where not known: "web1", "Red Hat … 6.8", "2.6.32-642.el6.x86_64"."""

    name: str | None
    release: str | None
    kernel: str | None


class Report(Struct, frozen=True):
    """What `check` prints. `complete` is false where requirements were left out by --only or --skip."""

    schema: int
    tool: Tool
    profile: ProfileSummary
    host: HostSummary
    source: str
    collected_at: str
    complete: bool
    verdict: Verdict
    counts: dict[str, int]
    findings: tuple[Finding, ...]

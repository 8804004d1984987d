"""The document of `linuxready facts`: what configuration management asks a machine for, small and of stable shape.

docs/facts-document.md tells of every key; docs/facts-document.schema.json is made from the types here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from msgspec import Struct

from linuxready import __version__, jsontext
from linuxready.facts import Facts, UnknownFact
from linuxready.judge import WORST_FIRST
from linuxready.report import Report, Status, Verdict
from linuxready.requirements.disks import os_disks, whole_disks
from linuxready.requirements.storage import spoken_device

SCHEMA = 1
"""Version of the document; raised when a key changes its meaning or goes."""

UNDER: dict[str, str] = {"ansible": "", "cfengine": "", "facter": "linuxready", "ohai": "", "salt": "linuxready"}
"""Consumer to the key that it wants the document under; "" where it gives the name itself."""

MAX_BYTES = 16 * 1024
VALUE_BYTES = (1024, 256)
"""A string's limit in encoded bytes, and the one that holds where with the first the document becomes too large."""

LISTS = {
    "checks": (96, 4096),
    "failed": (96, 1024),
    "warned": (96, 1024),
    "unknown": (96, 1024),
    "disks": (64, 3072),
    "xfs_v5_mounts": (64, 1024),
}
"""Key to the most items, and the most encoded bytes of all of them: a document has at most 300 keys and MAX_BYTES."""

REASON_BYTES = 160
KEY_LENGTH = 64
MARK = "…"
"""What ends a string that was cut."""

T = TypeVar("T")


class Disk(Struct, frozen=True):
    """A whole disk; `size_bytes` is null where the machine does not say."""

    name: str
    size_bytes: int | None


class FactsDocument(Struct, frozen=True, kw_only=True):
    """What `linuxready facts` prints. `ready` is true only for a complete report without failed or unknown ones.

    `status`: ok, error (`error` says why), and from hooks not_run and stale. An ok and an error have all keys.
    """

    ready: bool
    verdict: Verdict
    complete: bool
    status: Literal["ok", "error", "not_run", "stale"]
    error: str | None = None
    schema: int = SCHEMA
    tool_version: str = __version__
    generated_at: str | None = None
    collected_at: str | None = None
    profile: str | None = None
    profile_as_of: str | None = None
    counts: dict[Status, int] = {}
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    checks: dict[str, Status] = {}
    distribution: str | None = None
    release: str | None = None
    kernel: str | None = None
    architecture: str | None = None
    os_disk: str | None = None
    disk_count: int | None = None
    disks: tuple[Disk, ...] | None = None
    xfs_v5_mounts: tuple[str, ...] | None = None
    ssh_starts_at_boot: bool | None = None
    firewall_allows_ssh: bool | None = None
    not_seen: dict[str, str] = {}
    cut: tuple[str, ...] = ()


def document(facts: Facts, report: Report, now: str) -> FactsDocument:
    """The document of a machine and its report; `now` (UTC, ISO 8601) is when it is made."""
    for limit in VALUE_BYTES:
        made = _document(facts, report, now, limit)
        if len(encode(made, "facter").encode()) <= MAX_BYTES:
            break
    return made


def failed(reason: str, now: str) -> FactsDocument:
    """The document of a machine that could not be looked at."""
    bounds = Bounds(VALUE_BYTES[0])
    return FactsDocument(
        ready=False,
        verdict="undetermined",
        complete=False,
        status="error",
        error=bounds.text("error", reason),
        generated_at=now,
        cut=tuple(bounds.cut),
    )


def encode(document: FactsDocument, consumer: str = "ansible") -> str:
    """The document as one line of JSON that a consumer of UNDER takes."""
    under = UNDER[consumer]
    return jsontext.compact({under: document} if under else document) + "\n"


def _document(facts: Facts, report: Report, now: str, limit: int) -> FactsDocument:
    bounds = Bounds(limit)
    ready = report.verdict == "ready" and report.complete
    seen = {key: _seen(read, facts, report) for key, read in GROUPED_BY.items()}
    return FactsDocument(
        ready=ready,
        verdict="undetermined" if report.verdict == "ready" and not ready else report.verdict,
        complete=report.complete,
        status="ok",
        generated_at=now,
        collected_at=bounds.text("collected_at", report.collected_at),
        profile=bounds.text("profile", report.profile.name),
        profile_as_of=bounds.text("profile_as_of", report.profile.as_of),
        counts={status: report.counts.get(status, 0) for status in STATUSES},
        failed=_ids(report, "fail", "failed", bounds),
        warned=_ids(report, "warn", "warned", bounds),
        unknown=_ids(report, "unknown", "unknown", bounds),
        checks=_checks(report, bounds),
        **{key: bounds.value(key, value) for key, (value, _) in seen.items()},
        not_seen={key: cut_text(reason, REASON_BYTES) for key, (_, reason) in seen.items() if reason},
        cut=tuple(bounds.cut),
    )


# -- what machines are grouped by ------------------------------------------------------------------------------


def _disks(facts: Facts, report: Report) -> tuple[Disk, ...]:
    disks = whole_disks(facts.block_devices.known())
    return tuple(Disk(spoken_device(disk), disk.size_bytes) for disk in (*disks.sized, *disks.unsized))


def _os_disk(facts: Facts, report: Report) -> str:
    spoken = {device.name: spoken_device(device) for device in facts.block_devices.known()}
    return ",".join(sorted(spoken.get(name, name) for name in os_disks(facts)))


def _xfs_v5_mounts(facts: Facts, report: Report) -> tuple[str, ...]:
    """Known only where every file system's features are: a list with gaps looks like a whole one."""
    features = [(filesystem.name, filesystem.features.known()) for filesystem in facts.xfs.known()]
    return tuple(name for name, seen in features if seen.crc or seen.v5_features)


def _architecture(facts: Facts, report: Report) -> str:
    machine = facts.kernel.known().machine
    if machine is None:
        raise UnknownFact("the kernel's machine was not seen")
    return machine


def _firewall_allows_ssh(facts: Facts, report: Report) -> bool:
    finding = next((finding for finding in report.findings if finding.id == "ssh-firewall"), None)
    if finding is None:
        raise UnknownFact(f"profile {report.profile.name} has no ssh-firewall")
    if finding.status == "unknown":
        raise UnknownFact(finding.found)
    if finding.status not in ("pass", "fail"):
        # What it depends on is a rule, and those are not everybody's to read.
        raise UnknownFact(f"ssh-firewall is {finding.status}: see the report")
    return finding.status == "pass"


GROUPED_BY: dict[str, Callable[[Facts, Report], Any]] = {
    "distribution": lambda facts, _: facts.release.known().id,
    "release": lambda facts, _: facts.release.known().version,
    "kernel": lambda facts, _: facts.kernel.known().release,
    "architecture": _architecture,
    "os_disk": _os_disk,
    "disk_count": lambda facts, report: len(_disks(facts, report)),
    "disks": _disks,
    "xfs_v5_mounts": _xfs_v5_mounts,
    "ssh_starts_at_boot": lambda facts, _: facts.ssh.known().starts_at_boot,
    "firewall_allows_ssh": _firewall_allows_ssh,
}
"""Key to how it is read; what raises UnknownFact is null, and `not_seen` has the reason."""


def _seen(read: Callable[[Facts, Report], T], facts: Facts, report: Report) -> tuple[T | None, str]:
    """A value and "", or None and why it is not known."""
    if facts.container.value:
        return None, f"seen inside a container ({facts.container.value})"
    try:
        return read(facts, report), ""
    except UnknownFact as reason:
        return None, str(reason)


# -- findings --------------------------------------------------------------------------------------------------

STATUSES: tuple[Status, ...] = (*WORST_FIRST, "waived")


def _ids(report: Report, status: Status, key: str, bounds: Bounds) -> tuple[str, ...]:
    return bounds.list(key, [finding.id for finding in report.findings if finding.status == status])


def _checks(report: Report, bounds: Bounds) -> dict[str, Status]:
    """Id with underscores to status, in the profile's order; of too many the least bad are left out."""
    named = [(f.id.replace("-", "_"), f.status) for f in report.findings if len(f.id) <= KEY_LENGTH]
    kept = dict(bounds.list("checks", sorted(named, key=lambda check: STATUSES.index(check[1]))))
    if len(kept) < len(report.findings):
        bounds.cut["checks"] = None
    return {name: status for name, status in named if name in kept}


# -- bounds ----------------------------------------------------------------------------------------------------


class Bounds:
    """Cuts what is too long, and keeps in `cut` the keys for which it did."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.cut: dict[str, None] = {}

    def value(self, key: str, value: Any) -> Any:
        """A value of GROUPED_BY within its bounds."""
        if isinstance(value, str):
            return self.text(key, value)
        if isinstance(value, tuple):
            return self.list(key, value, lambda item: self.value(key, item))
        return Disk(self.text(key, value.name), value.size_bytes) if isinstance(value, Disk) else value

    def text(self, key: str, text: str) -> str:
        """Text whose encoding has at most the limit's bytes, with a mark where it was cut."""
        short = cut_text(text, self._limit)
        if short != text:
            self.cut[key] = None
        return short

    def list(self, key: str, items: Sequence[T], bound: Callable[[T], T] = lambda item: item) -> tuple[T, ...]:
        """The first items, each bound, that fit both of the key's limits."""
        most, room = LISTS[key]
        kept: list[T] = []
        for item in map(bound, items[:most]):
            room -= encoded_bytes(item) + 1
            if room < 0:
                break
            kept.append(item)
        if len(kept) < len(items):
            self.cut[key] = None
        return tuple(kept)


def cut_text(text: str, limit: int) -> str:
    """Text cut, with a mark, to at most `limit` bytes of JSON without its quotes."""
    if encoded_bytes(text[: limit + 1]) - 2 <= limit and len(text) <= limit:
        return text
    kept, room = 0, limit - len(MARK.encode())
    for character in text:
        room -= encoded_bytes(character) - 2
        if room < 0:
            break
        kept += 1
    return text[:kept] + MARK


def encoded_bytes(value: Any) -> int:
    """How many bytes of JSON a value is."""
    return len(jsontext.compact(value).encode())

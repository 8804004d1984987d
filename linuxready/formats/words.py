"""What the formats share: the words of statuses, marks, a finding's details, the verdict's line."""

from __future__ import annotations

from linuxready.formats import Style
from linuxready.report import Finding, Reference, Report, Status
from linuxready.text import printable

ORDER: tuple[Status, ...] = ("pass", "skip", "waived", "manual", "warn", "unknown", "fail")
"""The order of lines: people read the end, so the worst is last."""

OK: frozenset[Status] = frozenset(("pass", "skip", "waived", "manual"))
"""Statuses that nobody has to do something about here."""

SILENT = OK - {"waived"}
"""Statuses that are only counted where there is room for little: a failure that somebody answers for is told."""

WORDS: dict[Status, str] = {
    "pass": "ok",
    "skip": "skip",
    "waived": "waived",
    "manual": "manual",
    "warn": "WARN",
    "unknown": "UNKNOWN",
    "fail": "FAIL",
}

MARKS: dict[Status, tuple[str, str]] = {
    "pass": ("✓", "+"),
    "skip": ("·", "."),
    "waived": ("~", "~"),
    "manual": ("○", "o"),
    "warn": ("!", "!"),
    "unknown": ("?", "?"),
    "fail": ("✗", "x"),
}
"""A mark a status, in UTF-8 and in ASCII."""

COLORS: dict[Status, str] = {
    "pass": "32",
    "skip": "2",
    "waived": "36",
    "manual": "36",
    "warn": "33",
    "unknown": "35",
    "fail": "1;31",
}
"""SGR parameters of ECMA-48."""

COUNTED: tuple[tuple[Status, str], ...] = (
    ("fail", "failed"),
    ("unknown", "unknown"),
    ("warn", "warned"),
    ("waived", "waived"),
    ("manual", "manual"),
    ("pass", "ok"),
    ("skip", "skipped"),
)

VERDICTS = {"ready": "READY", "not-ready": "NOT READY", "undetermined": "UNDETERMINED"}
VERDICT_STATUS: dict[str, Status] = {"ready": "pass", "not-ready": "fail", "undetermined": "unknown"}


VERBS = {"command": "run", "edit": "edit", "hint": "do"}
MAX_EVIDENCE = 4
MAX_REMEDIES = 6


def details(finding: Finding) -> list[tuple[str, str]]:
    """What was expected, what was seen, what to do, and where it stands: label and text."""
    lines = [("expected", finding.expected)]
    lines += [("seen", f"{e.source}: {e.text}") for e in finding.evidence[:MAX_EVIDENCE]]
    if len(finding.evidence) > MAX_EVIDENCE:
        lines.append(("seen", f"… and {len(finding.evidence) - MAX_EVIDENCE} more, see --format json"))
    lines += [(VERBS[r.kind], r.text) for r in finding.remedies[:MAX_REMEDIES]]
    if len(finding.remedies) > MAX_REMEDIES:
        lines.append(("do", f"… and {len(finding.remedies) - MAX_REMEDIES} more, see --format json"))
    return [*lines, ("cited", finding.reference.section)]


def decides(finding: Finding) -> bool:
    """Whether a finding alone keeps a machine from being ready."""
    return finding.status == "fail" or (finding.status == "unknown" and finding.level == "required")


def points(report: Report) -> tuple[Finding, ...]:
    """The findings for formats of which a reader sees only what fails: where nothing was judged, that is one more."""
    if report.verdict != "undetermined" or any(map(decides, report.findings)):
        return report.findings
    nowhere = Reference(report.profile.name, "", report.profile.as_of)
    nothing = "nothing was judged"
    return (*report.findings, Finding("verdict", "Verdict", "required", "unknown", nothing, "", (), (), nowhere))


def colored(text: str, status: Status, style: Style) -> str:
    """Text in a status's colour, where colours are seen."""
    return f"\x1b[{COLORS[status]}m{text}\x1b[0m" if style.color else text


def mark(status: Status, style: Style) -> str:
    return MARKS[status][0 if style.unicode else 1]


def ordered(report: Report) -> list[Finding]:
    """The findings with the worst last, otherwise as in the profile."""
    return sorted(report.findings, key=lambda finding: ORDER.index(finding.status))


def in_charset(text: str, style: Style) -> str:
    """Text with our own mark of what was cut in ASCII, where UTF-8 is not seen."""
    return text if style.unicode else text.replace("…", "...")


def colored_verdict(report: Report, line: str, style: Style) -> str:
    """The verdict's line with its first words in the verdict's colour."""
    word = VERDICTS[report.verdict]
    return colored(word, VERDICT_STATUS[report.verdict], style) + line.removeprefix(word)


def verdict_line(report: Report) -> str:
    """The last line: the verdict, the profile it is by, the counts, and of an incomplete report what it speaks of."""
    counts = ", ".join(f"{report.counts[status]} {text}" for status, text in COUNTED if report.counts.get(status))
    by = printable(f"{report.profile.name} ({report.profile.as_of})")
    line = f"{VERDICTS[report.verdict]} by {by}: {counts or 'nothing judged'}"
    if report.complete:
        return line
    return f"{line}. Speaks only of: {', '.join(finding.id for finding in report.findings) or 'nothing'}"

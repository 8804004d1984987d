"""The report for the Test Anything Protocol, version 13: a point a requirement.

not ok: not met, or required and unknown. SKIP: does not apply, is verified by hand, or is unknown and only advised.
Under what is not OK stands a YAML block: expected, seen, and what to do. Its values are strings, for a string in a list
that has a colon is a hash to TAP::Harness, which is most of what reads TAP.
"""

from __future__ import annotations

from collections.abc import Iterator

from linuxready.formats import Look, Style
from linuxready.formats.words import OK, WORDS, decides, details, in_charset, points, verdict_line
from linuxready.formats.yaml import block
from linuxready.report import Finding, Report
from linuxready.text import printable, shortened

MAX_TEXT = 400


def render(report: Report, style: Style, look: Look) -> str:
    findings = points(report)
    told = [line for number, finding in enumerate(findings, 1) for line in _point(number, finding)]
    lines = ["TAP version 13", f"1..{len(findings)}", *told, f"# {verdict_line(report)}"]
    return in_charset("\n".join([*lines, ""]), style)


def _point(number: int, finding: Finding) -> Iterator[str]:
    result = "not ok" if decides(finding) else "ok"
    # A number sign would begin a directive.
    found = shortened(printable(finding.found), MAX_TEXT).replace("\\", "\\\\").replace("#", "\\#")
    if finding.status in ("pass", "warn") or decides(finding):
        yield f"{result} {number} - {finding.id}: {found}"
    else:
        yield f"{result} {number} - {finding.id} # SKIP {WORDS[finding.status]}: {found}"
    if finding.status in OK:
        return
    told: dict[str, str] = {}
    for label, text in details(finding):
        told[label] = f"{told[label]}\n{text}" if label in told else text
    yield from (f"  {line}" for line in ("---", *block({"status": finding.status, **told}), "..."))

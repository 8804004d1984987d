"""The report as JUnit XML: a suite of one case a requirement.

failure: not met. error: a required one that is unknown. skipped: does not apply, is verified by hand, or is unknown and
only advised. A warning passes, and stands in system-out. What is no character of XML 1.0 (controls,
half characters) is an escape of ours before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterator

from linuxready.formats import Look, Style
from linuxready.formats.words import WORDS, decides, details, points, verdict_line
from linuxready.report import Finding, Report
from linuxready.text import printable

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def render(report: Report, style: Style, look: Look) -> str:
    findings = points(report)
    deciding = [finding.status for finding in findings if decides(finding)]
    skipped = [finding for finding in findings if _is_skipped(finding)]
    counts = (
        f'tests="{len(findings)}" failures="{deciding.count("fail")}" errors="{deciding.count("unknown")}"'
        f' skipped="{len(skipped)}"'
    )
    time = "" if look.seconds is None else f' time="{look.seconds:.3f}"'
    host = _quoted(report.host.name or "not known")
    suite = (
        f"<testsuite name={_quoted(f'linuxready {report.profile.name}')} {counts}{time}"
        f" timestamp={_quoted(report.collected_at.removesuffix('Z'))} hostname={host}>"
    )
    properties = {
        "profile": report.profile.name,
        "profile_as_of": report.profile.as_of,
        "source": report.source,
        "verdict": report.verdict,
        "complete": str(report.complete).lower(),
        "tool_version": report.tool.version,
    }
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {counts}>",
        f"  {suite}",
        "    <properties>",
        *(f'      <property name="{name}" value={_quoted(value)}/>' for name, value in properties.items()),
        "    </properties>",
        *(f"    {line}" for finding in findings for line in _case(finding, report)),
        f"    <system-out>{_text(verdict_line(report))}</system-out>",
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join([*lines, ""])


def _case(finding: Finding, report: Report) -> Iterator[str]:
    case = f"<testcase classname={_quoted(f'linuxready.{report.profile.name}')} name={_quoted(finding.id)}"
    if finding.status == "pass":
        yield f"{case}/>"
        return
    yield f"{case}>"
    message = f"message={_quoted(f'{WORDS[finding.status]}: {finding.found}')}"
    told = "\n".join(f"{label}: {_text(text)}" for label, text in details(finding))
    if decides(finding):
        tag = "failure" if finding.status == "fail" else "error"
        yield f'  <{tag} type="{finding.status}" {message}>{told}</{tag}>'
    elif _is_skipped(finding):
        yield f"  <skipped {message}/>"
    else:
        yield f"  <system-out>{_text(finding.found)}\n{told}</system-out>"
    yield "</testcase>"


def _is_skipped(finding: Finding) -> bool:
    return finding.status not in ("pass", "warn") and not decides(finding)


def _text(text: str) -> str:
    return printable(text).translate(ESCAPES)


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'

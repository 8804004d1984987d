"""What is to be verified by hand, as a checklist below the table: grouped by where to look."""

from __future__ import annotations

import textwrap

from linuxready.formats import Style
from linuxready.formats.words import colored
from linuxready.report import Finding, Report
from linuxready.text import printable

BOX = "[ ]  "
INDENT = " " * len(BOX)


def lines(report: Report, style: Style) -> list[str]:
    """A heading a place and a box a row; below it what it speaks of, where to look, and the section it stands in."""
    places: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.status == "manual":
            places.setdefault(finding.evidence[0].source, []).append(finding)
    if not places:
        return ["Nothing is to be verified by hand."]
    shown = ["To verify by hand, by where to look; no part of the verdict:"]
    for place, findings in places.items():
        shown += ["", colored(printable(place), "manual", style)]
        for finding in findings:
            shown += _row(finding, style)
    return shown


def _row(finding: Finding, style: Style) -> list[str]:
    where, *items = finding.evidence
    box = colored(BOX, "manual", style)
    return [
        *_filled(f"{finding.id}: {finding.expected}", style, INDENT, box),
        # To be copied, so never broken.
        *(f"{INDENT}  {printable(item.text)}" for item in items),
        *_filled(where.text, style, f"{INDENT}       ", f"{INDENT}where  "),
        *_filled(finding.reference.section, style, f"{INDENT}       ", f"{INDENT}cited  "),
    ]


def _filled(text: str, style: Style, indent: str, first: str) -> list[str]:
    """Text in lines that fit, all indented, with `first` (coloured, so of no width) before the first one."""
    filled = textwrap.fill(
        printable(text), style.width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    return (first + filled.removeprefix(indent)).rstrip().split("\n")

"""The report for a person at a terminal: a header, one line a requirement, what to do, and the verdict."""

from __future__ import annotations

import textwrap

from tabulate import tabulate

from linuxready.formats import Look, Style, checklist
from linuxready.formats.words import (
    OK,
    WORDS,
    colored,
    colored_verdict,
    details,
    in_charset,
    mark,
    ordered,
    verdict_line,
)
from linuxready.report import Finding, Report
from linuxready.text import printable, shortened

MIN_TEXT_WIDTH = 24
MAX_TEXT = 600
"""Characters of one text from the machine; JSON has it whole."""

COPIED = ("run", "edit")
"""What is typed or pasted stays on one line, however long."""

Row = tuple[str, str, str, str, bool]
"""Mark, status, id or label, text, and whether the text stays whole."""

BLANK: Row = ("", "", "", "\0", True)
"""A line between findings. tabulate drops an empty row, so it holds what no shown text can, and is emptied after."""


def render(report: Report, style: Style, look: Look) -> str:
    judged = [finding for finding in ordered(report) if finding.status != "manual"]
    rows = [row for finding in judged if finding.status in OK for row in _rows(finding, style)]
    rows += _by_hand(report, style)
    for finding in judged:
        if finding.status not in OK:
            rows += ([BLANK] if rows else []) + _rows(finding, style)
    label_width = max((len(row[2]) for row in rows), default=0)
    text_width = max(MIN_TEXT_WIDTH, style.width - (2 + 1 + 2 + 7 + 2 + label_width + 2))
    cells = [
        row[:4] if row is BLANK else (*row[:3], _shown(row[3]) if row[4] else _fill(row[3], text_width)) for row in rows
    ]
    body = tabulate(cells, tablefmt="plain", disable_numparse=True, colglobalalign="left") if cells else ""
    lines = [line.replace("\0", "").rstrip() for line in body.split("\n")]
    # Filled before it is coloured: escape sequences have no width.
    verdict = textwrap.fill(verdict_line(report), style.width, subsequent_indent="  ", break_on_hyphens=False)
    listed = [*checklist.lines(report, style), ""] if style.manual else []
    text = "\n".join([_header(report, style), "", *lines, "", *listed, colored_verdict(report, verdict, style), ""])
    return in_charset(text, style)


def _header(report: Report, style: Style) -> str:
    profile = report.profile
    name = f"{profile.name} (extends {profile.extends})" if profile.extends else profile.name
    rows = [
        ("Host", report.host.name or "not known"),
        ("Distribution", report.host.release or "not known"),
        ("Kernel", report.host.kernel or "not known"),
        ("Profile", f"{name}, {profile.title}, as of {profile.as_of}"),
        *([("See also", profile.better)] if profile.better else []),
        ("Source", report.source),
    ]
    cells = [(label, _fill(text, style.width - 14)) for label, text in rows]
    return tabulate(cells, tablefmt="plain", disable_numparse=True)


def _by_hand(report: Report, style: Style) -> list[Row]:
    """One line for all that is to be verified by hand: the table stays one of what was judged."""
    count = report.counts.get("manual")
    if not count:
        return []
    text = "by hand, listed below" if style.manual else "by hand: check --manual lists them"
    sign, word = (colored(text, "manual", style) for text in (mark("manual", style), WORDS["manual"]))
    return [(sign, word, f"{count} to verify", text, False)]


def _rows(finding: Finding, style: Style) -> list[Row]:
    """A finding's line, and under one that is not OK what was expected, what was seen, and what to do."""
    word = colored(WORDS[finding.status], finding.status, style)
    rows = [(colored(mark(finding.status, style), finding.status, style), word, finding.id, finding.found, False)]
    if finding.status in OK:
        return rows
    previous = ""
    for label, text in details(finding):
        rows.append(("", "", label if label != previous else "", text, label in COPIED))
        previous = label
    return rows


def _fill(text: str, width: int) -> str:
    return textwrap.fill(_shown(text), max(width, MIN_TEXT_WIDTH), break_on_hyphens=False)


def _shown(text: str) -> str:
    return shortened(printable(text), MAX_TEXT)

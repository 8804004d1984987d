"""Only what is not OK or is waived, a line each, and the verdict; with `manual` also what is to be verified by hand."""

from __future__ import annotations

from linuxready.formats import Look, Style
from linuxready.formats.words import SILENT, WORDS, colored, colored_verdict, in_charset, ordered, verdict_line
from linuxready.report import Report
from linuxready.text import printable, shortened

MAX_TEXT = 400


def render(report: Report, style: Style, look: Look) -> str:
    lines = [
        f"{colored(f'{WORDS[f.status]:7}', f.status, style)}  {f.id}: {shortened(printable(f.found), MAX_TEXT)}"
        for f in ordered(report)
        if f.status not in SILENT or (style.manual and f.status == "manual")
    ]
    return in_charset("\n".join([*lines, colored_verdict(report, verdict_line(report), style), ""]), style)

"""The report as JSON: every key of `report.Report`, as docs/report.schema.json has it."""

from __future__ import annotations

from linuxready import jsontext
from linuxready.formats import Look, Style
from linuxready.report import Report


def render(report: Report, style: Style, look: Look) -> str:
    return jsontext.encode(report)

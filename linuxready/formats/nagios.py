"""One line for Nagios, Icinga and their kin, with performance data, and the exit status that they count.

Nagios' plugin guidelines: OK, WARNING, CRITICAL, UNKNOWN are 0 to 3, and what follows a bar is data. The line is kept
below the 1,024 bytes that NRPE's second version carries.
"""

from __future__ import annotations

from linuxready.formats import Look, Style
from linuxready.formats.words import SILENT, in_charset, ordered, verdict_line
from linuxready.report import Report, Verdict
from linuxready.text import printable, shortened

WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
UNKNOWN = 3
STATES: dict[Verdict, int] = {"ready": 0, "not-ready": 2, "undetermined": UNKNOWN}

MAX_TEXT = 160
MAX_BYTES = 850


def render(report: Report, style: Style, look: Look) -> str:
    worst_first = [finding for finding in reversed(ordered(report)) if finding.status not in SILENT]
    found = (f"{finding.id}: {shortened(finding.found, MAX_TEXT)}" for finding in worst_first)
    text = "; ".join([shortened(verdict_line(report), 2 * MAX_TEXT), *found])
    return in_charset(line(exit_status(report), text), style) + f" | {_data(report, look)}\n"


def exit_status(report: Report) -> int:
    """0 ready, 1 ready with a warning, 2 not ready, 3 undetermined."""
    return STATES[report.verdict] or int(any(finding.status == "warn" for finding in report.findings))


def line(status: int, text: str) -> str:
    """The line's first half; a bar in it would begin the data."""
    text = printable(text).replace("|", "\\x7c")
    whole = text.encode()
    if len(whole) > MAX_BYTES:
        text = whole[:MAX_BYTES].decode(errors="ignore") + "…"
    return f"LINUXREADY {WORDS[status]} - {text}"


def _data(report: Report, look: Look) -> str:
    """label=value[unit];warning;critical;minimum: any failure is critical, any warning one."""
    count = report.counts.get
    data = [
        f"failed={count('fail', 0)};;0;0",
        f"unknown={count('unknown', 0)};;;0",
        f"warned={count('warn', 0)};0;;0",
        f"waived={count('waived', 0)};;;0",
        f"ok={count('pass', 0)};;;0",
        f"manual={count('manual', 0)};;;0",
    ]
    if look.seconds is not None:
        data.append(f"time={look.seconds:.3f}s;;;0")
    return " ".join(data)

"""Formats: one module a format, each with `render(report, style, look) -> str`; the text ends with a newline."""

from __future__ import annotations

import importlib

from msgspec import Struct

from linuxready.facts import Facts
from linuxready.report import Report

FORMATS = {
    "table": "linuxready.formats.table",
    "short": "linuxready.formats.short",
    "json": "linuxready.formats.json",
    "yaml": "linuxready.formats.yaml",
    "junit": "linuxready.formats.junit",
    "tap": "linuxready.formats.tap",
    "nagios": "linuxready.formats.nagios",
    "prometheus": "linuxready.formats.prometheus",
}
"""Name to module; a module is loaded when its format is asked for."""

FOR_PROGRAMS = frozenset(("json", "yaml", "junit", "prometheus"))
"""Formats that are UTF-8, whatever the locale says."""

READS = {"prometheus": ("block_devices",)}
"""Names of facts that a format shows besides the report."""


class Style(Struct, frozen=True):
    """Where the text will be read: columns, whether colours are seen, whether UTF-8 is.

    `manual`: list what is to be verified by hand, instead of counting it.
    """

    width: int = 80
    color: bool = False
    unicode: bool = True
    manual: bool = False


class Look(Struct, frozen=True):
    """What the report was judged by, and how long it took to collect; None where that was another run's."""

    facts: Facts
    seconds: float | None = None


def render(report: Report, name: str, style: Style, look: Look) -> str:
    """The report in a format of FORMATS."""
    text: str = importlib.import_module(FORMATS[name]).render(report, style, look)
    return text

"""Formats: one module a format, each with `render(report, style) -> str`; the text ends with a newline."""

from __future__ import annotations

import importlib

from msgspec import Struct

from linuxready.report import Report

FORMATS = {
    "table": "linuxready.formats.table",
    "short": "linuxready.formats.short",
    "json": "linuxready.formats.json",
}
"""Name to module; a module is loaded when its format is asked for."""


class Style(Struct, frozen=True):
    """Where the text will be read: columns, whether colours are seen, whether UTF-8 is.

    `manual`: list what is to be verified by hand, instead of counting it.
    """

    width: int = 80
    color: bool = False
    unicode: bool = True
    manual: bool = False


def render(report: Report, name: str, style: Style) -> str:
    """The report in a format of FORMATS."""
    text: str = importlib.import_module(FORMATS[name]).render(report, style)
    return text

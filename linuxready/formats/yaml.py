"""The report as YAML: the keys of the JSON report, in block style, every string in double quotes.

Written here, by no library: PyYAML costs a third of a run's time, and what is to be quoted (`no`, `7.10`, `1e3`) is
never asked where everything is. A string is a JSON one, which YAML 1.1 and 1.2 read as the same.
"""

from __future__ import annotations

from typing import Any

import msgspec

from linuxready import jsontext
from linuxready.formats import Look, Style
from linuxready.report import Report


def render(report: Report, style: Style, look: Look) -> str:
    return "\n".join([*block(msgspec.to_builtins(report)), ""])


def block(value: Any) -> list[str]:
    """The lines of a value: dicts whose keys are plain words, lists, strings, numbers, booleans and None."""
    lines: list[str] = []
    if isinstance(value, dict) and value:
        for key, item in value.items():
            first, *rest = block(item)
            nested = isinstance(item, (dict, list, tuple)) and item
            lines += [f"{key}:", *(f"  {line}" for line in (first, *rest))] if nested else [f"{key}: {first}"]
        return lines
    if isinstance(value, (list, tuple)) and value:
        for item in value:
            first, *rest = block(item)
            lines += [f"- {first}", *(f"  {line}" for line in rest)]
        return lines
    return [jsontext.compact(value)]

"""Files of shell assignments, read without a shell: /etc/default/ufw, ifcfg-eth0, SuSEfirewall2.

    FW_SERVICES_EXT_TCP="ssh 80 \
     443"                                # a word in quotes may go over several lines
"""

from __future__ import annotations

import re

from msgspec import Struct

ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=
        (?P<value>(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\;&|#]|(?<=[^\s])\#)*)""",
    re.M | re.X | re.S,
)
PART = re.compile(r""" "((?:[^"\\]|\\.)*)" | '([^']*)' | \\(.) | ([^"'\\]+) """, re.X | re.S)


class Assignment(Struct, frozen=True):
    """A variable's value, its line, and the text of its line; None for a value that only a shell can tell."""

    value: str | None
    line: int
    text: str


def parse_assignments(text: str) -> dict[str, Assignment]:
    """Every variable's last assignment; other commands are passed over."""
    found = {}
    position, line = 0, 1
    for match in ASSIGNMENT.finditer(text):
        line += text.count("\n", position, match.start("name"))
        position = match.start("name")
        found[match["name"]] = Assignment(_value(match["value"]), line, match[0].strip())
    return found


def _value(raw: str) -> str | None:
    """A word as the shell takes it; None where a variable or a command stands in it."""
    value = ""
    for double, single, escaped, plain in PART.findall(raw):
        if re.search(r"(?<!\\)[$`]", double) or re.search("[$`]", plain):
            return None
        value += re.sub(r'\\(["\\$`])', r"\1", double.replace("\\\n", "")) + single + plain
        value += "" if escaped == "\n" else escaped
    return value

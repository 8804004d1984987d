"""device-mapper's devices: `dmsetup info -c` has their numbers and uuids, `dmsetup table` what each lies on.

Name             Maj Min Stat Open Targ Event  UUID
VolGroup-lv_root 253   0 L--w    1    1      0 LVM-wPcXVvuGmYl4…

VolGroup-lv_root: 0 36700160 linear 8:2 2048
mpatha: 0 83886080 multipath 0 0 2 1 round-robin 0 1 1 8:0 1 round-robin 0 1 1 8:16 1
"""

from __future__ import annotations

import re
from typing import NamedTuple

from linuxready.host import Unreadable
from linuxready.text import unescape_hex


class Mapped(NamedTuple):
    """A device of device-mapper; its uuid, "" for none, tells who made it (LVM-…, mpath-…, CRYPT-…)."""

    name: str
    number: str
    uuid: str


def parse_info(text: str) -> tuple[Mapped, ...]:
    """The devices, none where dmsetup says so; raises Unreadable for another text."""
    if text.strip() == NONE:
        return ()
    lines = text.splitlines()
    columns = next((line.split() for line in lines if line.split()[:3] == ["Name", "Maj", "Min"]), None)
    if columns is None or columns[-1] != "UUID":
        raise Unreadable("`dmsetup info -c` printed no table")
    found = []
    for line in lines:
        words = line.split()
        if len(words) >= len(columns) - 1 and words[1].isdecimal() and words[2].isdecimal():
            uuid = words[len(columns) - 1] if len(words) >= len(columns) else ""
            found.append(Mapped(unescape_hex(words[0]), f"{words[1]}:{words[2]}", uuid))
    return tuple(found)


def columns_of(text: str) -> str:
    """What `dmsetup info` prints in paragraphs ("Major, minor: 253, 0"), as `dmsetup info -c` prints it in columns."""
    if text.strip() == NONE:
        return text
    rows = ["Name Maj Min UUID"]
    for paragraph in text.split("\n\n"):
        words = dict(re.findall(r"^(\w[\w, ]*?): +(\S.*)$", paragraph, re.M))
        major, _, minor = words.get("Major, minor", "").partition(", ")
        if "Name" in words and minor:
            rows.append(f"{words['Name']} {major} {minor} {words.get('UUID', '')}")
    return "\n".join(rows) + "\n" if len(rows) > 1 else ""


def parse_table(text: str) -> dict[str, tuple[set[str], set[str]]]:
    """(targets, numbers of the devices below) by name: ({"linear"}, {"8:2"}); raises Unreadable for another text."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for line in text.splitlines():
        match = re.match(r"(\S+): (\d+) (\d+) ([a-z][\w-]*)(?: (.*))?$", line)
        if match:
            targets, numbers = found.setdefault(unescape_hex(match[1]), (set(), set()))
            targets.add(match[4])
            numbers.update(word for word in (match[5] or "").split() if re.fullmatch(r"\d+:\d+", word))
    if not found and text.strip() != NONE:
        raise Unreadable("`dmsetup table` printed no table")
    return found


NONE = "No devices found"

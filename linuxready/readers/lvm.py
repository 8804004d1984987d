"""Logical volumes and what they lie on, by what LVM keeps of each change: /etc/lvm/backup/GROUP (lvm.conf(5), backup).

    rhel {
        physical_volumes { pv0 { id = "9Q0Hwb-…-JJlW2C"  device = "/dev/sda2"  # Hint only … } }
        logical_volumes { root { status = ["READ", "WRITE", "VISIBLE"]
            segment1 { type = "striped"  stripe_count = 1  stripes = [ "pv0", 0 ] … } } } }

Whatever the type of a segment is (raids, mirrors, metadata, data, pool, cow_store …), what it lies on is named in it in
quotes: a physical volume, or another logical volume of the group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

FOLDER = "/etc/lvm/backup"
ARCHIVE = "/etc/lvm/archive"

MAX_DEPTH = 8

TOKEN = re.compile(r'\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|([{}\[\]=,])|([^\s#"{}\[\]=,]+)')

NO_VOLUMES = ("type", "tags", "discards", "cache_mode", "policy")
"""Words of a segment that name no volume; any other that is no number does, or is not known here."""

Section = dict[str, Any]
"""Names to numbers, to words, to lists of both, or to sections."""


class PhysicalVolume(NamedTuple):
    """A physical volume: LVM's own UUID of it, and the device it was seen on when the file was written."""

    uuid: str
    device: str


class LogicalVolume(NamedTuple):
    """A logical volume by its group and name, and the physical volumes below it; None where not all are named."""

    group: str
    name: str
    volumes: tuple[PhysicalVolume, ...] | None

    @property
    def dm_name(self) -> str:
        """Its name for device-mapper, which doubles hyphens."""
        return f"{self.group.replace('-', '--')}-{self.name.replace('-', '--')}"


def parse(text: str) -> list[LogicalVolume]:
    """The visible logical volumes of a group; raises ValueError where the text is no such file."""
    groups = [(name, value) for name, value in _sections(text).items() if isinstance(value, dict)]
    if len(groups) != 1:
        raise ValueError(f"{len(groups)} volume groups, one was expected")
    group, content = groups[0]
    physical = {name: _physical(section) for name, section in _inner(content, "physical_volumes")}
    logical = dict(_inner(content, "logical_volumes"))
    stores = _snapshot_origins(logical)
    found = []
    for name, section in logical.items():
        # A snapshot is not called visible: it has its store's name.
        if "VISIBLE" in section.get("status", ()) or name in stores:
            below = _below(name, logical, physical, stores)
            known = None if below is None else tuple(volume for p in sorted(below) if (volume := physical[p]))
            found.append(LogicalVolume(group, name, known))
    return found


def number_of(text: str) -> int:
    """The number of a group's change that a file is of (seqno); raises ValueError where it tells none."""
    match = re.search(r"^\s*seqno\s*=\s*(\d{1,9})\s*(#|$)", text, re.M)
    if match is None:
        raise ValueError("no seqno")
    return int(match[1])


def _sections(text: str) -> Section:
    """The text as nested sections; raises ValueError."""
    top: Section = {}
    stack = [top]
    words: list[str] = []
    listed: list[str | int] | None = None
    name = ""
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"not understood: {text[position : position + 20]!r}")
        position = match.end()
        quoted, mark, bare = match.groups()
        if mark is None and quoted is None and bare is None:
            continue
        if mark == "{" and len(words) == 1 and not name and len(stack) < MAX_DEPTH:
            inner: Section = {}
            stack[-1][words.pop()] = inner
            stack.append(inner)
        elif mark == "}" and len(stack) > 1 and not words and not name and listed is None:
            stack.pop()
        elif mark == "=" and len(words) == 1 and not name:
            name = words.pop()
        elif mark == "[" and name and listed is None:
            listed = []
        elif mark == "]" and listed is not None:
            stack[-1][name], listed, name = listed, None, ""
        elif mark == "," and listed is not None:
            continue
        elif mark is not None:
            raise ValueError(f"`{mark}` in the wrong place")
        elif listed is not None:
            listed.append(_value(quoted, bare))
        elif name:
            stack[-1][name], name = _value(quoted, bare), ""
        elif bare is not None and not words:
            words.append(bare)
        else:
            raise ValueError(f"`{match[0][:20]}` in the wrong place")
    if len(stack) != 1 or words or name or listed is not None:
        raise ValueError("the end is missing")
    return top


def _value(quoted: str | None, bare: str) -> str | int:
    return quoted if quoted is not None else int(bare)


def _inner(section: Section, name: str) -> Iterable[tuple[str, Section]]:
    inner = section.get(name, {})
    return [(key, value) for key, value in inner.items() if isinstance(value, dict)] if isinstance(inner, dict) else []


def _physical(section: Section) -> PhysicalVolume | None:
    """None where the volume was missing when the file was written, or does not say what it is."""
    words = (section.get("id"), section.get("device"))
    if "MISSING" in [*section.get("flags", ()), *section.get("status", ())]:
        return None
    return PhysicalVolume(*words) if all(isinstance(word, str) for word in words) else None  # type: ignore[arg-type]


def _snapshot_origins(logical: dict[str, Section]) -> dict[str, list[str]]:
    """What a snapshot's store is a snapshot of: a volume without a place of its own says so."""
    origins: dict[str, list[str]] = {}
    for section in logical.values():
        for segment in _segments(section):
            store, origin = segment.get("cow_store"), segment.get("origin")
            if isinstance(store, str) and isinstance(origin, str):
                origins.setdefault(store, []).append(origin)
    return origins


def _segments(section: Section) -> list[Section]:
    return [segment for name, segment in section.items() if name.startswith("segment") and isinstance(segment, dict)]


def _below(
    name: str,
    logical: dict[str, Section],
    physical: dict[str, PhysicalVolume | None],
    origins: dict[str, list[str]],
) -> set[str] | None:
    """The names of all physical volumes below a logical one; None where one is missing, or a segment names none."""
    found: set[str] = set()
    seen = {name}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        section = logical[current]
        segments = _segments(section)
        if not segments or len(segments) != section.get("segment_count"):
            return None
        named = [_named(segment, logical, physical) for segment in segments]
        if not all(named) or logical.keys() & physical.keys():
            return None
        for word in {*origins.get(current, ()), *(word for words in named for word in words)}:
            if word in physical:
                if physical[word] is None:
                    return None
                found.add(word)
            elif word not in logical:
                return None
            elif word not in seen:
                seen.add(word)
                waiting.append(word)
    return found or None


def _named(segment: Section, logical: dict[str, Section], physical: dict[str, PhysicalVolume | None]) -> set[str]:
    """The volumes that a segment names; none where a word of it is no volume that the file tells of."""
    found: set[str] = set()
    for name, value in segment.items():
        if name not in NO_VOLUMES and not isinstance(value, dict):
            found.update(word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str))
    return found if found <= logical.keys() | physical.keys() else set()

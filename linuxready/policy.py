"""A profile that extends a shipped one: what it drops, changes and adds, put together before anything is decoded.

An error is told at its place in the file that extends: for that, `extended` says where each row comes from.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from linuxready import waivers
from linuxready.profile import Profile, load_shipped
from linuxready.requirements.base import Requirement

Row = dict[str, Any]
"""A requirement as it stands in a file."""

NEVER_CHANGED = ("id", "check")


class Extension(Struct, frozen=True):
    """The keys that say what becomes of the shipped profile's rows; their types are right before they are used."""

    extends: str
    drop: tuple[str, ...] = ()
    change: dict[str, Any] = {}
    include: tuple[str, ...] = ()
    requirement: tuple[Row, ...] = ()


def extended(
    document: Row, base_of: Callable[[str], Row], part_of: Callable[[str, str], list[Row]]
) -> tuple[Row, list[str]]:
    """A document with all that it inherits, and the place of each of its requirements; raises ValueError.

    `base_of` gives a shipped profile as it stands in its file, `part_of` the rows of a part that is named at a place.
    """
    own = msgspec.convert(document, Extension)
    base = base_of(own.extends)
    included = base.pop("include", [])
    rows: list[Row] = [*base.pop("requirement"), *(row for part in included for row in part_of(part, "$.include"))]
    for mistake in _mistakes(own, [row["id"] for row in rows]):
        raise ValueError(mistake)
    kept = [row for row in rows if row["id"] not in own.drop]
    made = [(f"$.change.{row['id']}", merged(row, own.change.get(row["id"], {}))) for row in kept]
    made += [(f"$.requirement[{number}]", row) for number, row in enumerate(own.requirement)]
    for number, part in enumerate(own.include):
        there = [row.get("id") for _, row in made]
        for row in part_of(part, place := f"$.include[{number}]"):
            if row["id"] in there:
                raise ValueError(f"`{row['id']}` of `{part}` is there already - at `{place}`")
            made.append((place, row))
    places, requirements = zip(*made, strict=True) if made else ((), ())
    return {**base, **document, "include": [], "requirement": list(requirements)}, list(places)


def merged(row: Row, change: Row) -> Row:
    """A row with the values of a change in the place of its own; of a table only the keys that the change has."""
    return row | {
        key: merged(row[key], value) if isinstance(value, dict) and isinstance(row.get(key), dict) else value
        for key, value in change.items()
    }


def _mistakes(own: Extension, ids: Sequence[str]) -> Iterator[str]:
    """What contradicts itself or the shipped profile, whose ids these are."""
    for number, id in enumerate(own.drop):
        if id not in ids:
            yield f"{unknown(id, ids, own.extends)} - at `$.drop[{number}]`"
    for id, change in own.change.items():
        if id not in ids:
            yield f"{unknown(id, ids, own.extends)} - at `$.change.{id}`"
        if not isinstance(change, dict):
            yield f"not a table of keys and their new values - at `$.change.{id}`"
        if id in own.drop:
            yield f"`{id}` is dropped and changed - at `$.change.{id}`"
        for key in NEVER_CHANGED:
            if key in change:
                yield f"`{key}` cannot be changed: drop `{id}` and add another - at `$.change.{id}.{key}`"
    for number, row in enumerate(own.requirement):
        if row.get("id") in ids and row["id"] not in own.drop:
            yield f"`{row['id']}` is in {own.extends} already: change it, or drop it - at `$.requirement[{number}].id`"


def unknown(id: str, ids: Iterable[str], base: str = "") -> str:
    """That there is no such requirement in a shipped profile or this one, and which are the nearest."""
    from difflib import get_close_matches

    near = ", ".join(get_close_matches(id, list(ids)))
    instead = f": did you mean {near}" if near else f": `linuxready profiles {base}` lists them" if base else ""
    return f"no requirement `{id}` in {base or 'this profile'}{instead}"


def warnings(profile: Profile, today: datetime.date) -> Iterator[str]:
    """What a profile says to no effect, or does and does not say."""
    if profile.change:
        yield from _odd_changes(profile, load_shipped(profile.extends))
    by_hand = {row.id for row in profile.requirement if row.level == "manual"}
    yield from waivers.warnings(profile.waiver, by_hand, today)


def _odd_changes(profile: Profile, base: Profile) -> Iterator[str]:
    before, after = ({row.id: row for row in one.requirement} for one in (base, profile))
    for id, change in profile.change.items():
        if not change:
            yield f"nothing is changed - at `$.change.{id}`"
        same = [key for key in change if getattr(before[id], key) == getattr(after[id], key)]
        for key in same:
            yield f"nothing is changed: it is so in {base.name} - at `$.change.{id}.{key}`"
        judged_by = change.keys() - set(same) - set(Requirement.__struct_fields__)
        if judged_by and "expected" not in change:
            yield f"reports will show as expected what {base.name} asks for: change `expected` - at `$.change.{id}`"

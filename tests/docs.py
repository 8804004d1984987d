"""docs/requirements.md from the profiles and docs/prerequisites-*.toml; `make docs` writes it anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from linuxready.profile import DEFAULT, Profile, load, shipped
from linuxready.requirements.base import Requirement
from linuxready.requirements.manual import Manual

DOCS = Path(__file__).parents[1] / "docs"

HEAD = """\
# What is required, how it is decided, where it stands

Made by `make docs` from `linuxready/profiles` and `docs/prerequisites-*.toml`; do not edit it. A *required* row that
fails makes a machine not ready, an *advised* one warns. What a server cannot see is verified by hand.
"""

PAGES = ("prerequisites-2017", "prerequisites-2026")


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence of the page in our words, and what becomes of it: one of `by`, `information`, `not_for_linux`."""

    of: str
    says: str
    by: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    information: str = ""
    not_for_linux: str = ""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of the page; its requirements are those of `profiles`, where a row names none.

    `document` and `as_of`: where it is of another page than the file's.
    """

    name: str
    profiles: tuple[str, ...]
    row: tuple[Row, ...]
    document: str = ""
    as_of: str = ""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of PAGES."""

    document: str
    as_of: str
    section: tuple[Section, ...]


def page(name: str) -> Page:
    return msgspec.toml.decode((DOCS / f"{name}.toml").read_bytes(), type=Page)


def requirements() -> str:
    """The text of docs/requirements.md."""
    profiles = [load(name) for name in (DEFAULT, *(name for name in shipped() if name != DEFAULT))]
    blocks = [HEAD]
    for profile in profiles:
        blocks += _profile(profile)
    blocks += ["## How each is decided\n", *_kinds(profiles)]
    blocks += _errors(profiles)
    for name in PAGES:
        blocks += _traceability(page(name))
    return "\n".join(blocks)


def _profile(profile: Profile) -> Iterator[str]:
    yield f"## {profile.name}: {profile.title}\n"
    yield f"Use it when {profile.use_when}. {profile.document}, {profile.as_of}.\n"
    judged = [r for r in profile.requirement if not isinstance(r, Manual)]
    yield _table("id level expected section", ((_code(r.id), r.level, r.expected, r.section) for r in judged))
    by_hand = [r for r in profile.requirement if isinstance(r, Manual)]
    if by_hand:
        yield "Verified by hand:\n"
        cells = ((_code(r.id), _listed(r), r.place, r.where, r.section) for r in by_hand)
        yield _table("id verify place where section", cells)


def _listed(row: Manual) -> str:
    return row.expected + "".join(f"<br>{_code(item)}" for item in row.items)


def _kinds(profiles: Iterable[Profile]) -> Iterator[str]:
    kinds: dict[type[Requirement], list[str]] = {}
    for profile in profiles:
        for requirement in profile.requirement:
            kinds.setdefault(type(requirement), []).append(requirement.id)
    for kind, ids in kinds.items():
        names = "what is verified by hand" if kind is Manual else ", ".join(map(_code, dict.fromkeys(ids)))
        yield f"### {kind.__struct_config__.tag}\n\nDecides {names}.\n\n{kind.explain}\n"


def _errors(profiles: Iterable[Profile]) -> Iterator[str]:
    yield "## From the replication agent's errors to the requirements\n"
    yield "`linuxready explain NAME` (or a number) finds the requirement too; the JSON report has `agent_errors`.\n"
    rows = [
        (_code(error), _code(requirement.id), profile.name, remedy)
        for profile in profiles
        for requirement in profile.requirement
        for error, remedy in requirement.agent_errors.items()
    ]
    yield _table("error requirement profile remedy", sorted(rows))


def _traceability(page: Page) -> Iterator[str]:
    yield f"## From the page of {page.as_of} to the requirements\n"
    yield f"{page.document}, {page.as_of}, sentence by sentence, in our words.\n"
    for section in page.section:
        of = f"Of: {section.document}, {section.as_of}. " if section.document else ""
        yield f"### {section.name}\n\n{of}Profiles where a row names none: {', '.join(section.profiles)}.\n"
        yield _table("of says covered", ((row.of, _said(row.says), _covered(row)) for row in section.row))


def _said(text: str) -> str:
    return _code(text) if text.startswith(("*.", "https:")) else text


def _covered(row: Row) -> str:
    if row.by:
        only = f" ({', '.join(row.profiles)})" if row.profiles else ""
        return ", ".join(map(_code, row.by)) + only
    return f"information: {row.information}" if row.information else f"not for Linux: {row.not_for_linux}"


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    titles = head.split()
    lines = [titles, ["---"] * len(titles), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    (DOCS / "requirements.md").write_text(requirements(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What linuxready says of itself, for a person: a requirement, a profile, its commands. Text in lines of `width`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from linuxready.host.live import COMMANDS, PATIENCE_SECONDS, SAFE_PATH, SECONDS
from linuxready.profile import DEFAULT, Profile
from linuxready.report import Waiver
from linuxready.requirements.base import Requirement
from linuxready.requirements.manual import Manual
from linuxready.text import printable

MAX_WIDTH = 100
MIN_WIDTH = 24


def requirements(profile: Profile, width: int) -> str:
    """The requirements of a profile, a line each."""
    return _columns([(r.id, r.level, r.title) for r in profile.requirement], width)


def requirement(requirement: Requirement, profile: Profile, width: int) -> str:
    """What a requirement means, how it is decided, and where it stands."""
    expected = "To be verified" if requirement.level == "manual" else "Expected"
    paragraphs = (
        [f"{requirement.id} ({requirement.level}, {profile.name}): {requirement.title}"],
        [f"{expected}: {requirement.expected}.", *requirement.notes()],
        [requirement.explain],
        [f"{error}: {remedy}." for error, remedy in requirement.agent_errors.items()],
        [f"Stands in: {profile.document}, {profile.as_of}. {requirement.section}."],
    )
    return "\n\n".join(_lines(lines, width) for lines in paragraphs if lines) + "\n"


def profile(profile: Profile, width: int) -> str:
    """A profile: when to use it, its requirements, what is to be verified by hand, what is waived."""
    judged = [(r.id, r.level, r.expected) for r in profile.requirement if not isinstance(r, Manual)]
    by_hand = [(r.id, r.level, f"{r.place}: {r.expected}") for r in profile.requirement if isinstance(r, Manual)]
    titles = (
        f"{profile.name}: {profile.title}",
        *([f"Extends {profile.extends}{_what_is_done(profile)}."] if profile.extends else []),
        f"Use it when {profile.use_when}.",
        f"{profile.document}, {profile.as_of}",
        *profile.data_dates(),
    )
    texts = [_lines(titles, width), "", _columns([*judged, *by_hand], width)]
    if profile.waiver:
        rows = [(w.requirement, f"until {w.expires}", f"{_hosts(w)} by {w.owner}: {w.reason}") for w in profile.waiver]
        texts += ["Waived:", _columns(rows, width)]
    return "\n".join(texts)


def _what_is_done(profile: Profile) -> str:
    done = (("drops", profile.drop), ("changes", profile.change))
    return "".join(f"; {verb} {', '.join(ids)}" for verb, ids in done if ids)


def _hosts(waiver: Waiver) -> str:
    return "everywhere" if waiver.hosts is None else f"on {', '.join(waiver.hosts)}"


def profiles(listed: Iterable[Profile | str], width: int) -> str:
    """The profiles that there are; of one that is broken only the name is known."""
    return _columns([_row(one) for one in listed], width)


def _row(one: Profile | str) -> tuple[str, str, str]:
    if isinstance(one, str):
        return one, "", "Local, and broken."
    local = [] if one.source == "shipped" else [f"Local, extends {one.extends}." if one.extends else "Local."]
    default = " The default." if one.name == DEFAULT else ""
    use = f"{one.title}. Use it when {one.use_when}.{default}"
    return one.name, one.as_of, " ".join((*local, use, *one.data_dates()))


def commands(limits: tuple[float | None, float | None], width: int) -> str:
    """Every command that is ever run, and what for; `limits`: LiveHost's, in seconds, None where they are its own."""
    rows = [(f"{name} {words}".strip(), f"{what_for}.") for name, (words, what_for) in COMMANDS.items()]
    before = "Every command that is ever run on this machine, and what it tells. None changes anything:"
    after = (
        f"They are looked for in {', '.join(SAFE_PATH)} only, and run without a shell or input, "
        f"{limits[0] or SECONDS:g} seconds at most; where several hang, {limits[1] or PATIENCE_SECONDS:g} together. "
        "For a captured machine none is run."
    )
    return f"{_filled(before, width)}\n\n{_columns(rows, width)}\n{_filled(after, width)}\n"


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> str:
    """Aligned columns, the last one filled to the width that is left."""
    if not rows:
        return ""
    rows = [tuple(map(printable, row)) for row in rows]
    before = sum(max(len(row[n]) for row in rows) + 2 for n in range(len(rows[0]) - 1))
    cells = [(*row[:-1], _filled(row[-1], width, before)) for row in rows]
    return tabulate(cells, tablefmt="plain", disable_numparse=True) + "\n"


def _lines(texts: Iterable[str], width: int) -> str:
    return "\n".join(_filled(text, width) for text in texts)


def _filled(text: str, width: int, before: int = 0) -> str:
    """Text in lines that fit behind `before` columns."""
    room = max(min(width, MAX_WIDTH) - before, MIN_WIDTH)
    return textwrap.fill(printable(" ".join(text.split())), room, break_on_hyphens=False)

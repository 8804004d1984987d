"""CHANGELOG.md as Debian or rpm want it, the newest entry under the given version: changes.py deb|rpm VERSION EPOCH.

An entry without a date of its own ("## 0.1.0 (unreleased)") has the date of the commit, EPOCH in seconds.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

PACKAGING = Path(__file__).parent
MAINTAINER = (PACKAGING / "maintainer").read_text(encoding="utf-8").strip()


class Entry(NamedTuple):
    """What changed in a version; noon UTC where only the day is known."""

    version: str
    day: datetime
    changes: tuple[str, ...]


def entries(text: str, newest: str, epoch: datetime) -> Iterator[Entry]:
    """The entries of CHANGELOG.md, newest first."""
    for number, section in enumerate(re.split(r"^## ", text, flags=re.MULTILINE)[1:]):
        head, _, body = section.partition("\n")
        version, _, when = head.partition(" ")
        dated = re.fullmatch(r"\((\d{4}-\d\d-\d\d)\)", when)
        day = datetime.fromisoformat(f"{dated[1]}T12:00:00+00:00") if dated else epoch
        changes = re.split(r"^- ", body, flags=re.MULTILINE)[1:]
        yield Entry(version if number else newest, day, tuple(" ".join(change.split()) for change in changes))


def deb(entry: Entry) -> str:
    """deb-changelog(5)."""
    lines = (textwrap.fill(change, 78, initial_indent="  * ", subsequent_indent="    ") for change in entry.changes)
    head = f"linuxready ({entry.version}) unstable; urgency=medium"
    return "\n".join((head, "", *lines, "", f" -- {MAINTAINER}  {entry.day:%a, %d %b %Y %H:%M:%S +0000}", ""))


def rpm(entry: Entry) -> str:
    """The section %changelog of a spec; a percent sign is a macro's there."""
    lines = (textwrap.fill(change, 78, initial_indent="- ", subsequent_indent="  ") for change in entry.changes)
    return "\n".join((f"* {entry.day:%a %b %d %Y} {MAINTAINER} - {entry.version}-1", *lines, "")).replace("%", "%%")


if __name__ == "__main__":
    form, version, seconds = sys.argv[1:]
    text = (PACKAGING.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    for entry in entries(text, version, datetime.fromtimestamp(int(seconds), UTC)):
        print({"deb": deb, "rpm": rpm}[form](entry))

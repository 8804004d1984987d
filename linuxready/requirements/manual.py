"""What no server can see of itself: told with where to look, for a person to verify."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from linuxready.facts import Evidence, Facts
from linuxready.requirements.base import Answer, Requirement

Place = Literal["Azure portal", "vCenter", "configuration server", "replication appliance", "Hyper-V host", "VMM"]
"""Where a person looks; the checklist is grouped by it."""


class Manual(Requirement, frozen=True, kw_only=True, tag="manual"):
    """A row of the checklist: `expected` is to be verified in `place`, at `where`; `items` are what it speaks of."""

    level: Literal["manual"] = "manual"
    place: Place
    where: str
    items: tuple[str, ...] = ()

    reads: ClassVar[tuple[str, ...]] = ()
    explain: ClassVar[str] = """\
A server cannot see this of itself, so linuxready does not judge it: a person looks there. It is part of the
checklist (`linuxready check --manual`), never counts as passed, and changes neither verdict nor exit status."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        evidence = tuple(Evidence(self.place, text) for text in (self.where, *self.items))
        items = f": {', '.join(self.items)}" if self.items else ""
        yield Answer("manual", f"verify ({self.place}): {self.expected}{items}", evidence=evidence)

    def notes(self) -> Iterator[str]:
        yield from self.items
        yield f"Where to look: {self.place}, {self.where}."

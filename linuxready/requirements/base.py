"""What every requirement has: its place in a profile (data) and a judgment of the facts (code)."""

# No `from __future__ import annotations`: msgspec would compile each of these fields anew for every kind of check.
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linuxready.facts import Evidence, Facts
from linuxready.report import Level, Remedy

if TYPE_CHECKING:
    from linuxready.kernellist import KernelList

Limit = Annotated[int, Meta(ge=0)]
"""A number of a profile that things are held against: none is below zero."""

AnswerStatus = Literal["pass", "fail", "warn", "unknown", "skip", "manual"]


class Answer(Struct, frozen=True):
    """One item's answer: item "/var", found "on sdb" is shown as "/var: on sdb"."""

    status: AnswerStatus
    found: str
    item: str = ""
    evidence: tuple[Evidence, ...] = ()
    remedies: tuple[Remedy, ...] = ()


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="check"):
    """A requirement of a profile. `section` names the place in the profile's document.

    `agent_errors`: the names and numbers of the errors that the replication agent fails with, to what mends them.

    A subclass is a kind of check: its tag is the profile's `check`, its fields are the profile's values, `explain`
    says how it is decided, `reads` names the facts that it looks at: others need not be collected. Its `judge`
    yields an Answer an item and calls `.known()` on each fact it needs.
    """

    id: str
    title: str
    level: Level
    section: str
    expected: str
    agent_errors: dict[str, str] = {}

    reads: ClassVar[tuple[str, ...]]
    explain: ClassVar[str]

    def judge(self, facts: Facts) -> Iterator[Answer]:
        raise NotImplementedError

    def completed(self, list_of: "Callable[[str], KernelList]") -> "Requirement":
        """The requirement with the kernel list that it names, where it names one."""
        return self

    def data_dates(self) -> Iterator[str]:
        """What it judges by besides its profile, and of which date that is."""
        yield from ()

    def notes(self) -> Iterator[str]:
        """Lines of `explain` behind what is expected."""
        yield from ()

    def mistakes(self) -> Iterator[str]:
        """What is wrong in the profile's values beyond their types."""
        yield from ()


def command(text: str) -> Remedy:
    """A remedy to be typed into a root shell."""
    return Remedy("command", text)


def edit(text: str) -> Remedy:
    """A remedy to be made in a file."""
    return Remedy("edit", text)


def hint(text: str) -> Remedy:
    """Advice, where no single command mends it."""
    return Remedy("hint", text)

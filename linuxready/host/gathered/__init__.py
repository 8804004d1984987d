"""What a support tool gathered of a machine: files in a tree, outputs of commands, and gaps with a name.

`sosreport.py` and `supportconfig.py` know where each tool puts things; `gatheredhost.py` makes a Host of either. What a
library or sysfs would tell is made of the outputs of commands (`texts/`), where those say it for certain. What the tool
did not gather is Unreadable, and never taken for absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from linuxready.facts import OddNames
from linuxready.host import Absent, Host, Unreadable

COULD_BE_LINKS = ("/boot", "/usr", "/usr/local", "/var")
"""System directories that may lie elsewhere, as far as files of theirs tell or none. /etc is there before any mount."""


class Gathered:
    """What a support tool gathered, whatever its layout."""

    source: str
    """What the report calls it: "sosreport NAME"."""
    collected_at: str | None
    """When it was gathered (UTC, ISO 8601), None where it does not say."""
    root: str
    """The folder on this machine below which the machine's files lie at their paths; links in it are the machine's."""
    links: Mapping[str, str] = {}
    """Links of the machine that the tool did not copy as such: resolved path and target. They go before the tree."""

    @cached_property
    def files(self) -> Host:
        """The machine's files, Absent what was not gathered; one without a `root` has another Host for them."""
        from linuxready.host.captured import RootHost

        class Copied(RootHost):
            """Nothing was ever mounted here, so an empty folder is no mount that was forgotten."""

            def _not_mounted(self) -> dict[str, str]:
                return {}

        return Copied(self.root)

    def output(self, *argv: str) -> str:
        """What a command printed; raises Unreadable, which names what would have gathered it."""
        raise NotImplementedError

    def packages(self) -> frozenset[str]:
        """The names of the packages that were installed ("lsof"); raises Unreadable."""
        raise NotImplementedError

    def missing(self, path: str) -> Unreadable:
        """Why a path is not in the tree: Absent where it would have been copied, else Unreadable: what gathers it."""
        raise NotImplementedError

    def unlisted(self, path: str) -> Unreadable | None:
        """Why a directory may hold more than the tree shows; None where the tool copies all that is in it.

        As it is here: it copies all where a name that no list of files foresees would have been gathered.
        """
        reason = self.missing(f"{path}/{UNFORESEEN}")
        return None if isinstance(reason, Absent) else Unreadable(f"{path}: not all that is in it was gathered")

    def matching(self, pattern: str) -> list[str] | None:
        """The paths of a pattern, where not all in its directory were gathered; None where one could be missed."""
        return None

    def odd_names(self) -> OddNames:
        """The files whose names are odd; raises Unreadable where not all names were gathered."""
        raise Unreadable("the names of files were not gathered")

    def spoilt(self, what: str) -> Unreadable | None:
        """Why what was gathered of a resolved path, or of a key of TOLD, is not the machine's own; None where it is."""
        return None


UNFORESEEN = "unforeseen"

COULD_BE_LINKS = ("/boot", "/usr", "/usr/local", "/var")
"""System directories that are there, and that an administrator may have moved away, leaving a link."""

NO_OUTPUT = re.compile(
    r"(\S*sh: )?(line \d+: )?\S+: (command not found|not found|No such file or directory|Permission denied)\s*\Z"
    r"|(timeout: )?failed to run command|\[?(command )?timed? ?out\b|sudo: |You must be root"
    r"|.{0,80}Operation not permitted",
    re.I,
)
"""What a shell or the support tool itself writes where a command gave no answer."""


def said(gathered: Gathered, *commands: str) -> str:
    """What the first of some commands printed that was gathered; raises Unreadable with the first one's reason."""
    troubles: list[Unreadable] = []
    for command in commands:
        try:
            return answer(gathered.output(*command.split()), command)
        except Unreadable as error:
            troubles.append(error)
    raise troubles[0]


def answer(text: str, command: str) -> str:
    """What a command printed; raises Unreadable where that is nothing, or why it could not."""
    if text.strip() and not NO_OUTPUT.match(text.lstrip()):
        return text
    first = (text.strip().splitlines() or ["nothing"])[0][:80]
    raise Unreadable(f"`{command}` printed no answer: {first}")


def parsed(gathered: Gathered, ways: Iterable[tuple[str, Callable[[str], Any]]]) -> Any:
    """What the first command tells whose output was gathered and can be parsed; raises Unreadable, the first reason."""
    troubles: list[Unreadable] = []
    for command, parse in ways:
        try:
            return parse(said(gathered, command))
        except Unreadable as error:
            troubles.append(error)
    raise troubles[0]

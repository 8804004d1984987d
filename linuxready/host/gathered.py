"""A machine as a support tool gathered it: files in a tree, outputs of commands, and gaps with a name.

`sosreport.py` and `supportconfig.py` know where each tool puts things; `GatheredHost` makes a Host of either.
"""

from __future__ import annotations

from linuxready.host import Host, Unreadable


class Gathered:
    """What a support tool gathered, whatever its layout."""

    source: str
    """What the report calls it: "sosreport NAME"."""
    collected_at: str | None
    """When it was gathered (UTC, ISO 8601), None where it does not say."""
    files: Host
    """The machine's files at their paths, links as they were: a RootHost, or what reads them out of larger texts.

    What is not among them is Absent there, whatever the reason; `missing` tells it.
    """

    def output(self, *argv: str) -> str:
        """What a command printed; raises Unreadable, which names what would have gathered it."""
        raise NotImplementedError

    def packages(self) -> frozenset[str]:
        """The names of the packages that were installed ("lsof"); raises Unreadable."""
        raise NotImplementedError

    def missing(self, path: str) -> Unreadable:
        """Why a path is not among the files: Absent where it would have been gathered, else Unreadable and what gathers it."""
        raise NotImplementedError

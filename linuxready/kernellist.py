"""Kernel lists: which kernels a replication agent takes, as data that is newer than a release of linuxready can be.

A list is one JSON file, in this package's `kernels` folder or in /etc/linuxready/kernels.d; of several with one name
the newest counts. packaging/kernels makes it from what the publisher writes:

    "UBUNTU-20.04-64": {"9.66.7567.1": {"5.4.0-*-azure": "1010 1012 1019-1020"}}

Family to the first agent build that carries a kernel, to names in which `*` stands for these numbers. A name ends in :N
where the list says for which service pack it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from linuxready import datafile

FOLDER = os.path.join(os.path.dirname(__file__), "kernels")
LOCAL_FOLDER = "/etc/linuxready/kernels.d"

SCHEMA = 1
"""Version of a list's document; raised when a key changes its meaning or goes."""

NAME = re.compile(r"(?P<before>.*[.-])(?P<number>\d{1,9})(?P<after>(?:-[a-z][a-z0-9]*)+(?::\d+)?)")
"""A kernel's name: the number that counts up is the last one before the flavour (-generic, -cloud-amd64)."""

NUMBERS = re.compile(r"(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?")

MAX_RANGE = 10_000
"""Numbers that one range may stand for."""

Names = dict[str, str]
"""Names with a `*` to the numbers that it stands for: "1010 1012 1019-1020"."""


class ListError(ValueError):
    """A kernel list cannot be used; the text is one line and names the file and the place."""


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """What the publisher's page says of the same kernels, by family; looser than the list, and not always the same."""

    document: str
    as_of: str
    families: dict[str, Names] = {}


class KernelList(Struct, frozen=True, forbid_unknown_fields=True):
    """The kernels that an agent takes, exactly, by family and by the first build that carries them."""

    schema: int
    name: str
    title: str
    as_of: str
    source: str
    families: dict[str, dict[str, Names]]
    page: Page | None = None

    def build_of(self, family: str, kernel: str) -> str | None:
        """The first agent build that carries a kernel (":N" behind it where the family has service packs)."""
        return next((b for b, names in self.families.get(family, {}).items() if _has(names, kernel)), None)

    def on_page(self, family: str, kernel: str) -> bool:
        """Whether the page has a kernel, listed or inside a range."""
        return self.page is not None and _has(self.page.families.get(family, {}), kernel)

    def kernels(self, family: str) -> Iterator[str]:
        """Every kernel of a family."""
        for names in self.families.get(family, {}).values():
            yield from expanded(names)

    def nearest(self, family: str, kernel: str) -> tuple[str, str]:
        """The listed kernels of the same flavour (and service pack) below and above one, "" where there is none."""
        parts = NAME.fullmatch(kernel)
        if parts is None:
            return "", ""
        alike = [name for name in self.kernels(family) if (m := NAME.fullmatch(name)) and m["after"] == parts["after"]]
        own = order(kernel)
        below = max((name for name in alike if order(name) < own), key=order, default="")
        above = min((name for name in alike if order(name) > own), key=order, default="")
        return below.partition(":")[0], above.partition(":")[0]

    def mistakes(self) -> Iterator[str]:
        """What is wrong in the document beyond its types."""
        if self.schema > SCHEMA:
            yield f"a kernel list of schema {self.schema}, this linuxready reads up to {SCHEMA}: use a newer one"
        for place, date in (("as_of", self.as_of), ("page.as_of", self.page.as_of if self.page else "")):
            if date and not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
                yield f"`{date}` is no date (2026-07-02) - at `$.{place}`"
        lists = [(f"families.{f}.{b}", names) for f, builds in self.families.items() for b, names in builds.items()]
        lists += [(f"page.families.{f}", names) for f, names in (self.page.families if self.page else {}).items()]
        for place, names in lists:
            for name, numbers in names.items():
                if name.count("*") != 1 or not NAME.fullmatch(name.replace("*", "0")):
                    yield f"`{name}` is no kernel with a `*` for its number - at `$.{place}`"
                if not all(_is_range(word) for word in numbers.split(" ")):
                    yield f"`{numbers}` is no list of numbers and ranges - at `$.{place}.{name}`"


def order(kernel: str) -> tuple[int, ...]:
    """A kernel's name for comparing: 5.4.0-99 is below 5.4.0-100."""
    return tuple(int(number) for number in re.findall(r"\d+", kernel))


def expanded(names: Names) -> Iterator[str]:
    """Every name that names with a `*` stand for."""
    for name, numbers in names.items():
        for word in numbers.split(" "):
            first, last = _range(word)
            yield from (name.replace("*", str(number)) for number in range(first, last + 1))


def load(name: str) -> KernelList:
    """The newest list of a name, shipped or local; raises ListError."""
    found = [read(os.path.join(FOLDER, f"{name}.json"))]
    found += [local for local in map(read, _local_files()) if local.name == name]
    return max(found, key=lambda one: one.as_of)


def read(path: str) -> KernelList:
    """The list in a file; raises ListError."""
    try:
        found = msgspec.json.decode(datafile.read(path), type=KernelList)
    except OSError as error:
        raise ListError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ListError(f"{path}: {error}") from error
    for mistake in found.mistakes() if path.startswith(LOCAL_FOLDER) else ():
        raise ListError(f"{path}: {mistake}")
    return found


def _local_files() -> list[str]:
    try:
        names = sorted(os.listdir(LOCAL_FOLDER))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ListError(f"{LOCAL_FOLDER}: {error.strerror}") from error
    return [os.path.join(LOCAL_FOLDER, name) for name in names if name.endswith(".json") and not name.startswith(".")]


def _has(names: Names, kernel: str) -> bool:
    parts = NAME.fullmatch(kernel)
    if parts is None:
        return False
    numbers = names.get(f"{parts['before']}*{parts['after']}", "")
    # A number is written one way only: 6.8.0-045 is no 6.8.0-45.
    written_so = str(int(parts["number"])) == parts["number"]
    return written_so and any(f <= int(parts["number"]) <= t for f, t in map(_range, filter(None, numbers.split(" "))))


def _range(word: str) -> tuple[int, int]:
    first, _, last = word.partition("-")
    return int(first), int(last or first)


def _is_range(word: str) -> bool:
    match = NUMBERS.fullmatch(word)
    return match is not None and 0 <= int(match["last"] or match["first"]) - int(match["first"]) < MAX_RANGE

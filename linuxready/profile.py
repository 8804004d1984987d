"""A profile: a TOML file that lists requirements. Reading one is one decode a file; errors name file and place."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from linuxready.report import ProfileSummary
from linuxready.requirements import any_of
from linuxready.requirements.base import Requirement
from linuxready.requirements.manual import Manual

if TYPE_CHECKING:
    from linuxready.kernellist import KernelList

FOLDER = os.path.join(os.path.dirname(__file__), "profiles")
PARTS = os.path.join(FOLDER, "parts")
DEFAULT = "vmware-2017"


Machine = Literal["vmware", "hyper-v", ""]
"""What a profile's machines are, as far as a machine can tell that of itself: "vmware" also has physical servers."""


class ProfileError(Exception):
    """A profile cannot be used; the text is one line and names the file and the place."""


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements for one scenario. `as_of` is the date of the `document` they are taken from.

    `include` names shipped parts, whose requirements follow the profile's own. `newer` names the profile that took its
    place. `machine` is what its machines are, `elsewhere` which profile is for others.
    """

    name: str
    title: str
    use_when: str
    document: str
    as_of: str
    requirement: tuple[Requirement, ...] = ()
    include: tuple[str, ...] = ()
    source: str = "shipped"
    newer: str = ""
    machine: Machine = ""
    elsewhere: dict[Machine, str] = {}

    def summary(self, better: str = "") -> ProfileSummary:
        return ProfileSummary(self.name, self.title, self.as_of, self.source, better)

    def data_dates(self) -> Iterator[str]:
        """What its requirements judge by besides it, and of which date that is."""
        for requirement in self.requirement:
            yield from requirement.data_dates()


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements that several profiles have in common: a file of profiles/parts."""

    requirement: tuple[Requirement, ...] = ()


def shipped() -> list[str]:
    """The names of the profiles that come with linuxready."""
    return _names(FOLDER)


def parts() -> list[str]:
    """The names of the parts that profiles may include."""
    return _names(PARTS)


def _names(folder: str) -> list[str]:
    return sorted(name.removesuffix(".toml") for name in os.listdir(folder) if name.endswith(".toml"))


def load(name_or_path: str) -> Profile:
    """A shipped profile by its name, or any by its path (a word with a slash or ending in .toml)."""
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return read(name_or_path, name_or_path)
    names = shipped()
    if name_or_path not in names:
        raise ProfileError(f"no profile `{name_or_path}`: there are {', '.join(names)}")
    return read(os.path.join(FOLDER, f"{name_or_path}.toml"), "shipped")


def releases(name: str) -> Profile:
    """A shipped profile with nothing but its list of distributions, which is read far faster than all of it."""
    return _decoded(os.path.join(FOLDER, f"{name}.toml"), Profile, "distribution")


def read(path: str, source: str) -> Profile:
    """The profile in a file; raises ProfileError."""
    profile = _decoded(path, Profile, shipped=source == "shipped")
    included: list[Requirement] = []
    for number, name in enumerate(profile.include):
        if name not in parts():
            known = ", ".join(parts())
            raise ProfileError(f"{path}: no part `{name}`: there are {known} - at `$.include[{number}]`")
        included += _decoded(os.path.join(PARTS, f"{name}.toml"), Part).requirement
    if source != "shipped":
        for place, other in (("newer", profile.newer), *((f"elsewhere.{k}", v) for k, v in profile.elsewhere.items())):
            if other and other not in shipped():
                raise ProfileError(f"{path}: no profile `{other}`: there are {', '.join(shipped())} - at `$.{place}`")
        for mistake in mistakes(profile.requirement, included):
            raise ProfileError(f"{path}: {mistake}")
    try:
        requirements = tuple(row.completed(_kernel_list) for row in (*profile.requirement, *included))
    except ValueError as error:
        raise ProfileError(f"{path}: {error}") from error
    return msgspec.structs.replace(profile, source=source, requirement=requirements)


def _kernel_list(name: str) -> KernelList:
    """A kernel list; raises ValueError with its file. Imported here, for most profiles have none."""
    from linuxready import kernellist

    return kernellist.load(name)


Document = TypeVar("Document", Profile, Part)


def _parsed(path: str, shipped: bool, only: str | None) -> Any:
    """What stands in a file. The packages have theirs as JSON besides (make_tree.py): TOML takes a tenth of a run.

    `only`: no requirement but those of one check is parsed; each stands between its [[requirement]] and the next.
    """
    if shipped:
        with suppress(FileNotFoundError), open(f"{path}.json", "rb") as file:
            return msgspec.json.decode(file.read())
    with open(path, "rb") as file:
        text = file.read()
    if only:
        head, *rows = text.split(b"\n[[requirement]]\n")
        wanted = f'check = "{only}"'.encode()
        text = b"\n[[requirement]]\n".join((head, *(row for row in rows if wanted in row)))
    return msgspec.toml.decode(text)


def _decoded(path: str, kind: type[Document], only: str | None = None, shipped: bool = True) -> Document:
    """The document in a file, with its requirements of one check only where that is named."""
    try:
        document = _parsed(path, shipped, only)
        rows = document.pop("requirement", None)
        if only is not None:
            rows = [row for row in rows or () if row.get("check") == only]
        checks = [row.get("check") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        kind_of_row = any_of(check for check in checks if isinstance(check, str))
        of_rows: Any = msgspec.defstruct("Rows", [("requirement", GenericAlias(tuple, (kind_of_row, ...)))])
        decoded = msgspec.convert({} if rows is None else {"requirement": rows}, of_rows)
        return msgspec.structs.replace(msgspec.convert(document, kind), requirement=decoded.requirement)
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ProfileError(f"{path}: {error}") from error


def mistakes(own: Sequence[Requirement], included: Sequence[Requirement] = ()) -> Iterator[str]:
    """What is wrong in requirements whose types are right. Tests ask this of shipped ones, every run of the others."""
    seen = Counter(requirement.id for requirement in included)
    yield from (f"`{id}` is included twice - at `$.include`" for id, times in seen.items() if times > 1)
    for number, requirement in enumerate(own):
        place = f"at `$.requirement[{number}]"
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", requirement.id):
            yield f"`{requirement.id}` is not kebab-case - {place}.id`"
        if requirement.id in seen:
            yield f"`{requirement.id}` is there twice - {place}.id`"
        seen[requirement.id] += 1
        if (requirement.level == "manual") != isinstance(requirement, Manual):
            yield f"only what is checked as `manual` is of level `manual` - {place}.level`"
        for mistake in requirement.mistakes():
            yield f"{mistake} - {place}`"

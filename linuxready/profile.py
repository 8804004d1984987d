"""A profile: a TOML file that lists requirements. Reading one is one decode a file; errors name file and place."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from linuxready.report import ProfileSummary
from linuxready.requirements import AnyRequirement
from linuxready.requirements.manual import Manual

FOLDER = os.path.join(os.path.dirname(__file__), "profiles")
PARTS = os.path.join(FOLDER, "parts")
DEFAULT = "vmware-2017"


class ProfileError(Exception):
    """A profile cannot be used; the text is one line and names the file and the place."""


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements for one scenario. `as_of` is the date of the `document` they are taken from.

    `include` names shipped parts, whose requirements follow the profile's own.
    """

    name: str
    title: str
    use_when: str
    document: str
    as_of: str
    requirement: tuple[AnyRequirement, ...]
    include: tuple[str, ...] = ()
    source: str = "shipped"

    def summary(self) -> ProfileSummary:
        return ProfileSummary(self.name, self.title, self.as_of, self.source)


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements that several profiles have in common: a file of profiles/parts."""

    requirement: tuple[AnyRequirement, ...]


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


def read(path: str, source: str) -> Profile:
    """The profile in a file; raises ProfileError."""
    profile = _prepared(path, Profile) if source == "shipped" else _decoded(path, Profile)
    included: list[AnyRequirement] = []
    for number, name in enumerate(profile.include):
        if name not in parts():
            known = ", ".join(parts())
            raise ProfileError(f"{path}: no part `{name}`: there are {known} - at `$.include[{number}]`")
        included += _part(os.path.join(PARTS, f"{name}.toml")).requirement
    if source != "shipped":
        for mistake in mistakes(profile.requirement, included):
            raise ProfileError(f"{path}: {mistake}")
    return msgspec.structs.replace(profile, source=source, requirement=(*profile.requirement, *included))


@cache  # where no profile lists the machine, all are read
def _part(path: str) -> Part:
    return _prepared(path, Part)


Document = TypeVar("Document", Profile, Part)


def _prepared(path: str, kind: type[Document]) -> Document:
    """A shipped file; the packages have it as JSON besides (make_tree.py), for TOML takes a tenth of a run's time."""
    with suppress(FileNotFoundError), open(f"{path}.json", "rb") as file:
        return msgspec.json.decode(file.read(), type=kind)
    return _decoded(path, kind)


def _decoded(path: str, kind: type[Document]) -> Document:
    try:
        with open(path, "rb") as file:
            return msgspec.toml.decode(file.read(), type=kind)
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ProfileError(f"{path}: {error}") from error


def mistakes(own: Sequence[AnyRequirement], included: Sequence[AnyRequirement] = ()) -> Iterator[str]:
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

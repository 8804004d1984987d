"""A profile: a TOML file that lists requirements. Reading one is one decode; errors name file and place."""

import os
import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from linuxready.report import ProfileSummary
from linuxready.requirements import AnyRequirement

FOLDER = os.path.join(os.path.dirname(__file__), "profiles")
DEFAULT = "vmware-2017"


class ProfileError(Exception):
    """A profile cannot be used; the text is one line and names the file and the place."""


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements for one scenario. `as_of` is the date of the `document` they are taken from."""

    name: str
    title: str
    use_when: str
    document: str
    as_of: str
    requirement: tuple[AnyRequirement, ...]
    source: str = "shipped"

    def summary(self) -> ProfileSummary:
        return ProfileSummary(self.name, self.title, self.as_of, self.source)


def shipped() -> list[str]:
    """The names of the profiles that come with linuxready."""
    return sorted(name.removesuffix(".toml") for name in os.listdir(FOLDER) if name.endswith(".toml"))


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
    try:
        with open(path, "rb") as file:
            profile = msgspec.toml.decode(file.read(), type=Profile)
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ProfileError(f"{path}: {error}") from error
    if source != "shipped":
        for mistake in mistakes(profile):
            raise ProfileError(f"{path}: {mistake}")
    return msgspec.structs.replace(profile, source=source)


def mistakes(profile: Profile) -> Iterator[str]:
    """What is wrong in a profile whose types are right. Tests ask this of the shipped ones, every run of the others."""
    seen: set[str] = set()
    for number, requirement in enumerate(profile.requirement):
        place = f"at `$.requirement[{number}]"
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", requirement.id):
            yield f"`{requirement.id}` is not kebab-case - {place}.id`"
        if requirement.id in seen:
            yield f"`{requirement.id}` is there twice - {place}.id`"
        seen.add(requirement.id)
        for mistake in requirement.mistakes():
            yield f"{mistake} - {place}`"

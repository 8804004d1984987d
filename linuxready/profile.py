"""A profile: a TOML file that lists requirements. Reading one is one decode a file; errors name file and place."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from linuxready import datafile
from linuxready.report import ProfileSummary, Waiver
from linuxready.requirements import any_of
from linuxready.requirements.base import Requirement
from linuxready.requirements.manual import Manual

if TYPE_CHECKING:
    from linuxready.kernellist import KernelList

FOLDER = os.path.join(os.path.dirname(__file__), "profiles")
PARTS = os.path.join(FOLDER, "parts")
LOCAL_FOLDER = "/etc/linuxready/profiles.d"
DEFAULT = "vmware-2017"


Machine = Literal["vmware", "hyper-v", ""]
"""What a profile's machines are, as far as a machine can tell that of itself: "vmware" also has physical servers."""


class ProfileError(Exception):
    """A profile cannot be used; the text is one line and names the file and the place."""


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements for one scenario. `as_of` is the date of the `document` they are taken from.

    `include` names shipped parts, whose requirements follow the profile's own. `newer` names the profile that took its
    place. `machine` is what its machines are, `elsewhere` which profile is for others.

    `extends` names a shipped profile, of which everything is inherited but the requirements that `drop` names and the
    values that `change` has by id and key (policy.py). `waiver` is a user's, too (waivers.py).
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
    extends: str = ""
    drop: tuple[str, ...] = ()
    change: dict[str, dict[str, Any]] = {}
    waiver: tuple[Waiver, ...] = ()

    def summary(self, better: str = "") -> ProfileSummary:
        return ProfileSummary(self.name, self.title, self.as_of, self.source, better, self.extends)

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


def local() -> list[str]:
    """The names of this machine's own profiles; raises ProfileError."""
    try:
        return [name for name in _names(LOCAL_FOLDER) if not name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ProfileError(f"{LOCAL_FOLDER}: {error.strerror}") from error


def local_path(name: str) -> str:
    """Where a profile of this machine's own is."""
    return os.path.join(LOCAL_FOLDER, f"{name}.toml")


def load(name_or_path: str) -> Profile:
    """A shipped or local profile by its name, or any by its path (a word with a slash or ending in .toml)."""
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return read(name_or_path, name_or_path)
    path = local_path(name_or_path)
    if name_or_path in shipped():
        if os.path.lexists(path):
            raise ProfileError(f"{path}: `{name_or_path}` is a shipped profile's name: give the file another")
        return load_shipped(name_or_path)
    if name_or_path not in (own := local()):
        raise ProfileError(f"no profile `{name_or_path}`: there are {', '.join((*shipped(), *own))}")
    return read(path, path)


def load_shipped(name: str) -> Profile:
    """A shipped profile by its name."""
    return read(os.path.join(FOLDER, f"{name}.toml"), "shipped")


def releases(name: str) -> Profile:
    """A shipped profile with nothing but its list of distributions, which is read far faster than all of it."""
    return _decoded(os.path.join(FOLDER, f"{name}.toml"), Profile, "distribution")


def read(path: str, source: str) -> Profile:
    """The profile in a file; raises ProfileError."""
    if source == "shipped":
        profile = _decoded(path, Profile)
        included = _included(profile)
    else:
        profile, included = _own(path)
    with _told(path):
        requirements = tuple(row.completed(_kernel_list) for row in (*profile.requirement, *included))
    return msgspec.structs.replace(profile, source=source, requirement=requirements)


def _included(profile: Profile) -> list[Requirement]:
    """The requirements of the parts that a profile includes; raises ValueError."""
    included: list[Requirement] = []
    for number, name in enumerate(profile.include):
        included += _decoded(_part(name, f"$.include[{number}]"), Part).requirement
    return included


def _part(name: str, place: str) -> str:
    """The path of a part; raises ValueError."""
    if name not in parts():
        raise ValueError(f"no part `{name}`: there are {', '.join(parts())} - at `{place}`")
    return os.path.join(PARTS, f"{name}.toml")


def _own(path: str) -> tuple[Profile, list[Requirement]]:
    """The user's profile in a file and what it includes, without mistakes; raises ProfileError."""
    places: list[str] = []
    with _told(path, places):
        document = _parsed(path, False, None)
        if not {"extends", "drop", "change"}.isdisjoint(document):
            document, places[:] = _extended(path, document)
        if "requirement" not in document:
            raise ValueError("has no [[requirement]], and extends no profile")
        profile = _typed(document, Profile)
        included = _included(profile)
        for mistake in (*_misnamed(profile, path), *mistakes(profile.requirement, included)):
            raise ValueError(mistake)
        if profile.waiver:
            from linuxready import waivers

            ids = [row.id for row in (*profile.requirement, *included)]
            for mistake in waivers.mistakes(profile.waiver, ids, profile.drop):
                raise ValueError(mistake)
    return profile, included


def _extended(path: str, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A document with what it inherits, and the places of its requirements. Without a name it has its file's."""
    from linuxready import policy

    def base(name: str) -> dict[str, Any]:
        if name not in shipped():
            raise ValueError(f"no shipped profile `{name}`: there are {', '.join(shipped())} - at `$.extends`")
        found: dict[str, Any] = _parsed(os.path.join(FOLDER, f"{name}.toml"), True, None)
        return found | {"name": _stem(path)}

    def part(name: str, place: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _parsed(_part(name, place), True, None)["requirement"]
        return found

    return policy.extended(document, base, part)


def _misnamed(profile: Profile, path: str) -> Iterator[str]:
    """Names of and in a user's profile that stand for something else, or for nothing."""
    names = shipped()
    for place, other in (("newer", profile.newer), *((f"elsewhere.{k}", v) for k, v in profile.elsewhere.items())):
        if other and other not in names:
            yield f"no profile `{other}`: there are {', '.join(names)} - at `$.{place}`"
    if profile.source != "shipped":
        yield "no file says itself where it lies - at `$.source`"
    if profile.name in names:
        yield f"`{profile.name}` is a shipped profile's name: take another - at `$.name`"
    if os.path.dirname(os.path.abspath(path)) == LOCAL_FOLDER and profile.name != _stem(path):
        yield f"`{profile.name}` is not what its file is named - at `$.name`"


def _stem(path: str) -> str:
    return os.path.basename(path).removesuffix(".toml")


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
        with suppress(FileNotFoundError):
            return msgspec.json.decode(datafile.read(f"{path}.json"))
    text = datafile.read(path)
    if only:
        head, *rows = text.split("\n[[requirement]]\n")
        text = "\n[[requirement]]\n".join((head, *(row for row in rows if f'check = "{only}"' in row)))
    if not shipped and "[[waiver]]" in text:
        from linuxready import waivers

        return waivers.parsed(text)
    return msgspec.toml.decode(text)


@contextmanager
def _told(path: str, places: Sequence[str] = ()) -> Iterator[None]:
    """Tell what goes wrong meanwhile in one line with the file, and the place as `places` has it by requirement."""

    def place(match: re.Match[str]) -> str:
        return f"`{places[int(match[1])]}{match[2]}"

    try:
        yield
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
    # What msgspec raises is a ValueError, too.
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        told = re.sub(r"`\$\.requirement\[(\d+)\]([^`]*`)$", place, str(error)) if places else str(error)
        raise ProfileError(f"{path}: {told}") from error


def _decoded(path: str, kind: type[Document], only: str | None = None) -> Document:
    """The document in a shipped file, with its requirements of one check only where that is named."""
    with _told(path):
        return _typed(_parsed(path, True, only), kind, only)


def _typed(document: dict[str, Any], kind: type[Document], only: str | None = None) -> Document:
    """A parsed file as what it is: one decode for its requirements, of the checks that it has, and one for the rest."""
    rows = document.pop("requirement", None)
    if only is not None:
        rows = [row for row in rows or () if row.get("check") == only]
    checks = [row.get("check") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    kind_of_row = any_of(check for check in checks if isinstance(check, str))
    of_rows: Any = msgspec.defstruct("Rows", [("requirement", GenericAlias(tuple, (kind_of_row, ...)))])
    decoded = msgspec.convert({} if rows is None else {"requirement": rows}, of_rows)
    return msgspec.structs.replace(msgspec.convert(document, kind), requirement=decoded.requirement)


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

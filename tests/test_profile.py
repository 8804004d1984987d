"""Profiles: what is wrong in one is told with file and place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linuxready.profile import DEFAULT, FOLDER, ProfileError, load, mistakes, parts, releases, shipped
from linuxready.requirements.manual import Manual
from linuxready.requirements.system import Distribution

TEXT = (Path(__file__).parents[1] / "linuxready" / "profiles" / "vmware-2017.toml").read_text(encoding="utf-8")
TEXT = TEXT.replace('name = "vmware-2017"', 'name = "mine"', 1)
PLACE = {
    requirement.id: f"$.requirement[{number}]" for number, requirement in enumerate(load("vmware-2017").requirement)
}
"""Where each stands in the file."""
FIELDS = {"document", "section", "expected", "title", "explain", "id", "level"}


def written(folder: Path, text: str | bytes, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize("name", shipped())
def test_shipped_profiles_are_without_mistakes(name: str) -> None:
    profile = load(name)
    assert list(mistakes(profile.requirement)) == []
    assert (profile.name, profile.source) == (name, "shipped")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", profile.as_of)
    for requirement in profile.requirement:
        for field in FIELDS - {"document"}:
            assert getattr(requirement, field), (requirement.id, field)


def test_the_default_is_shipped() -> None:
    assert DEFAULT in shipped()


def test_every_id_means_one_thing() -> None:
    meanings: dict[str, set[tuple[bool, str]]] = {}
    for name in shipped():
        for requirement in load(name).requirement:
            meanings.setdefault(requirement.id, set()).add((isinstance(requirement, Manual), requirement.title))
    assert {id: found for id, found in meanings.items() if len(found) > 1} == {}


# -- parts -----------------------------------------------------------------------------------------------


def test_parts_are_no_profiles() -> None:
    assert not set(parts()).intersection(shipped())
    with pytest.raises(ProfileError, match="no profile `azure-2017`"):
        load("azure-2017")


def test_every_part_is_included_and_no_other() -> None:
    included = {part for name in shipped() for part in load(name).include}
    assert included == set(parts())


def test_what_is_included_follows_the_profiles_own() -> None:
    profile = load("vmware-2017")
    ids = [requirement.id for requirement in profile.requirement]
    assert ids.index("lsof") < ids.index("azure-account")
    (account,) = (r for r in profile.requirement if r.id == "azure-account")
    assert isinstance(account, Manual)
    assert account.place == "Azure portal"


def test_a_local_profile_may_include_a_part(tmp_path: Path) -> None:
    ids = {requirement.id for requirement in load(written(tmp_path, TEXT)).requirement}
    assert {"architecture", "azure-account"} <= ids


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '["azure-2017"]',
            '["azure-2071"]',
            "no part `azure-2071`: there are azure-2017, azure-2026, ssh-2017 - at `$.include[0]`",
        ),
        (
            '["azure-2017"]',
            '["azure-2017", "../x"]',
            "no part `../x`: there are azure-2017, azure-2026, ssh-2017 - at `$.include[1]`",
        ),
        ('["azure-2017"]', '["azure-2017", "azure-2017"]', "`azure-account` is included twice - at `$.include`"),
        ('id = "lsof"', 'id = "azure-account"', f"`azure-account` is there twice - at `{PLACE['lsof']}.id`"),
        ('level = "required"', 'level = "manual"', "only what is checked as `manual` is of level `manual`"),
        ('newer = "vmware-2026"', 'newer = "vmware-2062"', "no profile `vmware-2062`: there are hyperv-2017, "),
        ('hyper-v = "hyperv-2026"', 'hyper-v = "hyperv"', "no profile `hyperv`: there are "),
        ('hyper-v = "hyperv-2026"', 'xen = "hyperv"', "Invalid enum value 'xen'"),
        ('place = "vCenter"', 'place = "the attic"', "Invalid enum value 'the attic' - at `$.requirement["),
    ],
)
def test_a_mistake_in_what_is_included_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    path = written(tmp_path, TEXT.replace(old, new, 1))
    with pytest.raises(ProfileError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_broken_part_is_named_by_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = written(tmp_path, '[[requirement]]\ncheck = "manual"\n', "azure-2017.toml")
    monkeypatch.setattr("linuxready.profile.PARTS", str(tmp_path))
    with pytest.raises(ProfileError, match=f"^{re.escape(part)}: Object missing required field") as error:
        load(f"{FOLDER}/vmware-2017.toml")
    assert "`$.requirement[0]`" in str(error.value)


# -- mistakes --------------------------------------------------------------------------------------------


def test_a_profile_by_its_path_names_it_as_its_source(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    profile = load(path)
    assert (profile.name, profile.source) == ("mine", path)
    assert profile.summary().source == path


def test_an_unknown_name_names_those_there_are() -> None:
    with pytest.raises(ProfileError, match=r"no profile `vmware-2107`: there are .*vmware-2017"):
        load("vmware-2107")


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ('level = "required"', "level = 3", "Expected `str`, got `int`", "$.requirement[0].level"),
        ('level = "required"', 'level = "needed"', "Invalid enum value 'needed'", "$.requirement[0].level"),
        ('machines = ["x86_64"]', 'machines = "x86_64"', "Expected `array`, got `str`", "$.requirement[0].machines"),
        (
            "ftype_counts = true",
            'ftype_counts = "yes"',
            "Expected `bool`, got `str`",
            PLACE["xfs-v5"] + ".ftype_counts",
        ),
        ("ftype_counts = true", "", "missing required field `ftype_counts`", PLACE["xfs-v5"]),
        ("ftype_counts = true", "ftype_counts = true\nmax_gib = 3", "unknown field `max_gib`", PLACE["xfs-v5"]),
        ('check = "xfs-v5"', 'check = "xfs-v6"', "Invalid value 'xfs-v6'", PLACE["xfs-v5"] + ".check"),
        ('check = "architecture"\n', "", "missing required field `check`", "$.requirement[0]"),
        ('rhel = "warn"', 'rhel = "pass"', "Invalid enum value 'pass'", "$.requirement[2].otherwise[...]"),
        ('rhel = ["6.7"', 'rhel = [6.7, "6.7"', "Expected `str`, got `float`", "$.requirement[1].listed[...][0]"),
        ('"6.0" = 71', '"6.0" = "71"', "Expected `int`, got `str`", "$.requirement[2].stock[0].builds[...]"),
        ('title = "VMware', 'titel = "VMware', "unknown field `titel`", ""),
        ('id = "lsof"', 'id = "os-disk"', "`os-disk` is there twice", PLACE["lsof"] + ".id"),
        ('id = "lsof"', 'id = "LSOF"', "`LSOF` is not kebab-case", PLACE["lsof"] + ".id"),
        ('id = "lsof"', 'id = "lsof-"', "`lsof-` is not kebab-case", PLACE["lsof"] + ".id"),
        (r"'2\.6\.32-(?P<build>\d+)", r"'2\.6\.32-(?P<build>\d+", "is no regular expression", "$.requirement[2]"),
        (r"(?P<build>\d+)", r"(\d+)", "`builds` needs a group `build`", "$.requirement[2]"),
    ],
)
def test_a_mistake_is_told_with_file_and_place(tmp_path: Path, old: str, new: str, message: str, place: str) -> None:
    assert old in TEXT
    path = written(tmp_path, TEXT.replace(old, new, 1))
    with pytest.raises(ProfileError) as error:
        load(path)
    told = str(error.value)
    assert told.startswith(f"{path}: ")
    assert message.lower() in told.lower()
    assert not place or f"at `{place}`" in told
    assert "\n" not in told


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"name = ",
        b'name = "a"\nname = "b"\n',
        b'name = "\xff"',
        b"[[requirement]]\n",
        b"requirement = 1\n",
        b"\0\0\0",
        b"a = " + b"[" * 5000,
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_profile_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ProfileError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["./missing.toml", "missing.toml", "/nonexistent/x", "./"])
def test_a_file_that_is_not_there_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProfileError, match=f"^{re.escape(name)}: (No such file|Is a directory)"):
        load(name)


def test_a_path_that_cannot_be_one_is_told() -> None:
    with pytest.raises(ProfileError):
        load("x\0.toml")


def test_names_without_a_slash_are_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of that name in the working directory is not taken for it."""
    written(tmp_path, "garbage", "vmware-2017")
    monkeypatch.chdir(tmp_path)
    assert load("vmware-2017").source == "shipped"


@pytest.mark.parametrize("name", shipped())
def test_the_releases_of_a_profile_are_those_of_the_whole(name: str) -> None:
    whole = [row for row in load(name).requirement if isinstance(row, Distribution)]
    found = releases(name)
    assert (found.name, list(found.requirement)) == (name, whole)

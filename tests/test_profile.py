"""Profiles: what is wrong in one is told with file and place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linuxready.profile import DEFAULT, ProfileError, load, mistakes, shipped

TEXT = (Path(__file__).parents[1] / "linuxready" / "profiles" / "vmware-2017.toml").read_text(encoding="utf-8")
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


def test_a_profile_by_its_path_names_it_as_its_source(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.replace('name = "vmware-2017"', 'name = "mine"'))
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
        ("ftype_counts = true", 'ftype_counts = "yes"', "Expected `bool`, got `str`", "$.requirement[6].ftype_counts"),
        ("ftype_counts = true", "", "missing required field `ftype_counts`", "$.requirement[6]"),
        ("ftype_counts = true", "ftype_counts = true\nmax_gib = 3", "unknown field `max_gib`", "$.requirement[6]"),
        ('check = "xfs-v5"', 'check = "xfs-v6"', "Invalid value 'xfs-v6'", "$.requirement[6].check"),
        ('check = "architecture"\n', "", "missing required field `check`", "$.requirement[0]"),
        ('rhel = "warn"', 'rhel = "pass"', "Invalid enum value 'pass'", "$.requirement[2].otherwise[...]"),
        ('rhel = ["6.7"', 'rhel = [6.7, "6.7"', "Expected `str`, got `float`", "$.requirement[1].listed[...][0]"),
        ('"6.0" = 71', '"6.0" = "71"', "Expected `int`, got `str`", "$.requirement[2].stock[0].builds[...]"),
        ('title = "VMware', 'titel = "VMware', "unknown field `titel`", ""),
        ('id = "lsof"', 'id = "os-disk"', "`os-disk` is there twice", "$.requirement[7].id"),
        ('id = "lsof"', 'id = "LSOF"', "`LSOF` is not kebab-case", "$.requirement[7].id"),
        ('id = "lsof"', 'id = "lsof-"', "`lsof-` is not kebab-case", "$.requirement[7].id"),
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

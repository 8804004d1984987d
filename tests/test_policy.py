"""Profiles that extend a shipped one, and those in /etc/linuxready/profiles.d."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from linuxready import cli, profile
from linuxready.policy import warnings
from linuxready.profile import Profile, ProfileError, load, shipped
from linuxready.requirements.base import Requirement

from .golden import HOSTS
from .machines import TODAY

READY = str(HOSTS / "rhel-7.2-ready" / "facts.json")
Capture = pytest.CaptureFixture[str]

ADDED = """
[[requirement]]
check = "program"
id = "rsync"
title = "rsync is installed"
level = "advised"
section = "Our own rules"
expected = "rsync"
program = "rsync"
on = { rhel = ["7"] }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """/etc/linuxready/profiles.d, empty."""
    monkeypatch.setattr(profile, "LOCAL_FOLDER", str(tmp_path))
    monkeypatch.delenv("LINUXREADY_PROFILE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def own(folder: Path, text: str, name: str = "ours", extends: str = "vmware-2026") -> Profile:
    path = folder / f"{name}.toml"
    path.write_text(f'extends = "{extends}"\n{text}' if extends else text)
    return load(str(path))


def row(of: Profile, id: str) -> Any:
    return next(r for r in of.requirement if r.id == id)


def rows(of: Profile) -> dict[str, Requirement]:
    return {r.id: r for r in of.requirement}


# -- what is inherited, dropped, changed and added -------------------------------------------------------------


@pytest.mark.parametrize("name", shipped())
def test_everything_is_inherited(name: str, tmp_path: Path) -> None:
    base, found = load(name), own(tmp_path, "", extends=name)
    assert found.requirement == base.requirement
    assert (found.name, found.source, found.extends) == ("ours", str(tmp_path / "ours.toml"), name)
    for key in ("title", "use_when", "document", "as_of", "newer", "machine", "elsewhere"):
        assert getattr(found, key) == getattr(base, key)
    assert (found.summary().extends, found.summary().source) == (name, found.source)


def test_what_the_file_says_of_itself_counts(tmp_path: Path) -> None:
    found = own(tmp_path, 'name = "bank"\ntitle = "Our rules"\nas_of = "2026-10-01"\nnewer = ""\n')
    assert (found.name, found.title, found.as_of, found.newer) == ("bank", "Our rules", "2026-10-01", "")


def test_requirements_are_dropped_changed_and_added(tmp_path: Path) -> None:
    base = load("vmware-2026")
    found = own(
        tmp_path,
        f"""drop = ["ssh-at-boot", "azure-account"]
{ADDED}
[change.disk-size]
max_gib = 4095
level = "advised"
os_max_gib.bios = 1024

[change.kernel.agent_errors]
OURS = "ask the kernel team"
""",
    )
    assert set(rows(base)) - set(rows(found)) == {"ssh-at-boot", "azure-account"}  # the second one is a part's
    assert [r.id for r in found.requirement][-1] == "rsync"
    size = row(found, "disk-size")
    assert (size.max_gib, size.level, size.title) == (4095, "advised", row(base, "disk-size").title)
    assert size.os_max_gib == row(base, "disk-size").os_max_gib | {"bios": 1024}
    assert row(found, "kernel").agent_errors == row(base, "kernel").agent_errors | {"OURS": "ask the kernel team"}
    untouched = set(rows(base)) - {"ssh-at-boot", "azure-account", "disk-size", "kernel"}
    assert {id: rows(base)[id] for id in untouched} == {id: rows(found)[id] for id in untouched}


def test_a_dropped_one_may_be_replaced_by_another_check(tmp_path: Path) -> None:
    found = own(tmp_path, f'drop = ["python"]\n{ADDED.replace("rsync", "python")}')
    assert type(row(found, "python")).__name__ == "Program"


def test_a_part_may_be_included_besides(tmp_path: Path) -> None:
    found = own(tmp_path, 'include = ["ssh-2017"]\ndrop = ["ssh-at-boot", "ssh-firewall"]\n', extends="vmware-2017")
    assert (row(found, "ssh-at-boot").level, row(load("vmware-2017"), "ssh-at-boot").level) == ("advised", "required")


# -- mistakes, at their places in the file ---------------------------------------------------------------------

SSH = 'drop = ["ssh-at-boot", "ssh-firewall"]\n'
MISTAKES = [
    ('extends = "vmware-2062"', "no shipped profile `vmware-2062`: there are hyperv-2017, ", "$.extends"),
    ('extends = "ours"', "no shipped profile `ours`", "$.extends"),
    ("extends = 3", "Expected `str`, got `int`", "$.extends"),
    ("title = 'x'", "has no [[requirement]], and extends no profile", ""),
    ('drop = ["lsof"]', "missing required field `extends`", ""),
    ('+drop = ["disk-sise"]', "no requirement `disk-sise` in vmware-2026: did you mean disk-size", "$.drop[0]"),
    ('+drop = ["disk-size", "xyzzy"]', "`linuxready profiles vmware-2026` lists them", "$.drop[1]"),
    ("+drop = [3]", "Expected `str`, got `int`", "$.drop[0]"),
    ("+[change.disk-sice]\nmax_gib = 1", "did you mean disk-size", "$.change.disk-sice"),
    ("+[change]\ndisk-size = 3", "not a table of keys", "$.change.disk-size"),
    ('+drop = ["disk-size"]\n[change.disk-size]\nmax_gib = 1', "is dropped and changed", "$.change.disk-size"),
    ("+[change.disk-size]\nmax_gib = -5", "Expected `int` >= 0", "$.change.disk-size.max_gib"),
    ('+[change.disk-size]\nmax_gib = "1"', "Expected `int`, got `str`", "$.change.disk-size.max_gib"),
    ("+[change.disk-size]\nmax_gb = 1", "Object contains unknown field `max_gb`", "$.change.disk-size"),
    ("+[change.disk-size.os_max_gib]\nuefi = 1", "Invalid enum value 'uefi'", "$.change.disk-size.os_max_gib"),
    ('+[change.disk-size]\nid = "x"', "`id` cannot be changed", "$.change.disk-size.id"),
    ('+[change.disk-size]\ncheck = "x"', "`check` cannot be changed", "$.change.disk-size.check"),
    ('+[change.disk-size]\nlevel = "must"', "Invalid enum value 'must'", "$.change.disk-size.level"),
    ('+[change.disk-size]\nlevel = "manual"', "only what is checked as `manual`", "$.change.disk-size.level"),
    ('+[change.urls]\nlevel = "required"', "Invalid enum value 'required'", "$.change.urls.level"),
    (f"+{ADDED}{ADDED}", "`rsync` is there twice", "$.requirement[1].id"),
    (f"+{ADDED.replace('rsync', 'lvm-tools')}", "is in vmware-2026 already: change it", "$.requirement[0].id"),
    ("+" + ADDED.replace('"program"', '"pogram"'), "Invalid value 'pogram'", "$.requirement[0].check"),
    (f"+{ADDED}level = 3", "Cannot overwrite a value", ""),
    ("+" + ADDED.replace('"advised"', "3"), "Expected `str`, got `int`", "$.requirement[0].level"),
    ("+requirement = [3]", "Expected `object`, got `int`", "$.requirement[0]"),
    ("+requirement = 3", "Expected `array`, got `int`", "$.requirement"),
    ("+[[requirement]]\nid = 'x'", "missing required field `check`", "$.requirement[0]"),
    ('+include = ["azure-2071"]', "no part `azure-2071`: there are azure-2017", "$.include[0]"),
    (
        '+drop = ["ssh-at-boot", "ssh-firewall"]\ninclude = ["ssh-2017", "azure-2026"]',
        "`azure-account` of `azure-2026` is there already",
        "$.include[1]",
    ),
    ('+name = "vmware-2017"', "`vmware-2017` is a shipped profile's name", "$.name"),
    ('+newer = "vmware-2062"', "no profile `vmware-2062`", "$.newer"),
    ("+source = 'x'", "no file says itself where it lies", "$.source"),
    ("+titel = 'x'", "unknown field `titel`", ""),
    ("+title = 3", "Expected `str`, got `int`", "$.title"),
]


@pytest.mark.parametrize(("text", "message", "place"), MISTAKES, ids=[text[:60] for text, _, _ in MISTAKES])
def test_a_mistake_is_told_with_file_and_place(
    text: str, message: str, place: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(text.replace("+", 'extends = "vmware-2026"\n', 1) if text.startswith("+") else text)
    with pytest.raises(ProfileError) as error:
        load(str(path))
    told = str(error.value)
    assert told.startswith(f"{path}: ")
    assert message in told
    assert not place or f"`{place}" in told.split(" - at ")[-1]
    assert "\n" not in told
    assert cli.run(["profiles", str(path)]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_the_hostile_do_not_reach_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "ours.toml").write_text('extends = "vmware-2026"\ndrop = ["\\u001b[31m\\u202e\\n"]')
    assert cli.run(["profiles", str(tmp_path / "ours.toml")]) == 2
    err = capsys.readouterr().err
    assert "\\x1b[31m\\u202e\\x0a" in err
    assert err[:-1].isprintable()


# -- what is said to no effect ---------------------------------------------------------------------------------


def test_a_change_that_changes_nothing_is_a_warning(tmp_path: Path, capsys: Capture) -> None:
    size = row(load("vmware-2026"), "disk-size")
    text = f"""[change.disk-size]
max_gib = {size.max_gib}
level = "{size.level}"
title = "Ours"
[change.disk-count]
"""
    found = own(tmp_path, text)
    assert list(warnings(found, TODAY)) == [
        "nothing is changed: it is so in vmware-2026 - at `$.change.disk-size.max_gib`",
        "nothing is changed: it is so in vmware-2026 - at `$.change.disk-size.level`",
        "nothing is changed - at `$.change.disk-count`",
    ]
    assert cli.run(["profiles", found.source]) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"linuxready: {found.source}: warning: {line}" for line in warnings(found, TODAY)
    ]
    assert "Extends vmware-2026; changes disk-size, disk-count." in captured.out
    assert cli.run(["check", "--profile", found.source, "--facts", READY]) in (1, 3)
    assert capsys.readouterr().err == ""


def test_a_value_that_what_is_expected_does_not_say_is_a_warning(tmp_path: Path) -> None:
    told = "reports will show as expected what vmware-2026 asks for: change `expected` - at `$.change.disk-size`"
    table = "[change.disk-size]\nos_max_gib.efi = 1024\n"
    assert list(warnings(own(tmp_path, table), TODAY)) == [told]
    assert list(warnings(own(tmp_path, f'{table}expected = "small disks"'), TODAY)) == []
    assert list(warnings(own(tmp_path, '[change.disk-size]\nlevel = "advised"'), TODAY)) == []


@pytest.mark.parametrize("name", shipped())
def test_shipped_profiles_have_no_warnings(name: str) -> None:
    assert list(warnings(load(name), TODAY)) == []


# -- /etc/linuxready/profiles.d --------------------------------------------------------------------------------


def test_a_local_profile_is_used_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    own(folder, 'drop = ["lsof"]', extends="vmware-2017")
    for words in (["--profile", "ours"], []):
        assert cli.run(["check", "--facts", READY, "--format", "json", *words]) == 0
        told = json.loads(capsys.readouterr().out)["profile"]
        assert (told["name"], told["source"], told["extends"]) == ("ours", f"{folder}/ours.toml", "vmware-2017")
        monkeypatch.setenv("LINUXREADY_PROFILE", "ours")
    assert cli.run(["explain", "lsof"]) == 2
    assert cli.run(["profiles", "ours"]) == 0


def test_the_table_says_what_it_extends(folder: Path, capsys: Capture) -> None:
    own(folder, "", extends="vmware-2017")
    assert cli.run(["check", "--facts", READY, "--profile", "ours"]) == 0
    assert "ours (extends vmware-2017), VMware VMs" in capsys.readouterr().out


def test_local_profiles_are_listed_and_a_broken_one_hides_none(folder: Path, capsys: Capture) -> None:
    own(folder, 'title = "Our rules"')
    whole = (Path(profile.FOLDER) / "vmm-2017.toml").read_text().replace('name = "vmm-2017"', 'name = "whole"')
    own(folder, whole, "whole", extends="")
    (folder / "broken.toml").write_text("extends = 1")
    (folder / ".hidden.toml").write_text("extends = 1")
    (folder / "notes.txt").write_text("extends = 1")
    assert cli.run(["profiles"]) == 2
    captured = capsys.readouterr()
    listed = [line.split("  ")[0] for line in captured.out.splitlines() if line[:1].strip()]
    assert listed == [*shipped(), "broken", "ours", "whole"]
    assert captured.err == f"linuxready: {folder}/broken.toml: Expected `str`, got `int` - at `$.extends`\n"
    said = " ".join(captured.out.split())
    assert "ours 2026-04-06 Local, extends vmware-2026. Our rules. Use it when" in said
    assert "broken Local, and broken. ours" in said
    assert "whole 2017-03-27 Local. " in said
    (folder / "broken.toml").unlink()
    assert cli.run(["profiles"]) == 0


def test_a_local_profile_of_a_shipped_ones_name_is_told_wherever_it_is_met(folder: Path, capsys: Capture) -> None:
    (folder / "vmware-2017.toml").write_text('extends = "vmware-2026"')
    told = f"{folder}/vmware-2017.toml: `vmware-2017` is a shipped profile's name"
    for words in (["check", "--facts", READY], ["profiles"], ["profiles", f"{folder}/vmware-2017.toml"]):
        assert cli.run(words) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith(f"linuxready: {told}")
        assert ("hyperv-2026" in captured.out) == (words == ["profiles"])
    assert cli.run(["check", "--facts", READY, "--profile", "vmware-2026"]) != 2


def test_a_local_profile_is_named_as_its_file(folder: Path) -> None:
    with pytest.raises(ProfileError, match=r"`other` is not what its file is named - at `\$\.name`"):
        own(folder, 'name = "other"')


def test_no_file_is_waited_for_or_read_without_end(folder: Path, capsys: Capture) -> None:
    os.mkfifo(folder / "pipe.toml")
    (folder / "endless.toml").symlink_to("/dev/zero")
    (folder / "folder.toml").mkdir()
    (folder / "gone.toml").symlink_to(folder / "nothing")
    (folder / "latin.toml").write_bytes(b'extends = "vmware-2026"\ntitle = "caf\xe9"\n')
    assert cli.run(["profiles"]) == 2
    assert capsys.readouterr().err.replace(f"linuxready: {folder}/", "").splitlines() == [
        "endless.toml: longer than 16 MiB",
        "folder.toml: Is a directory",
        "gone.toml: No such file or directory",
        "latin.toml: byte 0xe9 is no UTF-8 (at line 2)",
        "pipe.toml: has no [[requirement]], and extends no profile",
    ]


def test_a_profile_may_come_through_a_pipe() -> None:
    """From a writer that takes its time."""
    reading, writing = os.pipe()

    def write() -> None:
        with open(writing, "wb", buffering=0) as pipe:
            for line in (b'extends = "vmware-2017"\n', b'title = "Ours"\n'):
                time.sleep(0.1)
                pipe.write(line)

    threading.Thread(target=write).start()
    assert load(f"/dev/fd/{reading}").title == "Ours"
    os.close(reading)


def test_an_unknown_name_names_the_local_ones_too(folder: Path) -> None:
    own(folder, "")
    with pytest.raises(ProfileError, match=r"no profile `our`: there are hyperv-2017, .*vmware-2026, ours"):
        load("our")


def test_no_name_acts_on_the_terminal(folder: Path, capsys: Capture) -> None:
    own(folder, 'as_of = "\\u001b[31m"', "\x1b[31mours\u202e")
    (folder / "\x9b.toml").write_text("x")
    assert cli.run(["profiles"]) == 2
    assert cli.run(["profiles", "\x1b[31mours\u202e"]) == 0
    assert cli.run(["check", "--facts", READY, "--profile", "\x1b[31mours\u202e"]) in (1, 3)
    captured = capsys.readouterr()
    assert all(character == "\n" or character.isprintable() for character in captured.out + captured.err)
    assert "\\x1b[31mours\\u202e" in captured.out


def test_a_folder_that_cannot_be_listed_is_told_and_hides_no_shipped_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (folder / "file").touch()
    monkeypatch.setattr(profile, "LOCAL_FOLDER", str(folder / "file"))
    with pytest.raises(ProfileError, match="file: Not a directory"):
        load("ours")
    assert cli.run(["profiles"]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"linuxready: {folder}/file: Not a directory\n"
    assert "hyperv-2026" in captured.out
    assert cli.run(["check", "--facts", READY]) == 0

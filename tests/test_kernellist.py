"""Kernel lists: how they are read, which one counts, what is wrong in one, and the program that makes them."""

from __future__ import annotations

import importlib.util
import json
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linuxready import cli, kernellist
from linuxready.kernellist import KernelList, ListError, expanded, load
from linuxready.profile import ProfileError
from linuxready.profile import load as load_profile

SHIPPED = Path(kernellist.FOLDER) / "mobility-agent.json"
PACKAGING = Path(__file__).parents[1] / "packaging" / "kernels"


def document(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "schema": 1,
        "name": "mobility-agent",
        "title": "test",
        "as_of": "2026-12-01",
        "source": "a test",
        "families": {"UBUNTU-24.04-64": {"9.67.1": {"6.8.0-*-generic": "31 90-92"}}},
    }
    return {**made, **changes}


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for local lists, empty."""
    monkeypatch.setattr(kernellist, "LOCAL_FOLDER", str(tmp_path))
    return tmp_path


def test_the_shipped_list_is_without_mistakes() -> None:
    found = kernellist.read(str(SHIPPED))
    assert list(found.mistakes()) == []
    assert (found.name, found.as_of) == ("mobility-agent", "2026-07-02")
    assert SHIPPED.stat().st_size < 32 * 1024


def test_a_newer_local_list_counts(local: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (local / "newer.json").write_text(json.dumps(document()))
    assert load("mobility-agent").as_of == "2026-12-01"
    assert load("mobility-agent").build_of("UBUNTU-24.04-64", "6.8.0-91-generic") == "9.67.1"
    assert cli.run(["profiles", "vmware-2026"]) == 0
    assert "list of 2026-12-01" in capsys.readouterr().out


@pytest.mark.parametrize("changes", [{"as_of": "2026-01-01"}, {"name": "another"}])
def test_an_older_or_another_local_list_does_not(local: Path, changes: dict[str, str]) -> None:
    (local / "one.json").write_text(json.dumps(document(**changes)))
    (local / ".hidden.json").write_text("{")
    (local / "notes.txt").write_text("not a list")
    assert load("mobility-agent").as_of == "2026-07-02"


def test_without_a_local_folder_the_shipped_list_counts(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernellist, "LOCAL_FOLDER", str(local / "none"))
    assert load("mobility-agent").as_of == "2026-07-02"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "truncated"),
        ("[]", "Expected `object`, got `array`"),
        (json.dumps({**document(), "more": 1}), "unknown field `more`"),
        (json.dumps(document(schema=2)), "schema 2, this linuxready reads up to 1"),
        (json.dumps(document(as_of="yesterday")), "`yesterday` is no date"),
        (json.dumps(document(families={"F": {"9": {"6.8.0-generic": "1"}}})), "is no kernel with a `*`"),
        (json.dumps(document(families={"F": {"9": {"6.8.0-*-generic": "1,2"}}})), "is no list of numbers and ranges"),
        (json.dumps(document(families={"F": {"9": {"6.8.0-*-generic": ""}}})), "is no list of numbers and ranges"),
        (json.dumps(document(families={"F": {"9": {"6.8.0-*-generic": "1-99999999"}}})), "is no list of numbers"),
        (json.dumps(document(families={"F": {"9": {"6.8.0-*-generic": "9-1"}}})), "is no list of numbers"),
        (" " * (16 * 2**20 + 1), "longer than 16 MiB"),
        (b"\xff", "byte 0xff is no UTF-8 (at line 1)"),
    ],
)
def test_a_bad_local_list_is_told_with_its_file(local: Path, text: str | bytes, message: str) -> None:
    path = local / "bad.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ListError) as error:
        load("mobility-agent")
    assert str(error.value).startswith(f"{path}: ")
    assert message.lower() in str(error.value).lower()
    with pytest.raises(ProfileError, match=r"vmware-2026\.toml: .*bad\.json: "):
        load_profile("vmware-2026")
    assert load_profile("vmware-2017").name == "vmware-2017"  # which asks for no list


def test_a_bad_list_is_wrong_usage(local: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (local / "bad.json").write_text("{")
    assert cli.run(["check", "--profile", "vmware-2026", "--recording", "/nonexistent"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_list_that_is_not_there_is_told() -> None:
    with pytest.raises(ListError, match="No such file"):
        load("none")


@pytest.mark.parametrize(
    ("kernel", "build"),
    [
        ("6.8.0-31-generic", "9.67.1"),
        ("6.8.0-91-generic", "9.67.1"),
        ("6.8.0-93-generic", None),
        ("6.8.0-031-generic", None),
        ("6.8.0-31", None),
        ("6.8.0-31-generic\n", None),
        ("", None),
    ],
)
def test_a_kernel_is_looked_up_as_it_is_written(kernel: str, build: str | None) -> None:
    found = msgspec.convert(document(), KernelList)
    assert found.build_of("UBUNTU-24.04-64", kernel) == build
    assert found.build_of("none", kernel) is None
    assert not found.on_page("UBUNTU-24.04-64", kernel)


# -- make-list -------------------------------------------------------------------------------------------


def make_list() -> Any:
    loader = SourceFileLoader("make_list", str(PACKAGING / "make-list"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_list", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


MAKE = make_list()


def publisher(folder: Path, **files: str) -> Path:
    """The publisher's folder: "9.66.1/UBUNTU-24.04-64" to lines."""
    for name, lines in files.items():
        path = folder / f"{name}_supported_kernels.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines)
    return folder


def test_text_lists_become_a_list(tmp_path: Path) -> None:
    lists = publisher(
        tmp_path,
        **{
            "9.66.10/UBUNTU-24.04-64": "6.8.0-31-generic\n6.8.0-33-generic\n\n",
            "9.66.9/UBUNTU-24.04-64": "6.8.0-31-generic\r\n6.8.0-32-generic\n",
            "9.66.9/SLES15-64": "5.14.21-150500.55.7-default:5\n5.14.21-150500.33.3-azure:5\n",
        },
    )
    made = json.loads(MAKE.text("2026-12-01", lists, None, PACKAGING / "page-2026-04.toml"))
    assert made["families"]["UBUNTU-24.04-64"] == {
        "9.66.9": {"6.8.0-*-generic": "31-32"},
        "9.66.10": {"6.8.0-*-generic": "33"},
    }
    assert made["families"]["SLES15-64"]["9.66.9"]["5.14.21-150500.55.*-default:5"] == "7"
    assert made["page"]["as_of"] == "2026-04-06"


def test_a_list_is_added_to(tmp_path: Path) -> None:
    lists = publisher(tmp_path, **{"9.67.1/UBUNTU-24.04-64": "6.8.0-88-generic\n6.8.0-95-generic\n"})
    made = json.loads(MAKE.text("2026-12-01", lists, SHIPPED, None))
    before = json.loads(SHIPPED.read_text())
    assert made["page"] == before["page"]
    assert made["families"]["UBUNTU-24.04-64"].pop("9.67.1") == {"6.8.0-*-generic": "95"}
    assert made["families"] == before["families"]


@pytest.mark.parametrize("line", ["6.8.0-031-generic", "hello", "6.8.0-31"])
def test_a_line_that_is_no_kernel_is_told(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="kernel"):
        MAKE.text("2026-12-01", publisher(tmp_path, **{"9.67.1/UBUNTU-24.04-64": line}), None, None)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="_supported_kernels"):
        MAKE.text("2026-12-01", tmp_path, None, None)


def test_a_written_list_is_whole_or_not_there(tmp_path: Path) -> None:
    MAKE.write_whole(tmp_path / "x.json", "{}\n")
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]
    with pytest.raises(OSError, match="No such file"):
        MAKE.write_whole(tmp_path / "none" / "x.json", "{}\n")


def test_the_shipped_page_is_the_file_beside_the_program() -> None:
    of_page = MAKE.tomllib.loads((PACKAGING / "page-2026-04.toml").read_text())
    assert json.loads(SHIPPED.read_text())["page"] == of_page


def test_ranges_are_lossless() -> None:
    numbers = [1, 2, 3, 5, 9, 10]
    assert MAKE.ranges(numbers) == "1-3 5 9-10"
    assert list(expanded({"a-*-generic": "1-3 5 9-10"})) == [f"a-{n}-generic" for n in numbers]

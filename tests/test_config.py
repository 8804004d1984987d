"""The configuration: what is read from it, what wins over it, and what is told where it is wrong."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from linuxready import __main__, cli, config, datafile
from linuxready.config import Config, ConfigError
from linuxready.formats import FORMATS
from linuxready.host import live

from .golden import HOSTS

SHIPPED = Path(__file__).parents[1] / "packaging" / "files" / "etc" / "linuxready" / "config.toml"
READY = str(HOSTS / "rhel-7.2-ready" / "facts.json")
FAILING = str(HOSTS / "rhel-7-var-on-second-disk" / "facts.json")
WARNING = str(HOSTS / "bond-vlan-docker" / "facts.json")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration's place, empty."""
    monkeypatch.setattr(config, "PATH", str(tmp_path / "config.toml"))
    monkeypatch.delenv("LINUXREADY_PROFILE", raising=False)
    return tmp_path / "config.toml"


# -- the file that is shipped ----------------------------------------------------------------------------------


def test_the_shipped_file_says_nothing_by_itself_and_costs_no_parser(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(SHIPPED.read_bytes())
    monkeypatch.setitem(sys.modules, "tomllib", None)
    assert config.read() == Config()
    file.write_text("profile = 'x'")
    with pytest.raises(ImportError):  # so the first half can fail
        config.read()


def test_every_key_of_the_shipped_file_is_one_and_none_is_missing(file: Path) -> None:
    """With the number signs off it is what holds without it."""
    text = SHIPPED.read_text(encoding="utf-8")
    uncommented = re.sub(r"^#(?=\w)", "", text, flags=re.MULTILINE)
    file.write_text(uncommented)
    assert set(re.findall(r"^(\w+) = ", uncommented, re.MULTILINE)) == set(Config.__struct_fields__)
    found = config.read()
    assert (found.profile, found.format, found.fail_on) == ("vmware-2017", "table", ("fail", "unknown"))
    assert (found.command_seconds, found.patience_seconds) == (live.SECONDS, live.PATIENCE_SECONDS)


def test_formats_are_those_there_are() -> None:
    literal = get_args(get_type_hints(Config)["format"])[0]
    assert {*get_args(literal), "nagios"} == set(FORMATS)


@pytest.mark.parametrize("text", ["", "\n\n", "# a\n  # b\r\n\t\n", None])
def test_no_file_or_comments_only_is_the_default(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)
    assert config.read() == Config()


# -- what wins -------------------------------------------------------------------------------------------------


def said(capture: Capture, *words: str) -> Any:
    assert cli.run([*words, "--facts", READY, "--format", "json"]) in (0, 1)
    return json.loads(capture.readouterr().out)


def test_the_profile_is_the_options_then_the_environments_then_the_files(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert said(capsys, "check")["profile"]["name"] == "vmware-2017"
    file.write_text('profile = "vmm-2017"')
    assert said(capsys, "check")["profile"]["name"] == "vmm-2017"
    assert cli.run(["facts", "--facts", READY]) == 0
    assert json.loads(capsys.readouterr().out)["profile"] == "vmm-2017"
    assert cli.run(["explain", "guest-system"]) == 0  # which the default profile has not
    assert capsys.readouterr().out.startswith("guest-system (")
    monkeypatch.setenv("LINUXREADY_PROFILE", "hyperv-2017")
    assert said(capsys, "check")["profile"]["name"] == "hyperv-2017"
    assert said(capsys, "check", "--profile", "vmware-2026")["profile"]["name"] == "vmware-2026"


def test_format_and_output_go_together(file: Path, tmp_path: Path, capsys: Capture) -> None:
    """A file for JSON is never written in another format, nor Nagios left without its line."""
    out = tmp_path / "report.json"
    file.write_text(f'format = "json"\noutput = "{out}"\n')
    assert __main__.run(["check", "--facts", READY]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(out.read_text())["verdict"] == "ready"
    out.unlink()
    assert __main__.run(["check", "--facts", READY, "--format", "nagios"]) == 0
    assert capsys.readouterr().out.startswith("LINUXREADY OK")
    assert __main__.run(["check", "--facts", READY, "--output", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "ready"
    assert not out.exists()


def test_fail_on(file: Path, capsys: Capture) -> None:
    file.write_text('fail_on = ["fail", "warn"]')
    assert cli.run(["check", "--facts", WARNING]) == 1
    assert cli.run(["check", "--facts", WARNING, "--fail-on", "fail"]) == 0
    assert cli.run(["check", "--facts", WARNING, "--format", "nagios"]) == 1  # WARNING, as ever
    assert cli.run(["check", "--facts", READY, "--format", "nagios"]) == 0
    file.write_text("fail_on = []")
    assert cli.run(["check", "--facts", FAILING]) == 0
    file.write_text("")
    assert cli.run(["check", "--facts", FAILING]) == 1


def test_who_named_a_profile_that_cannot_be_used_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def told(*words: str) -> str:
        assert cli.run(["check", "--facts", READY, *words]) == 2
        return capsys.readouterr().err.splitlines()[-1]

    file.write_text("profile = '/gone.toml'")
    assert told() == f"linuxready: /gone.toml: No such file or directory (named by {file})"
    monkeypatch.setenv("LINUXREADY_PROFILE", "gone")
    assert re.fullmatch(r"linuxready: no profile `gone`: there are .* \(named by LINUXREADY_PROFILE\)", told())
    assert told("--profile", "lost.toml") == "linuxready: lost.toml: No such file or directory"


def test_the_time_outs_reach_the_machine(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    file.write_text("command_seconds = 30\npatience_seconds = 90.5\n")
    seen = []

    class Host(live.LiveHost):
        def __init__(self, *limits: float | None) -> None:
            super().__init__(*limits)
            with self._waiting_for("x", "x", "run", "x") as seconds:
                seen.append((seconds, self._patience_seconds))
            raise OSError(5, "that is enough of this machine")

    monkeypatch.setattr(live, "LiveHost", Host)
    for command in ("check", "facts", "collect"):
        cli.run([command])
    assert seen == [(30.0, 90.5)] * 3
    told = "linuxready: failed: OSError: [Errno 5] that is enough of this machine"
    assert capsys.readouterr().err.splitlines() == [told] * 2
    assert cli.run(["explain", "--commands"]) == 0
    assert "30 seconds at most; where several hang, 90.5 together" in " ".join(capsys.readouterr().out.split())


# -- what is wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profil = 1", "Object contains unknown field `profil`"),
        ("profile = 1", "Expected `str`, got `int` - at `$.profile`"),
        ("profile = 'ours.toml'", "`ours.toml` is no absolute path - at `$.profile`"),
        ("profile = './ours'", "`./ours` is no absolute path - at `$.profile`"),
        ("format = 'nagios'", "Invalid enum value 'nagios' - at `$.format`"),
        ("output = 'report.txt'", "`report.txt` is no absolute path - at `$.output`"),
        ("fail_on = ['manual']", "Invalid enum value 'manual' - at `$.fail_on[0]`"),
        ("command_seconds = 0", "Expected `float` >= 1.0 - at `$.command_seconds`"),
        ("command_seconds = nan", "Expected `float` >= 1.0 - at `$.command_seconds`"),
        ("patience_seconds = 301", "Expected `float` <= 300.0 - at `$.patience_seconds`"),
        ("command_seconds = 8.5", "more than the 8 of `patience_seconds` - at `$.command_seconds`"),
        ("command_seconds = 3\npatience_seconds = 2.5", "more than the 2.5 of `patience_seconds` - at `$.command_seco"),
        ("profile =", "Invalid value (at end of document)"),
        ("profile = '\x1b'", "Found invalid character '\\x1b'"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_place(file: Path, text: str, message: str, capsys: Capture) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        config.read()
    assert str(error.value).startswith(f"{file}: {message}")
    assert cli.run(["check", "--facts", READY]) == 2
    assert cli.run(["explain"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"linuxready: {error.value}\n" * 2
    assert cli.run(["check", "--facts", READY, "--format", "nagios"]) == 3
    assert capsys.readouterr().out.startswith(f"LINUXREADY UNKNOWN - {file}: {message}")
    assert cli.run(["facts", "--facts", READY]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["error"]) == ("error", str(error.value))


def test_bytes_that_are_no_text_and_a_file_without_end(file: Path) -> None:
    file.write_bytes(b"# \xc3\xa9\nprofile = '\xff'")
    with pytest.raises(ConfigError, match=r"config\.toml: byte 0xff is no UTF-8 \(at line 2\)$"):
        config.read()
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="longer than 16 MiB"):
        config.read()


def test_a_link_to_nothing_is_not_ignored(file: Path) -> None:
    file.symlink_to(file.parent / "gone")
    with pytest.raises(ConfigError, match=r"config\.toml: No such file or directory$"):
        config.read()


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    assert config.read() == Config()


def test_a_file_that_may_not_be_read_is_not_ignored(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Root may read anything, so the refusal is made."""

    def refuse(path: str, *rest: Any, **named: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(datafile, "open", refuse, raising=False)
    assert cli.run(["check", "--facts", READY]) == 2
    assert capsys.readouterr().err == f"linuxready: {file}: Permission denied\n"


def test_a_folder_is_no_file(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigError, match="Is a directory"):
        config.read()


def test_judging_knows_no_configuration(file: Path) -> None:
    """`profiles` shows a profile as it is, whatever this machine's configuration says."""
    file.write_text("broken")
    assert cli.run(["profiles", "vmware-2017"]) == 0

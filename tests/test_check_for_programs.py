"""`check` with the formats for programs, in this process: exit statuses, errors and encoding as those want them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from linuxready import __main__, cli
from linuxready.formats import FOR_PROGRAMS

from .golden import HOSTS

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINUXREADY_PROFILE", raising=False)


def facts_of(machine: str) -> list[str]:
    return ["--facts", str(HOSTS / machine / "facts.json")]


@pytest.mark.parametrize(
    ("machine", "nagios", "others"),
    [("rhel-7.2-ready", 0, 0), ("bond-vlan-docker", 1, 0), ("rhel-7-xfs-v5", 2, 1), ("not-root", 3, 3)],
)
def test_exit_statuses_of_nagios_are_its_own(machine: str, nagios: int, others: int, capsys: Capture) -> None:
    assert cli.run(["check", *facts_of(machine), "--format", "nagios"]) == nagios
    for name in ("yaml", "junit", "tap", "prometheus"):
        assert cli.run(["check", *facts_of(machine), "--format", name]) == others
    assert capsys.readouterr().err == ""


def test_prometheus_shows_disks_that_no_requirement_asked_for(capsys: Capture) -> None:
    recording = str(HOSTS / "rhel-7.2-ready")
    assert cli.run(["check", "--recording", recording, "--only", "architecture", "--format", "prometheus"]) == 0
    assert "\nlinuxready_disks 1\n" in capsys.readouterr().out


@pytest.mark.parametrize("run", [cli.run, __main__.run])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--root", "/nonexistent", "--format", "nagios"], "/nonexistent is not a directory"),
        (["--format", "nagios", "--profile", "none"], "no profile `none`: there are "),
        (["--format=nagios", "--bogus"], "No such option: --bogus"),
        (["--format", "nagios", "--fail-on", "warn"], "--fail-on: Nagios has exit statuses of its own"),
    ],
)
def test_nagios_is_told_every_error(run: object, words: list[str], told: str, capsys: Capture) -> None:
    assert callable(run)
    assert run(["check", *words]) == 3
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.startswith(f"LINUXREADY UNKNOWN - {told}")
    assert captured.out.count("\n") == 1


def test_nobody_else_is(capsys: Capture) -> None:
    assert cli.run(["explain", "nagios"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", ["facts", *(f"check --format {name}" for name in sorted(FOR_PROGRAMS))])
def test_programs_have_utf_8_whatever_the_locale(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads((HOSTS / "rhel-7.2-ready" / "facts.json").read_text(encoding="utf-8"))
    document["kernel"]["value"]["release"] = "3.10-é\U0001f427"
    (tmp_path / "facts.json").write_text(json.dumps(document))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "latin-1", errors="backslashreplace"))
    cli.run([*words.split(), "--facts", str(tmp_path / "facts.json")])
    assert "3.10-é\U0001f427" in written.getvalue().decode("utf-8")

"""`linuxready facts`, in this process: what it prints and writes, and that a trouble is told in the document."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from linuxready import cli, commands, judge

from .golden import HOSTS

READY = str(HOSTS / "rhel-7.2-ready" / "facts.json")

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINUXREADY_PROFILE", raising=False)


def printed(capture: Capture, *words: str) -> dict[str, Any]:
    """The document that a command line prints in one line, and nothing on standard error."""
    assert cli.run(["facts", *words]) == 0
    captured = capture.readouterr()
    assert captured.err == ""
    assert captured.out.count("\n") == 1
    told: dict[str, Any] = json.loads(captured.out)
    return told


@pytest.mark.parametrize("machine", ["rhel-7.2-ready", "rhel-7-xfs-v5", "not-root"])
def test_a_document_is_printed_with_0_whatever_the_verdict(machine: str, capsys: Capture) -> None:
    told = printed(capsys, "--recording", str(HOSTS / machine))
    assert (told["status"], told["ready"]) == ("ok", machine == "rhel-7.2-ready")
    told.pop("generated_at")
    by_facts = printed(capsys, "--facts", str(HOSTS / machine / "facts.json"))
    by_facts.pop("generated_at")
    assert by_facts == told


def test_a_consumer_has_it_under_its_name(capsys: Capture) -> None:
    assert printed(capsys, "--for", "facter", "--facts", READY)["linuxready"]["ready"] is True


def test_the_profile_is_the_one_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert printed(capsys, "--facts", READY, "--profile", "hyperv-2017")["profile"] == "hyperv-2017"
    monkeypatch.setenv("LINUXREADY_PROFILE", "vmm-2017")
    assert printed(capsys, "--facts", READY)["profile"] == "vmm-2017"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--root", "/nonexistent"], "/nonexistent is not a directory"),
        (["--recording", "/nonexistent"], "/nonexistent"),
        (["--facts", "/nonexistent"], "/nonexistent: No such file or directory"),
        (["--facts", "/dev/null"], "/dev/null holds no facts"),
        (["--facts", READY, "--profile", "/nonexistent.toml"], "/nonexistent.toml: No such file or directory"),
        (["--facts", READY, "--report", "/nonexistent/report.json"], "cannot write /nonexistent/report.json"),
    ],
)
def test_a_trouble_is_told_in_the_document(words: list[str], error: str, capsys: Capture) -> None:
    told = printed(capsys, *words)
    assert (told["status"], told["ready"], told["verdict"]) == ("error", False, "undetermined")
    assert error in told["error"]


def test_so_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr(judge, "judge", fail)
    assert printed(capsys, "--facts", READY)["error"] == "linuxready failed: ZeroDivisionError: x"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--for", "chef"], "no consumer `chef`: there are ansible, cfengine, facter, ohai, salt"),
        (["--root", "/", "--facts", "x"], "--root and --facts exclude each other"),
        (["--only", "lsof"], "No such option: --only (see --help)"),
    ],
)
def test_wrong_usage_is_2(words: list[str], error: str, capsys: Capture) -> None:
    assert cli.run(["facts", *words]) == commands.USAGE
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"linuxready: {error}\n")


def test_document_and_report_are_of_one_look(tmp_path: Path, capsys: Capture) -> None:
    document, report = tmp_path / "facts.json", tmp_path / "report.json"
    old = os.umask(0o022)
    try:
        assert cli.run(["facts", "--facts", READY, "--output", str(document), "--report", str(report)]) == 0
    finally:
        os.umask(old)
    assert capsys.readouterr().out == ""
    assert json.loads(document.read_text())["collected_at"] == json.loads(report.read_text())["collected_at"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (document, report)] == [0o644, 0o600]
    report.chmod(0o640)
    assert cli.run(["facts", "--facts", READY, "--output", str(document), "--report", str(report)]) == 0
    assert stat.S_IMODE(report.stat().st_mode) == 0o640


def test_a_document_that_cannot_be_written_is_4(capsys: Capture) -> None:
    assert cli.run(["facts", "--facts", READY, "--output", "/nonexistent/facts.json"]) == commands.TROUBLE
    assert capsys.readouterr().err.startswith("linuxready: cannot write /nonexistent/facts.json: ")

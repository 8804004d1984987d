"""The command line, in this process: exit statuses, wrong words, bad sources, output files."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linuxready import __main__, __version__, cli, commands
from linuxready.facts import SCHEMA
from linuxready.host.live import COMMANDS
from linuxready.judge import judge
from linuxready.profile import FOLDER, load, shipped
from linuxready.requirements.manual import Manual

from .golden import HOSTS
from .machines import TODAY, facts

READY = HOSTS / "rhel-7.2-ready"
FAILING = HOSTS / "rhel-7-xfs-v5"
UNDETERMINED = HOSTS / "not-root"
WARNING = HOSTS / "bond-vlan-docker"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINUXREADY_PROFILE", "COLUMNS", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


def facts_of(machine: Path) -> str:
    return str(machine / "facts.json")


def told(capture: Capture) -> str:
    """The one line on standard error, and nothing on standard output."""
    captured = capture.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("linuxready: ")
    assert "Traceback" not in captured.err
    return captured.err.removeprefix("linuxready: ").rstrip("\n")


# -- exit statuses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "fail_on", "status"),
    [
        (READY, "", 0),
        (FAILING, "", 1),
        (UNDETERMINED, "", 3),
        (WARNING, "", 0),
        (READY, "warn", 0),
        (FAILING, "fail", 1),
        (FAILING, "unknown", 0),
        (UNDETERMINED, "fail", 0),
        (UNDETERMINED, "unknown", 3),
        (UNDETERMINED, "warn", 0),
        (WARNING, "warn", 1),
        (WARNING, "fail warn unknown", 1),
        (HOSTS / "truncated", "", 1),
        (HOSTS / "truncated", "unknown", 3),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else str(value),
)
def test_exit_status(machine: Path, fail_on: str, status: int, capsys: Capture) -> None:
    words = [word for name in fail_on.split() for word in ("--fail-on", name)]
    assert cli.run(["check", "--facts", facts_of(machine), *words]) == status
    captured = capsys.readouterr()
    assert captured.err == ""
    assert " by vmware-2017 (" in captured.out


def test_a_failure_and_an_unknown_are_a_failure(capsys: Capture) -> None:
    words = ["--fail-on", "unknown", "--fail-on", "fail"]
    assert cli.run(["check", "--facts", facts_of(HOSTS / "truncated"), *words]) == 1


@pytest.mark.parametrize("fail_on", [["fail"], ["warn"], ["fail", "unknown"]])
def test_an_unknown_advised_one_keeps_nothing_from_0(fail_on: list[str]) -> None:
    requirement = msgspec.structs.replace(load("vmware-2017").requirement[0], level="advised")
    profile = msgspec.structs.replace(load("vmware-2017"), requirement=(requirement,))
    assert commands.exit_status(judge(facts(), profile, TODAY), fail_on) == 0


def test_nothing_judged_is_not_ready(capsys: Capture) -> None:
    words = ["--only", "lsof", "--skip", "lsof"]
    assert cli.run(["check", "--facts", facts_of(READY), *words]) == 3
    assert "nothing judged" in capsys.readouterr().out


@pytest.mark.parametrize("machine", [READY, FAILING, UNDETERMINED], ids=lambda path: path.name)
def test_a_recording_is_judged_as_its_facts(machine: Path, capsys: Capture) -> None:
    def judged(option: str, path: str) -> tuple[int, list[Any]]:
        status = cli.run(["check", option, path, "--format", "json"])
        return status, json.loads(capsys.readouterr().out)["findings"]

    assert judged("--recording", str(machine)) == judged("--facts", facts_of(machine))


def test_a_root_is_judged_by_its_files(capsys: Capture) -> None:
    words = ["--only", "distribution", "--only", "architecture", "--format", "json"]
    assert cli.run(["check", "--root", str(READY / "root"), *words]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["source"] == f"root {READY / 'root'}"
    assert [f["found"] for f in report["findings"]] == ["x86_64", "RHEL 7.2"]


@pytest.mark.parametrize(
    ("machine", "words", "found", "status"),
    [
        ("rhel-7.2-ready", "", "skip", 0),
        ("rhel-7.2-ready", "--multi-vm", "fail", 1),
        ("oracle-6.5-uek3", "--multi-vm", "pass", 0),
        ("ssh-from-management-net", "--multi-vm", "warn", 0),
        ("not-root", "--multi-vm", "unknown", 3),
    ],
)
def test_multi_vm(machine: str, words: str, found: str, status: int, capsys: Capture) -> None:
    """Its port is asked after in the default profile only where that is wanted."""
    only = ["--only", "architecture", "--only", "multi-vm-port", "--format", "json"]
    assert cli.run(["check", "--facts", facts_of(HOSTS / machine), *only, *words.split()]) == status
    by_id = {finding["id"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert by_id["multi-vm-port"]["status"] == found
    if found == "fail":
        remedy = "firewall-cmd --permanent --zone=public --add-port=20004/tcp && firewall-cmd --reload"
        assert by_id["multi-vm-port"]["remedies"] == [{"kind": "command", "text": remedy}]


# -- wrong words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--bogus"], "No such option"),
        (["check", "more"], "unexpected extra argument"),
        (["bogus"], "No such command"),
        (["check", "--format"], "requires an argument"),
        (["check", "--format", "xml"], "no format `xml`: there are table, short, json"),
        (["check", "--fail-on", "skip"], "no status to fail on `skip`: there are fail, unknown, warn"),
        (["check", "--only", "lsoff"], "no requirement `lsoff` in vmware-2017: did you mean lsof"),
        (["check", "--skip", "xyz"], "`xyz` in vmware-2017: `linuxready profiles vmware-2017` lists them"),
        (["check", "--profile", "vmware-1917"], "no profile `vmware-1917`: there are "),
        (["explain", "lsoff"], "no requirement `lsoff`"),
        (["explain", "secure-boot"], "`secure-boot` in vmware-2017: it is in hyperv-2026, vmware-2026"),
        (["explain", "lsof", "--commands"], "explain: --commands takes no requirement"),
        (["profiles", "nothing"], "no profile `nothing`"),
        (["check", "--profile", "vmm-2017", "--multi-vm"], "--multi-vm: profile vmm-2017 asks for no port"),
        (["check", "--root", "/", "--facts", "x"], "--root and --facts exclude each other"),
        (["check", "--root", "/", "--recording", "x"], "--root and --recording exclude each other"),
        (["check", "--recording", "x", "--facts", "-"], "--recording and --facts exclude each other"),
        (["check", "--root", "/", "--recording", "x", "--facts", "-"], "exclude each other"),
        (["check", "--sosreport", "x", "--recording", "x"], "--recording and --sosreport exclude each other"),
        (["check", "--sosreport", "x", "--facts", "x"], "--sosreport and --facts exclude each other"),
        (["facts", "--sosreport", "x", "--root", "x"], "--root and --sosreport exclude each other"),
        (["collect", "--sosreport", "x", "--root", "x"], "--root and --sosreport exclude each other"),
        (["collect", "--root", "/", "--recording", "x"], "--root and --recording exclude each other"),
        (["check", "--only", "\x1b[31m\u202e"], r"no requirement `\x1b[31m\u202e`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_words_are_one_line_and_2(words: list[str], message: str, capsys: Capture) -> None:
    assert cli.run(words) == 2
    assert message in told(capsys)


def test_an_option_with_an_underscore_is_wrong_by_every_way(capsys: Capture) -> None:
    """A plain check goes round typer, which knows --fail-on only."""
    for run in (__main__.run, cli.run):
        assert run(["check", "--facts", facts_of(READY), "--fail_on", "fail"]) == 2
        assert "No such option" in told(capsys)


def test_without_a_command_the_help_is_shown(capsys: Capture) -> None:
    assert cli.run([]) == 2
    assert "Usage:" in capsys.readouterr().out


def test_wrong_words_are_found_before_the_machine_is_read(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the machine was read")

    monkeypatch.setattr(commands, "facts_of", refuse)
    assert cli.run(["check", "--only", "lsoff"]) == 2
    assert cli.run(["check", "--profile", "./missing.toml"]) == 2


def test_a_bad_profile_is_wrong_usage(tmp_path: Path, capsys: Capture) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('name = "mine"\nmax = 3\n')
    assert cli.run(["check", "--profile", str(profile), "--facts", facts_of(READY)]) == 2
    assert str(profile) in told(capsys)


def test_the_profile_of_the_environment(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("LINUXREADY_PROFILE", "nothing")
    assert cli.run(["check", "--facts", facts_of(READY)]) == 2
    assert "no profile `nothing`" in told(capsys)
    assert cli.run(["check", "--facts", facts_of(READY), "--profile", "vmware-2017"]) == 0
    monkeypatch.setenv("LINUXREADY_PROFILE", "")
    assert cli.run(["check", "--facts", facts_of(READY)]) == 0


def test_a_release_that_another_profile_lists_is_pointed_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """No other shipped profile has a list of releases yet."""
    text = Path(FOLDER, "vmware-2017.toml").read_text(encoding="utf-8")
    (tmp_path / "vmware-2017.toml").write_text(text)
    newer = text.replace('"vmware-2017"', '"vmware-2026"', 1).replace("rhel = [", 'ubuntu = ["24.04"]\nrhel = [', 1)
    (tmp_path / "vmware-2026.toml").write_text(newer)
    monkeypatch.setattr("linuxready.profile.FOLDER", str(tmp_path))
    machine = facts_of(HOSTS / "ubuntu-24.04-ssh-socket")
    assert cli.run(["check", "--facts", machine]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "profile vmware-2026 lists it: linuxready check --profile vmware-2026" in told


# -- facts that are none ---------------------------------------------------------------------------------

DOCUMENT = (READY / "facts.json").read_bytes()


def changed(**values: Any) -> bytes:
    return json.dumps({**json.loads(DOCUMENT), **values}).encode()


BAD_FACTS = {
    "newer": (changed(schema=SCHEMA + 1), f"facts of schema {SCHEMA + 1}, this linuxready reads up to {SCHEMA}"),
    "newer and other": (b'{"schema": 99, "all": "new"}', "facts of schema 99"),
    "truncated": (DOCUMENT[: len(DOCUMENT) // 2], "holds no facts: "),
    "no json": (b"garbage", "holds no facts: "),
    "empty": (b"", "holds no facts: "),
    "not utf-8": (b'{"schema": 1, "source": "\xff"}', "holds no facts: "),
    "a list": (b"[]", "holds no facts: "),
    "no schema": (b"{}", "holds no facts: "),
    "a report": ((READY / "report.json").read_bytes(), "holds no facts: "),
    "schema of another type": (changed(schema="1"), "holds no facts: "),
    "a fact too many": (changed(more=1), "holds no facts: "),
    "a fact of another type": (changed(uid={"value": "root"}), "$.uid.value"),
    "neither value nor reason": (changed(uid={}), "$.uid"),
    "value and reason": (changed(uid={"value": 0, "unknown": "x"}), "$.uid"),
    "deep": (b"[" * 100_000, "holds no facts: "),
    "deep, with a surrogate": (b'{"a": "\\ud800", "b": ' + b"[" * 100_000, "holds no facts: "),
    "hostile": (b'{"schema": "\\u001b[31m\\u202e"}', "holds no facts: "),
}


@pytest.mark.parametrize("name", BAD_FACTS)
@pytest.mark.parametrize("from_stdin", [False, True], ids=["file", "stdin"])
def test_facts_that_are_none_are_one_line_and_4(
    name: str, from_stdin: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    data, message = BAD_FACTS[name]
    path = tmp_path / "facts.json"
    path.write_bytes(data)
    if from_stdin:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert cli.run(["check", "--facts", "-" if from_stdin else str(path)]) == 4
    line = told(capsys)
    assert line.startswith("standard input" if from_stdin else str(path))
    assert message in line


def test_facts_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOCUMENT)))
    assert cli.run(["check", "--facts", "-"]) == 0


@pytest.mark.parametrize("option", ["--facts", "--recording", "--root", "--sosreport"])
def test_a_source_that_is_not_there_is_4(option: str, tmp_path: Path, capsys: Capture) -> None:
    missing = str(tmp_path / "missing")
    assert cli.run(["check", option, missing]) == 4
    assert missing in told(capsys)


def test_facts_in_a_directory_are_4(tmp_path: Path, capsys: Capture) -> None:
    assert cli.run(["check", "--facts", str(tmp_path)]) == 4
    assert told(capsys) == f"{tmp_path}: Is a directory"


def test_facts_with_bytes_that_are_not_utf_8_are_judged(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(changed(host_name={"value": "w\udce9b1"}))
    for name in ("table", "short", "json"):
        assert cli.run(["check", "--facts", str(path), "--format", name]) == 1
        capsys.readouterr().out.encode("utf-8")


# -- other commands --------------------------------------------------------------------------------------


def test_version(capsys: Capture) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"linuxready {__version__}\n"


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["collect", "--help"]])
def test_help(words: list[str], capsys: Capture) -> None:
    assert cli.run(words) == 0
    assert "Usage: " in capsys.readouterr().out


def test_explain_lists_requirements(capsys: Capture) -> None:
    assert cli.run(["explain"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.split("\n") if line[:1].strip()]
    assert listed == [requirement.id for requirement in load("vmware-2017").requirement]


@pytest.mark.parametrize(("profile", "id"), [(name, r.id) for name in shipped() for r in load(name).requirement])
def test_explain_tells_one(profile: str, id: str, capsys: Capture) -> None:
    requirement = next(r for r in load(profile).requirement if r.id == id)
    assert cli.run(["explain", id, "--profile", profile]) == 0
    told = " ".join(capsys.readouterr().out.split())
    texts = [id, requirement.title, requirement.expected, requirement.explain, requirement.section]
    if isinstance(requirement, Manual):
        texts += ["To be verified: ", f"{requirement.place}, {requirement.where}", *requirement.items]
    for text in texts:
        assert " ".join(text.split()) in told


@pytest.mark.parametrize(
    "words",
    [
        ["explain"],
        ["explain", "kernel"],
        ["explain", "urls"],
        ["explain", "--commands"],
        ["profiles"],
        *(["profiles", name] for name in shipped()),
    ],
    ids=" ".join,
)
def test_what_is_explained_fits_the_terminal(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run(words) == 0
    assert max(map(len, capsys.readouterr().out.split("\n"))) <= 80


def test_explain_lists_the_commands(capsys: Capture) -> None:
    assert cli.run(["explain", "--commands"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, (words, what_for) in COMMANDS.items():
        assert " ".join(f"{name} {words} {what_for}.".split()) in text
    assert COMMANDS.keys() >= {"xfs_info", "sshd", "systemctl", "nft", "iptables-save", "ip6tables-save"}


def test_profiles_lists_and_shows(capsys: Capture) -> None:
    assert cli.run(["profiles"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    for name in shipped():
        assert f"{load(name).title}. Use it when {load(name).use_when}." in listed
    assert listed.count("The default.") == 1
    assert cli.run(["profiles", "vmware-2017"]) == 0
    assert "ssh-at-boot" in capsys.readouterr().out


def test_a_profile_is_shown_with_what_is_verified_by_hand_last(capsys: Capture) -> None:
    assert cli.run(["profiles", "hyperv-2017"]) == 0
    levels = re.findall(r"^[a-z-]+ +(required|advised|manual)", capsys.readouterr().out, re.M)
    assert levels.index("manual") == len(levels) - levels.count("manual")
    assert len(levels) == len(load("hyperv-2017").requirement)


# -- what is verified by hand ----------------------------------------------------------------------------


@pytest.mark.parametrize("run", [__main__.run, cli.run], ids=["plain", "typer"])
@pytest.mark.parametrize("profile", shipped())
def test_manual_lists_every_row_and_changes_no_exit_status(
    profile: str, run: Callable[[list[str]], int], capsys: Capture
) -> None:
    words = ["check", "--facts", facts_of(READY), "--profile", profile]
    status = run(words)
    calm = capsys.readouterr().out
    assert run([*words, "--manual"]) == status
    listed = capsys.readouterr().out
    rows = [r for r in load(profile).requirement if isinstance(r, Manual)]
    assert f"{len(rows)} to verify" in calm
    assert "[ ]" not in calm
    assert sorted(re.findall(r"^\[ \]  ([a-z-]+): ", listed, re.M)) == sorted(r.id for r in rows)
    for row in rows:
        assert set(row.items) <= set(map(str.strip, listed.split("\n")))
    assert listed.split("\n")[-2] == calm.split("\n")[-2]


def test_what_is_verified_by_hand_alone_leaves_it_undetermined(capsys: Capture) -> None:
    words = ["check", "--facts", facts_of(READY), "--only", "vcenter-version"]
    assert cli.run(words) == 3
    assert "UNDETERMINED by vmware-2017 (2017-03-27): 1 manual" in capsys.readouterr().out
    assert cli.run([*words, "--fail-on", "fail"]) == 0


def test_collect_prints_the_facts(capsys: Capture) -> None:
    assert cli.run(["collect", "--recording", str(READY)]) == 0
    assert capsys.readouterr().out == DOCUMENT.decode()


def test_collect_records_and_the_recording_gives_the_same_facts(tmp_path: Path, capsys: Capture) -> None:
    copy = tmp_path / "copy"
    assert cli.run(["collect", "--recording", str(READY), "--record", str(copy)]) == 0
    first = json.loads(capsys.readouterr().out)
    assert cli.run(["collect", "--recording", str(copy)]) == 0
    assert json.loads(capsys.readouterr().out) == {**first, "source": "recording copy"}
    assert stat.S_IMODE(copy.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("name", ["there", "there/is/none"])
def test_a_recording_goes_to_a_new_folder_only(name: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "there").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert cli.run(["collect", "--recording", str(READY), "--record", str(tmp_path / name)]) == 4
    assert "cannot record in" in told(capsys)
    assert sorted(tmp_path.rglob("*")) == before


# -- output ----------------------------------------------------------------------------------------------


def check(*words: str) -> int:
    return cli.run(["check", "--facts", facts_of(READY), *words])


@pytest.mark.parametrize("name", ["table", "short", "json"])
def test_output_is_what_would_be_printed(name: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "report"
    assert check("--format", name) == 0
    printed = capsys.readouterr().out
    assert check("--format", name, "--output", str(path)) == 0
    assert capsys.readouterr().out == ""
    assert path.read_text(encoding="utf-8") == printed
    assert list(tmp_path.iterdir()) == [path]


def test_output_to_a_dash_is_printed(capsys: Capture) -> None:
    assert check("--output", "-") == 0
    assert "READY by" in capsys.readouterr().out


def test_output_replaces_a_file_and_follows_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "report", tmp_path / "link"
    path.write_text("old")
    link.symlink_to("report")
    assert check("--output", str(link)) == 0
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8").endswith(" ok, 1 skipped\n")


def test_output_through_a_link_to_nothing_makes_the_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("report")
    assert check("--output", str(tmp_path / "link")) == 0
    assert (tmp_path / "report").read_text(encoding="utf-8").endswith(" ok, 1 skipped\n")


@pytest.mark.parametrize("place", ["missing/report", "folder", "file/report"])
def test_output_to_a_place_that_takes_none_is_4(place: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    before = sorted(tmp_path.rglob("*"))
    assert check("--output", str(tmp_path / place)) == 4
    assert told(capsys).startswith(f"cannot write {tmp_path / place}: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("breaking", ["fchmod", "rename"])
def test_output_that_fails_half_way_leaves_the_old_file(
    breaking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "report"
    path.write_text("old")
    monkeypatch.setattr(os, breaking, fail)
    assert check("--output", str(path)) == 4
    assert told(capsys) == f"cannot write {path}: No space left on device"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_output_to_a_full_device_is_4(capsys: Capture) -> None:
    assert check("--output", "/dev/full") == 4
    assert told(capsys) == "cannot write /dev/full: No space left on device"


def test_output_keeps_to_the_umask(tmp_path: Path) -> None:
    """A report tells much of a machine: who asks for private files gets one."""
    old = os.umask(0o077)
    try:
        assert check("--output", str(tmp_path / "report")) == 0
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o600


class Closed(io.StringIO):
    """Standard output whose reader has gone, or whose disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def test_a_reader_that_has_gone_is_no_trouble(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "stdout", Closed(BrokenPipeError()))
    assert check() == 0
    assert capsys.readouterr().err == ""


def test_a_full_standard_output_is_4(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "stdout", Closed(OSError(28, "No space left on device")))
    assert check() == 4
    assert capsys.readouterr().err == "linuxready: cannot write to standard output: No space left on device\n"


def test_no_standard_output_is_4(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """`linuxready check >&-` leaves Python without one."""
    monkeypatch.setattr(sys, "stdout", None)
    assert check("--format", "json") == 4
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("columns", ["60", "200", "10", "9999", "x", "-5"])
def test_columns_are_taken_from_the_environment(columns: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert cli.run(["check", "--facts", facts_of(FAILING)]) == 1
    width = max(map(len, capsys.readouterr().out.split("\n")))
    assert width <= {"60": 60, "200": 200, "9999": 200}.get(columns, 80)


# -- the last line of defence ----------------------------------------------------------------------------


def raising(error: BaseException) -> Callable[..., int]:
    def command(**_: object) -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (KeyError("x"), 4, "failed: KeyError: 'x'"),
        (RecursionError("too\ndeep"), 4, r"failed: RecursionError: too\x0adeep"),
    ],
)
def test_a_mistake_of_ours_is_one_line(
    error: BaseException, status: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(commands, "check", raising(error))
    assert cli.run(["check"]) == status
    assert told(capsys) == line


def test_a_closed_standard_error_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Closed(OSError(9, "Bad file descriptor")))
    assert cli.run(["check", "--bogus"]) == 2
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.run(["check", "--bogus"]) == 2


@pytest.mark.parametrize("error", ["ASRMobilityServiceKernelNotSupported", "95320", "170010"])
def test_explain_finds_the_requirement_by_the_agents_error(error: str, capsys: Capture) -> None:
    assert cli.run(["explain", error]) == 0
    out = capsys.readouterr().out
    assert f"{error}: " in out
    first = {"95320": "grub-devices (", "170010": "hyperv-drivers ("}
    assert out.startswith(first.get(error, "kernel ("))
    assert "2026-04-06" in out


def test_explain_of_an_error_that_nobody_has_is_wrong_usage(capsys: Capture) -> None:
    assert cli.run(["explain", "ASRMobilityServiceNothing"]) == 2
    assert capsys.readouterr().err.startswith("linuxready: no requirement `ASRMobilityServiceNothing`")


def test_profiles_tells_the_date_of_the_kernel_list(capsys: Capture) -> None:
    assert cli.run(["profiles"]) == 0
    assert "list of 2026-07-02" in " ".join(capsys.readouterr().out.split())


def test_a_report_names_the_agents_errors(capsys: Capture) -> None:
    machine = HOSTS / "rhel-9.4-secure-boot-on"
    assert cli.run(["check", "--profile", "vmware-2026", "--recording", str(machine), "--format", "json"]) == 1
    findings = {f["id"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["secure-boot"]["agent_errors"] == ["ASRMobilityServiceSecureBootEnabled"]
    assert "agent_errors" not in findings["disk-count"]

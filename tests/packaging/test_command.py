"""The packaged command says what the development one says: of this machine, of every recorded one, wherever it runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from shlex import quote
from typing import Any

import msgspec
import pytest

from linuxready.report import Report
from tests.golden import HOSTS
from tests.live.stage import LINUXREADY, lasting, mount

from .stage import BARE, COMMAND, INSTALLED, TREE, files, installed, packaged, report, run

pytestmark = packaged()

CHECK = ("check", "--format", "json")

HOSTILE = {
    "PYTHONPATH": "{trap}",
    "PYTHONHOME": "{trap}",
    "PYTHONSTARTUP": "{trap}/json.py",
    "PYTHONINSPECT": "1",
    "PYTHONVERBOSE": "1",
    "PYTHONPLATLIBDIR": "trap",
    "PYTHONPYCACHEPREFIX": "{trap}",
    "PYTHONWARNINGS": "error",
    "PYTHONIOENCODING": "cp037",
    "PYTHONEXECUTABLE": "{trap}/python",
    "__PYVENV_LAUNCHER__": "{trap}/python",
    "PATH": "",
    "LC_ALL": "xx_YY.broken",
    "LANG": "de_DE.nonsense",
    "LANGUAGE": "../..",
    "TMPDIR": "/nowhere",
    "BASH_ENV": "{trap}/sh",
    "ENV": "{trap}/sh",
    "BASH_FUNC_exec%%": "() { echo trapped; }",
    "COLUMNS": "x",
}
"""What may stand in an environment; {trap} is a folder whose modules say that they were imported."""


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder with modules of the names that linuxready imports, each of which gives itself away."""
    for name in ("json", "re", "os", "site", "sitecustomize", "usercustomize", "msgspec", "linuxready", "encodings"):
        (tmp_path / f"{name}.py").write_text("import sys; sys.stderr.write('trapped\\n'); raise SystemExit(77)\n")
    (tmp_path / "sh").write_text("echo trapped >&2\n")
    return tmp_path


def same(one: Any, other: Any) -> bool:
    """Are two JSON reports one, but for the numbers of free space?"""

    def typed(told: Any) -> Report:
        return msgspec.convert({**told, "collected_at": ""}, Report)

    reports = typed(one), typed(other)
    rest = [msgspec.structs.replace(each, findings=()) for each in reports]
    return lasting(reports[0]) == lasting(reports[1]) and rest[0] == rest[1]


@pytest.fixture(scope="module")
def expected() -> Any:
    """What the development command says of this machine."""
    return report(run(LINUXREADY, *CHECK))


@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
def test_recorded_machines(machine: Path) -> None:
    words = (*CHECK, "--recording", str(machine))
    assert report(run(COMMAND, *words)) == report(run(LINUXREADY, *words))


def test_a_users_profile() -> None:
    """It is TOML, and what it extends is there as JSON."""
    machine = HOSTS / "rhel-7.2-waived"
    words = (*CHECK, "--recording", str(machine), "--profile", str(machine / "ours.toml"))
    told = report(run(COMMAND, *words))
    assert told["counts"]["waived"] == 1
    assert told == report(run(LINUXREADY, *words))


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["explain"], ["profiles"], ["--version"], []])
def test_what_goes_by_typer(words: list[str]) -> None:
    ours, theirs = run(COMMAND, *words), run(LINUXREADY, *words)
    assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, theirs.stderr, theirs.returncode)
    assert ours.stdout


def test_wrong_usage() -> None:
    result = run(COMMAND, "check", "--no-such-option")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_this_machine(expected: Any) -> None:
    assert same(report(run(COMMAND, *CHECK)), expected)


@pytest.mark.parametrize("name", [*HOSTILE, "everything", "nothing"])
def test_environment(name: str, trap: Path, expected: Any) -> None:
    """Each variable alone, all together, none at all (no HOME, no PATH); in a folder full of traps."""
    variables = {key: value.replace("{trap}", str(trap)) for key, value in HOSTILE.items()}
    env = {"everything": variables, "nothing": {}}.get(name) if name not in HOSTILE else {**BARE, name: variables[name]}
    assert same(report(run(COMMAND, *CHECK, env=env, cwd=trap)), expected)


def test_the_trap_works(trap: Path) -> None:
    """Without the launcher's -I it is what a Python falls into."""
    result = run(sys.executable, "-c", "import json", env={**BARE, "PYTHONPATH": str(trap)})
    assert "trapped" in result.stderr


def test_a_folder_that_is_gone(tmp_path: Path, expected: Any) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$1"; shift; exec "$@"'
    result = run("/bin/sh", "-c", script, "sh", gone, COMMAND, *CHECK, cwd=gone)
    assert same(report(result), expected)


def test_usr_that_is_read_only(expected: Any) -> None:
    """At its place below /usr. Only where /usr lies as an overlay shows in the report; so the words are compared."""
    before = files()
    told = report(run(INSTALLED, *CHECK, setup=(installed(),)))
    assert [finding["id"] for finding in told["findings"]] == [finding["id"] for finding in expected["findings"]]
    assert same(told, report(run(LINUXREADY, *CHECK, setup=(installed(),))))
    assert files() == before


def test_nothing_is_written_into_the_tree(tmp_path: Path) -> None:
    """Where it could be: no module is compiled again, even if its compiled form is gone."""
    copy = tmp_path / "copy"
    shutil.copytree(TREE, copy, symlinks=True)
    for path in copy.rglob("*.pyc"):
        path.unlink()
    assert run(copy / "usr/bin/linuxready", "--version").returncode == 0
    assert list(copy.rglob("*.pyc")) == []


def test_full_disk(tmp_path: Path) -> None:
    """The old report stays whole, and the command says why."""
    point = tmp_path / "point"
    point.mkdir()
    setup = (mount("tmpfs", point, "-t", "tmpfs", "-o", "size=4k"), f"echo old >{quote(str(point))}/old")
    script = '"$@"; status=$?; cat "$0"; ls "${0%/*}"; exit $status'
    result = run("/bin/sh", "-c", script, f"{point}/old", COMMAND, *CHECK, "--output", f"{point}/old", setup=setup)
    assert (result.returncode, result.stdout) == (4, "old\nold\n")
    assert "No space left on device" in result.stderr
    assert result.stderr.count("\n") == 1


# -- the launcher ---------------------------------------------------------------------------------------------


def test_through_a_link_and_by_name(tmp_path: Path) -> None:
    link = tmp_path / "ready"
    link.symlink_to(COMMAND)
    expected = run(COMMAND, "--version").stdout
    assert expected.startswith("linuxready ")
    assert run(link, "--version").stdout == expected
    assert run("linuxready", "--version", env={"PATH": str(COMMAND.parent)}).stdout == expected
    assert run("./linuxready", "--version", cwd=COMMAND.parent).stdout == expected


def test_without_proc() -> None:
    """A bare chroot: then it is where the package has put it."""
    setup = (installed(), "mount -t tmpfs tmpfs /proc")
    assert run(INSTALLED, "--version", setup=setup).stdout == run(COMMAND, "--version").stdout


def test_words_pass_as_they_are(tmp_path: Path) -> None:
    """Empty ones, blanks, bytes that are no UTF-8, what looks like Python's own options; and the exit status."""
    words = ["", "a b", "-c", "-I", "$(x)", "\n", os.fsdecode(b"\xff"), *["many"] * 2000]
    python = tmp_path / "lib/linuxready/bin/python3.13"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\0" "$0" "$@"\nexit 23\n')
    python.chmod(0o755)
    (tmp_path / "bin").mkdir()
    shutil.copy(COMMAND, tmp_path / "bin/linuxready")
    script = f'exec "$@" >{quote(str(tmp_path / "out"))}'
    result = run("/bin/sh", "-c", script, "sh", tmp_path / "bin/linuxready", *words)
    told = (tmp_path / "out").read_bytes().split(b"\0")[:-1]
    assert result.returncode == 23
    assert told[0] == os.fsencode(python)
    assert told[1:5] == [b"-I", b"-S", b"-B", b"-c"]
    assert told[6:] == [os.fsencode(word) for word in words]


def test_without_the_runtime(tmp_path: Path) -> None:
    """Half an installation: one line, and the exit status of trouble."""
    (tmp_path / "bin").mkdir()
    shutil.copy(COMMAND, tmp_path / "bin/linuxready")
    result = run(tmp_path / "bin/linuxready", "--version")
    missing = f"{tmp_path}/lib/linuxready/bin/python3.13"
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr == f"linuxready: {missing}: No such file or directory\n"


# -- libudev --------------------------------------------------------------------------------------------------


LIBUDEV = Path("/usr/lib/x86_64-linux-gnu/libudev.so.1")
ASKED = """
import sys
from linuxready.host.live import LiveHost
devices = LiveHost()._pyudev()
told = open("/proc/self/maps").read()
sys.stderr.write(f"{len(devices)} {sorted({l.rpartition('/')[2].strip() for l in told.splitlines() if 'udev' in l})}")
"""


@pytest.mark.skipif(not LIBUDEV.exists(), reason="no libudev here to be taken away")
@pytest.mark.parametrize("name", ["libudev.so.1", "libudev.so.0", None])
def test_block_devices_through_each_libudev(name: str | None, tmp_path: Path, expected: Any) -> None:
    """With libudev.so.1, with its old name only (RHEL 6, SLES 11), and with none: equal devices."""
    folder, own = LIBUDEV.parent, quote(str(tmp_path))
    setup = [f"mount -t tmpfs tmpfs {own} && mkdir {own}/new {own}/work && cp {LIBUDEV} {own}/libudev"]
    setup += [f"mount -t overlay overlay -o lowerdir={folder},upperdir={own}/new,workdir={own}/work {folder}"]
    setup += [f"rm -f {folder}/libudev.so*"]
    if not os.path.isdir("/run/udev/data"):  # else nobody would ask libudev
        setup += ["mount -t tmpfs tmpfs /run && mkdir -p /run/udev/data"]
    if name:
        setup += [f"cp {own}/libudev {folder}/{name}"]
    told = run(COMMAND, "collect", setup=tuple(setup))
    assert told.stderr == ""
    plain = json.loads(run(COMMAND, "collect").stdout)
    assert json.loads(told.stdout)["block_devices"] == plain["block_devices"]
    assert plain["block_devices"]["value"]
    python = TREE / "usr/lib/linuxready/bin/python3.13"
    loaded = run(python, "-I", "-S", "-B", "-c", ASKED, setup=tuple(setup)).stderr
    assert loaded.endswith(f"{[name] if name else []}"), loaded

"""Where the output goes: a reader that has gone away, a full disk, a place that may not be written to.

Shown: no traceback, at most one line on standard error, and of a file the old content or the new one, nothing between.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from shlex import quote

import msgspec
import pytest

from linuxready.report import Report

from .stage import (
    AS_NOBODY,
    ENVIRONMENT,
    LIMIT_SECONDS,
    LINUXREADY,
    bind,
    check,
    lasting,
    live,
    mount,
    run,
    runnable_by_nobody,
)

pytestmark = live("setpriv")

COMMANDS = [
    ["check"],
    ["check", "--format", "json"],
    ["check", "--format=short"],
    ["collect"],
    ["explain"],
    ["explain", "kernel"],
    ["profiles"],
    ["profiles", "vmware-2017"],
    ["--version"],
    ["--help"],
    ["check", "--help"],
]

TROUBLE = 4


def write_to(descriptor: int, words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINUXREADY, *words],
        stdin=subprocess.DEVNULL,
        stdout=descriptor,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LIMIT_SECONDS,
        env=ENVIRONMENT,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_reader_that_has_gone_away(words: list[str]) -> None:
    """The pipe is closed before the first byte: what `| head -1` comes to, without its race."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = write_to(writing, words)
    finally:
        os.close(writing)
    assert result.stderr == ""
    assert result.returncode in (0, 1, 3)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_head(words: list[str]) -> None:
    result = run("sh", "-c", f"{quote(LINUXREADY)} {' '.join(words)} | head -n 1")
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_full_disk_behind_standard_output(words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        result = write_to(full.fileno(), words)
    assert result.returncode == TROUBLE
    assert_one_line(result.stderr)
    assert "No space left on device" in result.stderr


@pytest.mark.parametrize("words", [["check"], ["collect"], ["explain"], ["profiles"], ["--version"]], ids=" ".join)
def test_standard_output_closed(words: list[str]) -> None:
    result = run("sh", "-c", f"exec {quote(LINUXREADY)} {' '.join(words)} >&-")
    assert result.returncode == TROUBLE
    assert result.stderr == "linuxready: cannot write to standard output: it is closed\n"


def test_output_is_the_report(tmp_path: Path) -> None:
    """Over an old file, through a link to one, and with standard output closed, which is not needed then."""
    new, link = tmp_path / "new", tmp_path / "link"
    (tmp_path / "target").write_text("old", encoding="utf-8")
    link.symlink_to("target")
    report = check()
    for path in (new, new, link):
        result = run("sh", "-c", 'exec "$@" >&-', "sh", LINUXREADY, "check", "--format", "json", "--output", str(path))
        assert result.stderr == ""
        written = msgspec.json.decode(path.read_bytes(), type=Report)
        assert lasting(written) == lasting(report)
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "new", "target"]


def test_output_is_no_more_open_than_it_was(tmp_path: Path) -> None:
    """A new file's mode is the umask's, an old file's its own."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch(mode=0o640)
    for path in (old, new):
        run("sh", "-c", 'umask 077; exec "$@"', "sh", LINUXREADY, "check", "--output", str(path))
    assert [path.stat().st_mode & 0o777 for path in (old, new)] == [0o640, 0o600]
    assert old.stat().st_size == new.stat().st_size > 0


@pytest.mark.parametrize("words", [["check", "--output"], ["collect", "--record"]], ids=" ".join)
def test_full_file_system(point: Path, words: list[str]) -> None:
    """Room for one page, which an old file has."""
    setup = [mount("tmpfs", point, "-t", "tmpfs", "-o", "size=4k"), f"echo old >{quote(str(point))}/old"]
    target = f"{point}/new" if "--record" in words else f"{point}/old"
    assert_refused(point, words, target, setup, "No space left on device")


@pytest.mark.parametrize("words", [["check", "--output"], ["collect", "--record"]], ids=" ".join)
def test_read_only_folder(point: Path, words: list[str]) -> None:
    (point / "old").write_text("old\n", encoding="utf-8")
    setup = [bind(point, point), f"mount -o remount,bind,ro {quote(str(point))}"]
    target = f"{point}/new" if "--record" in words else f"{point}/old"
    assert_refused(point, words, target, setup, "Read-only file system")


@pytest.mark.parametrize("words", [["check", "--output"], ["collect", "--record"]], ids=" ".join)
def test_folder_of_someone_else(point: Path, open_folder: Path, words: list[str]) -> None:
    folder = open_folder / "closed"
    folder.mkdir()
    (folder / "old").write_text("old\n", encoding="utf-8")
    held = open_folder / "held"
    held.mkdir()
    target = f"{folder}/new" if "--record" in words else f"{folder}/old"
    assert_refused(folder, words, target, [*runnable_by_nobody(held), "true"], "Permission denied", AS_NOBODY)


@pytest.mark.parametrize("words", [["check", "--output"], ["collect", "--record"]], ids=" ".join)
def test_folder_that_is_not_there(point: Path, words: list[str]) -> None:
    (point / "old").write_text("old\n", encoding="utf-8")
    assert_refused(point, words, f"{point}/none/new", ["true"], "No such file or directory")


def test_recording_over_an_old_one(point: Path) -> None:
    (point / "old").write_text("old\n", encoding="utf-8")
    assert_refused(point, ["collect", "--record"], f"{point}/old", ["true"], "it exists already")


def assert_refused(
    folder: Path, words: list[str], target: str, setup: list[str], reason: str, before: tuple[str, ...] = ()
) -> None:
    """The command ends with status 4 and one line that says why; the folder is as it was: one file, `old`."""
    show = f'"$@"; echo "status $?"; ls -A {quote(str(folder))}; cat {quote(str(folder))}/old'
    result = run("sh", "-c", show, "sh", *before, LINUXREADY, *words, target, setup=setup)
    assert result.stdout.split("\n") == [f"status {TROUBLE}", "old", "old", ""]
    assert_one_line(result.stderr)
    assert reason in result.stderr
    assert target in result.stderr


def assert_one_line(text: str) -> None:
    assert text.startswith("linuxready: ")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert "Traceback" not in text

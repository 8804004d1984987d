"""Archives that mean harm, given to the installed command: one clear line and exit 4, or judged by what is sound in it.

Nothing is written but below TMPDIR, and nothing is left there: not after an error, not after a signal.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from linuxready.facts import Facts

from ..tars import END, GIB, HOSTILE, SPOILT, file, folder, header
from .stage import ENVIRONMENT, LIMIT_SECONDS, LINUXREADY, live, mount, run

pytestmark = live()

TOP = "sosreport-web1-2026-11-26-abcdefg"
SOUND = b"".join(
    (
        folder(TOP),
        file(f"{TOP}/version.txt", b"sosreport: 3.2\n\ngeneral: \nkernel: \nnetworking: \nrpm: \n"),
        file(f"{TOP}/etc/hosts", b"10.1.2.3 web1.example.com web1\n"),
        file(f"{TOP}/sos_commands/kernel/uname_-a", b"Linux web1 3.10.0-327.el7.x86_64 #1 SMP x86_64 GNU/Linux\n"),
    )
)
SUPPORTCONFIG = folder("scc_web1_1") + file(
    "scc_web1_1/basic-environment.txt",
    b"#==[ Configuration File ]===========================#\n# /etc/os-release\nNAME=SLES\n\n",
)
UNTOUCHED = ("/tmp/escaped", "/escaped")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder with an archive to be: afterwards nothing else is in it, and nothing in the folder for unpacking."""
    (tmp_path / "tmp").mkdir()
    before = {path: os.path.lexists(path) for path in UNTOUCHED}
    yield tmp_path
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == [Path("a.tar.xz"), Path("tmp")]
    assert {path: os.path.lexists(path) for path in UNTOUCHED} == before


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [LINUXREADY, *words, "--sosreport", str(place / "a.tar.xz")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=place,
        env={**ENVIRONMENT, "TMPDIR": str(place / "tmp"), "PYTHONWARNINGS": "error::DeprecationWarning"},
    )


def collected(place: Path, data: bytes) -> tuple[int, str, str]:
    (place / "a.tar.xz").write_bytes(data)
    process = start(place, "collect")
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    return process.returncode, out, err


def assert_judged_or_one_line(says: str | None, place: Path, data: bytes) -> None:
    status, out, err = collected(place, data)
    if says is None:
        assert (status, err) == (0, "")
        facts = msgspec.json.decode(out, type=Facts)
        assert [entry.address for entry in facts.hosts.known()] == ["10.1.2.3"]
        with open("/etc/shadow", encoding="utf-8") as shadow:
            assert not any(line.strip() in out for line in shadow)
    else:
        assert (status, out) == (4, "")
        assert err.startswith("linuxready: ")
        assert err.index("\n") == len(err) - 1
        assert err[:-1].isprintable()
        assert "failed: " not in err
        assert says in err


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, place: Path) -> None:
    hostile = HOSTILE[name]
    assert_judged_or_one_line(hostile.says, place, hostile.before(TOP) + SOUND + hostile.after(TOP) + hostile.end)


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt(name: str, place: Path) -> None:
    assert_judged_or_one_line(SPOILT[name].says, place, SPOILT[name].made(SOUND + END))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_supportconfig(name: str, place: Path) -> None:
    hostile = HOSTILE[name]
    top = SUPPORTCONFIG.split(b"/")[0].decode()
    status, _, err = collected(place, hostile.before(top) + SUPPORTCONFIG + hostile.after(top) + hostile.end)
    assert status in (0, 4)
    assert err.count("\n") == (status == 4)
    assert "failed: " not in err


def test_a_full_disk_is_told_as_that(place: Path) -> None:
    large = file(f"{TOP}/etc/hostname", bytes(10**6))
    (place / "a.tar.xz").write_bytes(SOUND + large + END)
    words = ("env", f"TMPDIR={place}/tmp", LINUXREADY, "check", "--sosreport", str(place / "a.tar.xz"))
    result = run(*words, setup=[mount("tmpfs", place / "tmp", "-t", "tmpfs", "-o", "size=100k")])
    assert result.returncode == 4
    assert result.stderr.endswith(f"{TOP}/etc/hostname cannot be made: No space left on device\n")


ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def unpacking(place: Path, *words: str) -> subprocess.Popen[str]:
    """A command with much to unpack: a log of 8 GiB, which lies on no disk."""
    log = header(f"{TOP}/var/log/messages", 8 * GIB)
    (place / "a.tar.xz").write_bytes(SOUND + log)
    os.truncate(place / "a.tar.xz", len(SOUND) + len(log) + 8 * GIB)
    process = start(place, *words)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not os.listdir(place / "tmp"):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return process


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("seconds", [0, 0.1])
@pytest.mark.parametrize("command", ["check", "collect", "facts"])
def test_a_signal_ends_it_and_leaves_nothing(number: signal.Signals, seconds: float, command: str, place: Path) -> None:
    process = unpacking(place, command)
    time.sleep(seconds)
    process.send_signal(number)
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 128 + number
    assert err == ("linuxready: interrupted\n" if number == signal.SIGINT else "")


@pytest.mark.parametrize("first", ENDING)
def test_more_signals_cut_nothing_short(first: signal.Signals, place: Path) -> None:
    process = unpacking(place, "check")
    process.send_signal(first)
    while process.poll() is None:
        for number in ENDING:
            process.send_signal(number)
        time.sleep(0.0005)
    assert process.returncode in [128 + number for number in ENDING]
    assert process.communicate()[1] in ("", "linuxready: interrupted\n")


def test_a_signal_that_is_ignored_ends_nothing(place: Path) -> None:
    """As nohup ignores the hang-up."""
    (place / "a.tar.xz").write_bytes(SOUND + header(f"{TOP}/var/log/messages", GIB))
    os.truncate(place / "a.tar.xz", (place / "a.tar.xz").stat().st_size + GIB + len(END))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start(place, "collect")
    finally:
        signal.signal(signal.SIGHUP, before)
    while process.poll() is None:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.05)
    assert process.returncode == 0
    process.communicate()

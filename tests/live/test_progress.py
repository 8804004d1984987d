"""The line of what is being done: on a real terminal, of runs that really last."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from linuxready.report import Report

from ..golden import HOSTS
from ..tars import END, GIB, file, header
from .stage import ENVIRONMENT, LIMIT_SECONDS, LINUXREADY, live, mount, staged

pytestmark = live("stty")

ERASED = "\r\x1b[K"
CONTROL_Z = b"\x1a"
FOR_A_PERSON = {**{k: v for k, v in ENVIRONMENT.items() if k != "CI"}, "TERM": "xterm"}
SLOW_SECONDS = 2.5
SIZE = GIB


class Ended:
    """What a command wrote to a terminal of its own, and to standard output where that is a pipe."""

    def __init__(self, argv: Sequence[str], columns: int, stdout: int | None, env: Mapping[str, str]) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST  # bytes as they are written
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            env=env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._master = master
        self._seen = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with open(self._master, "rb", buffering=0) as terminal:
            try:
                while chunk := terminal.read(65536):
                    self._seen += chunk
            except OSError:  # the last one has closed it
                return

    def pause(self, seconds: float) -> None:
        """Make it last, whatever the machine: its timer goes on."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    @property
    def so_far(self) -> str:
        return self._seen.decode()

    def wait(self) -> tuple[int, str]:
        """The exit status, and all that the terminal got."""
        status = self.process.wait(LIMIT_SECONDS)
        self._reader.join(LIMIT_SECONDS)
        return status, self.so_far


def on_a_terminal(
    *argv: str, columns: int = 80, stdout: int | None = subprocess.DEVNULL, env: Mapping[str, str] = FOR_A_PERSON
) -> tuple[int, str]:
    return Ended(argv, columns, stdout, env).wait()


@pytest.fixture
def large_archive(tmp_path: Path) -> str:
    """A sosreport with a log of 1 GiB of zeros, which lie on no disk."""
    path = tmp_path / "web1.tar"
    sound = file("web1/sos_commands/kernel/uname_-a", b"Linux web1 3.10.0 #1 SMP x86_64 GNU/Linux\n")
    path.write_bytes(sound + header("web1/var/log/messages", SIZE))
    with path.open("r+b") as tar:
        tar.truncate(len(path.read_bytes()) + SIZE + len(END))
    return str(path)


@pytest.fixture
def behind_slow_sshd(tmp_path: Path) -> list[str]:
    """The set-up lines by which the SSH server takes long to tell what it listens on."""
    sbin = tmp_path / "sbin"
    sbin.mkdir()
    (sbin / "sshd").write_text(f"#!/bin/sh\nsleep {SLOW_SECONDS}\necho port 22\n", encoding="utf-8")
    (sbin / "sshd").chmod(0o755)
    etc = tmp_path / "etc"
    (etc / "ssh").mkdir(parents=True)
    (etc / "ssh" / "sshd_config").write_text("Port 22\n", encoding="utf-8")
    over = ((sbin, "/usr/sbin"), (etc, "/etc"))
    return [mount("overlay", point, "-t", "overlay", "-o", f"lowerdir={upper}:{point}") for upper, point in over]


def unpacking(archive: str) -> Ended:
    """A check of a large archive that is being unpacked, and has told so twice."""
    command = Ended([LINUXREADY, "check", "--sosreport", archive], 80, subprocess.DEVNULL, FOR_A_PERSON)
    for pieces in (2, 3):
        while len(command.so_far.split(ERASED)) < pieces:
            command.pause(0.6)
            time.sleep(0.05)
    return command


def lines(seen: str) -> list[str]:
    """The lines that stood on the terminal one after the other, each of them erased."""
    before, *shown = seen.split(ERASED)
    assert before == ""
    assert shown[-1] == "", "the last one was not erased"
    return shown[:-1]


# -- shown -------------------------------------------------------------------------------------------------


def test_unpacking_tells_how_far_it_is(large_archive: str) -> None:
    status, seen = unpacking(large_archive).wait()
    assert status in (1, 3)
    shown = [line for line in lines(seen) if "unpacking" in line]
    assert len(shown) > 1
    told = [re.fullmatch(r"linuxready: unpacking web1\.tar, ([\d,]+) MB, (\d+) s", line) for line in shown]
    assert all(told)
    far = [int(line[1].replace(",", "")) for line in told if line]
    assert far == sorted(far)
    assert far[0] < far[-1] <= SIZE / 10**6


def test_a_slow_source_is_named_and_the_report_is_the_same(behind_slow_sshd: list[str]) -> None:
    argv = staged((LINUXREADY, "check", "--only", "ssh-firewall", "--format", "json"), behind_slow_sshd)
    reading, writing = os.pipe()
    status, seen = on_a_terminal(*argv, stdout=writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        report = msgspec.json.decode(pipe.read(), type=Report)
    assert status in (0, 1, 3)
    assert [finding.id for finding in report.findings] == ["ssh-firewall"]
    assert re.fullmatch(r"linuxready: reading ssh listen, [1-3] s", lines(seen)[0])


def test_the_report_takes_its_place(behind_slow_sshd: list[str]) -> None:
    argv = staged((LINUXREADY, "check", "--only", "ssh-firewall"), behind_slow_sshd)
    _, seen = on_a_terminal(*argv, stdout=None, env={**FOR_A_PERSON, "NO_COLOR": "1"})
    *shown, report = seen.split(ERASED)
    assert any("reading ssh listen" in line for line in shown)
    assert report.startswith("Host ")
    assert "linuxready:" not in report


@pytest.mark.parametrize("columns", [10, 30])
def test_no_line_is_wider_than_the_terminal(columns: int, behind_slow_sshd: list[str]) -> None:
    argv = staged((LINUXREADY, "check", "--only", "ssh-firewall"), behind_slow_sshd)
    _, seen = on_a_terminal(*argv, columns=columns)
    assert set(lines(seen)) == {"linuxready: reading ssh listen"[: columns - 1]}


def test_a_name_is_made_harmless(large_archive: str, tmp_path: Path) -> None:
    harmful = tmp_path / "\u4e2d\x1b[31m\r\n.tar"
    Path(large_archive).rename(harmful)
    _, seen = unpacking(str(harmful)).wait()
    shown = next(line for line in lines(seen) if "unpacking" in line)
    assert shown.isprintable()
    assert shown.startswith("linuxready: unpacking \u4e2d\\x1b[31m\\x0d")
    assert len(shown) <= 39, "characters may be two columns wide"


def test_an_error_follows_an_erased_line(large_archive: str) -> None:
    with open(large_archive, "r+b") as tar:
        tar.truncate(os.path.getsize(large_archive) - len(END))
    status, seen = unpacking(large_archive).wait()
    *shown, error = seen.split(ERASED)
    assert status == 4
    assert len(shown) > 1
    assert error == f"linuxready: {large_archive} cannot be unpacked: it is cut off\n"


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, "linuxready: interrupted\n"), (signal.SIGTERM, "")])
def test_a_signal_erases_it(number: signal.Signals, said: str, large_archive: str) -> None:
    command = unpacking(large_archive)
    command.process.send_signal(number)
    status, seen = command.wait()
    assert status == 128 + number
    assert seen.split(ERASED)[-1] == said


# -- not shown ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true"}], ids=str)
def test_nobody_reads_it(env: dict[str, str], behind_slow_sshd: list[str]) -> None:
    argv = staged((LINUXREADY, "check", "--only", "ssh-firewall"), behind_slow_sshd)
    assert on_a_terminal(*argv, env={**FOR_A_PERSON, **env})[1] == ""


def test_a_pipe_gets_nothing(behind_slow_sshd: list[str]) -> None:
    words = f"'{LINUXREADY}' check --only ssh-firewall 2>&1 >/dev/null | cat"
    assert on_a_terminal(*staged(("sh", "-c", words), behind_slow_sshd), stdout=None)[1] == ""


def test_what_ends_within_a_second_shows_nothing() -> None:
    recording = str(HOSTS / "rhel-7.2-ready")
    assert on_a_terminal(LINUXREADY, "check", "--recording", recording) == (0, "")


def test_in_the_background_it_is_silent_and_is_not_stopped(behind_slow_sshd: list[str]) -> None:
    words = f"stty tostop; '{LINUXREADY}' check --only ssh-firewall >/dev/null & wait $!; echo ended"
    _, seen = on_a_terminal(*staged(("sh", "-mc", words), behind_slow_sshd), stdout=None)
    assert seen == "ended\n"


def behind_control_z(then: str, setup: list[str]) -> str:
    """What the terminal gets behind a Ctrl-Z, when it has told what it reads; `then` is what the shell does."""
    words = f"'{LINUXREADY}' check --only ssh-firewall >/dev/null; {then}; echo ended"
    command = Ended(staged(("sh", "-mc", words), setup), 80, None, FOR_A_PERSON)
    while "reading ssh listen" not in command.so_far and command.process.poll() is None:
        time.sleep(0.05)
    command.type(CONTROL_Z)
    return command.wait()[1].partition("^Z")[2]


def test_what_is_put_in_the_background_leaves_the_terminal_alone(behind_slow_sshd: list[str]) -> None:
    """At its end, too: the line that it would erase is another's by then."""
    after = behind_control_z("bg; wait", behind_slow_sshd)
    assert after.endswith("ended\n")
    assert ERASED not in after


def test_what_comes_to_the_front_again_goes_on_telling(behind_slow_sshd: list[str]) -> None:
    after = behind_control_z("fg", behind_slow_sshd)
    assert "reading ssh listen" in after
    assert after.endswith(f"{ERASED}ended\n")

"""A child that reads what may never answer. It forks, so these are live tests; they touch nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from linuxready.host import Absent, Unreadable, live
from linuxready.host.expendable import in_child
from linuxready.host.live import LiveHost

pytestmark = pytest.mark.live


def sleeping() -> bytes:
    time.sleep(60)
    return b""


def failing() -> bytes:
    raise FileNotFoundError(2, "gone")


def mistaken() -> bytes:
    raise ValueError("a mistake")


def children() -> str:
    words = ("ps", "--no-headers", "-o", "pid", "--ppid", str(os.getpid()))
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    return found.stdout


def test_the_answer_comes_back() -> None:
    assert in_child(lambda: b"\0XFSB\xff", 5) == b"\0XFSB\xff"
    assert in_child(lambda: b"", 5) == b""


def test_an_error_comes_back() -> None:
    with pytest.raises(FileNotFoundError):
        in_child(failing, 5)


def test_a_mistake_is_an_error_too() -> None:
    with pytest.raises(OSError, match="ended early"):
        in_child(mistaken, 5)


def test_who_does_not_answer_is_killed() -> None:
    before = children()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        in_child(sleeping, 0.2)
    assert time.monotonic() - started < 2
    assert len(children().split()) == len(before.split())


def test_whoever_waits_for_our_output_waits_for_no_child() -> None:
    """A child that no signal ends must not hold our standard output."""
    code = (
        "import os, time; from linuxready.host import expendable; expendable.os.kill = lambda *_: None\n"
        "try: expendable.in_child(lambda: time.sleep(20), 0.2)\n"
        "except TimeoutError: print('given up', flush=True); os._exit(0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=10, check=False)
    assert result.stdout == "given up\n"


def test_what_is_no_block_device_is_said_to_be_none() -> None:
    with pytest.raises(Unreadable, match="/dev/null: Block device required"):
        LiveHost().read_block("/dev/null", 512)
    with pytest.raises(Absent):
        LiveHost().read_block("/dev/nowhere", 512)


def test_all_that_hang_share_one_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS", 0.2)
    monkeypatch.setattr(live, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(live, "_first_bytes", lambda node, length: sleeping())
    host = LiveHost()
    said = []
    for node in ("/dev/a", "/dev/a", "/dev/b", "/dev/c"):
        with pytest.raises(Unreadable) as error:
            host.read_block(node, 512)
        said.append(str(error.value))
    assert said == [
        "a read of /dev/a gave no answer within 0.2 s",
        "/dev/a was not read again: it hung before",
        "a read of /dev/b gave no answer within 0.1 s",
        "/dev/c was not read: 0.3 s were lost on others that gave no answer",
    ]
    with pytest.raises(Unreadable, match="xfs_info"):
        host.run("xfs_info", "/data")

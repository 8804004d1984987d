"""Fixtures of the live tests; after each test nothing of it may be left on the machine."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .stage import LoopDevices, run


@pytest.fixture(autouse=True, scope="session")
def children_hear_signals() -> None:
    """What nohup, or a shell's `&`, has us ignore would be ignored by all that is started here; a handler is not."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """No mount of a test is seen outside of its namespace, and no loop device outlives it."""
    yield
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    assert str(tmp_path) not in mounts
    # The kernel frees a device when the last namespace that had it mounted is gone, shortly after its process.
    deadline = time.monotonic() + 5
    while str(tmp_path) in (left := run("losetup", "--list", "--noheadings", "--output=BACK-FILE").stdout):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.fixture
def loops(tmp_path: Path) -> Iterator[LoopDevices]:
    """Loop devices that are detached after the test."""
    devices = LoopDevices(tmp_path)
    try:
        yield devices
    finally:
        devices.detach()


@pytest.fixture
def point(tmp_path: Path) -> Path:
    """An empty folder to mount on."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may write to; pytest's own are their owner's alone."""
    with tempfile.TemporaryDirectory(prefix="linuxready-live-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)

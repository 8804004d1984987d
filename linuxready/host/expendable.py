"""Work that may never end, done in a child: a read of a dead disk cannot be stopped, but a child can be given up."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from linuxready import ending

KILL_SECONDS = 0.5
MAX_DESCRIPTORS = 256
"""More are never open here."""

_PIPE_BYTES = 65536


def in_child(work: Callable[[], bytes], seconds: float) -> bytes:
    """What `work` returns in a fork of this process; raises TimeoutError, or the OSError that it raised.

    The child holds nothing of ours but a pipe: whoever waits for the end of our output must not wait for a dead disk's.
    """
    reading, writing = os.pipe()

    def start() -> int:
        child = os.fork()
        if child == 0:
            _work(work, writing)
        return child

    try:
        with ending.undone(start, _stop):
            os.close(writing)
            answer = _all_of(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
    if answer[:1] != b"\0":
        number = answer[0] if answer else 0
        raise OSError(number, os.strerror(number) if number else "the child that read it ended early")
    return answer[1:]


def _work(work: Callable[[], bytes], pipe: int) -> None:
    """The child's whole life: an answer, behind a zero byte, or the number of an error."""
    try:
        os.closerange(0, pipe)
        os.closerange(pipe + 1, MAX_DESCRIPTORS)
        os.chdir("/")
        try:
            answer = b"\0" + work()
        except OSError as error:
            answer = bytes([(error.errno or 0) & 0xFF])
        os.write(pipe, answer[:_PIPE_BYTES])
    finally:
        os._exit(0)


def _all_of(pipe: int, deadline: float) -> bytes:
    """All that the child writes until it ends."""
    answer = b""
    while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(pipe, _PIPE_BYTES)
        if not chunk:
            return answer
        answer += chunk
    raise TimeoutError


def _stop(child: int) -> None:
    """Kill a child and wait for it, but not for one that no signal ends: the system reaps that one after us."""
    deadline = time.monotonic() + KILL_SECONDS
    with suppress(OSError):
        os.kill(child, signal.SIGKILL)
        while os.waitpid(child, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.002)

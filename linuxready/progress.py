"""One line on standard error that tells a waiting person what is being done; erased before anything else is said."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from linuxready import ending
from linuxready.text import printable

AFTER_SECONDS = 1.0
EVERY_SECONDS = 0.5
ERASED = b"\r\x1b[K"


@contextmanager
def line() -> Iterator[Callable[[str], None]]:
    """What is to be told of every piece of work ("reading the firewall"), where a person watches; shown when it lasts.

    A timer interrupts the work: neither a thread nor a look at the clock is needed meanwhile.
    """
    if not _watched():
        yield lambda _: None
        return
    terminal = sys.stderr.fileno()
    start = time.monotonic()
    now = ""
    shown = False
    on = True

    def doing(what: str) -> None:
        nonlocal now
        now = what

    def show(*_: Any) -> None:
        nonlocal shown
        if on and now and _in_front(terminal):
            shown = True
            _write(terminal, ERASED + _fitting(f"linuxready: {now}, {time.monotonic() - start:.0f} s", terminal))

    def begin() -> None:
        signal.signal(signal.SIGALRM, show)
        signal.setitimer(signal.ITIMER_REAL, AFTER_SECONDS, EVERY_SECONDS)

    def erase(_: None) -> None:
        # The handler stays: an alarm that is under way would end the program.
        nonlocal on
        on = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if shown and _in_front(terminal):
            _write(terminal, ERASED)

    with ending.undone(begin, erase):
        yield doing


def _watched() -> bool:
    """Whether a person can be looking: a terminal that can erase a line, and no build server's."""
    with suppress(OSError, ValueError, AttributeError):
        return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("CI")
    return False


def _in_front(terminal: int) -> bool:
    """Whether we may write to the terminal now: in the background that can stop us, and disturbs who works there."""
    with suppress(OSError):  # no terminal that rules us, and no background
        return os.tcgetpgrp(terminal) == os.getpgrp()
    return True


def _fitting(text: str, terminal: int) -> bytes:
    """A line that does not wrap; a character that is not ASCII may be two columns wide."""
    columns = 80
    with suppress(OSError):
        columns = os.get_terminal_size(terminal).columns or 80
    told = printable(text)
    room = columns - 1 if told.isascii() else (columns - 1) // 2
    return told[:room].encode(sys.stderr.encoding or "ascii", "replace")


def _write(terminal: int, data: bytes) -> None:
    with suppress(OSError):
        os.write(terminal, data)

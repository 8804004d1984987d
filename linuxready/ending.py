"""The signals that end a run: what it has begun is undone first, whatever it is just about.

Their handler raises nothing. Python drops what is raised while an object is cleared away, and the run would go on as if
nobody had ended it, with some of its work undone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

Made = TypeVar("Made")

_begun: list[Callable[[], None]] = []
_heard: list[int] = []
_held = False


def listen() -> None:
    """From now on these signals end the run: exit status 128 and their number."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _hear)


@contextmanager
def undone(begin: Callable[[], Made], undo: Callable[[Made], None]) -> Iterator[Made]:
    """What `begin` makes; it is undone when the block is left, or when a signal ends the run.

    Signals wait while it begins, and a child that is forked there hears none at all. What was undone may be undone
    again, and raises nothing then.
    """
    global _held
    _held = True
    try:
        made = begin()
        again = partial(undo, made)
        _begun.append(again)
    finally:
        _held = False
        if _heard:
            _end()
    try:
        yield made
    finally:
        again()
        _begun.remove(again)


def _hear(number: int, _: object) -> None:
    """The first signal counts: whoever is impatient must not cut short what it undoes."""
    _heard.append(number)
    if len(_heard) == 1 and not _held:
        _end()


def _end() -> None:
    try:
        for undo in reversed(_begun):
            with suppress(Exception):
                undo()
        if _heard[0] == signal.SIGINT and sys.stderr:
            with suppress(OSError, ValueError):
                os.write(sys.stderr.fileno(), b"linuxready: interrupted\n")
    finally:
        os._exit(128 + _heard[0])

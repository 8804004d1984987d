"""Signals that end a run: what it has begun is undone, and none is lost, wherever it comes."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from linuxready import ending


class Ended(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The exit statuses of a process that ends again and again."""
    seen: list[int] = []

    def ended(status: int) -> None:
        seen.append(status)
        raise Ended

    monkeypatch.setattr(ending.os, "_exit", ended)  # type: ignore[attr-defined]
    before = {number: signal.getsignal(number) for number in ending.SIGNALS}
    for number in ending.SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    ending.listen()
    yield seen
    for number, handler in before.items():
        signal.signal(number, handler)
    ending._heard.clear()
    ending._begun.clear()


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def undoing(into: list[str], name: str) -> Callable[[object], None]:
    return lambda _: into.append(name)


@pytest.mark.parametrize("number", ending.SIGNALS)
def test_what_was_begun_is_undone_last_things_first(number: int, statuses: list[int]) -> None:
    undone: list[str] = []
    with (
        pytest.raises(Ended),
        ending.undone(str, undoing(undone, "outer")),
        ending.undone(str, undoing(undone, "inner")),
    ):
        send(number)
    assert undone[:2] == ["inner", "outer"]
    assert statuses == [128 + number]


def test_what_is_undone_is_begun_no_longer(statuses: list[int]) -> None:
    undone: list[str] = []
    with ending.undone(str, undoing(undone, "it")):
        pass
    with pytest.raises(Ended):
        send(signal.SIGTERM)
    assert undone == ["it"]


class Clearing(io.RawIOBase):
    """A file that is closed when it is cleared away, as those of tarfile are: Python drops what is raised there."""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        send(signal.SIGTERM)


def test_a_signal_is_heard_where_python_drops_what_is_raised(statuses: list[int]) -> None:
    undone: list[str] = []
    with ending.undone(str, undoing(undone, "it")):
        file = io.BufferedReader(Clearing())
        del file
        assert (statuses, undone) == ([143], ["it"])


def test_a_signal_waits_while_something_begins(statuses: list[int]) -> None:
    undone: list[object] = []

    def begin() -> str:
        send(signal.SIGHUP)
        assert statuses == []
        return "begun"

    with pytest.raises(Ended), ending.undone(begin, undone.append):
        pytest.fail("it was not heard")
    assert undone == ["begun"]
    assert statuses == [129]


def test_a_signal_is_heard_where_nothing_could_begin(statuses: list[int]) -> None:
    def begin() -> str:
        send(signal.SIGHUP)
        raise OSError("a full disk")

    with pytest.raises(Ended), ending.undone(begin, lambda _: None):
        pass
    assert statuses == [129]


def test_later_signals_cut_nothing_short(statuses: list[int]) -> None:
    undone: list[str] = []

    def undo(_: object) -> None:
        for number in ending.SIGNALS:
            send(number)
        undone.append("it")

    with pytest.raises(Ended), ending.undone(str, undo):
        send(signal.SIGTERM)
    assert undone[0] == "it"
    assert statuses == [143]


def test_what_cannot_be_undone_keeps_nothing_else_from_it(statuses: list[int]) -> None:
    undone: list[str] = []

    def undo(_: object) -> None:
        undone.append("tried")
        if len(undone) == 1:
            raise ZeroDivisionError

    with pytest.raises(Ended), ending.undone(str, undoing(undone, "outer")), ending.undone(str, undo):
        send(signal.SIGTERM)
    assert undone[:2] == ["tried", "outer"]
    assert statuses == [143]


def test_an_error_undoes_it_and_goes_on(statuses: list[int]) -> None:
    undone: list[str] = []
    with pytest.raises(ZeroDivisionError), ending.undone(str, undoing(undone, "it")):
        raise ZeroDivisionError
    assert undone == ["it"]
    assert ending._begun == []


def test_a_signal_that_is_ignored_stays_so(statuses: list[int]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ending.listen()
    send(signal.SIGHUP)
    assert statuses == []


@pytest.mark.parametrize("stderr", [None, io.StringIO()])
def test_a_closed_standard_error_does_no_harm(
    stderr: io.StringIO | None, statuses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with pytest.raises(Ended):
        send(signal.SIGINT)
    assert statuses == [130]

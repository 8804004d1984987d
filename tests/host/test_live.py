"""This machine's own answers."""

from __future__ import annotations

import os
from typing import Any

import pytest

from linuxready.host import Unreadable
from linuxready.host.live import LiveHost

STAT = "{} ({}) {} 1 1 1 0 -1 4194560\n"


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> dict[int, tuple[str, str, int]]:
    """A /proc of these processes: by number, name, state, and user."""
    table: dict[int, tuple[str, str, int]] = {1: ("systemd", "S", 0)}
    real_open, real_stat = open, os.stat

    class Stat:
        def __init__(self, uid: int) -> None:
            self.st_uid = uid

    def stat(path: Any, *rest: Any, **more: Any) -> Any:
        number = str(path).removeprefix("/proc/")
        if not number.isdecimal():
            return real_stat(path, *rest, **more)
        if int(number) not in table:
            raise FileNotFoundError(2, "gone")
        return Stat(table[int(number)][2])

    def opened(path: Any, *rest: Any, **more: Any) -> Any:
        number = str(path).removeprefix("/proc/").removesuffix("/stat")
        if number.isdecimal():
            name, state, _ = table[int(number)]
            path = tmp_path / number
            path.write_text(STAT.format(number, name, state))
        return real_open(path, *rest, **more)

    monkeypatch.setattr(os, "listdir", lambda path: ["self", "uptime", "99999", *map(str, table)])
    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr("builtins.open", opened)
    return table


def test_the_processes_of_root_by_name(processes: dict[int, tuple[str, str, int]]) -> None:
    processes[7] = ("vmtoolsd", "S", 0)
    processes[8] = ("odd) S (name", "R", 0)
    processes[9] = ("bash", "S", 1000)
    processes[10] = ("ended", "Z", 0)
    assert LiveHost().told("processes") == ("odd) S (name", "systemd", "vmtoolsd")


def test_processes_that_are_hidden_are_not_taken_for_none(processes: dict[int, tuple[str, str, int]]) -> None:
    """hidepid: others' are not seen, and process 1 is one of them."""
    del processes[1]
    processes[7] = ("bash", "S", 1000)
    with pytest.raises(Unreadable, match=r"hidden \(run as root\)"):
        LiveHost().told("processes")

"""Every reader is run, and one that fails costs its own fact only."""

from __future__ import annotations

import pytest

from linuxready.collect import FILES, ON_OTHERS, READERS, collect, fact
from linuxready.facts import SCHEMA, Fact
from linuxready.host import Absent, Host, Unreadable
from linuxready.readers import software

from .machines import NOW, FakeHost


def test_an_empty_machine_is_all_unknown_or_empty() -> None:
    found = collect(FakeHost(), NOW)
    assert (found.schema, found.collected_at, found.source) == (SCHEMA, NOW, "fake")
    assert found.hosts == Fact(value=())
    assert found.fstab_rejected == Fact(value=())
    for name in ("uid", "release", "kernel", "interfaces", "ssh", "mounts", "mounts_rejected", "block_devices"):
        assert getattr(found, name).unknown, name
    assert "linuxready failed" not in repr(found)


def test_a_machine_that_was_captured_keeps_its_date() -> None:
    host = FakeHost()
    host.collected_at = "2020-01-01T00:00:00Z"
    assert collect(host, NOW).collected_at == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("error", [Unreadable("/x: denied"), Absent("/x does not exist")])
def test_what_cannot_be_read_is_unknown_with_the_reason(error: Exception) -> None:
    def read(host: Host) -> int:
        raise error

    assert fact(read, FakeHost()) == Fact(unknown=str(error))


def test_a_mistake_of_a_reader_is_named_and_costs_its_own_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(host: Host) -> int:
        raise IndexError("list index out of range")

    monkeypatch.setattr(software, "read", read)
    found = collect(FakeHost(), NOW)
    assert found.software.unknown == f"linuxready failed in {__name__}: IndexError: list index out of range"
    assert found.hosts.value == ()


def test_nothing_swallows_an_interrupt() -> None:
    def read(host: Host) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fact(read, FakeHost())


def test_what_is_read_is_told_in_words() -> None:
    told: list[str] = []
    collect(FakeHost(), NOW, doing=told.append)
    assert told == [f"reading {name.replace('_', ' ')}" for name in (*READERS, *FILES, *ON_OTHERS)]
    told.clear()
    collect(FakeHost(), NOW, ["fstab_rejected", "xfs"], told.append)
    assert told == [f"reading {name}" for name in ("block devices", "mounts", "fstab", "named devices", "xfs")]

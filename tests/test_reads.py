"""A requirement looks at the facts that it names and at no others, so that others need not be collected."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from linuxready.collect import collect, with_sources
from linuxready.facts import NOT_COLLECTED, Facts, UnknownFact
from linuxready.host import Host
from linuxready.judge import READ_ALWAYS, facts_read
from linuxready.profile import shipped
from linuxready.readers import platform

from .golden import HOSTS, collected, host_of, profile_of
from .machines import NOW, FakeHost, report, shipped_profile


class Watched:
    """Facts that note what of them is looked at."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.looked_at: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.looked_at.add(name)
        return getattr(self._facts, name)


@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
def test_requirements_name_the_facts_that_they_look_at(machine: Path) -> None:
    facts = collected(machine)
    for name in shipped():
        for requirement in shipped_profile(name).requirement:
            watched: Any = Watched(facts)
            with suppress(UnknownFact):
                list(requirement.judge(watched))
            assert watched.looked_at <= {*requirement.reads, *READ_ALWAYS}, (name, requirement.id)


@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
def test_a_report_is_the_same_when_only_what_it_needs_is_collected(machine: Path) -> None:
    profile = profile_of(machine)
    wanted = facts_read(shipped_profile(profile))
    pruned = collect(host_of(machine), NOW, wanted)
    assert report(pruned, profile) == report(collected(machine), profile)


def test_names_are_those_of_facts() -> None:
    for name in shipped():
        assert facts_read(shipped_profile(name)) <= set(Facts.__struct_fields__)


def test_what_2017_does_not_ask_is_not_read() -> None:
    new = "secure_boot fips kernel_arguments kernel_modules initramfs disk_details agent_programs run_level".split()
    wanted = facts_read(shipped_profile("vmware-2017"))
    assert not with_sources(wanted).intersection(new)


def test_a_reader_that_nobody_needs_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(host: Host) -> int:
        raise AssertionError("run")

    monkeypatch.setattr(platform, "read_secure_boot", read)
    found = collect(FakeHost(), NOW, {"uid"})
    assert found.secure_boot.unknown == found.mounts.unknown == NOT_COLLECTED
    assert "AssertionError" in (collect(FakeHost(), NOW, {"secure_boot"}).secure_boot.unknown or "")


def test_a_reader_has_the_facts_that_it_goes_on_from() -> None:
    assert with_sources({"initramfs"}) == {"initramfs", "kernel", "next_kernel", "kernel_modules"}
    assert with_sources({"odd_names"}) == {"odd_names", "mounts", "block_devices"}


def test_only_some_requirements_need_only_some_facts() -> None:
    profile = shipped_profile("vmware-2026")
    assert facts_read(profile, only=["acpi"]) == {*READ_ALWAYS, "kernel_arguments"}
    assert "initramfs" not in facts_read(profile, skip=["hyperv-drivers"])

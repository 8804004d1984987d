"""Recorded machines as a support tool would gather them: what is said of each is the machine's own, or unknown."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from linuxready.collect import collect
from linuxready.facts import Facts
from linuxready.host.captured import Recording
from linuxready.host.gathered.gatheredhost import GatheredHost
from linuxready.host.recorder import Recorder
from linuxready.profile import shipped

from . import gathered
from .golden import HOSTS, collected, is_recorded
from .host.gathered.texts.test_garbage import STRANGE
from .machines import NOW, report
from .printed import COMMANDS

pytestmark = pytest.mark.thorough

MACHINES = sorted(path.name for path in HOSTS.iterdir() if is_recorded(path))
"""On mounted disk images nothing runs that could be asked."""
CHOSEN = (
    *("bond-vlan-docker", "centos-6-lvm-multipath", "luks", "debian-12-today", "sles-12-sp5"),
    *("storage-in-trouble", "rhel-9.4-secure-boot-on", "both-backends"),
)
"""Each init system and firewall; bonds, multipath, encryption, btrfs."""

NOT_GATHERED = {
    "english-paths": "the names of all files",
    "ssh-firewall": "iptables-save",
    "hyperv-drivers": "initial file systems",
    **dict.fromkeys(("c-locale", "dhcp-client", "lsof", "lvm-tools", "python"), "programs that no package has brought"),
}
"""What no support tool gathers, and the requirements that turn on it."""

TELL_MORE = {
    "hyperv-drivers": "an initial file system that only warns need not be read",
    "run-level": "an announced shutdown is not in what is gathered, and `runlevel` counts",
    "vmware-tools": "the recording has no processes, ps has",
}
"""Where the gathered machine may be told otherwise than the recorded one, and why."""


@cache
def statuses(facts_of: str, profile: str, without: str = "") -> dict[str, str]:
    """Each finding's status, of a "recorded" or "gathered" machine."""
    kind, _, name = facts_of.partition(" ")
    facts = collected(HOSTS / name) if kind == "recorded" else everything(name, without)
    return {finding.id: finding.status for finding in report(facts, profile).findings}


@cache
def everything(name: str, without: str = "") -> Facts:
    return collect(gathered.host(HOSTS / name, without), NOW)


def troubles(facts: Facts) -> list[str]:
    """What is a mistake of ours."""
    unknown = (getattr(facts, name) for name in facts.__struct_fields__)
    return [str(fact) for fact in unknown if "linuxready failed" in repr(fact)]


@pytest.mark.parametrize("name", MACHINES)
def test_a_verdict_is_the_machine_s_own_or_unknown(name: str) -> None:
    assert not troubles(everything(name))
    for profile in shipped():
        recorded = statuses(f"recorded {name}", profile)
        for key, status in statuses(f"gathered {name}", profile).items():
            if recorded[key] == "unknown" or status == recorded[key]:
                continue
            assert key in (NOT_GATHERED if status == "unknown" else TELL_MORE), f"{key}: {recorded[key]}, now {status}"


PATTERNS = sorted({pattern for pattern, _ in COMMANDS} | {"xfs_info.*", "iptables-save", "nft.*"})


@pytest.mark.parametrize("without", PATTERNS)
def test_a_command_that_was_not_gathered_makes_unknown_and_never_another_verdict(without: str) -> None:
    for name in CHOSEN:
        assert not troubles(everything(name, without))
        for profile in ("vmware-2017", "vmware-2026", "hyperv-2026"):
            recorded, whole = (statuses(f"{kind} {name}", profile) for kind in ("recorded", "gathered"))
            for key, status in statuses(f"gathered {name}", profile, without).items():
                if status in (whole[key], recorded[key], "unknown"):
                    continue
                # Without a list of processes tools that start at boot warn.
                assert (key, status) == ("vmware-tools", "warn"), f"{name}: {key}: {whole[key]}, now {status}"


class Mangled(gathered.EverythingGathered):
    """One whose outputs are damaged."""

    damage: st.DataObject

    def output(self, *argv: str) -> str:
        text = super().output(*argv)
        start = self.damage.draw(st.integers(0, len(text)))
        end = self.damage.draw(st.integers(start, min(len(text), start + 200)))
        return text[:start] + self.damage.draw(STRANGE) + text[end:]


@pytest.mark.parametrize("name", ["bond-vlan-docker", "centos-6-lvm-multipath", "sles-12-sp5"])
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(data=st.data())
def test_damaged_outputs_cost_their_own_facts_only(name: str, data: st.DataObject) -> None:
    machine = Mangled(HOSTS / name)
    machine.damage = data
    assert not troubles(collect(GatheredHost(machine), NOW))


@pytest.mark.parametrize("name", CHOSEN)
def test_a_recording_of_it_is_told_as_it_was(name: str, tmp_path: Path) -> None:
    recorder = Recorder(gathered.host(HOSTS / name))
    while_recorded = collect(recorder, NOW)
    recorder.write(str(tmp_path / "recording"), while_recorded.collected_at)
    again = collect(Recording(str(tmp_path / "recording")), NOW)
    for field in while_recorded.__struct_fields__:
        if field != "source":
            facts = [getattr(facts, field) for facts in (everything(name), while_recorded, again)]
            assert facts[0] == facts[1] == facts[2] or all(fact.value is None for fact in facts), field

"""What is said of the rules in force, against what connects to the machine really get.

The rules and what must be said of them: rulesets.py. The kernel decides whether that is true.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from linuxready import packetpath
from linuxready.ruleset import Ruleset

from .rulesets import CASES, NFT, NFT_22, OVER_NFT, PORT_22, Case, Rules
from .stage import live
from .verdicts import BY_FAMILY, contradictions, from_texts, read_back
from .wire import PROBES, Answer, Machine, Probe, answers, feed

pytestmark = live("ip", "nft", "iptables-legacy-restore", "iptables-nft-restore")

TOLD_APART = ("the source address", "the destination address", "the interface")
"""Reasons that the probes must bear out: some get in, some do not."""

DEVICES = {"nft: ingress on both wires", "nft: ingress of the family inet"}
"""Cases of which nft 1.0 does not tell the interface, in JSON, so that it may be said to depend on that."""

CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


class Outcome(NamedTuple):
    """What linuxready read on a machine, and what connects to it got."""

    rules: Ruleset
    row: dict[Probe, Answer]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    with ExitStack() as stack:
        machines = {case.name: stack.enter_context(Machine()) for case in CASES}
        for case in CASES:
            for program, text in case.rules:
                machines[case.name].load(text, *program)
        rows = answers((machine, PROBES) for machine in machines.values())
        found = zip(machines.items(), rows, strict=True)
        return {name: Outcome(read_back(machine), row) for (name, machine), row in found}


def test_each_case_is_there_once() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@CASE
@pytest.mark.parametrize("family", BY_FAMILY)
def test_what_is_said_is_what_was_expected(case: Case, family: str, outcomes: dict[str, Outcome]) -> None:
    rules, row = outcomes[case.name]
    path = packetpath.walk(rules, BY_FAMILY[family].connection)
    if case.name in DEVICES and path.reason == "the interface":
        return
    as_expected(path, case, family)
    got = {row[probe] == "accepted" for probe in BY_FAMILY[family].probes}
    if path.answer == "depends" and path.reason in TOLD_APART:
        assert got == {True, False}


@CASE
@pytest.mark.parametrize("family", BY_FAMILY)
def test_files_that_a_boot_loads_say_the_same(case: Case, family: str) -> None:
    as_expected(packetpath.walk(from_texts(case.rules), BY_FAMILY[family].connection), case, family)


def as_expected(path: packetpath.Path, case: Case, family: str) -> None:
    said = f"depends: {path.reason}" if path.answer == "depends" else path.answer
    expected = case.ip if family == "ip" else case.ip6
    assert said.startswith(expected) if expected.startswith("depends") else said == expected, path
    assert path.evidence


@CASE
def test_the_kernel_does_what_is_said(case: Case, outcomes: dict[str, Outcome]) -> None:
    """By any wire and by each alone."""
    assert contradictions(*outcomes[case.name]) == []


@pytest.mark.parametrize(
    "rules", [(), ((NFT, NFT_22),), ((OVER_NFT, PORT_22),)], ids=["none", "nft", "iptables over nft"]
)
def test_asking_makes_no_table(rules: Rules) -> None:
    """The old iptables-save would bring ip_tables in, and iptables-nft-save could leave tables behind."""
    with Machine() as machine:
        for program, text in rules:
            machine.load(text, *program)
        before = tables(machine)
        read_back(machine)
        assert tables(machine) == before
        assert before[1:] == ["", ""]


def tables(machine: Machine) -> list[str]:
    """All that nft lists, and the names of the old backend's tables."""
    with machine.inside():
        listed = feed("", "nft", "list", "ruleset")
        return [listed, *(Path(f"/proc/net/{family}_tables_names").read_text() for family in ("ip", "ip6"))]

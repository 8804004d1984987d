"""The wire itself: through the rules of the shared corpus, its connects get the answers that were noted there."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from ..corpus import CORPUS, cases
from .stage import live
from .wire import IPV6, OTHER_WIRE, PRIVATE, PUBLIC, Answer, Machine, Probe, answers

pytestmark = live("ip", "nft", "iptables-legacy-restore")

NAMES = {
    "eth0_from_public": PUBLIC,
    "eth0_from_10net": PRIVATE,
    "eth1_from_public": OTHER_WIRE,
    "eth0_ipv6": IPV6,
    "eth0_port_23456": PUBLIC._replace(port=23456),
}
LOADERS = {"iptables": ("iptables-legacy-restore",), "nft": ("nft", "-f", "-")}
CASES = [case for case in cases("firewall") if not case.values or case.values[0].get("kind") in {*LOADERS, None}]


@pytest.fixture(scope="module")
def answered() -> dict[str, dict[Probe, Answer]]:
    """Case to probe to answer."""
    found = [case.values[0] for case in CASES if case.values[0]]
    with ExitStack() as stack:
        machines = [stack.enter_context(Machine()) for _ in found]
        for machine, case in zip(machines, found, strict=True):
            text = (CORPUS / "firewall" / case["inputs"][0]).read_text()
            machine.load(text, *LOADERS[case["kind"]])
        rows = answers((machine, NAMES.values()) for machine in machines)
    return {case["id"]: row for case, row in zip(found, rows, strict=True)}


@pytest.mark.parametrize("case", CASES)
def test_connects_get_the_answers_of_the_corpus(case: dict[str, Any], answered: dict[str, dict[Probe, Answer]]) -> None:
    detail = case["expected"]["detail"]
    assert {name: answered[case["id"]][probe] for name, probe in NAMES.items()} == detail

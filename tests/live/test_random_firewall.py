"""No random rules make us say accepted where the kernel refuses, nor refused where it accepts.

The seeds are fixed. To look further: LINUXREADY_SEEDS=1000-5000 pytest tests/live/test_random_firewall.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from random import Random
from typing import NamedTuple

import pytest

from .random_rules import Rules, iptables, nft
from .stage import live
from .verdicts import contradictions, read_back
from .wire import PROBES, Machine, Refused, answers

pytestmark = live("ip", "nft", "iptables-legacy-restore", "iptables-nft-restore")

FIRST, LAST = map(int, os.environ.get("LINUXREADY_SEEDS", "0-399").split("-"))
AT_ONCE = 50
GLANCE = 0.4
"""Seconds for a first look; what contradicts us is asked again with all the time that it needs."""


class Contradicted(NamedTuple):
    """Rules, and each thing said of them that the kernel denies."""

    rules: Rules
    words: list[str]


def contradicted(candidates: Iterable[Rules]) -> Iterator[Contradicted | None]:
    """Each rules' contradictions at once; None where there is none or the rules cannot be loaded."""
    with ExitStack() as stack:
        loaded = [_loaded(stack, rules) for rules in candidates]
        machines = [machine for machine in loaded if machine]
        rows = dict(zip(machines, answers(((machine, PROBES) for machine in machines), GLANCE), strict=True))
        said = {machine: read_back(machine) for machine in machines}
        doubted = [machine for machine, row in rows.items() if contradictions(said[machine], row)]
        for machine, row in zip(doubted, answers((machine, PROBES) for machine in doubted), strict=True):
            rows[machine] = row
        for rules, machine in zip(candidates, loaded, strict=True):
            words = contradictions(said[machine], rows[machine]) if machine else []
            yield Contradicted(rules, words) if words else None


def _loaded(stack: ExitStack, rules: Rules) -> Machine | None:
    machine = stack.enter_context(Machine())
    try:
        for program, text in rules:
            machine.load(text, *program)
    except Refused:
        return None
    return machine


def smaller(rules: Rules) -> Iterator[Rules]:
    """The same rules with one line less, one for each line."""
    for index, (program, text) in enumerate(rules):
        lines = text.splitlines()
        for number in range(len(lines)):
            less = "\n".join([*lines[:number], *lines[number + 1 :], ""])
            yield (*rules[:index], (program, less), *rules[index + 1 :])


def smallest(found: Contradicted) -> Contradicted:
    """The same contradiction in as few lines as possible."""
    while True:
        for chunk in _chunks(list(smaller(found.rules))):
            better = next((one for one in contradicted(chunk) if one), None)
            if better:
                found = better
                break
        else:
            return found


def _chunks(candidates: list[Rules]) -> Iterator[list[Rules]]:
    for start in range(0, len(candidates), AT_ONCE):
        yield candidates[start : start + AT_ONCE]


@pytest.mark.parametrize("make", [iptables, nft])
def test_the_kernel_contradicts_no_answer(make: Callable[[Random], Rules]) -> None:
    for chunk in _chunks([make(Random(seed)) for seed in range(FIRST, LAST + 1)]):
        for found in contradicted(chunk):
            if found:
                rules, words = smallest(found)
                texts = "\n".join(f"{' '.join(program)}:\n{text}" for program, text in rules)
                pytest.fail("\n".join([texts, *words]))

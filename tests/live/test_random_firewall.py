"""No random rules make us say accepted where the kernel refuses, nor refused where it accepts.

Hypothesis draws the seeds, the same in every run. To look further: LINUXREADY_BATCHES=100 draws others, and more.
Rulesets are loaded and probed in batches, and what is contradicted is made smaller line by line: a step of its own
for each ruleset would take all the time in waiting for what is dropped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linuxready.ruleset import Ruleset

from .random_rules import iptables, nft
from .rulesets import Rules
from .stage import live
from .verdicts import contradictions, from_texts, read_back
from .wire import PROBES, Answer, Machine, Probe, Refused, answers

pytestmark = live("ip", "nft", "iptables-legacy-restore", "iptables-nft-restore")

BATCHES = os.environ.get("LINUXREADY_BATCHES")
AT_ONCE = 50
SEEDS = st.lists(st.integers(0, 2**64 - 1), min_size=AT_ONCE, max_size=AT_ONCE, unique=True)
GLANCE = 0.4
"""Seconds for a first look; what contradicts us is asked again with all the time that it needs."""


class Contradicted(NamedTuple):
    """Rules, and each thing said of them that the kernel denies."""

    rules: Rules
    words: list[str]


def contradicted(candidates: Sequence[Rules]) -> list[Contradicted]:
    """Those that the kernel loads and contradicts, whether read back or from their texts."""
    with ExitStack() as stack:
        loaded = [(rules, machine) for rules in candidates if (machine := _loaded(stack, rules))]
        said = [(read_back(machine), from_texts(rules)) for rules, machine in loaded]
        rows = answers([(machine, PROBES) for _, machine in loaded], GLANCE)
        doubted = [number for number, row in enumerate(rows) if _words(said[number], row)]
        again = answers([(loaded[number][1], PROBES) for number in doubted])
        found = [(loaded[number][0], _words(said[number], row)) for number, row in zip(doubted, again, strict=True)]
    return [Contradicted(rules, words) for rules, words in found if words]


def _words(said: Iterable[Ruleset], row: dict[Probe, Answer]) -> list[str]:
    return [word for rules in said for word in contradictions(rules, row)]


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
            better = contradicted(chunk)
            if better:
                found = better[0]
                break
        else:
            return found


def _chunks(candidates: list[Rules]) -> Iterator[list[Rules]]:
    for start in range(0, len(candidates), AT_ONCE):
        yield candidates[start : start + AT_ONCE]


@pytest.mark.parametrize("make", [iptables, nft])
@settings(
    max_examples=int(BATCHES or 8),
    derandomize=BATCHES is None,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seeds=SEEDS)
def test_the_kernel_contradicts_no_answer(make: Callable[[Random], Rules], seeds: list[int]) -> None:
    found = contradicted([make(Random(seed)) for seed in seeds])
    if found:
        rules, words = smallest(found[0])
        texts = [f"{' '.join(program)}:\n{text}" for program, text in rules]
        pytest.fail("\n".join([*texts, *words]))

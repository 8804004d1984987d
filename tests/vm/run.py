"""Every scenario of every suite as a test: `make test-vm`. Not collected by `make test`, for it boots machines.

Two machines run at a time; a suite is booted where one of its tests was selected (`-k 'disks and luks'`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.vm import lab
from tests.vm.inside.suites import suites

from .conftest import RESULTS, Results

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="reads all of this machine's root: run as root"),
]

SUITES = suites()
CASES = [(suite.name, scenario) for suite in SUITES.values() for scenario in suite.scenarios]

AT_A_TIME = 2


@pytest.fixture(scope="session")
def booted(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Results]]]:
    """The results of the suites that were selected, to come."""
    selected: dict[str, list[str]] = {}
    for item in request.session.items:
        if callspec := getattr(item, "callspec", None):
            selected.setdefault(str(callspec.params.get("suite")), []).append(str(callspec.params.get("scenario")))
    chosen = [suite for suite in SUITES.values() if suite.name in selected]
    for suite in chosen:
        lab.build(suite.machine)
    chosen.sort(key=lambda suite: -suite.machine.seconds)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {suite.name: pool.submit(_boot, suite.name, tuple(selected[suite.name])) for suite in chosen}


def _boot(name: str, scenarios: tuple[str, ...]) -> Results:
    lines, printed = lab.boot(SUITES[name], scenarios)
    results = {str(line["scenario"]): line for line in lines}
    RESULTS[name] = results
    return results, printed


@pytest.mark.parametrize(("suite", "scenario"), CASES)
def test_scenario(booted: dict[str, Future[Results]], suite: str, scenario: str) -> None:
    results, printed = booted[suite].result()
    assert scenario in results, f"no answer: the machine ended before\n{printed}"
    line = results[scenario]
    assert line["agree"], f"answer: {line['answer']}\noracle: {line['oracle']}\n{line['note']}"

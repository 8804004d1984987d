"""sosreports in the layouts of sos 2.2, 3.2 and 4.x: what is said of each is golden, and as of the machine itself."""

from __future__ import annotations

import pytest

from linuxready.facts import Facts
from linuxready.profile import shipped
from linuxready.report import Finding

from . import golden
from .golden import HOSTS
from .machines import report
from .sosreports import LAYOUTS, SOSREPORTS, collected, outputs


@pytest.mark.parametrize("name", LAYOUTS)
def test_outputs_are_the_golden_ones(name: str) -> None:
    for file, text in outputs(name).items():
        golden_text = (SOSREPORTS / name / file).read_text(encoding="utf-8")
        assert text == golden_text, f"{file}: `make golden`, then read the diff"


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("profile", shipped())
def test_a_verdict_is_the_machine_s_own_or_unknown(profile: str, name: str) -> None:
    of_report = findings(collected(name), profile)
    of_machine = findings(golden.collected(HOSTS / LAYOUTS[name].machine), profile)
    for key, finding in of_report.items():
        if "unknown" not in (finding.status, of_machine[key].status):
            # Packages tell of programs, whose folder on such a machine is one with another name as well.
            assert said(finding).replace(": /sbin/", ": /usr/sbin/") == said(of_machine[key]), key


def said(finding: Finding) -> str:
    return f"{finding.status}: {finding.found}"


def findings(facts: Facts, profile: str) -> dict[str, Finding]:
    return {finding.id: finding for finding in report(facts, profile).findings}

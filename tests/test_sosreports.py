"""sosreports in the layouts of sos 2.2, 3.2 and 4.x: what is said of each is golden, and as of the machine itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from linuxready import sources
from linuxready.facts import Facts
from linuxready.profile import shipped
from linuxready.report import Finding

from . import golden
from .golden import HOSTS
from .machines import NOW, report
from .sosreports import LAYOUTS, SOS_3_6, SOSREPORTS, Layout, collected, make, outputs


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


@pytest.mark.parametrize(
    ("machine", "status", "found", "remedy"),
    [
        ("rhel-7.2-ready", "pass", "port 22: accepted now", ""),
        (
            "rhel-7-firewalld-other-port",
            "fail",
            "port 2222: rejected (now)",
            "firewall-cmd --permanent --add-port=2222/tcp && firewall-cmd --reload",
        ),
        (
            "rhel-6-ssh-refused",
            "fail",
            "port 22: rejected (now and after the next boot)",
            "iptables -I INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT",
        ),
    ],
)
def test_rules_that_are_listed(machine: str, status: str, found: str, remedy: str, tmp_path: Path) -> None:
    """Of firewalld the rules in force are all that sos tells."""
    top = make(Layout(machine, "3.6", SOS_3_6), tmp_path)
    modules = top / "lib/modules" / golden.collected(HOSTS / machine).kernel.known().release
    modules.mkdir(parents=True)
    (modules / "modules.dep").write_text("kernel/net/netfilter/nf_tables.ko:\n", encoding="utf-8")
    facts = sources.facts_of(("sosreport", str(top)), NOW)
    finding = findings(facts, "vmware-2017")["ssh-firewall"]
    assert (finding.status, finding.found) == (status, found)
    assert finding.evidence[0].source.startswith("iptables -t filter -nvL:")
    assert (finding.remedies[0].text if finding.remedies else "") == remedy


def said(finding: Finding) -> str:
    return f"{finding.status}: {finding.found}"


def findings(facts: Facts, profile: str) -> dict[str, Finding]:
    return {finding.id: finding for finding in report(facts, profile).findings}

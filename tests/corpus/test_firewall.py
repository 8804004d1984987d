"""firewall: what is said of real rulesets, against real connects through the rules (firewalld's: test_firewalld.py)."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import iptables, nft_script
from linuxready.ruleset import Ruleset

from . import CORPUS, cases

WIRES = ("eth0", "eth1")
ADDRESSES = {"ip": ("192.0.2.10", "10.9.9.10", "198.51.100.10"), "ip6": ("2001:db8:1::10",)}
PROBES = {
    Connection(22, "ip", WIRES, ADDRESSES["ip"]): ("eth0_from_public", "eth0_from_10net", "eth1_from_public"),
    Connection(22, "ip6", ("eth0",), ADDRESSES["ip6"]): ("eth0_ipv6",),
    Connection(23456, "ip", ("eth0",), ADDRESSES["ip"][:1]): ("eth0_port_23456",),
}
"""What is asked, and the answers that a corpus case has for it."""

SOURCE = "the source address"
DEPENDS = {
    ("ferm-dmz-router", 22): SOURCE,  # only 192.168.0.4, which no probe had
    ("ferm-webserver", 22): SOURCE,  # only 195.135.144.144/28
    ("insights-iptables-save-doc", 23456): SOURCE,  # only 192.168.0.0/24
    ("ipt-rhel6-ssh-source-10", 22): SOURCE,  # one probe of three
    ("ufw-allow-from-10", 22): SOURCE,  # one probe of three
    ("ipt-connlimit-recent", 22): "what the source did before",  # the probes stayed below the limit
}
"""Case and port to the reason that it depends for IPv4; everywhere else the probes' answer must be ours."""

CASES = [case for case in cases("firewall") if case.values[0].get("kind") != "firewalld"]


def ruleset(case: dict[str, Any]) -> Ruleset:
    path = case["inputs"][0]
    text = (CORPUS / "firewall" / path).read_text()
    if case["kind"] == "nft":
        return nft_script.parse(text, path, lambda _: [])
    return Ruleset(iptables.parse_save(text, "ip", path))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("connection", PROBES, ids=lambda connection: PROBES[connection][0])
def test_the_kernel_says_the_same(case: dict[str, Any], connection: Connection) -> None:
    path = walk(ruleset(case), connection)
    answers = {case["expected"]["detail"][name] == "accepted" for name in PROBES[connection]}
    reason = DEPENDS.get((case["id"], connection.port)) if connection.family == "ip" else None
    assert (path.answer, path.reason) == ("depends", reason) if reason else path.answer in ("accepted", "refused"), path
    if not reason:
        assert answers == {path.answer == "accepted"}, path
    assert path.evidence

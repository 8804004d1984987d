"""ufw: its files as the chains that ufw-init makes, and what a connection meets."""

from __future__ import annotations

import pytest

from linuxready.host import Absent
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import ufw
from linuxready.ruleset import Chain, Ruleset, Statement
from tests.machines import FakeHost

BEFORE = """# comments stay out
*filter
:ufw{six}-before-input - [0:0]
-A ufw{six}-before-input -i lo -j ACCEPT
-A ufw{six}-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
"""
AFTER = """*filter
:ufw{six}-after-input - [0:0]
-A ufw{six}-after-input -p tcp --dport 445 -j ufw{six}-skip-to-policy-input
COMMIT
"""
USER = """*filter
:ufw{six}-user-input - [0:0]
:ufw{six}-user-limit - [0:0]
:ufw{six}-user-limit-accept - [0:0]
### RULES ###
{rules}
### END RULES ###
-A ufw{six}-user-limit -j REJECT
-A ufw{six}-user-limit-accept -j ACCEPT
COMMIT
"""
DEFAULTS = 'IPV6=yes\nDEFAULT_INPUT_POLICY="{}"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\n'
ALLOW = "-A ufw-user-input -p tcp --dport 22 -j ACCEPT"
DENY = "-A ufw-user-input -p tcp --dport 22 -j DROP"
LIMIT = """-A ufw-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --set
-A ufw-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 -j ufw-user-limit
-A ufw-user-input -p tcp --dport 22 -j ufw-user-limit-accept"""  # noqa: E501 - as ufw writes it


def files(rules: str = "", rules6: str = "", policy: str = "DROP", **changed: str) -> dict[str, str]:
    """A machine's files; `changed` ones by their name, as before_rules."""
    made = {
        "/etc/ufw/ufw.conf": "ENABLED=yes\nLOGLEVEL=low\n",
        "/etc/default/ufw": DEFAULTS.format(policy),
        "/etc/ufw/before.rules": BEFORE.format(six=""),
        "/etc/ufw/before6.rules": BEFORE.format(six="6"),
        "/etc/ufw/after.rules": AFTER.format(six=""),
        "/etc/ufw/after6.rules": AFTER.format(six="6"),
        "/etc/ufw/user.rules": USER.format(six="", rules=rules),
        "/etc/ufw/user6.rules": USER.format(six="6", rules=rules6),
    }
    return made | {f"/etc/ufw/{name.replace('_', '.')}": text for name, text in changed.items()}


def machine(made: dict[str, str], modes: dict[str, int] | None = None) -> FakeHost:
    return FakeHost({**made}, modes=modes)


def answer(ruleset: Ruleset, family: str = "ip", port: int = 22) -> str:
    return walk(ruleset, Connection(port, family, ("eth0",))).answer


def decided(made: dict[str, str], family: str = "ip", port: int = 22) -> str:
    return answer(ufw.read(machine(made)), family, port)


@pytest.mark.parametrize(
    ("rules", "policy", "expected"),
    [
        (ALLOW, "DROP", "accepted"),
        ("", "DROP", "refused"),
        ("", "REJECT", "refused"),
        ("", "ACCEPT", "accepted"),
        (DENY, "ACCEPT", "refused"),
        (f"{DENY}\n{ALLOW}", "DROP", "refused"),
        (f"{ALLOW}\n{DENY}", "DROP", "accepted"),
        ("-A ufw-user-input -p tcp --dport 22 -s 10.0.0.0/8 -j ACCEPT", "DROP", "depends"),
        ("-A ufw-user-input -i eth0 -p tcp --dport 22 -j ACCEPT", "DROP", "accepted"),
        ("-A ufw-user-input -i eth1 -p tcp --dport 22 -j ACCEPT", "DROP", "refused"),
        ("-A ufw-user-input -p tcp -m multiport --dports 22,80 -j ACCEPT", "DROP", "accepted"),
        (LIMIT, "DROP", "depends"),
    ],
)
def test_decision(rules: str, policy: str, expected: str) -> None:
    assert decided(files(rules, policy=policy)) == expected


def test_each_family_has_rules_of_its_own() -> None:
    made = files(ALLOW, "-A ufw6-user-input -p tcp --dport 23 -j ACCEPT")
    assert [decided(made, family, port) for family in ("ip", "ip6") for port in (22, 23)] == [
        "accepted",
        "refused",
        "refused",
        "accepted",
    ]


def test_without_ipv6_all_of_it_is_dropped() -> None:
    made = files(ALLOW, policy="ACCEPT")
    made["/etc/default/ufw"] = made["/etc/default/ufw"].replace("IPV6=yes", "IPV6=no")
    assert (decided(made, "ip"), decided(made, "ip6")) == ("accepted", "refused")


@pytest.mark.parametrize("enabled", ["no", "", "No", "true"])
def test_not_enabled_is_no_rules(enabled: str) -> None:
    assert ufw.read(machine(files(ufw_conf=f"ENABLED={enabled}\n"))) == Ruleset()


def test_ufw_conf_wins_over_the_defaults() -> None:
    assert decided(files(ufw_conf="ENABLED=yes\nDEFAULT_INPUT_POLICY=ACCEPT\n")) == "accepted"


def chains(ruleset: Ruleset) -> dict[str, Chain]:
    return {chain.name: chain for table in ruleset.tables if table.family == "ip" for chain in table.chains}


def test_the_framework() -> None:
    found = chains(ufw.read(machine(files(ALLOW, policy="REJECT"))))
    assert [rule.statements[0].argument for rule in found["INPUT"].rules] == [
        "ufw-before-logging-input",
        "ufw-before-input",
        "ufw-after-input",
        "ufw-after-logging-input",
        "ufw-reject-input",
        "ufw-track-input",
    ]
    assert (found["INPUT"].hook, found["INPUT"].policy, found["OUTPUT"].policy) == ("input", "drop", "accept")
    assert found["ufw-before-input"].rules[-1].statements == (Statement("jump", "ufw-user-input"),)
    assert found["ufw-skip-to-policy-input"].rules[0].statements == (Statement("reject"),)
    assert found["ufw-after-input"].rules[0].statements == (Statement("jump", "ufw-skip-to-policy-input"),)


def test_a_rule_tells_its_file_and_line() -> None:
    rule = chains(ufw.read(machine(files(ALLOW))))["ufw-user-input"].rules[0]
    assert (rule.text, rule.place) == (ALLOW, "/etc/ufw/user.rules:6")


def test_a_chain_that_is_declared_again_is_emptied() -> None:
    again = "*filter\n:ufw-before-input - [0:0]\n-A ufw-before-input -p tcp --dport 22 -j DROP\nCOMMIT\n"
    assert decided(files(ALLOW, after_rules=again)) == "refused"
    assert len(chains(ufw.read(machine(files(ALLOW, after_rules=again))))["ufw-before-input"].rules) == 2


def test_before_rules_may_have_other_tables() -> None:
    nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 2222\nCOMMIT\n"
    assert decided(files(ALLOW, before_rules=nat + BEFORE.format(six=""))) == "refused"


def test_before_rules_decide_first() -> None:
    early = BEFORE.format(six="").replace("COMMIT", "-A ufw-before-input -s 10.0.0.0/8 -j DROP\nCOMMIT")
    assert decided(files(ALLOW, before_rules=early)) == "depends"


@pytest.mark.parametrize("folder", ["/lib/ufw", "/var/lib/ufw"])
def test_old_versions_keep_the_users_rules_elsewhere(folder: str) -> None:
    made = files(ALLOW)
    made[f"{folder}/user.rules"] = made.pop("/etc/ufw/user.rules")
    assert decided(made) == "accepted"
    assert chains(ufw.read(machine(made)))["ufw-user-input"].rules[0].place == f"{folder}/user.rules:6"


@pytest.mark.parametrize("name", ["before.rules", "after.rules", "user6.rules"])
def test_a_missing_file_is_told(name: str) -> None:
    made = files(ALLOW)
    del made[f"/etc/ufw/{name}"]
    ruleset = ufw.read(machine(made))
    assert ruleset.not_understood == (f"/etc/ufw/{name} does not exist",)


def test_missing_defaults_are_told() -> None:
    made = files(ALLOW)
    del made["/etc/default/ufw"]
    assert "/etc/default/ufw does not exist" in ufw.read(machine(made)).not_understood[0]


def test_a_script_that_may_be_executed_is_told() -> None:
    made = files(ALLOW, before_init="#!/bin/sh\n")
    assert ufw.read(machine(made)).not_understood == ()
    told = ufw.read(machine(made, {"/etc/ufw/before.init": 0o100755})).not_understood
    assert told == ("/etc/ufw/before.init: a script that ufw runs",)


@pytest.mark.parametrize("policy", ["$POLICY", "DENY", ""])
def test_a_policy_that_is_none_is_told(policy: str) -> None:
    assert "default policy for input" in ufw.read(machine(files(ALLOW, policy=policy))).not_understood[0]


@pytest.mark.parametrize("after", ["*filter\n:ufw-after-input - [0:0]\n", "*filter\nnonsense\nCOMMIT\n"])
def test_lines_that_do_not_load_leave_it_open(after: str) -> None:
    assert decided(files(ALLOW, after_rules=after)) == "depends"


def test_not_installed_is_absent() -> None:
    with pytest.raises(Absent):
        ufw.read(FakeHost())

"""What the firewall lets in: the worse of two rulesets, both families, and what is said to do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from linuxready.facts import Address, Evidence, Fact, Firewall, Interface, Listen
from linuxready.readers.firewall.iptables import parse_save
from linuxready.report import Finding
from linuxready.ruleset import Ruleset

from ..machines import facts, finding, finding_by, requirement

OPEN = Ruleset()
ETH0 = Interface("eth0", (Address("10.1.2.3"), Address("2001:db8::3")), device=True)
ENS192 = replace(ETH0, name="ens192")
DOCKER0 = Interface("docker0", (Address("172.17.0.1"),), device=False, kind="bridge")


def rules(*lines: str, family: str = "ip", source: str = "iptables-save") -> Ruleset:
    return Ruleset(parse_save("\n".join(("*filter", ":INPUT DROP [0:0]", *lines, "COMMIT")), family, source))


SHUT = rules("-A INPUT -p tcp --dport 80 -j ACCEPT")
SSH_ONLY = rules("-A INPUT -p tcp --dport 22 -j ACCEPT", "-A INPUT -m state --state ESTABLISHED -j ACCEPT")


def listen(*places: tuple[str, int]) -> tuple[Listen, ...]:
    return tuple(Listen(address, port, Evidence("sshd_config:1", f"Port {port}")) for address, port in places)


ALLOW = "INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT"
EVERYWHERE = listen(("0.0.0.0", 22), ("::", 22))


def ssh_firewall(
    now: Ruleset | str = OPEN,
    boot: Ruleset | str = OPEN,
    listens: tuple[Listen, ...] = EVERYWHERE,
    interfaces: tuple[Interface, ...] = (ETH0,),
) -> Finding:
    halves = [Fact(unknown=half) if isinstance(half, str) else Fact(value=half) for half in (now, boot)]
    known = facts(firewall=Firewall(*halves), ssh_listen=listens, interfaces=interfaces)
    return finding(known, "ssh-firewall")


def test_no_rules_at_all_pass() -> None:
    found = ssh_firewall()
    assert (found.status, found.found) == ("pass", "port 22: accepted now and after the next boot")
    assert found.evidence[0] == Evidence("packet filter", "no rule applies")


@pytest.mark.parametrize(
    ("now", "boot", "status", "found"),
    [
        (SHUT, OPEN, "fail", "port 22: dropped (now)"),
        (OPEN, SHUT, "fail", "port 22: dropped (after the next boot)"),
        (SSH_ONLY, SSH_ONLY, "pass", "port 22: accepted now and after the next boot"),
        ("not recorded", SSH_ONLY, "pass", "port 22: accepted after the next boot"),
        ("not root", SSH_ONLY, "unknown", "port 22: the rules in force could not be read: not root"),
        (OPEN, "no init system", "pass", "port 22: accepted now"),
        ("not root", SHUT, "fail", "port 22: dropped (after the next boot)"),
        ("not root", "no init system", "unknown", "not root; no init system"),
    ],
)
def test_the_worse_of_what_was_seen_counts(now: Ruleset | str, boot: Ruleset | str, status: str, found: str) -> None:
    judged = ssh_firewall(now, boot)
    assert (judged.status, judged.found) == (status, found)
    assert judged.remedies or status == "pass"


def test_a_half_that_was_not_seen_is_told_of() -> None:
    assert Evidence("now", "not seen: not recorded") in ssh_firewall("not recorded").evidence


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("nft is not installed", "run linuxready as root, with nftables installed"),
        ("`ip6tables -t filter -nvL` is not gathered by sos 2.2", "run linuxready as root"),
        ("whether nf_tables is built in is not known", "run linuxready as root"),
    ],
)
def test_nftables_is_asked_for_where_nft_was_wanting(reason: str, advice: str) -> None:
    assert [remedy.text for remedy in ssh_firewall(reason).remedies] == [advice]


def test_what_depends_warns_with_the_rule() -> None:
    judged = ssh_firewall(rules("-A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT"))
    assert (judged.status, judged.found) == ("warn", "port 22: depends on the source address (now)")
    assert judged.evidence[0].text == "-A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT"


def test_ipv6_refused_alone_warns() -> None:
    both = Ruleset((*SSH_ONLY.tables, *rules(family="ip6").tables))
    assert (ssh_firewall(both).status, ssh_firewall(both).found) == ("warn", "port 22 by IPv6: dropped (now)")


def test_ipv6_is_not_asked_where_sshd_does_not_listen() -> None:
    assert ssh_firewall(rules(family="ip6"), listens=listen(("0.0.0.0", 22))).status == "pass"


def test_the_port_is_sshds() -> None:
    judged = ssh_firewall(SSH_ONLY, listens=listen(("0.0.0.0", 2222)))
    assert (judged.status, judged.found) == ("fail", "port 2222: dropped (now)")


def test_a_port_refused_by_both_families_is_refused() -> None:
    """The warning of IPv6 is no way in."""
    shut = Ruleset((*SHUT.tables, *rules("-A INPUT -p tcp --dport 80 -j ACCEPT", family="ip6").tables))
    assert ssh_firewall(shut, shut).status == "fail"
    assert ssh_firewall(shut, shut, listens=listen(("0.0.0.0", 22), ("::", 22), ("0.0.0.0", 2222))).status == "fail"


def test_one_open_port_of_several_is_enough() -> None:
    judged = ssh_firewall(SSH_ONLY, listens=listen(("0.0.0.0", 22), ("0.0.0.0", 2222)))
    assert (judged.status, judged.found) == ("warn", "port 2222: dropped (now); port 22 is let in")


def test_what_both_rulesets_refuse_is_mended_in_both() -> None:
    judged = ssh_firewall(SHUT, rules("-A INPUT -j DROP", source="/etc/sysconfig/iptables"))
    assert judged.found == "port 22: dropped (now and after the next boot)"
    assert [remedy.kind for remedy in judged.remedies] == ["command", "edit"]
    assert len(judged.evidence) == 3


def test_loopback_alone_fails() -> None:
    judged = ssh_firewall(listens=listen(("127.0.0.1", 22), ("::1", 22)))
    assert (judged.status, judged.found) == ("fail", "the SSH server listens on loopback only")


def test_an_address_of_its_own_warns() -> None:
    judged = ssh_firewall(listens=listen(("10.1.2.3", 22)))
    assert (judged.status, judged.found) == (
        "warn",
        "the SSH server listens on 10.1.2.3 only, which may change in Azure",
    )


def test_bridges_of_containers_are_no_way_in() -> None:
    docker = rules("-A INPUT -i docker0 -j ACCEPT")
    assert ssh_firewall(docker, interfaces=(ETH0, DOCKER0)).status == "fail"
    assert ssh_firewall(docker, interfaces=(replace(DOCKER0, device=True),)).status == "pass"


def test_after_a_boot_the_adapter_may_be_azures() -> None:
    by_name = rules("-A INPUT -i ens192 -p tcp --dport 22 -j ACCEPT")
    assert ssh_firewall(by_name, interfaces=(ENS192,)).status == "pass"
    judged = ssh_firewall(by_name, by_name, interfaces=(ENS192,))
    assert (judged.status, judged.found) == ("warn", "port 22: depends on the interface (after the next boot)")
    azures = rules("-A INPUT -i eth0 -p tcp --dport 22 -j ACCEPT")
    assert ssh_firewall(azures, azures).status == "pass"


@pytest.mark.parametrize(
    ("place", "text", "remedy"),
    [
        (
            "/etc/firewalld/zones/public.xml",
            "target",
            "firewall-cmd --permanent --zone=public --add-service=ssh && firewall-cmd --reload",
        ),
        ("iptables-save:9", "-A ufw-user-input -j DROP", "ufw allow 22/tcp"),
        ("/etc/sysconfig/SuSEfirewall2", "no", 'in /etc/sysconfig/SuSEfirewall2, add 22 to FW_SERVICES_EXT_TCP="…"'),
        (
            "nft list ruleset: inet filter input handle 4",
            "drop",
            "nft insert rule inet filter input tcp dport 22 accept",
        ),
        ("/etc/nftables.conf:12", "drop", "in /etc/nftables.conf, put before that rule: tcp dport 22 accept"),
        (
            "iptables-save:9",
            "-A INPUT -j DROP",
            "iptables -I INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT",
        ),
        (
            "/etc/sysconfig/iptables:9",
            "-A INPUT -j DROP",
            f"in /etc/sysconfig/iptables, put before that rule: -A {ALLOW}",
        ),
    ],
)
def test_the_remedy_is_in_the_words_of_whose_rule_it_is(place: str, text: str, remedy: str) -> None:
    table = SHUT.tables[0]
    chain = table.chains[0]
    rule = replace(
        chain.rules[0],
        place=place,
        text=text,
        matches=(),
        statements=parse_save("*filter\n-A INPUT -j DROP\nCOMMIT", "ip", "")[0].chains[0].rules[0].statements,
    )
    shut = Ruleset((replace(table, chains=(replace(chain, rules=(rule,)),)),))
    assert ssh_firewall(shut).remedies[0].text == remedy


@pytest.mark.parametrize(
    ("table", "line", "remedy"),
    [
        ("raw", "-A PREROUTING -p tcp --dport 22 -j DROP", "take out that rule, or narrow it: "),
        ("filter", "-A RH -j DROP", "iptables -I RH -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT"),
        ("filter", "-A input_int -j DROP", 'in /etc/sysconfig/SuSEfirewall2, add 22 to FW_SERVICES_INT_TCP="…"'),
        ("filter", "-A ufw-user-input -j DROP", "ufw insert 1 allow 22/tcp"),
        ("filter", "-A IN_dmz_deny -j DROP", "firewall-cmd --permanent --zone=dmz --add-service=ssh"),
    ],
)
def test_the_remedy_is_for_the_chain_that_refuses(table: str, line: str, remedy: str) -> None:
    chain = line.split()[1]
    jump = "" if table == "raw" else f"-A INPUT -j {chain}\n"
    text = f"*{table}\n:{chain} - [0:0]\n{jump}{line}\nCOMMIT\n"
    judged = ssh_firewall(Ruleset(parse_save(text, "ip", "iptables-save")))
    assert judged.remedies[0].text.startswith(remedy)


def test_listening_by_ipv6_alone_fails() -> None:
    judged = ssh_firewall(listens=listen(("::", 22)))
    assert (judged.status, judged.found) == ("fail", "the SSH server listens by IPv6 only")


def test_loopback_is_no_destination_of_what_comes_in() -> None:
    lo = Interface("lo", (Address("127.0.0.1"), Address("::1")), device=False)
    guard = rules("-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -j DROP", "-A INPUT -j ACCEPT")
    assert ssh_firewall(guard, interfaces=(lo, ETH0)).status == "pass"


@pytest.mark.parametrize(
    ("now", "wanted", "status"),
    [
        (SHUT, False, "skip"),
        (SHUT, True, "fail"),
        (OPEN, True, "pass"),
        (SSH_ONLY, True, "fail"),
        (rules("-A INPUT -s 10.0.0.0/8 -p tcp --dport 20004 -j ACCEPT"), True, "warn"),
        (rules("-A INPUT -p tcp --dport 80 -j ACCEPT", family="ip6"), True, "warn"),
    ],
)
def test_the_port_of_multi_vm_consistency(now: Ruleset, wanted: bool, status: str) -> None:
    known = facts(firewall=Firewall(Fact(value=now), Fact(value=OPEN)), interfaces=(ETH0,))
    assert finding_by(requirement("multi-vm-port", wanted=wanted), known).status == status


def test_without_the_fact_it_is_unknown() -> None:
    assert finding_by(requirement("multi-vm-port", wanted=True), facts()).status == "unknown"
    assert finding(facts(ssh_listen=EVERYWHERE), "ssh-firewall").status == "unknown"


def test_a_last_reject_is_of_whoever_made_the_chains_beside_it() -> None:
    """firewalld's, ufw's and SuSEfirewall2's own last rules name none of them."""
    last = "-A INPUT -j REJECT --reject-with icmp-host-prohibited"
    for chain, remedy in (
        ("INPUT_ZONES", "firewall-cmd --permanent --add-service=ssh && firewall-cmd --reload"),
        ("ufw-before-input", "ufw allow 22/tcp"),
        ("docker", f"iptables -I {ALLOW}"),
    ):
        assert ssh_firewall(rules(f":{chain} - [0:0]", last)).remedies[0].text == remedy
    legacy = ssh_firewall(rules(last, source="iptables-legacy-save"))
    assert legacy.remedies[0].text == f"iptables-legacy -I {ALLOW}"

"""iptables-save's text as typed tables: what each option becomes, and what of it is not understood."""

from __future__ import annotations

import pytest

from linuxready.readers.firewall.iptables import parse_save
from linuxready.readers.firewall.iptables_rule import parse_rule, split
from linuxready.ruleset import Match, Statement


def matches(words: str) -> list[tuple[str, tuple[str, ...], bool]]:
    """Fields, values and negation of each match of a rule's words, those of one field only."""
    rule = parse_rule(split(words), words, "here")
    return [(m.fields[0], tuple(row[0] for row in m.values), m.negated) for m in rule.matches]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-p tcp", [("protocol", ("tcp",), False)]),
        ("-p 6", [("protocol", ("tcp",), False)]),
        ("-p all", [("protocol", ("tcp",), False)]),
        ("! -p udp", [("protocol", ("udp",), True)]),
        ("-s 10.0.0.0/8", [("source", ("10.0.0.0/8",), False)]),
        ("-s 10.0.0.0/255.0.0.0", [("source", ("10.0.0.0/8",), False)]),
        ("! -d 10.0.0.1,10.0.0.2", [("destination", ("10.0.0.1", "10.0.0.2"), True)]),
        ("-d ! 10.0.0.1", [("destination", ("10.0.0.1",), True)]),
        ("-s fe80::/10", [("source", ("fe80::/10",), False)]),
        ("-i eth+", [("in-interface", ("eth*",), False)]),
        ("! -i lo", [("in-interface", ("lo",), True)]),
        ("--dport 22", [("destination-port", ("22",), False)]),
        ("--dport=22", [("destination-port", ("22",), False)]),
        ("--dport ssh", [("destination-port", ("22",), False)]),
        ("! --dport 1024:", [("destination-port", ("1024-65535",), True)]),
        ("--sport :1023", [("source-port", ("0-1023",), False)]),
        ("-m multiport --dports 22,8000:8080", [("destination-port", ("22", "8000-8080"), False)]),
        (
            "-m multiport --dports 22 -m state --state NEW",
            [("destination-port", ("22",), False), ("state", ("new",), False)],
        ),
        ("-m conntrack ! --ctstate RELATED,ESTABLISHED", [("state", ("related", "established"), True)]),
        ("-m conntrack --ctstate DNAT", [("ct-status", ("dnat",), False)]),
        ("--tcp-flags FIN,SYN,RST,ACK SYN", [("tcp-flags", ("23/2",), False)]),
        ("! --syn", [("tcp-flags", ("23/2",), True)]),
        ("--tcp-flags ALL NONE", [("tcp-flags", ("63/0",), False)]),
        ("-m mark --mark 0x1/0xff", [("mark", ("1/255",), False)]),
        ("-m connmark ! --mark 0x1", [("ct-mark", ("1",), True)]),
        ("-m addrtype --dst-type LOCAL", [("destination-type", ("local",), False)]),
        ("-m pkttype --pkt-type multicast", [("packet-type", ("multicast",), False)]),
        ("-m iprange --src-range 10.0.0.1-10.0.0.9", [("source", ("10.0.0.1-10.0.0.9",), False)]),
        ('-m comment --comment "it is -j DROP ! here"', []),
        ("-m recent --set --name SSH --mask 255.255.255.255 --rsource", []),
        ("-m rpfilter", [("reverse-path", ("exists",), False)]),
        ("-m mark --mark 017", [("mark", ("15",), False)]),
        ("-m comment --comment -f -p udp", [("protocol", ("udp",), False)]),
        ("-c 5 100 -i eth0", [("in-interface", ("eth0",), False)]),
        ("-m rt --rt-type 0", [("protocol", ("a routing header",), False)]),
        ("-j ACCEPT -s 10.0.0.1", [("source", ("10.0.0.1",), False)]),
        ("-j ACCEPT ! -s 10.0.0.1", [("source", ("10.0.0.1",), True)]),
        ("-j ACCEPT --dport 22", [("destination-port", ("22",), False)]),
        (
            "-j REJECT --reject-with tcp-reset -m limit --limit 3/min",
            [("rate", (), False), ("rate", ("--limit 3/min",), False)],
        ),
    ],
)
def test_options(words: str, expected: list[tuple[str, tuple[str, ...], bool]]) -> None:
    assert matches(words) == expected


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("-m limit --limit 3/min", "rate"),
        ("-m limit", "rate"),
        ("-m hashlimit --hashlimit-above 3/min --hashlimit-mode srcip --hashlimit-name x", "rate"),
        ("-m connlimit --connlimit-above 3", "connections"),
        ("-m recent --update --seconds 60 --hitcount 4", "recent"),
        ("-m time --timestart 08:00", "time"),
        ("-m set --match-set f2b src", "ipset"),
        ("-m geoip --src-cc DE", "-m geoip"),
        ("-m geoip", "-m geoip"),
        ("-m mac --mac-source 00:11:22:33:44:55", "-m mac"),
        ("-s server.example.com", "option"),
        ("--dport nosuchname", "option"),
        ("-m conntrack --ctstate NEW,DNAT", "-m conntrack"),
        ("--frobnicate 3", "option"),
        ("-m mark --mark zz", "-m mark"),
        ("-m mark --mark 0x1/zz/2", "-m mark"),
    ],
)
def test_what_depends_or_is_not_understood_is_a_match_of_its_own(words: str, field: str) -> None:
    assert {name for name, _, _ in matches(words)} == {field}


def test_a_port_on_either_side() -> None:
    (match,) = parse_rule(["-m", "multiport", "--ports", "22"], "", "").matches
    assert match == Match(("source-port", "destination-port"), (("22", "0-65535"), ("0-65535", "22")))


@pytest.mark.parametrize(
    ("words", "statement"),
    [
        ("-j ACCEPT", Statement("accept")),
        ("-j REJECT --reject-with tcp-reset", Statement("reject")),
        ("-j SSH", Statement("jump", "SSH")),
        ("-g SSH", Statement("goto", "SSH")),
        ("-j RETURN", Statement("return")),
        ("-j MARK --set-xmark 0x1/0xff", Statement("mark", "1/255")),
        ("-j MARK --set-mark 1", Statement("mark", "1/4294967295")),
        ("-j MARK --and-mark 0xf", Statement("mark", f"0/{0xFFFFFFF0}")),
        ("-j MARK --or-mark 0x10", Statement("mark", "16/16")),
        ("-j CONNMARK --restore-mark", Statement("mark")),
        ("-j CONNMARK --save-mark", Statement("ct-mark")),
        ("-j CT --notrack", Statement("notrack")),
        ("-j NOTRACK", Statement("notrack")),
        ("-j REDIRECT --to-ports 2222", Statement("redirect", "2222")),
        ("-j DNAT --to-destination 10.0.0.1:22", Statement("dnat", "10.0.0.1:22")),
        ("-j NFQUEUE --queue-num 0", Statement("queue")),
        ("-j FROBNICATE", Statement("unknown", "FROBNICATE")),
    ],
)
def test_targets(words: str, statement: Statement) -> None:
    assert parse_rule(split(words), words, "here", ["SSH"]).statements == (statement,)


@pytest.mark.parametrize(
    "words", ["-j LOG --log-prefix x", "-j TCPMSS --clamp-mss-to-pmtu", "-j CT --helper ftp", "-s 10.0.0.1"]
)
def test_what_decides_nothing_has_no_statement(words: str) -> None:
    assert parse_rule(split(words), words, "here").statements == ()


SAVED = """\
# Generated by iptables-save v1.4.7
*filter
:INPUT DROP [12:720]
:FORWARD DROP [0:0]
:SSH - [0:0]
[3:180] -A INPUT -p tcp --dport 22 -j SSH
-A SSH -s 10.0.0.0/8 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
COMMIT
"""


def test_tables_have_hooks_priorities_and_policies() -> None:
    filters, nat = parse_save(SAVED, "ip", "saved")
    chains = {chain.name: chain for chain in filters.chains}
    assert (chains["INPUT"].hook, chains["INPUT"].priority, chains["INPUT"].policy) == ("input", 0, "drop")
    assert (chains["FORWARD"].hook, chains["SSH"].hook) == ("", "")
    assert chains["INPUT"].rules[0].statements == (Statement("jump", "SSH"),)
    assert (chains["INPUT"].rules[0].text, chains["INPUT"].rules[0].place) == (
        "-A INPUT -p tcp --dport 22 -j SSH",
        "saved:6",
    )
    assert [(c.hook, c.priority, c.kind) for c in nat.chains] == [("prerouting", -100, "nat"), ("input", 100, "nat")]


def test_a_table_that_is_there_twice_is_the_later_one() -> None:
    (table,) = parse_save("*filter\n:INPUT DROP\nCOMMIT\n*filter\n:INPUT ACCEPT\nCOMMIT\n", "ip", "file")
    assert table.chains[0].policy == "accept"


def test_a_line_without_end_is_not_understood() -> None:
    (table,) = parse_save('*filter\n:INPUT ACCEPT\n-A INPUT --comment "' + '\\"' * 50_000 + "\nCOMMIT\n", "ip", "file")
    assert table.chains[0].rules[0].statements[0].kind == "unknown"


def test_files_may_insert_flush_and_name_policies() -> None:
    inserted = "-N SSH\n-A INPUT -j DROP\n-I INPUT -j ACCEPT\n-I INPUT 2 -j SSH\n"
    flushed = "-P INPUT DROP\n-A SSH -j DROP\n-F SSH\n"
    (table,) = parse_save(f"*filter\n{inserted}{flushed}COMMIT\n", "ip", "file")
    chains = {chain.name: chain for chain in table.chains}
    assert [rule.statements[0].kind for rule in chains["INPUT"].rules] == ["accept", "jump", "drop"]
    assert (chains["INPUT"].policy, chains["SSH"].rules) == ("drop", ())


@pytest.mark.parametrize(
    "text", ["*filter\n:INPUT ACCEPT [0:0]\nfrobnicate\nCOMMIT\n", "*filter\n:INPUT ACCEPT [0:0]\n"]
)
def test_a_strange_line_and_a_missing_commit_are_told(text: str) -> None:
    (table,) = parse_save(text, "ip", "file")
    assert [rule.statements[0].kind for rule in table.chains[0].rules] == ["unknown"]


def test_quoted_words() -> None:
    assert split(r'-m comment --comment "a \"b\" c" -j DROP') == ["-m", "comment", "--comment", 'a "b" c', "-j", "DROP"]

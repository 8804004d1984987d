"""The rules in force: what nft 1.0.6 said of a ruleset with most of what rules can hold, and of firewalld's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from linuxready.host import Unreadable
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import nft
from linuxready.ruleset import Rule, Ruleset

from .shown import chain, shown

CAPTURED = Path(__file__).parents[3] / "testdata" / "nft"
CONSTRUCTS = (CAPTURED / "constructs.json").read_text(encoding="utf-8")
FIREWALLD = (CAPTURED / "firewalld.json").read_text(encoding="utf-8")

RULES = {
    "tcp dport 22 accept": ["protocol tcp & destination-port 22: accept"],
    'tcp dport { 22, 80-90 } accept comment "hi"': ["protocol tcp & destination-port 22,80-90: accept"],
    "tcp dport != { 22, 80-90 } accept": ["protocol tcp & destination-port not 22,80-90: accept"],
    "tcp dport > 1023 drop": ["protocol tcp & destination-port 1024-65535: drop"],
    "tcp dport < 1024 drop": ["protocol tcp & destination-port 0-1023: drop"],
    "tcp dport <= 22 drop": ["protocol tcp & destination-port 0-22: drop"],
    "tcp dport >= 22 drop": ["protocol tcp & destination-port 22-65535: drop"],
    "tcp dport 22-22 accept": ["protocol tcp & destination-port 22: accept"],
    "tcp dport & 1 == 1 drop": ["protocol tcp & tcp dport & 1 1: drop"],
    "tcp sport 1024-65535 tcp dport 22 accept": ["protocol tcp & source-port 1024-65535 & destination-port 22: accept"],
    "tcp dport vmap @m": [
        "protocol tcp & destination-port 22: accept",
        "protocol tcp & destination-port 80-90: jump x",
        "protocol tcp & destination-port not 22,80-90:",
    ],
    "tcp dport vmap { 22 : accept, * : drop }": [
        "protocol tcp & destination-port 22: accept",
        "protocol tcp & destination-port not 22: drop",
    ],
    "tcp dport @any accept": ["protocol tcp: accept"],
    "ip saddr @s accept": ["family ip & source 1.2.3.4,10.0.0.0/8,192.168.1.1-192.168.1.5: accept"],
    "ip saddr @seen accept": ["family ip & recent @seen: accept"],
    "ip saddr @noted accept": ["family ip & source 1.2.3.4: accept"],
    "ip saddr . tcp dport @c accept": [
        "family ip & protocol tcp & source . destination-port 10.0.0.0/8 . 22-25,1.2.3.4 . 80: accept"
    ],
    "ip saddr . tcp dport { 10.0.0.0/8 . 22-25, 1.2.3.4 . 80 } accept": [
        "family ip & protocol tcp & source . destination-port 10.0.0.0/8 . 22-25,1.2.3.4 . 80: accept"
    ],
    "ip protocol . th dport { tcp . 22, udp . 53 } accept": [
        "family ip & protocol . destination-port tcp . 22,udp . 53: accept"
    ],
    "ip saddr . ip daddr vmap { 1.2.3.4 . 4.3.2.1 : accept }": [
        "family ip & source . destination 1.2.3.4 . 4.3.2.1: accept"
    ],
    "iifname . tcp dport vmap { lo . 22 : accept, eth0 . 23 : drop }": [
        "protocol tcp & in-interface . destination-port lo . 22: accept",
        "protocol tcp & in-interface . destination-port eth0 . 23: drop",
    ],
    "ip saddr != 10.0.0.0/8 drop": ["family ip & source not 10.0.0.0/8: drop"],
    "ip saddr 10.0.0.1-10.0.0.5 drop": ["family ip & source 10.0.0.1-10.0.0.5: drop"],
    "ip saddr > 10.0.0.1 drop": ["family ip & source 10.0.0.2-255.255.255.255: drop"],
    "ip saddr & 255.255.0.255 == 10.0.0.5 drop": ["family ip & ip saddr & 255.255.0.255 10.0.0.5: drop"],
    "ip6 saddr fe80::/10 accept": ["family ip6 & source fe80::/10: accept"],
    "ip6 daddr ::1 accept": ["family ip6 & destination ::1: accept"],
    "ip protocol tcp accept": ["family ip & protocol tcp: accept"],
    "ip6 nexthdr ipv6-icmp accept": ["family ip6 & protocol icmpv6: accept"],
    "ip ttl 5 accept": ["family ip & ip ttl 5: accept"],
    "ct state established,related accept": ["state established,related: accept"],
    "ct state { established, related } accept": ["state established,related: accept"],
    "ct state == established accept": ["state established: accept"],
    "ct state != established accept": ["state not established: accept"],
    "ct state != { invalid, new } accept": ["state not invalid,new: accept"],
    "ct state != established | related accept": ["ct state not established | related: accept"],
    "ct state ! new accept": ["state not new: accept"],
    "ct state & new == new accept": ["state new: accept"],
    "ct state ! established,related accept": ["state not established,related: accept"],
    "ct state vmap { invalid : drop, established : accept }": ["state invalid: drop", "state established: accept"],
    "ct status dnat accept": ["ct-status dnat: accept"],
    "ct status ! dnat accept": ["ct-status not dnat: accept"],
    "ct status snat,dnat accept": ["ct-status snat,dnat: accept"],
    "ct status != snat accept": ["ct status not snat: accept"],
    "ct status & dnat == dnat accept": ["ct-status dnat: accept"],
    "ct status & (assured | confirmed) == assured accept": ["ct status & (assured | confirmed) assured: accept"],
    "ct direction original accept": ["direction original: accept"],
    "ct mark & 15 == 2 ct mark set 5": ["ct-mark 0x2/0xf: ct-mark 0x5/0xffffffff"],
    "ct original ip saddr 1.2.3.4 accept": ["ct original ip saddr 1.2.3.4: accept"],
    "tcp flags syn drop": ["protocol tcp & tcp-flags not 2/0: drop"],
    "tcp flags fin,syn drop": ["protocol tcp & tcp-flags not 3/0: drop"],
    "tcp flags == syn drop": ["protocol tcp & tcp-flags 255/2: drop"],
    "tcp flags != syn drop": ["protocol tcp & tcp-flags not 255/2: drop"],
    "tcp flags ! syn drop": ["protocol tcp & tcp-flags 2/0: drop"],
    "tcp flags & (fin | syn | rst | ack) == syn drop": ["protocol tcp & tcp-flags 23/2: drop"],
    "tcp flags & (fin | syn) != syn drop": ["protocol tcp & tcp-flags not 3/2: drop"],
    "tcp flags { syn | ack, syn } drop": ["protocol tcp & tcp-flags 255/18,255/2: drop"],
    "tcp flags & (fin | syn) == fin,syn drop": ["protocol tcp & tcp-flags 3/3: drop"],
    "meta mark 5 accept": ["mark 0x5/0xffffffff: accept"],
    "meta mark & 255 == 1 accept": ["mark 0x1/0xff: accept"],
    "meta mark & 255 != 0 accept": ["mark not 0x0/0xff: accept"],
    "meta mark & 240 { 16, 32 } accept": ["mark 0x10/0xf0,0x20/0xf0: accept"],
    "meta mark 1-5 accept": ["mark 1-5: accept"],
    "meta mark > 5 accept": ["mark 6-4294967295: accept"],
    "meta mark != 3 accept": ["mark not 0x3/0xffffffff: accept"],
    "meta mark set 1 tcp dport 22 accept": [": mark 0x1/0xffffffff", "protocol tcp & destination-port 22: accept"],
    "meta mark 7 meta mark set 1 tcp dport 22 accept": [
        "mark 0x7/0xffffffff: mark 0x1/0xffffffff",
        "mark before this rule changed it 0x7/0xffffffff & protocol tcp & destination-port 22: accept",
    ],
    "meta mark set meta mark | 16": [": mark 0x10/0x10"],
    "meta mark set meta mark & 4294901776 | 16": [": mark 0x10/0xffff"],
    "meta mark set meta mark ^ 16": [": mark 0x10/0x0"],
    "meta mark set ct mark": [": mark"],
    "meta mark set ip saddr map @marks": ["family ip: mark"],
    "ct mark set meta mark": [": ct-mark"],
    "notrack": [": notrack"],
    'iif "lo" accept': ["in-interface lo: accept"],
    'iifname "eth*" accept': ["in-interface eth*: accept"],
    "iifname { eth0, eth1 } accept": ["in-interface eth0,eth1: accept"],
    'iifname @ifs oifname != "x" accept': ["in-interface eth0 & out-interface not x: accept"],
    "meta l4proto { tcp, udp } th dport 53 accept": ["protocol tcp,udp & destination-port 53: accept"],
    "meta l4proto ipv6-icmp accept": ["protocol icmpv6: accept"],
    "meta nfproto ipv6 accept": ["family ip6: accept"],
    "meta protocol ip accept": ["family ip: accept"],
    "ether type ip6 accept": ["family ip6: accept"],
    "meta pkttype broadcast drop": ["packet-type broadcast: drop"],
    "meta pkttype != host drop": ["packet-type not unicast: drop"],
    "icmp type echo-request accept": ["family ip & protocol icmp & icmp type echo-request: accept"],
    "icmpv6 type { echo-request, nd-neighbor-solicit } accept": [
        "family ip6 & protocol icmpv6 & icmpv6 type echo-request,nd-neighbor-solicit: accept"
    ],
    "udp dport 53 accept": ["protocol udp & destination-port 53: accept"],
    "esp spi 3 accept": ["protocol esp & esp spi 3: accept"],
    "fib daddr type local accept": ["destination-type local: accept"],
    "fib daddr . iif type != { local, broadcast } drop": ["destination-type not local,broadcast: drop"],
    "fib saddr type broadcast drop": ["source-type broadcast: drop"],
    "fib saddr . iif oif missing drop": ["reverse-path missing: drop"],
    "fib saddr . mark . iif oif missing drop": ["reverse-path missing: drop"],
    "fib saddr . iif oif exists accept": ["reverse-path exists: accept"],
    "fib saddr . iif oif 0 drop": ["reverse-path missing: drop"],
    "fib saddr oif lo drop": ["fib saddr oif lo: drop"],
    "limit rate 10/minute accept": ["rate rate 10/minute: accept"],
    "limit rate over 10 mbytes/second burst 7 kbytes drop": ["rate rate over 10 mbytes/second burst 7 kbytes: drop"],
    "quota over 5 mbytes drop": ["rate over 5 mbytes: drop"],
    "ct count over 3 drop": ["connections over 3: drop"],
    'meta day "Monday" accept': ['time meta day "Monday": accept'],
    "meta hour 10:00-12:00 accept": ["time meta hour 10:00-12:00: accept"],
    "add @seen { ip saddr } accept": [": accept"],
    "update @seen { ip saddr limit rate 3/second } accept": ["rate rate 3/second: accept"],
    "meter mtr { ip saddr limit rate over 3/second } drop": ["rate rate over 3/second: drop"],
    "meta l4proto tcp reject with tcp reset": ["protocol tcp: reject"],
    "tcp dport 22 reject with tcp reset": ["protocol tcp & destination-port 22: reject"],
    "reject with icmpx port-unreachable": [": reject"],
    "reject with icmp host-unreachable": ["family ip: reject"],
    "reject with icmpx admin-prohibited": [": reject"],
    'log prefix "abc" drop': [": drop"],
    "counter": [":"],
    "counter accept": [": accept"],
    "jump x": [": jump x"],
    'iifname "eth1" goto x': ["in-interface eth1: goto x"],
    'iifname "eth1" return': ["in-interface eth1: return"],
    "synproxy mss 1460 wscale 7 flags timestamp,sack-perm": [
        ": unknown synproxy mss 1460 wscale 7 flags timestamp,sack-perm"
    ],
    "ip daddr set 1.2.3.4": [": unknown ip daddr set 1.2.3.4"],
    "tcp dport set 33": [": unknown tcp dport set 33"],
    "ip dscp set ef": [":"],
    "tcp option maxseg size set 1400": [":"],
    "ct zone set 1": [":"],
    "meta priority set 5:5": [":"],
    "meta skuid 5 accept": ["meta skuid 5: accept"],
    "meta length > 50 accept": ["meta length > 50: accept"],
    "socket transparent 1 accept": ["socket transparent 1: accept"],
    "th dport 22 accept": ["destination-port 22: accept"],
    "@nh,96,32 16909060 accept": ["@nh,96,32 16909060: accept"],
    "tcp dport 222 redirect to :22": ["protocol tcp & destination-port 222: redirect 22, accept"],
    "tcp dport 223 redirect": ["protocol tcp & destination-port 223: redirect, accept"],
    "tcp dport 224 dnat ip to 10.1.1.1:22": ["protocol tcp & destination-port 224: dnat 10.1.1.1:22"],
    "tcp dport 225 dnat ip6 to [fe80::1]:22": ["protocol tcp & destination-port 225: dnat [fe80::1]:22"],
    "masquerade": [": accept"],
    "snat ip to 1.2.3.4": [": accept"],
    "reject with icmp port-unreachable": [": reject"],
}
"""The text of a rule of constructs.json, and the rules it becomes."""


@pytest.fixture(scope="module")
def constructs() -> Ruleset:
    return nft.parse(CONSTRUCTS)


@pytest.mark.parametrize("text", RULES)
def test_a_rule(constructs: Ruleset, text: str) -> None:
    rules = [rule for table in constructs.tables for each in table.chains for rule in each.rules if rule.text == text]
    places = sorted({rule.place for rule in rules})
    assert places, "no rule is written so"
    assert [shown(rule) for rule in rules if rule.place == places[0]] == RULES[text]


def test_everything_was_placed(constructs: Ruleset) -> None:
    assert constructs.not_understood == ()
    rules = [rule for table in constructs.tables for each in table.chains for rule in each.rules]
    captured = [each["rule"]["handle"] for each in json.loads(CONSTRUCTS)["nftables"] if "rule" in each]
    assert len({rule.place for rule in rules}) == len(captured)


def test_a_rule_says_where_it_stands(constructs: Ruleset) -> None:
    rule = chain(constructs, "p").rules[0]
    assert rule.place.startswith("nft list ruleset: inet t p handle ")


@pytest.mark.parametrize(
    ("name", "hook", "priority", "policy", "kind"),
    [
        ("in", "input", 5, "drop", "filter"),
        ("p", "prerouting", -100, "accept", "nat"),
        ("q", "postrouting", 100, "accept", "nat"),
        ("r", "ingress", -5, "accept", "filter"),
        ("x", "", 0, "accept", "filter"),
    ],
)
def test_a_chain(constructs: Ruleset, name: str, hook: str, priority: int, policy: str, kind: str) -> None:
    found = chain(constructs, name)
    assert (found.hook, found.priority, found.policy, found.kind) == (hook, priority, policy, kind)


def test_a_dormant_table_filters_nothing(constructs: Ruleset) -> None:
    assert chain(constructs, "input").hook == ""


def test_tables_keep_their_family_and_source(constructs: Ruleset) -> None:
    assert [(table.family, table.name) for table in constructs.tables] == [
        ("inet", "t"),
        ("ip", "old"),
        ("bridge", "b"),
        ("ip", "dorm"),
    ]
    assert {table.source for table in constructs.tables} == {"nft list ruleset"}


# -- firewalld ---------------------------------------------------------------------------------------------


def test_firewalld_is_understood_whole() -> None:
    ruleset = nft.parse(FIREWALLD)
    assert ruleset.not_understood == ()
    statements = {s.kind for table in ruleset.tables for c in table.chains for rule in c.rules for s in rule.statements}
    assert "unknown" not in statements


@pytest.mark.parametrize(("port", "answer"), [(22, "accepted"), (23, "refused")])
@pytest.mark.parametrize("family", ["ip", "ip6"])
def test_firewalld_lets_ssh_in_and_telnet_not(family: str, port: int, answer: str) -> None:
    assert walk(nft.parse(FIREWALLD), Connection(port, family)).answer == answer


# -- what other versions print -----------------------------------------------------------------------------

TABLE = {"table": {"family": "inet", "name": "t"}}
CHAIN = {"chain": {"family": "inet", "table": "t", "name": "c"}}


def read(*objects: Any) -> Ruleset:
    return nft.parse(json.dumps({"nftables": [TABLE, CHAIN, *objects]}))


def rules(*statements: Any, objects: tuple[Any, ...] = ()) -> list[str]:
    rule = {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": statements}}
    return [shown(made) for made in chain(read(*objects, rule), "c").rules]


def matched(operator: str, left: Any, right: Any) -> str:
    (made,) = rules({"match": {"op": operator, "left": left, "right": right}})
    return made.removesuffix(":")


PORT = {"payload": {"protocol": "tcp", "field": "dport"}}
FLAGS = {"payload": {"protocol": "tcp", "field": "flags"}}
STATE = {"ct": {"key": "state"}}
ROUTE = {"fib": {"result": "oif", "flags": ["saddr", "iif"]}}
MARK = {"meta": {"key": "mark"}}


@pytest.mark.parametrize(
    ("operator", "left", "right", "meant"),
    [
        ("in", PORT, {"set": [22, 80]}, "protocol tcp & destination-port 22,80"),
        ("in", STATE, {"set": ["new", "untracked"]}, "state new,untracked"),
        ("==", PORT, "ssh", "protocol tcp & destination-port 22"),
        ("==", PORT, "no-such-service", "protocol tcp & tcp dport no-such-service"),
        ("==", PORT, 70000, "protocol tcp & tcp dport 70000"),
        ("==", PORT, {"set": []}, "protocol tcp & destination-port"),
        ("==", PORT, "@missing", "protocol tcp & tcp dport @missing"),
        (">", PORT, 65535, "protocol tcp & destination-port"),
        ("!=", {"&": [STATE, ["new", "related"]]}, 0, "state related,new"),
        ("==", {"&": [STATE, {"|": ["new", "related"]}]}, 0, "state not related,new"),
        ("==", {"&": [STATE, ["new", "related"]]}, "established", "ct state & (new | related) established"),
        ("==", {"&": [FLAGS, {"|": [{"|": ["fin", "syn"]}, "ack"]}]}, "syn", "protocol tcp & tcp-flags 19/2"),
        ("!=", {"&": [FLAGS, "syn"]}, 0, "protocol tcp & tcp-flags not 2/0"),
        ("in", {"&": [FLAGS, ["syn", "ack"]]}, "syn", "protocol tcp & tcp-flags not 2/0"),
        ("==", ROUTE, "", "reverse-path missing"),
        ("==", ROUTE, 0, "reverse-path missing"),
        ("!=", ROUTE, 0, "reverse-path not missing"),
        ("==", {"fib": {"result": "check", "flags": "saddr"}}, True, "reverse-path exists"),
        ("in", MARK, 6, "mark not 0x0/0x6"),
        ("==", {"meta": {"key": "nfproto"}}, "ipv4", "family ip"),
        ("==", {"meta": {"key": "l4proto"}}, 6, "protocol tcp"),
        ("==", {"payload": {"base": "th", "offset": 16, "len": 16}}, 22, "destination-port 22"),
        (
            "==",
            {"payload": {"tunnel": "vxlan", "protocol": "tcp", "field": "dport"}},
            22,
            "vxlan tcp dport 22",
        ),
        ("==", {"ct": {"key": "mark", "dir": "original"}}, 1, "ct original mark 1"),
        ("==", {"new thing": 5}, 1, "new thing 5 1"),
    ],
)
def test_a_match(operator: str, left: Any, right: Any, meant: str) -> None:
    assert matched(operator, left, right) == meant


@pytest.mark.parametrize(
    ("statement", "meant"),
    [
        ({"xt": {"type": "match", "name": "recent"}}, "xt match recent:"),
        ({"xt": {"type": "match", "name": "comment"}}, ":"),
        ({"xt": {"type": "target", "name": "MARK"}}, ": unknown xt target MARK"),
        ({"xt": {"type": "target", "name": "LOG"}}, ":"),
        ({"xt": {"type": "watcher", "name": "any"}}, ":"),
        ({"xt": None}, "xt: unknown xt"),
        ({"queue": {"num": 3}}, ": queue queue num 3"),
        ({"tproxy": {"family": "ip", "port": 22}}, ": unknown tproxy ip to :22"),
        ({"fwd": {"dev": "eth1"}}, ": unknown fwd dev eth1"),
        ({"limit": "slow"}, "rate name slow:"),
        ({"ct helper": "ftp"}, ":"),
        ({"flow": {"op": "add", "flowtable": "@f"}}, ":"),
        ({"new thing": None}, "new thing: unknown new thing"),
        ("jump {\n\taccept\n}", "jump {\n\taccept\n}: unknown jump {\n\taccept\n}"),
        ({"set": {"op": "add", "elem": PORT, "set": "@s", "stmt": [{"ct count": {"val": 3}}]}}, "connections 3:"),
        ({"mangle": {"key": {"meta": {"key": "pkttype"}}, "value": "host"}}, ": unknown meta pkttype set host"),
        ({"redirect": {"port": {"range": [22, 30]}}}, ": redirect 22-30, accept"),
    ],
)
def test_a_statement(statement: Any, meant: str) -> None:
    assert rules(statement) == [meant]


def test_a_map_is_unknown_where_it_is_missing() -> None:
    vmap = {"vmap": {"key": PORT, "data": "@missing"}}
    assert rules(vmap, {"accept": None}) == ["tcp dport vmap @missing: unknown tcp dport vmap @missing, accept"]


def test_a_map_goes_on_with_what_it_lets_through() -> None:
    pairs = [[22, {"continue": None}], [23, {"drop": None}]]
    made = rules({"vmap": {"key": PORT, "data": {"set": pairs}}}, {"accept": None})
    assert made == ["protocol tcp & destination-port 23: drop", "protocol tcp & destination-port 22: accept"]


def test_a_change_happens_before_a_map_that_holds_nothing() -> None:
    made = rules({"notrack": None}, {"vmap": {"key": PORT, "data": {"set": [[22, {"accept": None}]]}}})
    assert made == [": notrack", "protocol tcp & destination-port 22: accept"]


def test_elements_come_as_objects_of_their_own_too() -> None:
    here = {"family": "inet", "table": "t", "name": "s"}
    wrapped = {"elem": {"val": 22, "timeout": 60}}
    objects = ({"set": {**here, "type": "inet_service"}}, {"element": {**here, "elem": [wrapped, 23]}})
    made = rules({"match": {"op": "==", "left": PORT, "right": "@s"}}, objects=objects)
    assert made == ["protocol tcp & destination-port 22,23:"]


def test_a_dormant_table_of_later_versions() -> None:
    base = {"hook": "input", "prio": 0, "type": "filter", "policy": "drop"}
    table = {"table": {**TABLE["table"], "flags": ["dormant", "owner"]}}
    ruleset = nft.parse(json.dumps({"nftables": [table, {"chain": {**CHAIN["chain"], **base}}]}))
    assert chain(ruleset, "c").hook == ""


@pytest.mark.parametrize(("told", "devices"), [("eth0", ("eth0",)), (["eth0", "eth1"], ("eth0", "eth1"))])
def test_devices_of_a_chain(told: Any, devices: tuple[str, ...]) -> None:
    base = {"family": "inet", "table": "t", "name": "d", "hook": "egress", "prio": 0, "type": "filter", "dev": told}
    assert chain(read({"chain": base}), "d").devices == devices


@pytest.mark.parametrize(
    "odd",
    [
        {"new object": {"family": "inet", "table": "t"}},
        {"chain": {"family": "inet", "table": "missing", "name": "c"}},
        {"chain": {"family": "inet", "table": "t", "name": "d", "hook": "input", "prio": None}},
        {"rule": {"family": "inet", "table": "t", "chain": "missing", "expr": []}},
        {"rule": None},
        {"table": 5},
        [],
        "text",
    ],
    ids=str,
)
def test_an_odd_object_is_told(odd: Any) -> None:
    assert len(read(odd).not_understood) == 1


def test_deep_json_is_an_unknown_match() -> None:
    deep = '{"concat": [' * 450 + "1" + "]}" * 450
    text = json.dumps({"nftables": [TABLE, CHAIN, {"rule": {**CHAIN["chain"], "chain": "c", "expr": ["here"]}}]})
    match = f'{{"match": {{"op": "==", "left": {deep}, "right": 1}}}}'
    (made,) = chain(nft.parse(text.replace('"here"', match)), "c").rules
    assert shown(made).startswith("{'concat'")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"nftables": 3}', "[" * 100_000], ids=lambda text: text[:9])
def test_no_json_of_nft_s(text: str) -> None:
    with pytest.raises(Unreadable, match=r"^nft list ruleset: [^\n]+$"):
        nft.parse(text)


def test_a_comment_with_bytes_that_are_no_text() -> None:
    rule = {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [{"accept": None}], "comment": "\udcff"}}
    text = json.dumps({"nftables": [TABLE, CHAIN, rule]}, ensure_ascii=False)
    assert chain(nft.parse(text), "c").rules == (
        Rule('accept comment "\udcff"', "nft list ruleset: inet t c", (), chain(read(rule), "c").rules[0].statements),
    )

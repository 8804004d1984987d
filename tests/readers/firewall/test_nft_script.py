"""nft's language as people write it: commands, blocks, variables and includes, and what is made of broken files."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from linuxready.host import Unreadable
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import nft, nft_script
from linuxready.ruleset import Rule, Ruleset

from .shown import chain, same, shown

CAPTURED = Path(__file__).parents[3] / "testdata" / "nft"
PATH = "/etc/nftables.conf"


def parse(text: str, files: dict[str, list[tuple[str, str]]] | None = None) -> Ruleset:
    def include(pattern: str) -> list[tuple[str, str]]:
        return (files or {}).get(pattern, [])

    return nft_script.parse(text, PATH, include)


def rules(text: str) -> list[str]:
    """What the chain `c` of a text holds."""
    ruleset = parse(text)
    assert ruleset.not_understood == ()
    return [shown(rule) for rule in chain(ruleset, "c").rules]


def rule(text: str, before: str = "") -> list[str]:
    """What one rule in a chain of the inet family becomes."""
    return rules(f"table inet t {{\n{before}\nchain x {{\n}}\nchain c {{\n{text}\n}}\n}}\n")


@pytest.mark.parametrize("name", ["constructs", "firewalld"])
def test_what_nft_lists_as_text_is_what_it_lists_as_json(name: str) -> None:
    by_text = parse((CAPTURED / f"{name}.nft").read_text(encoding="utf-8"))
    by_json = nft.parse((CAPTURED / f"{name}.json").read_text(encoding="utf-8"))
    assert by_text.not_understood == ()
    assert same(by_text) == same(by_json)


RULES = {
    "tcp dport ssh accept": "protocol tcp & destination-port 22: accept",
    "tcp dport { ssh, http } accept": "protocol tcp & destination-port 22,80: accept",
    "tcp dport eq 22 accept": "protocol tcp & destination-port 22: accept",
    "tcp dport ge 1024 accept": "protocol tcp & destination-port 1024-65535: accept",
    "tcp dport 0x16 accept": "protocol tcp & destination-port 22: accept",
    "tcp dport gibberish accept": "protocol tcp & tcp dport gibberish: accept",
    "ip daddr host.example accept": "family ip & ip daddr host.example: accept",
    "ct state new,established accept": "state established,new: accept",
    "ct state vmap { new : jump x }": "state new: jump x",
    "iif lo accept": "in-interface lo: accept",
    'iifname { "eth0", eth1 } accept': "in-interface eth0,eth1: accept",
    "iifname eth* accept": "in-interface eth*: accept",
    "mark 0x10 accept": "mark 0x10/0xffffffff: accept",
    "mark and 0xff == 1 accept": "mark 0x1/0xff: accept",
    "meta mark set mark or 0x1": ": mark 0x1/0x1",
    "meta mark set 0x1 | 0x2": ": mark 0x3/0xffffffff",
    "l4proto tcp accept": "protocol tcp: accept",
    "meta l4proto ipv6-icmp accept": "protocol icmpv6: accept",
    "tcp flags & (fin | syn) == syn drop": "protocol tcp & tcp-flags 3/2: drop",
    "tcp flags syn / fin,syn drop": "protocol tcp & tcp-flags 3/2: drop",
    "tcp flags & syn == 0 drop": "protocol tcp & tcp-flags 2/0: drop",
    "limit rate over 10/minute burst 7 packets drop": "rate rate over 10/minute burst 7 packets: drop",
    "limit rate 3 mbytes/second accept": "rate rate 3 mbytes/second: accept",
    "limit rate 3 mbytes / second accept": "rate rate 3 mbytes/second: accept",
    'log prefix "a; b # c } " level warn flags tcp sequence,options drop': ": drop",
    "log group 3 snaplen 5 queue-threshold 2 accept": ": accept",
    "reject with tcp reset": "protocol tcp: reject",
    "reject with icmp type admin-prohibited": "family ip: reject",
    "counter packets 0 bytes 0 accept": ": accept",
    "counter name cnt accept": ": accept",
    'ip saddr != 10.0.0.0/8 drop comment "not ; ours"': "family ip & source not 10.0.0.0/8: drop",
    "ip saddr & 255.255.0.0 == 10.1.0.0 drop": "family ip & source 10.1.0.0/16: drop",
    "ip saddr & 255.0.0.0 == 10.1.0.0 drop": "family ip & ip saddr & 255.0.0.0 10.1.0.0: drop",
    "ip6 saddr & ffff:: == 2001:: drop": "family ip6 & source 2001::/16: drop",
    "ip6 saddr ::1.2.3.4 drop": "family ip6 & source ::102:304: drop",
    "th dport 22 accept": "destination-port 22: accept",
    "ip saddr . tcp dport { 10.0.0.0/8 . ssh } accept": (
        "family ip & protocol tcp & source . destination-port 10.0.0.0/8 . 22: accept"
    ),
    "ip protocol tcp tcp dport 22 accept": "family ip & protocol tcp & destination-port 22: accept",
    "meta nfproto ipv6 fib saddr . mark . iif oif missing drop": "family ip6 & reverse-path missing: drop",
    "tcp dport 222 redirect to :22": "protocol tcp & destination-port 222: redirect 22, accept",
    "tcp dport 222 redirect to 22": "protocol tcp & destination-port 222: redirect 22, accept",
    "dnat to 10.1.1.1:22": ": dnat 10.1.1.1:22",
    "dnat ip6 to [fe80::1]:22 random,persistent": ": dnat [fe80::1]:22",
    "masquerade to :1024-65535 fully-random": ": accept",
    "meter flood { ip saddr timeout 1m limit rate over 3/second } drop": "rate rate over 3/second: drop",
    "add @seen { ip saddr timeout 1m } accept": ": accept",
    "set update ip saddr @seen accept": ": accept",
    "ct count over 3 drop": "connections over 3: drop",
    'ct helper set "ftp"': ":",
    "queue num 1-3 bypass": ": queue queue num 1-3",
    "queue flags bypass to 3": ": queue queue num 3",
    "tproxy to :22": ": unknown tproxy to :22",
    "goto x": ": goto x",
    "tcp option maxseg exists accept": "tcp option maxseg exists: accept",
    "frag more-fragments 1 drop": "exthdr frag more-fragments 1: drop",
    "ether saddr 00:11:22:33:44:55 drop": "ether saddr 00:11:22:33:44:55: drop",
    "@th,16,16 22 accept": "destination-port 22: accept",
    "tcp dport { \n 22, # ours\n 80,\n } accept": "protocol tcp & destination-port 22,80: accept",
    "tcp dport 22 \\\n accept": "protocol tcp & destination-port 22: accept",
}


@pytest.mark.parametrize("text", RULES)
def test_a_rule(text: str) -> None:
    assert rule(text) == [RULES[text]]


@pytest.mark.parametrize(
    "text",
    [
        "frobnicate",
        "tcp dport",
        "tcp dport 22 frobnicate accept",
        "tcp dport $x accept",
        "accept tcp dport 22",
        "tcp dport { } accept",
    ],
)
def test_a_rule_that_is_not_understood_may_do_anything(text: str) -> None:
    assert rule(f"{text}\naccept") == [f"{text}: unknown {text}", ": accept"]


def test_a_rule_says_its_line_as_written() -> None:
    ruleset = parse("table ip t {\n chain c {\n\n  tcp   dport { 22, # ssh\n 80 } \\\n  accept  # web\n }\n}\n")
    assert [(r.text, r.place) for r in chain(ruleset, "c").rules] == [("tcp dport { 22, 80 } accept", f"{PATH}:4")]


# -- tables and chains -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "written", "priority"),
    [
        ("ip", "raw", -300),
        ("ip", "mangle", -150),
        ("ip", "dstnat", -100),
        ("inet", "filter", 0),
        ("inet", "filter + 10", 10),
        ("inet", "filter - 5", -5),
        ("ip6", "security", 50),
        ("ip6", "srcnat", 100),
        ("bridge", "filter", -200),
        ("bridge", "dstnat", -300),
        ("bridge", "out", 100),
        ("ip", "-7", -7),
        ("ip", "7", 7),
        ("ip", "$p", -20),
    ],
)
def test_priorities(family: str, written: str, priority: int) -> None:
    header = f"type filter hook input priority {written}; policy drop;"
    ruleset = parse(f"define p = -20\ntable {family} t {{\nchain c {{ {header} }}\n}}\n")
    assert ruleset.not_understood == ()
    found = chain(ruleset, "c")
    assert (found.hook, found.priority, found.policy, found.kind) == ("input", priority, "drop", "filter")


@pytest.mark.parametrize("written", ["filter-5", "nonsense", "out", "{ 1 }"])
def test_a_priority_that_is_not_understood(written: str) -> None:
    ruleset = parse(f"table ip t {{\nchain c {{ type filter hook input priority {written}; }}\n}}\n")
    assert ruleset.not_understood == (f"{PATH}:2: type filter hook input priority {written}",)


@pytest.mark.parametrize(
    ("written", "devices"), [("device eth0", ("eth0",)), ("devices = { eth0, eth1 }", ("eth0", "eth1")), ("", ())]
)
def test_devices(written: str, devices: tuple[str, ...]) -> None:
    ruleset = parse(f"table netdev t {{\nchain c {{ type filter hook ingress {written} priority 0; }}\n}}\n")
    assert ruleset.not_understood == ()
    assert chain(ruleset, "c").devices == devices


def test_a_table_without_family_is_ip_and_opening_it_again_adds() -> None:
    ruleset = parse("table t {\nchain c {\naccept\n}\n}\ntable ip t {\nchain c {\ndrop\n}\nchain d {\n}\n}\n")
    (table,) = ruleset.tables
    assert (table.family, [each.name for each in table.chains], table.source) == ("ip", ["c", "d"], PATH)
    assert [shown(each) for each in chain(ruleset, "c").rules] == [": accept", ": drop"]


def test_a_dormant_table_filters_nothing() -> None:
    ruleset = parse("table ip t {\nflags dormant;\nchain c { type filter hook input priority 0; }\n}\n")
    assert chain(ruleset, "c").hook == ""


def test_commands() -> None:
    assert rules(
        "#!/usr/sbin/nft -f\n"
        "add table inet t; add chain inet t c { type filter hook input priority 0 ; policy drop ; }\n"
        "create set inet t s { type inet_service; elements = { 22 } }\n"
        "add element inet t s { 80, 443 }\ndelete element inet t s { 443 }\n"
        "add rule inet t c tcp dport @s accept\ninet t c counter\nrule inet t c log\n"
        "insert rule inet t c drop\nadd rule inet t c index 0 reject\ninsert rule inet t c index 1 return\n"
        "list ruleset\n"
    ) == [": drop", ": return", ": reject", "protocol tcp & destination-port 22,80: accept", ":", ":"]


@pytest.mark.parametrize(
    "command", ["flush ruleset", "flush ruleset inet", "delete table inet t", "destroy table inet t"]
)
def test_what_comes_before_is_gone(command: str) -> None:
    ruleset = parse(f"table inet t {{\nchain c {{\naccept\n}}\n}}\n{command}\ntable ip kept\n")
    assert ruleset.not_understood == ()
    assert [(table.family, table.name) for table in ruleset.tables] == [("ip", "kept")]


@pytest.mark.parametrize("command", ["flush table inet t", "flush chain inet t c"])
def test_flushed_rules(command: str) -> None:
    assert rules(f"table inet t {{\nchain c {{\naccept\n}}\n}}\n{command}\nadd rule inet t c drop\n") == [": drop"]


def test_flush_ruleset_of_another_family_keeps() -> None:
    assert rules("table inet t {\nchain c {\naccept\n}\n}\nflush ruleset ip\n") == [": accept"]


def test_destroying_what_is_missing_is_no_error() -> None:
    assert parse("destroy table inet nothing\n").not_understood == ()


@pytest.mark.parametrize(
    "line",
    [
        "frobnicate",
        "delete table inet missing",
        "flush chain ip t missing",
        "add rule ip t missing accept",
        "add element ip t missing { 1 }",
        "insert rule ip t c handle 5 accept",
        "delete rule ip t c handle 5",
        "replace rule ip t c handle 5 accept",
        'include "/etc/missing.nft"',
        "include missing.nft",
        "define x = ",
        "define x = $y",
        "add table ip t }",
        "table ip t { chain c { accept } }",
        "}",
        "define a = 1; define a = 2",
        "create table ip t",
        "create chain ip t c",
        "add chain ip t d { policy drop; }",
        "add set ip t s { type inet_service; elements = { } }",
    ],
)
def test_a_command_that_is_not_understood(line: str) -> None:
    ruleset = parse(f"table ip t {{\nchain c {{\naccept\n}}\n}}\n{line}\ntable ip after\n")
    assert all(place.startswith(f"{PATH}:6: ") for place in ruleset.not_understood)
    assert len(ruleset.not_understood) >= 1
    assert [table.name for table in ruleset.tables][-1] == "after"
    assert walk(ruleset, Connection(22)).answer == "depends"


def test_a_broken_line_of_a_table_leaves_the_rest() -> None:
    ruleset = parse("table ip t {\nfrobnicate {\n a\n}\nchain c {\naccept\n}\n}\n")
    assert ruleset.not_understood == (f"{PATH}:2: frobnicate {{ a }}",)
    assert [shown(each) for each in chain(ruleset, "c").rules] == [": accept"]


def test_a_block_that_is_not_closed() -> None:
    ruleset = parse("table ip t {\nchain c {\naccept\n")
    assert ruleset.not_understood
    assert [shown(each) for each in chain(ruleset, "c").rules] == [": accept"]


@pytest.mark.parametrize("text", ["accept }\n}\n", 'comment "x" accept\n}\n}\n', "drop }\n chain d {\n}\n}\n"])
def test_what_nft_refuses_for_want_of_a_semicolon(text: str) -> None:
    assert parse("table ip t {\nchain c {\n" + text).not_understood


def test_objects_that_decide_nothing() -> None:
    text = (
        'table inet t {\ncomment "x"\ncounter a { packets 0 bytes 0 }\n'
        "quota q { over 5 mbytes }\nlimit l { rate 1/second }\n"
        'ct helper h {\ntype "ftp" protocol tcp\n}\nflowtable f {\nhook ingress priority 0; devices = { lo }\n}\n'
        "chain c {\ncounter name a\n}\n}\nadd counter inet t b\nadd flowtable inet t g { hook ingress priority 0; }\n"
    )
    assert rules(text) == [":"]


def test_an_anonymous_chain() -> None:
    text = "table ip t {\nchain c {\niif lo jump {\ntcp dport 22 accept\nreturn\n}\ndrop\n}\n}\n"
    assert rules(text) == ["in-interface lo: jump __chain0", ": drop"]
    inner = chain(parse(text), "__chain0").rules
    assert [shown(each) for each in inner] == ["protocol tcp & destination-port 22: accept", ": return"]


# -- sets and variables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "text", "meant"),
    [
        ("set s { type inet_service; elements = { 22, 80 } }", "tcp dport @s accept", ["22,80"]),
        (
            "set s { type inet_service; flags interval; elements = { ssh, 80-90 }; }",
            "tcp dport @s accept",
            ["22,80-90"],
        ),
        (
            "set s {\ntypeof tcp dport\ncounter\n"
            'elements = { 22 comment "x" timeout 1h counter packets 1 bytes 2,\n 80\n}\n}',
            "tcp dport @s accept",
            ["22,80"],
        ),
        ("define p = { 22, 80 }\nset s { type inet_service; elements = $p; }", "tcp dport @s accept", ["22,80"]),
        ("define p = { 22, 80 }", "tcp dport $p accept", ["22,80"]),
        ("define p = { 22, 80 }", "tcp dport { $p, 90 } accept", ["22,80,90"]),
        ("define p = 22-25", "tcp dport { $p, 90 } accept", ["22-25,90"]),
        ("define p = 22\nredefine p = 23", "tcp dport $p accept", ["23"]),
        ("map m { type inet_service : verdict; elements = { 22 : accept } }", "tcp dport vmap @m", ["22"]),
        ("", "tcp dport vmap { 22 : accept, 23: accept, * : continue } accept", ["22", "23", "not 22,23"]),
    ],
)
def test_sets_and_variables(before: str, text: str, meant: list[str]) -> None:
    assert rule(text, before) == [f"protocol tcp & destination-port {each}: accept" for each in meant]


def test_a_variable_of_a_list_or_a_name() -> None:
    before = "define wan = { eth0, eth1 }\ndefine st = established,related\ndefine lan = eth2\n"
    assert rule("iifname $wan oifname $lan ct state $st accept", before) == [
        "in-interface eth0,eth1 & out-interface eth2 & state established,related: accept"
    ]


def test_a_variable_of_a_block_is_not_known_outside() -> None:
    ruleset = parse("table ip a {\ndefine p = 22\n}\ntable ip t {\nchain c {\ntcp dport $p accept\n}\n}\n")
    assert shown(chain(ruleset, "c").rules[0]).startswith("tcp dport $p accept: unknown")


def test_an_empty_variable() -> None:
    assert rule("tcp dport { 22, $x } accept", "define x = {}") == ["protocol tcp & destination-port 22: accept"]


def test_a_variable_is_gone_when_it_is_undefined() -> None:
    assert "unknown" in rule("tcp dport $p accept", "define p = 22\nundefine p")[0]


# -- includes ----------------------------------------------------------------------------------------------


def test_includes_in_every_place() -> None:
    files = {
        "/etc/nftables/*.nft": [
            ("/etc/nftables/a.nft", "define p = 22\n"),
            ("/etc/nftables/b.nft", "table ip t { }\n"),
        ],
        "chains.nft": [("/etc/chains.nft", "chain c {\n include 'rules.nft'\n}\n".replace("'", '"'))],
        "rules.nft": [("/etc/rules.nft", "# ours\ntcp dport $p accept\n")],
        "/empty/*": [],
    }
    ruleset = parse('include "/etc/nftables/*.nft"\ninclude "/empty/*"\ntable ip t {\ninclude "chains.nft"\n}\n', files)
    assert ruleset.not_understood == ()
    (made,) = chain(ruleset, "c").rules
    assert (shown(made), made.place) == ("protocol tcp & destination-port 22: accept", "/etc/rules.nft:2")


def test_a_file_that_includes_itself_ends() -> None:
    ruleset = parse('include "x"\n', {"x": [("/etc/x", 'include "x"\n')]})
    assert ruleset.not_understood == ('/etc/x:1: include "x"',)


def test_files_that_include_each_other_twice_end() -> None:
    text = 'include "x"\ninclude "x"\n' + "# filler\n" * 500
    assert parse(text, {"x": [("/etc/x", text)]}).not_understood


def test_an_include_that_cannot_be_read() -> None:
    def include(pattern: str) -> list[tuple[str, str]]:
        raise Unreadable(f"{pattern}: permission denied")

    assert nft_script.parse('include "/etc/x"\n', PATH, include).not_understood == (f'{PATH}:1: include "/etc/x"',)


# -- hostile files -----------------------------------------------------------------------------------------

OPEN = "table ip t {\nchain c {\n"


@pytest.mark.parametrize(
    "text",
    [
        "{" * 20_000,
        OPEN + "(" * 20_000,
        OPEN + "jump {\n" * 5_000,
        OPEN + "tcp dport { " * 5_000,
        OPEN + "ip saddr . " * 5_000,
        "}" * 20_000,
        '"' * 20_001,
        "1:" * 20_000,
        ":" * 20_000,
        "define a0 = { 1, 2 }\n" + "".join(f"define a{n + 1} = {{ $a{n}, $a{n} }}\n" for n in range(60)),
        "define a0 = 1\n" + "".join(f"define a{n + 1} = $a{n} . $a{n}\n" for n in range(60)),
        "define a0 = 1\n"
        + "".join(f"define a{n + 1} = ($a{n} - 3)\n" for n in range(2000))
        + "define b = $a1999 . 1 x",
    ],
    ids=range(12),
)
def test_hostile_text_ends_and_is_told(text: str) -> None:
    ruleset = parse(text)
    assert 0 < len(ruleset.not_understood) <= nft.MAX_NOT_UNDERSTOOD


def test_garbage_raises_nothing() -> None:
    source = (CAPTURED / "constructs.nft").read_text(encoding="utf-8").split(" ")
    dice = random.Random(5)
    for _ in range(30):
        words = list(source)
        for _ in range(40):
            words[dice.randrange(len(words))] = dice.choice(("{", "}", ";", "\n", '"', "$x", "22", "(", *source[:60]))
        assert isinstance(parse(" ".join(words)), Ruleset)


def test_a_long_list_is_read_whole() -> None:
    addresses = ", ".join(f"10.{n >> 8}.{n & 255}.1" for n in range(20_000))
    made: list[Rule] = list(
        chain(parse(f"table ip t {{\nchain c {{\nip saddr {{ {addresses} }} drop\n}}\n}}\n"), "c").rules
    )
    assert len(made[0].matches[0].values) == 20_000
    assert len(made[0].text) <= 500

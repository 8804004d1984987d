"""firewalld: its files as types, what they bind, and what a connection meets; EXPECTED is what firewalld 1.3 did."""

from __future__ import annotations

import pytest

from linuxready.host import Absent, Unreadable
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import firewalld
from linuxready.readers.firewall.xmltree import Malformed, parse
from linuxready.readers.firewall.zonefiles import IpSet, parse_ipset, parse_policy, parse_service, parse_zone
from linuxready.ruleset import Chain, Match, Rule, Ruleset, Statement
from tests.machines import FakeHost

LIB, ETC = "/usr/lib/firewalld", "/etc/firewalld"
SHIPPED = {
    f"{LIB}/zones/block.xml": '<zone target="%%REJECT%%"/>',
    f"{LIB}/zones/drop.xml": '<zone target="DROP"/>',
    f"{LIB}/zones/trusted.xml": '<zone target="ACCEPT"/>',
    f"{LIB}/zones/public.xml": '<zone><service name="ssh"/></zone>',
    f"{LIB}/zones/internal.xml": '<zone><service name="ssh"/></zone>',
    f"{LIB}/services/ssh.xml": '<service><port protocol="tcp" port="22"/></service>',
    f"{LIB}/services/dhcpv6-client.xml": '<service><port protocol="udp" port="546"/></service>',
}
NFTABLES = "DefaultZone=public\nFirewallBackend=nftables\n"
IPTABLES = "DefaultZone=public\nFirewallBackend=iptables\n"
SSH = '<service name="ssh"/>'
TEN = '<source address="10.0.0.0/8"/>'
TCP_22 = '<port port="22" protocol="tcp"/>'
TO_HOST = '<ingress-zone name="ANY"/><egress-zone name="HOST"/>'


def public(body: str, **more: str) -> dict[str, str]:
    """Files of /etc/firewalld: the zone public, and others as keywords: zones__internal, direct."""
    files = {f"{name.replace('__', '/').replace('_', '-')}.xml": text for name, text in more.items()}
    return {"zones/public.xml": f"<zone>{body}</zone>", **files}


def direct(args: str, chain: str = "INPUT", table: str = "filter", priority: int = 0) -> str:
    return f'<rule ipv="ipv4" table="{table}" chain="{chain}" priority="{priority}">{args}</rule>'


def rich(body: str, attributes: str = 'family="ipv4"') -> str:
    return f"<rule {attributes}>{body}</rule>"


def machine(files: dict[str, str], elsewhere: dict[str, str] | None = None, shipped: bool = True) -> FakeHost:
    conf = {"firewalld.conf": NFTABLES, **files}
    return FakeHost({**(SHIPPED if shipped else {}), **{f"{ETC}/{p}": t for p, t in conf.items()}, **(elsewhere or {})})


def answer(ruleset: Ruleset, port: int = 22, interface: str = "eth0") -> str:
    addresses = ("192.0.2.10", "10.9.9.10")
    return walk(ruleset, Connection(port, "ip", (interface,), addresses)).answer


EXPECTED = {
    "service": (public(SSH), "accepted", "refused"),
    "nothing": (public(""), "refused", "refused"),
    "target DROP": ({"zones/public.xml": '<zone target="DROP"/>'}, "refused", "refused"),
    "target ACCEPT": ({"zones/public.xml": '<zone target="ACCEPT"/>'}, "accepted", "accepted"),
    "target REJECT": ({"zones/public.xml": f'<zone target="%%REJECT%%">{SSH}</zone>'}, "accepted", "refused"),
    "a comment": (public(f"<!-- {SSH} -->"), "refused", "refused"),
    "port range": (public('<port port="20-30" protocol="tcp"/>'), "accepted", "refused"),
    "udp": (public('<port port="22" protocol="udp"/>'), "refused", "refused"),
    "port by name": (public('<port port="ssh" protocol="tcp"/>'), "accepted", "refused"),
    "source zone": (public("", zones__internal=f"<zone>{TEN}{SSH}</zone>"), "depends", "refused"),
    "source zone that refuses": (public(SSH, zones__internal=f"<zone>{TEN}</zone>"), "depends", "refused"),
    "interface": (public("", zones__internal=f'<zone><interface name="eth0"/>{SSH}</zone>'), "accepted", "refused"),
    "another interface": (
        public("", zones__internal=f'<zone><interface name="eth1"/>{SSH}</zone>'),
        "refused",
        "refused",
    ),
    "interfaces alike": (public(SSH, zones__internal='<zone><interface name="eth+"/></zone>'), "refused", "refused"),
    "the later zone's interface first": (
        public(
            "",
            zones__internal=f'<zone><interface name="eth0"/>{SSH}</zone>',
            zones__work='<zone><interface name="eth+"/></zone>',
        ),
        "refused",
        "refused",
    ),
    "rich accept": (public(rich(f"{TEN}{SSH}<accept/>")), "depends", "refused"),
    "rich deny before accept": (public(SSH + rich(f"{TEN}{SSH}<reject/>")), "depends", "refused"),
    "all denied before some accepted": (
        public(rich(f"{TEN}{SSH}<accept/>") + rich(f"{SSH}<drop/>", "")),
        "refused",
        "refused",
    ),
    "accepted before by priority": (
        public(rich(f"{TEN}{SSH}<accept/>", 'family="ipv4" priority="-5"') + rich(f"{SSH}<drop/>", "")),
        "depends",
        "refused",
    ),
    "denied after all": (public(SSH + rich(f"{SSH}<drop/>", 'priority="5"')), "accepted", "refused"),
    "accepted last": (public(rich(f"{TCP_22}<accept/>", 'priority="5"')), "accepted", "refused"),
    "priorities in order": (
        public(rich(f"{TCP_22}<accept/>", 'priority="10"') + rich(f"{TCP_22}<drop/>", 'priority="5"')),
        "refused",
        "refused",
    ),
    "all others": (
        public(rich(f'<source address="10.0.0.0/8" invert="True"/>{TCP_22}<accept/>')),
        "depends",
        "refused",
    ),
    "source only": (public(rich(f"{TEN}<accept/>")), "depends", "depends"),
    "destination": (public(rich(f'<destination address="10.9.9.10"/>{TCP_22}<accept/>')), "depends", "refused"),
    "a rule without family is passed over": (public(SSH + rich(f"{TEN}{SSH}<drop/>", "")), "accepted", "refused"),
    "a rule with two elements is passed over": (
        public(SSH + rich(f"{SSH}{TCP_22}<drop/>", "")),
        "accepted",
        "refused",
    ),
    "log only": (public(SSH + rich(f'{SSH}<log prefix="x"/>', "")), "accepted", "refused"),
    "forward port": (
        public(SSH + '<forward-port port="22" protocol="tcp" to-port="2222"/>'),
        "refused",
        "refused",
    ),
    "rich forward port": (
        public(SSH + rich(f'{TEN}<forward-port port="22" protocol="tcp" to-port="2222"/>')),
        "depends",
        "refused",
    ),
    "ssh redefined": (
        public(SSH, services__ssh='<service><port port="2222" protocol="tcp"/></service>'),
        "refused",
        "accepted",
    ),
    "a service that includes": (
        public('<service name="mine"/>', services__mine='<service><include service="ssh"/></service>'),
        "accepted",
        "refused",
    ),
    "services that include one another": (
        public(
            '<service name="mine"/>',
            services__mine='<service><include service="yours"/></service>',
            services__yours=f'<service><include service="mine"/>{TCP_22}</service>',
        ),
        "accepted",
        "refused",
    ),
    "a service's destination": (
        public('<service name="mine"/>', services__mine=f'<service>{TCP_22}<destination ipv4="10.9.9.10"/></service>'),
        "depends",
        "refused",
    ),
    "protocol": (public('<protocol value="tcp"/>'), "accepted", "accepted"),
    "source port": (public('<source-port port="1024-65535" protocol="tcp"/>'), "accepted", "accepted"),
    "ipset": (
        public(
            rich(f'<source ipset="ten"/>{SSH}<accept/>'),
            ipsets__ten='<ipset type="hash:net"><entry>10.0.0.0/8</entry></ipset>',
        ),
        "depends",
        "refused",
    ),
    "zone of an ipset": (
        public(
            "",
            zones__trusted='<zone target="ACCEPT"><source ipset="ten"/></zone>',
            ipsets__ten='<ipset type="hash:ip"><entry>10.9.9.77</entry></ipset>',
        ),
        "depends",
        "depends",
    ),
    "default zone drop": ({"firewalld.conf": "DefaultZone=drop\n", **public(SSH)}, "refused", "refused"),
    "default zone that is not there": (
        {"firewalld.conf": "DefaultZone=nowhere\n", **public(SSH)},
        "accepted",
        "refused",
    ),
    "policy before": (
        public("", policies__p=f'<policy priority="-10" target="CONTINUE">{TO_HOST}{SSH}</policy>'),
        "accepted",
        "refused",
    ),
    "policy that drops before": (
        public(SSH, policies__p=f'<policy priority="-10" target="DROP">{TO_HOST}</policy>'),
        "refused",
        "refused",
    ),
    "policy that drops after": (
        public(SSH, policies__p=f'<policy priority="10" target="DROP">{TO_HOST}</policy>'),
        "accepted",
        "refused",
    ),
    "policy that accepts after": (
        public("", policies__p=f'<policy priority="10" target="ACCEPT">{TO_HOST}</policy>'),
        "accepted",
        "accepted",
    ),
    "policy of a zone": (
        public(
            "",
            zones__internal=f"<zone>{TEN}</zone>",
            policies__p='<policy target="ACCEPT"><ingress-zone name="internal"/><egress-zone name="HOST"/></policy>',
        ),
        "depends",
        "depends",
    ),
    "policy that forwards": (
        public(
            SSH,
            policies__p=f'<policy target="CONTINUE">{TO_HOST}'
            '<forward-port port="22" protocol="tcp" to-port="2222"/></policy>',
        ),
        "refused",
        "refused",
    ),
    "policy of what goes elsewhere": (
        public(
            SSH,
            policies__p='<policy target="DROP"><ingress-zone name="ANY"/><egress-zone name="ANY"/></policy>',
        ),
        "accepted",
        "refused",
    ),
    "direct accept spares no zone": (
        public("", direct=f"<direct>{direct('-p tcp --dport 22 -j ACCEPT')}</direct>"),
        "refused",
        "refused",
    ),
    "direct drop": (
        public(SSH, direct=f"<direct>{direct('-p tcp --dport 22 -s 10.0.0.0/8 -j DROP')}</direct>"),
        "depends",
        "refused",
    ),
    "direct rules by priority, by a chain": (
        public(
            SSH,
            direct='<direct><chain ipv="ipv4" table="filter" chain="mine"/>'
            + direct("-j DROP", priority=1)
            + direct("-p tcp --dport 22 -j mine")
            + direct("-j ACCEPT", chain="mine")
            + "</direct>",
        ),
        "accepted",
        "refused",
    ),
    "passthrough": (
        public(SSH, direct='<direct><passthrough ipv="ipv4">-I INPUT -s 10.0.0.0/8 -j DROP</passthrough></direct>'),
        "depends",
        "refused",
    ),
    "passthroughs in front and behind": (
        public(
            SSH,
            direct=f"<direct>{direct('-p tcp --dport 22 -j DROP')}{direct('-p tcp --dport 2222 -j ACCEPT')}"
            '<passthrough ipv="ipv4">-A INPUT -p tcp --dport 2222 -j DROP</passthrough>'
            '<passthrough ipv="ipv4">-t filter -I INPUT 1 -p tcp --dport 22 -j ACCEPT</passthrough></direct>',
        ),
        "accepted",
        "refused",
    ),
    "passthroughs: a chain and a policy": (
        public(
            SSH,
            direct='<direct><passthrough ipv="ipv4">-N mine</passthrough>'
            '<passthrough ipv="ipv4">-P INPUT DROP</passthrough>'
            '<passthrough ipv="ipv4">-A mine -s 10.0.0.0/8 -j ACCEPT</passthrough>'
            '<passthrough ipv="ipv4">-A INPUT -j mine</passthrough></direct>',
        ),
        "depends",
        "refused",
    ),
    "a range the wrong way round": (public('<port port="30-20" protocol="tcp"/>'), "accepted", "refused"),
    "iptables: direct accept ends it": (
        {
            **public("", direct=f"<direct>{direct('-p tcp --dport 22 -s 10.0.0.0/8 -j ACCEPT')}</direct>"),
            "firewalld.conf": IPTABLES,
        },
        "depends",
        "refused",
    ),
    "iptables: direct rule in a zone's chain": (
        {
            **public("", direct=f"<direct>{direct('-p tcp --dport 22 -j ACCEPT', 'IN_public_allow')}</direct>"),
            "firewalld.conf": IPTABLES,
        },
        "accepted",
        "refused",
    ),
    "iptables: rich rule": (
        {**public(SSH + rich(f"{TEN}{SSH}<reject/>")), "firewalld.conf": IPTABLES},
        "depends",
        "refused",
    ),
    "iptables: forward port": (
        {**public(SSH + '<forward-port port="22" protocol="tcp" to-port="2222"/>'), "firewalld.conf": IPTABLES},
        "refused",
        "refused",
    ),
    "mark, then a direct rule": (
        public(
            SSH + rich(f'{TEN}<mark set="5"/>'),
            direct=f"<direct>{direct('-m mark --mark 5 -j DROP')}</direct>",
        ),
        "depends",
        "refused",
    ),
}
"""Files below /etc/firewalld, and what a connection to port 22 and one to 2222 meets, from 192.0.2.0/24 and 10.0.0.0/8:
refused by a port that is sent to another as well."""


@pytest.mark.parametrize("name", EXPECTED)
def test_decision(name: str) -> None:
    files, to_22, to_2222 = EXPECTED[name]
    ruleset = firewalld.read(machine(files))
    assert (answer(ruleset, 22), answer(ruleset, 2222)) == (to_22, to_2222)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"zones/public.xml": "<zone>"}, "/etc/firewalld/zones/public.xml: no element found"),
        ({"zones/public.xml": "<zone><whatever/></zone>"}, "line 1: <whatever> is not known"),
        ({"zones/public.xml": '<zone><port port="22"/></zone>'}, "line 1: <port> without protocol"),
        ({"zones/public.xml": '<zone colour="red"/>'}, "line 1: <zone> with colour"),
        ({"zones/public.xml": '<zone target="MAYBE"/>'}, "line 1: target MAYBE"),
        ({"zones/public.xml": '<zone><port port="22" protocol="icmp"/></zone>'}, "port 22/icmp"),
        ({"zones/public.xml": "<zone><accept/></zone>"}, "line 1: <accept> outside of a rule"),
        ({"zones/public.xml": '<zone><source address="nowhere"/></zone>'}, "line 1: nowhere is no address"),
        ({"zones/public.xml": "<policy/>"}, "line 1: <policy> where <zone> was expected"),
        ({"zones/public.xml": '<!DOCTYPE zone [<!ENTITY s "ssh">]><zone>&s;</zone>'}, "line 1: a document type"),
        ({"services/mine.xml": "<service"}, "/etc/firewalld/services/mine.xml: unclosed token"),
        ({"policies/mine.xml": "<policy/>"}, "line 1: <policy> without target"),
        ({"direct.xml": "<direct><rule/></direct>"}, "/etc/firewalld/direct.xml: line 1: <rule> without"),
        ({"direct.xml": f"<direct>{direct('-j ACCEPT', chain='nobody')}</direct>"}, "chain nobody is made by nobody"),
        ({"direct.xml": '<direct><passthrough ipv="ipv4">-F</passthrough></direct>'}, "direct.xml:1: -F"),
        (public('<service name="nosuch"/>'), "/etc/firewalld/zones/public.xml:1: service nosuch is in no file"),
        (
            public('<interface name="eth0"/>', zones__work='<zone><interface name="eth0"/></zone>'),
            'zones/work.xml:1: <interface name="eth0"/> is bound at /etc/firewalld/zones/public.xml:1 as well',
        ),
        (
            public(
                "",
                policies__p='<policy target="CONTINUE"><ingress-zone name="ANY"/><egress-zone name="work"/>'
                '<forward-port port="22" protocol="tcp" to-addr="10.1.1.1"/></policy>',
            ),
            "/etc/firewalld/policies/p.xml: it rewrites what goes to a zone",
        ),
        (
            {
                "firewalld.conf": "DefaultZone=public\n",
                "direct.xml": f"<direct>{direct('-s 10.1.1.1 -j ACCEPT')}</direct>",
            },
            "firewalld.conf: no FirewallBackend",
        ),
    ],
)
def test_what_firewalld_would_not_load_is_told_and_nothing_is_certain(files: dict[str, str], told: str) -> None:
    ruleset = firewalld.read(machine(files))
    assert told in "\n".join(ruleset.not_understood)
    assert answer(ruleset) == "depends"


def test_a_configuration_from_before_there_were_backends_is_one_of_iptables() -> None:
    old = {"firewalld.conf": "DefaultZone=public\nMinimalMark=100\n"}
    drop = {"direct.xml": f"<direct>{direct('-p tcp --dport 22 -j DROP')}</direct>"}
    ruleset = firewalld.read(machine(old))
    assert {(table.family, table.name) for table in ruleset.tables} == {
        ("ip", "filter"),
        ("ip6", "filter"),
        ("ip6", "mangle"),
    }
    assert answer(ruleset) == "accepted"
    assert answer(firewalld.read(machine(old | drop))) == "refused"


def test_a_zones_priority_comes_before_sources() -> None:
    """firewalld 2.x, firewalld.zone(5): lower values first, and sources before interfaces where they are the same."""
    sources = f'<zone target="DROP" ingress-priority="{{}}">{TEN}</zone>'
    interfaces = f'<zone ingress-priority="-1"><interface name="eth0"/>{SSH}</zone>'
    for priority, expected in ((0, "accepted"), (-1, "depends"), (-2, "depends")):
        files = public("", zones__a=sources.format(priority), zones__b=interfaces)
        assert answer(firewalld.read(machine(files))) == expected


def test_a_file_that_is_passed_over_leaves_the_shipped_one() -> None:
    config = firewalld.read_config(machine({"zones/public.xml": "<zone>"}))
    assert config.zones["public"].place == f"{LIB}/zones/public.xml"


def test_entities_never_expand() -> None:
    bomb = '<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><zone>&b;</zone>'
    outside = '<!DOCTYPE z SYSTEM "file:///etc/passwd"><zone/>'
    for text in (bomb, outside):
        with pytest.raises(Malformed, match="document type"):
            parse(text.encode())


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"<a>" * 60, b"<a></b>", b'<?xml version="1.0" encoding="nonsense"?><a/>', b"<a>\xff</a>"]
)
def test_what_is_no_xml_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse(content)


def test_a_zone_as_a_type() -> None:
    text = f"""<zone target="ACCEPT" ingress-priority="-7">
      <interface name="eth0"/><interface name="eth0"/>
      <source address="10.0.0.0/8"/><source ipset="them"/><source ipset="a" address="10.0.0.1"/>
      {SSH}<port port="80" protocol="tcp"/><protocol value="gre"/><source-port port="53" protocol="udp"/>
      {rich(f"{TEN}{SSH}<accept><limit value='3/minute'/></accept>")}
      {rich(f"{TEN}{SSH}<accept><limit value='3/m'/></accept>")}
    </zone>"""
    zone = parse_zone(text.encode(), "mine", "/z.xml")
    assert [(item.value, item.place) for item in zone.interfaces] == [("eth0", "/z.xml:2")]
    assert [item.value for item in zone.sources] == ["10.0.0.0/8", "ipset:them"]
    assert [item.text for item in zone.services] == [SSH]
    assert [item.value for item in (*zone.ports, *zone.protocols, *zone.source_ports)] == ["80/tcp", "gre", "53/udp"]
    assert (zone.target, zone.priority) == ("ACCEPT", -7)
    assert [rule.text for rule in zone.rules] == [
        'rule family="ipv4" source address="10.0.0.0/8" service name="ssh" accept limit value="3/m"'
    ]


@pytest.mark.parametrize(
    "body",
    [
        f"{TCP_22}<accept/><drop/>",
        "<accept/>",
        f"{TEN}{TCP_22}",
        '<forward-port port="22" protocol="tcp"/>',
        '<forward-port port="22" protocol="tcp" to-port="23"/><accept/>',
        '<source address="2001:db8::/32"/><accept/>',
        '<source mac="nonsense"/><accept/>',
        f'{TEN}<mark set="red"/>',
        f'{TEN}<interface name="eth0"/><accept/>',
        f'{TEN}<accept><limit value="often"/></accept>',
        f'{TEN}<accept><limit value="1/s"/><limit value="2/s"/></accept>',
    ],
)
def test_rules_that_firewalld_passes_over(body: str) -> None:
    assert parse_zone(f"<zone>{rich(body)}</zone>".encode(), "z", "/z.xml").rules == ()


@pytest.mark.parametrize("attributes", ['priority="32768"', 'priority="-32769"', 'family="ipv5"'])
def test_rules_out_of_range_are_passed_over(attributes: str) -> None:
    assert parse_zone(f"<zone>{rich(f'{SSH}<accept/>', attributes)}</zone>".encode(), "z", "/z.xml").rules == ()


def test_services_and_sets_as_types() -> None:
    service = parse_service(
        b'<service><port port="22" protocol="tcp"/><port port="" protocol="gre"/><include service="a"/>'
        b'<destination ipv4="10.0.0.1"/><destination ipv4="10.0.0.2" ipv6="fe80::1"/></service>'
    )
    assert (service.ports, service.protocols, service.includes) == (("22/tcp",), ("gre",), ("a",))
    assert service.destinations == {"ip": "10.0.0.1", "ip6": "fe80::1"}
    entries = "<entry>10.0.0.1</entry>"
    assert parse_ipset(f'<ipset type="hash:ip">{entries}</ipset>'.encode()) == IpSet("hash:ip", "ip", ("10.0.0.1",))
    timed = f'<ipset type="hash:ip"><option name="timeout" value="60"/>{entries}</ipset>'
    assert parse_ipset(timed.encode()).entries == ()
    six = b'<ipset type="hash:ip"><option name="family" value="inet6"/></ipset>'
    assert parse_ipset(six).family == "ip6"


def test_a_policy_without_priority_comes_before_the_zones() -> None:
    assert parse_policy(b'<policy target="DROP"/>', "p", "/p.xml").priority == -1


def chain(ruleset: Ruleset, name: str, table: str = "firewalld") -> Chain:
    return next(c for t in ruleset.tables if t.name == table for c in t.chains if c.name == name)


def test_a_set_of_ports_is_one_condition_of_both() -> None:
    files = public(
        rich(f'<source ipset="both"/>{SSH}<accept/>'),
        ipsets__both='<ipset type="hash:ip,port"><entry>10.0.0.1,80</entry><entry>10.0.0.2,udp:53-54</entry></ipset>',
    )
    rules = chain(firewalld.read(machine(files)), "filter_IN_public_allow").rules
    rows = (("10.0.0.1", "tcp", "80"), ("10.0.0.2", "udp", "53-54"))
    assert Match(("source", "protocol", "source-port"), rows) in rules[0].matches


@pytest.mark.parametrize(
    ("to", "statement"),
    [
        ('to-port="2222"', Statement("redirect", "2222")),
        ('to-port="ssh"', Statement("redirect", "22")),
        ('to-port="20-30"', Statement("dnat", ":20-30")),
        ('to-port="nosuch"', Statement("dnat", ":nosuch")),
        ('to-addr="10.1.1.1"', Statement("dnat", "10.1.1.1")),
        ('to-addr="10.1.1.1" to-port="22"', Statement("dnat", "10.1.1.1:22")),
        ('to-addr="2001:db8::1" to-port="22"', Statement("dnat", "[2001:db8::1]:22")),
    ],
)
def test_forwarding(to: str, statement: Statement) -> None:
    files = public(f'<forward-port port="22" protocol="tcp" {to}/>')
    rule = chain(firewalld.read(machine(files)), "nat_PRE_public_allow").rules[0]
    assert rule.statements == (statement,)
    assert rule.matches[0] == Match(("family",), (("ip6" if "2001" in to else "ip",),))


def test_hardware_addresses_are_not_understood() -> None:
    files = public("", zones__trusted='<zone target="ACCEPT"><source address="00:11:22:33:44:55"/></zone>')
    assert answer(firewalld.read(machine(files))) == "depends"


def test_where_base_chains_stand() -> None:
    files = public(
        '<forward-port port="1" protocol="tcp" to-port="2"/>' + rich(f'{TEN}<mark set="5"/>'),
        direct=f"<direct>{direct('-j ACCEPT')}{direct('-j ACCEPT', 'PREROUTING', 'raw')}</direct>",
    )
    ruleset = firewalld.read(machine(files))
    based = {(t.family, c.name): (c.hook, c.priority, c.kind) for t in ruleset.tables for c in t.chains if c.hook}
    assert based == {
        ("inet", "filter_INPUT"): ("input", 10, "filter"),
        ("inet", "filter_PREROUTING"): ("prerouting", 10, "filter"),
        ("inet", "nat_PREROUTING"): ("prerouting", -90, "nat"),
        ("inet", "mangle_PREROUTING"): ("prerouting", -140, "filter"),
        ("ip", "INPUT"): ("input", 0, "filter"),
        ("ip", "PREROUTING"): ("prerouting", -300, "filter"),
    }


def test_reverse_path_filtering_is_left_out_where_it_is_off() -> None:
    files = {"firewalld.conf": NFTABLES + "IPv6_rpfilter=no\n"}
    names = [c.name for t in firewalld.read(machine(files)).tables for c in t.chains]
    assert "filter_PREROUTING" not in names
    assert "filter_INPUT" in names


def test_a_rule_tells_its_file_line_and_words() -> None:
    files = {"zones/public.xml": f"<zone>\n\n{SSH}\n</zone>"}
    rule = chain(firewalld.read(machine(files)), "filter_IN_public_allow").rules[0]
    assert (rule.text, rule.place) == (SSH, "/etc/firewalld/zones/public.xml:3")
    last = chain(firewalld.read(machine(files)), "filter_IN_public").rules[-1]
    assert last == Rule("target default", "/etc/firewalld/zones/public.xml", (), (Statement("reject"),))


KEYFILE = "/etc/NetworkManager/system-connections/eth0.nmconnection"


@pytest.mark.parametrize(
    ("path", "text", "bound", "expected"),
    [
        (KEYFILE, "[connection]\ninterface-name=eth0\nzone=drop\n[ipv4]\nzone=public\n", "", "refused"),
        (KEYFILE, "[connection]\ninterface-name=eth1\nzone=drop\n", "", "accepted"),
        (KEYFILE, "[connection]\ninterface-name=eth0\nzone=drop\nautoconnect=false\n", "", "accepted"),
        (KEYFILE, "[connection]\nzone=drop\n", "", "depends"),
        (KEYFILE, "[connection]\ninterface-name=eth0\nzone=nowhere\n", "", "depends"),
        (KEYFILE, "[connection]\ninterface-name=eth0\nzone=public\n", "eth0", "accepted"),
        (KEYFILE, "[connection]\ninterface-name=eth0\n", "eth0", "depends"),
        (KEYFILE, "[connection]\ninterface-name=eth0\n", "", "accepted"),
        ("/etc/sysconfig/network-scripts/ifcfg-eth0", "ZONE=drop\n", "", "refused"),
        ("/etc/sysconfig/network-scripts/ifcfg-one", 'DEVICE="eth0"\nZONE=drop\n', "", "refused"),
        ("/etc/sysconfig/network-scripts/ifcfg-eth0.bak", "DEVICE=eth0\nZONE=drop\n", "", "accepted"),
        ("/etc/sysconfig/network-scripts/ifcfg-eth0", "ONBOOT=yes\n", "eth0", "depends"),
        ("/etc/sysconfig/network-scripts/route-eth0", "ZONE=drop\n", "", "accepted"),
        ("/etc/sysconfig/network/ifcfg-eth0", "ZONE=drop\n", "", "refused"),
        ("/etc/sysconfig/network/ifcfg-eth0", "STARTMODE=auto\n", "eth0", "refused"),
    ],
)
def test_zones_of_connections(path: str, text: str, bound: str, expected: str) -> None:
    """`bound`: the interface that the zone drop's own file binds."""
    files = {"zones/drop.xml": f'<zone target="DROP"><interface name="{bound}"/></zone>'} if bound else {}
    assert answer(firewalld.read(machine(files, {path: text}))) == expected


def test_two_connections_of_one_interface_may_be_either() -> None:
    other = KEYFILE.replace("eth0", "other")
    keyfiles = {KEYFILE: "[connection]\ninterface-name=eth0\nzone=drop\n", other: "[connection]\ninterface-name=eth0\n"}
    assert answer(firewalld.read(machine({}, keyfiles))) == "depends"


def test_a_connection_that_may_not_be_read_is_told() -> None:
    host = machine({})
    host.denied = (KEYFILE,)
    assert firewalld.read(host).not_understood == (f"{KEYFILE}: permission denied (run as root)",)


def test_nothing_captured_but_etc() -> None:
    """Zones of /etc count, shipped services are known, shipped zones and other services are not."""
    assert answer(firewalld.read(machine(public(SSH), shipped=False))) == "accepted"
    assert answer(firewalld.read(machine({"firewalld.conf": NFTABLES}, shipped=False))) == "depends"
    assert answer(firewalld.read(machine(public('<service name="dhcpv6-client"/>'), shipped=False))) == "refused"
    assert answer(firewalld.read(machine(public('<service name="mine"/>'), shipped=False))) == "depends"


def test_settings() -> None:
    text = "# DefaultZone=a\nDefaultZone=b\nDefaultZone=c\nnonsense\nEmpty=\n; x=y\n"
    assert firewalld.parse_conf(text) == {"DefaultZone": "b"}


def test_no_configuration_is_absent_and_a_denied_one_unreadable() -> None:
    with pytest.raises(Absent, match="/etc/firewalld does not exist"):
        firewalld.read(FakeHost())
    with pytest.raises(Unreadable, match="permission denied"):
        firewalld.read(FakeHost({f"{ETC}/zones/public.xml": "<zone/>"}, denied=(f"{ETC}/firewalld.conf",)))


@pytest.mark.parametrize(
    ("zone", "said"), [("drop", "refused"), ("block", "refused"), ("trusted", "accepted"), ("work", "depends")]
)
def test_zones_that_are_their_target_alone_need_no_shipped_file(zone: str, said: str) -> None:
    host = machine({"firewalld.conf": f"DefaultZone={zone}\nFirewallBackend=nftables\n"}, shipped=False)
    assert answer(firewalld.read(host)) == said

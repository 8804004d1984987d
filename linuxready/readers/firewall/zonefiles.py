"""firewalld's files as types: zones, policies, services and ipsets, one XML file each (firewalld.zone(5) and so on).

    <zone target="DROP">
      <interface name="eth0"/> <source address="10.0.0.0/8"/>
      <service name="ssh"/> <port port="8080" protocol="tcp"/>
      <rule family="ipv4"><source address="10.0.0.0/8"/><service name="ssh"/><accept/></rule>
    </zone>

Which file is refused whole, and which rule is passed over, is as in firewall/core/io/ and firewall/core/rich.py of
firewalld 1.3, with the attributes that 2.x added. A file that is refused raises Malformed.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from linuxready.readers.firewall import xmltree
from linuxready.readers.firewall.ports import address
from linuxready.readers.firewall.richrule import ACTIONS, FAMILIES, RichRule, forward, is_mac, named, number, parse_rule
from linuxready.readers.firewall.xmltree import Element, Malformed

ZONE_TARGETS = ("default", "{chain}_{zone}", "ACCEPT", "%%REJECT%%", "DROP")
POLICY_TARGETS = ("ACCEPT", "REJECT", "DROP", "CONTINUE")
PROTOCOLS = ("tcp", "udp", "sctp", "dccp")
Attributes = dict[str, tuple[str, str]]

COMMON: Attributes = {
    "short": ("", ""),
    "description": ("", ""),
    "service": ("name", ""),
    "port": ("port protocol", ""),
    "protocol": ("value", ""),
    "source-port": ("port protocol", ""),
    "forward-port": ("port protocol", "to-port to-addr"),
    "masquerade": ("", "enabled"),
    "icmp-block": ("name", ""),
    "icmp-type": ("name", ""),
    "tcp-mss-clamp": ("", "value"),
    "rule": ("", "family priority"),
    "source": ("", "address mac invert family ipset"),
    "destination": ("", "address invert ipset"),
    "log": ("", "prefix level"),
    "nflog": ("", "group prefix queue-size"),
    "audit": ("", ""),
    "accept": ("", ""),
    "reject": ("", "type"),
    "drop": ("", ""),
    "mark": ("set", ""),
    "limit": ("value", "burst"),
}
ZONE: Attributes = COMMON | {
    "zone": ("", "name immutable target version ingress-priority egress-priority"),
    "interface": ("name", ""),
    "forward": ("", ""),
    "icmp-block-inversion": ("", ""),
}
POLICY: Attributes = COMMON | {
    "policy": ("target", "version priority"),
    "ingress-zone": ("name", ""),
    "egress-zone": ("name", ""),
}
SERVICE: Attributes = {
    "service": ("", "name version"),
    "short": ("", ""),
    "description": ("", ""),
    "port": ("port protocol", ""),
    "protocol": ("value", ""),
    "source-port": ("port protocol", ""),
    "module": ("name", ""),
    "destination": ("", "ipv4 ipv6"),
    "include": ("service", ""),
    "helper": ("name", ""),
}
IPSET: Attributes = {
    "ipset": ("type", "version"),
    "short": ("", ""),
    "description": ("", ""),
    "option": ("name", "value"),
    "entry": ("", ""),
}
"""Elements to the attributes that they must have and may have; any other refuses the file."""


class Item(Struct, frozen=True):
    """One setting: what it names ("ssh", "22/tcp", "eth0"), its text and place ("/etc/…/public.xml:5")."""

    value: str
    text: str
    place: str


class Forward(Struct, frozen=True):
    """A port that is forwarded; the target's parts are "" where the file is silent."""

    port: str
    protocol: str
    to_port: str
    to_address: str
    text: str = ""
    place: str = ""


class Zone(Struct, frozen=True):
    """A zone, or a policy, which has zones where a zone has interfaces and sources; `target` as in the file."""

    name: str
    place: str
    target: str = "default"
    priority: int = 0
    services: tuple[Item, ...] = ()
    ports: tuple[Item, ...] = ()
    protocols: tuple[Item, ...] = ()
    source_ports: tuple[Item, ...] = ()
    forward_ports: tuple[Forward, ...] = ()
    interfaces: tuple[Item, ...] = ()
    sources: tuple[Item, ...] = ()
    rules: tuple[RichRule, ...] = ()
    ingress_zones: tuple[str, ...] = ()
    egress_zones: tuple[str, ...] = ()


class Service(Struct, frozen=True):
    """A service; ports are "22/tcp"; `destinations` the family ("ip") to the one address that it has there."""

    ports: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    source_ports: tuple[str, ...] = ()
    destinations: dict[str, str] = {}
    includes: tuple[str, ...] = ()


class IpSet(Struct, frozen=True):
    """A set's type ("hash:ip,port"), family ("ip") and entries; those of a set with a timeout are not loaded."""

    type: str
    family: str
    entries: tuple[str, ...]


def parse_zone(content: bytes, name: str, place: str) -> Zone:
    """A zone's file; raises Malformed."""
    root = _root(content, "zone", ZONE)
    target = root.attributes.get("target", "") or "default"
    if target not in ZONE_TARGETS:
        raise Malformed(f"line {root.line}: target {target}")
    for source in named(root, "source"):
        given = source.attributes.get("address", "")
        if given and not (address(given) or is_mac(given)):
            raise Malformed(f"line {source.line}: {given} is no address")
    return Zone(
        target="default" if target == "{chain}_{zone}" else target,
        priority=number(root, "ingress-priority"),
        interfaces=_items(root, "interface", place, lambda a: a["name"]),
        sources=_items(root, "source", place, _bound_source),
        **_common(root, name, place),
    )


def parse_policy(content: bytes, name: str, place: str) -> Zone:
    """A policy's file; raises Malformed."""
    root = _root(content, "policy", POLICY)
    if root.attributes["target"] not in POLICY_TARGETS:
        raise Malformed(f"line {root.line}: target {root.attributes['target']}")
    return Zone(
        target=root.attributes["target"],
        priority=number(root, "priority", -1),
        ingress_zones=tuple(e.attributes["name"] for e in named(root, "ingress-zone")),
        egress_zones=tuple(e.attributes["name"] for e in named(root, "egress-zone")),
        **_common(root, name, place),
    )


def parse_service(content: bytes) -> Service:
    """A service's file; raises Malformed."""
    root = _root(content, "service", SERVICE)
    ports = named(root, "port")
    with_port = [e.attributes for e in ports if e.attributes["port"]]
    bare = [e.attributes["protocol"] for e in ports if not e.attributes["port"]]
    destinations = [e.attributes for e in named(root, "destination")]
    return Service(
        ports=tuple(map(_port, with_port)),
        protocols=(*bare, *(e.attributes["value"] for e in named(root, "protocol"))),
        source_ports=tuple(_port(e.attributes) for e in named(root, "source-port")),
        destinations={FAMILIES[family]: to for given in reversed(destinations) for family, to in given.items()},
        includes=tuple(e.attributes["service"] for e in named(root, "include")),
    )


def parse_ipset(content: bytes) -> IpSet:
    """A set's file; raises Malformed."""
    root = _root(content, "ipset", IPSET)
    options = {e.attributes["name"]: e.attributes.get("value", "") for e in reversed(named(root, "option"))}
    family = FAMILIES.get(options.get("family", "inet"))
    if family is None:
        raise Malformed(f"family {options['family']}")
    entries = () if options.get("timeout", "0") != "0" else tuple(e.text for e in named(root, "entry"))
    return IpSet(root.attributes["type"], family, entries)


def _root(content: bytes, name: str, known: Attributes) -> Element:
    root = xmltree.parse(content)
    if root.name != name:
        raise Malformed(f"line {root.line}: <{root.name}> where <{name}> was expected")
    check(root, known)
    return root


def check(element: Element, known: Attributes) -> None:
    """An element that is not known, or an attribute more or less than it has, refuses the file."""
    if element.name not in known:
        raise Malformed(f"line {element.line}: <{element.name}> is not known")
    required, optional = known[element.name]
    missing = set(required.split()).difference(element.attributes)
    more = set(element.attributes).difference(required.split(), optional.split())
    if missing or more:
        words = f"without {min(missing)}" if missing else f"with {min(more)}"
        raise Malformed(f"line {element.line}: <{element.name}> {words}")
    for child in element.children:
        check(child, known)


def _common(root: Element, name: str, place: str) -> dict[str, Any]:
    """What zones and policies share. An action outside of a rule makes firewalld pass over what follows: refused."""
    for child in root.children:
        if child.name in (*ACTIONS, "limit", "destination"):
            raise Malformed(f"line {child.line}: <{child.name}> outside of a rule")
    rules = [rule for element in named(root, "rule") if (rule := parse_rule(element, place))]
    return {
        "name": name,
        "place": place,
        "services": _items(root, "service", place, lambda a: a["name"]),
        "ports": _items(root, "port", place, _port),
        "protocols": _items(root, "protocol", place, lambda a: a["value"]),
        "source_ports": _items(root, "source-port", place, _port),
        "forward_ports": tuple(
            Forward(*forward(e.attributes), str(e), f"{place}:{e.line}") for e in named(root, "forward-port")
        ),
        "rules": tuple({rule.text: rule for rule in reversed(rules)}.values())[::-1],
    }


def _items(root: Element, name: str, place: str, value: Any) -> tuple[Item, ...]:
    """The values of a kind of element, each once, in the file's order; "" is none."""
    found: dict[str, Item] = {}
    for element in named(root, name):
        word = value(element.attributes)
        if word:
            found.setdefault(word, Item(word, str(element), f"{place}:{element.line}"))
    return tuple(found.values())


def _bound_source(attributes: dict[str, str]) -> str:
    """The source that a zone is bound to; "" for what firewalld passes over: two of them, none, an inverted one."""
    given, ipset = attributes.get("address", ""), attributes.get("ipset", "")
    if bool(given) == bool(ipset) or "invert" in attributes:
        return ""
    return given or f"ipset:{ipset}"


def _port(attributes: dict[str, str]) -> str:
    if attributes["protocol"] not in PROTOCOLS or not attributes["port"]:
        raise Malformed(f"port {attributes['port']}/{attributes['protocol']}")
    return f"{attributes['port']}/{attributes['protocol']}"

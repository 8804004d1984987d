"""firewalld's permanent configuration: what it loads at boot (firewalld.conf(5), firewalld.zone(5), firewalld(1)).

    /etc/firewalld/firewalld.conf          DefaultZone=public
    /etc/firewalld/zones/public.xml        in place of /usr/lib/firewalld/zones/public.xml; and so services, ipsets
    /etc/firewalld/direct.xml              rules in iptables' words
    /etc/sysconfig/network-scripts/ifcfg-eth0, /etc/sysconfig/network/ifcfg-eth0      ZONE=internal
    /etc/NetworkManager/system-connections/*.nmconnection      [connection] zone=internal

A file that firewalld cannot parse: before 1.0 it is passed over, so the shipped one counts; later versions then load
nothing but what is shipped. Here it is passed over, and named as not understood. A default zone that does not exist
becomes public, external or block (core/fw.py). Where no shipped file was captured, a zone that is in none is not
guessed; but drop, block and trusted, which are their target alone, and the services that shipped zones name are known
by the tables below: one defined anew is in /etc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from linuxready.host import Absent, Host, Unreadable
from linuxready.readers.firewall.assignments import parse_assignments
from linuxready.readers.firewall.direct import Direct, parse_direct
from linuxready.readers.firewall.xmltree import Malformed
from linuxready.readers.firewall.zonefiles import (
    Service,
    Zone,
    parse_ipset,
    parse_policy,
    parse_service,
    parse_zone,
)
from linuxready.readers.firewall.zonerules import Binding, Config
from linuxready.readers.firewall.zonetables import compile_rules
from linuxready.ruleset import Ruleset

T = TypeVar("T")

ETC, LIB = "/etc/firewalld", "/usr/lib/firewalld"
CONF = f"{ETC}/firewalld.conf"
DIRECT = f"{ETC}/direct.xml"
CONNECTIONS = "/etc/NetworkManager/system-connections"
NETWORK_SCRIPTS = "/etc/sysconfig/network-scripts"
WICKED = "/etc/sysconfig/network"

FALLBACK = "public"
SHIPPED_FIRST = ("public", "external", "block")
"""What a default zone that does not exist becomes: the first of these that does."""

IMMUTABLE = {
    name: Zone(name, f"{LIB}/zones/{name}.xml", target)
    for name, target in {"drop": "DROP", "block": "%%REJECT%%", "trusted": "ACCEPT"}.items()
}
"""Zones that every version ships with nothing but their target, where the shipped files were not captured."""

SERVICES = {
    "ssh": Service(ports=("22/tcp",)),
    "dhcpv6-client": Service(ports=("546/udp",), destinations={"ip6": "fe80::/64"}),
    "mdns": Service(ports=("5353/udp",), destinations={"ip": "224.0.0.251", "ip6": "ff02::fb"}),
    "cockpit": Service(ports=("9090/tcp",)),
    "ipp-client": Service(ports=("631/udp",)),
    "samba-client": Service(ports=("137/udp", "138/udp")),
}
"""The services of the shipped zones, as every version ships them."""


def read(host: Host) -> Ruleset:
    """The rules that firewalld loads; raises Absent where it has no configuration."""
    return compile_rules(read_config(host))


def read_config(host: Host) -> Config:
    """The configuration; raises Absent where there is none, Unreadable where it may not be read."""
    if host.mode(ETC) is None and host.mode(LIB) is None:
        raise Absent(f"{ETC} does not exist")
    settings = parse_conf(_text(host, CONF))
    unread: list[str] = []
    zones = _files(host, "zones", parse_zone, unread)
    policies = _files(host, "policies", parse_policy, unread)
    named = _named_services((*zones.values(), *policies.values()))
    services = _services(host, [name for name, _ in named], unread)
    ipsets = _files(host, "ipsets", lambda content, *_: parse_ipset(content), unread)
    direct = _direct(host, unread)
    if host.mode(f"{LIB}/services") is not None:
        # firewalld 1.x then loads only what is shipped.
        unread += [f"{place}: service {name} is in no file" for name, place in named if name not in services]
    unread += _twice(zones)
    backend = settings.get("FirewallBackend", "")
    if not backend and _accepts(direct):
        unread.append(f"{CONF}: no FirewallBackend, so it is open whether direct rules spare a packet the zones")
    default = settings.get("DefaultZone", FALLBACK)
    if default not in zones and zones.keys() >= {"block", "drop", "trusted"}:
        default = next(zone for zone in SHIPPED_FIRST if zone in zones)
    if host.mode(f"{LIB}/zones") is None:
        zones = IMMUTABLE | zones
    return Config(
        default,
        zones,
        tuple(policies.values()),
        SERVICES | services,
        ipsets,
        bindings(zones, default, _connections(host, unread)),
        direct,
        # Files from before there was a choice, of versions that have none, do not name it.
        backend or ("iptables" if settings else "nftables"),
        settings.get("IPv6_rpfilter", "yes").lower() not in ("no", "false"),
        ETC,
        tuple(unread),
    )


def parse_conf(text: str) -> dict[str, str]:
    """firewalld.conf: KEY=VALUE, of which the first counts; other lines are passed over."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        words = [word.strip() for word in line.split("=")]
        if len(words) == 2 and all(words) and not words[0].startswith(("#", ";")):
            found.setdefault(words[0], words[1])
    return found


def parse_keyfile(text: str) -> dict[str, str]:
    """The [connection] section of a NetworkManager keyfile."""
    found: dict[str, str] = {}
    section = ""
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[connection]" and not line.startswith(("#", ";")):
            key, equals, value = line.partition("=")
            if equals:
                found[key.strip()] = value.strip()
    return found


def bindings(zones: dict[str, Zone], default: str, connections: tuple[Binding, ...]) -> tuple[Binding, ...]:
    """Interfaces' zones, the first that matches counts: those of connections, then of zones' files, the last first.

    NetworkManager and ifup move an interface to the zone of its connection, the default one where it has none; an
    interface with several connections, or one that only its zone's file binds, may be in either.
    """
    said: dict[str, set[str]] = {}
    for one in connections:
        said.setdefault(one.interface, set()).add(one.zone)
    found = [
        Binding(one.interface, one.zone or default, one.place, one.text, "the connection" if several else one.doubt)
        for one in connections
        for several in [len(said[one.interface]) > 1]
        if one.zone or several
    ]
    for zone in sorted(zones.values(), key=lambda zone: zone.name, reverse=True):
        for item in zone.interfaces:
            moved = said.get(item.value, set()) == {""}
            found.append(
                Binding(item.value, zone.name, item.place, item.text, "a connection without zone" if moved else "")
            )
    return tuple(found)


def _named_services(zones: Iterable[Zone]) -> list[tuple[str, str]]:
    """The services that zones and policies name, each with its place."""
    own = [(item.value, item.place) for zone in zones for item in zone.services]
    rules = [rule for zone in zones for rule in zone.rules if rule.element == "service"]
    return own + [(rule.attributes["name"], rule.place) for rule in rules]


def _services(host: Host, names: list[str], unread: list[str]) -> dict[str, Service]:
    """The services of /etc, and of the shipped ones, which are hundreds, those that are named or included."""
    found = _files(host, "services", lambda content, *_: parse_service(content), unread, (ETC,))
    shipped = _names(host, f"{LIB}/services")
    wanted = [*names, *(name for service in found.values() for name in service.includes)]
    while wanted:
        name = wanted.pop()
        path = f"{LIB}/services/{name}.xml"
        if name in found or f"{name}.xml" not in shipped:
            continue
        try:
            found[name] = parse_service(host.read(path))
        except Malformed as error:
            unread.append(f"{path}: {error}")
            found[name] = Service()
        wanted += found[name].includes
    return found


def _accepts(direct: Direct) -> bool:
    """Whether a direct rule lets packets in: what that is worth depends on the backend."""
    rules = [rule for one in direct.chains.values() for rule in (*one.rules, *one.before, *one.after)]
    return any(statement.kind == "accept" for rule in rules for statement in rule.statements)


def _twice(zones: dict[str, Zone]) -> list[str]:
    """Interfaces and sources that two zones' files bind: firewalld 1.x then loads only what is shipped."""
    first: dict[str, str] = {}
    items = [item for zone in zones.values() for item in (*zone.interfaces, *zone.sources)]
    bound = [(item, first.setdefault(item.value, item.place)) for item in items]
    return [f"{item.place}: {item.text} is bound at {place} as well" for item, place in bound if place != item.place]


def _connections(host: Host, unread: list[str]) -> tuple[Binding, ...]:
    """The interfaces of network configurations and their zones; "" for none."""
    found = []
    for name in _names(host, CONNECTIONS):
        place = f"{CONNECTIONS}/{name}"
        settings = parse_keyfile(_text(host, place, unread))
        interface, zone = settings.get("interface-name", ""), settings.get("zone", "")
        if settings.get("autoconnect") != "false" and (interface or zone):
            doubt = "" if interface else "the interface of a connection"
            found.append(Binding(interface, zone, place, f"zone={zone}", doubt))
    for folder in (NETWORK_SCRIPTS, WICKED):
        for name in _names(host, folder):
            interface = name.removeprefix("ifcfg-")
            if interface in (name, "lo", "template") or name.endswith(("~", ".bak", ".orig", ".rpmnew", ".rpmsave")):
                continue
            values = parse_assignments(_text(host, f"{folder}/{name}", unread))
            device = values.get("DEVICE")
            zone_set = values.get("ZONE")
            zone = (zone_set.value or "") if zone_set else ""
            if zone or folder == NETWORK_SCRIPTS:
                interface = (device.value if device else "") or interface
                place = f"{folder}/{name}:{zone_set.line}" if zone_set else f"{folder}/{name}"
                found.append(Binding(interface, zone, place, f"ZONE={zone}"))
    return tuple(found)


def _files(
    host: Host,
    kind: str,
    parse: Callable[[bytes, str, str], T],
    unread: list[str],
    folders: tuple[str, ...] = (LIB, ETC),
) -> dict[str, T]:
    """Every file of a kind by its name, those of later folders in place of others; `unread`: what is malformed."""
    found: dict[str, T] = {}
    for folder in folders:
        for name in _names(host, f"{folder}/{kind}"):
            if not name.endswith(".xml"):
                continue
            path = f"{folder}/{kind}/{name}"
            try:
                found[name[:-4]] = parse(host.read(path), name[:-4], path)
            except Malformed as error:
                unread.append(f"{path}: {error}")
    return found


def _direct(host: Host, unread: list[str]) -> Direct:
    try:
        return parse_direct(host.read(DIRECT), DIRECT)
    except Absent:
        return Direct()
    except Malformed as error:
        unread.append(f"{DIRECT}: {error}")
        return Direct()


def _names(host: Host, folder: str) -> list[str]:
    try:
        return host.entries(folder)
    except Absent:
        return []


def _text(host: Host, path: str, unread: list[str] | None = None) -> str:
    """A file's text, "" where it is not there; one that may not be read is named in `unread`, or Unreadable."""
    try:
        return host.text(path)
    except Absent:
        return ""
    except Unreadable as error:
        if unread is None:
            raise
        unread.append(str(error))
        return ""

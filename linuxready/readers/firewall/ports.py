"""Ports as firewalls' files write them, and addresses, as the words of a Match."""

from __future__ import annotations

import re

from linuxready.ruleset import Match, Statement

PORTS = {
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "domain": 53,
    "http": 80,
    "www": 80,
    "pop3": 110,
    "ntp": 123,
    "imap": 143,
    "imap2": 143,
    "snmp": 161,
    "ldap": 389,
    "https": 443,
    "submission": 587,
    "ldaps": 636,
    "imaps": 993,
    "pop3s": 995,
    "nfs": 2049,
    "mysql": 3306,
    "ms-wbt-server": 3389,
    "postgresql": 5432,
}
"""Ports by name, as /etc/services has them on every distribution; another name is not understood."""

TCP = Match(("protocol",), (("tcp",),))


def port_range(text: str) -> str | None:
    """ "22", "ssh", "20-30" and "20:30" as "22" and "20-30"; None for what is no port."""
    ends = [str(PORTS.get(end, end)) for end in re.split("[-:]", text)] if text not in PORTS else [str(PORTS[text])]
    if len(ends) > 2 or not all(re.fullmatch(r"[0-9]{1,5}", end) and int(end) < 65536 for end in ends):
        return None
    low, high = min(map(int, ends)), max(map(int, ends))
    return str(low) if low == high else f"{low}-{high}"


def port_matches(protocol: str, port: str, field: str = "destination-port") -> tuple[Match, ...]:
    """A protocol and a port of it; a port by a name that is not known is a match that is not understood."""
    ports = port_range(port)
    of_port = Match((field,), ((ports,),)) if ports else Match((f"{field} by name",), ((port,),))
    return Match(("protocol",), ((protocol,),)), of_port


def address(text: str) -> tuple[str, str] | None:
    """The family and the plain form of an address or network: ("ip", "10.0.0.0/8"); None for what is none."""
    import ipaddress

    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    family = "ip" if network.version == 4 else "ip6"
    return family, str(network) if "/" in text else str(network.network_address)


def address_matches(text: str, field: str = "source", negated: bool = False) -> tuple[Match, ...]:
    """An address and the family that it implies; what is no address is a match that is not understood."""
    found = address(text)
    if found is None:
        return (Match((f"{field} that is no address",), ((text,),), negated),)
    return Match(("family",), ((found[0],),)), Match((field,), ((found[1],),), negated)


def forwarded(port: str, address: str = "") -> Statement:
    """Where a forwarded packet goes: a port of this machine ("": the same one), or another address."""
    to = port_range(port) or port
    if address:
        brackets = f"[{address}]" if ":" in address and to else address
        return Statement("dnat", f"{brackets}:{to}" if to else address)
    if to and not to.isdecimal():
        return Statement("dnat", f":{to}")
    return Statement("redirect", to)

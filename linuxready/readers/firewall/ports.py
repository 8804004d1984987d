"""Ports as firewalls' files write them, and addresses, as the words of a Match."""

from __future__ import annotations

import re

from linuxready.ruleset import Match, Statement

PORTS = {
    "echo": 7, "discard": 9, "daytime": 13, "chargen": 19, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23,
    "smtp": 25, "mail": 25, "time": 37, "whois": 43, "tacacs": 49, "domain": 53, "bootps": 67, "bootpc": 68,
    "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "www": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111,
    "auth": 113, "nntp": 119, "ntp": 123, "epmap": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139,
    "imap2": 143, "imap": 143, "snmp": 161, "snmp-trap": 162, "snmptrap": 162, "bgp": 179, "irc": 194, "ldap": 389,
    "https": 443, "microsoft-ds": 445, "kpasswd": 464, "submissions": 465, "isakmp": 500, "syslog": 514,
    "printer": 515, "submission": 587, "ipp": 631, "ldaps": 636, "domain-s": 853, "rsync": 873, "ftps-data": 989,
    "ftps": 990, "imaps": 993, "pop3s": 995, "openvpn": 1194, "ms-sql-s": 1433, "radius": 1812, "radius-acct": 1813,
    "nfs": 2049, "mysql": 3306, "iscsi-target": 3260, "svn": 3690, "ipsec-nat-t": 4500, "sip": 5060, "sip-tls": 5061,
    "xmpp-client": 5222, "mdns": 5353, "postgresql": 5432, "amqp": 5672, "http-alt": 8080, "git": 9418,
    "zabbix-agent": 10050, "zabbix-trapper": 10051,
    "ms-wbt-server": 3389,
}  # fmt: skip
"""Port names that rules use. The machine's own /etc/services is not read; a name that is not here is not understood."""

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

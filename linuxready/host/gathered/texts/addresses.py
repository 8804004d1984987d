r"""The network interfaces and their addresses: iproute2's `ip addr` in all its forms, and net-tools' `ifconfig -a`.

2: eth0    inet 10.1.2.3/24 brd 10.1.2.255 scope global eth0\       valid_lft forever …     ip -o addr

2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master bond0 state UP …          ip addr
    link/ether 00:50:56:8c:1b:24 brd ff:ff:ff:ff:ff:ff
    inet 10.1.2.3/24 brd 10.1.2.255 scope global eth0

eth0      Link encap:Ethernet  HWaddr 00:50:56:8C:1B:24                                       ifconfig, to 1.60
          inet addr:10.1.2.3  Bcast:10.1.2.255  Mask:255.255.255.0
          inet6 addr: fe80::250:56ff:fe8c:1b24/64 Scope:Link

eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500                                    ifconfig, since 2.0
        inet 10.1.2.3  netmask 255.255.255.0  broadcast 10.1.2.255
        inet6 fe80::250:56ff:fe8c:1b24  prefixlen 64  scopeid 0x20<link>
"""

from __future__ import annotations

import re
from typing import NamedTuple

from linuxready.host import ToldAddresses, Unreadable

MAX_INTERFACES = 10_000


KINDS = "bond bridge vlan team tun vxlan veth dummy macvlan ipvlan".split()
"""What `ip -d` calls interfaces that lie on others, or on nothing."""


class Link(NamedTuple):
    """An interface as `ip addr` names it: "bond0.100@bond0" lies on bond0; `master` is the bond or bridge it is in."""

    name: str
    below: str = ""
    master: str = ""
    kind: str = ""
    """What `ip -d` says it is: bond, bridge, vlan, …"""


_IP_HEAD = re.compile(r"\d+: ([^\s@:]+)(?:@([^\s:]+))?(?::|\s)(.*)")
_IP_ADDRESS = re.compile(r"(?:.*?\s)?inet6? ([0-9a-fA-F:.]+)(?:/\d+)?(?: peer \S+)?(?:\s|$)")
_OLD_HEAD = re.compile(r"(\S+?):?\s+(?:Link encap:|flags=\d+<)")
_OLD_ADDRESS = re.compile(r"\s+inet6? (?:addr: ?)?([0-9a-fA-F:.]+)")


def parse_ip(text: str) -> tuple[ToldAddresses, ...]:
    """The interfaces of `ip addr`, with or without -o and -d, by name; raises Unreadable where there are none."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        head = _IP_HEAD.match(line)
        if head:
            name = head[1]
            found.setdefault(name, [])
            line = head[3]
        address = _IP_ADDRESS.match(line)
        if address and name:
            found[name].append(address[1])
    return _told(found, "ip addr")


def parse_links(text: str) -> tuple[Link, ...]:
    """What the heads of `ip addr`, better `ip -d addr`, tell beside the addresses; raises Unreadable for none."""
    found: list[Link] = []
    for line in text.splitlines()[: MAX_INTERFACES * 20]:
        head = _IP_HEAD.match(line)
        if head and "<" in head[3]:  # `ip -o addr` names no masters
            master = re.search(r"\bmaster (\S+)", head[3])
            below = head[2] or ""
            kind = "bond" if re.search(r"[<,]MASTER[,>]", head[3]) else ""
            found.append(Link(head[1], "" if below == "NONE" else below, master[1] if master else "", kind))
        elif found and (said := re.match(rf"\s{{4}}({'|'.join(KINDS)})\b", line)):
            found[-1] = found[-1]._replace(kind=said[1])
    if not found:
        raise Unreadable("`ip` shows no interface's flags and master")
    return tuple(found)


def parse_ifconfig(text: str) -> tuple[ToldAddresses, ...]:
    """The interfaces of `ifconfig -a`, its aliases ("eth0:1") with their interface; raises Unreadable for none."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        head = _OLD_HEAD.match(line)
        if head:
            name = head[1].partition(":")[0]
            found.setdefault(name, [])
        elif name and (address := _OLD_ADDRESS.match(line)):
            found[name].append(address[1])
    return _told(found, "ifconfig -a")


def _told(found: dict[str, list[str]], command: str) -> tuple[ToldAddresses, ...]:
    if not found or len(found) > MAX_INTERFACES:
        raise Unreadable(f"`{command}` shows {'no' if not found else 'too many'} interfaces")
    return tuple(ToldAddresses(name, tuple(addresses)) for name, addresses in sorted(found.items()))

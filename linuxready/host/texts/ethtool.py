"""Which driver an interface has, from `ethtool -i`.

driver: vmxnet3
version: 1.4.2.0-k-NAPI
bus-info: 0000:0b:00.0
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable

VIRTUAL = {
    "bonding": "bond",
    "bridge": "bridge",
    "802.1Q VLAN Support": "vlan",
    "team": "team",
    "tun": "tun",
    "veth": "veth",
    "dummy": "dummy",
    "macvlan": "macvlan",
    "ipvlan": "ipvlan",
    "vxlan": "vxlan",
    "wireguard": "wireguard",
    "openvswitch": "openvswitch",
    "ifb": "ifb",
    "virtual": "virtual",
}
"""Drivers of interfaces without hardware, and what kind these are."""


def parse_driver(text: str) -> str:
    """The driver's name; raises Unreadable where it is not told."""
    match = re.search(r"^driver: (\S.*?)\s*$", text, re.M)
    if not match:
        raise Unreadable("`ethtool -i` names no driver")
    return match[1]

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
    **dict.fromkeys(("sit", "ip6tnl", "ipip", "gre", "gretap", "erspan", "vti", "vti6"), "tunnel"),
}
"""Drivers of interfaces without hardware, and what kind these are."""

ON_NO_BUS = ("hv_netvsc", "xen_netfront", "vif", "ibmveth")
"""Drivers of adapters that need not name a bus."""


def parse_driver(text: str) -> tuple[bool, str]:
    """Whether the interface is an adapter, and its kind if it is none; raises Unreadable where that is not told."""
    words = dict(re.findall(r"^(driver|bus-info):[ \t]*(.*?)[ \t]*$", text, re.M))
    driver, bus = words.get("driver", ""), words.get("bus-info", "")
    if driver in VIRTUAL:
        return False, VIRTUAL[driver]
    if driver and (driver in ON_NO_BUS or re.search(r"\d", bus)):
        return True, ""
    raise Unreadable("`ethtool -i` names no driver, or none that is known to have hardware")

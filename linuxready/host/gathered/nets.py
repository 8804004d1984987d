"""/sys/class/net of a gathered machine, made of udev's database or ethtool, and of what `ip` shows of the masters.

What an interface is made of, or whether it has hardware, has to be told of each; else nothing is made, and every
interface with an address counts. Sources: udev's database (what has hardware does not lie below /devices/virtual),
links in the tree, `ethtool -i` (the driver); `ip` and /proc/net/bonding (bonds, bridges, VLANs and what they lie on).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct

from linuxready.host import Host, Unreadable
from linuxready.host.gathered import Gathered, parsed, said
from linuxready.host.gathered.madefiles import MadeFiles
from linuxready.host.gathered.tellers import IP_ADDRESS, TELLERS
from linuxready.host.gathered.texts import addresses, ethtool, udevdb

LINKS = (*IP_ADDRESS, "ip -s -d link", "ip -d link", "ip -s link", "ip link", "ip -o link")

STACKED = ("vlan", "macvlan", "ipvlan")
"""Kinds of which `ip` shows the interface below: bond0.100@bond0. A veth's is its other end."""

VIRTUAL = "/sys/devices/virtual/net"


class Net(Struct):
    """What is known of an interface: where it lies below /sys, its kind, and what it lies on."""

    name: str
    path: str = ""
    kind: str = ""
    lower: set[str] = set()


def make(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """Add the interfaces; raises Unreadable where not all, or not what they are made of, was gathered."""
    try:
        links = parsed(gathered, [(command, addresses.parse_links) for command in LINKS])
        trouble = None
    except Unreadable as error:
        links, trouble = (), error
    nets = _of_udev(gathered) or {link.name: Net(link.name) for link in links}
    if trouble and any(VIRTUAL in net.path and net.name != "lo" for net in nets.values() or [Net("", VIRTUAL)]):
        raise trouble
    if untold := _seen_elsewhere(gathered, links) - set(nets):
        raise Unreadable(f"what {min(untold)} is was not gathered: udev's database does not tell of it")
    for net in nets.values():
        _what_it_is(net, gathered, tree)
    for link in links:
        if link.name in nets:
            _stacked(link, nets)
    for net in nets.values():
        _add(made, net)
    if tree.mode("/proc/net/vlan") is None:
        made.listed[tree.real_path("/proc/net/vlan")] = set()  # what is a VLAN was told


def _seen_elsewhere(gathered: Gathered, links: Iterable[addresses.Link]) -> set[str]:
    """The names that `ip` or ifconfig shows."""
    names = {link.name for link in links}
    with suppress(Unreadable):
        names.update(told.name for told in TELLERS["interfaces"](gathered))
    return names


def _of_udev(gathered: Gathered) -> dict[str, Net]:
    """The interfaces of udev's database, none where that was not gathered."""
    with suppress(Unreadable):
        return {
            device.name: Net(device.name, device.path, device.words.get("DEVTYPE", ""))
            for device in udevdb.parse_export_db(said(gathered, "udevadm info --export-db"))
            if device.subsystem == "net" and device.path.split("/")[-2:-1] == ["net"]
        }
    return {}


def _what_it_is(net: Net, gathered: Gathered, tree: Host) -> None:
    """Find where an interface lies, and what kind it is; raises Unreadable where its hardware is not told."""
    with suppress(Unreadable):
        net.lower = set(re.findall(r"^Slave Interface: (\S+)$", tree.text(f"/proc/net/bonding/{net.name}"), re.M))
        net.kind = "bond"
    with suppress(Unreadable):
        net.lower |= set(re.findall(r"^Device:\s*(\S+)", tree.text(f"/proc/net/vlan/{net.name}"), re.M))
        net.kind = net.kind or "vlan"
    target = None if net.path else tree.link(f"/sys/class/net/{net.name}")
    if target and "/devices/" in target:
        net.path = f"/sys/devices/{target.partition('/devices/')[2]}"
    if net.path:
        return
    if net.name == "lo":
        net.path = f"{VIRTUAL}/lo"
        return
    is_adapter, kind = ethtool.parse_driver(said(gathered, f"ethtool -i {net.name}"))
    net.kind = net.kind or kind
    net.path = f"/sys/devices/unknown/net/{net.name}" if is_adapter else f"{VIRTUAL}/{net.name}"


def _stacked(link: addresses.Link, nets: dict[str, Net]) -> None:
    """Note what a link lies on; raises Unreadable where it could be an end of a pair, or lie on the other."""
    net = nets[link.name]
    net.kind = net.kind or link.kind
    if link.master in nets:
        nets[link.master].lower.add(link.name)
    if link.below in nets and net.kind in STACKED:
        net.lower.add(link.below)
    elif link.below in nets and not net.kind and VIRTUAL in net.path:
        raise Unreadable(f"what {link.name}, which is shown with {link.below}, is was not gathered")


def _add(made: MadeFiles, net: Net) -> None:
    made.add_link(f"/sys/class/net/{net.name}", net.path)
    made.add(f"{net.path}/uevent", f"INTERFACE={net.name}" + (f"\nDEVTYPE={net.kind}" if net.kind else ""))
    if "/virtual/" not in net.path:
        made.list(f"{net.path}/device")
    if net.kind == "bond":
        made.list(f"{net.path}/bonding")
        made.add(f"{net.path}/bonding/slaves", " ".join(sorted(net.lower)))
    for name in net.lower:
        made.list(f"{net.path}/lower_{name}")

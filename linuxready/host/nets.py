"""/sys/class/net of a gathered machine, made of udev's database and of what `ip` shows of the interfaces' masters.

Which interfaces are there, and which of them have hardware, udev's database tells; without it nothing is made, and
every interface with an address counts. What bonds and bridges are made of is told by `ip` and /proc/net/bonding.
"""

from __future__ import annotations

import re
from contextlib import suppress

from linuxready.host import Host, Unreadable
from linuxready.host.gathered import IP_ADDRESS, Gathered, parsed, said
from linuxready.host.madefiles import MadeFiles
from linuxready.host.texts import addresses, udevdb

LINKS = (*IP_ADDRESS, "ip -s -d link", "ip -d link", "ip -s link", "ip link", "ip -o link")

STACKED = ("vlan", "macvlan", "ipvlan")
"""Kinds of which `ip` shows the interface below: bond0.100@bond0. A veth's is its other end."""


def make(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """Add the interfaces; raises Unreadable where not all, or not what they are made of, was gathered."""
    devices = {}
    for device in udevdb.parse_export_db(said(gathered, "udevadm info --export-db")):
        if device.subsystem == "net" and device.path.split("/")[-2:-1] == ["net"]:
            devices[device.name] = device
    if not devices:
        raise Unreadable("`udevadm info --export-db` shows no network interface")
    kinds = {name: device.words.get("DEVTYPE", "") for name, device in devices.items()}
    lower: dict[str, set[str]] = {name: set() for name in devices}
    try:
        links = parsed(gathered, [(command, addresses.parse_links) for command in LINKS])
    except Unreadable:
        if any("/virtual/" in device.path and name != "lo" for name, device in devices.items()):
            raise
        links = ()
    for link in links:
        if link.name in kinds:
            kinds[link.name] = kinds[link.name] or link.kind
            lower.get(link.master, set()).add(link.name)
            if link.below in devices and kinds[link.name] in STACKED:
                lower[link.name].add(link.below)
    if tree.mode("/proc/net/vlan") is None:
        made.listed[tree.real_path("/proc/net/vlan")] = set()  # what is a VLAN, udev and `ip` have told
    for name, device in devices.items():
        with suppress(Unreadable):
            slaves = re.findall(r"^Slave Interface: (\S+)$", tree.text(f"/proc/net/bonding/{name}"), re.M)
            kinds[name] = "bond"
            lower[name].update(slaves)
        _add(made, device, kinds[name], lower[name])


def _add(made: MadeFiles, device: udevdb.Device, kind: str, lower: set[str]) -> None:
    made.add_link(f"/sys/class/net/{device.name}", device.path)
    made.add(
        f"{device.path}/uevent", f"INTERFACE={device.name}\nDEVTYPE={kind}" if kind else f"INTERFACE={device.name}"
    )
    if "/virtual/" not in device.path:
        made.list(f"{device.path}/device")
    if kind == "bond":
        made.list(f"{device.path}/bonding")
        made.add(f"{device.path}/bonding/slaves", " ".join(sorted(lower)))
    for name in lower:
        made.list(f"{device.path}/lower_{name}")

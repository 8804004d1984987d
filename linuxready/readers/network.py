"""The host name and the network interfaces, with what each is stacked on.

    /sys/class/net/eth0/device             a real adapter
    /sys/class/net/bond0/bonding/slaves    eth0 eth1
    /sys/class/net/br0/brif/eth2           a bridge's port
    /sys/class/net/bond0.100/uevent        DEVTYPE=vlan
    /proc/net/vlan/bond0.100               … Device: bond0
    /proc/net/if_inet6                     fe80…  02 40 20 80 eth0  (index, prefix, scope, flags, name)

Addresses come from a library (getifaddrs); sources: kernel Documentation/ABI/testing/sysfs-class-net.
"""

from __future__ import annotations

import re
import socket
import stat
from contextlib import suppress

from linuxready.facts import Address, Interface
from linuxready.host import Absent, Host, ToldAddresses, Unreadable

_TEMPORARY = 0x01
_FILES_WITH_NAME = (
    ("/proc/sys/kernel/hostname", r"^\s*(\S+)"),
    ("/etc/hostname", r"^[ \t]*([^\s#]\S*)"),
    ("/etc/HOSTNAME", r"^[ \t]*([^\s#]\S*)"),
    ("/etc/sysconfig/network", r'^[ \t]*HOSTNAME="?([^\s"#]+)'),
)


def read_host_name(host: Host) -> str:
    """The local host name, as it is set now or, of a captured root, as its files set it."""
    with suppress(Unreadable):
        name: str = host.told("host_name").strip()
        if name:
            return name
    unseen: Unreadable | None = None
    for path, pattern in _FILES_WITH_NAME:
        try:
            match = re.search(pattern, host.text(path), re.M)
            if match and match[1] != "(none)":
                return match[1]
        except Absent:
            continue
        except Unreadable as error:
            unseen = unseen or error
    raise unseen or Unreadable("the host name is not set (uname, /etc/hostname, /etc/HOSTNAME, /etc/sysconfig/network)")


def read_interfaces(host: Host) -> tuple[Interface, ...]:
    """Every interface with its addresses; those that only carry others are in it too."""
    told: tuple[ToldAddresses, ...] = host.told("interfaces")
    temporary = _temporary_addresses(host)
    addresses = {t.name: tuple(Address(a, a in temporary) for a in map(shortest, t.addresses)) for t in told}
    try:
        names = [n for n in host.entries("/sys/class/net") if _is_folder(host, f"/sys/class/net/{n}")]
    except Unreadable as error:
        others = [name for name in sorted(addresses) if addresses[name] and name != "lo"]
        if not (host.whole or isinstance(error, Absent)) and len(others) > 1:
            raise Unreadable(f"which of {', '.join(others)} are adapters was not captured: {error}") from error
        return tuple(Interface(name, addresses[name]) for name in sorted(addresses))
    return tuple(_interface(host, name, addresses.get(name, ())) for name in sorted({*names, *addresses}))


def shortest(address: str) -> str:
    """An IPv4 or IPv6 address in its shortest form; anything else as it is."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            return socket.inet_ntop(family, socket.inet_pton(family, address))
    return address


def parse_if_inet6(text: str) -> set[str]:
    """The temporary (privacy) addresses of /proc/net/if_inet6."""
    rows = (line.split() for line in text.splitlines())
    return {
        socket.inet_ntop(socket.AF_INET6, bytes.fromhex(row[0]))
        for row in rows
        if len(row) >= 6 and len(row[0]) == 32 and int(row[4], 16) & _TEMPORARY
    }


def _is_folder(host: Host, path: str) -> bool:
    """Whether a path leads to a directory; bonding_masters, a file, lies among the interfaces."""
    return stat.S_ISDIR(host.mode(path) or 0)


def _temporary_addresses(host: Host) -> set[str]:
    try:
        return parse_if_inet6(host.text("/proc/net/if_inet6"))
    except (Unreadable, ValueError):
        return set()


def _interface(host: Host, name: str, addresses: tuple[Address, ...]) -> Interface:
    folder = f"/sys/class/net/{name}"
    try:
        here = host.entries(folder)
    except Absent:
        here = []
    except Unreadable:
        return Interface(name, addresses)
    kind = _kind(host, folder, name, here)
    lower = {entry.removeprefix("lower_") for entry in here if entry.startswith("lower_")}
    if kind == "bond":
        with suppress(Unreadable):
            lower.update(host.text(f"{folder}/bonding/slaves").split())
    elif kind == "bridge":
        with suppress(Unreadable):
            lower.update(host.entries(f"{folder}/brif"))
    elif kind == "vlan":
        with suppress(Unreadable):
            lower.update(re.findall(r"^Device:\s*(\S+)", host.text(f"/proc/net/vlan/{name}"), re.M))
    return Interface(name, addresses, "device" in here, kind, tuple(sorted(lower)))


def _kind(host: Host, folder: str, name: str, here: list[str]) -> str:
    """bond, bridge, vlan, team, another DEVTYPE of the kernel's, or "" for a plain interface."""
    if "bonding" in here:
        return "bond"
    if "bridge" in here or "brif" in here:
        return "bridge"
    with suppress(Unreadable):
        for line in host.text(f"{folder}/uevent").splitlines():
            if line.startswith("DEVTYPE="):
                return line[8:]
    with suppress(Absent):
        if host.mode(f"/proc/net/vlan/{name}") is not None:
            return "vlan"
    return "team" if any(entry.startswith("lower_") for entry in here) else ""

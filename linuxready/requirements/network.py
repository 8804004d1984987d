"""The network: /etc/hosts and the adapters."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import ClassVar

from linuxready.facts import Evidence, Facts, HostsEntry, Interface
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, edit, hint

STACKED = ("bond", "team", "vlan", "bridge")
"""Interfaces that are adapters where what they are stacked on is one."""


class HostsFile(Requirement, frozen=True, tag="hosts-file"):
    """/etc/hosts maps the local host name to the addresses of all network adapters."""

    reads: ClassVar[tuple[str, ...]] = ("interfaces", "host_name", "hosts", "hosts_rejected")
    explain: ClassVar[str] = """\
Read as glibc reads it: an address it rejects (127.1, leading zeros, a zone, a byte order mark) maps nothing.
Names match whole, letter case aside: the host name, its first label, or the host name with a domain behind it.
Adapters are interfaces backed by a device, and bonds, teams, VLANs and bridges stacked on one. Loopback, dummy, tun,
wireguard, vxlan, veth and bridges without a physical port are shown, not required; where /sys was not captured,
every interface but loopback counts. An adapter's first IPv4 address must be mapped; further ones (secondary,
floating) and stable global IPv6 addresses warn; 169.254/16, link-local and temporary IPv6 need no line.
127.0.1.1, Debian's habit, maps no adapter."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        interfaces = facts.interfaces.known()
        host_name = facts.host_name.known()
        entries = facts.hosts.known()
        by_name = {interface.name: interface for interface in interfaces}
        adapters = [i for i in interfaces if is_adapter(i, by_name, frozenset()) and required_addresses(i)]
        others = [i.name for i in interfaces if i not in adapters and i.addresses]
        if not adapters:
            seen = (Evidence("interfaces", ", ".join(i.name for i in interfaces) or "none"),)
            advice = (hint("bring up the adapter that the machine is replicated by, and run linuxready again"),)
            found = f"no network adapter with an address ({', '.join(others) or 'none'} seen)"
            yield Answer("unknown", found, "", seen, advice)
            return
        mapped = _mapped(entries, host_name)
        notes = self._notes(facts, others, host_name, entries)
        for adapter in adapters:
            for first, address in required_addresses(adapter):
                entry = mapped.get(_packed(address))
                if entry:
                    evidence = (Evidence(f"/etc/hosts:{entry.line}", f"{entry.address} {' '.join(entry.names[:4])}"),)
                    yield Answer("pass", f"mapped to {host_name}", f"{adapter.name} {address}", evidence)
                else:
                    remedies = (_line(address, host_name),)
                    item = f"{adapter.name} {address}"
                    yield Answer("fail" if first else "warn", "not mapped", item, notes, remedies)

    def _notes(
        self, facts: Facts, others: list[str], host_name: str, entries: tuple[HostsEntry, ...]
    ) -> tuple[Evidence, ...]:
        """What explains a missing line: where the name points now, lines glibc rejects, interfaces left out."""
        notes = [
            Evidence(f"/etc/hosts:{entry.line}", f"{entry.address} {' '.join(entry.names[:4])}")
            for entry in entries
            if any(names_host(name, host_name) for name in entry.names)
        ][:3]
        for line in (facts.hosts_rejected.value or ())[:3]:
            notes.append(Evidence(f"/etc/hosts:{line.line}", f"not used by glibc: {line.text}"))
        if not notes:
            notes.append(Evidence("/etc/hosts", f"no line names {host_name}"))
        if others:
            notes.append(Evidence("not required", ", ".join(others)))
        return tuple(notes)


def names_host(name: str, host_name: str) -> bool:
    """Whether a name of /etc/hosts is the local host's: `web10` is not `web1`, `web1.example.com` is."""
    name, host_name = name.lower(), host_name.lower()
    return name in (host_name, host_name.partition(".")[0]) or name.startswith(f"{host_name}.")


def is_adapter(interface: Interface, by_name: dict[str, Interface], above: frozenset[str]) -> bool:
    """Whether an interface is backed by a device, or stacked on one that is; `above` guards against circles."""
    if interface.device is None:
        return not all(a.address.startswith("127.") or a.address == "::1" for a in interface.addresses)
    if interface.device:
        return True
    if interface.kind not in STACKED or interface.name in above:
        return False
    lower = (by_name.get(name) for name in interface.lower)
    return any(is_adapter(i, by_name, above | {interface.name}) for i in lower if i)


def required_addresses(interface: Interface) -> list[tuple[bool, str]]:
    """The addresses that want a line: (whether it is the adapter's first IPv4, the address)."""
    ipv4 = [a.address for a in interface.addresses if ":" not in a.address and not a.address.startswith("169.254.")]
    ipv6 = [a.address for a in interface.addresses if ":" in a.address and not a.temporary and _is_global(a.address)]
    return [(number == 0, address) for number, address in enumerate(ipv4)] + [(False, address) for address in ipv6]


def _is_global(address: str) -> bool:
    packed = _packed(address)
    return packed[:1] != b"\xff" and packed[:15] != bytes(15) and not (packed[0] == 0xFE and packed[1] & 0xC0 == 0x80)


def _mapped(entries: tuple[HostsEntry, ...], host_name: str) -> dict[bytes, HostsEntry]:
    mapped: dict[bytes, HostsEntry] = {}
    for entry in entries:
        if any(names_host(name, host_name) for name in entry.names):
            mapped.setdefault(_packed(entry.address), entry)
    return mapped


def _packed(address: str) -> bytes:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            return socket.inet_pton(family, address)
    return address.encode("utf-8", "surrogatepass")


def _line(address: str, host_name: str) -> Remedy:
    short = host_name.partition(".")[0]
    if short.lower() == "localhost" or not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host_name):
        return hint("give the machine a host name of its own first, of letters, digits and hyphens")
    return edit(f"add to /etc/hosts: {address} {host_name}{'' if short == host_name else f' {short}'}")

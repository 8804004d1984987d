"""What libraries and the kernel would tell of a gathered machine, by what commands printed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linuxready.host import ToldAddresses, Unreadable
from linuxready.host.gathered import Gathered, parsed, said

IP_ADDRESS = ("ip -d address", "ip -d addr", "ip address show", "ip address", "ip addr show", "ip addr", "ip -o addr")
"""The last does not show interfaces without an address."""

PS = (
    "ps auxwww",
    "ps auxwwwm",
    "ps aux",
    "ps axwwo user,pid,ppid,%cpu,%mem,vsz,rss,stat,time,cmd",
    "ps -ef",
)


def _uid(gathered: Gathered) -> int:
    """Support tools refuse to work for others than root."""
    return 0


def _host_name(gathered: Gathered) -> str:
    from linuxready.host.gathered.texts import uname

    name: str = parsed(
        gathered, [("uname -a", lambda t: uname.parse_uname(t).node), ("hostname", uname.parse_hostname)]
    )
    return name


def _kernel_release(gathered: Gathered) -> str:
    from linuxready.host.gathered.texts import uname

    return uname.parse_uname(said(gathered, "uname -a")).release


def _machine(gathered: Gathered) -> str:
    from linuxready.host.gathered.texts import uname

    return uname.parse_uname(said(gathered, "uname -a")).machine


def _interfaces(gathered: Gathered) -> tuple[ToldAddresses, ...]:
    from linuxready.host.gathered.texts import addresses

    by_ip = ((command, addresses.parse_ip) for command in IP_ADDRESS)
    found: tuple[ToldAddresses, ...] = parsed(gathered, [*by_ip, ("ifconfig -a", addresses.parse_ifconfig)])
    if not any(interface.name == "lo" for interface in found):
        raise Unreadable("the interfaces were not gathered whole: no lo")
    return found


def _processes(gathered: Gathered) -> tuple[str, ...]:
    from linuxready.host.gathered.texts import processes

    names: tuple[str, ...] = parsed(gathered, [(command, processes.parse_ps) for command in PS])
    return names


TELLERS: dict[str, Callable[[Gathered], Any]] = {
    "uid": _uid,
    "host_name": _host_name,
    "machine": _machine,
    "kernel_release": _kernel_release,
    "interfaces": _interfaces,
    "processes": _processes,
}
"""What is told of a gathered machine, by the key of TOLD."""

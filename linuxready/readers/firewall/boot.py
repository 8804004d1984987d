"""The rules that the next boot loads: the files of every firewall whose service starts then.

What is loaded by something else (a script of the network's, Docker) is in no such file, and is seen in force only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from linuxready.host import Absent, Host, Unreadable
from linuxready.readers import services
from linuxready.ruleset import Ruleset, reachable


class Loader(NamedTuple):
    """A firewall's service by all its names, where its rules are (the first that is there), and who reads them."""

    services: tuple[str, ...]
    paths: tuple[str, ...]
    read: Callable[[Host, str], Ruleset]
    """Of the host and that path."""
    option: str = ""
    """The option of the unit's ExecStart= that names the file; an administrator's drop-in may name another one."""


def read(host: Host) -> Ruleset:
    """The rules of all firewalls that start at boot; raises Unreadable where that, or their files, cannot be read."""
    loaded = []
    for loader in LOADERS:
        named = _named_by_unit(host, loader)
        try:
            there = [path for path in named or loader.paths if host.mode(path) is not None]
        except Unreadable:
            if _starts(host, loader.services):
                raise
            continue
        if there and _starts(host, loader.services):
            loaded += [loader.read(host, path) for path in (there if named else there[:1])]
    if not loaded and not host.whole:
        services.init_system(host)  # files of which nobody says what starts are not "no rules"
    return Ruleset(
        tuple(reachable(table) for ruleset in loaded for table in ruleset.tables),
        tuple(line for ruleset in loaded for line in ruleset.not_understood),
    )


def _named_by_unit(host: Host, loader: Loader) -> list[str]:
    """The files that a unit's ExecStart= gives after the loader's option; none where there is no such unit."""
    with suppress(Unreadable):
        if loader.option and services.init_system(host) == "systemd":
            unit = services.units_of(host).load(f"{loader.services[0]}.service")
            words = " ".join(unit.values("ExecStart")).split() if unit else []
            files = [words[i].strip("\"'") for i in range(1, len(words)) if words[i - 1] == loader.option]
            return [file for file in files if file.startswith("/")]
    return []


def _starts(host: Host, names: tuple[str, ...]) -> bool:
    """Whether a firewall starts at boot. Its rules count as well where a captured root does not say."""
    try:
        service = services.starts_at_boot(host, names)
    except Unreadable:
        if host.whole:
            raise
        return _wanted(host, names)
    if not service.starts_at_boot and service.init == "systemd" and host.whole:
        # With units that say nothing, nothing would start: that is no word on a firewall's rules.
        target, reached = services.units_of(host).boot_transaction()
        if EVERY_BOOT not in reached:
            raise Unreadable(f"what starts at boot is not known: {target} does not lead to {EVERY_BOOT}")
    captured = host.whole or any(host.mode(folder) is not None for folder in WHERE_INSTALLED)
    return service.starts_at_boot or (service.obstacle == "not-installed" and not captured and _wanted(host, names))


WHERE_INSTALLED = ("/usr/lib/systemd/system", "/lib/systemd/system", "/etc/init.d")


def _wanted(host: Host, names: tuple[str, ...]) -> bool:
    """What the links in /etc alone say: not masked, and wanted unless others are; where there are none, they may be."""
    units = [f"{ETC_UNITS}/{name}.service" for name in names]
    if any(host.link(unit) == "/dev/null" for unit in units):
        return False
    try:
        folders = [entry for entry in host.entries(ETC_UNITS) if entry.endswith((".wants", ".requires"))]
    except Absent:
        return True
    links = {link for folder in folders for link in host.entries(f"{ETC_UNITS}/{folder}")}
    return not links or not links.isdisjoint(f"{name}.service" for name in names)


ETC_UNITS = "/etc/systemd/system"


# Each imports its reader where it is called: few machines have more than one firewall.


def _nftables(host: Host, path: str) -> Ruleset:
    from linuxready.readers.firewall import nft_script

    return nft_script.parse(host.text(path), path, lambda pattern: _included(host, pattern))


def _included(host: Host, pattern: str) -> list[tuple[str, str]]:
    """The files that an `include` names; relative ones lie in /etc (nft(8), -I)."""
    found = []
    for path in host.matching(pattern if pattern.startswith("/") else f"/etc/{pattern}"):
        with suppress(Absent):
            found.append((path, host.text(path)))
    return found


def _saved(family: str) -> Callable[[Host, str], Ruleset]:
    def read(host: Host, path: str) -> Ruleset:
        from linuxready.readers.firewall import iptables

        return Ruleset(iptables.parse_save(host.text(path), family, path))

    return read


def _firewalld(host: Host, path: str) -> Ruleset:
    from linuxready.readers.firewall import firewalld

    return firewalld.read(host)


def _ufw(host: Host, path: str) -> Ruleset:
    from linuxready.readers.firewall import ufw

    return ufw.read(host)


def _susefirewall(host: Host, path: str) -> Ruleset:
    from linuxready.readers.firewall import susefirewall

    return susefirewall.read(host)


EVERY_BOOT = "sysinit.target"
"""What any boot of systemd goes through, be it to the rescue shell."""

PERSISTENT = ("netfilter-persistent", "iptables-persistent")
"""Debian's loader of rules.v4 and rules.v6, today and before Debian 8."""

LOADERS = (
    Loader(("firewalld",), ("/etc/firewalld", "/usr/lib/firewalld"), _firewalld),
    Loader(("nftables",), ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf"), _nftables, "-f"),
    Loader(("iptables",), ("/etc/sysconfig/iptables",), _saved("ip")),
    Loader(("ip6tables",), ("/etc/sysconfig/ip6tables",), _saved("ip6")),
    Loader(PERSISTENT, ("/etc/iptables/rules.v4",), _saved("ip")),
    Loader(PERSISTENT, ("/etc/iptables/rules.v6",), _saved("ip6")),
    Loader(("ufw",), ("/etc/ufw/ufw.conf",), _ufw),
    Loader(("SuSEfirewall2", "SuSEfirewall2_setup"), ("/etc/sysconfig/SuSEfirewall2",), _susefirewall),
)
"""One firewall, one row."""

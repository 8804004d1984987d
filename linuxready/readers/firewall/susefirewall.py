"""SuSEfirewall2 (SLES up to 12): what its script makes of /etc/sysconfig/SuSEfirewall2, by the comments in that file.

    FW_DEV_EXT="eth0"  FW_DEV_INT="any"            interfaces' zones; ext is for those that are listed nowhere
    FW_SERVICES_EXT_TCP="ssh 8000:8080"            ports; _IP: protocols
    FW_CONFIGURATIONS_EXT="sshd"                   files with TCP="ssh", in /etc/sysconfig/SuSEfirewall2.d/services
    FW_SERVICES_ACCEPT_EXT="10.0.0.0/8,tcp,22"     network, protocol, port, source port, flags; also DROP and REJECT
    FW_PROTECT_FROM_INT="no"                       a zone that may do all

What is left out only touches other packets: ICMP, broadcasts, forwarding, RPC services. Custom rules are a shell
script, and not understood; nor is a value with a variable in it. Empty values are filled from the defaults' files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from linuxready.host import Absent, Host
from linuxready.readers.firewall.assignments import Assignment, parse_assignments
from linuxready.readers.firewall.ports import TCP, address_matches, forwarded, port_matches
from linuxready.ruleset import Chain, Match, Rule, Ruleset, Statement, Table
from linuxready.text import shortened

CONF = "/etc/sysconfig/SuSEfirewall2"
DEFAULTS = ("/etc/sysconfig/SuSEfirewall2.d/defaults", "/usr/share/SuSEfirewall2/defaults")
SERVICES = ("/etc/sysconfig/SuSEfirewall2.d/services", "/usr/share/SuSEfirewall2/services")
NETWORK = "/etc/sysconfig/network"
OWN = "SuSEfirewall2"
"""The place of rules that are in no file."""

BUILT_IN = {"int": "INT", "ext": "EXT", "dmz": "DMZ"}
"""Zones that are always there, and their names in variables; others are named alike in both."""
FAMILIES = ("ip", "ip6")
BY_HARDWARE = re.compile("-(id|bus)-")
MARK_REDIRECTED = "1"
NEW = Match(("state",), (("new",),))


class Setting(Struct, frozen=True):
    """A variable's value, and its text and place for the rules that are made of it."""

    value: str
    text: str
    place: str

    def words(self) -> list[str]:
        return self.value.split()


UNSET = Setting("", "", OWN)


class Config(Struct, frozen=True):
    """The variables; those of the files of services, by the service's name; `interfaces`' zones by their own files."""

    settings: dict[str, Setting]
    services: dict[str, dict[str, Setting]] = {}
    interfaces: dict[str, Setting] = {}
    not_understood: tuple[str, ...] = ()

    def get(self, name: str) -> Setting:
        return self.settings.get(name, UNSET)


def read(host: Host) -> Ruleset:
    """The rules that SuSEfirewall2 loads; raises Absent where it has no configuration."""
    return compile_rules(read_config(host))


def read_config(host: Host) -> Config:
    """The configuration; raises Absent where there is none."""
    unread: list[str] = []
    settings = _settings(host.text(CONF), CONF, unread)
    for folder in DEFAULTS:
        for name in _names(host, folder):
            if name.endswith(".cfg"):
                more = _settings(host.text(f"{folder}/{name}"), f"{folder}/{name}", unread)
                settings = settings | {n: s for n, s in more.items() if not settings.get(n, UNSET).value}
    custom = settings.get("FW_CUSTOMRULES", UNSET)
    if custom.value:
        unread.append(f"{custom.place}: {custom.text}")
    services: dict[str, dict[str, Setting]] = {}
    for name, setting in settings.items():
        if name.startswith("FW_CONFIGURATIONS_"):
            for service in setting.words():
                text, path = _service(host, service)
                if text is not None:
                    services[service] = _settings(text, path, unread)
    interfaces = {}
    for name in _names(host, NETWORK):
        if name.startswith("ifcfg-"):
            zone = _settings(host.text(f"{NETWORK}/{name}"), f"{NETWORK}/{name}", []).get("FW_ZONE", UNSET)
            if zone.value:
                interfaces[name.removeprefix("ifcfg-")] = zone
    return Config(settings, services, interfaces, tuple(unread))


def compile_rules(config: Config) -> Ruleset:
    """The tables that SuSEfirewall2 loads; none for IPv6 where FW_IPv6 is no."""
    tables = [_Filter(config, "ip").table(), *_redirections(config)]
    if config.get("FW_IPv6").value in ("drop", "reject"):
        tables.append(_without_ipv6(config.get("FW_IPv6")))
    elif config.get("FW_IPv6").value != "no":
        tables.append(_Filter(config, "ip6").table())
    return Ruleset(tuple(tables), config.not_understood)


class _Filter:
    """The filter table of one family."""

    def __init__(self, config: Config, family: str) -> None:
        self.config, self.family = config, family
        own = config.get("FW_ZONES").words()
        self.zones = BUILT_IN | {name: name for name in own if name.lower() not in BUILT_IN}
        listed = [zone for zone in self.zones if "any" in self.devices_of(zone)]
        default = config.get("FW_ZONE_DEFAULT").value
        self.default = default if default not in ("", "yes", "auto") else (listed or ["ext"])[0]

    def table(self) -> Table:
        chains = [Chain(f"input_{zone}", tuple(self._zone(key))) for zone, key in self.zones.items()]
        output = Chain("OUTPUT", tuple(self._untracked("out-interface")), "output")
        base = Chain("INPUT", tuple(self._input()), "input", 0, "drop")
        return Table(self.family, "filter", (base, output, *chains), CONF)

    def devices_of(self, zone: str) -> list[str]:
        return self.config.get(f"FW_DEV_{self.zones[zone]}").words()

    def _bound(self) -> Iterator[tuple[str, str, Setting]]:
        """Zones and their interfaces: those that FW_DEV_… list, then those of interfaces' own files."""
        for zone, key in self.zones.items():
            for device in self.devices_of(zone):
                alias = ":" in device and not BY_HARDWARE.search(device)
                if device not in ("any", "auto") and not alias:
                    yield zone, device, self.config.get(f"FW_DEV_{key}")
        listed = {device for zone in self.zones for device in self.devices_of(zone)}
        for interface, setting in self.config.interfaces.items():
            if interface not in listed and setting.value in self.zones:
                yield setting.value, interface, setting

    def _input(self) -> Iterator[Rule]:
        yield from self._untracked("in-interface")
        yield _own("-i lo -j ACCEPT", "accept", Match(("in-interface",), (("lo",),)))
        yield _own("-m conntrack --ctstate ESTABLISHED -j ACCEPT", "accept", Match(("state",), (("established",),)))
        trust = self.config.get("FW_IPSEC_TRUST")
        if self.family == "ip" and trust.value not in ("", "no"):
            zone = "int" if trust.value == "yes" else trust.value
            yield _rule(trust, (Match(("-m policy",), (("--pol ipsec",),)),), "jump", f"input_{zone}")
        for zone, device, setting in self._bound():
            if not self._notrack(zone):
                yield _rule(setting, (_device(device, "in-interface"),), "jump", f"input_{zone}")
        if self.default in self.zones:
            yield _own(f"-j input_{self.default}", "jump", argument=f"input_{self.default}")
        yield _own("-j DROP", "drop")

    def _untracked(self, field: str) -> Iterator[Rule]:
        """Interfaces of zones that are not even tracked: all is accepted, both ways."""
        for zone, device, _ in self._bound():
            if self._notrack(zone):
                yield _rule(self._protect(self.zones[zone]), (_device(device, field),), "accept")

    def _protect(self, key: str) -> Setting:
        old = self.config.get("FW_PROTECT_FROM_INTERNAL")
        return old if key == "INT" and old.value == "no" else self.config.get(f"FW_PROTECT_FROM_{key}")

    def _notrack(self, zone: str) -> bool:
        return self._protect(self.zones[zone]).value == "notrack"

    def _zone(self, key: str) -> Iterator[Rule]:
        """The chain of a zone, by the name that its variables have, in the script's order."""
        protect = self._protect(key)
        if protect.value == "no":
            yield _rule(protect, (), "accept")
            return
        yield from self._trusted()
        refusing = [rule for verdict in ("DROP", "REJECT") for rule in self._listed(verdict, key)]
        accept_first = self.config.get("FW_LEGACY_ACCEPT_FIRST").value == "yes"
        yield from () if accept_first else refusing
        yield from self._opened(key)
        yield from self._listed("ACCEPT", key)
        yield from refusing if accept_first else ()
        if self.family == "ip" and self.config.get("FW_REDIRECT").value:
            yield _rule(self.config.get("FW_REDIRECT"), (Match(("mark",), ((MARK_REDIRECTED,),)),), "accept")
        refuse = self.config.get(f"FW_REJECT_{key}")
        everywhere = self.config.get("FW_REJECT")
        rejecting = [setting for setting in (refuse, everywhere) if setting.value == "yes"]
        yield _rule(rejecting[0], (), "reject") if rejecting else _own(f"-A input_{key.lower()} -j DROP", "drop")

    def _trusted(self) -> Iterator[Rule]:
        """FW_TRUSTED_NETS: network, protocol, port; IPv4 only."""
        setting = self.config.get("FW_TRUSTED_NETS")
        for entry in setting.words() if self.family == "ip" else ():
            network, protocol, port, *more = (*entry.split(","), "", "")[: max(3, entry.count(",") + 1)]
            if network and not any(more) and (protocol or not port):
                yield _rule(setting, (*_network(network), *_ports(protocol, port, "")), "accept", entry=entry)

    def _listed(self, verdict: str, key: str) -> Iterator[Rule]:
        """FW_SERVICES_ACCEPT_… and its like: network, protocol, port, source port, flags; new connections only."""
        setting = self.config.get(f"FW_SERVICES_{verdict}_{key}")
        for entry in setting.words():
            network, protocol, port, source_port, *flags = (*entry.split(","), "", "", "", "")
            if protocol == "_rpc_" or not self._is_ours(network) or (not protocol and (port or source_port)):
                continue
            matches = (*_network(network), *_ports(protocol, port, source_port))
            if verdict != "ACCEPT":
                yield _rule(setting, (*matches, NEW), verdict.lower(), entry=entry)
                continue
            limits = [flag for flag in flags if flag]
            if limits:
                yield _rule(setting, (*matches, NEW, Match(("recent",), ((",".join(limits),),))), "drop", entry=entry)
            yield _rule(setting, matches, "accept", entry=entry)

    def _is_ours(self, network: str) -> bool:
        """Whether an entry goes to this family's tables: one with an address only to its own."""
        if ":" in network:
            return self.family == "ip6"
        return self.family == "ip" or not re.match(r"[0-9].*\..*\..*\.", network)

    def _opened(self, key: str) -> Iterator[Rule]:
        """Ports and protocols that are open to all, those of service files last."""
        wanted = self.config.get(f"FW_CONFIGURATIONS_{key}")
        protocols = [self.config.get(f"FW_SERVICES_{key}_IP")]
        ports = [self.config.get(f"FW_SERVICES_{key}_TCP")]
        for service in wanted.words():
            found = self.config.services.get(service)
            if found is None:
                lost = f"service {service}, which is in no file"
                yield _rule(wanted, (Match((lost,), ((service,),)),), "accept", entry=service)
                continue
            protocols.append(found.get("IP", UNSET))
            ports.append(found.get("TCP", UNSET))
        for setting in protocols:
            for protocol in setting.words():
                yield _rule(setting, (Match(("protocol",), ((protocol,),)),), "accept")
        for setting in ports:
            for port in setting.words():
                yield _rule(setting, port_matches("tcp", port), "accept")


def _redirections(config: Config) -> Iterator[Table]:
    """FW_REDIRECT: source, destination, protocol, port, new port.

    FW_FORWARD_MASQ: source, new address, protocol, port, new port, destination.
    """
    setting, forward = config.get("FW_REDIRECT"), config.get("FW_FORWARD_MASQ")
    marks, rewrites = [], []
    for entry in setting.words():
        source, destination, protocol, port, to = (*entry.split(","), "", "", "", "")[:5]
        matches = (*_network(source), *_network(destination, "destination"), *_ports(protocol, port, ""))
        marks.append(_rule(setting, matches, "mark", MARK_REDIRECTED, entry))
        where = forwarded(to)
        rewrites.append(_rule(setting, matches, where.kind, where.argument, entry))
    routing = all(config.get(name).value == "yes" for name in ("FW_ROUTE", "FW_MASQUERADE"))
    for entry in forward.words() if routing else ():
        source, to, protocol, port, to_port, address = (*entry.split(","), "", "", "", "", "")[:6]
        matches = (*_network(source), *_network(address, "destination"), *_ports(protocol, port, ""))
        rewrites.append(_rule(forward, matches, "dnat", f"{to}:{to_port or port}", entry))
    for name, priority, kind, rules in (("mangle", -150, "filter", marks), ("nat", -100, "nat", rewrites)):
        if rules:
            yield Table("ip", name, (Chain("PREROUTING", tuple(rules), "prerouting", priority, kind=kind),), CONF)


def _without_ipv6(setting: Setting) -> Table:
    """IPv6 where it is dropped or rejected: no new connection comes in."""
    rules = (
        _own("-i lo -j ACCEPT", "accept", Match(("in-interface",), (("lo",),))),
        _own("-p tcp --tcp-flags ACK ACK -j ACCEPT", "accept", TCP, Match(("tcp-flags",), (("16/16",),))),
        _rule(setting, (), setting.value),
    )
    return Table("ip6", "filter", (Chain("INPUT", rules, "input", 0, "drop"),), CONF)


def _rule(
    setting: Setting, matches: tuple[Match, ...], verdict: str, argument: str = "", entry: str | None = None
) -> Rule:
    """A rule of a variable; `entry`: the one of its words that it is made of, where there are many."""
    text = setting.text if entry is None or entry == setting.value else f"{setting.text.partition('=')[0]}: {entry}"
    return Rule(text, setting.place, matches, (Statement(verdict, argument),))


def _own(text: str, verdict: str, *matches: Match, argument: str = "") -> Rule:
    return Rule(text, OWN, matches, (Statement(verdict, argument),))


def _device(name: str, field: str) -> Match:
    """An interface; one by its hardware ("eth-id-00:11:22:33:44:55") is not understood."""
    if BY_HARDWARE.search(name):
        return Match(("interface by its hardware",), ((name,),))
    return Match((field,), ((name,),))


def _network(text: str, field: str = "source") -> tuple[Match, ...]:
    """A network, short forms included: 10/8; "" and 0/0 are everything, ! in front is all others."""
    negated = text.startswith("!")
    text = text.removeprefix("!").strip()
    if text in ("", "0/0") and not negated:
        return ()
    short = re.fullmatch(r"(\d+(?:\.\d+){0,2})/(\d+)", text)
    if short:
        text = f"{short[1]}{'.0' * (3 - short[1].count('.'))}/{short[2]}"
    return address_matches(text, field, negated)


def _ports(protocol: str, port: str, source_port: str) -> tuple[Match, ...]:
    matches: tuple[Match, ...] = (Match(("protocol",), ((protocol,),)),) if protocol else ()
    for field, value in (("destination-port", port), ("source-port", source_port)):
        if value and protocol in ("tcp", "udp"):
            matches += port_matches(protocol, value, field)[1:]
    return matches


def _settings(text: str, path: str, unread: list[str]) -> dict[str, Setting]:
    """The variables of a file; those whose value only a shell can tell are named in `unread` if they are ours."""
    found = {}
    for name, one in parse_assignments(text).items():
        if one.value is None:
            unread.append(f"{path}:{one.line}: {_line(one)}")
        else:
            found[name] = Setting(one.value, _line(one), f"{path}:{one.line}")
    return found


def _line(assignment: Assignment) -> str:
    return shortened(" ".join(assignment.text.split()))


def _service(host: Host, name: str) -> tuple[str | None, str]:
    """A service's file, the administrator's before the shipped one; None where there is neither."""
    for folder in SERVICES:
        try:
            return host.text(f"{folder}/{name}"), f"{folder}/{name}"
        except Absent:
            continue
    return None, ""


def _names(host: Host, folder: str) -> list[str]:
    try:
        return host.entries(folder)
    except Absent:
        return []

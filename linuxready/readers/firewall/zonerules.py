"""firewalld's zones and policies as chains: what its backends make of them (core/nftables.py, ipXtables.py).

Chains that would be empty are left out, and so is what does not touch a connection to this machine: forwarding,
masquerading, ICMP, logs. A source that a zone is bound to decides before interfaces,
and finally: that zones of firewalld before 1.0 could let its packets drift on to the interface's zone is left out,
which only ever refuses more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from linuxready.readers.firewall.direct import HOOKS, Direct
from linuxready.readers.firewall.ports import address_matches, forwarded, port_matches, port_range
from linuxready.readers.firewall.richrule import Address, RichRule, is_mac
from linuxready.readers.firewall.zonefiles import IpSet, Service, Zone
from linuxready.ruleset import Chain, Match, Rule, Statement

OWN = "firewalld"
"""The place of rules that are in no file."""

FINAL = {"accept": "accept", "drop": "drop", "default": "reject", "%%reject%%": "reject", "reject": "reject"}
"""A target's verdict; CONTINUE has none."""

PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
AFTER_IPTABLES = 10
"""How much later than iptables' the chains of the nftables backend are."""


class Binding(Struct, frozen=True):
    """An interface's zone; "" for the interface of a connection that names none. `doubt`: why it may be another's."""

    interface: str
    zone: str
    place: str
    text: str
    doubt: str = ""


class Config(Struct, frozen=True):
    """All that the rules are made of. `services` and `ipsets` hold every one that is known, `zones` those of files."""

    default_zone: str
    zones: dict[str, Zone] = {}
    policies: tuple[Zone, ...] = ()
    services: dict[str, Service] = {}
    ipsets: dict[str, IpSet] = {}
    bindings: tuple[Binding, ...] = ()
    direct: Direct = Direct()
    backend: str = "nftables"
    reverse_path: bool = True
    source: str = "/etc/firewalld"
    not_understood: tuple[str, ...] = ()


class ZoneTable:
    """The chains of firewalld's own in one of iptables' tables, all names with a prefix; `kept` ones though empty."""

    def __init__(self, config: Config, table: str, prefix: str = "", kept: Iterable[str] = ()) -> None:
        self.config, self.table, self.prefix, self.kept = config, table, prefix, frozenset(kept)
        self.priority = PRIORITIES[table] + (AFTER_IPTABLES if prefix else 0)

    def chains(self) -> list[Chain]:
        if self.table == "filter":
            return [*self._reverse_path(), self._base("INPUT", self.input_rules()), *self._zones("INPUT", "IN")]
        if self.table not in ("nat", "mangle"):
            return []
        dispatch, *zones = self._zones("PREROUTING", "PRE")
        if not any(rule.statements[0].kind not in ("jump", "goto") for chain in zones for rule in chain.rules):
            return []
        return [self._base("PREROUTING", [self.jump("PREROUTING_ZONES")]), dispatch, *zones]

    def input_rules(self, direct: Iterable[Rule] = ()) -> list[Rule]:
        return [
            own("ct state established,related accept", "accept", Match(("state",), (("established",), ("related",)))),
            own("ct status dnat accept", "accept", Match(("ct-status",), (("dnat",),))),
            own("iifname lo accept", "accept", Match(("in-interface",), (("lo",),))),
            own("ct state invalid drop", "drop", Match(("state",), (("invalid",),))),
            *direct,
            self.jump("INPUT_ZONES"),
            own("reject", "reject"),
        ]

    def jump(self, chain: str) -> Rule:
        return Rule(f"jump {self.prefix}{chain}", OWN, (), (Statement("jump", self.prefix + chain),))

    def _reverse_path(self) -> list[Chain]:
        """With nftables; iptables has it in mangle."""
        return [self._base("PREROUTING", [REVERSE_PATH])] if self.prefix and self.config.reverse_path else []

    def _base(self, name: str, rules: list[Rule]) -> Chain:
        kind = "nat" if self.table == "nat" else "filter"
        return Chain(self.prefix + name, tuple(rules), HOOKS[name], self.priority, "accept", kind)

    def _zones(self, hook: str, short: str) -> list[Chain]:
        """The dispatch, and the chains of every zone and policy that it leads to."""
        dispatch = Chain(f"{self.prefix}{hook}_ZONES", tuple(self._dispatch(short)))
        chains = [dispatch]
        for zone in self.config.zones.values():
            policies = sorted((p for p in self.config.policies if self._applies(p, zone)), key=lambda p: p.priority)
            chains += self._block(zone, f"{short}_{zone.name}", short, policies)
        for policy in self.config.policies:
            chains += self._block(policy, f"{short}_policy_{policy.name}", short, [])
        return chains

    def _applies(self, policy: Zone, zone: Zone) -> bool:
        """To input: egress HOST. To what is before it: ANY to HOST, and anything to ANY."""
        egress = ("HOST",) if self.table == "filter" else ("HOST", "ANY")
        ingress = {"ANY", zone.name} if self.table == "filter" or "ANY" in policy.egress_zones else {"ANY"}
        return bool(ingress.intersection(policy.ingress_zones)) and bool(set(egress) & set(policy.egress_zones))

    def _block(self, zone: Zone, name: str, short: str, policies: list[Zone]) -> list[Chain]:
        """A zone's or policy's own chain, and those of its settings."""
        blocks = {
            suffix: rules for suffix, rules in self._blocks(zone).items() if rules or f"{name}_{suffix}" in self.kept
        }
        rules = [self.jump(f"{short}_policy_{p.name}") for p in policies if p.priority < 0]
        rules += [self.jump(f"{name}_{suffix}") for suffix in blocks]
        rules += [self.jump(f"{short}_policy_{p.name}") for p in policies if p.priority >= 0]
        verdict = FINAL.get(zone.target.lower()) if self.table == "filter" else None
        if verdict:
            rules.append(Rule(f"target {zone.target}", zone.place, (), (Statement(verdict),)))
        chains = [Chain(f"{self.prefix}{name}_{suffix}", tuple(inside)) for suffix, inside in blocks.items()]
        return [Chain(self.prefix + name, tuple(rules)), *chains]

    def _blocks(self, zone: Zone) -> dict[str, list[Rule]]:
        """The rules of a zone's or policy's chains, in the order of the chains."""
        by_priority = sorted(zone.rules, key=lambda rule: rule.priority)
        rich = [(_suffix(rule), made) for rule in by_priority for made in self._rich(rule)]
        blocks: dict[str, list[Rule]] = {suffix: [] for suffix in ("pre", "log", "deny", "allow", "post")}
        blocks["allow"] += self._settings(zone)
        for suffix, made in rich:
            blocks[suffix].append(made)
        return blocks

    def _settings(self, zone: Zone) -> Iterator[Rule]:
        """A zone's own services, ports and protocols, all accepted, or the ports that it forwards."""
        accept = (Statement("accept"),)
        if self.table == "filter":
            for item in zone.services:
                for matches in self._service(item.value, ("ip", "ip6")):
                    yield Rule(item.text, item.place, matches, accept)
            for items, field in ((zone.ports, "destination-port"), (zone.source_ports, "source-port")):
                for item in items:
                    yield Rule(item.text, item.place, _port(item.value, field), accept)
            for item in zone.protocols:
                yield Rule(item.text, item.place, _protocol(item.value), accept)
        elif self.table == "nat":
            for forward in zone.forward_ports:
                family = "ip6" if ":" in forward.to_address else "ip"
                matches = (Match(("family",), ((family,),)), *port_matches(forward.protocol, forward.port))
                to = forwarded(forward.to_port, forward.to_address)
                yield Rule(forward.text, forward.place, matches, (to,))

    def _rich(self, rule: RichRule) -> Iterator[Rule]:
        """What a rich rule becomes in this table: one rule for each port of its service."""
        table = {"mark": "mangle", "": "nat" if rule.element == "forward-port" else ""}.get(rule.action, "filter")
        if table != self.table or rule.element in ("icmp-type", "icmp-block"):
            return
        statement = Statement(rule.action)
        if rule.action == "mark":
            statement = Statement("mark", "" if "/" in rule.argument else rule.argument)
        elif rule.element == "forward-port":
            to = (rule.attributes.get("to-port", ""), rule.attributes.get("to-addr", ""))
            statement = forwarded(*to)
        limit = (Match(("rate",), ((rule.limit,),)),) if rule.limit else ()
        family = (Match(("family",), ((rule.family,),)),) if rule.family else ()
        whom = (*self._address(rule.source, "source"), *self._address(rule.destination, "destination"))
        for matches in self._element(rule):
            yield Rule(rule.text, rule.place, (*family, *whom, *matches, *limit), (statement,))

    def _element(self, rule: RichRule) -> list[tuple[Match, ...]]:
        values = rule.attributes
        match rule.element:
            case "service":
                return self._service(values["name"], (rule.family,) if rule.family else ("ip", "ip6"))
            case "port" | "forward-port":
                return [port_matches(values["protocol"], values["port"])]
            case "source-port":
                return [port_matches(values["protocol"], values["port"], "source-port")]
            case "protocol":
                return [_protocol(values["value"])]
        return [()]

    def _service(self, name: str, families: Iterable[str]) -> list[tuple[Match, ...]]:
        """The conditions of a service and of those that it includes; one that is in no file is not understood."""
        names = [name]
        found: list[tuple[Match, ...]] = []
        for one in names:
            service = self.config.services.get(one)
            if service is None:
                found.append((Match((f"service {one}, which is in no file",), ((one,),)),))
                continue
            names += [include for include in service.includes if include not in names]
            given = [to for family, to in service.destinations.items() if family in families]
            for where in [address_matches(to, "destination") for to in given] if service.destinations else [()]:
                found += [(*where, *_port(port, "destination-port")) for port in service.ports]
                found += [(*where, *_protocol(protocol)) for protocol in service.protocols]
                found += [(*where, *_port(port, "source-port")) for port in service.source_ports]
        return found

    def _dispatch(self, short: str) -> Iterator[Rule]:
        """Which zone a packet goes to: by source, by interface, or to the default zone (%%ZONE_SOURCE%%)."""
        ways: list[tuple[tuple[int, int, str], Rule]] = []
        for zone in self.config.zones.values():
            for item in zone.sources:
                kind = "mac" if is_mac(item.value) else "ipset" if item.value.startswith("ipset:") else "address"
                matches = self._address(Address(kind, item.value.removeprefix("ipset:")), "source")
                rule = self._goto(short, zone.name, item.text, item.place, matches)
                ways.append(((zone.priority, 0, zone.name), rule))
        for binding in self.config.bindings:
            bound = self.config.zones.get(binding.zone)
            ways.append(((bound.priority if bound else 0, 1, ""), self._bound(short, binding)))
        yield from (rule for _, rule in sorted(ways, key=lambda way: way[0]))
        default = self.config.default_zone
        yield self._goto(short, default, f"default zone {default}", f"{self.config.source}/firewalld.conf")

    def _bound(self, short: str, binding: Binding) -> Rule:
        interface = binding.interface
        name = interface[:-1] + "*" if interface.endswith("+") else interface
        matches = [Match(("in-interface",), ((name,),))] if name else []
        if binding.doubt:
            matches.append(Match((binding.doubt,), ((binding.text,),)))
        return self._goto(short, binding.zone, binding.text, binding.place, tuple(matches))

    def _goto(self, short: str, zone: str, text: str, place: str, matches: tuple[Match, ...] = ()) -> Rule:
        if zone not in self.config.zones:
            lost = f"zone {zone} is in no file that was captured"
            return Rule(f"{text}: {lost}", place, matches, (Statement("unknown", lost),))
        return Rule(text, place, matches, (Statement("goto", f"{self.prefix}{short}_{zone}"),))

    def _address(self, whom: Address | None, field: str) -> tuple[Match, ...]:
        """Conditions on one end of a packet; the other end's ports are what a set of ports is about."""
        if whom is None:
            return ()
        if whom.kind == "address":
            return address_matches(whom.value, field, whom.negated)
        if whom.kind == "mac":
            return (Match((f"ether {field}",), ((whom.value,),), whom.negated),)
        ipset = self.config.ipsets.get(whom.value)
        if ipset is None:
            return (Match((f"ipset {whom.value}, which is in no file",), ((whom.value,),), whom.negated),)
        return _ipset(ipset, field, whom.negated)


REVERSE_PATH = Rule(
    "meta nfproto ipv6 fib saddr . mark . iif oif missing drop",
    OWN,
    (Match(("family",), (("ip6",),)), Match(("reverse-path",), (("missing",),))),
    (Statement("drop"),),
)


def own(text: str, verdict: str, *matches: Match) -> Rule:
    return Rule(text, OWN, matches, (Statement(verdict),))


def _suffix(rule: RichRule) -> str:
    if rule.priority:
        return "pre" if rule.priority < 0 else "post"
    return "deny" if rule.action in ("reject", "drop") else "allow"


def _port(value: str, field: str) -> tuple[Match, ...]:
    port, _, protocol = value.partition("/")
    return port_matches(protocol, port, field)


def _protocol(value: str) -> tuple[Match, ...]:
    return (Match(("protocol",), (({"6": "tcp", "17": "udp"}.get(value, value),),)),)


def _ipset(ipset: IpSet, field: str, negated: bool) -> tuple[Match, ...]:
    """A set as one condition: "hash:ip,port" is the address, and the protocol and port of the same end."""
    parts = ipset.type.partition(":")[2].split(",")
    fields: list[str] = []
    for part in parts:
        fields += {
            "ip": [field],
            "net": [field],
            "port": ["protocol", f"{field}-port"],
            "iface": ["in-interface"],
            "mark": ["mark"],
            "mac": [f"ether {field}"],
        }.get(part, [f"ipset of {ipset.type}"])
    rows = tuple(tuple(_row(parts, entry)) for entry in ipset.entries)
    if "mac" in parts:
        return (Match(tuple(fields), rows, negated),)
    return Match(("family",), ((ipset.family,),)), Match(tuple(fields), rows, negated)


def _row(parts: list[str], entry: str) -> Iterator[str]:
    for part, word in zip(parts, entry.split(","), strict=False):
        if part == "port":
            protocol, colon, port = word.rpartition(":")
            yield protocol if colon else "tcp"
            yield port_range(port) or port
        else:
            yield word

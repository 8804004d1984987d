"""firewalld's tables by its backend: zones and direct rules side by side (nftables), or in one another (iptables).

nftables: one inet table whose base chains come 10 after iptables' own, so that an accept of a direct rule spares no
packet the zones, and a drop of either drops. iptables: an accept in INPUT_direct ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from linuxready.readers.firewall.direct import HOOKS, DirectChain
from linuxready.readers.firewall.zonerules import PRIORITIES, REVERSE_PATH, Config, ZoneTable
from linuxready.ruleset import Chain, Rule, Ruleset, Table


def compile_rules(config: Config) -> Ruleset:
    """The tables that firewalld loads."""
    if config.backend == "iptables":
        tables = [_iptables_table(config, family, table) for family in ("ip", "ip6") for table in PRIORITIES]
    else:
        chains = [chain for table in PRIORITIES for chain in ZoneTable(config, table, f"{table}_").chains()]
        direct = [_direct_table(config, family, table) for family in ("ip", "ip6") for table in PRIORITIES]
        tables = [Table("inet", "firewalld", tuple(chains), config.source), *direct]
    tables = [table for table in tables if table.chains]
    return Ruleset(tuple(tables), (*config.not_understood, *config.direct.not_understood, *_astray(config, tables)))


def _astray(config: Config, tables: Iterable[Table]) -> Iterator[str]:
    """Chains that direct.xml fills and nobody makes; policies that rewrite what goes to a zone."""
    for (family, table, name), chain in config.direct.chains.items():
        filled = [t for t in tables if (t.family, t.name) == (family, table)]
        jumps = {s.argument for t in filled for c in t.chains for r in c.rules for s in r.statements}
        if name not in HOOKS and not chain.declared and name not in jumps:
            yield f"{config.source}/direct.xml: chain {name} is made by nobody"
    for policy in config.policies:
        rewriting = policy.forward_ports or any(r.element == "forward-port" or r.action == "mark" for r in policy.rules)
        if rewriting and not {"HOST", "ANY"} & set(policy.egress_zones):
            yield f"{policy.place}: it rewrites what goes to a zone"


def _iptables_table(config: Config, family: str, table: str) -> Table:
    """The zones' chains with the direct rules among them, as the iptables backend has them."""
    added = _direct_chains(config, family, table)
    rules = {chain.name: list(chain.rules) for chain in ZoneTable(config, table, kept=added).chains()}
    for name, direct in added.items():
        if name == "INPUT" and table == "filter":
            inside = ZoneTable(config, table).input_rules(direct.rules)
        else:
            inside = [*direct.rules, *rules.get(name, [])]
        rules[name] = [*direct.before, *inside, *direct.after]
    if table == "mangle" and family == "ip6" and config.reverse_path:
        rules["PREROUTING"] = [REVERSE_PATH, *rules.get("PREROUTING", [])]
    policies = {name: direct.policy for name, direct in added.items()}
    finished = (_built_in(table, name, inside, policies.get(name, "")) for name, inside in rules.items())
    return Table(family, table, tuple(finished), config.source)


def _direct_table(config: Config, family: str, table: str) -> Table:
    """The direct rules as tables of iptables' own, beside those of the nftables backend."""
    added = _direct_chains(config, family, table)
    chains = (
        _built_in(table, name, [*direct.before, *direct.rules, *direct.after], direct.policy)
        for name, direct in added.items()
    )
    return Table(family, table, tuple(chains), config.source)


def _direct_chains(config: Config, family: str, table: str) -> dict[str, DirectChain]:
    return {key[2]: direct for key, direct in config.direct.chains.items() if key[:2] == (family, table)}


def _built_in(table: str, name: str, rules: list[Rule], policy: str) -> Chain:
    """A chain of iptables': a base chain where its name is a built-in one's."""
    if name not in HOOKS:
        return Chain(name, tuple(rules))
    late = table == "nat" and name in ("INPUT", "POSTROUTING")
    priority = -PRIORITIES[table] if late else PRIORITIES[table]
    kind = "nat" if table == "nat" else "filter"
    return Chain(name, tuple(rules), HOOKS[name], priority, policy or "accept", kind)

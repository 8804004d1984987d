"""What iptables-save and ip6tables-save print, and files in the form of iptables-restore.

    *filter
    :INPUT DROP [0:0]
    :SSH - [0:0]
    [12:720] -A INPUT -i lo -j ACCEPT
    -A INPUT -p tcp -m multiport --dports 22,8000:8080 -m conntrack --ctstate NEW -j SSH
    -A SSH -s 10.0.0.0/8 -g accepted
    COMMIT

Sources: iptables(8), iptables-extensions(8), and the netfilter priorities of linux/netfilter_ipv4.h.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from linuxready.readers.firewall.iptables_rule import parse_rule, split, types_of_ip6
from linuxready.ruleset import Chain, Rule, Statement, Table
from linuxready.text import shortened

PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
MAX_LINE = 10_000
"""Characters; iptables-restore takes no longer line either."""
HOOKS = {"PREROUTING": "prerouting", "INPUT": "input", "OUTPUT": "output", "POSTROUTING": "postrouting"}
"""Built-in chains that a connection to this machine and its answers go through; FORWARD is not among them."""


def parse_save(text: str, family: str, source: str) -> tuple[Table, ...]:
    """The tables of a text of `family` "ip" or "ip6". A line that is not understood leaves its table's rules unsure."""
    table = _Draft("", family, source)
    table.committed = True
    tables = [table]
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("*"):
            table = _Draft(line[1:], family, source)
            tables = [other for other in tables if other.name != table.name]  # the later one replaces it
            tables.append(table)
        elif line == "COMMIT":
            table.committed = True
        else:
            table.add(line, f"{source}:{number}")
    for table in tables:
        _unless_committed(table)
    return tuple(table.finished() for table in tables if table.name or table.unread)


def parse_noflush(lines: Iterable[tuple[str, str]], family: str, source: str) -> tuple[Table, ...]:
    """The tables that texts one after the other make (iptables-restore --noflush); each line comes with its place.

    A chain that is declared again is emptied, a built-in one is not.
    """
    tables: dict[str, _Draft] = {}
    table = _Draft("", family, source)
    table.committed = True
    for place, line in lines:
        line = line.strip()
        if line.startswith("*"):
            _unless_committed(table)
            table = tables.setdefault(line[1:], _Draft(line[1:], family, source))
            table.committed = False
        elif line == "COMMIT":
            table.committed = True
        elif line and not line.startswith("#"):
            name = line[1:].partition(" ")[0]
            if line.startswith(":") and name not in HOOKS:
                table.rules.pop(name, None)
            table.add(line, place)
    _unless_committed(table)
    return tuple(table.finished() for table in tables.values())


def _unless_committed(table: _Draft) -> None:
    if not table.committed:
        table.not_understood(f"*{table.name}: no COMMIT, so the table is not loaded", table.source)


class _Draft:
    """A table while its lines are read."""

    def __init__(self, name: str, family: str, source: str) -> None:
        self.name, self.family, self.source = name, family, source
        self.committed = False
        self.policies: dict[str, str] = {}
        self.rules: dict[str, list[tuple[list[str], str, str]]] = {}
        self.unread: list[Rule] = []

    def add(self, line: str, place: str) -> None:
        if len(line) > MAX_LINE:
            self.not_understood(shortened(line), place)
            return
        if line.startswith(":"):
            name, _, policy = line[1:].partition(" ")
            self.chain(name, policy.partition(" ")[0])
            return
        text = re.sub(r"^\[\d+:\d+\]\s*", "", line)
        words = split(text)
        match words:
            case ["-A" | "--append", chain, *rest]:
                self.rules.setdefault(chain, []).append((rest, text, place))
            case ["-I" | "--insert", chain, *rest]:
                position = int(rest.pop(0)) - 1 if rest and re.fullmatch("[0-9]{1,6}", rest[0]) else 0
                self.rules.setdefault(chain, []).insert(position, (rest, text, place))
            case ["-N" | "--new-chain", chain]:
                self.chain(chain, "-")
            case ["-P" | "--policy", chain, policy]:
                self.chain(chain, policy)
            case ["-F" | "--flush"]:
                self.rules = {name: [] for name in self.rules}
            case ["-F" | "--flush", chain]:
                self.rules[chain] = []
            case ["-X" | "-Z" | "--delete-chain" | "--zero", *_]:
                pass
            case _:
                self.not_understood(text, place)

    def chain(self, name: str, policy: str) -> None:
        self.policies[name] = policy
        self.rules.setdefault(name, [])

    def not_understood(self, text: str, place: str) -> None:
        self.unread.append(Rule(text, place, (), (Statement("unknown", text),)))

    def finished(self) -> Table:
        of_ip6 = self.family == "ip6"
        chains = []
        for name, lines in self.rules.items():
            rules = [parse_rule(words, text, place, self.rules) for words, text, place in lines]
            hook = HOOKS.get(name, "") if self.name in PRIORITIES else ""
            priority = PRIORITIES[self.name] if hook else 0
            late = self.name == "nat" and hook in ("input", "postrouting")
            chains.append(
                Chain(
                    name,
                    (*(self.unread if hook else ()), *(map(types_of_ip6, rules) if of_ip6 else rules)),
                    hook,
                    -priority if late else priority,
                    "accept" if self.policies.get(name, "ACCEPT") in ("ACCEPT", "-") else "drop",
                    "nat" if self.name == "nat" else "filter",
                )
            )
        if self.unread and not any(chain.hook for chain in chains):
            chains.append(Chain("INPUT", tuple(self.unread), "input"))
        return Table(self.family, self.name, tuple(chains), self.source)

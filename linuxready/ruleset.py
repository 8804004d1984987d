"""A packet filter's rules, whoever wrote them (nft, iptables, firewalld, ufw, SuSEfirewall2), in one typed form.

Readers fill these types, `packetpath` walks them; this module imports nothing of ours. Terms are nftables':
a base chain sits on a hook with a priority; an iptables table is one table with base chains at its fixed priorities.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


class Match(Struct, frozen=True, omit_defaults=True):
    """A condition: the packet's `fields` are among the rows of `values`; `negated`: are not.

    fields ("destination-port",) with values (("22",), ("8000-8080",)); a concatenation has more fields and as many
    words in a row. A field that `packetpath.FIELDS` does not know makes the answer depend: what was not understood
    is said with the field's name, the values are its text. No rows: an empty set, which nothing is in.
    """

    fields: tuple[str, ...]
    values: tuple[tuple[str, ...], ...] = ()
    negated: bool = False


class Statement(Struct, frozen=True, omit_defaults=True):
    """What a rule does to a packet that its matches let in.

    `kind` is a verdict: accept, drop, reject, return, jump, goto (`argument`: the chain), queue; or it changes the
    packet: mark, ct-mark ("VALUE/MASK", "" where that is not known beforehand: the mask's bits are cleared, then the
    value's flipped), notrack, redirect (the port, "" for the same), dnat ("10.1.1.1:22"); or it is unknown
    (`argument` says what it is). What changes nothing of the path (log, counter, TCPMSS) is left out.
    """

    kind: str
    argument: str = ""


class Rule(Struct, frozen=True, omit_defaults=True):
    """One rule: its text as a person wrote it or would write it, where it stands ("/etc/sysconfig/iptables:12").

    All matches must hold; then the statements happen in their order.
    """

    text: str
    place: str
    matches: tuple[Match, ...] = ()
    statements: tuple[Statement, ...] = ()


class Chain(Struct, frozen=True, omit_defaults=True):
    """A chain. `hook` is "" for one that is only jumped to; `policy` and `priority` are a base chain's.

    `kind`: filter, nat (sees a connection's first packet only) or route. `devices`: a netdev or ingress chain's.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    hook: str = ""
    priority: int = 0
    policy: str = "accept"
    kind: str = "filter"
    devices: tuple[str, ...] = ()


class Table(Struct, frozen=True):
    """Chains that can jump to one another. `family`: ip, ip6, inet, netdev, bridge, arp; `source`: where it stood."""

    family: str
    name: str
    chains: tuple[Chain, ...]
    source: str


class Ruleset(Struct, frozen=True):
    """Everything that filters a machine's packets at one time.

    `not_understood`: lines that no reader could place; with any of them nothing is certain to be accepted.
    """

    tables: tuple[Table, ...] = ()
    not_understood: tuple[str, ...] = ()


def reachable(table: Table) -> Table:
    """A table without the chains that only forwarded packets see."""
    chains = {chain.name: chain for chain in table.chains}
    wanted = [chain.name for chain in table.chains if chain.hook]
    seen: dict[str, Chain] = {}
    while wanted:
        chain = chains.get(wanted.pop())
        if chain and chain.name not in seen:
            seen[chain.name] = chain
            wanted += [s.argument for rule in chain.rules for s in rule.statements if s.kind in ("jump", "goto")]
    return replace(table, chains=tuple(chain for chain in table.chains if chain.name in seen))

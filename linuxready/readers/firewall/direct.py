"""firewalld's direct.xml: chains, rules and whole commands in iptables' own words (firewalld.direct(5)).

    <direct>
      <chain ipv="ipv4" table="filter" chain="blacklist"/>
      <rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-p tcp --dport 22 -j ACCEPT</rule>
      <passthrough ipv="ipv4">-t filter -I INPUT -s 203.0.113.0/24 -j DROP</passthrough>
    </direct>

Chains come first, then the rules by priority, in front of what their chain holds, then the commands (core/fw_direct.py,
set_config). Rules for bridges (ipv="eb") are left out.
"""

from __future__ import annotations

import shlex

from msgspec import Struct

from linuxready.readers.firewall import iptables_rule, xmltree
from linuxready.readers.firewall.richrule import FAMILIES
from linuxready.readers.firewall.xmltree import Element, Malformed
from linuxready.readers.firewall.zonefiles import Attributes, check
from linuxready.ruleset import Rule

KNOWN: Attributes = {
    "direct": ("", ""),
    "chain": ("ipv table chain", ""),
    "rule": ("ipv table chain priority", ""),
    "passthrough": ("ipv", ""),
}

HOOKS = {name.upper(): name for name in ("prerouting", "input", "forward", "output", "postrouting")}
"""iptables' built-in chains, and nftables' names of their hooks."""

COMMANDS = {
    "-A": "append",
    "--append": "append",
    "-I": "insert",
    "--insert": "insert",
    "-N": "new",
    "--new-chain": "new",
    "-P": "policy",
    "--policy": "policy",
}
"""What a passthrough may do to a chain; anything else is not understood."""


class DirectChain(Struct, frozen=True):
    """What direct.xml adds to a chain: `rules` of <rule>, others `before` and `after` by commands.

    `policy` is "" where none is set; `declared`: the chain is made here.
    """

    rules: tuple[Rule, ...] = ()
    before: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()
    policy: str = ""
    declared: bool = False


class Direct(Struct, frozen=True):
    """Chains by ("ip", "filter", "INPUT"), and the commands that were not understood."""

    chains: dict[tuple[str, str, str], DirectChain] = {}
    not_understood: tuple[str, ...] = ()


class _Draft:
    """A chain while its words are collected: parsed once every chain that may be jumped to is known."""

    def __init__(self) -> None:
        self.rules: list[tuple[int, list[str], Element]] = []
        self.before: list[tuple[list[str], Element]] = []
        self.after: list[tuple[list[str], Element]] = []
        self.policy = ""
        self.declared = False


def parse_direct(content: bytes, place: str) -> Direct:
    """direct.xml; raises Malformed."""
    root = xmltree.parse(content)
    if root.name != "direct":
        raise Malformed(f"line {root.line}: <{root.name}> where <direct> was expected")
    check(root, KNOWN)
    drafts: dict[tuple[str, str, str], _Draft] = {}
    unread = []
    for element in root.children:
        family = FAMILIES.get(element.attributes["ipv"])
        if family is None:
            continue
        if element.name == "passthrough":
            if not _command(drafts, family, element):
                unread.append(f"{place}:{element.line}: {element.text}")
            continue
        chain = element.attributes["chain"]
        chain = chain.removesuffix("_direct") if chain.removesuffix("_direct") in HOOKS else chain
        draft = drafts.setdefault((family, element.attributes["table"], chain), _Draft())
        if element.name == "chain":
            draft.declared = True
        else:
            draft.rules.append((_priority(element), _split(element), element))
    return Direct({key: _finished(key, drafts, place) for key in drafts}, tuple(unread))


def _command(drafts: dict[tuple[str, str, str], _Draft], family: str, element: Element) -> bool:
    """Take a passthrough in; whether it was understood."""
    words = _split(element)
    table = "filter"
    for option in ("-t", "--table"):
        if option in words[:-1]:
            at = words.index(option)
            table = words[at + 1]
            del words[at : at + 2]
    match [COMMANDS.get(words[0], "") if words else "", *words[1:]]:
        case ["append", chain, *rest]:
            drafts.setdefault((family, table, chain), _Draft()).after.append((rest, element))
        case ["insert", chain, *rest] if not rest or not rest[0].isdecimal() or rest[0] == "1":
            rest = rest[1:] if rest[:1] == ["1"] else rest
            drafts.setdefault((family, table, chain), _Draft()).before.insert(0, (rest, element))
        case ["new", chain]:
            drafts.setdefault((family, table, chain), _Draft()).declared = True
        case ["policy", chain, policy]:
            drafts.setdefault((family, table, chain), _Draft()).policy = policy.lower()
        case _:
            return False
    return True


def _finished(key: tuple[str, str, str], drafts: dict[tuple[str, str, str], _Draft], place: str) -> DirectChain:
    chains = [chain for family, table, chain in drafts if (family, table) == key[:2]]

    def rule(words: list[str], element: Element) -> Rule:
        return iptables_rule.parse_rule(words, element.text, f"{place}:{element.line}", chains)

    draft = drafts[key]
    return DirectChain(
        tuple(rule(words, element) for _, words, element in sorted(draft.rules, key=lambda one: one[0])),
        tuple(rule(*one) for one in draft.before),
        tuple(rule(*one) for one in draft.after),
        draft.policy,
        draft.declared,
    )


def _split(element: Element) -> list[str]:
    """A rule's words, as firewalld splits them."""
    try:
        return shlex.split(element.text)
    except ValueError as error:
        raise Malformed(f"line {element.line}: {error}") from None


def _priority(element: Element) -> int:
    try:
        return int(element.attributes["priority"])
    except ValueError:
        raise Malformed(f"line {element.line}: priority {element.attributes['priority']}") from None

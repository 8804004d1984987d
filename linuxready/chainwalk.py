"""Pure: how a packet may leave the chains of one table, for `packetpath` to carry on from there.

An accept or a return from a base chain lets the packet on to the next one; what refuses ends its way. Where a match
depends, the packets in question are cut in two, and both ways are followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from linuxready.facts import Evidence
from linuxready.packet import MAX_PIECES, Packet, cut, holds, marked, named, port_spans, whole
from linuxready.ruleset import Chain, Rule, Statement, Table

MAX_DEPTH = 64
"""Jumps below one another; the kernel allows 16 (nftables), and no loops at all."""
MAX_DOUBTS = 4
"""Kept of one way through a chain: no more are shown, and there may be a thousand."""
MAX_STEPS = 300_000
"""Rules looked at for one answer; a ruleset that takes more is not followed to its end."""
NOTHING = Evidence("packet filter", "no rule applies")


class End(Struct, frozen=True):
    """How a chain may end for a packet: accept, refuse or return, by which rule; `doubts`: what had to hold for it."""

    word: str
    packet: Packet
    decided: Evidence
    doubts: tuple[tuple[str, Evidence], ...] = ()
    reason: str = ""


BY_DEVICE = ("ingress", "egress")
"""Hooks of single devices; older versions of nft do not list which."""


def _unless_untracked(chain: Chain, end: End) -> Iterator[End]:
    """A refusal; a NAT chain's is none where nothing has switched conntrack on, which rules do not tell for certain."""
    if chain.kind == "nat":
        end = replace(end, doubts=(*end.doubts, ("whether connections are tracked", end.decided)))
        yield replace(end, word="accept")
    yield end


class TooLong(Exception):
    """A ruleset takes more than MAX_STEPS."""


class Walker:
    """The chains of one table. `steps` counts the rules looked at, in all tables of a walk."""

    def __init__(self, table: Table, steps: list[int]) -> None:
        self.table, self.steps = table, steps
        self.chains = {chain.name: chain for chain in table.chains}
        self.seen: dict[tuple[str, Packet], tuple[End, ...]] = {}

    def base(self, chain: Chain, before: End) -> Iterator[End]:
        """How a base chain may end for what came to it: accepted or refused."""
        where = f"{self.table.source}: {self.table.family} {self.table.name} {chain.name}"
        policy = Evidence(where, f"policy {chain.policy}")
        if self.table.family in ("arp", "bridge"):
            yield from self._beside(chain, before, policy)
            return
        inbound = before.packet.direction == "original"
        adapters = before.packet.in_interfaces if inbound else before.packet.out_interfaces
        here = named(adapters, chain.devices) if chain.devices else chain.hook not in BY_DEVICE or "the interface"
        if here is not True:
            yield before
        if here is False:
            return
        doubts = before.doubts if here is True else (*before.doubts, (str(here), policy))
        for end in self._chain(chain, before.packet, 0):
            end = replace(end, doubts=doubts + end.doubts)
            if end.word == "return" and chain.policy != "accept":
                yield from _unless_untracked(chain, replace(end, word="refuse", decided=policy, reason="dropped"))
            elif end.word == "refuse":
                yield from _unless_untracked(chain, end)
            elif chain.hook != "input":
                yield replace(end, word="accept", decided=before.decided)
            elif end.word == "return":
                # What an earlier chain decided says more than a policy that lets everything pass.
                decided = policy if before.decided == NOTHING else before.decided
                yield replace(end, word="accept", decided=decided)
            else:
                yield end

    def _beside(self, chain: Chain, before: End, policy: Evidence) -> Iterator[End]:
        """ARP and bridge rules are not followed; where they refuse anything, it depends on them."""
        yield before
        rules = (rule for c in self.table.chains for rule in c.rules)
        refusing = [r for r in rules if any(s.kind in ("drop", "reject", "unknown") for s in r.statements)]
        if chain.policy != "accept" or refusing:
            decided = Evidence(refusing[0].place, refusing[0].text) if refusing else policy
            reason = f"rules of the {self.table.family} family"
            yield End("refuse", before.packet, decided, (*before.doubts, (reason, decided)), "dropped")

    def _chain(self, chain: Chain, packet: Packet, depth: int) -> tuple[End, ...]:
        key = (chain.name, packet)
        if key not in self.seen:
            self.seen[key] = tuple(self._rules(chain, packet, depth))
        return self.seen[key]

    def _rules(self, chain: Chain, packet: Packet, depth: int) -> Iterator[End]:
        """How a chain may end for a packet. Where a match depends, the packets are cut in two and both followed."""
        alive: dict[Packet, tuple[tuple[str, Evidence], ...]] = {packet: ()}
        ends: dict[tuple[str, Packet], End] = {}
        for rule in chain.rules:
            self.steps[0] += len(alive)
            if self.steps[0] > MAX_STEPS:
                raise TooLong
            for current, doubts in tuple(alive.items()) if rule.statements else ():
                truths = [holds(match, current) for match in rule.matches]
                if False in truths:
                    continue
                quoted = Evidence(rule.place, rule.text)
                doubtful = [match for match, truth in zip(rule.matches, truths, strict=True) if truth is not True]
                hit, rest = cut(current, doubtful)
                if hit is None:
                    continue
                outcomes = list(self._statements(rule, quoted, hit, depth))
                if [(end.word, end.packet) for end in outcomes] == [("continue", hit)]:
                    continue
                del alive[current]
                if doubtful:
                    if len(doubts) < MAX_DOUBTS:
                        doubts = (*doubts, (next(truth for truth in truths if isinstance(truth, str)), quoted))
                    alive.setdefault(rest, doubts)
                for end in outcomes:
                    end = replace(end, doubts=doubts + end.doubts)
                    if end.word == "continue":
                        alive.setdefault(end.packet, end.doubts)
                    else:
                        ends.setdefault((end.word, end.packet), end)
            if not alive:
                break
            if len(alive) > MAX_PIECES:
                alive = {whole(piece, packet): doubts for piece, doubts in reversed(alive.items())}
        for left, doubts in alive.items():
            ends.setdefault(("return", left), End("return", left, Evidence(chain.name, "end"), doubts))
        if len(ends) > MAX_PIECES:
            grown = [replace(end, packet=whole(end.packet, packet)) for end in reversed(ends.values())]
            ends = {(end.word, end.packet): end for end in grown}
        yield from ends.values()

    def _statements(self, rule: Rule, quoted: Evidence, packet: Packet, depth: int) -> Iterator[End]:
        """What a rule that applies does; the last end is `continue` where it decides nothing."""
        for statement in rule.statements:
            kind, argument = statement.kind, statement.argument
            if kind in VERDICTS:
                word, reason = VERDICTS[kind]
                yield End(word, packet, quoted, (), reason)
                return
            if kind in ("jump", "goto"):
                yield from self._jump(statement, quoted, packet, depth)
                return
            if kind in CHANGES:
                packet = CHANGES[kind](packet, argument)
            elif kind == "redirect":
                numbers = port_spans((argument,)) if argument else packet.destination_port
                yield End("accept", replace(packet, destination_port=numbers, dnat=True), quoted)
                return
            else:
                doubt = ((UNDECIDED.get(kind, "what was not understood"), quoted),)
                yield End("accept", packet, quoted, doubt)
                yield End("refuse", packet, quoted, doubt, "dropped")
        yield End("continue", packet, quoted)

    def _jump(self, statement: Statement, quoted: Evidence, packet: Packet, depth: int) -> Iterator[End]:
        target = self.chains.get(statement.argument)
        if target is None or depth == MAX_DEPTH:
            doubt = ((f"chain {statement.argument}, which was not seen", quoted),)
            yield End("accept", packet, quoted, doubt)
            yield End("refuse", packet, quoted, doubt, "dropped")
            return
        after = "continue" if statement.kind == "jump" else "return"
        for end in self._chain(target, packet, depth + 1):
            yield replace(end, word=after) if end.word == "return" else end


UNDECIDED = {"dnat": "where the destination is rewritten to", "queue": "a program that decides on packets"}
"""Statements that end here or elsewhere; others were not understood."""

VERDICTS = {
    "accept": ("accept", ""),
    "drop": ("refuse", "dropped"),
    "reject": ("refuse", "rejected"),
    "return": ("return", ""),
}


CHANGES: dict[str, Callable[[Packet, str], Packet]] = {
    "mark": lambda packet, argument: replace(packet, mark=marked(packet.mark, argument)),
    "ct-mark": lambda packet, argument: replace(packet, ct_mark=marked(packet.ct_mark, argument)),
    # Where conntrack has been already, it comes too late.
    "notrack": lambda packet, _: replace(packet, state="untracked") if packet.state == "invalid" else packet,
}

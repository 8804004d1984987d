"""Pure: does a new TCP connection from the network reach a port of this machine through a typed ruleset?

Three packets are followed through every base chain on their way, in the order of priorities: the SYN (ingress,
prerouting, input), the answer (output, postrouting), and the sender's next one, which must pass for the
connection to be of use. An accept ends its own base chain only. A match says yes, no, or why that depends; where
it depends, both ways are followed. So "accepted" and "refused" hold for every client of the kind described, and
all else is "depends". The client: a unicast address that is neither link-local nor ours, a port from 1024 up, an
adapter of ours, a route back.
Sources: nft(8), iptables(8), iptables-extensions(8), and https://wiki.nftables.org on base chains.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from linuxready.facts import Evidence
from linuxready.ruleset import Chain, Match, Rule, Ruleset, Statement, Table

Truth = bool | str
"""Yes, no, or in a few words what it depends on."""

Spans = tuple[tuple[int, int], ...]
"""Ranges of numbers, ends included; addresses and ports alike."""

SYN, ACK = 2, 16
MAX_DEPTH = 64
"""Jumps below one another; the kernel allows 16 (nftables), and no loops at all."""
MAX_SHOWN = 4
"""Rules quoted for an answer that depends."""


class Connection(Struct, frozen=True):
    """What is asked: a TCP connection to `port`, by "ip" or "ip6".

    `interfaces`: the adapters it may come in by; `addresses`: this machine's of that family. None: not known.
    """

    port: int
    family: str = "ip"
    interfaces: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None


class Path(Struct, frozen=True):
    """The answer, why in a few words ("dropped", "the source address"), and the rules that decided it."""

    answer: Literal["accepted", "refused", "depends"]
    reason: str
    evidence: tuple[Evidence, ...]


class Packet(Struct, frozen=True):
    """All packets of one kind: what each field may be. None: not known."""

    family: str
    state: str | None
    direction: str
    flags: int
    source: Spans
    destination: Spans
    source_port: Spans
    destination_port: Spans
    in_interfaces: tuple[str, ...] | None
    out_interfaces: tuple[str, ...] | None
    mark: int | None = 0
    ct_mark: int | None = 0
    dnat: bool = False


class End(Struct, frozen=True):
    """How a chain may end for a packet: accept, refuse or return, by which rule; `doubts`: what had to hold for it."""

    word: str
    packet: Packet
    decided: Evidence
    doubts: tuple[tuple[str, Evidence], ...] = ()
    reason: str = ""


INBOUND = ("ingress", "prerouting", "input")
OUTBOUND = ("output", "postrouting", "egress")

NOTHING = Evidence("packet filter", "no rule applies")


def walk(ruleset: Ruleset, connection: Connection) -> Path:
    """Whether a connection is accepted; "refused" is dropped or rejected, which is one to who waits for it."""
    syn, answer, ack = _packets(connection)
    accepted: list[End] = []
    refused: list[End] = []
    for end in _through(ruleset, INBOUND, syn):
        if end.word == "refuse":
            refused.append(end)
            continue
        if end.packet.destination_port != syn.destination_port:
            port = end.packet.destination_port[0][0]
            refused.append(replace(end, reason=f"sent to port {port} instead"))
            continue
        state = "established" if end.packet.state == "new" else None
        answers = _after(ruleset, OUTBOUND, replace(answer, state=state, ct_mark=end.packet.ct_mark), end)
        lost = [replace(e, reason=f"answered, and the answer {e.reason}") for e in answers if e.word == "refuse"]
        refused += lost
        if len(lost) == len(answers):
            continue
        accepted.append(end)
        later = _after(ruleset, INBOUND, replace(ack, state=state, ct_mark=end.packet.ct_mark), end)
        lost = [e for e in later if e.word == "refuse"]
        if len(lost) == len(later):
            # The client sees a connection that is opened, and then nothing more of it comes in.
            doubt = ("what follows the first packet, which is not let in", lost[0].decided)
            lost = [replace(e, doubts=(*e.doubts, doubt)) for e in lost]
        refused += lost
    return _path(ruleset, accepted, refused)


def _path(ruleset: Ruleset, accepted: list[End], refused: list[End]) -> Path:
    if ruleset.not_understood:
        unread = tuple(Evidence(place, "not understood") for place in ruleset.not_understood[:MAX_SHOWN])
        return Path("depends", "what was not understood", unread)
    if not accepted:
        return Path("refused", refused[0].reason, (refused[0].decided,))
    if not refused:
        return Path("accepted", "", (min(accepted, key=lambda end: len(end.doubts)).decided,))
    doubts = tuple(dict.fromkeys(doubt for end in (*refused, *accepted) for doubt in end.doubts))
    quoted = dict.fromkeys([*(rule for _, rule in doubts), refused[0].decided])
    return Path("depends", doubts[0][0], tuple(quoted)[:MAX_SHOWN])


def _after(ruleset: Ruleset, hooks: tuple[str, ...], packet: Packet, before: End) -> list[End]:
    return [replace(e, doubts=before.doubts + e.doubts) for e in _through(ruleset, hooks, packet)]


# -- the packets -----------------------------------------------------------------------------------------

UNICAST = {
    "ip": ((0x01000000, 0x7EFFFFFF), (0x80000000, 0xA9FDFFFF), (0xA9FF0000, 0xDFFFFFFF)),
    "ip6": ((0x2 << 124, (0x4 << 124) - 1), (0xFC << 120, (0xFE << 120) - 1)),
}
"""Where clients are: unicast addresses, without loopback and link-local (IPv6: global and unique local)."""

CLIENT_PORTS = ((1024, 65535),)


def _packets(connection: Connection) -> tuple[Packet, Packet, Packet]:
    everywhere = UNICAST[connection.family]
    ours = everywhere
    if connection.addresses is not None:
        ours = tuple(span for address in connection.addresses if (span := address_span(address)))
    remote = _without(everywhere, ours) if connection.addresses is not None else everywhere
    port = ((connection.port, connection.port),)
    adapters = connection.interfaces
    syn = Packet(connection.family, "new", "original", SYN, remote, ours, CLIENT_PORTS, port, adapters, ())
    answer = Packet(
        connection.family, "established", "reply", SYN | ACK, ours, remote, port, CLIENT_PORTS, (), adapters
    )
    return syn, answer, replace(syn, state="established", flags=ACK)


# -- through the hooks -----------------------------------------------------------------------------------


def _through(ruleset: Ruleset, hooks: tuple[str, ...], packet: Packet) -> Iterator[End]:
    """How a packet may end on its way through all base chains of these hooks."""
    first = packet.state == "new" and packet.direction == "original"
    alive = [End("accept", packet, NOTHING)]
    for hook in hooks:
        for table, chain in _base_chains(ruleset, hook, packet.family):
            if chain.kind == "nat" and not first:
                continue
            walker = _Walker(table)
            here: dict[Packet, End] = {}
            for before in alive:
                for end in walker.base(chain, before):
                    if end.word == "refuse":
                        yield end
                    else:
                        here.setdefault(end.packet, end)
            alive = list(here.values())
    yield from alive


BESIDE = ("arp", "bridge")
"""Families whose packets are others than ours, and stop them all the same."""


def _base_chains(ruleset: Ruleset, hook: str, family: str) -> list[tuple[Table, Chain]]:
    families = {"ingress": ("netdev", "inet"), "egress": ("netdev",)}.get(hook, (family, "inet"))
    chains = [
        (table, chain)
        for table in ruleset.tables
        for chain in table.chains
        if chain.hook == hook and table.family in (*families, *BESIDE)
    ]
    return sorted(chains, key=lambda pair: pair[1].priority)


class _Walker:
    """The chains of one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.chains = {chain.name: chain for chain in table.chains}
        self.seen: dict[tuple[str, Packet], tuple[End, ...]] = {}

    def base(self, chain: Chain, before: End) -> Iterator[End]:
        """How a base chain may end for what came to it: accepted or refused."""
        where = f"{self.table.source}: {self.table.family} {self.table.name} {chain.name}"
        policy = Evidence(where, f"policy {chain.policy}")
        if self.table.family in BESIDE:
            yield from self._beside(chain, before, policy)
            return
        inbound = before.packet.direction == "original"
        adapters = before.packet.in_interfaces if inbound else before.packet.out_interfaces
        here = _named(adapters, chain.devices) if chain.devices else True
        if here is not True:
            yield before
        if here is False:
            return
        doubts = before.doubts if here is True else (*before.doubts, (str(here), policy))
        for end in self._chain(chain, before.packet, 0):
            end = replace(end, doubts=doubts + end.doubts)
            if end.word == "return" and chain.policy != "accept":
                yield replace(end, word="refuse", decided=policy, reason="dropped")
            elif end.word == "refuse":
                yield end
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
        """How a chain may end for a packet, each end with its packet once."""
        alive: dict[Packet, tuple[tuple[str, Evidence], ...]] = {packet: ()}
        ends: dict[tuple[str, Packet], End] = {}
        for rule in chain.rules:
            for current, doubts in tuple(alive.items()):
                truth = _all(_holds(match, current) for match in rule.matches) if rule.statements else False
                if truth is False:
                    continue
                quoted = Evidence(rule.place, rule.text)
                if truth is True:
                    del alive[current]
                else:
                    doubts = (*doubts, (truth, quoted))
                for end in self._statements(rule, quoted, current, depth):
                    end = replace(end, doubts=doubts + end.doubts)
                    if end.word == "continue":
                        alive.setdefault(end.packet, end.doubts)
                    else:
                        ends.setdefault((end.word, end.packet), end)
            if not alive:
                break
        for left, doubts in alive.items():
            ends.setdefault(("return", left), End("return", left, Evidence(chain.name, "end"), doubts))
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


def _marked(old: int | None, argument: str) -> int | None:
    """A mark after "VALUE/MASK": the mask's bits are cleared, then the value's are flipped (--set-xmark)."""
    value, _, mask = argument.partition("/")
    if not argument or (old is None and mask):
        return None
    kept = (old or 0) & ~int(mask, 0) if mask else 0
    return kept ^ int(value, 0)


def _redirected(packet: Packet, port: str) -> Packet:
    numbers = _port_spans((port,)) if port else packet.destination_port
    return replace(packet, destination_port=numbers, dnat=True)


CHANGES: dict[str, Callable[[Packet, str], Packet]] = {
    "mark": lambda packet, argument: replace(packet, mark=_marked(packet.mark, argument)),
    "ct-mark": lambda packet, argument: replace(packet, ct_mark=_marked(packet.ct_mark, argument)),
    "notrack": lambda packet, _: replace(packet, state="untracked"),
    "redirect": _redirected,
}


# -- matches ---------------------------------------------------------------------------------------------


def _all(truths: Iterable[Truth]) -> Truth:
    doubt: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is not True and doubt is True:
            doubt = truth
    return doubt


def _any(truths: Iterable[Truth]) -> Truth:
    doubt: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is not False and doubt is False:
            doubt = truth
    return doubt


def _holds(match: Match, packet: Packet) -> Truth:
    if len(match.fields) == 1:
        field = FIELDS.get(match.fields[0])
        truth = field(packet, tuple(row[0] for row in match.values)) if field else _not_understood(match)
    elif any(name not in FIELDS for name in match.fields):
        truth = _not_understood(match)
    else:
        rows = (
            _all(FIELDS[name](packet, (word,)) for name, word in zip(match.fields, row, strict=True))
            for row in match.values
        )
        truth = _any(rows)
    return not truth if match.negated and isinstance(truth, bool) else truth


def _not_understood(match: Match) -> str:
    words = " ".join(word for row in match.values for word in row)
    return f"what was not understood: {' '.join(match.fields)} {words}".rstrip()[:100]


def _among(universe: Spans, values: Spans, reason: str) -> Truth:
    """Whether all, none or some of a universe lie in the values."""
    left = _without(universe, values)
    if not left:
        return True
    return False if left == universe else reason


def _without(universe: Spans, values: Spans) -> Spans:
    """What of a universe, whose spans are in order, lies in no value."""
    ordered = sorted(values)
    left = []
    for start, end in universe:
        for low, high in ordered:
            if low > end:
                break
            if high < start:
                continue
            if low > start:
                left.append((start, low - 1))
            start = high + 1
            if start > end:
                break
        if start <= end:
            left.append((start, end))
    return tuple(left)


def _named(interfaces: tuple[str, ...] | None, patterns: tuple[str, ...]) -> Truth:
    """Whether the packets' interface is one of these; `eth*` is any with that beginning."""
    if any(pattern == "*" for pattern in patterns):
        return True
    if interfaces is None:
        return False if all(pattern == "lo" for pattern in patterns) else "the interface"
    hits = [any(name == p or (p.endswith("*") and name.startswith(p[:-1])) for p in patterns) for name in interfaces]
    if not any(hits):
        return False
    return True if all(hits) else "the interface"


def address_span(text: str) -> tuple[int, int] | None:
    """First and last address of "10.0.0.0/8", "::1" or "192.0.2.1-192.0.2.9" as numbers; None for no address."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = address_span(first), address_span(last)
        return (low[0], high[1]) if low and high else None
    address, _, bits = text.partition("/")
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
        free = 8 * len(packed) - int(bits) if bits else 0
        start = int.from_bytes(packed) >> free << free
    except (OSError, ValueError):
        return None
    return start, start + (1 << free) - 1


def _address(universe: Spans, words: tuple[str, ...], reason: str) -> Truth:
    spans = [address_span(word) for word in words]
    if None in spans:
        return f"{reason}, which was not understood"
    return _among(universe, tuple(span for span in spans if span), reason)


def _port_spans(words: tuple[str, ...]) -> Spans:
    pairs = (word.partition("-") for word in words)
    return tuple((int(low), int(high or low)) for low, _, high in pairs)


def _ports(universe: Spans, words: tuple[str, ...], reason: str) -> Truth:
    try:
        return _among(universe, _port_spans(words), reason)
    except ValueError:
        return f"{reason}, which was not understood"


def _flagged(packet: Packet, words: tuple[str, ...]) -> Truth:
    pairs = (word.partition("/") for word in words)
    return any(packet.flags & int(mask) == int(value) for mask, _, value in pairs)


def _mark(mark: int | None, words: tuple[str, ...]) -> Truth:
    if mark is None:
        return "a mark on the packet"
    for word in words:
        low, dash, high = word.partition("-")
        value, _, mask = word.partition("/")
        if int(low, 0) <= mark <= int(high, 0) if dash else mark & int(mask or "0xffffffff", 0) == int(value, 0):
            return True
    return False


def _word(known: str | None, words: tuple[str, ...], reason: str) -> Truth:
    return reason if known is None else known in words


def _ct_status(packet: Packet, words: tuple[str, ...]) -> Truth:
    held = {"dnat"} if packet.dnat else set()
    if packet.state != "new":
        held |= {"confirmed", "seen-reply"}
    if held.intersection(words):
        return True
    return "the connection's status" if "assured" in words and packet.state != "new" else False


FIELDS: dict[str, Callable[[Packet, tuple[str, ...]], Truth]] = {
    "family": lambda packet, words: packet.family in words,
    "protocol": lambda packet, words: "tcp" in words,
    "source": lambda packet, words: _address(packet.source, words, "the source address"),
    "destination": lambda packet, words: _address(packet.destination, words, "the destination address"),
    "source-port": lambda packet, words: _ports(packet.source_port, words, "the source port"),
    "destination-port": lambda packet, words: _ports(packet.destination_port, words, "the destination port"),
    "in-interface": lambda packet, words: _named(packet.in_interfaces, words),
    "out-interface": lambda packet, words: _named(packet.out_interfaces, words),
    "state": lambda packet, words: _word(packet.state, words, "the connection's state"),
    "ct-status": _ct_status,
    "direction": lambda packet, words: packet.direction in words,
    "tcp-flags": _flagged,
    "mark": lambda packet, words: _mark(packet.mark, words),
    "ct-mark": lambda packet, words: _mark(packet.ct_mark, words),
    "packet-type": lambda packet, words: "unicast" in words if packet.direction == "original" else "the packet's type",
    "source-type": lambda packet, words: ("unicast" if packet.direction == "original" else "local") in words,
    "destination-type": lambda packet, words: ("local" if packet.direction == "original" else "unicast") in words,
    "reverse-path": lambda packet, words: "exists" in words,
    "rate": lambda packet, words: "the rate of packets",
    "connections": lambda packet, words: "the number of connections",
    "time": lambda packet, words: "the time",
    "recent": lambda packet, words: "what the source did before",
    "ipset": lambda packet, words: "what is in an ipset",
}
"""What can be asked of a packet. A reader's match on any other field is not understood, and it depends."""

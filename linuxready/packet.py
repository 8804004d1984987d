"""Pure: a packet of which only the kind is known, and whether a rule's match holds for it.

Each field says what the packets in question may be: all source addresses of a family, ports from 1024 up, one of two
adapters. A match then says yes, no, or in a few words what it depends on.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from linuxready.ruleset import Match

Truth = bool | str
"""Yes, no, or in a few words what it depends on."""

Spans = tuple[tuple[int, int], ...]
"""Ranges of numbers, ends included; addresses and ports alike."""

MAX_PIECES = 16
"""Kinds of packets told apart in one chain, and ranges in a kind; beyond it they are taken together again."""


class Packet(Struct, frozen=True):
    """All packets of one kind: what each field may be. None: not known. `flags` are those of TCP, one set or another.

    `state` is "invalid" until conntrack has seen the packet, and `next_state` from then on.
    """

    family: str
    next_state: str | None
    direction: str
    flags: tuple[int, ...]
    source: Spans
    destination: Spans
    source_port: Spans
    destination_port: Spans
    in_interfaces: tuple[str, ...] | None
    out_interfaces: tuple[str, ...] | None
    mark: int | None = 0
    ct_mark: int | None = 0
    dnat: bool = False
    state: str | None = "invalid"


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


def holds(match: Match, packet: Packet) -> Truth:
    if packet.state in UNTRACKED and not BY_CONNTRACK.isdisjoint(match.fields):
        return False
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


UNTRACKED = ("invalid", "untracked")
BY_CONNTRACK = frozenset(("ct-mark", "ct-status", "direction"))
"""What a packet without an entry in conntrack does not match, negated or not."""


def _not_understood(match: Match) -> str:
    words = " ".join(word for row in match.values for word in row)
    return f"what was not understood: {' '.join(match.fields)} {words}".rstrip()[:100]


def _among(universe: Spans, values: Spans, reason: str) -> Truth:
    """Whether all, none or some of a universe lie in the values."""
    left = without(universe, values)
    if not left:
        return True
    return False if left == universe else reason


def without(universe: Spans, values: Spans) -> Spans:
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


def named(interfaces: tuple[str, ...] | None, patterns: tuple[str, ...]) -> Truth:
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


def port_spans(words: tuple[str, ...]) -> Spans:
    pairs = (word.partition("-") for word in words)
    return tuple((int(low), int(high or low)) for low, _, high in pairs)


def _ports(universe: Spans, words: tuple[str, ...], reason: str) -> Truth:
    try:
        return _among(universe, port_spans(words), reason)
    except ValueError:
        return f"{reason}, which was not understood"


def _flagged(packet: Packet, words: tuple[str, ...]) -> Truth:
    pairs = [word.partition("/") for word in words]
    hits = [any(flags & int(mask) == int(value) for mask, _, value in pairs) for flags in packet.flags]
    return hits[0] if len(set(hits)) == 1 else "the packet's flags"


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
    if packet.next_state != "new":
        held |= {"confirmed", "seen-reply"}
    if held.intersection(words):
        return True
    return "the connection's status" if "assured" in words and packet.next_state != "new" else False


FIELDS: dict[str, Callable[[Packet, tuple[str, ...]], Truth]] = {
    "family": lambda packet, words: packet.family in words,
    "protocol": lambda packet, words: "tcp" in words,
    "source": lambda packet, words: _address(packet.source, words, "the source address"),
    "destination": lambda packet, words: _address(packet.destination, words, "the destination address"),
    "source-port": lambda packet, words: _ports(packet.source_port, words, "the source port"),
    "destination-port": lambda packet, words: _ports(packet.destination_port, words, "the destination port"),
    "in-interface": lambda packet, words: named(packet.in_interfaces, words),
    "out-interface": lambda packet, words: named(packet.out_interfaces, words),
    "state": lambda packet, words: _word(packet.state, words, "the connection's state"),
    "ct-status": _ct_status,
    "direction": lambda packet, words: packet.direction in words,
    "tcp-flags": _flagged,
    "mark": lambda packet, words: _mark(packet.mark, words),
    "ct-mark": lambda packet, words: _mark(packet.ct_mark, words),
    "packet-type": lambda packet, words: "unicast" in words,
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


# -- packets cut in two where a match depends ------------------------------------------------------------


def cut(packet: Packet, doubtful: list[Match]) -> tuple[Packet | None, Packet]:
    """The packets that some doubtful matches hold for (None: there are no such), and those that they do not."""
    hit, rest = packet, packet
    for match in doubtful:
        parts = _parts(match, hit)
        if parts is None:
            continue
        attribute, inside, outside = parts
        if not inside:
            return None, packet
        hit = replace(hit, **{attribute: inside})
        if len(doubtful) == 1:
            rest = replace(rest, **{attribute: outside})
    return hit, rest


def _parts(match: Match, packet: Packet) -> tuple[str, Any, Any] | None:
    """What a match cuts, the part that it holds for, and the other; None where packets are not told apart by it."""
    attribute = CUT.get(match.fields[0]) if len(match.fields) == 1 else None
    if attribute is None:
        return None
    universe = getattr(packet, attribute)
    words = tuple(row[0] for row in match.values)
    inside: tuple[Any, ...]
    if "interfaces" in attribute:
        if universe is None:
            return None
        inside = tuple(name for name in universe if named((name,), words))
        outside = tuple(name for name in universe if name not in inside)
    else:
        spans = port_spans(words) if "port" in attribute else tuple(span for w in words if (span := address_span(w)))
        outside = without(universe, spans)
        inside = without(universe, outside)
        if max(len(inside), len(outside)) > MAX_PIECES:
            return None
    return (attribute, outside, inside) if match.negated else (attribute, inside, outside)


CUT = {
    "source": "source",
    "destination": "destination",
    "source-port": "source_port",
    "in-interface": "in_interfaces",
    "out-interface": "out_interfaces",
}
"""Fields that cut packets in two where they hold for some: the attribute of Packet that each looks at."""


def whole(piece: Packet, packet: Packet) -> Packet:
    """A piece grown to all packets that came, so that it stands for its sisters too; marks are not told apart."""
    grown = {attribute: getattr(packet, attribute) for attribute in CUT.values()}
    mark = piece.mark if piece.mark == packet.mark else None
    return replace(piece, mark=mark, ct_mark=piece.ct_mark if piece.ct_mark == packet.ct_mark else None, **grown)


def marked(old: int | None, argument: str) -> int | None:
    """A mark after "VALUE/MASK": the mask's bits are cleared, then the value's are flipped (--set-xmark)."""
    value, _, mask = argument.partition("/")
    if not argument or (old is None and mask):
        return None
    kept = (old or 0) & ~int(mask, 0) if mask else 0
    return kept ^ int(value, 0)

"""Pure: does a new TCP connection from the network reach a port of this machine through a typed ruleset?

The packets are followed through every base chain on their way, in the order of priorities: the SYN (ingress,
prerouting, input), the answer (output, postrouting), and the later ones of both sides, which must pass for the
connection to be of use. An accept ends its own base chain only. A match says yes, no, or why that depends; where
it depends, both ways are followed. So "accepted" and "refused" hold for every client of the kind described, and
all else is "depends". The client: a unicast address that is neither link-local nor ours, a port from 1024 up, an
adapter of ours, a route back.
Sources: nft(8), iptables(8), iptables-extensions(8), and https://wiki.nftables.org on base chains.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from linuxready.chainwalk import MAX_STEPS, NOTHING, End, TooLong, Walker
from linuxready.facts import Evidence
from linuxready.packet import MAX_PIECES, Packet, address_span, whole, without
from linuxready.ruleset import Chain, Ruleset, Table

SYN, ACK, PSH = 2, 16, 8
LATER = (ACK, ACK | PSH)
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


INBOUND = ("ingress", "prerouting", "input")
OUTBOUND = ("output", "postrouting", "egress")


def walk(ruleset: Ruleset, connection: Connection) -> Path:
    """Whether a connection is accepted; "refused" is dropped or rejected, which is one to who waits for it."""
    try:
        return _path(ruleset, *_ends(ruleset, connection))
    except TooLong:
        return Path("depends", f"more than {MAX_STEPS} rules, which were not followed to their end", ())


def _ends(ruleset: Ruleset, connection: Connection) -> tuple[list[End], list[End]]:
    """How a connection may be accepted, and how refused."""
    accepted: list[End] = []
    refused: list[End] = []
    steps = [0]
    syn = _syn(connection)
    for end in _through(ruleset, INBOUND, syn, steps, True):
        if end.word == "refuse":
            refused.append(end)
            continue
        if end.packet.destination_port != syn.destination_port:
            port = end.packet.destination_port[0][0]
            refused.append(replace(end, reason=f"sent to port {port} instead"))
            continue
        answers = _after(ruleset, OUTBOUND, _answer(end.packet), steps, end)
        lost = [replace(e, reason=f"answered, and the answer {e.reason}") for e in answers if e.word == "refuse"]
        refused += lost
        if len(lost) == len(answers):
            continue
        accepted.append(end)
        for hooks, packet, whose in (
            (INBOUND, _following(end.packet), "the client's later packets"),
            (OUTBOUND, replace(_answer(end.packet), flags=LATER), "the server's later packets"),
        ):
            later = _after(ruleset, hooks, packet, steps, end)
            lost = [e for e in later if e.word == "refuse"]
            if len(lost) == len(later):
                # The client sees a connection that is opened, and then nothing more of it gets through.
                lost = [replace(e, doubts=(*e.doubts, (f"{whose}, which are {e.reason}", e.decided))) for e in lost]
            refused += lost
    return accepted, refused


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
    reason = doubts[0][0] if doubts else "what was not understood"
    return Path("depends", reason, tuple(quoted)[:MAX_SHOWN])


def _after(ruleset: Ruleset, hooks: tuple[str, ...], packet: Packet, steps: list[int], before: End) -> list[End]:
    return [replace(e, doubts=before.doubts + e.doubts) for e in _through(ruleset, hooks, packet, steps, False)]


# -- the packets -----------------------------------------------------------------------------------------

UNICAST = {
    "ip": ((0x01000000, 0x7EFFFFFF), (0x80000000, 0xA9FDFFFF), (0xA9FF0000, 0xDFFFFFFF)),
    "ip6": ((0x2 << 124, (0x4 << 124) - 1), (0xFC << 120, (0xFE << 120) - 1)),
}
"""Where clients are: unicast addresses, without loopback and link-local (IPv6: global and unique local)."""

CLIENT_PORTS = ((1024, 65535),)


def _syn(connection: Connection) -> Packet:
    remote = ours = UNICAST[connection.family]
    if connection.addresses is not None:
        ours = tuple(span for address in connection.addresses if (span := address_span(address)))
        remote = without(remote, ours)
    port = ((connection.port, connection.port),)
    return Packet(
        connection.family, "new", "original", (SYN,), remote, ours, CLIENT_PORTS, port, connection.interfaces, ()
    )


def _answer(packet: Packet) -> Packet:
    """The SYN-ACK to a SYN as it has come in."""
    return replace(
        packet,
        next_state=_next_state(packet),
        state="invalid",
        direction="reply",
        flags=(SYN | ACK,),
        source=packet.destination,
        destination=packet.source,
        source_port=packet.destination_port,
        destination_port=packet.source_port,
        in_interfaces=(),
        out_interfaces=packet.in_interfaces,
        mark=0,
    )


def _following(packet: Packet) -> Packet:
    """The sender's next packet."""
    return replace(packet, next_state=_next_state(packet), state="invalid", flags=LATER, mark=0)


def _next_state(packet: Packet) -> str | None:
    return "established" if packet.state == "new" else None


# -- through the hooks -----------------------------------------------------------------------------------


def _through(ruleset: Ruleset, hooks: tuple[str, ...], packet: Packet, steps: list[int], first: bool) -> Iterator[End]:
    """How a packet may end on its way through all base chains of these hooks; `first` of its connection or not."""
    alive = [End("accept", packet, NOTHING)]
    for hook in hooks:
        for table, chain in _base_chains(ruleset, hook, packet.family):
            if chain.kind == "nat" and (not first or (alive and all(end.packet.dnat for end in alive))):
                continue  # for later packets, and after one that has translated
            if hook in TRACKED and chain.priority >= CONNTRACK:
                alive = [replace(end, packet=_tracked(end.packet)) for end in alive]
            walker = Walker(table, steps)
            here: dict[Packet, End] = {}
            for before in alive:
                for end in walker.base(chain, before):
                    if end.word == "refuse":
                        yield end
                    else:
                        here.setdefault(end.packet, end)
            alive = list(here.values())
            if len(alive) > MAX_PIECES:
                grown = [replace(end, packet=whole(end.packet, packet)) for end in reversed(alive)]
                alive = list({end.packet: end for end in grown}.values())
        if hook in TRACKED:
            alive = [replace(end, packet=_tracked(end.packet)) for end in alive]
        if any(end.packet.dnat for end in alive) and len(_translating(ruleset, hook)) > 1:
            doubted = [replace(e, doubts=(*e.doubts, (RIVALS, e.decided))) for e in alive]
            yield from (replace(end, word="refuse", reason="sent elsewhere") for end in doubted)
            alive = [
                replace(end, packet=replace(end.packet, destination_port=packet.destination_port)) for end in doubted
            ]
    yield from alive


RIVALS = "which backend's address translation comes first"


def _translating(ruleset: Ruleset, hook: str) -> set[str]:
    """Where the tables were read that translate at a hook: of two backends nobody says whose comes first."""
    return {
        table.source
        for table in ruleset.tables
        for chain in table.chains
        if chain.kind == "nat" and chain.hook == hook and any("redirect" in _kinds(c) for c in table.chains)
    }


def _kinds(chain: Chain) -> set[str]:
    return {statement.kind for rule in chain.rules for statement in rule.statements}


CONNTRACK = -200
TRACKED = ("prerouting", "output")
"""Where, and at which priority, a packet gets its state: rules before it see none."""


def _tracked(packet: Packet) -> Packet:
    return replace(packet, state=packet.next_state) if packet.state == "invalid" else packet


BESIDE = {"arp": ("ip",), "bridge": ("ip", "ip6")}
"""Families whose packets are others than ours, and the families that they stop all the same."""


def _base_chains(ruleset: Ruleset, hook: str, family: str) -> list[tuple[Table, Chain]]:
    families = {"ingress": ("netdev", "inet"), "egress": ("netdev",)}.get(hook, (family, "inet"))
    chains = [
        (table, chain)
        for table in ruleset.tables
        for chain in table.chains
        if chain.hook == hook and (table.family in families or family in BESIDE.get(table.family, ()))
    ]
    chains.reverse()  # of two with one priority, the kernel asks the one first that was made last
    return sorted(chains, key=lambda pair: pair[1].priority)

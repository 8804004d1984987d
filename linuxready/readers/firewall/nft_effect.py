"""What the statements of a rule ask for and do, from libnftables-json(5).

    {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}     mark 0x1/0xffffffff
    {"limit": {"rate": 10, "per": "minute"}}                       asks for rate 10/minute

Source: nft(8). JSON of another shape raises one of `nft_text.ODD`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linuxready.readers.firewall import nft_match, nft_text
from linuxready.readers.firewall.nft_match import MARK, number
from linuxready.ruleset import Match, Statement

Meaning = tuple[list[Match], list[Statement]]

NO_EFFECT = frozenset("comment continue counter dup flow last log map reset secmark".split()) | {
    "ct helper",
    "ct timeout",
    "ct expectation",
}
"""Statements after which a packet goes on to the next rule as it was, as far as this machine is concerned."""

XT_NO_EFFECT = frozenset(
    "comment LOG NFLOG ULOG AUDIT TRACE TCPMSS TCPOPTSTRIP TOS DSCP TTL HL ECN CLASSIFY CHECKSUM RATEEST IDLETIMER LED "
    "SECMARK CONNSECMARK HMARK MASQUERADE SNAT TEE".split()
)
"""Extensions of iptables that decide nothing; the match `comment` always holds."""


def meaning(kind: str, body: Any) -> Meaning:
    """What a statement asks for, and what it does; KeyError for one that is not known."""
    return ([], []) if kind in NO_EFFECT else STATEMENTS[kind](body)


def verdict(value: Any) -> Statement | None:
    """A verdict of a map; None for one that goes on with the rule."""
    ((kind, body),) = value.items()
    if kind == "continue":
        return None
    (statement,) = VERDICTS[kind](body)[1]
    return statement


def _rate(text: Callable[[Any], str], field: str = "rate") -> Callable[[Any], Meaning]:
    return lambda body: ([Match((field,), ((text(body),),))], [])


def _reject(body: Any) -> Meaning:
    """With what implies it, an ICMP error or a reset, for its own protocol only."""
    kind = body.get("type") if isinstance(body, dict) else None
    field, word = REJECTED.get(str(kind), ("", ""))
    return [Match((field,), ((word,),))] if field else [], [Statement("reject")]


REJECTED = {"tcp reset": ("protocol", "tcp"), "icmp": ("family", "ip"), "icmpv6": ("family", "ip6")}


def _inner(body: Any) -> Meaning:
    """What is asked for each element that a rule puts into a set."""
    statements = body.get("stmt") or []
    matches: list[Match] = []
    for each in statements if isinstance(statements, list) else [statements]:
        ((kind, inner),) = each.items()
        if kind not in NO_EFFECT:
            matches += PER_ELEMENT[kind](inner)[0]
    return matches, []


def _redirect(body: Any) -> Meaning:
    """A new address is a verdict too: the rules behind it are not asked any more."""
    port = (body or {}).get("port")
    return [], [Statement("redirect", "" if port is None else _shown_port(port)), Statement("accept")]


def _dnat(body: Any) -> Meaning:
    for part in ("addr", "port"):
        if isinstance(body.get(part), dict) and "range" not in body[part]:
            raise ValueError("a map, which need not hold the packet")
    return [], [Statement("dnat", nft_text.nat(body))]


def _shown_port(port: Any) -> str:
    low, high = port["range"] if isinstance(port, dict) else (port, port)
    return f"{number(low)}" if low == high else f"{number(low)}-{number(high)}"


def _mangle(body: Any) -> Meaning:
    ((form, key),) = body["key"].items()
    asked = nft_match.field(body["key"])
    if asked.name in ("mark", "ct-mark"):
        return _implied(body["value"]), [Statement(asked.name, _new_mark(body["value"], body["key"]))]
    if (form in ("meta", "ct") and key.get("key") in UNHEEDED) or form in ("tcp option", "exthdr", "ip option"):
        return [], []
    if form == "payload" and key.get("protocol") not in (None, "arp") and asked.kind is None:
        return [], []
    return [], [Statement("unknown", nft_text.statement({"mangle": body}))]


def _implied(value: Any) -> list[Match]:
    """The headers that a map's key looks into; packets without them are not changed."""
    if not isinstance(value, dict) or "map" not in value:
        return []
    key = value["map"]["key"]
    parts = key["concat"] if isinstance(key, dict) and "concat" in key else [key]
    return [match for part in parts for match in nft_match.field(part).implied]


UNHEEDED = frozenset("priority nftrace secmark zone label event secpath".split())
"""Keys of meta and ct that nothing which we follow asks for."""


def _new_mark(value: Any, mark: Any) -> str:
    """VALUE/MASK for a mark set to a number, or made of the old one by `&`, `|` and `^`; "" for all else."""
    try:
        kept, flipped = _bits_of(value, mark)
    except nft_text.ODD:
        return ""
    return f"{flipped:#x}/{MARK & ~kept:#x}"


def _bits_of(value: Any, mark: Any) -> tuple[int, int]:
    """A new mark as (old & kept) ^ flipped."""
    if value == mark:
        return MARK, 0
    if not isinstance(value, dict):
        return 0, number(value) & MARK
    ((operator, (left, right)),) = value.items()
    kept, flipped = _bits_of(left, mark)
    bits = number(right) & MARK
    if operator == "&":
        return kept & bits, flipped & bits
    if operator == "|":
        return kept & ~bits, flipped & ~bits | bits
    if operator == "^":
        return kept, flipped ^ bits
    raise ValueError(operator)


def _xt(body: Any) -> Meaning:
    """An extension of iptables, of which nft knows no more than the name."""
    if body and (body.get("type") == "watcher" or body.get("name") in XT_NO_EFFECT):
        return [], []
    text = nft_text.statement({"xt": body})
    matches, statements = [Match((text,))], [Statement("unknown", text)]
    return {"match": (matches, []), "target": ([], statements)}.get(
        str((body or {}).get("type")), (matches, statements)
    )


def _statement(kind: str, name: str = "") -> Callable[[Any], Meaning]:
    return lambda body: ([], [Statement(name or kind, nft_text.statement({kind: body}) if name else "")])


def _chain(body: Any) -> str:
    if not isinstance(body["target"], str):
        raise ValueError("no chain")
    return str(body["target"])


VERDICTS: dict[str, Callable[[Any], Meaning]] = {
    "accept": _statement("accept"),
    "drop": _statement("drop"),
    "return": _statement("return"),
    "jump": lambda body: ([], [Statement("jump", _chain(body))]),
    "goto": lambda body: ([], [Statement("goto", _chain(body))]),
    "queue": _statement("queue", "queue"),
}

PER_ELEMENT: dict[str, Callable[[Any], Meaning]] = {
    "limit": _rate(nft_text.limit),
    "quota": _rate(nft_text.quota),
    "ct count": _rate(nft_text.count, "connections"),
}

STATEMENTS: dict[str, Callable[[Any], Meaning]] = {
    **VERDICTS,
    **PER_ELEMENT,
    "reject": _reject,
    "set": _inner,
    "meter": _inner,
    "mangle": _mangle,
    "notrack": _statement("notrack"),
    "masquerade": lambda body: ([], [Statement("accept")]),
    "snat": lambda body: ([], [Statement("accept")]),
    "redirect": _redirect,
    "dnat": _dnat,
    "tproxy": _statement("tproxy", "unknown"),
    "synproxy": _statement("synproxy", "unknown"),
    "fwd": _statement("fwd", "unknown"),
    "xt": _xt,
}

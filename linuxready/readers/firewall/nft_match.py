"""A match of libnftables-json(5) in the words of `ruleset.Match`.

    {"op": "==", "left": {"payload": {…: "tcp", …: "dport"}}, "right": {"set": [22, {"range": [80, 90]}]}}
    is protocol tcp, and destination-port 22 or 80-90

Sources: nft(8), libnftables-json(5). What is not understood becomes a match with the expression's own words as field.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from linuxready.readers.firewall import nft_text
from linuxready.readers.firewall.ports import PORTS
from linuxready.ruleset import Match

PROTOCOLS = {1: "icmp", 2: "igmp", 4: "ipencap", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 50: "esp"}
PROTOCOLS |= {51: "ah", 58: "icmpv6", 108: "comp", 112: "vrrp", 132: "sctp", 136: "udplite"}
PROTOCOL_WORDS = {"ipv6-icmp": "icmpv6", "icmp6": "icmpv6", "ipcomp": "comp", "carp": "vrrp"}
FAMILIES = {"ipv4": "ip", "ipv6": "ip6", "2": "ip", "10": "ip6", "0x0800": "ip", "0x86dd": "ip6", "0x0806": "arp"}

TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
STATES = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
STATUSES = {"expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512}
ALL_BITS = 255
"""Of the byte with TCP's flags."""
MARK = 0xFFFFFFFF


# -- values ------------------------------------------------------------------------------------------------


def number(value: Any) -> int:
    """A number as JSON or a script has it; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("no number")
    return value if isinstance(value, int) else int(value, 0)


def _port(value: Any) -> int:
    port = PORTS[value] if value in PORTS else number(value)
    if not 0 <= port <= 65535:
        raise ValueError("no port")
    return port


def _address(value: Any) -> Any:
    if isinstance(value, dict) and "prefix" in value:
        first, length = _address(value["prefix"]["addr"]), number(value["prefix"]["len"])
        free = first.max_prefixlen - length
        if not 0 <= length <= first.max_prefixlen:
            raise ValueError("no prefix")
        return f"{type(first)(int(first) >> free << free)}/{length}"
    if not isinstance(value, str):
        raise ValueError("no address")
    return ipaddress.ip_address(value)


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise ValueError("no word")
    return str(value)


def _one_of(value: Any, words: Mapping[str, int]) -> str:
    if value not in words:
        raise ValueError("no such word")
    return str(value)


def _interface(value: Any) -> str:
    word = _word(value)
    if "\\" in word or word.startswith("@"):
        raise ValueError("an interface with a star in its name")
    return word


def _protocol(value: Any) -> str:
    word = _word(value).lower()
    return PROTOCOLS.get(int(word), word) if word.isdecimal() else PROTOCOL_WORDS.get(word, word)


def _family(value: Any) -> str:
    word = _word(value).lower()
    return FAMILIES.get(word, word)


def _packet_type(value: Any) -> str:
    word = _word(value)
    return {"host": "unicast"}.get(word, word)


def _missing(value: Any) -> str:
    """The result of a look-up for the interface of a route: none at all, or one."""
    if value in (False, 0, "0", ""):
        return "missing"
    if value is True:
        return "exists"
    raise ValueError("a named interface")


class Kind(NamedTuple):
    """How the values of a field are read (ValueError: not understood), shown, and, for ordered ones, the greatest."""

    read: Callable[[Any], Any]
    show: Callable[[Any], str] = str
    greatest: int | None = None
    bits: Mapping[str, int] | None = None


PORT = Kind(_port, str, 65535)
ADDRESS = Kind(_address, str, 0)
INTERFACE = Kind(_interface)
PROTOCOL = Kind(_protocol)
FAMILY = Kind(_family)
MARKS = Kind(number, lambda mark: f"{mark:#x}/{MARK:#x}", MARK)
WORD = Kind(_word)
FLAGS = Kind(lambda value: bits(value, TCP_FLAGS), lambda flags: f"{ALL_BITS}/{flags}", None, TCP_FLAGS)
STATE = Kind(lambda value: _one_of(value, STATES), str, None, STATES)
STATUS = Kind(_word, str, None, STATUSES)

PAYLOAD = {
    ("ip", "saddr"): ("source", ADDRESS),
    ("ip", "daddr"): ("destination", ADDRESS),
    ("ip6", "saddr"): ("source", ADDRESS),
    ("ip6", "daddr"): ("destination", ADDRESS),
    ("ip", "protocol"): ("protocol", PROTOCOL),
    ("ip6", "nexthdr"): ("protocol", PROTOCOL),
    ("ether", "type"): ("family", FAMILY),
    ("tcp", "flags"): ("tcp-flags", FLAGS),
} | {
    (protocol, field): (name, PORT)
    for protocol in ("tcp", "udp", "udplite", "sctp", "dccp", "th")
    for field, name in (("sport", "source-port"), ("dport", "destination-port"))
}
RAW = {("th", 0, 16): ("source-port", PORT), ("th", 16, 16): ("destination-port", PORT)}

META = {
    "iif": ("in-interface", INTERFACE),
    "iifname": ("in-interface", INTERFACE),
    "oif": ("out-interface", INTERFACE),
    "oifname": ("out-interface", INTERFACE),
    "l4proto": ("protocol", PROTOCOL),
    "nfproto": ("family", FAMILY),
    "protocol": ("family", FAMILY),
    "mark": ("mark", MARKS),
    "pkttype": ("packet-type", Kind(_packet_type)),
}
CONNECTION = {
    "state": ("state", STATE),
    "status": ("ct-status", STATUS),
    "direction": ("direction", WORD),
    "mark": ("ct-mark", MARKS),
}
CLOCK = ("hour", "day", "time")


def _is(field: str, word: str) -> Match:
    return Match((field,), ((word,),))


IMPLIED = {
    **{name: (_is("family", name),) for name in ("ip", "ip6", "arp")},
    **{
        name: (_is("protocol", name),) for name in ("tcp", "udp", "udplite", "sctp", "dccp", "esp", "ah", "comp", "gre")
    },
    "igmp": (_is("family", "ip"), _is("protocol", "igmp")),
    "icmp": (_is("family", "ip"), _is("protocol", "icmp")),
    "icmpv6": (_is("family", "ip6"), _is("protocol", "icmpv6")),
}
"""What must hold before a header can be looked into, by the header's name."""


# -- fields ------------------------------------------------------------------------------------------------


class Field(NamedTuple):
    """What is asked of a packet; `kind` is None where it is not understood."""

    name: str
    kind: Kind | None
    implied: tuple[Match, ...] = ()


UNKNOWN = Field("", None)


def field(left: Any) -> Field:
    """The field of one expression without mask or concatenation."""
    if not isinstance(left, dict) or len(left) != 1:
        return UNKNOWN
    ((form, body),) = left.items()
    if not isinstance(body, dict):
        return UNKNOWN
    key = body.get("key")
    if form == "payload":
        return _payload(body)
    if form == "meta":
        return Field(*META.get(str(key), UNKNOWN))
    if form == "ct" and set(body) == {"key"}:
        return Field(*CONNECTION.get(str(key), UNKNOWN))
    return Field(*_route(body)) if form == "fib" else UNKNOWN


def _payload(body: dict[str, Any]) -> Field:
    if set(body) == {"base", "offset", "len"}:
        return Field(*RAW.get((body["base"], body["offset"], body["len"]), UNKNOWN))
    if set(body) != {"protocol", "field"}:
        return UNKNOWN  # of a tunnel's inner packet
    name, kind = PAYLOAD.get((body["protocol"], body["field"]), ("", None))
    return Field(name, kind, IMPLIED.get(body["protocol"], ()))


def _route(body: dict[str, Any]) -> tuple[str, Kind | None]:
    """The type of an address, and whether there is a route back to the sender."""
    flags, result = body.get("flags"), body.get("result")
    asked = set(flags if isinstance(flags, list) else [flags])
    if result == "type" and ("daddr" in asked) != ("saddr" in asked):
        return ("destination-type" if "daddr" in asked else "source-type"), WORD
    if result in ("oif", "oifname", "check") and "saddr" in asked and "daddr" not in asked:
        return "reverse-path", Kind(_missing)
    return "", None


# -- matches -----------------------------------------------------------------------------------------------


class Sets:
    """The named sets and maps of one table, and the rows already made of them."""

    def __init__(self, elements: Mapping[str, list[Any]]) -> None:
        self.elements = elements
        self.filled: set[str] = set()
        """Those that packets fill: what is in them now says nothing of later."""
        self._rows: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...], ...]] = {}

    def of(self, right: Any) -> list[Any] | None:
        """The elements of a set, named or written out; None for a value that is no set. KeyError: there is none."""
        if isinstance(right, str) and right.startswith("@"):
            return self.elements[right[1:]]
        if isinstance(right, dict) and "set" in right:
            return right["set"] if isinstance(right["set"], list) else [right["set"]]
        return None

    def rows(self, right: Any, fields: list[Field]) -> tuple[tuple[str, ...], ...]:
        """The values of a match against a set or a value; ValueError where one is not understood."""
        elements = self.of(right)
        if not isinstance(right, str) or elements is None:
            return tuple(_row(each, fields) for each in ([right] if elements is None else elements))
        key = right, tuple(each.name for each in fields)
        if key not in self._rows:
            self._rows[key] = tuple(_row(each, fields) for each in elements)
        return self._rows[key]


def bare(element: Any) -> Any:
    """An element of a set without its time-out, comment or counter."""
    return element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element


def matches(operator: str, left: Any, right: Any, sets: Sets) -> list[Match]:
    """What must hold for `left operator right`, headers that it looks into included."""
    mask = None
    inner = left
    if isinstance(left, dict) and isinstance(left.get("&"), list) and len(left["&"]) == 2:
        inner, mask = left["&"]
    parts = inner["concat"] if isinstance(inner, dict) and "concat" in inner else [inner]
    fields = [field(part) for part in parts]
    implied: list[Match] = []
    for each in fields:
        implied += [match for match in each.implied if match not in implied]
    if isinstance(right, str) and right[1:] in sets.filled and right.startswith("@"):
        return [*implied, Match(("recent",), ((right,),))]
    try:
        made = _made(operator, fields, mask, right, sets)
    except nft_text.ODD:
        made = _not_understood(operator, left, right, sets)
    return [*implied, *([made] if made else [])]


def _made(operator: str, fields: list[Field], mask: Any, right: Any, sets: Sets) -> Match | None:
    """The match; None where it always holds. ValueError and its like where it is not understood."""
    if any(each.kind is None for each in fields):
        raise ValueError("a field")
    names = tuple(each.name for each in fields)
    elements = sets.of(right)
    if elements is not None and operator == "in":
        operator = "=="  # as nft 0.9 wrote it
    negated = operator == "!="
    if elements is not None and "*" in map(bare, elements):
        if operator not in ("==", "!="):
            raise ValueError("an operator")
        return Match(names) if negated else None
    if len(fields) == 1:
        kind = fields[0].kind
        assert kind is not None
        if kind.bits is not None:
            return _flags(names[0], kind.bits, operator, mask, [right] if elements is None else elements)
        if operator in ("<", ">", "<=", ">="):
            return Match(names, _ordered(operator, kind, kind.read(right)))
        if kind is MARKS and (mask is not None or operator in ("in", "!")):
            return _mark(names, operator, mask, [right] if elements is None else elements)
        if kind is ADDRESS and mask is not None and elements is None:
            right, mask = _masked(right, mask), None
    if mask is not None or operator not in ("==", "!="):
        raise ValueError("an operator")
    return Match(names, sets.rows(right, fields), negated)


def _not_understood(operator: str, left: Any, right: Any, sets: Sets) -> Match:
    text = nft_text.expression(left)
    if isinstance(left, dict) and isinstance(left.get("meta"), dict) and left["meta"].get("key") in CLOCK:
        shown = nft_text.statement({"match": {"op": operator, "left": left, "right": right}})
        return Match(("time",), ((shown,),))
    if operator in ("==", "!=") and isinstance(right, dict):
        elements = sets.of(right)
        if elements is not None:
            return Match((text,), tuple((nft_text.expression(each),) for each in elements), operator == "!=")
    sign = "" if operator in ("==", "!=") else f"{operator} "
    return Match((text,), ((f"{sign}{nft_text.expression(right)}",),), operator == "!=")


def _row(element: Any, fields: list[Field]) -> tuple[str, ...]:
    value = bare(element)
    words = value["concat"] if isinstance(value, dict) and "concat" in value else [value]
    return tuple(_shown(bare(word), each) for word, each in zip(words, fields, strict=True))


def _shown(value: Any, asked: Field) -> str:
    kind = asked.kind
    assert kind is not None
    if isinstance(value, dict) and "range" in value:
        low, high = map(kind.read, value["range"])
        if kind.greatest is None:
            raise ValueError("a range of what has no order")
        return kind.show(low) if low == high else f"{low}-{high}"
    if kind is STATUS:
        raise ValueError("all bits of a status at once")
    return kind.show(kind.read(value))


# -- order and bits ----------------------------------------------------------------------------------------


def _ordered(operator: str, kind: Kind, value: Any) -> tuple[tuple[str, ...], ...]:
    """The one range of values that are below or above."""
    least, greatest = _ends(kind, value)
    if value == (least if operator == "<" else greatest) and operator in "<>":
        return ()
    low = least if operator[0] == "<" else value + (operator == ">")
    high = greatest if operator[0] == ">" else value - (operator == "<")
    return ((kind.show(low) if low == high else f"{low}-{high}",),)


def _ends(kind: Kind, value: Any) -> tuple[Any, Any]:
    if kind is ADDRESS and isinstance(value, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
        return type(value)(0), type(value)(2**value.max_prefixlen - 1)
    if kind is ADDRESS or kind.greatest is None:
        raise ValueError("what has no order")
    return 0, kind.greatest


def _masked(value: Any, mask: Any) -> Any:
    """The prefix that `address & mask == value` asks for; ValueError where it is none."""
    address, bits_kept = _address(value), int(_address(mask))
    width = address.max_prefixlen
    length = bin(bits_kept).count("1")
    if bits_kept != (1 << width) - (1 << (width - length)) or int(address) & ~bits_kept:
        raise ValueError("no prefix")
    return {"prefix": {"addr": value, "len": length}}


def _mark(names: tuple[str, ...], operator: str, mask: Any, values: list[Any]) -> Match:
    """Marks, some of whose bits are looked at; `in` asks for any of the value's bits, `!` for none."""
    masks = MARK if mask is None else number(mask)
    wanted = [number(bare(value)) for value in values]
    if operator in ("in", "!"):
        return Match(names, tuple((f"0x0/{masks & value:#x}",) for value in wanted), operator == "in")
    return Match(names, tuple((f"{value:#x}/{masks:#x}",) for value in wanted), operator == "!=")


def _flags(name: str, table: Mapping[str, int], operator: str, mask: Any, values: list[Any]) -> Match:
    """Flags: `in` asks for any of them, `!` for none, `==` for these and no other, with a mask among the mask's."""
    looked_at = ALL_BITS if mask is None else bits(mask, table)
    wanted = [bits(bare(value), table) for value in values]
    negated = operator in ("!=", "in")
    if operator in ("in", "!"):
        pairs = [(looked_at & value, 0) for value in wanted] if mask is not None else [(value, 0) for value in wanted]
    elif operator in ("==", "!="):
        pairs = [(looked_at, value) for value in wanted]
    else:
        raise ValueError("an operator")
    if table is TCP_FLAGS:
        return Match((name,), tuple((f"{among}/{value}",) for among, value in pairs), negated)
    if len(pairs) == 1 and pairs[0][1] == 0:
        return Match((name,), tuple((word,) for word, bit in table.items() if bit & pairs[0][0]), not negated)
    words = {bit: word for word, bit in table.items()}
    for among, value in pairs:
        # A connection has one state, and any number of statuses: only those can be asked for one by one.
        if value not in words or not value & among or (table is STATUSES and among != value):
            raise ValueError("several flags at once")
    return Match((name,), tuple((words[value],) for _, value in pairs), negated)


def bits(value: Any, names: Mapping[str, int]) -> int:
    """A set of flags as a number: "syn", ["syn", "ack"], {"|": ["syn", "ack"]}, 18; ValueError for anything else."""
    if isinstance(value, str) and value in names:
        return names[value]
    if isinstance(value, dict) and len(value) == 1 and "|" in value:
        value = value["|"]
    if isinstance(value, list):
        total = 0
        for each in value:
            total |= bits(each, names)
        return total
    return number(value)

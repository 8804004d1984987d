"""Values and selectors of nft's language, as libnftables-json(5) has them.

    ip saddr . tcp dport
    { 10.0.0.0/8 . ssh, 192.0.2.1 . 8000-8080 }

Source: nft(8). The cursor stands on a list of words; whatever is not known raises NotUnderstood. Nesting, and what
`$variables` stand for, are bounded, for the text may be hostile.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from typing import Any

from linuxready.readers.firewall.nft_words import NotUnderstood, Tokens, number

MAX_DEPTH = 30
"""Braces and parentheses inside one another."""
MAX_EXPANDED = 1_000_000
"""Words that all uses of variables may come to."""

ENDS = ("\n", ";", "}", "")

META_KEYS = frozenset(
    "mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid ibriport obriport ibrname obrname "
    "ibridgename obridgename pkttype cpu iifgroup oifgroup cgroup l4proto nfproto secpath ipsec sdif sdifname".split()
)
"""Keys that stand without the word `meta` too."""

HEADERS = {
    header: frozenset(fields.split())
    for header, fields in {
        "ether": "saddr daddr type",
        "vlan": "id cfi dei pcp type",
        "arp": "htype ptype hlen plen operation saddr daddr",
        "ip": "version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr",
        "ip6": "version dscp ecn flowlabel length nexthdr hoplimit saddr daddr",
        "icmp": "type code checksum id sequence gateway mtu",
        "icmpv6": "type code checksum parameter-problem packet-too-big id sequence max-delay taddr",
        "igmp": "type mrt checksum group",
        "tcp": "sport dport sequence ackseq doff reserved flags window checksum urgptr",
        "udp": "sport dport length checksum",
        "udplite": "sport dport checksum csumcov",
        "sctp": "sport dport vtag checksum",
        "dccp": "sport dport type",
        "ah": "nexthdr hdrlength reserved spi sequence",
        "esp": "spi sequence",
        "comp": "nexthdr flags cpi",
        "gre": "version flags protocol",
        "th": "sport dport",
    }.items()
}
EXTENSIONS = frozenset("hbh rt rt0 rt2 rt4 frag dst mh srh".split())
OPTION_FIELDS = frozenset("kind length size count left right tsval tsecr".split())
RAW = ("@ll", "@nh", "@th", "@ih")

OPERATORS = {
    "&": "&", "and": "&", "|": "|", "or": "|", "^": "^", "xor": "^",
    "<<": "<<", "lshift": "<<", ">>": ">>", "rshift": ">>",
}  # fmt: skip
FOLDED: dict[str, Callable[[int, int], int]] = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
VERDICTS = ("accept", "drop", "continue", "return")
VERDICT_WORDS = (*VERDICTS, "jump", "goto")


class Expressions:
    """A cursor on words, and the expressions that can stand there."""

    def __init__(self) -> None:
        self.tokens = Tokens("", "")
        self.at = 0
        self.depth = 0
        self.expanded = 0
        self.defines: ChainMap[str, tuple[Any, int]] = ChainMap()

    def anonymous_chain(self) -> str:
        """The name of the chain written out at the cursor, behind its brace."""
        raise NotImplementedError

    # -- the cursor ------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> str:
        words = self.tokens.words
        return words[self.at + ahead] if self.at + ahead < len(words) else ""

    def take(self) -> str:
        word = self.tokens.words[self.at]
        if not word:
            raise NotUnderstood("the end")
        self.at += 1
        return word

    def accept(self, *words: str) -> bool:
        """Steps over one of these words if it is here."""
        if self.tokens.words[self.at] not in words:
            return False
        self.at += 1
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise NotUnderstood(f"{self.peek()} where {word} should be")

    def name(self) -> str:
        """A word that names something, quoted or not."""
        word = self.take()
        if word in ENDS or not (word[0] == '"' or word[0].isalnum() or word[0] == "_"):
            raise NotUnderstood(word)
        return word.strip('"')

    def integer(self) -> int:
        value = self.value()
        if not isinstance(value, int):
            raise NotUnderstood(str(value))
        return value

    def newlines(self) -> None:
        while self.accept("\n"):
            pass

    def deeper(self, inner: Callable[[], Any]) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.depth -= 1
            raise NotUnderstood("too deep")
        try:
            return inner()
        finally:
            self.depth -= 1

    # -- values ----------------------------------------------------------------------------------------------

    def right(self) -> Any:
        """What is compared with: a value, a set, or a list with commas."""
        first = self.concatenated()
        if self.peek() != ",":
            return first
        listed = [first]
        while self.accept(","):
            self.newlines()
            listed.append(self.concatenated())
        return [flat for each in listed for flat in (each if isinstance(each, list) else [each])]

    def concatenated(self) -> Any:
        parts = [self.combined()]
        while self.accept("."):
            parts.append(self.combined())
        return parts[0] if len(parts) == 1 else {"concat": parts}

    def combined(self) -> Any:
        """Values joined by one and the same operator: `fin | syn`."""
        value = self.value()
        used = operator = OPERATORS.get(self.peek())
        while operator and operator == used:
            self.at += 1
            other = self.value()
            if isinstance(value, int) and isinstance(other, int) and operator in FOLDED:
                value = FOLDED[operator](value, other)
            elif isinstance(value, dict) and operator in value:
                value = {operator: [*value[operator], other]}
            else:
                value = {operator: [value, other]}
            operator = OPERATORS.get(self.peek())
        return value

    def value(self) -> Any:
        """One value, a range or a prefix."""
        value = self.primary()
        if self.accept("-"):
            return {"range": [value, self.primary()]}
        if self.peek() == "/" and self.peek(1).isdecimal():
            self.at += 1
            return {"prefix": {"addr": value, "len": int(self.take())}}
        return value

    def primary(self) -> Any:
        word = self.take()
        first = word[0]
        if first.isdigit():
            return number(word)
        if first == '"':
            return word[1:-1]
        if first.isalpha() or (first in "_:" and len(word) > 1) or word == "*":
            return word
        if word == "{":
            return self.deeper(self.elements)
        if word == "(":
            value = self.deeper(self.right)
            self.expect(")")
            return value
        if first == "@" and len(word) > 1:
            return self.raw(word) if word in RAW and self.peek() == "," else word
        if first == "$" and len(word) > 1:
            return self.variable(word[1:])
        raise NotUnderstood(word)

    def variable(self, name: str) -> Any:
        if name not in self.defines:
            raise NotUnderstood(f"${name}")
        value, size = self.defines[name]
        self.expanded += size
        if self.expanded > MAX_EXPANDED:
            raise NotUnderstood("variables that come to too much")
        return value

    def define(self) -> None:
        """`web = { http, https }` behind the word `define`; its size is that of all it is made of."""
        start, before = self.at, self.expanded
        name = self.name()
        if name in self.defines:
            raise NotUnderstood(f"{name}, which is defined already")
        self.expect("=")
        if self.accept("-"):
            value: Any = -self.integer()
        elif self.peek() == "{" and self.peek(1) == "}":
            self.at += 2
            value = {"set": []}
        else:
            value = self.right()
        self.defines[name] = value, self.expanded - before + self.at - start

    def raw(self, base: str) -> Any:
        self.expect(",")
        offset = self.integer()
        self.expect(",")
        return {"payload": {"base": base[1:], "offset": offset, "len": self.integer()}}

    def elements(self) -> Any:
        """A set or map behind its opening brace."""
        found: list[Any] = []
        while True:
            self.newlines()
            if found and self.accept("}"):
                return {"set": found}
            element = self.concatenated()
            self.element_options()
            if self.accept(":"):
                self.newlines()
                element = [element, self.verdict() if self.peek() in VERDICT_WORDS else self.concatenated()]
                self.element_options()
            if isinstance(element, dict) and "set" in element:
                found += element["set"]
            else:
                found.append(element)
            self.newlines()
            if self.peek() != "}":
                self.expect(",")

    def element_options(self) -> None:
        while self.accept("timeout", "expires", "comment", "counter"):
            if self.peek(-1) != "counter":
                self.take()
            elif self.accept("packets"):
                self.counted()

    def counted(self) -> None:
        """The rest of `packets 5 bytes 300`."""
        self.integer()
        self.expect("bytes")
        self.integer()

    def verdict(self) -> Any:
        word = self.take()
        if word in VERDICTS:
            return {word: None}
        if word in ("jump", "goto"):
            return {word: {"target": self.anonymous_chain() if self.accept("{") else self.name()}}
        raise NotUnderstood(word)

    # -- what is asked of a packet ---------------------------------------------------------------------------

    def is_selector(self) -> bool:
        word, following = self.peek(), self.peek(1)
        return (
            word in SELECTORS
            or word in META_KEYS
            or following in HEADERS.get(word, ())
            or (word in ("tcp", "ip") and following == "option")
            or (word in RAW and following == ",")
        )

    def left(self) -> Any:
        parts = [self.selected()]
        while self.accept("."):
            parts.append(self.selected())
        left = parts[0] if len(parts) == 1 else {"concat": parts}
        if self.accept("map"):
            return {"map": {"key": left, "data": self.primary()}}
        return left

    def selected(self) -> Any:
        """A field of the packet, some of its bits, or what is made of it."""
        if self.accept("("):
            value = self.deeper(self.left)
            self.expect(")")
        else:
            value = self.selector()
        while operator := OPERATORS.get(self.peek()):
            self.at += 1
            value = {operator: [value, self.selector() if self.is_selector() else self.primary()]}
        return value

    def selector(self) -> Any:
        word = self.take()
        if word in RAW:
            return self.raw(word)
        if word in SELECTORS:
            return SELECTORS[word](self)
        if word in ("tcp", "ip") and self.accept("option"):
            option = {"name": str(self.primary())}
            if self.peek() in OPTION_FIELDS:
                option["field"] = self.take()
            return {f"{word} option": option}
        if self.peek() in HEADERS.get(word, ()):
            field = self.take()
            if word == "arp" and field in ("saddr", "daddr"):
                field += f" {self.take()}"
            return {"payload": {"protocol": word, "field": field}}
        if word in META_KEYS:
            return {"meta": {"key": word}}
        if word == "rt" and self.peek() in ("classid", "nexthop", "mtu", "ipsec"):
            return {"rt": {"key": self.take()}}
        if word in EXTENSIONS:
            return {"exthdr": {"name": word, "field": self.name()}}
        raise NotUnderstood(word)

    def connection(self) -> Any:
        key = self.name()
        if key not in ("original", "reply"):
            return {"ct": {"key": key}}
        body = {"dir": key, "key": self.name()}
        if body["key"] in ("ip", "ip6"):
            body["key"] += f" {self.name()}"
        return {"ct": body}

    def route(self) -> Any:
        flags = [self.name()]
        while self.accept("."):
            flags.append(self.name())
        return {"fib": {"result": self.name(), "flags": flags}}

    def generated(self) -> Any:
        body: dict[str, Any] = {"mode": self.name()}
        self.expect("mod")
        body["mod"] = self.integer()
        body["offset"] = self.integer() if self.accept("offset") else 0
        return {"numgen": body}

    def hashed(self) -> Any:
        body: dict[str, Any] = {"expr": None if self.peek() == "mod" else self.left()}
        self.expect("mod")
        body["mod"] = self.integer()
        while self.peek() in ("seed", "offset"):
            body[self.take()] = self.integer()
        return {"jhash": body}

    def fingerprint(self) -> Any:
        if self.accept("ttl"):
            self.take()
        return {"osf": {"key": self.name()}}


SELECTORS: dict[str, Callable[[Expressions], Any]] = {
    "meta": lambda words: {"meta": {"key": words.name()}},
    "ct": Expressions.connection,
    "fib": Expressions.route,
    "numgen": Expressions.generated,
    "jhash": Expressions.hashed,
    "symhash": Expressions.hashed,
    "osf": Expressions.fingerprint,
    "socket": lambda words: {"socket": {"key": words.name()}},
    "exthdr": lambda words: {"exthdr": {"name": words.name()}},
}

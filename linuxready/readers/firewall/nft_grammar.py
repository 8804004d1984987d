"""Rules and their expressions in nft's language, as libnftables-json(5) has them.

    ip saddr . tcp dport { 10.0.0.0/8 . ssh } ct state new accept

Source: nft(8). The cursor stands on a list of tokens; whatever is not known raises NotUnderstood. Nesting, and what
`$variables` stand for, are bounded, for the text may be hostile.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable
from typing import Any

from linuxready.readers.firewall.nft_text import FLAGS

MAX_DEPTH = 30
"""Braces and parentheses inside one another."""
MAX_EXPANDED = 1_000_000
"""Words that all uses of variables may come to."""

ENDS = ("\n", ";", "}", "")

_HEX = "[0-9a-fA-F]"
_TOKEN = re.compile(
    rf"""(?:[ \t\r\f\v]+|\\\r?\n|\#[^\n]*)|(
    \n|"[^"]*"|[=!<>]=|<<|>>
    |(?:{_HEX}{{1,2}}:){{5}}{_HEX}{{1,2}}(?![\w:])
    |(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}
    |::(?:{_HEX}{{1,4}}:){{0,5}}\d+(?:\.\d+){{3}}
    |(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?::(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?
    |\d+(?:\.\d+){{3}}|0x{_HEX}+|\d+(?:[A-Za-z]\w*)?
    |[@$]?[A-Za-z_](?:[\w/.\-]|\\\*)*\*?
    |.)""",
    re.VERBOSE,
)


class NotUnderstood(Exception):
    """The words at the cursor are not known here."""


class Tokens:
    """The words of a file, with their lines and where they stand; the last is "", the end."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.words: list[str] = []
        self.lines: list[int] = []
        self.spans: list[tuple[int, int]] = []
        line = 1
        for match in _TOKEN.finditer(text):
            word = match[1]
            if word is not None:
                self.words.append(word)
                self.lines.append(line)
                self.spans.append(match.span())
            if word in (None, "\n") or word[0] == '"':
                line += match[0].count("\n")
        self.words.append("")
        self.lines.append(line)
        self.spans.append((len(text), len(text)))

    def written(self, start: int, end: int) -> str:
        """The text of these words in one line, without comments."""
        if start >= end:
            return self.words[start].strip()
        text = self.text[self.spans[start][0] : self.spans[end - 1][1]]
        if "\n" in text:
            text = re.sub(r"#[^\n\"]*\n|\\\r?\n", " ", text)
        return " ".join(text.split())


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

COMPARISONS = {
    "==": "==", "eq": "==", "!=": "!=", "ne": "!=", "!": "!", "<": "<", "lt": "<", ">": ">", "gt": ">",
    "<=": "<=", "le": "<=", ">=": ">=", "ge": ">=",
}  # fmt: skip
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


class Grammar:
    """A cursor on tokens, and what can stand there."""

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
        self.expect("=")
        value = -self.integer() if self.accept("-") else self.right()
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
            if self.accept("}"):
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

    # -- statements ------------------------------------------------------------------------------------------

    def rule(self) -> list[Any]:
        """The statements up to the end of a line or block."""
        found = []
        while self.peek() not in ENDS:
            if self.accept("comment"):
                self.take()
            else:
                found.append(self.statement())
        if not found:
            raise NotUnderstood("nothing")
        return found

    def statement(self) -> Any:
        word = self.peek()
        if word in VERDICT_WORDS:
            return self.verdict()
        if word == "ct" and self.peek(1) == "count":
            self.at += 2
            return {"ct count": {"inv": self.accept("over"), "val": self.integer()}}
        if word in STATEMENTS:
            self.at += 1
            return STATEMENTS[word](self)
        return self.condition()

    def condition(self) -> Any:
        """A match, a look-up in a verdict map, or a field that is set."""
        left = self.left()
        if self.accept("vmap"):
            return {"vmap": {"key": left, "data": self.primary()}}
        if self.accept("set"):
            return self.assigned(left)
        operator = COMPARISONS.get(self.peek())
        if operator:
            self.at += 1
        right = self.compared(left)
        if self.accept("/"):
            left, operator = {"&": [left, self.right()]}, operator or "=="
        if right in ("exists", "missing"):
            right = right == "exists"
        among = "set" in right if isinstance(right, dict) else str(right).startswith("@")
        operator = operator or ("in" if left in FLAGS and not among else "==")
        return {"match": {"op": operator, "left": left, "right": right}}

    def compared(self, left: Any) -> Any:
        """What a field is compared with or set to; a priority may be a pair, `1:2`."""
        right = self.right()
        if left == {"meta": {"key": "priority"}} and self.accept(":"):
            return f"{right}:{self.primary()}"
        return right

    def assigned(self, left: Any) -> Any:
        value = self.left() if self.is_selector() or self.peek() == "(" else self.compared(left)
        key = left["ct"]["key"] if "ct" in left else ""
        if key in ("helper", "timeout", "expectation"):
            return {f"ct {key}": value}
        return {"mangle": {"key": left, "value": value}}

    def limit(self) -> Any:
        if self.accept("name"):
            return {"limit": self.name()}
        if self.peek().startswith('"'):
            return {"limit": self.name()}
        self.expect("rate")
        body: dict[str, Any] = {"inv": self.accept("over"), "rate": number(self.take())}
        unit = "packets" if self.accept("/") else self.name()
        unit, slash, per = unit.partition("/")
        if not slash and unit != "packets":
            self.expect("/")
        body |= {"rate_unit": unit, "per": per or self.name()}
        if self.accept("burst"):
            body["burst"] = number(self.take())
            body["burst_unit"] = self.name()
        return {"limit": body}

    def quota(self) -> Any:
        if self.accept("name"):
            return {"quota": self.name()}
        body: dict[str, Any] = {"inv": self.accept("over")}
        self.accept("until")
        body |= {"val": self.integer(), "val_unit": self.name()}
        if self.accept("used"):
            self.integer()
            self.name()
        return {"quota": body}

    def counter(self) -> Any:
        if self.accept("packets"):
            self.counted()
        elif self.accept("name"):
            self.name()
        return {"counter": None}

    def log(self) -> Any:
        body = {}
        while self.peek() in ("prefix", "level", "group", "snaplen", "queue-threshold", "flags"):
            option = self.take()
            body[option] = self.take().strip('"')
            if option == "flags" and body[option] in ("tcp", "ip"):
                self.take()
                while self.accept(","):
                    self.take()
        return {"log": body}

    def reject(self) -> Any:
        if not self.accept("with"):
            return {"reject": {}}
        if self.accept("tcp"):
            self.expect("reset")
            return {"reject": {"type": "tcp reset"}}
        kind = self.name()
        if kind not in ("icmp", "icmpv6", "icmpx"):
            raise NotUnderstood(kind)
        self.accept("type")
        return {"reject": {"type": kind, "expr": self.primary()}}

    def translation(self, kind: str) -> Any:
        """Where to: `to 10.1.1.1:22`, `ip to …`, `to :22`, `to tcp dport map { … }`; and how."""
        body: dict[str, Any] = {}
        if self.peek() in ("ip", "ip6") and self.peek(1) in ("to", "prefix", "addr", "interval"):
            body["family"] = self.take()
        if self.accept("prefix", "addr", "interval"):
            raise NotUnderstood("a prefix to a prefix")
        self.accept("to")
        if self.peek() not in (*ENDS, ":", *NAT_FLAGS):
            body["addr"] = self.place()
        if self.accept(":"):
            body["port"] = self.place()
        elif kind == "redirect" and "addr" in body:
            body["port"] = body.pop("addr")
        while self.accept(*NAT_FLAGS, ","):
            pass
        return {kind: body}

    def place(self) -> Any:
        if self.accept("["):
            address = self.value()
            self.expect("]")
            return address
        return self.left() if self.is_selector() else self.value()

    def queue(self) -> Any:
        body: dict[str, Any] = {}
        while self.peek() in ("num", "to", "flags", "bypass", "fanout", ","):
            word = self.take()
            if word in ("num", "to"):
                body["num"] = self.place()
        return {"queue": body}

    def aside(self, kind: str) -> Any:
        """`dup to 10.0.0.1 device eth1`, `fwd to eth1`, `synproxy mss 1460 …`: words and numbers to the end."""
        words = []
        while self.peek() not in ENDS and self.peek() not in VERDICT_WORDS:
            words.append(str(self.primary()))
        return {kind: " ".join(words)}

    def set_change(self, operator: str) -> Any:
        """`add @blocked { ip saddr timeout 1h limit rate 3/second }`."""
        name = self.take()
        if not name.startswith("@"):
            raise NotUnderstood(name)
        self.expect("{")
        return {"set": {"op": operator, "set": name, **self.deeper(self.keyed)}}

    def keyed(self) -> dict[str, Any]:
        """A key and what is asked for it, to the closing brace."""
        body: dict[str, Any] = {"elem": self.left(), "stmt": []}
        while not self.accept("}"):
            if self.accept("timeout", "expires", "comment"):
                self.take()
            elif self.accept(":"):
                self.place()
            else:
                body["stmt"].append(self.statement())
        return body

    def old_set_change(self) -> Any:
        """`set add ip saddr timeout 1h @blocked`, as it was written before braces."""
        operator, key = self.name(), self.left()
        if self.accept("timeout"):
            self.take()
        return {"set": {"op": operator, "elem": key, "set": self.take()}}

    def meter(self) -> Any:
        name = self.name()
        if self.accept("size"):
            self.integer()
        self.expect("{")
        body = self.deeper(self.keyed)
        return {"meter": {"name": name, "key": body["elem"], "stmt": body["stmt"]}}

    def flow(self) -> Any:
        if self.accept("table"):
            return self.meter()
        return {"flow": [self.name(), self.take()]}

    def last(self) -> Any:
        if self.accept("used"):
            self.take()
        return {"last": None}

    def reset(self) -> Any:
        return {"reset": self.left()}


def number(word: str) -> int | str:
    """A decimal or hexadecimal number; an address or a time stays as it is."""
    if word.startswith("0x"):
        return int(word, 16)
    if not word.isdecimal():
        return word
    if len(word) > 20 or (word[0] == "0" and len(word) > 1):
        raise NotUnderstood(word)
    return int(word)


NAT_FLAGS = ("random", "fully-random", "persistent")
VERDICT_WORDS = (*VERDICTS, "jump", "goto")

SELECTORS: dict[str, Callable[[Grammar], Any]] = {
    "meta": lambda grammar: {"meta": {"key": grammar.name()}},
    "ct": Grammar.connection,
    "fib": Grammar.route,
    "numgen": Grammar.generated,
    "jhash": Grammar.hashed,
    "symhash": Grammar.hashed,
    "osf": Grammar.fingerprint,
    "socket": lambda grammar: {"socket": {"key": grammar.name()}},
    "exthdr": lambda grammar: {"exthdr": {"name": grammar.name()}},
}

STATEMENTS: dict[str, Callable[[Grammar], Any]] = {
    "limit": Grammar.limit,
    "quota": Grammar.quota,
    "counter": Grammar.counter,
    "log": Grammar.log,
    "reject": Grammar.reject,
    "notrack": lambda grammar: {"notrack": None},
    "dnat": lambda grammar: grammar.translation("dnat"),
    "snat": lambda grammar: grammar.translation("snat"),
    "masquerade": lambda grammar: grammar.translation("masquerade"),
    "redirect": lambda grammar: grammar.translation("redirect"),
    "tproxy": lambda grammar: grammar.translation("tproxy"),
    "queue": Grammar.queue,
    "dup": lambda grammar: grammar.aside("dup"),
    "fwd": lambda grammar: grammar.aside("fwd"),
    "synproxy": lambda grammar: grammar.aside("synproxy"),
    "add": lambda grammar: grammar.set_change("add"),
    "update": lambda grammar: grammar.set_change("update"),
    "delete": lambda grammar: grammar.set_change("delete"),
    "set": Grammar.old_set_change,
    "meter": Grammar.meter,
    "flow": Grammar.flow,
    "last": Grammar.last,
    "reset": Grammar.reset,
}

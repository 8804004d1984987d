"""Rules of nft's language, as libnftables-json(5) has them.

    ip saddr . tcp dport { 10.0.0.0/8 . ssh } ct state new limit rate 3/minute log prefix "ssh" accept

Source: nft(8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linuxready.readers.firewall.nft_expressions import ENDS, VERDICT_WORDS, Expressions
from linuxready.readers.firewall.nft_text import FLAGS
from linuxready.readers.firewall.nft_words import NotUnderstood, number

COMPARISONS = {
    "==": "==", "eq": "==", "!=": "!=", "ne": "!=", "!": "!", "<": "<", "lt": "<", ">": ">", "gt": ">",
    "<=": "<=", "le": "<=", ">=": ">=", "ge": ">=",
}  # fmt: skip
NAT_FLAGS = ("random", "fully-random", "persistent")


class Grammar(Expressions):
    """A cursor on words, and the rules that can stand there."""

    def rule(self) -> list[Any]:
        """The statements up to the end of a line or block."""
        found = []
        decided = False
        while self.peek() not in (*ENDS, "comment") and not decided:
            decided = self.peek() in VERDICT_WORDS
            found.append(self.statement())
        if self.accept("comment"):
            self.name()
        if not found or self.peek() not in ENDS:
            raise NotUnderstood(self.peek())
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

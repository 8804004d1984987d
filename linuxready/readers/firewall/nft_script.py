"""nft's language as people write it in files: /etc/nftables.conf, /etc/sysconfig/nftables.conf, /etc/nftables/*.nft.

    #!/usr/sbin/nft -f
    flush ruleset
    define web = { http, https }
    table inet filter {
        chain input {
            type filter hook input priority filter; policy drop;
            ct state established,related accept
            tcp dport { ssh, $web } accept
        }
    }
    include "/etc/nftables/*.nft"

Source: nft(8). What is read becomes the objects of libnftables-json(5), which `nft.convert` makes rules of. nft loads a
file whole or not at all; as its errors cannot be told from our ignorance, what is not understood stays in the answer:
as a rule that may do anything, or, outside of rules, in `not_understood`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linuxready.host import Unreadable
from linuxready.readers.firewall import nft, nft_text
from linuxready.readers.firewall.nft_expressions import ENDS
from linuxready.readers.firewall.nft_grammar import Grammar
from linuxready.readers.firewall.nft_words import NotUnderstood, Tokens
from linuxready.ruleset import Ruleset
from linuxready.text import shortened

Include = Callable[[str], list[tuple[str, str]]]
"""Paths and texts of the files that an include's pattern names."""

MAX_INCLUDES = 16
"""Files inside one another, nft's own limit."""
MAX_FILES = 1000
MAX_TEXT = 16 * 2**20
"""Files, and characters of all together; one that is included twice counts twice."""

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
BRIDGE_PRIORITIES = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}
BESIDE = frozenset("flowtable counter quota limit ct secmark synproxy tunnel".split())
"""Kinds of objects that decide nothing by themselves."""


def parse(text: str, path: str, include: Include) -> Ruleset:
    """The rules that a file loads; `include` is asked for the files that it names, relative names as they are."""
    script = _Script(include)
    script.file(text, path)
    return script.finished(path)


class Missing(NotUnderstood):
    """A table, chain or set that no line before has made: nft refuses the whole file."""


class _Table:
    """A table while its commands come in."""

    def __init__(self, family: str, name: str) -> None:
        self.family, self.name = family, name
        self.dormant = False
        self.chains: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, list[dict[str, Any]]] = {}
        self.sets: dict[str, list[Any]] = {}

    def objects(self) -> list[dict[str, Any]]:
        here = {"family": self.family, "table": self.name}
        return [
            {"table": {"family": self.family, "name": self.name, "flags": ["dormant"] if self.dormant else []}},
            *({"set": {**here, "name": name, "elem": elements}} for name, elements in self.sets.items()),
            *({"chain": {**here, "name": name, **body}} for name, body in self.chains.items()),
            *({"rule": {**here, "chain": name, **rule}} for name, rules in self.rules.items() for rule in rules),
        ]


class _Script(Grammar):
    """The commands of a file and of those it includes, and the tables they make."""

    def __init__(self, include: Include) -> None:
        super().__init__()
        self.include = include
        self.tables: dict[tuple[str, str], _Table] = {}
        self.not_understood: list[str] = []
        self.included = 0
        self.files = self.length = 0
        self.table = _Table("ip", "")
        self.chain = ""
        self.anonymous = 0

    def finished(self, path: str) -> Ruleset:
        objects = [each for table in self.tables.values() for each in table.objects()]
        converted = nft.convert(objects, path, lambda rule: (rule["text"], rule["place"]))
        return Ruleset(converted.tables, (*self.not_understood, *converted.not_understood))

    # -- files and lines -------------------------------------------------------------------------------------

    def file(self, text: str, path: str, item: Callable[[], None] | None = None) -> None:
        """All of a file: commands, or what may stand in the block that includes it."""
        self.files += 1
        self.length += len(text)
        if self.files > MAX_FILES or self.length > MAX_TEXT:
            raise NotUnderstood("too much text")
        before = self.tokens, self.at
        self.tokens, self.at = Tokens(text, path), 0
        try:
            self.items(item or self.command, "")
        finally:
            self.tokens, self.at = before

    def refuse(self, line: str) -> None:
        if len(self.not_understood) < nft.MAX_NOT_UNDERSTOOD:
            self.not_understood.append(line)

    def place_of(self, at: int) -> str:
        return f"{self.tokens.path}:{self.tokens.lines[at]}"

    def passed(self, start: int) -> str:
        """The text from `start` to the end of its line or statement, where the cursor then stands."""
        self.at = start
        self.skip()
        return shortened(self.tokens.written(start, self.at), nft_text.MAX_TEXT)

    def skip(self) -> None:
        """To the end of a line or statement, over blocks whole."""
        while (word := self.peek()) not in ENDS:
            last = len(self.tokens.words) - 2
            self.at = 1 + (self.tokens.closing.get(self.at, last) if word == "{" else self.at)

    def items(self, item: Callable[[], None], end: str) -> None:
        """Lines and statements up to the closing brace, or up to the end of a file."""
        while True:
            while self.accept("\n", ";"):
                pass
            word, start = self.peek(), self.at
            if word == end:
                return
            if not word:
                raise NotUnderstood("the end where } should be")
            try:
                if word in COMMON:
                    self.at += 1
                    COMMON[word](self, item)
                elif word == "}":
                    raise NotUnderstood(word)
                else:
                    item()
                if self.peek() not in ("\n", ";", "") and word != "elements":
                    raise NotUnderstood(self.peek())
            except NotUnderstood:
                self.refuse(f"{self.place_of(start)}: {self.passed(start)}")
                if not end:
                    self.accept("}")

    def block(self, item: Callable[[], None]) -> None:
        """A block behind its opening brace; what is defined inside is not known outside."""

        def inner() -> None:
            outside = self.defines
            self.defines = outside.new_child()
            try:
                self.items(item, "}")
            finally:
                self.defines = outside
            self.expect("}")

        self.deeper(inner)

    def include_files(self, item: Callable[[], None]) -> None:
        pattern = self.take().strip('"')
        if self.included == MAX_INCLUDES:
            raise NotUnderstood("an include inside too many others")
        try:
            files = self.include(pattern)
        except Unreadable as error:
            raise NotUnderstood(str(error)) from error
        if not files and not any(wild in pattern for wild in "*?["):
            raise NotUnderstood("no such file")
        self.included += 1
        try:
            for path, text in files:
                self.file(text, path, item)
        finally:
            self.included -= 1

    def redefine(self) -> None:
        name = self.peek()
        for scope in self.defines.maps:
            scope.pop(name, None)
        self.define()

    def undefine(self) -> None:
        self.defines.pop(self.name(), None)

    # -- commands --------------------------------------------------------------------------------------------

    def command(self) -> None:
        word = self.peek()
        if word in VERBS:
            self.at += 1
            VERBS[word](self)
        elif word in OBJECTS or word in BESIDE:
            self.add()
        elif word in ("list", "monitor", "describe"):
            self.skip()
        else:
            self.add_rule(self.at)

    def add(self) -> None:
        start = self.at
        word = self.take()
        if word == "rule":
            self.add_rule(start)
        elif word in BESIDE:
            self.skip()
        elif word in OBJECTS:
            OBJECTS[word](self)
        else:
            raise NotUnderstood(word)

    def create(self) -> None:
        """Adds what must not be there yet."""
        word, at = self.peek(), self.at
        if word in ("table", "chain"):
            self.at += 1
            table = self.tables.get(self.key())
            if table and (word == "table" or self.name() in table.chains):
                raise NotUnderstood("what is there already")
            self.at = at
        self.add()

    def key(self) -> tuple[str, str]:
        """Family and name of a table."""
        family = self.take() if self.peek() in FAMILIES else "ip"
        return family, self.name()

    def known_table(self) -> _Table:
        key = self.key()
        if key not in self.tables:
            raise Missing
        return self.tables[key]

    def add_table(self) -> None:
        key = self.key()
        self.table = self.tables.setdefault(key, _Table(*key))
        if self.accept("{"):
            self.block(self.table_item)

    def add_chain(self) -> None:
        self.table = self.known_table()
        self.chain_body()

    def add_set(self) -> None:
        self.table = self.known_table()
        self.set_body()

    def add_elements(self) -> None:
        table = self.known_table()
        name = self.name()
        if name not in table.sets:
            raise Missing
        table.sets[name] += self.listed()

    def delete_elements(self) -> None:
        table = self.known_table()
        name = self.name()
        gone = self.listed()
        if name not in table.sets or any(element not in table.sets[name] for element in gone):
            raise NotUnderstood("no such element")
        table.sets[name] = [element for element in table.sets[name] if element not in gone]

    def insert(self) -> None:
        self.expect("rule")
        self.add_rule(self.at - 2, insert=True)

    def add_rule(self, start: int, insert: bool = False) -> None:
        """`rule inet filter input index 3 tcp dport 22 accept`, the word `rule` already passed."""
        self.table = self.known_table()
        self.chain = self.name()
        rules = self.table.rules.get(self.chain)
        if rules is None:
            raise Missing
        position = 0 if insert else len(rules)
        if self.accept("index"):
            position = self.integer() + (not insert)
        elif self.peek() in ("handle", "position"):
            raise NotUnderstood("a handle")
        rules.insert(position, self.rule_from(start))

    def rule_from(self, start: int) -> dict[str, Any]:
        """The rule at the cursor, whose line begins at `start`."""
        place = self.place_of(start)
        try:
            expressions = self.rule()
            text = shortened(self.tokens.written(start, self.at), nft_text.MAX_TEXT)
        except NotUnderstood:
            text = self.passed(start)
            expressions = [text]
        return {"expr": expressions, "text": text, "place": place}

    def flush(self) -> None:
        word = self.take()
        if word == "ruleset":
            family = self.take() if self.peek() in FAMILIES else None
            for key in [key for key in self.tables if family in (None, key[0])]:
                del self.tables[key]
        elif word == "table":
            for rules in self.known_table().rules.values():
                rules.clear()
        elif word == "chain":
            self.clear(self.known_table().rules)
        elif word in ("set", "map"):
            self.clear(self.known_table().sets)
        elif word == "meter":
            self.skip()
        else:
            raise NotUnderstood(word)

    def clear(self, lists: dict[str, list[Any]]) -> None:
        name = self.name()
        if name not in lists:
            raise Missing
        lists[name] = []

    def destroy(self) -> None:
        """Deletes what may be missing."""
        try:
            self.delete()
        except Missing:
            self.skip()

    def delete(self) -> None:
        word = self.take()
        if word == "element":
            self.delete_elements()
        elif word == "table":
            table = self.known_table()
            del self.tables[table.family, table.name]
        elif word == "chain":
            table, name = self.known_table(), self.name()
            table.chains.pop(name, None)
            table.rules.pop(name, None)
        elif word in ("set", "map"):
            self.known_table().sets.pop(self.name(), None)
        elif word in BESIDE:
            self.skip()
        else:
            raise NotUnderstood(word)

    # -- blocks ----------------------------------------------------------------------------------------------

    def table_item(self) -> None:
        word = self.take()
        if word == "chain":
            self.chain_body()
        elif word in ("set", "map"):
            self.set_body()
        elif word == "flags":
            flags = self.right()
            self.table.dormant = "dormant" in (flags if isinstance(flags, list) else [flags])
        elif word == "comment":
            self.right()
        elif word in BESIDE:
            self.skip()
        else:
            raise NotUnderstood(word)

    def chain_body(self) -> None:
        self.chain = self.name()
        self.table.chains.setdefault(self.chain, {})
        self.table.rules.setdefault(self.chain, [])
        if self.accept("{"):
            self.block(self.chain_item)

    def chain_item(self) -> None:
        word = self.peek()
        body = self.table.chains[self.chain]
        if word == "type":
            body |= self.base()
        elif word == "policy":
            self.at += 1
            if "hook" not in body:
                raise NotUnderstood("a policy of a chain that is only jumped to")
            body["policy"] = self.one_of("accept", "drop")
        elif word in ("flags", "comment"):
            self.at += 1
            self.right()
        else:
            self.table.rules[self.chain].append(self.rule_from(self.at))

    def base(self) -> dict[str, Any]:
        """`type filter hook ingress devices = { eth0, eth1 } priority filter - 10`."""
        self.expect("type")
        body: dict[str, Any] = {"type": self.name()}
        self.expect("hook")
        body["hook"] = self.name()
        if self.accept("device"):
            body["dev"] = self.primary()
        elif self.accept("devices"):
            self.expect("=")
            body["dev"] = self.listed()
        self.expect("priority")
        body["prio"] = self.priority()
        return body

    def priority(self) -> int:
        sign = -1 if self.accept("-") else 1
        value = self.primary()
        if isinstance(value, int):
            return sign * value
        names = BRIDGE_PRIORITIES if self.table.family == "bridge" else PRIORITIES
        if sign < 0 or not isinstance(value, str) or value not in names:
            raise NotUnderstood(str(value))
        if self.peek() not in ("+", "-"):
            return names[value]
        sign = 1 if self.take() == "+" else -1
        return names[value] + sign * self.integer()

    def set_body(self) -> None:
        self.elements_of = self.table.sets.setdefault(self.name(), [])
        if self.accept("{"):
            self.block(self.set_item)

    def set_item(self) -> None:
        if self.accept("elements"):
            self.expect("=")
            self.elements_of += self.listed()
        else:
            self.skip()

    def listed(self) -> list[Any]:
        """The elements of a set written out or of a variable."""
        value = self.primary()
        if isinstance(value, dict) and "set" in value:
            return list(value["set"])
        return value if isinstance(value, list) else [value]

    def one_of(self, *words: str) -> str:
        word = self.primary()
        if word not in words:
            raise NotUnderstood(str(word))
        return str(word)

    def anonymous_chain(self) -> str:
        outer = self.chain
        self.chain = name = f"__chain{self.anonymous}"
        self.anonymous += 1
        self.table.chains[name] = {}
        self.table.rules[name] = []
        self.block(self.chain_item)
        self.chain = outer
        return name


COMMON: dict[str, Callable[[_Script, Callable[[], None]], None]] = {
    "define": lambda script, item: script.define(),
    "redefine": lambda script, item: script.redefine(),
    "undefine": lambda script, item: script.undefine(),
    "include": lambda script, item: script.include_files(item),
}
"""What may stand everywhere."""

VERBS: dict[str, Callable[[_Script], None]] = {
    "add": _Script.add,
    "create": _Script.create,
    "insert": _Script.insert,
    "flush": _Script.flush,
    "delete": _Script.delete,
    "destroy": _Script.destroy,
}

OBJECTS: dict[str, Callable[[_Script], None]] = {
    "table": _Script.add_table,
    "chain": _Script.add_chain,
    "rule": lambda script: script.add_rule(script.at - 1),
    "set": _Script.add_set,
    "map": _Script.add_set,
    "element": _Script.add_elements,
}

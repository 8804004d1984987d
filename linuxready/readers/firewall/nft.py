"""The rules in force as nft prints them: libnftables-json(5).

    {"nftables": [{"metainfo": {…}}, {"table": {"family": "inet", "name": "filter", "handle": 1}},
     {"chain": {"family": "inet", "table": "filter", "name": "input", "type": "filter", "hook": "input", "prio": 0, …}},
     {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 4, "expr": [
       {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}},
       {"accept": null}]}}]}

Sources: libnftables-json(5), nft(8). A rule is split where a later match must not undo an earlier change, and for
each element of a verdict map; the parts keep the rule's text and place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from linuxready import jsontext
from linuxready.host import Unreadable
from linuxready.readers.firewall import nft_effect, nft_match, nft_text
from linuxready.readers.firewall.nft_match import Sets, bare, number
from linuxready.ruleset import Chain, Match, Rule, Ruleset, Statement, Table
from linuxready.text import shortened

MAX_RULES = 200_000
"""Rules of a ruleset after splitting; what goes beyond is not understood."""

MAX_NOT_UNDERSTOOD = 100

CHANGED = {"mark": ("mark",), "ct-mark": ("ct-mark",), "notrack": ("state", "ct-status", "ct-mark", "direction")}
"""The fields that a statement changes."""

BESIDE = frozenset(("metainfo", "counter", "quota", "limit", "flowtable", "secmark", "synproxy", "tunnel")) | {
    "ct helper", "ct timeout", "ct expectation",
}  # fmt: skip
"""Objects that decide nothing by themselves."""

Described = Callable[[dict[str, Any]], tuple[str, str]]
"""The text and the place of a rule's object."""


def parse(text: str, source: str = "nft list ruleset") -> Ruleset:
    """The rules that `nft -j list ruleset` printed; raises Unreadable where that is no JSON of nft's."""
    try:
        told = jsontext.decode(text.encode("utf-8", "backslashreplace"), Any)
    except ValueError as error:
        raise Unreadable(f"{source}: {shortened(str(error))}") from error
    objects = told.get("nftables") if isinstance(told, dict) else None
    if not isinstance(objects, list):
        raise Unreadable(f"{source}: no list of nftables")

    def described(rule: dict[str, Any]) -> tuple[str, str]:
        handle = f" handle {rule['handle']}" if "handle" in rule else ""
        place = f"{source}: {rule.get('family')} {rule.get('table')} {rule.get('chain')}{handle}"
        return nft_text.rule(rule["expr"], rule.get("comment")), place

    return convert(objects, source, described)


def convert(objects: Iterable[Any], source: str, described: Described) -> Ruleset:
    """The ruleset that a list of objects describes, in whatever order they come."""
    build = _Build(source, described)
    rules = []
    for each in objects:
        try:
            ((kind, body),) = each.items()
            if kind == "rule":
                rules.append(body)
            elif kind not in BESIDE:
                build.add(kind, body)
        except nft_text.ODD:
            build.refuse(each)
    for body in rules:
        build.note_filled(body)
    for body in rules:
        try:
            build.add_rule(body)
        except nft_text.ODD:
            build.refuse({"rule": body})
    return build.finished()


class _Draft:
    """A table while its objects come in."""

    def __init__(self, dormant: bool) -> None:
        self.dormant = dormant
        self.chains: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, list[Rule]] = {}
        self.elements: dict[str, list[Any]] = {}
        self.sets = Sets(self.elements)


class _Build:
    """A ruleset while its objects come in."""

    def __init__(self, source: str, described: Described) -> None:
        self.source, self.described = source, described
        self.tables: dict[tuple[str, str], _Draft] = {}
        self.not_understood: list[str] = []
        self.left = MAX_RULES

    def refuse(self, thing: Any) -> None:
        if len(self.not_understood) < MAX_NOT_UNDERSTOOD:
            self.not_understood.append(f"{self.source}: {shortened(nft_text.statement(thing))}")

    def add(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "table":
            flags = body.get("flags") or []
            dormant = any(flag.startswith("dorm") for flag in ([flags] if isinstance(flags, str) else flags))
            self.tables[_text(body["family"]), _text(body["name"])] = _Draft(dormant)
            return
        table = self.tables[body["family"], body["table"]]
        if kind == "chain":
            table.chains[_text(body["name"])] = body
            table.rules[body["name"]] = []
        elif kind in ("set", "map", "element"):
            elements = body.get("elem", [])
            table.elements.setdefault(body["name"], []).extend(elements if isinstance(elements, list) else [elements])
        else:
            raise ValueError(kind)

    def note_filled(self, body: dict[str, Any]) -> None:
        """Remember the sets that a rule puts packets' addresses into; nft 1.0 does not tell their flag `dynamic`."""
        with suppress(*nft_text.ODD):
            for each in body["expr"]:
                for name in [part["set"] for part in each.values() if isinstance(part, dict) and "elem" in part]:
                    self.tables[body["family"], body["table"]].sets.filled.add(name.removeprefix("@"))

    def add_rule(self, body: dict[str, Any]) -> None:
        table = self.tables[body["family"], body["table"]]
        chain = table.rules[body["chain"]]
        text, place = self.described(body)
        statements = body["expr"]
        try:
            made = _Splitter(table.sets, body["family"], text, place, self.left).rules(statements)
        except nft_text.ODD:
            made = [Rule(text, place, (Match((text,)),), (Statement("unknown", text),))]
        self.left -= len(made)
        chain += made

    def finished(self) -> Ruleset:
        tables = []
        for (family, name), draft in self.tables.items():
            chains = []
            for body in draft.chains.values():
                try:
                    chains.append(_chain(body, tuple(draft.rules[body["name"]]), draft.dormant))
                except nft_text.ODD:
                    self.refuse({"chain": body})
            tables.append(Table(family, name, tuple(chains), self.source))
        return Ruleset(tuple(tables), tuple(self.not_understood))


def _chain(body: dict[str, Any], rules: tuple[Rule, ...], dormant: bool) -> Chain:
    """A chain; nft 1.0 does not say the devices of an ingress chain, which then counts for all."""
    if dormant or "hook" not in body:
        return Chain(body["name"], rules)
    devices = body.get("dev") or ()
    return Chain(
        body["name"],
        rules,
        _text(body["hook"]),
        number(body["prio"]),
        _text(body.get("policy") or "accept"),
        _text(body.get("type") or "filter"),
        tuple(_text(device) for device in ([devices] if isinstance(devices, str) else devices)),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


# -- rules -------------------------------------------------------------------------------------------------


class _Splitter:
    """One rule while its statements are gone through, and the rules it becomes."""

    def __init__(self, sets: Sets, family: str, text: str, place: str, most: int) -> None:
        self.sets, self.text, self.place, self.most = sets, text, place, most
        self.known = Match(("family",), ((family,),))
        self.made: list[Rule] = []
        self.matches: list[Match] = []
        self.statements: list[Statement] = []

    def rules(self, expressions: list[Any]) -> list[Rule]:
        for each in expressions:
            if isinstance(each, dict) and len(each) == 1 and "vmap" in each:
                if not self._map(each):
                    return self.made
            else:
                matches, statements = self._converted(each)
                self._require(matches)
                self.statements += statements
        self._end(self.statements)
        return self.made

    def _end(self, statements: Iterable[Statement], *more: Match) -> None:
        if len(self.made) >= self.most:
            raise ValueError("too many rules")
        seen = [self.known]
        for match in (*self.matches, *more):
            if match not in seen:
                seen.append(match)
        self.made.append(Rule(self.text, self.place, tuple(seen[1:]), tuple(statements)))

    def _require(self, matches: list[Match]) -> None:
        """Further matches. What has been changed before them is changed also where they do not hold."""
        if matches:
            self._settle()
            self.matches += matches

    def _settle(self) -> None:
        """The changes so far become a rule of their own. What asked for the old value cannot be asked again."""
        if self.statements:
            changed = {field for statement in self.statements for field in CHANGED.get(statement.kind, ())}
            self._end(self.statements)
            self.statements = []
            self.matches = [
                Match((f"{' . '.join(match.fields)} before this rule changed it",), match.values, match.negated)
                if changed.intersection(match.fields)
                else match
                for match in self.matches
            ]

    def _map(self, statement: dict[str, Any]) -> bool:
        """A verdict map; whether any of its elements goes on with the rule."""
        try:
            key, pairs = statement["vmap"]["key"], self.sets.of(statement["vmap"]["data"])
            verdicts = [(bare(element), nft_effect.verdict(decided)) for element, decided in pairs or ()]
            if pairs is None:
                raise ValueError("no map")
        except nft_text.ODD:
            matches, statements = _unknown(statement)
            self._require(matches)
            self.statements += statements
            return True
        self._settle()
        listed = [element for element, _ in verdicts if element != "*"]
        going_on = []
        for element, verdict in verdicts:
            if verdict is None:
                going_on.append(element)
            elif element == "*":
                self._end([verdict], *nft_match.matches("!=", key, {"set": listed}, self.sets))
            else:
                self._end([verdict], *nft_match.matches("==", key, element, self.sets))
        if not going_on:
            return False
        if "*" in going_on:
            stopped = [element for element in listed if element not in going_on]
            self.matches += nft_match.matches("!=", key, {"set": stopped}, self.sets)
        else:
            self.matches += nft_match.matches("==", key, {"set": going_on}, self.sets)
        return True

    def _converted(self, each: Any) -> tuple[list[Match], list[Statement]]:
        try:
            ((kind, body),) = each.items()
            if kind == "match":
                return nft_match.matches(body["op"], body["left"], body["right"], self.sets), []
            return nft_effect.meaning(kind, body)
        except nft_text.ODD:
            return _unknown(each)


def _unknown(each: Any) -> tuple[list[Match], list[Statement]]:
    """A statement that nobody knows may ask for something, and it may decide."""
    text = nft_text.statement(each)
    return [Match((text,))], [Statement("unknown", text)]

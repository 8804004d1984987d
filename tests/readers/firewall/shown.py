"""Rules in one line each, as the tests of nft's readers expect them."""

from __future__ import annotations

from itertools import groupby

from linuxready.ruleset import Chain, Match, Rule, Ruleset, Statement


def condition(match: Match) -> str:
    """`destination-port not 22,80-90`, `source . destination-port 10.0.0.0/8 . 22`."""
    rows = ",".join(" . ".join(row) for row in match.values)
    return f"{' . '.join(match.fields)} {'not ' if match.negated else ''}{rows}".rstrip()


def effect(statement: Statement) -> str:
    return " ".join(filter(None, (statement.kind, statement.argument)))


def shown(rule: Rule) -> str:
    """`protocol tcp & destination-port 22: accept`."""
    wanted = " & ".join(map(condition, rule.matches))
    return f"{wanted}: {', '.join(map(effect, rule.statements))}".strip()


def chain(ruleset: Ruleset, name: str) -> Chain:
    """The one chain of that name."""
    (found,) = (chain for table in ruleset.tables for chain in table.chains if chain.name == name)
    return found


def same(ruleset: Ruleset) -> dict[tuple[str, str, str], object]:
    """What two readings of the same rules must agree on: all but texts, places, and the order of sets' elements."""
    return {(table.family, table.name, each.name): _compared(each) for table in ruleset.tables for each in table.chains}


def _compared(each: Chain) -> object:
    rules = [sorted(map(_sorted, made)) for _, made in groupby(each.rules, key=lambda rule: rule.place)]
    return each.hook, each.priority, each.policy, each.kind, rules


def _sorted(rule: Rule) -> str:
    matches = sorted(condition(Match(m.fields, tuple(sorted(m.values)), m.negated)) for m in rule.matches)
    statements = [s.kind if s.kind in ("unknown", "queue") else effect(s) for s in rule.statements]
    return f"{' & '.join(matches)}: {', '.join(statements)}"

"""Rules in one line each, as the tests of nft's readers expect them."""

from __future__ import annotations

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

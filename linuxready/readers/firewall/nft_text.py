"""Expressions and statements of libnftables-json(5) as a person would write them in nft(8).

{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}
tcp dport 22
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linuxready.text import shortened

MAX_TEXT = 500
ODD = (TypeError, KeyError, IndexError, AttributeError, ValueError, RecursionError)
"""What reaching into JSON of another shape than expected raises."""

BARE_META = frozenset("iif iifname oif oifname iifgroup oifgroup".split())
"""Keys of meta that nft writes without the word `meta`."""

QUOTED = ("iif", "iifname", "oif", "oifname", "sdif", "sdifname", "ibrname", "obrname", "hour", "day", "time")


def expression(value: Any) -> str:
    """Any expression; one of no known shape as it is in JSON."""
    try:
        return shortened(_expression(value), MAX_TEXT)
    except ODD:
        return _raw(value)


def statement(value: Any) -> str:
    """Any statement of a rule; one of no known shape as it is in JSON."""
    try:
        return shortened(_statement(value), MAX_TEXT)
    except ODD:
        return _raw(value)


def rule(statements: list[Any], comment: Any = None) -> str:
    """A rule in one line."""
    words = [text for each in statements if (text := statement(each))]
    if isinstance(comment, str):
        words.append(f'comment "{comment}"')
    return shortened(" ".join(words), MAX_TEXT)


def _raw(value: Any) -> str:
    try:
        return shortened(str(value), MAX_TEXT)
    except RecursionError:
        return "…"


def _expression(value: Any) -> str:
    if isinstance(value, bool):
        return "exists" if value else "missing"
    if isinstance(value, list):
        return ",".join(map(_expression, value))
    if not isinstance(value, dict):
        return str(value)
    ((kind, body),) = value.items()
    if kind in OPERATORS:
        return f" {kind} ".join(f"({_joined(part)})" if _is_many(part) else _expression(part) for part in body)
    return EXPRESSIONS[kind](body) if kind in EXPRESSIONS else f"{kind} {_plain(body)}".strip()


def _is_many(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and "|" in value)


def _joined(value: Any) -> str:
    return " | ".join(map(_expression, value)) if isinstance(value, list) else _expression(value)


def _plain(body: Any) -> str:
    """A body whose words need no order of their own: {"rate": 3, "burst": 5} is `rate 3 burst 5`."""
    if body is None:
        return ""
    if not isinstance(body, dict) or (len(body) == 1 and next(iter(body)) in EXPRESSIONS):
        return _expression(body)
    return " ".join(f"{key} {_expression(part)}" for key, part in body.items() if part is not None)


def _set(body: Any) -> str:
    elements = body if isinstance(body, list) else [body]
    shown = [" : ".join(map(_either, each)) if isinstance(each, list) else _expression(each) for each in elements[:40]]
    return f"{{ {', '.join(shown)}{', …' if len(elements) > 40 else ''} }}"


def _either(value: Any) -> str:
    """A key or a verdict of a map."""
    return _statement(value) if isinstance(value, dict) and not set(value) & set(EXPRESSIONS) else _expression(value)


def _payload(body: Any) -> str:
    if "base" in body:
        return f"@{body['base']},{body['offset']},{body['len']}"
    return " ".join(map(str, body.values()))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _fib(body: Any) -> str:
    return f"fib {' . '.join(_listed(body['flags']))} {body['result']}"


OPERATORS = ("&", "|", "^", "<<", ">>")

EXPRESSIONS: dict[str, Callable[[Any], str]] = {
    "payload": _payload,
    "meta": lambda body: body["key"] if body["key"] in BARE_META else f"meta {body['key']}",
    "ct": lambda body: " ".join(filter(None, ("ct", body.get("dir"), body.get("family"), body["key"]))),
    "fib": _fib,
    "concat": lambda body: " . ".join(map(_expression, body)),
    "set": _set,
    "prefix": lambda body: f"{_expression(body['addr'])}/{body['len']}",
    "range": lambda body: "-".join(map(_expression, body)),
    "elem": lambda body: _expression(body["val"]),
    "map": lambda body: f"{_expression(body['key'])} map {_expression(body['data'])}",
    "tcp option": lambda body: " ".join(filter(None, ("tcp option", body.get("name"), body.get("field")))),
    "exthdr": lambda body: " ".join(filter(None, ("exthdr", body.get("name"), body.get("field")))),
    "socket": lambda body: f"socket {body['key']}",
    "osf": lambda body: f"osf {body['key']}",
    "rt": lambda body: f"rt {body['key']}",
}


def _statement(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    ((kind, body),) = value.items()
    return STATEMENTS[kind](body) if kind in STATEMENTS else f"{kind} {_plain(body)}".strip()


def _match(body: Any) -> str:
    left, operator, right = body["left"], body["op"], body["right"]
    key = left["meta"]["key"] if isinstance(left, dict) and "meta" in left else None
    words = [_expression(left)]
    if operator not in ("==", "in") or (operator == "==" and _has_bits(left) and not isinstance(right, dict)):
        words.append(operator)
    quoted = key in QUOTED and isinstance(right, str) and not right.startswith("@")
    return " ".join((*words, f'"{right}"' if quoted else _expression(right)))


def _has_bits(left: Any) -> bool:
    """Whether `==` must be written for what is asked, as without it any of the bits would do."""
    return left in FLAGS or any(operator in left for operator in OPERATORS)


FLAGS = ({"payload": {"protocol": "tcp", "field": "flags"}}, {"ct": {"key": "state"}}, {"ct": {"key": "status"}})


def limit(body: Any) -> str:
    """`rate over 10/minute burst 7 packets`; the burst that nft gives by itself is not shown."""
    if isinstance(body, str):
        return f"name {body}"
    unit = body.get("rate_unit", "packets")
    rate = f"{body['rate']}/{body['per']}" if unit == "packets" else f"{body['rate']} {unit}/{body['per']}"
    burst = body.get("burst", 0)
    shown = f" burst {burst} {body.get('burst_unit', 'packets')}" if burst not in (0, 5) else ""
    return f"rate {'over ' if body.get('inv') else ''}{rate}{shown}"


def quota(body: Any) -> str:
    if isinstance(body, str):
        return f"name {body}"
    return f"{'over ' if body.get('inv') else ''}{body['val']} {body.get('val_unit', 'bytes')}"


def count(body: Any) -> str:
    return f"{'over ' if body.get('inv') else ''}{body['val']}"


def _reject(body: Any) -> str:
    body = body or {}
    words = [body.get("type"), body.get("expr")]
    return " ".join(("reject", "with", *filter(None, words))) if any(words) else "reject"


def nat(body: Any) -> str:
    """Where to: `10.1.1.1:22`, `[::1]:22`, `:22`, or nothing."""
    address, port = (body or {}).get("addr"), (body or {}).get("port")
    shown = "" if address is None else _expression(address)
    if ":" in shown and port is not None:
        shown = f"[{shown}]"
    return shown if port is None else f"{shown}:{_expression(port)}"


def _translated(kind: str) -> Callable[[Any], str]:
    def text(body: Any) -> str:
        to = nat(body)
        family = (body or {}).get("family")
        return " ".join(filter(None, (kind, family, to and f"to {to}")))

    return text


def _changed_set(body: Any) -> str:
    inner = "".join(f" {_statement(each)}" for each in body.get("stmt", []))
    return f"{body['op']} {body['set']} {{ {_expression(body['elem'])}{inner} }}"


STATEMENTS: dict[str, Callable[[Any], str]] = {
    "match": _match,
    "mangle": lambda body: f"{_expression(body['key'])} set {_expression(body['value'])}",
    "vmap": lambda body: f"{_expression(body['key'])} vmap {_expression(body['data'])}",
    "jump": lambda body: f"jump {body['target']}",
    "goto": lambda body: f"goto {body['target']}",
    "reject": _reject,
    "limit": lambda body: f"limit {limit(body)}",
    "quota": lambda body: f"quota {quota(body)}",
    "ct count": lambda body: f"ct count {count(body)}",
    "log": lambda body: " ".join(
        filter(None, ("log", 'prefix "{}"'.format(body["prefix"]) if body and "prefix" in body else ""))
    ),
    "counter": lambda body: "counter",
    "set": _changed_set,
    "meter": lambda body: f"meter {body['name']} {{ {_expression(body['key'])} {_statement(body['stmt'])} }}",
    "xt": lambda body: f"xt {body['type']} {body['name']}" if body else "xt",
    "ct helper": lambda body: f"ct helper set {_expression(body)}",
    "ct timeout": lambda body: f"ct timeout set {_expression(body)}",
    "ct expectation": lambda body: f"ct expectation set {_expression(body)}",
} | {kind: _translated(kind) for kind in ("dnat", "snat", "redirect", "masquerade", "tproxy")}

"""Rich rules of firewalld's zones and policies (firewalld.richlanguage(5)).

    <rule family="ipv4" priority="-1"><source address="10.0.0.0/8"/><service name="ssh"/><accept/></rule>

A rule that firewalld passes over is None here; one that refuses its whole file raises Malformed.
"""

from __future__ import annotations

import re

from msgspec import Struct

from linuxready.readers.firewall.ports import address
from linuxready.readers.firewall.xmltree import Element, Malformed

FAMILIES = {"ipv4": "ip", "ipv6": "ip6", "inet": "ip", "inet6": "ip6"}
ACTIONS = ("accept", "reject", "drop", "mark")
OF_A_RULE = tuple(
    "service port protocol source-port forward-port masquerade icmp-block icmp-type tcp-mss-clamp".split()
)
"""The elements of which a rule has at most one."""
WITHOUT_ACTION = ("forward-port", "masquerade", "icmp-block", "tcp-mss-clamp")
LOGS = ("log", "nflog", "audit")


class Address(Struct, frozen=True):
    """Whom a rule is about: the value of one of `address`, `mac` and `ipset` (`kind`)."""

    kind: str
    value: str
    negated: bool = False


class RichRule(Struct, frozen=True):
    """A rule of a zone or policy, `text` in the words of `firewall-cmd --add-rich-rule`.

    `element` is one of OF_A_RULE with its attributes, or ""; `action` one of ACTIONS or ""; `argument` the mark.
    """

    text: str
    place: str
    priority: int = 0
    family: str = ""
    source: Address | None = None
    destination: Address | None = None
    element: str = ""
    attributes: dict[str, str] = {}
    action: str = ""
    argument: str = ""
    limit: str = ""


def parse_rule(element: Element, place: str) -> RichRule | None:
    """A rule; None for one that firewalld passes over (firewall/core/rich.py, check)."""
    inside = element.children
    families = element.attributes.get("family", "")
    priority = number(element, "priority")
    elements = [e for e in inside if e.name in OF_A_RULE]
    actions = [e for e in inside if e.name in ACTIONS]
    sources, destinations = named(element, "source"), named(element, "destination")
    source = _whom(sources[0].attributes, ("address", "mac", "ipset")) if sources else None
    destination = _whom(destinations[0].attributes, ("address", "ipset")) if destinations else None
    what, action = next(iter(elements), None), next(iter(actions), None)
    logs = [e for e in inside if e.name in LOGS]
    with_address = [w.value for w in (source, destination) if w and w.kind == "address"]
    kind = what.name if what else ""
    limits = named(action, "limit") if action else []
    limit = re.sub(r"/([smhd])(econd|inute|our|ay)$", r"/\1", limits[0].attributes["value"]) if limits else ""
    mark = action.attributes.get("set", "") if action else ""
    wrong = (
        families not in ("", "ipv4", "ipv6"),
        not -32768 <= priority <= 32767,
        len(elements) > 1 or len(actions) > 1 or len(sources) > 1,
        any(e.name == "interface" for e in inside),
        not families and (bool(with_address) or destination is not None or kind == "forward-port"),
        any(not (found := address(a)) or found[0] != FAMILIES.get(families) for a in with_address),
        source is not None and source.kind == "mac" and not is_mac(source.value),
        kind in WITHOUT_ACTION and action is not None,
        kind not in WITHOUT_ACTION and not action and not logs,
        not kind and not action and (not logs or priority == 0),
        not kind and not source and not destination and priority == 0,
        action is not None and "type" in action.attributes and not families,
        bool(mark) and not re.fullmatch(r"(0x[0-9a-fA-F]{1,8}|0|[1-9][0-9]{0,9})(/(0x[0-9a-fA-F]+|[0-9]+))?", mark),
        len(limits) > 1 or (bool(limits) and not re.fullmatch("[1-9][0-9]*/[smhd]", limit)),
        kind == "forward-port" and what is not None and not any(forward(what.attributes)[2:]),
    )
    if any(wrong):
        return None
    return RichRule(
        text=" ".join(
            [
                "rule",
                *([f'priority="{priority}"'] if priority else []),
                *([f'family="{families}"'] if families else []),
                *([f"source {_words(source)}"] if source else []),
                *([f"destination {_words(destination)}"] if destination else []),
                *(_plain(e) for e in (*elements, *logs)),
                *(_plain(e) for e in actions),
                *([f'limit value="{limit}"'] if limit else []),
            ]
        ),
        place=f"{place}:{element.line}",
        priority=priority,
        family=FAMILIES.get(families, ""),
        source=source,
        destination=destination,
        element=kind,
        attributes=what.attributes if what else {},
        action=action.name if action else "",
        argument=mark,
        limit=limit,
    )


def _whom(attributes: dict[str, str], kinds: tuple[str, ...]) -> Address:
    """The one of several kinds of address that is given; none or two of them: Malformed."""
    given = [(kind, attributes[kind]) for kind in kinds if attributes.get(kind)]
    if len(given) != 1:
        raise Malformed(f"a rule's source or destination with {len(given)} addresses")
    return Address(*given[0], attributes.get("invert", "").lower() in ("yes", "true"))


def _words(whom: Address) -> str:
    return f'{"NOT " if whom.negated else ""}{whom.kind}="{whom.value}"'


def _plain(element: Element) -> str:
    """An element as in `firewall-cmd --add-rich-rule`."""
    return " ".join([element.name, *(f'{name}="{value}"' for name, value in element.attributes.items())])


def is_mac(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", text))


def named(element: Element, name: str) -> list[Element]:
    return [child for child in element.children if child.name == name]


def forward(attributes: dict[str, str]) -> tuple[str, str, str, str]:
    return (
        attributes["port"],
        attributes["protocol"],
        attributes.get("to-port", ""),
        attributes.get("to-addr", ""),
    )


def number(element: Element, attribute: str, otherwise: int = 0) -> int:
    text = element.attributes.get(attribute, str(otherwise))
    if not re.fullmatch(r"[-+]?[0-9]{1,6}", text.strip()):
        raise Malformed(f"line {element.line}: {attribute} {text}")
    return int(text)

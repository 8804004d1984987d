"""Waivers: whose decision it is that a failure does not count, and until when. They stand in a user's profile."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import msgspec

from linuxready.report import Waiver

Hosts = tuple[str, ...] | None
"""Of a waiver."""


def parsed(text: str) -> dict[str, Any]:
    """A profile in TOML as msgspec.toml gives it, mistakes included; plainly written waivers at its end are read here.

    The parser takes a quarter of a run for a thousand of them. Where one is not plain, all are left to it.
    """
    with suppress(ValueError):
        head, *blocks = text.split("\n[[waiver]]\n")
        tail = " ".join(blocks)
        # Without escapes and control characters a string is what stands between its quotes.
        if blocks and "\\" not in tail and tail.replace("\n", " ").isprintable():
            rows = [_row(block) for block in blocks]
            document: dict[str, Any] = msgspec.toml.decode(head)
            if "waiver" not in document:
                return document | {"waiver": rows}
    whole: dict[str, Any] = msgspec.toml.decode(text)
    return whole


def _row(block: str) -> dict[str, Any]:
    """A waiver written as `key = "…"`, `key = ["…", "…"]`, `key = 2027-03-31`; raises ValueError for any other."""
    row: dict[str, Any] = {}
    for line in block.split("\n"):
        if line and line[0] != "#":
            key, _, value = line.partition(" = ")
            if key in row or key not in Waiver.__struct_fields__:
                raise ValueError(key)
            row[key] = _value(value)
    return row


def _value(text: str) -> str | list[str] | datetime.date:
    quotes = text.count('"')
    if quotes == 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    if quotes and text[:2] == '["' and text[-2:] == '"]':
        items = text[2:-2].split('", "')
        if quotes == 2 * len(items):
            return items
    # Python knows dates by weeks and without hyphens, too.
    if text[4:8:3] == "--":
        return datetime.date.fromisoformat(text)
    raise ValueError(text)


def mistakes(waivers: Iterable[Waiver], ids: Iterable[str], dropped: Collection[str] = ()) -> Iterator[str]:
    """What is wrong in waivers whose types are right, of a profile that has these requirements."""
    known = dict.fromkeys(ids)
    for number, waiver in enumerate(waivers):
        place = f"at `$.waiver[{number}]"
        if waiver.requirement not in known and waiver.requirement in dropped:
            yield f"`{waiver.requirement}` is dropped and waived - {place}.requirement`"
        elif waiver.requirement not in known:
            from linuxready.policy import unknown

            yield f"{unknown(waiver.requirement, known)} - {place}.requirement`"
        if not waiver.reason.strip():
            yield f"nothing is said - {place}.reason`"
        if not waiver.owner.strip():
            yield f"nobody is named - {place}.owner`"
        if waiver.hosts == ():
            yield f"no host is named: without `hosts` it is for all - {place}.hosts`"
        for at, host in enumerate(waiver.hosts or ()):
            if host.split() != [host]:
                yield f"`{host}` is no pattern of a host's name - {place}.hosts[{at}]`"


def warnings(waivers: Sequence[Waiver], by_hand: Iterable[str], today: datetime.date) -> Iterator[str]:
    """What waives nothing: the expired, those of what cannot fail, and those that another one covers."""
    covered = dict(_covered(waivers))
    for number, waiver in enumerate(waivers):
        place = f"at `$.waiver[{number}]"
        if waiver.expires < today:
            yield f"expired on {waiver.expires} - {place}.expires`"
        if waiver.requirement in by_hand:
            yield f"`{waiver.requirement}` is verified by hand, and cannot fail - {place}.requirement`"
        if number in covered:
            yield f"`$.waiver[{covered[number]}]` covers it - {place}`"


def _covered(waivers: Sequence[Waiver]) -> Iterator[tuple[int, int]]:
    """The number of each waiver without which all would be waived all the same, and of the one that covers it."""
    needed: dict[tuple[str, str], list[int]] = {}
    for number in sorted(range(len(waivers)), key=lambda n: waivers[n].expires, reverse=True):
        waiver = waivers[number]
        hosts = [host.lower() for host in waiver.hosts or ("*",)]
        # Only what begins as a host's own pattern does can cover it.
        beginnings = (hosts[0][:end] for end in range(len(hosts[0]) + 1))
        others = (other for one in beginnings for other in needed.get((waiver.requirement, one), ()))
        by = next((other for other in others if _covers(waivers[other].hosts, waiver.hosts)), None)
        if by is not None:
            yield number, by
        for host in hosts:
            needed.setdefault((waiver.requirement, _beginning(host)), []).append(number)


def _covers(patterns: Hosts, others: Hosts) -> bool:
    """Whether every name that one of the others is for has a pattern, as far as a look at them tells."""
    if patterns is None or others is None:
        return patterns is None
    return all(any(_takes_in(pattern.lower(), other.lower()) for pattern in patterns) for other in others)


def _takes_in(pattern: str, other: str) -> bool:
    # Where the pattern has no other wildcard than `*`, whatever a `*` or `?` of the other one stands for is within it.
    stars = not {"?", "["}.intersection(pattern) and "[" not in other
    return pattern == other or ((stars or _beginning(other) == other) and _matches(other, pattern))


def for_host(waivers: Iterable[Waiver], host_name: str | None) -> Waiver | None:
    """Of waivers of one requirement that are for a host, the one that expires last."""
    return max((w for w in waivers if _is_for(w, host_name)), key=lambda waiver: waiver.expires, default=None)


def _is_for(waiver: Waiver, host_name: str | None) -> bool:
    if waiver.hosts is None:
        return True
    return host_name is not None and any(_matches(host_name.lower(), pattern.lower()) for pattern in waiver.hosts)


def _matches(name: str, pattern: str) -> bool:
    # A pattern is only compiled where it begins as the name does.
    return name.startswith(_beginning(pattern)) and fnmatchcase(name, pattern)


@cache
def _beginning(pattern: str) -> str:
    """What stands before the first wildcard."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0]


def is_for_no_other(waiver: Waiver, host_name: str | None) -> bool:
    """Whether a waiver names no other host than this one."""
    return waiver.hosts is None or [host.lower() for host in waiver.hosts] == [(host_name or "").lower()]

"""Waivers: whose decision it is that a failure does not count, and until when. They stand in a user's profile."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from linuxready.report import Waiver

STRING = r'"[^"\\\x00-\x1f\x7f]*"'
COMMENT = r"(?:#[^\x00-\x08\x0a-\x1f\x7f]*)?"
VALUE = rf"{STRING}|\d{{4}}-\d\d-\d\d|\[ *{STRING}(?: *, *{STRING})* *\]"
LINE = rf"([a-z]+) *= *({VALUE}) *{COMMENT}\n"
PLAIN = re.compile(rf"(?:{LINE}|{COMMENT}\n)*")
"""A waiver's lines as nearly all are written: strings without escapes, a date, a list on one line."""

WILD = re.compile(r"[*?\[]")


def parsed(text: bytes) -> dict[str, Any]:
    """A profile in TOML as msgspec.toml gives it, but for the dates of plain waivers at its end: those are strings.

    The TOML parser takes a quarter of a run for a thousand waivers, two regular expressions a twentieth of that. What
    is not plain in any of them is left to it, and so are all.
    """
    head, *blocks = text.decode().split("\n[[waiver]]\n")
    rows = [_row(f"{block}\n") for block in blocks]
    document: dict[str, Any] = {}
    if rows and all(rows) and '"""' not in head and "'''" not in head:
        document = msgspec.toml.decode(f"{head}\n")
    if not document or "waiver" in document:
        whole: dict[str, Any] = msgspec.toml.decode(text)
        return whole
    return document | {"waiver": rows}


def _row(block: str) -> dict[str, Any]:
    """The keys and values of a plain waiver; none of another one."""
    if not PLAIN.fullmatch(block):
        return {}
    pairs = re.findall(LINE, block)
    row = {key: value.split('"')[1::2] if value[0] == "[" else value.strip('"') for key, value in pairs}
    return row if len(row) == len(pairs) else {}


def mistakes(waivers: Iterable[Waiver], ids: Iterable[str]) -> Iterator[str]:
    """What is wrong in waivers whose types are right, of a profile that has these requirements."""
    known = set(ids)
    for number, waiver in enumerate(waivers):
        place = f"at `$.waiver[{number}]"
        if waiver.requirement not in known:
            from linuxready.policy import unknown

            yield f"{unknown(waiver.requirement, known)} - {place}.requirement`"
        if not waiver.reason.strip():
            yield f"nothing is said - {place}.reason`"
        if not waiver.owner.strip():
            yield f"nobody is named - {place}.owner`"
        if waiver.hosts is not None and not (waiver.hosts and all(waiver.hosts)):
            yield f"no host is named: without `hosts` it is for all - {place}.hosts`"


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
    by_pattern: dict[tuple[str, str | None], list[int]] = {}
    for number in sorted(range(len(waivers)), key=lambda n: waivers[n].expires, reverse=True):
        waiver = waivers[number]
        hosts = waiver.hosts or (None,)
        others = by_pattern.get((waiver.requirement, None), []) + by_pattern.get((waiver.requirement, hosts[0]), [])
        for other in others:
            if waivers[other].hosts is None or set(hosts) <= set(waivers[other].hosts or ()):
                yield number, other
                break
        for host in hosts:
            by_pattern.setdefault((waiver.requirement, host), []).append(number)


def for_host(waivers: Iterable[Waiver], host_name: str | None) -> Waiver | None:
    """Of waivers of one requirement that are for a host, the one that expires last."""
    return max((w for w in waivers if _is_for(w, host_name)), key=lambda waiver: waiver.expires, default=None)


def _is_for(waiver: Waiver, host_name: str | None) -> bool:
    if waiver.hosts is None:
        return True
    return host_name is not None and any(_matches(host_name.lower(), pattern.lower()) for pattern in waiver.hosts)


def _matches(name: str, pattern: str) -> bool:
    # A pattern is only compiled where it begins as the name does.
    return name.startswith(WILD.split(pattern, 1)[0]) and fnmatchcase(name, pattern)


def is_for_no_other(waiver: Waiver, host_name: str | None) -> bool:
    """Whether a waiver names no other host than this one."""
    return waiver.hosts is None or [host.lower() for host in waiver.hosts] == [(host_name or "").lower()]

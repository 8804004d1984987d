"""Plainly written waivers, which are read without the TOML parser: never otherwise than the parser does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready import waivers

FIXED = settings(derandomize=True, database=None, max_examples=200, deadline=None)

PLAIN = 'a = 1\n\n[[waiver]]\nreason = "x"\nexpires = 2027-03-31\n\n# why\n[[waiver]]\nowner = "x"\nhosts = ["x", ""]\n'
VALUES = "2027-03-31 2027-02-30 0000-01-01 20270331 2027-W01-1 2027-3-1 ٢٠٢٧-٠٣-٣١ 2027-03-31T00:00:00Z 3 true".split()
VALUES += ['"', '""', '"#"', '"]"', "'x'", '"x" # b', '"x" ', 'x"x"', '"x", "x"', '"\\u0041"', '"\\"', '"\t"', '"\x7f"']
VALUES += ['"\u202e"', '["]', "[]", '[""]', '["a",]', '["a","b"]', '["a", "b"]', '["a"], ["b"]', '["a"b"]', '["", "]']
VALUES += ['["a"", "b"]', "'''", "'''x'''", '"""', '"""x"""', '"""x', "", '{ x = "a" }', "[[1], ["]
KEYS = ["owner", "expires", "hosts", "a", '"owner"', "owner.x", " owner", "#", "waiver", "waiver.x"]
LINES = ["", " ", "#", "# \x1b", " # x", "[[waiver]]", "[[waiver]] ", "[[waiver]]\r", "[waiver.x]", "[b]", "x", '"""']
LINES += ["'''", 'b = """', "b = '''", "b = [", "]", '"w\\u0061iver" = 1', "\ufeff", "\r", "\0", "expires=2027-03-31"]
LINES += ["owner  = 'x'"]
LINES += [f"{key} = {value}" for key in KEYS for value in VALUES]


def with_other(lines: Sequence[tuple[int, bool, str]]) -> str:
    """A plain document where lines are others, or stand before its own."""
    document = PLAIN.split("\n")
    for number, replaced, line in lines:
        document[number : number + replaced] = [line]
    return "\n".join(document)


@pytest.mark.parametrize("replaced", [True, False])
@pytest.mark.parametrize("number", range(PLAIN.count("\n") + 1))
def test_what_is_read_without_the_parser_is_what_the_parser_reads(number: int, replaced: bool) -> None:
    """Mistakes and their places included."""
    for line in LINES:
        text = with_other([(number, replaced, line)])
        assert outcome(waivers.parsed, text) == outcome(msgspec.toml.decode, text)


@FIXED
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.sampled_from(LINES)), min_size=2, max_size=4))
def test_so_it_is_where_more_is_odd(lines: list[tuple[int, bool, str]]) -> None:
    text = with_other(lines)
    assert outcome(waivers.parsed, text) == outcome(msgspec.toml.decode, text)


def outcome(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        return str(error)


def test_plain_ones_need_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = msgspec.toml.decode

    def decode(text: str) -> Any:
        seen.append(text)
        return real(text)

    monkeypatch.setattr(msgspec.toml, "decode", decode)
    document = waivers.parsed(PLAIN)
    assert seen == ["a = 1\n"]
    assert document == real(PLAIN)

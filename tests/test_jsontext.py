"""JSON that carries any string of a machine, and that a terminal may be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready import jsontext
from linuxready.facts import Evidence, Fact, HostsEntry


def text_of(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


FIXED = settings(derandomize=True, database=None, max_examples=200, deadline=None)
TEXTS = st.text() | st.text(st.characters(exclude_categories=())) | st.binary().map(text_of)
"""Any strings a machine can hold: lone surrogates stand for bytes that are not UTF-8."""
HOSTILE = "\x7f\x80\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff"


@FIXED
@given(TEXTS, TEXTS)
def test_every_string_comes_back(source: str, text: str) -> None:
    """Lone surrogates too: they stand for bytes that are not UTF-8."""
    evidence = Evidence(source, text)
    encoded = jsontext.encode(evidence)
    assert jsontext.decode(encoded.encode(), Evidence) == evidence
    assert json.loads(encoded) == {"source": source, "text": text}


@FIXED
@given(TEXTS)
def test_nothing_in_it_acts_on_a_terminal(text: str) -> None:
    encoded = jsontext.encode({"a": text})
    assert all(character.isprintable() or character not in HOSTILE for character in encoded)
    assert not any(ord(character) < 0x20 for character in encoded.replace("\n", ""))


@pytest.mark.parametrize("character", HOSTILE, ids=lambda character: f"U+{ord(character):04X}")
@pytest.mark.parametrize("beside", ["", "\udcff"], ids=["", "with a surrogate"])
def test_characters_that_turn_text_are_escaped(character: str, beside: str) -> None:
    encoded = jsontext.encode([f"a{character}b{beside}"])
    assert f"\\u{ord(character):04x}" in encoded
    assert json.loads(encoded) == [f"a{character}b{beside}"]


def test_it_is_indented_and_ends_with_a_newline() -> None:
    assert jsontext.encode({"a": [1, "é"]}) == '{\n  "a": [\n    1,\n    "é"\n  ]\n}\n'


def test_a_surrogate_in_a_key_comes_back() -> None:
    assert jsontext.decode(jsontext.encode({"\udcff": 1}).encode(), dict[str, int]) == {"\udcff": 1}


def test_types_hold_on_both_ways_of_decoding() -> None:
    """A string with an undecodable byte takes the standard library's way round, and the same types are asked for."""
    for address in ("10.1.2.3", "\udcff"):
        entry = HostsEntry(address, ("web1",), 3)
        assert jsontext.decode(jsontext.encode(entry).encode(), HostsEntry) == entry
        wrong = jsontext.encode({"address": address, "names": ["web1"], "line": "3"})
        with pytest.raises(ValueError, match=r"`line`|\$\.line"):
            jsontext.decode(wrong.encode(), HostsEntry)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"garbage",
        b"\xff",
        b'{"a": "\\ud800"',
        b'{"a": "\\ud800", "b": tru}',
        b'"\xff \\ud800"',
        b"[" * 100_000,
        b'["\\ud800",' + b"[" * 100_000,
        b"1e999999999999",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        jsontext.decode(data, dict[str, Any])


@pytest.mark.parametrize(
    "data", [b"{}", b'{"value": 1, "unknown": "x"}', b'{"value": null}', b'{"value": "1"}', b'{"valve": 1}']
)
def test_a_fact_is_a_value_or_a_reason(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        jsontext.decode(data, Fact[int])


@pytest.mark.parametrize("fact", [Fact(value=0), Fact(unknown="why")])
def test_facts_come_back(fact: Fact[int]) -> None:
    assert jsontext.decode(jsontext.encode(fact).encode(), Fact[int]) == fact

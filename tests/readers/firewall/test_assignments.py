"""Shell assignments read without a shell."""

from __future__ import annotations

import pytest

from linuxready.readers.firewall.assignments import parse_assignments


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("A=", ""),
        ('A="b c"', "b c"),
        ("A='b $c'", "b $c"),
        ("A=\"b\"c'd'", "bcd"),
        ('A="b \\"c\\""', 'b "c"'),
        ("A=b\\ c", "b c"),
        ('A="b\\\nc"', "bc"),
        ('A="b\nc"', "b\nc"),
        ("A=b # c", "b"),
        ("A=b#c", "b#c"),
        ("A=b;C=d", "b"),
        ("export A=b", "b"),
        ("  A=b  ", "b"),
        ("A=b\nA=c", "c"),
        ("# it's\nA=b\n# isn't", "b"),
        ('A="b\n# c"', "b\n# c"),
        ("# A=c\nA=b", "b"),
        ('A="$b"', None),
        ("A=$(b)", None),
        ('A="`b`"', None),
        ('A="\\$b"', "$b"),
    ],
)
def test_value(text: str, value: str | None) -> None:
    assert parse_assignments(text)["A"].value == value


def test_lines_are_counted_and_other_commands_passed_over() -> None:
    found = parse_assignments('# one\nA="b\nc"\nif true; then\n  D=e\nfi\nF==g\n')
    assert {name: (one.line, one.value) for name, one in found.items()} == {
        "A": (2, "b\nc"),
        "D": (5, "e"),
        "F": (7, "=g"),
    }


def test_a_quote_that_never_ends_takes_nothing_with_it() -> None:
    assert parse_assignments('A="b\nC=d\n')["C"].value == "d"

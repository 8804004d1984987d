"""Strings from a machine: undone, shown, shortened."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready.text import in_bytes, is_english, printable, shortened, unescape_hex, unescape_octal


def text_of(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


FIXED = settings(derandomize=True, database=None, max_examples=200, deadline=None)
TEXTS = st.text() | st.text(st.characters(exclude_categories=())) | st.binary().map(text_of)
"""Any strings a machine can hold: lone surrogates stand for bytes that are not UTF-8."""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("plain", "plain"),
        ("", ""),
        (r"a\040b", "a b"),
        (r"\011\012\134", "\t\n\\"),
        (r"\134040", r"\040"),
        (r"\303\251", "é"),
        (r"\351", "\udce9"),
        (r"\400", r"\400"),
        (r"\04", r"\04"),
        ("é\\040\udcff", "é \udcff"),
        ("\\", "\\"),
    ],
)
def test_unescape_octal(written: str, meant: str) -> None:
    assert unescape_octal(written) == meant


@FIXED
@given(st.binary())
def test_every_name_that_the_kernel_escapes_comes_back(name: bytes) -> None:
    """The kernel writes space, tab, newline and backslash as octal, the rest as it is."""
    written = b"".join(b"\\%03o" % byte if byte in b" \t\n\\" else bytes([byte]) for byte in name)
    assert unescape_octal(text_of(written)).encode("utf-8", "surrogateescape") == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\tc\r\0", r"a\x0ab\x09c\x0d\x00"),
        ("\x7f\x85\x9b", r"\x7f\x85\x9b"),
        ("\udce9\udcff", r"\xe9\xff"),
        ("\ud800", r"\ud800"),
        ("a\u202eb\u2066c\u200f\u061c", r"a\u202eb\u2066c\u200f\u061c"),
        ("\u2028\u2029\ufeff\u200b", r"\u2028\u2029\ufeff\u200b"),
        ("\U000e0041", r"\U000e0041"),
        ("\xa0", r"\xa0"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@FIXED
@given(TEXTS)
def test_what_is_shown_is_always_printable_and_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode("utf-8")
    assert not text.isprintable() or shown == text


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("", 1, ""), ("a" * 300, 200, "a" * 199 + "…")],
)
def test_shortened(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short
    assert len(shortened(text, limit)) <= limit


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        ("vg-lv", "vg-lv"),
        (r"a\x20b", "a b"),
        (r"b\xc3\xbcro", "b\u00fcro"),
        (r"caf\xe9", "caf\udce9"),
        (r"a\xzz", r"a\xzz"),
        ("\ud800\\x41", "\ud800A"),
    ],
)
def test_unescape_hex(escaped: str, name: str) -> None:
    assert unescape_hex(escaped) == name


@FIXED
@given(TEXTS)
def test_in_bytes_is_english_and_tells_all_apart(text: str) -> None:
    assert is_english(in_bytes(text))
    assert in_bytes(text) == text or not is_english(text)
    assert is_english(text) == all(0x20 <= ord(character) < 0x7F for character in text)
    unescape_hex(text)

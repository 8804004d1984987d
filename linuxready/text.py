"""Strings from a machine: how they are undone, and how they are shown."""

from __future__ import annotations

import re


def unescape_octal(field: str) -> str:
    r"""A field of mountinfo or fstab with its escapes undone: ``\040`` is a space (proc(5), fstab(5)).

    Works on bytes written as surrogate escapes: an escape above ``\177`` is one byte of a longer character.
    """
    if "\\" not in field:
        return field
    latin = field.encode("utf-8", "surrogateescape").decode("latin-1")
    undone = re.sub(r"\\([0-3][0-7][0-7])", lambda match: chr(int(match[1], 8)), latin)
    return undone.encode("latin-1").decode("utf-8", "surrogateescape")


def unescape_hex(name: str) -> str:
    r"""A device-mapper name with libdevmapper's escapes undone: ``\x20`` is a space."""
    if "\\x" not in name:
        return name
    return re.sub(
        r"(?:\\x[0-9a-fA-F]{2})+",
        lambda match: bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "surrogateescape"),
        name,
    )


def is_english(text: str) -> bool:
    """Whether a name is in printable ASCII alone: letters without accents, no control character."""
    return text.isascii() and text.isprintable()


def in_bytes(text: str) -> str:
    r"""Text with every byte outside printable ASCII as ``\xc3``: what looks alike is told apart."""
    return text if is_english(text) else "".join(c if is_english(c) else _bytes_of(c) for c in text)


def _bytes_of(character: str) -> str:
    code = ord(character)
    raw = bytes((code - 0xDC00,)) if 0xDC80 <= code <= 0xDCFF else character.encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in raw)


def printable(text: str) -> str:
    r"""Text that a terminal shows as it is: control, format and undecodable characters become ``\x1b``, ``\u202e``."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, limit: int = 200) -> str:
    """Text cut to `limit` characters, with a mark where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"

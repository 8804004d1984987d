"""JSON that carries any string a machine can hold, and that a terminal may be shown.

msgspec does the work; strings with undecodable bytes (surrogate escapes), which UTF-8 cannot carry, take the
standard library's way round and stand as ``\\udcff``. DEL, C1 controls and the characters that turn the
direction of text stand as escapes too: inside JSON they mean the same, on a terminal they do nothing.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

_HOSTILE = "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
_NOT_IN_YAML = f"{_HOSTILE[:-1]}\ufffe\uffff]"


def encode(value: Any) -> str:
    """A Struct or plain value as indented JSON with a final newline."""
    try:
        indented = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except UnicodeEncodeError:
        import json

        return json.dumps(msgspec.to_builtins(value), indent=2) + "\n"
    if not indented.isascii() or "\x7f" in indented:
        indented = re.sub(_HOSTILE, lambda match: f"\\u{ord(match[0]):04x}", indented)
    return indented + "\n"


def compact(value: Any) -> str:
    """A Struct or plain value as JSON in one line, as every reader of JSON and YAML takes it.

    No escape stands for half a character: a lone surrogate, which stood for a byte, becomes U+FFFD, and characters
    beyond the BMP stand as they are (Psych and Salt take neither of their escapes for one).
    """
    try:
        line = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        import json

        plain = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":"))
        line = re.sub("[\ud800-\udfff]", "\ufffd", plain)
    if not line.isascii() or "\x7f" in line:
        line = re.sub(_NOT_IN_YAML, lambda match: f"\\u{ord(match[0]):04x}", line)
    return line


def decode(data: bytes, kind: Any) -> Any:
    """JSON as a value of type `kind`; raises ValueError with what is wrong and where."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if b"\\ud" not in data.lower():
            raise ValueError(str(error)) from error
    import json

    try:
        return msgspec.convert(json.loads(data), kind)
    except (ValueError, RecursionError) as error:
        raise ValueError(str(error)) from error

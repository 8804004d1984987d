"""The words of nft's language, with the lines they stand on.

    tcp dport { 22, 80 } accept  # comment

Source: nft(8), and the patterns of nft's own scanner for addresses and names.
"""

from __future__ import annotations

import re

_HEX = "[0-9a-fA-F]"
_TOKEN = re.compile(
    rf"""(?:[ \t\r\f\v]+|\\\r?\n|\#[^\n]*)|(
    \n|"[^"]*"|[=!<>]=|<<|>>
    |(?:{_HEX}{{1,2}}:){{5}}{_HEX}{{1,2}}(?![\w:])
    |(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}
    |::(?:{_HEX}{{1,4}}:){{0,5}}\d+(?:\.\d+){{3}}
    |(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?::(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?
    |\d+(?:\.\d+){{3}}|0x{_HEX}+|\d+(?:[A-Za-z]\w*)?
    |[@$]?[A-Za-z_](?:[\w/.\-]|\\\*)*\*?
    |.)""",
    re.VERBOSE,
)


class NotUnderstood(Exception):
    """The words at the cursor are not known here."""


class Tokens:
    """The words of a file, with their lines and where they stand; the last is "", the end."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.words: list[str] = []
        self.lines: list[int] = []
        self.spans: list[tuple[int, int]] = []
        line = 1
        for match in _TOKEN.finditer(text):
            word = match[1]
            if word is not None:
                self.words.append(word)
                self.lines.append(line)
                self.spans.append(match.span())
            if word in (None, "\n") or word[0] == '"':
                line += match[0].count("\n")
        self.words.append("")
        self.lines.append(line)
        self.spans.append((len(text), len(text)))

    def written(self, start: int, end: int) -> str:
        """The text of these words in one line, without comments."""
        if start >= end:
            return self.words[start].strip()
        text = self.text[self.spans[start][0] : self.spans[end - 1][1]]
        if "\n" in text:
            text = re.sub(r"#[^\n\"]*\n|\\\r?\n", " ", text)
        return " ".join(text.split())


def number(word: str) -> int | str:
    """A decimal or hexadecimal number; an address or a time stays as it is."""
    if word.startswith("0x"):
        return int(word, 16)
    if not word.isdecimal():
        return word
    if len(word) > 20 or (word[0] == "0" and len(word) > 1):
        raise NotUnderstood(word)
    return int(word)

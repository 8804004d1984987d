"""The words of nft's language, with the lines they stand on.

    tcp dport { 22, 80 } accept  # comment

Source: nft(8), and the patterns of nft's own scanner for addresses and names.
"""

from __future__ import annotations

import re

MAX_WRITTEN = 10_000
"""Characters of a file that are looked at to quote a line of it."""

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
    """The words of a file, with their lines and where they stand; the last is "", the end.

    `closing` has the brace that closes the one at a position, where there is one.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.words: list[str] = []
        self.lines: list[int] = []
        self.spans: list[tuple[int, int]] = []
        self.closing: dict[int, int] = {}
        line = 1
        opened: list[int] = []
        for match in _TOKEN.finditer(text):
            word = match[1]
            if word is not None:
                if word == "{":
                    opened.append(len(self.words))
                elif word == "}" and opened:
                    self.closing[opened.pop()] = len(self.words)
                self.words.append(word)
                self.lines.append(line)
                self.spans.append(match.span())
            if word in (None, "\n") or word[0] == '"':
                line += match[0].count("\n")
        self.words.append("")
        self.lines.append(line)
        self.spans.append((len(text), len(text)))

    def written(self, start: int, end: int) -> str:
        """The text of these words in one line, without comments; of very many only the beginning."""
        if start >= end:
            return self.words[start].strip()
        first = self.spans[start][0]
        text = self.text[first : min(self.spans[end - 1][1], first + MAX_WRITTEN)]
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

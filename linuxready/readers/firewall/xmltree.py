"""XML files as a tree with line numbers. A document type, and so every entity, is refused before it is looked at.

<zone><service name="ssh"/></zone>  ->  Element("zone", children=(Element("service", {"name": "ssh"}, line=1),))
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from msgspec import Struct

MAX_DEPTH = 50
"""Elements within elements; the files that we read have four."""


class Malformed(Exception):
    """The file is not what its reader takes; the text says why, with the line."""


class Element(Struct, frozen=True):
    """An element; `text` is its own characters, those of its children left out."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: tuple[Element, ...] = ()

    def __str__(self) -> str:
        """The element as a person would write it, its children left out."""
        # Not by xml.sax.saxutils, which brings urllib in: half as much as all the rest of a run.
        return f"<{' '.join([self.name, *(_assigned(k, v) for k, v in self.attributes.items())])}/>"


def _assigned(name: str, value: str) -> str:
    quoted = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'{name}="{quoted}"'


def parse(content: bytes) -> Element:
    """The root element; raises Malformed."""
    parser = expat.ParserCreate()
    opened: list[tuple[str, dict[str, str], int, list[str], list[Element]]] = [("", {}, 0, [], [])]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(opened) > MAX_DEPTH:
            raise Malformed(f"line {parser.CurrentLineNumber}: more than {MAX_DEPTH} elements within one another")
        opened.append((name, attributes, parser.CurrentLineNumber, [], []))

    def end(_: str) -> None:
        name, attributes, line, text, children = opened.pop()
        opened[-1][4].append(Element(name, attributes, line, "".join(text).strip(), tuple(children)))

    def refuse(*_: Any) -> None:
        raise Malformed(f"line {parser.CurrentLineNumber}: a document type, which is not followed")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    parser.CharacterDataHandler = lambda text: opened[-1][3].append(text)
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Malformed(str(error)) from None
    return opened[0][4][0]

"""The JSON Schemas of what is printed, from the types; `make schema` writes them to docs/."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import msgspec

from linuxready import facts, factsdocument, jsontext, report

DOCS = Path(__file__).parents[1] / "docs"
TYPES: dict[str, Any] = {
    "report.schema.json": report.Report,
    "facts.schema.json": facts.Facts,
    "facts-document.schema.json": factsdocument.FactsDocument,
}


def schema(name: str) -> str:
    """The text of a schema file."""
    document = msgspec.json.schema(TYPES[name])
    for definition in document["$defs"].values():
        if "description" in definition:
            # Python 3.13 takes the indentation off docstrings, 3.11 does not.
            definition["description"] = inspect.cleandoc(definition["description"])
    return jsontext.encode({"$schema": "https://json-schema.org/draft/2020-12/schema", **document})


def main() -> None:
    for name in TYPES:
        (DOCS / name).write_text(schema(name), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The published schemas are the types', and every golden document is held against them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from .golden import HOSTS
from .schemas import DOCS, TYPES, schema


@pytest.mark.parametrize("name", TYPES)
def test_schema_is_fresh(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == schema(name), "`make schema`, and raise SCHEMA if a key changed"


GOLDENS = [
    pytest.param(name, golden, id=f"{golden.parent.name}-{golden.name}")
    for name in TYPES
    for golden in sorted(HOSTS.glob(f"*/{name.replace('.schema', '')}"))
]


@pytest.mark.parametrize("name", TYPES)
def test_there_are_goldens_of_every_document(name: str) -> None:
    assert any(param.values[0] == name for param in GOLDENS)


@pytest.mark.parametrize(("name", "golden"), GOLDENS)
def test_goldens_are_valid(name: str, golden: Path) -> None:
    document = json.loads(golden.read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads((DOCS / name).read_text(encoding="utf-8")))


def test_a_changed_key_is_refused() -> None:
    document = json.loads((HOSTS / "rhel-6.8-ready" / "report.json").read_text(encoding="utf-8"))
    document["verdict"] = "maybe"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8")))

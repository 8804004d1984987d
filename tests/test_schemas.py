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


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
def test_goldens_are_valid(machine: Path, name: str) -> None:
    document = json.loads((machine / name.replace(".schema", "")).read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads((DOCS / name).read_text(encoding="utf-8")))


def test_a_changed_key_is_refused() -> None:
    document = json.loads((HOSTS / "rhel-6.8-ready" / "report.json").read_text(encoding="utf-8"))
    document["verdict"] = "maybe"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8")))

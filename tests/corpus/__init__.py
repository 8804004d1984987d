"""The shared corpora: real cases with an oracle's answer, held against linuxready's own readers."""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def cases(area: str) -> list[Any]:
    """pytest parameters: every case of an area, by its id; one that skips loudly where the folder is absent."""
    file = CORPUS / area / "cases.json"
    if not file.is_file():
        return [pytest.param({}, id="absent", marks=pytest.mark.skip(reason=f"no {file}"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(file.read_text())["cases"]]


@cache
def unpacked(archive: Path, folder: Path) -> Path:
    """An archive's files below a folder of the test run's, links as links."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="fully_trusted")
    return folder

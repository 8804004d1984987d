"""The walk over file names on a tree of 200,000 files: it stays within its bound, and passes nothing it did not see."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linuxready.report import Finding

from .stage import bind, check, finding, folder_in_memory, live

pytestmark = live()

SECONDS = 5
"""For the command as a whole, on a busy machine; the walk itself ends after half a second."""


@pytest.fixture(scope="module")
def large() -> Iterator[Path]:
    """A root whose /etc has 200 folders of 1,000 files."""
    with folder_in_memory() as folder:
        for number in range(200):
            below = folder / "etc" / str(number)
            below.mkdir(parents=True)
            for file in range(1000):
                (below / str(file)).touch()
        yield folder


def walked(root: Path, how: str) -> Finding:
    """The finding of a captured root, or of this machine with that root's /etc."""
    started = time.monotonic()
    if how == "live":
        found = finding("english-paths", setup=[bind(root / "etc", "/etc")])
    else:
        (found,) = check("--root", str(root), "--only", "english-paths").findings
    assert time.monotonic() - started < SECONDS
    return found


@pytest.mark.parametrize("how", ["live", "root"])
def test_a_walk_that_was_cut_is_no_pass(large: Path, how: str) -> None:
    found = walked(large, how)
    assert found.status == "unknown"
    assert found.found.startswith(
        (
            "not all file names were looked at: more than 100,000 names",
            "not all file names were looked at: it took longer than 0.5 s",
        )
    )


@pytest.mark.parametrize("how", ["live", "root"])
def test_what_was_found_until_then_is_told(large: Path, how: str) -> None:
    odd = large / "etc" / "b\u00fcro"
    odd.touch()
    try:
        found = walked(large, how)
    finally:
        odd.unlink()
    assert (found.status, found.found) == ("warn", "at least 1 file with a name not in printable ASCII")
    assert ("file", "/etc/b\u00fcro") in [(seen.source, seen.text) for seen in found.evidence]


def test_a_small_root_passes(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hosts").touch()
    assert walked(tmp_path, "root").status == "pass"

"""mountinfo: the table as findmnt reads it, and the mount that a path walk ends on."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import Mount, UnknownFact
from linuxready.mounttable import parse_mountinfo, parse_mounts
from linuxready.mountwalk import MountTree

from . import CORPUS, cases

FINDMNT_LEAVES_OUT = {"jc-pid-mountinfo": ("/", "no super options on the root's line: the corpus's own walk has it")}
"""Where the two oracles disagree, what findmnt does not show."""


def parsed(case: dict[str, Any]) -> tuple[Mount, ...]:
    path = CORPUS / "mountinfo" / case["inputs"][0]
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    return (parse_mountinfo if path.name == "mountinfo" else parse_mounts)(text)[0]


@pytest.mark.parametrize("case", cases("mountinfo"))
def test_mount_table_agrees_with_findmnt(case: dict[str, Any]) -> None:
    expected = case["expected"]["mounts"]
    left_out = FINDMNT_LEAVES_OUT.get(case["id"], ("",))[0]
    found = [mount for mount in parsed(case) if mount.mount_point != left_out]
    assert [m.mount_point for m in found] == [row["target"] for row in expected]
    assert [m.fs_type for m in found] == [row["fstype"] for row in expected]
    for mount, row in zip(found, expected, strict=True):
        assert (mount.id, mount.parent or None, mount.number) == (row.get("id"), row.get("parent"), row.get("maj:min"))
        source = row["source"]
        if source is not None:
            assert mount.source == source or source == f"{mount.source}[{mount.root}]" or "fsroot" not in row
        if "fsroot" in row:
            assert mount.root == row["fsroot"]


@pytest.mark.parametrize("case", cases("mountinfo"))
def test_covering_mount_agrees_with_the_walk(case: dict[str, Any]) -> None:
    tree = MountTree(parsed(case))
    for path, expected in case["expected"].get("covering", {}).items():
        if expected is None:
            with pytest.raises(UnknownFact):
                tree.covering(path)
        else:
            assert tree.covering(path).id == expected["id"], path

"""xfs_info: crc, ftype and v5 from real texts and superblocks, against xfs_db and the words themselves."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from linuxready.readers.xfs import parse_superblock, parse_xfs_info

from . import CORPUS, cases


@pytest.mark.parametrize("case", cases("xfs_info"))
def test_words_agree_with_the_oracle(case: dict[str, Any]) -> None:
    text = (CORPUS / "xfs_info" / case["inputs"][0]).read_text(errors="surrogateescape")
    features = parse_xfs_info(text, "xfs_info /x")
    expected = case["expected"]
    if expected["crc"] is None and expected["ftype"] is None:
        assert features is None
        return
    assert features is not None
    assert (features.crc, features.ftype) == (bool(expected["crc"]), bool(expected["ftype"]))
    assert bool(features.crc) == expected["v5"]


@pytest.mark.parametrize("case", [c for c in cases("xfs_info") if "superblock" in c.values[0].get("expected", {})])
def test_superblock_agrees_with_xfs_db(case: dict[str, Any]) -> None:
    words = case["expected"]["superblock"]
    sector = bytearray(512)
    sector[:4] = b"XFSB"
    struct.pack_into(">H", sector, 100, int(words["versionnum"], 0))
    struct.pack_into(">I", sector, 200, int(words["features2"], 0))
    struct.pack_into(">II", sector, 212, int(words["features_ro_compat"], 0), int(words["features_incompat"], 0))
    features = parse_superblock(bytes(sector), "/dev/x")
    assert features is not None
    assert {"crc": int(bool(features.crc)), "ftype": int(bool(features.ftype))} == words["derived"]
    by_text = parse_xfs_info((CORPUS / "xfs_info" / case["inputs"][0]).read_text(), "xfs_info /x")
    assert by_text is not None
    assert set(features.v5_features) == set(by_text.v5_features)

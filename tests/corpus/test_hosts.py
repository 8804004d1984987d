"""hosts: our entries give the addresses that real glibc gave for every name, and no name that it did not."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.readers.hosts import parse_hosts
from linuxready.readers.network import shortest

from . import CORPUS, cases


@pytest.mark.parametrize("case", cases("hosts"))
def test_hosts_agree_with_glibc(case: dict[str, Any]) -> None:
    entries, _ = parse_hosts((CORPUS / "hosts" / case["inputs"][0]).read_bytes())
    resolved: dict[str, set[str]] = {}
    for entry in entries:
        for name in entry.names:
            key = name.encode("utf-8", "surrogateescape").decode("latin-1").lower()
            resolved.setdefault(key, set()).add(shortest(entry.address))
    expected = case["expected"]
    assert resolved == {name.lower(): set(addresses) for name, addresses in expected["resolve"].items()}
    assert not set(resolved).intersection(expected["not_resolved"])
    addresses = {shortest(entry.address) for entry in entries}
    for address, answer in expected["reverse"].items():
        assert (shortest(address) in addresses) == (answer is not None), address

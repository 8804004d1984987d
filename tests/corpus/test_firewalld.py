"""firewalld: zones as they are read, against firewall-offline-cmd's own."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.host.captured import RootHost
from linuxready.readers.firewall import firewalld

from . import CORPUS, cases


@pytest.mark.parametrize("case", [c for c in cases("firewall") if c.id.startswith("fwd-") or c.id == "absent"])
def test_zones_agree_with_firewalld(case: dict[str, Any]) -> None:
    config = firewalld.read_config(RootHost(str(CORPUS / "firewall" / case["id"])))
    expected = case["expected"]
    assert config.default_zone == expected["default_zone"]
    assert not config.not_understood
    ours = {place for place in case["inputs"] if "/zones/" in place}
    assert {f"{case['id']}{z.place}" for z in config.zones.values() if z.place.startswith("/etc")} == ours
    for name, wanted in expected["zones"].items():
        zone = config.zones[name]
        assert sorted(item.value for item in zone.services) == sorted(wanted["services"])
        assert [item.value for item in zone.ports] == wanted["ports"]
        assert zone.target == wanted["target"]
        assert [rule.text for rule in zone.rules] == wanted["rich_rules"]
        assert [item.value for item in zone.interfaces] == wanted["interfaces"]
        assert [item.value for item in zone.sources] == wanted["sources"]

"""The role's filters: which packages fit a machine, and what the summary makes of what machines print."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PLACE = Path(__file__).parents[1] / "packaging/ansible/roles/linuxready/filter_plugins/fleet.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fleet_filters", PLACE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fleet = _load()

FILES = (
    "/srv/linuxready_0.1.0_amd64.deb",
    "/srv/linuxready-facts_0.1.0_all.deb",
    "/srv/linuxready-0.1.0-1.x86_64.rpm",
    "/srv/linuxready-facts-0.1.0-1.noarch.rpm",
    "/srv/linuxready-0.1.0-0.sles11.x86_64.rpm",
    "/srv/other_1_all.deb",
)


@pytest.mark.parametrize(
    ("facts", "fit"),
    [
        ({"pkg_mgr": "apt", "distribution": "Debian", "distribution_major_version": "12"}, FILES[:2]),
        ({"pkg_mgr": "dnf", "distribution": "RedHat", "distribution_major_version": "9"}, FILES[2:4]),
        ({"pkg_mgr": "zypper", "distribution": "SLES", "distribution_major_version": "12"}, FILES[2:4]),
        ({"pkg_mgr": "zypper", "distribution": "SLES", "distribution_major_version": "11"}, FILES[4:5]),
    ],
)
def test_each_machine_takes_what_fits(facts: dict[str, str], fit: tuple[str, ...]) -> None:
    chosen = fleet.fitting(FILES, facts)
    assert tuple(package["path"] for package in chosen) == fit
    assert chosen[0]["installed"] == "linuxready 0.1.0 installed"


def printed(verdict: str, status: int, *findings: tuple[str, str], complete: bool = True) -> dict[str, Any]:
    """A host's variables after the role has run there."""
    rows = [{"id": id, "status": said, "level": "required"} for id, said in findings]
    report = {"verdict": verdict, "complete": complete, "findings": rows}
    return ran(status, json.dumps(report))


def ran(status: int, stdout: str, stderr: str = "") -> dict[str, Any]:
    return {"linuxready_seen": {}, "linuxready_checked": {"rc": status, "stdout": stdout, "stderr": stderr}}


def test_the_worst_reasons_come_first() -> None:
    hosts = {
        "a": printed("ready", 0, ("lsof", "pass")),
        "b": printed("not-ready", 1, ("xfs-v5", "fail"), ("lsof", "unknown")),
        "c": printed("not-ready", 1, ("xfs-v5", "fail"), ("hosts-file", "fail")),
        "d": printed("undetermined", 3, ("lsof", "unknown"), ("xfs-v5", "pass")),
        "e": {"linuxready_seen": {"unreachable": True}},
        "f": {},
    }
    assert fleet.summary(hosts, hosts) == [
        "ready (1): a",
        "not ready (2): b, c",
        "  2  xfs-v5",
        "  1  hosts-file",
        "undetermined (1): d",
        "  1  lsof",
        "unreachable (2): e, f",
    ]


@pytest.mark.parametrize(
    "host",
    [
        printed("ready", 1),
        printed("ready", 0, complete=False),
        printed("not-ready", 0, ("lsof", "fail")),
        printed("splendid", 0),
        printed("ready", 0, ("{{ lookup('pipe', 'id') }}", "pass")),
        ran(0, ""),
        ran(0, "ready"),
        ran(0, "[]"),
        ran(0, '{"verdict": "ready", "complete": true}'),
        ran(0, '{"verdict": ["ready"], "complete": true, "findings": []}'),
        ran(4, "", "linuxready: failed"),
        {"linuxready_seen": {}, "linuxready_checked": {"msg": "No such file or directory: b'linuxready'"}},
        {"linuxready_seen": {"failed": True, "msg": "no Python"}},
    ],
)
def test_nothing_but_a_whole_report_is_ready(host: dict[str, Any]) -> None:
    lines = fleet.summary(["a"], {"a": host})
    assert lines[0] == "ready (0): none"
    assert "undetermined (1): a" in lines


def test_what_a_machine_prints_is_harmless() -> None:
    lines = fleet.summary(["a"], {"a": ran(4, "", "\x1b[2J{{ lookup('pipe', 'id') }}\n" + "x" * 999)})
    told = lines[3]
    assert told.isprintable()
    assert "{" not in told
    assert len(told) < 300

"""The machine itself: that it is what the other suites take it for."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

from .scenario import LINUXREADY, Machine, Outcome, Suite, sh

PACKAGED = Path(__file__).parents[3] / "build/tree/x86_64/usr/bin/linuxready"

SUITES = (smoke := Suite("smoke", Machine(scsi=0)),)


@smoke.scenario("the installed command runs, on Debian's kernel")
def installed() -> Outcome:
    version = sh(f"{LINUXREADY} --version")
    return Outcome(version, platform.release(), "linuxready" in version and platform.release().endswith("amd64"))


@smoke.scenario("the packaged command says the same")
def packaged() -> Outcome:
    one, other = told(str(PACKAGED)), told(LINUXREADY)
    differ = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    return Outcome(one["verdict"], f"{other['verdict']}, {len(other)} parts the same", not differ, f"{differ or ''}")


def told(command: str) -> dict[str, Any]:
    """A report, its findings by their ids; without its time, and what may change from one look to the next."""
    report: dict[str, Any] = json.loads(sh(f"{command} check --format json || [ $? = 1 ] || [ $? = 3 ]"))
    del report["collected_at"]
    for finding in report.pop("findings"):
        changes = finding["id"] in ("install-space", "english-paths")  # room; how far an emulated machine came in time
        report[finding["id"]] = finding["status"] if changes else finding
    return report

"""The machine itself: that it is what the other suites take it for."""

from __future__ import annotations

import platform

from .scenario import LINUXREADY, Machine, Outcome, Suite, sh

SUITES = (smoke := Suite("smoke", Machine(scsi=0)),)


@smoke.scenario("the installed command runs, on Debian's kernel")
def installed() -> Outcome:
    version = sh(f"{LINUXREADY} --version")
    return Outcome(version, platform.release(), "linuxready" in version and platform.release().endswith("amd64"))

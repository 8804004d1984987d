"""The running kernel: uname(2), or /proc/sys/kernel/osrelease and /proc/version of a captured root.

/proc/sys/kernel/osrelease:  2.6.32-642.el6.x86_64
/proc/version:               Linux version 2.6.32-642.el6.x86_64 (mockbuild@…) (gcc …) #1 SMP …
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from linuxready.facts import Kernel
from linuxready.host import Host, Unreadable

_ARCHITECTURE = r"[.-](x86_64|amd64|i[3-6]86|aarch64|arm64|ppc64le|ppc64|s390x)$"


MAX_RELEASE = 64
"""Characters of a kernel's release (__NEW_UTS_LEN)."""


def read(host: Host) -> Kernel:
    """Release and machine of the running kernel; raises Unreadable where no record of one is there."""
    release = _first(
        lambda: host.told("kernel_release"),
        lambda: host.text("/proc/sys/kernel/osrelease"),
        lambda: parse_version(host.text("/proc/version")),
    )
    if release is None:
        raise Unreadable("no record of the running kernel (uname, /proc/sys/kernel/osrelease, /proc/version)")
    if len(release) > MAX_RELEASE:
        raise Unreadable(f"the record of the running kernel is no kernel's release: {len(release):,} characters")
    machine = _first(lambda: host.told("machine"), lambda: host.text("/proc/sys/kernel/arch"))
    return Kernel(release, machine or parse_architecture(release))


def parse_version(text: str) -> str | None:
    """The release in /proc/version's line; None where there is none."""
    match = re.match(r"Linux version (\S+)", text)
    return match[1] if match else None


def parse_architecture(release: str) -> str | None:
    """The architecture that distributions write at the end of a kernel's release, as `uname -m` has it."""
    match = re.search(_ARCHITECTURE, release)
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(match[1], match[1]) if match else None


def _first(*asked: Callable[[], str | None]) -> str | None:
    """The first answer that says something."""
    for ask in asked:
        with suppress(Unreadable):
            answer = (ask() or "").strip()
            if answer:
                return answer
    return None

"""What a scenario is, for the modules beside this one: a function that answers, run inside the virtual machine.

Only the standard library: host and machine both import this.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LINUXREADY = str(Path(sys.executable).with_name("linuxready"))
"""The installed command."""

SCENARIO_SECONDS = 120
"""A scenario that takes longer is ended, and fails."""


SECOND_PATH = 64
"""The second path to a SCSI disk is the target so many behind the first."""


@dataclass(frozen=True)
class Outcome:
    """What linuxready answered, what an independent witness says, whether they agree, and why they need not."""

    answer: str
    oracle: str
    agree: bool
    note: str = ""


@dataclass(frozen=True)
class Machine:
    """The virtual machine that a suite boots."""

    scsi: int = 2
    """SCSI disks; each appears when tools.py is asked for it."""
    scsi_twice: tuple[int, ...] = ()
    """The numbers of those that have a second path."""
    virtio: int = 0
    nvme: int = 0
    nics: int = 0
    """Network adapters, eth0 and so on, on one wire with nobody else."""
    disk_mib: int = 400
    modules: tuple[str, ...] = ()
    """Loaded at the start; whatever else the kernel asks for is loaded then."""
    packages: tuple[str, ...] = ()
    """Debian packages to be installed on the host, whose root the machine sees."""
    memory_mib: int = 1536
    seconds: int = 600
    """The whole boot, all scenarios included; then the machine is ended and what is missing has failed."""
    vmware: bool = False
    """Whether DMI says that it is a virtual machine of VMware's."""
    own_root: bool = False
    """Whether the first virtio disk, which `on_host` made at disks/v0, is the root, and its init is started."""
    udev: bool = True
    """Whether systemd-udevd runs; without it there is no /run/udev."""


@dataclass
class Suite:
    """Scenarios that share one boot. Their order is that of their definition."""

    name: str
    machine: Machine = field(default_factory=Machine)
    on_host: Callable[[Path], None] | None = None
    """Called on the host before the boot, with a folder of the suite's own that the machine sees at the same path."""
    scenarios: dict[str, Callable[[], Outcome]] = field(default_factory=dict)

    def scenario(self, name: str) -> Callable[[Callable[[], Outcome]], Callable[[], Outcome]]:
        """Decorates a scenario."""

        def add(function: Callable[[], Outcome]) -> Callable[[], Outcome]:
            assert name not in self.scenarios, name
            self.scenarios[name] = function
            return function

        return add


def sh(script: str, *words: str, seconds: float = 60, check: bool = True) -> str:
    """Run a shell script with `words` as $1, $2…; its standard output. A failure raises with what it complained."""
    started = time.monotonic()
    result = subprocess.run(
        ("bash", "-euc", script, "sh", *words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=seconds,
    )
    print(f"{time.monotonic() - started:6.2f} s {script[:100]!r}", flush=True)
    if check and result.returncode:
        raise RuntimeError(
            f"{shlex.join((script, *words))}: {result.returncode}: {(result.stderr or result.stdout)[-600:]}"
        )
    return result.stdout.strip()


def settle() -> None:
    """Wait until udevd has seen all, where it runs."""
    if os.path.exists("/run/udev/control"):
        sh("udevadm settle --timeout 30", check=False)

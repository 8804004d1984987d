"""Runs inside the virtual machine: one suite, a JSON line for each scenario into /out/results."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from dataclasses import asdict
from types import FrameType

from tests.vm.inside.scenario import SCENARIO_SECONDS, Outcome, Suite, sh
from tests.vm.inside.suites import suites


def main() -> None:
    suite = suites()[sys.argv[1]]
    wanted = sys.argv[2:]
    started = time.monotonic()
    prepare(suite)
    tell("(start)", Outcome("", "", True, f"up {uptime():.0f} s"), time.monotonic() - started)
    for name, run in suite.scenarios.items():
        if not wanted or name in wanted:
            started = time.monotonic()
            print(f"-- {name}", flush=True)
            tell(name, guarded(run), time.monotonic() - started)


def prepare(suite: Suite) -> None:
    """Modules, and udevd where the suite wants it."""
    if suite.machine.modules:
        sh('modprobe -a "$@"', *suite.machine.modules)
    if suite.machine.udev:
        sh("mkdir -p /run/udev; /lib/systemd/systemd-udevd --daemon")
        sh("udevadm trigger -s block; udevadm settle --timeout 60")
    else:
        os.environ["DM_DISABLE_UDEV"] = "1"  # device nodes are then made by libdevmapper


def guarded(run: object) -> Outcome:
    """A scenario's outcome; one that raises or lasts too long disagrees."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"took longer than {SCENARIO_SECONDS} s")

    signal.signal(signal.SIGALRM, end)
    signal.alarm(SCENARIO_SECONDS)
    try:
        assert callable(run)
        outcome = run()
        assert isinstance(outcome, Outcome)
        return outcome
    except Exception as error:  # noqa: BLE001 -- the next scenarios shall run
        traceback.print_exc(file=sys.stdout)
        return Outcome("", "", False, f"{type(error).__name__}: {error}")
    finally:
        signal.alarm(0)


def uptime() -> float:
    with open("/proc/uptime", encoding="ascii") as file:
        return float(file.read().split()[0])


def tell(name: str, outcome: Outcome, seconds: float) -> None:
    line = json.dumps({"scenario": name, **asdict(outcome), "seconds": round(seconds, 1)})
    with open("/out/results", "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


main()

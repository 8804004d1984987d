"""What the machine runs at now: systemd, or the runlevel in utmp (utmp(5), runlevel(8)).

/run/systemd/system                 there where systemd is the init system that runs
/run/systemd/shutdown/scheduled     there while a shutdown is announced
/var/run/utmp                       records of 384 bytes; type 1 is the runlevel, its letter the low byte of ut_pid
"""

from __future__ import annotations

import struct

from linuxready.facts import Evidence, RunLevel
from linuxready.host import Absent, Host, Unreadable

SYSTEMD = "/run/systemd/system"
SCHEDULED = "/run/systemd/shutdown/scheduled"
UTMP = ("/run/utmp", "/var/run/utmp")
RECORD_BYTES = 384
RUN_LVL = 1


def read(host: Host) -> RunLevel:
    """The runlevel; raises Unreadable where neither systemd nor utmp tells."""
    unseen: Unreadable | None = None
    if host.mode(SYSTEMD) is not None:
        try:
            if host.mode(SCHEDULED) is not None:
                return RunLevel("systemd", True, Evidence(SCHEDULED, "a shutdown is announced"))
            return RunLevel("systemd", False, Evidence(SYSTEMD, "systemd runs"))
        except Unreadable as error:
            if host.whole:
                raise
            unseen = error  # then what systemd itself writes to utmp tells
    for path in UTMP:
        try:
            level = parse(host.read(path))
        except Absent:
            continue
        if level is None:
            raise Unreadable(f"{path} has no record of the runlevel")
        if unseen and level not in "06":
            return RunLevel("systemd", False, Evidence(SYSTEMD, "systemd runs"))
        return RunLevel(level, level in "06", Evidence(path, f"runlevel {level}"))
    raise unseen or Unreadable("the runlevel was not seen: neither /run/systemd/system nor utmp is there")


def parse(data: bytes) -> str | None:
    """The last runlevel that utmp has a record of; None where it has none."""
    level = None
    for at in range(0, len(data) - RECORD_BYTES + 1, RECORD_BYTES):
        kind, pid = struct.unpack_from("<h2xi", data, at)
        if kind == RUN_LVL and chr(pid & 0xFF) in "0123456sS":
            level = chr(pid & 0xFF)
    return level

"""Programs that findings and remedies turn on, looked for where package managers put them."""

from __future__ import annotations

from linuxready.facts import Software
from linuxready.host import Host, executable

FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")
PROGRAMS = ("lsof", "yum", "dnf", "zypper", "apt-get", "chkconfig", "update-rc.d", "systemctl")


def read(host: Host) -> Software:
    """The paths at which each program is an executable file; those not found are left out."""
    found = {
        program: tuple(p for folder in FOLDERS if executable(host.mode(p := f"{folder}/{program}")))
        for program in PROGRAMS
    }
    return Software({program: paths for program, paths in found.items() if paths})

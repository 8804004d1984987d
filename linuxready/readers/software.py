"""Programs that findings and remedies turn on, looked for where package managers put them."""

from __future__ import annotations

from linuxready.facts import Software
from linuxready.host import Host, Unreadable, executable

FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")
PROGRAMS = ("lsof", "yum", "dnf", "zypper", "apt-get", "chkconfig", "update-rc.d", "systemctl")


def read(host: Host) -> Software:
    """The paths at which each program is an executable file."""
    programs: dict[str, tuple[str, ...]] = dict.fromkeys(PROGRAMS, ())
    unreadable: dict[str, str] = {}
    for program in PROGRAMS:
        for path in (f"{folder}/{program}" for folder in FOLDERS):
            try:
                if executable(host.mode(path)):
                    programs[program] = (*programs[program], path)
            except Unreadable as error:
                unreadable[program] = str(error)
    return Software(programs, unreadable)

"""Programs that findings and remedies turn on, looked for where package managers put them."""

from __future__ import annotations

from linuxready.facts import Software
from linuxready.host import Host, Unreadable, executable

FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")
PROGRAMS = ("lsof", "yum", "dnf", "zypper", "apt-get", "chkconfig", "update-rc.d", "systemctl")

PYTHONS = ("python3", "python", "python2", "platform-python")
AGENT_PROGRAMS = (
    *"locale vgdisplay dhclient dhcpcd wickedd-dhcp4 dracut mkinitrd update-initramfs".split(),
    *PYTHONS,
)
OTHER_FOLDERS = ("/usr/lib/wicked/bin", "/usr/libexec/wicked/bin", "/usr/libexec")
"""Where SUSE keeps the programs of its network manager, and Red Hat the Python of its own tools."""


def read(host: Host) -> Software:
    """The paths at which each program is an executable file."""
    return _software(host, PROGRAMS, FOLDERS)


def read_agent_programs(host: Host) -> Software:
    """The same of what the Mobility agent's installer asks for."""
    return _software(host, AGENT_PROGRAMS, (*FOLDERS, *OTHER_FOLDERS))


def _software(host: Host, names: tuple[str, ...], folders: tuple[str, ...]) -> Software:
    programs: dict[str, tuple[str, ...]] = dict.fromkeys(names, ())
    unreadable: dict[str, str] = {}
    for program in names:
        for path in (f"{folder}/{program}" for folder in folders):
            try:
                if executable(host.mode(path)):
                    programs[program] = (*programs[program], path)
            except Unreadable as error:
                unreadable.setdefault(program, str(error))
    return Software(programs, unreadable)

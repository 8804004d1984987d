"""VMware Tools or open-vm-tools on a VMware virtual machine; both run vmtoolsd.

/usr/bin/vmtoolsd                               open-vm-tools
/usr/lib/vmware-tools/sbin64/vmtoolsd           VMware's own
/usr/lib/systemd/system/vmtoolsd.service        Red Hat, SUSE; Debian and Ubuntu say open-vm-tools.service
/etc/init.d/vmware-tools                        VMware's own; its packages say vmware-tools-services
"""

from __future__ import annotations

from linuxready.facts import Fact, Service, VmwareTools
from linuxready.host import Host, Unreadable, executable
from linuxready.readers import services, software
from linuxready.readers.platform import read_hardware

PROGRAM = "vmtoolsd"
FOLDERS = (*software.FOLDERS, "/usr/lib/vmware-tools/sbin64", "/usr/lib/vmware-tools/sbin32")
SERVICES = ("vmtoolsd", "open-vm-tools", "vmware-tools", "vmware-tools-services")


def read(host: Host) -> VmwareTools:
    """What is there of VMware Tools; on other machines nobody looks, so that they pay nothing: Unreadable."""
    if not read_hardware(host).is_vmware:
        raise Unreadable("not looked for: no VMware virtual machine")
    return VmwareTools(_programs(host), _running(host), _at_boot(host))


def _programs(host: Host) -> tuple[str, ...]:
    """Where the program is; raises Unreadable where it was not found, and not all places were seen."""
    programs = []
    unseen: Unreadable | None = None
    for path in (f"{folder}/{PROGRAM}" for folder in FOLDERS):
        try:
            if executable(host.mode(path)):
                programs.append(path)
        except Unreadable as error:
            unseen = unseen or error
    if unseen and not programs:
        raise unseen
    return tuple(programs)


def _running(host: Host) -> Fact[bool]:
    try:
        return Fact(value=PROGRAM in host.told("processes"))
    except Unreadable as error:
        return Fact(unknown=str(error))


def _at_boot(host: Host) -> Fact[Service]:
    try:
        return Fact(value=services.starts_at_boot(host, SERVICES))
    except Unreadable as error:
        return Fact(unknown=str(error))

"""VMware Tools."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts, Service
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, command, hint
from linuxready.requirements.boot import SAID, remedies
from linuxready.requirements.software import package_manager

PACKAGED_SINCE = {"rhel": 7, "centos": 7, "oracle": 7, "sles": 12, "debian": 7, "ubuntu": 12}
"""The first major release that has open-vm-tools in its own repositories."""

INSTALL = {
    "dnf": ("dnf install open-vm-tools", "vmtoolsd.service"),
    "yum": ("yum install open-vm-tools", "vmtoolsd.service"),
    "zypper": ("zypper install open-vm-tools", "vmtoolsd.service"),
    "apt-get": ("apt-get install open-vm-tools", "open-vm-tools.service"),
}
"""By package manager: how open-vm-tools are installed, and their unit."""

DMI = "/sys/class/dmi/id/sys_vendor"


class VmwareToolsRun(Requirement, frozen=True, tag="vmware-tools"):
    """On a VMware virtual machine VMware Tools or open-vm-tools are installed and run."""

    reads: ClassVar[tuple[str, ...]] = ("hardware", "vmware_tools", "software", "release")
    explain: ClassVar[str] = """\
A VMware virtual machine is told by DMI's vendor or product; any other machine is skipped, by that name. There vmtoolsd
must be installed and run, as root: the one of a desktop session does not count. open-vm-tools count as VMware Tools.
A captured machine without a list of processes: what is installed and starts at boot warns, since running was not seen;
what is installed and is kept from starting at boot fails; where no service of theirs is known, unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        hardware = facts.hardware.value
        if hardware is None:
            advice = hint("if it is a VMware virtual machine, see `pgrep -x vmtoolsd` on it")
            yield Answer("unknown", str(facts.hardware.unknown), "", (), (advice,))
            return
        vendor = Evidence(DMI, " ".join(filter(None, (hardware.sys_vendor, hardware.product_name))))
        if not hardware.is_vmware:
            yield Answer("skip", f"no VMware virtual machine: {vendor.text or 'DMI names no vendor'}", "", (vendor,))
            return
        tools = facts.vmware_tools.known()
        if not tools.programs:
            nowhere = Evidence("/usr/bin, /usr/sbin, …", "no executable vmtoolsd")
            yield Answer("fail", "VMware Tools are not installed", "", (vendor, nowhere), _install(facts))
            return
        seen: tuple[Evidence, ...] = (vendor, Evidence(tools.programs[0], "executable"))
        service = tools.at_boot.value
        if tools.running.value is not None:
            processes = Evidence("processes", f"vmtoolsd {'runs' if tools.running.value else 'is not among them'}")
            if tools.running.value:
                yield Answer("pass", "vmtoolsd runs", "", (*seen, processes))
            else:
                yield Answer(
                    "fail", "vmtoolsd is installed and does not run", "", (*seen, processes), _start(service, facts)
                )
            return
        service = tools.at_boot.known()
        seen = (*seen, *service.evidence)
        if service.starts_at_boot:
            found = f"{service.unit} starts at boot; whether vmtoolsd runs was not seen"
            yield Answer("warn", found, "", seen, (hint("see `pgrep -x vmtoolsd` on the machine"),))
        elif service.obstacle == "not-installed":
            found = f"vmtoolsd is installed; what starts it is not known ({tools.running.unknown})"
            yield Answer("unknown", found, "", seen, (hint("see `pgrep -x vmtoolsd` on the machine"),))
        else:
            said = SAID[service.obstacle or "disabled"].format(unit=service.unit, boots_to=service.boots_to)
            yield Answer("fail", f"vmtoolsd is installed, but {said}", "", seen, _start(service, facts))


def _install(facts: Facts) -> tuple[Remedy, ...]:
    """By this machine's package manager where its distribution has open-vm-tools, else VMware's own."""
    programs = facts.software.value.programs if facts.software.value else {}
    release = facts.release.value
    major = release.version.partition(".")[0] if release else ""
    packaged = release and major.isdecimal() and int(major) >= PACKAGED_SINCE.get(release.id, int(major))
    if packaged and (manager := package_manager(facts)):
        install, unit = INSTALL[manager]
        start = (command(f"systemctl enable {unit}"), command(f"systemctl start {unit}"))
        return (command(install), *(start if programs.get("systemctl") else ()))
    own = "in vCenter, Guest OS > Install VMware Tools; then mount the CD-ROM and run its vmware-install.pl"
    return (hint(f"install open-vm-tools, or VMware's own: {own}"),)


def _start(service: Service | None, facts: Facts) -> tuple[Remedy, ...]:
    """What lets vmtoolsd start at boot, where it does not, and what starts it now."""
    if service is None or service.obstacle == "not-installed":
        return (hint("start VMware Tools, as with `/etc/init.d/vmware-tools start`, and let them start at boot"),)
    starts = {"systemd": f"systemctl start {service.unit}", "upstart": f"start {service.unit}"}
    start = command(starts.get(service.init, f"/etc/init.d/{service.unit} start"))
    return (start,) if service.starts_at_boot else (*remedies(service, facts), start)

"""vmware-tools: what was seen of vmtoolsd, and how it is installed or started here."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import Evidence, Fact, Facts, Hardware, Release, Service, Software, VmwareTools

from ..machines import facts, finding

GUEST = Hardware("VMware, Inc.", "VMware Virtual Platform")
SEEN = (Evidence("/etc/x", "y"),)
APT = "apt-get install open-vm-tools"
NOT_SEEN: Fact[Any] = Fact(unknown="no processes")


def service(obstacle: str | None = None, init: str = "systemd", unit: str = "vmtoolsd.service") -> Fact[Service]:
    return Fact(value=Service(obstacle is None, init, "multi-user.target", unit, obstacle, SEEN))


def tools(running: bool | None, at_boot: Fact[Service], *programs: str) -> VmwareTools:
    seen: Fact[bool] = NOT_SEEN if running is None else Fact(value=running)
    return VmwareTools(programs or ("/usr/bin/vmtoolsd",), seen, at_boot)


def machine(found: VmwareTools, release: str = "rhel 7.2", programs: str = "systemctl yum") -> Facts:
    name, version = release.split()
    return facts(
        hardware=GUEST,
        vmware_tools=found,
        release=Release(name, name, version, version, "/etc/x", ""),
        software=Software({name: (f"/usr/bin/{name}",) for name in programs.split()}, {}),
    )


@pytest.mark.parametrize(
    ("running", "at_boot", "status", "said"),
    [
        (True, service(), "pass", "vmtoolsd runs"),
        (True, NOT_SEEN, "pass", "vmtoolsd runs"),
        (False, service(), "fail", "vmtoolsd is installed and does not run"),
        (False, NOT_SEEN, "fail", "vmtoolsd is installed and does not run"),
        (None, service(), "warn", "vmtoolsd.service starts at boot; whether vmtoolsd runs was not seen"),
        (None, service("disabled"), "fail", "vmtoolsd.service does not start at boot (multi-user.target)"),
        (None, service("masked"), "fail", "vmtoolsd is installed, but vmtoolsd.service is masked"),
        (None, service("not-installed"), "unknown", "what starts it is not known (no processes)"),
        (None, Fact(unknown="no init system found"), "unknown", "no init system found"),
    ],
)
def test_installed_tools(running: bool | None, at_boot: Fact[Service], status: str, said: str) -> None:
    found = finding(machine(tools(running, at_boot)), "vmware-tools")
    assert found.status == status
    assert said in found.found


def test_tools_that_are_not_there_fail_whatever_runs() -> None:
    missing = VmwareTools((), Fact(value=True), service())
    found = finding(machine(missing), "vmware-tools")
    assert (found.status, found.found) == ("fail", "VMware Tools are not installed")


@pytest.mark.parametrize(
    ("hardware", "said"),
    [
        (Hardware("HP", "ProLiant DL380 G7"), "no VMware virtual machine: HP ProLiant DL380 G7"),
        (Hardware("QEMU", ""), "no VMware virtual machine: QEMU"),
        (Hardware("", ""), "no VMware virtual machine: DMI names no vendor"),
    ],
)
def test_other_machines_are_skipped_by_their_name(hardware: Hardware, said: str) -> None:
    found = finding(facts(hardware=hardware), "vmware-tools")
    assert (found.status, found.found) == ("skip", said)


def test_a_machine_that_was_not_seen_is_unknown() -> None:
    found = finding(facts(), "vmware-tools")
    assert (found.status, found.found) == ("unknown", "nobody looked")
    assert found.remedies


@pytest.mark.parametrize(
    ("release", "programs", "commands"),
    [
        ("rhel 7.2", "systemctl yum", ["yum install open-vm-tools", "systemctl enable vmtoolsd.service"]),
        ("rocky 9.4", "systemctl dnf yum", ["dnf install open-vm-tools", "systemctl enable vmtoolsd.service"]),
        ("sles 12.1", "systemctl zypper", ["zypper install open-vm-tools", "systemctl enable vmtoolsd.service"]),
        ("debian 12.7", "systemctl apt-get", [APT, "systemctl enable open-vm-tools.service"]),
        ("ubuntu 14.04", "apt-get", [APT]),
        ("rhel 6.8", "yum", []),
        ("sles 11.4", "zypper", []),
    ],
)  # fmt: skip
def test_how_they_are_installed(release: str, programs: str, commands: list[str]) -> None:
    """RHEL 6 and SLES 11 have no open-vm-tools of their own."""
    missing = VmwareTools((), Fact(value=False), service("not-installed"))
    found = finding(machine(missing, release, programs), "vmware-tools")
    assert [remedy.text for remedy in found.remedies if remedy.kind == "command"][:2] == commands
    assert commands or "vmware-install.pl" in found.remedies[0].text


@pytest.mark.parametrize(
    ("at_boot", "texts"),
    [
        (service(), ["systemctl start vmtoolsd.service"]),
        (service("disabled"), ["systemctl enable vmtoolsd.service", "systemctl start vmtoolsd.service"]),
        (service(None, "sysv", "vmware-tools"), ["/etc/init.d/vmware-tools start"]),
        (service(None, "upstart", "vmware-tools"), ["start vmware-tools"]),
        (service("not-installed"), ["start VMware Tools, as with `/etc/init.d/vmware-tools start`"]),
    ],
)
def test_how_they_are_started(at_boot: Fact[Service], texts: list[str]) -> None:
    found = finding(machine(tools(False, at_boot)), "vmware-tools")
    assert [remedy.text.partition(",")[0] for remedy in found.remedies] == [text.partition(",")[0] for text in texts]

"""What the agent's installer asks of the running system: remedies by distribution."""

from __future__ import annotations

import pytest

from linuxready.facts import Release, Software

from ..machines import facts, finding_by, requirement


@pytest.mark.parametrize(
    ("distribution", "version", "manager", "package"),
    [
        ("rhel", "5.11", "yum", "dhclient"),
        ("centos", "6.10", "yum", "dhclient"),
        ("oracle", "7.9", "yum", "dhclient"),
        ("rhel", "8.10", "dnf", "dhcp-client"),
        ("rocky", "9.4", "dnf", "dhcp-client"),
        ("sles", "11.4", "zypper", "dhcpcd"),
        ("sles", "12.5", "zypper", "dhcp-client"),
        ("sles", "15.5", "zypper", "wicked"),
        ("ubuntu", "22.04", "apt-get", "isc-dhcp-client"),
        ("debian", "12.5", "apt-get", "isc-dhcp-client"),
    ],
)
def test_the_package_of_the_dhcp_client(distribution: str, version: str, manager: str, package: str) -> None:
    release = Release(distribution, distribution, version, version, "/etc/os-release", "")
    programs = Software(dict.fromkeys(("dhclient", "dhcpcd", "wickedd-dhcp4"), ()), {})
    there = Software({manager: (f"/usr/bin/{manager}",)}, {})
    known = facts(release=release, agent_programs=programs, software=there)
    found = finding_by(requirement("dhcp-client", "vmware-2026"), known)
    assert (found.status, found.remedies[0].text) == ("warn", f"{manager} install {package}")

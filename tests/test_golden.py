"""Whole machines: facts, report and table of every recording are what they were, and what its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from linuxready.profile import DEFAULT, load, shipped

from .golden import HOSTS, collected, outputs, profile_of
from .machines import report

NOT_IN_FILES = dict.fromkeys(
    "architecture kernel hosts-file english-names vmware-tools disk-size disk-count install-space".split(), "unknown"
)
"""What no mounted disk image tells."""

NOT_OK = {
    "rhel-6.8-ready": {},
    "rhel-7.2-ready": {},
    "centos-7.2-no-lsof": {"lsof": "fail"},
    "centos-7.3-not-listed": {"distribution": "fail"},
    "oracle-6.5-uek3": {},
    "oracle-6.5-uek2": {"kernel": "fail"},
    "sles-11-sp3": {},
    "sles-11-sp4": {},
    "ubuntu-14.04-upstart": {"distribution": "fail"},
    "ubuntu-24.04-ssh-socket": {"distribution": "fail", "hosts-file": "fail", "english-paths": "warn"},
    "debian-12-127.0.1.1": {"distribution": "fail", "hosts-file": "fail", "english-paths": "warn"},
    "rhel-7-var-on-second-disk": {"os-disk": "fail"},
    "rhel-7-xfs-v4-ftype": {"xfs-v5": "fail"},
    "rhel-7-xfs-v5": {"xfs-v5": "fail"},
    "centos-6-lvm-multipath": {},
    "not-root": {"ssh-firewall": "unknown", "xfs-v5": "unknown", "english-paths": "unknown"},
    "bond-vlan-docker": {"hosts-file": "warn"},
    "truncated": {
        "hosts-file": "fail",
        **dict.fromkeys(
            "distribution kernel os-disk xfs-v5 lsof english-names disk-size disk-count".split(), "unknown"
        ),
    },
    "rhel-7.2-half-captured": {
        **dict.fromkeys(
            "hosts-file english-names english-paths vmware-tools machine-name install-space".split(), "unknown"
        ),
    },
    "sles-11-smart-array": {},
    "rhel-7.2-physical": {},
    "centos-7.2-tools-not-seen": {"vmware-tools": "warn"},
    "rhel-7.2-tools-stopped": {"vmware-tools": "fail", "machine-name": "warn", "install-space": "fail"},
    # By a profile of its own, with waivers.
    "rhel-7.2-waived": {"vmware-tools": "waived", "install-space": "fail", "machine-name": "warn"},
    "rhel-7.2-odd-names": {"english-names": "fail", "english-paths": "warn", "machine-name": "warn"},
    "rhel-7.2-66-disks": {"disk-count": "fail", "disk-size": "fail", "machine-name": "warn"},
    "rhel-6-ssh-refused": {"ssh-firewall": "fail"},
    "rhel-7-firewalld-other-port": {"ssh-firewall": "fail"},
    "ssh-from-management-net": {"ssh-firewall": "warn"},
    "firewall-differs-at-boot": {"ssh-firewall": "fail"},
    "ipv6-shut": {"ssh-firewall": "warn"},
    "multi-port-sshd": {"ssh-firewall": "warn"},
    "iptables-nft-with-xt": {"distribution": "fail", "english-paths": "warn"},
    "both-backends": {"distribution": "fail", "english-paths": "warn", "ssh-firewall": "fail"},
    "firewall-unknown": {"distribution": "fail", "english-paths": "warn", "ssh-firewall": "unknown"},
    # Mounted disk images: root/ and nothing else.
    "image-rhel-6-lvm": NOT_IN_FILES,
    "image-sles-11-var-on-second-disk": NOT_IN_FILES | {"os-disk": "fail"},
    # By vmware-2026 or hyperv-2026, as their file `profile` says.
    "boot-in-trouble": {
        **dict.fromkeys("fstab-devices dhcp-client python hosts-file machine-name ssh-at-boot".split(), "warn"),
        **dict.fromkeys(
            "architecture kernel-modules hyperv-drivers root-filesystem boot-filesystem boot-mounted lvm-tools "
            "free-space writable-directories acpi c-locale host-name-set run-level unique-names".split(),
            "fail",
        ),
    },
    "boot-on-lvm-one-disk": {},
    "boot-on-lvm-two-disks": {"system-on-one-disk": "warn", "boot-disk": "fail", "boot-lvm": "fail"},
    "centos-6.10-initramfs-with-hyperv": {"distribution": "warn"},
    "centos-6.10-initramfs-without-hyperv": {"distribution": "warn", "hyperv-drivers": "fail"},
    "debian-11-ready": {},
    "debian-12-today": {},
    "debian-9-ready": {},
    "debian-9.0-refused": {"distribution": "fail"},
    "disk-of-32-tib": {"disk-size": "fail"},
    "diskless": {
        "network-kinds": "warn",
        "system-on-one-disk": "unknown",
        "free-space": "unknown",
        "disk-count": "unknown",
        **dict.fromkeys("root-filesystem boot-filesystem system-disk boot-disk grub-devices".split(), "fail"),
    },
    "grub-plain-device": {"fstab-devices": "warn", "grub-devices": "fail"},
    "hyperv-generation-2": {},
    "hyperv-in-trouble": {
        "network-kinds": "warn",
        **dict.fromkeys("secure-boot disk-sectors storage-kinds hyperv-drivers".split(), "fail"),
    },
    "hyperv-system-on-lvm": {"os-disk-lvm": "warn"},
    "image-rhel-7-lvm": dict.fromkeys(
        "architecture kernel kernel-modules hyperv-drivers secure-boot free-space run-level disk-size disk-count "
        "disk-sectors storage-kinds unique-names network-kinds hosts-file vmware-tools boot-mounted boot-disk boot-lvm "
        "system-on-one-disk writable-directories".split(),
        "unknown",
    ),
    "luks": {"storage-kinds": "fail"},
    "missing-rd-lvm-lv": {"grub-devices": "fail"},
    "multipath-physical": {"storage-kinds": "fail"},
    "oracle-8-uek7": {},
    "rhel-10.0": {"dhcp-client": "warn"},
    "rhel-7.9-hostonly-initramfs": {"hyperv-drivers": "warn"},
    "rhel-8.4-above-floor": {},
    "rhel-8.4-below-floor": {"kernel": "fail"},
    "rhel-9.4-efivars-unreadable": {"secure-boot": "unknown"},
    "rhel-9.4-secure-boot-off": {},
    "rhel-9.4-secure-boot-on": {"secure-boot": "fail"},
    "rocky-9": {},
    "sectors-of-4k": {"disk-sectors": "fail"},
    "sles-12-sp5": {},
    "sles-15-sp5-azure": {},
    "sles-15-sp5-azure-not-listed": {"kernel": "fail"},
    "sles-15-sp5-default": {"hyperv-drivers": "warn"},
    "storage-in-trouble": {
        "system-on-one-disk": "warn",
        "network-kinds": "warn",
        "hosts-file": "warn",
        "boot-filesystem": "fail",
        "boot-disk": "fail",
        "storage-kinds": "fail",
    },
    "ubuntu-14.04-today": {},
    "ubuntu-16.04-ready": {},
    "ubuntu-20.04-lz4": {},
    "ubuntu-22.04-page-only": {"kernel": "warn"},
    "ubuntu-24.04-next-kernel": {"kernel": "warn", "dhcp-client": "warn"},
}
"""What is not OK on each machine; written by hand, so that a refreshed golden cannot hide a change of it."""

NOT_RECORDED_THEN = {
    **dict.fromkeys("hyperv-drivers free-space run-level disk-sectors".split(), "unknown"),
    **dict.fromkeys("kernel-modules lvm-tools c-locale".split(), "fail"),
    **dict.fromkeys("dhcp-client python".split(), "warn"),
}
"""What today's requirements find missing in recordings that were made for those of 2017."""


@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
def test_outputs_are_the_golden_ones(machine: Path) -> None:
    for name, text in outputs(machine).items():
        assert text == (machine / name).read_text(encoding="utf-8"), f"{name}: `make golden`, then read the diff"


@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
def test_findings_are_those_the_name_says(machine: Path) -> None:
    facts = collected(machine)
    judged = report(facts, profile_of(machine))
    assert {f.id: f.status for f in judged.findings if f.status not in ("pass", "skip", "manual")} == NOT_OK[
        machine.name
    ]
    assert "linuxready failed in" not in repr(facts)
    for finding in judged.findings:
        assert finding.evidence or finding.status in ("skip", "unknown"), finding.id
        assert finding.remedies or finding.status in ("pass", "skip", "manual"), finding.id


@pytest.mark.parametrize(
    ("machine", "profile", "not_ok"),
    [
        ("sles-11-smart-array", "vmm-site-2017", {"storage-kinds": "fail"}),
        ("rhel-7.2-physical", "hyperv-2017", {"generation": "fail"}),
        ("rhel-7.2-half-captured", "hyperv-2017", {"generation": "unknown", "machine-name": "unknown"}),
        ("rhel-7.2-66-disks", "vmware-2026", NOT_RECORDED_THEN | {"disk-count": "fail", "machine-name": "warn"}),
        ("rhel-7.2-66-disks", "vmm-2017", {"disk-size": "fail", "disk-count": "fail", "machine-name": "warn"}),
    ],
)
def test_findings_by_the_other_profiles(machine: str, profile: str, not_ok: dict[str, str]) -> None:
    judged = report(collected(HOSTS / machine), profile)
    assert {f.id: f.status for f in judged.findings if f.status not in ("pass", "skip", "manual")} == not_ok


ALLOW = "INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT"


@pytest.mark.parametrize(
    ("machine", "found", "remedy"),
    [
        ("oracle-6.5-uek3", "port 22: accepted now and after the next boot", None),
        ("rhel-6-ssh-refused", "port 22: rejected (now and after the next boot)", f"iptables -I {ALLOW}"),
        (
            "rhel-7-firewalld-other-port",
            "port 2222: rejected (now and after the next boot)",
            "firewall-cmd --permanent --zone=public --add-port=2222/tcp && firewall-cmd --reload",
        ),
        (
            "firewall-differs-at-boot",
            "port 22: rejected (after the next boot)",
            f"in /etc/sysconfig/iptables, put before that rule: -A {ALLOW}",
        ),
        ("both-backends", "port 22: dropped (now)", f"iptables-legacy -I {ALLOW}"),
    ],
)
def test_what_is_said_of_a_firewall(machine: str, found: str, remedy: str | None) -> None:
    facts = collected(HOSTS / machine)
    (judged,) = (finding for finding in report(facts).findings if finding.id == "ssh-firewall")
    assert judged.found == found
    assert next((r.text for r in judged.remedies), None) == remedy


@pytest.mark.parametrize("machine", sorted(HOSTS.iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("profile", [name for name in shipped() if name != DEFAULT])
def test_every_other_profile_judges_every_machine(profile: str, machine: Path) -> None:
    """What it says is in no golden; that it shows what it saw and what to do is held here."""
    for finding in report(collected(machine), profile).findings:
        assert finding.evidence or finding.status in ("skip", "unknown"), finding.id
        assert finding.remedies or finding.status in ("pass", "skip", "manual"), finding.id


@pytest.mark.parametrize("profile", ["vmware-2026", "hyperv-2026"])
def test_every_requirement_of_today_is_met_and_not_met_by_some_machine(profile: str) -> None:
    seen: dict[str, set[str]] = {}
    for machine in sorted(HOSTS.iterdir()):
        for finding in report(collected(machine), profile).findings:
            seen.setdefault(finding.id, set()).add(finding.status)
    for requirement in load(profile).requirement:
        bad = {"required": "fail", "advised": "warn", "manual": "manual"}[requirement.level]
        good = "manual" if requirement.level == "manual" else "pass"
        assert {good, bad} <= seen[requirement.id] or (profile, requirement.id) in MET_EVERYWHERE, requirement.id


MET_EVERYWHERE = {("hyperv-2026", "generation")}
"""Hyper-V has generations 1 and 2, and today both are taken."""

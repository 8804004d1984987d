"""The report says which other profile is newer, or for machines such as this one."""

from __future__ import annotations

import pytest

from linuxready.facts import Hardware

from .machines import facts, report

VMWARE, HYPERV, PHYSICAL = (
    Hardware("VMware, Inc.", "VMware Virtual Platform"),
    Hardware("Microsoft Corporation", "Virtual Machine"),
    Hardware("HPE", "ProLiant DL380 Gen10"),
)
NEWER = "{0}: newer (check --profile {0})"


@pytest.mark.parametrize(
    ("profile", "hardware", "better"),
    [
        ("vmware-2017", VMWARE, NEWER.format("vmware-2026")),
        ("vmware-2017", PHYSICAL, NEWER.format("vmware-2026")),
        ("vmware-2017", None, NEWER.format("vmware-2026")),
        ("vmware-2017", HYPERV, "hyperv-2026: this is a Hyper-V VM (check --profile hyperv-2026)"),
        ("vmware-2026", VMWARE, ""),
        ("vmware-2026", HYPERV, "hyperv-2026: this is a Hyper-V VM (check --profile hyperv-2026)"),
        ("hyperv-2017", HYPERV, NEWER.format("hyperv-2026")),
        ("hyperv-2017", PHYSICAL, NEWER.format("hyperv-2026")),
        ("hyperv-2026", VMWARE, "vmware-2026: this is a VMware VM (check --profile vmware-2026)"),
        ("vmm-2017", HYPERV, ""),
        ("vmm-site-2017", VMWARE, "vmware-2026: this is a VMware VM (check --profile vmware-2026)"),
    ],
)
def test_which_profile_is_better(profile: str, hardware: Hardware | None, better: str) -> None:
    known = facts(hardware=hardware) if hardware else facts()
    assert report(known, profile).profile.better == better

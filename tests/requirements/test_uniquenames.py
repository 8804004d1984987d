"""unique-names: letter case does not tell names apart."""

from __future__ import annotations

import pytest

from linuxready.facts import BlockDevice, Fact, Facts, Mount, RejectedLine
from linuxready.report import Finding

from ..machines import facts, finding_by, requirement


def of(points: str = "/ /boot", volumes: str = "vg-root", **known: object) -> Facts:
    mounts = tuple(Mount(p, "ext4", "/dev/sda1", "/", "rw", n, "8:1", 20 + n, 1) for n, p in enumerate(points.split()))
    devices = tuple(
        BlockDevice(f"dm-{n}", f"253:{n}", "lvm", ("sda",), 2**30, removable=False, dm_name=name)
        for n, name in enumerate(volumes.split())
    )
    return facts(**{"mounts": mounts, "block_devices": devices} | known)


def found(known: Facts) -> Finding:
    return finding_by(requirement("unique-names", "vmware-2026"), known)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (of("/ /Data /data"), "/Data and /data"),
        (of(volumes="vg-Data vg-data"), "vg-Data and vg-data"),
        (of("/ /STRASSE /straße"), "/STRASSE and /stra\\xc3\\x9fe"),
        (of("/ /a /A /b"), "/A and /a"),
    ],
)
def test_names_that_differ_by_case_only_fail(known: Facts, said: str) -> None:
    assert (found(known).status, found(known).found) == ("fail", f"{said} differ by letter case only")


@pytest.mark.parametrize("known", [of(), of("/ /data /data"), of("/ /data /data2"), of("/ /Data", "vg-data")])
def test_others_pass(known: Facts) -> None:
    assert found(known).status == "pass"


def test_what_was_not_seen_passes_nothing_and_hides_nothing() -> None:
    assert found(of(mounts=Fact(unknown="no mount table"))).found == "no mount table"
    assert found(of(mounts_rejected=(RejectedLine(7, "broken"),))).status == "unknown"
    assert found(of(volumes="A a", mounts_rejected=(RejectedLine(7, "broken"),))).status == "fail"

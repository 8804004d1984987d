"""disk-sectors: the logical sector decides."""

from __future__ import annotations

import pytest

from linuxready.facts import BlockDevice, DiskDetails, Fact, Facts
from linuxready.report import Finding

from ..machines import facts, finding_by, requirement


def of(*details: DiskDetails, devices: tuple[BlockDevice, ...] = ()) -> Facts:
    return facts(disk_details=details, block_devices=devices)


def found(known: Facts) -> Finding:
    return finding_by(requirement("disk-sectors", "vmware-2026"), known)


@pytest.mark.parametrize(
    ("logical", "physical", "status"),
    [(512, 512, "pass"), (512, 4096, "pass"), (512, None, "pass"), (4096, 4096, "fail"), (520, 520, "fail")],
)
def test_the_logical_sector_decides(logical: int, physical: int | None, status: str) -> None:
    said = found(of(DiskDetails("sda", logical, physical, iscsi=False)))
    assert (said.status, said.found) == (status, f"sda: sectors of {logical} bytes")


def test_one_disk_is_enough_to_fail_and_one_silent_one_to_be_unknown() -> None:
    good, silent, large = (DiskDetails(f"sd{n}", n, None, iscsi=False) for n in (512, None, 4096))
    assert found(of(good, silent)).status == "unknown"
    assert found(of(good, silent, large)).status == "fail"


@pytest.mark.parametrize(("size", "removable"), [(0, False), (2**30, True)])
def test_an_empty_or_removable_one_does_not_count(size: int, removable: bool) -> None:
    details = (DiskDetails("sda", 512, 512, iscsi=False), DiskDetails("sdb", 4096, 4096, iscsi=False))
    devices = (BlockDevice("sdb", "8:16", "disk", (), size, removable),)
    assert found(of(*details, devices=devices)).found == "sda: sectors of 512 bytes"
    assert found(of(details[1], devices=devices)).status == "unknown"


def test_no_disk_and_no_answer_are_unknown() -> None:
    assert (found(of()).status, found(of()).found) == ("unknown", "no disk was seen")
    assert found(facts(disk_details=Fact(unknown="no /sys"))).found == "no /sys"


def test_a_name_with_a_slash_is_looked_up_as_sysfs_writes_it() -> None:
    said = found(of(DiskDetails("cciss/c0d0", 4096, 4096, iscsi=False)))
    assert said.evidence[0].source == "/sys/class/block/cciss!c0d0/queue"

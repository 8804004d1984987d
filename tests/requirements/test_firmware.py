"""generation."""

from __future__ import annotations

import pytest

from linuxready.facts import Evidence, Fact
from linuxready.report import Finding

from ..machines import facts, finding_by, requirement


def generation(firmware: str | Fact[str], listed: tuple[int, ...] = (1,)) -> Finding:
    return finding_by(requirement("generation", "hyperv-2017", generations=listed), facts(firmware=firmware))


@pytest.mark.parametrize(
    ("firmware", "listed", "status", "found", "seen"),
    [
        ("bios", (1,), "pass", "generation 1 (bios)", "not there"),
        ("efi", (1,), "fail", "generation 2 (efi)", "there"),
        ("efi", (1, 2), "pass", "generation 2 (efi)", "there"),
        ("bios", (2,), "fail", "generation 1 (bios)", "not there"),
    ],
)
def test_the_generation_is_told_by_the_firmware(
    firmware: str, listed: tuple[int, ...], status: str, found: str, seen: str
) -> None:
    told = generation(firmware, listed)
    assert (told.status, told.found) == (status, found)
    assert told.evidence == (Evidence("/sys/firmware/efi", seen),)
    assert bool(told.remedies) == (status == "fail")


@pytest.mark.parametrize("firmware", [Fact(unknown="no /sys/firmware"), "openfirmware"])
def test_what_was_not_seen_is_unknown(firmware: str | Fact[str]) -> None:
    told = generation(firmware)
    assert told.status == "unknown"
    assert told.remedies

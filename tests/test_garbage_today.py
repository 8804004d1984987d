"""Garbage in what today's requirements read: no reader fails, and nothing passes by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from linuxready.facts import Facts

from .golden import HOSTS, profile_of
from .machines import report
from .test_garbage import seen, spoilt

pytestmark = pytest.mark.thorough

MACHINES = ("rhel-9.4-secure-boot-off", "centos-6.10-initramfs-with-hyperv", "ubuntu-24.04-next-kernel", "sles-12-sp5")
GARBAGE = (b"", b"\0", b"\xff\xfe garbage \n" * 9, b"{}\n", b"-1\n", b"99999999999999999999\n", b"070701" + b"f" * 200)


def statuses(facts: Facts, machine: str) -> dict[str, str]:
    assert "linuxready failed" not in repr(facts)
    judged = report(facts, profile_of(Path(HOSTS, machine)))
    assert "linuxready failed" not in repr(judged)
    return {finding.id: finding.status for finding in judged.findings}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("garbage", GARBAGE, ids=repr)
def test_garbage_everywhere_does_no_harm(machine: str, garbage: bytes) -> None:
    with spoilt(machine, lambda path, content: garbage) as facts:
        found = statuses(facts, machine)
    assert found["distribution"] != "pass"
    assert found["disk-sectors"] != "pass"


NEEDED = {
    ("rhel-9.4-secure-boot-off", "efivars/SecureBoot"): "secure-boot",
    ("rhel-9.4-secure-boot-off", "modules.dep"): "hyperv-drivers",
    ("rhel-9.4-secure-boot-off", "logical_block_size"): "disk-sectors",
    ("rhel-9.4-secure-boot-off", "self/mountinfo"): "root-filesystem",
    ("centos-6.10-initramfs-with-hyperv", "/run/utmp"): "run-level",
    ("centos-6.10-initramfs-with-hyperv", "/self/mountinfo"): "writable-directories",
}
"""A file by the machine and the end of its path, and the requirement that cannot pass without it."""


@pytest.mark.parametrize(("machine", "path"), NEEDED)
@pytest.mark.parametrize("garbage", GARBAGE, ids=repr)
def test_garbage_in_a_needed_file_is_never_a_pass(machine: str, path: str, garbage: bytes) -> None:
    assert any(path in name for name in seen(machine)), path
    with spoilt(machine, lambda name, content: garbage if path in name else content) as facts:
        assert statuses(facts, machine)[NEEDED[machine, path]] != "pass"

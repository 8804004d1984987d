"""What the tests of the consumers share: the packages, Debian with the consumers, Ansible's versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.conftest import PACKAGES, Packages

from . import programs


@pytest.fixture(scope="session")
def packages() -> Packages:
    """What `make packages` has built."""
    assert (PACKAGES / "SHA256SUMS").exists(), "make packages"
    return Packages(PACKAGES)


@pytest.fixture(scope="session")
def debian() -> Path:
    """The base of a machine that has all consumers but Ansible, and Python for that."""
    return programs.debian(programs.FAST)

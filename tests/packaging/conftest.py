"""The packages that the tests install: those of `make packages`, and an older build of the same tree."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[2]
BUILD = PROJECT / "packaging/build"
PACKAGES = PROJECT / "build/packages"
OLDER = "0.0.1"
FAST = "1"


class Packages(NamedTuple):
    """A folder that packaging/build has filled, and what is in it."""

    folder: Path

    @property
    def deb(self) -> Path:
        return self._one("linuxready_*.deb")

    @property
    def facts_deb(self) -> Path:
        return self._one("linuxready-facts_*.deb")

    @property
    def facts_rpms(self) -> tuple[Path, Path]:
        """Both flavours of linuxready-facts."""
        return self._one("linuxready-facts-*-1.noarch.rpm"), self._one("linuxready-facts-*.sles11.noarch.rpm")

    @property
    def rpm(self) -> Path:
        """For EL6 and later."""
        return self._one("*-1.x86_64.rpm")

    @property
    def sles11(self) -> Path:
        return self._one("*.sles11.x86_64.rpm")

    def _one(self, pattern: str) -> Path:
        (found,) = self.folder.glob(pattern)
        return found


@pytest.fixture(scope="session")
def packages() -> Packages:
    """What `make packages` has built."""
    assert (PACKAGES / "SHA256SUMS").exists(), "make packages"
    return Packages(PACKAGES)


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """The same tree under an older version."""
    return build(tmp_path_factory.mktemp("older"), OLDER, FAST)


def build(folder: Path, *words: str) -> Packages:
    """Build the packages into a folder; `words` are a version and a level of compression."""
    result = subprocess.run((BUILD, folder, *words), capture_output=True, text=True, timeout=1800)
    assert result.returncode == 0, result.stderr
    return Packages(folder)

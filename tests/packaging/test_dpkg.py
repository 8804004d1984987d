"""The deb in real roots: this machine's and each Debian release's; dpkg and apt."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import linuxready

from .conftest import OLDER, Packages
from .roots import HERE, INCLUDED, NOBODY, PLACE, Root, debian, root

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="installs packages: run as root")]

INSTALLED = ("dpkg-query", "-W", "-f", "${Version}", "linuxready")
CONFIG = "/etc/linuxready/config.toml"
REPORT = "/var/lib/linuxready/report.json"
NOT_OURS = ("/var/lib/dpkg", "/var/cache", "/var/log", "/tmp", "/proc", "/sys", "/dev")
"""Where dpkg keeps what happened, and what is another file system."""


@pytest.fixture(params=["here", *INCLUDED])
def machine(request: pytest.FixtureRequest) -> Iterator[Root]:
    """Where a deb is installed."""
    with root(HERE if request.param == "here" else debian(request.param)) as made:
        yield made


def version(deb: Path) -> str:
    return subprocess.run(("dpkg-deb", "-f", deb, "Version"), capture_output=True, text=True, check=True).stdout.strip()


def test_a_life(machine: Root, packages: Packages, older: Packages) -> None:
    """Installed, used, upgraded with an edited configuration, removed, purged."""
    machine.run("dpkg", "--install", machine.bring(older.deb))
    assert (
        machine.run("dpkg-query", "-W", "-f", "${Version} ${Status}", "linuxready") == f"{OLDER} install ok installed"
    )

    edited = machine.path(CONFIG).read_text() + "# edited by hand\n"
    machine.path(CONFIG).write_text(edited)
    own = "/etc/linuxready/profiles.d/own.toml"
    machine.path(own).write_text("# ours\n")
    machine.run("dpkg", "--install", machine.bring(packages.deb))
    assert machine.run(*INSTALLED) == version(packages.deb)
    assert machine.path(CONFIG).read_text() == edited
    assert machine.run("dpkg", "--verify", "linuxready").split() == ["??5??????", "c", CONFIG]
    machine.path(own).unlink()

    judge(machine)
    machine.run("linuxready", "check", "--format", "json", "--output", REPORT, check=False)
    assert json.loads(machine.path(REPORT).read_bytes())["tool"]["name"] == "linuxready"

    machine.run("dpkg", "--remove", "linuxready")
    assert machine.changed(*NOT_OURS) == {"/etc/linuxready", CONFIG, "/var/lib/linuxready", REPORT}
    machine.run("dpkg", "--purge", "linuxready")
    assert machine.changed(*NOT_OURS) == set()


def judge(machine: Root) -> None:
    """It runs, as root and as nobody, and says what it is."""
    assert machine.run("linuxready", "--version") == f"linuxready {linuxready.__version__}\n"
    for uid in (0, NOBODY):
        report = json.loads(machine.run("linuxready", "check", "--format", "json", check=False, uid=uid))
        assert report["verdict"] in ("ready", "not-ready", "undetermined")
        unseen = {finding["id"] for finding in report["findings"] if finding["status"] == "unknown"}
        assert "distribution" not in unseen


@pytest.mark.parametrize("release", INCLUDED)
def test_apt_out_of_a_local_repository(release: str, packages: Packages, older: Packages) -> None:
    """Installed without anything else, then upgraded, as the index says."""
    with root(debian(release)) as machine:
        offer(machine, older.deb)
        said = machine.run(*APT, "install", "--yes", "--no-install-recommends", "linuxready")
        assert "1 newly installed" in said
        shown = machine.run("apt-cache", *APT[1:], "show", "linuxready")
        assert "Depends: libc6 (>= 2.11)\nRecommends: xfsprogs\n" in shown
        offer(machine, packages.deb)
        assert "1 upgraded, 0 newly installed" in machine.run(*APT, "upgrade", "--yes")
        assert machine.run("linuxready", "--version") == f"linuxready {linuxready.__version__}\n"
        machine.run(*APT, "purge", "--yes", "linuxready")
        assert not machine.path("/etc/linuxready").exists()


APT = ("apt-get", "-o", "Dir::Etc::SourceList=/tmp/local.list", "-o", "Dir::Etc::SourceParts=/dev/null")


def offer(machine: Root, deb: Path) -> None:
    """Put a deb into the repository, in the place of what was there."""
    folder = machine.path("/tmp/repository")
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / deb.name).write_bytes(deb.read_bytes())
    index = machine.beside("sh", "-euc", 'cd "$0/tmp/repository" && apt-ftparchive packages .', PLACE)
    (folder / "Packages").write_text(index)
    machine.path("/tmp/local.list").write_text("deb [trusted=yes] file:/tmp/repository ./\n")
    machine.run(*APT, "update")


def test_lintian_is_content(packages: Packages) -> None:
    """Every tag of weight is told in debian/linuxready.lintian-overrides, with its reason."""
    words = ("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0")
    result = subprocess.run((*words, packages.deb, packages.facts_deb), capture_output=True, text=True, timeout=600)
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr

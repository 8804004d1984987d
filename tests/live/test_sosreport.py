"""A real sosreport of this machine, by Debian's sos: what is said of it is what is said of the machine, or unknown.

The plugins are those that docs/sosreports.md tells to run: all that are made anything of, in seconds.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from linuxready.facts import Facts
from linuxready.profile import shipped
from linuxready.report import Finding

from .stage import LINUXREADY, LoopDevices, check, lasting, live, mount, output, run

pytestmark = live("sos", "mkfs.xfs", "losetup", "tar")

REPOSITORY = Path(__file__).parents[2]
NOT_GATHERED = REPOSITORY / "testdata" / "sosreports" / "not-gathered-by-sos-4.0.txt"

SOS_SECONDS = 120


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A mounted XFS, so that a plugin that runs a command for each has one."""
    folder = tmp_path_factory.mktemp("xfs")
    (folder / "data").mkdir()
    loops = LoopDevices(folder)
    try:
        yield [mount(loops.attach("img", "mkfs.xfs", "-q"), folder / "data")]
    finally:
        loops.detach()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, setup: list[str]) -> Path:
    """The report, not yet packed."""
    words = re.search(r"^    (sos report --batch -o \S*\bdpkg\b\S*)$", guide(), re.M)
    assert words
    below = tmp_path_factory.mktemp("sos")
    result = run(*words[1].split(), "-q", "--build", "--tmp-dir", str(below), setup=setup, seconds=SOS_SECONDS)
    assert result.returncode == 0, result.stdout + result.stderr
    (made,) = below.glob("sosreport-*")
    return made


def guide() -> str:
    return (REPOSITORY / "docs" / "sosreports.md").read_text(encoding="utf-8")


def test_a_verdict_is_the_machine_s_own_or_unknown(folder: Path, setup: list[str]) -> None:
    archive = f"{folder}.tar.xz"
    output("tar", "-cJf", archive, "-C", str(folder.parent), folder.name)
    known = 0
    for profile in shipped():
        of_report = check("--profile", profile, "--sosreport", archive)
        assert of_report.source == f"sosreport {folder.name}"
        of_machine = {found.id: found for found in lasting(check("--profile", profile, setup=setup))}
        for found in lasting(of_report):
            if "unknown" not in (found.status, of_machine[found.id].status):
                assert said(found) == said(of_machine[found.id])
                known += found.status != "manual"
    assert known > 40


def test_what_sos_does_not_gather_is_named(folder: Path, setup: list[str]) -> None:
    """No fact is lost but those of the list, each for its reason; on a machine of another kind it may be fewer."""
    of_machine = facts(setup=setup)
    lost = set()
    for name, why in unknown(facts("--sosreport", str(folder))).items():
        if name not in unknown(of_machine):
            lost.add(f"{name}: {re.sub(r'/modules/[^/ ]+', '/modules/RELEASE', why)}")
    listed = NOT_GATHERED.read_text(encoding="utf-8").splitlines()
    assert sorted(lost - set(listed)) == []
    assert {line for line in listed if line.startswith(ALWAYS)} <= lost


ALWAYS = ("odd_names:",)


def test_what_sos_clean_wrote_over_is_unknown(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    result = run("sos", "clean", "--batch", "-q", "--tmp-dir", str(tmp_path), str(copy), seconds=SOS_SECONDS)
    assert result.returncode == 0, result.stdout + result.stderr
    (cleaned,) = (path for path in tmp_path.glob("sosreport-*") if path.is_dir())
    report = {found.id: found for found in check("--sosreport", str(cleaned)).findings}
    assert (report["hosts-file"].status, report["machine-name"].status) == ("unknown", "unknown")
    assert "obfuscated (sos clean)" in report["hosts-file"].found
    assert report["distribution"].status != "unknown"


def facts(*words: str, setup: list[str] | None = None) -> Facts:
    result = run(LINUXREADY, "collect", *words, setup=setup or [])
    assert (result.returncode, result.stderr) == (0, "")
    return msgspec.json.decode(result.stdout, type=Facts)


def unknown(collected: Facts) -> dict[str, str]:
    """The facts that are not known, and why."""
    told = {name: getattr(getattr(collected, name), "unknown", None) for name in collected.__struct_fields__}
    return {name: why for name, why in told.items() if why}


def said(found: Finding) -> str:
    return f"{found.id} {found.status}: {found.found}".replace(": /sbin/", ": /usr/sbin/")

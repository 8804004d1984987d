"""As nobody: what could not be read is unknown with the reason, and no command ends in a traceback.

Python may lie in a home that is closed to nobody (pyenv below /root): `runnable_by_nobody` opens the way to it, in
the test's namespace only.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from linuxready.facts import Facts

from .stage import AS_NOBODY, LINUXREADY, LoopDevices, check, hidden, lasting, live, mount, run, runnable_by_nobody

pytestmark = live("mkfs.xfs", "xfs_info", "losetup", "setpriv")

NOT_ROOT = "not root: some things could not be read"


@pytest.fixture
def setup(loops: LoopDevices, open_folder: Path) -> list[str]:
    """A mounted XFS v5 without xfs_info, so that its features stand in a superblock that only root may read."""
    point = open_folder / "data"
    point.mkdir()
    device = loops.attach("img", "mkfs.xfs", "-q")
    held = open_folder / "held"
    held.mkdir()
    return [mount(device, point), *hidden("xfs_info"), *runnable_by_nobody(held)]


def test_nobody_is_nobody(setup: list[str], loops: LoopDevices) -> None:
    """The stage itself: no capability is left, and the device is closed."""
    assert run(*AS_NOBODY, "cat", loops.attached[0], setup=setup).returncode == 1
    assert "CapEff:\t0000000000000000" in run(*AS_NOBODY, "cat", "/proc/self/status", setup=setup).stdout


def test_xfs_without_xfs_info_is_unknown(setup: list[str], loops: LoopDevices, open_folder: Path) -> None:
    result = run(*AS_NOBODY, LINUXREADY, "check", "--only", "xfs-v5", setup=setup)
    assert (result.returncode, result.stderr) == (3, "")
    assert NOT_ROOT in " ".join(result.stdout.split("\n\n")[0].split())
    assert "UNKNOWN" in result.stdout
    assert "Traceback" not in result.stdout
    found = check("--only", "xfs-v5", setup=setup, before=AS_NOBODY).findings[0]
    assert (found.status, found.found) == ("unknown", f"{open_folder}/data: XFS of unknown features")
    assert f"{loops.attached[0]}: permission denied (run as root)" in found.evidence[0].text


def test_xfs_info_serves_nobody_too(loops: LoopDevices, open_folder: Path) -> None:
    """Of a mounted file system the features are for everybody to ask."""
    point = open_folder / "data"
    point.mkdir()
    setup = [mount(loops.attach("img", "mkfs.xfs", "-q"), point), *runnable_by_nobody(open_folder)]
    found = check("--only", "xfs-v5", setup=setup, before=AS_NOBODY).findings[0]
    assert found.status == "fail"
    assert found.evidence[0].source == f"xfs_info {point}"


def test_whole_check(setup: list[str]) -> None:
    """What nobody finds is what root finds, or unknown."""
    by_nobody = check(setup=setup, before=AS_NOBODY)
    by_root = check(setup=setup)
    assert by_nobody.source == f"live, {NOT_ROOT}"
    assert by_root.source == "live"
    assert "linuxready failed in" not in repr(by_nobody)
    for one, other in zip(by_nobody.findings, by_root.findings, strict=True):
        assert one.status in (other.status, "unknown"), one.id


def test_facts_and_recording_are_judged_as_nobody_saw_it(setup: list[str], open_folder: Path) -> None:
    """By root, elsewhere: nothing is found out that nobody did not see."""
    seen = check(setup=setup, before=AS_NOBODY)
    recording = open_folder / "recording"
    result = run(*AS_NOBODY, LINUXREADY, "collect", "--record", str(recording), setup=setup)
    assert (result.returncode, result.stderr) == (0, "")
    assert msgspec.json.decode(result.stdout, type=Facts).uid.value == 65534
    assert lasting(check("--facts", "-", stdin=result.stdout)) == lasting(seen)
    recorded = check("--recording", str(recording))
    assert lasting(recorded) == lasting(seen)
    assert recorded.source.endswith(NOT_ROOT)


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["explain"], ["explain", "xfs-v5"], ["profiles"], ["profiles", "vmware-2017"]]
)
def test_commands_that_ask_no_machine(setup: list[str], words: list[str]) -> None:
    result = run(*AS_NOBODY, LINUXREADY, *words, setup=setup)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout

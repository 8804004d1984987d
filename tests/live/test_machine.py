"""The machine that the tests run on: checked, collected, recorded, judged again, with the same findings each time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from linuxready.facts import Facts
from linuxready.report import Report

from .stage import LINUXREADY, LoopDevices, check, disks_below, lasting, live, mount, output, run

pytestmark = live("mkfs.xfs", "losetup", "tar", "findmnt", "lsblk")


def test_check_runs() -> None:
    report = check()
    assert report.complete
    assert report.source.startswith("live")
    assert "linuxready failed in" not in repr(report)
    assert report.host.name == output("uname", "-n")
    assert report.host.kernel == output("uname", "-r")


def test_table_and_short_end_with_the_verdict() -> None:
    verdict = {"ready": "READY", "not-ready": "NOT READY", "undetermined": "UNDETERMINED"}[check().verdict]
    for name in ("table", "short"):
        result = run(LINUXREADY, "check", "--format", name)
        assert result.stdout.rstrip().split("\n")[-1].startswith((verdict, "  "))
        assert f"\n{verdict} by vmware-2017 " in f"\n{result.stdout}"
        assert "\x1b" not in result.stdout
        assert result.stderr == ""


def test_os_disk_is_lsblks() -> None:
    """All on one disk, and it is named; or else it does not pass."""
    found = next(found for found in check().findings if found.id == "os-disk")
    directories = ("/", "/boot", "/usr", "/usr/local", "/var", "/etc")
    disks = {frozenset(disks_below(directory)) for directory in directories}
    if len(disks) == 1 and len(disk := disks.pop()) == 1:
        assert (found.status, found.found) == ("pass", f"{', '.join(directories)}: on {', '.join(disk)}")
    else:
        assert found.status in ("fail", "unknown")


def test_facts_are_judged_as_the_machine_was() -> None:
    result = run(LINUXREADY, "collect")
    assert (result.returncode, result.stderr) == (0, "")
    facts = msgspec.json.decode(result.stdout, type=Facts)
    assert facts.source == "live"
    assert facts.uid.value == 0
    judged = check("--facts", "-", stdin=result.stdout)
    assert lasting(judged) == lasting(check())
    assert judged.verdict == check().verdict


@pytest.mark.parametrize("form", ["folder", "archive", "archive of its contents"])
def test_recording_is_judged_as_the_machine_was(loops: LoopDevices, tmp_path: Path, point: Path, form: str) -> None:
    """With a mounted XFS, so that a command and a block device are in it; judged where neither is there any more."""
    setup = [mount(loops.attach("img", "mkfs.xfs", "-q"), point)]
    live = check(setup=setup)
    assert next(found for found in live.findings if found.id == "xfs-v5").status == "fail"
    recording = tmp_path / "recording"
    result = run(LINUXREADY, "collect", "--record", str(recording), setup=setup)
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(path.name for path in recording.iterdir()) == ["commands.json", "host.json", "index.json", "root"]
    archive = tmp_path / "recording.tar.gz"
    if form == "archive":
        output("tar", "-czf", str(archive), "-C", str(tmp_path), "recording")
    elif form == "archive of its contents":
        output("tar", "-czf", str(archive), "-C", str(recording), ".")
    recorded = check("--recording", str(recording if form == "folder" else archive))
    same_but_for_its_source(recorded, live)


def same_but_for_its_source(recorded: Report, live: Report) -> None:
    assert recorded.source.startswith("recording recording")
    for one, other in zip(lasting(recorded), lasting(live), strict=True):
        assert one == other
    assert (recorded.verdict, recorded.counts, recorded.host) == (live.verdict, live.counts, live.host)

"""Real XFS file systems: v5 mounted, v4 by superblock (this kernel mounts no v4), and an xfs_info that is sick.

Shown: xfs_info decides where it answers, the superblock where it does not, and the superblock's answer is xfs_db's and
xfs_info's. Whatever xfs_info does, a check ends in time, says what it knows, and leaves no process behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from linuxready.facts import XfsFeatures
from linuxready.host.live import LiveHost
from linuxready.readers.xfs import SUPERBLOCK_BYTES, parse_superblock, parse_xfs_info

from .stage import (
    ENVIRONMENT,
    LINUXREADY,
    LoopDevices,
    bind,
    finding,
    hidden,
    live,
    mount,
    output,
    replaced,
    staged,
    without_udev,
)

pytestmark = live("mkfs.xfs", "xfs_db", "xfs_info", "losetup", files=("/etc/fstab",))

V4 = ("mkfs.xfs", "-q", "-m", "crc=0", "-n", "ftype=0")
V4_FTYPE = ("mkfs.xfs", "-q", "-m", "crc=0", "-n", "ftype=1")
V5 = ("mkfs.xfs", "-q", "-m", "crc=1")

KINDS = {
    "v5": V5,
    "v5-rmapbt": (*V5, "-m", "rmapbt=1"),
    "v5-plain": (*V5, "-m", "finobt=0,reflink=0,inobtcount=0,bigtime=0", "-i", "sparse=0"),
    "v5-nrext64": (*V5, "-i", "nrext64=1"),
    "v4": V4,
    "v4-ftype": V4_FTYPE,
}

XFS_DB_WORDS = {
    "FINOBT": "finobt",
    "SPARSE_INODES": "sparse",
    "RMAPBT": "rmapbt",
    "REFLINK": "reflink",
    "BIGTIME": "bigtime",
    "INOBTCNT": "inobtcount",
    "NREXT64": "nrext64",
}
"""What `xfs_db -c version` calls the features of v5, and what xfs_info calls them."""

LIMIT_SECONDS = 15
"""A check ends within this, whatever one program does."""

FREEZER = Path("/sys/fs/cgroup/freezer")


# -- which answer counts -----------------------------------------------------------------------------------


def test_mounted_v5_is_found_through_xfs_info(loops: LoopDevices, point: Path) -> None:
    found = finding("xfs-v5", setup=[mount(loops.attach("img", *V5), point)])
    assert found.status == "fail"
    assert found.found.startswith(f"{point}: XFS v5, crc=1 (")
    assert [evidence.source for evidence in found.evidence] == [f"xfs_info {point}"]
    assert "crc=1" in found.evidence[0].text
    assert "ftype=1" in found.evidence[0].text


@pytest.mark.parametrize("name", ["a space", "tab\t", "ümlaut", "back\\040slash"], ids=ascii)
def test_mount_points_of_any_name(loops: LoopDevices, tmp_path: Path, name: str) -> None:
    """In the C locale findmnt, which xfs_info asks, escapes what is not ASCII: then the superblock has to answer."""
    point = tmp_path / name
    point.mkdir()
    found = finding("xfs-v5", setup=[mount(loops.attach("img", *V5), point)])
    assert found.status == "fail"
    assert found.found.startswith(f"{point}: XFS v5, crc=1 (")


def test_mounted_v5_is_found_through_its_superblock(loops: LoopDevices, point: Path) -> None:
    device = loops.attach("img", *V5)
    by_program = finding("xfs-v5", setup=[mount(device, point)])
    by_superblock = finding("xfs-v5", setup=[mount(device, point), *hidden("xfs_info")])
    assert by_superblock.status == "fail"
    assert by_superblock.found == by_program.found
    seen = [(evidence.source, evidence.text) for evidence in by_superblock.evidence]
    assert seen == [(device, "XFS superblock, version 5, crc=1 ftype=1")]


def test_xfs_info_is_not_asked_for_a_mount_that_another_hides(loops: LoopDevices, point: Path) -> None:
    """xfs_info would answer for what lies on top: here that is XFS too, of other features."""
    below = loops.attach("below", *V5, "-m", "rmapbt=1")
    above = loops.attach("above", *V5)
    found = finding("xfs-v5", setup=[mount(below, point), mount(above, point)])
    assert sorted(evidence.source for evidence in found.evidence) == sorted([below, f"xfs_info {point}"])
    assert "rmapbt" in found.found


@pytest.mark.parametrize(
    ("mkfs", "status", "said"),
    [(V4, "pass", "XFS v4"), (V4_FTYPE, "fail", "XFS v4 with ftype=1"), (V5, "fail", "XFS v5, crc=1")],
    ids=["v4", "v4-ftype", "v5"],
)
def test_fstab_is_judged_by_superblock(
    loops: LoopDevices, tmp_path: Path, mkfs: tuple[str, ...], status: str, said: str
) -> None:
    device = loops.attach("img", *mkfs)
    found = finding("xfs-v5", setup=[*without_udev(), with_fstab(tmp_path, f"{device} /data xfs defaults 0 0")])
    assert found.status == status
    assert found.found.startswith(f"/data: {said}")
    sources = [evidence.source for evidence in found.evidence]
    assert sources == ([device, "udev"] if status == "pass" else [device]), "that udev was not asked is told of a pass"


def test_fstab_by_uuid_is_unknown_where_udev_was_not_asked(loops: LoopDevices, tmp_path: Path) -> None:
    uuid = output("blkid", "-p", "-o", "value", "-s", "UUID", loops.attach("img", *V4))
    found = finding("xfs-v5", setup=[*without_udev(), with_fstab(tmp_path, f"UUID={uuid} /data xfs defaults 0 0")])
    assert (found.status, found.found) == ("unknown", "/data: XFS of unknown features")
    assert found.evidence[0].source == "/etc/fstab:2"


def with_fstab(tmp_path: Path, line: str) -> str:
    """The set-up line that lays a table of one comment and this line over /etc/fstab."""
    fstab = tmp_path / "fstab"
    fstab.write_text(f"# the tests' own\n{line}\n", encoding="utf-8")
    return bind(fstab, "/etc/fstab")


# -- one answer, three ways ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_superblock_says_what_xfs_db_and_xfs_info_say(loops: LoopDevices, kind: str) -> None:
    device = loops.attach("img", *KINDS[kind])
    by_us = parse_superblock(LiveHost().read_block(device, SUPERBLOCK_BYTES), device)
    assert by_us is not None
    words = output("xfs_db", "-r", "-c", "version", device).partition(" = ")[2].split(",")
    assert by_us.crc is ("V5" in words) is ("CRC" in words)
    assert by_us.ftype is ("FTYPE" in words)
    assert by_us.v5_features == tuple(sorted(XFS_DB_WORDS[word] for word in words if word in XFS_DB_WORDS))
    assert features(by_us) == features(parse_xfs_info(output("xfs_info", device), "xfs_info"))


def features(told: XfsFeatures | None) -> tuple[bool | None, bool | None, tuple[str, ...]]:
    """All but the evidence."""
    assert told is not None
    return told.crc, told.ftype, told.v5_features


# -- a sick xfs_info -----------------------------------------------------------------------------------------

MARK_SECONDS = 7_654_321
"""How long the sick programs sleep: no other process on the machine has this on its command line."""

SICK = {
    "hangs": f"exec sleep {MARK_SECONDS}",
    "hangs with its output closed": f"exec sleep {MARK_SECONDS} >&- 2>&-",
    "leaves a child that holds its output": f"sleep {MARK_SECONDS} & exit 0",
    "exits 1": "echo crc=0 ftype=0; echo no such luck >&2; exit 1",
    "is killed": "echo crc=0 ftype=0; kill -KILL $$",
    "prints nothing": "exit 0",
    "prints neither word": "echo isize=512 agcount=4",
    "prints no text": r"printf '\377\376\000\033[2J\n'",
}


FLOODS = [
    pytest.param("exec yes crc=0 ftype=0", id="floods its output"),
    pytest.param("exec yes crc=0 ftype=0 >&2", id="floods its errors"),
]
"""These are ended at their length, before their time."""


@pytest.mark.parametrize("body", SICK.values(), ids=SICK)
def test_sick_xfs_info_costs_its_own_answer_only(
    loops: LoopDevices, tmp_path: Path, point: Path, body: str, no_sleepers: None
) -> None:
    device = loops.attach("img", *V5)
    setup = [mount(device, point), *replaced("xfs_info", script(tmp_path, body))]
    found = finding("xfs-v5", setup=setup, seconds=LIMIT_SECONDS)
    assert found.status == "fail"
    assert [evidence.source for evidence in found.evidence] == [device]
    assert sleepers() == []


@pytest.mark.parametrize("body", FLOODS)
def test_xfs_info_that_floods_is_ended_before_its_time(
    loops: LoopDevices, tmp_path: Path, point: Path, body: str
) -> None:
    """It never reaches the time-out, 5 s: what it prints until then would not fit in memory."""
    device = loops.attach("img", *V5)
    setup = [mount(device, point), *replaced("xfs_info", script(tmp_path, body))]
    found = finding("xfs-v5", setup=setup, seconds=4)
    assert [evidence.source for evidence in found.evidence] == [device]


def test_a_child_that_xfs_info_leaves_is_ended(
    loops: LoopDevices, tmp_path: Path, point: Path, no_sleepers: None
) -> None:
    body = f"sleep {MARK_SECONDS} >/dev/null 2>&1 & exit 0"
    setup = [mount(loops.attach("img", *V5), point), *replaced("xfs_info", script(tmp_path, body))]
    finding("xfs-v5", setup=setup)
    assert sleepers() == []


def test_xfs_info_that_hangs_is_waited_for_once(loops: LoopDevices, tmp_path: Path, no_sleepers: None) -> None:
    """Three file systems: three time-outs in a row would be past the limit."""
    points = [tmp_path / name for name in ("one", "two", "three")]
    for folder in points:
        folder.mkdir()
    mounts = [mount(loops.attach(f"{folder.name}.img", *V5), folder) for folder in points]
    setup = [*mounts, *replaced("xfs_info", script(tmp_path, SICK["hangs"]))]
    found = finding("xfs-v5", setup=setup, seconds=LIMIT_SECONDS)
    assert sorted(evidence.source for evidence in found.evidence) == sorted(loops.attached)


def test_an_xfs_info_that_is_no_program(loops: LoopDevices, tmp_path: Path, point: Path) -> None:
    """Executable and empty: the kernel refuses it, and no shell takes it for a script that succeeded."""
    empty = tmp_path / "xfs_info"
    empty.touch(mode=0o755)
    device = loops.attach("img", *V5)
    found = finding("xfs-v5", setup=[mount(device, point), *replaced("xfs_info", empty)])
    assert [evidence.source for evidence in found.evidence] == [device]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_check_that_is_ended_takes_xfs_info_with_it(
    loops: LoopDevices, tmp_path: Path, point: Path, no_sleepers: None, number: signal.Signals
) -> None:
    setup = [mount(loops.attach("img", *V5), point), *replaced("xfs_info", script(tmp_path, SICK["hangs"]))]
    with subprocess.Popen(
        staged((LINUXREADY, "check"), setup), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not _sleepers() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        printed, complained = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode in (-number, 128 + number, 130)
    assert printed == ""
    assert complained in ("", "linuxready: interrupted\n")
    assert sleepers() == []


@pytest.mark.skipif(not (FREEZER / "cgroup.procs").exists(), reason="no cgroup v1 freezer: nothing to freeze with")
def test_xfs_info_that_cannot_be_killed_is_not_waited_for(loops: LoopDevices, tmp_path: Path, point: Path) -> None:
    """As on storage that is gone: a process in uninterruptible sleep outlives SIGKILL. The v1 freezer makes one."""
    with freezer(f"linuxready-{os.getpid()}") as group:
        freeze = script(tmp_path, f"echo $$ >{group}/cgroup.procs; echo FROZEN >{group}/freezer.state; sleep 1")
        device = loops.attach("img", *V5)
        setup = [mount(device, point), *replaced("xfs_info", freeze)]
        found = finding("xfs-v5", setup=setup, seconds=LIMIT_SECONDS)
        assert (group / "freezer.state").read_text() != "THAWED\n", "it was never frozen: this showed nothing"
        assert [evidence.source for evidence in found.evidence] == [device]


def script(folder: Path, body: str) -> Path:
    """An executable shell script."""
    path = folder / "script"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def sleepers() -> list[int]:
    """The processes that the sick programs left, once those that were killed had a moment to die."""
    deadline = time.monotonic() + 1
    while (found := _sleepers()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _sleepers() -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and str(MARK_SECONDS).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@pytest.fixture
def no_sleepers() -> Iterator[None]:
    """Ends what a failed test leaves asleep."""
    yield
    for process in _sleepers():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@contextmanager
def freezer(name: str) -> Iterator[Path]:
    """A control group that processes can freeze themselves in; thawed and emptied in the end."""
    group = FREEZER / name
    group.mkdir()
    try:
        yield group
    finally:
        (group / "freezer.state").write_text("THAWED")
        deadline = time.monotonic() + 5
        while (processes := (group / "cgroup.procs").read_text().split()) and time.monotonic() < deadline:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            time.sleep(0.05)
        group.rmdir()

"""udev's database: pyudev and the files of /sys and /run/udev give the same block devices, of loop devices with XFS.

udevd is started in the test's namespace with a /run and a /dev of its own, so that its links and owners stay in it.
It is told of block devices only: a network card that it renamed would be lost to this machine. Where the machine
runs a udevd already, that one is asked.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shlex import quote

import msgspec
import pytest

from linuxready.facts import BlockDevice

from .stage import LINUXREADY, LoopDevices, bind, check, finding, lasting, live, mount, output, run, without_udev

UDEVD = "/lib/systemd/systemd-udevd"

pytestmark = live("mkfs.xfs", "mkfs.ext4", "losetup", "udevadm", files=(UDEVD, "/etc/fstab"))

XFS = ("mkfs.xfs", "-q", "-L", "data")
V4 = (*XFS, "-m", "crc=0", "-n", "ftype=0")

BOTH = """
import sys
from linuxready import jsontext
from linuxready.host.live import LiveHost
from linuxready.readers import block

class Files(LiveHost):
    def _pyudev(self):
        return {}

by_library = LiveHost()
assert sys.argv[1] != "library" or by_library._pyudev(), "pyudev told nothing"
print(jsontext.encode([block.read(by_library), block.read(Files())]))
"""
"""Prints the block devices twice: as pyudev tells them, and as the files do."""


@pytest.fixture
def udevd(tmp_path: Path) -> list[str]:
    """Set-up lines behind which udev knows all block devices, and nobody outside knows of it."""
    if os.path.exists("/run/udev/control"):
        return ["udevadm settle"]
    dev = tmp_path / "dev"
    dev.mkdir()
    nodes = [f"/dev/{name}" for name in os.listdir("/sys/class/block") if os.path.exists(f"/dev/{name}")]
    nodes += ["/dev/null", "/dev/urandom", "/dev/loop-control"]
    return [
        "mount -t tmpfs tmpfs /run",
        mount("tmpfs", dev, "-t", "tmpfs"),
        f"cp -a {' '.join(map(quote, nodes))} {quote(str(dev))}",
        mount(str(dev), "/dev", "--rbind"),
        f"{UDEVD} --daemon 2>/dev/null",
        # What is known stays in /run/udev/data; the daemon is ended in any case, or it would outlive the namespace.
        "udevadm trigger --subsystem-match=block --action=add && udevadm settle --timeout=20; udevadm control --exit",
    ]


def both(setup: list[str], wanted: str) -> tuple[list[BlockDevice], list[BlockDevice]]:
    """The block devices by library and by files; `wanted`: "library" where pyudev has to tell some."""
    result = run(sys.executable, "-c", BOTH, wanted, setup=setup)
    assert (result.returncode, result.stderr) == (0, "")
    by_library, by_files = msgspec.json.decode(result.stdout, type=tuple[list[BlockDevice], list[BlockDevice]])
    return by_library, by_files


def test_pyudev_and_files_agree(loops: LoopDevices, udevd: list[str]) -> None:
    device = loops.attach("img", *XFS)
    other = loops.attach("other", "mkfs.ext4", "-q", "-L", "a b/ü")
    by_library, by_files = both(udevd, "library")
    assert by_library == by_files
    known = {f"/dev/{block.name}": block for block in by_library}
    assert (known[device].kind, known[device].fs_type, known[device].fs_label) == ("loop", "xfs", "data")
    assert known[device].fs_uuid == output("blkid", "-p", "-o", "value", "-s", "UUID", device)
    assert known[device].backing_file == str(loops.folder / "img")
    assert known[device].size_bytes == int(output("blockdev", "--getsize64", device))
    assert known[other].fs_type == "ext4"


def test_without_udev_both_read_sys(loops: LoopDevices) -> None:
    device = loops.attach("img", *XFS)
    by_library, by_files = both(without_udev(), "files")
    assert by_library == by_files
    known = {f"/dev/{block.name}": block for block in by_files}
    assert known[device].backing_file == str(loops.folder / "img")
    assert known[device].fs_type is None
    assert {f"/dev/{name}" for name in os.listdir("/sys/class/block")} == set(known)


def test_xfs_that_only_udev_knows_is_judged(loops: LoopDevices, udevd: list[str]) -> None:
    device = loops.attach("img", *XFS)
    found = finding("xfs-v5", setup=udevd)
    assert found.status == "fail"
    assert f"{device}: XFS v5, crc=1" in found.found
    assert device in [evidence.source for evidence in found.evidence]
    without = finding("xfs-v5", setup=without_udev())
    assert "udev was not asked" in without.evidence[0].source


@pytest.mark.parametrize("spec", ["UUID={uuid}", "LABEL=data", "/dev/disk/by-uuid/{uuid}"])
def test_fstab_names_a_device_as_udev_does(loops: LoopDevices, udevd: list[str], tmp_path: Path, spec: str) -> None:
    """Found by its tag, so it is named by its mount point, and once only."""
    device = loops.attach("img", *V4)
    uuid = output("blkid", "-p", "-o", "value", "-s", "UUID", device)
    fstab = tmp_path / "fstab"
    fstab.write_text(f"{spec.format(uuid=uuid)} /data xfs defaults 0 0\n", encoding="utf-8")
    found = finding("xfs-v5", setup=[*udevd, bind(fstab, "/etc/fstab")])
    assert (found.status, found.found) == ("pass", "/data: XFS v4")
    assert [evidence.source for evidence in found.evidence] == [device]


def test_recording_keeps_what_udev_knew(loops: LoopDevices, udevd: list[str], tmp_path: Path) -> None:
    loops.attach("img", *XFS)
    recording = tmp_path / "recording"
    result = run(LINUXREADY, "collect", "--record", str(recording), setup=udevd)
    assert (result.returncode, result.stderr) == (0, "")
    assert lasting(check("--recording", str(recording))) == lasting(check(setup=udevd))

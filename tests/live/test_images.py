"""Mounted disk images of each family: real disks with real file systems, judged by `check --root`, and left unchanged.

Each disk is a file with a partition table of sfdisk's. What is on it is a recorded machine's root as it lies on its
disk: without /proc, /sys, /run and /dev. Logical volumes need device-mapper, which is seldom there where tests run:
they are in testdata/hosts/image-*, and test_lvm_backup.py has LVM itself read and write what these images say.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from shlex import quote
from typing import NamedTuple

import pytest

from linuxready.report import Finding, Report

from ..golden import HOSTS
from .stage import LoopDevices, check, live, mount, output, run

pytestmark = live("mkfs.ext4", "mkfs.ext3", "mkfs.xfs", "mkfs.btrfs", "losetup", "sfdisk", "blkid")

MIB = 2**20
NOT_ON_DISK = ("proc", "sys", "run", "dev")

MKFS = {
    "ext3": ("mkfs.ext3", "-q"),
    "ext4": ("mkfs.ext4", "-q"),
    "xfs": ("mkfs.xfs", "-q"),
    "btrfs": ("mkfs.btrfs", "-q"),
}
SIZES_MIB = {"ext3": 32, "ext4": 32, "xfs": 320, "btrfs": 128}
"""Little more than each program asks for."""

READ_ONLY = {"ext3": "ro,noload", "ext4": "ro,noload", "xfs": "ro,norecovery", "btrfs": "ro"}
"""How an image is mounted so that not even a journal is written to it."""


class Part(NamedTuple):
    """A partition: what the machine calls it, what is on it, and where the machine mounts it."""

    name: str
    fs_type: str
    point: str


class Disk(NamedTuple):
    """A partition of an image that is there: its file, its loop device, its UUID."""

    part: Part
    image: Path
    device: str
    uuid: str


def made(loops: LoopDevices, folder: Path, parts: Iterable[Part]) -> list[Disk]:
    """The partitions, on one image a disk."""
    found = []
    disks: dict[str, list[Part]] = {}
    for part in parts:
        disks.setdefault(part.name.rstrip("0123456789"), []).append(part)
    for name, on_disk in disks.items():
        image = folder / f"{name}.img"
        with image.open("wb") as file:
            file.truncate((sum(SIZES_MIB[part.fs_type] for part in on_disk) + 4) * MIB)
        table = "label: dos\n" + "".join(f"size={SIZES_MIB[part.fs_type]}MiB, type=83\n" for part in on_disk)
        result = run("sfdisk", "--quiet", str(image), stdin=table)
        assert result.returncode == 0, result.stderr
        rows = json.loads(output("sfdisk", "--json", str(image)))["partitiontable"]["partitions"]
        for part, row in zip(on_disk, rows, strict=True):
            where = (f"--offset={row['start'] * 512}", f"--sizelimit={row['size'] * 512}")
            device = output("losetup", "--find", "--show", *where, str(image))
            loops.attached.append(device)
            output(*MKFS[part.fs_type], device)
            uuid = output("blkid", "-c", "/dev/null", "-s", "UUID", "-o", "value", device)
            found.append(Disk(part, image, device, uuid))
    return found


def blkids_file(disks: list[Disk], folder: Path) -> str:
    """What blkid itself writes of the partitions, with the names that they have on the machine."""
    cache = folder / "blkid.tab"
    run("blkid", "-c", str(cache), *(disk.device for disk in disks))
    text = cache.read_text(encoding="utf-8")
    for disk in disks:
        assert text.count(f">{disk.device}<") == 1
        text = text.replace(f">{disk.device}<", f">/dev/{disk.part.name}<")
    return text


def root_of(machine: str, folder: Path) -> Path:
    """A recorded machine's files as they lie on its disk; those whose mode alone was recorded are empty."""
    root = folder / "root"
    shutil.copytree(HOSTS / machine / "root", root, symlinks=True, ignore=lambda where, _: ignored(where, machine))
    index = json.loads((HOSTS / machine / "index.json").read_text(encoding="utf-8"))
    for path, entry in index["paths"].items():
        if not isinstance(entry, dict) or path.split("/")[1] in NOT_ON_DISK:
            continue
        mode = int(entry["mode"], 8)
        if stat.S_ISDIR(mode):
            os.makedirs(f"{root}{path}", exist_ok=True)
        elif not os.path.lexists(f"{root}{path}"):
            os.makedirs(os.path.dirname(f"{root}{path}"), exist_ok=True)
            Path(f"{root}{path}").touch()
            os.chmod(f"{root}{path}", mode & 0o777)
    for name in ("boot", "var", "proc", "sys", "run", "dev"):
        (root / name).mkdir(exist_ok=True)
    return root


def ignored(where: str, machine: str) -> tuple[str, ...]:
    return NOT_ON_DISK if Path(where) == HOSTS / machine / "root" else ()


def mounted(disks: list[Disk], point: Path, options: dict[str, str] | None = None) -> list[str]:
    """The set-up lines that mount the partitions as the machine does, below a folder."""
    lines = []
    for disk in sorted(disks, key=lambda disk: disk.part.point):
        place = f"{point}{disk.part.point}".rstrip("/")
        lines.append(f"mkdir -p {quote(place)}" if disk.part.point == "/" or options is None else "true")
        lines.append(mount(disk.device, place, *(("-o", options[disk.part.fs_type]) if options else ())))
    return lines


def filled(disks: list[Disk], root: Path, point: Path) -> None:
    """Copy a root to its partitions."""
    result = run("cp", "-a", f"{root}/.", str(point), setup=mounted(disks, point))
    assert result.returncode == 0, result.stderr


def judged(disks: list[Disk], point: Path, *more: str) -> dict[str, dict[str, Finding]]:
    """The findings by profile and id of what is mounted read-only; no byte of an image may change by it.

    `more`: set-up lines behind those that mount it.
    """
    before = {disk.image: digest(disk.image) for disk in disks}
    reports: dict[str, Report] = {
        profile: check("--profile", profile, "--root", str(point), setup=[*mounted(disks, point, READ_ONLY), *more])
        for profile in ("vmware-2017", "vmware-2026")
    }
    assert {disk.image: digest(disk.image) for disk in disks} == before
    assert all(report.verdict != "ready" for report in reports.values())
    return {profile: {finding.id: finding for finding in report.findings} for profile, report in reports.items()}


def digest(image: Path) -> str:
    with image.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Family(NamedTuple):
    """A machine, how its disk is laid out, how its fstab names devices, and whether blkid's file lies on its disk."""

    machine: str
    parts: tuple[Part, ...]
    spec: str
    cache: str
    os_disk: str
    xfs: str
    types: str


def parts(boot: str, root: str, var: str = "") -> tuple[Part, ...]:
    named = (Part("sda1", boot, "/boot"), Part("sda2", root, "/"))
    return (*named, Part(var.partition(" ")[0], var.partition(" ")[2], "/var")) if var else named


FAMILIES = {
    "RHEL 6": Family("rhel-6.8-ready", parts("ext4", "ext4"), "UUID", "/etc/blkid/blkid.tab", "pass", "pass", "pass"),
    "RHEL 6, /var on another disk": Family(
        "rhel-6.8-ready", parts("ext4", "ext4", "sdb1 ext4"), "UUID", "/etc/blkid/blkid.tab", "fail", "pass", "pass"
    ),
    # The kernel here may mount XFS v5 only; on a machine of that kernel it is v4, which is what the verdict says.
    "Oracle Linux 6, XFS": Family(
        "oracle-6.5-uek2", parts("ext4", "xfs"), "name", "/etc/blkid/blkid.tab", "pass", "pass", "pass"
    ),
    "SLES 11": Family("sles-11-sp4", parts("ext3", "ext3"), "name", "", "pass", "pass", "pass"),
    "SLES 11, /var on another disk": Family(
        "sles-11-sp4", parts("ext3", "ext3", "sdb1 ext3"), "name", "", "fail", "pass", "pass"
    ),
    "RHEL 7": Family("rhel-7.2-ready", parts("xfs", "xfs"), "UUID", "", "unknown", "unknown", "pass"),
    "SLES 12": Family("sles-12-sp5", parts("ext4", "btrfs"), "UUID", "", "unknown", "pass", "unknown"),
    "SLES 15": Family("sles-15-sp5-default", parts("ext4", "btrfs"), "name", "", "unknown", "pass", "unknown"),
    "Debian": Family("debian-11-ready", parts("ext4", "ext4"), "UUID", "", "unknown", "pass", "pass"),
    "Ubuntu": Family("ubuntu-14.04-today", parts("ext4", "ext4"), "name", "/etc/blkid.tab", "pass", "pass", "pass"),
}
"""os_disk, xfs and types: what os-disk, xfs-v5 and root-filesystem say."""


@pytest.mark.parametrize("name", FAMILIES)
def test_a_mounted_image(name: str, loops: LoopDevices, tmp_path: Path, point: Path) -> None:
    family = FAMILIES[name]
    disks = made(loops, tmp_path, family.parts)
    root = root_of(family.machine, tmp_path)
    specs = {d.part: f"UUID={d.uuid}" if family.spec == "UUID" else f"/dev/{d.part.name}" for d in disks}
    fstab = "".join(f"{specs[p]} {p.point} {p.fs_type} defaults 1 2\n" for p in family.parts)
    (root / "etc" / "fstab").write_text(f"{fstab}proc /proc proc defaults 0 0\n")
    if family.cache:
        cache = root / family.cache.lstrip("/")
        cache.parent.mkdir(exist_ok=True)
        cache.write_text(blkids_file(disks, tmp_path))
    filled(disks, root, point)

    found = judged(disks, point)
    past, today = found["vmware-2017"], found["vmware-2026"]
    assert {i: past[i].status for i in ("os-disk", "xfs-v5")} == {"os-disk": family.os_disk, "xfs-v5": family.xfs}
    assert today["root-filesystem"].status == family.types
    assert today["boot-filesystem"].status == "pass"
    for never in ("boot-mounted", "writable-directories", "free-space", "kernel", "storage-kinds"):
        assert today[never].status == "unknown"
    for never in ("install-space", "architecture", "disk-size", "disk-count", "english-names"):
        assert past[never].status == "unknown"
    as_recorded = json.loads((HOSTS / family.machine / "report.json").read_text(encoding="utf-8"))
    for seen in as_recorded["findings"]:
        if seen["id"] in ("distribution", "ssh-at-boot", "machine-name", "host-name-set", "fstab-devices", "python"):
            same = (today if as_recorded["profile"]["name"] == "vmware-2026" else past)[seen["id"]]
            if seen["id"] != "fstab-devices":
                assert (same.status, same.found) == (seen["status"], seen["found"])
    if family.os_disk != "unknown":
        assert past["os-disk"].evidence[0].source.startswith("/etc/fstab:")


def test_partitions_that_were_not_mounted(loops: LoopDevices, tmp_path: Path, point: Path) -> None:
    """/boot and /usr are empty directories then: what lies there is not absent."""
    disks = made(
        loops, tmp_path, (Part("sda1", "ext4", "/boot"), Part("sda2", "ext4", "/"), Part("sda3", "ext4", "/usr"))
    )
    root = root_of("rhel-7.9-hostonly-initramfs", tmp_path)
    lines = (f"UUID={disk.uuid} {disk.part.point} ext4 defaults 0 0\n" for disk in disks)
    (root / "etc" / "fstab").write_text("".join(lines))
    filled(disks, root, point)
    whole = judged(disks, point)["vmware-2026"]
    assert {whole[i].status for i in ("lsof", "c-locale", "acpi", "ssh-at-boot")} == {"pass"}
    part = judged([disk for disk in disks if disk.part.point == "/"], point)["vmware-2026"]
    for name, where in {"lsof": "/usr", "c-locale": "/usr", "grub-devices": "/boot", "acpi": "/boot"}.items():
        assert part[name].status == "unknown"
        assert f"{where} is a file system of its own and not mounted below the root" in part[name].found
    assert part["ssh-at-boot"].status == "unknown"
    assert part["distribution"].status == "pass"


def test_what_is_mounted_for_chroot_is_not_the_images(loops: LoopDevices, tmp_path: Path, point: Path) -> None:
    """The disks, the kernel and the mount table of the machine that looks at an image say nothing of the image's."""
    disks = made(loops, tmp_path, (Part("sda1", "ext4", "/"), Part("sda2", "ext4", "/boot")))
    root = root_of("rhel-6.8-ready", tmp_path)
    (root / "etc" / "fstab").write_text("/dev/sda1 / ext4 defaults 1 1\n/dev/sda2 /boot ext4 defaults 1 2\n")
    filled(disks, root, point)
    alone = judged(disks, point)
    assert alone["vmware-2017"]["os-disk"].found.endswith("on sda")
    bound = [mount(place, Path(f"{point}{place}"), "--rbind") for place in ("/proc", "/sys", "/dev", "/run")]
    assert judged(disks, point, *bound) == alone


def test_device_nodes_in_an_image_are_not_opened(loops: LoopDevices, tmp_path: Path, point: Path) -> None:
    """A terminal that is opened is a new one; what is read of /dev/zero has no end."""
    (disk,) = made(loops, tmp_path, (Part("sda1", "ext4", "/"),))
    root = root_of("rhel-6.8-ready", tmp_path)
    numbers = {
        "etc/fstab": os.makedev(5, 2),
        "etc/redhat-release": os.makedev(1, 5),
        "boot/grub/grub.conf": os.makedev(1, 8),
    }
    for path, number in numbers.items():
        (root / path).unlink()
        os.mknod(root / path, stat.S_IFCHR | 0o600, number)
    filled([disk], root, point)
    found = judged([disk], point)["vmware-2017"]
    assert found["distribution"].found.startswith("/etc/redhat-release is not a regular file")
    assert found["os-disk"].status == "unknown"

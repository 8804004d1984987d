"""Benchmarks: ratios of CPU time beside a reference run in the same minute, median of pairs (`make bench`).

A ratio says more than seconds of a machine that nobody has. Limits are shown, and broken ones marked; nothing here
fails, for a busy machine is no defect.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from linuxready.profile import DEFAULT, load

from .archives import cpio
from .golden import HOSTS
from .tars import PACKERS, file, large

PYTHON = sys.executable
COMMAND = str(Path(PYTHON).parent / "linuxready")
PAIRS = 15
UNPACKERS = {".tar.gz": "gzip", ".tar.xz": "xz"}


def cpu_seconds(argv: list[str]) -> float:
    """User and system time of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(argv: list[str], reference: list[str], pairs: int = PAIRS) -> float:
    """The median of argv's time over the reference's, run in turns."""
    cpu_seconds(argv), cpu_seconds(reference)
    return statistics.median(cpu_seconds(argv) / cpu_seconds(reference) for _ in range(pairs))


def recording(folder: Path, mounts: int, devices: int) -> list[str]:
    """A made machine with many mounts and block devices; the command that judges it."""
    root = folder / "root"
    (root / "proc/self").mkdir(parents=True)
    (root / "sys/class/block").mkdir(parents=True)
    lines = ["1 0 8:1 / / rw - ext4 /dev/sda1 rw"]
    lines += [f"{n + 2} 1 {9 + n // 256}:{n % 256} / /data/{n} rw - xfs /dev/x{n} rw" for n in range(mounts)]
    (root / "proc/self/mountinfo").write_text("\n".join(lines) + "\n")
    for number in range(devices):
        disk, part = divmod(number, 16)
        path = root / f"sys/devices/pci0/block/sd{disk}x"
        path = path / f"sd{disk}x{part}" if part else path
        path.mkdir(parents=True, exist_ok=True)
        (path / "dev").write_text(f"8:{number}\n")
        (path / "size").write_text("2048\n")
        if part:
            (path / "partition").write_text(f"{part}\n")
        (root / "sys/class/block" / path.name).symlink_to(f"../../../{path.relative_to(root)}")
    (folder / "host.json").write_text(json.dumps({"host_name": "bench"}))
    return [COMMAND, "check", "--recording", str(folder), "--format", "json"]


def with_initramfs(folder: Path) -> list[str]:
    """A machine with an initramfs of 60 MiB unpacked and without Hyper-V's driver."""
    machine = folder / "machine"
    shutil.copytree(HOSTS / "rhel-8.4-above-floor", machine, symlinks=True)
    release = "4.18.0-305.30.1.el8_4.x86_64"
    names = [f"usr/lib/modules/{release}/kernel/{number}" for number in range(900)]
    content = bytes(random.Random(1).choices(range(40), k=64 * 2**10))
    packed = gzip.compress(cpio([*names, "usr/sbin/init"], content))
    (machine / f"root/boot/initramfs-{release}.img").write_bytes(packed)
    return [COMMAND, "check", "--recording", str(machine)]


def large_sosreport(ending: str) -> float:
    """A check of a sosreport of 200 MB over unpacking it to nowhere."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / f"large{ending}"
        sound = file("web1/sos_commands/kernel/uname_-a", b"Linux web1 3.10.0-327.el7.x86_64 #1 SMP x86_64\n")
        large(path, PACKERS[ending], sound, "web1")
        return ratio([COMMAND, "check", "--sosreport", str(path)], [UNPACKERS[ending], "-dc", str(path)], pairs=3)


def growth(make: Callable[[Path, int], list[str]], sizes: tuple[int, int]) -> float:
    """An item's cost at the larger size over that at the smaller one, less an empty machine's: 1 is linear."""
    with tempfile.TemporaryDirectory() as temporary:
        small, large = sizes
        commands = [make(Path(temporary) / str(size), size) for size in (0, small, large)]
        for command in commands:
            cpu_seconds(command)
        times = [statistics.median(cpu_seconds(command) for _ in range(5)) for command in commands]
    return (times[2] - times[0]) / large / ((times[1] - times[0]) / small)


def with_waivers(folder: Path, number: int) -> list[str]:
    """A check by a profile with waivers of every requirement for many hosts."""
    ids = [requirement.id for requirement in load(DEFAULT).requirement]
    text = "".join(
        f'\n[[waiver]]\nrequirement = "{ids[n % len(ids)]}"\nreason = "the disk grows at the next downtime"\n'
        f'owner = "team {n}"\nexpires = 2099-12-31\nhosts = ["web{n}*", "db{n}.example.com"]\n'
        for n in range(number)
    )
    profile = folder / f"waivers-{number}.toml"
    profile.write_text(f'extends = "{DEFAULT}"\n{text}')
    machine = HOSTS / "rhel-7.2-tools-stopped"
    return [COMMAND, "check", "--recording", str(machine), "--profile", str(profile)]


def main() -> None:
    five = [PYTHON, "-c", "import typer, distro, psutil, pyudev, tabulate"]
    typer = [PYTHON, "-c", "import typer"]
    today = ["--profile", "vmware-2026"]
    with tempfile.TemporaryDirectory() as temporary:
        machine = with_initramfs(Path(temporary))
        with_large_initramfs = ratio([*machine, *today], machine)
        with_1000_waivers = ratio(with_waivers(Path(temporary), 1000), with_waivers(Path(temporary), 0))
    rows: list[tuple[str, float, float | None]] = [
        ("check --profile vmware-2026 / vmware-2017", ratio([COMMAND, "check", *today], [COMMAND, "check"]), 1.25),
        ("the same, with an initramfs of 60 MiB", with_large_initramfs, 1.25),
        ("check by a profile with 1,000 waivers / with none", with_1000_waivers, 1.1),
        (
            "check --format json / import of the five libraries",
            ratio([COMMAND, "check", "--format", "json"], five),
            0.75,
        ),
        ("check (table) / import of the five libraries", ratio([COMMAND, "check"], five), None),
        ("check --format=json, by typer / the same import", ratio([COMMAND, "check", "--format=json"], five), None),
        ("--version / import of typer", ratio([COMMAND, "--version"], typer), 1.1),
        ("an extra mount: at 8,000 / at 2,000", growth(lambda p, n: recording(p, n, 10), (2000, 8000)), 1.5),
        ("an extra device: at 5,000 / at 1,250", growth(lambda p, n: recording(p, 10, n), (1250, 5000)), 1.5),
        ("check of a sosreport of 200 MB / gzip -dc of it", large_sosreport(".tar.gz"), 1.0),
        ("the same in xz / xz -dc of it", large_sosreport(".tar.xz"), 4.0),
    ]
    for name, value, limit in rows:
        bound = "" if limit is None else f"  at most {limit}{'' if value <= limit else '  EXCEEDED'}"
        print(f"{name:56} {value:5.2f}{bound}")


if __name__ == "__main__":
    main()

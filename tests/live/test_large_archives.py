"""Sosreports of 200 MB: what they cost in memory, measured at the installed command. `make bench` has the time."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ..tars import END, file, folder, header, large, packed_with_large_dictionary, pax
from .stage import ENVIRONMENT, LINUXREADY, live

pytestmark = live()

MAX_MB = 100
TOP = "sosreport-web1"
SOUND = folder(TOP) + file(f"{TOP}/sos_commands/kernel/uname_-a", b"Linux web1 3.10.0-327.el7.x86_64 #1 SMP x86_64\n")
UNDETERMINED = 3


MEASURED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, usage.ru_maxrss * 1024 / 10**6, usage.ru_utime + usage.ru_stime)
"""
"""A small process between: Linux counts what a process was before exec as its own."""


def judged_within(path: Path, max_mb: int = MAX_MB) -> None:
    """A check of an archive; most of the machine's facts are not in it. Shows what it took."""
    result = subprocess.run(
        [sys.executable, "-c", MEASURED, LINUXREADY, "check", "--sosreport", path],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    assert result.stderr == ""
    status, megabytes, seconds = result.stdout.split()
    size = path.stat().st_size / 10**6
    print(f"{path.name} of {size:.0f} MB: {float(megabytes):.0f} MB of memory, {float(seconds):.1f} s of CPU time")
    assert int(status) == UNDETERMINED
    assert float(megabytes) < max_mb


@pytest.mark.parametrize("pack", [partial(gzip.compress, compresslevel=1), packed_with_large_dictionary])
def test_200_mb_packed(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "large.tar"
    large(path, pack, SOUND, TOP)
    assert 190e6 < path.stat().st_size < 300e6
    try:
        judged_within(path)
    finally:
        path.unlink()


def test_200_mb_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "unpacked.tar"
    log = header(f"{TOP}/var/log/messages", 2 * 10**8)
    path.write_bytes(SOUND + log)
    os.truncate(path, len(SOUND) + len(log) + 2 * 10**8 + len(END))
    judged_within(path)


def test_a_dictionary_that_is_full(tmp_path: Path) -> None:
    """128 MiB in one stream: all of the dictionary is used."""
    path = tmp_path / "full.tar.xz"
    log = header(f"{TOP}/var/log/messages", 2**27)
    path.write_bytes(packed_with_large_dictionary(SOUND + log + b"a line of a log\n" * 2**23 + END))
    judged_within(path)


def test_many_members(tmp_path: Path) -> None:
    path = tmp_path / "many.tar.gz"
    units = b"".join(file(f"{TOP}/proc/{n}/status", b"") for n in range(100_000))
    path.write_bytes(gzip.compress(SOUND + units + END, 1))
    judged_within(path)


def test_global_headers_do_not_pile_up(tmp_path: Path) -> None:
    path = tmp_path / "headers.tar.gz"
    words = "x" * 30_000
    headers = b"".join(pax(tarfile.XGLTYPE, **{f"k{n}": words}) + file(f"{TOP}/{n}") for n in range(5000))
    path.write_bytes(gzip.compress(SOUND + headers + END, 1))
    judged_within(path)


def test_a_file_that_is_too_long(tmp_path: Path) -> None:
    """It is not read into memory to find that out, which would take 64 MiB more."""
    path = tmp_path / "long.tar"
    hosts = header(f"{TOP}/etc/hosts", 2**27)
    path.write_bytes(SOUND + hosts)
    os.truncate(path, len(SOUND) + len(hosts) + 2**27 + len(END))
    judged_within(path, 60)

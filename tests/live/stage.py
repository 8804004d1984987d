"""What the live tests share: the installed command, a private mount namespace for it, and its answers.

Nothing that a set-up line mounts is ever seen outside: the namespace ends with the one command that runs in it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import msgspec
import pytest

from linuxready.facts import Evidence
from linuxready.report import Finding, Report

LINUXREADY = str(Path(sys.executable).with_name("linuxready"))
"""The installed command of the environment that pytest runs in."""

SAFE_PATH = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where linuxready looks for programs; tests need the same folders, also where PATH lacks the sbin ones."""

IGNORED = ("LINUXREADY_PROFILE", "COLUMNS", "NO_COLOR", "PYTHONDONTWRITEBYTECODE")
"""Variables that would change what a test sees."""

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in IGNORED},
    "PATH": f"{os.environ.get('PATH', '')}:{':'.join(SAFE_PATH)}",
    "LC_ALL": "C.UTF-8",
}

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")

LIMIT_SECONDS = 30
SETUP_FAILED = 99
EXIT_STATUS = {"ready": 0, "not-ready": 1, "undetermined": 3}


def live(*programs: str, files: tuple[str, ...] = ()) -> list[pytest.MarkDecorator]:
    """The marks of a module of live tests; each that skips says why."""
    programs = ("unshare", "mount", *programs)
    missing = [name for name in programs if not shutil.which(name, path=ENVIRONMENT["PATH"])]
    missing += [path for path in files if not os.path.exists(path)]
    return [
        pytest.mark.live,
        pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems: run the tests as root"),
        pytest.mark.skipif(bool(missing), reason=f"not here: {', '.join(missing)} (see tests/prepare)"),
    ]


# -- running -----------------------------------------------------------------------------------------------


def staged(argv: tuple[str, ...], setup: Iterable[str]) -> tuple[str, ...]:
    """The command that runs `argv` behind set-up lines in a mount namespace of its own; without any, as it is.

    Each line is one shell command. It all becomes one process in the end, `argv`'s.
    """
    lines = [f"{line} || exit {SETUP_FAILED}" for line in setup]
    if not lines:
        return argv
    script = "\n".join([*lines, 'exec "$@"'])
    return ("unshare", "--mount", "--propagation", "private", "sh", "-uc", script, "stage", *argv)


def run(
    *argv: str, setup: Iterable[str] = (), stdin: str = "", seconds: float = LIMIT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a command behind set-up lines, and wait for it; raises subprocess.TimeoutExpired."""
    words = staged(argv, setup)
    result = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=seconds, env=ENVIRONMENT)
    assert words == argv or result.returncode != SETUP_FAILED, f"the set-up failed: {result.stderr}"
    return result


def output(*argv: str) -> str:
    """What a tool of the test's own prints; it must succeed."""
    result = run(*argv)
    assert result.returncode == 0, f"{' '.join(argv)}: {result.stderr}"
    return result.stdout.strip()


def check(
    *words: str,
    setup: Iterable[str] = (),
    before: tuple[str, ...] = (),
    stdin: str = "",
    seconds: float = LIMIT_SECONDS,
) -> Report:
    """The JSON report of `linuxready check`: silent on standard error, its exit status that of its verdict.

    `before`: words before the command, as AS_NOBODY.
    """
    result = run(*before, LINUXREADY, "check", "--format", "json", *words, setup=setup, stdin=stdin, seconds=seconds)
    assert result.stderr == ""
    report = msgspec.json.decode(result.stdout, type=Report)
    assert result.returncode == EXIT_STATUS[report.verdict]
    return report


def lasting(report: Report) -> list[Finding]:
    """The findings but for the numbers of the free space, which changes from one look to the next."""
    return [_without_numbers(found) if found.id == "install-space" else found for found in report.findings]


def _without_numbers(found: Finding) -> Finding:
    evidence = tuple(Evidence(seen.source, re.sub(r"[\d,.]+", "N", seen.text)) for seen in found.evidence)
    return msgspec.structs.replace(found, found=re.sub(r"[\d,.]+", "N", found.found), evidence=evidence)


def finding(requirement: str, *, setup: Iterable[str] = (), seconds: float = LIMIT_SECONDS) -> Finding:
    """The finding of a check that judges one requirement only; it must end within `seconds`."""
    report = check("--only", requirement, setup=setup, seconds=seconds)
    assert [found.id for found in report.findings] == [requirement]
    return report.findings[0]


# -- set-up lines --------------------------------------------------------------------------------------------


def mount(source: str, point: Path | str, *options: str) -> str:
    return " ".join(map(quote, ("mount", *options, source, str(point))))


def bind(source: Path | str, over: Path | str) -> str:
    return mount(str(source), over, "--bind")


def replaced(program: str, by: Path | str) -> list[str]:
    """Another file in every place that a program is looked for in."""
    places = {os.path.realpath(f"{folder}/{program}") for folder in SAFE_PATH}
    return [bind(by, place) for place in sorted(places) if os.path.exists(place)]


def hidden(program: str) -> list[str]:
    """/dev/null is not executable, so the program is as good as not installed."""
    return replaced(program, "/dev/null")


def without_udev() -> list[str]:
    """No database of udev's, whether or not this machine runs it."""
    return ["mount -t tmpfs tmpfs /run/udev"] if os.path.isdir("/run/udev") else ["true"]


def runnable_by_nobody(folder: Path) -> list[str]:
    """Make this Python and its environment reachable for everybody, wherever below a closed home they lie.

    Each is held by a bind mount in `folder`, an empty tmpfs takes the closed folder's place, and they are bound back.
    """
    needed = [path for path in dict.fromkeys((sys.base_prefix, sys.prefix)) if _closed_above(path)]
    held = {path: folder / f"held{number}" for number, path in enumerate(needed)}
    for place in held.values():
        place.mkdir()
    lines = [bind(path, place) for path, place in held.items()]
    lines += [f"mount -t tmpfs -o mode=755 tmpfs {quote(top)}" for top in dict.fromkeys(map(_closed_above, needed))]
    for path, place in held.items():
        lines += [f"mkdir -p {quote(path)}", bind(place, path)]
    return lines


def _closed_above(path: str) -> str:
    """The topmost folder on the way to a path that others may not search; "" where all may."""
    folders = [str(folder) for folder in reversed((Path(path), *Path(path).parents))]
    return next((folder for folder in folders if os.stat(folder).st_mode & 0o005 != 0o005), "")


# -- loop devices ----------------------------------------------------------------------------------------------


class LoopDevices:
    """Loop devices over sparse files in `folder`; whoever makes one calls `detach` in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attached: list[str] = []

    def attach(self, name: str, *mkfs: str, folder: Path | None = None) -> str:
        """A new device with a file system on it, as "/dev/loop3"; without `mkfs` an empty one."""
        image = file_system((folder or self.folder) / name, *mkfs)
        device = output("losetup", "--find", "--show", str(image))
        self.attached.append(device)
        return device

    def attach_two(self, names: tuple[str, str], folders: tuple[Path, Path], *mkfs: str) -> tuple[str, str]:
        """Two new devices with one file system over both."""
        one, two = (self.attach(name, folder=folder) for name, folder in zip(names, folders, strict=True))
        output(*mkfs, one, two)
        return one, two

    def detach(self) -> None:
        for device in self.attached:
            run("losetup", "--detach", device)


def file_system(image: Path, *mkfs: str) -> Path:
    """A sparse file, as large as mkfs.xfs asks for, with a file system in it."""
    with image.open("wb") as file:
        file.truncate(320 * 2**20)
    if mkfs:
        output(*mkfs, str(image))
    return image


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder on a tmpfs that every mount namespace has."""
    if output("stat", "--file-system", "--format=%T", "/dev/shm") != "tmpfs":
        pytest.skip("/dev/shm is no tmpfs: no file in memory for a loop device")
    with tempfile.TemporaryDirectory(prefix="linuxready-live-", dir="/dev/shm") as folder:
        yield Path(folder)


def disks_below(path: Path | str) -> set[str]:
    """The whole disks that a path lies on, as findmnt and lsblk tell; none where it is on no block device."""
    source = output("findmnt", "--noheadings", "--output=SOURCE", "--nofsroot", "--target", str(path))
    rows = run("lsblk", "--inverse", "--list", "--noheadings", "--output=NAME,TYPE", source).stdout.split("\n")
    return {name for name, kind in (row.split() for row in rows if row.strip()) if kind == "disk"}

"""Host: the only door to a machine. Files below a root, a few listed commands, what libraries tell.

Three hosts speak the same language: `live.LiveHost` (this machine), `captured.RootHost` (a mounted image or
unpacked root) and `captured.Recording` (what `collect --record` saw). `recorder.Recorder` stands in front of
any of them and writes down what passes. Readers know only the class below.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

import msgspec

from linuxready.facts import OddNames

MAX_FILE_BYTES = 64 * 2**20
"""More of one file is never read: a longer one is unreadable, not cut."""
MAX_LINKS = 40
"""Symbolic links followed in one path, the kernel's own limit."""

SCAN_PORTION = 1024
"""Entries of a large directory that are looked at together."""

Scanned = tuple[list[str], list[str]]

Answer = TypeVar("Answer")

PERMISSION_DENIED = "permission denied (run as root)"


class Unreadable(Exception):
    """Something could not be seen; the text says what and why, in one line."""


class Absent(Unreadable):
    """The path does not exist."""


class CommandResult(msgspec.Struct, frozen=True):
    """What a command said. Bytes that are not UTF-8 are kept as surrogate escapes."""

    argv: tuple[str, ...]
    exit_status: int
    stdout: str
    stderr: str


class ToldAddresses(msgspec.Struct, frozen=True):
    """The addresses of one network interface as a library told them, in the kernel's order."""

    name: str
    addresses: tuple[str, ...]


class ToldSpace(msgspec.Struct, frozen=True):
    """What users other than root can still write to a file system, or why that is not known."""

    available_bytes: int | None = None
    unreadable: str | None = None


class ToldDrivers(msgspec.Struct, frozen=True):
    """Which drivers an initial file system holds, or why that is not known."""

    drivers: dict[str, bool] | None = None
    unreadable: str | None = None


class UdevRecord(msgspec.Struct, frozen=True):
    """What udev's database says of a block device; None where it is silent."""

    fs_type: str | None = None
    fs_uuid: str | None = None
    fs_label: str | None = None


TOLD: dict[str, Any] = {
    "uid": int,
    "host_name": str,
    "machine": str,
    "kernel_release": str,
    "interfaces": tuple[ToldAddresses, ...],
    "processes": tuple[str, ...],
    "filesystems": dict[str, ToldSpace],
    "odd_names": OddNames,
    "initramfs": dict[str, ToldDrivers],
}
"""What a host may be asked that no file says, and the type of the answer; the keys of host.json.

`processes` are the names of those that run as root; `filesystems` are asked for by `available_bytes`, `odd_names` by
the method of that name, `initramfs` (by path) by `initramfs_drivers`, the others by `told`.
"""


class Host:
    """A machine seen through files below `root`; what needs more than files is unreadable here.

    The public methods take paths inside the root and follow links there, as chroot would. The four that
    begin with an underscore are asked about resolved paths only: they are what other hosts replace.
    """

    source: str
    collected_at: str | None = None
    root = "/"
    whole = True
    """Whether a path that is not there was not there: a captured root may hold copies of /proc and /sys only."""
    alive = False
    """Whether asking reaches a kernel, which a question can make load a module."""

    def __init__(self) -> None:
        self._resolved = {"": ""}

    # -- files ---------------------------------------------------------------------------------------

    def read(self, path: str) -> bytes:
        """The content of a regular file; raises Absent or Unreadable."""
        return self._read(self.real_path(path))

    def text(self, path: str) -> str:
        """`read`, decoded; bytes that are not UTF-8 become surrogate escapes."""
        return self.read(path).decode("utf-8", "surrogateescape")

    def entries(self, path: str) -> list[str]:
        """The names in a directory, sorted; raises Absent or Unreadable."""
        return sorted(self._entries(self.real_path(path)))

    def matching(self, pattern: str) -> list[str]:
        """The paths that a shell's pattern names, in order; wildcards in the last part only. A plain path is itself."""
        folder, _, name = pattern.rpartition("/")
        if not any(character in name for character in "*?["):
            return [pattern]
        from fnmatch import fnmatchcase

        with suppress(Absent):
            hidden = name.startswith(".")
            names = [n for n in self.entries(folder) if fnmatchcase(n, name) and n.startswith(".") == hidden]
            return [f"{folder}/{n}" for n in names]
        return []

    def mode(self, path: str) -> int | None:
        """st_mode of what a path leads to, links followed; None where nothing is there."""
        try:
            return self._mode(self.real_path(path))
        except Absent:
            return None

    def link(self, path: str) -> str | None:
        """Where a symbolic link points to, as it is written; None where the path is none."""
        parent, _, name = path.rpartition("/")
        return self._link(f"{self.real_path(parent).rstrip('/')}/{name}")

    def real_path(self, path: str) -> str:
        """A path inside the root with every link followed; what is not there is kept as it is written.

        Raises Unreadable where links go in circles or a directory may not be searched.
        """
        try:
            return self._resolve(path.rstrip("/"), 0) or "/"
        except RecursionError:
            raise Unreadable(f"{path[:60]}…: too deep a path") from None

    def file_for_library(self, path: str) -> str:
        """The path outside the root of a regular file, for a library that opens files itself."""
        real = self.real_path(path)
        self._read(real)
        return self._outside(real)

    def _resolve(self, path: str, links: int) -> str:
        if path in self._resolved:
            return self._resolved[path]
        parent, _, name = path.rpartition("/")
        above = self._resolve(parent, links)
        if name in ("", "."):
            real = above
        elif name == "..":
            real = above.rpartition("/")[0]
        else:
            real = f"{above}/{name}"
            target = self._link(real)
            if target is not None:
                if links == MAX_LINKS:
                    raise Unreadable(f"{path}: too many symbolic links")
                target = target if target.startswith("/") else f"{above}/{target}"
                real = self._resolve(target.rstrip("/"), links + 1)
        self._resolved[path] = real
        return real

    def _read(self, path: str) -> bytes:
        return self._of_open_file(path, lambda descriptor: _all_of(descriptor, path))

    def _of_open_file(self, path: str, ask: Callable[[int], Answer]) -> Answer:
        """What `ask` makes of an open regular file; what is none is not even opened, for devices notice."""
        file = self._outside(path)
        try:
            _is_regular(path, os.lstat(file).st_mode)
            descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY)
            try:
                _is_regular(path, os.fstat(descriptor).st_mode)
                return ask(descriptor)
            finally:
                os.close(descriptor)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def _entries(self, path: str) -> list[str]:
        try:
            return os.listdir(self._outside(path or "/"))
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def _mode(self, path: str) -> int:
        try:
            return os.lstat(self._outside(path)).st_mode
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def _link(self, path: str) -> str | None:
        """The target of a link; None where there is none, or nothing at all."""
        try:
            return os.readlink(self._outside(path))
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT, errno.ENOTDIR):
                return None
            raise unreadable(path, error) from error
        except ValueError as error:
            raise unreadable(path, error) from error

    def _outside(self, path: str) -> str:
        """The path on this machine of a resolved path inside the root."""
        return path if self.root == "/" else self.root + path

    # -- what is more than files ---------------------------------------------------------------------

    def run(self, *argv: str) -> CommandResult:
        """Run a listed, read-only command; raises Unreadable where it is missing, hangs or floods."""
        raise Unreadable(f"{argv[0]} was not run: no command is run for a captured root")

    def told(self, key: str) -> Any:
        """What a library tells of this machine: a key of TOLD, an answer of its type."""
        raise Unreadable(f"no {key.replace('_', ' ')} in the files of a captured root")

    def available_bytes(self, path: str) -> int:
        """What users other than root can still write to the file system of a directory; raises Absent, Unreadable."""
        if self.mode(path) is None:
            raise Absent(f"{path} does not exist")
        raise Unreadable(f"{path}: the space available is not in the files of a captured root")

    def odd_names(self, avoid: Mapping[str, str]) -> OddNames:
        """Files with names that are not English, in a bounded walk; `avoid`: directories not to touch, and why."""
        from linuxready.host import names

        return names.walk(self, avoid)

    def initramfs_drivers(self, path: str, release: str, drivers: tuple[str, ...], max_bytes: int) -> dict[str, bool]:
        """Which drivers' modules an initial file system holds; raises Absent or Unreadable.

        `max_bytes`: what may be unpacked of it.
        """
        from linuxready.host import initramfs

        real = self.real_path(path)
        return self._of_open_file(
            real, lambda descriptor: initramfs.holds(descriptor, path, release, drivers, max_bytes)
        )

    def _scan(self, path: str, avoid: Mapping[str, str]) -> Iterable[Scanned]:
        """A directory in portions: the names in it, and those that are directories themselves.

        A link is none, and what is to be avoided is not asked: on a file system that does not tell, that is a stat.
        """
        avoided = {point.rpartition("/")[2] for point in avoid if point.rpartition("/")[0] == path}
        try:
            with os.scandir(self._outside(path or "/")) as entries:
                while portion := list(islice(entries, SCAN_PORTION)):
                    folders = [e.name for e in portion if e.name not in avoided and e.is_dir(follow_symlinks=False)]
                    yield [entry.name for entry in portion], folders
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def read_block(self, node: str, length: int) -> bytes:
        """The first bytes of a block device."""
        raise Unreadable(f"{node} was not captured")

    def block_device_paths(self) -> list[str]:
        """The resolved /sys/devices/… path of every block device, partitions included."""
        for folder in ("/sys/class/block", "/sys/dev/block"):
            with suppress(Absent):
                return [self.real_path(f"{folder}/{name}") for name in self.entries(folder)]
        disks = [self.real_path(f"/sys/block/{name}") for name in self.entries("/sys/block")]
        parts = [f"{disk}/{p}" for disk in disks for p in self.entries(disk) if p.startswith(disk.rpartition("/")[2])]
        return disks + parts

    def udev(self, sys_path: str, number: str) -> UdevRecord:
        """udev's words on a block device ("8:1"), from its database below /run."""
        try:
            text = self.text(f"/run/udev/data/b{number}")
        except Unreadable:
            return UdevRecord()
        words = dict(line[2:].split("=", 1) for line in text.splitlines() if line.startswith("E:") and "=" in line)
        return UdevRecord(words.get("ID_FS_TYPE"), words.get("ID_FS_UUID"), words.get("ID_FS_LABEL"))


def _is_regular(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise Unreadable(f"{path} is not a regular file")


def _all_of(descriptor: int, path: str) -> bytes:
    """A file's content, read plainly: a buffered reader costs more than most of the files that we read."""
    chunks: list[bytes] = []
    length = 0
    told = os.fstat(descriptor).st_size  # 0 in /proc
    while max(told, length) <= MAX_FILE_BYTES:
        if not (chunk := os.read(descriptor, 2**16)):
            return b"".join(chunks)
        chunks.append(chunk)
        length += len(chunk)
    raise Unreadable(f"{path} is longer than {MAX_FILE_BYTES // 2**20} MiB")


def executable(mode: int | None) -> bool:
    """Whether a mode is that of a regular file that somebody may execute."""
    return mode is not None and stat.S_ISREG(mode) and bool(mode & 0o111)


def unreadable(path: str, error: Exception) -> Unreadable:
    """An operating system's error as the one line that names the path and what to do."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return Absent(f"{path} does not exist")
        if error.errno in (errno.EACCES, errno.EPERM):
            return Unreadable(f"{path}: {PERMISSION_DENIED}")
        return Unreadable(f"{path}: {error.strerror}")
    return Unreadable(f"{path}: {error}")

"""Captured machines: a mounted image or unpacked root, and what `collect --record` wrote."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec

from linuxready import jsontext
from linuxready.facts import OddNames
from linuxready.host import (
    PERMISSION_DENIED,
    TOLD,
    Absent,
    Answer,
    CommandResult,
    Host,
    Scanned,
    ToldDrivers,
    ToldSpace,
    Unreadable,
)
from linuxready.text import unescape_octal

MAX_FSTAB_LINES = 1000
THIS_MACHINES = ("/proc", "/sys", "/dev", "/run", "/run/udev")
"""What is mounted into an image for chroot: it tells of the machine that looks at the image, not of the image's."""
DEVICES = ("/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=")
"""How fstab names the file systems that lie on a disk of the machine."""
ELSEWHERE = frozenset("none nfs nfs4 cifs smbfs smb3 glusterfs ceph 9p virtiofs overlay zfs fuse.sshfs".split())
"""The types of those that lie elsewhere and have files all the same; `none` is that of bind mounts."""

if TYPE_CHECKING:
    from linuxready.host.tarstream import Doing


class RootHost(Host):
    """The files below a directory; nothing is run and no library is asked."""

    whole = False

    def __init__(self, root: str) -> None:
        super().__init__()
        if not os.path.isdir(root):
            raise Unreadable(f"{root} is not a directory")
        self.root = os.path.realpath(root).rstrip("/")
        self.source = f"root {root}"
        looked_at = THIS_MACHINES if self.root and not self.whole else ()
        self._not_its_own = [point for point in looked_at if _is_mounted(self.root, point)]
        self._left_out: dict[str, str] = {}
        self._left_out = {} if self.whole else self._not_mounted()

    def _read(self, path: str) -> bytes:
        self._in_root(path)
        return super()._read(path)

    def _of_open_file(self, path: str, ask: Callable[[int], Answer]) -> Answer:
        self._in_root(path)
        return super()._of_open_file(path, ask)

    def _entries(self, path: str) -> list[str]:
        self._in_root(f"{path}/")
        return super()._entries(path)

    def _mode(self, path: str) -> int:
        self._in_root(path)
        return super()._mode(path)

    def _link(self, path: str) -> str | None:
        try:
            self._in_root(path)
        except Absent:
            return None
        return super()._link(path)

    def _scan(self, path: str, avoid: Mapping[str, str]) -> Iterable[Scanned]:
        self._in_root(f"{path}/")
        return super()._scan(path, avoid)

    def _in_root(self, path: str) -> None:
        """Raises Absent for what is this machine's own.

        What lies below a mount point that was forgotten is not there, and may well be: Unreadable.
        """
        for point in self._not_its_own:
            if path.startswith(f"{point}/"):
                raise Absent(f"{path.rstrip('/')} does not exist")
        for point, reason in self._left_out.items():
            if path.startswith(f"{point}/"):
                raise Unreadable(reason if path == f"{point}/" else f"{path.rstrip('/')}: {reason}")

    def _not_mounted(self) -> dict[str, str]:
        """The mount points of /etc/fstab that are empty directories here: / was mounted, and not what belongs to it."""
        found = {}
        with suppress(Unreadable):
            for number, line in enumerate(self.text("/etc/fstab").split("\n")[:MAX_FSTAB_LINES], 1):
                spec, point, fs_type, *_ = (*map(unescape_octal, line.split()[:3]), "", "", "")
                if (spec.startswith(DEVICES) or fs_type in ELSEWHERE) and point.startswith("/"):
                    with suppress(Unreadable):
                        real = self.real_path(point)
                        if real != "/" and not os.path.ismount(self._outside(real)) and not self.entries(real):
                            why = "is a file system of its own and not mounted below the root: mount it there"
                            found[real] = f"{point} {why} (/etc/fstab:{number})"
        return found


def _is_mounted(root: str, point: str) -> bool:
    """Whether something is mounted there, be it this machine's own directory, which may lie on the same device."""
    place = root + point
    with suppress(OSError):
        return os.path.ismount(place) or os.path.samefile(place, point)
    return False


class IndexEntry(msgspec.Struct, frozen=True):
    """The mode of a path whose content was not recorded: octal, "0755" or with its type "040755".

    `unreadable` is why its content or listing could not be read, where that is known.
    """

    mode: str
    unreadable: str | None = None


class Index(msgspec.Struct, frozen=True):
    """index.json: what files cannot say."""

    paths: dict[str, IndexEntry | str] = {}
    blocks: dict[str, dict[str, str]] = {}


class RecordedCommand(msgspec.Struct, frozen=True):
    """One entry of commands.json; `unreadable` is set instead where the command gave no answer."""

    argv: tuple[str, ...]
    exit_status: int = 0
    stdout: str = ""
    stderr: str = ""
    unreadable: str | None = None


class Recording(RootHost):
    """A machine as a recorder saw it; what it did not see is absent (paths) or unreadable (the rest)."""

    whole = True

    def __init__(self, folder: str) -> None:
        name = os.path.basename(os.path.normpath(folder))
        if not os.path.isdir(folder):
            raise Unreadable(f"{folder} is not a recording: no such directory")
        index = _decoded(f"{folder}/index.json", Index) or Index()
        commands = _decoded(f"{folder}/commands.json", tuple[RecordedCommand, ...]) or ()
        self._told = _decoded(f"{folder}/host.json", dict[str, Any]) or {}
        if not os.path.isdir(f"{folder}/root") and not (index.paths or commands or self._told):
            raise Unreadable(f"{folder} is not a recording: it has neither root/ nor host.json")
        super().__init__(f"{folder}/root" if os.path.isdir(f"{folder}/root") else folder)
        self.source = f"recording {name}"
        collected_at = self._told.get("collected_at")
        self.collected_at = collected_at if isinstance(collected_at, str) else None
        self.whole = self._told.get("whole") is not False
        self._blocks = index.blocks
        self._commands = {(os.path.basename(c.argv[0]), *c.argv[1:]): c for c in commands if c.argv}
        reasons = {p: e.unreadable if isinstance(e, IndexEntry) else e for p, e in index.paths.items()}
        self._refused = {path: reason for path, reason in reasons.items() if reason is not None}
        self._modes = {p: _mode(folder, p, e.mode) for p, e in index.paths.items() if isinstance(e, IndexEntry)}
        self._children: dict[str, set[str]] = {}
        for path in index.paths:
            parent, _, name = path.rpartition("/")
            while name and name not in self._children.setdefault(parent, set()):
                self._children[parent].add(name)
                parent, _, name = parent.rpartition("/")

    def real_path(self, path: str) -> str:
        real = super().real_path(path)
        self._refuse_to_go(real)
        return real

    def _read(self, path: str) -> bytes:
        self._refuse(path)
        try:
            return super()._read(path)
        except Absent:
            if path in self._modes:
                raise Unreadable(f"{path}: its content was not recorded") from None
            raise

    def _entries(self, path: str) -> list[str]:
        self._refuse(path)
        indexed = self._children.get(path.rstrip("/"), set())
        try:
            return list(indexed.union(super()._entries(path)))
        except Absent:
            if indexed or stat.S_ISDIR(self._modes.get(path, 0)):
                return list(indexed)
            raise

    def _link(self, path: str) -> str | None:
        if path not in self._children:  # the recorder went through
            self._refuse_to_go(path)
        return super()._link(path)

    def _mode(self, path: str) -> int:
        if path in self._modes:
            return self._modes[path]
        self._refuse(path)
        if path in self._children:
            return stat.S_IFDIR | 0o755
        return super()._mode(path)

    def _refuse_to_go(self, path: str) -> None:
        # "denied" is said of what is there and may not be read; any other reason may be one not to go there at all.
        if path not in self._modes and self._refused.get(path, "denied") != "denied":
            self._refuse(path)

    def _refuse(self, path: str) -> None:
        reason = self._refused.get(path)
        if reason == "denied":
            raise Unreadable(f"{path}: {PERMISSION_DENIED}")
        if reason is not None:
            raise Unreadable(reason if reason.startswith(path) else f"{path}: {reason}")

    def run(self, *argv: str) -> CommandResult:
        command = self._commands.get(argv)
        if command is None:
            raise Unreadable(f"{' '.join(argv)} was not recorded")
        if command.unreadable is not None:
            raise Unreadable(command.unreadable)
        return CommandResult(argv, command.exit_status, command.stdout, command.stderr)

    def told(self, key: str) -> Any:
        if key not in self._told:
            raise Unreadable(f"{key.replace('_', ' ')} was not recorded")
        if isinstance(self._told[key], dict) and "unreadable" in self._told[key]:
            raise Unreadable(str(self._told[key]["unreadable"]))
        try:
            return msgspec.convert(self._told[key], TOLD[key])
        except msgspec.ValidationError as error:
            raise Unreadable(f"host.json: {key}: {error}") from error

    def available_bytes(self, path: str) -> int:
        """As it was told; a directory that was not told of, where others were, was not there."""
        if "filesystems" not in self._told:
            raise Unreadable("available space was not recorded")
        filesystems: dict[str, ToldSpace] = self.told("filesystems")
        if path not in filesystems:
            raise Absent(f"{path} does not exist")
        space = filesystems[path]
        if space.available_bytes is None:
            raise Unreadable(space.unreadable or f"host.json: filesystems: {path}: no `available_bytes`")
        return space.available_bytes

    def initramfs_drivers(self, path: str, release: str, drivers: tuple[str, ...], max_bytes: int) -> dict[str, bool]:
        """As it was told; else of the file itself, where that is in the recording."""
        if "initramfs" in self._told:
            told: dict[str, ToldDrivers] = self.told("initramfs")
            if path not in told:
                raise Absent(f"{path} does not exist")
            found = told[path].drivers
            if found is None:
                raise Unreadable(told[path].unreadable or f"host.json: initramfs: {path}: no `drivers`")
            return {driver: found.get(driver, False) for driver in drivers}
        real = self.real_path(path)
        self._refuse(real)
        try:
            return super().initramfs_drivers(path, release, drivers, max_bytes)
        except Absent:
            if real in self._modes:
                raise Unreadable(f"{path}: its content was not recorded") from None
            raise

    def odd_names(self, avoid: Mapping[str, str]) -> OddNames:
        """As it was told; else what is among the files that were recorded, which are never all."""
        if "odd_names" in self._told:
            told: OddNames = self.told("odd_names")
            return told
        reason = "the list of odd file names was not recorded"
        with suppress(Absent):
            found = super().odd_names(avoid)
            if found.count:
                return msgspec.structs.replace(found, cut=reason)
        raise Unreadable(reason)

    def _scan(self, path: str, avoid: Mapping[str, str]) -> Iterable[Scanned]:
        names = self._entries(path)
        return [(names, [name for name in names if self._is_folder(f"{path}/{name}")])]

    def _is_folder(self, path: str) -> bool:
        with suppress(Unreadable):
            return stat.S_ISDIR(self._mode(path))
        return False

    def read_block(self, node: str, length: int) -> bytes:
        self._refuse(node)
        try:
            return base64.b64decode(self._blocks[node]["0"], validate=True)[:length]
        except KeyError:
            raise Unreadable(f"{node} was not recorded") from None
        except ValueError as error:
            raise Unreadable(f"index.json: blocks: {node}: {error}") from error


def _mode(folder: str, path: str, text: str) -> int:
    try:
        mode = int(text, 8)
        if not 0 <= mode < 2**16:
            raise ValueError
    except ValueError:
        raise Unreadable(f"{folder}/index.json: {path}: `{text}` is no octal mode") from None
    return mode if stat.S_IFMT(mode) else mode | stat.S_IFREG


def _decoded(path: str, kind: Any) -> Any:
    """A JSON file of a recording as `kind`; None where there is none."""
    try:
        with open(path, "rb") as file:
            return jsontext.decode(file.read(), kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error


@contextmanager
def open_recording(path: str, doing: Doing = lambda _: None) -> Iterator[Recording]:
    """A recording's host, from its folder or .tar.gz (unpacked into a private folder, gone afterwards)."""
    if not os.path.isfile(path):
        yield Recording(path)
        return
    from linuxready.host import archive

    with archive.unpacked(path, lambda _: True, doing) as folder:
        names = os.listdir(folder)
        inner = names[0] if len(names) == 1 and names[0] != "root" and not names[0].endswith(".json") else ""
        inside = os.path.join(folder, inner).rstrip("/")
        for part in ("", "/root", "/index.json", "/commands.json", "/host.json"):
            # A link could lead to this machine's own files.
            if os.path.islink(inside + part):
                raise Unreadable(f"{path}: {inner}{part} is a symbolic link, which a recording's own parts are not")
        try:
            recording = Recording(inside)
        except Unreadable as error:  # of a folder that nobody will find
            raise Unreadable(str(error).replace(inside, path)) from None
        recording.source = f"recording {os.path.basename(path)}"
        yield recording

"""`collect --record`: a host in front of another one, which writes down everything that passes."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from linuxready import ending
from linuxready.facts import OddNames
from linuxready.host import PERMISSION_DENIED, Absent, CommandResult, Host, UdevRecord, Unreadable

KEPT_LINES = (
    (
        re.compile("/etc/NetworkManager/system-connections/"),
        re.compile(rb"\[|(id|interface-name|zone|autoconnect|type)\s*="),
    ),
    (re.compile("/etc/sysconfig/network(-scripts)?/ifcfg-"), re.compile(rb"(DEVICE|ZONE|FW_ZONE)=")),
)
"""Files that may hold passwords of networks, and what a line that is recorded begins with; others are left empty."""


def without_secrets(path: str, content: bytes) -> bytes:
    """What a recording keeps of a file, its lines in their places."""
    for pattern, kept in KEPT_LINES:
        if pattern.match(path):
            return b"\n".join(line if kept.match(line.strip()) else b"" for line in content.split(b"\n"))
    return content


class Recorder(Host):
    """Asks `inner`, and keeps what it said until `write`."""

    def __init__(self, inner: Host) -> None:
        super().__init__()
        self.inner = inner
        self.source, self.root, self.collected_at = inner.source, inner.root, inner.collected_at
        self.whole, self.alive = inner.whole, inner.alive
        self._files: dict[str, bytes] = {}
        self._links: dict[str, str] = {}
        self._modes: dict[str, int] = {}
        self._refused: dict[str, str] = {}
        self._commands: dict[tuple[str, ...], dict[str, Any]] = {}
        self._told: dict[str, Any] = {}
        self._blocks: dict[str, bytes] = {}

    # Hosts may know more of a path than of what it leads to: what is asked is asked of `inner`, and the links on the
    # way are recorded besides.

    def real_path(self, path: str) -> str:
        real = super().real_path(path)
        self._noted(real, lambda _: self.inner.real_path(path))
        return real

    def mode(self, path: str) -> int | None:
        real = super().real_path(path)
        mode: int | None = self._noted(real, lambda _: self.inner.mode(path))
        if mode is not None:
            self._modes[real] = mode
        return mode

    def link(self, path: str) -> str | None:
        target = super().link(path)
        self._noted(path, lambda _: self.inner.link(path))
        return target

    def file_for_library(self, path: str) -> str:
        self.read(path)
        return self.inner.file_for_library(path)

    def _read(self, path: str) -> bytes:
        content: bytes = self._noted(path, self.inner._read)
        self._files[path] = without_secrets(path, content)
        with suppress(Unreadable):
            self._mode(path)
        return content

    def _entries(self, path: str) -> list[str]:
        names: list[str] = self._noted(path, self.inner._entries)
        self._modes[path] = stat.S_IFDIR | 0o755
        for name in names:
            with suppress(Unreadable):
                if self._link(f"{path}/{name}") is None:
                    self._mode(f"{path}/{name}")
        return names

    def _mode(self, path: str) -> int:
        self._modes[path] = self._noted(path, self.inner._mode)
        return self._modes[path]

    def _link(self, path: str) -> str | None:
        try:
            target = self.inner._link(path)
        except Unreadable as error:
            self._refused[path] = str(error)
            raise
        if target is not None:
            self._links[path] = target
        return target

    def _noted(self, path: str, ask: Callable[[str], Any]) -> Any:
        """What `ask` says; where it is refused, the reason is kept as index.json has it."""
        try:
            return ask(path)
        except Absent:
            raise
        except Unreadable as error:
            self._refuse(path, error)
            raise

    def _refuse(self, path: str, error: Unreadable) -> None:
        reason = str(error)
        self._refused[path] = "denied" if reason == f"{path}: {PERMISSION_DENIED}" else reason

    def run(self, *argv: str) -> CommandResult:
        try:
            result = self.inner.run(*argv)
        except Unreadable as error:
            self._commands[argv] = {"argv": argv, "unreadable": str(error)}
            raise
        self._commands[argv] = msgspec.to_builtins(result)
        return result

    def told(self, key: str) -> Any:
        return self._as_told(key, lambda: self.inner.told(key))

    def odd_names(self, avoid: Mapping[str, str]) -> OddNames:
        """Told as a whole: the names that were looked at are many, and no others are of interest."""
        names: OddNames = self._as_told("odd_names", lambda: self.inner.odd_names(avoid))
        return names

    def _as_told(self, key: str, ask: Callable[[], Any]) -> Any:
        try:
            answer = ask()
        except Unreadable as error:
            self._told[key] = {"unreadable": str(error)}
            raise
        self._told[key] = msgspec.to_builtins(answer)
        return answer

    def initramfs_drivers(self, path: str, release: str, drivers: tuple[str, ...], max_bytes: int) -> dict[str, bool]:
        """Told as a whole: an initial file system is large, and may hold secrets."""
        told = self._told.setdefault("initramfs", {})
        try:
            found = self.inner.initramfs_drivers(path, release, drivers, max_bytes)
        except Absent:
            raise
        except Unreadable as error:
            told[path] = {"unreadable": str(error)}
            raise
        told[path] = {"drivers": found}
        return found

    def available_bytes(self, path: str) -> int:
        filesystems = self._told.setdefault("filesystems", {})
        try:
            available = self.inner.available_bytes(path)
        except Absent:
            raise
        except Unreadable as error:
            filesystems[path] = {"unreadable": str(error)}
            raise
        filesystems[path] = {"available_bytes": available}
        return available

    def read_block(self, node: str, length: int) -> bytes:
        self._blocks[node] = self._noted(node, lambda node: self.inner.read_block(node, length))
        return self._blocks[node]

    def block_device_paths(self) -> list[str]:
        try:
            paths = self.inner.block_device_paths()
        except Unreadable as error:
            if not isinstance(error, Absent):
                self._refuse("/sys/class/block", error)
            raise
        for path in paths:
            self._links[f"/sys/class/block/{path.rpartition('/')[2]}"] = path
        return paths

    def udev(self, sys_path: str, number: str) -> UdevRecord:
        record = self.inner.udev(sys_path, number)
        words = {f"ID_{key.upper()}": word for key, word in msgspec.to_builtins(record).items() if word is not None}
        if words:
            text = "".join(f"E:{key}={word}\n" for key, word in words.items())
            self._files[f"/run/udev/data/b{number}"] = text.encode("utf-8", "surrogateescape")
        return record

    # -- writing ---------------------------------------------------------------------------------------

    def write(self, folder: str, collected_at: str) -> None:
        """Write the recording as a new folder, readable by its owner only; raises OSError, leaving nothing."""
        if os.path.lexists(folder):
            raise FileExistsError(None, "it exists already", folder)
        parent = os.path.dirname(os.path.abspath(folder))
        with ending.undone(
            lambda: tempfile.mkdtemp(prefix=".linuxready-", dir=parent),
            lambda draft: shutil.rmtree(draft, ignore_errors=True),
        ) as draft:
            self._write_root(f"{draft}/root")
            _write_json(f"{draft}/index.json", self._index())
            _write_json(f"{draft}/commands.json", list(self._commands.values()))
            partial = {} if self.whole else {"whole": False}
            _write_json(f"{draft}/host.json", {"collected_at": collected_at, **partial, **self._told})
            os.rename(draft, folder)

    def _write_root(self, root: str) -> None:
        os.makedirs(root)
        for path, content in self._files.items():
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            with open(root + path, "wb") as file:
                file.write(content)
            if self._modes.get(path, 0) & 0o111:
                os.chmod(root + path, 0o700)
        for path, target in self._links.items():
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            with suppress(FileExistsError):
                os.symlink(target, root + path)

    def _index(self) -> dict[str, Any]:
        modes = {p: {"mode": f"0{mode:o}"} for p, mode in self._modes.items() if p and p not in self._files}
        for path in self._refused.keys() & modes.keys():
            modes[path]["unreadable"] = self._refused.pop(path)
        blocks = {node: {"0": base64.b64encode(content).decode()} for node, content in self._blocks.items()}
        return {"paths": {**modes, **self._refused}, "blocks": blocks}


def _write_json(path: str, value: Any) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")

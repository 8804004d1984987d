"""Initial file systems made by hand; tests/live has those of the real programs."""

from __future__ import annotations

from collections.abc import Iterable

TRAILER = "TRAILER!!!"


def cpio(names: Iterable[str], content: bytes = b"x" * 5) -> bytes:
    """A cpio archive (newc) of files with these names."""
    return b"".join(_member(name, content) for name in names) + _member(TRAILER, b"")


def _member(name: str, content: bytes) -> bytes:
    fields = [0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)

"""What a packed stream unpacks to, in portions: gzip, xz, bzip2, zstd, told by their first bytes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

PORTION = 2**18
"""Bytes that are read or unpacked at once."""

MAX_DICTIONARY_BYTES = 66 * 2**20
"""What xz may keep in memory: `xz -9` needs 65 MiB."""


class Source:
    """Bytes, asked for as they are needed: of a file, or of what a part of it unpacks to."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._ahead = b""

    def read(self) -> bytes:
        """The next bytes, b"" at the end."""
        ahead, self._ahead = self._ahead, b""
        return ahead or self._more()

    def unread(self, data: bytes) -> None:
        """Give back what was too much."""
        self._ahead = data + self._ahead

    def peek(self, length: int) -> bytes:
        """At least the next `length` bytes where there are that many."""
        while len(self._ahead) < length and (more := self._more()):
            self._ahead += more
        return self._ahead[:length]

    def skip_zeros(self) -> None:
        """Go to the next byte that is no padding."""
        while data := self.read():
            if rest := data.lstrip(b"\0"):
                self.unread(rest)
                return


def _gzip(source: Source) -> Iterator[bytes]:
    try:
        yield from _unpacked(zlib.decompressobj(31), source)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _xz(source: Source) -> Iterator[bytes]:
    import lzma

    try:
        yield from _unpacked(lzma.LZMADecompressor(memlimit=MAX_DICTIONARY_BYTES), source)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error


def _bzip2(source: Source) -> Iterator[bytes]:
    import bz2

    try:
        yield from _unpacked(bz2.BZ2Decompressor(), source)
    except OSError as error:
        raise ValueError(str(error)) from error


def _zstd(source: Source) -> Iterator[bytes]:
    # In the standard library from Python 3.14 on; nothing that is installed has it before.
    from compression import zstd  # type: ignore[import-not-found]

    try:
        yield from _unpacked(zstd.ZstdDecompressor(), source)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error


def _nobody(source: Source) -> Iterator[bytes]:
    raise ImportError
    yield b""


PACKED: dict[bytes, tuple[str, Callable[[Source], Iterator[bytes]]]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"\xfd7zXZ": ("xz", _xz),
    b"]\0\0": ("lzma", _xz),
    b"BZh": ("bzip2", _bzip2),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
    b"\x02\x21\x4c\x18": ("lz4", _nobody),
    b"\x04\x22\x4d\x18": ("lz4", _nobody),
    b"\x89LZO": ("lzo", _nobody),
}
"""First bytes of a compressed part, what it is called, and what unpacks it."""


def streams(source: Source) -> Iterator[bytes]:
    """What packed streams behind each other unpack to, as one; raises ValueError, EOFError, ImportError."""
    while magic := source.peek(6):
        if (how := unpacker(magic)) is None:
            raise ValueError("something follows its end")
        _, unpack = how
        yield from unpack(source)
        source.skip_zeros()


def unpacker(magic: bytes) -> tuple[str, Callable[[Source], Iterator[bytes]]] | None:
    """What a stream that begins so is packed by, and what unpacks it; None where no packer begins so."""
    return next((how for beginning, how in PACKED.items() if magic.startswith(beginning)), None)


def _unpacked(stream: Any, source: Source) -> Iterator[bytes]:
    """What a decompressor makes of the source, in portions; the rest behind its end is given back. Raises EOFError."""
    while not stream.eof:
        packed = getattr(stream, "unconsumed_tail", b"")
        if not packed and getattr(stream, "needs_input", True):
            packed = source.read()
        data = stream.decompress(packed, PORTION)
        if not packed and not data:
            raise EOFError("it ends in the middle")
        if data:
            yield data
    with suppress(AttributeError):
        source.unread(stream.unused_data)

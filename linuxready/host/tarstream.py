"""What tarfile reads an archive from: unpacked as it goes by, forward only, and within bounds."""

from __future__ import annotations

import os
import stat
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from linuxready.host import Unreadable, packed

MAX_SECONDS = 120.0
"""What an archive is given to go by."""
MAX_BYTES = 16 * 2**30
"""Of an archive when it is unpacked, what is not asked for included."""
MAX_HEADER_BYTES = 2**15
"""Of what stands before a member: its names, its attributes, the map of its holes. A name has 4,096 at most."""

Doing = Callable[[str], None]
"""Is told what is being done, in a few words."""


class Unsound(Exception):
    """What is wrong with an archive, in a few words."""


@contextmanager
def opened(path: str, doing: Doing) -> Iterator[Stream]:
    """The stream of a .tar, .tar.gz, .tar.bz2, .tar.xz; raises Unreadable, Unsound, ImportError, OSError.

    What is no regular file is not even opened: devices notice. Nothing is waited for, as in /proc/kmsg.
    """
    if stat.S_ISREG(os.stat(path).st_mode):
        with open(path, "rb", 0, opener=_not_waiting) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # another may have taken its place meanwhile
                yield Stream(_portions(file, f"unpacking {os.path.basename(path)}", doing))
                return
    raise Unreadable(f"{path} is neither an archive nor a folder")


def _not_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _portions(file: IO[bytes], what: str, doing: Doing) -> Iterator[bytes]:
    """What an archive unpacks to, within the bounds; raises Unsound, ImportError."""
    end = time.monotonic() + MAX_SECONDS

    def in_time() -> None:
        if time.monotonic() > end:
            raise Unsound(f"it was not unpacked within {MAX_SECONDS:g} s: unpack it first")

    def more() -> bytes:
        in_time()
        return file.read(packed.PORTION) or b""

    source = packed.Source(more)
    size = 0
    try:
        for portion in packed.streams(source) if packed.unpacker(source.peek(6)) else iter(source.read, b""):
            in_time()
            size += len(portion)
            if size > MAX_BYTES:
                raise Unsound(f"it unpacks to more than {MAX_BYTES // 2**30} GiB")
            doing(f"{what}, {size // 10**6:,} MB")
            yield portion
    except (ValueError, EOFError) as error:
        raise Unsound(str(error)) from error


class Stream:
    """What tarfile reads from: forward only, and never more at once than is allowed.

    `tarfile` reads long names, extended headers and maps of holes whole, however long they say they are.
    """

    def __init__(self, portions: Iterator[bytes]) -> None:
        self._portions = portions
        self._portion = memoryview(b"")
        self._position = 0
        self.allowed = 0
        """Bytes that may be read until it is set again."""
        self.last = b""
        """What was read last."""

    def tell(self) -> int:
        return self._position

    def seekable(self) -> bool:
        return False

    def seek(self, position: int) -> int:
        if position < self._position:
            raise Unsound("a member begins before the end of the one before it")
        for _ in self._next(position - self._position):
            pass
        return self._position

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self.allowed:
            raise Unsound(f"a header is longer than {MAX_HEADER_BYTES // 2**10} KiB")
        self.allowed -= size
        self.last = b"".join(self._next(size))
        return self.last

    def ends(self) -> None:
        """Go to the end, past which only zeros may lie; raises Unsound."""
        if len(self.last) < tarfile.BLOCKSIZE:
            raise Unsound("it is cut off")
        if self.last.strip(b"\0"):
            raise Unsound("a header is damaged")
        for piece in self._next(2**63):
            if bytes(piece).strip(b"\0"):
                raise Unsound("something follows its end")

    def _next(self, size: int) -> Iterator[memoryview]:
        """The next bytes, fewer where the stream ends."""
        while size > 0:
            if not self._portion:
                self._portion = memoryview(next(self._portions, b""))
                if not self._portion:
                    return
            piece, self._portion = self._portion[:size], self._portion[size:]
            self._position += len(piece)
            size -= len(piece)
            yield piece


@contextmanager
def reading_a_header() -> Iterator[None]:
    """tarfile takes what stands in headers for what it should be."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise Unsound(f"a header is damaged ({error})") from error

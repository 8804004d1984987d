"""Which of some drivers an initial file system holds: the names in its cpio archives, and nothing of their contents.

    [cpio of microcode] [padding] [compressed cpio]      what `cat` of the parts made; each part may be compressed

The archives list a folder's files together, so what comes after the folder of the kernel's modules is not unpacked.
Source: kernel Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from linuxready.host import Unreadable
from linuxready.host.packed import PORTION, Source, unpacker

HEADER_BYTES = 110
MAX_NAME_BYTES = 4096
CPIO = (b"070701", b"070702")
ENDINGS = ("", ".xz", ".gz", ".zst")
"""Of a module's file."""


def holds(descriptor: int, path: str, release: str, drivers: Iterable[str], max_bytes: int) -> dict[str, bool]:
    """Whether there is a module file for each of the drivers; raises Unreadable where that is not to be told.

    `max_bytes`: more is not unpacked, and what was not found by then is not known.
    """
    wanted = {f"{driver}.ko{ending}": driver for driver in drivers for ending in ENDINGS}
    found = dict.fromkeys(wanted.values(), False)
    folder = f"lib/modules/{release}/"
    inside = False
    try:
        for name in names(Source(lambda: os.read(descriptor, PORTION)), path, partial(bounded, max_bytes, [0])):
            if driver := wanted.get(name.rpartition("/")[2]):
                found[driver] = True
                if all(found.values()):
                    break
            if inside and folder not in f"{name}/":
                break
            inside = inside or f"{folder}kernel/" in name
    except (ValueError, EOFError) as error:
        raise Unreadable(f"{path}: not understood as an initramfs: {error}") from error
    return found


def names(source: Source, path: str, within: Callable[[Iterator[bytes]], Iterator[bytes]] | None) -> Iterator[str]:
    """The names in all archives of an initial file system, in order, whether packed or not.

    `within` bounds what is unpacked; None where the source itself is unpacked, for the kernel unpacks only once.
    """
    while True:
        source.skip_zeros()
        magic = source.peek(6)
        if not magic:
            return
        if magic in CPIO:
            yield from archive(iter(source.read, b""), source.unread)
            continue
        if (how := unpacker(magic)) is None:
            raise Unreadable(f"{path}: packed in a way that is not known (it begins with {magic.hex()})")
        kind, unpack = how
        if within is None:
            raise ValueError(f"{kind} inside of what was packed")
        portions = within(unpack(source))
        try:
            yield from names(Source(partial(next, portions, b"")), path, None)
        except ImportError:
            raise Unreadable(f"{path}: this Python cannot unpack {kind}") from None


def bounded(max_bytes: int, unpacked: list[int], portions: Iterator[bytes]) -> Iterator[bytes]:
    """The portions, up to so many bytes with the `unpacked` ones of before; raises ValueError where there are more."""
    for portion in portions:
        unpacked[0] += len(portion)
        if unpacked[0] > max_bytes:
            raise ValueError(f"its modules do not end within {max_bytes // 2**20} MiB")
        yield portion


def archive(portions: Iterator[bytes], give_back: Callable[[bytes], None]) -> Iterator[str]:
    """The names of one cpio archive (newc); what follows its end is given back. Raises ValueError."""
    buffer = b""
    skip = 0
    for portion in portions:
        if skip >= len(portion):
            skip -= len(portion)
            continue
        buffer += portion[skip:]
        skip = 0
        at = 0
        while len(buffer) - at >= HEADER_BYTES:
            if buffer[at : at + 6] not in CPIO:
                raise ValueError("no cpio header where one should be")
            size, name_size = int(buffer[at + 54 : at + 62], 16), int(buffer[at + 94 : at + 102], 16)
            if not 0 < name_size <= MAX_NAME_BYTES:
                raise ValueError(f"a name of {name_size} bytes")
            name_end = at + HEADER_BYTES + name_size
            if len(buffer) < name_end:
                break
            name = buffer[at + HEADER_BYTES : name_end - 1].decode("utf-8", "surrogateescape")
            following = at + _padded(HEADER_BYTES + name_size) + _padded(size)
            if name == "TRAILER!!!":
                give_back(buffer[following:])
                return
            yield name.removeprefix("./")
            at = following
        if at > len(buffer):
            skip, buffer = at - len(buffer), b""
        else:
            buffer = buffer[at:]
    raise EOFError("it ends in the middle")


def _padded(size: int) -> int:
    return (size + 3) & ~3

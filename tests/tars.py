"""Tar archives made by hand, sound and hostile: what no tar program writes is put together from blocks."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

BLOCK = 512
END = bytes(2 * BLOCK)
GIB = 2**30

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tar.xz": lzma.compress,
    ".tar.bz2": bz2.compress,
}


def header(
    name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644, number: int = 0
) -> bytes:
    """The block before a member's content, long names in blocks of their own before it; `number`: of a device."""
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname, member.mode = size, kind, target, mode
    member.devmajor = member.devminor = number
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8")


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def file(name: str, content: bytes = b"x", mode: int = 0o644) -> bytes:
    return header(name, len(content), mode=mode) + padded(content)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> bytes:
    return header(name, 0, kind, target)


def folder(name: str, mode: int = 0o755) -> bytes:
    return header(name, 0, tarfile.DIRTYPE, mode=mode)


def pax(kind: bytes = tarfile.XHDTYPE, **words: str | bytes) -> bytes:
    """An extended header; `__` in a keyword is a dot."""
    records = b""
    for keyword, word in words.items():
        record = b" " + keyword.replace("__", ".").encode() + b"=" + (word.encode() if isinstance(word, str) else word)
        length = len(record) + 1
        length += len(str(length + len(str(length))))
        records += str(length).encode() + record + b"\n"
    return header("pax", len(records), kind) + padded(records)


def with_checksum(block: bytes) -> bytes:
    """A header that was changed, with the check sum that it then has."""
    blank = block[:148] + b" " * 8 + block[156:BLOCK]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:] + block[BLOCK:]


def with_size(block: bytes, size: bytes) -> bytes:
    """A header with 12 bytes as its size that no program writes."""
    return with_checksum(block[:124] + size + block[136:])


def with_holes(name: str, size: int) -> bytes:
    """A sparse file as GNU tar has written them: 10 bytes, then a hole up to `size`."""
    block = bytearray(header(name, 10, tarfile.GNUTYPE_SPARSE))
    block[386:410] = b"%011o\0%011o\0" % (0, 10)
    block[483:495] = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    return with_checksum(bytes(block)) + padded(b"0123456789")


def with_holes_in_pax(name: str, size: int, holes: str = "0,10") -> bytes:
    """The same as it is written today."""
    return pax(GNU__sparse__map=holes, GNU__sparse__size=str(size)) + file(name, b"0123456789")


def with_an_endless_map(name: str) -> bytes:
    block = bytearray(header(name, BLOCK, tarfile.GNUTYPE_SPARSE))
    block[482] = 1
    return with_checksum(bytes(block)) + (b"%011o\0%011o\0" % (10, 10) * 21 + b"\1" + bytes(7)) * 200


class Hostile(NamedTuple):
    """What is put before the sound members and behind them, and the error's words; None where the rest is judged."""

    says: str | None
    before: Callable[[str], bytes] = lambda top: b""
    after: Callable[[str], bytes] = lambda top: b""
    end: bytes = END


SHADOW = "/etc/shadow"
HOSTS = "etc/hosts"
UNITS = "etc/systemd/system"
"""Of which all is asked for."""

HOSTILE = {
    # names
    "an absolute name": Hostile("leads out of the archive", after=lambda top: file("/tmp/escaped")),
    "a name with ..": Hostile("leads out of the archive", after=lambda top: file("../escaped")),
    "a name with .. inside": Hostile("leads out of the archive", after=lambda top: file(f"{top}/etc/../../../escaped")),
    "a long name with ..": Hostile("leads out of the archive", after=lambda top: file(f"../{'x' * 5000}")),
    "a folder with ..": Hostile("leads out of the archive", after=lambda top: folder("../escaped")),
    "a link with ..": Hostile("leads out of the archive", after=lambda top: link("../escaped", "x")),
    "an absolute name in pax": Hostile(
        "leads out of the archive", after=lambda top: pax(path="/tmp/escaped") + file("x")
    ),
    "an empty name": Hostile(None, after=lambda top: pax(path="") + file("x")),
    "a name with a zero": Hostile("null", after=lambda top: pax(path=f"{top}/{HOSTS}\0x") + file("x")),
    "a name with a line break": Hostile(None, after=lambda top: file(f"{top}/{HOSTS}\nx")),
    "an escape sequence": Hostile("leads out of the archive", after=lambda top: file(f"../\x1b]0;x\7\x1b[31m\n{top}")),
    "a name that is not UTF-8": Hostile(None, after=lambda top: file(f"{top}/{UNITS}/\udcff")),
    "a long name": Hostile("File name too long", after=lambda top: file(f"{top}/{UNITS}/{'x' * 300}")),
    "many folders": Hostile("lies in more than", after=lambda top: file(f"{top}/{UNITS}/{'x/' * 3000}x")),
    "a long path": Hostile(
        "File name too long", after=lambda top: file(f"{top}/{UNITS}/" + f"{'x' * 200}/" * 40 + "x")
    ),
    # links
    "a link to the shadow file": Hostile(None, before=lambda top: link(f"{top}/{HOSTS}", SHADOW)),
    "a link up to the shadow file": Hostile(None, before=lambda top: link(f"{top}/{HOSTS}", f"../../../../..{SHADOW}")),
    "a folder that is a link": Hostile(None, before=lambda top: link(f"{top}/etc", "/tmp")),
    "a folder that becomes a link": Hostile(None, after=lambda top: link(f"{top}/etc", "/tmp")),
    "links in circles": Hostile(
        None, before=lambda top: link(f"{top}/{HOSTS}", "host.conf") + link(f"{top}/etc/host.conf", "hosts")
    ),
    "a link that is too long": Hostile("File name too long", after=lambda top: link(f"{top}/etc/hostname", "x" * 5000)),
    "a link to nothing": Hostile("cannot be made", after=lambda top: link(f"{top}/etc/hostname", "")),
    "a hard link to the shadow file": Hostile(
        "leads out of the archive", after=lambda top: link(f"{top}/etc/hostname", SHADOW, tarfile.LNKTYPE)
    ),
    "a hard link up to the shadow file": Hostile(
        "leads out of the archive",
        after=lambda top: link(f"{top}/etc/hostname", f"{top}/../../..{SHADOW}", tarfile.LNKTYPE),
    ),
    "a hard link to nothing": Hostile(
        "which was not unpacked before it", after=lambda top: link(f"{top}/etc/hostname", "nothing", tarfile.LNKTYPE)
    ),
    "a hard link to itself": Hostile(
        "which was not unpacked before it",
        after=lambda top: link(f"{top}/etc/hostname", f"{top}/etc/hostname", tarfile.LNKTYPE),
    ),
    "a hard link to a link to the shadow file": Hostile(
        None,
        after=lambda top: (
            link(f"{top}/etc/hostname", SHADOW)
            + link(f"{top}/etc/HOSTNAME", f"{top}/etc/hostname", tarfile.LNKTYPE)
            + file(f"{top}/etc/HOSTNAME", b"written")
        ),
    ),
    # kinds
    "a pipe": Hostile(None, before=lambda top: header(f"{top}/etc/hostname", 0, tarfile.FIFOTYPE)),
    "a character device": Hostile(None, before=lambda top: header(f"{top}/etc/hostname", 0, tarfile.CHRTYPE, number=1)),
    "a block device": Hostile(None, before=lambda top: header(f"{top}/etc/hostname", 0, tarfile.BLKTYPE, number=8)),
    "a kind that nobody knows": Hostile(None, before=lambda top: header(f"{top}/etc/hostname", 0, b"Q")),
    "modes": Hostile(
        None,
        before=lambda top: (
            folder(f"{top}", 0) + folder(f"{top}/etc", 0) + file(f"{top}/etc/hostname", b"web1\n", mode=0o7000)
        ),
    ),
    "a file that comes twice": Hostile(None, before=lambda top: file(f"{top}/{HOSTS}", b"first")),
    "a member below a file": Hostile(
        "cannot be made", after=lambda top: file(f"{top}/{UNITS}/x") + file(f"{top}/{UNITS}/x/below")
    ),
    "a file in a folder's place": Hostile(
        "cannot be made", after=lambda top: file(f"{top}/{UNITS}/x") + file(f"{top}/{UNITS}")
    ),
    # sizes
    "a file of 10 GiB in a hole": Hostile(None, before=lambda top: with_holes(f"{top}/etc/hostname", 10 * GIB)),
    "a file of 10 GiB in a hole, in pax": Hostile(
        None, before=lambda top: with_holes_in_pax(f"{top}/etc/hostname", 10 * GIB)
    ),
    "holes of 63 MiB each": Hostile(
        "more than 512 MiB of it",
        after=lambda top: b"".join(with_holes_in_pax(f"{top}/{UNITS}/{n}", 63 * 2**20) for n in range(9)),
    ),
    "a map of holes that goes back": Hostile(
        "a member begins before", before=lambda top: with_holes_in_pax(f"{top}/etc/hostname", 1000, "0,10,20,-15,30,5")
    ),
    "a map of holes that is none": Hostile(
        "a header is damaged", before=lambda top: with_holes_in_pax(f"{top}/etc/hostname", 9, "x")
    ),
    "a map of holes without an end": Hostile(
        "longer than 32 KiB", before=lambda top: with_an_endless_map(f"{top}/etc/hostname")
    ),
    "a name of 10 GiB": Hostile(
        "longer than 32 KiB", before=lambda top: header("long", 10 * GIB, tarfile.GNUTYPE_LONGNAME)
    ),
    "a header of 10 GiB": Hostile("longer than 32 KiB", before=lambda top: header("pax", 10 * GIB, tarfile.XHDTYPE)),
    "headers of headers": Hostile("longer than 32 KiB", before=lambda top: header("pax", 0, tarfile.XGLTYPE) * 10_000),
    "a header that takes long to read": Hostile(
        "", before=lambda top: header("pax", 32_000, tarfile.XHDTYPE) + padded(b"1" * 32_000)
    ),
    "a size below nothing": Hostile(
        "cannot be unpacked", before=lambda top: with_size(header("x", 5), b"\xff" * 12) + padded(b"x")
    ),
    "a size beyond everything": Hostile(
        "unexpected end of data", before=lambda top: with_size(header("x", 5), b"\x80" + b"\x7f" * 11)
    ),
    "a size that is no number": Hostile("a header is damaged", after=lambda top: pax(size="9" * 5000) + file("x")),
    # the whole
    "two folders": Hostile("holds two folders", after=lambda top: file(f"other/{HOSTS}")),
    "a second archive behind it": Hostile("something follows its end", end=END + file("x/etc/hosts") + END),
    "no end": Hostile("it is cut off", end=b""),
    "half a header": Hostile("it is cut off", end=bytes(300)),
    "half a file": Hostile("unexpected end of data", end=header("x", 2000) + bytes(BLOCK)),
    "a wrong check sum": Hostile("a header is damaged", end=b"\1" * BLOCK + END),
}
"""By what it holds; `top` is the folder of the machine in the archive."""


class Spoilt(NamedTuple):
    """What is made of a sound archive, tar or packed; the error's words, None where it is judged."""

    says: str | None
    made: Callable[[bytes], bytes]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(byte ^ 0x55 for byte in data[at : at + 4]) + data[at + 4 :]


def with_large_dictionary(tar: bytes) -> bytes:
    return lzma.compress(tar, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**30}])


def spoilt_by(name: str, pack: Callable[[bytes], bytes]) -> dict[str, Spoilt]:
    """What can happen to a packed archive."""
    made = {
        f"{name} cut": Spoilt("", lambda tar: pack(tar.rstrip(b"\0"))[:-9]),
        f"{name} cut early": Spoilt("", lambda tar: pack(tar)[: len(pack(tar)) // 2]),
        f"{name} and garbage": Spoilt("something follows its end", lambda tar: pack(tar) + b"garbage"),
        f"{name} and zeros": Spoilt(None, lambda tar: pack(tar) + bytes(4096)),
        f"{name} in two streams": Spoilt(None, lambda tar: pack(tar[:700]) + pack(tar[700:])),
    }
    if name != ".tar":
        made[f"{name} flipped"] = Spoilt("cannot be unpacked", lambda tar: flipped(pack(tar), 40))
    return made


SPOILT: dict[str, Spoilt] = {
    "nothing": Spoilt("empty file", lambda tar: b""),
    "a byte": Spoilt("truncated header", lambda tar: b"x"),
    "a text": Spoilt("invalid header", lambda tar: b"a text\n" * 1000),
    "zeros": Spoilt("holds no folder", lambda tar: bytes(10_240)),
    "an empty stream": Spoilt("empty file", lambda tar: gzip.compress(b"")),
    "a magic number": Spoilt("it ends in the middle", lambda tar: b"\x1f\x8b\x08"),
    "another packer's": Spoilt("Python cannot unpack", lambda tar: b"\x04\x22\x4d\x18" + tar),
    "packed twice": Spoilt("truncated header", lambda tar: gzip.compress(gzip.compress(tar))),
    "many empty streams": Spoilt(None, lambda tar: gzip.compress(b"", 9) * 100_000 + gzip.compress(tar)),
    "a name without an end": Spoilt("it ends in the middle", lambda tar: b"\x1f\x8b\x08\x08" + b"x" * 10**7),
    "a dictionary of 1 GiB": Spoilt("Memory usage limit", with_large_dictionary),
    "an archive in an archive": Spoilt(
        "holds an archive, x/sosreport-web1.tar.xz: unpack it first",
        lambda tar: file("x/sosreport-web1.tar.xz", lzma.compress(tar)) + END,
    ),
    "archives in an archive": Spoilt(
        "holds an archive, sosreport-web1.tar: unpack it first",
        lambda tar: file("sosreport-web1.tar", tar) + file("sosreport-web2.tar", tar) + END,
    ),
    "an archive of another kind": Spoilt("is neither a sosreport", lambda tar: file("linux/README", b"x") + END),
    "files without a folder": Spoilt("holds no folder", lambda tar: file("version.txt", b"x") + END),
}
"""By what it is."""
for _name, _pack in PACKERS.items():
    SPOILT |= spoilt_by(_name, _pack)


def large(path: Path, pack: Callable[[bytes], bytes], sound: bytes, top: str) -> None:
    """A sosreport as servers make them: 200 MB packed, 1.2 GB unpacked, nearly all of it logs and journals.

    Packed streams behind each other are one, so that few are made and written often.
    """
    journal = random.Random(1).randbytes(8 * 2**20)
    line = "Nov 26 09:{:02}:{:02} web1 kernel: audit: type=1400 apparmor=ALLOWED\n"
    log = "".join(line.format(n // 60 % 60, n % 60) for n in range(260_000)).encode()[: 16 * 2**20]
    processes = b"".join(file(f"{top}/proc/{n}/status", b"Name:\tx\n" * 20) for n in range(20_000))
    with path.open("wb") as archive:
        archive.write(pack(sound + processes))
        for name, content, times in (("journal/system.journal", journal, 24), ("messages", log, 64)):
            archive.write(pack(header(f"{top}/var/log/{name}", len(content) * times)))
            packed = pack(content)
            for _ in range(times):
                archive.write(packed)
        archive.write(pack(END))


def packed_with_large_dictionary(data: bytes) -> bytes:
    """As `xz -9` packs, whose dictionary of 64 MiB is the largest of all its levels."""
    return lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**26}])

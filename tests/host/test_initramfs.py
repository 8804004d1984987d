"""Initial file systems: the names in them, through what real programs pack; and what is no such thing."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from linuxready.host import Unreadable, initramfs, packed
from linuxready.host.captured import Recording

from ..archives import cpio

R = "5.14.0-427.13.1.el9_4.x86_64"
MODULES = f"usr/lib/modules/{R}/kernel/drivers"
WITH = ["init", f"{MODULES}/hv/hv_vmbus.ko.xz", f"{MODULES}/scsi/hv_storvsc.ko.xz", "usr/sbin/udevadm"]
WITHOUT = ["init", f"{MODULES}/scsi/vmw_pvscsi.ko.xz", f"usr/lib/modules/{R}/modules.dep", "usr/sbin/udevadm"]
EARLY = ["early_cpio", "kernel/x86/microcode/GenuineIntel.bin"]
DRIVERS = ("hv_storvsc",)


def holds(data: bytes, drivers: tuple[str, ...] = DRIVERS, max_bytes: int = 2**27) -> dict[str, bool]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return initramfs.holds(file.fileno(), "/boot/x", R, drivers, max_bytes)


def early() -> bytes:
    data = cpio(EARLY)
    return data + b"\0" * (-len(data) % 512)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress], ids=["plain", "gzip", "xz"])
@pytest.mark.parametrize("before", [b"", early()], ids=["alone", "microcode"])
@pytest.mark.parametrize("behind", [b"", b"\0" * 700], ids=["", "padded"])
def test_the_driver_is_found_or_not(pack: Callable[[bytes], bytes], before: bytes, behind: bytes) -> None:
    assert holds(before + pack(cpio(WITH)) + behind) == {"hv_storvsc": True}
    assert holds(before + pack(cpio(WITHOUT)) + behind) == {"hv_storvsc": False}


@pytest.mark.parametrize("name", ["hv_storvsc.ko", "hv_storvsc.ko.gz", "hv_storvsc.ko.zst"])
def test_a_module_may_be_packed_itself(name: str) -> None:
    assert holds(cpio([f"./lib/modules/{R}/kernel/drivers/scsi/{name}"])) == {"hv_storvsc": True}


@pytest.mark.parametrize("name", ["hv_storvsc.ko.sig", "hv_storvsc.conf", "nohv_storvsc.ko", "hv_storvsc"])
def test_a_name_like_it_is_not_it(name: str) -> None:
    assert holds(cpio([f"lib/modules/{R}/kernel/drivers/scsi/{name}"])) == {"hv_storvsc": False}


def test_the_name_inside_of_a_file_is_not_it() -> None:
    assert holds(cpio(WITHOUT, content=b"kernel/drivers/scsi/hv_storvsc.ko:\n")) == {"hv_storvsc": False}


def test_several_packed_parts_are_all_read() -> None:
    parts = gzip.compress(cpio(["etc/x"])) + early() + gzip.compress(cpio(WITH))
    assert holds(parts) == {"hv_storvsc": True}


def test_what_follows_the_modules_is_not_unpacked() -> None:
    cut = cpio([*WITHOUT, *(f"usr/share/{n}" for n in range(9))])
    assert holds(cut[: cut.index(b"usr/share/0")]) == {"hv_storvsc": False}


def test_large_files_are_passed_over() -> None:
    big = os.urandom(2 * 2**20)
    assert holds(gzip.compress(cpio(["lib/firmware/big"], big) + b"\0" * 8 + cpio(WITH))) == {"hv_storvsc": True}
    assert holds(gzip.compress(cpio(["lib/firmware/big", *WITH], big))) == {"hv_storvsc": True}


UNREADABLE = [
    (gzip.compress(cpio(WITHOUT[:2]))[:-40], "not understood as an initramfs"),
    (cpio(["init"])[:60], "ends in the middle"),
    (b"\x1f\x8b" + b"garbage" * 9, "not understood as an initramfs"),
    (lzma.compress(cpio(["init"]))[:-30] + b"x" * 30, "not understood as an initramfs"),
    (gzip.compress(b"no archive at all" * 20), "packed in a way that is not known"),
    (cpio(["a", "b"], b"").replace(b"070701", b"07070x").replace(b"07070x", b"070701", 1), "no cpio header"),
    (b"\x02\x21\x4c\x18" + b"x" * 90, "cannot unpack lz4"),
    (b"\x89LZO\0\r\n", "cannot unpack lzo"),
    (b"hello, world", "packed in a way that is not known"),
    (cpio(["x" * 5000]), "a name of 5001 bytes"),
    (gzip.compress(lzma.compress(cpio(WITH))), "xz inside of what was packed"),
]


@pytest.mark.parametrize(("data", "reason"), UNREADABLE, ids=[reason for _, reason in UNREADABLE])
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as error:
        holds(data)
    assert str(error.value).startswith("/boot/x: ")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 unpacks zstd")
def test_zstd_is_not_unpacked_before_python_3_14() -> None:
    with pytest.raises(Unreadable, match="this Python cannot unpack zstd"):
        holds(early() + b"\x28\xb5\x2f\xfd" + b"x" * 50)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_it_is_given_up_when_too_much_is_unpacked(pack: Callable[[bytes], bytes]) -> None:
    large = pack(cpio(["lib/firmware/zeros", *WITH], bytes(2**22)))
    with pytest.raises(Unreadable, match="do not end within 1 MiB"):
        holds(large, max_bytes=2**20)
    assert holds(large) == {"hv_storvsc": True}


def test_many_small_parts_are_no_way_around_that() -> None:
    with pytest.raises(Unreadable, match="do not end within 1 MiB"):
        holds(gzip.compress(bytes(2**19)) * 3 + gzip.compress(cpio(WITH)), max_bytes=2**20)


def test_an_empty_file_holds_nothing() -> None:
    assert holds(b"") == holds(b"\0" * 4096) == {"hv_storvsc": False}


# -- as real programs make it ------------------------------------------------------------------------------

PACKERS = {"gzip": ["gzip", "-9n"], "xz": ["xz", "--check=crc32"], "zstd": ["zstd", "-q"], "lz4": ["lz4", "-l", "-q"]}


def made(folder: Path, names: list[str]) -> bytes:
    """A cpio archive by the real program, as dracut and initramfs-tools call it."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 5000)
    find = "find . -print0 | LC_ALL=C sort -z | cpio --null --quiet -o -H newc"
    return subprocess.run(["sh", "-c", find], cwd=folder, capture_output=True, check=True).stdout


@pytest.mark.live
@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("names", [WITH, WITHOUT], ids=["with", "without"])
@pytest.mark.parametrize("microcode", [False, True], ids=["alone", "microcode"])
def test_as_real_programs_pack_it(tmp_path: Path, packer: str, names: list[str], microcode: bool) -> None:
    for program in ("cpio", packer):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    before = made(tmp_path / "early", EARLY) if microcode else b""
    packed = subprocess.run(
        PACKERS[packer], input=made(tmp_path / "main", names), capture_output=True, check=True
    ).stdout
    if packer == "lz4" or (packer == "zstd" and sys.version_info < (3, 14)):
        with pytest.raises(Unreadable, match=f"this Python cannot unpack {packer}"):
            holds(before + packed)
        return
    assert holds(before + packed) == {"hv_storvsc": names is WITH}
    both = ("hv_vmbus", "hv_storvsc")
    assert holds(before + packed, both) == dict.fromkeys(both, names is WITH)


# -- through a recording ----------------------------------------------------------------------------------


def test_a_recording_with_the_file_is_asked(tmp_path: Path) -> None:
    (tmp_path / "root/boot").mkdir(parents=True)
    (tmp_path / f"root/boot/initramfs-{R}.img").write_bytes(gzip.compress(cpio(WITH)))
    host = Recording(str(tmp_path))
    assert host.initramfs_drivers(f"/boot/initramfs-{R}.img", R, DRIVERS, 2**20) == {"hv_storvsc": True}
    with pytest.raises(Unreadable, match="does not exist"):
        host.initramfs_drivers("/boot/initrd", R, DRIVERS, 2**20)


def test_a_recording_tells_what_was_told(tmp_path: Path) -> None:
    told = {"/boot/a": {"drivers": {"hv_storvsc": True}}, "/boot/b": {"unreadable": "denied"}, "/boot/c": {}}
    (tmp_path / "host.json").write_text(json.dumps({"initramfs": told}))
    host = Recording(str(tmp_path))
    assert host.initramfs_drivers("/boot/a", R, DRIVERS, 2**20) == {"hv_storvsc": True}
    for path, reason in (("/boot/b", "denied"), ("/boot/c", "no `drivers`"), ("/boot/d", "does not exist")):
        with pytest.raises(Unreadable, match=reason):
            host.initramfs_drivers(path, R, DRIVERS, 2**20)


def test_bytes_are_given_back_in_order() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"\0\0abcdef")
    os.close(writer)
    source = packed.Source(lambda: os.read(reader, 100))
    source.skip_zeros()
    assert source.peek(3) == b"abc"
    first = source.read()
    source.unread(first[2:])
    assert (first, source.read(), source.read()) == (b"abcdef", b"cdef", b"")
    os.close(reader)

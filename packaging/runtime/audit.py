"""Is a tree fit to be installed on any listed machine? `audit.py TREE [--glibc 2.11] [--forbid PATH]…`

A line for each thing that is wrong, and exit status 1 where there is one. It reads the files as they are and runs none:
what a program needs stands in its ELF headers (elf(5); symbol versions: the gABI's .gnu.version_r).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.segments import InterpSegment

LIBC = frozenset("libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libutil.so.1 ld-linux-x86-64.so.2".split())
"""What glibc itself brings: the only libraries that every machine has."""

INTERPRETER = "/lib64/ld-linux-x86-64.so.2"

DYNAMIC = {"DT_NEEDED": "needed", "DT_RPATH": "rpath", "DT_RUNPATH": "runpath"}
"""What pyelftools calls a dynamic tag's text."""

TRIFLE_BYTES = 128
"""Files up to this size may be alike: an `__init__.py` that holds one comment, or nothing."""


def version(text: str) -> tuple[int, ...]:
    """`2.11` as numbers that can be compared."""
    return tuple(map(int, text.split(".")))


def elf(data: bytes, glibc: str) -> Iterator[str]:
    """What an ELF file asks for that a machine with this glibc and nothing else does not have."""
    try:
        file = ELFFile(BytesIO(data))
        if file["e_machine"] != "EM_X86_64":
            yield f"is for {file['e_machine']}"
        if not file.num_sections():
            yield "has no section headers, so nothing can be said of it"
        for segment in file.iter_segments():
            if isinstance(segment, InterpSegment) and segment.get_interp_name() != INTERPRETER:
                yield f"is started by {segment.get_interp_name()}"
            if segment["p_type"] == "PT_GNU_STACK" and segment["p_flags"] & 1:
                yield "has an executable stack"
        for section in file.iter_sections():
            if isinstance(section, GNUVerNeedSection):
                for needed, symbols in section.iter_versions():
                    for symbol in symbols:
                        if not _has(symbol.name, glibc):
                            yield f"needs {symbol.name} of {needed.name}"
            if isinstance(section, DynamicSection):
                for tag in section.iter_tags():
                    text = getattr(tag, DYNAMIC.get(tag.entry.d_tag, ""), None)
                    if tag.entry.d_tag == "DT_NEEDED" and text not in LIBC:
                        yield f"needs {text}, which is not libc's"
                    if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                        yield f"looks for libraries in {text}"
    except (ELFError, ValueError, AttributeError, KeyError) as error:
        yield f"is no whole ELF file: {error}"


def _has(symbol_version: str, glibc: str) -> bool:
    match = re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", symbol_version)
    return match is not None and version(match[1]) <= version(glibc)


def paths(data: bytes, forbidden: Iterable[str]) -> Iterator[str]:
    """Where a build left its mark: in a text, in a compiled module, in a program."""
    for path in forbidden:
        at = data.find(os.fsencode(path))
        if at >= 0:
            yield f"has the build's {path} at byte {at}"


def link(tree: Path, path: Path) -> Iterator[str]:
    """A symbolic link leads to something inside of the tree."""
    if not path.resolve().is_relative_to(tree.resolve()) or not path.exists():
        yield f"is a link to {os.readlink(path)}, which is not in the tree"


def audit(tree: Path, glibc: str, forbidden: list[str]) -> Iterator[str]:
    """All that is wrong with a tree, as `FILE: WHAT`."""
    seen: dict[bytes, str] = {}
    for path in sorted(tree.rglob("*")):
        name = str(path.relative_to(tree))
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            continue
        if stat.S_ISLNK(mode):
            yield from (f"{name}: {what}" for what in link(tree, path))
            continue
        if not stat.S_ISREG(mode):
            yield f"{name}: is no regular file"
            continue
        if mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH):
            yield f"{name}: has mode {stat.S_IMODE(mode):04o}"
        data = path.read_bytes()
        if data.startswith(b"\x7fELF"):
            yield from (f"{name}: {what}" for what in elf(data, glibc))
        yield from (f"{name}: {what}" for what in paths(data, forbidden))
        if len(data) > TRIFLE_BYTES:
            first = seen.setdefault(hashlib.sha256(data).digest(), name)
            if first != name:
                yield f"{name}: is {first} again"


def main() -> int:
    words = argparse.ArgumentParser(description="Is a tree fit to be installed on any listed machine?")
    words.add_argument("tree", type=Path)
    words.add_argument("--glibc", default="2.11", metavar="VERSION", help="the oldest one it is to run with")
    words.add_argument(
        "--forbid", action="append", default=[], metavar="PATH", help="a folder of the build; repeatable"
    )
    given = words.parse_args()
    if not given.tree.is_dir():
        words.error(f"{given.tree} is no folder")
    wrong = 0
    for line in audit(given.tree, given.glibc, given.forbid):
        print(f"audit: {line}")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

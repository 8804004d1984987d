"""The names of all files, as `supportconfig -L` has `find / -print` list them.

    /
    /boot
    /boot/grub
    /usr/bin/find: `/proc/4711/fd/5': No such file or directory

find enters no link: a directory below which it lists something is none. Anybody's file may have a line break in its
name; then a line follows that is no path, and where there is one it is not known what the others name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from linuxready.facts import OddNames
from linuxready.host import Unreadable
from linuxready.host.gathered.sections import COMMAND, Section, portions_of, read_sections
from linuxready.host.names import FOLDERS, MAX_SHOWN, TREES

FILE_LIST = "fs-files.txt"
MAX_BYTES = 256 * 2**20
MAX_LINE_BYTES = 2**16

_FIND = re.compile(r"(\S*/)?find / (.* )?-print")
_NO_PATH = re.compile(rb"^(?:(?!/|find: )|(?:/[\w/]*/)?find: (?!.{1,3}/(?:proc|sys|run)/))", re.M)
"""What is no path, nor an error that tells of nothing that counts: processes come and go while they are listed."""
_LOOKED_AT = re.compile(rb"^/(?:(?:etc|boot)/.+|(?:usr/local/|usr/|var/)?[^/\n]+)$", re.M)
"""What is below TREES, and what is in FOLDERS."""
_ODD = re.compile(rb"[^ -~]")


class FileList(NamedTuple):
    """The odd names among those that count, and which of these directories are no links."""

    odd: OddNames
    real: frozenset[str]


def read_list(folder: str) -> FileList:
    """What the list of a supportconfig's folder tells; raises Absent, Unreadable."""
    sections = read_sections(f"{folder}/{FILE_LIST}")
    lists = [section for section in sections if section.kind == COMMAND and _FIND.fullmatch(section.label)]
    if len(lists) != 1 or lists != sections[-1:]:  # what looks like a header in a name ends the list before its end
        raise Unreadable(
            f"{FILE_LIST} is no whole list of all files, or too long to be unpacked: unpack the archive first"
        )
    directories = {path: f"\n{path}".encode() for path in (*TREES, *FOLDERS) if path != "/"}
    listed, real, odd, looked_at = set[str](), set[str](), list[bytes](), 0
    for lines in _lines(lists[0]):
        if _NO_PATH.search(lines):
            raise Unreadable(f"{FILE_LIST} has a line that is no path")
        text = b"\n%b\n" % lines
        real.update(path for path, name in directories.items() if name + b"/" in text)
        listed.update(path for path, name in directories.items() if name + b"\n" in text)
        names = _LOOKED_AT.findall(lines)
        looked_at += len(names)
        if _ODD.search(b"".join(names)):
            odd += filter(_ODD.search, names)
    if TREES[0] not in real:
        raise Unreadable(f"{FILE_LIST} lists nothing in {TREES[0]}")
    hidden = sorted(listed - real)
    shown = tuple(name.decode("utf-8", "surrogateescape") for name in sorted(odd)[:MAX_SHOWN])
    cut = f"nothing is listed in {hidden[0]}" if hidden else None
    return FileList(OddNames(shown, len(odd), looked_at, cut), frozenset(real))


def _lines(section: Section) -> Iterator[bytes]:
    """Some lines at a time, without the empty ones that end the section."""
    rest = b""
    for portion in portions_of(section, MAX_BYTES):
        text = rest + portion
        begin = text.rstrip(b"\n").rfind(b"\n") + 1
        if begin:
            yield text[: begin - 1]
        rest = text[begin:]
        if len(rest) > MAX_LINE_BYTES:
            raise Unreadable(f"{FILE_LIST} has a line that is no path")
    yield rest.rstrip(b"\n")

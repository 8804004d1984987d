"""The sections that a supportconfig's text files are made of, found without keeping a file in memory.

    #==[ Configuration File ]===========================#
    # /etc/fstab
    /dev/sda2 / ext3 acl,user_xattr 1 1

    #==[ Configuration File ]===========================#
    # /etc/raidtab - File not found

    #==[ Command ]======================================#
    # /bin/df -h
    Filesystem      Size  Used Avail Use% Mounted on

The writers pad a header with = to its fixed length and write the label under it; what is shaped otherwise is a file's
own text. They end each section with an empty line: what ends without one was cut, or goes on behind a line of its own
that looks like a header. A header in a text can also make a section of its own: then two have one label, and where
they are not alike neither counts.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from linuxready.host import Unreadable, unreadable

HEADER_BYTES = 53
MAX_SECTIONS = 50_000
"""Sections of one file that are looked at; proc.txt of a large machine has some ten thousand."""
MAX_FILE_BYTES = 2**30
"""More of one file is not looked at; boot.txt carries a journal."""
PORTION = 2**20
MAX_ALIKE = 8
"""Sections of one label in one file; /proc/sys/kernel is gathered twice."""

CONFIGURATION, COMMAND, LOG = "Configuration File", "Command", "Log File"

_HEADER = re.compile(rb"\n(#==\[ ([A-Z][^\]\n]*) \]=+#)\n# ([^\n]{1,1000})(?=\n)")
_LONGEST = HEADER_BYTES + 1011
"""Bytes of a header with its label; so far portions overlap."""


class Section(NamedTuple):
    """A section: its kind and label ("Command", "/sbin/ip addr"), and where its text lies in which file."""

    kind: str
    label: str
    file: str
    start: int
    end: int
    whole: bool
    """Whether it ends as one does."""


def read_sections(file: str) -> list[Section]:
    """The sections of a file, in order; raises Absent or Unreadable."""
    descriptor = _open(file)
    try:
        size = os.fstat(descriptor).st_size
        looked_at = min(size, MAX_FILE_BYTES)
        heads = _heads(descriptor, looked_at)
        whole = size == looked_at and len(heads) <= MAX_SECTIONS
        ended = whole and os.pread(descriptor, 2, max(size - 2, 0)) == b"\n\n"
    except OSError as error:
        raise unreadable(file, error) from error
    finally:
        os.close(descriptor)
    ends = [(head.at, head.is_after_an_empty_line) for head in heads[1:]] + [(looked_at, ended)] * bool(heads)
    found = [
        Section(head.kind, head.label, file, head.text, end, is_whole)
        for head, (end, is_whole) in zip(heads, ends, strict=True)
    ]
    return found[:MAX_SECTIONS]


def text_of(section: Section, max_bytes: int) -> bytes:
    """What stands in a section, without the empty lines that end it; raises Unreadable where it is too long or cut."""
    text = b"".join(portions_of(section, max_bytes)).rstrip(b"\n")
    return text + b"\n" if text else b""


def portions_of(section: Section, max_bytes: int) -> Iterator[bytes]:
    """What stands in a section, with the empty lines that end it; raises Unreadable where it is too long or cut."""
    if not section.whole:
        raise Unreadable(f"{section.label}: {os.path.basename(section.file)} is cut in the midst of it")
    if section.end - section.start > max_bytes:
        raise Unreadable(f"{section.label}: longer than {max_bytes // 2**20} MiB in {os.path.basename(section.file)}")
    descriptor = _open(section.file)
    try:
        for at in range(section.start, section.end, PORTION):
            yield os.pread(descriptor, min(PORTION, section.end - at), at)
    except OSError as error:
        raise unreadable(section.file, error) from error
    finally:
        os.close(descriptor)


def text_of_all(sections: Sequence[Section], max_bytes: int) -> bytes:
    """What stands in each of some sections of one label; raises Unreadable as `text_of`, and where they differ."""
    first = sections[0]
    text = text_of(first, max_bytes)
    if len(sections) > MAX_ALIKE or any(text_of(section, max_bytes) != text for section in sections[1:]):
        raise Unreadable(f"{first.label}: {os.path.basename(first.file)} has more than one, and they differ")
    return text


def _open(file: str) -> int:
    """A regular file, open for reading: what an archive links to is not ours to read, and a FIFO never ends."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise Unreadable(f"{file} is not a regular file")


class _Head(NamedTuple):
    """A header: where it begins, and the text under it does."""

    at: int
    text: int
    kind: str
    label: str
    is_after_an_empty_line: bool


def _heads(descriptor: int, size: int) -> list[_Head]:
    """The header of each section, one more than the bound."""
    found: list[_Head] = []
    for at in range(0, size, PORTION):
        # Two bytes more in front: a header begins a line, behind an empty one.
        back = min(at, 2)
        portion = b"\n\n"[back:] + os.pread(descriptor, PORTION + _LONGEST, at - back)
        for match in _HEADER.finditer(portion):
            if match.start() > PORTION or len(found) > MAX_SECTIONS:
                break
            if match.start() and len(match[1]) == HEADER_BYTES:
                begin, text = at + match.start() - 1, min(at + match.end() - 1, size)
                is_after = portion[match.start() - 1 : match.start()] == b"\n"
                found.append(_Head(begin, text, _words(match[2]), _words(match[3]), is_after))
        if len(portion) == 2 or len(found) > MAX_SECTIONS:
            break
    return found


def _words(label: bytes) -> str:
    return label.decode("utf-8", "surrogateescape").strip()

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
own text. They end each section with an empty line: a file without it was cut in the midst of its last section.
"""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from linuxready.host import Unreadable, unreadable

HEADER_BYTES = 53
MAX_SECTIONS = 50_000
"""Sections of one file that are looked at; proc.txt of a large machine has some ten thousand."""
MAX_FILE_BYTES = 2**30
"""More of one file is not looked at; boot.txt carries a journal."""
PORTION = 2**20

CONFIGURATION, COMMAND, LOG = "Configuration File", "Command", "Log File"

_HEADER = re.compile(rb"\n(#==\[ ([A-Z][^\]\n]*) \]=+#)\n# ([^\n]{1,1000})(?=\n)")
_LONGEST = HEADER_BYTES + 1010
"""Bytes of a header with its label; so far portions overlap."""


class Section(NamedTuple):
    """A section: its kind and label ("Command", "/sbin/ip addr"), and where its text lies in which file."""

    kind: str
    label: str
    file: str
    start: int
    end: int
    whole: bool
    """False for the last section of a file that does not end as one does."""


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
    ends = [head[0] for head in heads[1:]] + [looked_at] * bool(heads)
    found = [
        Section(kind, label, file, start, end, True) for (_, start, kind, label), end in zip(heads, ends, strict=True)
    ]
    if found and not ended:
        found[-1] = found[-1]._replace(whole=False)
    return found[:MAX_SECTIONS]


def text_of(section: Section, max_bytes: int) -> bytes:
    """What stands in a section, without the empty lines that end it; raises Unreadable where it is too long or cut."""
    if not section.whole:
        raise Unreadable(f"{section.label}: {os.path.basename(section.file)} is cut in the midst of it")
    if section.end - section.start > max_bytes:
        raise Unreadable(f"{section.label}: longer than {max_bytes // 2**20} MiB in {os.path.basename(section.file)}")
    descriptor = _open(section.file)
    try:
        text = b"".join(
            os.pread(descriptor, min(PORTION, section.end - at), at)
            for at in range(section.start, section.end, PORTION)
        )
    except OSError as error:
        raise unreadable(section.file, error) from error
    finally:
        os.close(descriptor)
    text = text.rstrip(b"\n")
    return text + b"\n" if text else b""


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


def _heads(descriptor: int, size: int) -> list[tuple[int, int, str, str]]:
    """(where the header begins, where the text under it does, kind, label) of each section, one more than the bound."""
    found: list[tuple[int, int, str, str]] = []
    for at in range(0, size, PORTION):
        # One byte more in front: a header begins a line.
        portion = os.pread(descriptor, PORTION + _LONGEST, max(at - 1, 0))
        portion = portion if at else b"\n" + portion
        for match in _HEADER.finditer(portion):
            if match.start() >= PORTION or len(found) > MAX_SECTIONS:
                break
            if len(match[1]) == HEADER_BYTES:
                begin, text = at + match.start(), at + match.end()
                found.append((begin, min(text, size), _words(match[2]), _words(match[3])))
        if not portion or len(found) > MAX_SECTIONS:
            break
    return found


def _words(label: bytes) -> str:
    return label.decode("utf-8", "surrogateescape").strip()

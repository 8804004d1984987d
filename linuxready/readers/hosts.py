"""/etc/hosts exactly as glibc's nss_files reads it (hosts(5)).

    10.20.0.15   web1.example.com web1   # the part behind the mark is a comment

Fields are split at C's isspace, so CRLF, vertical tab and form feed do no harm and a no-break space does.
Addresses are inet_pton's: no `127.1`, no leading zeros, no zone, no prefix; a byte order mark is part of the
first address and makes it none.
"""

from __future__ import annotations

import socket

from linuxready.facts import HostsEntry, RejectedLine
from linuxready.host import Absent, Host
from linuxready.text import shortened

PATH = "/etc/hosts"
MAX_REJECTED = 100


def read(host: Host) -> tuple[tuple[HostsEntry, ...], tuple[RejectedLine, ...]]:
    """The entries and the lines that are none; a missing file maps nothing, as for glibc."""
    try:
        return parse_hosts(host.read(PATH))
    except Absent:
        return (), ()


def parse_hosts(content: bytes) -> tuple[tuple[HostsEntry, ...], tuple[RejectedLine, ...]]:
    """Entries in the file's order, and the first hundred lines that glibc rejects."""
    entries: list[HostsEntry] = []
    rejected: list[RejectedLine] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        fields = line.partition(b"#")[0].partition(b"\0")[0].split()
        if not fields:
            continue
        address = _text(fields[0])
        if _is_address(address):
            entries.append(HostsEntry(address, tuple(map(_text, fields[1:])), number))
        elif len(rejected) < MAX_REJECTED:
            rejected.append(RejectedLine(number, shortened(_text(line.strip()))))
    return tuple(entries), tuple(rejected)


def _is_address(text: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return True
    return False


def _text(field: bytes) -> str:
    return field.decode("utf-8", "surrogateescape")

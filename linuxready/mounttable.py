r"""Pure: the lines of a mount table (proc_pid_mountinfo(5)).

36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
id parent number root mount-point options optional… - type source super-options
"""

from __future__ import annotations

from linuxready.facts import Mount, RejectedLine
from linuxready.text import shortened, unescape_octal

MAX_REJECTED = 100


def parse_mountinfo(text: str) -> tuple[tuple[Mount, ...], tuple[RejectedLine, ...]]:
    """Mounts in the kernel's order; a line that lost a part is rejected."""
    mounts, rejected = [], []
    for number, line in numbered_lines(text):
        mount = _mountinfo_line(line, number)
        if mount:
            mounts.append(mount)
        else:
            rejected.append(RejectedLine(number, shortened(line)))
    return tuple(mounts), tuple(rejected[:MAX_REJECTED])


def parse_mounts(text: str) -> tuple[tuple[Mount, ...], tuple[RejectedLine, ...]]:
    """Mounts of /proc/self/mounts, which has no device numbers and no tree."""
    mounts, rejected = [], []
    for number, line in numbered_lines(text):
        fields = line.split()
        if len(fields) >= 4:
            source, point, fs_type = map(unescape_octal, fields[:3])
            read_only = "ro" in fields[3].split(",")
            mounts.append(Mount(point, fs_type, source, "/", fields[3], number, read_only=read_only))
        else:
            rejected.append(RejectedLine(number, shortened(line)))
    return tuple(mounts), tuple(rejected[:MAX_REJECTED])


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _mountinfo_line(line: str, number: int) -> Mount | None:
    before, separator, after = line.partition(" - ")
    fields, rest = before.split(" "), after.split(" ")
    if not separator or len(fields) < 6 or len(rest) < 3 or not (fields[0].isdecimal() and fields[1].isdecimal()):
        return None
    major, _, minor = fields[2].partition(":")
    if not (major.isdecimal() and minor.isdecimal()):
        return None
    return Mount(
        mount_point=unescape_octal(fields[4]),
        fs_type=unescape_octal(rest[0]),
        source=unescape_octal(rest[1]),
        root=unescape_octal(fields[3]),
        options=fields[5],
        line=number,
        number=fields[2],
        id=int(fields[0]),
        parent=int(fields[1]),
        # After an error on disk it is the file system that is read-only, not the mount.
        read_only="ro" in (*fields[5].split(","), *rest[2].split(",")),
    )

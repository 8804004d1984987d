r"""Mounts, /etc/fstab, and where the system directories really are (proc_pid_mountinfo(5), fstab(5)).

36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
id parent number root mount-point options optional… - type source super-options
"""

from __future__ import annotations

from linuxready.facts import NO_MOUNT_TABLE, Directory, Fact, FstabEntry, Mount, RejectedLine
from linuxready.host import Absent, Host, Unreadable
from linuxready.text import shortened, unescape_octal

MOUNTINFO = "/proc/self/mountinfo"
MOUNTS = "/proc/self/mounts"
FSTAB = "/etc/fstab"

SYSTEM_DIRECTORIES = ("/", "/boot", "/etc", "/usr", "/usr/local", "/var")
"""The directories whose place on disk is looked up; a profile can ask for these."""

NO_PLACE = ("none", "swap", "-", "ignore")
"""What stands in fstab's second field where nothing is mounted."""

KEPT_OPTIONS = ("ro", "rw", "auto", "noauto", "nofail", "bind", "rbind")
"""The options of fstab that anything is made of; others may be passwords, and are left."""

MAX_REJECTED = 100


def read(host: Host) -> tuple[tuple[Mount, ...], tuple[RejectedLine, ...]]:
    """The mount table of this process, and the lines of it that could not be used."""
    for path, parse in ((MOUNTINFO, parse_mountinfo), (MOUNTS, parse_mounts)):
        try:
            mounts, rejected = parse(host.text(path))
        except Absent:
            continue
        if not mounts:
            raise Unreadable(f"{path} holds no mount")
        return mounts, rejected
    raise Unreadable(f"{NO_MOUNT_TABLE}: neither {MOUNTINFO} nor {MOUNTS} is there")


def read_fstab(host: Host) -> tuple[tuple[FstabEntry, ...], tuple[RejectedLine, ...]]:
    """The entries of /etc/fstab; none where the file is missing."""
    try:
        return parse_fstab(host.text(FSTAB))
    except Absent:
        return (), ()


def read_directories(host: Host) -> tuple[Directory, ...]:
    """The system directories, their symbolic links followed inside the root."""
    return tuple(Directory(path, _real_path(host, path)) for path in SYSTEM_DIRECTORIES)


def _real_path(host: Host, path: str) -> Fact[str]:
    try:
        return Fact(value=host.real_path(path))
    except Unreadable as error:
        return Fact(unknown=str(error))


def parse_mountinfo(text: str) -> tuple[tuple[Mount, ...], tuple[RejectedLine, ...]]:
    """Mounts in the kernel's order; a line that lost a part is rejected."""
    mounts, rejected = [], []
    for number, line in _lines(text):
        mount = _mountinfo_line(line, number)
        if mount:
            mounts.append(mount)
        else:
            rejected.append(RejectedLine(number, shortened(line)))
    return tuple(mounts), tuple(rejected[:MAX_REJECTED])


def parse_mounts(text: str) -> tuple[tuple[Mount, ...], tuple[RejectedLine, ...]]:
    """Mounts of /proc/self/mounts, which has no device numbers and no tree."""
    mounts, rejected = [], []
    for number, line in _lines(text):
        fields = line.split()
        if len(fields) >= 4:
            source, point, fs_type = map(unescape_octal, fields[:3])
            read_only = "ro" in fields[3].split(",")
            mounts.append(Mount(point, fs_type, source, "/", fields[3], number, read_only=read_only))
        else:
            rejected.append(RejectedLine(number, shortened(line)))
    return tuple(mounts), tuple(rejected[:MAX_REJECTED])


def parse_fstab(text: str) -> tuple[tuple[FstabEntry, ...], tuple[RejectedLine, ...]]:
    """Entries of /etc/fstab; comments and blank lines are nothing, a line that names no place or type is rejected."""
    entries, rejected = [], []
    for number, line in _lines(text):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        spec, point, fs_type, options = map(unescape_octal, (*fields, "", "", "")[:4])
        if fs_type and (point.startswith("/") or point in NO_PLACE):
            # /boot/ is /boot, as mount(8) takes it.
            kept = ",".join(option for option in options.split(",") if option in KEPT_OPTIONS)
            entries.append(FstabEntry(spec.replace('"', ""), point.rstrip("/") or "/", fs_type, number, kept))
        else:
            rejected.append(RejectedLine(number, shortened(line)))
    return tuple(entries), tuple(rejected[:MAX_REJECTED])


def _lines(text: str) -> list[tuple[int, str]]:
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

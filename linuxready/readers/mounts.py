"""Mounts, /etc/fstab, and where the system directories really are (mounttable.py, fstab(5))."""

from __future__ import annotations

from contextlib import suppress

from linuxready.facts import NO_MOUNT_TABLE, Directory, Fact, FstabEntry, Mount, RejectedLine
from linuxready.host import Absent, Host, Unreadable
from linuxready.mounttable import MAX_REJECTED, numbered_lines, parse_mountinfo, parse_mounts
from linuxready.text import shortened, unescape_octal

MOUNTINFO = "/proc/self/mountinfo"
MOUNTS = ("/proc/self/mounts", "/proc/mounts")
FSTAB = "/etc/fstab"

SYSTEM_DIRECTORIES = ("/", "/boot", "/etc", "/usr", "/usr/local", "/var")
"""The directories whose place on disk is looked up; a profile can ask for these."""

NO_PLACE = ("none", "swap", "-", "ignore")
"""What stands in fstab's second field where nothing is mounted."""

KEPT_OPTIONS = ("ro", "rw", "auto", "noauto", "nofail", "bind", "rbind")
"""The options of fstab that anything is made of; others may be passwords, and are left."""


def read(host: Host) -> tuple[tuple[Mount, ...], tuple[RejectedLine, ...]]:
    """The mount table of this process, and the lines of it that could not be used."""
    for path, parse in ((MOUNTINFO, parse_mountinfo), *((path, parse_mounts) for path in MOUNTS)):
        try:
            mounts, rejected = parse(host.text(path))
        except Absent:
            continue
        if not mounts:
            raise Unreadable(f"{path} holds no mount")
        return mounts, rejected
    raise Unreadable(f"{NO_MOUNT_TABLE}: neither {MOUNTINFO} nor {MOUNTS[0]} is there")


def read_fstab(host: Host) -> tuple[tuple[FstabEntry, ...], tuple[RejectedLine, ...]]:
    """The entries of /etc/fstab; none where the file is missing, but for a folder that is no machine's root."""
    try:
        return parse_fstab(host.text(FSTAB))
    except Absent:
        if not host.whole and host.mode("/etc") is None:
            raise
        return (), ()


def read_directories(host: Host) -> tuple[Directory, ...]:
    """The system directories, their symbolic links followed inside the root.

    Of a captured machine also the mount points of /etc/fstab that links lead elsewhere; on a running one the kernel
    tells where things are mounted, and what is sick there is not to be touched.
    """
    found = tuple(Directory(path, _real_path(host, path)) for path in SYSTEM_DIRECTORIES)
    if host.alive:
        return found
    entries: tuple[FstabEntry, ...] = ()
    with suppress(Unreadable):
        entries, _ = read_fstab(host)
    points = dict.fromkeys(entry.mount_point for entry in entries if entry.mount_point.startswith("/"))
    places = (Directory(point, _real_path(host, point)) for point in points if point not in SYSTEM_DIRECTORIES)
    return (*found, *(place for place in places if place.real_path.value not in (None, place.path)))


def _real_path(host: Host, path: str) -> Fact[str]:
    try:
        return Fact(value=host.real_path(path))
    except Unreadable as error:
        return Fact(unknown=str(error))


def parse_fstab(text: str) -> tuple[tuple[FstabEntry, ...], tuple[RejectedLine, ...]]:
    """Entries of /etc/fstab; comments and blank lines are nothing, a line that names no place or type is rejected."""
    entries, rejected = [], []
    for number, line in numbered_lines(text):
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

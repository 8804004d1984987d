"""Disks and file systems: the OS disk, XFS."""

import re
from collections.abc import Iterator
from typing import ClassVar

from msgspec.structs import replace

from linuxready.facts import (
    BlockDevice,
    Evidence,
    Facts,
    UnknownFact,
    XfsFeatures,
    XfsFilesystem,
)
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.places import FSTAB, PLANNED, READS, Places, rejected_lines


class SameDisk(Requirement, frozen=True, tag="same-disk"):
    """The listed directories, where they are file systems of their own, lie on one and the same disk."""

    directories: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = f"""\
For each directory the mount that a path lookup ends on is found (symbolic links followed, hidden mounts left out),
and from its device number all whole disks below it: through partitions, LVM (thin metadata, caches and a snapshot's
own store included, not the stores of snapshots that are kept of it), MD RAID, LUKS, bcache, loop files and all
devices of a btrfs. The disk of / is the OS disk. A multipath map is one disk; a mirror is two. What has no disk that
the kernel shows (tmpfs, overlay, ZFS, a network root) is unknown. /boot/efi is not on the list.
Where nobody saw whether a directory is a link, as in a sosreport, it passes if all that is mounted lies on one disk.
{PLANNED}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        facts.directories.known()
        spoken = {device.name: spoken_device(device) for device in places.devices}
        first: tuple[str, frozenset[str]] | None = None
        for path in self.directories:
            evidence: tuple[Evidence, ...] = ()
            link = places.unseen_link(path)
            try:
                if link:
                    disks = places.disks_below(path)
                    evidence = (
                        Evidence(places.source, "all that is mounted is on one disk"),
                        Evidence("not seen", link),
                    )
                else:
                    mount = places.mount_of(path)
                    evidence = places.seen(mount, f"{mount.source} on {mount.mount_point}")
                    disks = places.graph.disks_of_mount(mount)
            except UnknownFact as reason:
                found = str(reason).removeprefix(f"{path} ") if link else str(reason)
                yield Answer("unknown", found, path, evidence, (_how_to_place(path, str(reason)),))
                continue
            disks = frozenset(spoken.get(name, name) for name in disks)
            first = first or (path, disks)
            yield _placed(path, disks, first, evidence)
        yield from places.rejected_lines()


def spoken_device(device: BlockDevice) -> str:
    """A map's own name is for people; with the kernel's behind it, it is no other device's."""
    return f"{device.dm_name} ({device.name})" if device.kind == "mpath" and device.dm_name else device.name


def _placed(
    path: str, disks: frozenset[str], first: tuple[str, frozenset[str]], evidence: tuple[Evidence, ...]
) -> Answer:
    """A directory's answer, by the first directory whose disks are known: /, whose disk is the OS disk, if it is."""
    beside, os_disks = first
    spoken = " and ".join(sorted(disks))
    if len(disks) == 1 and disks == os_disks:
        return Answer("pass", f"on {spoken}", path, evidence)
    other = " and ".join(sorted(os_disks))
    where, remedy = "", hint("keep it on one disk" if len(disks) > 1 else "keep all of them on one disk")
    if disks != os_disks:
        where = f", the OS disk is {other}" if beside == "/" else f", {beside} is on {other}"
        if beside == "/" and len(os_disks) == 1:
            remedy = hint(f"move {path} to the OS disk, {other}")
    how_many = f"{len(disks)} disks, " if len(disks) > 1 else ""
    return Answer("fail", f"on {how_many}{spoken}{where}", path, evidence, (remedy,))


def _how_to_place(path: str, reason: str) -> Remedy:
    if "captur" in reason or "not among" in reason:
        return hint("capture the machine again, with `linuxready collect --record` on it")
    return hint(f"see with findmnt and lsblk what {path} lies on; only local disks are replicated")


class XfsV5(Requirement, frozen=True, tag="xfs-v5"):
    """No XFS file system uses v5 features; `ftype_counts`: ftype=1 alone fails too, as the source page says."""

    ftype_counts: bool

    reads: ClassVar[tuple[str, ...]] = ("xfs", "kernel", "next_kernel", *READS)
    explain: ClassVar[str] = """\
Judged are the XFS file systems that are mounted, those in /etc/fstab, and further ones that udev knows. crc=1 is v5.
ftype=1 alone is not: it also exists on v4 (mkfs.xfs from xfsprogs 4.2 on). The source page takes it for v5 all
the same, so it fails under that page, and the finding says that the file system itself is v4.
`xfs_info` is asked first; where it is missing, fails or prints neither word (xfsprogs before 3.2), the superblock.
Where that cannot be read either, a mounted file system passes on a kernel before 3.10, which cannot mount v5.
Where no mount table was captured, as on a mounted disk image, those of /etc/fstab, of blkid's file and of the
administrator's mount units are judged: their features are not seen, so only what each boot mounts by /etc/fstab passes,
where the boot loader starts a kernel before 3.10."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        filesystems = facts.xfs.known()
        asked = any(device.fs_type for device in facts.block_devices.value or ())
        unasked = () if asked else (Evidence("udev", "was not asked: file systems outside fstab may be missing"),)
        for filesystem in filesystems:
            answer = self._answer(filesystem, facts)
            yield replace(answer, evidence=(*answer.evidence, *unasked)) if answer.status == "pass" else answer
        places = Places(facts)
        facts.fstab.known()
        mounts = "" if places.planned else "mounts, "
        if not filesystems:
            sources = f"{mounts}/etc/fstab, udev" if asked else f"{mounts}/etc/fstab (udev was not asked)"
            yield Answer("pass", "no XFS file system", evidence=(Evidence(sources, "no xfs"),))
        if places.planned:
            yield from _of_unknown_type(places)
        else:
            yield from places.rejected_lines()
        yield from rejected_lines(FSTAB, facts.fstab_rejected)

    def _answer(self, filesystem: XfsFilesystem, facts: Facts) -> Answer:
        item = filesystem.name
        try:
            features = filesystem.features.known()
        except UnknownFact as reason:
            kernel = _mounted_by(filesystem, facts)
            if kernel and _before_3_10(kernel[0]):
                return Answer("pass", "XFS v4, as a kernel before 3.10 mounts no other", item, kernel[1])
            seen = (Evidence(filesystem.seen_in, f"{filesystem.device}: {reason}"),)
            return Answer("unknown", "XFS of unknown features", item, seen, (_how_to_see(filesystem),))
        return self._judged(item, filesystem, features)

    def _judged(self, item: str, filesystem: XfsFilesystem, features: XfsFeatures) -> Answer:
        evidence = (features.evidence,)
        moving = hint(f"copy {item} to a new file system made with `mkfs.xfs -m crc=0 -n ftype=0`")
        if features.crc or features.v5_features:
            crc = ", crc=1" if features.crc else ""
            names = f" ({', '.join(features.v5_features)})" if features.v5_features else ""
            return Answer("fail", f"XFS v5{crc}{names}", item, evidence, (moving,))
        if features.ftype and self.ftype_counts:
            why = hint("crc=0 says that the file system itself is v4; the source page takes ftype=1 for v5")
            return Answer("fail", "XFS v4 with ftype=1", item, evidence, (moving, why))
        # v5 forces ftype=1, so ftype=0 is v4 whether crc was said or not.
        if features.crc is None and features.ftype is not False:
            return Answer("unknown", "XFS that does not say crc", item, evidence, (_how_to_see(filesystem),))
        if features.ftype is None and self.ftype_counts:
            return Answer("unknown", "XFS that does not say ftype", item, evidence, (_how_to_see(filesystem),))
        return Answer("pass", "XFS v4", item, evidence)


def _mounted_by(filesystem: XfsFilesystem, facts: Facts) -> tuple[str, tuple[Evidence, ...]] | None:
    """The release of the kernel that has a file system mounted, and what says so; None where none has.

    Where neither kernel nor mount table were captured, that is the next boot's, for what it cannot do without.
    """
    if filesystem.mounted:
        kernel = facts.kernel.value
        return (kernel.release, (Evidence("uname -r", kernel.release),)) if kernel else None
    following = facts.next_kernel.value
    lines = [entry for entry in facts.fstab.value or () if filesystem.seen_in == f"{FSTAB}:{entry.line}"]
    needed = any({"noauto", "nofail"}.isdisjoint(entry.words) and entry.options is not None for entry in lines)
    if facts.kernel.value or following is None or not needed or not Places(facts).planned:
        return None
    return following.release, (Evidence(filesystem.seen_in, f"{filesystem.device}, by each boot"), following.evidence)


def _of_unknown_type(places: Places) -> Iterator[Answer]:
    """What may be XFS: its type is left to the kernel, and blkid's file does not tell it, or fstab does not name it."""
    for mount in places.mounts:
        if not mount.fs_type:
            advice = hint(f"see `findmnt {mount.mount_point}` on the machine")
            why = places.doubt(mount)
            yield Answer("unknown", f"file system of unknown type: {why}", mount.mount_point, (), (advice,))
        elif (mount.fs_type == "auto" or "," in mount.fs_type) and "noauto" not in mount.options.split(","):
            evidence = places.seen(mount, f"{mount.source} on {mount.mount_point}, {mount.fs_type}")
            advice = hint(f"see `findmnt {mount.mount_point}` on the machine")
            yield Answer("unknown", "file system of unknown type", mount.mount_point, evidence, (advice,))


def _before_3_10(release: str) -> bool:
    """Whether a kernel's release begins with a version that cannot mount XFS v5."""
    match = re.match(r"(\d+)\.(\d+)\b", release)
    return match is not None and (int(match[1]), int(match[2])) < (3, 10)


def _how_to_see(filesystem: XfsFilesystem) -> Remedy:
    if filesystem.mounted:
        return hint(f"run linuxready as root, with xfsprogs installed; or see `xfs_info {filesystem.name}`")
    is_path = filesystem.device.startswith("/dev/")
    device = filesystem.device if is_path else f"$(findfs {filesystem.device})"
    has_line = filesystem.seen_in.startswith("/etc/fstab") and filesystem.name != "/"
    gone = f"; if it is gone, remove the line {filesystem.seen_in}" if has_line else ""
    return hint(f"{'run linuxready as root, or ' if is_path else ''}see `xfs_db -r -c version {device}`{gone}")

"""Which file systems the local disks hold."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import BlockDevice, Evidence, Facts, Mount, Release, UnknownFact
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.places import BY_FSTAB, READS, Places
from linuxready.requirements.system import DISTRIBUTION_NAMES, spoken_version

ANONYMOUS_ON_DISK = ("btrfs", "zfs")
"""On disks, though their mounts have no device number of their own."""

NOT_REPLICATED = frozenset(("loop", "memory", "network", "rom", "floppy"))
"""Kinds of devices that are no disk of the machine; what a loop device's file lies on is judged itself."""


class FileSystems(Requirement, frozen=True, tag="file-systems"):
    """File systems on local disks are of listed types.

    `types`: each type to the only releases it is listed for, by distribution; to nothing where for all.
    `besides`: mount points to a type that is let pass there.
    """

    types: dict[str, dict[str, tuple[str, ...]]]
    besides: dict[str, str]

    reads: ClassVar[tuple[str, ...]] = ("release", *READS)
    explain: ClassVar[str] = f"""\
Judged are the mounted file systems whose device number is that of a block device here, each once, and btrfs and
ZFS, which have no number of their own. Not judged are swap, pseudo and network file systems, loop devices (the file
below lies on a file system that is judged), CD-ROMs, removable media, and vfat on /boot/efi.
A type that is listed for some releases only fails on others. A type that is not listed, on a device that was not
seen, is unknown.
{BY_FSTAB}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        devices = {device.name: device for device in places.devices}
        judged: set[str] = set()
        for mount in places.mounts:
            if "noauto" in mount.options.split(","):
                continue
            key = mount.source if mount.fs_type in ANONYMOUS_ON_DISK else mount.number or mount.source
            if key in judged or self.besides.get(mount.mount_point) == mount.fs_type:
                continue
            where = _place(mount, places, devices)
            if where == "elsewhere" or (where == "not seen" and self.types.get(mount.fs_type) == {}):
                continue
            judged.add(key)
            evidence = places.seen(mount, f"{mount.source} on {mount.mount_point}")
            if where == "not seen":
                found = f"{mount.fs_type} on a device that was not seen ({mount.number or mount.source})"
                remedies = (hint("run linuxready on the machine itself, as root"),)
                yield Answer("unknown", found, mount.mount_point, evidence, remedies)
            else:
                yield self._answer(mount, evidence, facts)
        if not judged:
            raise UnknownFact("no file system on a local disk was seen")
        yield from places.rejected_lines()

    def _answer(self, mount: Mount, evidence: tuple[Evidence, ...], facts: Facts) -> Answer:
        releases = self.types.get(mount.fs_type)
        if releases == {}:
            return Answer("pass", mount.fs_type, mount.mount_point, evidence)
        anywhere = ", ".join(name for name, only_on in self.types.items() if not only_on)
        remedies = (hint(f"copy {mount.mount_point} to a new file system: {anywhere}"),)
        if releases is None:
            return Answer("fail", mount.fs_type, mount.mount_point, evidence, remedies)
        try:
            release: Release = facts.release.known()
        except UnknownFact as reason:
            return Answer(
                "unknown", f"{mount.fs_type}, not listed for all releases: {reason}", mount.mount_point, evidence
            )
        if release.version in releases.get(release.id, ()):
            return Answer("pass", mount.fs_type, mount.mount_point, evidence)
        only = ", ".join(
            f"{DISTRIBUTION_NAMES.get(d, d)} {spoken_version(d, v)}" for d, vs in releases.items() for v in vs
        )
        return Answer("fail", f"{mount.fs_type}, listed for {only} only", mount.mount_point, evidence, remedies)


def _place(mount: Mount, places: Places, devices: dict[str, BlockDevice]) -> str:
    """Where a mount's data lies: "disk", "elsewhere", or "not seen"."""
    if mount.fs_type in ANONYMOUS_ON_DISK:
        return "disk"
    device = places.graph.device_of_mount(mount)
    if device is None:
        named = mount.number is not None or mount.source.startswith("/dev/") or places.planned
        return "not seen" if named and not (mount.number or "").startswith("0:") else "elsewhere"
    whole = devices.get(device.parents[0], device) if device.kind == "part" and device.parents else device
    return "elsewhere" if whole.removable or whole.kind in NOT_REPLICATED else "disk"

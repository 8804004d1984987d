"""What / and /boot lie on: file system, disk, logical volume; and whether they are mounted, and can be written to."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from linuxready.facts import BlockDevice, Evidence, Facts, Mount, UnknownFact
from linuxready.mountwalk import DiskGraph, MountTree, device_of
from linuxready.requirements.base import Answer, Requirement, command, hint
from linuxready.requirements.software import install
from linuxready.requirements.storage import FSTAB, MOUNTINFO, line_of, rejected_lines, spoken_device

SEE = "see with findmnt and lsblk what {} lies on"

READS = ("mounts", "mounts_rejected", "directories", "block_devices", "btrfs")


def mount_of(facts: Facts, path: str) -> Mount:
    """The mount that a system directory lies on, its links followed; raises UnknownFact."""
    places = {directory.path: directory.real_path for directory in facts.directories.known()}
    if path not in places:
        raise UnknownFact(f"{path} was not looked up")
    return MountTree(facts.mounts.known()).covering(places[path].known())


def graph_of(facts: Facts) -> DiskGraph:
    """The block devices of a machine; raises UnknownFact."""
    return DiskGraph(facts.block_devices.known(), MountTree(facts.mounts.known()), facts.btrfs.value or ())


def seen_mount(mount: Mount) -> Evidence:
    """The line of the mount table that speaks of a mount."""
    return Evidence(line_of(mount), f"{mount.source} on {mount.mount_point}, {mount.fs_type}")


def device_below(facts: Facts, mount: Mount) -> BlockDevice | None:
    """The block device that a mount is of, None where it has none; raises UnknownFact where it was not seen.

    btrfs has an anonymous number: its source names a device of it. So it is where no numbers were captured.
    """
    if mount.fs_type == "btrfs" or (mount.number is None and mount.source.startswith("/dev/")):
        device = device_of(mount.source, facts.block_devices.known())
        if device is None:
            raise UnknownFact(f"{mount.mount_point}: {mount.source} is not among the block devices")
        return device
    return next((d for d in facts.block_devices.known() if mount.number and d.number == mount.number), None)


class DirectoryFileSystem(Requirement, frozen=True, tag="directory-file-system"):
    """A system directory lies on a file system of one of the listed types."""

    directory: Literal["/", "/boot"]
    types: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
The mount that a lookup of the directory ends on says its type; where /boot is a plain directory, that is the one of /.
A btrfs over several devices is not supported, whatever its profile: its devices are those that the kernel shows below
/sys/fs/btrfs. Overlay and the like have no file system of their own here: they fail as what they are."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        mount = mount_of(facts, self.directory)
        evidence = (seen_mount(mount),)
        if mount.fs_type not in self.types:
            advice = hint(f"copy {self.directory} to a new file system: {', '.join(self.types)}")
            yield Answer("fail", mount.fs_type, self.directory, evidence, (advice,))
        elif mount.fs_type == "btrfs" and len(devices := graph_of(facts).btrfs_devices(mount)) > 1:
            advice = hint(f"take its devices but one out of the btrfs of {self.directory} (`btrfs device remove`)")
            found = f"btrfs over {len(devices)} devices, {', '.join(sorted(devices))}"
            yield Answer("fail", found, self.directory, evidence, (advice,))
        else:
            yield Answer("pass", mount.fs_type, self.directory, evidence)
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)


class BootMounted(Requirement, frozen=True, tag="boot-mounted"):
    """/boot is mounted where /etc/fstab has a line for it."""

    reads: ClassVar[tuple[str, ...]] = ("fstab", "fstab_rejected", "mounts", "mounts_rejected", "directories")
    explain: ClassVar[str] = """\
A line of /etc/fstab for /boot says that it is a partition of its own; it must then be mounted, for the agent changes
files there. Without a line, /boot is a directory of /, and there is nothing to mount."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        lines = [entry for entry in facts.fstab.known() if entry.mount_point == "/boot"]
        if not lines:
            yield Answer("pass", "no partition of its own", "/boot", (Evidence(FSTAB, "no line for /boot"),))
            yield from rejected_lines(FSTAB, facts.fstab_rejected)
            return
        line = Evidence(f"{FSTAB}:{lines[0].line}", f"{lines[0].spec} on /boot")
        points = [mount for mount in facts.mounts.known() if mount.mount_point == "/boot"]
        if points:
            yield Answer("pass", "mounted", "/boot", (line, seen_mount(points[-1])))
            return
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)
        yield Answer(
            "fail", "has a partition of its own, which is not mounted", "/boot", (line,), (command("mount /boot"),)
        )


class OnDisk(Requirement, frozen=True, tag="on-disk"):
    """A system directory lies on disks that the kernel shows, and on no more than `max_disks` of them (0: any)."""

    directory: Literal["/", "/boot"]
    max_disks: int = 0

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
From the mount's device number down through partitions, LVM, MD RAID, LUKS and bcache to whole disks; a multipath map is
one disk. What has no disk that the kernel shows (a network root, overlay, ZFS, an image in memory) fails: there is
nothing for the agent to replicate. A device that was not captured is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        mount = mount_of(facts, self.directory)
        evidence = (seen_mount(mount),)
        spoken = {device.name: spoken_device(device) for device in facts.block_devices.known()}
        anonymous = (mount.number or "").startswith("0:") and mount.fs_type != "btrfs"
        try:
            disks = graph_of(facts).disks_of_mount(mount)
        except UnknownFact as reason:
            status: Literal["fail", "unknown"] = "fail" if anonymous else "unknown"
            yield Answer(status, str(reason), "", evidence, (hint(SEE.format(self.directory)),))
            return
        names = " and ".join(sorted(spoken.get(name, name) for name in disks))
        if self.max_disks and len(disks) > self.max_disks:
            advice = hint(
                f"keep {self.directory} on {'one disk' if self.max_disks == 1 else f'{self.max_disks} disks'}"
            )
            yield Answer("fail", f"on {len(disks)} disks, {names}", self.directory, evidence, (advice,))
        else:
            yield Answer("pass", f"on {names}", self.directory, evidence)
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)


class BootLvm(Requirement, frozen=True, tag="boot-lvm"):
    """Where /boot lies on a logical volume, that volume lies on one disk."""

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
/boot on LVM is supported since agent 9.20, not on a volume that spans disks. The agent's installer counts the physical
volumes of the whole volume group: where the volume itself lies on one disk and other volumes of its group lie on
more, this warns. A group's disks that no active volume uses are not seen. /boot on a plain partition: skipped."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        mount = mount_of(facts, "/boot")
        evidence = (seen_mount(mount),)
        device = device_below(facts, mount)
        if device is None and mount.number and not mount.number.startswith("0:"):
            raise UnknownFact(f"device {mount.number} ({mount.source}) is not among the block devices")
        if device is None or device.kind != "lvm":
            yield Answer("skip", "/boot is not on LVM", "", evidence)
            return
        graph = graph_of(facts)
        disks = graph.disks_of_device(device)
        volume = device.dm_name or device.name
        if len(disks) > 1:
            advice = hint("move its extents to one disk (`pvmove -n`), or /boot to a partition of its own")
            found = f"{volume} on {len(disks)} disks, {' and '.join(sorted(disks))}"
            yield Answer("fail", found, "", evidence, (advice,))
            return
        group = group_of(volume)
        of_group = [d for d in facts.block_devices.known() if d.kind == "lvm" and group_of(d.dm_name or "") == group]
        of_all = frozenset[str]().union(*(graph.disks_of_device(d) for d in of_group))
        if len(of_all) > 1:
            advice = hint("move /boot to a partition of its own, or take the group's other disks out (`vgreduce`)")
            found = f"{volume} on {' and '.join(disks)}, its group on {' and '.join(sorted(of_all))}"
            yield Answer("warn", f"{found}: the agent counts the group's disks", "", evidence, (advice,))
        else:
            yield Answer("pass", f"{volume} on {' and '.join(disks)}", "", evidence)


class NotOnLvm(Requirement, frozen=True, tag="not-on-lvm"):
    """None of the listed directories lies on a logical volume."""

    directories: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
The page supports LVM on data disks only. Hyper-V replicates disks as they are, whatever lies on them, so this is
advice, and a test failover tells."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        for directory in self.directories:
            mount = mount_of(facts, directory)
            device = device_below(facts, mount)
            evidence = (seen_mount(mount),)
            if device is not None and device.kind == "lvm":
                advice = hint(f"try a failover, or move {directory} to a partition")
                yield Answer("fail", "on a logical volume", directory, evidence, (advice,))
            elif device is None and not (mount.number or "").startswith("0:"):
                raise UnknownFact(f"device {mount.number} ({mount.source}) is not among the block devices")
            else:
                yield Answer("pass", "not on a logical volume", directory, evidence)
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)


def group_of(dm_name: str) -> str:
    """The volume group in a device-mapper name, its hyphens still doubled: `my--vg-lv` is in `my--vg`."""
    return dm_name.replace("--", "\0").partition("-")[0].replace("\0", "--")


class LvmTools(Requirement, frozen=True, tag="lvm-tools"):
    """Where / is a logical volume, the lvm2 package is installed."""

    reads: ClassVar[tuple[str, ...]] = (*READS, "agent_programs", "software")
    explain: ClassVar[str] = """\
The agent asks for the program vgdisplay where the device of / is a logical volume. It is looked for in /usr/sbin,
/usr/bin, /sbin, /bin and /usr/local. / on anything else: skipped."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        mount = mount_of(facts, "/")
        device = device_below(facts, mount)
        if device is None and mount.number and not mount.number.startswith("0:"):
            raise UnknownFact(f"device {mount.number} ({mount.source}) is not among the block devices")
        if device is None or device.kind != "lvm":
            yield Answer("skip", "/ is not on LVM", "", (seen_mount(mount),))
            return
        programs = facts.agent_programs.known()
        if paths := programs.programs.get("vgdisplay"):
            yield Answer("pass", paths[0], "", (seen_mount(mount), Evidence(paths[0], "executable")))
            return
        if "vgdisplay" in programs.unreadable or "vgdisplay" not in programs.programs:
            raise UnknownFact(programs.unreadable.get("vgdisplay", "vgdisplay was not looked for"))
        evidence = (seen_mount(mount), Evidence("/usr/sbin, /usr/bin, …", "no executable vgdisplay"))
        yield Answer("fail", "no executable vgdisplay", "", evidence, (install(facts, "lvm2"),))


class WritableDirectories(Requirement, frozen=True, tag="writable-directories"):
    """None of the listed directories lies on what is mounted read-only."""

    directories: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = ("mounts", "mounts_rejected", "directories")
    explain: ClassVar[str] = """\
By the options of the mount that each directory lies on, and of its file system: after an error on disk ext4 turns its
own to `ro` while the mount still says `rw`. No file is written to try it."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        for directory in self.directories:
            try:
                mount = mount_of(facts, directory)
            except UnknownFact as reason:
                yield Answer("unknown", str(reason), directory, (), (hint(SEE.format(directory)),))
                continue
            evidence = (seen_mount(mount),)
            if mount.read_only:
                fix = command(f"mount -o remount,rw {mount.mount_point}")
                why = hint(f"see in dmesg why it is read-only; mount {mount.mount_point} read-write in {FSTAB}")
                yield Answer("fail", "mounted read-only", directory, evidence, (why, fix))
            else:
                yield Answer("pass", "writable", directory, evidence)
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)

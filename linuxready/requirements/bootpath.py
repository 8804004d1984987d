"""What / and /boot lie on: file system, disk, logical volume; and whether they are mounted, and can be written to."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from linuxready.facts import Evidence, Facts, Mount, UnknownFact
from linuxready.requirements.base import Answer, Limit, Requirement, command, hint
from linuxready.requirements.places import BY_FSTAB, FSTAB, READS, Places, rejected_lines
from linuxready.requirements.software import install
from linuxready.requirements.storage import spoken_device

SEE = "see with findmnt and lsblk what {} lies on"


def seen(places: Places, mount: Mount) -> tuple[Evidence, ...]:
    """The line that speaks of a mount, and what names its device."""
    return places.seen(mount, f"{mount.source} on {mount.mount_point}, {mount.fs_type}")


class DirectoryFileSystem(Requirement, frozen=True, tag="directory-file-system"):
    """A system directory lies on a file system of one of the listed types."""

    directory: Literal["/", "/boot"]
    types: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = f"""\
The mount that a lookup of the directory ends on says its type; where /boot is a plain directory, that is the one of /.
A btrfs over several devices is not supported, whatever its profile: its devices are those that the kernel shows below
/sys/fs/btrfs. Overlay and the like have no file system of their own here: they fail as what they are.
{BY_FSTAB}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        mount = places.mount_of(self.directory)
        evidence = seen(places, mount)
        if mount.fs_type not in self.types:
            advice = hint(f"copy {self.directory} to a new file system: {', '.join(self.types)}")
            yield Answer("fail", mount.fs_type, self.directory, evidence, (advice,))
        elif mount.fs_type == "btrfs" and len(devices := places.graph.btrfs_devices(mount)) > 1:
            advice = hint(f"take its devices but one out of the btrfs of {self.directory} (`btrfs device remove`)")
            found = f"btrfs over {len(devices)} devices, {', '.join(sorted(devices))}"
            yield Answer("fail", found, self.directory, evidence, (advice,))
        else:
            yield Answer("pass", mount.fs_type, self.directory, evidence)
        yield from places.rejected_lines()


class BootMounted(Requirement, frozen=True, tag="boot-mounted"):
    """/boot is mounted where /etc/fstab has a line for it."""

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
A line of /etc/fstab for /boot says that it is a partition of its own; it must then be mounted, for the agent changes
files there. Without a line, /boot is a directory of /, and there is nothing to mount.
Where no mount table was captured, as on a mounted disk image, only that much is known: with a line it is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        lines = [entry for entry in facts.fstab.known() if entry.mount_point == "/boot"]
        if not lines:
            yield Answer("pass", "no partition of its own", "/boot", (Evidence(FSTAB, "no line for /boot"),))
            yield from rejected_lines(FSTAB, facts.fstab_rejected)
            return
        line = Evidence(f"{FSTAB}:{lines[0].line}", f"{lines[0].spec} on /boot")
        places = Places(facts)
        if places.planned:
            found = "has a partition of its own; whether it is mounted shows on the running machine only"
            yield Answer("unknown", found, "/boot", (line,), (hint("see `findmnt /boot` on the machine"),))
            return
        points = [mount for mount in places.mounts if mount.mount_point == "/boot"]
        if points:
            yield Answer("pass", "mounted", "/boot", (line, *seen(places, points[-1])))
            return
        yield from places.rejected_lines()
        yield Answer(
            "fail", "has a partition of its own, which is not mounted", "/boot", (line,), (command("mount /boot"),)
        )


class OnDisk(Requirement, frozen=True, tag="on-disk"):
    """A system directory lies on disks that the kernel shows, and on no more than `max_disks` of them (0: any)."""

    directory: Literal["/", "/boot"]
    max_disks: Limit = 0

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = f"""\
From the mount's device number down through partitions, LVM, MD RAID, LUKS and bcache to whole disks; a multipath map is
one disk. What has no disk that the kernel shows (a network root, overlay, ZFS, an image in memory) fails: there is
nothing for the agent to replicate. A device that was not captured is unknown.
{BY_FSTAB}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        mount = places.mount_of(self.directory)
        evidence = seen(places, mount)
        spoken = {device.name: spoken_device(device) for device in places.devices}
        anonymous = (mount.number or "").startswith("0:") and mount.fs_type != "btrfs"
        try:
            disks = places.graph.disks_of_mount(mount)
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
        yield from places.rejected_lines()


class BootLvm(Requirement, frozen=True, tag="boot-lvm"):
    """Where /boot lies on a logical volume, that volume lies on one disk."""

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = f"""\
/boot on LVM is supported since agent 9.20, not on a volume that spans disks. The agent's installer counts the physical
volumes of the whole volume group: where the volume itself lies on one disk and other volumes of its group lie on
more, this warns. A group's disks that no active volume uses are not seen. /boot on a plain partition: skipped.
{BY_FSTAB}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        mount = places.mount_of("/boot")
        evidence = seen(places, mount)
        device = places.device_of(mount)
        if device is None or device.kind != "lvm":
            yield Answer("skip", "/boot is not on LVM", "", evidence)
            return
        graph = places.graph
        disks = graph.disks_of_device(device)
        volume = device.dm_name or device.name
        if len(disks) > 1:
            advice = hint("move its extents to one disk (`pvmove -n`), or /boot to a partition of its own")
            found = f"{volume} on {len(disks)} disks, {' and '.join(sorted(disks))}"
            yield Answer("fail", found, "", evidence, (advice,))
            return
        group = group_of(volume)
        of_group = [d for d in places.devices if d.kind == "lvm" and group_of(d.dm_name or "") == group]
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
        places = Places(facts)
        for directory in self.directories:
            mount = places.mount_of(directory)
            device = places.device_of(mount)
            evidence = seen(places, mount)
            if device is not None and device.kind == "lvm":
                advice = hint(f"try a failover, or move {directory} to a partition")
                yield Answer("fail", "on a logical volume", directory, evidence, (advice,))
            else:
                yield Answer("pass", "not on a logical volume", directory, evidence)
        yield from places.rejected_lines()


def group_of(dm_name: str) -> str:
    """The volume group in a device-mapper name, its hyphens still doubled: `my--vg-lv` is in `my--vg`."""
    return dm_name.replace("--", "\0").partition("-")[0].replace("\0", "--")


class LvmTools(Requirement, frozen=True, tag="lvm-tools"):
    """Where / is a logical volume, the lvm2 package is installed."""

    reads: ClassVar[tuple[str, ...]] = (*READS, "agent_programs", "software")
    explain: ClassVar[str] = f"""\
The agent asks for the program vgdisplay where the device of / is a logical volume. It is looked for in /usr/sbin,
/usr/bin, /sbin, /bin and /usr/local. / on anything else: skipped.
{BY_FSTAB}"""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        mount = places.mount_of("/")
        evidence = seen(places, mount)
        device = places.device_of(mount)
        if device is None or device.kind != "lvm":
            yield Answer("skip", "/ is not on LVM", "", evidence)
            return
        programs = facts.agent_programs.known()
        if paths := programs.programs.get("vgdisplay"):
            yield Answer("pass", paths[0], "", (*evidence, Evidence(paths[0], "executable")))
            return
        if "vgdisplay" in programs.unreadable or "vgdisplay" not in programs.programs:
            raise UnknownFact(programs.unreadable.get("vgdisplay", "vgdisplay was not looked for"))
        evidence = (*evidence, Evidence("/usr/sbin, /usr/bin, …", "no executable vgdisplay"))
        yield Answer("fail", "no executable vgdisplay", "", evidence, (install(facts, "lvm2"),))


class WritableDirectories(Requirement, frozen=True, tag="writable-directories"):
    """None of the listed directories lies on what is mounted read-only."""

    directories: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = READS
    explain: ClassVar[str] = """\
By the options of the mount that each directory lies on, and of its file system: after an error on disk ext4 turns its
own to `ro` while the mount still says `rw`. No file is written to try it.
Where no mount table was captured, as on a mounted disk image, `ro` in /etc/fstab fails, all else is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        for directory in self.directories:
            try:
                mount = places.mount_of(directory)
            except UnknownFact as reason:
                yield Answer("unknown", str(reason), directory, (), (hint(SEE.format(directory)),))
                continue
            evidence = seen(places, mount)
            if places.planned:
                yield _as_planned(directory, mount, evidence)
            elif mount.read_only:
                fix = command(f"mount -o remount,rw {mount.mount_point}")
                why = hint(f"see in dmesg why it is read-only; mount {mount.mount_point} read-write in {FSTAB}")
                yield Answer("fail", "mounted read-only", directory, evidence, (why, fix))
            else:
                yield Answer("pass", "writable", directory, evidence)
        yield from places.rejected_lines()


def _as_planned(directory: str, mount: Mount, evidence: tuple[Evidence, ...]) -> Answer:
    """What /etc/fstab alone says: that it is mounted read-only, never that it can be written to."""
    if mount.read_only:
        why = hint(f"mount {mount.mount_point} read-write in {FSTAB}")
        return Answer("fail", "mounted read-only at boot", directory, evidence, (why,))
    advice = hint(f"see `findmnt -T {directory}` on the machine: rw among its options")
    return Answer(
        "unknown", "whether it can be written to shows on the running machine only", directory, evidence, (advice,)
    )

"""Names: of the machine, of mount points and devices, of files."""

import re
from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import BlockDevice, Evidence, Facts, UnknownFact
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, command, edit, hint
from linuxready.requirements.places import FSTAB, READS, Places
from linuxready.text import in_bytes, is_english, shortened, unescape_hex

ODD = "not in printable ASCII"

HOST_NAME_FILES = {
    "rhel": "/etc/sysconfig/network: HOSTNAME={}",
    "centos": "/etc/sysconfig/network: HOSTNAME={}",
    "oracle": "/etc/sysconfig/network: HOSTNAME={}",
    "sles": "/etc/HOSTNAME: {}",
    "debian": "/etc/hostname: {}",
    "ubuntu": "/etc/hostname: {}",
}
"""Where a system without systemd keeps its name."""


LABEL_CHARACTERS = 63


class EnglishNames(Requirement, frozen=True, tag="english-names"):
    """The host name, the mount points and the names of block devices are in printable ASCII."""

    reads: ClassVar[tuple[str, ...]] = ("host_name", "software", "release", *READS)
    explain: ClassVar[str] = """\
Looked at are the host name, every mount point of the mount table (hidden ones too), and the names of block devices: the
kernel's, and those of device-mapper, which hold the names of volume groups and logical volumes (its escapes, as \\x20,
undone). English is read as printable ASCII: an umlaut, a mark that turns the direction of text, bytes that are not
UTF-8 fail, and so do control characters, as a line break in a mount point, though they are ASCII. Bytes outside of
printable ASCII are shown as \\xc3. Where no mount table was captured, as on a mounted disk image, mount points are
those of /etc/fstab; the devices are then not known, and nothing passes."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        unknown: list[str] = []
        for judged in (self._host_name, self._mount_points, self._devices):
            try:
                yield from judged(facts)
            except UnknownFact as reason:
                unknown.append(str(reason))
        if unknown:
            raise UnknownFact("; ".join(unknown))

    def _host_name(self, facts: Facts) -> Iterator[Answer]:
        name = facts.host_name.known()
        if is_english(name):
            yield Answer("pass", name, evidence=(Evidence("host name", name),))
            return
        remedies = rename_host(name, facts)
        yield Answer("fail", ODD, f"host name {name}", (Evidence("host name", in_bytes(name)),), remedies)

    def _mount_points(self, facts: Facts) -> Iterator[Answer]:
        places = Places(facts)
        odd = [mount for mount in places.mounts if not is_english(mount.mount_point)]
        for mount in odd:
            in_fstab = [e for e in facts.fstab.value or () if e.mount_point == mount.mount_point]
            remedies = [
                edit(f"on line {entry.line} of {FSTAB}, another mount point for {in_bytes(entry.spec)}")
                for entry in in_fstab
            ]
            if not places.planned:
                remedies.append(command(f"umount {quoted(mount.mount_point)}"))
            seen = Evidence(f"{places.source}:{mount.line}", shortened(in_bytes(mount.mount_point)))
            again = hint("mount it again at a directory with an English name")
            yield Answer("fail", ODD, f"mount point {mount.mount_point}", (seen,), (*remedies, again))
        if not odd:
            seen = Evidence(places.source, "all in ASCII")
            yield Answer("pass", f"{len(places.mounts)} mount points", evidence=(seen,))
        yield from places.rejected_lines()

    def _devices(self, facts: Facts) -> Iterator[Answer]:
        devices = facts.block_devices.known()
        odd = [(d, name) for d in devices for name in (d.name, unescape_hex(d.dm_name or "")) if not is_english(name)]
        for device, name in odd:
            spoken = f"{'volume' if device.kind == 'lvm' else 'device'} {name}"
            seen = Evidence(f"/sys/class/block/{in_bytes(device.name)}", in_bytes(name))
            yield Answer("fail", ODD, spoken, (seen,), _rename_device(device))
        if not odd:
            yield Answer(
                "pass", f"{len(devices)} block devices", evidence=(Evidence("/sys/class/block", "all in ASCII"),)
            )


class EnglishPaths(Requirement, frozen=True, tag="english-paths"):
    """The names of the system's files are in printable ASCII."""

    reads: ClassVar[tuple[str, ...]] = ("odd_names",)
    explain: ClassVar[str] = """\
Looked at are the names of all files below /boot and /etc, and those in /, /usr, /usr/local and /var; no link is
followed, and network mounts, FUSE and what lies on a suspended device are not entered. The first ten are shown
with the count: Debian and Fedora ship a few in folders of certificates. The walk ends after 100,000 names or half a
second: where it found none by then, or could not enter a folder, the answer is unknown. A recording that does not
tell the names has only some of the files: what is odd among them counts, but nothing passes."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        names = facts.odd_names.known()
        if not names.count:
            if names.cut is not None:
                raise UnknownFact(f"not all file names were looked at: {names.cut}")
            seen = Evidence("/boot, /etc, /, /usr, /usr/local, /var", "all in ASCII")
            yield Answer("pass", f"{names.looked_at:,} names of files", evidence=(seen,))
            return
        least = "at least " if names.cut is not None else ""
        found = f"{least}{names.count:,} {'file' if names.count == 1 else 'files'} with a name {ODD}"
        evidence = [Evidence("file", shortened(path)) for path in names.paths]
        if names.cut is not None:
            evidence.append(Evidence("not all were looked at", names.cut))
        remedies = (
            hint("leave what a package owns (`rpm -qf` or `dpkg -S` tells), and see whether replication takes it"),
            hint("rename the others"),
        )
        yield Answer("fail", found, "", tuple(evidence), remedies)


class MachineName(Requirement, frozen=True, tag="machine-name"):
    """1 to 63 letters, digits and hyphens, beginning and ending with a letter or digit."""

    named_in: str = "vCenter"

    reads: ClassVar[tuple[str, ...]] = ("host_name", "hardware", "software", "release")
    explain: ClassVar[str] = """\
What counts is the name that the VM has where it is managed (vCenter, Hyper-V, VMM), which the machine itself does not
see: the host name's first label stands in for it. A physical server has no other name. 1 to 63 letters without accents,
digits and hyphens, the first and the last no hyphen."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        name = facts.host_name.known()
        label = name.partition(".")[0]
        hardware = facts.hardware.value
        physical = self.named_in == "vCenter" and hardware is not None and not hardware.is_vmware
        said = f"{label} (host name{'' if physical else f'; the one in {self.named_in} counts'})"
        evidence = (Evidence("host name", in_bytes(name)),)
        trouble = _trouble_with(label)
        if trouble is None:
            yield Answer("pass", said, "", evidence)
            return
        better = fitting(label)
        would_do = f"; {better} would do" if better else ""
        advice = hint(f"see the name of the VM in {self.named_in}: that one counts{would_do}")
        yield Answer("fail", f"{said}: {trouble}", "", evidence, rename_host(name, facts) if physical else (advice,))


def _trouble_with(label: str) -> str | None:
    if len(label) > LABEL_CHARACTERS:
        return f"{len(label)} characters"
    if re.search(r"[^A-Za-z0-9-]", label):
        return "has other characters than letters, digits and hyphens"
    if not label or label.startswith("-") or label.endswith("-"):
        return "begins or ends with a hyphen" if label else "empty"
    return None


def fitting(label: str) -> str:
    """A machine name made from a host name's first label, "" where nothing is left of it: db_01 becomes db-01."""
    return re.sub(r"[^A-Za-z0-9]+", "-", label).strip("-")[:LABEL_CHARACTERS].rstrip("-")


def rename_host(name: str, facts: Facts) -> tuple[Remedy, ...]:
    """How this machine is given another name, one like its own."""
    label, dot, domain = name.partition(".")
    new = (fitting(label) or "NEWNAME") + (f"{dot}{domain}" if is_english(domain) else "")
    in_hosts = edit(f"in /etc/hosts, {in_bytes(name)} becomes {new}")
    programs = facts.software.value.programs if facts.software.value else {}
    if programs.get("systemctl"):
        return (command(f"hostnamectl set-hostname {new}"), in_hosts)
    file = HOST_NAME_FILES.get(facts.release.value.id if facts.release.value else "")
    stored = edit(f"in {file.format(new)}") if file else hint("change it where the system keeps it")
    return (command(f"hostname {new}"), stored, in_hosts)


def _rename_device(device: BlockDevice) -> tuple[Remedy, ...]:
    name = device.dm_name or ""
    if device.kind == "lvm":
        group, volume = _group_and_volume(name)
        remedies = []
        if not is_english(unescape_hex(group)):
            remedies.append(command(f"vgrename {quoted(unescape_hex(group))} NEWNAME"))
        if not is_english(unescape_hex(volume)):
            remedies.append(command(f"lvrename {quoted(unescape_hex(group))} {quoted(unescape_hex(volume))} NEWNAME"))
        return (
            *remedies,
            hint("then the new name in /etc/fstab and the boot loader, and a new initramfs if / is on it"),
        )
    kept = {"mpath": "/etc/multipath.conf (alias)", "crypt": "/etc/crypttab"}.get(device.kind)
    return (hint(f"give it another name in {kept}" if kept else "give the device an English name"),)


def _group_and_volume(dm_name: str) -> tuple[str, str]:
    """A device-mapper name as LVM made it: `my--vg-lv` is the volume lv of the group my-vg."""
    match = re.fullmatch(r"((?:[^-]|--)+)-((?:[^-]|--)+)(?:-.*)?", dm_name, re.S)
    group, volume = match.groups() if match else ("", dm_name)
    return group.replace("--", "-"), volume.replace("--", "-")


def quoted(text: str) -> str:
    """A word for bash that stands for these very bytes, and shows none of them raw."""
    shown = in_bytes(text.replace("\\", "\\\\").replace("'", "\\'"))
    return f"$'{shown}'"

r"""Block devices as files name them, for a machine whose /sys was not captured, as on a mounted disk image.

    /etc/fstab               /dev/sda1  /boot  ext4            by its name, a part of sda
    /etc/blkid/blkid.tab     <device DEVNO="0x0801" TIME="1479902601" UUID="f63a…" TYPE="ext4">/dev/sda1</device>
    /etc/crypttab            luks-8cde  UUID=8cde…  none       an encrypted device, and what it lies on (crypttab(5))
    /etc/lvm/backup/rhel     what each logical volume lies on (readers/lvm.py)
    /etc/systemd/system/var.mount     a mount that is not in /etc/fstab (systemd.mount(5))

blkid (libblkid(3)) keeps what it has seen; its file may have devices that are gone. /run/blkid and /dev are in memory
on most systems, so in an image it is the older ones that have the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape

from msgspec.structs import replace

from linuxready.facts import BlockDevice, Evidence, FstabEntry, NamedDevices
from linuxready.host import Absent, Host, Unreadable
from linuxready.readers import lvm
from linuxready.readers.mounts import SYSTEM_DIRECTORIES
from linuxready.text import shortened

BLKID = ("/run/blkid/blkid.tab", "/etc/blkid/blkid.tab", "/etc/blkid.tab", "/dev/.blkid.tab")
"""Where libblkid keeps its file: since util-linux 2.20; on EL 5 and 6; before there was /run; where /etc was spared."""

CRYPTTAB = "/etc/crypttab"

UNIT_FOLDERS = (
    *("/etc/systemd/system", "/usr/local/lib/systemd/system"),
    *("/usr/lib/systemd/system", "/lib/systemd/system"),
)

MAX_CHARACTERS = 4 * 2**20
MAX_DEVICES = 10_000
MAX_GROUPS = 100

DISKS = re.compile(r"(?:sd|hd|vd)[a-z]{1,3}|nvme\d+n\d+|mmcblk\d+|(?:cciss|ida)/c\d+d\d+")
"""Whole disks by their names. xvda1 is a disk of its own in some clouds, so it is in no list."""

PARTITIONS = (
    re.compile(r"(?P<disk>(?:sd|hd|vd)[a-z]{1,3})\d+"),
    re.compile(r"(?P<disk>(?:nvme\d+n|mmcblk|(?:cciss|ida)/c\d+d)\d+)p\d+"),
)
LINKS = re.compile(r"(?P<disk>disk/by-(?:id/(?!dm-|md-|lvm-)|path/).+)-part\d+")
"""What udev calls a partition: the same but for the number for all of one disk; a disk has several such names."""

OTHERS = (
    (re.compile(r"md(_d)?\d+(p\d+)?|md/.+"), "md"),
    (re.compile(r"loop\d+"), "loop"),
    (re.compile(r"sr\d+|scd\d+|cdrom|dvd"), "rom"),
    (re.compile(r"xvd[a-z]+\d*"), "disk"),
)
"""Names that say what a device is, and not what it lies on; any other may be a map of any kind."""

NO_GROUPS = ("disk", "mapper", "cciss", "ida")
"""Folders of /dev; any other may be a volume group's."""

LINE = re.compile(r"<device\s([^<>]*)>\s*/dev/([^<>\s]+)\s*</device>")
WORD = re.compile(r'(\w+)="([^"]*)"')


def read(host: Host, fstab: tuple[FstabEntry, ...]) -> NamedDevices:
    """All that files name, each device once, and the whole disks of partitions."""
    path, cached = _cache(host)
    by_name: dict[str, BlockDevice] = {}
    evidence: dict[str, Evidence] = {}
    for device, seen in (*_encrypted(host, cached), *_volumes(host, cached)):
        by_name[device.name], evidence[device.name] = device, seen
    for name, words in cached.items():
        device = by_name.get(name) or named(name)
        by_name[name] = replace(
            device, fs_type=words.get("TYPE"), fs_uuid=words.get("UUID"), fs_label=words.get("LABEL")
        )
        said = " ".join(f"{word}={words[word]}" for word in ("UUID", "LABEL", "TYPE") if word in words)
        evidence.setdefault(name, Evidence(path, shortened(f"/dev/{name} {said}")))
    for name in [canonical(entry.spec) for entry in fstab if entry.spec.startswith("/dev/")]:
        if not name.startswith(("disk/by-uuid/", "disk/by-label/")):
            by_name.setdefault(name, named(name))
    for name in [parent for device in by_name.values() for parent in device.parents or ()]:
        by_name.setdefault(name, named(name))
        for disk in by_name[name].parents or ():
            by_name.setdefault(disk, named(disk))
    devices = sorted(by_name.values(), key=lambda device: device.name)[:MAX_DEVICES]
    return NamedDevices(_comparable(devices), evidence, _mount_units(host))


def parse_cache(text: str) -> dict[str, dict[str, str]]:
    """The devices of blkid's file by name, with their words (UUID, LABEL, TYPE, DEVNO).

    Links to a device, and what device-mapper calls it, stand in lines of their own with its number and what is on it;
    the name that says most is kept.
    """
    best: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    for match in LINE.finditer(text):
        name = canonical(f"/dev/{unescape(match[2])}")
        words = {word: unescape(value) for word, value in WORD.findall(match[1])}
        key = (words.get("DEVNO", ""), words.get("UUID") or name)
        if key not in best or _rank(name) < _rank(best[key][0]):
            best[key] = (name, words)
    return dict(best.values())


def _rank(name: str) -> int:
    """Which of a device's names says most of it."""
    if name.startswith("mapper/"):
        return 0
    return 1 if named(name).kind != "dm" else 2


def canonical(path: str) -> str:
    """A device's name below /dev; that of a volume, /dev/GROUP/VOLUME, as device-mapper has it: mapper/GROUP-VOLUME."""
    name = path.removeprefix("/dev/")
    folder, slash, rest = name.partition("/")
    if not slash or "/" in rest or folder in NO_GROUPS or named(name).kind != "dm":
        return name
    return f"mapper/{folder.replace('-', '--')}-{rest.replace('-', '--')}"


def named(name: str) -> BlockDevice:
    """What a name below /dev says of a device; `parents` are None where it does not tell what that lies on."""
    for pattern in (*PARTITIONS, LINKS):
        if match := pattern.fullmatch(name):
            return _device(name, "part", (match["disk"],))
    if DISKS.fullmatch(name) or LINKS.fullmatch(f"{name}-part1"):
        return _device(name, "disk", ())
    return _device(name, next((kind for pattern, kind in OTHERS if pattern.fullmatch(name)), "dm"), None)


def _device(name: str, kind: str, parents: tuple[str, ...] | None) -> BlockDevice:
    dm_name = name.removeprefix("mapper/") if name.startswith("mapper/") else None
    return BlockDevice(name, "", kind, parents, None, removable=False, dm_name=dm_name)


def _cache(host: Host) -> tuple[str, dict[str, dict[str, str]]]:
    """The first of blkid's files that is there, and its devices."""
    for path in BLKID:
        with suppress(Unreadable):
            return path, parse_cache(host.text(path)[:MAX_CHARACTERS])
    return "", {}


def _encrypted(host: Host, cached: dict[str, dict[str, str]]) -> Iterator[tuple[BlockDevice, Evidence]]:
    """The encrypted devices that are opened at boot."""
    with suppress(Unreadable):
        for number, line in enumerate(host.text(CRYPTTAB)[:MAX_CHARACTERS].split("\n"), 1):
            words = line.split()
            if len(words) > 1 and not words[0].startswith("#"):
                value = words[1].removeprefix("UUID=")
                found = (
                    [name for name, known in cached.items() if known.get("UUID") == value] if value != words[1] else []
                )
                place = found[0] if len(found) == 1 else canonical(words[1])
                known = len(found) == 1 or (words[1].startswith("/dev/") and not place.startswith("disk/by-uuid/"))
                device = _device(f"mapper/{words[0]}", "crypt", (place,) if known else None)
                yield device, Evidence(f"{CRYPTTAB}:{number}", shortened(f"{words[0]} {words[1]}"))


def _volumes(host: Host, cached: dict[str, dict[str, str]]) -> Iterator[tuple[BlockDevice, Evidence]]:
    """The logical volumes of all groups that LVM keeps a file of."""
    with suppress(Unreadable):
        kept = {group: _kept(host, group) for group in host.entries(lvm.FOLDER)[:MAX_GROUPS]}
        # A copy under another name is of another time.
        groups = {group: volumes for group, volumes in kept.items() if volumes is None or group in volumes}
        for group, volumes in groups.items():
            for volume in (volumes or {}).get(group, ()):
                parents = _places(volume, cached, alone=len(groups) == 1)
                on = f" lies on {' and '.join(parents)}" if parents else ": not all of its physical volumes are known"
                device = _device(f"mapper/{volume.dm_name}", "lvm", parents)
                yield device, Evidence(f"{lvm.FOLDER}/{group}", shortened(f"{volume.dm_name}{on}"))


def _kept(host: Host, file: str) -> dict[str, list[lvm.LogicalVolume]] | None:
    """The volumes of a file of LVM's by their group; None where it tells none, or is older than the last archive.

    LVM archives a group before each change, and writes this file after it.
    """
    with suppress(Unreadable, ValueError):
        text = host.text(f"{lvm.FOLDER}/{file}")[:MAX_CHARACTERS]
        volumes = lvm.parse(text)
        archived = _archived(host, file)
        if not archived or lvm.number_of(text) >= lvm.number_of(archived):
            return {volume.group: [v for v in volumes if v.group == volume.group] for volume in volumes}
    return None


def _archived(host: Host, group: str) -> str:
    """The last file in LVM's archive of a group, GROUP_00012-1234567890.vg; "" where there is none."""
    with suppress(Absent):
        names = [name for name in host.entries(lvm.ARCHIVE) if re.fullmatch(re.escape(group) + r"_\d+-\d+\.vg", name)]
        return host.text(f"{lvm.ARCHIVE}/{names[-1]}")[:MAX_CHARACTERS] if names else ""
    return ""


def _places(volume: lvm.LogicalVolume, cached: dict[str, dict[str, str]], *, alone: bool) -> tuple[str, ...] | None:
    """The devices below a logical volume; None where one is not known for sure.

    LVM's file has the device as it was called then, which blkid's must not deny: it knows the volume by its UUID. Of
    groups that are not `alone` blkid must say it: their files are of different times, and so are the names in them.
    """
    if volume.volumes is None:
        return None
    places = set()
    for physical in volume.volumes:
        name = canonical(physical.device)
        seen_on = [device for device, words in cached.items() if words.get("UUID") == physical.uuid]
        on_it = cached.get(name, {}).get("UUID", physical.uuid)
        if not physical.device.startswith("/dev/") or on_it != physical.uuid:
            return None
        if seen_on != [name] and (seen_on or not alone):
            return None
        places.add(name)
    return tuple(sorted(places))


def _mount_units(host: Host) -> dict[str, str]:
    """The mount units of systemd's own, by what they mount, for all that system directories, links or not, lie below.

    usr-local.mount mounts /usr/local; where /var is a link to /data/var, data.mount tells as much of it as var.mount.
    """
    paths = list(SYSTEM_DIRECTORIES)
    for directory in SYSTEM_DIRECTORIES:
        with suppress(Unreadable):
            paths.append(host.real_path(directory))
    found: dict[str, str] = {}
    for directory in dict.fromkeys(above for path in paths for above in _from_root(path)):
        name = unit_name(directory)
        for folder in UNIT_FOLDERS:
            with suppress(Unreadable):
                if host.mode(f"{folder}/{name}.mount") is not None:
                    found.setdefault(directory, f"{folder}/{name}.mount")
    return found


def _from_root(path: str) -> list[str]:
    """A path and all directories above it: /, /data, /data/var."""
    parts = path.strip("/").split("/")
    return ["/", *(f"/{'/'.join(parts[:depth])}" for depth in range(1, len(parts) + 1))] if parts[0] else ["/"]


def unit_name(path: str) -> str:
    """A path as systemd names its units (systemd-escape(1)): usr-local of /usr/local, srv\\x2da of /srv-a."""
    escaped = re.sub(
        r"[^A-Za-z0-9:_./]|(?<![^/])\.",
        lambda c: "".join(f"\\x{b:02x}" for b in c[0].encode("utf-8", "surrogateescape")),
        path.strip("/"),
    )
    return escaped.replace("/", "-") or "-"


def _comparable(devices: list[BlockDevice]) -> tuple[BlockDevice, ...]:
    """The devices; a disk that only udev's links name may be any of the others, so it is placed where it is alone."""
    disks = [device.name for device in devices if device.kind == "disk"]
    if len(disks) < 2:
        return tuple(devices)
    return tuple(
        replace(device, parents=None) if device.name.startswith("disk/") and device.parents is not None else device
        for device in devices
    )

"""XFS file systems and their features: xfs_info(8), and the superblock where it says nothing.

    meta-data=/dev/sda1  isize=512    agcount=4, agsize=65536 blks
             =           crc=1        finobt=1, sparse=1, rmapbt=0
    naming   =version 2  bsize=4096   ascii-ci=0, ftype=1

Words are read as key=value wherever they stand: the columns and commas changed with every xfsprogs. The
superblock is big endian (fs/xfs/libxfs/xfs_format.h): magic 0, version 100, features2 200, ro_compat 212,
incompat 216.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress

from linuxready.facts import (
    BlockDevice,
    Evidence,
    Fact,
    FstabEntry,
    Mount,
    NamedDevices,
    UnknownFact,
    XfsFeatures,
    XfsFilesystem,
)
from linuxready.host import Absent, Host, Unreadable
from linuxready.mountwalk import MountTree, device_of, suspended
from linuxready.text import shortened

V5_WORDS = ("finobt", "sparse", "spinodes", "rmapbt", "reflink", "bigtime", "inobtcount", "nrext64")
"""Features that only v5 file systems have; spinodes is what xfsprogs 4.2 to 4.16 called sparse."""

ADMINISTRATORS_UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system")
"""Those of packages mount what the kernel makes."""

SUPERBLOCK_BYTES = 512
_RO_COMPAT = {1: "finobt", 2: "rmapbt", 4: "reflink", 8: "inobtcount"}
_INCOMPAT = {2: "sparse", 8: "bigtime", 32: "nrext64"}
_WORD = r"([a-z][\w-]*)=([^\s,]+)"


def read(
    host: Host,
    mounts: Fact[tuple[Mount, ...]],
    fstab: Fact[tuple[FstabEntry, ...]],
    devices: Fact[tuple[BlockDevice, ...]],
    named: Fact[NamedDevices],
) -> tuple[XfsFilesystem, ...]:
    """Every XFS file system once: the mounted ones, then those of fstab, those only udev knows, or blkid's file."""
    table = mounts.value or ()
    tree = MountTree(table)
    mounted_at = {mount.mount_point for mount in table if mount.fs_type == "xfs"}
    known = devices.value or (named.value.devices if named.value else ())
    sources = {name: seen.source for name, seen in named.value.evidence.items()} if named.value else {}
    stuck = suspended(known)
    by_number = {device.number: device for device in known}
    found: dict[str, XfsFilesystem] = {}
    for mount in table:
        if mount.fs_type == "xfs":
            device = by_number.get(mount.number) if mount.number else device_of(mount.source, known)
            key = device.name if device else mount.number or mount.source
            if key not in found or found[key].features.value is None:
                features = _mounted(host, mount, tree, _nodes(device, mount.source), device in stuck)
                found[key] = XfsFilesystem(mount.mount_point, mount.source, "mounted", True, features)
    for entry in fstab.value or ():
        if entry.fs_type == "xfs" and (entry.mount_point.rstrip("/") or "/") not in mounted_at:
            device = device_of(entry.spec, known)
            key = device.name if device else entry.spec
            if key not in found:
                features = _superblock(host, _nodes(device, entry.spec), device in stuck)
                node = f"/dev/{device.name}" if device else entry.spec
                found[key] = XfsFilesystem(entry.mount_point, node, f"/etc/fstab:{entry.line}", False, features)
    for device in known:
        if device.fs_type == "xfs" and device.name not in found:
            node = f"/dev/{device.name}"
            features = _superblock(host, [node], device in stuck)
            found[device.name] = XfsFilesystem(node, node, sources.get(device.name, "udev"), False, features)
    by_unit = _of_units(host) if mounts.value is None and not host.whole else ()
    return (*found.values(), *by_unit)


def _of_units(host: Host) -> Iterator[XfsFilesystem]:
    """What the administrator's mount units mount as XFS, or leave the type of to the kernel (systemd.mount(5))."""
    for folder in ADMINISTRATORS_UNITS:
        for path in host.matching(f"{folder}/*.mount"):
            with suppress(Absent):  # a link to /dev/null: it is masked
                words = dict(re.findall(r"^(What|Where|Type)\s*=[ \t]*(.*?)[ \t]*$", host.text(path), re.M))
                if not {"", "auto", "xfs"}.isdisjoint(words.get("Type", "").split(",")):
                    where, what = words.get("Where") or path, words.get("What") or path
                    yield XfsFilesystem(where, what, path, False, Fact(unknown=f"mounted by {path}, as the unit says"))


def parse_xfs_info(text: str, source: str) -> XfsFeatures | None:
    """The features that xfs_info printed; None where its text has neither crc nor ftype."""
    words = dict(reversed(re.findall(_WORD, text)))  # the first of a word is xfs_info's, a comment may repeat it
    crc, ftype = words.get("crc"), words.get("ftype")
    if crc not in ("0", "1") and ftype not in ("0", "1"):
        return None
    v5 = {"sparse" if word == "spinodes" else word for word in V5_WORDS if words.get(word) == "1"}
    shown = [f"{word}={value}" for word, value in reversed(words.items()) if word in ("crc", "ftype", *V5_WORDS)]
    return XfsFeatures(_bit(crc), _bit(ftype), tuple(sorted(v5)), Evidence(source, shortened(" ".join(shown))))


def parse_superblock(sector: bytes, source: str) -> XfsFeatures | None:
    """The features of an XFS superblock; None where the bytes are none."""
    if len(sector) < 220 or sector[:4] != b"XFSB":
        return None
    version = struct.unpack_from(">H", sector, 100)[0]
    features2, _, ro_compat, incompat = struct.unpack_from(">I4x3I", sector, 200)
    number = version & 0xF
    if not 1 <= number <= 5:
        return None
    if number < 5:
        ftype = bool(version & 0x8000 and features2 & 0x200)
        text = f"XFS superblock, version {number}, crc=0 ftype={int(ftype)}"
        return XfsFeatures(False, ftype, (), Evidence(source, text))
    names = [name for bit, name in _RO_COMPAT.items() if ro_compat & bit]
    names += [name for bit, name in _INCOMPAT.items() if incompat & bit]
    text = f"XFS superblock, version {number}, crc=1 ftype={incompat & 1}"
    return XfsFeatures(True, bool(incompat & 1), tuple(sorted(names)), Evidence(source, text))


def _mounted(host: Host, mount: Mount, tree: MountTree, nodes: list[str], suspended: bool) -> Fact[XfsFeatures]:
    """What xfs_info says where its mount point is visible, else the superblock."""
    if suspended:
        return _superblock(host, nodes, suspended)
    try:
        if mount.id is not None and tree.covering(mount.mount_point).id != mount.id:
            raise Unreadable(f"another mount lies over {mount.mount_point}")
        features = _xfs_info(host, mount.mount_point)
        if features:
            return Fact(value=features)
        trouble = "xfs_info prints neither crc nor ftype"
    except (Unreadable, UnknownFact) as error:
        trouble = str(error)
    by_superblock = _superblock(host, nodes, suspended)
    return Fact(unknown=f"{trouble}; {by_superblock.unknown}") if by_superblock.unknown else by_superblock


def _xfs_info(host: Host, mount_point: str) -> XfsFeatures | None:
    result = host.run("xfs_info", mount_point)
    source = f"xfs_info {mount_point}"
    if result.exit_status != 0:
        said = (result.stderr or result.stdout).strip().split("\n")[0]
        raise Unreadable(f"{source} failed with exit status {result.exit_status}: {shortened(said)}")
    return parse_xfs_info(result.stdout, source)


def _superblock(host: Host, nodes: list[str], suspended: bool) -> Fact[XfsFeatures]:
    if suspended:
        return Fact(unknown=f"{nodes[0]} is suspended, or lies on what is: not touched")
    troubles = []
    for node in nodes:
        try:
            features = parse_superblock(host.read_block(node, SUPERBLOCK_BYTES), node)
        except Unreadable as error:
            troubles.append(str(error))
            continue
        if features:
            return Fact(value=features)
        troubles.append(f"{node} has no XFS superblock")
    return Fact(unknown="; ".join(troubles) or "its device was not found")


def _nodes(device: BlockDevice | None, spec: str) -> list[str]:
    """The device nodes to try: the kernel's name first, then the one that was written down."""
    nodes = [f"/dev/{device.name}"] if device else []
    return list(dict.fromkeys([*nodes, *([spec] if spec.startswith("/dev/") else [])]))


def _bit(word: str | None) -> bool | None:
    return {"0": False, "1": True}.get(word or "")

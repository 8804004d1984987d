"""/sys/class/block and udev's database of a gathered machine, made of what its tools said of the block devices.

Which devices there are: udev's database, /proc/partitions, lsblk. What a device lies on: device-mapper's tables,
/proc/mdstat, lsblk's tree; the kernel's names for partitions. Where nobody tells, `slaves` is refused, so that what it
lies on is unknown. A device of device-mapper of which nobody says what it is spoils all: it could be encryption.
"""

from __future__ import annotations

import stat
from contextlib import suppress

from msgspec import Struct

from linuxready.host import Host, Unreadable
from linuxready.host.gathered import Gathered, parsed, said
from linuxready.host.gathered.madefiles import MadeFiles
from linuxready.host.gathered.texts import blkid, dmsetup, listing, lsblk, mdstat, partitions, udevdb

LSBLK = (
    "lsblk",
    "lsblk -i -o NAME,KNAME,MAJ:MIN,FSTYPE,LABEL,RO,RM,MODEL,SIZE,OWNER,GROUP,MODE,ALIGNMENT,MIN-IO,OPT-IO,PHY-SEC,"
    "LOG-SEC,ROTA,SCHED,MOUNTPOINT",
    "lsblk -i",
    "lsblk -a",
)
LSBLK_PAIRS = ("lsblk -O -P", "lsblk -P -O", "lsblk --pairs -O", "lsblk -P")
BLKID = ("blkid -c /dev/null", "blkid")
DEV_LISTING = ("ls -lanR /dev", "ls -laR /dev", "ls -lanR /dev/mapper", "ls -l /dev/mapper")
SYS_BLOCK_LISTING = ("ls -lanR /sys/block",)
"""The outputs that are asked for, the most telling first."""

NO_DISK = ("zd", "nullb", "ublkb")
"""Virtual devices that no name tells the kind of; the rest whose path nobody tells are taken for disks."""

TARGETS = {"crypt": "CRYPT", "multipath": "mpath"}
"""What a target of device-mapper says of its device without a uuid."""


class Block(Struct):
    """What is known of a device. None: nobody told."""

    name: str
    number: str | None = None
    path: str | None = None
    partition_of: str | None = None
    parents: set[str] | None = None
    size_sectors: int | None = None
    removable: str | None = None
    dm_name: str | None = None
    dm_uuid: str | None = None
    backing_file: str | None = None
    logical: str | None = None
    physical: str | None = None
    fs: dict[str, str] = {}


class Blocks:
    """The devices of a machine by the kernel's names."""

    def __init__(self) -> None:
        self.by_name: dict[str, Block] = {}
        self.by_number: dict[str, Block] = {}

    def get(self, name: str, number: str | None) -> Block:
        """The device of a number, or of a name; a new one where there is none."""
        block = (self.by_number.get(number) if number else None) or self.by_name.get(name)
        if block is None:
            block = self.by_name[name] = Block(name)
        if number and block.number is None:
            block.number = number
            self.by_number[number] = block
        return block

    def of_node(self, path: str) -> Block | None:
        """The device of a node's path: /dev/sda1, /dev/dm-0, /dev/mapper/NAME."""
        name = path.removeprefix("/dev/")
        mapped = name.removeprefix("mapper/")
        by_dm_name = (block for block in self.by_name.values() if block.dm_name == mapped)
        return self.by_name.get(name) or (next(by_dm_name, None) if mapped != name else None)


def make(made: MadeFiles, gathered: Gathered, tree: Host) -> None:
    """Add what stands for the block devices; raises Unreadable where no list of them was gathered."""
    blocks = Blocks()
    troubles: list[Unreadable] = []
    for add in (_udev, _partitions, _lsblk):
        try:
            add(blocks, gathered, tree)
        except Unreadable as error:
            troubles.append(error)
    if not blocks.by_name:
        raise troubles[-1]
    for more in (
        _pairs,
        _dmsetup_info,
        _dev_listing,
        _dmsetup_table,
        _mdstat,
        _blockdev,
        _fdisk,
        _blkid,
        _loops,
        _paths,
    ):
        with suppress(Unreadable):
            more(blocks, gathered, tree)
    _complete(blocks)
    for block in blocks.by_name.values():
        _add(made, block, blocks)
    made.listed.setdefault("/sys/class/block", set())


# -- the sources -----------------------------------------------------------------------------------------------


def _udev(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for device in udevdb.parse_export_db(said(gathered, "udevadm info --export-db")):
        if device.subsystem != "block" or not device.number:
            continue
        block = blocks.get(device.name.replace("!", "/"), device.number)
        block.path = device.path
        if device.words.get("DEVTYPE") == "partition":
            block.partition_of = device.path.split("/")[-2].replace("!", "/")
        if block.name.startswith("dm-") and "DM_NAME" in device.words:
            block.dm_name, block.dm_uuid = device.words["DM_NAME"], device.words.get("DM_UUID", "")
        block.fs = {key: device.words[key] for key in FS_WORDS if key in device.words}


FS_WORDS = {"ID_FS_TYPE": "TYPE", "ID_FS_UUID": "UUID", "ID_FS_LABEL": "LABEL"}
"""udev's words for what is on a device, and blkid's."""


def _partitions(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    rows = partitions.parse_partitions(_proc(tree, gathered, "/proc/partitions"))
    known = frozenset(row.name for row in rows)
    for row in rows:
        block = blocks.get(row.name, row.number)
        block.size_sectors = row.blocks * 2
        block.partition_of = block.partition_of or partitions.disk_of(row.name, known)
    for block in blocks.by_name.values():
        if block.name not in known and block.size_sectors is None:
            block.size_sectors = 0  # the file leaves out what has no size


def _lsblk(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    rows: tuple[lsblk.Row, ...] = parsed(gathered, [(command, lsblk.parse_tree) for command in LSBLK])
    seen: list[Block] = []
    for row in rows:
        above = seen[row.above] if row.above >= 0 else None
        name = row.name
        if above and above.name.startswith("dm-") and row.number and name == row.words.get("NAME"):
            name = f"dm-{row.number.partition(':')[2]}"  # a partition of a multipath device is device-mapper's own
        block = blocks.get(name, row.number or None)
        seen.append(block)
        _words_of_lsblk(block, row)
        if above and row.words.get("TYPE") == "part" and not block.name.startswith("dm-"):
            block.partition_of = block.partition_of or above.name  # the kernel's names go before a drawn tree
        elif above:
            block.parents = {*(block.parents or ()), above.name}


def _words_of_lsblk(block: Block, row: lsblk.Row) -> None:
    words = row.words
    if block.name.startswith("dm-") and block.dm_name is None:
        block.dm_name = words.get("NAME")
        kind = words.get("TYPE", "")
        # lsblk's type is what the uuid begins with, in small letters; "dm" where it begins with none.
        block.dm_uuid = {"": None, "dm": "", "part": "part1-"}.get(kind, f"{lsblk.MAPPED.get(kind, kind)}-")
    block.removable = words.get("RM") or block.removable
    block.logical, block.physical = words.get("LOG-SEC") or block.logical, words.get("PHY-SEC") or block.physical
    if words.get("SIZE", "").isdecimal() and block.size_sectors is None:
        block.size_sectors = int(words["SIZE"]) // 512
    given = {"ID_FS_TYPE": "FSTYPE", "ID_FS_UUID": "UUID", "ID_FS_LABEL": "LABEL"}
    block.fs = {key: words[word] for key, word in given.items() if words.get(word)} | block.fs


def _pairs(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    """What lsblk says beside the tree; of the devices that a device lies on it names one only."""
    for row in parsed(gathered, [(command, lsblk.parse_pairs) for command in LSBLK_PAIRS]):
        block = blocks.by_number.get(row.number) or blocks.by_name.get(row.name)
        if block:
            _words_of_lsblk(block, row)


def _dmsetup_info(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for mapped in dmsetup.parse_info(said(gathered, "dmsetup info -c")):
        block = blocks.get(f"dm-{mapped.number.partition(':')[2]}", mapped.number)
        block.dm_name, block.dm_uuid = mapped.name, mapped.uuid


def _dev_listing(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    """The names in /dev/mapper: links to dm-0, nodes themselves before udev 160."""
    for path, entry in _listed(gathered, DEV_LISTING).entries.items():
        folder, _, name = path.rpartition("/")
        if folder == "/dev/mapper":
            node = (entry.target or "").rpartition("/")[2]
            block = blocks.by_number.get(entry.number or "") or blocks.by_name.get(node)
            if block and block.name.startswith("dm-") and block.dm_name is None:
                block.dm_name = name
        elif entry.number and stat.S_ISBLK(entry.mode) and (block := blocks.by_name.get(path.removeprefix("/dev/"))):
            blocks.get(block.name, entry.number)


def _listed(gathered: Gathered, commands: tuple[str, ...]) -> listing.Listing:
    return listing.parse_ls(said(gathered, *commands).splitlines())


def _dmsetup_table(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    table = dmsetup.parse_table(said(gathered, "dmsetup table"))
    for block in blocks.by_name.values():
        if block.dm_name not in table:
            continue
        targets, numbers = table[block.dm_name]
        below = (blocks.by_number.get(number) for number in numbers)
        # What is not among the devices is named by its number, and so found out.
        named = {other.name if other else number for other, number in zip(below, numbers, strict=True)}
        # Where lsblk shows more, one of the two was cut: what either has seen is below it.
        block.parents = named | (block.parents or set())
        if block.dm_uuid is None:
            kinds = {TARGETS.get(target, "") for target in targets}
            block.dm_uuid = f"{kinds.pop()}-" if len(kinds) == 1 and "" not in kinds else None


def _mdstat(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for name, members in mdstat.parse_mdstat(_proc(tree, gathered, "/proc/mdstat")).items():
        if block := blocks.by_name.get(name):
            block.parents = set(members)


def _blockdev(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for row in partitions.parse_blockdev(said(gathered, "blockdev --report")):
        if block := blocks.of_node(f"/dev/{row.name}"):
            block.size_sectors = row.size_bytes // 512
            block.logical = block.logical or str(row.sector_bytes)


def _fdisk(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for block in blocks.by_name.values():
        with suppress(Unreadable):
            disk = partitions.parse_fdisk(said(gathered, f"fdisk -l /dev/{block.name}"))
            if disk.name == block.name:  # /dev/a/b and /dev/a.b have one name in a sosreport
                block.size_sectors = disk.size_bytes // 512
                block.logical, block.physical = block.logical or disk.logical, block.physical or disk.physical


def _blkid(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for path, words in parsed(gathered, [(command, blkid.parse_blkid) for command in BLKID]).items():
        if block := blocks.of_node(path):
            block.fs = {key: words[word] for key, word in FS_WORDS.items() if word in words} | block.fs


def _loops(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    for name, file in partitions.parse_losetup(said(gathered, "losetup -a")).items():
        if block := blocks.by_name.get(name):
            block.backing_file = file


def _paths(blocks: Blocks, gathered: Gathered, tree: Host) -> None:
    """Where whole devices lie below /sys/devices, which tells what they are attached by."""
    links: dict[str, str | None] = {}
    with suppress(Unreadable):
        entries = _listed(gathered, SYS_BLOCK_LISTING).entries
        links = {path.removeprefix("/sys/block/"): entry.target for path, entry in entries.items()}
    for block in blocks.by_name.values():
        sys_name = block.name.replace("/", "!")
        target = links.get(sys_name) or tree.link(f"/sys/block/{sys_name}") or tree.link(f"/sys/class/block/{sys_name}")
        if target and block.path is None and "/devices/" in target:
            block.path = f"/sys/devices/{target.partition('/devices/')[2]}"


def _proc(tree: Host, gathered: Gathered, path: str) -> str:
    """A file of /proc, which some tools print with cat; raises Unreadable."""
    return tree.text(path) if tree.mode(path) is not None else said(gathered, f"cat {path}")


# -- what is made ----------------------------------------------------------------------------------------------


def _complete(blocks: Blocks) -> None:
    """Give partitions their disks' paths; raises Unreadable for a device of which nobody says what it is."""
    names = frozenset(blocks.by_name)
    for block in blocks.by_name.values():
        if block.number is None:
            raise Unreadable(f"the device number of {block.name} was not gathered (/proc/partitions, lsblk)")
        if block.name.startswith("dm-"):
            if block.dm_uuid is None:
                raise Unreadable(f"what {block.name} is was not gathered (dmsetup info -c, lsblk)")
            block.partition_of = None
        elif block.partition_of is None:
            block.partition_of = partitions.disk_of(block.name, names)


def _path(block: Block, blocks: Blocks) -> str:
    if block.path:
        return block.path
    name = block.name.replace("/", "!")
    disk = blocks.by_name.get(block.partition_of or "")
    if disk and disk is not block:
        return f"{_path(disk, blocks)}/{name}" if disk.partition_of is None else f"/sys/block/{disk.name}/{name}"
    if block.name.startswith(("dm-", "md", "loop", *NO_DISK)):
        return f"/sys/devices/virtual/block/{name}"
    return f"/sys/block/{name}"


def _add(made: MadeFiles, block: Block, blocks: Blocks) -> None:
    """The files of one device, as the kernel would show them."""
    path = _path(block, blocks)
    made.add_link(f"/sys/class/block/{block.name.replace('/', '!')}", path)
    made.listed.setdefault(path, set())
    made.add(f"{path}/dev", block.number)
    made.add(f"{path}/size", None if block.size_sectors is None else str(block.size_sectors))
    made.add(f"{path}/removable", block.removable)
    if block.partition_of:
        made.add(f"{path}/partition", "")
    if block.backing_file:
        made.add(f"{path}/loop/backing_file", block.backing_file)
    if block.name.startswith("dm-"):
        made.list(f"{path}/dm")
        made.add(f"{path}/dm/name", block.dm_name)
        made.add(f"{path}/dm/uuid", block.dm_uuid)
    if block.logical or block.physical:
        made.list(f"{path}/queue")
        made.add(f"{path}/queue/logical_block_size", block.logical)
        made.add(f"{path}/queue/physical_block_size", block.physical)
    if block.parents is None:
        made.refused[f"{path}/slaves"] = Unreadable(f"what {block.name} lies on was not gathered")
    else:
        made.listed[f"{path}/slaves"] = {name.replace("/", "!") for name in block.parents}
    if block.fs:
        words = "".join(f"E:{key}={value}\n" for key, value in block.fs.items() if "\n" not in value)
        made.add(f"/run/udev/data/b{block.number}", words)

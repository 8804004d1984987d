"""Disks on demand, a root that is pivoted into, and the two witnesses of where a directory lies.

The disks are those of QEMU's SCSI controller: the kernel scans for none by itself, so a machine may have a hundred, and
a scenario sees those that it asked for.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .scenario import LINUXREADY, SECOND_PATH, Outcome, settle, sh

DIRECTORIES = ("/", "/boot", "/usr", "/usr/local", "/var", "/etc")

PROBE_BYTES = 3 * 2**20

# -- disks -------------------------------------------------------------------------------------------------


def scsi_disk(number: int, path: int = 0) -> str:
    """The kernel's name of a SCSI disk, as "sdb", once it is there; `path` 1 is the second path of one that has two."""
    host = next(
        host for host in Path("/sys/class/scsi_host").iterdir() if (host / "proc_name").read_text() == "virtio_scsi\n"
    )
    target = number + path * SECOND_PATH
    address = f"{host.name[4:]}:0:{target}:0"
    folder = Path(f"/sys/class/scsi_device/{address}/device/block")
    if not folder.is_dir():
        (host / "scan").write_text(f"0 {target} 0")
        until(lambda: folder.is_dir() and os.path.exists(f"/dev/{name_in(folder)}"), f"SCSI disk {address}")
    return name_in(folder)


def name_in(folder: Path) -> str:
    return next(iter(os.listdir(folder)), "")


def empty_disks(number: int, first: int = 0) -> list[str]:
    """Kernel names of empty SCSI disks, the same ones each time."""
    disks = [scsi_disk(first + each) for each in range(number)]
    settle()
    return disks


def clear(disks: list[str], *two_paths: int) -> None:
    """Take down all that lies on disks and empty these (or all): the next scenario sees none of it.

    Disks of two paths are taken off the machine: without a map they would be two.
    """
    for _ in range(4):
        names = os.listdir("/sys/class/block")
        maps = [name for name in names if name.startswith("dm-")]
        arrays = [name for name in names if name.startswith("md") and "p" not in name]
        if not maps and not arrays:
            break
        if maps:
            sh("dmsetup remove_all --force --retry", check=False)
        for array in arrays:
            sh("mdadm -q --stop /dev/$1", array, check=False)
    if any(os.path.exists(f"/sys/class/block/{name}/loop/backing_file") for name in os.listdir("/sys/class/block")):
        sh("losetup -D", check=False)
    disks = disks or [name for name in os.listdir("/sys/block") if name.startswith(("sd", "vd", "nvme"))]
    sh("for disk; do blkdiscard -f /dev/$disk; blockdev --rereadpt /dev/$disk; done", *disks, check=False)
    for number in two_paths:
        for target in (number, number + SECOND_PATH):
            for device in Path("/sys/class/scsi_device").glob(f"*:0:{target}:0/device/delete"):
                device.write_text("1")
    settle()


def until(there: Callable[[], bool], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


EXT4 = "mkfs.ext4 -q -F -O ^has_journal -N 256 -E lazy_itable_init=0"
"""Without a journal nothing is written but what a scenario writes."""


# -- a root of its own ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """Where a machine's directories lie, as shell lines; $R is the root that is to be.

    `mounts` run before the root is pivoted into, `inside` after. `disks` are those whose counters are watched.
    """

    disks: list[str]
    mounts: list[str]
    inside: list[str] = field(default_factory=list)
    writes_less: dict[str, str] = field(default_factory=dict)
    """Directory to why not every disk that it lies on is written."""
    writes_more: dict[str, str] = field(default_factory=dict)
    """Directory to why disks are written that it does not lie on."""
    lsblk_less: dict[str, str] = field(default_factory=dict)
    """Directory to why lsblk names fewer disks."""
    unknown: dict[str, str] = field(default_factory=dict)
    """Directory to why linuxready says unknown; nothing else is expected of it."""
    root: str = "/layout"


def in_child(function: Callable[[], Outcome]) -> Outcome:
    """Call a function in a process with a mount namespace of its own: what it mounts is gone with it."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.close(read)
            private_mounts()
            outcome = function()
        except BaseException as error:  # noqa: BLE001 -- the parent tells it
            traceback.print_exc(file=sys.stdout)
            outcome = Outcome("", "", False, f"{type(error).__name__}: {error}")
        with os.fdopen(write, "w", encoding="utf-8") as file:
            json.dump([outcome.answer, outcome.oracle, outcome.agree, outcome.note], file)
        sys.stdout.flush()
        os._exit(0)
    os.close(write)
    try:
        with os.fdopen(read, encoding="utf-8") as file:
            answer, oracle, agree, note = json.load(file)
    finally:
        os.waitpid(child, 0)
    return Outcome(answer, oracle, agree, note)


_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x1000, 0x4000, 0x40000, 2
SYS_PIVOT_ROOT = 155


def called(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mounted(source: str, point: str, flags: int) -> None:
    words = (source.encode(), os.fsencode(point), None, ctypes.c_ulong(flags), None)
    called(_libc.mount(*words), f"mount {source} on {point}")


def mounted_type(kind: str, point: str) -> None:
    called(_libc.mount(kind.encode(), point.encode(), kind.encode(), ctypes.c_ulong(0), None), f"{kind} on {point}")


def private_mounts() -> None:
    called(_libc.unshare(CLONE_NEWNS), "unshare")
    mounted("none", "/", MS_REC | MS_PRIVATE)


def pivot(root: str) -> None:
    """Make `root` this process's root, with this machine's programs in it, bound deeper than any system directory."""
    for link in ("bin", "sbin", "lib", "lib64"):
        if not os.path.lexists(f"{root}/{link}"):
            os.symlink(f"usr/{link}", f"{root}/{link}")
    for folder in dict.fromkeys(needed()):
        os.makedirs(f"{root}{folder}", exist_ok=True)
        mounted(folder, f"{root}{folder}", MS_BIND | MS_REC)
    os.makedirs(f"{root}/old", exist_ok=True)
    os.chdir(root)
    called(_libc.syscall(SYS_PIVOT_ROOT, b".", b"old"), "pivot_root")
    os.chdir("/")
    called(_libc.umount2(b"/old", MNT_DETACH), "umount /old")
    os.rmdir("/old")


def needed() -> Iterable[str]:
    """Folders of programs, libraries and this Python; none of them holds a directory that is looked for."""
    yield from ("/proc", "/sys", "/dev", "/run", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/share")
    for path in (sys.prefix, sys.base_prefix, str(Path(__file__).parents[3])):
        if path in ("/usr", "/usr/local"):
            yield from (f"{path}/bin", f"{path}/lib")
        else:
            yield path


# -- the answer and the witnesses ------------------------------------------------------------------------------


def judged(layout: Layout) -> Outcome:
    """Linuxready's os-disk on a layout, held against the write counters and lsblk."""
    return in_child(lambda: _judged(layout))


def _judged(layout: Layout) -> Outcome:
    os.makedirs(layout.root, exist_ok=True)
    settle()
    os.environ["R"] = layout.root
    for line in layout.mounts:
        sh(line)
    for directory in ("boot", "etc", "usr/local", "var"):
        os.makedirs(f"{layout.root}/{directory}", exist_ok=True)
    pivot(layout.root)
    for line in layout.inside:
        sh(line)
    settle()
    maps = multipath_maps()
    status, found = os_disk()
    written = {place: whose(seen, maps) for place, seen in each(lambda at: written_disks(at, layout.disks)).items()}
    answer = places(status, found, written["/"])
    listed = {place: whose(seen, maps) for place, seen in each(lsblk_disks).items()}
    wrong = []
    hide_udev()
    if (hidden := os_disk()) != (status, found):
        wrong.append(f"without /run/udev: {hidden}")
    for directory in DIRECTORIES:
        if directory in layout.unknown:
            if status == "unknown" and not re.search(rf"(^|[ ;,]){directory}[,:]", found):
                wrong.append(f"{directory} should be unknown")
            continue
        said = answer.get(directory, frozenset())
        for witness, told, less, more in (
            ("writes", written[directory], layout.writes_less, layout.writes_more),
            ("lsblk", listed[directory], layout.lsblk_less, {}),
        ):
            if not (
                told == said or (directory in less and told and told < said) or (directory in more and told > said)
            ):
                wrong.append(f"{directory}: {witness} {spoken(told)}, linuxready {spoken(said)}")
    notes = [*wrong]
    for reasons in (layout.writes_less, layout.writes_more, layout.lsblk_less, layout.unknown):
        notes += dict.fromkeys(reasons.values())
    oracle = f"writes {summed(written)}"
    if listed != written:
        oracle += f"; lsblk {summed(listed)}"
    return Outcome(f"{status}: {found}", oracle, not wrong, "; ".join(notes))


def each(seen: Callable[[str], set[str]]) -> dict[str, set[str]]:
    """What is seen in each directory; those of one file system, as stat numbers it, are looked at once."""
    found: dict[int, set[str]] = {}
    for directory in DIRECTORIES:
        number = os.stat(directory).st_dev
        if number not in found:
            found[number] = seen(directory)
    return {directory: found[os.stat(directory).st_dev] for directory in DIRECTORIES}


def hide_udev() -> None:
    """As on a machine that does not run udevd, or runs mdev."""
    if os.path.isdir("/run/udev"):
        mounted_type("tmpfs", "/run/udev")


def os_disk() -> tuple[str, str]:
    """The status and words of `linuxready check --only os-disk`."""
    printed = sh(
        f"{LINUXREADY} check --only os-disk --format json; s=$?; [ $s -ne 2 ] && [ $s -ne 4 ]; exit 0", check=False
    )
    finding = json.loads(printed)["findings"][0]
    return finding["status"], finding["found"]


GROUP = re.compile(r"(?P<on>/[^:]*): on (?:\d+ disks, )?(?P<disks>.+?)(?:, the OS disk is (?P<os>.+))?")


def places(status: str, found: str, root: frozenset[str]) -> dict[str, frozenset[str]]:
    """The disks of each directory in linuxready's words; one that a failure does not name is on the OS disk.

    Where it does not name that either, it says no more than that it is one disk, and is taken to mean that of `root`.
    """
    said: dict[str, frozenset[str]] = {}
    rest: frozenset[str] = frozenset()
    for group in found.split("; "):
        if match := GROUP.fullmatch(group):
            disks = names(match["disks"])
            said.update(dict.fromkeys(match["on"].split(", "), disks))
            rest = names(match["os"]) if match["os"] else rest
    if status != "pass":
        rest = rest or said.get("/") or (root if len(root) == 1 else frozenset())
        said = {directory: said.get(directory, rest) for directory in DIRECTORIES}
    return said


def names(spoken: str) -> frozenset[str]:
    """Of "sda and mpatha (dm-3)": sda, dm-3."""
    return frozenset(re.sub(r".*\((.*)\)", r"\1", word) for word in spoken.split(" and "))


def spoken(disks: frozenset[str]) -> str:
    return "+".join(sorted(disks)) or "none"


def summed(seen: dict[str, frozenset[str]]) -> str:
    """Directories with the same disks together, those of / first."""
    groups: dict[str, list[str]] = {}
    for directory, disks in seen.items():
        groups.setdefault(spoken(disks), []).append(directory)
    return ", ".join(f"{disks}: {' '.join(where)}" for disks, where in groups.items())


def multipath_maps() -> dict[str, str]:
    """A path of a multipath map to the map's kernel name."""
    found: dict[str, str] = {}
    for folder in Path("/sys/class/block").glob("dm-*"):
        with suppress(OSError):
            if (folder / "dm" / "uuid").read_text().startswith("mpath-"):
                found.update((slave, folder.name) for slave in os.listdir(folder / "slaves"))
    return found


def whose(disks: Iterable[str], maps: dict[str, str]) -> frozenset[str]:
    return frozenset(maps.get(disk, disk) for disk in disks)


def writes(disks: Iterable[str]) -> dict[str, int]:
    """Sectors written to each disk, of /proc/diskstats; the number of writes counts empty flushes too."""
    rows = (line.split() for line in Path("/proc/diskstats").read_text().splitlines())
    return {row[2]: int(row[9]) for row in rows if row[2] in disks}


def written_disks(directory: str, disks: list[str]) -> set[str]:
    """The disks whose write counters rise when 3 MiB are written to a directory and synced."""
    before = quiet(disks)
    path = f"{directory}/probe-of-linuxready"
    with open(path, "wb") as file:
        file.write(os.urandom(PROBE_BYTES))
        file.flush()
        os.fsync(file.fileno())
        called(_libc.syncfs(file.fileno()), f"syncfs {directory}")
    after = writes(disks)
    return {disk for disk in disks if after[disk] > before[disk]}


def quiet(disks: list[str]) -> dict[str, int]:
    """The counters once nobody writes any more. What is synced of a file system in a file has to be synced again."""
    for _ in range(3):
        os.sync()
    states = list(Path("/sys/block").glob("md*/md/array_state"))
    # An array writes to all its disks that it is clean, a while after the last write.
    until(lambda: not any(state.read_text() in ("active\n", "write-pending\n") for state in states), "arrays at rest")
    before = writes(disks)
    for _ in range(40):
        time.sleep(0.1)
        after = writes(disks)
        if after == before:
            return after
        before = after
    raise TimeoutError(f"{disks} never rest")


def lsblk_disks(directory: str) -> set[str]:
    """What lsblk has below the device that stat names; below a loop device, what its file lies on."""
    number = os.stat(directory).st_dev
    device = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").rpartition("/")[2]
    if ":" in device:
        source = sh('findmnt -nvo SOURCE --target "$1"', directory, check=False).split("\n")[-1]
        if not source.startswith("/dev/"):
            return set()
        device = os.path.realpath(source).rpartition("/")[2]
    found: set[str] = set()
    for row in sh("lsblk --inverse --list --noheadings --output=KNAME,TYPE /dev/$1", device).splitlines():
        name, kind = row.split()
        if kind == "loop":
            file = Path(f"/sys/class/block/{name}/loop/backing_file").read_text().removesuffix("\n")
            found |= lsblk_disks(os.path.dirname(file))
        elif kind in ("disk", "mpath"):
            found.add(name)
    return found

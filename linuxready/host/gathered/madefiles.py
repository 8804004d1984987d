"""Files that no support tool copies, made of what it gathered instead, so that readers find them in their places.

/sys/class/block, /sys/devices/…/block, /run/udev/data     blocks.py, of udev's database, lsblk, dmsetup, …
/sys/class/net                                             nets.py
/sys/class/dmi/id                                          dmidecode
/proc/modules                                              lsmod
/boot                                                      the names and modes of `ls -lanR /boot`
/usr/local                                                 whether it is a link, of a list of links
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from linuxready.facts import Mount
from linuxready.host import Host, Unreadable
from linuxready.mounttable import parse_mountinfo, parse_mounts

if TYPE_CHECKING:
    from linuxready.host.gathered import Gathered


class MadeFiles:
    """Files, links and directories by their resolved paths.

    `modes`: of what is there, though its content was not gathered. `listed`: directories, and all the names in them.
    `real_folders`: what is known to be no link. `told_elsewhere`: paths that nobody needs, for others say the same.
    `refused`: what could not be made, and why.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.links: dict[str, str] = {}
        self.modes: dict[str, int] = {}
        self.listed: dict[str, set[str]] = {}
        self.real_folders = {"", "/"}
        self.told_elsewhere: set[str] = set()
        self.refused: dict[str, Unreadable] = {}

    def knows(self, path: str) -> bool:
        """Whether there is something at a path."""
        return self.mode(path) is not None

    def mode(self, path: str) -> int | None:
        """st_mode of what is at a path; None where nothing is."""
        if path in self.links:
            return stat.S_IFLNK | 0o777
        if path in self.files:
            return stat.S_IFREG | 0o644
        if path in self.modes:
            return self.modes[path]
        parent, _, name = path.rpartition("/")
        is_folder = path in self.listed or path in self.real_folders or name in self.listed.get(parent, ())
        return stat.S_IFDIR | 0o755 if is_folder else None

    def add(self, path: str, content: str | None) -> None:
        """A file in a directory whose names are all known; None is none."""
        if content is not None:
            self.files[path] = f"{content}\n".encode("utf-8", "surrogateescape")
            self.list(path)

    def add_link(self, path: str, target: str) -> None:
        """A link in a directory whose names are all known."""
        self.links[path] = target
        self.list(path)

    def list(self, path: str) -> None:
        """Name a path in its directory, all of whose names are known."""
        parent, _, name = path.rpartition("/")
        self.listed.setdefault(parent, set()).add(name)


def make(gathered: Gathered, tree: Host) -> MadeFiles:
    """All that can be made; `tree` are the files that were gathered."""
    made = MadeFiles()
    if tree.mode(MOUNT_TABLES[0]) is None:
        gathered_ones = [path for path in MOUNT_TABLES if tree.mode(path) is not None]
        made.told_elsewhere = {tree.real_path(path) for path in MOUNT_TABLES if gathered_ones} - set(gathered_ones)
    for path in _mount_points(tree):
        while path and path not in made.real_folders:
            made.real_folders.add(path)
            path = path.rpartition("/")[0]
    for places, make_files in _makers():
        try:
            make_files(made, gathered, tree)
        except Unreadable as error:
            made.refused.update(dict.fromkeys(places, Unreadable(str(error))))  # never Absent: nothing was seen
    return made


def _makers() -> tuple[tuple[tuple[str, ...], Callable[[MadeFiles, Gathered, Host], None]], ...]:
    """What is made, and the places that are refused where it cannot be."""
    from linuxready.host.gathered import blocks, nets, states

    return (
        (("/sys/class/block", "/sys/dev/block", "/sys/block", "/run/udev/data"), blocks.make),
        (("/sys/class/net",), nets.make),
        ((states.DMI,), states.dmi_of),
        ((states.MODULES,), states.modules_of),
        ((), states.boot_of),
        (("/sys/firmware",), states.firmware_of),
        ((), states.links_of),
        ((), states.drivers_of),
        ((states.BTRFS,), states.btrfs_of),
        ((), states.processes_of),
        ((), states.jobs_of),
        (states.INIT, states.init_of),
        ((states.UTMP,), states.runlevel_of),
        ((), states.sysctl_of),
    )


MOUNT_TABLES = ("/proc/self/mountinfo", "/proc/self/mounts", "/proc/mounts")
"""The first tells most; old support tools copy the last."""


def mount_table(tree: Host) -> tuple[Mount, ...]:
    """The mounts as the best table of them tells; raises Unreadable."""
    for path in MOUNT_TABLES:
        with suppress(Unreadable):
            return (parse_mountinfo if path == MOUNT_TABLES[0] else parse_mounts)(tree.text(path))[0]
    raise Unreadable("no mount table was gathered")


def _mount_points(tree: Host) -> list[str]:
    """Where something is mounted: the kernel shows these paths with their links followed, so none of it is a link."""
    with suppress(Unreadable):
        return [mount.mount_point.rstrip("/") for mount in mount_table(tree)]
    return []

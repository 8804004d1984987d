"""This machine: its files, the listed commands, and what psutil and pyudev tell."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from linuxready.facts import OddNames
from linuxready.host import MAX_FILE_BYTES, CommandResult, Host, ToldAddresses, UdevRecord, Unreadable, unreadable
from linuxready.later import later
from linuxready.text import unescape_octal

SAFE_PATH = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")

COMMANDS = {
    "xfs_info": ("MOUNTPOINT", "the features of a mounted XFS file system"),
    "sshd": ("-T", "the ports and addresses that the SSH server listens on"),
    "systemctl": ("is-enabled UNIT…", "as evidence where the SSH server does not start at boot"),
    "nft": (
        "-j list ruleset",
        "the firewall's rules in force, where the kernel has nf_tables loaded; without -j where a table has flags that "
        "nft 1.0.6 does not tell in JSON",
    ),
    **{
        f"{program}{backend}-save": ("", what_for.format(family))
        for program, family in (("iptables", "IPv4"), ("ip6tables", "IPv6"))
        for backend, what_for in (
            ("", "the {} rules in force of iptables, where the kernel has tables of it"),
            ("-legacy", "the same of the old backend, where the short name speaks for the new one"),
            ("-nft", "the same of the new backend, where the short name speaks for the old one"),
        )
    },
}
"""Every program that is ever run: its arguments, and what for. None of them changes anything."""

SECONDS = 5.0
"""What a program or a disk is given to answer."""

PATIENCE_SECONDS = 8.0
"""What all that do not answer are given together; after that nothing more is asked that could hang."""

UDEV_DATABASES = ("/run/udev/data", "/dev/.udev")
"""Where udev keeps what it knows: today, and before udev 171."""

SICK_TYPES = frozenset(
    "9p afs autofs ceph cifs coda davfs glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 smb3 smbfs".split()
)
"""Mounts whose server may be gone (FUSE besides): a stat on one can hang for ever, so none is ever touched."""


class LiveHost(Host):
    """The machine we run on. The seconds that it is given are SECONDS and PATIENCE_SECONDS where none are told."""

    source = "live"
    alive = True

    def __init__(self, command_seconds: float | None = None, patience_seconds: float | None = None) -> None:
        super().__init__()
        self._sick = _sick_mount_points()
        self._hung: set[str] = set()
        self._command_seconds = command_seconds or SECONDS
        self._patience_seconds = self._patience = patience_seconds or PATIENCE_SECONDS
        self._udev_devices: dict[str, Any] | None = None

    def _link(self, path: str) -> str | None:
        if path in self._sick:
            raise Unreadable(self._sick[path])
        return None if path == "/proc/self" else super()._link(path)

    def run(self, *argv: str) -> CommandResult:
        name = argv[0]
        if name not in COMMANDS:
            raise ValueError(f"{name} is not a listed command")
        paths = (f"{folder}/{name}" for folder in SAFE_PATH)
        program = next((path for path in paths if os.access(path, os.X_OK)), None)
        if program is None:
            raise Unreadable(f"{name} is not installed")
        from linuxready.host import command

        with self._waiting_for(name, name, "run", " ".join(argv)) as seconds:
            return command.run(program, argv, SAFE_PATH, seconds)

    @contextmanager
    def _waiting_for(self, key: str, name: str, done: str, asked: str) -> Iterator[float]:
        """The seconds that something may take; one that takes longer is not asked again, nor too many of them."""
        if key in self._hung:
            raise Unreadable(f"{name} was not {done} again: it hung before")
        seconds = min(self._command_seconds, self._patience_seconds)
        if seconds <= 0:
            raise Unreadable(f"{name} was not {done}: {self._patience:g} s were lost on others that gave no answer")
        try:
            yield seconds
        except TimeoutError as error:
            self._hung.add(key)
            self._patience_seconds -= seconds
            raise Unreadable(f"{asked} gave no answer within {seconds:g} s") from error
        except (OSError, ValueError) as error:
            raise unreadable(name, error) from error

    def told(self, key: str) -> Any:
        match key:
            case "uid":
                return os.geteuid()
            case "host_name":
                return os.uname().nodename
            case "machine":
                return os.uname().machine
            case "kernel_release":
                return os.uname().release
            case "interfaces":
                return _interfaces()
            case "processes":
                return _processes()
        raise ValueError(f"nobody tells {key}")

    def available_bytes(self, path: str) -> int:
        real = self.real_path(path)
        try:
            space = os.statvfs(real)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
        return space.f_bavail * space.f_frsize

    def odd_names(self, avoid: Mapping[str, str]) -> OddNames:
        return super().odd_names({**self._sick, **avoid})

    def read_block(self, node: str, length: int) -> bytes:
        from linuxready.host import expendable

        with self._waiting_for(os.path.realpath(node), node, "read", f"a read of {node}") as seconds:
            return expendable.in_child(lambda: _first_bytes(node, length), seconds)

    # -- udev, through pyudev; without libudev from /sys and /run/udev as for a captured machine -------------

    def block_device_paths(self) -> list[str]:
        devices = self._pyudev()
        return list(devices) if devices else super().block_device_paths()

    def udev(self, sys_path: str, number: str) -> UdevRecord:
        device = self._pyudev().get(sys_path)
        if device is None:
            return super().udev(sys_path, number)
        return UdevRecord(*(device.properties.get(key) for key in ("ID_FS_TYPE", "ID_FS_UUID", "ID_FS_LABEL")))

    def _pyudev(self) -> dict[str, Any]:
        if self._udev_devices is None:
            self._udev_devices = {}
            # Without a database libudev could only repeat what /sys says.
            if not any(map(os.path.isdir, UDEV_DATABASES)):
                return self._udev_devices
            with suppress(ImportError, OSError, ValueError):
                self._udev_devices = {device.sys_path: device for device in _udev_block_devices()}
        return self._udev_devices


def _sick_mount_points() -> dict[str, str]:
    """The mount points that are never touched, and the words that say so."""
    sick = {}
    asleep: dict[str, str | None] = {}
    with suppress(OSError), open("/proc/self/mountinfo", "rb") as file:
        for line in file.read(MAX_FILE_BYTES).decode("utf-8", "surrogateescape").split("\n"):
            fields, _, rest = line.partition(" - ")
            fs_type = rest.partition(" ")[0]
            if fs_type in SICK_TYPES or fs_type.startswith("fuse"):
                point = unescape_octal(fields.split(" ")[4])
                sick[point] = f"{point} is a {fs_type} mount, which is never touched"
            elif rest:
                number = fields.split(" ", 3)[2]
                if number not in asleep:
                    asleep[number] = None if number.startswith("0:") else _suspended_below(number)
                if name := asleep[number]:
                    point = unescape_octal(fields.split(" ")[4])
                    sick[point] = f"{point} lies on {name}, which is suspended: not touched"
    return sick


def _suspended_below(number: str) -> str | None:
    """The name of the suspended device-mapper device that a block device ("253:1") is, or lies on."""
    names = [os.path.realpath(f"/sys/dev/block/{number}").rpartition("/")[2]]
    for name in names:
        with suppress(OSError), open(f"/sys/class/block/{name}/dm/suspended", "rb") as file:
            if file.read().strip() == b"1":
                return name
        with suppress(OSError):
            names += [below for below in os.listdir(f"/sys/class/block/{name}/slaves") if below not in names]
    return None


def _first_bytes(node: str, length: int) -> bytes:
    descriptor = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISBLK(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENOTBLK, os.strerror(errno.ENOTBLK))
    return os.pread(descriptor, length, 0)


def _interfaces() -> tuple[ToldAddresses, ...]:
    import socket

    with later("glob", "locale"):  # for hardware that we do not ask about, and subprocess' text
        import psutil

    wanted = (socket.AF_INET, socket.AF_INET6)
    return tuple(
        ToldAddresses(name, tuple(a.address.partition("%")[0] for a in addresses if a.family in wanted))
        for name, addresses in sorted(psutil.net_if_addrs().items())
    )


def _processes() -> tuple[str, ...]:
    """The names of root's processes, zombies left out; a desktop's vmtoolsd is its user's, not the service."""
    names = set()
    for number in ("1", *filter(str.isdecimal, os.listdir("/proc"))):
        try:
            if os.stat(f"/proc/{number}").st_uid == 0:
                with open(f"/proc/{number}/stat", "rb") as file:
                    before, _, after = file.read().decode("utf-8", "surrogateescape").rpartition(") ")
                if after[:1] != "Z":
                    names.add(before.partition("(")[2])
        except OSError as error:
            if number == "1":  # hidepid hides it, and others with it
                raise Unreadable("the processes of other users are hidden (run as root)") from error
    return tuple(sorted(names))


def _udev_block_devices() -> Any:
    """pyudev's block devices. Its own search for libudev runs ldconfig and even gcc: we name the library."""
    import ctypes

    import pyudev._ctypeslib.utils

    for name in ("libudev.so.1", "libudev.so.0"):
        with suppress(OSError):
            ctypes.CDLL(name)
            pyudev._ctypeslib.utils.find_library = lambda _, found=name: found
            return pyudev.Context().list_devices(subsystem="block")
    return ()

"""Under strace: what a check runs, opens and sends.

Shown: it runs the listed commands only, and none that has nothing to tell (no xfs_info where no XFS is mounted, never
ldconfig, a compiler or uname); it opens no file for writing but what --output and --record name; no packet leaves.

Its sockets: psutil asks for the addresses through one netlink socket, and opens a local datagram socket that it never
connects. No socket of the internet is opened at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from .stage import LINUXREADY, SAFE_PATH, LoopDevices, bind, live, mount, run, without_udev

pytestmark = live("mkfs.xfs", "xfs_info", "losetup", "strace", files=("/etc/fstab",))

LISTED = (
    "nft -j list ruleset",
    "nft list ruleset",
    "iptables-save",
    "ip6tables-save",
    "sshd -T",
    "systemctl is-enabled ssh",
)
"""What may be run where no XFS is mounted, where there is something to ask: the design's list."""

READING = frozenset(
    "access chdir execve faccessat faccessat2 getcwd getxattr lgetxattr lstat newfstatat readlink readlinkat stat "
    "statfs statx".split()
)
"""Of the system calls that name a file those that leave it as it is; `open` does so by its flags."""

WRITING_FLAG = re.compile(r", [A-Z_|]*\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")


class Call(NamedTuple):
    """One line of strace: the system call, and all that stands behind its bracket."""

    name: str
    rest: str


def traced(
    tmp_path: Path, calls: str, *argv: str, setup: Iterable[str] = (), before: tuple[str, ...] = ()
) -> list[Call]:
    """The system calls of a command and its children of one kind: strace's "%file" or "%network"."""
    trace = tmp_path / "trace"
    words = ("-f", "-qq", "-s", "1000", "-e", f"trace={calls}", "-e", "signal=none", "-o", str(trace))
    result = run(*before, "strace", *words, "-E", f"PATH={':'.join(SAFE_PATH)}", *argv, setup=setup)
    assert result.returncode in (0, 1, 3), result.stderr
    lines = trace.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    return [Call(match[1], match[2]) for line in lines if (match := re.match(r"\d+ +(\w+)\((.*)", line))]


def programs(calls: list[Call]) -> list[str]:
    """The command lines that were run, in order: "/usr/sbin/xfs_info /data"."""
    found = []
    for call in calls:
        match = re.match(r'"([^"]*)", \[(.*?)\]', call.rest)
        if call.name == "execve" and match:
            found.append(" ".join((match[1], *re.findall(r'"([^"]*)"', match[2])[1:])))
    return found


def not_listed(lines: list[str]) -> list[str]:
    return [line for line in lines if not re.sub(r"^\S*/", "", line, count=1).startswith(LISTED)]


def writes(calls: list[Call]) -> list[Call]:
    """The calls that change a file, or open one to do so; what goes to /dev/null changes none."""
    return [call for call in calls if is_writing(call) and '"/dev/null"' not in call.rest]


def is_writing(call: Call) -> bool:
    if call.name.startswith("open"):
        return WRITING_FLAG.search(call.rest) is not None
    return call.name not in READING


def changed_paths(call: Call) -> list[str]:
    """The paths that a writing call is about; what a symbolic link says is none."""
    paths = re.findall(r'"([^"]*)"', call.rest)
    return paths[1:] if call.name.startswith("symlink") else paths


@pytest.fixture(autouse=True)
def _compiled() -> None:
    """A run before, so that Python has compiled what it compiles once."""
    run(LINUXREADY, "check", "--output", "/dev/null")
    run(LINUXREADY, "collect")


@pytest.fixture
def no_xfs(tmp_path: Path) -> list[str]:
    """Set-up lines behind which no XFS file system is known."""
    if " - xfs " in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape"):
        pytest.skip("this machine has an XFS file system mounted")
    fstab = tmp_path / "fstab"
    fstab.write_text("", encoding="utf-8")
    return [*without_udev(), bind(fstab, "/etc/fstab")]


@pytest.fixture
def xfs(loops: LoopDevices, point: Path) -> list[str]:
    """Set-up lines behind which one XFS file system is mounted."""
    return [mount(loops.attach("img", "mkfs.xfs", "-q"), point)]


@pytest.fixture
def udev_database(tmp_path: Path) -> list[str]:
    """Set-up lines behind which udev seems to have run, so that pyudev is asked."""
    if Path("/run/udev/data").is_dir():
        return ["true"]
    run_folder = tmp_path / "run"
    (run_folder / "udev" / "data").mkdir(parents=True)
    return [bind(run_folder, "/run")]


def test_nothing_is_run_where_no_xfs_is_mounted(tmp_path: Path, no_xfs: list[str]) -> None:
    command, *others = programs(traced(tmp_path, "%file", LINUXREADY, "check", setup=no_xfs))
    assert command == f"{LINUXREADY} check"
    assert not_listed(others) == []


def test_nothing_is_run_to_find_libudev(tmp_path: Path, udev_database: list[str]) -> None:
    """pyudev's own search runs ldconfig and a compiler."""
    calls = traced(tmp_path, "%file", LINUXREADY, "check", setup=udev_database)
    assert any(call.name == "openat" and "libudev.so" in call.rest for call in calls)
    assert not_listed(programs(calls)[1:]) == []


def test_only_xfs_info_is_run_for_a_mounted_xfs(tmp_path: Path, xfs: list[str], point: Path) -> None:
    """And what that script runs itself, as it does without linuxready."""
    _, *by_check = programs(traced(tmp_path, "%file", LINUXREADY, "check", setup=xfs))
    alone = programs(traced(tmp_path, "%file", "/usr/sbin/xfs_info", str(point), setup=xfs))
    assert sorted(not_listed(by_check)) == sorted(alone)
    assert by_check.count(f"/usr/sbin/xfs_info {point}") == 1


@pytest.mark.parametrize(
    "words", [["check"], ["check", "--format", "json"], ["collect"], ["explain", "--commands"], ["profiles"]]
)
def test_no_file_is_written(tmp_path: Path, xfs: list[str], udev_database: list[str], words: list[str]) -> None:
    calls = traced(tmp_path, "%file", LINUXREADY, *words, setup=[*xfs, *udev_database])
    assert any("/linuxready/" in call.rest for call in calls), "nothing was traced"
    assert writes(calls) == []


@pytest.mark.parametrize("words", [["check", "--output"], ["collect", "--record"]])
def test_only_what_is_named_is_written(tmp_path: Path, xfs: list[str], words: list[str]) -> None:
    place = tmp_path / "place"
    place.mkdir()
    calls = writes(traced(tmp_path, "%file", LINUXREADY, *words, f"{place}/new", setup=xfs))
    assert sum(call.name.startswith("rename") for call in calls) == 1
    paths = [path for call in calls for path in changed_paths(call)]
    assert [path for path in paths if not path.startswith(f"{place}/")] == []


@pytest.fixture
def ssh_server(tmp_path: Path) -> list[str]:
    """Set-up lines behind which there is an SSH server to be asked."""
    sbin, etc = tmp_path / "sbin", tmp_path / "etc"
    sbin.mkdir()
    (sbin / "sshd").write_text("#!/bin/sh\necho port 22\n", encoding="utf-8")
    (sbin / "sshd").chmod(0o755)
    (etc / "ssh").mkdir(parents=True)
    (etc / "ssh" / "sshd_config").write_text("Port 22\n", encoding="utf-8")
    over = ((sbin, "/usr/sbin"), (etc, "/etc"))
    return [mount("overlay", point, "-t", "overlay", "-o", f"lowerdir={upper}:{point}") for upper, point in over]


OLD_RULES = 'iptables-legacy -A INPUT -j ACCEPT && ip6tables-legacy -A INPUT -j ACCEPT && exec "$@"'
WITH_OLD_RULES = ("unshare", "--net", "sh", "-uc", OLD_RULES, "sh")
"""A network of its own, in which the old backend has tables."""

QUESTIONS = re.compile(
    r"TCGETS|FIOCLEX|SIOCG|XFS_IOC_FSGEOMETRY|LOOP_GET_STATUS|BLKGETSIZE|BLKSSZGET|TIOCGWINSZ|_IOC_READ,"
)
"""What ioctls may ask; strace names those that write by their own names, or _IOC_WRITE."""


@pytest.mark.parametrize("word", ["check", "collect"])
def test_what_is_run_changes_nothing_either(tmp_path: Path, xfs: list[str], ssh_server: list[str], word: str) -> None:
    kinds = "%file,%network,ioctl"
    calls = traced(tmp_path, kinds, LINUXREADY, word, setup=[*xfs, *ssh_server], before=WITH_OLD_RULES)
    run_by_us = {line.rpartition("/")[2].replace("-legacy", "") for line in programs(calls)[1:]}
    assert run_by_us >= {"sshd -T", "nft -j list ruleset", "iptables-save", "ip6tables-save"}
    network = "socket connect bind sendto sendmsg getsockname getsockopt setsockopt recvfrom recvmsg socketpair".split()
    assert writes([call for call in calls if call.name not in (*network, "ioctl")]) == []
    assert [call for call in calls if call.name == "ioctl" and not QUESTIONS.search(call.rest)] == []
    # The old iptables-save asks the kernel by getsockopt of a raw socket, through which nothing is sent.
    sockets = [call.rest for call in calls if call.name == "socket" and "IPPROTO_RAW" not in call.rest]
    assert {rest.split(",")[0] for rest in sockets} <= {"AF_NETLINK", "AF_UNIX"}
    assert [call for call in calls if call.name in ("connect", "listen") and "AF_UNIX" not in call.rest] == []
    assert [call for call in calls if call.name.startswith("send") and "AF_NETLINK" not in call.rest] == []
    assert [
        call for call in calls if call.name == "setsockopt" and not call.rest.partition(",")[2].startswith(" SOL_")
    ] == []


def test_no_packet_leaves(tmp_path: Path, xfs: list[str], udev_database: list[str]) -> None:
    calls = traced(tmp_path, "%network", LINUXREADY, "check", setup=[*xfs, *udev_database])
    families = {call.rest.split(",")[0] for call in calls if call.name == "socket"}
    assert "AF_NETLINK" in families
    assert families <= {"AF_NETLINK", "AF_UNIX"}
    assert [call for call in calls if call.name in ("connect", "listen")] == []
    assert [call for call in calls if call.name.startswith("send") and "AF_NETLINK" not in call.rest] == []

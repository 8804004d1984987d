"""This machine's own answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from linuxready.host import Unreadable
from linuxready.host.live import LiveHost, _sick_mount_points

STAT = "{} ({}) {} 1 1 1 0 -1 4194560\n"


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> dict[int, tuple[str, str, int]]:
    """A /proc of these processes: by number, name, state, and user."""
    table: dict[int, tuple[str, str, int]] = {1: ("systemd", "S", 0)}
    real_open, real_stat = open, os.stat

    class Stat:
        def __init__(self, uid: int) -> None:
            self.st_uid = uid

    def stat(path: Any, *rest: Any, **more: Any) -> Any:
        number = str(path).removeprefix("/proc/")
        if not number.isdecimal():
            return real_stat(path, *rest, **more)
        if int(number) not in table:
            raise FileNotFoundError(2, "gone")
        return Stat(table[int(number)][2])

    def opened(path: Any, *rest: Any, **more: Any) -> Any:
        number = str(path).removeprefix("/proc/").removesuffix("/stat")
        if number.isdecimal():
            name, state, _ = table[int(number)]
            path = tmp_path / number
            path.write_text(STAT.format(number, name, state))
        return real_open(path, *rest, **more)

    monkeypatch.setattr(os, "listdir", lambda path: ["self", "uptime", "99999", *map(str, table)])
    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr("builtins.open", opened)
    return table


def test_the_processes_of_root_by_name(processes: dict[int, tuple[str, str, int]]) -> None:
    processes[7] = ("vmtoolsd", "S", 0)
    processes[8] = ("odd) S (name", "R", 0)
    processes[9] = ("bash", "S", 1000)
    processes[10] = ("ended", "Z", 0)
    assert LiveHost().told("processes") == ("odd) S (name", "systemd", "vmtoolsd")


def test_processes_that_are_hidden_are_not_taken_for_none(processes: dict[int, tuple[str, str, int]]) -> None:
    """hidepid: others' are not seen, and process 1 is one of them."""
    del processes[1]
    processes[7] = ("bash", "S", 1000)
    with pytest.raises(Unreadable, match=r"hidden \(run as root\)"):
        LiveHost().told("processes")


MOUNTINFO = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 253:2 / /boot rw - ext4 /dev/mapper/boot rw
24 22 253:2 /x /srv/a\\040b rw - ext4 /dev/mapper/boot rw
25 22 0:44 / /mnt rw - nfs4 server:/x rw
26 22 0:45 / /media rw - fuse.sshfs x: rw
27 22 253:3 / /home rw - ext4 /dev/mapper/home rw
"""


@pytest.fixture
def dm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A mount table, and its devices below /sys: dm-2 lies on md0 and that on dm-0, dm-3 on sdb."""
    (tmp_path / "mountinfo").write_text(MOUNTINFO)
    for name, below in {"dm-2": ("md0",), "md0": ("dm-0",), "dm-0": ("sda",), "dm-3": ("sdb",)}.items():
        folder = tmp_path / name
        if name != "md0":
            (folder / "dm").mkdir(parents=True)
            (folder / "dm" / "suspended").write_text("0\n")
        for lower in below:
            (folder / "slaves" / lower).mkdir(parents=True)
    real_open, real_list = open, os.listdir
    numbers = {"/sys/dev/block/253:2": "/sys/dm-2", "/sys/dev/block/253:3": "/sys/dm-3"}

    def there(path: Any) -> Any:
        path = str(path).replace("/proc/self/mountinfo", f"{tmp_path}/mountinfo")
        return path.replace("/sys/class/block", str(tmp_path))

    monkeypatch.setattr(os.path, "realpath", lambda path: numbers.get(path, path))
    monkeypatch.setattr(os, "listdir", lambda path: real_list(there(path)))
    monkeypatch.setattr("builtins.open", lambda path, *rest, **more: real_open(there(path), *rest, **more))
    return tmp_path


def test_mounts_that_are_never_touched(dm: Path) -> None:
    assert set(_sick_mount_points()) == {"/mnt", "/media"}
    assert _sick_mount_points()["/mnt"] == "/mnt is a nfs4 mount, which is never touched"


@pytest.mark.parametrize("name", ["dm-2", "dm-0"])
def test_nor_what_lies_on_a_suspended_device(dm: Path, name: str) -> None:
    (dm / name / "dm" / "suspended").write_text("1\n")
    sick = _sick_mount_points()
    assert set(sick) == {"/mnt", "/media", "/boot", "/srv/a b"}
    assert sick["/srv/a b"] == f"/srv/a b lies on {name}, which is suspended: not touched"
    with pytest.raises(Unreadable, match="suspended: not touched"):
        LiveHost().text("/boot/grub2/grub.cfg")

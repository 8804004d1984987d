"""The list of all files of a supportconfig: which names are odd, which directories are no links, and what spoils it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from linuxready.host import Absent, Unreadable
from linuxready.host.gathered import sections
from linuxready.host.gathered.filelist import FileList, read_list
from linuxready.host.gathered.gatheredhost import GatheredHost
from linuxready.host.gathered.supportconfig import Supportconfig

from ...supportconfigs import command, conf

FIND = "/usr/bin/find / -print"
LISTED = """/
/boot
/boot/grub
/boot/grub/menu.lst
/dev
/dev/sda
/etc
/etc/hosts
/proc
/proc/1
find: `/proc/4711/fd/5': No such file or directory
/usr/bin/find: ‘/run/user/0/gvfs’: Permission denied
/usr
/usr/bin
/usr/bin/b\u00e4r
/usr/local
/usr/local/bin
/usr/local/bin/tool
/var
/var/log
/var/log/messages
"""


def read(folder: Path, text: str, label: str = FIND) -> FileList:
    (folder / "fs-files.txt").write_text(command(label, text), encoding="utf-8")
    return read_list(str(folder))


@pytest.mark.parametrize("label", [FIND, "/usr/bin/find / -path /.snapshots -prune -o -print"])
@pytest.mark.parametrize("portion", [1, 7, 100, 2**20])
def test_what_the_names_tell(tmp_path: Path, label: str, portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted are what is below /boot and /etc, and what is in /, /usr, /usr/local and /var."""
    monkeypatch.setattr(sections, "PORTION", portion)
    odd, real = read(tmp_path, LISTED, label)
    assert (odd.paths, odd.count, odd.looked_at, odd.cut) == ((), 0, 13, None)
    assert real == {"/boot", "/etc", "/usr", "/usr/local", "/var"}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("/boot/grub/\u00e9t\u00e9", True),
        ("/etc/x\x7f", True),
        ("/etc/\t", True),
        ("/\u00e4", True),
        ("/usr/\u00e4", True),
        ("/usr/local/\u00e4", True),
        ("/var/\u00e4", True),
        ("/var/log/\u00e4", False),
        ("/usr/local/bin/\u00e4", False),
        ("/home/\u00e4/x", False),
        ("/etcetera/\u00e4", False),
    ],
)
def test_odd_names(tmp_path: Path, name: str, counts: bool) -> None:
    odd = read(tmp_path, f"{LISTED}{name}\n").odd
    assert (odd.paths, odd.count) == (((name,), 1) if counts else ((), 0))


def test_a_directory_with_nothing_in_it_may_be_a_link(tmp_path: Path) -> None:
    odd, real = read(tmp_path, LISTED.replace("/boot/grub\n", "").replace("/boot/grub/menu.lst\n", ""))
    assert "/boot" not in real
    assert odd.cut == "nothing is listed in /boot"
    gone = LISTED.replace("/usr/local\n", "").replace("/usr/local/bin\n", "").replace("/usr/local/bin/tool\n", "")
    odd, real = read(tmp_path, gone)
    assert ("/usr/local" in real, odd.cut) == (False, None)


@pytest.mark.parametrize(
    "text",
    [
        LISTED.replace("/dev/sda\n", "/dev/sda\n\n/boot/x\n"),  # a directory whose name ends in a line break
        LISTED.replace("/dev/sda\n", "/etc/a\nb\n"),
        LISTED.replace("/dev/sda\n", "find: `/etc/x': Input/output error\n"),
        LISTED.replace("/dev/sda\n", "/usr/bin/find: '/etc/x': Input/output error\n"),
        LISTED.replace("/dev/sda\n", "/bin/find: '/var': Input/output error\n"),
        LISTED.replace("/dev/sda\n", "find: /proc\n"),
        f"{LISTED}\n# ERROR: Command did not complete within the timeout period.\nroot 1 2\n",
        "ERROR: Command not found or not executable\n",
        LISTED.replace("/etc/hosts\n", ""),
        "",
        f"/etc/{'x' * 2**18}\n",
        f"/etc/x\n{chr(10) * 2**18}/boot/x\n",
    ],
)
@pytest.mark.parametrize("portion", [50, 2**20])
def test_lists_that_tell_nothing(tmp_path: Path, text: str, portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "PORTION", portion if len(text) < 2**16 else 2**14)
    with pytest.raises(Unreadable):
        read(tmp_path, text)


def test_a_list_that_is_none(tmp_path: Path) -> None:
    """What looks like a header in a name ends the list before its end."""
    with pytest.raises(Absent):
        read_list(str(tmp_path))
    for content in (
        command(FIND, LISTED) + command("/bin/true", "x\n"),
        command(FIND, LISTED) + conf("/etc/x", "x\n"),
        command(FIND, f"{LISTED}/home/x/\n") + command("find / -print", LISTED),
        conf(FIND, LISTED),
        command("/usr/bin/find /etc -print", LISTED),
        command(FIND, LISTED)[:-2],
        "",
    ):
        (tmp_path / "fs-files.txt").write_text(content, encoding="utf-8")
        with pytest.raises(Unreadable):
            read_list(str(tmp_path))


def test_a_long_list_takes_little_memory(tmp_path: Path) -> None:
    text = LISTED + "".join(f"/home/somebody/with/many/files/{n}\n" for n in range(500_000))
    (tmp_path / "fs-files.txt").write_text(command(FIND, text), encoding="utf-8")
    tracemalloc.start()
    try:
        read_list(str(tmp_path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * 2**20 < len(text)


def test_a_supportconfig_with_the_list(tmp_path: Path) -> None:
    """Directories that would be links else, and the names of files; only of one that came to its end, and its own."""
    (tmp_path / "basic-environment.txt").write_text(command("/bin/date", "x\n"))
    (tmp_path / "fs-files.txt").write_text(command(FIND, LISTED), encoding="utf-8")
    unfinished = GatheredHost(Supportconfig(str(tmp_path), "scc_x"))
    (tmp_path / "hardware.txt").write_text(command("/usr/bin/lscpu", "x\n"))
    host = GatheredHost(Supportconfig(str(tmp_path), "scc_x"))
    assert [host.real_path(path) for path in ("/boot", "/usr/local")] == ["/boot", "/usr/local"]
    assert host.odd_names({}).looked_at == 13
    with pytest.raises(Unreadable, match=r"altered \(supportutils-scrub\)"):
        GatheredHost(Supportconfig(str(tmp_path), "scc_x_scrubbed.txz")).odd_names({})
    why = r"the names of files were not gathered \(supportconfig -L\)$"
    with pytest.raises(Unreadable, match=f"^/boot may be a link: {why}"):
        unfinished.real_path("/boot")
    with pytest.raises(Unreadable, match=f"^{why}"):
        unfinished.odd_names({})
    (tmp_path / "fs-files.txt").write_text(command(FIND, LISTED.replace("/boot/", "/moot/")), encoding="utf-8")
    with pytest.raises(Unreadable, match=r"^/boot may be a link: fs-files\.txt has nothing in it$"):
        GatheredHost(Supportconfig(str(tmp_path), "scc_x")).real_path("/boot")

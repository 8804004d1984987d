"""What a root holds leads nowhere else: links of every shape, and files that are none, through every reader."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready.collect import collect
from linuxready.facts import Facts
from linuxready.host import MAX_LINKS, Absent, Unreadable
from linuxready.host.captured import RootHost

from ..golden import HOSTS
from ..machines import NOW, report

CANARIES = ("rhel-6.8-ready", "rhel-7.2-ready", "ubuntu-24.04-ssh-socket")
"""Whole machines, whose files would change what is found in a root that shows them."""

FORBIDDEN = "linuxready failed in"


def facts_of(root: Path) -> Facts:
    facts = collect(RootHost(str(root)), NOW)
    assert FORBIDDEN not in repr(facts)
    return facts


def findings(facts: Facts) -> list[tuple[str, str]]:
    return [(f.id, f.status) for name in ("vmware-2017", "vmware-2026") for f in report(facts, name).findings]


# -- every reader, and a whole machine outside -----------------------------------------------------------


def absolute(root: Path, canary: Path) -> None:
    for entry in canary.iterdir():
        (root / entry.name).symlink_to(entry)


def upwards(root: Path, canary: Path) -> None:
    for entry in canary.iterdir():
        (root / entry.name).symlink_to(f"{'../' * 40}{str(entry).lstrip('/')}")


def beside(root: Path, canary: Path) -> None:
    for entry in canary.iterdir():
        (root / entry.name).symlink_to(os.path.relpath(entry, root))


def through_a_folder(root: Path, canary: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "up").symlink_to("../..")
    (root / "a" / "out").symlink_to(f"b/up/../../../..{canary}")
    for entry in canary.iterdir():
        (root / entry.name).symlink_to(f"a/out/{entry.name}")


def one_by_one(root: Path, canary: Path) -> None:
    """Each file by a link of its own, in folders that are real."""
    for folder, _, files in os.walk(canary):
        inside = root / os.path.relpath(folder, canary)
        inside.mkdir(parents=True, exist_ok=True)
        for name in files:
            (inside / name).symlink_to(os.path.join(folder, name))


def by_proc(root: Path, canary: Path) -> None:
    for entry in canary.iterdir():
        (root / entry.name).symlink_to(f"/proc/self/root{entry}")


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("link", [absolute, upwards, beside, through_a_folder, one_by_one, by_proc])
def test_a_machine_outside_is_not_seen(link: Callable[[Path, Path], None], name: str, tmp_path: Path) -> None:
    canary, linked = tmp_path / "canary", tmp_path / "linked"
    shutil.copytree(HOSTS / name / "root", canary, symlinks=True)
    linked.mkdir()
    link(linked, canary)
    assert findings(facts_of(canary)) != findings(facts_of(linked))
    there = facts_of(linked)
    assert there.release.value is None
    assert there.next_kernel.value is None
    assert not there.hosts.value
    shutil.rmtree(canary)
    assert facts_of(linked) == there


def test_folders_that_are_links_to_the_root_are_the_root(tmp_path: Path) -> None:
    """/etc -> /: its files are those of /, and nothing goes round for ever."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "etc").symlink_to("/")
    (root / "boot").symlink_to("../../..")
    (root / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    facts = facts_of(root)
    assert facts.release.known().id == "debian"
    assert facts.odd_names.known().looked_at > 0


# -- files that are none ---------------------------------------------------------------------------------


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


def folder(path: Path) -> None:
    path.mkdir()


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_of_many_parts(path: Path) -> None:
    path.symlink_to("a/../" * 800 + path.name)


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("make", [fifo, unix_socket, folder, link_to_itself, link_of_many_parts])
def test_what_is_no_file_is_not_waited_for(make: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(HOSTS / name / "root", root, symlinks=True, ignore=shutil.ignore_patterns("proc", "sys"))
    files = [Path(folder, name) for folder, _, names in os.walk(root) for name in names]
    for file in files:
        if not file.is_symlink():
            file.unlink()
            make(file)
    start = time.monotonic()
    facts = facts_of(root)
    assert time.monotonic() - start < 20
    assert facts.release.value is None
    assert not [i for i, status in findings(facts) if status == "pass" and i in ("distribution", "kernel", "os-disk")]


def test_a_fifo_is_not_even_opened(tmp_path: Path) -> None:
    """Whoever waits to write into it would be woken; a device would notice."""
    (tmp_path / "etc").mkdir()
    path = tmp_path / "etc" / "fstab"
    os.mkfifo(path)
    opened = threading.Event()

    def write() -> None:
        os.close(os.open(path, os.O_WRONLY))  # waits for a reader
        opened.set()

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    time.sleep(0.2)  # until it waits
    with pytest.raises(Unreadable, match="not a regular file"):
        RootHost(str(tmp_path)).read("/etc/fstab")
    assert not opened.wait(0.2)
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # lets the writer go, and shows that it was waiting
    assert opened.wait(5)
    writer.join(5)


# -- the kernel's own answer -----------------------------------------------------------------------------

OPENAT2, AT_RESOLVE_IN_ROOT, O_PATH = 437, 0x10, 0o10000000


class OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def kernels_path(root: Path, path: str) -> str | None:
    """Where the kernel ends in a root, links followed as chroot would; None where it does not come to an end."""
    libc = ctypes.CDLL(None, use_errno=True)
    how = OpenHow(O_PATH | os.O_CLOEXEC, 0, AT_RESOLVE_IN_ROOT)
    folder = os.open(root, os.O_RDONLY)
    try:
        found = libc.syscall(OPENAT2, folder, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
        if found < 0:
            if ctypes.get_errno() in (errno.ENOSYS, errno.EPERM):
                pytest.skip("this kernel has no openat2 (5.6)")
            return None
        try:
            return os.readlink(f"/proc/self/fd/{found}").removeprefix(str(root)) or "/"
        finally:
            os.close(found)
    finally:
        os.close(folder)


NAMES = st.sampled_from("abc")
PARTS = st.lists(st.sampled_from(["a", "b", "c", "..", ".", ""]), min_size=1, max_size=6)
PATHS = st.builds(lambda start, parts: start + "/".join(parts), st.sampled_from(["", "/"]), PARTS)
FARMS = st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=3), st.none() | PATHS), max_size=12)
"""Links and folders: where each lies, and where it points to."""


@settings(max_examples=300, deadline=None)
@given(farm=FARMS, asked=st.lists(PATHS, min_size=1, max_size=6))
def test_links_lead_where_the_kernel_leads_in_a_root(
    farm: list[tuple[list[str], str | None]], asked: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("farm")
    root = base / "r" / "root"
    root.mkdir(parents=True)
    for outside in (base, base / "r"):  # a link that leaves the root would find something
        for name in "abc":
            (outside / name).mkdir()
    for parts, target in farm:
        place = root
        for part in parts[:-1]:
            place = place / part
            if not os.path.lexists(place):
                place.mkdir()
            if place.is_symlink() or not place.is_dir():
                break
        else:
            place = place / parts[-1]
            if not os.path.lexists(place):
                os.symlink(target, place) if target else place.mkdir()
    host = RootHost(str(root))
    for path in asked:
        expected = kernels_path(root, path)
        try:
            found = host.real_path(f"/{path}")
        except Unreadable:
            assert expected is None
            continue
        assert found.startswith("/")
        assert not {"..", "."}.intersection(found.split("/"))
        assert os.path.realpath(host.root + found).startswith(str(root))
        if expected is not None:
            assert found == expected
    shutil.rmtree(base)


def test_the_kernels_limit_of_links(tmp_path: Path) -> None:
    for number in range(MAX_LINKS + 1):
        (tmp_path / f"l{number}").symlink_to(f"l{number + 1}")
    (tmp_path / f"l{MAX_LINKS + 1}").write_text("x")
    assert RootHost(str(tmp_path)).text("/l1") == "x"
    assert kernels_path(tmp_path, "/l1") == f"/l{MAX_LINKS + 1}"
    with pytest.raises(Unreadable, match="too many symbolic links"):
        RootHost(str(tmp_path)).text("/l0")
    assert kernels_path(tmp_path, "/l0") is None


def test_a_link_of_very_many_parts_is_one_line(tmp_path: Path) -> None:
    host = RootHost(str(tmp_path))
    with pytest.raises(Unreadable, match="too deep a path"):
        host.link("/a" * 5000)
    (tmp_path / "deep").symlink_to("a/" * 2000 + "b")
    with pytest.raises(Unreadable, match="too deep a path"):
        host.mode("/deep")


@pytest.mark.parametrize("bound", [True, False])
def test_what_is_mounted_for_chroot_is_not_the_images(
    bound: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/proc, /sys, /dev and /run of the machine that looks at the image would be taken for the image's."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/mtab").symlink_to("../proc/self/mountinfo")
    assert RootHost(str(tmp_path)).text("/etc/mtab").startswith("1 0 8:1")
    seen = "samefile" if bound else "ismount"
    monkeypatch.setattr(os.path, seen, lambda place, *_: str(place).endswith("/proc"))
    host = RootHost(str(tmp_path))
    for ask in (
        lambda: host.text("/proc/self/mountinfo"),
        lambda: host.text("/etc/mtab"),
        lambda: host.entries("/proc"),
        lambda: list(host._scan("/proc", {})),
        lambda: host.file_for_library("/proc/self/mountinfo"),
    ):
        with pytest.raises(Absent):
            ask()
    assert host.mode("/proc/self") is None
    assert host.real_path("/proc/self/x") == "/proc/self/x"
    assert RootHost("/").mode("/proc/self/mountinfo")


def test_what_lies_on_a_file_system_that_was_forgotten_is_not_absent(tmp_path: Path) -> None:
    for name in ("etc", "boot", "usr", "full", "data", "nfs", "bound"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "usr-link").symlink_to("usr")
    (tmp_path / "etc" / "fstab").write_text(
        "/dev/sda2 / ext4 defaults 1 1\nUUID=1 /boot ext4 defaults 1 2\nLABEL=usr /usr-link ext4 defaults 1 2\n"
        "/dev/sda4 /full ext4 defaults 1 2\nproc /data proc defaults 0 0\n"
        "server:/nfs /nfs nfs ro 0 0\n/full /bound none bind 0 0\n"
    )
    host = RootHost(str(tmp_path))
    forgotten = "/boot is a file system of its own and not mounted below the root: mount it there (/etc/fstab:2)"
    for ask in (
        lambda: host.text("/boot/grub/grub.conf"),
        lambda: host.mode("/boot/x"),
        lambda: host.entries("/boot"),
        lambda: host.matching("/boot/*.cfg"),
        lambda: host.initramfs_drivers("/boot/initrd", "3.0", ("hv",), 1024),
        lambda: host.real_path("/boot/x/y"),
        lambda: list(host._scan("/boot", {})),
    ):
        with pytest.raises(Unreadable) as raised:
            ask()
        assert str(raised.value).endswith(forgotten)
    with pytest.raises(Unreadable, match="/usr/bin: /usr-link is a file system"):
        host.mode("/usr/bin/x")
    assert stat.S_ISDIR(host.mode("/boot") or 0)
    for name, line in {"nfs": 6, "bound": 7}.items():
        with pytest.raises(Unreadable, match=rf"/{name} is a file system .*fstab:{line}"):
            host.mode(f"/{name}/x")
    assert host.mode("/full/y") is None
    assert host.entries("/data") == []
    assert "not mounted below the root" in (host.odd_names({}).cut or "")

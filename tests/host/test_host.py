"""Paths, links and files as every host knows them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from linuxready import host as host_module
from linuxready.host import Absent, Unreadable, executable, unreadable
from linuxready.host.captured import RootHost

from ..machines import FakeHost


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/", "/"),
        ("/etc/hosts", "/etc/hosts"),
        ("/etc/", "/etc"),
        ("//etc//hosts", "/etc/hosts"),
        ("/etc/./hosts", "/etc/hosts"),
        ("/etc/../etc/hosts", "/etc/hosts"),
        ("/../../..", "/"),
        ("/../etc/hosts", "/etc/hosts"),
        ("/absolute", "/data/x"),
        ("/absolute/below", "/data/x/below"),
        ("/dir/relative", "/dir/there"),
        ("/dir/up", "/data/x"),
        ("/dir/out", "/etc/passwd"),
        ("/dir/far", "/"),
        ("/chain", "/dir/there"),
        ("/dir/dots", "/data/y"),
        ("/trailing", "/data/x"),
        ("/missing/link", "/missing/link"),
    ],
)
def test_links_are_followed_inside_the_root(path: str, real: str) -> None:
    links = {
        "/absolute": "/data/x",
        "/dir/relative": "there",
        "/dir/up": "../data/x",
        "/dir/out": "../../../../../etc/passwd",
        "/dir/far": "../../..",
        "/chain": "dir/relative",
        "/dir/dots": "./../dir/../data/./y",
        "/trailing": "/data/x/",
    }
    assert FakeHost(links=links).real_path(path) == real


@pytest.mark.parametrize(
    "links",
    [{"/a": "/a"}, {"/a": "a"}, {"/a": "b", "/b": "a"}, {"/a": "/a/a"}, {"/a": "b/c", "/b": "a"}],
    ids=["absolute", "relative", "two", "into itself", "through another"],
)
def test_circles_are_unreadable(links: dict[str, str]) -> None:
    host = FakeHost(links=links)
    for ask in (host.real_path, host.read, host.mode, host.entries):
        with pytest.raises(Unreadable, match="too many symbolic links"):
            ask("/a/x")


@pytest.mark.parametrize(("count", "follows"), [(40, True), (41, False)])
def test_as_many_links_are_followed_as_the_kernel_does(count: int, follows: bool) -> None:
    host = FakeHost(links={f"/l{n}": f"/l{n + 1}" for n in range(count)})
    if follows:
        assert host.real_path("/l0") == f"/l{count}"
    else:
        with pytest.raises(Unreadable):
            host.real_path("/l0")


def test_links_that_double_at_every_step_end_soon() -> None:
    links = {f"/l{n}": f"/l{n + 1}/../l{n + 1}" for n in range(30)}
    assert FakeHost(links=links).real_path("/l0") == "/l30"


def test_a_very_deep_path_is_unreadable_or_followed() -> None:
    """A unit's ConditionPathExists= may name one; a link may lead to one of 2,000 components."""
    deep = "/a" * 5000
    try:
        assert FakeHost().real_path(deep) == deep
    except Unreadable:
        return


def test_a_link_is_told_as_it_is_written() -> None:
    host = FakeHost(links={"/etc": "/data", "/data/mtab": "../proc/mounts"})
    assert host.link("/etc/mtab") == "../proc/mounts"
    assert host.link("/etc/hosts") is None


def test_nothing_there_is_absent_and_has_no_mode() -> None:
    host = FakeHost({"/etc/hosts": ""})
    assert host.mode("/etc/x") is None
    for ask in (host.read, host.text, host.entries):
        with pytest.raises(Absent, match=r"^/etc/x does not exist$"):
            ask("/etc/x")


def test_a_mode_that_may_not_be_seen_is_unreadable(tmp_path: Path) -> None:
    class Closed(FakeHost):
        def _mode(self, path: str) -> int:
            raise unreadable(path, PermissionError(13, "Permission denied"))

    with pytest.raises(Unreadable, match=r"permission denied \(run as root\)"):
        Closed().mode("/x")


def test_bytes_that_are_not_utf_8_survive() -> None:
    assert FakeHost({"/x": b"a\xffb"}).text("/x") == "a\udcffb"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o100755, True), (0o100010, True), (0o100644, False), (0o40755, False), (0o120777, False), (None, False)],
)
def test_executable(mode: int | None, expected: bool) -> None:
    assert executable(mode) == expected


# -- real files below a root -----------------------------------------------------------------------------


def test_a_file_that_is_too_long_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "MAX_FILE_BYTES", 2**20)
    (tmp_path / "long").write_bytes(b"x" * (2**20 + 1))
    (tmp_path / "fits").write_bytes(b"x" * 2**20)
    host = RootHost(str(tmp_path))
    assert len(host.read("/fits")) == 2**20
    with pytest.raises(Unreadable, match=r"^/long is longer than 1 MiB$"):
        host.read("/long")


def test_what_is_no_regular_file_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    host = RootHost(str(tmp_path))
    for path in ("/fifo", "/folder"):
        with pytest.raises(Unreadable, match=f"^{path} is not a regular file$"):
            host.read(path)
    assert stat.S_ISFIFO(host.mode("/fifo") or 0)


def test_a_file_that_became_a_link_meanwhile_is_not_followed(tmp_path: Path) -> None:
    """A resolved path has no link in it; where one is there now, it would lead out of the root."""
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "root" / "link").symlink_to("../secret")
    with pytest.raises(Unreadable):
        RootHost(str(tmp_path / "root"))._read("/link")


@pytest.mark.parametrize("name", ["x" * 300, "x\0y", "\ud800"], ids=["too long", "nul", "no bytes"])
def test_names_that_no_file_can_have_are_unreadable(name: str, tmp_path: Path) -> None:
    host = RootHost(str(tmp_path))
    for ask in (host.read, host.entries, host.real_path, host.link):
        with pytest.raises(Unreadable):
            ask(f"/{name}/x")


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff")).write_bytes(b"x")
    host = RootHost(str(tmp_path))
    assert host.entries("/") == ["a\udcff"]
    assert host.read("/a\udcff") == b"x"

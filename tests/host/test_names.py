"""The walk over file names: what it looks at, where it ends, what it never touches."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linuxready.facts import OddNames
from linuxready.host import Unreadable, names
from linuxready.host.captured import Recording, RootHost
from linuxready.host.live import LiveHost
from linuxready.host.recorder import Recorder

from ..machines import NOW, FakeHost

ODD = "b\u00fcro"


def root(folder: Path, *files: str) -> RootHost:
    """A captured root with these empty files, and /etc."""
    (folder / "etc").mkdir(parents=True, exist_ok=True)
    for file in files:
        path = folder / file.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return RootHost(str(folder))


@pytest.mark.parametrize("place", ["/etc", "/etc/a/b/c", "/boot", "/boot/efi", "", "/usr", "/usr/local", "/var"])
def test_where_a_name_counts(place: str, tmp_path: Path) -> None:
    assert root(tmp_path, f"{place}/{ODD}").odd_names({}).paths == (f"{place}/{ODD}",)


@pytest.mark.parametrize("place", ["/home", "/usr/share", "/usr/local/lib", "/var/lib"])
def test_where_a_name_does_not_count(place: str, tmp_path: Path) -> None:
    assert root(tmp_path, f"{place}/{ODD}").odd_names({}).count == 0


@pytest.mark.parametrize("name", [b"a\nb", b"caf\xe9", "\u202etxt".encode(), "\u00fc".encode()])
def test_what_is_odd(name: bytes, tmp_path: Path) -> None:
    host = root(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/etc/" + name)).touch()
    assert host.odd_names({}).count == 1


def test_folders_and_links_have_names_too(tmp_path: Path) -> None:
    host = root(tmp_path, f"/etc/{ODD}/x")
    (tmp_path / "etc/\u00fc").symlink_to("x")
    assert host.odd_names({}).paths == (f"/etc/{ODD}", "/etc/\u00fc")


def test_the_first_ten_by_path_are_named(tmp_path: Path) -> None:
    found = root(tmp_path, *(f"/etc/\u00fc{n:02}" for n in range(14))).odd_names({})
    assert found == OddNames(tuple(f"/etc/\u00fc{n:02}" for n in range(10)), 14, 15)


def test_links_are_not_followed(tmp_path: Path) -> None:
    host = root(tmp_path / "root")
    (tmp_path / "outside" / ODD).mkdir(parents=True)
    (tmp_path / "root/etc/out").symlink_to(tmp_path / "outside")
    (tmp_path / "root/etc/circle").symlink_to(".")
    assert host.odd_names({}) == OddNames((), 0, 3)


def test_a_system_directory_may_be_a_link(tmp_path: Path) -> None:
    host = root(tmp_path, f"/srv/boot/{ODD}")
    (tmp_path / "boot").symlink_to("srv/boot")
    assert host.odd_names({}).paths == (f"/boot/{ODD}",)


def test_without_etc_there_is_nothing_to_judge(tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    with pytest.raises(Unreadable, match="/etc does not exist"):
        RootHost(str(tmp_path)).odd_names({})


# -- bounds ----------------------------------------------------------------------------------------------


def test_too_many_names_cut_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_ENTRIES", 5)
    host = root(tmp_path, *(f"/etc/{n}" for n in range(4)))
    assert host.odd_names({}) == OddNames((), 0, 5)
    (tmp_path / "etc/4").touch()
    assert host.odd_names({}).cut == "more than 5 names"


@pytest.mark.parametrize(("file", "count"), [("/etc/a", 0), (f"/etc/{ODD}", 1)])
def test_a_walk_that_takes_too_long_is_cut(
    file: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((0.0, 0.6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    found = root(tmp_path, file, "/boot/x").odd_names({})
    assert (found.count, found.cut) == (count, "it took longer than 0.5 s, after 1 names")


def test_the_clock_is_asked_within_a_large_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 0.6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    found = root(tmp_path, *(f"/etc/{n}" for n in range(1500))).odd_names({})
    assert found.cut == "it took longer than 0.5 s, after 1,024 names"


def test_what_is_sick_is_told_though_the_walk_is_cut_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 0.6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    found = root(tmp_path, "/etc/a", "/boot/x").odd_names({"/boot": "/boot is sick"})
    assert found.cut == "/boot is sick (and 1 more)"


# -- what is not touched ---------------------------------------------------------------------------------


class Watched(FakeHost):
    """A host that fails where a directory is listed that is not to be touched."""

    untouched = ""

    def _entries(self, path: str) -> list[str]:
        assert path != self.untouched, path
        return super()._entries(path)


@pytest.mark.parametrize("point", ["/etc/nfs", "/boot", "/etc", "/usr/local", "/usr", "/var"])
def test_what_is_to_be_avoided_is_not_entered(point: str) -> None:
    host = Watched({"/etc/nfs/x": "", "/boot/x": "", "/usr/local/x": "", "/var/x": ""})
    host.untouched = point
    found = host.odd_names({point: f"{point} is sick"})
    assert (found.count, (found.cut or "").partition(" (")[0]) == (0, f"{point} is sick")


def test_what_is_to_be_avoided_elsewhere_costs_nothing() -> None:
    host = Watched({"/etc/x": "", "/mnt/nfs/x": "", "/boot/x": ""})
    host.untouched = "/mnt/nfs"
    assert host.odd_names({"/mnt/nfs": "sick", "/bootleg": "sick"}).cut is None


def test_no_stat_on_what_is_to_be_avoided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that does not tell what an entry is (XFS with ftype=0) lets is_dir ask, and a dead server hang."""

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name = entry.name

        def is_dir(self, follow_symlinks: bool) -> bool:
            assert self.name != "nfs"
            assert not follow_symlinks
            return False

    class Scan:
        def __init__(self, path: str) -> None:
            self.entries = [Entry(entry) for entry in scandir(path)]

        def __enter__(self) -> Iterator[Entry]:
            return iter(self.entries)

        def __exit__(self, *_: object) -> None:
            pass

    scandir = os.scandir
    host = root(tmp_path, "/etc/nfs/x", "/etc/a")
    monkeypatch.setattr(os, "scandir", Scan)
    assert host.odd_names({"/etc/nfs": "/etc/nfs is sick"}).cut == "/etc/nfs is sick"


def test_a_live_host_avoids_its_sick_mounts() -> None:
    host = LiveHost()
    host._sick = {"/etc": "/etc is a nfs4 mount, which is never touched", "/boot": "/boot is sick"}
    found = host.odd_names({"/var": "/var lies on dm-3, which is suspended: not touched"})
    assert found.cut == "/etc is a nfs4 mount, which is never touched (and 2 more)"


def test_a_live_host_does_not_enter_a_sick_mount_below() -> None:
    host = LiveHost()
    with os.scandir("/etc") as entries:
        point = next(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
    host._sick = {point: "sick"}
    assert (host.odd_names({}).cut or "").startswith("sick")


def test_a_folder_that_may_not_be_read_cuts_the_walk() -> None:
    found = FakeHost({"/etc/x": "", "/etc/shut/x": ""}, denied=("/etc/shut",)).odd_names({})
    assert (found.count, found.cut) == (0, "/etc/shut: permission denied (run as root)")


# -- recordings ------------------------------------------------------------------------------------------


def test_a_recording_tells_what_was_found_and_no_more(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"/etc/{n}": "" for n in (*range(2000), ODD)}
    recorder = Recorder(FakeHost(files))
    found = recorder.odd_names({})
    recorder.write(str(tmp_path / "x"), NOW)
    assert Recording(str(tmp_path / "x")).odd_names({}) == found
    assert (tmp_path / "x/index.json").stat().st_size < 200


def test_a_recording_by_hand_tells_of_the_files_it_has(tmp_path: Path) -> None:
    root(tmp_path / "root", f"/etc/{ODD}")
    (tmp_path / "index.json").write_text(json.dumps({"paths": {"/boot/\u00fc/x": {"mode": "0644"}}}))
    found = Recording(str(tmp_path)).odd_names({})
    assert (found.paths, found.cut) == (("/boot/\u00fc", f"/etc/{ODD}"), "the list of odd file names was not recorded")


def test_a_recording_that_has_no_odd_file_may_lack_it(tmp_path: Path) -> None:
    root(tmp_path / "root", "/etc/hosts")
    with pytest.raises(Unreadable, match="the list of odd file names was not recorded"):
        Recording(str(tmp_path)).odd_names({})

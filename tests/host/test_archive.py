"""Archives from elsewhere: what is asked for comes out, nothing else is written, nothing is left."""

from __future__ import annotations

import os
import random
import stat
import tarfile
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from linuxready.host import MAX_FILE_BYTES, Unreadable, archive, tarstream
from linuxready.host.captured import RootHost

from ..tars import END, GIB, HOSTILE, PACKERS, SHADOW, SPOILT, UNITS, file, folder, header, link, with_holes_in_pax

TOP = "web1"
SOUND = folder(TOP) + file(f"{TOP}/etc/hosts", b"127.0.0.1 localhost\n") + file(f"{TOP}/var/log/messages", b"long")
HOSTS = ("etc/hosts", "127.0.0.1 localhost\n")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where archives are unpacked; nothing is left there, and nothing is made beside it."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"tmp", "web1", "outside"}


def everything(_: str) -> bool:
    return True


def told(_: str) -> None:
    pass


def put(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "web1"
    path.write_bytes(data)
    return str(path)


def taken(path: str, wanted: Callable[[str], bool] = everything) -> dict[str, str]:
    """What an archive's folder holds: a file's content, a link's target behind "> ", "/" for a folder."""
    with archive.opened(path, wanted, told) as top:
        return dict(walk(Path(top), Path(top)))


def walk(top: Path, folder: Path) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir()):
        name = str(entry.relative_to(top))
        seen = entry.lstat()
        if stat.S_ISLNK(seen.st_mode):
            yield name, f"> {entry.readlink()}"
            continue
        assert not seen.st_mode & 0o7000
        if stat.S_ISDIR(seen.st_mode):
            yield name, "/"
            yield from walk(top, entry)
        else:
            assert stat.S_ISREG(seen.st_mode)
            yield name, entry.read_text("latin-1") if seen.st_size < 2**20 else f"{seen.st_size} bytes"


# -- sound -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("prefix", ["", "./", ".//"])
def test_the_packer_is_told_by_the_content(pack: Callable[[bytes], bytes], prefix: str, tmp_path: Path) -> None:
    sound = file(f"{prefix}{TOP}/etc/hosts", b"x") + link(f"{prefix}{TOP}/etc/localtime", "../usr/UTC") + END
    assert taken(put(tmp_path, pack(sound))) == {"etc": "/", "etc/hosts": "x", "etc/localtime": "> ../usr/UTC"}


def test_only_what_is_asked_for_is_written(tmp_path: Path) -> None:
    asked: list[str] = []

    def wanted(name: str) -> bool:
        asked.append(name)
        return name == "etc/hosts"

    assert taken(put(tmp_path, SOUND + END), wanted) == {"etc": "/", "etc/hosts": HOSTS[1]}
    assert asked == ["etc/hosts", "var/log/messages"]


def test_the_folder_is_private_and_modes_are_ours(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = folder(f"{TOP}/etc", 0o000) + file(f"{TOP}/a", mode=0o6777) + file(f"{TOP}/b", mode=0o000)
    with archive.opened(put(tmp_path, sound + END), everything, told) as top:
        (made,) = temporary.iterdir()
        modes = {name: stat.S_IMODE(os.lstat(f"{top}/{name}").st_mode) for name in os.listdir(top)}
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert modes == {"etc": 0o700, "a": 0o700, "b": 0o600}


@pytest.mark.parametrize("mask", [0o777, 0o022, 0])
def test_no_umask_keeps_us_from_what_we_made(mask: int, tmp_path: Path) -> None:
    path = put(tmp_path, SOUND + END)
    before = os.umask(mask)
    try:
        with archive.opened(path, everything, told) as top:
            modes = [stat.S_IMODE(os.lstat(p).st_mode) for p in (os.path.dirname(top), top, f"{top}/etc/hosts")]
    finally:
        found = os.umask(before)
    assert (modes, found) == ([0o700, 0o700, 0o600], mask)


def test_nothing_that_is_asked_for_leaves_an_empty_folder(tmp_path: Path) -> None:
    assert taken(put(tmp_path, SOUND + END), lambda _: False) == {}


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "web1").mkdir()
    with archive.opened(str(tmp_path / "web1"), everything, told) as top:
        assert top == str(tmp_path / "web1")


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web1").mkdir()
    monkeypatch.setattr(archive.os, "access", lambda *_: False)  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match="/web1: permission denied"):
        taken(str(tmp_path / "web1"))


def test_what_is_done_is_told(tmp_path: Path) -> None:
    doing: list[str] = []
    with archive.opened(put(tmp_path, SOUND + bytes(3_000_000)), everything, doing.append):
        pass
    assert (doing[0], doing[-1]) == ("unpacking web1, 0 MB", "unpacking web1, 3 MB")


def test_no_warning_of_tarfile_is_shown(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert HOSTS in taken(put(tmp_path, SOUND + END)).items()


# -- hostile -----------------------------------------------------------------------------------------------


@contextmanager
def said(words: str | None) -> Iterator[None]:
    """An error with these words, in one line behind the archive's name; none where there are no words."""
    if words is None:
        yield
        return
    with pytest.raises(Unreadable) as error:
        yield
    text = str(error.value)
    assert words in text
    assert len(text) < 800
    assert "/web1" in text.split(" ")[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, tmp_path: Path) -> None:
    hostile = HOSTILE[name]
    path = put(tmp_path, hostile.before(TOP) + SOUND + hostile.after(TOP) + hostile.end)
    with said(hostile.says):
        assert HOSTS in taken(path).items()


@pytest.mark.parametrize("name", [name for name, spoilt in SPOILT.items() if spoilt.says != "is neither a sosreport"])
def test_spoilt(name: str, tmp_path: Path) -> None:
    path = put(tmp_path, SPOILT[name].made(SOUND + END))
    with said(SPOILT[name].says):
        assert HOSTS in taken(path).items()


@pytest.mark.parametrize("seed", range(40))
def test_damage_anywhere_is_one_line_or_harmless(seed: int, tmp_path: Path) -> None:
    """tarfile trips over much that stands in headers; whatever it is, it is told as any other damage."""
    chance = random.Random(seed)
    for name, hostile in HOSTILE.items():
        data = bytearray(hostile.before(TOP) + SOUND + hostile.after(TOP) + hostile.end)
        if len(data) > 10**4 or "MiB" in name:
            continue
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.choice(b"\0\xff\x80 0179xgSLKAVZ/.=,\n")
        for at in range(0, len(data), 512):
            if data[at + 257 : at + 262] == b"ustar":
                data[at + 148 : at + 156] = b" " * 8
                data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
        with suppress(Unreadable):
            taken(put(tmp_path, bytes(data)))


def host(data: bytes, tmp_path: Path, ask: Callable[[RootHost], object]) -> object:
    with archive.opened(put(tmp_path, data), everything, told) as top:
        return ask(RootHost(top))


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, b"Q"])
def test_what_is_no_file_is_not_read_and_not_absent(kind: bytes, tmp_path: Path) -> None:
    odd = header(f"{TOP}/etc/hosts", 0, kind) + END
    with pytest.raises(Unreadable, match="/etc/hosts is not a regular file"):
        host(odd, tmp_path, lambda host: host.read("/etc/hosts"))


def test_a_file_that_is_too_long_is_not_read_and_not_absent(tmp_path: Path) -> None:
    long = with_holes_in_pax(f"{TOP}/etc/hosts", 10 * GIB) + END
    with pytest.raises(Unreadable, match="/etc/hosts is longer than 64 MiB"):
        host(long, tmp_path, lambda host: host.read("/etc/hosts"))


def test_holes_are_zeros(tmp_path: Path) -> None:
    holed = with_holes_in_pax(f"{TOP}/etc/hosts", 30) + END
    assert host(holed, tmp_path, lambda host: host.read("/etc/hosts")) == b"0123456789" + bytes(20)


@pytest.mark.parametrize(
    ("members", "left"),
    [
        (file("T/a", b"1") + file("T/a", b"2"), {"a": "2"}),
        (file("T/a", b"1") + link("T/a", SHADOW), {"a": f"> {SHADOW}"}),
        (link("T/a", SHADOW) + file("T/a", b"2"), {"a": "2"}),
        (link("T/a", "x") + link("T/a", "y"), {"a": "> y"}),
        (link("T/a", "/tmp") + file("T/a/b", b"2"), {"a": "/", "a/b": "2"}),
        (file("T/a/b", b"1") + link("T/a", "/tmp"), {"a": "/", "a/b": "1"}),
        (link("T/a", "/tmp") + link("T/a/b", "c"), {"a": "/", "a/b": "> c"}),
        (link("T/a", "/tmp") + folder("T/a"), {"a": "/"}),
        (file("T/a", b"1") + link("T/b", "T/a", tarfile.LNKTYPE), {"a": "1", "b": "1"}),
        (
            file("T/a", b"1") + link("T/b", "T/a", tarfile.LNKTYPE) + file("T/b", b"2"),
            {"a": "1", "b": "2"},
        ),
        (link("T/a", "x") + file("T/a", b"2") + link("T/b", "T/a", tarfile.LNKTYPE), {"a": "2", "b": "2"}),
        (link("T/a", SHADOW) + link("T/b", "T/a", tarfile.LNKTYPE), {"a": f"> {SHADOW}", "b": f"> {SHADOW}"}),
    ],
)
def test_of_two_the_later_one_counts_and_folders_before_links(
    members: bytes, left: dict[str, str], tmp_path: Path
) -> None:
    assert taken(put(tmp_path, members + END)) == left


@pytest.mark.parametrize("target", ["{outside}", "../../../outside"])
def test_nothing_is_written_through_a_link(target: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "hosts").write_text("mine")
    members = [link(f"{TOP}/etc", target.format(outside=outside)), file(f"{TOP}/etc/hosts", b"evil")]
    for order in (1, -1):
        taken(put(tmp_path, b"".join(members[::order]) + END))
        assert {path.name: path.read_text() for path in outside.iterdir()} == {"hosts": "mine"}


# -- bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "value", "says"),
    [
        ("MAX_BYTES", 100_000, "unpacks to more than"),
        ("MAX_WRITTEN_BYTES", 100_000, "of it would be unpacked"),
        ("MAX_MEMBERS", 10, "more than 10 members"),
        ("MAX_LINKS_BYTES", 1000, "of links"),
        ("MAX_SECONDS", -1.0, "not unpacked within"),
        ("MAX_FOLDERS", 1, "lies in more than 1 folders"),
    ],
)
def test_bounds(bound: str, value: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [file(f"{TOP}/{UNITS}/{n}", bytes(20_000)) + link(f"{TOP}/{UNITS}/l{n}", "x" * 100) for n in range(10)]
    path = put(tmp_path, SOUND + b"".join(many) + END)
    assert HOSTS in taken(path).items()
    monkeypatch.setattr(tarstream if hasattr(tarstream, bound) else archive, bound, value)
    with pytest.raises(Unreadable, match=says):
        taken(path)


def test_what_is_not_asked_for_is_not_bounded_as_what_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_WRITTEN_BYTES", 1000)
    path = put(tmp_path, SOUND + file(f"{TOP}/var/log/x", bytes(2000)) + END)
    assert HOSTS in taken(path, lambda name: name.startswith("etc")).items()


def test_a_file_of_the_greatest_size_comes_out_whole(tmp_path: Path) -> None:
    for size, comes_out in ((MAX_FILE_BYTES, MAX_FILE_BYTES), (MAX_FILE_BYTES + 7, MAX_FILE_BYTES + 1)):
        path = put(tmp_path, header(f"{TOP}/x", size) + bytes(size + -size % 512) + END)
        assert taken(path) == {"x": f"{comes_out} bytes"}


# -- what is no archive, and no place for one --------------------------------------------------------------


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="/web1 does not exist"):
        taken(str(tmp_path / "web1"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "web1")
    with pytest.raises(Unreadable, match="/web1 is neither an archive nor a folder"):
        taken(str(tmp_path / "web1"))


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, SOUND + END)
    before, see = os.stat(path), os.stat

    def seen(asked: str, **how: bool) -> os.stat_result:
        return before if asked == path else see(asked, **how)

    monkeypatch.setattr(tarstream.os, "stat", seen)  # type: ignore[attr-defined]
    os.unlink(path)
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="/web1 is neither an archive nor a folder"):
        taken(path)


def test_what_has_nothing_to_read_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As /proc/kmsg, which is a regular file."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    monkeypatch.setattr(tarstream, "_not_waiting", lambda *_: reading)
    monkeypatch.setattr(tarstream.stat, "S_ISREG", lambda _: True)  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match=r"/web1 cannot be unpacked: .*empty file"):
        taken(put(tmp_path, b""))
    os.close(writing)


def test_no_place_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(Unreadable, match="/web1 cannot be unpacked: No such file or directory"):
        taken(put(tmp_path, SOUND + END))


# -- being ended -------------------------------------------------------------------------------------------


def test_whatever_ends_it_leaves_nothing(tmp_path: Path) -> None:
    for error in (KeyboardInterrupt, SystemExit, MemoryError):

        def ended(_: str, error: type[BaseException] = error) -> None:
            raise error

        with pytest.raises(error), archive.opened(put(tmp_path, SOUND + END), everything, ended):
            pass

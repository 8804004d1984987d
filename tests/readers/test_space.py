"""The space in the install directory."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import AvailableSpace, BlockDevice, Fact, Mount
from linuxready.host.captured import Recording, RootHost
from linuxready.host.live import LiveHost
from linuxready.host.recorder import Recorder
from linuxready.readers import space

from ..machines import NOW, FakeHost

NONE: Fact[Any] = Fact(value=())
BOTH = {"/usr/local": 5, "/usr/local/ASR": 3}


def read(host: FakeHost, mounts: Fact[Any] = NONE, devices: Fact[Any] = NONE) -> dict[str, Fact[int]]:
    return {found.directory: found.available_bytes for found in space.read(host, mounts, devices)}


def test_directories_that_are_there() -> None:
    assert read(FakeHost(told={"filesystems": BOTH})) == {
        "/usr/local/ASR": Fact(value=3),
        "/usr/local": Fact(value=5),
    }
    assert read(FakeHost(told={"filesystems": {"/usr/local": 5}})) == {"/usr/local": Fact(value=5)}


@pytest.mark.parametrize(
    ("point", "untouched"),
    [("/", True), ("/usr", True), ("/usr/local", True), ("/srv", True), ("/usr/loc", False), ("/var", False)],
)
def test_what_lies_on_a_suspended_device_is_not_asked(point: str, untouched: bool) -> None:
    """By where the directory really is: /usr/local/ASR is a link to /srv here."""
    host = FakeHost(links={"/usr/local/ASR": "/srv/asr"}, told={"filesystems": BOTH})
    below = BlockDevice("dm-1", "253:1", "lvm", ("dm-0",), 1, False)
    devices = (BlockDevice("dm-0", "253:0", "mpath", (), 1, False, suspended=True), below)
    found = read(host, Fact(value=(Mount(point, "ext4", "/dev/x", "/", "rw", 1, "253:1", 1, 0),)), Fact(value=devices))
    reason = Fact[int](unknown=f"{point} lies on dm-1, which is suspended: not touched")
    asked = "/usr/local/ASR" if point == "/srv" else "/usr/local"
    assert (found[asked] == reason) is untouched


def test_what_cannot_be_asked_is_unknown() -> None:
    assert read(FakeHost())["/usr/local"].unknown == "filesystems was not told"


def test_a_root_does_not_tell(tmp_path: Any) -> None:
    (found, *_) = space.read(RootHost(str(tmp_path)), NONE, NONE)
    assert "not in the files of a captured root" in (found.available_bytes.unknown or "")


def test_a_live_host_never_asks_a_sick_mount() -> None:
    host = LiveHost()
    host._sick = {"/usr/local": "/usr/local is a nfs mount, which is never touched"}
    assert [s.available_bytes.unknown for s in space.read(host, NONE, NONE)] == [host._sick["/usr/local"]] * 2 + [None]


def test_a_live_host_asks_the_file_system() -> None:
    spaces = {s.directory: s.available_bytes for s in space.read(LiveHost(), NONE, NONE)}
    assert spaces["/usr/local"].known() >= 0


@pytest.mark.parametrize(
    ("filesystems", "expected"),
    [
        ({"/usr/local": {"available_bytes": 5}}, [AvailableSpace("/usr/local", Fact(value=5))]),
        ({"/usr/local": {"unreadable": "sick"}}, [AvailableSpace("/usr/local", Fact(unknown="sick"))]),
        ({}, []),
    ],
)
def test_a_recording_tells(filesystems: Any, expected: list[AvailableSpace], tmp_path: Any) -> None:
    import json

    (tmp_path / "host.json").write_text(json.dumps({"filesystems": filesystems}))
    recording = Recording(str(tmp_path))
    assert list(space.read(recording, NONE, NONE)) == expected
    recorder = Recorder(recording)
    assert list(space.read(recorder, NONE, NONE)) == expected
    recorder.write(str(tmp_path / "again"), NOW)
    assert list(space.read(Recording(str(tmp_path / "again")), NONE, NONE)) == expected


def test_a_recording_without_the_key_leaves_it_open(tmp_path: Any) -> None:
    (tmp_path / "host.json").write_text('{"uid": 0}')
    reasons = {s.available_bytes.unknown for s in space.read(Recording(str(tmp_path)), NONE, NONE)}
    assert reasons == {"available space was not recorded"}

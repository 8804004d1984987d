"""Captured roots, recordings and their archives, sound and hostile."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linuxready import cli
from linuxready.host import Absent, ToldAddresses, Unreadable
from linuxready.host.captured import Recording, RootHost, open_recording

from ..golden import HOSTS

SECRET = "the judging machine's own"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the root, whose content no captured machine may show."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    (folder / "root").mkdir()
    (folder / "root" / "secret").write_text(SECRET)
    (folder / "host.json").write_text(json.dumps({"host_name": SECRET}))
    return folder


def recording(folder: Path, files: dict[str, str | bytes] | None = None, **documents: Any) -> str:
    """A recording's folder: files below root/, and index, commands and host as JSON or as bytes."""
    for path, content in (files or {}).items():
        file = folder / "root" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        (folder / f"{name}.json").write_bytes(content)
    return str(folder)


# -- links that leave the root ---------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["{outside}/secret", "../outside/secret", "../../../../../../../..{outside}/secret"])
@pytest.mark.parametrize("at", ["file", "folder", "chain"])
def test_no_link_leads_out_of_the_root(target: str, at: str, tmp_path: Path, outside: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    target = target.format(outside=outside)
    path = "/link"
    if at == "file":
        (root / "link").symlink_to(target)
    elif at == "folder":
        (root / "link").symlink_to(os.path.dirname(target))
        path = "/link/secret"
    else:
        (root / "first").symlink_to(target)
        (root / "link").symlink_to("first")
    host = RootHost(str(root))
    with pytest.raises(Absent):
        host.read(path)
    assert host.mode(path) is None
    with pytest.raises(Unreadable):
        host.file_for_library(path)
    assert SECRET not in host.real_path(path)


def test_a_link_into_the_root_is_followed_as_chroot_would(tmp_path: Path) -> None:
    recording(tmp_path, {"/data/hosts": "inside"})
    (tmp_path / "root" / "etc").symlink_to("/data")
    host = RootHost(str(tmp_path / "root"))
    assert host.text("/etc/hosts") == "inside"
    assert host.file_for_library("/etc/hosts") == str(tmp_path / "root" / "data" / "hosts")


def test_proc_self_is_no_way_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "self").symlink_to("/proc/self/root")
    with pytest.raises(Absent):
        RootHost(str(root)).read("/self/etc/passwd")


def test_a_root_behind_a_link_is_a_root(tmp_path: Path) -> None:
    recording(tmp_path / "machine", {"/etc/hosts": "x"})
    (tmp_path / "link").symlink_to("machine/root")
    assert RootHost(str(tmp_path / "link")).text("/etc/hosts") == "x"


# -- what a captured root cannot tell --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["missing", "file"])
def test_a_root_is_a_directory(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unreadable, match=f"{path} is not a directory"):
        RootHost(str(tmp_path / path))


def test_a_captured_root_runs_and_asks_nothing(tmp_path: Path) -> None:
    host = RootHost(str(tmp_path))
    asks: list[Callable[[], object]] = [
        lambda: host.run("xfs_info", "/"),
        lambda: host.told("uid"),
        lambda: host.read_block("/dev/sda1", 512),
        host.block_device_paths,
    ]
    for ask in asks:
        with pytest.raises(Unreadable):
            ask()


# -- recordings ------------------------------------------------------------------------------------------

INDEX = {
    "paths": {
        "/etc/shadow": "denied",
        "/etc/odd": "Input/output error",
        "/usr/sbin/lsof": {"mode": "0755"},
        "/usr/sbin/plain": {"mode": "0644"},
        "/var/lib/empty": {"mode": "040755"},
        "/etc/hosts": {"mode": "0600"},
    },
    "blocks": {"/dev/sdb1": {"0": base64.b64encode(b"XFSB" + bytes(508)).decode()}, "/dev/bad": {"0": "%%%"}},
}


@pytest.fixture
def indexed(tmp_path: Path) -> Recording:
    return Recording(recording(tmp_path / "web1", {"/etc/hosts": "h", "/usr/sbin/yum": "y"}, index=INDEX))


def test_denied_paths_are_denied(indexed: Recording) -> None:
    for ask in (indexed.read, indexed.entries, indexed.mode):
        with pytest.raises(Unreadable, match=r"^/etc/shadow: permission denied \(run as root\)$"):
            ask("/etc/shadow")
    with pytest.raises(Unreadable, match=r"^/etc/odd: Input/output error$"):
        indexed.read("/etc/odd")


def test_paths_of_the_index_only_have_a_mode_and_no_content(indexed: Recording) -> None:
    assert indexed.mode("/usr/sbin/lsof") == stat.S_IFREG | 0o755
    assert indexed.mode("/var/lib/empty") == stat.S_IFDIR | 0o755
    assert indexed.mode("/var/lib") == stat.S_IFDIR | 0o755
    assert indexed.mode("/var/log") is None
    with pytest.raises(Unreadable, match=r"^/usr/sbin/lsof: its content was not recorded$") as error:
        indexed.read("/usr/sbin/lsof")
    assert not isinstance(error.value, Absent)


def test_a_mode_of_the_index_counts_before_the_files(indexed: Recording) -> None:
    assert indexed.mode("/etc/hosts") == stat.S_IFREG | 0o600
    assert indexed.text("/etc/hosts") == "h"


def test_a_listing_has_what_is_in_the_files_and_in_the_index(indexed: Recording) -> None:
    assert indexed.entries("/usr/sbin") == ["lsof", "plain", "yum"]
    assert indexed.entries("/etc") == ["hosts", "odd", "shadow"]
    assert indexed.entries("/") == ["etc", "usr", "var"]
    assert indexed.entries("/var/lib/empty") == []
    with pytest.raises(Absent):
        indexed.entries("/var/log")


def test_blocks(indexed: Recording) -> None:
    assert indexed.read_block("/dev/sdb1", 4) == b"XFSB"
    assert len(indexed.read_block("/dev/sdb1", 4096)) == 512
    with pytest.raises(Unreadable, match="was not recorded"):
        indexed.read_block("/dev/sdc1", 4)
    with pytest.raises(Unreadable, match=r"index\.json"):
        indexed.read_block("/dev/bad", 4)


def test_links_go_through_the_index_too(tmp_path: Path) -> None:
    path = recording(tmp_path, {"/etc/x": ""}, index={"paths": {"/usr/bin/lsof": {"mode": "0755"}}})
    (tmp_path / "root" / "bin").symlink_to("usr/bin")
    assert Recording(path).mode("/bin/lsof") == stat.S_IFREG | 0o755


COMMANDS = [
    {"argv": ["/usr/sbin/xfs_info", "/data"], "stdout": "crc=0", "exit_status": 0},
    {"argv": ["xfs_info", "/bad"], "stderr": "no", "exit_status": 1},
    {"argv": ["xfs_info", "/hangs"], "unreadable": "xfs_info /hangs gave no answer within 5 s"},
    {"argv": []},
]


def test_commands_are_matched_by_base_name_and_arguments(tmp_path: Path) -> None:
    host = Recording(recording(tmp_path, commands=COMMANDS))
    result = host.run("xfs_info", "/data")
    assert (result.argv, result.stdout, result.stderr) == (("xfs_info", "/data"), "crc=0", "")
    assert host.run("xfs_info", "/bad").exit_status == 1
    with pytest.raises(Unreadable, match=r"^xfs_info /hangs gave no answer within 5 s$"):
        host.run("xfs_info", "/hangs")
    for argv in (("xfs_info", "/other"), ("xfs_info",), ("xfs_info", "/data", "x"), ("/usr/sbin/xfs_info", "/data")):
        with pytest.raises(Unreadable, match="was not recorded"):
            host.run(*argv)


HOST = {
    "collected_at": "2026-11-20T08:04:11Z",
    "uid": 0,
    "host_name": "web1",
    "interfaces": [{"name": "eth0", "addresses": ["10.1.2.3"]}],
    "machine": 64,
}


def test_what_libraries_told(tmp_path: Path) -> None:
    host = Recording(recording(tmp_path / "web1", host=HOST))
    assert (host.source, host.collected_at) == ("recording web1", "2026-11-20T08:04:11Z")
    assert host.told("uid") == 0
    assert host.told("interfaces") == (ToldAddresses("eth0", ("10.1.2.3",)),)
    with pytest.raises(Unreadable, match=r"host\.json: machine"):
        host.told("machine")
    with pytest.raises(Unreadable, match="kernel release was not recorded"):
        host.told("kernel_release")


@pytest.mark.parametrize("documents", [{"host": HOST}, {"commands": COMMANDS}, {"index": INDEX}])
def test_every_part_may_be_missing(documents: dict[str, Any], tmp_path: Path) -> None:
    host = Recording(recording(tmp_path, **documents))
    assert host.mode("/etc/passwd") is None
    recording(tmp_path / "files", {"/etc/hosts": "x"})
    assert Recording(str(tmp_path / "files")).text("/etc/hosts") == "x"


@pytest.mark.parametrize("date", [5, None, ["x"]])
def test_a_date_of_another_type_is_none(date: object, tmp_path: Path) -> None:
    assert Recording(recording(tmp_path, host={"collected_at": date, "uid": 0})).collected_at is None


@pytest.mark.parametrize("name", ["web1", "web1/", "./web1/.", "other/../web1"])
def test_a_recording_is_called_by_its_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording(tmp_path / "web1", host=HOST)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Recording(name).source == "recording web1"


GARBAGE = [
    b"garbage",
    b"",
    b"\xff\xfe",
    b"3",
    b"null",
    b'"x"',
    b"[" * 100_000,
    b'{"a": "\\ud800", "b": ' + b"[" * 100_000,
]


@pytest.mark.parametrize("content", GARBAGE, ids=lambda content: repr(content[:8]))
@pytest.mark.parametrize("name", ["index", "commands", "host"])
def test_a_document_that_is_garbage_is_one_line_and_4(
    name: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path, {"/etc/hosts": "x"}, **{name: content})
    with pytest.raises(Unreadable, match=rf"^{path}/{name}\.json: "):
        Recording(path)
    assert cli.run(["check", "--recording", path]) == 4
    captured = capsys.readouterr()
    assert captured.err.startswith(f"linuxready: {path}/{name}.json: ")
    assert (captured.out, captured.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("index", {"paths": {"/x": {"mode": 755}}}),
        ("index", {"paths": {"/x": {"mode": "rwx"}}}),
        ("index", {"paths": {"/x": {"mode": ""}}}),
        ("index", {"paths": {"/x": {"mode": "-1"}}}),
        ("index", {"paths": {"/x": {"mode": "7" * 40}}}),
        ("index", {"paths": {"/x": {}}}),
        ("index", {"paths": {"/x": 3}}),
        ("index", {"paths": []}),
        ("index", {"blocks": {"/dev/sda": {"0": 3}}}),
        ("index", {"blocks": {"/dev/sda": "x"}}),
        ("commands", {}),
        ("commands", [{"argv": "xfs_info"}]),
        ("commands", [{"argv": ["xfs_info"], "exit_status": "0"}]),
        ("commands", [{}]),
        ("host", []),
    ],
)
def test_a_document_of_another_shape_is_unreadable(name: str, document: Any, tmp_path: Path) -> None:
    path = recording(tmp_path, {"/etc/hosts": "x"}, **{name: document})
    with pytest.raises(Unreadable, match=rf"^{path}/{name}\.json: "):
        Recording(path)


@pytest.mark.parametrize("key", ["", "x", "/", "//", "/x/", "\0", "\udcff", "/a" * 5000], ids=lambda key: repr(key[:5]))
def test_odd_paths_in_the_index_do_no_harm(key: str, tmp_path: Path) -> None:
    host = Recording(recording(tmp_path, {"/etc/hosts": "x"}, index={"paths": {key: {"mode": "0644"}}}))
    assert host.text("/etc/hosts") == "x"
    assert "etc" in host.entries("/")


@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_what_is_no_recording(what: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unreadable, match="is not a recording"):
        Recording(str(tmp_path / what))


# -- archives --------------------------------------------------------------------------------------------


Member = tuple[str, bytes, str, bytes]
"""Name, type, link name, content."""


def archive(path: Path, *members: Member, mode: str = "w:gz") -> str:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, kind, target, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size, member.mode = kind, target, len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return str(path)


def file(name: str, content: bytes = b"x") -> Member:
    return name, tarfile.REGTYPE, "", content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> Member:
    return name, kind, target, b""


def opened(path: str, ask: Callable[[Recording], Any]) -> Any:
    with open_recording(path) as host:
        return ask(host)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where archives are unpacked, in this test."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
@pytest.mark.parametrize("prefix", ["", "./", "web1/", "./web1/"])
def test_archives_of_every_kind(mode: str, prefix: str, tmp_path: Path, temporary: Path) -> None:
    path = archive(
        tmp_path / "web1.tar",
        file(f"{prefix}root/data/hosts", b"inside"),
        link(f"{prefix}root/etc", "data"),
        file(f"{prefix}host.json", b'{"uid": 0}'),
        mode=mode,
    )
    with open_recording(path) as host:
        assert host.source == "recording web1.tar"
        assert host.text("/etc/hosts") == "inside"
        assert host.told("uid") == 0
        assert host.mode("/data/hosts") == stat.S_IFREG | 0o700
        (folder,) = temporary.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "members",
    [
        [file("host.json", b'{"uid": 0}')],
        [file("web1/host.json", b'{"uid": 0}')],
        [file("root/x"), file("host.json", b'{"uid": 0}')],
    ],
    ids=["host.json only", "in a folder", "beside root"],
)
def test_an_archive_may_lack_any_part(members: list[Member], tmp_path: Path, temporary: Path) -> None:
    path = archive(tmp_path / "web1.tar.gz", *members)
    assert opened(path, lambda host: host.told("uid")) == 0


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([file("a/x"), file("b/x")], " is not a recording: it has neither root/ nor host.json"),
        ([file("web1/host.json", b"[]")], "/host.json: Expected `object`, got `array`"),
    ],
)
def test_what_is_wrong_with_an_archive_names_it(
    members: list[Member], says: str, tmp_path: Path, temporary: Path
) -> None:
    path = archive(tmp_path / "web1.tar.gz", *members)
    with pytest.raises(Unreadable) as error:
        opened(path, lambda _: None)
    assert str(error.value) == f"{path}{says}"


def test_the_recordings_of_the_tests_can_be_archives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = HOSTS / "rhel-7.2-ready"
    path = tmp_path / "web1.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(machine, "rhel-7.2-ready")
    assert cli.run(["check", "--recording", str(path)]) == 0
    assert "recording web1.tar.gz" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["root/etc", "web1/root/etc"])
@pytest.mark.parametrize("target", ["{outside}", "../../../../outside", "../../../outside"])
def test_nothing_outside_is_read_through_a_link_of_an_archive(
    folder: str, target: str, tmp_path: Path, outside: Path, temporary: Path
) -> None:
    path = archive(tmp_path / "evil.tar.gz", link(folder, target.format(outside=outside)), file("root/x"))
    with pytest.raises(Unreadable):
        opened(path, lambda host: host.read("/etc/secret"))


@pytest.mark.parametrize(
    "members",
    [
        [link("root", "{outside}"), file("host.json", b'{"uid": 0}')],
        [link("root", "/"), file("host.json", b'{"uid": 0}')],
        [link("evil", "{outside}")],
        [link("web1/root", "{outside}"), file("web1/host.json", b'{"uid": 0}')],
    ],
    ids=["root to a folder", "root to /", "the recording itself", "inner root"],
)
def test_an_archives_root_is_no_link(members: list[Member], tmp_path: Path, outside: Path, temporary: Path) -> None:
    """The judging machine's own files must not be taken for the recorded one's."""
    formatted = [(name, kind, target.format(outside=outside), content) for name, kind, target, content in members]
    path = archive(tmp_path / "evil.tar.gz", *formatted)
    for asked in ("/secret", str(outside / "secret")):
        with pytest.raises(Unreadable):
            opened(path, lambda host, asked=asked: host.read(asked))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["host", "index", "commands"])
def test_an_archives_documents_are_no_links(name: str, tmp_path: Path, outside: Path, temporary: Path) -> None:
    (outside / "index.json").write_text('{"paths": {"/secret": {"mode": "0644"}}}')
    (outside / "commands.json").write_text('[{"argv": ["xfs_info", "/secret"]}]')
    path = archive(tmp_path / "evil.tar.gz", file("root/x"), link(f"{name}.json", f"{outside}/{name}.json"))
    asks: dict[str, Callable[[Recording], Any]] = {
        "host": lambda host: host.told("host_name"),
        "index": lambda host: host.entries("/secret") if host.mode("/secret") is None else "seen",
        "commands": lambda host: host.run("xfs_info", "/secret"),
    }
    with pytest.raises(Unreadable):
        opened(path, asks[name])


def test_a_damaged_archive_is_one_line_and_4(
    tmp_path: Path, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(archive(tmp_path / "a.tar", file("root/x"), file("root/y")))
    path.write_bytes(path.read_bytes()[:-4])
    assert cli.run(["check", "--recording", str(path)]) == 4
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"linuxready: {path} cannot be unpacked: it ends in the middle\n")
    assert list(temporary.iterdir()) == []

r"""mountinfo, /proc/self/mounts, fstab, and where the system directories are."""

from __future__ import annotations

from pathlib import Path

import pytest

from linuxready.facts import Directory, Fact, FstabEntry, Mount, RejectedLine
from linuxready.host import Absent, Unreadable
from linuxready.host.captured import RootHost
from linuxready.mounttable import MAX_REJECTED, parse_mountinfo, parse_mounts
from linuxready.readers import mounts
from linuxready.readers.mounts import parse_fstab

from ..machines import FakeHost

LINE = "36 35 98:0 /sub /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue"


def one(text: str) -> Mount:
    (mount,), rejected = parse_mountinfo(text)
    assert not rejected
    return mount


def test_a_line_of_mountinfo() -> None:
    assert one(LINE + "\n") == Mount("/mnt", "ext3", "/dev/root", "/sub", "rw,noatime", 1, "98:0", 36, 35)


@pytest.mark.parametrize("optional", ["", "shared:1 ", "shared:1 master:2 propagate_from:3 unbindable "])
def test_optional_fields_end_at_the_dash(optional: str) -> None:
    found = one(f"22 1 8:1 / /a-b rw {optional}- ext4 /dev/sda1 rw\n")
    assert (found.mount_point, found.fs_type, found.source) == ("/a-b", "ext4", "/dev/sda1")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"/a\040b", "/a b"),
        (r"/a\011b", "/a\tb"),
        (r"/a\012b", "/a\nb"),
        (r"/a\134b", "/a\\b"),
        (r"/a\134040b", r"/a\040b"),
        (r"/a\043b", "/a#b"),
        (r"/a\303\251", "/aé"),
        (r"/a\351", "/a\udce9"),
        ("/a\udce9", "/a\udce9"),
        (r"/a\999", r"/a\999"),
        ("/a\\", "/a\\"),
        ("/a\xa0b", "/a\xa0b"),
    ],
)
def test_escapes_are_undone_once(written: str, meant: str) -> None:
    assert one(f"22 1 8:1 {written} {written} rw - ext4 {written} rw\n") == Mount(
        meant, "ext4", meant, meant, "rw", 1, "8:1", 22, 1
    )


def test_a_mount_point_that_looks_like_a_separator() -> None:
    assert one("22 1 8:1 / /- rw - ext4 /dev/sda1 rw\n").mount_point == "/-"


def test_a_line_that_was_cut_is_rejected_or_means_the_same() -> None:
    whole = ((one(LINE + "\n"),), ())
    for length in range(1, len(LINE)):
        cut = LINE[:length]
        assert parse_mountinfo(cut) in (whole, ((), (RejectedLine(1, cut),))), cut


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "36 35 98:0 / /mnt rw ext3 /dev/root rw",
        "36 35 98 / /mnt rw - ext3 /dev/root rw",
        "36 35 98:x / /mnt rw - ext3 /dev/root rw",
        "x 35 98:0 / /mnt rw - ext3 /dev/root rw",
        "36 -1 98:0 / /mnt rw - ext3 /dev/root rw",
        "36 35 98:0 / /mnt - ext3 /dev/root rw",
        "36 35 98:0 / /mnt rw - ext3",
        "\udcff\x00",
    ],
)
def test_lines_that_are_none_are_kept_apart(line: str) -> None:
    found, rejected = parse_mountinfo(f"{LINE}\n\n{line}\n{LINE}\n")
    assert [mount.line for mount in found] == [1, 4]
    assert rejected == (RejectedLine(3, line),)


def test_rejected_lines_are_bounded() -> None:
    _, rejected = parse_mountinfo("\n".join("x" * 1000 for _ in range(500)) + "\n")
    assert len(rejected) == MAX_REJECTED
    assert all(len(line.text) <= 200 for line in rejected)


def test_mounts_has_no_numbers() -> None:
    found, rejected = parse_mounts("/dev/sda1 /a\\040b ext4 rw 0 0\nrootfs /\n")
    assert found == (Mount("/a b", "ext4", "/dev/sda1", "/", "rw", 1),)
    assert rejected == (RejectedLine(2, "rootfs /"),)


def test_mountinfo_is_read_first() -> None:
    both = FakeHost({"/proc/self/mountinfo": LINE + "\n", "/proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n"})
    assert mounts.read(both)[0][0].id == 36
    older = FakeHost({"/proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n"})
    assert mounts.read(older)[0][0].id is None


def test_without_a_table_there_is_none() -> None:
    with pytest.raises(Unreadable, match="no mount table"):
        mounts.read(FakeHost())


@pytest.mark.parametrize("text", ["", "\n", " \n"])
def test_an_empty_table_is_no_table(text: str) -> None:
    """Nothing runs without a mount: an empty file is a cut one, not a machine without file systems."""
    with pytest.raises(Unreadable):
        mounts.read(FakeHost({"/proc/self/mountinfo": text}))


def test_a_table_that_may_not_be_read_is_not_replaced_by_another() -> None:
    files: dict[str, str | bytes] = {"/proc/self/mountinfo": LINE, "/proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n"}
    with pytest.raises(Unreadable, match="permission denied"):
        mounts.read(FakeHost(files, denied=("/proc/self/mountinfo",)))


FSTAB = """\
# /etc/fstab
UUID=abc  /      xfs   defaults 0 0

LABEL=a\\040b\t/data\\040x\text4 ro,password=secret,noauto
"/dev/sda1" /boot ext4 defaults 1 2
/dev/mapper/vg-swap swap swap
tmpfs /tmp
"""


def test_fstab() -> None:
    entries, rejected = parse_fstab(FSTAB)
    assert entries == (
        FstabEntry("UUID=abc", "/", "xfs", 2, ""),
        FstabEntry("LABEL=a b", "/data x", "ext4", 4, "ro,noauto"),
        FstabEntry("/dev/sda1", "/boot", "ext4", 5, ""),
        FstabEntry("/dev/mapper/vg-swap", "swap", "swap", 6, ""),
    )
    assert rejected == (RejectedLine(7, "tmpfs /tmp"),)


def test_quotes_around_a_value_are_no_part_of_it() -> None:
    assert parse_fstab('UUID="abc" / xfs defaults 0 0\n')[0][0].spec == "UUID=abc"


def test_crlf_in_fstab_does_no_harm() -> None:
    assert parse_fstab("/dev/sda1 / xfs\r\n")[0] == (FstabEntry("/dev/sda1", "/", "xfs", 1, ""),)


@pytest.mark.parametrize("line", ["\udc81 \x02 \udcfe", "a b c d"])
def test_a_line_of_fstab_that_names_no_place_is_rejected(line: str) -> None:
    """mount(8) takes an absolute path, `none` or `swap`; a line of three odd words is garbage, not an entry."""
    entries, rejected = parse_fstab(line + "\n")
    assert (entries, len(rejected)) == ((), 1)


def test_without_fstab_there_are_no_entries() -> None:
    assert mounts.read_fstab(FakeHost()) == ((), ())


def test_a_folder_without_etc_tells_nothing_of_fstab(tmp_path: Path) -> None:
    """As of a --root that is not the one that was meant."""
    with pytest.raises(Absent, match="/etc/fstab does not exist"):
        mounts.read_fstab(RootHost(str(tmp_path)))
    (tmp_path / "etc").mkdir()
    assert mounts.read_fstab(RootHost(str(tmp_path))) == ((), ())


def test_an_fstab_that_may_not_be_read_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="permission denied"):
        mounts.read_fstab(FakeHost({"/etc/fstab": ""}, denied=("/etc/fstab",)))


def test_directories_are_where_their_links_lead() -> None:
    links = {"/usr/local": "/srv/local", "/srv": "data", "/var": "../../var2"}
    assert mounts.read_directories(FakeHost(links=links)) == (
        Directory("/", Fact(value="/")),
        Directory("/boot", Fact(value="/boot")),
        Directory("/etc", Fact(value="/etc")),
        Directory("/usr", Fact(value="/usr")),
        Directory("/usr/local", Fact(value="/data/local")),
        Directory("/var", Fact(value="/var2")),
    )


def test_mount_points_behind_links_are_looked_up_where_nothing_is_touched() -> None:
    lines = "/dev/sdb1 /data/var ext4\n/dev/sdc1 /srv ext4\n/dev/sdd1 swap swap\nx /loop nfs\n"
    fstab: dict[str, str | bytes] = {"/etc/fstab": lines}
    links = {"/data": "/srv2", "/loop": "/loop"}
    captured, live = (FakeHost(fstab, links=links) for _ in range(2))
    assert mounts.read_directories(captured)[6:] == (Directory("/data/var", Fact(value="/srv2/var")),)
    live.alive = True
    assert len(mounts.read_directories(live)) == 6


def test_a_directory_behind_a_circle_of_links_is_unknown() -> None:
    found = {d.path: d.real_path for d in mounts.read_directories(FakeHost(links={"/var": "/var2", "/var2": "/var"}))}
    assert "too many symbolic links" in (found["/var"].unknown or "")
    assert found["/usr"].value == "/usr"


def test_a_slash_at_the_end_of_a_mount_point_is_none_of_its_name() -> None:
    entries, rejected = parse_fstab("/dev/sda1 /boot/ ext4 defaults 0 2\nUUID=1 / ext4\nUUID=2 swap swap\n")
    assert [entry.mount_point for entry in entries] == ["/boot", "/", "swap"]
    assert not rejected

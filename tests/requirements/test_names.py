"""english-names, english-paths, machine-name."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import (
    BlockDevice,
    Evidence,
    Fact,
    FstabEntry,
    Hardware,
    Mount,
    OddNames,
    RejectedLine,
    Release,
    Software,
)
from linuxready.report import Finding
from linuxready.requirements.names import fitting, quoted

from ..machines import facts, finding, finding_by, requirement

SYSTEMD = Software({"systemctl": ("/usr/bin/systemctl",)}, {})


def mount(point: str) -> Mount:
    return Mount(point, "ext4", "/dev/sdb1", "/", "rw", 7, "8:17", 7, 1)


def volume(dm_name: str, kind: str = "lvm") -> BlockDevice:
    return BlockDevice("dm-0", "253:0", kind, ("sda",), 2**30, False, dm_name)


def names(**known: Any) -> Finding:
    sound = {"host_name": "web1", "mounts": (mount("/"),), "block_devices": (volume("vg-root"),), "software": SYSTEMD}
    return finding(facts(**{**sound, **known}), "english-names")


def commands(found: Finding) -> list[str]:
    return [remedy.text for remedy in found.remedies if remedy.kind == "command"]


# -- english-names ---------------------------------------------------------------------------------------


def test_a_pass_says_what_was_looked_at() -> None:
    found = names()
    assert (found.status, found.found) == ("pass", "web1; 1 mount points; 1 block devices")


ODD = {
    "umlaut": ("b\u00fcro", "b\\xc3\\xbcro"),
    "line break": ("a\nb", "a\\x0ab"),
    "tab": ("a\tb", "a\\x09b"),
    "escape": ("a\x1b[2Jb", "a\\x1b[2Jb"),
    "delete": ("a\x7fb", "a\\x7fb"),
    "not UTF-8": ("caf\udce9", "caf\\xe9"),
    "right to left": ("\u202etxt", "\\xe2\\x80\\xaetxt"),
    "Cyrillic that looks Latin": ("d\u0430ta", "d\\xd0\\xb0ta"),
}


@pytest.mark.parametrize(("name", "shown"), ODD.values(), ids=ODD)
def test_odd_names_fail_and_are_shown_by_their_bytes(name: str, shown: str) -> None:
    found = names(host_name=name)
    assert (found.status, found.found) == ("fail", f"host name {name}: not in printable ASCII")
    assert found.evidence == (Evidence("host name", shown),)
    found = names(mounts=(mount("/"), mount(f"/data/{name}")))
    assert found.status == "fail"
    assert found.evidence == (Evidence("/proc/self/mountinfo:7", f"/data/{shown}"),)
    assert commands(found) == [f"umount $'/data/{shown}'"]
    found = names(block_devices=(volume(f"vg-{name}"),))
    assert found.status == "fail"
    assert found.evidence == (Evidence("/sys/class/block/dm-0", f"vg-{shown}"),)
    assert commands(found) == [f"lvrename $'vg' $'{shown}' NEWNAME"]


@pytest.mark.parametrize("name", ["a b", "it's", "~!@#$%^&*()", "x" * 300])
def test_printable_ascii_is_english(name: str) -> None:
    assert names(mounts=(mount(f"/{name}"),)).status == "pass"


def test_what_libdevmapper_escaped_is_undone() -> None:
    """The kernel's name is ASCII then, the volume's is not; an escaped space is a space."""
    found = names(block_devices=(volume(r"vg-b\xc3\xbcro"),))
    assert (found.status, found.found) == ("fail", "volume vg-b\u00fcro: not in printable ASCII")
    assert names(block_devices=(volume(r"my\x20crypt", "crypt"),)).status == "pass"


def test_a_group_is_renamed_by_itself() -> None:
    found = names(block_devices=(volume("b\u00fcro--vg-my--lv"),))
    assert commands(found) == ["vgrename $'b\\xc3\\xbcro-vg' NEWNAME"]


@pytest.mark.parametrize(("kind", "file"), [("mpath", "/etc/multipath.conf"), ("crypt", "/etc/crypttab")])
def test_other_maps_are_renamed_in_their_files(kind: str, file: str) -> None:
    assert file in names(block_devices=(volume("b\u00fc", kind),)).remedies[0].text


def test_a_mount_point_of_fstab_is_changed_there() -> None:
    entry = FstabEntry("/dev/sdb1", "/b\u00fcro", "ext4", 12)
    found = names(mounts=(mount("/b\u00fcro"),), fstab=(entry,))
    assert found.remedies[0].text == "on line 12 of /etc/fstab, another mount point for /dev/sdb1"


@pytest.mark.parametrize(
    ("release", "software", "texts"),
    [
        ("rhel", SYSTEMD, ["hostnamectl set-hostname b-ro.example.com"]),
        ("rhel", None, ["hostname b-ro.example.com", "in /etc/sysconfig/network: HOSTNAME=b-ro.example.com"]),
        ("sles", None, ["hostname b-ro.example.com", "in /etc/HOSTNAME: b-ro.example.com"]),
        ("ubuntu", None, ["hostname b-ro.example.com", "in /etc/hostname: b-ro.example.com"]),
        ("else", None, ["hostname b-ro.example.com", "change it where the system keeps it"]),
    ],
)
def test_how_a_host_gets_another_name(release: str, software: Software | None, texts: list[str]) -> None:
    known = Release(release, release, "1", "1", "/etc/x", "")
    found = names(host_name="b\u00fcro.example.com", release=known, software=software or Software({}, {}))
    assert [r.text for r in found.remedies] == [
        *texts,
        "in /etc/hosts, b\\xc3\\xbcro.example.com becomes b-ro.example.com",
    ]


UNSEEN: Fact[Any] = Fact(unknown="not seen")


@pytest.mark.parametrize("name", ["host_name", "mounts", "block_devices"])
def test_what_was_not_seen_hides_no_failure(name: str) -> None:
    assert (names(**{name: UNSEEN}).status, names(**{name: UNSEEN}).found) == ("unknown", "not seen")
    other = {"block_devices": (volume("\u00fc"),)} if name != "block_devices" else {"host_name": "\u00fc"}
    assert names(**{name: UNSEEN, **other}).status == "fail"


def test_a_line_of_the_mount_table_that_nobody_understood_is_unknown() -> None:
    assert names(mounts_rejected=(RejectedLine(9, "64 60 253:2 / /v"),)).status == "unknown"


@pytest.mark.parametrize(("text", "word"), [("a'b", r"$'a\'b'"), ("a\\b", r"$'a\\b'"), ("\u00fc", r"$'\xc3\xbc'")])
def test_words_for_a_shell(text: str, word: str) -> None:
    assert quoted(text) == word


# -- english-paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (OddNames((), 0, 2143), "pass", "2,143 names of files"),
        (OddNames(("/etc/\u00fc",), 1, 9), "warn", "1 file with a name not in printable ASCII"),
        (OddNames(("/etc/\u00fc",), 1200, 9), "warn", "1,200 files with a name not in printable ASCII"),
        (OddNames(("/etc/\u00fc",), 1, 9, "slow"), "warn", "at least 1 file with a name not in printable ASCII"),
        (OddNames((), 0, 9, "slow"), "unknown", "not all file names were looked at: slow"),
    ],
)
def test_english_paths(found: OddNames, status: str, said: str) -> None:
    judged = finding(facts(odd_names=found), "english-paths")
    assert (judged.status, judged.found) == (status, said)
    assert all(Evidence("file", path) in judged.evidence for path in found.paths)


def test_paths_that_nobody_walked_are_unknown() -> None:
    assert finding(facts(), "english-paths").status == "unknown"


# -- machine-name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "trouble", "better"),
    [
        ("w", None, None),
        ("web1", None, None),
        ("1-a", None, None),
        ("web1.b\u00fcro_x.example.com", None, None),
        ("n" * 63, None, None),
        ("n" * 64, "64 characters", "n" * 63),
        ("web-", "begins or ends with a hyphen", "web"),
        ("-web", "begins or ends with a hyphen", "web"),
        ("db_01", "has other characters than letters, digits and hyphens", "db-01"),
        ("b\u00fcro", "has other characters than letters, digits and hyphens", "b-ro"),
        ("web\n", "has other characters than letters, digits and hyphens", "web"),
        ("", "empty", None),
        (".example.com", "empty", None),
    ],
)
def test_machine_name(name: str, trouble: str | None, better: str | None) -> None:
    found = finding(facts(host_name=name), "machine-name")
    said = f"{name.partition('.')[0]} (host name; the one in vCenter counts)"
    assert (found.status, found.found) == (("warn", f"{said}: {trouble}") if trouble else ("pass", said))
    assert not better or found.remedies[0].text.endswith(f"; {better} would do")


def test_a_physical_machine_has_no_name_in_vcenter() -> None:
    physical = facts(host_name="db_01", hardware=Hardware("HP", "ProLiant"), software=SYSTEMD)
    found = finding(physical, "machine-name")
    assert found.found.startswith("db_01 (host name): ")
    assert commands(found) == ["hostnamectl set-hostname db-01"]


def test_without_a_host_name_it_is_unknown() -> None:
    assert finding(facts(), "machine-name").status == "unknown"


def test_the_name_counts_where_the_vm_is_managed() -> None:
    managed = finding_by(
        requirement("machine-name", named_in="VMM"), facts(host_name="db_01", hardware=Hardware("HP", "ProLiant"))
    )
    assert "the one in VMM counts" in managed.found
    assert managed.remedies[0].text.startswith("see the name of the VM in VMM")


@pytest.mark.parametrize(("label", "name"), [("a__b", "a-b"), ("--", ""), ("a" * 62 + "-b", "a" * 62), ("\u00fc", "")])
def test_a_fitting_name(label: str, name: str) -> None:
    assert fitting(label) == name

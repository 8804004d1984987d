"""Which distribution this is, by the files that the field has."""

from __future__ import annotations

import pytest

from linuxready.facts import Release
from linuxready.host import Unreadable
from linuxready.readers import release
from linuxready.readers.release import parse_release_line, parse_suse_release

from ..machines import FakeHost, facts, finding

Files = dict[str, str | bytes]


def os_release(id: str, version: str = "", name: str = "", **more: str) -> str:
    words = {"ID": id, "VERSION_ID": version, "NAME": name, **more}
    return "".join(f'{key}="{value}"\n' for key, value in words.items() if value)


CENTOS7 = os_release("centos", "7", "CentOS Linux", VERSION="7 (Core)", PRETTY_NAME="CentOS Linux 7 (Core)")
SUSE = "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = {}\n"
RHEL68 = "Red Hat Enterprise Linux Server release 6.8 (Santiago)\n"


def read(files: Files) -> Release:
    return release.read(FakeHost(files))


MACHINES = [
    ({"/etc/redhat-release": RHEL68}, ("rhel", "6.8", "6.8", "/etc/redhat-release")),
    ({"/etc/centos-release": "CentOS release 6.8 (Final)\n", "/etc/redhat-release": "CentOS release 6.8 (Final)\n"},
     ("centos", "6.8", "6.8", "/etc/centos-release")),
    ({"/etc/os-release": os_release("rhel", "7.2", "Red Hat Enterprise Linux Server"),
      "/etc/redhat-release": "Red Hat Enterprise Linux Server release 7.2 (Maipo)\n"},
     ("rhel", "7.2", "7.2", "/etc/os-release")),
    ({"/etc/os-release": CENTOS7, "/etc/centos-release": "CentOS Linux release 7.2.1511 (Core) \n"},
     ("centos", "7.2", "7.2.1511", "/etc/centos-release")),
    ({"/etc/os-release": CENTOS7, "/etc/redhat-release": "CentOS Linux release 7.2.1511 (Core) \n"},
     ("centos", "7.2", "7.2.1511", "/etc/redhat-release")),
    ({"/etc/os-release": CENTOS7, "/etc/centos-release": "CentOS release 6.8 (Final)\n"},
     ("centos", "7", "7", "/etc/os-release")),
    ({"/etc/os-release": CENTOS7}, ("centos", "7", "7", "/etc/os-release")),
    ({"/etc/oracle-release": "Oracle Linux Server release 6.5\n", "/etc/redhat-release": RHEL68},
     ("oracle", "6.5", "6.5", "/etc/oracle-release")),
    ({"/etc/os-release": os_release("ol", "7.2", "Oracle Linux Server"),
      "/etc/oracle-release": "Oracle Linux Server release 7.2\n"}, ("oracle", "7.2", "7.2", "/etc/oracle-release")),
    ({"/etc/SuSE-release": SUSE.format(3)}, ("sles", "11.3", "11.3", "/etc/SuSE-release")),
    ({"/etc/SuSE-release": SUSE.format(4), "/etc/os-release": os_release("sles", "11.4", "SLES")},
     ("sles", "11.4", "11.4", "/etc/os-release")),
    ({"/etc/os-release": os_release("sles", "12.1", "SLES", VERSION="12-SP1")},
     ("sles", "12.1", "12.1", "/etc/os-release")),
    ({"/etc/os-release": os_release("centos", "8", "CentOS Stream"),
      "/etc/centos-release": "CentOS Stream release 8\n"}, ("centos-stream", "8", "8", "/etc/centos-release")),
    ({"/etc/os-release": os_release("rhel", "7.0", "Scientific Linux")},
     ("scientific", "7.0", "7.0", "/etc/os-release")),
    ({"/etc/redhat-release": "Scientific Linux release 6.8 (Carbon)\n"},
     ("scientific", "6.8", "6.8", "/etc/redhat-release")),
    ({"/etc/redhat-release": "CloudLinux Server release 6.8 (X)\n"},
     ("cloudlinux", "6.8", "6.8", "/etc/redhat-release")),
    ({"/etc/system-release": "Amazon Linux AMI release 2018.03\n"},
     ("amzn", "2018.03", "2018.03", "/etc/system-release")),
    ({"/etc/os-release": os_release("rocky", "8.4", "Rocky Linux"),
      "/etc/redhat-release": "Rocky Linux release 8.4 (Green Obsidian)\n"}, ("rocky", "8.4", "8.4", "/etc/os-release")),
    ({"/etc/os-release": os_release("debian", "12", "Debian GNU/Linux"), "/etc/debian_version": "12.7\n"},
     ("debian", "12.7", "12.7", "/etc/debian_version")),
    ({"/etc/os-release": os_release("debian", "12", "Debian GNU/Linux"), "/etc/debian_version": "13.1\n"},
     ("debian", "12", "12", "/etc/os-release")),
    ({"/etc/os-release": os_release("ubuntu", "14.04", "Ubuntu", VERSION="14.04.3 LTS, Trusty Tahr"),
      "/etc/debian_version": "jessie/sid\n"}, ("ubuntu", "14.04", "14.04.3", "/etc/os-release")),
    ({"/etc/lsb-release": 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\n'},
     ("ubuntu", "10.04", "10.04", "/etc/lsb-release")),
    ({"/usr/lib/os-release": os_release("fedora", "40", "Fedora")}, ("fedora", "40", "40", "/usr/lib/os-release")),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), MACHINES, ids=lambda value: " ".join(value))
def test_machines_of_the_field(files: Files, expected: tuple[str, str, str, str]) -> None:
    found = read(files)
    assert (found.id, found.version, found.version_full, found.file) == expected
    assert found.text


def test_the_evidence_is_what_stood_there() -> None:
    found = read({"/etc/redhat-release": RHEL68})
    assert (found.name, found.text) == ("Red Hat Enterprise Linux Server", RHEL68.strip())
    assert read({"/etc/SuSE-release": SUSE.format(3)}).text.endswith("VERSION = 11, PATCHLEVEL = 3")


@pytest.mark.parametrize(
    "files",
    [
        {"/etc/redhat-release": "Red Hat Enterprise Linux Server release 7.2 Beta (Maipo)\n"},
        {
            "/etc/redhat-release": "Red Hat Enterprise Linux Server release 7.2 Beta (Maipo)\n",
            "/etc/os-release": os_release("rhel", "7.2", "Red Hat Enterprise Linux Server"),
        },
        {
            "/etc/os-release": os_release(
                "rhel",
                "7.2",
                "Red Hat Enterprise Linux Server",
                VERSION="7.2 Beta (Maipo)",
                PRETTY_NAME="RHEL 7.2 Beta",
            )
        },
    ],
    ids=["redhat-release", "both", "os-release"],
)
def test_a_beta_fails_wherever_it_is_written(files: Files) -> None:
    assert finding(facts(release=read(files)), "distribution").status == "fail"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CentOS Linux release 7.2.1511 (Core)", ("centos", "7.2", "7.2.1511")),
        ("Red Hat Enterprise Linux Server release 7.2 Beta (Maipo)", ("rhel", "7.2", "7.2 Beta")),
        ("Red Hat Enterprise Linux release 9.0 RC1 (Plow)", ("rhel", "9.0", "9.0 RC1")),
        ("Enterprise Linux Enterprise Linux Server release 5.8 (Carthage)", ("oracle", "5.8", "5.8")),
        ("red hat enterprise linux server RELEASE 6.8", ("rhel", "6.8", "6.8")),
        ("AlmaLinux release 8.4 (Electric Cheetah)", ("almalinux", "8.4", "8.4")),
        ("XenServer release 7.1.0 (xenenterprise)", ("xenserver", "7.1", "7.1.0")),
        ("A Redhat Clone release 6.8", ("a-redhat-clone", "6.8", "6.8")),
        ("Red Hat Enterprise Linux", None),
        ("release 7", None),
        ("", None),
        ("\udcff\0", None),
    ],
)
def test_release_lines(line: str, expected: tuple[str, str, str] | None) -> None:
    assert parse_release_line(f"{line}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SUSE.format(3), ("sles", "11.3")),
        ("SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\n", ("sles", "11")),
        ("SUSE Linux Enterprise Desktop 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 3\n", ("sled", "11.3")),
        ("openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n", ("opensuse", "13.2")),
        ("openSUSE\n", None),
        ("", None),
    ],
)
def test_suse_release(text: str, expected: tuple[str, str] | None) -> None:
    assert parse_suse_release(text) == expected


def test_no_release_file_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="none of"):
        read({})


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"ID=\n", b'ID="unclosed\n', b"NAME=x\n"],
    ids=["empty", "bytes", "no id", "quote", "name"],
)
def test_an_os_release_that_says_nothing_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read({"/etc/os-release": content})


def test_what_may_not_be_read_is_named() -> None:
    with pytest.raises(Unreadable, match="/etc/os-release: permission denied"):
        release.read(FakeHost({"/etc/os-release": ""}, denied=("/etc/os-release",)))


@pytest.mark.parametrize("content", ["garbage", "", "\udcff\0"])
def test_oracles_file_that_says_nothing_does_not_leave_red_hats_text(content: str) -> None:
    """Oracle 6.8 is not RHEL 6.8: where /etc/oracle-release is there, redhat-release must not be believed."""
    files: Files = {"/etc/oracle-release": content, "/etc/redhat-release": RHEL68}
    with pytest.raises(Unreadable):
        read(files)


def test_oracles_file_that_may_not_be_read_does_not_leave_red_hats_text() -> None:
    files: Files = {"/etc/oracle-release": "", "/etc/redhat-release": RHEL68}
    with pytest.raises(Unreadable, match="/etc/oracle-release: permission denied"):
        release.read(FakeHost(files, denied=("/etc/oracle-release",)))


def test_the_name_of_a_distribution_does_not_come_from_this_machine() -> None:
    """`distro` asks lsb_release and uname of the machine it runs on unless it is told not to."""
    found = read({"/etc/os-release": "ID=madeup\nVERSION_ID=1.0\n"})
    assert (found.id, found.version, found.name) == ("madeup", "1.0", "madeup")

"""lsof, by the check `program`."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from linuxready.facts import Evidence, Fact, Facts, Release, Software
from linuxready.report import Remedy

from ..machines import facts, finding, finding_by, requirement


def software(*programs: str, **unreadable: str) -> Software:
    """What was looked for: these programs were found, the others not."""
    looked_for = dict.fromkeys(("lsof", "yum", "dnf", "zypper"), ())
    return Software({**looked_for, **{program: (f"/usr/bin/{program}",) for program in programs}}, unreadable)


def machine(name: str, version: str, *programs: str) -> Facts:
    release = Release(name, name, version, version, "/etc/os-release", f"ID={name}")
    return facts(release=release, software=software(*programs))


@pytest.mark.parametrize(("name", "version"), [("rhel", "7.2"), ("centos", "7.0"), ("rhel", "7"), ("centos", "7.9")])
def test_lsof_is_asked_for_on_the_sevens(name: str, version: str) -> None:
    found = finding(machine(name, version, "lsof"), "lsof")
    assert (found.status, found.found) == ("pass", "/usr/bin/lsof")
    assert found.evidence == (Evidence("/usr/bin/lsof", "executable"),)
    assert finding(machine(name, version), "lsof").status == "fail"


@pytest.mark.parametrize(
    ("programs", "remedy"),
    [
        (("yum",), Remedy("command", "yum install lsof")),
        (("yum", "dnf"), Remedy("command", "dnf install lsof")),
        ((), Remedy("hint", "install lsof")),
    ],
)
def test_the_remedy_names_the_package_manager(programs: tuple[str, ...], remedy: Remedy) -> None:
    assert finding(machine("rhel", "7.2", *programs), "lsof").remedies == (remedy,)


@pytest.mark.parametrize(
    ("name", "version"),
    [("rhel", "6.8"), ("centos", "6.8"), ("oracle", "7.2"), ("scientific", "7.2"), ("rhel", "70.1"), ("rhel", "")],
)
def test_elsewhere_it_is_skipped_and_says_why(name: str, version: str) -> None:
    found = finding(machine(name, version), "lsof")
    assert (found.status, found.found) == ("skip", "not RHEL 7 or CentOS 7")
    assert found.evidence[0].source == "/etc/os-release"


def test_distribution_unknown_is_unknown() -> None:
    assert finding(facts(software=software("lsof")), "lsof").status == "unknown"


def test_programs_unknown_is_unknown() -> None:
    known = facts(release=Release("rhel", "", "7.2", "7.2", "", ""), software=Fact(unknown="/usr/bin: denied"))
    found = finding(known, "lsof")
    assert (found.status, found.found) == ("unknown", "/usr/bin: denied")


def test_a_place_that_could_not_be_looked_at_is_unknown_unless_the_program_is_elsewhere() -> None:
    denied = "/usr/sbin/lsof: permission denied (run as root)"
    known = machine("rhel", "7.2")
    found = finding(replace(known, software=Fact(value=software(lsof=denied))), "lsof")
    assert (found.status, found.found) == ("unknown", denied)
    assert finding(replace(known, software=Fact(value=software("lsof", lsof=denied))), "lsof").status == "pass"
    assert finding(replace(known, software=Fact(value=software(yum=denied))), "lsof").status == "fail"


def test_program_and_distributions_are_the_profiles() -> None:
    changed = requirement("lsof", program="zypper", on={"sles": ("11", "12")})
    assert finding_by(changed, machine("sles", "11.3", "zypper")).status == "pass"
    assert finding_by(changed, machine("rhel", "7.2")).found == "not SLES 11 or SLES 12"


def test_a_program_that_nobody_looked_for_is_not_said_to_be_missing() -> None:
    """The reader looks for a list of programs; a profile of one's own may name another."""
    changed = requirement("lsof", program="mdadm")
    found = finding_by(changed, machine("rhel", "7.2", "lsof"))
    assert (found.status, found.found) == ("unknown", "mdadm was not looked for")

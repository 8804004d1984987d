"""ssh-at-boot: what is said and what is to be done, for each obstacle and init system."""

from __future__ import annotations

import msgspec
import pytest

from linuxready.facts import Evidence, Fact, Facts, Release, Service, Software
from linuxready.report import Finding, Remedy

from ..machines import facts, finding

SEEN = (Evidence("/etc/inittab:18", "id:3:initdefault:"),)


def ssh(
    obstacle: str | None, init: str = "systemd", unit: str = "sshd.service", seen: tuple[Evidence, ...] = SEEN
) -> Service:
    boots_to = "multi-user.target" if init == "systemd" else "runlevel 3"
    return Service(obstacle is None, init, boots_to, unit, obstacle, seen)


def machine(found: Service, *programs: str) -> Facts:
    return facts(ssh=found, software=Software({name: (f"/usr/bin/{name}",) for name in programs}, {}))


def judged(found: Service, *programs: str) -> Finding:
    return finding(machine(found, *programs), "ssh-at-boot")


def commands(found: Finding) -> list[str]:
    return [remedy.text for remedy in found.remedies if remedy.kind == "command"]


@pytest.mark.parametrize(
    ("init", "unit", "spoken"),
    [
        ("systemd", "ssh.socket", "ssh.socket starts at boot (multi-user.target)"),
        ("sysv", "sshd", "sshd starts at boot (runlevel 3)"),
        ("upstart", "ssh", "ssh starts at boot (runlevel 3)"),
    ],
)
def test_what_starts_passes(init: str, unit: str, spoken: str) -> None:
    found = judged(ssh(None, init, unit))
    assert (found.status, found.found, found.evidence, found.remedies) == ("pass", spoken, SEEN, ())


@pytest.mark.parametrize(
    ("obstacle", "spoken"),
    [
        ("not-installed", "the SSH server is not installed"),
        ("disabled", "sshd.service does not start at boot (multi-user.target)"),
        ("masked", "sshd.service is masked"),
        ("not-executable", "the script of sshd.service is not executable"),
        ("not-to-be-run", "sshd.service is kept from starting"),
        ("no-service", "sshd.service has no service to hand connections to"),
    ],
)
def test_every_obstacle_fails_in_its_own_words(obstacle: str, spoken: str) -> None:
    found = judged(ssh(obstacle))
    assert (found.status, found.found, found.evidence) == ("fail", spoken, SEEN)
    assert found.remedies


@pytest.mark.parametrize(
    ("programs", "install"),
    [
        (("yum",), ["yum install openssh-server", "systemctl enable sshd.service"]),
        (("yum", "dnf"), ["dnf install openssh-server", "systemctl enable sshd.service"]),
        (("zypper",), ["zypper install openssh", "systemctl enable sshd.service"]),
        (("apt-get",), ["apt-get install openssh-server", "systemctl enable ssh.service"]),
    ],
)
def test_installing_is_done_with_the_machines_own_package_manager(
    programs: tuple[str, ...], install: list[str]
) -> None:
    assert commands(judged(ssh("not-installed"), *programs)) == install


def test_a_debian_that_has_dnf_installs_by_apt_get() -> None:
    programs = Software({"dnf": ("/usr/bin/dnf",), "apt-get": ("/usr/bin/apt-get",)}, {})
    release = Release("debian", "Debian", "12.1", "12.1", "/etc/os-release", "Debian 12")
    known = facts(ssh=ssh("not-installed"), software=Fact(value=programs), release=Fact(value=release))
    assert commands(finding(known, "ssh-at-boot"))[0] == "apt-get install openssh-server"


def test_installing_under_sysv_ends_with_the_scripts_own_tool() -> None:
    found = judged(ssh("not-installed", "sysv", "sshd"), "yum", "chkconfig")
    assert commands(found) == ["yum install openssh-server", "chkconfig sshd on"]
    found = judged(ssh("not-installed", "sysv", "sshd"), "apt-get", "update-rc.d")
    assert commands(found) == ["apt-get install openssh-server", "update-rc.d ssh defaults"]


def test_without_a_package_manager_installing_is_a_hint() -> None:
    (remedy,) = judged(ssh("not-installed")).remedies
    assert remedy.kind == "hint"
    assert "install the OpenSSH server" in remedy.text


def test_unknown_software_still_gives_remedies() -> None:
    found = finding(facts(ssh=ssh("not-installed"), software=Fact(unknown="denied")), "ssh-at-boot")
    assert found.remedies[0].kind == "hint"


def test_a_masked_unit_is_unmasked_and_enabled() -> None:
    found = judged(ssh("masked", unit="ssh.service"))
    assert commands(found) == ["systemctl unmask ssh.service", "systemctl enable ssh.service"]


@pytest.mark.parametrize(
    ("init", "unit", "programs", "enable"),
    [
        ("systemd", "sshd.service", ("chkconfig",), "systemctl enable sshd.service"),
        ("systemd", "ssh.socket", (), "systemctl enable ssh.socket"),
        ("sysv", "sshd", ("chkconfig",), "chkconfig sshd on"),
        ("sysv", "sshd", (), "chkconfig sshd on"),
        ("sysv", "ssh", ("update-rc.d",), "update-rc.d ssh defaults"),
        ("upstart", "sshd", ("chkconfig",), "chkconfig sshd on"),
    ],
)
def test_enabling_is_done_with_the_machines_own_tools(
    init: str, unit: str, programs: tuple[str, ...], enable: str
) -> None:
    assert commands(judged(ssh("disabled", init, unit), *programs)) == [enable]


@pytest.mark.parametrize("source", ["/etc/init/ssh.override", "/etc/init/ssh.conf"])
def test_an_upstart_job_is_edited_where_it_was_decided(source: str) -> None:
    seen = (Evidence("/etc/inittab:2", "id:2:initdefault:"), Evidence(f"{source}:1", "manual"))
    found = judged(ssh("disabled", "upstart", "ssh", seen), "update-rc.d")
    assert commands(found) == []
    assert source in found.remedies[0].text


def test_a_target_that_starts_no_services_is_changed() -> None:
    stuck = msgspec.structs.replace(ssh("disabled"), boots_to="rescue.target")
    assert commands(judged(stuck))[0] == "systemctl set-default multi-user.target"


def test_a_runlevel_that_starts_no_services_is_changed() -> None:
    stuck = msgspec.structs.replace(ssh("disabled", "sysv", "sshd"), boots_to="runlevel 1")
    assert "id:3:initdefault:" in judged(stuck).remedies[0].text


def test_a_script_is_made_executable() -> None:
    assert commands(judged(ssh("not-executable", "sysv", "sshd"))) == ["chmod +x /etc/init.d/sshd"]


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence("/etc/ssh/sshd_not_to_be_run", "exists"),
        Evidence("/lib/systemd/system/ssh.service:4", "ConditionPathExists=!/etc/ssh/sshd_not_to_be_run"),
    ],
)
def test_the_file_that_stops_the_server_is_removed(evidence: Evidence) -> None:
    assert commands(judged(ssh("not-to-be-run", seen=(evidence,)))) == ["rm /etc/ssh/sshd_not_to_be_run"]


def test_another_condition_is_quoted() -> None:
    evidence = Evidence("/etc/systemd/system/sshd.service.d/x.conf:2", "ConditionPathExists=/data")
    found = judged(ssh("not-to-be-run", seen=(evidence,)))
    assert found.remedies == (Remedy("hint", "make the condition of sshd.service hold: ConditionPathExists=/data"),)


def test_a_socket_without_its_service() -> None:
    assert "service of sshd.socket" in judged(ssh("no-service", unit="sshd.socket")).remedies[0].text


def test_ssh_not_known_is_unknown() -> None:
    found = finding(facts(ssh=Fact(unknown="the default runlevel is not known")), "ssh-at-boot")
    assert (found.status, found.found) == ("unknown", "the default runlevel is not known")

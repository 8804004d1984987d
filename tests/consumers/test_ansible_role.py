"""The role over real sshd: four machines and one whose port is closed.

web1   ready        by a profile of the administrator's own, which lists Debian 12: this machine's kernel and Debian are
                    on no shipped list
db1    not ready    by the same: its SSH server does not start at boot, and a mount point has an evil name
mail1  undetermined by one that asks for /etc/hosts, too: a veth is no adapter that could be looked up there
old1   not ready    by the shipped profile
gone1  unreachable
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import PROJECT, Packages
from tests.packaging.roots import PLACE
from tests.packaging.test_dpkg import offer

from . import programs
from .caches import CACHE, caches, put
from .fleet import Fleet, fleet
from .test_docs import assert_printed, steps

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces: run as root")]

PASSING = ("/tmp", "/root/.ansible", "/var/log", "/var/lib/dpkg", "/run", "/proc", "/sys", "/dev", "/var/cache")
"""Where Ansible, ssh and dpkg keep what passes."""

OURS = (
    *("/usr/bin/linuxready", "/usr/lib/linuxready", "/usr/lib/systemd/system/linuxready", "/var/lib/linuxready"),
    *("/etc/linuxready", "/etc/ansible", "/etc/facter"),
    *(f"/usr/share/{name}" for name in ("bash-completion", "doc/linuxready", "fish", "lintian", "man", "zsh")),
)
"""What the packages bring."""

ROLE = PROJECT / "packaging/ansible"
PROFILES = "/etc/linuxready/profiles.d"
EVIL = """/mnt/{{ lookup('pipe', 'touch MARK') }}
second line"""

HEAD = """\
name = "own"
title = "Ours"
use_when = "it is tested"
document = "House rules"
as_of = "2026-11-01"
"""
ROW = """
[[requirement]]
check = "{check}"
id = "{check}"
title = "{check}"
level = "required"
section = "all"
expected = "as the house rules say"
{more}
"""
OWN = HEAD + "".join(
    ROW.format(check=check, more=more)
    for check, more in {
        "architecture": 'machines = ["x86_64"]',
        "distribution": '[requirement.listed]\ndebian = ["RELEASE"]',
        "ssh-at-boot": "",
        "english-names": "",
        "machine-name": "",
    }.items()
)
WITH_HOSTS = OWN + ROW.format(check="hosts-file", more="")

ALL = ("web1", "db1", "mail1", "old1")
OWN_PROFILE = {name: () if name == "old1" else ("--profile", f"{PROFILES}/own.toml") for name in ALL}
OPTIONS = {name: f"linuxready_options='{json.dumps(words)}'" for name, words in OWN_PROFILE.items() if words}
CASES = caches()

NOT_INSTALLED = [
    "ready (0): none",
    "not ready (0): none",
    "undetermined (4): db1, mail1, old1, web1",
    "unreachable (1): gone1",
]
SUMMARY = [
    "ready (1): web1",
    "not ready (2): db1, old1",
    "  1  distribution",
    "  1  english-names",
    "  1  ssh-at-boot",
    "undetermined (1): mail1",
    "  1  hosts-file",
    "unreachable (1): gone1",
]


newest_only = pytest.mark.parametrize("ansible", ["newest"], indirect=True)
"""What does not depend on Ansible's version, once."""


@pytest.fixture(scope="module", params=["oldest", "newest"])
def ansible(request: pytest.FixtureRequest) -> Path:
    return programs.oldest_ansible() if request.param == "oldest" else programs.newest_ansible()


@pytest.fixture(scope="module")
def machines(ansible: Path, debian: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The fleet without linuxready; the profiles are the administrator's, as is what is wrong with db1."""
    folder = tmp_path_factory.mktemp("fleet")
    with fleet(debian, folder, ALL, OPTIONS) as made:
        for name, profile in {"web1": OWN, "db1": OWN, "mail1": WITH_HOSTS}.items():
            place = made.targets[name].path(f"{PROFILES}/own.toml")
            place.parent.mkdir(parents=True)
            release = made.targets[name].run("cat", "/etc/debian_version").strip()
            place.write_text(profile.replace("RELEASE", release))
        made.targets["db1"].run("systemctl", "disable", "ssh.service")
        evil = EVIL.replace("MARK", str(folder / "pwned"))
        made.targets["db1"].beside("sh", "-euc", 'mkdir -p "$0"; mount -t tmpfs evil "$0"', PLACE + evil)
        shutil.copytree(ROLE, folder / "role")
        yield made


def play(machines: Fleet, ansible: Path, *words: str) -> str:
    """What a play prints."""
    return machines.run(ansible / "ansible-playbook", machines.folder / "role/linuxready.yml", *words).stdout


def with_files(packages: Packages) -> str:
    """The variable that names every package, of all formats."""
    files = sorted(str(file) for file in packages.folder.glob("linuxready*.*"))
    assert {Path(file).suffix for file in files} == {".deb", ".rpm"}
    return f"--extra-vars={json.dumps({'linuxready_files': files})}"


def summary(told: str) -> list[str]:
    """The lines of the task that sums up, as the default callback prints a list."""
    (text,) = re.findall(r"TASK \[linuxready : Sum up\].*?\"msg\": (\[.*?\n    \])", told, re.S)
    lines: list[str] = json.loads(text)
    return lines


def changed(told: str) -> dict[str, int]:
    """How many tasks have changed each machine."""
    return {host: int(count) for host, count in re.findall(r"^(\S+) +: ok=.* changed=(\d+) ", told, re.M)}


def judged_by(machines: Fleet, name: str) -> Any:
    """What linuxready says on a machine itself."""
    words = ("linuxready", "check", "--format", "json", *OWN_PROFILE[name])
    return json.loads(machines.targets[name].run(*words, check=False))


def test_the_fleet(machines: Fleet, ansible: Path, packages: Packages) -> None:
    """In the order of a fleet's life: a trial, the first run, the second one."""
    files = with_files(packages)
    before = {name: target.changed(*PASSING) for name, target in machines.targets.items()}
    trial = play(machines, ansible, files, "--check")
    assert [line for line in summary(trial) if not line.startswith(" ")] == NOT_INSTALLED
    assert all(changed(trial)[name] >= 1 for name in ALL), "it says that it would install"
    assert {name: target.changed(*PASSING) for name, target in machines.targets.items()} == before

    first = play(machines, ansible, files)
    assert summary(first) == SUMMARY
    for name, target in machines.targets.items():
        assert "Status: install ok installed" in target.run("dpkg", "--status", "linuxready-facts")
        new = target.changed(*PASSING, *OURS) - before[name]
        assert new == set(), f"{name}: nothing but the packages"

    second = play(machines, ansible, files)
    assert summary(second) == SUMMARY
    assert set(changed(second).values()) == {0}
    trial = play(machines, ansible, files, "--check")
    assert summary(trial) == SUMMARY
    assert set(changed(trial).values()) == {0}


def test_the_reports(machines: Fleet) -> None:
    """They are what each machine says of itself; what an evil machine says is never evaluated."""
    folder = machines.folder / "role/linuxready-reports"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.json" for name in ALL)
    for name in ALL:
        saved = folder / f"{name}.json"
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        ours, theirs = json.loads(saved.read_bytes()), judged_by(machines, name)
        for report in (ours, theirs):
            del report["collected_at"]
            report["findings"] = [(found["id"], found["status"]) for found in report["findings"]]
        assert ours == theirs
    assert "lookup('pipe'" in (folder / "db1.json").read_text()
    assert not (machines.folder / "pwned").exists()


def test_the_facts_over_ssh(machines: Fleet, ansible: Path) -> None:
    """`ready` is a boolean for root and for a user without any right, in every state of the cache."""
    web1 = machines.targets["web1"]
    web1.run("sh", "-euc", "id plain >/dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*' plain")
    for case in ("ready", "evil", "stale", "none"):
        put(web1, CASES[case])
        for user in ("root", "plain") if case == "ready" else ("root",):
            assert local_facts(machines, ansible, "web1", user) == {"linuxready": CASES[case].expected}


def local_facts(machines: Fleet, ansible: Path, name: str, user: str) -> Any:
    words = (
        "-m",
        "setup",
        "-a",
        "gather_subset=!all,!min,local",
        "-e",
        f"ansible_user={user}",
        "-e",
        "ansible_become=false",
    )
    told = machines.run(ansible / "ansible", name, *words).stdout
    return json.loads(told.partition("=>")[2])["ansible_facts"]["ansible_local"]


@newest_only
def test_the_page(machines: Fleet, ansible: Path, packages: Packages) -> None:
    """The commands of docs/configuration-management.md, in the checkout's place."""
    (machines.folder / "packaging").mkdir(exist_ok=True)
    shutil.copytree(ROLE, machines.folder / "packaging/ansible", dirs_exist_ok=True)
    (machines.folder / "packages.json").write_text(with_files(packages).partition("=")[2])
    for name in ALL:
        command = ("linuxready", "facts", "--output", CACHE, *OWN_PROFILE[name])
        machines.targets[name].run(*command)
    for step in steps("Ansible"):
        program, *words = shlex.split(step.command)
        # One of the machines does not answer: for groups.yml that is status 4.
        done = machines.run(ansible / program, *words, check=False)
        assert done.returncode in (0, 4), done.stdout + done.stderr
        assert_printed(step, done.stdout)


@newest_only
def test_out_of_a_repository(machines: Fleet, ansible: Path, packages: Packages) -> None:
    """Without files the machine's own repositories are asked; and then nothing is changed any more."""
    target = machines.targets["old1"]
    target.run("dpkg", "--purge", "linuxready-facts", "linuxready")
    offer(target, packages.deb)
    target.path("/etc/apt/sources.list").write_text("deb [trusted=yes] file:/tmp/repository ./\n")
    shutil.rmtree(target.path("/etc/apt/sources.list.d"), ignore_errors=True)
    target.run("apt-get", "update")
    told = play(machines, ansible, "--limit=old1")
    assert summary(told)[:2] == ["ready (0): none", "not ready (1): old1"]
    assert changed(told)["old1"] == 1
    assert set(changed(play(machines, ansible, "--limit=old1")).values()) == {0}


@newest_only
def test_trouble_is_in_the_summary(machines: Fleet, ansible: Path) -> None:
    """A profile that is not there; and a variable of the wrong type is refused before anything is done."""
    wrong = json.dumps({"linuxready_packages": [], "linuxready_options": ["--profile", "nonesuch"]})
    told = summary(play(machines, ansible, "--limit=web1,gone1", f"--extra-vars={wrong}"))
    assert told[2] == "undetermined (1): web1"
    assert "no report: linuxready: " in told[3]
    assert "nonesuch" in told[3]
    assert told[-1] == "unreachable (1): gone1"
    failed = machines.run(
        ansible / "ansible-playbook",
        machines.folder / "role/linuxready.yml",
        "--limit=web1",
        '--extra-vars={"linuxready_packages": {"a": 1}}',
        check=False,
    )
    assert failed.returncode == 2
    assert "argument 'linuxready_packages' is of type" in failed.stdout.replace("\\'", "'")

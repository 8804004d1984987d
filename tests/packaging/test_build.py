"""What `make packages` leaves: the files that are promised, small enough, and the same at every build."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import PROJECT, Packages, build

pytestmark = pytest.mark.live

MAX_BYTES = 12 * 10**6

PROMISED = {
    "/usr/bin/linuxready": "-rwxr-xr-x",
    "/usr/lib/linuxready": "drwxr-xr-x",
    "/etc/linuxready": "drwxr-xr-x",
    "/etc/linuxready/config.toml": "-rw-r--r--",
    "/etc/linuxready/kernels.d": "drwxr-xr-x",
    "/etc/linuxready/profiles.d": "drwxr-xr-x",
    "/var/lib/linuxready": "drwxr-xr-x",
    "/usr/lib/systemd/system/linuxready-collect.service": "-rw-r--r--",
    "/usr/lib/systemd/system/linuxready-collect.timer": "-rw-r--r--",
    "/usr/share/man/man1/linuxready.1.gz": "-rw-r--r--",
    "/usr/share/man/man5/linuxready-profile.5.gz": "-rw-r--r--",
    "/usr/share/bash-completion/completions/linuxready": "-rw-r--r--",
    "/usr/share/zsh/site-functions/_linuxready": "-rw-r--r--",
    "/usr/share/fish/vendor_completions.d/linuxready.fish": "-rw-r--r--",
    "/usr/share/doc/linuxready/examples/linuxready.cron": "-rw-r--r--",
    "/usr/share/doc/linuxready/licences/SPDX": "-rw-r--r--",
}
"""In every package: its mode, root's all of them."""


def lines(*argv: str | Path) -> list[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()


def deb_files(deb: Path) -> dict[str, str]:
    rows = (line.split(None, 5) for line in lines("dpkg-deb", "--contents", deb))
    return {f"/{row[5].strip('./')}": f"{row[0]} {row[1]}" for row in rows}


def rpm_files(rpm: Path) -> dict[str, str]:
    query = r"[%{FILENAMES}\t%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME}\n]"
    return dict(line.split("\t") for line in lines("rpm", "-qp", "--qf", query, rpm))


def test_all_hold_what_is_promised(packages: Packages) -> None:
    for files in (deb_files(packages.deb), rpm_files(packages.rpm), rpm_files(packages.sles11)):
        assert {name: files.get(name) for name in PROMISED} == {
            name: f"{mode} root/root" for name, mode in PROMISED.items()
        }
        assert not any(re.search(r"/tests?/", name) for name in files)
        assert all(mode.endswith(" root/root") for mode in files.values())
    assert "/usr/share/doc/linuxready/changelog.gz" in deb_files(packages.deb)
    for rpm in (packages.rpm, packages.sles11):
        assert "`vmware-2017`" in "".join(lines("rpm", "-qp", "--changelog", rpm))


def test_the_facts_are_hooks_and_examples(packages: Packages) -> None:
    """The hooks are configuration: an edited one is kept."""
    hooks = ["/etc/ansible/facts.d/linuxready.fact", "/etc/facter/facts.d/linuxready"]
    examples = {f"/usr/share/doc/linuxready-facts/examples/linuxready{end}" for end in (".cf", ".rb", "_grains.py")}
    for files in (deb_files(packages.facts_deb), *map(rpm_files, packages.facts_rpms)):
        assert {files.get(hook) for hook in hooks} == {"-rwxr-xr-x root/root"}
        assert {files.get(example) for example in examples} == {"-rw-r--r-- root/root"}
    assert sorted(lines("dpkg-deb", "--info", packages.facts_deb, "conffiles")) == hooks
    for rpm in packages.facts_rpms:
        assert sorted(lines("rpm", "-qp", "--configfiles", rpm)) == hooks
        assert f"linuxready = {version(rpm)}" in lines("rpm", "-qp", "--requires", rpm)


def version(rpm: Path) -> str:
    return lines("rpm", "-qp", "--qf", r"%{VERSION}\n", rpm)[0]


def test_the_configuration_survives(packages: Packages) -> None:
    config = "/etc/linuxready/config.toml"
    assert lines("dpkg-deb", "--info", packages.deb, "conffiles") == [config]
    for rpm in (packages.rpm, packages.sles11):
        assert lines("rpm", "-qp", "--configfiles", rpm) == [config]
        flags = dict(
            line.split(" ") for line in lines("rpm", "-qp", "--qf", "[%{FILENAMES} %{FILEFLAGS:fflags}\n]", rpm)
        )
        assert flags[config] == "cn"


def test_they_are_small_and_summed(packages: Packages) -> None:
    files = (packages.deb, packages.rpm, packages.sles11, packages.facts_deb, *packages.facts_rpms)
    told = (packages.folder / "SHA256SUMS").read_text().splitlines()
    assert set(told) == {f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in files}
    for file in files:
        assert file.stat().st_size <= MAX_BYTES, file.name


def test_two_builds_are_identical(packages: Packages, tmp_path: Path) -> None:
    """In another folder, at another time, with another umask, by the same tools."""
    before = os.umask(0o077)
    try:
        again = build(tmp_path / "again")
    finally:
        os.umask(before)
    assert (again.folder / "SHA256SUMS").read_text() == (packages.folder / "SHA256SUMS").read_text()


@pytest.mark.parametrize("status", [0, 4])
def test_the_cron_line_runs_where_systemd_does_not(tmp_path: Path, status: int) -> None:
    """It tells cron what went wrong, and nothing else."""
    cron = (PROJECT / "packaging/files/usr/share/doc/linuxready/examples/linuxready.cron").read_text()
    (line,) = (line for line in cron.splitlines() if re.match(r"\d", line))
    command = line.split(None, 6)[6]
    stand_in = tmp_path / "linuxready"  # the statuses of a real one cannot be chosen
    stand_in.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nexit {status}\n')
    stand_in.chmod(0o755)
    command = command.replace("/usr/bin/linuxready", str(stand_in))
    ran = subprocess.run(
        ("sh", "-c", command.replace("/run/systemd/system", f"{tmp_path}/absent")), capture_output=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (status, b"", b"")
    unit = (PROJECT / "packaging/files/usr/lib/systemd/system/linuxready-collect.service").read_text()
    assert f"ExecStart=/usr/bin/linuxready {(tmp_path / 'words').read_text()}" in unit
    (tmp_path / "words").unlink()
    subprocess.run(("sh", "-c", command.replace("/run/systemd/system", "/")), check=True)
    assert not (tmp_path / "words").exists(), "systemd runs: the timer does it"

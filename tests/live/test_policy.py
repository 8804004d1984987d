"""The installed command with a configuration and profiles below the real /etc, in a namespace of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from shlex import quote

import pytest

from tests.golden import HOSTS

from .stage import AS_NOBODY, LINUXREADY, live, run, runnable_by_nobody

pytestmark = live("setpriv")

MACHINE = HOSTS / "rhel-7.2-waived"
CHECK = (LINUXREADY, "check", "--facts", str(MACHINE / "facts.json"))


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """What lies over /etc/linuxready."""
    folder = tmp_path / "etc" / "linuxready"
    (folder / "profiles.d").mkdir(parents=True)
    (folder / "profiles.d" / "ours.toml").write_bytes((MACHINE / "ours.toml").read_bytes())
    return folder


def ran(etc: Path, *argv: str, setup: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    over = f"mount -t overlay overlay -o {quote(f'lowerdir={etc.parent}:/etc')} /etc"
    return run(*argv, setup=(over, *setup))


def test_a_local_profile_and_a_configuration_are_used(etc: Path) -> None:
    assert "Local, extends vmware-2017." in " ".join(ran(etc, LINUXREADY, "profiles").stdout.split())
    assert " by vmware-2017 (" in ran(etc, *CHECK).stdout
    (etc / "config.toml").write_text('profile = "ours"\nformat = "json"\n')
    told = json.loads(ran(etc, *CHECK).stdout)
    assert told["profile"]["source"] == "/etc/linuxready/profiles.d/ours.toml"
    assert {f["id"]: f["waiver"]["owner"] for f in told["findings"] if "waiver" in f} == {
        "vmware-tools": "platform team",
        "install-space": "database team",
    }


def test_a_time_out_of_the_configuration_is_the_commands(etc: Path) -> None:
    (etc / "config.toml").write_text("command_seconds = 1.5\n")
    assert "1.5 seconds at most" in " ".join(ran(etc, LINUXREADY, "explain", "--commands").stdout.split())


def test_a_configuration_that_nobody_may_read_is_not_ignored(etc: Path, open_folder: Path) -> None:
    (etc / "config.toml").write_text("# nothing\n")
    (etc / "config.toml").chmod(0o600)
    setup = tuple(runnable_by_nobody(open_folder))
    result = ran(etc, *AS_NOBODY, LINUXREADY, "explain", setup=setup)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "linuxready: /etc/linuxready/config.toml: Permission denied\n"

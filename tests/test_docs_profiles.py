"""docs/profiles.md: its example is a recorded machine's, its commands run and print what stands below them."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from linuxready import cli, commands
from linuxready.config import Config

from .golden import HOSTS
from .machines import TODAY

PAGE = (Path(__file__).parents[1] / "docs" / "profiles.md").read_text(encoding="utf-8")
MACHINE = HOSTS / "rhel-7.2-waived"
STEPS = re.findall(r"^```\n\$ linuxready ([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

STATUS = {"profiles ours.toml": 0, "profiles mistaken.toml": 2}
"""The exit status of a command of the page; of all others 1."""


def test_the_example_is_the_machines() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert example == (MACHINE / "ours.toml").read_text(encoding="utf-8")
    assert len(STEPS) == 3


@pytest.mark.parametrize(("command", "printed"), STEPS, ids=[command for command, _ in STEPS])
def test_a_command_prints_what_stands_below_it(
    command: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = (MACHINE / "ours.toml").read_text(encoding="utf-8")
    (tmp_path / "ours.toml").write_text(example, encoding="utf-8")
    (tmp_path / "mistaken.toml").write_text(example.replace("512", '"512"', 1), encoding="utf-8")
    (tmp_path / MACHINE.name).symlink_to(MACHINE)
    noon = datetime.datetime.combine(TODAY, datetime.time(12), datetime.UTC)
    monkeypatch.setattr(commands, "_now", lambda: noon)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    assert cli.run(command.split()) == STATUS.get(command, 1)
    captured = capsys.readouterr()
    pattern = ".*".join(map(re.escape, printed.replace("…\n", "…").split("…")))
    assert re.fullmatch(pattern, captured.err + captured.out, re.DOTALL), captured.err + captured.out


def test_every_key_of_the_configuration_is_told() -> None:
    table = PAGE.partition("## What a machine does by itself")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Config.__struct_fields__)

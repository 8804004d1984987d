"""The README says what the tool does: its options, its table, its length."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linuxready import cli

from .golden import HOSTS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_options_are_those_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["check", "--help"])
    in_help = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.M)) - {"--help"}
    rows = re.findall(r"^\| (`--.*?) \| ", README.replace("\\|", "/"), re.M)
    in_readme = set(re.findall(r"--[a-z-]+", " ".join(rows)))
    assert in_help == in_readme


def test_commands_are_those_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["--help"])
    in_help = set(re.findall(r"^  ([a-z]+) {2,}\S", capsys.readouterr().out, re.M))
    assert in_help == set(re.findall(r"^    linuxready ([a-z]+)(?: \[\S+\])? {3,}", README, re.M))


def test_the_table_is_a_current_one() -> None:
    table = README[README.index("$ linuxready check\n") + len("$ linuxready check\n") :].split("\n```")[0]
    assert table + "\n" == (HOSTS / "rhel-7-var-on-second-disk" / "table.txt").read_text(encoding="utf-8")


def test_it_stays_under_two_screens() -> None:
    assert len(README.splitlines()) <= 100

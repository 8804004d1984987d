"""docs/configuration-management.md: the commands of its marked sections run, and print what stands below them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.packaging.conftest import PROJECT, Packages
from tests.packaging.roots import Root, root

from .caches import open_to_facter

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="installs packages: run as root")]

PAGE = PROJECT / "docs/configuration-management.md"


class Step(NamedTuple):
    """A command of the page, and what it is said to print ("…": anything)."""

    prompt: str
    command: str
    printed: str


def steps(section: str) -> list[Step]:
    """The commands in the fenced blocks of a section."""
    (text,) = re.findall(rf"^## {section} ⚙\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    blocks = "".join(re.findall(r"^```\n(.*?)^```$", text, re.M | re.S))
    found = [Step(*step) for step in re.findall(r"^([$#]) (.*)\n((?:(?![$#] ).*\n)*)", blocks, re.M)]
    assert found, section
    return found


def assert_printed(step: Step, printed: str) -> None:
    pattern = ".*".join(map(re.escape, step.printed.replace("…\n", "…").split("…")))
    assert re.fullmatch(pattern, printed, re.S) or not step.printed, f"{step.command}\n{printed}"


@pytest.fixture(scope="module")
def machine(debian: Path, packages: Packages) -> Iterator[Root]:
    """With the packages lying in the folder where the commands are run."""
    with root(debian) as made:
        for deb in (packages.deb, packages.facts_deb):
            made.bring(deb)
        open_to_facter(made)
        for step in steps("On every machine"):
            perform(made, step)
        yield made


def perform(machine: Root, step: Step) -> None:
    """Run a command on a machine as root. Not ready and undetermined are answers, any other status a mistake."""
    tolerant = "|| [ $? -eq 1 ] || [ $? -eq 3 ]" if step.command.startswith("linuxready check") else ""
    assert_printed(step, machine.run("sh", "-euc", f"cd /tmp; {step.command} {tolerant}"))


def test_every_machine(machine: Root) -> None:
    assert json.loads(machine.run("/etc/ansible/facts.d/linuxready.fact"))["status"] == "ok"


@pytest.mark.parametrize("section", ["Facter and Puppet", "Chef and Ohai", "Prometheus"])
def test_a_section(machine: Root, section: str) -> None:
    for step in steps(section):
        assert step.prompt == "#"
        perform(machine, step)


def test_every_marked_section_is_run() -> None:
    sections = re.findall(r"^## (.*) ⚙$", PAGE.read_text(encoding="utf-8"), re.M)
    run = ["On every machine", "Ansible", "Facter and Puppet", "Chef and Ohai", "Prometheus"]
    assert sections == run  # Ansible's in test_ansible_role.py, where there is a fleet

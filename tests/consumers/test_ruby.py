"""Facter, Puppet and Ohai, as Debian has them, show the document of every cache with its types."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.conftest import Packages
from tests.packaging.roots import NOBODY, Root, root

from .caches import FACTER_HOOK, caches, install, open_to_facter, put

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="installs packages: run as root")]

CASES = caches()
STATIC = f"{FACTER_HOOK}.json"
PLUGINS = "/etc/chef/ohai/plugins"
EXAMPLE = "/usr/share/doc/linuxready-facts/examples/linuxready.rb"


@pytest.fixture(scope="module")
def machine(debian: Path, packages: Packages) -> Iterator[Root]:
    """With the hooks, and Ohai's plugin where its documentation says."""
    with root(debian) as made:
        install(made, packages)
        open_to_facter(made)
        made.run("mkdir", "-p", PLUGINS)
        made.run("cp", EXAMPLE, PLUGINS)
        yield made


@pytest.mark.parametrize("case", CASES)
def test_facter_runs_the_hook(machine: Root, case: str) -> None:
    put(machine, CASES[case])
    assert json.loads(machine.run("facter", "--json", "linuxready")) == {"linuxready": CASES[case].expected}


def test_facter_as_nobody(machine: Root) -> None:
    put(machine, CASES["ready"])
    home = ("env", "HOME=/tmp", "facter", "--external-dir", str(Path(FACTER_HOOK).parent), "linuxready.ready")
    assert machine.run(*home, uid=NOBODY).split()[-1] == "true"


@pytest.mark.parametrize("case", ["ready", "evil"])
def test_facter_reads_a_file(machine: Root, case: str) -> None:
    """Without the hook: what `linuxready facts --for facter --output` writes."""
    put(machine, CASES["none"])
    hook, aside = machine.path(FACTER_HOOK), machine.path("/tmp/hook")
    aside.write_bytes(hook.read_bytes())
    hook.unlink()
    try:
        machine.path(STATIC).write_text(f'{{"linuxready":{CASES[case].text}}}', encoding="utf-8")
        assert json.loads(machine.run("facter", "--json", "linuxready")) == {"linuxready": CASES[case].expected}
        ready = json.dumps(CASES[case].expected["ready"])
        assert machine.run("facter", "linuxready.ready").strip() == ready
    finally:
        machine.path(STATIC).unlink()
        hook.write_bytes(aside.read_bytes())
        hook.chmod(0o755)


def test_puppet_decides_by_it(machine: Root) -> None:
    """`ready` is a boolean to it, not a string."""
    manifest = """
        if $facts['linuxready']['ready'] == true { notice('go') }
        elsif $facts['linuxready']['status'] == 'not_run' { notice('wait') }
        else { notice("stop: ${join($facts['linuxready']['failed'], ' ')}") }
    """
    for case, word in {"ready": "go", "none": "wait", "not-ready": "stop: xfs-v5"}.items():
        put(machine, CASES[case])
        assert f": {word}\n" in machine.run("puppet", "apply", "--color=false", "--execute", manifest)


@pytest.mark.parametrize("case", CASES)
def test_ohai_runs_the_plugin(machine: Root, case: str) -> None:
    put(machine, CASES[case])
    told = machine.run("ohai", "--log_level", "fatal", "--directory", PLUGINS, "linuxready")
    assert json.loads(told) == CASES[case].expected

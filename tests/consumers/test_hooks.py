"""The hooks as they are installed: for every cache one whole document, exit status 0, silence on standard error."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.conftest import Packages
from tests.packaging.roots import NOBODY, Root, root

from .caches import CACHE, FACTER_HOOK, HOOK, caches, install, put

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="installs packages: run as root")]

CASES = caches()


@pytest.fixture(scope="module")
def machine(debian: Path, packages: Packages) -> Iterator[Root]:
    with root(debian) as made:
        install(made, packages)
        yield made


def run(machine: Root, hook: str, uid: int = 0) -> tuple[int, str, str]:
    words = (*machine.enter, "chroot", f"--userspec={uid}:{uid}", "/mnt/root", hook)
    result = subprocess.run(words, capture_output=True, timeout=30, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    return result.returncode, result.stdout.decode(), result.stderr.decode()


@pytest.mark.parametrize("uid", [0, NOBODY])
@pytest.mark.parametrize("case", CASES)
def test_each_cache(machine: Root, case: str, uid: int) -> None:
    put(machine, CASES[case])
    for hook, wrapped in ((HOOK, False), (FACTER_HOOK, True)):
        status, printed, complaints = run(machine, hook, uid)
        assert (status, complaints) == (0, "")
        told = json.loads(printed)
        assert (told["linuxready"] if wrapped else told) == CASES[case].expected
    if case == "ready":
        assert run(machine, HOOK, uid)[1] == CASES[case].text, "byte for byte"


def test_a_cache_that_may_not_be_read(machine: Root) -> None:
    put(machine, CASES["ready"])
    machine.path(CACHE).chmod(0o600)
    assert json.loads(run(machine, HOOK, NOBODY)[1]) == CASES["none"].expected


def test_a_cache_that_is_replaced_while_it_is_read(machine: Root) -> None:
    """As linuxready replaces it, hundreds of times: always one of the two documents."""
    put(machine, CASES["ready"])
    texts = (CASES["ready"].text, CASES["evil"].text)
    for number, text in enumerate(texts):
        machine.path(f"/tmp/{number}").write_text(text or "", encoding="utf-8")
    loop = f"while :; do for n in 0 1; do cp /tmp/$n {CACHE}.new; mv {CACHE}.new {CACHE}; done; done"
    replacing = subprocess.Popen((*machine.enter, "chroot", "/mnt/root", "sh", "-c", loop))
    try:
        seen = {run(machine, HOOK) for _ in range(200)}
    finally:
        replacing.kill()
        replacing.wait()
    assert {printed for _, printed, _ in seen} == set(texts), "both were seen, and nothing else"
    assert {(status, complaints) for status, _, complaints in seen} == {(0, "")}


def test_what_the_timer_runs_is_what_the_hooks_print(machine: Root) -> None:
    """The service's command: facts for everybody, the report for root alone, nothing left beside them."""
    folder = machine.path("/var/lib/linuxready")
    for left in folder.iterdir():  # by the test of a cache that is being replaced
        left.unlink()
    unit = machine.path("/usr/lib/systemd/system/linuxready-collect.service").read_text()
    (command,) = (line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart="))
    (umask,) = (line.removeprefix("UMask=") for line in unit.splitlines() if line.startswith("UMask="))
    machine.run("sh", "-c", f"umask {umask}; exec {command}")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"facts.json": 0o644, "report.json": 0o600}
    told = json.loads(run(machine, HOOK, NOBODY)[1])
    assert told["status"] == "ok"
    assert told["verdict"] == json.loads((folder / "report.json").read_bytes())["verdict"]


def test_they_stay_whole_when_the_packages_go(machine: Root) -> None:
    """dpkg keeps configuration files: what is left must not break the other facts. The last one: it removes."""
    put(machine, CASES["ready"])
    machine.run("dpkg", "--remove", "linuxready-facts", "linuxready")
    assert json.loads(run(machine, HOOK)[1]) == CASES["ready"].expected
    machine.run("dpkg", "--purge", "linuxready-facts", "linuxready")
    assert not machine.path(HOOK).exists()
    assert not machine.path(FACTER_HOOK).exists()


def test_its_cost_beside_cat(tmp_path: Path) -> None:
    """Told, not asserted: pytest -rP shows it."""
    hook = Path(__file__).parents[2] / "packaging/facts/linuxready.fact"
    copy = tmp_path / "linuxready.fact"
    cache = tmp_path / "facts.json"
    cache.write_text(CASES["ready"].text or "")
    copy.write_text(hook.read_text().replace(CACHE, str(cache)))
    for name, words in (("cat", ("cat", cache)), ("hook", ("sh", copy)), ("python", (sys.executable, "-c", "pass"))):
        before = os.times()
        started = time.perf_counter()
        for _ in range(200):
            subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"{name}: {spent * 5:.1f} ms of processor, {(time.perf_counter() - started) * 5:.1f} ms")

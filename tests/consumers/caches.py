"""What a machine's cache can hold, and the document that every consumer is to show for it.

The documents are linuxready's own, of recordings, and of a machine whose strings are evil.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.live.stage import LINUXREADY
from tests.packaging.conftest import PROJECT, Packages
from tests.packaging.roots import PLACE, Root

CACHE = "/var/lib/linuxready/facts.json"
HOOK = "/etc/ansible/facts.d/linuxready.fact"
FACTER_HOOK = "/etc/facter/facts.d/linuxready"

HOSTS = PROJECT / "testdata/hosts"
LIMIT_MINUTES = 2880

EVIL = "\U0001f980 \udcff \x7f\x85\u2028\ufeff {{ 7*7 }} {% x %} %{::os} %s $(x) `x` # : - 'q' \"\\ \t\nnext"
"""Beyond the BMP, a byte that is no UTF-8, DEL, C1, line ends, templates, YAML's and a shell's own characters."""

UNKNOWN = {"ready": False, "verdict": "undetermined", "complete": False}


class Cache(NamedTuple):
    """What lies in the cache (None: nothing), how old it is, and what consumers are to see."""

    text: str | None
    minutes: int
    expected: dict[str, Any]


def caches() -> dict[str, Cache]:
    """Every case, by name."""
    ready, evil = facts("--recording", HOSTS / "rhel-6.8-ready"), facts("--facts", "-", stdin=evil_machine())
    not_run = {**UNKNOWN, "status": "not_run"}
    stale = {**json.loads(ready), **UNKNOWN, "status": "stale"}
    return {
        "ready": Cache(ready, 0, json.loads(ready)),
        "not-ready": one(facts("--recording", HOSTS / "rhel-7-xfs-v5")),
        "evil": one(evil),
        "almost-stale": Cache(ready, LIMIT_MINUTES - 1, json.loads(ready)),
        "stale": Cache(ready, LIMIT_MINUTES + 2, stale),
        "error": one(facts("--recording", "/nowhere")),
        "none": Cache(None, 0, not_run),
        "empty": Cache("", 0, not_run),
    }


def one(text: str) -> Cache:
    return Cache(text, 0, json.loads(text))


def facts(*words: str | Path, stdin: str = "") -> str:
    result = subprocess.run((LINUXREADY, "facts", *words), input=stdin, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def evil_machine() -> str:
    """The facts of a machine that is evil wherever it says something, with 500 mounts of XFS v5."""
    told = json.loads((HOSTS / "rhel-7-xfs-v5/facts.json").read_text(encoding="utf-8"))
    told["release"]["value"]["id"] = EVIL
    told["kernel"]["value"]["release"] = EVIL
    (v5, *_) = told["xfs"]["value"]
    told["xfs"]["value"] = [{**v5, "name": f"/mnt/{number}{EVIL}"} for number in range(500)]
    return json.dumps(told)


def install(machine: Root, packages: Packages) -> None:
    """Install both packages."""
    machine.run("dpkg", "--install", machine.bring(packages.deb), machine.bring(packages.facts_deb))


def open_to_facter(machine: Root) -> None:
    """Facter reads process 1's environment and complains where even root may not, as in some virtual machines."""
    machine.beside("mount", "--bind", "/dev/null", f"{PLACE}/proc/1/environ")


def put(machine: Root, cache: Cache) -> None:
    """Make a machine's cache one of these."""
    place = machine.path(CACHE)
    place.unlink(missing_ok=True)
    if cache.text is not None:
        place.write_text(cache.text, encoding="utf-8")
        then = time.time() - cache.minutes * 60
        os.utime(place, (then, then))

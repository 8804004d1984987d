"""What the tests of the packaged command share: where it is, and how it is put where it will be installed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

from tests.live.stage import SETUP_FAILED, live, staged

ROOT = Path(__file__).parents[2]
TREE = ROOT / "build/tree/x86_64"
COMMAND = TREE / "usr/bin/linuxready"
PRIVATE = TREE / "usr/lib/linuxready"
PYTHON = PRIVATE / "bin/python3.13"
LIBRARY = PRIVATE / "lib/python3.13"
INSTALLED = "/usr/bin/linuxready"

BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}


def packaged(*programs: str) -> list[pytest.MarkDecorator]:
    """The marks of a module of such tests."""
    built = pytest.mark.skipif(not COMMAND.exists(), reason=f"{COMMAND} is not built: `make tree`")
    return [*live(*programs), built]


def installed() -> str:
    """A set-up line behind which the tree lies over /usr, as after an installation, and read-only."""
    return f"mount -t overlay overlay -o {quote(f'lowerdir={TREE}/usr:/usr')} /usr"


def run(
    *argv: str | Path, env: dict[str, str] | None = None, setup: tuple[str, ...] = (), cwd: Path | str = "/"
) -> subprocess.CompletedProcess[str]:
    """Run a command behind set-up lines of a mount namespace of its own, with this environment only.

    The set-up lines run with a usual environment; env(1) gives the command its own.
    """
    variables = [f"{name}={value}" for name, value in (BARE if env is None else env).items()]
    words = staged(("/usr/bin/env", "-i", *variables, *map(str, argv)), setup)
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=cwd, errors="replace", env=BARE)
    assert not setup or result.returncode != SETUP_FAILED, f"the set-up failed: {result.stderr}"
    return result


def report(result: subprocess.CompletedProcess[str]) -> Any:
    """The JSON report that a run has printed, without the moment it was made; nothing on standard error."""
    assert result.stderr == ""
    assert result.returncode in (0, 1, 3)
    told = json.loads(result.stdout)
    del told["collected_at"]
    return told


def files() -> dict[str, bytes | str]:
    """Every file of the tree, by its path."""
    paths = (Path(folder) / name for folder, _, names in os.walk(TREE) for name in names)
    return {str(path): os.readlink(path) if path.is_symlink() else path.read_bytes() for path in paths}

"""ansible-lint is content with role and playbooks, by its strictest profile."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.conftest import PROJECT

from . import programs

pytestmark = pytest.mark.live


def test_ansible_lint_is_content(tmp_path: Path) -> None:
    """In a copy: outside a checkout it looks at every file."""
    shutil.copytree(PROJECT / "packaging/ansible", tmp_path / "ansible")
    bin = programs.newest_ansible()
    env = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "NO_COLOR": "1", "HOME": str(tmp_path)}
    result = subprocess.run(
        (bin / "ansible-lint", "--offline", "--strict", "--profile", "production"),
        cwd=tmp_path / "ansible",
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Profile 'production' was required, and it passed" in result.stdout + result.stderr

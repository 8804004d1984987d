"""What holds for every test: none starts a process, unless it is marked `live`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from linuxready import config, profile

# What is configured on this machine says nothing in this process, nor while the tests are collected.
config.PATH = "/nonexistent/config.toml"
profile.LOCAL_FOLDER = "/nonexistent/profiles.d"

STARTERS = ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve")


class ProcessStarted(BaseException):
    """A test that is not marked `live` started a process. No Exception, so that nothing swallows it."""


def forbidden(name: str) -> Callable[..., Any]:
    """A stand-in for what would start a process."""

    def refuse(*arguments: Any, **_: Any) -> Any:
        raise ProcessStarted(f"{name}{arguments[-1:]}: mark the test `live`, or do without")

    return refuse


@pytest.fixture(autouse=True)
def no_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Popen is refused when it is made, not by name: modules keep the class, and annotate with it."""
    if request.node.get_closest_marker("live"):
        return
    monkeypatch.setattr(subprocess.Popen, "__init__", forbidden("subprocess.Popen"))
    for name in STARTERS:
        monkeypatch.setattr(os, name, forbidden(f"os.{name}"))

"""All suites: every module beside this one that has SUITES."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.vm import inside

from .scenario import Suite


def suites() -> dict[str, Suite]:
    """By their names."""
    found: dict[str, Suite] = {}
    for module in pkgutil.iter_modules(inside.__path__):
        if module.name != "__main__":
            for suite in getattr(import_module(f"tests.vm.inside.{module.name}"), "SUITES", ()):
                assert suite.name not in found, suite.name
                found[suite.name] = suite
    return found

"""Modules that libraries import at their start and that we have no use for: put off until something of one is asked.

msgspec would have typing_extensions and textwrap, distro argparse, json and logging, psutil glob, subprocess locale: a
quarter of a run's time.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module, which is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def later(*names: str, absent: tuple[str, ...] = ()) -> Iterator[None]:
    """Meanwhile importing a module of these names imports nothing; those that are `absent` are not found at all."""
    stand_ins: dict[str, Any] = {**{name: _Later(name) for name in names}, **dict.fromkeys(absent)}
    new = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(new)
    try:
        yield
    finally:
        for name in new:
            del sys.modules[name]

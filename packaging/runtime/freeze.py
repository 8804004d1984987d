"""Adds the modules of frozen.txt to those that CPython's build freezes: `freeze.py CPYTHON`, before its configure.

CPython's own Tools/build/freeze_modules.py does it: it writes Python/frozen.c and the rules of Makefile.pre.in. It
knows modules of Lib only, so the dependencies lie there meanwhile; at run time the interpreter looks for what is not
frozen of a package in lib/python3.13, where they are installed.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

LIST = Path(__file__).with_name("frozen.txt")


def names() -> list[str]:
    """The modules to be frozen."""
    return [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]


def source(library: Path, name: str) -> Path:
    """A module's file in a folder of modules; a package's is its __init__.py."""
    path = library.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def main() -> None:
    cpython = Path(sys.argv[1])
    sys.path.insert(0, str(cpython / "Tools/build"))
    tool = importlib.import_module("freeze_modules")
    packages = {name for name in names() if source(cpython / "Lib", name).name == "__init__.py"}
    tool.FROZEN.append(("linuxready", [f"<{name}>" if name in packages else name for name in names()]))
    tool.main()


if __name__ == "__main__":
    main()

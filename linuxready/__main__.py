"""The installed command, and python -m linuxready: what makes a run start and end fast."""

import gc
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from linuxready import ending
from linuxready.later import later


def main() -> NoReturn:
    """Run the command line. No garbage is collected, and nothing torn down: the process ends with its output."""
    ending.listen()
    gc.disable()
    if sys.stdout:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    os._exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command line: a plain `check` or `facts` without typer, whose import is half of a run; the rest by it."""
    # msgspec: textwrap is for its JSON schemas, and typing has what it would rather have from typing_extensions.
    with later("textwrap", absent=("typing_extensions",)):
        from linuxready import commands

    plain: dict[str, Callable[..., int]] = {"check": commands.check, "facts": commands.facts}
    if command := plain.get(arguments[0] if arguments else ""):
        words = plain_options(command, arguments[1:])
        if words is not None:
            return commands.run(lambda: command(**words), arguments)
    from linuxready import cli

    return cli.run(arguments)


def plain_options(command: Callable[..., int], arguments: list[str]) -> dict[str, Any] | None:
    """`--name value` pairs and flags as the command's own parameters; None where a word is anything else: typer's."""
    defaults = command.__kwdefaults__ or {}
    names = {f"--{name.rstrip('_').replace('_', '-')}": name for name in defaults}
    words: dict[str, Any] = {}
    remaining = iter(arguments)
    for option in remaining:
        if (name := names.get(option)) is None:
            return None
        value = True if defaults[name] is False else next(remaining, "-")
        if isinstance(value, str) and value.startswith("-"):
            return None
        words[name] = [*words.get(name, ()), value] if defaults[name] == () else value
    return words


if __name__ == "__main__":
    main()

"""The command line as plain data, from typer's own: what man pages and completions are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import typer.main

from linuxready.cli import app


class Option(NamedTuple):
    """`metavar` is "" for a flag; `help` is the text of --help."""

    name: str
    metavar: str
    help: str


class Command(NamedTuple):
    """`help` is the first paragraph of --help, `more` the others. `argument` is the metavar of what it takes, or ""."""

    name: str
    help: str
    more: str
    argument: str
    options: tuple[Option, ...]


HELP = Option("--help", "", "Show this message and exit.")


def commands() -> tuple[Command, ...]:
    """Every command, in the order of --help."""
    group: Any = typer.main.get_command(app)
    return tuple(_command(name, command) for name, command in group.commands.items())


def global_options() -> tuple[Option, ...]:
    """What stands before a command."""
    return _options(typer.main.get_command(app))


def _command(name: str, command: Any) -> Command:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    argument = arguments[0].metavar if arguments else ""
    first, *others = (" ".join(paragraph.split()) for paragraph in command.help.split("\n\n"))
    return Command(name, first, " ".join(others), argument, _options(command))


def _options(command: Any) -> tuple[Option, ...]:
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    return (*(_option(option) for option in options), HELP)


def _option(option: Any) -> Option:
    default = f" [default: {option.default}]" if option.show_default and isinstance(option.default, str) else ""
    return Option(option.opts[0], "" if option.is_flag else option.metavar, f"{option.help}{default}")

"""linuxready(1) and linuxready-profile(5): man_pages.py FOLDER DATE.

The text is in man/*.in; options come from the command line and the keys of profiles from their types, so none is
forgotten. Macros of man(7) only, as an old groff knows them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from words import Command, Option, commands, global_options

from linuxready import __version__
from linuxready.profile import Profile, parts
from linuxready.report import Waiver
from linuxready.requirements import CHECKS, kinds
from linuxready.requirements.base import Requirement

PAGES = Path(__file__).parent / "man"

MEANINGS = {
    "name": "Its name.",
    "title": "One line for a person.",
    "use_when": 'The machines it is for, behind "use it when".',
    "document": "Where the requirements stand.",
    "as_of": "The date of that document.",
    "include": f"Shipped parts, whose requirements follow: {', '.join(parts())}.",
    "requirement": "The requirements.",
    "newer": "The profile that took its place.",
    "machine": "What its machines are.",
    "elsewhere": "For other machines than those, the profile that is for them.",
    "extends": "The shipped profile of which everything is inherited that the file does not say itself.",
    "drop": "Names of its requirements that are left out; only with extends.",
    "change": "New values, by a requirement's name and key: [change.disk-size]; only with extends.",
    "waiver": "Failures that do not count.",
    "id": "Its name in reports, in small letters, digits and hyphens; once in a profile.",
    "level": "A required one that fails makes a machine not ready, an advised one warns.",
    "section": "The place in the document.",
    "expected": "What is expected, one line.",
    "agent_errors": "Names and numbers of the replication agent's errors, each with what mends it.",
}
"""The keys that every profile and every requirement has; a key without a meaning is a KeyError, at build time."""

OF_A_WAIVER = {
    "requirement": "The id of what is not met.",
    "reason": "Why that does not count.",
    "owner": "Who has decided it.",
    "expires": "The last day of it: 2027-03-31.",
    "hosts": "Shell patterns for the names of the hosts that it is for; without it, it is for all.",
}
"""The same of every waiver."""

SET_BY_US = {"source"}
"""Fields of Profile that no file sets."""


def linuxready() -> dict[str, str]:
    """What the placeholders of linuxready.1.in stand for."""
    return {
        "SYNOPSIS": "\n.br\n".join(map(_synopsis, commands())),
        "OPTIONS": _tagged(map(_option, global_options())),
        "COMMANDS": "\n".join(map(_command, commands())),
    }


def linuxready_profile() -> dict[str, str]:
    """What the placeholders of linuxready-profile.5.in stand for."""
    return {
        "PROFILE": _tagged(_keys(Profile, MEANINGS, SET_BY_US)),
        "REQUIREMENT": _tagged([(_bold("check"), "Which check it is; see below."), *_keys(Requirement, MEANINGS)]),
        "WAIVER": _tagged(_keys(Waiver, OF_A_WAIVER)),
        "CHECKS": "\n".join(map(_check, kinds(CHECKS))),
    }


def _synopsis(command: Command) -> str:
    argument = f" {_roff(command.argument)}" if command.argument else ""
    return f"{_bold(f'linuxready {command.name}')} [option ...]{argument}"


def _command(command: Command) -> str:
    argument = f" {command.argument}" if command.argument else ""
    head = f'.SH "linuxready {command.name}{_roff(argument)}"\n{_roff(command.help)}'
    return f"{head}\n{_tagged(map(_option, command.options))}"


def _option(option: Option) -> tuple[str, str]:
    metavar = f" \\fI{_roff(option.metavar)}\\fR" if option.metavar else ""
    return f"{_bold(option.name)}{metavar}", option.help


def _check(kind: Any) -> str:
    own = set(kind.__struct_fields__) - set(Requirement.__struct_fields__)
    rows = [(name, type_) for name, type_ in get_type_hints(kind).items() if name in own]
    keys = "".join(f"\n.br\n{_bold(name)}: {_roff(_kind(type_))}{_default(kind, name)}" for name, type_ in rows)
    about = _roff(" ".join(kind.__doc__.split()))
    return f".TP\n{_bold(kind.__struct_config__.tag)}\n{about}{keys}"


def _keys(kind: Any, meanings: dict[str, str], but: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    for name, type_ in get_type_hints(kind).items():
        if name in kind.__struct_fields__ and name not in but:
            yield f"{_bold(name)}: {_roff(_kind(type_))}{_default(kind, name)}", meanings[name]


def _default(kind: Any, name: str) -> str:
    field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
    return "" if field.required else ", may be left out"


def _kind(type_: Any) -> str:
    """A type in the words of TOML."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return " or ".join(f'"{word}"' for word in arguments)
    if origin is tuple:
        return f"array of {_kind(arguments[0])}"
    if origin is dict:
        return f"table of {_kind(arguments[1])}"
    if type_ in (Requirement, Waiver):
        return "tables"
    if type(None) in arguments:
        return _kind(arguments[0])
    if str in arguments:  # what a name in the file stands for is put in its place
        return "string"
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        inside = get_type_hints(type_)
        return "table with " + ", ".join(f"{name} ({_kind(inside[name])})" for name in type_.__struct_fields__)
    return {str: "string", int: "integer", bool: "true or false", date: "date", Any: "value"}[type_]


def _tagged(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f".TP\n{tag}\n{_roff(text)}" for tag, text in rows)


def _bold(text: str) -> str:
    return f"\\fB{_roff(text)}\\fR"


def _roff(text: str) -> str:
    """Text as it is meant: hyphens that can be copied, no line that is a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped


def page(name: str, day: str, words: dict[str, str]) -> str:
    """A page with its placeholders filled in."""
    text = (PAGES / f"{name}.in").read_text(encoding="utf-8")
    for placeholder, value in {"DATE": day, "VERSION": __version__, **words}.items():
        text = text.replace(f"@{placeholder}@", value)
    return text


if __name__ == "__main__":
    folder, day = Path(sys.argv[1]), sys.argv[2]
    for name, words in (("linuxready.1", linuxready()), ("linuxready-profile.5", linuxready_profile())):
        path = folder / f"usr/share/man/man{name[-1]}/{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(name, day, words), encoding="utf-8")

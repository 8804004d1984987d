"""A plain `check` or `facts` goes round typer: it must mean what typer makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready import __main__, cli, commands

PLAIN = [
    [],
    ["--format", "json"],
    ["--only", "kernel", "--only", "lsof", "--format", "short"],
    ["--profile", "x.toml", "--root", "/mnt", "--skip", "os-disk", "--output", "out.json"],
    ["--fail-on", "warn", "--recording", "web1"],
    ["--sosreport", "sosreport-web1.tar.xz"],
    ["--facts", "web1.json"],
    ["--manual"],
    ["--multi-vm", "--manual"],
    ["--facts", "web1.json", "--manual", "--format", "short"],
    ["--manual", "--manual", "--only", "kernel"],
]
TYPERS = [
    ["--help"],
    ["--format=json"],
    ["--format"],
    ["--facts", "-"],
    ["--bogus", "x"],
    ["x"],
    ["--format", "--only"],
    ["--format", "--manual"],
    ["--manual", "yes"],
    ["--no-manual"],
]


FACTS = [
    [],
    ["--for", "facter", "--output", "x.json", "--report", "r.json"],
    ["--profile", "x.toml", "--root", "/mnt"],
    ["--facts", "web1.json", "--for", "salt"],
    ["--recording", "web1"],
    ["--sosreport", "web1"],
]
FACTS_OF_TYPER = [["--for_", "salt"], ["--for-", "salt"], ["--for"], ["--for=salt"], ["--only", "lsof"]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a command is called with, typer's lists as they are."""
    seen: list[dict[str, Any]] = []

    def watch(name: str) -> None:
        defaults = getattr(commands, name).__kwdefaults__

        def command(**words: Any) -> int:
            seen.append({name: list(v) if defaults[name] == () else v for name, v in {**defaults, **words}.items()})
            return 7

        command.__kwdefaults__ = defaults
        monkeypatch.setattr(commands, name, command)

    for name in ("check", "facts"):
        watch(name)
    return seen


BOTH = [["check", *words] for words in PLAIN] + [["facts", *words] for words in FACTS]


@pytest.mark.parametrize("arguments", BOTH, ids=" ".join)
def test_plain_words_mean_what_typer_makes_of_them(arguments: list[str], calls: list[dict[str, Any]]) -> None:
    assert __main__.plain_options(getattr(commands, arguments[0]), arguments[1:]) is not None
    assert __main__.run(arguments) == 7
    assert cli.run(arguments) == 7
    assert calls[0] == calls[1]


@pytest.mark.parametrize("words", FACTS_OF_TYPER, ids=" ".join)
def test_anything_else_of_facts_is_typers(words: list[str]) -> None:
    assert __main__.plain_options(commands.facts, words) is None


@pytest.mark.parametrize("words", TYPERS, ids=" ".join)
def test_anything_else_is_typers(words: list[str]) -> None:
    assert __main__.plain_options(commands.check, words) is None

"""A plain `check` goes round typer: it must mean what typer makes of it."""

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


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What commands.check is called with, typer's lists as they are."""
    seen: list[dict[str, Any]] = []

    def check(**words: Any) -> int:
        defaults = original.__kwdefaults__ or {}
        seen.append({name: list(v) if defaults[name] == () else v for name, v in {**defaults, **words}.items()})
        return 7

    original = commands.check
    check.__kwdefaults__ = original.__kwdefaults__
    monkeypatch.setattr(commands, "check", check)
    return seen


@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_plain_words_mean_what_typer_makes_of_them(words: list[str], calls: list[dict[str, Any]]) -> None:
    assert __main__.plain_options(commands.check, words) is not None
    assert __main__.run(["check", *words]) == 7
    assert cli.run(["check", *words]) == 7
    assert calls[0] == calls[1]


@pytest.mark.parametrize("words", TYPERS, ids=" ".join)
def test_anything_else_is_typers(words: list[str]) -> None:
    assert __main__.plain_options(commands.check, words) is None

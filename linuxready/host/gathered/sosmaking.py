"""How a sosreport was made, in its own words: sos's version, its plugins and what befell them, what was left out.

    version.txt                          sosreport: 4.0           and, before they left it to the manifest, the plugins
    sos_reports/manifest.json            4.x: the plugins with their commands and exit statuses, the command line
    sos_logs/PLUGIN-plugin-errors.txt    a plugin that an exception ended; what it had still to gather is missing
    sos_logs/ui.log                      " Plugin networking timed out"
    sos_logs/sos.log                     "[plugin:rpm] command 'dpkg -l' timed out after 300s": it was cut off
    etc/sos/sos.conf                     [report] skip-files = /etc/ssh/*,/boot/*

A plugin that failed stands among those that ran, in the manifest too; before 4.0, so does one whose time was over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import StringIO
from typing import Any, NamedTuple

import msgspec

from linuxready import jsontext
from linuxready.host import Host, Unreadable
from linuxready.host.gathered.sosplugins import OLD_NAME_MAX, Version, mangled

MAX_MANIFEST_BYTES = 16 * 2**20

TIMED_OUT = 124
"""What timeout(1) exits with."""

SKIPPED = re.compile(r" --skip-files[= ](\S+)|^[ \t]*skip[-_]files[ \t]*=(.*)", re.M)
"""`sos report --skip-files=/etc/ssh/*,/boot/*`, and the same in its configuration."""


class ManifestCommand(msgspec.Struct, frozen=True):
    """A command that a plugin ran, and where its output lies below the report's folder."""

    filepath: str | None = None
    return_code: int | None = None


class ManifestPlugin(msgspec.Struct, frozen=True):
    """A plugin that ran, whole or until its time was over."""

    commands: tuple[ManifestCommand, ...] = ()
    timeout_hit: bool = False


class ManifestReport(msgspec.Struct, frozen=True):
    """What `sos report` did."""

    plugins: dict[str, ManifestPlugin] = {}


class ManifestParts(msgspec.Struct, frozen=True):
    """What sos did: the report, and perhaps its obfuscation."""

    report: ManifestReport = ManifestReport()
    cleaner: Any = None


class Manifest(msgspec.Struct, frozen=True):
    """sos_reports/manifest.json, the parts of it that are read."""

    components: ManifestParts = ManifestParts()
    version: str = ""
    cmdline: str = ""


class Making(NamedTuple):
    """How a report was made.

    `plugins`: those that ran, and what befell them, "" nothing. `statuses`: the exit status behind an output, by its
    path. `skipped`: patterns of files that were left out at will. `cleaned`: whether sos obfuscated it as it made it.
    """

    version: Version
    plugins: dict[str, str]
    statuses: dict[str, int | None]
    skipped: tuple[str, ...]
    cleaned: bool


def read(report: Host, outputs: Mapping[str, str]) -> Making:
    """How `report` was made; `outputs` are the paths of its outputs by their names."""
    manifest = _manifest(report)
    head = _text(report, "/version.txt")
    numbers = re.search(r"^sos ?report: *(\d{1,4}(?:\.\d{1,4})*)", f"{head}\nsosreport: {manifest.version}", re.M)
    told = manifest.components.report.plugins
    plugins = {name: "timed out" if plugin.timeout_hit else "" for name, plugin in told.items()}
    plugins = plugins or dict.fromkeys(_loaded(report, head), "")
    plugins |= {name: what for name, what in _befell(report) if name in plugins}
    commands = [command for plugin in told.values() for command in plugin.commands if command.filepath]
    return Making(
        tuple(map(int, numbers[1].split("."))) if numbers else (2,),
        plugins,
        {
            **{f"/{command.filepath}": command.return_code for command in commands},
            **{outputs[name]: TIMED_OUT for name in (() if told else _cut_off(report)) if name in outputs},
        },
        tuple(_skipped(f"{manifest.cmdline}\n{_text(report, '/etc/sos/sos.conf')}")),
        manifest.components.cleaner is not None,
    )


def _text(report: Host, path: str) -> str:
    """The text of a file of the report's own, "" where there is none."""
    with suppress(Unreadable):
        return report.text(path)
    return ""


def _manifest(report: Host) -> Manifest:
    # Where it is huge, or another version writes it otherwise, version.txt names the plugins as well.
    with suppress(Unreadable, ValueError):
        content = report.read("/sos_reports/manifest.json")
        if len(content) <= MAX_MANIFEST_BYTES:
            manifest: Manifest = jsontext.decode(content, Manifest)
            return manifest
    return Manifest()


def _loaded(report: Host, head: str) -> list[str]:
    """The plugins that ran, by version.txt, the reports of 3.x or 2.2, or else those that ran commands."""
    names = re.findall(r"^(\w+): ", head, re.M)
    if not names:
        loaded = re.search(r"^Loaded Plugins:\n((?:  .*\n)*)", _text(report, "/sos_reports/sos.txt"), re.M)
        names = loaded[1].split() if loaded else []
    return names or [
        *re.findall(r'href="#(\w+)"', _text(report, "/sos_reports/sosreport.html")),
        *report.entries("/sos_commands"),
    ]


def _befell(report: Host) -> Iterator[tuple[str, str]]:
    """The plugins that did not come to their end, and why."""
    for name in re.findall(r"^ *Plugin (\w+) timed out$", _text(report, "/sos_logs/ui.log"), re.M):
        yield name, "timed out"
    for name in re.findall(r" ERROR: (\w+)\nTraceback \(", _text(report, "/sos_logs/sos.log")):  # 3.0 and 3.1
        yield name, "failed"
    with suppress(Unreadable):
        for file in report.entries("/sos_logs"):
            if file.endswith("-plugin-errors.txt"):
                yield file.removesuffix("-plugin-errors.txt"), "failed"


def _cut_off(report: Host) -> Iterator[str]:
    """The names of the outputs of commands that timed out."""
    for line in StringIO(_text(report, "/sos_logs/sos.log")):  # one at a time: a log may be long
        said, cut_off, _ = line.partition("' timed out after ")
        if cut_off:
            name = mangled(said.partition("command '")[2])
            yield from (name, name[:OLD_NAME_MAX])


def _skipped(text: str) -> Iterator[str]:
    for words in SKIPPED.findall(text):
        yield from (pattern.strip() for word in words for pattern in word.split(",") if pattern.strip())

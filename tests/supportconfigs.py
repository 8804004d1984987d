"""The made supportconfigs of testdata/supportconfigs, and what linuxready says of each; `make golden` writes it anew.

One folder a recorded machine of testdata/hosts: in it what supportconfig wrote there (supportutils 1.20, 3.0, 3.1).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from linuxready.collect import collect
from linuxready.facts import Facts
from linuxready.formats import Look, Style, render
from linuxready.host.gathered.gatheredhost import GatheredHost
from linuxready.host.gathered.sections import HEADER_BYTES
from linuxready.host.gathered.supportconfig import Supportconfig

from .golden import HOSTS, profile_of
from .machines import NOW, report
from .sosreports import not_gathered

SUPPORTCONFIGS = HOSTS.parent / "supportconfigs"


def header(kind: str) -> str:
    """The line that begins a section."""
    return f"#==[ {kind} ]".ljust(HEADER_BYTES - 1, "=") + "#"


def conf(path: str, text: str | None) -> str:
    """A configuration file as supportconfig writes it."""
    if text is None:
        return f"{header('Configuration File')}\n# {path} - File not found\n\n"
    return f"{header('Configuration File')}\n# {path}\n{text}\n\n"


def command(line: str, text: str) -> str:
    """A command as supportconfig writes it."""
    return f"{header('Command')}\n# {line}\n{text}\n"


def folder_of(machine: Path) -> Path:
    """What supportconfig wrote, below a machine's folder."""
    return next(path for path in sorted(machine.iterdir()) if path.is_dir())


@cache
def collected(machine: Path) -> Facts:
    """The facts of a supportconfig; read once."""
    folder = folder_of(machine)
    return collect(GatheredHost(Supportconfig(str(folder), folder.name)), NOW)


def outputs(machine: Path) -> dict[str, str]:
    """The text of each golden file of a supportconfig."""
    facts = collected(machine)
    judged, look = report(facts, profile_of(HOSTS / machine.name)), Look(facts, 0.25)
    return {
        "report.json": render(judged, "json", Style(), look),
        "table.txt": render(judged, "table", Style(width=80), look),
        "not-gathered.txt": not_gathered(facts),
    }

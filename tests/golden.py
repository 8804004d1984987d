"""What linuxready says of each machine in testdata/hosts, and of its sosreports; `make golden` writes it anew."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from linuxready import factsdocument, jsontext
from linuxready.collect import collect
from linuxready.facts import Facts
from linuxready.formats import Look, Style, render
from linuxready.host import Host
from linuxready.host.captured import Recording, RootHost
from linuxready.profile import DEFAULT

from .machines import NOW, report

HOSTS = Path(__file__).parents[1] / "testdata" / "hosts"

IN_EVERY_FORMAT = ("rhel-7-var-on-second-disk", "not-root", "rhel-7.2-waived")
"""The machines that stand for all others in formats that show nothing else of them."""

FOR_PROGRAMS = {
    "report.yaml": "yaml",
    "junit.xml": "junit",
    "report.tap": "tap",
    "nagios.txt": "nagios",
    "linuxready.prom": "prometheus",
}


def profile_of(machine: Path) -> str:
    """The profile that a machine's goldens are by: the word in its file `profile`, or the default.

    A word that ends in .toml is a file of the machine's own.
    """
    file = machine / "profile"
    name = file.read_text(encoding="utf-8").strip() if file.exists() else DEFAULT
    return str(machine / name) if name.endswith(".toml") else name


def is_recorded(machine: Path) -> bool:
    """Whether a machine was recorded; one of which there is nothing but root/ is a mounted disk image."""
    return any((machine / f"{name}.json").exists() for name in ("index", "host", "commands"))


def host_of(machine: Path) -> Host:
    """A recording, or a mounted disk image."""
    if is_recorded(machine):
        return Recording(str(machine))
    host = RootHost(str(machine / "root"))
    host.source = f"root {machine.name}"
    return host


@cache
def collected(machine: Path) -> Facts:
    """A machine's facts; read once, for many tests judge by them."""
    return collect(host_of(machine), NOW)


def outputs(machine: Path) -> dict[str, str]:
    """The text of each golden file of a machine."""
    facts = collected(machine)
    judged, look = report(facts, profile_of(machine)), Look(facts, 0.25)
    texts = {
        "facts.json": jsontext.encode(facts),
        "report.json": render(judged, "json", Style(), look),
        "table.txt": render(judged, "table", Style(width=80), look),
    }
    if machine.name in IN_EVERY_FORMAT:
        texts |= {file: render(judged, name, Style(), look) for file, name in FOR_PROGRAMS.items()}
        texts["facts-document.json"] = factsdocument.encode(factsdocument.document(facts, judged, NOW))
    return texts


def main() -> None:
    from . import sosreports, supportconfigs

    for machine in sorted(HOSTS.iterdir()):
        write(machine, outputs(machine))
    for name in sosreports.LAYOUTS:
        write(sosreports.SOSREPORTS / name, sosreports.outputs(name))
    for machine in sorted(supportconfigs.SUPPORTCONFIGS.iterdir()):
        write(machine, supportconfigs.outputs(machine))


def write(folder: Path, texts: dict[str, str]) -> None:
    """The golden files of a folder anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The recorded machines of testdata/hosts and what linuxready says of each; `make golden` writes it anew."""

from __future__ import annotations

from pathlib import Path

from linuxready import jsontext
from linuxready.collect import collect
from linuxready.formats import Style, render
from linuxready.host.captured import Recording
from linuxready.profile import DEFAULT

from .machines import NOW, report

HOSTS = Path(__file__).parents[1] / "testdata" / "hosts"


def profile_of(machine: Path) -> str:
    """The profile that a machine's goldens are by: the word in its file `profile`, or the default."""
    file = machine / "profile"
    return file.read_text(encoding="utf-8").strip() if file.exists() else DEFAULT


def outputs(machine: Path) -> dict[str, str]:
    """The text of each golden file of a machine."""
    facts = collect(Recording(str(machine)), NOW)
    judged = report(facts, profile_of(machine))
    return {
        "facts.json": jsontext.encode(facts),
        "report.json": render(judged, "json", Style()),
        "table.txt": render(judged, "table", Style(width=80)),
    }


def main() -> None:
    for machine in sorted(HOSTS.iterdir()):
        for name, text in outputs(machine).items():
            (machine / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Collects the licence texts of all that is bundled, and the table of what it is."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

from fetch import Failed

TABLE = Path(__file__).with_name("licences.toml")


def collect(work: Path, to: Path, versions: dict[str, str], debian: list[str]) -> None:
    """Write `to`/COMPONENT/TEXT and `to`/SPDX: component, version, SPDX expression, source; tab-separated.

    Everything of `versions` must be in the table, and every text in the build's folder: else Failed.
    """
    components = tomllib.loads(TABLE.read_text())["component"]
    untold = versions.keys() - {component["made_from"] for component in components}
    if untold:
        raise Failed(f"{TABLE.name} has no licence of {', '.join(sorted(untold))}")
    lines = []
    for component in components:
        name, made_from = component["name"], component["made_from"]
        if made_from not in versions:
            raise Failed(f"{TABLE.name}: {name}: no {made_from} is built in")
        source = f"Debian source package {made_from}" if made_from in debian else f"PyPI {made_from}"
        lines.append("\t".join((name, versions[made_from], component["spdx"], source)) + "\n")
        folder = to / re.sub(r"[^\w-]", "", name.partition(" (")[0].replace(" ", "-"))
        folder.mkdir(parents=True)
        for pattern in component["texts"]:
            found = list(work.glob(pattern))
            if len(found) != 1:
                raise Failed(f"{TABLE.name}: {name}: {pattern} is found {len(found)} times")
            shutil.copyfile(found[0], folder / found[0].name)
    (to / "SPDX").write_text("component\tversion\tSPDX\tsource\n" + "".join(lines))

"""What the table of licences means to a package: spdx.py FOLDER expression|copyright.

FOLDER/SPDX is made with the runtime: a head, then a line for each bundled work, with tabs between its name, version,
SPDX licence expression and source.
"""

from __future__ import annotations

import sys
from pathlib import Path

OWN = "Apache-2.0"

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: linuxready
Comment: What is bundled has licences of its own. Their texts are in
 /usr/share/doc/linuxready/licences, by name and SPDX expression:
{bundled}

Files: *
Copyright: 2026 the linuxready maintainers
License: Apache-2.0
 See /usr/share/common-licenses/Apache-2.0.
"""


def bundled(folder: Path) -> list[tuple[str, str]]:
    """The name and SPDX expression of each bundled work."""
    rows = (line.split("\t") for line in (folder / "SPDX").read_text(encoding="utf-8").splitlines()[1:])
    return [(f"{name} {version}", spdx) for name, version, spdx, _ in rows]


def expression(folder: Path) -> str:
    """All of it as one SPDX expression; an OR stands in brackets there already."""
    parts = {part for _, text in bundled(folder) for part in text.split(" AND ")}
    return " AND ".join((OWN, *sorted(parts - {OWN})))


def copyright_file(folder: Path) -> str:
    """debian/copyright."""
    return COPYRIGHT.format(bundled="\n".join(f"  {name}: {text}" for name, text in bundled(folder)))


if __name__ == "__main__":
    folder, wanted = Path(sys.argv[1]), sys.argv[2]
    print({"expression": expression, "copyright": copyright_file}[wanted](folder))

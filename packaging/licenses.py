"""What the table of bundled licences means to a package: licenses.py FOLDER expression|copyright.

FOLDER/SPDX has a line for each bundled work: its name and its SPDX licence expression, with a tab between.
"""

from __future__ import annotations

import sys
from pathlib import Path

OWN = "Apache-2.0"

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: linuxready
Comment: What is bundled has licences of its own. Their texts are in
 /usr/share/doc/linuxready/licenses, by name and SPDX expression:
{bundled}

Files: *
Copyright: the linuxready maintainers
License: Apache-2.0
 See /usr/share/common-licenses/Apache-2.0.
"""


def bundled(folder: Path) -> list[tuple[str, str]]:
    """The name and SPDX expression of each bundled work."""
    rows = [line.split("\t") for line in (folder / "SPDX").read_text(encoding="utf-8").splitlines()]
    return [(row[0], row[1]) for row in rows]


def expression(folder: Path) -> str:
    """All of it as one SPDX expression."""
    others = sorted({f"({text})" if " OR " in text else text for _, text in bundled(folder)} - {OWN})
    return " AND ".join((OWN, *others))


def copyright_file(folder: Path) -> str:
    """debian/copyright."""
    return COPYRIGHT.format(bundled="\n".join(f"  {name}: {text}" for name, text in bundled(folder)))


if __name__ == "__main__":
    folder, wanted = Path(sys.argv[1]), sys.argv[2]
    print({"expression": expression, "copyright": copyright_file}[wanted](folder))

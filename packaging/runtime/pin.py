"""Writes hashes.txt (`make lock`): the one file of each bundled package and of the compiler, as pip's --require-hashes
reads it. Who changes a version of requirements.lock or sources.toml by hand runs this, too."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from fetch import Failed, python_packages
from make_runtime import HASHES, packages, read_plan


def main() -> int:
    plan = read_plan()
    lines = []
    try:
        for package in packages(plan):
            with tempfile.TemporaryDirectory() as folder:
                python_packages([package], plan["from_source"], plan["wheels"], Path(folder))
                (file,) = Path(folder).iterdir()
                lines.append(f"{package} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n")
    except Failed as error:
        print(f"pin: {error}", file=sys.stderr)
        return 1
    HASHES.write_text("".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())

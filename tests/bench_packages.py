"""Benchmarks of what is packaged: ratios to the packaged Python's own start (`make bench-packages`, after `make tree`).

The cold rows empty the page cache first, so they want root; the machine's other files are then cold as well.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from .bench import COMMAND as DEVELOPMENT
from .bench import PAIRS, cpu_seconds, ratio

TREE = Path(__file__).parents[1] / "build/tree/x86_64"
LAUNCHER = str(TREE / "usr/bin/linuxready")
PYTHON = str(TREE / "usr/lib/linuxready/bin/python3.13")
BARE = [PYTHON, "-I", "-S", "-c", "pass"]
CHECK = [LAUNCHER, "check", "--format", "json"]
DIRECT = [PYTHON, "-I", "-S", "-B", "-c", "from linuxready.__main__ import main; main()", *CHECK[1:]]
LIMIT = 8.5
COLD_RUNS = 5


def cold_seconds(argv: list[str]) -> float:
    """The wall time of a run whose files are all on the disk still, the median of a few."""
    times = []
    for _ in range(COLD_RUNS):
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
        start = time.perf_counter()
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=False)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def launcher_seconds() -> float:
    """What the launcher adds to what it starts: the median over pairs, with true(1) in Python's place."""
    with tempfile.TemporaryDirectory() as folder:
        started = Path(folder) / "lib/linuxready/bin/python3.13"
        started.parent.mkdir(parents=True)
        shutil.copy("/bin/true", started)
        (Path(folder) / "bin").mkdir()
        ours = [str(shutil.copy(LAUNCHER, Path(folder) / "bin/linuxready"))]
        alone = [str(started)]
        return statistics.median(cpu_seconds(ours) - cpu_seconds(alone) for _ in range(200))


def main() -> None:
    bare_seconds = statistics.median(cpu_seconds(BARE) for _ in range(PAIRS))
    rows: list[tuple[str, float, float | None]] = [
        ("packaged check --format json / python -I -S -c pass", ratio(CHECK, BARE), LIMIT),
        ("the same with the launcher / without it", ratio(CHECK, DIRECT), None),
        ("the launcher's own / python -I -S -c pass", launcher_seconds() / bare_seconds, None),
        ("packaged check --format json / development's", ratio(CHECK, [DEVELOPMENT, *CHECK[1:]]), None),
        ("packaged --help / python -I -S -c pass", ratio([LAUNCHER, "--help"], BARE), None),
    ]
    if os.geteuid() == 0:
        bare, check = cold_seconds(BARE), cold_seconds(CHECK)
        rows += [
            ("cold page cache, wall: python -I -S -c pass, ms", bare * 1000, None),
            ("cold page cache, wall: check --format json, ms", check * 1000, None),
            ("cold page cache, wall: the second over the first", check / bare, None),
        ]
    size = sum(path.lstat().st_size for path in TREE.rglob("*") if not path.is_dir())
    rows.append(("installed size, MB", size / 1e6, None))
    for name, value, limit in rows:
        bound = "" if limit is None else f"  at most {limit}{'' if value <= limit else '  EXCEEDED'}"
        print(f"{name:56} {value:6.2f}{bound}")


if __name__ == "__main__":
    main()

"""`make tree`: the root of what is installed, in build/tree/x86_64: the runtime, linuxready in it, /usr/bin/linuxready.

It takes seconds: the runtime comes from `make runtime`. Every file has the commit's time, or SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from fetch import Failed
from make_runtime import HERE, LIBRARY, OUT, PREFIX, ROOT, audit, normalise, precompile

TREE = ROOT / "build/tree/x86_64"


def commit_time() -> int:
    """When the commit was made, in seconds since 1970 (SOURCE_DATE_EPOCH, where it is set, says it for us)."""
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(told)
    log = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    done = subprocess.run(log, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed("no git commit here and no SOURCE_DATE_EPOCH: the files' time is not known")
    return int(done.stdout)


def make(new: Path) -> None:
    """Put the tree together in a new folder."""
    private = new / PREFIX[1:]
    private.parent.mkdir(parents=True)
    shutil.copytree(OUT / "tree", private, symlinks=True)
    package = private / LIBRARY / "linuxready"
    shutil.copytree(ROOT / "linuxready", package, ignore=shutil.ignore_patterns("__pycache__"))
    for profile in package.glob("profiles/**/*.toml"):  # decoded by C: tomllib is a tenth of a run's time
        Path(f"{profile}.json").write_text(json.dumps(tomllib.loads(profile.read_text()), ensure_ascii=False))
    normalise(package)
    precompile(private / "bin/python3.13", package, f"{PREFIX}/{LIBRARY}/linuxready")
    (new / "usr/bin").mkdir()
    shutil.copyfile(OUT / "launcher", new / "usr/bin/linuxready")
    (new / "usr/bin/linuxready").chmod(0o755)
    for folder in (new, new / "usr", new / "usr/lib", new / "usr/bin"):
        folder.chmod(0o755)
    time = commit_time()
    for path in [new, *new.rglob("*")]:
        os.utime(path, (time, time), follow_symlinks=False)
    glibc = tomllib.loads((HERE / "sources.toml").read_text())["glibc"]
    audit(new, glibc, ROOT / "build", ROOT / ".venv", ROOT / "linuxready")


def main() -> int:
    new = TREE.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        make(new)
    except Failed as error:
        print(f"tree: {error}", file=sys.stderr)
        return 1
    shutil.rmtree(TREE, ignore_errors=True)
    new.rename(TREE)
    print(f"{TREE.relative_to(ROOT)}: {sum(path.lstat().st_size for path in TREE.rglob('*')) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

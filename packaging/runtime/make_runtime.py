"""`make runtime`: CPython with linuxready's dependencies, for every listed machine, in build/runtime/x86_64.

    tree/       what is installed as /usr/lib/linuxready, without linuxready itself
    launcher    /usr/bin/linuxready
    licences/   of all that is bundled, and the table SPDX
    version     what it was made of

It is made once for the same inputs and kept in LINUXREADY_CACHE (/var/cache/linuxready, or build/cache).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import fetch
import freeze
import licences
from fetch import Failed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "build/runtime/x86_64"
WORK = ROOT / "build/runtime/x86_64.work"
PREFIX = "/usr/lib/linuxready"
LIBRARY = "lib/python3.13"
HASHES = HERE / "hashes.txt"
NO_INPUTS = ("make_tree.py", "fetch.py", "pin.py")  # what is fetched is named by its versions and sums


def cache_folder() -> Path:
    """Where runtimes and sources are kept from one checkout to the next."""
    named = os.environ.get("LINUXREADY_CACHE")
    usual = Path("/var/cache/linuxready")
    folder = Path(named) if named else usual if os.access("/var/cache", os.W_OK) else ROOT / "build/cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def read_plan() -> dict[str, Any]:
    """sources.toml."""
    return tomllib.loads((HERE / "sources.toml").read_text())


def packages(plan: dict[str, Any]) -> list[str]:
    """What comes from PyPI, as `name==version`: the lines of requirements.lock that are bundled, and the compiler."""
    lines = (ROOT / "requirements.lock").read_text().split()
    unknown = set(plan["left_out"]) - {line.partition("==")[0] for line in lines}
    if unknown:
        raise Failed(f"sources.toml leaves out {', '.join(sorted(unknown))}, which is not in requirements.lock")
    bundled = [line for line in lines if line.partition("==")[0] not in plan["left_out"]]
    return [*bundled, f"ziglang=={plan['zig']}"]


def pinned(plan: dict[str, Any]) -> list[str]:
    """The same with their hashes."""
    pins = HASHES.read_text().splitlines()
    if [pin.partition(" ")[0] for pin in pins] != packages(plan):
        raise Failed(f"{HASHES.name} is not of requirements.lock and sources.toml: packaging/runtime/pin.py writes it")
    return pins


def inputs(sources: list[Path]) -> str:
    """One name for all that decides what the runtime is: this folder, the sources' contents."""
    recipe = sorted(path for path in HERE.iterdir() if path.is_file() and path.name not in NO_INPUTS)
    digest = hashlib.sha256()
    for path in [*recipe, *sources]:
        digest.update(f"\n{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()[:16]


def gather(work: Path, sources: list[Path], plan: dict[str, Any]) -> Path:
    """Everything that is compiled or unpacked, in work/; the compiler's path. Only pip's downloads are new."""
    folder = work / "sources"
    folder.mkdir(parents=True)
    for path in sources:
        os.symlink(path, folder / path.name)
    fetch.python_packages(pinned(plan), plan["from_source"], plan["wheels"], folder)
    (compiler,) = folder.glob("ziglang-*.whl")
    (work / "wheels").mkdir()
    for wheel in sorted(set(folder.glob("*.whl")) - {compiler}):
        with zipfile.ZipFile(wheel) as archive:
            if any(".data/" in name for name in archive.namelist()):
                raise Failed(f"{wheel.name} has data for other folders: not foreseen")
            archive.extractall(work / "wheels")
    fetch.run([*fetch.PIP, "install", "--no-deps", "--no-compile", "--target", str(work / "pip"), str(compiler)])
    (work / "pip/ziglang").rename(work / "zig")
    return work / "zig/zig"


def compile_all(work: Path, zig: Path, plan: dict[str, Any]) -> None:
    """Run compile.sh; its clock stands where Debian's last change to Python was made."""
    (archive,) = (work / "sources").glob("python3.13_*.debian.tar.xz")
    with tarfile.open(archive) as tar:
        changed = tar.getmember("debian/changelog").mtime
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(work),
        "SOURCES": str(work / "sources"),
        "ZIG": str(zig),
        "PYTHON": sys.executable,
        "PATCHES": plan["patches"],
        "GLIBC": plan["glibc"],
        "SOURCE_DATE_EPOCH": str(int(changed)),
    }
    if subprocess.run([HERE / "compile.sh", work], env=environment, check=False).returncode:
        raise Failed("compile.sh failed")


def assemble(work: Path, tree: Path) -> None:
    """CPython and the dependencies in one folder, trimmed, with the mode bits of a package, precompiled."""
    (work / f"stage{PREFIX}").rename(tree)
    library = tree / LIBRARY
    # Not in site-packages: -S, which saves the search for it, leaves only the library itself on sys.path.
    shutil.copytree(work / "wheels", library, dirs_exist_ok=True)
    shutil.copytree(work / "msgspec/src/msgspec", library / "msgspec", ignore=shutil.ignore_patterns("*.c", "*.h"))
    shutil.copy(work / "msgspec/_core.so", library / "msgspec/_core.cpython-313-x86_64-linux-gnu.so")
    (sdist,) = (work / "sources").glob("msgspec-*.tar.gz")
    metadata = library / f"{sdist.name.removesuffix('.tar.gz')}.dist-info"
    metadata.mkdir()
    shutil.copy(work / "msgspec/PKG-INFO", metadata / "METADATA")
    for name in freeze.names():
        freeze.source(library, name).unlink()  # frozen: it would never be read
    for pattern in (HERE / "trim.txt").read_text().splitlines():
        if pattern and not pattern.startswith("#"):
            trim(tree, pattern)
    for name in ("__pycache__", "tests", "*.pyi", "py.typed", "*.so.dSYM"):
        trim(tree, f"**/{name}")
    shutil.rmtree(library / "lib-dynload", ignore_errors=True)
    (library / "lib-dynload").mkdir()  # by it the interpreter knows its exec_prefix; all modules are built in
    (data,) = library.glob("_sysconfigdata_*.py")
    data.write_text(without_paths(data.read_text(), str(work)))
    normalise(tree)
    precompile(tree / "bin/python3.13", tree)


def trim(tree: Path, pattern: str) -> None:
    """Remove what a pattern names."""
    for path in sorted(tree.glob(pattern), reverse=True):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def without_paths(text: str, path: str) -> str:
    """sysconfig's table without the values that name a folder of the build."""
    values: dict[str, dict[str, Any]] = {}
    exec(text, values)  # a dictionary's source, which CPython's build has written
    kept = {key: value for key, value in values["build_time_vars"].items() if path not in str(value)}
    return "build_time_vars = {\n" + "".join(f"    {key!r}: {kept[key]!r},\n" for key in sorted(kept)) + "}\n"


def normalise(tree: Path) -> None:
    """0755 for folders and programs, 0644 for the rest."""
    for path in tree.rglob("*"):
        if not path.is_symlink():
            program = path.is_dir() or path.parent == tree / "bin"
            path.chmod(0o755 if program else 0o644)
    tree.chmod(0o755)


def precompile(python: Path, folder: Path, installed: str = PREFIX) -> None:
    """Compile all modules below a folder, as if they lay where they are installed.

    Unchecked: no module's source is looked at when it is imported. One process, a fixed hash seed: the same bytes.
    """
    compiled = subprocess.run(
        [python, "-S", "-B", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash",
         "-s", folder, "-p", installed, folder],
        env={"PYTHONHASHSEED": "0"}, check=False,
    )  # fmt: skip
    if compiled.returncode:
        raise Failed(f"compileall failed in {folder}")


def audit(tree: Path, glibc: str, *forbidden: Path) -> None:
    """Fail where audit.py finds anything."""
    words = [word for path in forbidden for word in ("--forbid", str(path))]
    if subprocess.run([sys.executable, HERE / "audit.py", tree, "--glibc", glibc, *words], check=False).returncode:
        raise Failed(f"the audit refuses {tree}")


def patches(work: Path, plan: dict[str, Any]) -> str:
    """Which of Debian's patches were applied, and which were not."""
    lines = (work / "debian/patches/series").read_text().splitlines()
    series = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    applied = [name for name in series if re.search(plan["patches"], name)]
    left = [name for name in series if name not in applied]
    return f"patches applied: {' '.join(applied)}\npatches of Debian's own, not applied: {' '.join(left)}\n"


def make(new: Path, sources: list[Path], versions: dict[str, str], plan: dict[str, Any]) -> None:
    """Build everything into a new folder."""
    shutil.rmtree(WORK, ignore_errors=True)
    zig = gather(WORK, sources, plan)
    compile_all(WORK, zig, plan)
    new.mkdir(parents=True)
    assemble(WORK, new / "tree")
    shutil.copy(WORK / "launcher", new / "launcher")
    licences.collect(WORK, new / "licences", versions, plan["packages"])
    audit(new / "tree", plan["glibc"], WORK, ROOT / "build", Path(sys.prefix))
    told = "".join(f"{name} {version}\n" for name, version in versions.items())
    (new / "version").write_text(told + patches(WORK, plan))
    shutil.rmtree(WORK)


def main() -> int:
    plan = read_plan()
    cache = cache_folder()
    with (cache / "lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # two checkouts of one machine share the cache
        try:
            suites = plan["suites"], plan["security_suites"]
            versions = fetch.debian(plan["packages"], *suites, cache / "apt", cache / "sources")
            found = [fetch.dsc(cache / "sources", name, version) for name, version in versions.items()]
            sources = [path for control in found for path in fetch.files_of(control)]
            versions |= dict(pin.partition(" ")[0].split("==") for pin in pinned(plan))
            kept = cache / f"runtime-{inputs(sources)}"
            if not kept.is_dir():
                new = cache / "new"
                shutil.rmtree(new, ignore_errors=True)
                make(new, sources, versions, plan)
                new.rename(kept)
        except Failed as error:
            print(f"runtime: {error}", file=sys.stderr)
            return 1
        shutil.rmtree(OUT, ignore_errors=True)
        shutil.copytree(kept, OUT, symlinks=True)
    print(f"{OUT.relative_to(ROOT)}: CPython {versions['python3.13']} ({kept.name})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

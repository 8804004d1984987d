"""Brings the sources: Debian's by apt with settings and lists of its own, wheels and sdists by pip."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from pathlib import Path

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Failed(Exception):
    """What could not be had, in one line."""


def run(argv: list[str], **options: object) -> str:
    """A program's standard output; its last words where it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        last = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise Failed(f"{' '.join(argv[:2])}: {last}")
    return str(done.stdout)


def debian_mirrors() -> tuple[str, str]:
    """The addresses of the archive and of its security updates that this machine has (sources.list(5))."""
    text = "\n".join(
        path.read_text() for path in (Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("debian*"))
        if path.is_file()
    )  # fmt: skip
    addresses = re.findall(r"(?m)^(?:URIs:|deb(?:-src)?(?: +\[[^]]*\])?)\s+(\S+)", text)
    archive = next((a for a in addresses if a.rstrip("/").endswith("/debian")), None)
    security = next((a for a in addresses if a.rstrip("/").endswith("/debian-security")), None)
    if not archive or not security:
        raise Failed("/etc/apt names no Debian archive with its security updates: the sources come from there")
    return archive, security


def debian(packages: list[str], suites: list[str], security_suites: list[str], state: Path, to: Path) -> dict[str, str]:
    """Download source packages in the newest version that is served; their versions by name.

    The index can name a version that the mirror does not have (yet, or any more): then the one before is taken, and
    a line says so. apt checks signatures and sums, and leaves alone what has been downloaded before.
    """
    for folder in (state / "lists/partial", state / "cache/archives/partial", to):
        folder.mkdir(parents=True, exist_ok=True)
    archive, security = debian_mirrors()
    lines = [f"deb-src [signed-by={KEYRING}] {archive} {suite} main\n" for suite in suites]
    lines += [f"deb-src [signed-by={KEYRING}] {security} {suite} main\n" for suite in security_suites]
    (state / "sources.list").write_text("".join(lines))
    settings = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": "/dev/null",  # else apt prefers the version of the installed binary package
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root",
    }
    options = [f"-o{name}={value}" for name, value in settings.items()]
    run(["apt-get", *options, "update", "-qq", "--error-on=any"])
    versions = {}
    for package in packages:
        shown = run(["apt-cache", *options, "showsrc", "--only-source", package])
        for version in newest_first(set(re.findall(r"(?m)^Version: (\S+)", shown))):
            wanted = f"{package}={version}"
            try:
                run(["apt-get", *options, "source", "-qq", "--only-source", "--download-only", wanted], cwd=to)
            except Failed:
                print(f"runtime: {wanted} is in the index, but the mirror does not have it", file=sys.stderr)
                continue
            versions[package] = version
            break
        else:
            raise Failed(f"no version of {package} is to be had from {', '.join(suites)}")
    return versions


def newest_first(versions: set[str]) -> list[str]:
    """Debian's own order (deb-version(7)), which is no order of text."""

    def compare(one: str, other: str) -> int:
        command = ["dpkg", "--compare-versions", one, "lt", other]
        return 1 if subprocess.run(command, check=False).returncode == 0 else -1

    return sorted(versions, key=functools.cmp_to_key(compare))


def dsc(folder: Path, package: str, version: str) -> Path:
    """A downloaded source package's control file; epochs are not in its name."""
    return folder / f"{package}_{version.partition(':')[2] or version}.dsc"


def files_of(control: Path) -> list[Path]:
    """The files that a .dsc names (its Checksums-Sha256), and itself."""
    block = re.search(r"(?m)^Checksums-Sha256:\n((?: .*\n)+)", control.read_text(errors="replace"))
    names = [line.split()[2] for line in block[1].splitlines()] if block else []
    return [control, *(control.parent / name for name in names)]


def python_packages(pins: list[str], from_source: list[str], platform: str, to: Path) -> None:
    """Download packages: wheels for CPython 3.13 on `platform` (or pure), sdists where compiled here.

    A pin is a line of a requirements file; with a hash, nothing else is taken (pip's --require-hashes).
    """
    pip = [*PIP, "download", "--no-deps", "-d", str(to)]
    wheels = [
        "--only-binary=:all:", f"--platform={platform}", "--python-version=3.13", "--implementation=cp",
        "--abi=abi3", "--abi=none",
    ]  # fmt: skip
    for pin in pins:
        name = pin.partition("==")[0]
        kind = [f"--no-binary={name}"] if name in from_source else wheels
        try:
            run([*pip, *kind, "--requirement", "/dev/stdin"], input=pin)
        except Failed as error:
            raise Failed(f"{pin}: {error}") from error  # pip's last words are "Got" and the hash that it got

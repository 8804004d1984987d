"""Wheel and sdist: built, checked by twine, installed by pip and pipx; nothing in them but the program."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import linuxready

from .conftest import PROJECT

pytestmark = pytest.mark.live

PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
VERSION = f"linuxready {linuxready.__version__}\n"


def run(*argv: str | Path, **variables: str) -> str:
    pip = {"PIP_NO_CACHE_DIR": "1", "PIP_NO_COMPILE": "1"}  # the latter for speed
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8", **pip, **variables}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600, cwd="/", env=environment)
    assert done.returncode == 0, f"{argv}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheel and sdist, and an environment with what builds and checks them."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/python", *PIP, "install", "build", "twine")
    run(folder / "venv/bin/python", "-m", "build", "--outdir", folder / "dist", PROJECT)
    return folder


def names(archive: Path) -> set[str]:
    if archive.suffix == ".whl":
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as tar:
        return {name.partition("/")[2] for name in tar.getnames()}


def test_twine_has_no_complaint(built: Path) -> None:
    said = run(built / "venv/bin/twine", "check", "--strict", *sorted((built / "dist").iterdir()))
    assert said.count("PASSED") == 2


def test_the_program_is_in_them_and_no_test(built: Path) -> None:
    code = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "linuxready").rglob("*.*")
        if path.suffix in (".py", ".toml", ".json")
    }
    for archive in (built / "dist").iterdir():
        held = names(archive)
        assert code <= held, archive.name
        beside = {name.partition("/")[0] for name in held - code}
        known = {f"linuxready-{linuxready.__version__}.dist-info"} if archive.suffix == ".whl" else SDIST
        assert beside <= known, archive.name


SDIST = {"README.md", "LICENSE", "PKG-INFO", "pyproject.toml", ".gitignore"}


@pytest.mark.parametrize("what", ["wheel", "sdist", "checkout"])
def test_pip_installs(built: Path, tmp_path: Path, what: str) -> None:
    pattern = {"wheel": "*.whl", "sdist": "*.tar.gz"}
    target = next((built / "dist").glob(pattern[what])) if what in pattern else PROJECT
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    run(sys.executable, *PIP, "--python", tmp_path / "venv/bin/python", "install", target)
    assert run(tmp_path / "venv/bin/linuxready", "--version") == VERSION
    assert "vmware-2017" in run(tmp_path / "venv/bin/linuxready", "profiles")


def test_pipx_installs(built: Path, tmp_path: Path) -> None:
    folders = {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    run("pipx", "install", next((built / "dist").glob("*.whl")), **folders)
    assert run(tmp_path / "bin/linuxready", "--version") == VERSION

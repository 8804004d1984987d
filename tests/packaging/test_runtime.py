"""The private Python: whole, isolated, and nothing in it is ever written."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from .stage import LIBRARY, PRIVATE, PYTHON, ROOT, TREE, files, packaged, run

pytestmark = packaged()

BARE_PYTHON = (PYTHON, "-I", "-S", "-B", "-c")
RECIPE = ROOT / "packaging/runtime"
VERSION = ROOT / "build/runtime/x86_64/version"
LICENCES = ROOT / "build/runtime/x86_64/licences"

MISSING = """
import contextlib, importlib, io, json, sys
skipped = {"antigravity", "this", "__main__"}  # they open a browser, print a poem, are this
missing = []
for name in sorted(sys.stdlib_module_names - skipped):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            importlib.import_module(name)
    except ImportError:
        missing.append(name)
print(json.dumps(missing))
"""

WORKS = """
import bz2, ctypes, decimal, email.mime.text, hashlib, io, ipaddress, json, logging.handlers, lzma, subprocess, tarfile
import threading, tomllib, unicodedata, uuid, xml.etree.ElementTree, zipfile, zlib, concurrent.futures, socket, datetime
for mode in ("gz", "bz2", "xz"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=f"w:{mode}") as tar:
        member = tarfile.TarInfo("name")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"hello"))
    made.seek(0)
    with tarfile.open(fileobj=made, mode="r:*") as tar:
        assert tar.extractfile("name").read() == b"hello", mode
for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
    with zipfile.ZipFile(io.BytesIO(), "w", compression) as archive:
        archive.writestr("name", b"hello")
        assert archive.read("name") == b"hello"
assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442") and hashlib.new("md5").digest_size == 16
assert ctypes.CDLL(None).getpid() == __import__("os").getpid()
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 3)(3, 1, 2)
ctypes.CDLL(None).qsort(numbers, 3, 4, compare(lambda a, b: a[0] - b[0]))
assert list(numbers) == [1, 2, 3]
assert xml.etree.ElementTree.fromstring("<a><b>c</b></a>").findtext("b") == "c"
assert subprocess.run(["/bin/echo", "hello"], capture_output=True).stdout == b"hello\\n"
with concurrent.futures.ThreadPoolExecutor() as pool:
    assert list(pool.map(abs, [-1])) == [1]
one, other = socket.socketpair()
one.send(b"hello")
assert other.recv(9) == b"hello"
assert "\\xe9".encode("cp1252") == b"\\xe9" and "\\u3042".encode("euc_jp")
print("works")
"""

IMPORTED = """
import json, os, sys
from linuxready.__main__ import main

def end(status):
    specs = {name: getattr(module, "__spec__", None) for name, module in sys.modules.items()}
    told = {name: spec.origin for name, spec in specs.items() if spec and not name.startswith("linuxready")}
    print(json.dumps(told), file=sys.stderr)
    raise SystemExit(status)

os._exit = end
main()
"""


def test_the_standard_library_is_whole_but_for_the_list() -> None:
    lines = (Path(__file__).with_name("absent.txt")).read_text().splitlines()
    absent = sorted(line for line in lines if line and not line.startswith("#"))
    result = run(*BARE_PYTHON, MISSING)
    assert json.loads(result.stdout) == absent, result.stderr


def test_what_is_built_in_works() -> None:
    result = run(*BARE_PYTHON, WORKS)
    assert (result.stdout, result.stderr) == ("works\n", "")


def test_dependencies_are_the_locked_ones() -> None:
    """Each as `name==version`, and not one more."""
    left_out = tomllib.loads((RECIPE / "sources.toml").read_text())["left_out"]
    lock = [line.split("==") for line in (ROOT / "requirements.lock").read_text().split()]
    ask = "import importlib.metadata as m, json; print(json.dumps([[d.name, d.version] for d in m.distributions()]))"
    told = json.loads(run(*BARE_PYTHON, ask).stdout)
    assert sorted((name.lower().replace("_", "-"), version) for name, version in told) == sorted(
        (name.lower(), version) for name, version in lock if name not in left_out
    )
    use = "import annotated_doc, distro, msgspec, psutil, pyudev, shellingham, tabulate, typer; psutil.net_if_addrs()"
    assert run(*BARE_PYTHON, use).stderr == ""


def recipe(code: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run code among the recipe's own modules."""
    command = (sys.executable, "-B", "-c", code, *words)
    return subprocess.run(command, capture_output=True, text=True, cwd=RECIPE, timeout=120)


def test_another_file_of_a_dependency_is_refused(tmp_path: Path) -> None:
    pins = (RECIPE / "hashes.txt").read_text().splitlines()
    (pin,) = (pin for pin in pins if pin.startswith("tabulate=="))
    download = "import sys, pathlib, fetch; fetch.python_packages([sys.argv[1]], [], 'any', pathlib.Path(sys.argv[2]))"
    assert recipe(download, pin, tmp_path / "right").returncode == 0
    result = recipe(download, pin[:-8] + "deadbeef", tmp_path / "wrong")
    last = result.stderr.strip().rpartition("\n")[2]
    assert last.startswith("fetch.Failed: tabulate==")
    assert last.endswith(pin[-64:]), "what it got"
    assert not list(tmp_path.glob("wrong/*"))


def test_a_version_without_its_hash_is_refused() -> None:
    plan = "import make_runtime as m; m.pinned({**m.read_plan(), 'zig': '0'})"
    assert "hashes.txt is not of requirements.lock and sources.toml" in recipe(plan).stderr


def test_nothing_but_the_tree_is_on_the_path() -> None:
    hostile = {"PYTHONPATH": "/tmp", "PYTHONHOME": "/tmp", "PYTHONSTARTUP": "/tmp/x.py"}
    ask = "import json, sys; print(json.dumps([sys.path, sys.prefix, sys.exec_prefix]))"
    result = run(*BARE_PYTHON, ask, env=hostile)
    path, prefix, exec_prefix = json.loads(result.stdout)
    assert result.stderr == ""
    assert [str(PRIVATE)] * 2 == [prefix, exec_prefix]
    assert path == [f"{PRIVATE}/lib/python313.zip", str(LIBRARY), f"{LIBRARY}/lib-dynload"]


def test_every_module_is_compiled_once_and_unchecked() -> None:
    """Flag 1 without 2: the source is not looked at (PEP 552)."""
    sources = {path for path in LIBRARY.rglob("*.py") if path.parent.name != "lib-dynload"}
    compiled = {path: path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in sources}
    assert len(sources) > 500
    assert set(LIBRARY.rglob("*.pyc")) == set(compiled.values())
    assert {path.read_bytes()[4:8] for path in compiled.values()} == {b"\1\0\0\0"}


def test_what_check_imports_is_frozen() -> None:
    """No module but linuxready's own is looked for on the disk: frozen.txt has a line for each."""
    told = json.loads(run(*BARE_PYTHON, IMPORTED, "check", "--format", "json").stderr)
    assert {"re", "msgspec", "psutil", "distro"} <= told.keys()
    assert [name for name, origin in told.items() if str(origin).endswith(".py")] == []
    assert "tomllib" not in told, "the shipped profiles are there as JSON"


def test_what_is_frozen_is_no_file_as_well() -> None:
    lines = (RECIPE / "frozen.txt").read_text().splitlines()
    frozen = [line for line in lines if line and not line.startswith("#")]
    ask = "import importlib, sys; print({importlib.import_module(name).__spec__.origin for name in sys.argv[1:]})"
    assert run(*BARE_PYTHON, ask, *frozen).stdout == "{'frozen'}\n"
    paths = [LIBRARY.joinpath(*name.split(".")) for name in frozen]
    assert [path for path in paths if path.with_suffix(".py").exists() or (path / "__init__.py").exists()] == []


def test_size() -> None:
    """Installed; the packages' own limit is 12 MB compressed."""
    assert sum(len(content) for content in files().values()) < 40e6


def test_the_audit_passes_and_sees_every_program() -> None:
    command = [sys.executable, str(RECIPE / "audit.py"), str(TREE), "--forbid", str(ROOT / "build")]
    assert subprocess.run(command, capture_output=True, text=True, timeout=120).stdout == ""
    programs = {path.removeprefix(f"{TREE}/usr/") for path, data in files().items() if data[:4] == b"\x7fELF"}
    assert {name.rpartition("/")[2].partition(".")[0] for name in programs} == {
        "linuxready",
        "python3",
        "_core",
        "_psutil_linux",
    }


def test_a_second_tree_of_the_same_commit_is_the_same() -> None:
    before = files()
    again = [sys.executable, str(RECIPE / "make_tree.py")]
    result = subprocess.run(again, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    after = files()
    assert before.keys() == after.keys()
    assert [path for path in before if before[path] != after[path]] == []


def test_licences_of_everything() -> None:
    """A row and a text for each component, of the versions that were built."""
    built = dict(line.split(" ", 1) for line in VERSION.read_text().splitlines() if ": " not in line)
    rows = [line.split("\t") for line in (LICENCES / "SPDX").read_text().splitlines()[1:]]
    assert {(source.rpartition(" ")[2], version) for _, version, _, source in rows} == set(built.items())
    texts = [path for path in LICENCES.rglob("*") if path.is_file() and path.name != "SPDX"]
    assert len({path.parent for path in texts}) == len(rows)
    assert all(path.stat().st_size > 200 for path in texts)


@pytest.mark.parametrize("path", ["usr/bin/linuxready", "usr/lib/linuxready/bin/python3.13"])
def test_programs_are_stripped(path: str) -> None:
    told = subprocess.run(["readelf", "-SW", TREE / path], capture_output=True, text=True, check=True).stdout
    assert ".symtab" not in told
    assert ".debug_info" not in told

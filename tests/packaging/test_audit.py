"""The audit refuses what it is there for: each made on purpose, by the machine's own compiler where it is a program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / "packaging/runtime/audit.py"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not shutil.which("cc"), reason="cc is not here (see packaging/prepare)"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def audit(tree: Path, *words: str) -> list[str]:
    """The audit's lines; its exit status says whether there are any."""
    result = subprocess.run([sys.executable, AUDIT, tree, *words], capture_output=True, text=True, timeout=30)
    lines = [line.removeprefix("audit: ") for line in result.stdout.splitlines()]
    assert (result.returncode, result.stderr) == (1 if lines else 0, "")
    return lines


def compiled(to: Path, text: str, *words: str) -> Path:
    """A shared object (with `-shared`) or program from one C text, without any library that is not asked for."""
    command = ["cc", "-nostdlib", "-fPIC", "-xc", "-", "-xnone", "-o", str(to), *words]
    subprocess.run(command, input=text, text=True, check=True, timeout=30)
    return to


def library(folder: Path, name: str, version: str = "") -> Path:
    """A library that calls itself `name` and has f(), under a symbol version where one is given."""
    words = ["-shared", f"-Wl,-soname,{name}"]
    if version:
        (folder / "map").write_text(f"{version} {{ global: f; }};")
        words.append(f"-Wl,--version-script={folder / 'map'}")
    return compiled(folder / name, "void f(void) {}", *words)


USER = "void f(void); void g(void) { f(); }"


def test_what_needs_nothing_passes(tree: Path) -> None:
    compiled(tree / "module.so", "void g(void) {}", "-shared")
    (tree / "empty").touch()
    (tree / "empty-too").touch()
    (tree / "link").symlink_to("empty")
    assert audit(tree, "--forbid", "/nowhere") == []


@pytest.mark.parametrize("version", ["GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.10", "GLIBC_2.11"])
def test_old_symbols_pass(tree: Path, tmp_path: Path, version: str) -> None:
    libc = library(tmp_path, "libc.so.6", version)
    compiled(tree / "module.so", USER, "-shared", str(libc))
    assert audit(tree) == []


@pytest.mark.parametrize(
    "version", ["GLIBC_2.11.1", "GLIBC_2.12", "GLIBC_2.17", "GLIBC_2.100", "GLIBC_3.0", "GLIBC_PRIVATE", "GLIBCXX_3.4"]
)
def test_new_symbols_and_private_ones(tree: Path, tmp_path: Path, version: str) -> None:
    libc = library(tmp_path, "libc.so.6", version)
    compiled(tree / "module.so", USER, "-shared", str(libc))
    assert audit(tree) == [f"module.so: needs {version} of libc.so.6"]


def test_the_limit_is_the_one_that_was_given(tree: Path, tmp_path: Path) -> None:
    libc = library(tmp_path, "libc.so.6", "GLIBC_2.17")
    compiled(tree / "module.so", USER, "-shared", str(libc))
    assert audit(tree, "--glibc", "2.17") == []


def test_a_program_of_this_machine(tree: Path) -> None:
    """glibc 2.34 gave the start of every program a new version."""
    subprocess.run(["cc", "-xc", "-", "-o", tree / "program"], input="int main(void) {}", text=True, check=True)
    assert "program: needs GLIBC_2.34 of libc.so.6" in audit(tree)


def test_foreign_library(tree: Path, tmp_path: Path) -> None:
    compiled(tree / "module.so", USER, "-shared", str(library(tmp_path, "libz.so.1")))
    assert audit(tree) == ["module.so: needs libz.so.1, which is not libc's"]


@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"])
def test_search_path_inside(tree: Path, tags: str) -> None:
    compiled(tree / "module.so", "void g(void) {}", "-shared", f"-Wl,{tags},-rpath,/opt/lib")
    assert audit(tree) == ["module.so: looks for libraries in /opt/lib"]


def test_foreign_interpreter_and_executable_stack(tree: Path) -> None:
    words = ("-pie", "-Wl,-z,execstack", "-Wl,--dynamic-linker=/opt/ld.so")
    compiled(tree / "program", "void _start(void) {}", *words)
    assert sorted(audit(tree)) == ["program: has an executable stack", "program: is started by /opt/ld.so"]


@pytest.mark.parametrize("length", [4, 40, 64, 900])
def test_cut_program(tree: Path, tmp_path: Path, length: int) -> None:
    """It cannot be said of it what it needs, so it is refused."""
    whole = compiled(tmp_path / "whole.so", "void g(void) {}", "-shared").read_bytes()
    (tree / "module.so").write_bytes(whole[:length])
    assert len(audit(tree)) >= 1


def test_without_section_headers(tree: Path, tmp_path: Path) -> None:
    """They may be cut off, and the program runs: then its versions are not seen."""
    whole = bytearray(compiled(tmp_path / "whole.so", "void g(void) {}", "-shared").read_bytes())
    whole[40:48] = bytes(8)  # e_shoff
    whole[60:64] = bytes(4)  # e_shnum, e_shstrndx
    (tree / "module.so").write_bytes(whole)
    assert audit(tree) == ["module.so: has no section headers, so nothing can be said of it"]


def test_build_path_in_a_text_and_in_a_compiled_module(tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "m.py").write_text("def f(): pass\n")
    command = [sys.executable, "-m", "compileall", "-q", "-b", str(folder)]
    subprocess.run(command, check=True, timeout=30)
    shutil.move(folder / "m.pyc", tree / "m.pyc")
    (tree / "data.txt").write_text(f"built in {folder}\n")
    lines = audit(tree, "--forbid", str(folder))
    assert lines[0] == f"data.txt: has the build's {folder} at byte 9"
    assert [line.partition(" at byte")[0] for line in lines[1:]] == [f"m.pyc: has the build's {folder}"]


@pytest.mark.parametrize("again", [shutil.copyfile, os.link])
def test_a_file_twice(tree: Path, again: object) -> None:
    (tree / "a").write_text("something\n" * 20)
    for name in ("trifle", "trifle-too"):
        (tree / name).write_text("# only a comment\n")
    assert callable(again)
    again(tree / "a", tree / "b")
    assert audit(tree) == ["b: is a again"]


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "nothing"])
def test_link_that_leaves_the_tree_or_ends_nowhere(tree: Path, target: str) -> None:
    (tree.parent / "outside").touch()
    (tree / "link").symlink_to(target)
    assert audit(tree) == [f"link: is a link to {target}, which is not in the tree"]


def test_modes_and_kinds(tree: Path) -> None:
    os.mkfifo(tree / "fifo")
    for name, mode in (("open", 0o666), ("setuid", 0o4755)):
        (tree / name).write_text(name)
        (tree / name).chmod(mode)
    assert audit(tree) == ["fifo: is no regular file", "open: has mode 0666", "setuid: has mode 4755"]


def test_a_tree_that_is_not_there(tmp_path: Path) -> None:
    """Nothing to find fault with must not look like nothing wrong."""
    result = subprocess.run([sys.executable, AUDIT, tmp_path / "none"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 2

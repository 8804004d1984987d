"""The rules of the house: who may import whom, who may touch the system, who may print, who may start a process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linuxready.formats import FORMATS

from .conftest import ProcessStarted
from .golden import HOSTS

PACKAGE = Path(__file__).parents[1] / "linuxready"
FILES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}

JUDGING = tuple(
    "facts ruleset report judge profile policy waivers kernellist requirements mountwalk mounttable nextboot".split()
    + "datafile packet chainwalk packetpath text jsontext formats factsdocument".split()
)
"""The side that only thinks: modules and packages below linuxready."""

SYSTEM = frozenset(
    "asyncio builtins ctypes fcntl getpass glob http importlib io locale logging mmap multiprocessing os pathlib "
    "platform pwd random select selectors shutil signal socket subprocess sys tempfile threading time urllib".split()
)
"""What the judging side has no business with."""

ALLOWED = {
    "profile.py": {"os": {"os.path", "os.listdir"}},
    "kernellist.py": {"os": {"os.path", "os.listdir"}},
    "datafile.py": {"os": {"os.open", "os.fstat", "os.O_NONBLOCK", "os.set_blocking"}},
    "requirements/__init__.py": {"importlib": {"importlib.import_module"}},
    "requirements/network.py": {"socket": {"socket.AF_INET", "socket.AF_INET6", "socket.inet_pton"}},
    "packet.py": {"socket": {"socket.AF_INET", "socket.AF_INET6", "socket.inet_pton"}},
    "formats/__init__.py": {"importlib": {"importlib.import_module"}},
}
"""File to module to all that is used of it."""

READ_DATA = ("datafile.py",)
"""What opens the files that it judges by: profiles, kernel lists."""

PRINTERS = {"commands.py", "output.py", "progress.py", "ending.py", "__main__.py"}
LIBRARIES_OF_THE_HOST = {"pyudev", "psutil", "subprocess"}


def is_judging(name: str) -> bool:
    return name.split("/")[0].removesuffix(".py") in JUDGING


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere, functions and `if TYPE_CHECKING` included, by its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "import_module"):
            pytest.fail(f"line {node.lineno} imports in a way that this test does not follow")


def is_below(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.fixture(params=FILES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def test_the_judging_side_is_all_here() -> None:
    found = {name.split("/")[0].removesuffix(".py") for name in FILES}
    assert found.issuperset(JUDGING)


def test_judging_imports_judging_only(name: str, tree: ast.Module) -> None:
    if not is_judging(name):
        return
    for module in imports(tree):
        if is_below(module, "linuxready"):
            own = [f"linuxready.{part}" for part in JUDGING]
            assert is_below(module, *own) or module == "linuxready.__version__", f"{name} imports {module}"


def test_formats_are_loaded_from_formats_only() -> None:
    for module in FORMATS.values():
        assert module.startswith("linuxready.formats.")


def test_judging_does_not_touch_the_system(name: str, tree: ast.Module) -> None:
    if not is_judging(name):
        return
    allowed = ALLOWED.get(name, {})
    for module in imports(tree):
        root = module.split(".")[0]
        assert root not in SYSTEM or root in allowed, f"{name} imports {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in allowed:
            used = ast.unparse(node)
            assert used in allowed[node.value.id], f"{name}:{node.lineno} uses {used}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("open", "input", "exec", "eval") or name in READ_DATA, f"{name} calls {called}"
            assert called.rpartition(".")[2] not in ("now", "utcnow", "today"), f"{name} asks the clock: {called}"


def test_only_host_knows_libraries_and_commands(name: str, tree: ast.Module) -> None:
    if not name.startswith("host/"):
        used = {module.split(".")[0] for module in imports(tree)}
        assert not used & LIBRARIES_OF_THE_HOST, name


def test_only_readers_and_collect_import_readers(name: str, tree: ast.Module) -> None:
    if not name.startswith("readers/") and name != "collect.py":
        assert not any(is_below(module, "linuxready.readers") for module in imports(tree)), name


@pytest.mark.parametrize(("name", "allowed"), [("facts.py", ("linuxready.ruleset",)), ("ruleset.py", ())])
def test_facts_import_nothing_of_ours(name: str, allowed: tuple[str, ...]) -> None:
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    assert not any(is_below(module, "linuxready") and not is_below(module, *allowed) for module in imports(tree))


def test_only_the_commands_print(name: str, tree: ast.Module) -> None:
    if name in PRINTERS:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "print", f"{name}:{node.lineno} prints"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("sys.stdout", "sys.stderr", "sys.exit"), f"{name}:{node.lineno}"


@pytest.mark.parametrize(
    "start",
    [
        lambda: subprocess.run(["true"], check=False),
        lambda: os.system("true"),
        lambda: os.popen("true"),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: os.fork(),
    ],
    ids=["subprocess", "system", "popen", "posix_spawn", "fork"],
)
def test_unit_tests_start_no_process(start: Callable[[], object]) -> None:
    with pytest.raises(ProcessStarted):
        start()


LOADED = (
    "import sys; from linuxready.__main__ import run; status = run({}); print(status, *sys.modules, file=sys.stderr)"
)


def loaded(*arguments: str) -> tuple[str, set[str]]:
    """The exit status of a command line in a process of its own, and the modules that it loaded."""
    code = LOADED.format(list(arguments))
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    status, *modules = result.stderr.split("\n")[-2].split(" ")
    return status, set(modules)


@pytest.mark.live
@pytest.mark.parametrize("arguments", [["--version"], ["check", "--profile", "none"]], ids=" ".join)
def test_a_start_loads_no_heavy_library(arguments: list[str]) -> None:
    _, modules = loaded(*arguments)
    assert "linuxready" in modules
    assert not {"distro", "psutil", "pyudev", "tabulate", "rich"}.intersection(modules)


@pytest.mark.live
@pytest.mark.parametrize(("command", "status"), [("check", "4"), ("facts", "0")])
def test_a_plain_command_starts_without_typer(command: str, status: str) -> None:
    found, modules = loaded(command, "--recording", "/nonexistent")
    assert found == status
    assert not {"typer", "click", "pyudev", "psutil"}.intersection(modules)
    assert not {"linuxready.policy", "linuxready.waivers", "difflib"}.intersection(modules)


@pytest.mark.live
@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"table"}))
def test_a_format_loads_no_library(name: str) -> None:
    facts = str(HOSTS / "rhel-7.2-ready" / "facts.json")
    _, modules = loaded("check", "--format", name, "--facts", facts)
    assert f"linuxready.formats.{name}" in modules
    assert not {"typer", "tabulate", "json", "yaml", "xml", "html", "textwrap"}.intersection(modules)

"""Programs, where package managers put them."""

from __future__ import annotations

import pytest

from linuxready.host import PERMISSION_DENIED, Unreadable
from linuxready.readers import software

from ..machines import FakeHost

EXECUTABLE = 0o100755


def found(host: FakeHost) -> dict[str, tuple[str, ...]]:
    """The programs that were found; every one that was looked for has an entry."""
    told = software.read(host)
    assert set(told.programs) == set(software.PROGRAMS)
    return {program: paths for program, paths in told.programs.items() if paths}


def test_executables_are_found_in_every_folder() -> None:
    host = FakeHost(modes={"/usr/sbin/lsof": EXECUTABLE, "/usr/local/bin/lsof": 0o100700, "/bin/yum": 0o100555})
    assert found(host) == {"lsof": ("/usr/sbin/lsof", "/usr/local/bin/lsof"), "yum": ("/bin/yum",)}
    assert software.read(host).unreadable == {}


@pytest.mark.parametrize("mode", [0o100644, 0o40755, 0o20755])
def test_what_is_no_executable_file_is_left_out(mode: int) -> None:
    assert found(FakeHost(modes={"/usr/bin/lsof": mode})) == {}


def test_links_are_followed() -> None:
    host = FakeHost(modes={"/usr/bin/busybox": EXECUTABLE}, links={"/sbin": "usr/bin", "/usr/bin/lsof": "busybox"})
    assert found(host)["lsof"] == ("/usr/bin/lsof", "/sbin/lsof")


def test_a_broken_link_is_left_out() -> None:
    assert found(FakeHost(links={"/usr/bin/lsof": "/opt/lsof"})) == {}


def test_a_place_that_may_not_be_looked_at_is_told() -> None:
    class Closed(FakeHost):
        def _mode(self, path: str) -> int:
            if path.startswith("/usr/sbin/"):
                raise Unreadable(f"{path}: {PERMISSION_DENIED}")
            return super()._mode(path)

    host = Closed(modes={"/usr/bin/lsof": EXECUTABLE})
    assert found(host) == {"lsof": ("/usr/bin/lsof",)}
    unreadable = software.read(host).unreadable
    assert unreadable["lsof"] == f"/usr/sbin/lsof: {PERMISSION_DENIED}"
    assert set(unreadable) == set(software.PROGRAMS)

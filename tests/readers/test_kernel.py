"""The running kernel, told or from files."""

from __future__ import annotations

import pytest

from linuxready.facts import Kernel
from linuxready.host import Unreadable
from linuxready.readers import kernel

from ..machines import FakeHost

EL6 = "2.6.32-642.el6.x86_64"
OSRELEASE, ARCH, VERSION = "/proc/sys/kernel/osrelease", "/proc/sys/kernel/arch", "/proc/version"


def test_what_is_told_comes_first() -> None:
    host = FakeHost({OSRELEASE: "9.9.9\n", ARCH: "s390x\n"}, told={"kernel_release": EL6, "machine": "i686"})
    assert kernel.read(host) == Kernel(EL6, "i686")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({OSRELEASE: f"{EL6}\n"}, Kernel(EL6, "x86_64")),
        ({OSRELEASE: "4.4.0-21-generic\n", ARCH: "x86_64\n"}, Kernel("4.4.0-21-generic", "x86_64")),
        ({OSRELEASE: "4.4.0-21-generic\n"}, Kernel("4.4.0-21-generic", None)),
        ({OSRELEASE: "", VERSION: f"Linux version {EL6} (mockbuild@x) #1 SMP"}, Kernel(EL6, "x86_64")),
        ({VERSION: "Linux version 5.10.0-9-amd64 (debian)"}, Kernel("5.10.0-9-amd64", "x86_64")),
    ],
)
def test_files_of_a_captured_root(files: dict[str, str | bytes], expected: Kernel) -> None:
    assert kernel.read(FakeHost(files)) == expected


@pytest.mark.parametrize("text", ["", "\n", "  \n"])
def test_an_empty_architecture_is_none(text: str) -> None:
    assert kernel.read(FakeHost({OSRELEASE: "4.4.0-21-generic\n", ARCH: text})).machine is None


def test_an_empty_answer_is_no_architecture() -> None:
    assert kernel.read(FakeHost(told={"kernel_release": EL6, "machine": ""})).machine == "x86_64"


@pytest.mark.parametrize("files", [{}, {VERSION: "Windows"}, {OSRELEASE: "\n", VERSION: ""}])
def test_no_record_is_unreadable(files: dict[str, str | bytes]) -> None:
    with pytest.raises(Unreadable, match="no record of the running kernel"):
        kernel.read(FakeHost(files))


@pytest.mark.parametrize(
    ("release", "machine"),
    [
        (EL6, "x86_64"),
        ("2.6.32-642.el6.i686", "i686"),
        ("5.10.0-9-amd64", "x86_64"),
        ("5.10.0-9-arm64", "aarch64"),
        ("4.18.0-80.el8.ppc64le", "ppc64le"),
        ("2.6.32-642.el6.x86_64.debug", None),
        ("3.0.76-0.11-default", None),
        ("x86_64", None),
    ],
)
def test_architecture_at_the_end_of_a_release(release: str, machine: str | None) -> None:
    assert kernel.parse_architecture(release) == machine


def test_a_release_longer_than_the_kernel_has_any_is_none() -> None:
    """uname(2) has room for 64 characters: what is longer was not written by a kernel."""
    with pytest.raises(Unreadable, match="5,007 characters"):
        kernel.read(FakeHost({"/proc/sys/kernel/osrelease": "5.14.0-" + "9" * 5000}))

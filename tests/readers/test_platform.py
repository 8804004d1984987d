"""Who looks, and from inside of what."""

from __future__ import annotations

import pytest

from linuxready.host import Unreadable
from linuxready.readers import platform

from ..machines import FakeHost


def test_uid() -> None:
    assert platform.read_uid(FakeHost(told={"uid": 1000})) == 1000
    with pytest.raises(Unreadable):
        platform.read_uid(FakeHost())


@pytest.mark.parametrize(
    ("files", "container"),
    [
        ({}, ""),
        ({"/run/systemd/container": "podman\n"}, "podman"),
        ({"/run/systemd/container": "\n"}, ""),
        ({"/proc/1/environ": "PATH=/bin\0container=lxc\0TERM=x"}, "lxc"),
        ({"/proc/1/environ": "PATH=/bin\0xcontainer=lxc"}, ""),
        ({"/.dockerenv": ""}, "docker"),
        ({"/run/.containerenv": 'engine="podman"'}, "podman"),
        ({"/proc/vz/veinfo": ""}, "openvz"),
        ({"/proc/vz/veinfo": "", "/proc/bc/0": ""}, ""),
        ({"/.dockerenv": "", "/proc/2/comm": "kthreadd\n"}, ""),
        ({"/run/systemd/container": "lxc\n", "/proc/2/comm": "kthreadd\n"}, ""),
        ({"/.dockerenv": "", "/proc/2/comm": "bash\n"}, "docker"),
    ],
)
def test_marks_of_a_container(files: dict[str, str | bytes], container: str) -> None:
    assert platform.read_container(FakeHost(files)) == container


@pytest.mark.parametrize(
    ("files", "firmware"),
    [({"/sys/firmware/efi/systab": "x"}, "efi"), ({"/sys/firmware/acpi/tables": "x"}, "bios")],
)
def test_firmware(files: dict[str, str | bytes], firmware: str) -> None:
    assert platform.read_firmware(FakeHost(files)) == firmware


def test_firmware_that_was_not_captured_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        platform.read_firmware(FakeHost({"/sys/class/block/sda/dev": "8:0"}))

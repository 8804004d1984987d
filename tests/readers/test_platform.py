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

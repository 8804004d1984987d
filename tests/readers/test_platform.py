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


# -- hardware and firmware -------------------------------------------------------------------------------

DMI = "/sys/class/dmi/id"


@pytest.mark.parametrize(
    ("files", "hardware", "is_vmware"),
    [
        ({f"{DMI}/sys_vendor": "VMware, Inc.\n"}, ("VMware, Inc.", ""), True),
        ({f"{DMI}/sys_vendor": "\n", f"{DMI}/product_name": "VMware7,1\n"}, ("", "VMware7,1"), True),
        ({f"{DMI}/sys_vendor": "HP\n"}, ("HP", ""), False),
        ({"/sys/hypervisor/type": "xen\n"}, ("xen", ""), False),
    ],
)  # fmt: skip
def test_hardware(files: dict[str, str | bytes], hardware: tuple[str, str], is_vmware: bool) -> None:
    found = platform.read_hardware(FakeHost(files))
    assert ((found.sys_vendor, found.product_name), found.is_vmware) == (hardware, is_vmware)


@pytest.mark.parametrize("denied", [(), (f"{DMI}/sys_vendor",)])
def test_hardware_that_was_not_seen(denied: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable):
        platform.read_hardware(FakeHost(denied=denied))


def test_firmware() -> None:
    folder = 0o40755
    assert platform.read_firmware(FakeHost(modes={"/sys/firmware": folder, "/sys/firmware/efi": folder})) == "efi"
    assert platform.read_firmware(FakeHost(modes={"/sys/firmware": folder})) == "bios"
    with pytest.raises(Unreadable, match="no /sys/firmware"):
        platform.read_firmware(FakeHost())

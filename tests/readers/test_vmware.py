"""VMware Tools: where vmtoolsd lies, whether it runs, whether it starts at boot."""

from __future__ import annotations

import pytest

from linuxready.facts import Fact
from linuxready.host import Unreadable
from linuxready.readers import vmware

from ..machines import FakeHost

GUEST: dict[str, str | bytes] = {"/sys/class/dmi/id/sys_vendor": "VMware, Inc.\n"}
LIB = "/usr/lib/systemd/system"
UNIT = "[Unit]\nConditionVirtualization=vmware\n[Service]\nExecStart=/usr/bin/vmtoolsd\n"


@pytest.mark.parametrize("path", ["/usr/bin/vmtoolsd", "/usr/sbin/vmtoolsd", "/usr/lib/vmware-tools/sbin64/vmtoolsd"])
def test_where_it_lies(path: str) -> None:
    assert vmware.read(FakeHost(GUEST, modes={path: 0o100755})).programs == (path,)
    assert vmware.read(FakeHost(GUEST, modes={path: 0o100644})).programs == ()


@pytest.mark.parametrize(
    ("processes", "running"), [(("init", "vmtoolsd"), True), (("init", "vmtoolsd-helper"), False), ((), False)]
)
def test_whether_it_runs(processes: tuple[str, ...], running: bool) -> None:
    assert vmware.read(FakeHost(GUEST, told={"processes": processes})).running == Fact(value=running)


def test_processes_that_nobody_told_are_unknown() -> None:
    assert vmware.read(FakeHost(GUEST)).running == Fact(unknown="processes was not told")


@pytest.mark.parametrize("name", ["vmtoolsd", "open-vm-tools", "vmware-tools"])
def test_whether_it_starts_at_boot(name: str) -> None:
    files: dict[str, str | bytes] = {f"{LIB}/multi-user.target": "[Unit]\n", f"{LIB}/{name}.service": UNIT}
    links = {
        "/sbin/init": "/lib/systemd/systemd",
        f"{LIB}/default.target": "multi-user.target",
        f"/etc/systemd/system/multi-user.target.wants/{name}.service": f"{LIB}/{name}.service",
    }
    service = vmware.read(FakeHost({**GUEST, **files}, links)).at_boot.known()
    assert (service.starts_at_boot, service.unit) == (True, f"{name}.service")


def test_without_an_init_system_nobody_knows() -> None:
    assert "no init system found" in (vmware.read(FakeHost(GUEST)).at_boot.unknown or "")


def test_other_machines_are_asked_nothing() -> None:
    class Asked(FakeHost):
        def told(self, key: str) -> object:
            raise AssertionError(key)

    with pytest.raises(Unreadable, match="no VMware virtual machine"):
        vmware.read(Asked({"/sys/class/dmi/id/sys_vendor": "HP\n"}))

"""kernel-modules and hyperv-drivers."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import Fact, Facts, Initramfs, Kernel, KernelModules, Release, Software
from linuxready.report import Finding

from ..machines import facts, finding_by, requirement

R = "2.6.32-642.el6.x86_64"
NEXT = "2.6.32-754.el6.x86_64"
RUNNING = Kernel(R, "x86_64")
PATHS = {name: f"kernel/drivers/hv/{name}.ko" for name in ("hv_vmbus", "hv_storvsc", "hv_netvsc")}
EL6 = Release("rhel", "6.8", "6.8", "Red Hat", "/etc/redhat-release", "release 6.8")
EL7 = Release("rhel", "7.2", "7.2", "Red Hat", "/etc/redhat-release", "release 7.2")


def modules(release: str = R, *, complete: bool = True, **drivers: str) -> KernelModules:
    return KernelModules(release, f"/lib/modules/{release}", complete, Fact(value=PATHS | drivers))


def initramfs(there: bool | None, release: str = R) -> Initramfs:
    drivers: Fact[dict[str, bool]] = (
        Fact(unknown="packed by lz4") if there is None else Fact(value={"hv_storvsc": there})
    )
    return Initramfs(release, f"/boot/initramfs-{release}.img", drivers)


def machine(
    *of: KernelModules, release: Release = EL6, initial: Any = None, programs: str = "", kernel: Any = RUNNING
) -> Facts:
    return facts(
        kernel=kernel,
        kernel_modules=of,
        release=release,
        initramfs=(initramfs(True),) if initial is None else initial,
        agent_programs=Software({name: (f"/sbin/{name}",) for name in programs.split()}, {}),
    )


def found(known: Facts, name: str = "hyperv-drivers") -> Finding:
    return finding_by(requirement(name, "vmware-2026"), known)


def test_modules_and_a_driver_in_the_initramfs_pass() -> None:
    said = found(machine(modules()))
    assert said.status == "pass"
    assert "hv_storvsc: in the initramfs" in said.found


def test_what_is_built_in_needs_no_initramfs() -> None:
    built_in = dict.fromkeys(PATHS, "built-in")
    assert found(machine(modules(R, complete=True, **built_in), initial=())).status == "pass"


@pytest.mark.parametrize("driver", PATHS)
def test_a_kernel_without_a_driver_fails(driver: str) -> None:
    said = found(machine(modules(R, complete=True, **{driver: ""}), initial=(initramfs(False),)))
    assert (said.status, said.found) == ("fail", f"{driver}: not among the drivers of {R}")


@pytest.mark.parametrize(
    ("release", "there", "status"),
    [(EL6, False, "fail"), (EL7, False, "warn"), (EL6, None, "unknown"), (EL7, None, "pass")],
)
def test_the_initramfs_decides_where_the_agent_asks_it(release: Release, there: bool | None, status: str) -> None:
    assert found(machine(modules(), release=release, initial=(initramfs(there),))).status == status


def test_an_initramfs_that_was_not_read_is_said() -> None:
    assert "packed by lz4" in found(machine(modules(), release=EL7, initial=(initramfs(None),))).found
    denied: Fact[Any] = Fact(unknown="/boot: denied")
    assert found(machine(modules(), initial=denied)).status == "unknown"
    assert found(machine(modules(), release=EL7, initial=denied)).status == "pass"


@pytest.mark.parametrize(
    ("programs", "remedy"),
    [
        ("dracut", f'dracut -f --add-drivers "hv_vmbus hv_storvsc hv_netvsc" /boot/initramfs-{R}.img {R}'),
        ("update-initramfs", f"update-initramfs -u -k {R}"),
        ("mkinitrd", f"make /boot/initramfs-{R}.img anew by mkinitrd, with hv_vmbus, hv_storvsc and hv_netvsc"),
        ("", f"make /boot/initramfs-{R}.img anew with hv_vmbus, hv_storvsc and hv_netvsc"),
    ],
)
def test_the_remedy_is_this_machines_own(programs: str, remedy: str) -> None:
    said = found(machine(modules(), initial=(initramfs(False),), programs=programs))
    assert remedy in [r.text for r in said.remedies]


def test_the_kernel_that_starts_next_only_warns() -> None:
    both = (modules(), modules(NEXT, hv_vmbus=""))
    said = found(machine(*both))
    assert (said.status, said.found) == ("warn", f"hv_vmbus: after the next boot: not among the drivers of {NEXT}")
    both = (modules(), modules(NEXT, complete=False))
    assert found(machine(*both), "kernel-modules").status == "warn"


def test_modules_that_could_not_be_read_are_unknown() -> None:
    unread = KernelModules(R, f"/lib/modules/{R}", True, Fact(unknown="no modules.dep"))
    assert (found(machine(unread)).status, found(machine(unread)).found) == ("unknown", f"{R}: no modules.dep")
    assert found(facts(kernel_modules=Fact(unknown="denied"))).found == "denied"


def test_the_running_kernels_folder_must_be_whole() -> None:
    assert found(machine(modules()), "kernel-modules").found == f"/lib/modules/{R}"
    said = found(machine(modules(complete=False)), "kernel-modules")
    assert (said.status, said.found) == ("fail", f"no /lib/modules/{R}/kernel/drivers/char")


IMAGE: Fact[Kernel] = Fact(unknown="no record of the running kernel")


def test_on_an_image_the_kernel_that_starts_next_decides_a_failure() -> None:
    said = found(machine(modules(NEXT, hv_storvsc=""), kernel=IMAGE))
    assert (said.status, said.found) == ("fail", f"hv_storvsc: not among the drivers of {NEXT}")


def test_on_an_image_drivers_of_the_kernel_that_starts_next_are_not_enough() -> None:
    said = found(machine(modules(NEXT), initial=(initramfs(True, NEXT),), kernel=IMAGE))
    assert (said.status, said.found) == (
        "unknown",
        f"no record of the running kernel; looked at is what boots next, {NEXT}",
    )


@pytest.mark.parametrize("complete", [True, False])
def test_on_an_image_the_folder_of_the_running_kernel_is_not_known(complete: bool) -> None:
    said = found(machine(modules(NEXT, complete=complete), kernel=IMAGE), "kernel-modules")
    assert said.status == "unknown"
    assert any("kernel/drivers/char" in e.source for e in said.evidence) is not complete

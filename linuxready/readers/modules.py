"""A kernel's drivers: those in /lib/modules and those in its initial file system (depmod(8), modules.dep(5)).

/lib/modules/R/modules.dep        kernel/drivers/hv/hv_vmbus.ko.xz: kernel/…
/lib/modules/R/modules.builtin    kernel/drivers/hv/hv_vmbus.ko
/boot/initramfs-R.img, /boot/initrd.img-R, /boot/initrd-R     Red Hat's, Debian's, SUSE's
"""

from __future__ import annotations

import re
import stat

from linuxready.facts import BootEntry, Fact, Initramfs, Kernel, KernelModules
from linuxready.host import Absent, Host, Unreadable

HYPERV = ("hv_vmbus", "hv_storvsc", "hv_netvsc")
"""What a kernel needs to run in Azure: the bus, the disks, the network."""

ON_DISKS = ("hv_storvsc",)
"""What is needed before the root file system is there."""

FOLDERS = ("/lib/modules", "/usr/lib/modules")
INITRAMFS = ("/boot/initramfs-{}.img", "/boot/initrd.img-{}", "/boot/initrd-{}", "/boot/initrd-{}.img")

AGENT_ASKS = re.compile(r"\.el(5(xen)?|6)\b")
"""Kernels whose initial file system the agent itself asks, and no failover builds anew."""

MAX_BYTES, MAX_BYTES_ELSEWHERE = 128 * 2**20, 2 * 2**20
"""What is unpacked of one. Elsewhere a driver that is missing only warns: to know that must not cost a second check."""

BUILT_IN = "built-in"


def read(host: Host, kernel: Fact[Kernel], following: Fact[BootEntry]) -> tuple[KernelModules, ...]:
    """The drivers of the running kernel and of the one that starts next; raises Unreadable where neither is known."""
    return tuple(_modules(host, release) for release in releases(kernel, following))


def read_initramfs(
    host: Host, kernel: Fact[Kernel], following: Fact[BootEntry], modules: Fact[tuple[KernelModules, ...]]
) -> tuple[Initramfs, ...]:
    """What the initial file systems of those kernels hold; not asked where a kernel has built in what it would."""
    built_in = {m.release for m in modules.value or () if m.drivers.value and _all_built_in(m.drivers.value)}
    return tuple(_initramfs(host, r) for r in releases(kernel, following) if r not in built_in)


def releases(kernel: Fact[Kernel], following: Fact[BootEntry]) -> list[str]:
    """The running kernel's release and the next one's, each once; raises Unreadable where none is known."""
    if kernel.value is None and following.value is None:
        raise Unreadable(str(kernel.unknown))
    both = (kernel.value.release if kernel.value else "", following.value.release if following.value else "")
    # A release is a part of paths here.
    return [release for release in dict.fromkeys(both) if release and "/" not in release]


def parse(dependencies: str, built_in: str, drivers: tuple[str, ...]) -> dict[str, str]:
    """Each driver's module file, "built-in", or "" where it is neither in modules.dep nor in modules.builtin."""
    found = dict.fromkeys(drivers, "")
    # One `-` is as good as one `_` in a module's name.
    words = "|".join(driver.replace("_", "[-_]") for driver in drivers)
    for match in re.finditer(rf"^((?:\S*/)?({words})\.ko\S*?):", dependencies, re.M):
        found[match[2].replace("-", "_")] = match[1]
    for match in re.finditer(rf"^\S*/({words})\.ko$", built_in, re.M):
        found[match[1].replace("-", "_")] = BUILT_IN
    return found


def _modules(host: Host, release: str) -> KernelModules:
    folder = next((f for f in FOLDERS if host.mode(f"{f}/{release}") is not None), FOLDERS[0])
    folder = f"{folder}/{release}"
    complete = stat.S_ISDIR(host.mode(f"{folder}/kernel/drivers/char") or 0)
    drivers: Fact[dict[str, str]]
    try:
        dependencies = host.text(f"{folder}/modules.dep")
        found = parse(dependencies, "", HYPERV)
        if not all(found.values()):
            found = parse(dependencies, _text(host, f"{folder}/modules.builtin"), HYPERV)
        drivers = Fact(value=found)
    except Unreadable as error:
        drivers = Fact(unknown=str(error))
    return KernelModules(release, folder, complete, drivers)


def _text(host: Host, path: str) -> str:
    try:
        return host.text(path)
    except Absent:
        return ""


def _all_built_in(drivers: dict[str, str]) -> bool:
    return all(drivers.get(driver) == BUILT_IN for driver in ON_DISKS)


def _initramfs(host: Host, release: str) -> Initramfs:
    paths = [path.format(release) for path in INITRAMFS]
    max_bytes = MAX_BYTES if AGENT_ASKS.search(release) else MAX_BYTES_ELSEWHERE
    for path in paths:
        try:
            return Initramfs(release, path, Fact(value=host.initramfs_drivers(path, release, ON_DISKS, max_bytes)))
        except Absent:
            continue
        except Unreadable as error:
            return Initramfs(release, path, Fact(unknown=str(error)))
    return Initramfs(release, "", Fact(unknown=f"no initramfs of {release} in /boot"))

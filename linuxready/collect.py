"""Facts from a Host: every reader is run, and one that fails costs its own fact only."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from linuxready.facts import NOT_COLLECTED, SCHEMA, Fact, Facts
from linuxready.host import Host, Unreadable
from linuxready.readers import (
    arguments,
    block,
    bootloader,
    disks,
    firewall,
    hosts,
    kernel,
    modules,
    mounts,
    names,
    network,
    platform,
    release,
    runlevel,
    services,
    software,
    space,
    sshd,
    vmware,
    xfs,
)

READERS: dict[str, Callable[[Host], Any]] = {
    "uid": platform.read_uid,
    "container": platform.read_container,
    "hardware": platform.read_hardware,
    "firmware": platform.read_firmware,
    "secure_boot": platform.read_secure_boot,
    "fips": platform.read_fips,
    "host_name": network.read_host_name,
    "release": release.read,
    "kernel": kernel.read,
    "next_kernel": bootloader.read,
    "kernel_arguments": arguments.read,
    "interfaces": network.read_interfaces,
    "ssh": services.read_ssh,
    "directories": mounts.read_directories,
    "block_devices": block.read,
    "btrfs": block.read_btrfs,
    "firewall": firewall.read,
    "software": software.read,
    "agent_programs": software.read_agent_programs,
    "vmware_tools": vmware.read,
    "run_level": runlevel.read,
}
"""One fact, one reader."""

FILES: dict[str, Callable[[Host], Any]] = {"hosts": hosts.read, "mounts": mounts.read, "fstab": mounts.read_fstab}
"""Files read line by line: what was understood is one fact, the lines that were not are another (…_rejected)."""

ON_OTHERS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "ssh_listen": (sshd.read, ("ssh",)),
    "xfs": (xfs.read, ("mounts", "fstab", "block_devices")),
    "available_space": (space.read, ("mounts", "block_devices")),
    "odd_names": (names.read, ("mounts", "block_devices")),
    "disk_details": (disks.read, ("block_devices",)),
    "kernel_modules": (modules.read, ("kernel", "next_kernel")),
    "initramfs": (modules.read_initramfs, ("kernel", "next_kernel", "kernel_modules")),
}
"""Readers that go on from other facts, in the order in which they can."""


def collect(
    host: Host, now: str, wanted: Collection[str] | None = None, doing: Callable[[str], None] = lambda _: None
) -> Facts:
    """All that can be known of a machine; `now` (UTC, ISO 8601) is when, unless the host was captured earlier.

    `wanted`: names of facts, where others need not be known; a reader that none of these needs is not run.
    `doing` is told what is being read.
    """
    needed = None if wanted is None else with_sources(wanted)
    facts: dict[str, Fact[Any]] = {}

    def read(name: str, read: Callable[..., Any], *sources: Any) -> Fact[Any]:
        if needed is not None and not needed.intersection((name, f"{name}_rejected")):
            return LEFT
        doing(f"reading {IN_WORDS[name]}")
        return fact(read, host, *sources)

    for name, of_host in READERS.items():
        facts[name] = read(name, of_host)
    for name, of_host in FILES.items():
        facts[name], facts[f"{name}_rejected"] = _split(read(name, of_host))
    for name, (of_facts, sources) in ON_OTHERS.items():
        facts[name] = read(name, of_facts, *(facts[source] for source in sources))
    return Facts(schema=SCHEMA, collected_at=host.collected_at or now, source=host.source, **facts)


IN_WORDS = {
    "uid": "who asks",
    "container": "whether this is a container",
    "hardware": "the hardware",
    "firmware": "the firmware",
    "secure_boot": "whether Secure Boot is on",
    "fips": "whether FIPS mode is on",
    "host_name": "the host name",
    "release": "the release",
    "kernel": "the kernel",
    "next_kernel": "which kernel boots next",
    "kernel_arguments": "the kernel's arguments",
    "interfaces": "the network interfaces",
    "ssh": "the SSH services",
    "directories": "which directories there are",
    "block_devices": "the block devices",
    "btrfs": "the btrfs file systems",
    "firewall": "the firewall",
    "software": "which programs there are",
    "agent_programs": "which programs the agent needs",
    "vmware_tools": "VMware Tools",
    "run_level": "the run level",
    "hosts": "/etc/hosts",
    "mounts": "the mounts",
    "fstab": "/etc/fstab",
    "ssh_listen": "where the SSH server listens",
    "xfs": "the XFS file systems",
    "available_space": "the space available",
    "odd_names": "the names of files",
    "disk_details": "the details of disks",
    "kernel_modules": "the kernel's modules",
    "initramfs": "the initramfs",
}
"""What is read, as a person who waits is told it."""

LEFT: Fact[Any] = Fact(unknown=NOT_COLLECTED)


def with_sources(wanted: Collection[str]) -> frozenset[str]:
    """Names of facts, and of those that their readers go on from."""
    needed = set(wanted)
    for name, (_, sources) in reversed(ON_OTHERS.items()):
        if name in needed:
            needed.update(sources)
    return frozenset(needed)


def fact(read: Callable[..., Any], *sources: Any) -> Fact[Any]:
    """What a reader says, or why it could not. A reader's own mistake is named as one, and costs no other fact."""
    try:
        return Fact(value=read(*sources))
    except Unreadable as error:
        return Fact(unknown=str(error))
    except Exception as error:  # noqa: BLE001 - the last line of defence against what no reader foresaw
        return Fact(unknown=f"linuxready failed in {read.__module__}: {type(error).__name__}: {error}")


def _split(both: Fact[Any]) -> tuple[Fact[Any], Fact[Any]]:
    if both.value is None:
        return both, both
    used, rejected = both.value
    return Fact(value=used), Fact(value=rejected)

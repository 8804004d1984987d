"""Facts from a Host: every reader is run, and one that fails costs its own fact only."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from typing import Any

from linuxready.facts import NOT_COLLECTED, SCHEMA, Fact, Facts
from linuxready.host import Host, Unreadable

READERS = {
    "uid": "platform.read_uid",
    "container": "platform.read_container",
    "hardware": "platform.read_hardware",
    "firmware": "platform.read_firmware",
    "secure_boot": "platform.read_secure_boot",
    "fips": "platform.read_fips",
    "host_name": "network.read_host_name",
    "release": "release.read",
    "kernel": "kernel.read",
    "next_kernel": "bootloader.read",
    "kernel_arguments": "arguments.read",
    "interfaces": "network.read_interfaces",
    "ssh": "services.read_ssh",
    "directories": "mounts.read_directories",
    "block_devices": "block.read",
    "btrfs": "block.read_btrfs",
    "firewall": "firewall.read",
    "software": "software.read",
    "agent_programs": "software.read_agent_programs",
    "vmware_tools": "vmware.read",
    "run_level": "runlevel.read",
}
"""One fact, one reader: its module and function. A module is imported when a fact of it is wanted."""

FILES = {"hosts": "hosts.read", "mounts": "mounts.read", "fstab": "mounts.read_fstab"}
"""Files read line by line: what was understood is one fact, the lines that were not are another (…_rejected)."""

ON_OTHERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ssh_listen": ("sshd.read", ("ssh",)),
    "named_devices": ("block.read_named", ("block_devices", "fstab")),
    "xfs": ("xfs.read", ("mounts", "fstab", "block_devices", "named_devices")),
    "available_space": ("space.read", ("mounts", "block_devices")),
    "odd_names": ("names.read", ("mounts", "block_devices")),
    "disk_details": ("disks.read", ("block_devices",)),
    "kernel_modules": ("modules.read", ("kernel", "next_kernel")),
    "initramfs": ("modules.read_initramfs", ("kernel", "next_kernel", "kernel_modules")),
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

    def read(name: str, row: str, *sources: Any) -> Fact[Any]:
        if needed is not None and not needed.intersection((name, f"{name}_rejected")):
            return LEFT
        doing(f"reading {name.replace('_', ' ')}")
        return fact(reader(row), host, *sources)

    for name, row in READERS.items():
        facts[name] = read(name, row)
    for name, row in FILES.items():
        facts[name], facts[f"{name}_rejected"] = _split(read(name, row))
    for name, (row, sources) in ON_OTHERS.items():
        facts[name] = read(name, row, *(facts[source] for source in sources))
    return Facts(schema=SCHEMA, collected_at=host.collected_at or now, source=host.source, **facts)


LEFT: Fact[Any] = Fact(unknown=NOT_COLLECTED)


def with_sources(wanted: Collection[str]) -> frozenset[str]:
    """Names of facts, and of those that their readers go on from."""
    needed = set(wanted)
    for name, (_, sources) in reversed(ON_OTHERS.items()):
        if name in needed:
            needed.update(sources)
    return frozenset(needed)


def reader(name: str) -> Callable[..., Any]:
    """The function of a table's row."""
    module, _, function = name.partition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(f"linuxready.readers.{module}"), function)
    return found


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

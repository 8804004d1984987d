"""Facts from a Host: every reader is run, and one that fails costs its own fact only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linuxready.facts import SCHEMA, Fact, Facts
from linuxready.host import Host, Unreadable
from linuxready.readers import (
    block,
    bootloader,
    firewall,
    hosts,
    kernel,
    mounts,
    names,
    network,
    platform,
    release,
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
    "host_name": network.read_host_name,
    "release": release.read,
    "kernel": kernel.read,
    "next_kernel": bootloader.read,
    "interfaces": network.read_interfaces,
    "ssh": services.read_ssh,
    "directories": mounts.read_directories,
    "block_devices": block.read,
    "btrfs": block.read_btrfs,
    "firewall": firewall.read,
    "software": software.read,
    "vmware_tools": vmware.read,
}
"""One fact, one reader."""

FILES: dict[str, Callable[[Host], Any]] = {"hosts": hosts.read, "mounts": mounts.read, "fstab": mounts.read_fstab}
"""Files read line by line: what was understood is one fact, the lines that were not are another (…_rejected)."""


def collect(host: Host, now: str) -> Facts:
    """All that can be known of a machine; `now` (UTC, ISO 8601) is when, unless the host was captured earlier."""
    facts = {name: fact(read, host) for name, read in READERS.items()}
    for name, read in FILES.items():
        both = fact(read, host)
        facts[name], facts[f"{name}_rejected"] = _split(both)
    facts["ssh_listen"] = fact(sshd.read, host, facts["ssh"])
    facts["xfs"] = fact(xfs.read, host, facts["mounts"], facts["fstab"], facts["block_devices"])
    for name, of_mounts in {"available_space": space.read, "odd_names": names.read}.items():
        facts[name] = fact(of_mounts, host, facts["mounts"], facts["block_devices"])
    return Facts(schema=SCHEMA, collected_at=host.collected_at or now, source=host.source, **facts)


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

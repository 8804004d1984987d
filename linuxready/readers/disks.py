"""Whole disks: sector sizes, and what they are attached by.

    /sys/block/sda/queue/logical_block_size     512
    /sys/block/sda/queue/physical_block_size    4096
    /sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sdb       iSCSI

Source: kernel Documentation/ABI/stable/sysfs-block.
"""

from __future__ import annotations

import re

from linuxready.facts import BlockDevice, DiskDetails, Fact
from linuxready.host import Absent, Host, Unreadable

ISCSI_SESSION = re.compile(r"/session\d+/")


def read(host: Host, devices: Fact[tuple[BlockDevice, ...]]) -> tuple[DiskDetails, ...]:
    """The disks among the block devices; raises Unreadable where those are not known."""
    if devices.value is None:
        raise Unreadable(str(devices.unknown))
    return tuple(_details(host, device.name) for device in devices.value if device.kind == "disk")


def _details(host: Host, name: str) -> DiskDetails:
    path = host.real_path(f"/sys/class/block/{name.replace('/', '!')}")
    if "/devices/" not in path:
        raise Unreadable(f"what {name} is attached by was not seen: no path below /sys/devices")
    logical, physical = (_bytes(host, f"{path}/queue/{which}_block_size") for which in ("logical", "physical"))
    return DiskDetails(name, logical, physical, ISCSI_SESSION.search(path) is not None)


def _bytes(host: Host, path: str) -> int | None:
    try:
        text = host.text(path).strip()
    except Absent:
        return None
    return int(text) if text.isdecimal() else None

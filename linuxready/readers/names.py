"""Files of the system directories whose names are not in printable ASCII; the walk is the host's."""

from __future__ import annotations

from linuxready.facts import BlockDevice, Fact, Mount, OddNames
from linuxready.host import Host
from linuxready.mountwalk import suspended_mounts


def read(host: Host, mounts: Fact[tuple[Mount, ...]], devices: Fact[tuple[BlockDevice, ...]]) -> OddNames:
    """The odd names below /etc and /boot, and in /, /usr, /usr/local and /var."""
    return host.odd_names(suspended_mounts(mounts.value or (), devices.value or ()))

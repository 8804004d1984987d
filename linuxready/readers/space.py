"""The space that users other than root can still write, where the agent is installed (statvfs(3): f_bavail)."""

from __future__ import annotations

from linuxready.facts import AvailableSpace, BlockDevice, Fact, Mount
from linuxready.host import Absent, Host, Unreadable
from linuxready.mountwalk import suspended_mounts

DIRECTORIES = ("/usr/local/ASR", "/usr/local", "/")
"""The directories that are asked about; a profile can ask for these."""


def read(
    host: Host, mounts: Fact[tuple[Mount, ...]], devices: Fact[tuple[BlockDevice, ...]]
) -> tuple[AvailableSpace, ...]:
    """The space of each directory that is there.

    Of a captured machine, one of which it was not seen whether it is there counts as the one it would lie in: nothing
    is mounted on it, so it would have the same space.
    """
    untouched = suspended_mounts(mounts.value or (), devices.value or ())
    found = []
    for directory in DIRECTORIES:
        try:
            found.append(AvailableSpace(directory, Fact(value=_available(host, directory, untouched))))
        except Absent:
            continue
        except Unreadable as error:
            found.append(AvailableSpace(directory, Fact(unknown=str(error))))
    if host.whole:
        return tuple(found)
    known = {space.directory for space in found if space.available_bytes.value is not None}
    points = {mount.mount_point for mount in mounts.value or ()}
    told = (s for s in found if s.directory in known | points or s.directory.rpartition("/")[0] not in known)
    return tuple(told)


def _available(host: Host, directory: str, untouched: dict[str, str]) -> int:
    real = host.real_path(directory)
    for point, why in untouched.items():
        if f"{real}/".startswith(f"{point.rstrip('/')}/"):
            raise Unreadable(why)
    return host.available_bytes(directory)

"""btrfs file systems and their devices, from `btrfs filesystem show`.

Label: 'data'  uuid: 7d1e6e3c-…
        Total devices 2 FS bytes used 1.00GiB
        devid    1 size 10.00GiB used 2.00GiB path /dev/sdb1
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable


def parse_show(text: str) -> dict[str, tuple[str, ...]]:
    """The nodes of each file system's devices, by uuid; one with missing devices is left out; raises Unreadable."""
    found = {}
    for part in re.split(r"^Label: ", text, flags=re.M)[1:]:
        uuid = re.search(r"uuid: ([0-9a-fA-F-]{36})", part)
        total = re.search(r"Total devices (\d+)\b", part)
        nodes = tuple(re.findall(r"^\s*devid\s.*\spath (/dev/\S+)\s*$", part, re.M))
        if uuid and total and total[1] == str(len(nodes)):
            found[uuid[1].lower()] = nodes
    if not found:
        raise Unreadable("`btrfs filesystem show` printed no file system")
    return found

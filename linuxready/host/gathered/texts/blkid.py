"""What is on block devices, from `blkid`.

/dev/sda1: UUID="0a1b2c3d-…" TYPE="xfs" LABEL="boot" PARTUUID="000b1d2e-01"
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable


def parse_blkid(text: str) -> dict[str, dict[str, str]]:
    """The words of each device by the path of its node; raises Unreadable where there is none."""
    rows = re.findall(r'^(/dev/[^\s:]+):((?: [A-Z_0-9]+="[^"\n]*")+) *$', text, re.M)
    if not rows:
        raise Unreadable("`blkid` printed no device")
    return {path: dict(re.findall(r'([A-Z_0-9]+)="([^"]*)"', words)) for path, words in rows}

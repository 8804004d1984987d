"""The loaded modules, from `lsmod`, as /proc/modules has them.

Module                  Size  Used by
nf_tables             245760  3 nft_ct,nft_compat
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable


def parse_lsmod(text: str) -> str:
    """The lines of /proc/modules, as far as lsmod tells them; raises Unreadable for another text."""
    if not re.match(r"\s*Module\s+Size\s+Used by", text):
        raise Unreadable("`lsmod` printed no table")
    rows = re.findall(r"^(\w+)[ \t]+(\d+)[ \t]+(-?\d+)", text, re.M)
    return "".join(f"{name} {size} {users} - Live 0x0\n" for name, size, users in rows)

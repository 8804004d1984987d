"""MD arrays and their members: /proc/mdstat.

md0 : active raid1 sdb1[1] sda1[0]
      511936 blocks super 1.0 [2/2] [UU]
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable


def parse_mdstat(text: str) -> dict[str, tuple[str, ...]]:
    """The members of each array, by name; raises Unreadable for another text."""
    if not text.startswith("Personalities"):
        raise Unreadable("/proc/mdstat has no head")
    found = {}
    for name, rest in re.findall(r"^(md\S*) : (.*)$", text, re.M):
        found[name] = tuple(re.findall(r"(\S+?)\[\d+\]", rest))
    return found

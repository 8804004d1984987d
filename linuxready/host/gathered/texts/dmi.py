"""What the machine is, from `dmidecode`.

Handle 0x0001, DMI type 1, 27 bytes
System Information
        Manufacturer: VMware, Inc.
        Product Name: VMware Virtual Platform
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable


def parse_dmidecode(text: str) -> tuple[str, str]:
    """(manufacturer, product name) of the system, "" for blank ones; raises Unreadable where it does not tell."""
    block = re.search(r"^System Information\n((?:[ \t]+.*\n?)+)", text, re.M)
    if not block:
        raise Unreadable("`dmidecode` does not tell of the system")
    words = dict(re.findall(r"^[ \t]+(Manufacturer|Product Name):[ \t]*(.*?)[ \t]*$", block[1], re.M))
    if len(words) < 2:
        # dmidecode prints both lines of every machine, so this text was cut.
        raise Unreadable("`dmidecode` does not tell of the system's maker and name")
    return words["Manufacturer"], words["Product Name"]

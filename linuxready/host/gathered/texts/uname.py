"""The kernel and the host's name, from `uname -a`.

Linux db3.example.com 3.10.0-327.el7.x86_64 #1 SMP Thu Oct 29 17:29:29 EDT 2015 x86_64 x86_64 x86_64 GNU/Linux
Linux web1 6.1.0-37-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22) x86_64 GNU/Linux

The machine is the first of the words before GNU/Linux; Debian's uname leaves out the processor and the platform.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from linuxready.host import Unreadable

_MACHINE = r"(?:x86_64|i[3-6]86|aarch64|armv\w+|ppc64le|ppc64|s390x?|ia64|unknown)"
_UNAME = re.compile(
    rf"Linux (?P<node>\S+) (?P<release>\d\S*) \S.*? (?P<machine>{_MACHINE})(?: {_MACHINE}){{0,2}}(?: GNU/Linux)?\s*$",
    re.M,
)


class Uname(NamedTuple):
    """What uname(2) told."""

    node: str
    release: str
    machine: str


def parse_uname(text: str) -> Uname:
    """The line of `uname -a`; raises Unreadable where it is none."""
    match = _UNAME.search(text)
    if not match or match["machine"] == "unknown":
        raise Unreadable("`uname -a` printed no line of a Linux machine")
    return Uname(match["node"], match["release"], match["machine"])


def parse_hostname(text: str) -> str:
    """The one word that `hostname` prints; raises Unreadable where there are more."""
    words = text.split()
    if len(words) != 1 or len(words[0]) > 255:
        raise Unreadable("`hostname` printed no host name")
    return words[0]

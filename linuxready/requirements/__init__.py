"""The kinds of requirement, one module a family. A profile's `check` is the tag of one of these."""

from __future__ import annotations

from linuxready.requirements.boot import SshAtBoot
from linuxready.requirements.firewall import OpenPort, SshFirewall
from linuxready.requirements.network import HostsFile
from linuxready.requirements.software import Program
from linuxready.requirements.storage import SameDisk, XfsV5
from linuxready.requirements.system import Architecture, Distribution, ListedKernel

AnyRequirement = (
    Architecture
    | Distribution
    | ListedKernel
    | HostsFile
    | SshAtBoot
    | SshFirewall
    | OpenPort
    | SameDisk
    | XfsV5
    | Program
)
"""The table of checks: msgspec picks by tag, and names the place in the profile where a word is not known."""

"""The kinds of requirement, one module a family. A profile's `check` is the tag of one of these."""

from __future__ import annotations

from linuxready.requirements.boot import SshAtBoot
from linuxready.requirements.disks import DiskCount, DiskSize, InstallSpace
from linuxready.requirements.names import EnglishNames, EnglishPaths, MachineName
from linuxready.requirements.network import HostsFile
from linuxready.requirements.software import Program
from linuxready.requirements.storage import SameDisk, XfsV5
from linuxready.requirements.system import Architecture, Distribution, ListedKernel
from linuxready.requirements.vmware import VmwareToolsRun

AnyRequirement = (
    Architecture
    | Distribution
    | ListedKernel
    | HostsFile
    | SshAtBoot
    | SameDisk
    | XfsV5
    | Program
    | EnglishNames
    | EnglishPaths
    | VmwareToolsRun
    | MachineName
    | DiskSize
    | DiskCount
    | InstallSpace
)
"""The table of checks: msgspec picks by tag, and names the place in the profile where a word is not known."""

"""The kinds of requirement, one module a family. A profile's `check` is the tag of one of these."""

from __future__ import annotations

from linuxready.requirements.boot import SshAtBoot
from linuxready.requirements.disks import DiskCount, DiskSize, InstallSpace
from linuxready.requirements.filesystems import FileSystems
from linuxready.requirements.firewall import OpenPort, SshFirewall
from linuxready.requirements.firmware import Generation
from linuxready.requirements.manual import Manual
from linuxready.requirements.names import EnglishNames, EnglishPaths, MachineName
from linuxready.requirements.network import HostsFile
from linuxready.requirements.software import Program
from linuxready.requirements.storage import SameDisk, StorageKinds, XfsV5
from linuxready.requirements.system import Architecture, Distribution, ListedKernel
from linuxready.requirements.vmware import VmwareToolsRun

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
    | Generation
    | FileSystems
    | StorageKinds
    | EnglishNames
    | EnglishPaths
    | VmwareToolsRun
    | MachineName
    | DiskSize
    | DiskCount
    | InstallSpace
    | Manual
)
"""The table of checks: msgspec picks by tag, and names the place in the profile where a word is not known."""

"""The kinds of requirement, one module a family. A profile's `check` is the tag of one of these."""

from __future__ import annotations

from linuxready.requirements.agentkernel import AgentKernel
from linuxready.requirements.boot import SshAtBoot
from linuxready.requirements.bootloader import FstabDevices, GrubDevices, NoArgument
from linuxready.requirements.bootpath import (
    BootLvm,
    BootMounted,
    DirectoryFileSystem,
    LvmTools,
    NotOnLvm,
    OnDisk,
    WritableDirectories,
)
from linuxready.requirements.disks import DiskCount, DiskSize
from linuxready.requirements.drivers import HypervDrivers, ModulesFolder
from linuxready.requirements.environment import AnyProgram, CLocale, DhcpClient, HostNameSet, RunLevelIs
from linuxready.requirements.filesystems import FileSystems
from linuxready.requirements.firewall import OpenPort, SshFirewall
from linuxready.requirements.firmware import Generation, SecureBoot
from linuxready.requirements.manual import Manual
from linuxready.requirements.names import EnglishNames, EnglishPaths, MachineName
from linuxready.requirements.network import HostsFile
from linuxready.requirements.networkkinds import NetworkKinds
from linuxready.requirements.sectors import DiskSectors
from linuxready.requirements.software import Program
from linuxready.requirements.space import FreeSpace, InstallSpace
from linuxready.requirements.storage import SameDisk, XfsV5
from linuxready.requirements.storagekinds import StorageKinds
from linuxready.requirements.system import Architecture, Distribution, ListedKernel
from linuxready.requirements.uniquenames import UniqueNames
from linuxready.requirements.vmware import VmwareToolsRun

AnyRequirement = (
    Architecture
    | Distribution
    | ListedKernel
    | AgentKernel
    | HostsFile
    | SshAtBoot
    | SshFirewall
    | OpenPort
    | SameDisk
    | XfsV5
    | Program
    | Generation
    | SecureBoot
    | FileSystems
    | StorageKinds
    | NetworkKinds
    | EnglishNames
    | EnglishPaths
    | UniqueNames
    | VmwareToolsRun
    | MachineName
    | DiskSize
    | DiskCount
    | DiskSectors
    | InstallSpace
    | FreeSpace
    | DirectoryFileSystem
    | BootMounted
    | OnDisk
    | BootLvm
    | LvmTools
    | NotOnLvm
    | WritableDirectories
    | GrubDevices
    | FstabDevices
    | NoArgument
    | ModulesFolder
    | HypervDrivers
    | CLocale
    | AnyProgram
    | HostNameSet
    | RunLevelIs
    | DhcpClient
    | Manual
)
"""The table of checks: msgspec picks by tag, and names the place in the profile where a word is not known."""

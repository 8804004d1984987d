"""The kinds of requirement, one module a family. A profile's `check` is the tag of one of these."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from linuxready.requirements.base import Requirement

CHECKS = {
    "architecture": "system.Architecture",
    "distribution": "system.Distribution",
    "kernel": "system.ListedKernel",
    "agent-kernel": "agentkernel.AgentKernel",
    "hosts-file": "network.HostsFile",
    "ssh-at-boot": "boot.SshAtBoot",
    "ssh-firewall": "firewall.SshFirewall",
    "open-port": "firewall.OpenPort",
    "same-disk": "storage.SameDisk",
    "xfs-v5": "storage.XfsV5",
    "program": "software.Program",
    "any-program": "environment.AnyProgram",
    "generation": "firmware.Generation",
    "secure-boot": "firmware.SecureBoot",
    "file-systems": "filesystems.FileSystems",
    "storage-kinds": "storagekinds.StorageKinds",
    "network-kinds": "networkkinds.NetworkKinds",
    "english-names": "names.EnglishNames",
    "english-paths": "names.EnglishPaths",
    "unique-names": "uniquenames.UniqueNames",
    "vmware-tools": "vmware.VmwareToolsRun",
    "machine-name": "names.MachineName",
    "disk-size": "disks.DiskSize",
    "disk-count": "disks.DiskCount",
    "disk-sectors": "sectors.DiskSectors",
    "install-space": "space.InstallSpace",
    "free-space": "space.FreeSpace",
    "directory-file-system": "bootpath.DirectoryFileSystem",
    "boot-mounted": "bootpath.BootMounted",
    "on-disk": "bootpath.OnDisk",
    "boot-lvm": "bootpath.BootLvm",
    "not-on-lvm": "bootpath.NotOnLvm",
    "lvm-tools": "bootpath.LvmTools",
    "writable-directories": "bootpath.WritableDirectories",
    "grub-devices": "bootloader.GrubDevices",
    "fstab-devices": "bootloader.FstabDevices",
    "no-argument": "bootloader.NoArgument",
    "modules-folder": "drivers.ModulesFolder",
    "hyperv-drivers": "drivers.HypervDrivers",
    "c-locale": "environment.CLocale",
    "host-name-set": "environment.HostNameSet",
    "run-level": "environment.RunLevelIs",
    "dhcp-client": "environment.DhcpClient",
    "manual": "manual.Manual",
}
"""The table of checks: tag to module and class. A module is imported when a profile has a check of it."""


def kinds(checks: Iterable[str]) -> tuple[type[Requirement], ...]:
    """The classes of these checks; a word that is none has none."""
    found = (CHECKS[check].split(".") for check in dict.fromkeys(checks) if check in CHECKS)
    return tuple(getattr(importlib.import_module(f"{__name__}.{module}"), name) for module, name in found)


def any_of(checks: Iterable[str]) -> Any:
    """A type for msgspec: any requirement of these checks. It picks by tag, and names the place of an unknown one."""
    return reduce(or_, kinds(checks) or kinds(CHECKS))

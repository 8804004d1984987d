"""Kinds of network and of network storage that a failover does not take along."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from linuxready.facts import Evidence, Facts
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.network import is_adapter, required_addresses
from linuxready.requirements.storage import MOUNTINFO, line_of, rejected_lines

Kind = Literal["bonding", "ipv6", "nfs", "smb", "iscsi", "link-local"]

FILE_SYSTEMS: dict[str, Kind] = {"nfs": "nfs", "nfs4": "nfs", "cifs": "smb", "smb3": "smb", "smbfs": "smb"}


class NetworkKinds(Requirement, frozen=True, tag="network-kinds"):
    """None of the listed kinds of network or network storage is in use."""

    refused: tuple[Kind, ...]

    reads: ClassVar[tuple[str, ...]] = ("interfaces", "mounts", "mounts_rejected", "disk_details")
    explain: ClassVar[str] = """\
bonding: a bond or team with an address. ipv6: a stable global IPv6 address on an adapter. link-local: an adapter with
an address of 169.254/16. nfs, smb: mounted file systems of these kinds, whose data is not replicated. iscsi: a disk of
an iSCSI session of this machine. Each is advised against: the machine replicates, and what is named here does not come
along, or not as it is."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        found = [answer for answer in self._all(facts) if answer[0] in self.refused]
        for _, item, said, evidence, advice in found:
            yield Answer("fail", said, item, (evidence,), (hint(advice),))
        facts.disk_details.known()
        if not found:
            evidence = Evidence("interfaces, mounts, disks", f"no {', '.join(self.refused)}")
            yield Answer("pass", f"no {', '.join(self.refused)}", "", (evidence,))
        yield from rejected_lines(MOUNTINFO, facts.mounts_rejected)

    def _all(self, facts: Facts) -> Iterator[tuple[Kind, str, str, Evidence, str]]:
        """(kind, item, what it is, evidence, advice) of all that is in use."""
        interfaces = facts.interfaces.known()
        by_name = {interface.name: interface for interface in interfaces}
        for interface in interfaces:
            name = interface.name
            seen = Evidence(f"/sys/class/net/{name}", ", ".join(a.address for a in interface.addresses))
            if interface.kind in ("bond", "team") and interface.addresses:
                yield "bonding", name, f"a {interface.kind}", seen, f"in Azure there is one adapter where {name} was"
            if not is_adapter(interface, by_name, frozenset()):
                continue
            if any(":" in address for _, address in required_addresses(interface)):
                yield "ipv6", name, "has a global IPv6 address", seen, f"reach the machine by {name}'s IPv4 address"
            if any(a.address.startswith("169.254.") for a in interface.addresses):
                yield "link-local", name, "has an address of 169.254/16", seen, f"give {name} an address of its network"
        for mount in facts.mounts.known():
            if kind := FILE_SYSTEMS.get(mount.fs_type):
                seen = Evidence(line_of(mount), f"{mount.source} on {mount.mount_point}")
                advice = f"replicate the server of {mount.mount_point} by itself, and see that Azure reaches it"
                yield kind, mount.mount_point, f"{mount.fs_type}, which is not replicated", seen, advice
        for disk in facts.disk_details.value or ():
            if disk.iscsi:
                seen = Evidence(f"/sys/class/block/{disk.name}", "of an iSCSI session")
                yield (
                    "iscsi",
                    disk.name,
                    "an iSCSI disk",
                    seen,
                    f"move what lies on {disk.name} to a disk of the machine",
                )

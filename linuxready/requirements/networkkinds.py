"""Kinds of network and of network storage that a failover does not take along."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from linuxready.facts import Evidence, Facts, UnknownFact
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.network import is_adapter, required_addresses
from linuxready.requirements.places import READS, Places

Kind = Literal["bonding", "ipv6", "nfs", "smb", "iscsi", "link-local"]

FILE_SYSTEMS: dict[str, Kind] = {"nfs": "nfs", "nfs4": "nfs", "cifs": "smb", "smb3": "smb", "smbfs": "smb"}


class NetworkKinds(Requirement, frozen=True, tag="network-kinds"):
    """None of the listed kinds of network or network storage is in use."""

    refused: tuple[Kind, ...]

    reads: ClassVar[tuple[str, ...]] = ("interfaces", "disk_details", *READS)
    explain: ClassVar[str] = """\
bonding: a bond or team with an address. ipv6: a stable global IPv6 address on an adapter. link-local: an adapter with
an address of 169.254/16. nfs, smb: mounted file systems of these kinds, whose data is not replicated. iscsi: a disk of
an iSCSI session of this machine. Each is advised against: the machine replicates, and what is named here does not come
along, or not as it is."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        found = False
        missing = None
        for look in (_of_interfaces, _of_mounts, _of_disks):
            try:
                for kind, item, said, evidence, advice in look(facts):
                    if kind in self.refused:
                        found = True
                        yield Answer("fail", said, item, (evidence,), (hint(advice),))
            except UnknownFact as reason:
                missing = missing or reason
        if missing or ("bonding" in self.refused and (missing := _unseen_bonds(facts))):
            raise missing
        if not found:
            evidence = Evidence("interfaces, mounts, disks", f"no {', '.join(self.refused)}")
            yield Answer("pass", f"no {', '.join(self.refused)}", "", (evidence,))
        yield from Places(facts).rejected_lines()


Found = tuple[Kind, str, str, Evidence, str]
"""Kind, item, what it is, evidence, advice."""


def _of_interfaces(facts: Facts) -> Iterator[Found]:
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


def _unseen_bonds(facts: Facts) -> UnknownFact | None:
    """Why one of the interfaces may be a bond; None where all were seen for what they are."""
    unseen = [i.name for i in facts.interfaces.known() if i.device is None and i.addresses and i.name != "lo"]
    return UnknownFact(f"{', '.join(unseen)}: no /sys/class/net tells whether it is a bond") if unseen else None


def _of_mounts(facts: Facts) -> Iterator[Found]:
    places = Places(facts)
    for mount in places.mounts:
        if (kind := FILE_SYSTEMS.get(mount.fs_type)) and "noauto" not in mount.options.split(","):
            (seen,) = places.seen(mount, f"{mount.source} on {mount.mount_point}")
            advice = f"replicate the server of {mount.mount_point} by itself, and see that Azure reaches it"
            yield kind, mount.mount_point, f"{mount.fs_type}, which is not replicated", seen, advice


def _of_disks(facts: Facts) -> Iterator[Found]:
    for disk in facts.disk_details.known():
        if disk.iscsi:
            seen = Evidence(f"/sys/class/block/{disk.name}", "of an iSCSI session")
            advice = f"move what lies on {disk.name} to a disk of the machine"
            yield "iscsi", disk.name, "an iSCSI disk", seen, advice

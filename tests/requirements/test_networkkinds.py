"""network-kinds: what a failover does not take along."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import Address, DiskDetails, Fact, Interface, Mount
from linuxready.report import Finding

from ..machines import facts, finding_by, requirement

ETH0 = Interface("eth0", (Address("10.1.2.3"), Address("fe80::1")), True)
ROOT = Mount("/", "ext4", "/dev/sda1", "/", "rw", 1, "8:1", 20, 1)
SDA = DiskDetails("sda", 512, 512, iscsi=False)


def found(profile: str = "vmware-2026", **known: Any) -> Finding:
    whole = {"interfaces": (ETH0,), "mounts": (ROOT,), "disk_details": (SDA,)}
    return finding_by(requirement("network-kinds", profile), facts(**(whole | known)))


def test_a_plain_machine_passes() -> None:
    assert (found().status, found().found) == ("pass", "no bonding, ipv6, nfs, smb, iscsi")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"interfaces": (ETH0, Interface("bond0", (Address("10.1.2.4"),), False, "bond", ("eth0",)))}, "bond0: a bond"),
        ({"interfaces": (ETH0, Interface("team0", (Address("10.1.2.4"),), False, "team", ("eth0",)))}, "team0: a team"),
        ({"interfaces": (Interface("eth0", (Address("2001:db8::1"),), True),)}, "eth0: has a global IPv6 address"),
        ({"mounts": (ROOT, Mount("/srv", "nfs4", "nas:/srv", "/", "rw", 2, "0:40", 21, 20))}, "/srv: nfs4, which"),
        ({"mounts": (ROOT, Mount("/srv", "cifs", "//nas/srv", "/", "rw", 2, "0:40", 21, 20))}, "/srv: cifs, which"),
        ({"disk_details": (SDA, DiskDetails("sdb", 512, 512, iscsi=True))}, "sdb: an iSCSI disk"),
    ],
)
def test_each_kind_is_advised_against(known: dict[str, Any], said: str) -> None:
    assert found(**known).status == "warn"
    assert found(**known).found.startswith(said)


@pytest.mark.parametrize(
    "interface",
    [
        Interface("bond0", (), False, "bond", ("eth0",)),
        Interface("eth0", (Address("2001:db8::1", temporary=True),), True),
        Interface("lo", (Address("::1"),), False),
        Interface("docker0", (Address("2001:db8::1"),), False, "bridge"),
    ],
)
def test_what_carries_no_address_of_the_machine_is_none_of_them(interface: Interface) -> None:
    assert found(interfaces=(interface,)).status == "pass"


def test_a_link_local_address_counts_only_where_the_profile_says_so() -> None:
    interface = Interface("eth0", (Address("169.254.1.2"),), True)
    assert found(interfaces=(interface,)).status == "pass"
    assert found("hyperv-2026", interfaces=(interface,)).found == "eth0: has an address of 169.254/16"


@pytest.mark.parametrize("name", ["interfaces", "mounts", "disk_details"])
def test_what_was_not_seen_passes_nothing(name: str) -> None:
    denied: dict[str, Any] = {name: Fact(unknown="denied")}
    assert (found(**denied).status, found(**denied).found) == ("unknown", "denied")


def test_what_was_not_seen_hides_no_finding() -> None:
    nfs = Mount("/srv", "nfs", "nas:/srv", "/", "rw", 2, "0:40", 21, 20)
    seen = found(interfaces=Fact(unknown="denied"), mounts=(ROOT, nfs))
    assert seen.status == "warn"
    assert seen.found == "/srv: nfs, which is not replicated"

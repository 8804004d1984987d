"""Host name, interfaces, and what each is stacked on."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import Address, Interface
from linuxready.host import ToldAddresses, Unreadable
from linuxready.readers import network
from linuxready.readers.network import parse_if_inet6, shortest

from ..machines import FakeHost

Files = dict[str, str | bytes]
NET = "/sys/class/net"


# -- the host name ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"/proc/sys/kernel/hostname": "web1\n", "/etc/hostname": "web2\n"}, "web1"),
        ({"/proc/sys/kernel/hostname": "(none)\n", "/etc/hostname": "web2\n"}, "web2"),
        ({"/etc/hostname": "# a comment\n\n  web1.example.com # here\n"}, "web1.example.com"),
        ({"/etc/HOSTNAME": "web1.example.com\n"}, "web1.example.com"),
        ({"/etc/sysconfig/network": 'NETWORKING=yes\nHOSTNAME="web1.example.com"\n'}, "web1.example.com"),
        ({"/etc/sysconfig/network": "#HOSTNAME=old\n HOSTNAME=web1 # new\n"}, "web1"),
        ({"/etc/hostname": "", "/etc/sysconfig/network": "HOSTNAME=web1\n"}, "web1"),
        ({"/etc/hostname": b"w\xe9b1\n"}, "w\udce9b1"),
    ],
)
def test_host_name_from_files(files: Files, name: str) -> None:
    assert network.read_host_name(FakeHost(files)) == name


def test_the_host_name_that_is_told_comes_first() -> None:
    files: Files = {"/etc/hostname": "web2\n"}
    assert network.read_host_name(FakeHost(files, told={"host_name": " web1 "})) == "web1"
    assert network.read_host_name(FakeHost(files, told={"host_name": ""})) == "web2"


@pytest.mark.parametrize("files", [{}, {"/etc/hostname": "# none\n"}, {"/etc/sysconfig/network": "HOSTNAME=\n"}])
def test_no_host_name_is_unreadable(files: Files) -> None:
    with pytest.raises(Unreadable, match="host name is not set"):
        network.read_host_name(FakeHost(files))


# -- addresses -------------------------------------------------------------------------------------------

IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000025056fffe8c1b21 02 40 20 80     eth0
20010db8000000000000000000000001 02 40 00 00     eth0
20010db8000000001111222233334444 02 40 00 01     eth0
20010db8000000001111222233335555 02 40 00 21     eth0
"""


def test_temporary_addresses_of_if_inet6() -> None:
    assert parse_if_inet6(IF_INET6) == {"2001:db8::1111:2222:3333:4444", "2001:db8::1111:2222:3333:5555"}


@pytest.mark.parametrize("text", ["", "\n\n", "too short\n", "zz 1 2 3\n"])
def test_if_inet6_of_other_lines(text: str) -> None:
    assert parse_if_inet6(text) == set()


@pytest.mark.parametrize("text", [f"{'z' * 32} 02 40 00 01 eth0\n", f"{'0' * 32} 02 40 00 zz eth0\n"])
def test_garbage_in_if_inet6_costs_no_interface(text: str) -> None:
    host = FakeHost({"/proc/net/if_inet6": text}, told={"interfaces": (ToldAddresses("eth0", ("10.1.2.3",)),)})
    assert network.read_interfaces(host) == (Interface("eth0", (Address("10.1.2.3"),)),)


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("", ""),
        ("\udcff", "\udcff"),
    ],
)
def test_the_shortest_form(address: str, short: str) -> None:
    assert shortest(address) == short


# -- interfaces ------------------------------------------------------------------------------------------


def interfaces(files: Files, links: dict[str, str] | None = None, **addresses: str) -> dict[str, Interface]:
    told = tuple(ToldAddresses(name, tuple(text.split())) for name, text in addresses.items())
    return {i.name: i for i in network.read_interfaces(FakeHost(files, links, told={"interfaces": told}))}


def test_addresses_keep_the_kernels_order_and_know_the_temporary() -> None:
    files: Files = {"/proc/net/if_inet6": IF_INET6, f"{NET}/eth0/device/vendor": "x"}
    found = interfaces(files, eth0="10.1.2.3 10.1.2.2 2001:0db8::1 2001:db8:0:0:1111:2222:3333:4444")
    assert found["eth0"].addresses == (
        Address("10.1.2.3"),
        Address("10.1.2.2"),
        Address("2001:db8::1"),
        Address("2001:db8::1111:2222:3333:4444", True),
    )


def test_without_sys_devices_are_not_known() -> None:
    assert interfaces({}, lo="127.0.0.1", eth0="10.1.2.3") == {
        "lo": Interface("lo", (Address("127.0.0.1"),), None),
        "eth0": Interface("eth0", (Address("10.1.2.3"),), None),
    }


def test_interfaces_that_are_only_told_or_only_in_sys_are_both_there() -> None:
    found = interfaces({f"{NET}/eth1/device/vendor": "x", f"{NET}/bonding_masters": "bond0\n"}, eth0="10.1.2.3")
    assert list(found) == ["eth0", "eth1"]
    assert found["eth1"] == Interface("eth1", (), True)


def test_interfaces_that_were_not_told_are_unreadable() -> None:
    with pytest.raises(Unreadable):
        network.read_interfaces(FakeHost({f"{NET}/eth1/device/vendor": "x"}))


def test_links_of_sys_are_followed() -> None:
    pci = "/sys/devices/pci0000:00/net/eth0"
    found = interfaces({f"{pci}/device/vendor": "x"}, {f"{NET}/eth0": "../../devices/pci0000:00/net/eth0"})
    assert found["eth0"].device is True


@pytest.mark.parametrize(
    ("name", "files", "expected"),
    [
        ("eth0", {"eth0/device/vendor": ""}, (True, "", ())),
        ("lo", {"lo/address": ""}, (False, "", ())),
        ("wlan0", {"wlan0/device/vendor": "", "wlan0/uevent": "DEVTYPE=wlan\n"}, (True, "wlan", ())),
        ("bond0", {"bond0/bonding/slaves": "eth0 eth1\n"}, (False, "bond", ("eth0", "eth1"))),
        ("bond0", {"bond0/bonding/slaves": "\n", "bond0/lower_eth2/x": ""}, (False, "bond", ("eth2",))),
        ("br0", {"br0/bridge/stp_state": "", "br0/brif/eth0/x": "", "br0/brif/tap0/x": ""},
         (False, "bridge", ("eth0", "tap0"))),
        ("br0", {"br0/bridge/stp_state": "0"}, (False, "bridge", ())),
        ("br0", {"br0/brif/eth0/x": ""}, (False, "bridge", ("eth0",))),
        ("eth0.5", {"eth0.5/uevent": "DEVTYPE=vlan\nINTERFACE=eth0.5\n", "eth0.5/lower_eth0/x": ""},
         (False, "vlan", ("eth0",))),
        ("team0", {"team0/lower_eth0/x": "", "team0/lower_eth1/x": ""}, (False, "team", ("eth0", "eth1"))),
        ("wg0", {"wg0/uevent": "DEVTYPE=wireguard\n"}, (False, "wireguard", ())),
        ("vxlan1", {"vxlan1/uevent": "DEVTYPE=vxlan\n", "vxlan1/lower_eth0/x": ""}, (False, "vxlan", ("eth0",))),
        ("dummy0", {"dummy0/uevent": "INTERFACE=dummy0\nIFINDEX=4\n"}, (False, "", ())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_kinds_and_what_they_are_stacked_on(name: str, files: dict[str, str], expected: tuple[Any, ...]) -> None:
    found = interfaces({f"{NET}/{path}": text for path, text in files.items()})[name]
    assert (found.device, found.kind, found.lower) == expected


def test_a_vlan_of_an_old_kernel_is_known_by_proc() -> None:
    """Before Linux 3.x uevent has no DEVTYPE=vlan and no lower_ links are there."""
    vlan = "vlan100  VID: 100\t REORDER_HDR: 1\nDevice: bond0\nINGRESS priority mappings: 0:0\n"
    found = interfaces({f"{NET}/vlan100/uevent": "INTERFACE=vlan100\n", "/proc/net/vlan/vlan100": vlan})
    assert (found["vlan100"].kind, found["vlan100"].lower) == ("vlan", ("bond0",))


def test_an_interface_whose_folder_may_not_be_read_is_not_taken_for_a_virtual_one() -> None:
    host = FakeHost(
        {f"{NET}/eth0/device/vendor": ""},
        told={"interfaces": (ToldAddresses("eth0", ("10.1.2.3",)),)},
        denied=(f"{NET}/eth0",),
    )
    assert network.read_interfaces(host)[0].device is not False

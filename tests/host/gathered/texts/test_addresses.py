"""Interfaces by iproute2 and net-tools, in the words of several releases."""

from __future__ import annotations

import pytest

from linuxready.host import ToldAddresses, Unreadable
from linuxready.host.gathered.texts.addresses import Link, parse_ifconfig, parse_ip, parse_links
from linuxready.host.gathered.texts.ethtool import parse_driver

IP_O_ADDR = """\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: eth0    inet 10.1.2.3/24 brd 10.1.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet 10.1.2.9/24 brd 10.1.2.255 scope global secondary eth0:1\\       valid_lft forever preferred_lft forever
7: tun0    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::250:56ff:fe8c:1b24/64 scope link \\       valid_lft forever preferred_lft forever
"""

RHEL_6 = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue state UNKNOWN \n\
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet6 ::1/128 scope host \n\
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond0 state UP qlen 1000
    link/ether 00:50:56:8c:0a:0f brd ff:ff:ff:ff:ff:ff
4: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \n\
    link/ether 00:50:56:8c:0a:0f brd ff:ff:ff:ff:ff:ff
    inet 10.20.0.15/24 brd 10.20.0.255 scope global bond0
5: bond0.100@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \n\
    link/ether 00:50:56:8c:0a:0f brd ff:ff:ff:ff:ff:ff
    inet 10.30.0.15/24 brd 10.30.0.255 scope global bond0.100
8: sit0: <NOARP> mtu 1480 qdisc noop state DOWN \n\
    link/sit 0.0.0.0 brd 0.0.0.0
"""

IP_D = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 minmtu 0 maxmtu 0 numtxqueues 1
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: ens192: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master br0 state UP group default qlen 1000
    link/ether 00:50:56:8c:1b:24 brd ff:ff:ff:ff:ff:ff promiscuity 1 minmtu 60 maxmtu 9000
    bridge_slave state forwarding priority 32 cost 4 hairpin off guard off
    altname enp11s0
3: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 00:50:56:8c:1b:24 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535
    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0
    inet 10.1.2.70/24 brd 10.1.2.255 scope global noprefixroute br0
       valid_lft forever preferred_lft forever
5: veth12@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master docker0 state UP group default
    link/ether 3a:11:22:33:44:55 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1
    veth
"""

IFCONFIG_OLD = """\
eth0      Link encap:Ethernet  HWaddr 00:50:56:8C:1B:24  \n\
          inet addr:10.1.2.3  Bcast:10.1.2.255  Mask:255.255.255.0
          inet6 addr: fe80::250:56ff:fe8c:1b24/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1

eth0:1    Link encap:Ethernet  HWaddr 00:50:56:8C:1B:24  \n\
          inet addr:10.1.2.9  Bcast:10.1.2.255  Mask:255.255.255.0

lo        Link encap:Local Loopback  \n\
          inet addr:127.0.0.1  Mask:255.0.0.0
"""

IFCONFIG_NEW = """\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400
        inet 192.0.2.2  netmask 255.255.255.0  broadcast 192.0.2.255
        inet6 fd00::2  prefixlen 64  scopeid 0x0<global>
        inet6 fe80::fc:ff:fe00:1  prefixlen 64  scopeid 0x20<link>
        ether 02:fc:00:00:00:01  txqueuelen 1000  (Ethernet)

ifb0: flags=130<BROADCAST,NOARP>  mtu 1500
        ether 12:e3:d6:17:b0:36  txqueuelen 32  (Ethernet)
"""


def told(**addresses: str) -> tuple[ToldAddresses, ...]:
    return tuple(ToldAddresses(name.replace("_", "."), tuple(of.split())) for name, of in sorted(addresses.items()))


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (
            parse_ip,
            IP_O_ADDR,
            told(lo="127.0.0.1 ::1", eth0="10.1.2.3 10.1.2.9 fe80::250:56ff:fe8c:1b24", tun0="10.8.0.1"),
        ),
        (parse_ip, RHEL_6, told(lo="127.0.0.1 ::1", eth0="", bond0="10.20.0.15", bond0_100="10.30.0.15", sit0="")),
        (parse_ip, IP_D, told(lo="127.0.0.1", ens192="", br0="10.1.2.70", veth12="")),
        (parse_ifconfig, IFCONFIG_OLD, told(lo="127.0.0.1", eth0="10.1.2.3 fe80::250:56ff:fe8c:1b24 10.1.2.9")),
        (parse_ifconfig, IFCONFIG_NEW, told(eth0="192.0.2.2 fd00::2 fe80::fc:ff:fe00:1", ifb0="")),
    ],
    ids=["ip -o addr", "ip addr of RHEL 6", "ip -d address", "ifconfig 1.60", "ifconfig 2.10"],
)
def test_addresses(parse: object, text: str, expected: tuple[ToldAddresses, ...]) -> None:
    assert callable(parse)
    assert parse(text) == expected


@pytest.mark.parametrize("parse", [parse_ip, parse_ifconfig, parse_links, parse_driver])
def test_another_text_tells_nothing(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(Unreadable):
        parse("Cannot open netlink socket: Address family not supported by protocol\n")


def test_what_interfaces_lie_on() -> None:
    assert parse_links(RHEL_6) == (
        Link("lo"),
        Link("eth0", master="bond0"),
        Link("bond0", kind="bond"),
        Link("bond0.100", below="bond0"),
        Link("sit0"),
    )
    assert parse_links(IP_D) == (
        Link("lo"),
        Link("ens192", master="br0"),
        Link("br0", kind="bridge"),
        Link("veth12", below="if4", master="docker0", kind="veth"),
    )


def test_addresses_alone_name_no_masters() -> None:
    with pytest.raises(Unreadable, match="no interface's flags"):
        parse_links(IP_O_ADDR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("driver: vmxnet3\nversion: 1.4\nbus-info: 0000:0b:00.0\n", (True, "")),
        ("driver: hv_netvsc\nversion: \nbus-info: \n", (True, "")),
        ("driver: 802.1Q VLAN Support\nversion: 1.8\nbus-info: \n", (False, "vlan")),
        ("driver: tun\nbus-info: tap\n", (False, "tun")),
    ],
)
def test_a_driver(text: str, expected: tuple[bool, str]) -> None:
    assert parse_driver(text) == expected


def test_a_driver_without_a_bus_that_is_not_known_tells_nothing() -> None:
    with pytest.raises(Unreadable):
        parse_driver("driver: new\nbus-info: N/A\n")

"""hosts-file."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.facts import Address, Evidence, Fact, Facts, HostsEntry, Interface, RejectedLine
from linuxready.report import Remedy
from linuxready.requirements import network
from linuxready.requirements.network import is_adapter, names_host, required_addresses

from ..machines import facts, finding

LOOPBACK = Interface("lo", (Address("127.0.0.1"), Address("::1")), False)
HOST = "web1.example.com"


def interface(name: str, *addresses: str, device: bool | None = True, kind: str = "", lower: str = "") -> Interface:
    return Interface(name, tuple(map(Address, addresses)), device, kind, tuple(lower.split()))


def machine(
    *interfaces: Interface, hosts: str = "", host_name: str = HOST, rejected: tuple[RejectedLine, ...] = ()
) -> Facts:
    lines = enumerate((line.split() for line in hosts.split("\n")), 1)
    entries = tuple(HostsEntry(words[0], tuple(words[1:]), number) for number, words in lines if words)
    return facts(interfaces=(LOOPBACK, *interfaces), hosts=entries, hosts_rejected=rejected, host_name=host_name)


def status(*interfaces: Interface, hosts: str = "", host_name: str = HOST) -> str:
    return finding(machine(*interfaces, hosts=hosts, host_name=host_name), "hosts-file").status


ETH0 = interface("eth0", "10.1.2.3")


def test_a_mapped_adapter_passes_with_its_line() -> None:
    found = finding(machine(ETH0, hosts=f"127.0.0.1 localhost\n10.1.2.3 {HOST} web1"), "hosts-file")
    assert (found.status, found.found) == ("pass", f"eth0 10.1.2.3: mapped to {HOST}")
    assert found.evidence == (Evidence("/etc/hosts:2", f"10.1.2.3 {HOST} web1"),)


@pytest.mark.parametrize(
    ("name", "host_name", "is_named"),
    [
        ("web1", "web1", True),
        ("WEB1", "web1", True),
        ("web1", "WEB1.Example.com", True),
        ("web1.example.com", "web1.example.com", True),
        ("web1.example.com", "web1", True),
        ("web1.example.com.au", "web1.example.com", True),
        ("web10", "web1", False),
        ("web1", "web10", False),
        ("web1-old", "web1", False),
        ("xweb1", "web1", False),
        ("web1.other.org", "web1.example.com", False),
        ("web1example.com", "web1", False),
        ("localhost", "web1", False),
        ("", "web1", False),
        ("w\udce9b1", "w\udce9b1", True),
    ],
)
def test_names_match_whole(name: str, host_name: str, is_named: bool) -> None:
    assert names_host(name, host_name) == is_named


def test_web10_does_not_map_web1() -> None:
    assert status(ETH0, hosts="10.1.2.3 web10.example.com web10", host_name="web1") == "fail"


@pytest.mark.parametrize("host_name", ["web1", HOST, "WEB1"])
def test_the_remedy_is_the_line_to_add(host_name: str) -> None:
    found = finding(machine(ETH0, hosts="127.0.0.1 localhost", host_name=host_name), "hosts-file")
    names = host_name if "." not in host_name else f"{host_name} web1"
    assert found.remedies == (Remedy("edit", f"add to /etc/hosts: 10.1.2.3 {names}"),)


def test_a_host_name_that_no_file_should_hold_has_another_remedy() -> None:
    found = finding(machine(ETH0, host_name="wéb1"), "hosts-file")
    assert (found.status, found.remedies[0].kind) == ("fail", "hint")


def test_the_first_ipv4_address_fails_and_a_further_one_warns() -> None:
    two = interface("eth0", "10.1.2.3", "10.1.2.4")
    assert status(two, hosts=f"10.1.2.4 {HOST}") == "fail"
    found = finding(machine(two, hosts=f"10.1.2.3 {HOST}"), "hosts-file")
    assert (found.status, found.found) == ("warn", "eth0 10.1.2.4: not mapped")
    assert found.remedies == (Remedy("edit", f"add to /etc/hosts: 10.1.2.4 {HOST} web1"),)


def test_each_adapters_first_address_is_required() -> None:
    found = finding(machine(ETH0, interface("eth1", "10.9.0.3"), hosts=f"10.1.2.3 {HOST}"), "hosts-file")
    assert (found.status, found.found) == ("fail", "eth1 10.9.0.3: not mapped")


def test_stable_ipv6_warns_and_is_found_however_it_is_written() -> None:
    both = interface("eth0", "10.1.2.3", "2001:db8::1")
    assert status(both, hosts=f"10.1.2.3 {HOST}") == "warn"
    assert status(both, hosts=f"10.1.2.3 {HOST}\n2001:0DB8:0:0:0:0:0:1 {HOST}") == "pass"


def test_temporary_ipv6_needs_no_line() -> None:
    addresses = (Address("10.1.2.3"), Address("2001:db8::abcd", temporary=True))
    assert status(Interface("eth0", addresses, True), hosts=f"10.1.2.3 {HOST}") == "pass"


@pytest.mark.parametrize("address", ["169.254.7.7", "fe80::1", "febf::1", "ff02::1", "::1"])
def test_addresses_that_need_no_line(address: str) -> None:
    assert status(interface("eth0", "10.1.2.3", address), hosts=f"10.1.2.3 {HOST}") == "pass"


def test_a_link_local_ipv4_address_is_not_the_first() -> None:
    adapter = interface("eth0", "169.254.7.7", "10.1.2.3", "10.1.2.4")
    assert required_addresses(adapter) == [(True, "10.1.2.3"), (False, "10.1.2.4")]


@pytest.mark.parametrize("address", ["", ":", "\udcff", ":\ud800", "fe80", "10.1.2.3%eth0"])
def test_addresses_that_are_none_do_no_harm(address: str) -> None:
    assert status(interface("eth0", address, "10.1.2.3"), hosts=f"10.1.2.3 {HOST}") != "pass"


def test_127_0_1_1_maps_no_adapter() -> None:
    found = finding(machine(ETH0, hosts="127.0.0.1 localhost\n127.0.1.1 web1", host_name="web1"), "hosts-file")
    assert found.status == "fail"
    assert found.evidence[0] == Evidence("/etc/hosts:2", "127.0.1.1 web1")


def test_no_adapter_at_all_is_unknown() -> None:
    bridge = interface("docker0", "172.17.0.1", device=False, kind="bridge")
    found = finding(machine(bridge, hosts=f"172.17.0.1 {HOST}"), "hosts-file")
    assert found.status == "unknown"
    assert "docker0" in found.found


def test_an_adapter_without_an_address_is_not_one_to_map() -> None:
    assert status(ETH0, interface("eth1"), hosts=f"10.1.2.3 {HOST}") == "pass"


def test_rejected_lines_and_left_out_interfaces_are_shown() -> None:
    tun = interface("tun0", "10.8.0.1", device=False)
    rejected = (RejectedLine(7, "10.1.2 web1"),)
    found = finding(machine(ETH0, tun, hosts="10.1.2.9 localhost", rejected=rejected), "hosts-file")
    assert Evidence("/etc/hosts:7", "not used by glibc: 10.1.2 web1") in found.evidence
    assert Evidence("not required", "lo, tun0") in found.evidence


def test_an_empty_file_is_said_to_have_no_line() -> None:
    assert finding(machine(ETH0), "hosts-file").evidence[0] == Evidence("/etc/hosts", f"no line names {HOST}")


@pytest.mark.parametrize("missing", ["interfaces", "hosts", "host_name"])
def test_what_is_not_known_is_unknown(missing: str) -> None:
    known: dict[str, Any] = {"interfaces": (ETH0,), "hosts": (), "host_name": HOST}
    known[missing] = Fact(unknown=f"{missing}: permission denied (run as root)")
    found = finding(facts(**known), "hosts-file")
    assert (found.status, found.found) == ("unknown", f"{missing}: permission denied (run as root)")
    assert found.remedies == (Remedy("hint", "run linuxready as root"),)


def test_the_loopback_addresses_are_no_adapters_where_sys_was_not_seen() -> None:
    lo = Interface("lo", (Address("127.0.0.1"), Address("::1")))
    eth0 = interface("eth0", "10.1.2.3", device=None)
    tun0 = interface("tun0", "10.8.0.1", device=None)
    known = {"hosts": (HostsEntry("10.1.2.3", (HOST,), 1),), "host_name": HOST}
    assert finding(facts(interfaces=(lo, eth0), **known), "hosts-file").status == "pass"
    assert finding(facts(interfaces=(lo, eth0, tun0), **known), "hosts-file").status == "fail"


# -- which interfaces are adapters -----------------------------------------------------------------------

PLAIN = (interface("eth0"), interface("veth1", device=False), interface("dummy0", device=False))


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (interface("eth0"), True),
        (interface("dummy0", device=False), False),
        (interface("wg0", device=False, kind="wireguard"), False),
        (interface("vxlan1", device=False, kind="vxlan", lower="eth0"), False),
        (interface("mv0", device=False, kind="macvlan", lower="eth0"), False),
        (interface("bond0", device=False, kind="bond", lower="eth0"), True),
        (interface("team0", device=False, kind="team", lower="eth0"), True),
        (interface("eth0.10", device=False, kind="vlan", lower="eth0"), True),
        (interface("br0", device=False, kind="bridge", lower="veth1 eth0"), True),
        (interface("docker0", device=False, kind="bridge", lower="veth1"), False),
        (interface("docker0", device=False, kind="bridge"), False),
        (interface("br0", device=False, kind="bridge", lower="dummy0"), False),
        (interface("bond0", device=False, kind="bond", lower="gone0"), False),
    ],
    ids=lambda value: (
        f"{value.name}-{value.kind}-{'+'.join(value.lower)}" if isinstance(value, Interface) else str(value)
    ),
)
def test_adapters_are_devices_and_what_is_stacked_on_one(candidate: Interface, expected: bool) -> None:
    by_name = {i.name: i for i in (*PLAIN, candidate)}
    assert is_adapter(candidate, by_name, frozenset()) == expected


def test_stacks_are_followed_down_and_circles_end() -> None:
    stack = {
        i.name: i
        for i in (
            interface("eth0"),
            interface("bond0", device=False, kind="bond", lower="eth0"),
            interface("bond0.100", device=False, kind="vlan", lower="bond0"),
            interface("br0", device=False, kind="bridge", lower="bond0.100"),
            interface("br1", device=False, kind="bridge", lower="br2"),
            interface("br2", device=False, kind="bridge", lower="br1"),
        )
    }
    assert [name for name, i in stack.items() if is_adapter(i, stack, frozenset())] == [
        "eth0",
        "bond0",
        "bond0.100",
        "br0",
    ]


@pytest.mark.parametrize("name", ["localhost", "localhost.localdomain", "web#1", "-web", "wéb", "a b"])
def test_no_line_is_offered_that_could_not_work(name: str) -> None:
    """`localhost` would point at the card, and glibc cuts a name at its #."""
    remedy = network._line("10.20.0.21", name)
    assert remedy.kind == "hint"

"""SuSEfirewall2: its configuration as rules, and what a connection meets, after the script's own order."""

from __future__ import annotations

import pytest

from linuxready.host import Absent
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import susefirewall
from linuxready.ruleset import Match, Ruleset, Statement
from tests.machines import FakeHost

CONF = "/etc/sysconfig/SuSEfirewall2"
SERVICES = "/etc/sysconfig/SuSEfirewall2.d/services"
SSHD = {f"{SERVICES}/sshd": '## Name: Secure Shell Server\nTCP="ssh"\nUDP=""\n'}
BOTH = 'FW_DEV_EXT="eth0"\nFW_DEV_INT="eth1"\n'


def read(conf: str, more: dict[str, str] | None = None) -> Ruleset:
    return susefirewall.read(FakeHost({CONF: conf, **(more or {})}))


def answer(ruleset: Ruleset, interface: str = "eth0", family: str = "ip", port: int = 22) -> str:
    return walk(ruleset, Connection(port, family, (interface,))).answer


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ("", "refused"),
        ('FW_DEV_EXT="eth0"', "refused"),
        ('FW_SERVICES_EXT_TCP="22"', "accepted"),
        ('FW_SERVICES_EXT_TCP="ssh"', "accepted"),
        ("FW_SERVICES_EXT_TCP='80 ssh'", "accepted"),
        ('FW_SERVICES_EXT_TCP="20:30"', "accepted"),
        ('FW_SERVICES_EXT_TCP="nosuch"', "depends"),
        ('FW_SERVICES_EXT_TCP="80 \\\n 22"', "accepted"),
        ('FW_SERVICES_EXT_TCP="80\n22"', "accepted"),
        ('#FW_SERVICES_EXT_TCP="22"', "refused"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_SERVICES_EXT_TCP=""', "refused"),
        ('FW_SERVICES_EXT_TCP="" # 22', "refused"),
        ('FW_SERVICES_EXT_UDP="22"', "refused"),
        ('FW_SERVICES_EXT_IP="tcp"', "accepted"),
        ('FW_SERVICES_INT_TCP="22"', "refused"),
        ('FW_SERVICES_DMZ_TCP="22"\nFW_DEV_DMZ="eth0"', "accepted"),
        ('FW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="no"', "accepted"),
        ('FW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="yes"', "refused"),
        ('FW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="notrack"', "accepted"),
        ('FW_DEV_INT="any"\nFW_PROTECT_FROM_INT="no"', "accepted"),
        ('FW_DEV_EXT="any"\nFW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="no"', "accepted"),
        ('FW_DEV_INT="eth1"\nFW_PROTECT_FROM_INT="no"', "refused"),
        ('FW_DEV_INT="eth-id-00:11:22:33:44:55"\nFW_PROTECT_FROM_INT="no"', "depends"),
        ('FW_ZONE_DEFAULT="no"\nFW_DEV_EXT="eth1"\nFW_SERVICES_EXT_TCP="22"', "refused"),
        ('FW_ZONE_DEFAULT="int"\nFW_PROTECT_FROM_INT="no"', "accepted"),
        ('FW_ZONES="lab"\nFW_DEV_lab="eth0"\nFW_SERVICES_lab_TCP="22"', "accepted"),
        ('FW_CONFIGURATIONS_EXT="sshd"', "accepted"),
        ('FW_CONFIGURATIONS_EXT="nosuch"', "depends"),
        ('FW_CONFIGURATIONS_INT="sshd"', "refused"),
        ('FW_SERVICES_ACCEPT_EXT="0/0,tcp,22"', "accepted"),
        ('FW_SERVICES_ACCEPT_EXT="10.0.0.0/8,tcp,22"', "depends"),
        ('FW_SERVICES_ACCEPT_EXT="10/8,tcp,22"', "depends"),
        ('FW_SERVICES_ACCEPT_EXT="0/0,tcp,22,,hitcount=3,blockseconds=60,recentname=ssh"', "depends"),
        ('FW_SERVICES_ACCEPT_EXT="0/0,tcp,80 0/0,tcp"', "accepted"),
        ('FW_SERVICES_ACCEPT_EXT="0/0,tcp,,22"', "refused"),
        ('FW_SERVICES_ACCEPT_EXT="0/0,_rpc_,nfs"', "refused"),
        ('FW_SERVICES_ACCEPT_EXT="2001:db8::/32,tcp,22"', "refused"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_SERVICES_DROP_EXT="0/0,tcp,22"', "refused"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_SERVICES_REJECT_EXT="10.0.0.0/8,tcp"', "depends"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_SERVICES_DROP_EXT="0/0,tcp,22"\nFW_LEGACY_ACCEPT_FIRST="yes"', "accepted"),
        ('FW_TRUSTED_NETS="10.0.0.0/8"', "depends"),
        ('FW_TRUSTED_NETS="0/0,tcp,22"', "accepted"),
        ('FW_TRUSTED_NETS="0/0,tcp,22,more"', "refused"),
        ('FW_TRUSTED_NETS="0/0,,22"', "refused"),
        ('FW_TRUSTED_NETS="0/0,tcp,22"\nFW_SERVICES_DROP_EXT="0/0,tcp,22"', "accepted"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_REDIRECT="0/0,0/0,tcp,22,2222"', "refused"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_REDIRECT="0/0,0/0,tcp,22,nosuch"', "depends"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_REDIRECT="0/0,0/0,tcp,22"', "accepted"),
        ('FW_REDIRECT="0/0,0/0,tcp,22"', "accepted"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_FORWARD_MASQ="0/0,10.1.1.1,tcp,22"', "accepted"),
        (
            'FW_SERVICES_EXT_TCP="22"\nFW_ROUTE="yes"\nFW_MASQUERADE="yes"\nFW_FORWARD_MASQ="0/0,10.1.1.1,tcp,22"',
            "depends",
        ),
        ('FW_IPSEC_TRUST="yes"\nFW_PROTECT_FROM_INT="no"', "depends"),
        ('FW_SERVICES_EXT_TCP="22"\nFW_CUSTOMRULES="/etc/sysconfig/scripts/mine"', "depends"),
        ('FW_SERVICES_EXT_TCP="22 $MORE"', "depends"),
    ],
)
def test_decision(conf: str, expected: str) -> None:
    assert answer(read(conf, SSHD)) == expected


def test_zones_of_interfaces() -> None:
    ruleset = read(BOTH + 'FW_SERVICES_EXT_TCP="22"\nFW_PROTECT_FROM_INT="yes"')
    assert [answer(ruleset, name) for name in ("eth0", "eth1", "eth2")] == ["accepted", "refused", "accepted"]


def test_an_interfaces_own_file_names_its_zone_where_no_list_does() -> None:
    ifcfg = {"/etc/sysconfig/network/ifcfg-eth1": "FW_ZONE=int\n", "/etc/sysconfig/network/ifcfg-eth0": "FW_ZONE=int\n"}
    ruleset = read('FW_DEV_EXT="eth0"\nFW_PROTECT_FROM_INT="no"', ifcfg)
    assert [answer(ruleset, name) for name in ("eth0", "eth1")] == ["refused", "accepted"]


def test_defaults_fill_what_is_empty() -> None:
    defaults = {"/usr/share/SuSEfirewall2/defaults/50-default.cfg": 'FW_PROTECT_FROM_INT="no"\nFW_REJECT_INT="yes"\n'}
    assert answer(read('FW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT=""', defaults)) == "accepted"
    assert answer(read('FW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="yes"', defaults)) == "refused"


def test_the_administrators_service_wins() -> None:
    shipped = {"/usr/share/SuSEfirewall2/services/sshd": 'TCP="2222"\n'}
    conf = 'FW_CONFIGURATIONS_EXT="sshd"'
    assert answer(read(conf, shipped)) == "refused"
    assert answer(read(conf, shipped | SSHD)) == "accepted"


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ("", "accepted"),
        ("FW_IPv6=drop", "refused"),
        ("FW_IPv6=reject", "refused"),
        ("FW_IPv6=no", "accepted"),
        ("FW_SERVICES_DROP_EXT=10.0.0.0/8,tcp,22", "accepted"),
        ("FW_SERVICES_DROP_EXT=2001:db8::/32,tcp,22", "depends"),
        ("FW_SERVICES_DROP_EXT=0/0,tcp,22", "refused"),
    ],
)
def test_ipv6(conf: str, expected: str) -> None:
    assert answer(read(f'FW_SERVICES_EXT_TCP="22"\n{conf}\n'), family="ip6") == expected


def test_trusted_networks_are_of_ipv4() -> None:
    assert answer(read('FW_TRUSTED_NETS="0/0"'), family="ip6") == "refused"


def test_rejecting() -> None:
    for conf, kind in (("", "drop"), ("FW_REJECT=yes", "reject"), ("FW_REJECT_EXT=yes", "reject")):
        chains = {chain.name: chain for chain in read(conf).tables[0].chains}
        assert chains["input_ext"].rules[-1].statements == (Statement(kind),)


def test_a_rule_tells_its_variable_and_line() -> None:
    ruleset = read(
        'FW_DEV_EXT="eth0"\n\nFW_SERVICES_EXT_TCP="80\n 22"\nFW_SERVICES_ACCEPT_EXT="10.0.0.1,tcp,1 0/0,tcp,2"\n'
    )
    rules = next(chain for chain in ruleset.tables[0].chains if chain.name == "input_ext").rules
    assert (rules[1].text, rules[1].place) == ('FW_SERVICES_EXT_TCP="80 22"', f"{CONF}:3")
    assert rules[1].matches == (Match(("protocol",), (("tcp",),)), Match(("destination-port",), (("22",),)))
    assert (rules[3].text, rules[3].place) == ("FW_SERVICES_ACCEPT_EXT: 0/0,tcp,2", f"{CONF}:5")


def test_what_only_a_shell_can_tell_is_told() -> None:
    ruleset = read('A=1\nFW_DEV_EXT="$A"\nFW_CUSTOMRULES="/a/script"\n')
    assert ruleset.not_understood == (f'{CONF}:2: FW_DEV_EXT="$A"', f'{CONF}:3: FW_CUSTOMRULES="/a/script"')


def test_no_configuration_is_absent() -> None:
    with pytest.raises(Absent):
        susefirewall.read(FakeHost())

"""Listings of iptables, in the words of iptables-save: what is certain in them, and what is left open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linuxready.host import Unreadable
from linuxready.packetpath import Connection, walk
from linuxready.readers.firewall import iptables, listing
from linuxready.readers.firewall.iptables_rule import split
from linuxready.ruleset import Ruleset

from ...host.gathered.texts.test_garbage import STRANGE, mangled
from ...listed import HEAD, filled, row

COMMAND = "iptables -t filter -nvL"
FIREWALLD = Path("testdata/listings/centos-7-firewalld.txt").read_text(encoding="ascii")
"""Of CentOS 7, by iptables 1.4.21."""

RHEL_6 = f"""\
Chain INPUT (policy DROP 12 packets, 720 bytes)
{HEAD}\
 103K 9181M ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0           state RELATED,ESTABLISHED \n\
    3   144 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0           state NEW tcp dpt:22 \n\
    0     0            tcp  --  eth0   *      !10.0.0.0/8           0.0.0.0/0           multiport dports 80,443 \n\

Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)
{HEAD}
Chain OUTPUT (policy ACCEPT 14 packets, 1024 bytes)
{HEAD}"""
"""By iptables 1.4.7, which writes its blanks behind the words."""


def words(row: str, table: str = "filter", chains: str = "") -> list[str]:
    """A rule's words behind its chain."""
    lines = [line for _, line in listing.saved(filled(row, table=table, chains=chains), table, COMMAND)]
    return split(next(line for line in lines if line.startswith("-A")))[2:]


def test_a_table_becomes_what_iptables_save_prints() -> None:
    assert listing.saved(RHEL_6, "filter", COMMAND) == [
        (COMMAND, "*filter"),
        (f"{COMMAND}:1", ":INPUT DROP [0:0]"),
        (f"{COMMAND}:3", "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT"),
        (f"{COMMAND}:4", "-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT"),
        (f"{COMMAND}:5", "-A INPUT -p tcp ! -s 10.0.0.0/8 -i eth0 -m multiport --dports 80,443"),
        (f"{COMMAND}:7", ":FORWARD ACCEPT [0:0]"),
        (f"{COMMAND}:10", ":OUTPUT ACCEPT [0:0]"),
        (COMMAND, "COMMIT"),
    ]


COLUMNS = """\
ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0
    -j ACCEPT
ACCEPT     0    --  +      *       0.0.0.0/0            0.0.0.0/0
    -i + -j ACCEPT
ACCEPT     all  --  all    0       0.0.0.0/0            0.0.0.0/0
    -i all -o 0 -j ACCEPT
ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0
    -p tcp -j ACCEPT
ACCEPT     udplite--  *      *       0.0.0.0/0            0.0.0.0/0
    -p udplite -j ACCEPT
ACCEPT     udplite-f  *      *       0.0.0.0/0            0.0.0.0/0
    -p udplite -f -j ACCEPT
ACCEPT     all  !f  *      *       0.0.0.0/0            0.0.0.0/0
    ! -f -j ACCEPT
ACCEPT    !tcp  --  *      *       0.0.0.0/0            0.0.0.0/0
    ! -p tcp -j ACCEPT
          !50   --  eth+   *       0.0.0.0/0            0.0.0.0/0
    ! -p 50 -i eth+
           all  --  !lo    17      10.0.0.1            !10.1.0.0/16
    -s 10.0.0.1 ! -d 10.1.0.0/16 ! -i lo -o 17
ACCEPT     icmpv6    *      *       ::/0                 fe80::/10
    -p icmpv6 -d fe80::/10 -j ACCEPT
ACCEPT     ipv6-icmp    *      *       ::/0                 ::/0
    -p icmpv6 -j ACCEPT
ACCEPT     tcp      *      *       ::/0                !2001:db8::1         tcp dpt:22
    -p tcp ! -d 2001:db8::1 -m tcp --dport 22 -j ACCEPT
ACCEPT     58   --  *      *       ::/0                 ::/0
    -p icmpv6 -j ACCEPT
ACCEPT    !all  --  *      *       0.0.0.0/0            0.0.0.0/0
    -m "shown as -p !all" -j ACCEPT
ACCEPT     all  !-  *      *       0.0.0.0/0            0.0.0.0/0
    -m "shown as opt !-" -j ACCEPT
REJECT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            reject-with icmp-port-unreachable
    -j REJECT --reject-with icmp-port-unreachable
"""

WORDS = r"""
tcp spts:!1024:65535 dpt:!22 flags:!0x17/0x02
    -m tcp ! --sport 1024:65535 ! --dport 22 ! --tcp-flags FIN,SYN,RST,ACK SYN
tcp flags:0x3F/0x00
    -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE
multiport dports  !22,80:81
    -m multiport ! --dports 22,80:81
multiport ports ! 22,80 state NEW
    -m multiport ! --ports 22,80 -m state --state NEW
! state NEW
    -m state ! --state NEW
! ctstate INVALID,NEW ctdir ORIGINAL
    -m conntrack ! --ctstate INVALID,NEW -m conntrack --ctdir ORIGINAL
mark match ! 0x1/0xf connmark match  0x7
    -m mark ! --mark 0x1/0xf -m connmark --mark 0x7
ADDRTYPE match src-type !UNICAST,LOCAL dst-type LOCAL limit-in
    -m addrtype ! --src-type UNICAST,LOCAL --dst-type LOCAL --limit-iface-in
PKTTYPE != broadcast PKTTYPE = unicast
    -m pkttype ! --pkt-type broadcast -m pkttype --pkt-type unicast
source IP range ! 10.0.0.1-10.0.0.9 destination IP range 10.0.0.1-10.0.0.2
    -m iprange ! --src-range 10.0.0.1-10.0.0.9 -m iprange --dst-range 10.0.0.1-10.0.0.2
limit: avg 3/min burst 5 tcp dpt:22
    -m limit --limit 3/min --limit-burst 5 -m tcp --dport 22
limit: up to 3/min burst 4 mode srcip-dstport htable-expire 3000 srcmask 24
    -m hashlimit
limit: avg 3/min burst 5 mode srcip htable-size 0 htable-max 0 tcp dpt:22
    -m hashlimit -m tcp --dport 22
#conn src/32 > 3 connbytes 1:2 connbytes mode bytes connbytes direction both
    -m connlimit -m connbytes
quota: 1000 bytes statistic mode random ! probability 0.50000000000
    -m quota -m statistic
statistic mode nth every 3 packet 1
    -m statistic
TIME from 00:00:00 to 23:59:00 UTC
    -m time
recent: SET name: a b side: source mask: 255.255.255.255 tcp dpt:22
    -m recent --set -m tcp --dport 22
recent: UPDATE seconds: 60 name: SSH side: source tcp dpt:22
    -m recent --update
! match-set a'b src,dst tcp dpt:22
    -m set --match-set "a\'b"
rpfilter loose validmark invert
    -m rpfilter --invert
rpfilter
    -m rpfilter
rt type:0
    -m rt
/* it's "so" \ */ tcp dpt:22
    -m comment --comment "it\'s \"so\" \\" -m tcp --dport 22
/*  */
    -m comment --comment ""
"""


def pairs(text: str) -> list[tuple[str, str]]:
    lines = text.strip("\n").split("\n")
    return list(zip(lines[::2], lines[1::2], strict=True))


@pytest.mark.parametrize(("shown", "expected"), pairs(COLUMNS))
def test_columns(shown: str, expected: str) -> None:
    assert words(shown) == split(expected)


@pytest.mark.parametrize(("shown", "expected"), pairs(WORDS))
def test_what_is_certain(shown: str, expected: str) -> None:
    assert words(row(shown)) == ["-p", "tcp", *split(expected), "-j", "ACCEPT"]


def test_what_has_no_effect() -> None:
    assert words(row('LOG flags 0 level 4 prefix "tcp dpt:22 "', "LOG"))[-2:] == ["-j", "LOG"]


@pytest.mark.parametrize(
    ("table", "target", "extras", "expected"),
    [
        ("mangle", "MARK", "MARK set 0x1", "-j MARK --set-mark 0x1"),
        ("mangle", "MARK", "MARK xset 0x10/0xf0", "-j MARK --set-xmark 0x10/0xf0"),
        ("mangle", "MARK", "tcp dpt:22 MARK and 0xfe", "-m tcp --dport 22 -j MARK --and-mark 0xfe"),
        ("mangle", "CONNMARK", "CONNMARK or 0x1", "-j CONNMARK --or-mark 0x1"),
        ("mangle", "CONNMARK", "CONNMARK save nfmask 0xff ctmask ~0xf0", "-j CONNMARK --save-mark"),
        ("mangle", "CONNMARK", "CONNMARK restore mask 0xff", "-j CONNMARK --restore-mark"),
        ("raw", "CT", "CT notrack", "-j CT --notrack"),
        ("raw", "CT", "NOTRACK", "-j CT --notrack"),
        ("raw", "CT", "CT zone 3", "-j CT"),
        ("raw", "NOTRACK", "", "-j NOTRACK"),
        ("nat", "REDIRECT", "", "-j REDIRECT"),
        ("nat", "REDIRECT", "redir ports 22-25 random", "-j REDIRECT --to-ports 22-25"),
        ("nat", "DNAT", "to:10.0.0.1:22 random", "-j DNAT --to-destination 10.0.0.1:22"),
        ("nat", "SNAT", "to:10.0.0.1", "-j SNAT --to-source 10.0.0.1"),
        ("nat", "MASQUERADE", "", "-j MASQUERADE"),
        ("nat", "MASQUERADE", "masq ports: 1-5", "-j MASQUERADE --to-ports 1-5"),
        ("mangle", "NFQUEUE", "NFQUEUE num 3 bypass", "-j NFQUEUE"),
        # What is not known of a target may be what it does.
        ("raw", "CT", "CT notrack zone 3", '-m "shown as CT notrack zone 3" -j "CT CT notrack zone 3"'),
        ("nat", "REDIRECT", "redir x", '-m "shown as redir x" -j "REDIRECT redir x"'),
        ("nat", "REDIRECT", "x redir ports 80", '-m "shown as x" -j "REDIRECT x" --to-ports 80'),
        ("nat", "REDIRECT", "/* redir ports 80 */", '-m comment --comment "redir ports 80" -j REDIRECT'),
    ],
)
def test_what_a_target_does(table: str, target: str, extras: str, expected: str) -> None:
    assert words(row(extras, target, "all"), table) == split(expected)


@pytest.mark.parametrize(
    ("extras", "certain"),
    [
        ("/* x */ tcp dpt:22 */", ""),
        ("/* x */ tcp dpt:80 /* y */", ""),
        ("tcp dpt:22 /* x */ tcp dpt:80 */", "-m tcp --dport 22"),
        ('STRING match  "x" ALGO name bm tcp dpt:80', ""),
        ('tcp dpt:22 STRING match  "tcp dpt:80" ALGO name bm', "-m tcp --dport 22"),
        ("recent: SET name: a side: source tcp dpt:80 side: source", "-m recent --update"),
        ("! recent: SET name: DEFAULT side: source", "-m recent --update"),
        ("match-set x src tcp dpt:80 match-set y src", "-m set --match-set x"),
        ("tcp dpt:22x", "-m tcp"),
        ("tcp dpts:!22", "-m tcp ! --dport 22"),
        ("ctstate new", ""),
        ("[8 bytes of unknown match `u32']", ""),
        ("TTL match TTL < 5 tcp dpt:80", ""),
        # As iptables 1.4.7 prints them.
        ("ctdir REPLYtcp dpt:80", ""),
        ("recent: SET name: X side: desttcp dpt:80", "-m recent --update"),
        ("!recent: SET name: X side: source tcp dpt:80", ""),
        ("state NEW tos match0x10/0x3f", "-m state --state NEW"),
    ],
)
def test_what_may_be_free_text_is_not_understood(extras: str, certain: str) -> None:
    found = words(row(extras))
    assert found[:2] == ["-p", "tcp"]
    assert found[-2:] == ["-j", "ACCEPT"]
    left = found[2 + len(split(certain)) : -2]
    assert found[2 : 2 + len(split(certain))] == split(certain)
    assert left == [] or (left[0] == "-m" and left[1].startswith("shown as "))


def test_jumps_and_gotos() -> None:
    odd = "Chain a\"b'\\$# (1 references)\n" + HEAD
    assert words(row("[goto]  tcp dpt:22", "a\"b'\\$#"), chains=odd) == [
        *("-p", "tcp", "-m", "tcp", "--dport", "22", "-g", "a\"b'\\$#"),
    ]


def of_port_22(text: str) -> str:
    lines = listing.saved(text, "filter", COMMAND)
    path = walk(Ruleset(iptables.parse_noflush(lines, "ip", COMMAND)), Connection(22, "ip", ("eno16777984",)))
    return f"{path.answer} {path.evidence[0].source}"


def test_firewalld_s_chains() -> None:
    allowed = FIREWALLD.split("\n").index(next(line for line in FIREWALLD.split("\n") if "dpt:22" in line)) + 1
    assert of_port_22(FIREWALLD) == f"accepted {COMMAND}:{allowed}"
    assert of_port_22(FIREWALLD.replace("dpt:22 ", "dpt:2222 ")) == f"refused {COMMAND}:9"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "iptables: command not found\n",
        f"# Warning: iptables-legacy tables present, use iptables-legacy to see them\n{RHEL_6}",
        RHEL_6.partition("Chain OUTPUT")[0],
        RHEL_6.replace("OUTPUT", "OTHER"),
        FIREWALLD.replace("IN_public_deny  all", "IN_public_dony  all"),
        FIREWALLD.replace("Chain INPUT_direct (1 ", "Chain INPUT_direct (2 "),
        FIREWALLD[FIREWALLD.index("\n") :],
        filled(row("/* two\nlines */")),
        filled("ACCEPT     tcp  --  *      0.0.0.0/0            0.0.0.0/0            tcp dpt:22"),
        filled("ACCEPT     tcp      0.0.0.0/0            0.0.0.0/0            tcp dpt:22"),
    ],
)
def test_what_is_no_listing_or_not_all_of_one(text: str) -> None:
    with pytest.raises(Unreadable, match=f"`{COMMAND}` printed"):
        listing.saved(text, "filter", COMMAND)


def test_a_table_of_no_such_name() -> None:
    with pytest.raises(Unreadable):
        listing.saved(RHEL_6, "other", COMMAND)


@pytest.mark.parametrize("text", [RHEL_6, FIREWALLD])
def test_a_listing_that_is_cut(text: str) -> None:
    """All is there but blanks, or it is not taken; the end of the last chain's rules shows nowhere."""
    whole = listing.saved(text, "filter", COMMAND)
    last = text.rindex("Chain")
    for end in range(len(text)):
        with suppress(Unreadable):
            assert listing.saved(text[:end], "filter", COMMAND) == whole
            assert end > last


def test_a_rule_at_the_end_may_be_half_of_one() -> None:
    text = filled(chains=f"Chain X (0 references)\n{HEAD}    0     0 {row('tcp dpt:22')}\n")
    assert listing.saved(text, "filter", COMMAND)[-2][1] == "-A X -p tcp -m tcp --dport 22 -j ACCEPT"
    for cut in (1, 2):
        with pytest.raises(Unreadable):
            listing.saved(text[:-cut], "filter", COMMAND)


@given(data=st.data())
def test_no_text_breaks_it(data: st.DataObject) -> None:
    text = data.draw(st.one_of(st.text(max_size=200), STRANGE, mangled((RHEL_6, FIREWALLD))))
    with suppress(Unreadable):
        lines = listing.saved(text, "filter", COMMAND)
        iptables.parse_noflush(lines, "ip", COMMAND)


LONG: tuple[Callable[[str], str], ...] = (
    lambda unit: unit,
    lambda unit: filled(row(unit)),
    lambda unit: filled(row(f"/* {unit}")),
    lambda unit: filled(row(f"recent: SET name: {unit}")),
    lambda unit: filled(row(unit, "REJECT")),
    lambda unit: filled(f"ACCEPT {unit}"),
)


@pytest.mark.parametrize("unit", [" ", "a", "a ", "/*", "*/ ", " side: ", "tcp ", "state NEW ", "0", "! ", "::/0 "])
@pytest.mark.parametrize("make", LONG)
def test_long_lines_cost_no_more_than_their_length(make: Callable[[str], str], unit: str) -> None:
    with suppress(Unreadable):
        listing.saved(make(unit * (60_000 // len(unit))), "filter", COMMAND)

"""Sets of rules with a trap in each, and what is to be said of port 22: accepted, refused, or "depends: why".

What the kernel does with them is asked in test_firewall.py; here is only what we say beforehand.
"""

from __future__ import annotations

from typing import NamedTuple

NFT = ("nft", "-f", "-")
LEGACY = ("iptables-legacy-restore",)
LEGACY6 = ("ip6tables-legacy-restore",)
OVER_NFT = ("iptables-nft-restore",)
OVER_NFT6 = ("ip6tables-nft-restore",)

SOURCE = "depends: the source address"
DESTINATION = "depends: the destination address"
INTERFACE = "depends: the interface"
REWRITTEN = "depends: where the destination is rewritten to"
LATER = "depends: the client's later packets"
MARK = "depends: a mark on the packet"
UNKNOWN = "depends: what was not understood"


Rules = tuple[tuple[tuple[str, ...], str], ...]
"""Programs and the texts that they load, in this order."""


class Case(NamedTuple):
    """Rules, and what is to be said for IPv4 and IPv6."""

    name: str
    ip: str
    ip6: str
    rules: Rules


def save(*lines: str, table: str = "filter", policy: str = "OUTPUT ACCEPT") -> str:
    """A table in the form of iptables-save; user chains are those that lines add to or a line ":NAME" declares."""
    built_in = {
        "filter": "INPUT FORWARD OUTPUT",
        "security": "INPUT FORWARD OUTPUT",
        "raw": "PREROUTING OUTPUT",
        "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING",
        "nat": "PREROUTING INPUT OUTPUT POSTROUTING",
    }[table].split()
    policies = {**dict.fromkeys(built_in, "ACCEPT"), **dict([policy.rsplit(" ", 1)])}
    names = [line.split()[0] for line in lines]
    policies |= {name: "-" for name in names if name not in policies}
    rules = [f"-A {line}" for line in lines if " " in line]
    return "\n".join([f"*{table}", *(f":{name} {word} [0:0]" for name, word in policies.items()), *rules, "COMMIT", ""])


def ended(text: str) -> str:
    """nft takes no end of a table on the line of its last chain's."""
    return text.replace("} }", "}\n}")


DROP = "INPUT DROP"
SSH = "INPUT -p tcp -m tcp --dport 22"
KNOWN = "INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

IPTABLES: tuple[tuple[str, str, str], ...] = (
    (
        "rejected last",
        "accepted",
        save(KNOWN, "INPUT -i lo -j ACCEPT", f"{SSH} -m state --state NEW -j ACCEPT", "INPUT -j REJECT"),
    ),
    ("no rule for what follows", LATER, save(f"{SSH} -m conntrack --ctstate NEW -j ACCEPT", policy=DROP)),
    ("only what is known", "refused", save(KNOWN, policy=DROP)),
    ("all but what is known", "refused", save("INPUT -m conntrack ! --ctstate ESTABLISHED -j DROP")),
    (
        "new without SYN",
        "accepted",
        save("INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP", f"{SSH} -j ACCEPT", policy=DROP),
    ),
    ("a SYN", "refused", save("INPUT -p tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", f"{SSH} -j ACCEPT")),
    ("a bare ACK", "depends: the packet's flags", save("INPUT -p tcp --tcp-flags ALL ACK -j DROP", f"{SSH} -j ACCEPT")),
    ("the direction", "accepted", save("INPUT -m conntrack --ctdir ORIGINAL -p tcp --dport 22 -j ACCEPT", policy=DROP)),
    ("the other direction", "refused", save("INPUT -m conntrack --ctdir REPLY -j ACCEPT", policy=DROP)),
    (
        "a goto's end is the policy",
        "refused",
        save("INPUT -p tcp -g SSH", f"{SSH} -j ACCEPT", "SSH -p tcp --dport 80 -j ACCEPT", policy=DROP),
    ),
    (
        "a goto in a jumped chain comes back to the jump",
        "accepted",
        save("INPUT -j A", f"{SSH} -j ACCEPT", "A -g B", "A -j DROP", "B -p udp -j DROP", policy=DROP),
    ),
    (
        "back before the drop",
        "accepted",
        save("INPUT -j A", f"{SSH} -j ACCEPT", "A -p tcp --dport 22 -j RETURN", "A -j DROP", policy=DROP),
    ),
    ("a return from INPUT is its policy", "refused", save("INPUT -j RETURN", f"{SSH} -j ACCEPT", policy=DROP)),
    (
        "five chains deep",
        "refused",
        save(
            "INPUT -j A",
            f"{SSH} -j ACCEPT",
            "A -j B",
            "B -j C",
            "C -j D",
            "D -j E",
            "E -p tcp --dport 1:1023 -j REJECT",
        ),
    ),
    ("an empty chain", "refused", save("INPUT -j A", "A", policy=DROP)),
    ("many ports", "accepted", save("INPUT -p tcp -m multiport --dports 80,20:25,443 -j ACCEPT", policy=DROP)),
    ("all ports but some", "refused", save("INPUT -p tcp -m multiport ! --dports 80,443 -j DROP")),
    ("either port", "accepted", save("INPUT -p tcp -m multiport --ports 22 -j ACCEPT", policy=DROP)),
    ("all but 22", "refused", save("INPUT -p tcp ! --dport 22 -j ACCEPT", policy=DROP)),
    ("all but a range", "accepted", save("INPUT -p tcp ! --dport 80:443 -j ACCEPT", policy=DROP)),
    ("from client ports", "accepted", save("INPUT -p tcp --sport 1024: --dport 22 -j ACCEPT", policy=DROP)),
    ("from port 22", "refused", save("INPUT -p tcp --sport 22 -j ACCEPT", policy=DROP)),
    ("all but UDP", "accepted", save("INPUT ! -p udp -j ACCEPT", policy=DROP)),
    ("UDP", "refused", save("INPUT -p udp --dport 22 -j ACCEPT", policy=DROP)),
    ("a source range", SOURCE, save(f"{SSH} -m iprange --src-range 192.0.2.1-192.0.2.99 -j ACCEPT", policy=DROP)),
    ("all but a source", SOURCE, save("INPUT ! -s 10.0.0.0/8 -p tcp --dport 22 -j DROP")),
    (
        "half of all sources and the other",
        "accepted",
        save("INPUT -s 0/1 -j ACCEPT", "INPUT -s 128/1 -j ACCEPT", policy=DROP),
    ),
    ("one address of ours", DESTINATION, save(f"{SSH} -d 192.0.2.10 -j ACCEPT", policy=DROP)),
    ("no address of ours", "refused", save(f"{SSH} -d 192.0.2.11 -j ACCEPT", policy=DROP)),
    (
        "every address of ours",
        "accepted",
        save("INPUT -d 192.0.2.10 -j ACCEPT", "INPUT -d 10.9.9.10,198.51.100.0/24 -j ACCEPT", policy=DROP),
    ),
    ("one wire", INTERFACE, save("INPUT -i eth1 -j DROP")),
    ("every wire", "accepted", save("INPUT -i eth+ -j ACCEPT", policy=DROP)),
    ("each wire", "accepted", save("INPUT -i eth0 -j ACCEPT", "INPUT -i eth1 -j ACCEPT", policy=DROP)),
    ("all but the loopback", "refused", save("INPUT ! -i lo -j DROP", f"{SSH} -j ACCEPT")),
    ("a wire that is not here", "refused", save("INPUT -i ens192 -j ACCEPT", policy=DROP)),
    ("local addresses", "accepted", save("INPUT -m addrtype --dst-type LOCAL -j ACCEPT", policy=DROP)),
    ("broadcasts", "refused", save("INPUT -m pkttype ! --pkt-type broadcast -j DROP")),
    ("the answer stays", "refused", save("INPUT -j ACCEPT", policy="OUTPUT DROP")),
    ("the answer goes", "accepted", save("OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", policy="OUTPUT DROP")),
    ("SYN and ACK", "refused", save("OUTPUT -p tcp --sport 22 --tcp-flags SYN,ACK SYN,ACK -j DROP")),
    ("the answer by one wire", INTERFACE, save("OUTPUT -o eth0 -j DROP")),
    ("the answer after routing", "refused", save("POSTROUTING -p tcp --sport 22 -j DROP", table="mangle")),
    ("routed elsewhere", "accepted", save(f"{SSH} -j ACCEPT", policy="FORWARD DROP")),
    ("raw", "refused", save("PREROUTING -p tcp --dport 22 -j DROP", table="raw")),
    (
        "no state is known in raw",
        "refused",
        save(
            "PREROUTING -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT",
            "PREROUTING -p tcp --dport 22 -j DROP",
            table="raw",
        ),
    ),
    ("mangle", "refused", save("INPUT -p tcp --dport 22 -j DROP", table="mangle")),
    ("mangle's policy", "refused", save(table="mangle", policy="PREROUTING DROP")),
    ("security", "refused", save("INPUT -p tcp --dport 22 -j DROP", table="security")),
    (
        "accepted in mangle and dropped in filter",
        "refused",
        save("INPUT -j ACCEPT", table="mangle") + save(policy=DROP),
    ),
    (
        "a mark from mangle",
        "accepted",
        save("PREROUTING -p tcp --dport 22 -j MARK --set-xmark 0x10/0xf0", table="mangle")
        + save("INPUT -m mark --mark 0x10/0xf0 -j ACCEPT", policy=DROP),
    ),
    (
        "a mark that is changed",
        "refused",
        save("PREROUTING -j MARK --set-mark 1", "PREROUTING -j MARK --or-mark 4", table="mangle")
        + save("INPUT -m mark --mark 1 -j ACCEPT", policy=DROP),
    ),
    (
        "a mark from raw, negated",
        "accepted",
        save("PREROUTING -p tcp -j MARK --set-mark 0x31", table="raw") + save("INPUT -m mark ! --mark 0x1/0xf -j DROP"),
    ),
    (
        "the mark of a connection",
        "accepted",
        save("PREROUTING -m conntrack --ctstate NEW -p tcp --dport 22 -j CONNMARK --set-mark 7", table="mangle")
        + save("INPUT -m connmark --mark 7 -j ACCEPT", policy=DROP),
    ),
    (
        "a mark that came back from the connection",
        MARK,
        save(
            "PREROUTING -j CONNMARK --restore-mark",
            "PREROUTING -m mark --mark 0 -p tcp --dport 22 -j MARK --set-mark 9",
            "PREROUTING -j CONNMARK --save-mark",
            table="mangle",
        )
        + save("INPUT -m mark ! --mark 9 -j DROP"),
    ),
    (
        "not tracked",
        "refused",
        save("PREROUTING -p tcp --dport 22 -j CT --notrack", table="raw")
        + save(KNOWN, f"{SSH} -m conntrack --ctstate NEW -j ACCEPT", policy=DROP),
    ),
    (
        "not tracked, and let in so",
        "accepted",
        save("PREROUTING -p tcp --dport 22 -j CT --notrack", "OUTPUT -p tcp --sport 22 -j CT --notrack", table="raw")
        + save("INPUT -m conntrack --ctstate UNTRACKED -j ACCEPT", policy=DROP),
    ),
    ("elsewhere", "refused", save("PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 23456", table="nat")),
    ("from elsewhere", "accepted", save("PREROUTING -p tcp --dport 2222 -j REDIRECT --to-ports 22", table="nat")),
    (
        "to another machine",
        REWRITTEN,
        save("PREROUTING -p tcp --dport 22 -j DNAT --to-destination 203.0.113.9", table="nat"),
    ),
    ("not more often", "depends: the rate", save(f"{SSH} -m limit --limit 1/min -j ACCEPT", policy=DROP)),
    (
        "not more at once",
        "depends: the number of connections",
        save(f"{SSH} -m connlimit --connlimit-above 3 --connlimit-mask 32 -j REJECT"),
    ),
    (
        "who came before",
        "depends: what the source did before",
        save(
            f"{SSH} -m conntrack --ctstate NEW -m recent --set --name SSH",
            f"{SSH} -m conntrack --ctstate NEW -m recent --update --seconds 60 --hitcount 4 --name SSH -j DROP",
        ),
    ),
    (
        "what always holds, negated",
        "depends: what the source did before",
        save("INPUT -m recent ! --set --name SSH -j ACCEPT", policy=DROP),
    ),
    ("at night", "depends: the time", save(f"{SSH} -m time --timestart 00:00 --timestop 23:59 -j ACCEPT", policy=DROP)),
    ("now and then", "depends: the rate", save(f"{SSH} -m statistic --mode nth --every 3 --packet 0 -j DROP")),
    ("a long way", UNKNOWN, save("INPUT -m ttl --ttl-lt 5 -j DROP")),
    (
        "a comment is no target",
        "accepted",
        save('INPUT -p tcp --dport 22 -m comment --comment "or -j DROP" -j ACCEPT', policy=DROP),
    ),
    ("a rule without a target", "refused", save(f"{SSH}", policy=DROP)),
    ("logged", "accepted", save('INPUT -j LOG --log-prefix "-j DROP "', f"{SSH} -j ACCEPT", policy=DROP)),
    *(
        (f"rejected with {kind}", "refused", save(f"{SSH} -j REJECT --reject-with {kind}"))
        for kind in ("tcp-reset", "icmp-port-unreachable", "icmp-admin-prohibited", "icmp-net-unreachable")
    ),
)
"""Name, what is to be said for IPv4, text; no rule is for IPv6. Each goes to both kinds of iptables."""

IP6TABLES: tuple[tuple[str, str, str], ...] = (
    (
        "rejected last",
        "accepted",
        save(KNOWN, f"{SSH} -j ACCEPT", "INPUT -j REJECT --reject-with icmp6-adm-prohibited"),
    ),
    ("refused", "refused", save("INPUT -p ipv6-icmp -j ACCEPT", KNOWN, policy=DROP)),
    ("a source", SOURCE, save(f"{SSH} -s 2001:db8::/32 -j ACCEPT", policy=DROP)),
    ("no source of ours", SOURCE, save("INPUT ! -s fd00::/8 -p tcp --dport 22 -j REJECT")),
    ("one address", DESTINATION, save("INPUT -d fd00:9::10 -j ACCEPT", policy=DROP)),
    ("one wire", INTERFACE, save("INPUT -i eth1 -j DROP")),
    ("the answer stays", "refused", save("OUTPUT -p tcp --sport 22 -j DROP")),
)

NFTABLES: tuple[tuple[str, str, str, str], ...] = (
    (
        "two base chains",
        "refused",
        "refused",
        """table inet a {
            chain one { type filter hook input priority -5; policy accept; tcp dport 22 accept; }
            chain two { type filter hook input priority 5; policy drop; ct state established accept; }
        }""",
    ),
    (
        "a drop earlier than the accept",
        "refused",
        "refused",
        """table inet a {
            chain one { type filter hook input priority 5; tcp dport 22 accept; }
            chain two { type filter hook prerouting priority mangle; tcp dport 22 drop; }
        }""",
    ),
    (
        "one family",
        SOURCE,
        "accepted",
        "table inet a { chain i { type filter hook input priority 0; ip saddr != 10.0.0.0/8 drop; } }",
    ),
    (
        "the other family",
        "accepted",
        SOURCE,
        "table inet a { chain i { type filter hook input priority 0; ip6 saddr != fd00::/8 drop; } }",
    ),
    (
        "a table of one family",
        "refused",
        "accepted",
        "table ip a { chain i { type filter hook input priority 0; policy drop; } }",
    ),
    (
        "the family by name",
        "accepted",
        "refused",
        "table inet a { chain i { type filter hook input priority 0; meta nfproto ipv6 drop; } }",
    ),
    (
        "the protocol is implied",
        "accepted",
        "accepted",
        """table inet a { chain i {
            type filter hook input priority 0; udp dport != 53 drop; icmp type echo-request drop;
        } }""",
    ),
    (
        "all but a set of ports",
        "accepted",
        "accepted",
        "table inet a { chain i { type filter hook input priority 0; tcp dport != { 22, 80 } drop; } }",
    ),
    (
        "all but a range",
        "accepted",
        "accepted",
        "table inet a { chain i { type filter hook input priority 0; tcp dport != 20-25 drop; } }",
    ),
    (
        "ports of any protocol",
        "accepted",
        "accepted",
        """table inet a { chain i {
            type filter hook input priority 0; policy drop; meta l4proto { tcp, udp } th dport 22 accept;
        } }""",
    ),
    (
        "a port below",
        "accepted",
        "accepted",
        "table inet a { chain i { type filter hook input priority 0; policy drop; tcp dport < 1024 accept; } }",
    ),
    (
        "named sets",
        SOURCE,
        "refused",
        """table inet a {
            set friends { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 203.0.113.1-203.0.113.9 } }
            set open { type inet_service; elements = { 22, 80 } }
            chain i { type filter hook input priority 0; policy drop; ip saddr @friends tcp dport @open accept; }
        }""",
    ),
    (
        "a set that time empties",
        SOURCE,
        "accepted",
        """table inet a {
            set foes { type ipv4_addr; flags timeout; elements = { 192.0.2.77 timeout 1h } }
            chain i { type filter hook input priority 0; ip saddr @foes drop; }
        }""",
    ),
    (
        "an empty set",
        "accepted",
        "accepted",
        """table inet a {
            set foes { type ipv4_addr; }
            chain i { type filter hook input priority 0; ip saddr @foes drop; }
        }""",
    ),
    (
        "not in an empty set",
        "refused",
        "accepted",
        """table inet a {
            set friends { type ipv4_addr; }
            chain i { type filter hook input priority 0; ip saddr != @friends drop; }
        }""",
    ),
    (
        "two fields at once",
        SOURCE,
        "refused",
        """table inet a {
            set s { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 20-25, 192.0.2.77 . 80 } }
            chain i { type filter hook input priority 0; policy drop; ip saddr . tcp dport @s accept; }
        }""",
    ),
    (
        "interface and port at once",
        INTERFACE,
        INTERFACE,
        """table inet a { chain i {
            type filter hook input priority 0; policy drop; iifname . tcp dport { "eth0" . 22, "eth1" . 80 } accept;
        } }""",
    ),
    (
        "states as a map of verdicts",
        "accepted",
        "accepted",
        """table inet a { chain i {
            type filter hook input priority 0; policy drop;
            ct state vmap { established : accept, related : accept, invalid : drop };
            tcp dport ssh ct state new accept;
        } }""",
    ),
    (
        "ports as a named map of verdicts",
        "accepted",
        "accepted",
        """table inet a {
            map ports { type inet_service : verdict; flags interval; elements = { 1-21 : drop, 22 : jump ssh } }
            chain ssh { accept; }
            chain i { type filter hook input priority 0; policy drop; tcp dport vmap @ports; }
        }""",
    ),
    (
        "wires as a map to chains",
        INTERFACE,
        INTERFACE,
        """table inet a {
            chain outside { tcp dport 443 accept; drop; }
            chain inside { accept; }
            chain i {
                type filter hook input priority 0;
                iifname vmap { "lo" : accept, "eth0" : goto outside, "eth1" : jump inside };
            }
        }""",
    ),
    (
        "no row of the map",
        "refused",
        "refused",
        """table inet a { chain i {
            type filter hook input priority 0; policy drop; tcp dport vmap { 80 : accept, 443 : accept };
        } }""",
    ),
    (
        "addresses as a map of marks",
        MARK,
        "refused",
        """table inet a {
            chain p {
                type filter hook prerouting priority mangle;
                meta mark set ip saddr map { 10.0.0.0/8 : 5, 192.0.2.0/24 : 6 };
            }
            chain i { type filter hook input priority 0; policy drop; meta mark 5 accept; }
        }""",
    ),
    (
        "a mark",
        "accepted",
        "accepted",
        """table inet a {
            chain p {
                type filter hook prerouting priority -150;
                tcp dport { 22, 80 } meta mark set meta mark | 0x10;
            }
            chain i { type filter hook input priority 0; meta mark & 0x10 != 0x10 drop; }
        }""",
    ),
    (
        "a mark that is set too late",
        "refused",
        "refused",
        """table inet a {
            chain p { type filter hook input priority 10; meta mark set 1; }
            chain i { type filter hook input priority 0; policy drop; meta mark 1 accept; }
        }""",
    ),
    (
        "the mark of a connection",
        "accepted",
        "accepted",
        """table inet a {
            chain p { type filter hook prerouting priority mangle; ct state new tcp dport 22 ct mark set 3; }
            chain i { type filter hook input priority 0; policy drop; ct mark 3 accept; }
            chain o { type filter hook output priority 0; policy drop; ct mark & 0x1 == 1 accept; }
        }""",
    ),
    (
        "no state is known in raw",
        "refused",
        "refused",
        """table inet a { chain p {
            type filter hook prerouting priority raw; ct state new,established accept; tcp dport 22 drop;
        } }""",
    ),
    (
        "not tracked",
        "refused",
        "refused",
        """table inet a {
            chain p { type filter hook prerouting priority raw; tcp dport 22 notrack; }
            chain i { type filter hook input priority 0; policy drop; ct state new,established accept; }
        }""",
    ),
    (
        "not tracked either way",
        "accepted",
        "accepted",
        """table inet a {
            chain p { type filter hook prerouting priority raw; tcp dport 22 notrack; }
            chain q { type filter hook output priority raw; tcp sport 22 notrack; }
            chain i { type filter hook input priority 0; policy drop; ct state untracked accept; }
        }""",
    ),
    (
        "ingress on one wire",
        INTERFACE,
        INTERFACE,
        'table netdev a { chain i { type filter hook ingress device "eth0" priority 0; tcp dport 22 drop; } }',
    ),
    (
        "ingress on both wires",
        "refused",
        "refused",
        """table netdev a { chain i {
            type filter hook ingress devices = { "eth0", "eth1" } priority 0; tcp dport 22 drop;
        } }""",
    ),
    (
        "ingress of the family inet",
        "refused",
        "accepted",
        """table inet a {
            chain i { type filter hook ingress devices = { "eth0", "eth1" } priority -500; ip saddr 0.0.0.0/0 drop; }
        }""",
    ),
    (
        "egress on one wire",
        INTERFACE,
        INTERFACE,
        'table netdev a { chain e { type filter hook egress device "eth1" priority 0; tcp sport 22 drop; } }',
    ),
    (
        "the answer stays",
        "refused",
        "refused",
        "table inet a { chain o { type filter hook output priority 0; ct direction reply tcp sport 22 drop; } }",
    ),
    (
        "the answer after routing",
        SOURCE.replace("source", "destination"),
        "accepted",
        """table ip a { chain o {
            type filter hook postrouting priority 0; oifname "eth*" ip daddr 10.0.0.0/8 drop;
        } }""",
    ),
    (
        "all but a SYN that is new",
        "accepted",
        "accepted",
        """table inet a { chain i {
            type filter hook input priority 0; tcp flags & (fin|syn|rst|ack) != syn ct state new drop;
        } }""",
    ),
    (
        "any packet with SYN",
        "refused",
        "refused",
        "table inet a { chain i { type filter hook input priority 0; tcp flags syn drop; } }",
    ),
    (
        "a SYN by its mask",
        "refused",
        "refused",
        """table inet a { chain i {
            type filter hook input priority 0; tcp flags syn / fin,syn,rst,ack reject with tcp reset;
        } }""",
    ),
    (
        "no rule for what follows",
        LATER,
        LATER,
        """table inet a { chain i {
            type filter hook input priority 0; policy drop; tcp dport 22 ct state new accept;
        } }""",
    ),
    (
        "not more often",
        "depends: the rate",
        "depends: the rate",
        """table inet a { chain i {
            type filter hook input priority 0; ct state established accept;
            tcp dport 22 limit rate over 1/minute burst 5 packets drop;
        } }""",
    ),
    (
        "not more at once",
        "depends: the number of connections",
        "depends: the number of connections",
        "table inet a { chain i { type filter hook input priority 0; tcp dport 22 ct count over 20 reject; } }",
    ),
    (
        "a set that packets fill",
        "depends: what the source did before",
        "accepted",
        """table inet a {
            set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; }
            chain i { type filter hook input priority 0; ip saddr @seen drop; udp dport 7 add @seen { ip saddr }; }
        }""",
    ),
    (
        "elsewhere",
        "refused",
        "refused",
        "table inet a { chain n { type nat hook prerouting priority dstnat; tcp dport 22 redirect to :23456; } }",
    ),
    (
        "to itself",
        "accepted",
        "accepted",
        """table inet a { chain n {
            type nat hook prerouting priority dstnat; tcp dport { 22, 2222 } redirect to :22;
        } }""",
    ),
    (
        "to another machine",
        REWRITTEN,
        "accepted",
        "table ip a { chain n { type nat hook prerouting priority dstnat; tcp dport 22 dnat to 203.0.113.9; } }",
    ),
    (
        "a dormant table",
        "accepted",
        "accepted",
        "table inet a { flags dormant; chain i { type filter hook input priority 0; policy drop; } }",
    ),
    (
        "ARP that lets through",
        "accepted",
        "accepted",
        "table arp a { chain i { type filter hook input priority 0; arp operation request accept; } }",
    ),
    (
        "ARP that refuses",
        "depends: rules of the arp family",
        "accepted",
        "table arp a { chain i { type filter hook input priority 0; arp operation reply drop; } }",
    ),
    (
        "a bridge",
        "depends: rules of the bridge family",
        "depends: rules of the bridge family",
        "table bridge a { chain i { type filter hook input priority 0; policy drop; } }",
    ),
    (
        "local addresses",
        "accepted",
        "accepted",
        "table inet a { chain i { type filter hook input priority 0; policy drop; fib daddr type local accept; } }",
    ),
    (
        "no way back",
        "accepted",
        "accepted",
        "table inet a { chain p { type filter hook prerouting priority raw; fib saddr . iif oif missing drop; } }",
    ),
    (
        "goto's end is the policy",
        "refused",
        "refused",
        """table inet a {
            chain ssh { tcp dport 80 accept; }
            chain i {
                type filter hook input priority 0; policy drop;
                meta l4proto tcp goto ssh; tcp dport 22 accept;
            }
        }""",
    ),
    (
        "back from a chain",
        "accepted",
        "accepted",
        """table inet a {
            chain guard { tcp dport 22 return; drop; }
            chain i { type filter hook input priority 0; policy drop; jump guard; tcp dport 22 accept; }
        }""",
    ),
    (
        "priorities by name",
        "refused",
        "refused",
        """table inet a { chain i { type filter hook input priority filter + 10; tcp dport 22 reject; } }
           table inet b { chain i { type filter hook input priority filter; accept; } }""",
    ),
    (
        "two chains of one priority, the later one first",
        "refused",
        "refused",
        """table inet a {
            chain one { type filter hook input priority 0; meta mark set 1; }
            chain two { type filter hook input priority 0; meta mark != 1 drop; }
        }""",
    ),
    (
        "a drop where connections are not tracked",
        "depends: whether connections are tracked",
        "depends: whether connections are tracked",
        "table inet a { chain n { type nat hook prerouting priority dstnat; policy drop; } }",
    ),
    (
        "a NAT chain sees the first packet only",
        "accepted",
        "accepted",
        "table inet a { chain n { type nat hook prerouting priority dstnat; ct state established drop; } }",
    ),
    (
        "words that look like verdicts",
        "accepted",
        "accepted",
        """table inet a { chain i {
            type filter hook input priority 0; policy drop;
            log prefix "drop "; tcp dport 22 counter accept comment "drop";
        } }""",
    ),
    (
        "a long way",
        UNKNOWN,
        "accepted",
        "table inet a { chain i { type filter hook input priority 0; ip ttl < 5 drop; } }",
    ),
)
"""Name, what is to be said for IPv4 and for IPv6, text."""

PORT_22 = save(KNOWN, f"{SSH} -j ACCEPT", policy=DROP)
NOT_22 = save(KNOWN, policy=DROP)
NFT_22 = ended("table inet a { chain i { type filter hook input priority 0; policy drop; tcp dport 22 accept; } }")
NFT_NOT_22 = ended("table inet a { chain i { type filter hook input priority 0; tcp dport 22 drop; } }")

MIXED: tuple[tuple[str, str, str, Rules], ...] = (
    ("legacy accepts, nft drops", "refused", "refused", ((LEGACY, PORT_22), (NFT, NFT_NOT_22))),
    ("legacy drops, nft accepts", "refused", "accepted", ((LEGACY, NOT_22), (NFT, NFT_22))),
    ("legacy and nft accept", "accepted", "accepted", ((LEGACY, PORT_22), (NFT, NFT_22))),
    ("legacy accepts, iptables over nft drops", "refused", "accepted", ((LEGACY, PORT_22), (OVER_NFT, NOT_22))),
    ("legacy drops, iptables over nft accepts", "refused", "accepted", ((LEGACY, NOT_22), (OVER_NFT, PORT_22))),
    ("iptables over nft accepts, nft drops", "refused", "refused", ((OVER_NFT, PORT_22), (NFT, NFT_NOT_22))),
    ("iptables over nft and nft accept", "accepted", "accepted", ((OVER_NFT, PORT_22), (NFT, NFT_22))),
    ("two families, two kinds", "accepted", "refused", ((LEGACY, PORT_22), (OVER_NFT6, NOT_22))),
    ("both families", "refused", "accepted", ((OVER_NFT, NOT_22), (LEGACY6, PORT_22))),
    (
        "both translate",
        "depends: ",
        "accepted",
        (
            (LEGACY, save("PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 22", table="nat")),
            (OVER_NFT, save("PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 23456", table="nat")),
        ),
    ),
    ("three at once", "accepted", "accepted", ((LEGACY, PORT_22), (OVER_NFT, PORT_22), (NFT, NFT_22))),
)

NOTHING: Rules = ()

CASES: tuple[Case, ...] = (
    Case("no rules", "accepted", "accepted", NOTHING),
    *(Case(f"legacy: {name}", said, "accepted", ((LEGACY, text),)) for name, said, text in IPTABLES),
    *(Case(f"over nft: {name}", said, "accepted", ((OVER_NFT, text),)) for name, said, text in IPTABLES),
    *(Case(f"legacy6: {name}", "accepted", said, ((LEGACY6, text),)) for name, said, text in IP6TABLES),
    *(Case(f"over nft6: {name}", "accepted", said, ((OVER_NFT6, text),)) for name, said, text in IP6TABLES),
    *(Case(f"nft: {name}", ip, ip6, ((NFT, ended(text)),)) for name, ip, ip6, text in NFTABLES),
    *(Case(f"mixed: {name}", ip, ip6, rules) for name, ip, ip6, rules in MIXED),
)

"""Both readers of nft's language against nft: what a script loads is what nft then lists, as JSON and as text."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import pytest

from linuxready.readers.firewall import nft, nft_script

from ..readers.firewall.shown import same
from .stage import live, output

pytestmark = live("nft")


def inside(*rules: str) -> str:
    """A table whose input chain holds these rules."""
    lines = "\n".join(rules)
    base = "type filter hook input priority filter; policy drop;"
    return f"table inet t {{\nchain x {{\n}}\nchain c {{\n{base}\n{lines}\n}}\n}}\n"


SCRIPTS = {
    "ports": inside(
        "tcp dport ssh accept",
        "tcp dport { ssh, 8000-8080 } accept",
        "tcp dport != 22 drop",
        "udp dport 53 drop",
    ),
    "order": inside(
        "tcp dport > 1023 drop",
        "tcp dport le 21 drop",
        "ip saddr >= 10.0.0.1 drop",
        "tcp sport < 1024 drop",
    ),
    "addresses": inside(
        "ip saddr 10.1.2.3/8 accept",
        "ip daddr != { 192.0.2.1-192.0.2.9, 10.0.0.1 } drop",
        "ip6 saddr fe80::/10 accept",
    ),
    "masks": inside(
        "ip saddr & 255.255.0.0 == 10.1.0.0 drop",
        "ip saddr & 255.0.255.0 == 10.0.1.0 drop",
        "ip6 saddr & ffff:: == 2001:: drop",
    ),
    "states": inside(
        "ct state established,related accept",
        "ct state { new, untracked } accept",
        "ct state != invalid drop",
        "ct state & (new|invalid) != 0 drop",
    ),
    "state words": inside(
        "ct state == new accept",
        "ct state ! new accept",
        "ct state vmap { new : accept, invalid : drop, * : jump x }",
    ),
    "connections": inside(
        "ct direction original accept",
        "ct status dnat accept",
        "ct status & (snat|dnat) == 0 drop",
        "ct mark & 0xff == 3 accept",
    ),
    "flags": inside(
        "tcp flags syn drop",
        "tcp flags & (fin|syn|rst|ack) == syn drop",
        "tcp flags fin,syn / fin,syn drop",
        "tcp flags != syn drop",
        "tcp flags { syn, ack } drop",
    ),
    "marks": inside(
        "meta mark 7 accept",
        "mark & 0xf0 { 0x10, 0x20 } accept",
        "meta mark 1-5 drop",
        "meta mark set mark and 0xff or 0x100 tcp dport 22 accept",
    ),
    "interfaces": inside(
        "iif lo accept",
        'iifname { eth0, "eth1" } oifname != "x*" accept',
        'iifname "br-*" return',
    ),
    "protocols": inside(
        "meta l4proto { tcp, udp } th dport 22 accept",
        "ip protocol icmp accept",
        "ip6 nexthdr tcp accept",
        "meta nfproto ipv4 tcp dport 22 accept",
    ),
    "icmp": inside(
        "icmp type echo-request accept",
        "meta nfproto ipv6 icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept",
    ),
    "kinds": inside(
        "meta protocol { ip, ip6 } accept",
        "ether type ip accept",
        "meta pkttype { broadcast, multicast } drop",
        "meta pkttype host accept",
    ),
    "routes": inside(
        "fib daddr type { local, broadcast } accept",
        "fib daddr . iif type != local drop",
        "fib saddr . mark . iif oif missing drop",
        "fib saddr . iif oif exists accept",
    ),
    "concatenations": inside(
        "ip saddr . tcp dport { 10.0.0.0/8 . 22-25, 192.0.2.1 . ssh } accept",
        'iifname . tcp dport vmap { "lo" . 22 : accept, "eth0" . 23 : drop }',
    ),
    "rates": inside(
        "limit rate 10/minute accept",
        "limit rate over 3 mbytes/second burst 7 kbytes drop",
        "quota over 5 mbytes drop",
        "ct count over 3 reject",
    ),
    "time": inside(
        'meta hour "10:00"-"12:00" accept',
        'meta day { "Monday", "Friday" } accept',
    ),
    "rejections": inside(
        "tcp dport 22 reject with tcp reset",
        "reject with tcp reset",
        "reject with icmp type host-unreachable",
        "reject with icmpx type admin-prohibited",
        "reject",
    ),
    "beside": inside(
        'counter packets 1 bytes 2 log prefix "a; b" level warn jump x',
        "notrack",
        "ct zone set 3",
        "tcp option maxseg size set 1400",
        'iifname "a" goto x',
    ),
    "rewritten": inside(
        "tcp dport set 22",
        "ip daddr set 192.0.2.1",
        "ip dscp set ef",
        "meta priority set 1:2",
        "ct mark set meta mark",
    ),
    "variables": "define web = { http, https }\ndefine ours = 10.0.0.0/8\n"
    + inside(
        "tcp dport { 22, $web } ip saddr $ours accept",
        "tcp dport $web drop",
    ),
    "named sets": """table inet t {
        set a { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.7 } }
        set d { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 100; }
        set p { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 22-25 } }
        map v { type inet_service : verdict; flags interval;
            elements = { 22 comment "ssh" : accept, 80-90 : drop, * : continue } }
        chain c {
            ip saddr @a ip daddr != @d accept
            ip saddr . tcp dport @p accept
            tcp dport vmap @v
            update @d { ip saddr timeout 3m limit rate over 3/second } drop
            add @d { ip saddr } accept
            meter m { ip saddr limit rate 3/second } accept
        }
    }
    add element inet t a { 192.0.2.8 }
    """,
    "translation": """table ip n {
        chain p { type nat hook prerouting priority dstnat - 5; policy accept;
            tcp dport 222 redirect to :22
            tcp dport 223 dnat to 192.0.2.1:22
            redirect
        }
        chain q { type nat hook postrouting priority srcnat; masquerade random
            snat to 192.0.2.1
        }
    }
    """,
    "families": """table ip a {
        chain c { type filter hook input priority 0; reject; }
    }
    table ip6 a {
        chain c { type route hook output priority mangle; ip6 saddr ::1 accept; }
    }
    table arp a {
        chain c { type filter hook input priority filter; arp operation request drop; }
    }
    table bridge a {
        chain c { type filter hook prerouting priority dstnat + 1; ip saddr 192.0.2.1 drop; }
    }
    """,
    "commands": """flush ruleset
    add table inet t
    add chain inet t c { type filter hook input priority raw ; policy drop ; }
    add rule inet t c tcp dport 22 accept
    insert rule inet t c iif lo accept
    inet t c counter
    add rule inet t c index 0 drop
    table inet gone {
        chain c {
            drop
        }
    }
    delete table inet gone
    table inet t {
        chain c {
            tcp dport 80 accept
        }
    }
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_loads(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.nft"
    script.write_text(SCRIPTS[name], encoding="utf-8")
    here = quote(str(tmp_path))
    lists = f"nft -j list ruleset > {here}/json && nft list ruleset > {here}/text"
    output("unshare", "--net", "sh", "-c", f"ip link set lo up && nft -f {here}/script.nft && {lists}")
    by_json = nft.parse((tmp_path / "json").read_text(encoding="utf-8"))
    by_script = nft_script.parse(SCRIPTS[name], "script.nft", lambda pattern: [])
    by_text = nft_script.parse((tmp_path / "text").read_text(encoding="utf-8"), "text", lambda pattern: [])
    assert by_json.not_understood == by_script.not_understood == by_text.not_understood == ()
    assert same(by_json)
    assert same(by_script) == same(by_json)
    assert same(by_text) == same(by_json)

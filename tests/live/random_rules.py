"""Random rules of the vocabulary that is understood, as texts for iptables-restore and nft.

Chains jump forward only, so there is no loop. Most rules speak of what the probes are (TCP, port 22, their networks
and wires), for a rule that never applies tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

from .rulesets import LEGACY, LEGACY6, NFT, OVER_NFT, OVER_NFT6, Rules

Draw = Callable[[Random], str]

USER = ("U0", "U1", "U2")


def _one(*choices: str) -> Draw:
    return lambda rng: rng.choice(choices)


# -- iptables ------------------------------------------------------------------------------------------------

HOOKS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}
PORT = _one("22", "22", "20:25", "80", "1:21", "23:65535", "ssh")
CLIENT_PORT = _one("1024:65535", "1024:", "22", ":1023", "1:65535")
"""Not 0:65535, which iptables-nft 1.8.9 leaves out, its `!` too."""
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
FLAGS = ("SYN SYN", "SYN,ACK SYN", "FIN,SYN,RST,ACK SYN", "ALL SYN", "SYN,ACK SYN,ACK", "ACK ACK", "SYN,RST NONE")
MARK = _one("0x1", "0x2", "0x3", "0x1/0x1", "0x2/0xff", "0x0/0x2", "0x10/0xf0", "0")


def _not(rng: Random) -> str:
    return "! " if rng.random() < 0.25 else ""


def _states(rng: Random, words: Sequence[str] = STATES, comma: str = ",") -> str:
    return comma.join(sorted(rng.sample(words, rng.randint(1, 3))))


def _iptables_match(rng: Random, family: str, hook: str) -> str:
    n = _not(rng)
    mine, theirs = ("sport", "dport") if hook in ("OUTPUT", "POSTROUTING") else ("dport", "sport")
    net = "10.0.0.0/8 192.0.2.0/24 192.0.2.10 0.0.0.0/1 128.0.0.0/1 127.0.0.0/8 0.0.0.0/0".split()
    if family == "ip6":
        net = "2001:db8::/32 2001:db8:1::10 fd00::/8 ::/1 8000::/1 fe80::/10".split()
    kinds: dict[str, Draw] = {
        "tcp": lambda r: f"-p tcp -m tcp {n}--{mine} {PORT(r)}",
        "client": lambda r: f"-p tcp -m tcp {n}--{theirs} {CLIENT_PORT(r)}",
        "protocol": lambda r: f"{n}-p {r.choice(('tcp', 'tcp', 'udp'))}",
        "multiport": lambda r: (
            f"-p tcp -m multiport {n}--{mine}s {r.choice(('22,80', '80,443', '1:21,22', '25:30,20:23'))}"
        ),
        "ports": lambda r: f"-p tcp -m multiport {n}--ports {r.choice(('22', '80,443'))}",
        "flags": lambda r: f"-p tcp -m tcp {n}--tcp-flags {r.choice(FLAGS)}",
        "syn": lambda _: f"-p tcp -m tcp {n}--syn",
        "state": lambda r: f"-m state {n}--state {_states(r)}",
        "ctstate": lambda r: f"-m conntrack {n}--ctstate {_states(r)}",
        "direction": lambda r: f"-m conntrack --ctdir {r.choice(('ORIGINAL', 'REPLY'))}",
        "mark": lambda r: f"-m mark {n}--mark {MARK(r)}",
        "connmark": lambda r: f"-m connmark {n}--mark {MARK(r)}",
        "address": lambda r: f"{n}-{r.choice('sd')} {r.choice(net)}",
        "type": lambda r: (
            f"-m addrtype {n}--{r.choice(('src', 'dst'))}-type {r.choice(('LOCAL', 'UNICAST', 'MULTICAST'))}"
        ),
        "packet": lambda r: f"-m pkttype {n}--pkt-type {r.choice(('unicast', 'broadcast'))}",
    }
    if hook in ("PREROUTING", "INPUT"):
        kinds["in"] = lambda r: f"{n}-i {r.choice(('eth0', 'eth1', 'eth+', 'lo', 'wlan0'))}"
    if hook in ("OUTPUT", "POSTROUTING"):
        kinds["out"] = lambda r: f"{n}-o {r.choice(('eth0', 'eth1', 'eth+', 'lo', 'wlan0'))}"
    return kinds[rng.choice([*kinds, "tcp", "tcp", "ctstate"])](rng)


def _iptables_target(rng: Random, table: str, hook: str, later: Sequence[str]) -> str:
    choices = ["ACCEPT", "ACCEPT", "DROP", "RETURN", "LOG"]
    if table == "filter":
        choices += ["REJECT"]
    if table == "nat":
        choices = ["ACCEPT", "RETURN"]
        if hook == "PREROUTING":
            choices += ["REDIRECT --to-ports 22", "REDIRECT --to-ports 23456"]
    if table == "mangle":
        choices += [f"MARK --set-mark {MARK(rng)}", f"MARK --or-mark {rng.randint(1, 3)}", "MARK --and-mark 0xfe"]
        choices += [
            f"CONNMARK --set-mark {MARK(rng)}",
            "CONNMARK --save-mark",
            "CONNMARK --restore-mark",
            "MARK --xor-mark 1",
        ]
    if table == "raw":
        choices += ["CT --notrack", "MARK --set-xmark 0x1/0x3"]
    target = rng.choice(choices)
    if later and rng.random() < 0.35:
        return f"{rng.choice('jjg')} {rng.choice(later)}"
    return f"j {target}"


def _iptables_table(rng: Random, family: str, table: str) -> str:
    lines = []
    hooks = HOOKS[table]
    for hook in hooks:
        lines.append(f":{hook} {'ACCEPT' if table == 'nat' or rng.random() < 0.7 else 'DROP'} [0:0]")
    lines += [f":{name} - [0:0]" for name in USER]
    where = rng.choice([hook for hook in hooks if hook != "FORWARD"])
    for chain in (*(hook for hook in hooks if hook != "FORWARD"), *USER):
        hook = where if chain in USER else chain
        later = USER[USER.index(chain) + 1 :] if chain in USER else USER if hook == where else ()
        for _ in range(rng.choice((0, 1, 1, 2, 3)) + (chain == where)):
            target = _iptables_target(rng, table, hook, later)
            matches = _compatible(_iptables_match(rng, family, hook) for _ in range(rng.choice((0, 1, 1, 1, 2))))
            if "REDIRECT" in target and "-p tcp" not in " ".join(matches):
                matches = ["-p tcp"]
            lines.append(" ".join(["-A", chain, *matches, f"-{target}"]))
    return "\n".join([f"*{table}", *lines, "COMMIT", ""])


def _compatible(matches: Iterable[str]) -> list[str]:
    """One of each kind, and none that asks for a protocol beside one that negates it; protocols stand first."""
    chosen = {match.removeprefix("! ").removeprefix("-p tcp ").split()[0]: match for match in matches}
    with_protocol = [match for match in chosen.values() if "-p " in match]
    return with_protocol[:1] + [match for match in chosen.values() if match not in with_protocol]


def iptables(rng: Random) -> Rules:
    """One to three tables for one kind of iptables and one family, sometimes some for another kind besides."""
    kinds = {LEGACY: "ip", OVER_NFT: "ip", LEGACY6: "ip6", OVER_NFT6: "ip6"}
    loads = []
    left = list(HOOKS)
    for program in rng.sample(list(kinds), 1 if rng.random() < 0.7 else 2):
        tables = rng.sample(left, rng.choice((1, 1, 2, 3)))
        # Whose NAT is first, and with that the only one, the rules do not tell.
        left = [table for table in HOOKS if table != "nat" or table not in tables]
        text = "".join(_iptables_table(rng, kinds[program], table) for table in tables)
        loads.append((program, text))
    return tuple(loads)


# -- nft -----------------------------------------------------------------------------------------------------

CHAINS = (
    *(("filter", "input", str(priority)) for priority in (-10, 0, 0, 0, 10)),
    *(("filter", "prerouting", word) for word in ("raw", "mangle", "-100", "filter")),
    *(("filter", "output", word) for word in ("raw", "filter", "-150")),
    ("filter", "postrouting", "filter"),
    ("nat", "prerouting", "dstnat"),
    ("nat", "input", "100"),
    ("filter", "ingress", "0"),
)
NFT_STATES = ("new", "established", "related", "invalid", "untracked")
NFT_FLAGS = (
    "tcp flags syn",
    "tcp flags != syn",
    "tcp flags & (syn|ack) == syn",
    "tcp flags & (fin|syn|rst|ack) != syn",
    "tcp flags & (syn|ack) == syn|ack",
    "tcp flags syn / syn,ack",
    "tcp flags & rst == rst",
)


OF_THE_OLD_MARK = ("meta mark | 2", "meta mark & 0xfe", "meta mark ^ 1")


def _nft_ports(rng: Random) -> str:
    return rng.choice(("22", "ssh", "20-25", "80", "{ 22, 80 }", "{ 80, 443 }", "{ 1-21, 23-1023 }", "!= 22", "!= 80"))


def _nft_match(rng: Random, family: str, hook: str) -> str:
    out = hook in ("output", "postrouting")
    mine, theirs = ("sport", "dport") if out else ("dport", "sport")
    way = "oif" if out else "iif"
    n = "!= " if rng.random() < 0.25 else ""
    choices = [
        f"tcp {mine} {_nft_ports(rng)}",
        f"tcp {mine} {_nft_ports(rng)}",
        f"tcp {mine} < 1024",
        f"tcp {mine} @ports",
        f"tcp {mine} != @ports",
        f"tcp {theirs} >= 1024",
        f"th {mine} 22",
        f"udp {mine} {_nft_ports(rng)}",
        f"meta l4proto {n}{rng.choice(('tcp', 'udp', '{ tcp, udp }'))}",
        f"meta nfproto {n}{rng.choice(('ipv4', 'ipv6'))}" if family == "inet" else "meta protocol ip",
        rng.choice(NFT_FLAGS),
        f"{way}name {n}{rng.choice(('eth0', 'eth1', 'eth*', '{ eth0, eth1 }', 'lo', 'wlan0'))}",
        f"{way} {n}{rng.choice(('eth0', 'lo'))}",
        f"{way}name . tcp {mine} {{ eth0 . 22, eth1 . 22 }}",
        f"{way}name . tcp {mine} {n}{{ eth0 . 80, eth1 . 22 }}",
        f"meta pkttype {n}{rng.choice(('host', 'broadcast'))}",
    ]
    if family in ("ip", "inet", "netdev"):
        nets: tuple[str, ...] = (
            "10.0.0.0/8",
            "192.0.2.77",
            "{ 10.0.0.0/8, 192.0.2.0/24 }",
            "127.0.0.0/8",
            "0.0.0.0/1",
            "0.0.0.0-255.255.255.255",
        )
        choices += [f"ip {rng.choice(('saddr', 'daddr'))} {n}{rng.choice((*nets, '@nets'))}", "ip protocol tcp"]
    if family in ("ip6", "inet", "netdev"):
        nets = ("2001:db8::/32", "fd00::/8", "{ 2001:db8:1::10, fd00:9::10 }", "fe80::/10", "::/1")
        choices += [f"ip6 {rng.choice(('saddr', 'daddr'))} {n}{rng.choice(nets)}", "ip6 nexthdr tcp"]
    choices += [
        f"meta mark {n}{rng.choice(('0', '1', '2', '1-3', '{ 1, 3 }'))}",
        "meta mark & 0x1 == 0x1",
        "meta mark & 2 != 2",
    ]
    if hook != "ingress":
        state = rng.choice((_states(rng, NFT_STATES), f"{{ {_states(rng, NFT_STATES)} }}", "!= new", "!= established"))
        choices += [f"ct state {state}"] * 3
        choices += [f"ct direction {rng.choice(('original', 'reply'))}", f"ct mark {n}{rng.choice(('0', '1', '2'))}"]
        choices += [f"ct status {rng.choice(('dnat', 'seen-reply', 'assured', 'confirmed'))}"]
        choices += [f"fib {rng.choice(('saddr', 'daddr'))} type {n}local"] if not out else []
    return rng.choice(choices)


def _verdict(rng: Random, kind: str, hook: str, later: Sequence[str]) -> str:
    choices = ["accept", "accept", "drop", "return", "continue"]
    if kind == "nat":
        # A drop is no use: a NAT chain is run only while something else has connections tracked.
        choices.remove("drop")
        choices += ["redirect to :22", "redirect to :23456"] if hook == "prerouting" else []
    elif hook in ("input", "output"):
        choices += ["reject", "reject with tcp reset"] if rng.random() < 0.3 else []
    if later and rng.random() < 0.4:
        return f"{rng.choice(('jump', 'jump', 'goto'))} {rng.choice(later)}"
    return rng.choice(choices)


def _nft_rule(rng: Random, family: str, kind: str, hook: str, later: Sequence[str]) -> str:
    matches = [_nft_match(rng, family, hook) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    mine = "sport" if hook in ("output", "postrouting") else "dport"
    kinds = ["verdict"] * 8 + ["vmap", "mark"]
    if hook != "ingress":
        kinds += ["states", "ct mark", "map"]
        kinds += ["notrack"] if hook in ("prerouting", "output") else []
    one, two = (_verdict(rng, kind, "", later) for _ in range(2))
    statements: dict[str, Draw] = {
        "verdict": lambda r: _verdict(r, kind, hook, later),
        "vmap": lambda _: f"tcp {mine} vmap {{ 22 : {one}, 80 : {two} }}",
        "states": lambda _: f"ct state vmap {{ new : {one}, established : {two} }}",
        "mark": _one(*(f"meta mark set {value}" for value in ("0", "1", "2", *OF_THE_OLD_MARK))),
        "ct mark": _one("ct mark set 1", "ct mark set meta mark", "meta mark set ct mark"),
        "map": lambda _: f"meta mark set tcp {mine} map {{ 22 : 1, 80 : 2 }}",
        "notrack": lambda _: "notrack",
    }
    statement = statements[rng.choice(kinds)](rng)
    return " ".join([*matches, *rng.choice(([], [], ["counter"])), statement])


def _nft_table(rng: Random, name: str) -> str:
    family = rng.choice(("ip", "ip6", "inet", "inet", "inet", "netdev"))
    fitting = [chain for chain in CHAINS if (chain[1] == "ingress") == (family == "netdev")]
    kind, hook, priority = rng.choice(fitting)
    lines = [f"table {family} {name} {{"]
    lines += [" set ports { type inet_service; flags interval; elements = { 20-25, 80 }; }"]
    lines += [" set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.77 }; }"]
    for chain in (*reversed(USER), "base", "more"):
        if chain == "more":
            if family == "netdev" or kind == "nat":
                break
            kind, hook, priority = rng.choice(
                [chain for chain in CHAINS if chain[0] == "filter" and chain[1] != "ingress"]
            )
        lines.append(f" chain {chain} {{")
        later = USER[USER.index(chain) + 1 :] if chain in USER else USER if chain == "base" else ()
        if chain not in USER:
            device = ' device "eth0"' if hook == "ingress" else ""
            policy = rng.choice(("accept", "accept", "accept" if kind == "nat" else "drop"))
            lines.append(f"  type {kind} hook {hook}{device} priority {priority}; policy {policy};")
        rules = rng.choice((0, 1, 1, 2, 3)) + (chain == "base")
        lines += [f"  {_nft_rule(rng, family, kind, hook, later)}" for _ in range(rules)]
        lines.append(" }")
    return "\n".join([*lines, "}", ""])


def nft(rng: Random) -> Rules:
    """One to three tables."""
    return ((NFT, "".join(_nft_table(rng, f"t{number}") for number in range(rng.choice((1, 1, 2, 3))))),)

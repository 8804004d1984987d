"""What `iptables -t TABLE -nvL` lists of rules, by the text of iptables-save; tests/live has the real one."""

from __future__ import annotations

import re
import shlex

from linuxready.readers.firewall.listing import OWN

HEAD = " pkts bytes target     prot opt in     out     source               destination         \n"

SHOWN = {
    "--state": "state {}",
    "--ctstate": "ctstate {}",
    "--dport": "dpt:{}",
    "--sport": "spt:{}",
    "--dst-type": "dst-type {}",
    "--limit": "limit: avg {} burst 5",
    "--limit-burst": "",
    "--icmp-type": "icmptype {}",
    "--icmpv6-type": "ipv6-icmptype {}",
    "--hl-eq": "HL match HL == {}",
    "--pkt-type": "PKTTYPE = {}",
    "--rt-type": "rt type:{}",
    "--comment": "/* {} */",
    "--tcp-flags": "flags:0x17/0x02",
    "--reject-with": "reject-with {}",
    "--log-prefix": 'LOG flags 0 level 4 prefix "{}"',
}
"""What is shown of an option; the mask of a SYN is the only one that the recorded machines have."""

BARE = {
    "--invert": "invert",
    "--notrack": "CT notrack",
    "--log-tcp-options": "",
    "--log-ip-options": "",
    "-m rpfilter": "rpfilter",
    "-m tcp": "tcp",
    "-m udp": "udp",
    "-m addrtype": "ADDRTYPE match",
}
"""Words that stand for themselves."""


def filled(*rows: str, table: str = "filter", chains: str = "") -> str:
    """A listing of a table whose first chain has some rules."""
    first, *others = OWN[table].split()
    rules = "".join(f"    0     0 {row}\n" for row in rows)
    more = "\n".join(f"Chain {name} (policy ACCEPT 0 packets, 0 bytes)\n{HEAD}" for name in others)
    return f"Chain {first} (policy DROP 0 packets, 0 bytes)\n{HEAD}{rules}\n{more}\n{chains}"


def row(extras: str = "", target: str = "ACCEPT", protocol: str = "tcp", opt: str = "--") -> str:
    return f"{target:<9}  {protocol:<5}{opt}  *      *       0.0.0.0/0            0.0.0.0/0            {extras}"


def listing(saved: str, table: str, of_ip6: bool) -> str | None:
    """The listing of one table of several; None where it is not among them. Raises KeyError for other options."""
    found = re.search(rf"^\*{table}\n(.*?)^COMMIT", saved, re.M | re.S)
    if found is None:
        return None
    rules: dict[str, list[str]] = {}
    policies: dict[str, str] = {}
    jumps: list[str] = []
    for line in found[1].splitlines():
        if line.startswith(":"):
            name, policies[name] = line[1:].split()[:2]
            rules[name] = []
        else:
            _, name, *words = shlex.split(line)
            target, row = _row(words, of_ip6)
            jumps.append(target)
            rules[name].append(row)
    chains = []
    for name, rows in rules.items():
        of_its_own = policies[name] != "-"
        said = f"policy {policies[name]} 0 packets, 0 bytes" if of_its_own else f"{jumps.count(name)} references"
        chains.append(f"Chain {name} ({said})\n{HEAD}{''.join(rows)}")
    return "\n".join(chains)


def _row(words: list[str], of_ip6: bool) -> tuple[str, str]:
    every = "::/0" if of_ip6 else "0.0.0.0/0"
    columns = {"-p": "all", "-i": "*", "-o": "*", "-s": every, "-d": every, "-j": "", "-g": ""}
    shown: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "!":
            raise KeyError("!")
        if word in columns:
            columns[word] = rest.pop(0)
        elif word == "-m":
            shown.append(BARE.get(f"-m {rest.pop(0)}", ""))
        elif word in BARE:
            shown.append(BARE[word])
        else:
            shown.append(SHOWN[word].format(rest.pop(0)))
            rest = rest[1:] if word == "--tcp-flags" else rest
    target = columns["-g"] or columns["-j"]
    goto = "[goto] " if columns["-g"] else ""
    protocol = columns["-p"].replace("ipv6-icmp", "icmpv6")
    columns_shown = (
        f"    0     0 {target:<9}  {protocol:<5}{'  ' if of_ip6 else '--'}  {columns['-i']:<6} {columns['-o']:<6} "
        f" {columns['-s'].removesuffix('/32'):<19}  {columns['-d'].removesuffix('/32'):<19}  {goto}"
    )
    return target, f"{columns_shown}{' '.join(filter(None, shown))}\n"

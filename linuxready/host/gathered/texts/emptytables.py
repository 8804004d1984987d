"""Tables of iptables without a rule, from `iptables -t TABLE -nvL`.

    Chain INPUT (policy ACCEPT 1093 packets, 93231 bytes)
     pkts bytes target     prot opt in     out     source               destination

    Chain LOGGED (0 references)
     pkts bytes target     prot opt in     out     source               destination

Of rules it does not tell all (a match's options in words that differ by version), of chains without any it does.
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable

_CHAIN = re.compile(r"Chain (\S+) \((?:policy (\w+)\b.*|\d+ references?)\)$")
_HEAD = re.compile(r"\s*pkts\s+bytes\s+target\s")


LAST = {"filter": "OUTPUT", "security": "OUTPUT", "raw": "OUTPUT", "nat": "POSTROUTING", "mangle": "POSTROUTING"}
"""The last of each table's own chains, which are listed first: behind it nothing is reached that has no rule before."""


def as_saved(text: str, table: str) -> str:
    """The table as iptables-save writes it; raises Unreadable where it has a rule, or the text is another one."""
    chains = []
    for line in filter(None, map(str.rstrip, text.splitlines())):
        chain = _CHAIN.match(line)
        if chain:
            chains.append(f":{chain[1]} {chain[2] or '-'} [0:0]\n")
        elif not (chains and _HEAD.match(line)):
            raise Unreadable(f"`iptables -t {table} -nvL` shows rules, and not all of what they say")
    if not any(chain.startswith(f":{LAST.get(table, '')}") for chain in chains):
        raise Unreadable(f"`iptables -t {table} -nvL` shows no chain, or not all of the table's own")
    return f"*{table}\n{''.join(chains)}COMMIT\n"

"""What is read of `iptables -t TABLE -nvL`, against what is read of iptables-save for the same rules in the kernel.

A listing may leave open what iptables-save decides, and never contradict it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from random import Random

import pytest

from linuxready.packetpath import walk
from linuxready.readers.firewall import iptables, listing, nft_script, now
from linuxready.ruleset import Ruleset, Table

from ..golden import HOSTS
from . import random_rules
from .rulesets import CASES, LEGACY, LEGACY6, NFT, OVER_NFT, OVER_NFT6, Case, Rules
from .stage import live
from .verdicts import QUESTIONS
from .wire import Machine, Refused, feed

WILD = 50 * int(os.environ.get("LINUXREADY_BATCHES") or 1)
"""Rulesets; LINUXREADY_BATCHES=20 looks further."""

pytestmark = live("ip", "iptables-legacy-restore", "iptables-nft-restore")

BY: dict[tuple[str, ...], str] = {
    LEGACY: "iptables-legacy",
    OVER_NFT: "iptables-nft",
    LEGACY6: "ip6tables-legacy",
    OVER_NFT6: "ip6tables-nft",
}

FREE = (
    "x",
    "",
    "*/ tcp dpt:22",
    "x */ tcp dpt:80 /* y",
    "/*",
    "*/",
    'a"b',
    "it's \\\\",
    "side: source mask: 255.255.255.255 tcp dpt:80 recent: SET name: x",
    "redir ports 80",
    "reject-with tcp-reset",
    "CT notrack",
    "MARK set 0x1",
    "[goto] ",
    "-j ACCEPT",
    "-m shown",
    "! --dport 22 # no",
    "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)",
    "\u2028 ä\u00a0",
)
"""Texts that an administrator may choose."""

MORE = (
    *(f'-m comment --comment "{text}"' for text in (word.replace('"', '\\"') for word in FREE)),
    *(f'-m string --algo bm --string "{text}"' for text in FREE if '"' not in text and text),
    '-m recent --set --name "a side: source tcp dpt:80"',
    '-m recent --rcheck --name "b */ tcp dpt:80"',
    "-m recent ! --set",
    "-m limit --limit 3/min",
    "-m hashlimit --hashlimit-upto 3/min --hashlimit-name x --hashlimit-mode srcip,dstport --hashlimit-srcmask 24",
    "-m connlimit --connlimit-upto 4 --connlimit-daddr",
    "-m connbytes ! --connbytes 100:200 --connbytes-dir both --connbytes-mode bytes",
    "-m time --weekdays Mon,Tue --datestart 2020-01-01T00:00:00",
    "-m statistic --mode random ! --probability 0.5",
    "-m statistic --mode nth --every 3 --packet 1",
    "-m quota --quota 1000",
    "-m addrtype --dst-type LOCAL --limit-iface-in",
    "-m addrtype ! --src-type LOCAL,UNICAST --dst-type LOCAL",
    "-m iprange --src-range 192.0.2.1-192.0.2.99 ! --dst-range 192.0.2.1-192.0.2.9",
    "-m mac ! --mac-source 02:00:00:00:00:77",
    "-m length --length 1:5",
    "-m ttl --ttl-lt 5",
    "-m tos --tos 0x10/0x3f",
    '-m u32 --u32 "0x0>>22&0x3c@0=0x16"',
    "-m helper --helper ftp",
    "-m cpu --cpu 0",
    "-m policy --dir in --pol none",
    "-m conntrack --ctstate NEW --ctorigdstport 22",
    "-m conntrack ! --ctstatus SEEN_REPLY --ctdir ORIGINAL",
    "-p tcp ! --tcp-option 5",
    "-m rpfilter --loose --invert",
    "-m rt --rt-type 0",
    "-f",
    "! -f",
)
TARGETS = {
    "filter": ("REJECT --reject-with tcp-reset -p tcp", 'LOG --log-prefix "tcp dpt:22 "', "NFQUEUE --queue-num 3"),
    "mangle": ("MARK --set-xmark 0x1/0x3", "CONNMARK --restore-mark --mask 0xff", "TTL --ttl-set 4", "NFLOG"),
    "nat": ("REDIRECT -p tcp", "REDIRECT -p tcp --to-ports 80-81 --random", "DNAT --to-destination 10.0.0.1"),
    "raw": ("CT --notrack --zone 3", "CT --zone 3", "NOTRACK"),
}


def wilder(rng: Random) -> Rules:
    """Random rules with matches and targets, and with texts, that a listing does not tell for certain."""
    return tuple((program, "".join(_wilder(rng, text))) for program, text in random_rules.iptables(rng))


def _wilder(rng: Random, text: str) -> Iterable[str]:
    table = ""
    for line in text.split("\n"):
        table = line[1:] if line.startswith("*") else table
        if line.startswith("-A "):
            _, chain, *rest = line.split(" ")
            before = [rng.choice(MORE)] if rng.random() < 0.3 else []
            after = [rng.choice(MORE)] if rng.random() < 0.3 else []
            jump = next(number for number, word in enumerate(rest) if word in ("-j", "-g"))
            matches, end = rest[:jump], rest[jump:]
            if table in TARGETS and (table != "nat" or chain == "PREROUTING") and rng.random() < 0.2:
                end = [f"-j {rng.choice(TARGETS[table])}"]
            line = " ".join(["-A", chain, *before, *matches, *after, *end])
        yield f"{line}\n"


def read_both(machine: Machine, rules: Rules) -> tuple[Ruleset, Ruleset]:
    """The rules as iptables-save and as listings tell them."""
    saved: list[Table] = []
    listed: list[Table] = []
    with machine.inside():
        for program in dict.fromkeys(program for program, _ in rules):
            name, family = BY[program], "ip6" if "6" in BY[program] else "ip"
            tables = iptables.parse_save(feed("", f"{name}-save"), family, name)
            saved += tables
            for table in tables:
                command = f"{name} -t {table.name} -nvL"
                lines = listing.saved(feed("", *command.split()), table.name, command)
                listed += iptables.parse_noflush(lines, family, command)
    return Ruleset(tuple(saved)), Ruleset(tuple(listed))


def load(machine: Machine, program: tuple[str, ...], text: str) -> None:
    """All rules of a text that the kernel takes; what it takes depends on the table, the chain and the family."""
    with suppress(Refused):
        machine.load(text, *program)
        return
    for table in text.split("COMMIT\n")[:-1]:
        lines = table.split("\n")
        machine.load("\n".join([line for line in lines if not line.startswith("-A ")] + ["COMMIT", ""]), *program)
        for line in lines:
            if line.startswith("-A "):
                with suppress(Refused):
                    machine.load(f"{lines[0]}\n{line}\nCOMMIT\n", *program, "--noflush")


def compared(rules: Rules) -> Counter[str]:
    """How often the listing says the same, leaves more open, or says the opposite."""
    found: Counter[str] = Counter()
    with Machine() as machine:
        for program, text in rules:
            load(machine, program, text)
        saved, listed = read_both(machine, rules)
    for question in QUESTIONS:
        one, other = walk(saved, question.connection).answer, walk(listed, question.connection).answer
        found["same" if one == other else "open" if other == "depends" else "opposite"] += 1
    return found


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.rules and all(p != NFT for p, _ in c.rules)], ids=lambda case: case.name
)
def test_listings_say_the_same(case: Case) -> None:
    assert compared(case.rules) == {"same": len(QUESTIONS)}


@pytest.mark.parametrize("program", [LEGACY, OVER_NFT6])
@pytest.mark.parametrize("match", MORE)
def test_no_words_are_taken_for_others(match: str, program: tuple[str, ...]) -> None:
    for policy, target in (("ACCEPT", "DROP"), ("DROP", "ACCEPT")):
        text = f"*filter\n:INPUT {policy} [0:0]\n-A INPUT {match} -j {target}\nCOMMIT\n"
        assert not compared(((program, text),))["opposite"]


RECORDED = {
    path.parent.name: rules
    for path in sorted(HOSTS.glob("*/commands.json"))
    for told in [{command["argv"][0]: command["stdout"] for command in json.loads(path.read_bytes())}]
    if (
        rules := [
            (f"{program}tables", told[f"{program}tables-save"])
            for program in ("ip", "ip6")
            if f"{program}tables-save" in told
        ]
    )
}
"""The rules of machines as administrators, firewalld, ufw and SuSEfirewall2 make them."""


@pytest.mark.parametrize("backend", ["legacy", "nft"])
@pytest.mark.parametrize("name", RECORDED)
def test_listings_of_recorded_machines_say_the_same(name: str, backend: str) -> None:
    rules = tuple(((f"{program}-{backend}-restore",), text) for program, text in RECORDED[name])
    assert compared(rules) == {"same": len(QUESTIONS)}


def test_listings_of_random_rules_say_the_same() -> None:
    found = sum((compared(random_rules.iptables(Random(seed))) for seed in range(50)), Counter[str]())
    assert found == {"same": 50 * len(QUESTIONS)}


@pytest.mark.parametrize("start", range(0, WILD, 50))
def test_listings_of_wild_rules_contradict_nothing(start: int) -> None:
    loaded: Counter[str] = Counter()
    for seed in range(start, start + 50):
        rules = wilder(Random(seed))
        found = compared(rules)
        loaded += found
        assert not found["opposite"], "\n".join(text for _, text in rules)
    assert loaded["same"] > 3 * loaded["open"] > 0


def test_nft_counts_as_many_rules() -> None:
    """A listing that nft's does not bear out is not taken; here both are whole."""
    compared_chains = 0
    for seed in range(60):
        rules = [(program, text) for program, text in wilder(Random(seed)) if program in (OVER_NFT, OVER_NFT6)]
        with Machine() as machine:
            for program, text in rules:
                load(machine, program, text)
            _, listed = read_both(machine, tuple(rules))
            with machine.inside():
                printed = feed("", "nft", "list", "ruleset")
        by_nft = nft_script.parse(now.UNSPELT.sub(r"\1", printed), "nft list ruleset", lambda _: [])
        tables = {(table.family, table.name): now.counted(table) for table in by_nft.tables}
        for table in listed.tables:
            assert tables[table.family, table.name] == now.counted(table), printed
            compared_chains += len(tables[table.family, table.name])
    assert compared_chains > 100

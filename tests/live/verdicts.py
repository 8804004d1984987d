"""What is said of a machine's rules beside what its connects got."""

from __future__ import annotations

from typing import NamedTuple

from linuxready.host.live import LiveHost
from linuxready.packetpath import Connection, Path, walk
from linuxready.readers.firewall import iptables, nft_script, now
from linuxready.ruleset import Ruleset

from .rulesets import NFT, Rules
from .wire import PROBES, Answer, Machine, Probe


class Question(NamedTuple):
    """A connection, and the probes that are of its kind."""

    connection: Connection
    probes: tuple[Probe, ...]


def _question(family: str, *interfaces: str) -> Question:
    probes = tuple(probe for probe in PROBES if probe.family == family and probe.interface in interfaces)
    return Question(Connection(22, family, interfaces, tuple(probe.destination for probe in probes)), probes)


BY_FAMILY = {family: _question(family, "eth0", "eth1") for family in ("ip", "ip6")}
QUESTIONS = (*BY_FAMILY.values(), *(_question(family, wire) for family in BY_FAMILY for wire in ("eth0", "eth1")))
"""By any wire, and by each alone, which is decided more often."""


def read_back(machine: Machine) -> Ruleset:
    """The rules in force, by linuxready's own reader on the machine."""
    with machine.inside():
        return now.read(LiveHost())


def from_texts(rules: Rules) -> Ruleset:
    """The same rules as files that a boot loads."""
    read = Ruleset()
    for program, text in rules:
        if program == NFT:
            script = nft_script.parse(text, "nftables.conf", lambda _: [])
            read = Ruleset(read.tables + script.tables, read.not_understood + script.not_understood)
        else:
            tables = iptables.parse_save(text, "ip6" if "ip6" in program[0] else "ip", program[0])
            read = Ruleset(read.tables + tables, read.not_understood)
    return read


def is_contradicted(path: Path, answers: set[Answer]) -> bool:
    """A connection on which nothing comes is no use, but refused it is not either, unless another port took it."""
    if path.answer == "accepted":
        return answers != {"accepted"}
    here = not path.reason.startswith("sent to port")
    return path.answer == "refused" and ("accepted" in answers or (here and "half" in answers))


def contradictions(rules: Ruleset, row: dict[Probe, Answer]) -> list[str]:
    """Each question whose answer the probes contradict, in words."""
    words = []
    for connection, probes in QUESTIONS:
        try:
            path = walk(rules, connection)
        except Exception as error:  # noqa: BLE001 -- told beside the rest, so that its rules are made smaller too
            words.append(f"{connection.family} {connection.interfaces}: {error!r}")
            continue
        if is_contradicted(path, {row[probe] for probe in probes}):
            got = ", ".join(f"{probe.source} {row[probe]}" for probe in probes)
            quoted = " | ".join(f"{evidence.source}: {evidence.text}" for evidence in path.evidence)
            words.append(
                f"{connection.family} {connection.interfaces}: {path.answer} ({path.reason}; {quoted}), but {got}"
            )
    return words

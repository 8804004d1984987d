"""What the firewall lets in: SSH, and the port of multi-VM consistency."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta
from msgspec.structs import replace

from linuxready.facts import Evidence, Fact, Facts, Listen, UnknownFact
from linuxready.packetpath import Connection, Path, walk
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, command, edit, hint
from linuxready.requirements.network import is_adapter
from linuxready.ruleset import Chain, Ruleset, Table

AZURE_ADAPTER = "eth0"
"""What the first adapter is called after failover."""

FAMILIES = {"ip": "IPv4", "ip6": "IPv6"}
WORST_FIRST = ("refused", "depends", "accepted")

EXPLAIN = """\
Two rulesets are asked: the one in force (nft, iptables-save, ip6tables-save, each only where its backend is loaded, so
that no kernel module is), and the one that the next boot loads from the files of nftables, iptables, firewalld, ufw or
SuSEfirewall2, whichever starts at boot. The worse answer counts; where only one could be seen, that one does.
A new connection's packets are followed rule by rule: refused fails. What turns on the source address, the adapter, the
rate, or on a match that linuxready does not understand warns, with the rule. IPv4 decides; IPv6 refused alone warns.
A client is any unicast address, loopback and link-local ones apart, and a port from 1024 up. For the next boot the
adapter may also be eth0, its name in Azure, and the machine's address another. Rules outside netfilter (XDP, tc, a
network's own), libwrap's hosts.deny and a socket's IPAddressDeny= are not seen. Where the rules in force may not be
read, nothing passes on files alone; where they were only not captured, the files decide."""


class SshFirewall(Requirement, frozen=True, tag="ssh-firewall"):
    """New TCP connections reach a port that the SSH server listens on."""

    reads: ClassVar[tuple[str, ...]] = ("ssh_listen", "firewall", "interfaces")
    explain: ClassVar[str] = (
        EXPLAIN
        + """
The ports come from sshd_config (Port, ListenAddress, Include), `sshd -T`, the service's command line, or the systemd
socket; 22 if nothing is said. One of several ports that is let in is enough; the others warn."""
    )

    def judge(self, facts: Facts) -> Iterator[Answer]:
        listens = facts.ssh_listen.known()
        outside = [listen for listen in listens if not _is_loopback(listen.address)]
        if not outside:
            seen = tuple(listen.evidence for listen in listens)
            yield Answer("fail", "the SSH server listens on loopback only", "", seen, (_listen_everywhere(listens),))
            return
        if all(":" in listen.address for listen in outside):
            seen = tuple(listen.evidence for listen in outside)
            yield Answer("fail", "the SSH server listens by IPv6 only", "", seen, (_listen_everywhere(outside),))
            return
        by_port = {port: list(_answers(facts, port, outside)) for port in sorted({o.port for o in outside})}
        reached = [port for port, answers in by_port.items() if all(answer.status != "fail" for answer in answers)]
        for answer in (answer for answers in by_port.values() for answer in answers):
            if answer.status == "fail" and reached:
                yield replace(answer, status="warn", found=f"{answer.found}; port {reached[0]} is let in")
            else:
                yield answer
        every = {listen.address for listen in outside}
        if every.isdisjoint(("0.0.0.0", "::")):  # noqa: S104
            seen = tuple(listen.evidence for listen in outside)
            found = f"the SSH server listens on {', '.join(sorted(every))} only, which may change in Azure"
            yield Answer("warn", found, "", seen, (_listen_everywhere(outside),))


class OpenPort(Requirement, frozen=True, tag="open-port"):
    """A TCP port passes the firewall, where that is `wanted`."""

    port: Annotated[int, Meta(ge=1, le=65535)]
    wanted: bool = False

    reads: ClassVar[tuple[str, ...]] = ("firewall", "interfaces")
    explain: ClassVar[str] = (
        EXPLAIN + "\nAsked for with --multi-vm, or where the profile says that it is wanted; else skipped."
    )

    def judge(self, facts: Facts) -> Iterator[Answer]:
        if not self.wanted:
            yield Answer("skip", "not asked for (--multi-vm)")
            return
        yield from _answers(facts, self.port, ())


def _answers(facts: Facts, port: int, listens: Sequence[Listen]) -> Iterator[Answer]:
    """What becomes of a connection to a port: by IPv4 first, and by IPv6."""
    firewall = facts.firewall.known()
    views = {"now": firewall.now, "after the next boot": firewall.boot}
    seen = [when for when, view in views.items() if view.value is not None]
    if not seen:
        raise UnknownFact("; ".join(str(view.unknown) for view in views.values()))
    unseen = str(firewall.now.unknown)
    refused_to_tell = firewall.now.value is None and "captured" not in unseen and "recorded" not in unseen
    here = [listen for listen in listens if listen.port == port]
    beside = tuple(listen.evidence for listen in here[:1])
    beside += tuple(Evidence(when, f"not seen: {view.unknown}") for when, view in views.items() if when not in seen)
    families = [family for family in FAMILIES if not here or any(_by(family, listen) for listen in here)]
    for family in families:
        paths = {when: _walked(facts, views[when], port, family) for when in seen}
        worst = min((path.answer for path in paths.values()), key=WORST_FIRST.index)
        deciding = {when: path for when, path in paths.items() if path.answer == worst}
        item = f"port {port}" + (" by IPv6" if family == "ip6" else "")
        evidence = (*dict.fromkeys(e for path in deciding.values() for e in path.evidence), *beside)
        if worst != "refused" and refused_to_tell:
            if family == families[0]:
                found = f"the rules in force could not be read: {firewall.now.unknown}"
                lacking = ", with nftables installed" if re.search(r"\bnft\b", unseen) else ""
                yield Answer("unknown", found, item, evidence, (hint(f"run linuxready as root{lacking}"),))
            continue
        if worst == "accepted":
            if family == families[0]:
                yield Answer("pass", f"accepted {' and '.join(seen)}", item, evidence)
            continue
        reason = next(iter(deciding.values())).reason
        times = " and ".join(when for when, path in deciding.items() if path.reason == reason)
        if worst == "depends":
            advice = hint(f"see that this rule lets in whoever is to reach port {port} after failover")
            yield Answer("warn", f"depends on {reason} ({times})", item, evidence, (advice,))
            continue
        remedies = dict.fromkeys(r for when, p in deciding.items() for r in _remedies(p, views[when].known(), port))
        zoned = {re.sub(r"--zone=\S+ ", "", remedy.text) for remedy in remedies if "--zone=" in remedy.text}
        ordered = sorted((r for r in remedies if r.text not in zoned), key=lambda remedy: remedy.kind == "hint")
        if len(deciding) > 1 and ordered[0].kind != "hint":
            # Both rulesets have a remedy of their own, so "write it into the file, too" goes without saying.
            ordered = [remedy for remedy in ordered if remedy.kind != "hint"]
        yield Answer("fail" if family == families[0] else "warn", f"{reason} ({times})", item, evidence, tuple(ordered))
        if family == families[0]:
            return  # by IPv6 it would be the same again


def _walked(facts: Facts, view: Fact[Ruleset], port: int, family: str) -> Path:
    """The walk through one of the two rulesets, as this machine stands now or may stand in Azure."""
    interfaces = facts.interfaces.value
    names: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None
    if interfaces is not None:
        by_name = {interface.name: interface for interface in interfaces}
        adapters = [i for i in interfaces if i.addresses and is_adapter(i, by_name, frozenset())]
        names = tuple(i.name for i in adapters) or None
        if view is facts.firewall.known().now:
            every = [address.address for interface in interfaces for address in interface.addresses]
            addresses = tuple(a for a in every if (":" in a) == (family == "ip6") and not _is_local(a))
        elif names:
            names = tuple(dict.fromkeys((*names, AZURE_ADAPTER)))
    return walk(view.known(), Connection(port, family, names, addresses or None))


def _by(family: str, listen: Listen) -> bool:
    return (":" in listen.address) == (family == "ip6")


def _is_local(address: str) -> bool:
    """Whether packets to an address stay on this machine, or on its wire."""
    return _is_loopback(address) or address.startswith(("169.254.", "fe80:"))


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "localhost")


def _listen_everywhere(listens: Sequence[Listen]) -> Remedy:
    place = listens[0].evidence.source.partition(":")[0] if listens else ""
    if place.endswith((".socket", ".conf")) and "systemd" in place:
        return edit(f"in {place}, let ListenStream be the port alone, and restart the socket")
    return edit("in /etc/ssh/sshd_config, take out ListenAddress and AddressFamily, and restart the SSH server")


# -- remedies ----------------------------------------------------------------------------------------------


def _remedies(path: Path, ruleset: Ruleset, port: int) -> tuple[Remedy, ...]:
    """How to let a port in, in the words of whoever made the rule that refuses it."""
    rule = path.evidence[0]
    if "answer" in path.reason:
        return (hint(f"let answers from port {port} out: established connections in the output chain"),)
    if "instead" in path.reason:
        return (hint("take out the rule that redirects the port, or let the SSH server listen where it leads"),)
    table, chain = _where(rule, ruleset)
    if table and chain and (chain.hook not in ("", "input") or table.name in ("raw", "mangle", "nat", "security")):
        return (hint(f"take out that rule, or narrow it: {rule.source}: {rule.text}"),)
    return HOW[_manager(rule, ruleset)](port, rule, table, chain)


def _where(rule: Evidence, ruleset: Ruleset) -> tuple[Table | None, Chain | None]:
    """The table and chain of a quoted rule; none for a chain's policy."""
    for table in ruleset.tables:
        for chain in table.chains:
            if any((known.place, known.text) == (rule.source, rule.text) for known in chain.rules):
                return table, chain
    return None, None


def _manager(rule: Evidence, ruleset: Ruleset) -> str:
    """Whose rule it is, by its own words; one that has none, such as a last REJECT, by the chains beside it."""
    tables = [table for table in ruleset.tables if rule.source.startswith(table.source)]
    beside = " ".join(chain.name for table in tables for chain in table.chains)
    for said in (f"{rule.source} {rule.text}", beside):
        for name, pattern in MANAGERS.items():
            if re.search(pattern, said):
                return name
    return "iptables"


MANAGERS = {
    "firewalld": r"firewalld|_IN_|\bIN_\w+_(?:pre|deny|allow|post)\b|IN_public|INPUT_ZONES",
    "ufw": r"\bufw\b|ufw-",
    "SuSEfirewall2": r"SuSEfirewall2|input_ext|input_int|input_dmz",
    "nft": r"^nft |/nftables|\.nft:",
}
"""Whose rule it is, by a word in it, in its place or in the names of chains; else iptables'."""


def _by_firewalld(port: int, rule: Evidence, table: Table | None, chain: Chain | None) -> tuple[Remedy, ...]:
    if "direct.xml" in rule.source:
        return (hint(f"take out that direct rule, or narrow it: {rule.text}"),)
    what = "--add-service=ssh" if port == 22 else f"--add-port={port}/tcp"
    named = re.search(
        r"/zones/([\w-]+)\.xml|_?IN_([\w-]+?)(?:_|\b)", f"{rule.source} {rule.text} {chain.name if chain else ''}"
    )
    zone = f"--zone={named[1] or named[2]} " if named else ""
    return (command(f"firewall-cmd --permanent {zone}{what} && firewall-cmd --reload"),)


def _by_ufw(port: int, rule: Evidence, table: Table | None, chain: Chain | None) -> tuple[Remedy, ...]:
    first = "insert 1 " if chain and "user" in chain.name else ""
    return (command(f"ufw {first}allow {port}/tcp"),)


def _by_susefirewall(port: int, rule: Evidence, table: Table | None, chain: Chain | None) -> tuple[Remedy, ...]:
    named = re.search(r"input_(ext|int|dmz)", f"{rule.text} {chain.name if chain else ''}")
    zone = named[1].upper() if named else "EXT"
    return (
        edit(f'in /etc/sysconfig/SuSEfirewall2, add {port} to FW_SERVICES_{zone}_TCP="…"'),
        command("SuSEfirewall2 start"),
    )


def _by_nft(port: int, rule: Evidence, table: Table | None, chain: Chain | None) -> tuple[Remedy, ...]:
    place = re.search(r"(inet|ip6?|netdev) (\S+) (\S+)", rule.source)
    path = rule.source.partition(":")[0]
    if path.startswith("/"):
        where = f"at the head of chain {place[0]}" if place else "before that rule"
        return (edit(f"in {path}, put {where}: tcp dport {port} accept"),)
    if place is None:
        return (hint(f"let TCP port {port} in before that rule"),)
    return (
        command(f"nft insert rule {place[0]} tcp dport {port} accept"),
        hint("write the rule into the file that nftables loads at boot, too"),
    )


def _by_iptables(port: int, rule: Evidence, table: Table | None, chain: Chain | None) -> tuple[Remedy, ...]:
    path = rule.source.partition(":")[0]
    line = f"{chain.name if chain else 'INPUT'} -p tcp -m state --state NEW -m tcp --dport {port} -j ACCEPT"
    if path.startswith("/"):
        return (edit(f"in {path}, put before {'that rule' if chain else 'COMMIT'}: -A {line}"),)
    return (
        command(f"{path.partition(' ')[0].removesuffix('-save')} -I {line}"),
        hint("write the rule into the file that is loaded at boot, too"),
    )


HOW = {
    "firewalld": _by_firewalld,
    "ufw": _by_ufw,
    "SuSEfirewall2": _by_susefirewall,
    "nft": _by_nft,
    "iptables": _by_iptables,
}

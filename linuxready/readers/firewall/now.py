"""The rules in force: `nft -j list ruleset`, `iptables-save` and `ip6tables-save`, each where its backend is loaded.

    /proc/modules                nf_tables 245760 1250 …     loaded, so nft is asked
    /proc/net/ip_tables_names    filter                      (root only) tables of the old backend, so iptables-save is

Asking loads a module where none is: nft brings nf_tables in, the old iptables-save ip_tables. So what is not loaded
is not asked, and has no rules. iptables-save may speak for either backend (its name or what it links to tells); the
tables that it made in nf_tables are listed by nft too, but with extensions that only iptables-save can spell out.
"""

from __future__ import annotations

import re
from contextlib import suppress

from linuxready.host import PERMISSION_DENIED, Absent, Host, Unreadable
from linuxready.ruleset import Ruleset, Table, reachable

FAMILIES = (("ip", "iptables", "/proc/net/ip_tables_names"), ("ip6", "ip6tables", "/proc/net/ip6_tables_names"))


def read(host: Host) -> Ruleset:
    """All rules in force; raises Unreadable where any part was not seen."""
    old = [table for family, program, names in FAMILIES for table in _old(host, family, program, names)]
    try:
        new = _nf_tables(host)
    except Unreadable:
        # A recording made by hand may hold what iptables-save said, and nothing on what was loaded.
        if not old or host.alive or host.mode("/proc/modules") is not None:
            raise
        new = Ruleset()
    return Ruleset(tuple(reachable(table) for table in (*new.tables, *old)), new.not_understood)


def _old(host: Host, family: str, program: str, names: str) -> tuple[Table, ...]:
    """The tables of the old backend, ip_tables, of one family."""
    with suppress(Absent):
        if not host.text(names).split():
            return ()
        saved = _saved(host, family, program, "legacy")
        if not saved:
            raise Unreadable(f"{program}-save shows none of the tables of {names}")
        return saved
    if not host.alive:
        with suppress(Unreadable):
            text = _output(host, f"{program}-save")
            return () if _backend_of(text) == "nft" else _parsed(text, family, f"{program}-save")
    return ()


def _nf_tables(host: Host) -> Ruleset:
    """The rules in nf_tables, iptables' own among them."""
    if host.alive and not nf_tables_loaded(host):
        return Ruleset()
    try:
        text = _output(host, "nft", "-j", "list", "ruleset")
    except Unreadable:
        if host.alive or nf_tables_loaded(host):
            raise
        return Ruleset()
    if '"metainfo"' in text and '"chain"' not in text:
        return Ruleset()  # as on most machines, where the rest need not even be imported
    from linuxready.readers.firewall import nft

    ruleset = nft.parse(text)
    if re.search(r'"table": \{[^{}]*"flags": (?!"dormant"|\[)', text):
        asleep = _dormant(host)
        awake = tuple(table for table in ruleset.tables if (table.family, table.name) not in asleep)
        ruleset = Ruleset(awake, ruleset.not_understood)
    if '"xt"' not in text:
        return ruleset
    saved = [t for family, program, _ in FAMILIES for t in _saved(host, family, program, "nft")]
    spelled_out = {(table.family, table.name) for table in saved}
    others = [table for table in ruleset.tables if (table.family, table.name) not in spelled_out]
    return Ruleset((*others, *saved), ruleset.not_understood)


def _dormant(host: Host) -> set[tuple[str, str]]:
    """The tables that are switched off. In its JSON, nft 1.0.6 gives the table's name where the flag should stand."""
    with suppress(Unreadable):
        text = _output(host, "nft", "list", "ruleset")
        return set(re.findall(r"^table (\S+) (\S+) \{\n\tflags [^\n]*\bdormant\b", text, re.M))
    return set()


def nf_tables_loaded(host: Host) -> bool:
    """Whether the kernel has nf_tables, as a module or built in; raises Unreadable where nothing tells."""
    try:
        if any(line.startswith("nf_tables ") for line in host.text("/proc/modules").splitlines()):
            return True
    except Absent:
        if host.alive:
            return True  # a kernel without modules: asking cannot load one
        raise Unreadable("whether nf_tables is loaded was not captured (/proc/modules)") from None
    if host.mode("/sys/module/nf_tables") is not None:
        return True
    release = host.told("kernel_release")
    if release.startswith(("2.", "3.0.")):
        return False  # nf_tables came with 3.13, and to Red Hat's 3.10
    builtin = f"/lib/modules/{release}/modules.builtin"
    try:
        return any(line.endswith("/nf_tables.ko") for line in host.text(builtin).splitlines())
    except Absent:
        raise Unreadable(f"whether nf_tables is built in is not known: {builtin} does not exist") from None


def _saved(host: Host, family: str, program: str, backend: str) -> tuple[Table, ...]:
    """One backend's tables, by the program that speaks for it."""
    plain = host.real_path(f"/usr/sbin/{program}-save") + host.real_path(f"/sbin/{program}-save")
    name = f"{program}-save" if ("nft" in plain) == (backend == "nft") else f"{program}-{backend}-save"
    text = _output(host, name)
    if _backend_of(text) not in (backend, ""):
        raise Unreadable(f"{name} does not show the rules of the {backend} backend, which has some")
    return _parsed(text, family, name)


def _parsed(text: str, family: str, name: str) -> tuple[Table, ...]:
    from linuxready.readers.firewall import iptables

    return iptables.parse_save(text, family, name)


def _backend_of(text: str) -> str:
    """The backend that an output names in its first line; "" where it does not say."""
    first = text.partition("\n")[0]
    return "nft" if "nf_tables" in first or "nft-save" in first else ""


def _output(host: Host, *argv: str) -> str:
    result = host.run(*argv)
    if result.exit_status != 0:
        said = (result.stderr.strip() or f"exit status {result.exit_status}").splitlines()[0]
        refused = "ermitted" in said or "ermission" in said
        raise Unreadable(f"{' '.join(argv)}: {PERMISSION_DENIED if refused else said}")
    return result.stdout

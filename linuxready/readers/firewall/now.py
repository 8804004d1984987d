"""The rules in force: `nft -j list ruleset`, `iptables-save` and `ip6tables-save`, each where its backend is loaded.

Where a support tool gathered no iptables-save, its tables one by one as `iptables -t TABLE -nvL` lists them.

    /proc/modules                nf_tables 245760 1250 …     loaded, so nft is asked
    /proc/net/ip_tables_names    filter                      (root only) tables of the old backend, so iptables-save is

Asking loads a module where none is: nft brings nf_tables in, the old iptables-save ip_tables. So what is not loaded
is not asked, and has no rules. iptables-save may speak for either backend (its name or what it links to tells); the
tables that it made in nf_tables are listed by nft too, but with extensions that only iptables-save can spell out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        in_use = host.text(names).split()
        if not in_use:
            return ()
        saved = _saved(host, family, program, "legacy", dict.fromkeys(in_use))
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
    except Unreadable as error:
        if host.alive:
            raise
        return _by_text(host, error)
    if '"metainfo"' in text and '"chain"' not in text:
        return Ruleset()  # as on most machines, where the rest need not even be imported
    from linuxready.readers.firewall import nft

    ruleset = nft.parse(text)
    if re.search(r'"table": \{[^{}]*"flags": (?!"dormant"|\[)', text):
        asleep = _dormant(host)
        awake = tuple(table for table in ruleset.tables if (table.family, table.name) not in asleep)
        ruleset = Ruleset(awake, ruleset.not_understood)
    return _with_saved(host, ruleset) if '"xt"' in text else ruleset


def _with_saved(host: Host, ruleset: Ruleset) -> Ruleset:
    """The tables that iptables made as iptables-save spells them out; raises Unreadable."""
    from linuxready.readers.firewall.iptables import PRIORITIES

    saved: list[Table] = []
    for family, program, _ in FAMILIES:
        here = {t.name: t for t in ruleset.tables if t.family == family and t.name in PRIORITIES}
        saved += _saved(host, family, program, "nft", here)
    spelled_out = {(table.family, table.name) for table in saved}
    others = [table for table in ruleset.tables if (table.family, table.name) not in spelled_out]
    return Ruleset((*others, *saved), ruleset.not_understood)


UNSPELT = re.compile(r"# (xt_\w+)")
"""How nft without iptables' library writes a match or target of iptables: as a comment, behind which a rule goes on."""


LISTED = re.compile(r"(?:(?:#.*)?\n|table \S+ \S+ \{.*\n(?:[ \t].*\n|\n)*+\}\n)*+")
"""What `nft list ruleset` prints: tables, each to its end; an error's words are no rules, nor is half a table."""


def _by_text(host: Host, no_json: Unreadable) -> Ruleset:
    """The rules in nft's own language, where only those were captured."""
    try:
        text = _output(host, "nft", "list", "ruleset")
    except Unreadable as error:
        if nf_tables_loaded(host):
            raise no_json if host.whole else error from None
        return Ruleset()
    if not LISTED.fullmatch(f"{text.rstrip()}\n"):
        raise Unreadable("`nft list ruleset` printed something else than tables, or not all of them")
    from linuxready.readers.firewall import nft_script

    # Without its mark the comment is a word that nobody understands, and the rule one that may do anything.
    ruleset = nft_script.parse(UNSPELT.sub(r"\1", text), "nft list ruleset", lambda pattern: [])
    if UNSPELT.search(text) or re.search(r"\bxt (match|target) ", text):
        with suppress(Unreadable):
            return _with_saved(host, ruleset)
    return ruleset


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
    release = host.told("kernel_release")
    if release.startswith(("2.", "3.0.")):
        return False  # nf_tables came with 3.13, and to Red Hat's 3.10
    with suppress(Unreadable):  # where it was not captured, the files that came with the kernel tell
        if host.mode("/sys/module/nf_tables") is not None:
            return True
    folder = f"/lib/modules/{release}"
    try:
        return any(line.endswith("/nf_tables.ko") for line in host.text(f"{folder}/modules.builtin").splitlines())
    except Unreadable as error:
        with suppress(Unreadable):
            if re.search(r"^\S*/nf_tables\.ko\S*:", host.text(f"{folder}/modules.dep"), re.M):
                return False  # a module of its own, and not among those that are loaded
        raise Unreadable(f"whether nf_tables is built in is not known: {error}") from None


def _saved(
    host: Host, family: str, program: str, backend: str, tables: Mapping[str, Table | None]
) -> tuple[Table, ...]:
    """One backend's tables, by the program that speaks for it; `tables`: their names, and what nft listed of them."""
    name = f"{program}-save" if _plain_backend(host, program) in (backend, "") else f"{program}-{backend}-save"
    try:
        text = _output(host, name)
    except Unreadable:
        if host.whole:
            raise
        if backend == "nft" and _has_old_tables(host, family):
            return ()  # these are what is listed: iptables for nf_tables would warn of them
        return tuple(_listed(host, family, program, table, by_nft) for table, by_nft in tables.items())
    if _backend_of(text) not in (backend, ""):
        raise Unreadable(f"{name} does not show the rules of the {backend} backend, which has some")
    return _parsed(text, family, name)


def _has_old_tables(host: Host, family: str) -> bool:
    with suppress(Absent):
        return any(host.text(names).split() for of, _, names in FAMILIES if of == family)
    return False


def _listed(host: Host, family: str, program: str, name: str, by_nft: Table | None) -> Table:
    """A table as a support tool had it listed; as nft has it where that shows other rules. Raises Unreadable."""
    from linuxready.readers.firewall import iptables, listing

    command = f"{program} -t {name} -nvL"
    try:
        lines = listing.saved(_output(host, *command.split()), name, command)
    except Unreadable:
        if by_nft is None:
            raise
        return by_nft
    (table,) = iptables.parse_noflush(lines, family, command)
    return by_nft if by_nft and counted(by_nft) != counted(table) else table


def counted(table: Table) -> dict[str, tuple[str, int]]:
    """The policy of each chain and how many rules it has; one that a reader made several of counts once.

    Chains without either are left out, for nft has none of the table's own that nobody asked for.
    """
    found = {chain.name: (chain.policy, len({rule.place for rule in chain.rules})) for chain in table.chains}
    return {name: chain for name, chain in found.items() if chain != ("accept", 0)}


def _plain_backend(host: Host, program: str) -> str:
    """The backend that a program without one in its name speaks for; "" where what it links to was not captured."""
    try:
        plain = host.real_path(f"/usr/sbin/{program}-save") + host.real_path(f"/sbin/{program}-save")
    except Unreadable:
        if host.whole:
            raise
        return ""
    return "nft" if "nft" in plain else "legacy"


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

"""ufw: what /lib/ufw/ufw-init loads at boot (ufw-framework(8)): iptables rules, for IPv4 and IPv6 apart.

    /etc/ufw/ufw.conf       ENABLED=yes
    /etc/default/ufw        DEFAULT_INPUT_POLICY="DROP", IPV6=yes
    /etc/ufw/before.rules   *filter … -A ufw-before-input -i lo -j ACCEPT … COMMIT; so after.rules, user.rules
    /etc/ufw/before6.rules  the same for IPv6, with chains named ufw6-…

The rules that the administrator's commands made are in user.rules; up to Ubuntu 14.04 it is in /lib/ufw. Scripts
(before.init, after.init) that may be executed are not understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from linuxready.host import Absent, Host, Unreadable, executable
from linuxready.readers.firewall import iptables
from linuxready.readers.firewall.assignments import parse_assignments
from linuxready.ruleset import Ruleset, Table

ETC = "/etc/ufw"
CONF = f"{ETC}/ufw.conf"
DEFAULTS = "/etc/default/ufw"
USER_FOLDERS = (ETC, "/lib/ufw", "/var/lib/ufw")
SCRIPTS = (f"{ETC}/before.init", f"{ETC}/after.init")

HOOKS = ("input", "output", "forward")
PARTS = ("before-logging", "before", "after", "after-logging", "reject", "track")
"""The chains that a built-in one goes through, in this order: ufw-before-input."""
TRACKED = ("tcp", "udp")
POLICIES = ("ACCEPT", "DROP", "REJECT")

WITHOUT_IPV6 = (
    "*filter",
    *(f":{hook.upper()} DROP" for hook in HOOKS),
    "-A INPUT -i lo -j ACCEPT",
    "-A OUTPUT -o lo -j ACCEPT",
    "COMMIT",
)
"""What IPv6 gets where IPV6 is not yes."""

Lines = list[tuple[str, str]]
"""Lines of rules, each with its place in front."""


def read(host: Host) -> Ruleset:
    """The rules that ufw loads: none where it is not enabled; raises Absent where it is not installed."""
    own = _settings(host, CONF)
    try:
        settings = _settings(host, DEFAULTS) | own
    except Absent as error:
        return Ruleset((), (f"{error}, and ufw does not start without",))
    if settings.get("ENABLED", "") not in ("yes", "YES"):
        return Ruleset((), () if settings.get("ENABLED", "") is not None else (f"{CONF}: ENABLED",))
    unread = [f"{path}: a script that ufw runs" for path in SCRIPTS if executable(host.mode(path))]
    policies = {hook: settings.get(f"DEFAULT_{hook.upper()}_POLICY") or "" for hook in HOOKS}
    unread += [f"{DEFAULTS}: default policy for {h}: `{p}`" for h, p in policies.items() if p not in POLICIES]
    tables = compile_rules(policies, _rules_files(host, "", unread), "")
    if settings.get("IPV6") in ("yes", "YES"):
        tables += compile_rules(policies, _rules_files(host, "6", unread), "6")
    else:
        tables += iptables.parse_noflush(((DEFAULTS, line) for line in WITHOUT_IPV6), "ip6", ETC)
    return Ruleset(tables, tuple(unread))


def compile_rules(policies: dict[str, str], files: dict[str, Lines], six: str) -> tuple[Table, ...]:
    """The tables of one family, `six` being "" or "6"; `files` are the lines of before, after and user.rules."""
    lines = [(DEFAULTS, line) for line in _framework(policies, f"ufw{six}")]
    lines += [*files["before"], *files["after"]]
    if files["user"]:
        lines += [(DEFAULTS, line) for line in _user_chains(f"ufw{six}")]
        lines += files["user"]
        lines += [(DEFAULTS, line) for line in _user_jumps(f"ufw{six}")]
    lines += [(DEFAULTS, line) for line in _final(policies)]
    return iptables.parse_noflush(lines, "ip6" if six else "ip", ETC)


def _framework(policies: dict[str, str], ufw: str) -> Iterator[str]:
    """What ufw_start of ufw-init-functions makes before it loads any file."""
    yield "*filter"
    for hook in HOOKS:
        yield f":{hook.upper()} ACCEPT"
        yield from (f":{ufw}-{part}-{hook} -" for part in PARTS)
        yield from (f"-A {hook.upper()} -j {ufw}-{part}-{hook}" for part in PARTS)
        if policies[hook] == "REJECT":
            yield f"-A {ufw}-reject-{hook} -j REJECT"
        if policies[hook] == "ACCEPT":
            for protocol in TRACKED:
                yield f"-A {ufw}-track-{hook} -p {protocol} -m conntrack --ctstate NEW -j ACCEPT"
        yield f":{ufw}-skip-to-policy-{hook} -"
        yield f"-A {ufw}-skip-to-policy-{hook} -j {policies[hook]}"
    yield f":{ufw}-logging-deny -"
    yield f":{ufw}-logging-allow -"
    yield "COMMIT"


def _user_chains(ufw: str) -> Iterator[str]:
    yield "*filter"
    for hook in HOOKS:
        yield f":{ufw}-user-{hook} -"
        yield f":{ufw}-user-logging-{hook} -"
    yield f":{ufw}-user-limit -"
    yield f":{ufw}-user-limit-accept -"
    yield "COMMIT"


def _user_jumps(ufw: str) -> Iterator[str]:
    yield "*filter"
    yield from (f"-A {ufw}-before-{hook} -j {ufw}-user-{hook}" for hook in HOOKS)
    yield "COMMIT"


def _final(policies: dict[str, str]) -> Iterator[str]:
    yield "*filter"
    yield from (f":{hook.upper()} {'ACCEPT' if policies[hook] == 'ACCEPT' else 'DROP'}" for hook in HOOKS)
    yield "COMMIT"


def _settings(host: Host, path: str) -> dict[str, str | None]:
    """A file's variables; None for a value that only a shell can tell."""
    return {name: one.value for name, one in parse_assignments(host.text(path)).items()}


def _rules_files(host: Host, six: str, unread: list[str]) -> dict[str, Lines]:
    """The lines of before, after and user.rules; a file that is not there is named, and has none."""
    files: dict[str, Lines] = {}
    for name, folders in (("before", (ETC,)), ("after", (ETC,)), ("user", USER_FOLDERS)):
        paths = [path for folder in folders if host.mode(path := f"{folder}/{name}{six}.rules") is not None]
        path = paths[0] if paths else f"{ETC}/{name}{six}.rules"
        try:
            text = host.text(path)
            files[name] = [(f"{path}:{number}", line) for number, line in enumerate(text.split("\n"), 1)]
        except Unreadable as error:
            unread.append(str(error))
            files[name] = []
    return files

"""Does a service start at boot? Asked of the files that the init system itself will read.

`is-enabled` and `chkconfig --list` tell what an administrator asked for; what starts is decided by the boot
transaction (systemd), by the links of the default runlevel (SysV) or by the job's events (Upstart).
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

from msgspec.structs import replace

from linuxready.facts import Evidence, Service
from linuxready.host import Absent, Host, Unreadable, executable
from linuxready.readers import systemd
from linuxready.text import shortened

SSH_NAMES = ("sshd", "ssh")
"""The server's name: sshd nearly everywhere, ssh on Debian and Ubuntu."""

NOT_TO_BE_RUN = "/etc/ssh/sshd_not_to_be_run"
"""Debian's and Ubuntu's units, jobs and scripts start nothing while this file is there."""

RUNLEVEL_FOLDERS = ("/etc/rc.d/rc{}.d", "/etc/init.d/rc{}.d", "/etc/rc{}.d")
"""Red Hat's, SUSE's and Debian's."""


def read_ssh(host: Host) -> Service:
    """Whether the SSH server starts at boot, with `is-enabled`'s word where it does not; raises Unreadable."""
    found = starts_at_boot(host, SSH_NAMES)
    if found.init != "systemd" or found.obstacle in (None, "not-installed"):
        return found
    return replace(found, evidence=(*found.evidence, *_is_enabled(host, found.unit)))


def starts_at_boot(host: Host, names: tuple[str, ...]) -> Service:
    """Whether a service starts at boot, under any of its names; of files alone, no command is run.

    Where it does not, `unit` and `obstacle` are those that are nearest to starting. Raises Unreadable where the init
    system, the target or runlevel it boots to, or what decides in a unit, cannot be told.
    """
    init = init_system(host)
    if init == "systemd":
        return systemd_service(host, names)
    for name in names:
        job = f"/etc/init/{name}.conf"
        if host.mode(job) is not None:
            return upstart_job(host, name, job)
    return sysv_script(host, names, init)


def init_system(host: Host) -> str:
    """systemd, upstart or sysv, by what /sbin/init is; by its files where that was not captured."""
    target = host.real_path("/sbin/init")
    if "systemd" in target:
        return "systemd"
    upstart = host.mode("/etc/init/rc-sysinit.conf") is not None or host.mode("/etc/init/rc.conf") is not None
    if host.mode("/sbin/init") is not None:
        return "upstart" if upstart else "sysv"
    if upstart:
        return "upstart"
    if any(host.link(f"{f}/default.target") or host.mode(f"{f}/multi-user.target") for f in systemd.UNIT_FOLDERS):
        return "systemd"
    if host.mode("/etc/inittab") is not None:
        return "sysv"
    raise Unreadable("no init system found: neither /sbin/init, systemd units nor /etc/inittab are there")


# -- systemd -------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def units_of(host: Host) -> systemd.Units:
    """The units of a host, and its boot transaction, are read once for all services that are asked after."""
    return systemd.Units(host)


def systemd_service(host: Host, names: tuple[str, ...]) -> Service:
    """Whether the boot transaction starts one of these services or their sockets."""
    units = units_of(host)
    for folder in systemd.UNIT_FOLDERS:
        if folder in units.unreadable:
            raise Unreadable(units.unreadable[folder])
    candidates = [f"{name}.{kind}" for kind in ("service", "socket") for name in names]
    known = [unit for name in candidates if (unit := units.load(name))]
    if not known:
        evidence = Evidence("systemd units", f"none of {', '.join(candidates)} is there")
        return Service(False, "systemd", units.default_target(), candidates[0], "not-installed", (evidence,))
    target, reached = units.boot_transaction()
    troubles: list[tuple[bool, str, str, Evidence]] = []
    for unit in known:
        pulled_by = reached.get(unit.name)
        obstacle = units.obstacle(unit) if pulled_by or unit.masked else None
        if pulled_by and not obstacle:
            return Service(True, "systemd", target, unit.name, None, (pulled_by,))
        word, evidence = obstacle or ("disabled", Evidence(unit.file, f"nothing that {target} starts wants it"))
        troubles.append((pulled_by is not None, unit.name, word, evidence))
    if units.unreadable:
        raise Unreadable("; ".join(units.unreadable.values()))
    # What is asked for and kept from starting is the thing to mend, before what nobody asked for.
    _, name, word, evidence = max(troubles, key=lambda trouble: trouble[0])
    return Service(False, "systemd", target, name, word, (evidence,))


def _is_enabled(host: Host, unit: str) -> tuple[Evidence, ...]:
    with suppress(Unreadable):
        words = host.run("systemctl", "is-enabled", unit).stdout.split()
        if words:
            return (Evidence(f"systemctl is-enabled {unit}", words[-1]),)
    return ()


# -- SysV ----------------------------------------------------------------------------------------------


def sysv_script(host: Host, names: tuple[str, ...], init: str) -> Service:
    """Whether the default runlevel has a start link to an executable script."""
    scripts = [path for name in names if host.mode(path := f"/etc/init.d/{name}") is not None]
    if not scripts:
        evidence = Evidence("/etc/init.d", f"has none of {', '.join(names)}")
        return Service(False, init, "", names[0], "not-installed", (evidence,))
    runlevel, seen = default_runlevel(host)
    boots_to = f"runlevel {runlevel}"
    name = scripts[0].rpartition("/")[2]
    started = _start_link(host, names, runlevel)
    if started is None:
        nothing = Evidence(_runlevel_folder(host, runlevel), f"no start link (S??{name})")
        return Service(False, "sysv", boots_to, name, "disabled", (seen, nothing))
    link = Evidence(started, f"starts {host.real_path(started)}")
    if not executable(host.mode(started)):
        return Service(False, "sysv", boots_to, name, "not-executable", (seen, link))
    # Debian's script heeds the file; the others, named sshd, do not know it.
    if name == "ssh" and host.mode(NOT_TO_BE_RUN) is not None:
        return Service(False, "sysv", boots_to, name, "not-to-be-run", (seen, Evidence(NOT_TO_BE_RUN, "exists")))
    return Service(True, "sysv", boots_to, name, None, (seen, link))


def default_runlevel(host: Host) -> tuple[str, Evidence]:
    """The runlevel that the machine boots to, and where that is said; raises Unreadable where nobody says."""
    sources = (
        ("/etc/inittab", re.compile(r"^[^#:\n]*:(\d)[^:\n]*:initdefault:", re.M)),
        ("/etc/init/rc-sysinit.conf", re.compile(r"^\s*env\s+DEFAULT_RUNLEVEL=(\d)", re.M)),
    )
    for path, pattern in sources:
        with suppress(Absent):
            text = host.text(path)
            match = pattern.search(text)
            if match:
                line = text.count("\n", 0, match.start(1)) + 1
                return match[1], Evidence(f"{path}:{line}", match[0].strip())
    raise Unreadable("the default runlevel is not known (/etc/inittab has no initdefault)")


def _runlevel_folder(host: Host, runlevel: str) -> str:
    folders = [folder.format(runlevel) for folder in RUNLEVEL_FOLDERS]
    return next((folder for folder in folders if host.mode(folder) is not None), folders[-1])


def _start_link(host: Host, names: tuple[str, ...], runlevel: str) -> str | None:
    """The S link that starts one of the names, preferring one whose script is executable."""
    folder = _runlevel_folder(host, runlevel)
    found = []
    with suppress(Absent):
        for entry in host.entries(folder):
            match = re.fullmatch(r"S\d\d(.+)", entry)
            if match and match[1] in names and host.mode(f"{folder}/{entry}") is not None:
                found.append(f"{folder}/{entry}")
    return max(found, key=lambda path: executable(host.mode(path)), default=None)


# -- Upstart -------------------------------------------------------------------------------------------


def upstart_job(host: Host, name: str, path: str) -> Service:
    """Whether a job's `start on` holds on the way to the default runlevel (init(5))."""
    runlevel, seen = default_runlevel(host)
    boots_to = f"runlevel {runlevel}"
    override = path.removesuffix(".conf") + ".override"
    stanzas = parse_job(host.text(path), path)
    with suppress(Absent):
        stanzas += parse_job(host.text(override), override)
    start: tuple[str, Evidence] | None = None
    for word, condition, evidence in stanzas:
        start = (condition, evidence) if word == "start" else None
    if start is None:
        last = stanzas[-1][2] if stanzas else Evidence(path, "no `start on`")
        return Service(False, "upstart", boots_to, name, "disabled", (seen, last))
    condition, evidence = start
    holds = starts_in(condition, runlevel)
    if holds is None:
        raise Unreadable(f"{evidence.source}: `{evidence.text}` turns on events that files do not tell")
    if not holds:
        return Service(False, "upstart", boots_to, name, "disabled", (seen, evidence))
    if name in SSH_NAMES and host.mode(NOT_TO_BE_RUN) is not None:
        return Service(False, "upstart", boots_to, name, "not-to-be-run", (Evidence(NOT_TO_BE_RUN, "exists"),))
    return Service(True, "upstart", boots_to, name, None, (seen, evidence))


def parse_job(text: str, path: str) -> list[tuple[str, str, Evidence]]:
    """The (`start`, condition) and (`manual`, "") stanzas of a job file, in order; `manual` undoes what is above it.

    A condition may go on over lines: while its brackets are open, or after a backslash.
    """
    stanzas = []
    lines = iter(enumerate(text.split("\n"), 1))
    for number, line in lines:
        words = line.partition("#")[0].strip()
        while words.startswith("start") and (words.count("(") > words.count(")") or words.endswith("\\")):
            following = next(lines, None)
            if following is None:
                break
            words = f"{words.removesuffix(chr(92))} {following[1].partition('#')[0].strip()}"
        match = re.match(r"start\s+on\s+(.+)", words)
        if match or words == "manual":
            evidence = Evidence(f"{path}:{number}", shortened(words))
            stanzas.append(("start", match[1], evidence) if match else ("manual", "", evidence))
    return stanzas


BOOT_EVENTS = frozenset(
    "startup filesystem local-filesystems remote-filesystems virtual-filesystems mounted all-swaps "
    "static-network-up net-device-up started starting".split()
)
"""Events that come at every boot, or whose own job we take to come (`started dbus`)."""


def starts_in(condition: str, runlevel: str) -> bool | None:
    """Whether an Upstart condition comes true while booting to a runlevel; None where that is not to be told.

    "filesystem or runlevel [2345]" does in runlevel 3; "runlevel [!06]" too; "started foo and (runlevel 5)" does not.
    """
    tokens = re.findall(r"\(|\)|[^\s()]+", condition)
    try:
        value, rest = _either(tokens, runlevel)
    except (IndexError, RecursionError):
        return None
    return value if not rest else None


def _either(tokens: list[str], runlevel: str) -> tuple[bool | None, list[str]]:
    value, tokens = _both(tokens, runlevel)
    while tokens and tokens[0] == "or":
        other, tokens = _both(tokens[1:], runlevel)
        value = True if value or other else None if None in (value, other) else False
    return value, tokens


def _both(tokens: list[str], runlevel: str) -> tuple[bool | None, list[str]]:
    value, tokens = _event(tokens, runlevel)
    while tokens and tokens[0] == "and":
        other, tokens = _event(tokens[1:], runlevel)
        value = False if value is False or other is False else None if None in (value, other) else True
    return value, tokens


def _event(tokens: list[str], runlevel: str) -> tuple[bool | None, list[str]]:
    if tokens[0] == "(":
        value, tokens = _either(tokens[1:], runlevel)
        if tokens[0] != ")":
            return None, []
        return value, tokens[1:]
    name, *rest = tokens
    arguments = []
    while rest and rest[0] not in ("and", "or", ")", "("):
        arguments.append(rest.pop(0))
    if name != "runlevel":
        return True if name in BOOT_EVENTS else None, rest
    levels = arguments[0].removeprefix("RUNLEVEL=") if arguments else "*"
    if levels.startswith("[!"):
        return runlevel not in levels[2:].rstrip("]"), rest
    return levels == "*" or runlevel in levels.strip("[]"), rest

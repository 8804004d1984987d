"""What the agent's installer asks of the running system: locale, host name, runlevel, DHCP client."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts, Release, Software, UnknownFact
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.software import install
from linuxready.requirements.system import spoken_release, version_key

UNSET = ("", "(none)")
"""What the kernel's host name is where nobody has set one."""


def looked_for(programs: Software, name: str) -> tuple[str, ...]:
    """The paths of a program, none where it is not there; raises UnknownFact where that was not seen."""
    paths = programs.programs.get(name)
    if paths:
        return paths
    if paths is None or name in programs.unreadable:
        raise UnknownFact(programs.unreadable.get(name, f"{name} was not looked for"))
    return ()


class CLocale(Requirement, frozen=True, tag="c-locale"):
    """`locale -a` can offer the C locale."""

    reads: ClassVar[tuple[str, ...]] = ("agent_programs",)
    explain: ClassVar[str] = """\
The C locale is a part of the C library and needs no file, so `locale -a` offers it wherever that program is: looked for
is the program, which is not run."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        if paths := looked_for(facts.agent_programs.known(), "locale"):
            yield Answer("pass", f"{paths[0]} offers C", "", (Evidence(paths[0], "executable"),))
            return
        seen = Evidence("/usr/bin, /bin, …", "no executable locale")
        advice = hint("install the C library's programs: glibc-common (Red Hat), glibc (SUSE), libc-bin (Debian)")
        yield Answer("fail", "no program `locale`", "", (seen,), (advice,))


class AnyProgram(Requirement, frozen=True, tag="any-program"):
    """One of the listed programs is there."""

    programs: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = ("agent_programs", "software")
    explain: ClassVar[str] = """\
An executable file of one of these names in /usr/sbin, /usr/bin, /sbin, /bin, /usr/local/sbin, /usr/local/bin or
/usr/libexec; Python's version is not asked for, which would mean to run it. Of a sosreport or supportconfig the list of
packages tells."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        known = facts.agent_programs.known()
        found = next((paths[0] for name in self.programs if (paths := known.programs.get(name))), None)
        if found:
            yield Answer("pass", found, "", (Evidence(found, "executable"),))
            return
        for name in self.programs:
            looked_for(known, name)
        seen = Evidence("/usr/bin, /bin, …", f"none of {', '.join(self.programs)}")
        yield Answer("fail", f"no {self.programs[0]}", "", (seen,), (install(facts, self.programs[0]),))


class HostNameSet(Requirement, frozen=True, tag="host-name-set"):
    """The machine has a host name."""

    reads: ClassVar[tuple[str, ...]] = ("host_name",)
    explain: ClassVar[str] = """\
What the kernel says, as `hostname` does: empty or (none) is none. `localhost` is a name, and warns: replicated machines
are told apart by it."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        name = facts.host_name.known()
        evidence = (Evidence("host name", name or "empty"),)
        advice = (hint("give the machine a host name of its own: `hostnamectl set-hostname`, or /etc/hostname"),)
        if name in UNSET:
            yield Answer("fail", "no host name is set", "", evidence, advice)
        elif name.partition(".")[0] == "localhost":
            yield Answer("warn", name, "", evidence, advice)
        else:
            yield Answer("pass", name, "", evidence)


class RunLevelIs(Requirement, frozen=True, tag="run-level"):
    """The machine runs at a listed runlevel, or under systemd and is not being shut down."""

    levels: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = ("run_level",)
    explain: ClassVar[str] = """\
Under systemd (/run/systemd/system is there) any target will do, unless a shutdown is announced. Else the runlevel of
utmp counts, as `runlevel` tells it. A machine that does not run, as a mounted image, has none: unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        level = facts.run_level.known()
        if level.ending:
            yield Answer("fail", level.evidence.text, "", (level.evidence,), (hint("wait until it runs again"),))
        elif level.level == "systemd" or level.level in self.levels:
            yield Answer("pass", level.evidence.text, "", (level.evidence,))
        else:
            advice = hint(f"bring it to runlevel {' or '.join(self.levels)}, with `telinit`")
            yield Answer("fail", level.evidence.text, "", (level.evidence,), (advice,))


class DhcpClient(Requirement, frozen=True, tag="dhcp-client"):
    """The DHCP client that the agent asks for on a distribution is there.

    `clients`: program by distribution and first release; `without`: releases from which a system may do without it.
    """

    clients: dict[str, dict[str, str]]
    without: dict[str, str]

    reads: ClassVar[tuple[str, ...]] = ("release", "agent_programs", "software")
    explain: ClassVar[str] = """\
In Azure the machine gets its address by DHCP. The agent asks for a program by distribution: dhclient; dhcpcd on SLES
11, wickedd-dhcp4 on SLES 15. Newer systems have a client in NetworkManager or systemd-networkd and none of these: there
the agent's answer is not documented, so it warns."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        release = facts.release.known()
        client = self._client(release)
        if client is None:
            yield Answer("skip", f"none is asked for on {spoken_release(release)}")
            return
        if paths := looked_for(facts.agent_programs.known(), client):
            yield Answer("pass", paths[0], "", (Evidence(paths[0], "executable"),))
            return
        evidence = (Evidence("/usr/sbin, /usr/bin, …", f"no executable {client}"),)
        first = self.without.get(release.id)
        if first and version_key(release.version) >= version_key(first):
            found = f"no {client}: whether the agent takes another client is not documented"
            advice = hint("see that NetworkManager or systemd-networkd gets addresses by DHCP")
            yield Answer("warn", found, "", evidence, (advice,))
        else:
            yield Answer("fail", f"no {client}", "", evidence, (install(facts, _package(client, release)),))

    def _client(self, release: Release) -> str | None:
        by_release = self.clients.get(release.id, {})
        fitting = [first for first in by_release if version_key(first) <= version_key(release.version)]
        return by_release[max(fitting, key=version_key)] if fitting else None


def _package(client: str, release: Release) -> str:
    """The package of a DHCP client."""
    if client == "wickedd-dhcp4":
        return "wicked"
    if client == "dhcpcd":
        return "dhcpcd"
    if release.id in ("debian", "ubuntu"):
        return "isc-dhcp-client"
    # Red Hat's package was called as its program before EL 8.
    return "dhclient" if release.id != "sles" and version_key(release.version) < (8,) else "dhcp-client"

"""The kernel as the replication agent takes it: by its list, by its rules for a distribution, by a floor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import ClassVar, Literal

from msgspec import Struct
from msgspec.structs import replace

from linuxready.facts import Evidence, Facts, Release, UnknownFact
from linuxready.kernellist import LOCAL_FOLDER, KernelList, Names, expanded, order
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.system import both_kernels, spoken_release, version_key

NEWER_LIST = f"or see whether the publisher's list has grown: a newer one goes into {LOCAL_FOLDER}"


class Floor(Struct, frozen=True, forbid_unknown_fields=True):
    """The lowest build that is taken: "305.30.1". With a `base`, of builds that begin so; for these no other counts.

    `agent`: the first version of the agent that takes it, "" where all do.
    """

    min: str
    base: str = ""
    agent: str = ""


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """Kernels that are taken without being listed each: `pattern` matches the whole `uname -r`.

    Its group `build` is held against `floors`; its group `minor` is the minor release that a kernel came with, and
    `base` what `builds` has by minor release. `release_from`: on this release and newer ones only.
    """

    name: str
    pattern: str
    floors: tuple[Floor, ...] = ()
    builds: dict[str, int] = {}
    status: Literal["pass", "warn"] = "pass"
    release_from: str = ""


class Exact(Struct, frozen=True, forbid_unknown_fields=True):
    """Kernels that the page lists one by one for a version of the agent."""

    agent: str
    names: Names


class KernelFamily(Struct, frozen=True, forbid_unknown_fields=True):
    """The kernels of some releases, by distribution: major releases or exact ones.

    `family` is the name in the kernel list, where that has them; `packs`: there a service pack stands behind each.
    """

    releases: dict[str, tuple[str, ...]]
    family: str = ""
    packs: bool = False
    exact: tuple[Exact, ...] = ()
    rules: tuple[Rule, ...] = ()


class AgentKernel(Requirement, frozen=True, tag="agent-kernel"):
    """The running kernel, and the one that starts next, is one that the agent takes. `kernels` names the list."""

    kernels: KernelList | str
    families: tuple[KernelFamily, ...]

    reads: ClassVar[tuple[str, ...]] = ("release", "kernel", "next_kernel")
    explain: ClassVar[str] = """\
The finding says how the answer was reached. The agent's own list: the kernel stands in it, and since which build of the
agent. A rule: the agent or the page takes a family of kernels without naming each (every -default kernel of SLES 12 and
15, every stock kernel of RHEL 7). A floor: the kernel is at or above the lowest build of a family that is taken; below
it fails. The page only: the page has a name or range that the agent's list lacks (they disagree in some twenty places,
and the page's old ranges hold numbers that never were released): this warns, for what the agent lacks it cannot drive.
Anything else is not listed and fails, with the nearest listed kernels of the same flavour below and above it.
RHEL, Oracle Linux and Rocky Linux 9 go by the tables for the agents 9.62 to 9.66: a kernel that is older than these
tables reach is not listed, even where an agent of before took it.
A kernel of a newer minor release than the one installed warns. What the boot loader starts next is judged as well, and
warned about: a failover boots that one. The list's date is always told; a newer list goes into
/etc/linuxready/kernels.d. On a distribution that is not listed there is nothing to judge the kernel by: skipped."""

    def completed(self, list_of: Callable[[str], KernelList]) -> AgentKernel:
        return replace(self, kernels=list_of(self.kernels)) if isinstance(self.kernels, str) else self

    def data_dates(self) -> Iterator[str]:
        if isinstance(self.kernels, KernelList):
            yield f"Kernels of the {self.kernels.title}: list of {self.kernels.as_of}."

    def judge(self, facts: Facts) -> Iterator[Answer]:
        release = facts.release.known()
        family = self.family_of(release)
        if family is None:
            yield Answer("skip", f"{spoken_release(release)} is not on the list")
            return
        yield from both_kernels(facts, lambda kernel, seen: self.answer(kernel, release, family, seen))

    def mistakes(self) -> Iterator[str]:
        if isinstance(self.kernels, KernelList):
            yield from self.kernels.mistakes()
        for rule in (rule for family in self.families for rule in family.rules):
            try:
                groups = re.compile(rule.pattern).groupindex
            except re.error as error:
                yield f"`pattern` {rule.pattern} is no regular expression: {error}"
                continue
            if (rule.builds or rule.floors) and "build" not in groups:
                yield f"`builds` and `floors` need a group `build` in `pattern` {rule.pattern}"

    def family_of(self, release: Release) -> KernelFamily | None:
        """The kernels that a release may have; None where it is not listed."""
        for family in self.families:
            if any(f"{release.version}.".startswith(f"{v}.") for v in family.releases.get(release.id, ())):
                return family
        return None

    def answer(self, kernel: str, release: Release, family: KernelFamily, seen: Evidence) -> Answer:
        """What one kernel is on a release."""
        if isinstance(self.kernels, str):
            raise UnknownFact(f"the kernel list {self.kernels} was not loaded")
        listed = self.kernels
        evidence = (seen, Evidence("kernel list", f"{listed.title}, {listed.as_of}"))
        dated = f"list of {listed.as_of}"
        name = f"{kernel}:{release.version.partition('.')[2] or '0'}" if family.packs else kernel
        if build := listed.build_of(family.family, name):
            return Answer("pass", f"{kernel}, in the agent's {dated} (since {build})", "", evidence)
        for exact in family.exact:
            if kernel in expanded(exact.names):
                return Answer("pass", f"{kernel}, on the page for agent {exact.agent} ({dated})", "", evidence)
        below = ""
        for rule in family.rules:
            match = re.fullmatch(rule.pattern, kernel)
            if match and version_key(release.version) >= version_key(rule.release_from):
                floor, below = self._floor(rule, match)
                if not below:
                    return self._by_rule(kernel, release, rule, match, floor, dated, evidence)
                break
        if listed.on_page(family.family, name):
            advice = self._nearest(name, family)
            page = listed.page.as_of if listed.page else ""
            found = f"{kernel}, on the page of {page} only: not in the agent's {dated}"
            return Answer("warn", found, "", evidence, advice)
        why = "not listed"
        if below:
            listed_too = f"not listed, and below {below}, from which on all are taken"
            why = listed_too if family.exact else f"below {below}, the lowest build that is taken"
        return Answer("fail", f"{kernel}, {why} ({dated})", "", evidence, self._nearest(name, family))

    def _floor(self, rule: Rule, match: re.Match[str]) -> tuple[Floor | None, str]:
        """The highest floor that a kernel is at or above, and the lowest that applies where it is below all."""
        if not rule.floors:
            return None, ""
        build = match["build"]
        of_base = [f for f in rule.floors if f.base == build.partition(".")[0]]
        floors = of_base or [f for f in rule.floors if not f.base]
        reached = [f for f in floors if version_key(f.min) <= version_key(build)]
        if floors and not reached:
            return None, min((f.min for f in floors), key=version_key)
        return max(reached, key=lambda f: version_key(f.min), default=None), ""

    def _by_rule(
        self,
        kernel: str,
        release: Release,
        rule: Rule,
        match: re.Match[str],
        floor: Floor | None,
        dated: str,
        evidence: tuple[Evidence, ...],
    ) -> Answer:
        minor = _minor(rule, match, release)
        if minor and version_key(minor) > version_key(release.version):
            found = f"{kernel} came with {minor}, installed is {release.version} ({rule.name}; {dated})"
            advice = hint(f"update the whole system to {minor}, or boot a kernel of {release.version}")
            return Answer("warn", found, "", evidence, (advice,))
        above = f", at or above {floor.min}" if floor else ""
        agent = f", agent {floor.agent} or newer" if floor and floor.agent else ""
        found = f"{kernel}, {rule.name}{above}{agent} ({dated})"
        advice = hint(f"boot a stock kernel of {spoken_release(release)}, or ask the publisher about this one")
        return Answer(rule.status, found, "", evidence, (advice,) if rule.status == "warn" else ())

    def _nearest(self, kernel: str, family: KernelFamily) -> tuple[Remedy, ...]:
        """What listed kernels there are beside one that is not, of its flavour."""
        below, above = ("", "")
        if isinstance(self.kernels, KernelList) and family.family:
            below, above = self.kernels.nearest(family.family, kernel)
        else:
            # A kernel of another minor release is none for this machine.
            minor = re.search(r"\.el\d+(_\d+)?\b", kernel)
            names = [name for exact in family.exact for name in expanded(exact.names) if minor and minor[0] in name]
            matching = [rule for rule in family.rules if re.fullmatch(rule.pattern, kernel)]
            names += [_floored(rule, floor) for rule in matching for floor in rule.floors]
            own = order(kernel)
            below = max((n for n in names if order(n) < own and ".el" in n), key=order, default="")
            above = min((n for n in names if order(n) > own), key=order, default="")
        newer = (hint(f"boot {above}: the next listed kernel"),) if above else ()
        older = (hint(f"boot {below}: the listed kernel before it"),) if below else ()
        taken = "; or ".join(rule.name for rule in family.rules if rule.status == "pass")
        other = () if newer or older else (hint(f"boot another kernel: {taken or 'a stock one of the distribution'}"),)
        return (*newer, *older, *other, hint(NEWER_LIST))


def _floored(rule: Rule, floor: Floor) -> str:
    """A floor as the kernel's name that it stands for: 4.18.0-305.30.1."""
    base = re.match(r"(?:\d|\\\.)+-", rule.pattern)
    return f"{base[0].replace(chr(92), '') if base else ''}{floor.min}"


def _minor(rule: Rule, match: re.Match[str], release: Release) -> str:
    """The minor release that a kernel came with, "" where its name does not tell."""
    groups = match.groupdict()
    if groups.get("minor"):
        return f"{release.version.partition('.')[0]}.{groups['minor']}"
    if not rule.builds:
        return ""
    build = int(match["build"].partition(".")[0])
    return max(((base, minor) for minor, base in rule.builds.items() if base <= build), default=(0, ""))[1]

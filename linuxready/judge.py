"""Pure: Facts and a Profile give a Report. No file, command, clock or environment."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from linuxready import __version__
from linuxready.facts import Facts, Release, UnknownFact
from linuxready.profile import Machine, Profile
from linuxready.report import (
    SCHEMA,
    Finding,
    HostSummary,
    Reference,
    Remedy,
    Report,
    Status,
    Tool,
    Verdict,
    Waiver,
)
from linuxready.requirements.base import Answer, Requirement, hint
from linuxready.requirements.system import Distribution, spoken_release

WORST_FIRST: tuple[Status, ...] = ("fail", "unknown", "warn", "manual", "pass", "skip")
"""How answers fold: a known failure outweighs what is not known, which outweighs a warning."""

MAX_SHOWN = 6
"""Items named in a finding's one line; the rest is counted."""

WAIVED: tuple[Status, ...] = ("fail", "warn")
"""What a waiver covers: what was seen and is not as it should be."""

STALE_DAYS = 30
"""Facts older than this are said to be old."""


READ_ALWAYS = ("uid", "container", "host_name", "release", "kernel", "hardware")
"""Facts that the report's head is made of."""


def facts_read(profile: Profile, only: Sequence[str] = (), skip: Sequence[str] = ()) -> frozenset[str]:
    """The names of the facts that a report by this profile is made of."""
    read = {name for requirement in _chosen(profile, only, skip) for name in requirement.reads}
    return frozenset(read.union(READ_ALWAYS))


def _chosen(profile: Profile, only: Sequence[str], skip: Sequence[str]) -> list[Requirement]:
    return [r for r in profile.requirement if (not only or r.id in only) and r.id not in skip]


def judge(
    facts: Facts,
    profile: Profile,
    today: datetime.date,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    others: Iterable[Profile] = (),
) -> Report:
    """The report on a machine. `only` and `skip` are requirement ids; with either the report is not complete.

    `others`: profiles to point to where they list a distribution that this one does not; looked at only then.
    """
    requirements = _chosen(profile, only, skip)
    waivers: dict[str, list[Waiver]] = {}
    for waiver in profile.waiver:
        waivers.setdefault(waiver.requirement, []).append(waiver)
    collected = _day(facts, today)
    # A clock that lags behind that of the facts makes no waiver valid again.
    day = max(today, collected)
    findings = tuple(_finding(r, facts, profile, others, waivers.get(r.id), day) for r in requirements)
    return Report(
        schema=SCHEMA,
        tool=Tool("linuxready", __version__),
        profile=profile.summary(better(facts, profile)),
        host=HostSummary(
            facts.host_name.value,
            spoken_release(facts.release.value) if facts.release.value else None,
            facts.kernel.value.release if facts.kernel.value else None,
        ),
        source=_source(facts, (today - collected).days),
        collected_at=facts.collected_at,
        complete=len(requirements) == len(profile.requirement),
        verdict=verdict(findings),
        counts=dict(Counter(finding.status for finding in findings)),
        findings=findings,
    )


def better(facts: Facts, profile: Profile) -> str:
    """Which other profile is for machines such as this one, or newer, as the profile itself knows; "" for none."""
    hardware = facts.hardware.value
    machine: Machine = (
        "hyper-v" if hardware and hardware.is_hyperv else "vmware" if hardware and hardware.is_vmware else ""
    )
    if machine and profile.machine and machine != profile.machine:
        elsewhere = profile.elsewhere.get(machine, "")
        spoken = "Hyper-V VM" if machine == "hyper-v" else "VMware VM"
        return f"{elsewhere}: this is a {spoken} (check --profile {elsewhere})" if elsewhere else ""
    return f"{profile.newer}: newer (check --profile {profile.newer})" if profile.newer else ""


def verdict(findings: Iterable[Finding]) -> Verdict:
    """A failure makes it not ready; else an unknown required one makes it undetermined; else ready."""
    findings = tuple(findings)
    if any(finding.status == "fail" for finding in findings):
        return "not-ready"
    if nothing_judged(findings) or any(f.status == "unknown" and f.level == "required" for f in findings):
        return "undetermined"
    return "ready"


def nothing_judged(findings: Iterable[Finding]) -> bool:
    """Whether nothing was judged: what is left to a person never makes a machine ready."""
    return all(finding.status == "manual" for finding in findings)


def fold(answers: Sequence[Answer]) -> tuple[Status, str, tuple[Answer, ...]]:
    """The status of many answers, their one line, and the answers that are shown for it, worst first.

    Without any answer the status is unknown: nothing was judged.
    """
    if not answers:
        return "unknown", "nothing was judged", ()
    ranked = sorted(answers, key=lambda answer: WORST_FIRST.index(answer.status))
    status = ranked[0].status
    deciding = [answer for answer in ranked if answer.status == status]
    shown = deciding if status in ("pass", "skip") else [a for a in ranked if a.status not in ("pass", "skip")]
    return status, _found(deciding), tuple(shown)


def _finding(
    requirement: Requirement,
    facts: Facts,
    profile: Profile,
    others: Iterable[Profile],
    waivers: Sequence[Waiver] | None,
    today: datetime.date,
) -> Finding:
    answers = list(_answers(requirement, facts))
    if facts.container.value:
        answers = [_in_container(answer, facts.container.value) for answer in answers]
    status, found, shown = fold(answers)
    remedies = [remedy for answer in shown for remedy in answer.remedies]
    if _is_gathered(facts) or (facts.source.startswith("root ") and "run as root" not in found):
        on_it = (replace(remedy, text=remedy.text.replace(AS_ROOT, ELSEWHERE)) for remedy in remedies)
        remedies = [*_gather_more(shown), *on_it]
    if status == "fail" and isinstance(requirement, Distribution):
        remedies += _listing(facts.release.known(), others)
    if status == "fail" and requirement.level == "advised":
        status = "warn"
    finding = Finding(
        id=requirement.id,
        title=requirement.title,
        level=requirement.level,
        status=status,
        found=found,
        expected=requirement.expected,
        evidence=tuple(dict.fromkeys(e for answer in shown for e in answer.evidence)),
        remedies=tuple(dict.fromkeys(remedies)),
        reference=Reference(profile.document, requirement.section, profile.as_of),
        agent_errors=tuple(requirement.agent_errors),
    )
    return _weighed(finding, answers, waivers, facts.host_name.value, today) if waivers else finding


def _weighed(
    finding: Finding, answers: Sequence[Answer], waivers: Sequence[Waiver], host_name: str | None, today: datetime.date
) -> Finding:
    """A finding with the waiver that there is for it on this host. What was not seen no waiver covers."""
    from linuxready.waivers import for_host, is_for_no_other

    if finding.status in ("pass", "skip"):
        idle = next((waiver for waiver in waivers if is_for_no_other(waiver, host_name)), None)
        return replace(finding, found=f"{finding.found} (no waiver is needed)", waiver=idle) if idle else finding
    if finding.status not in WAIVED or not (waiver := for_host(waivers, host_name)):
        return finding
    reason, owner = (" ".join(text.split()) for text in (waiver.reason, waiver.owner))
    if waiver.expires < today:
        found = f"{finding.found} (the waiver by {owner} expired on {waiver.expires}: {reason})"
        renew = hint(f"or have the waiver renewed by {owner}")
        return replace(finding, found=found, remedies=(*finding.remedies, renew), waiver=waiver)
    found = f"waived until {waiver.expires} by {owner}: {reason} (found: {finding.found})"
    if not_seen := [answer for answer in answers if answer.status == "unknown"]:
        return replace(finding, status="unknown", found=f"{_found(not_seen)}; {found}", waiver=waiver)
    return replace(finding, status="waived", found=found, waiver=waiver)


def _answers(requirement: Requirement, facts: Facts) -> Iterator[Answer]:
    """A requirement's answers; a fact that it missed is one more, so that no known failure is lost by it."""
    try:
        yield from requirement.judge(facts)
    except UnknownFact as reason:
        yield Answer("unknown", str(reason), remedies=tuple(_how_to_know(str(reason), facts)))
    except Exception as error:  # noqa: BLE001 - a mistake of ours costs one finding, not the report
        found = f"linuxready failed in {requirement.id}: {type(error).__name__}: {error}"
        yield Answer("unknown", found, remedies=(Remedy("hint", "report this to linuxready's makers"),))


def _how_to_know(reason: str, facts: Facts) -> Iterator[Remedy]:
    if "run as root" in reason:
        yield Remedy("hint", AS_ROOT)
        return
    seen_by_us = (facts.source == "live" or facts.uid.value == 0) and not _is_gathered(facts)
    again = seen_by_us and not reason.endswith("was not recorded")
    yield Remedy("hint", "mend what is said here, and run linuxready again" if again else ELSEWHERE)


def _is_gathered(facts: Facts) -> bool:
    """Whether another tool than ours looked at the machine, as root."""
    return facts.source.startswith(("sosreport ", "supportconfig "))


MORE = (
    (r"\(sos plugin `(\w+)`, which did not run\)", "make the sosreport with that plugin as well: sos report -e {}"),
    (r"\(supportconfig feature `(\w+)`\)", "make the supportconfig with {} as well: without -i, or named behind it"),
    (r"\(supportconfig (-L)\)", "make the supportconfig with {}, which lists the names of all files"),
)
"""What a support tool was not asked for, as reasons say it, and how it is."""


def _gather_more(answers: Iterable[Answer]) -> Iterator[Remedy]:
    """How a support tool would have told what is not known."""
    unknown = [answer for answer in answers if answer.status == "unknown"]
    told = " ".join(text for a in unknown for text in (a.found, *(e.text for e in a.evidence)))
    for said, advice in MORE:
        yield from (hint(advice.format(word)) for word in re.findall(said, told))


AS_ROOT = "run linuxready as root"
ELSEWHERE = "run linuxready on the machine itself, as root"


def _listing(release: Release, others: Iterable[Profile]) -> Iterator[Remedy]:
    """The other profiles that list a release."""
    for other in others:
        if any(isinstance(r, Distribution) and r.lists(release) for r in other.requirement):
            yield hint(f"profile {other.name} lists it: linuxready check --profile {other.name}")


def _in_container(answer: Answer, container: str) -> Answer:
    """What was seen inside a container says nothing of the machine that would be replicated."""
    if answer.status in ("skip", "manual"):
        return answer
    found = f"{answer.found} (seen inside a container, {container})"
    remedy = Remedy("hint", "run it on the host: a container shows its own files over another machine's kernel")
    return Answer("unknown", found, answer.item, answer.evidence, (remedy,))


def _found(answers: Sequence[Answer]) -> str:
    """One line for many items: those found the same are named together."""
    groups: dict[str, list[str]] = {}
    for answer in answers:
        groups.setdefault(answer.found, []).append(answer.item)
    lines = []
    for found, items in groups.items():
        named = [item for item in items if item]
        more = f" and {len(named) - MAX_SHOWN} more" if len(named) > MAX_SHOWN else ""
        lines.append(f"{', '.join(named[:MAX_SHOWN])}{more}: {found}" if named else found)
    more = f"; and {len(lines) - MAX_SHOWN} more" if len(lines) > MAX_SHOWN else ""
    return "; ".join(lines[:MAX_SHOWN]) + more


def _day(facts: Facts, today: datetime.date) -> datetime.date:
    """When the facts were collected, as far as they tell."""
    try:
        return datetime.date.fromisoformat(facts.collected_at[:10])
    except ValueError:
        return today


def _source(facts: Facts, age_days: int) -> str:
    """Where the facts come from, and what to bear in mind of it."""
    notes = [facts.source]
    if facts.container.value:
        notes.append(f"inside a container ({facts.container.value}): run it on the host")
    if facts.uid.value:
        notes.append("not root: some things could not be read")
    if age_days > STALE_DAYS:
        notes.append(f"{age_days} days old")
    if age_days < -1:  # two clocks that are about right may differ by a day
        notes.append(f"{-age_days} days ahead of today: a clock is wrong")
    return ", ".join(notes)

"""Answers fold into findings, findings into a verdict."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec
import pytest

from linuxready import __version__
from linuxready.facts import Evidence, Fact, Facts, HostsEntry, Kernel, Release
from linuxready.judge import AS_ROOT, MAX_SHOWN, STALE_DAYS, fold, judge, verdict
from linuxready.profile import Profile, load
from linuxready.report import Finding, HostSummary, Level, Reference, Remedy, Report, Status
from linuxready.requirements.base import Answer, AnswerStatus, Requirement
from linuxready.requirements.system import Distribution

from .machines import NOW, TODAY, facts


def answers(statuses: str) -> list[Answer]:
    """Answers with items a, b, c… by the first letters of their statuses."""
    words: dict[str, AnswerStatus] = {"p": "pass", "f": "fail", "w": "warn", "u": "unknown", "s": "skip"}
    return [
        Answer(words[letter], words[letter], item, (Evidence(item, letter),), (Remedy("hint", item),))
        for item, letter in zip("abcdefgh", statuses, strict=False)
    ]


# -- fold ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "status", "found", "shown"),
    [
        ("p", "pass", "a: pass", "a"),
        ("pp", "pass", "a, b: pass", "ab"),
        ("pw", "warn", "b: warn", "b"),
        ("pwu", "unknown", "c: unknown", "cb"),
        ("pwuf", "fail", "d: fail", "dcb"),
        ("fu", "fail", "a: fail", "ab"),
        ("uf", "fail", "b: fail", "ba"),
        ("ff", "fail", "a, b: fail", "ab"),
        ("wu", "unknown", "b: unknown", "ba"),
        ("sp", "pass", "b: pass", "b"),
        ("ss", "skip", "a, b: skip", "ab"),
        ("su", "unknown", "b: unknown", "b"),
        ("", "unknown", "nothing was judged", ""),
    ],
)
def test_the_worst_answer_counts(statuses: str, status: str, found: str, shown: str) -> None:
    folded, line, deciding = fold(answers(statuses))
    assert (folded, line, "".join(answer.item for answer in deciding)) == (status, found, shown)


def test_items_found_the_same_are_named_together() -> None:
    found = [("on sdb", "/var"), ("on sdc", "/usr"), ("on sdb", "/boot"), ("mirrored", "")]
    _, line, _ = fold([Answer("fail", text, item) for text, item in found])
    assert line == "/var, /boot: on sdb; /usr: on sdc; mirrored"


def test_many_items_are_counted() -> None:
    _, line, shown = fold([Answer("fail", "not mapped", f"eth{n}") for n in range(MAX_SHOWN + 3)])
    assert line.endswith(f"eth{MAX_SHOWN - 1} and 3 more: not mapped")
    assert len(shown) == MAX_SHOWN + 3
    _, line, _ = fold([Answer("fail", f"reason {n}") for n in range(MAX_SHOWN + 2)])
    assert line.endswith(f"reason {MAX_SHOWN - 1}; and 2 more")


# -- verdict ---------------------------------------------------------------------------------------------


def finding(status: Status, level: Level = "required") -> Finding:
    return Finding("x", "X", level, status, "", "", (), (), Reference("", "", ""))


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([finding("pass")], "ready"),
        ([finding("pass"), finding("warn"), finding("skip"), finding("manual", "manual"), finding("waived")], "ready"),
        ([finding("pass"), finding("unknown", "advised")], "ready"),
        ([finding("pass"), finding("unknown")], "undetermined"),
        ([finding("unknown"), finding("fail")], "not-ready"),
        ([finding("fail")], "not-ready"),
        ([], "undetermined"),
    ],
)
def test_verdict(findings: list[Finding], expected: str) -> None:
    assert verdict(findings) == expected


# -- judge -----------------------------------------------------------------------------------------------


class Answers(Requirement, frozen=True, tag="answers"):
    """A requirement that answers what it is told to, and then asks for a fact that is not known."""

    statuses: str
    asks: bool = False

    def judge(self, facts: Facts) -> Iterator[Answer]:
        yield from answers(self.statuses)
        if self.asks:
            facts.release.known()


def asking(statuses: str, level: Level = "required", asks: bool = False, id: str = "x") -> Answers:
    return Answers(id=id, title="X", level=level, section="a section", expected="an x", statuses=statuses, asks=asks)


def judged(*requirements: Answers, known: Facts | None = None, only: str = "", skip: str = "") -> Report:
    profile: Profile = msgspec.structs.replace(load("vmware-2017"), requirement=requirements)
    return judge(known or facts(), profile, TODAY, only.split(), skip.split())


def test_a_finding_has_all_that_its_requirement_says() -> None:
    report = judged(asking("pw"))
    (found,) = report.findings
    assert found == Finding(
        "x",
        "X",
        "required",
        "warn",
        "b: warn",
        "an x",
        (Evidence("b", "w"),),
        (Remedy("hint", "b"),),
        Reference("Prerequisites for replication to Azure by using Azure Site Recovery", "a section", "2017-03-27"),
    )


def test_what_is_shown_twice_is_shown_once() -> None:
    class Twice(Answers, frozen=True, tag="twice"):
        def judge(self, facts: Facts) -> Iterator[Answer]:
            yield from [*answers("f"), *answers("f")]

    (found,) = judged(Twice(id="x", title="", level="required", section="", expected="", statuses="")).findings
    assert (len(found.evidence), len(found.remedies)) == (1, 1)


@pytest.mark.parametrize(
    ("statuses", "status", "result"),
    [
        ("f", "warn", "ready"),
        ("fu", "warn", "ready"),
        ("u", "unknown", "ready"),
        ("w", "warn", "ready"),
        ("p", "pass", "ready"),
    ],
)
def test_an_advised_requirement_warns_where_it_would_fail(statuses: str, status: str, result: str) -> None:
    report = judged(asking(statuses, "advised"))
    assert (report.findings[0].status, report.verdict) == (status, result)


def test_a_missing_fact_is_one_more_answer() -> None:
    assert judged(asking("p", asks=True)).findings[0].status == "unknown"
    assert judged(asking("w", asks=True)).findings[0].found == "nobody looked"
    assert judged(asking("f", asks=True)).findings[0].found == "a: fail"


@pytest.mark.parametrize(
    ("reason", "source", "advice"),
    [
        ("/etc/x: permission denied (run as root)", "live", "run linuxready as root"),
        ("/etc/x: permission denied (run as root)", "recording web1", "run linuxready as root"),
        ("/etc/x: Input/output error", "live", "mend what is said here, and run linuxready again"),
        ("/etc/x does not exist", "root /mnt", "run linuxready on the machine itself, as root"),
        ("/etc/x is not gathered by sos 2.2", "sosreport web1", "run linuxready on the machine itself, as root"),
        ("`x` printed no answer", "supportconfig web1", "run linuxready on the machine itself, as root"),
        ("`x`: permission denied (run as root)", "sosreport web1", "run linuxready on the machine itself, as root"),
        (
            "/etc/x was not gathered (sos plugin `grub2`, which did not run)",
            "sosreport web1",
            "make the sosreport with that plugin as well: sos report -e grub2\n"
            "run linuxready on the machine itself, as root",
        ),
        (
            "`ss` was not gathered (supportconfig feature `NET`)",
            "supportconfig web1",
            "make the supportconfig with NET as well: without -i, or named behind it\n"
            "run linuxready on the machine itself, as root",
        ),
    ],
)
def test_unknown_comes_with_what_to_do(reason: str, source: str, advice: str) -> None:
    known = facts(source=source, release=Fact(unknown=reason), **({} if "root" in source else {"uid": Fact(value=0)}))
    report = judged(asking("", asks=True), known=known)
    assert report.findings[0].remedies == tuple(Remedy("hint", text) for text in advice.split("\n"))


class Unseen(Answers, frozen=True, tag="unseen"):
    """A requirement that says itself how to find out what the names of files would tell."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        found = "/var may be a link: the names of files were not gathered (supportconfig -L)"
        seen = (Evidence("mounted", "`findmnt` was not gathered (sos plugin `filesys`, which did not run)"),)
        yield Answer("unknown", found, "/var", seen, (Remedy("hint", "see with findmnt"),))


def test_what_a_support_tool_was_not_asked_for_is_advised_whoever_answers() -> None:
    unseen = Unseen(id="x", title="X", level="required", section="", expected="", statuses="")
    advice = [r.text for r in judged(unseen, known=facts(source="supportconfig web1")).findings[0].remedies]
    assert advice == [
        "make the sosreport with that plugin as well: sos report -e filesys",
        "make the supportconfig with -L, which lists the names of all files",
        "see with findmnt",
    ]
    advice = [r.text for r in judged(unseen, known=facts(source="live")).findings[0].remedies]
    assert advice == ["see with findmnt"]


@pytest.mark.parametrize(
    ("source", "reason", "advice"),
    [
        ("live", "no /sys/firmware", "run linuxready as root"),
        ("root /mnt", "no /sys/firmware", "run linuxready on the machine itself, as root"),
        ("root /mnt", "/etc/x: permission denied (run as root)", "run linuxready as root"),
    ],
)
def test_what_no_image_tells_is_not_seen_by_root_either(source: str, reason: str, advice: str) -> None:
    class Hinted(Answers, frozen=True, tag="hinted"):
        def judge(self, facts: Facts) -> Iterator[Answer]:
            yield Answer("unknown", reason, remedies=(Remedy("hint", AS_ROOT),))

    hinted = Hinted(id="x", title="X", level="required", section="", expected="", statuses="")
    assert [r.text for r in judged(hinted, known=facts(source=source)).findings[0].remedies] == [advice]


def test_counts_and_order_are_the_findings() -> None:
    report = judged(asking("p", id="a"), asking("f", id="b"), asking("p", id="c"))
    assert report.counts == {"pass": 2, "fail": 1}
    assert [f.id for f in report.findings] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("only", "skip", "ids", "complete", "result"),
    [
        ("", "", "abc", True, "not-ready"),
        ("a", "", "a", False, "ready"),
        ("c a", "", "ac", False, "undetermined"),
        ("", "b", "ac", False, "undetermined"),
        ("a b", "b", "a", False, "ready"),
        ("a", "a", "", False, "undetermined"),
        ("a b c", "", "abc", True, "not-ready"),
    ],
)
def test_only_and_skip(only: str, skip: str, ids: str, complete: bool, result: str) -> None:
    three = (asking("p", id="a"), asking("f", id="b"), asking("u", id="c"))
    report = judged(*three, only=only, skip=skip)
    assert ["".join(f.id for f in report.findings), report.complete, report.verdict] == [ids, complete, result]


def test_the_machine_is_named_where_it_is_known() -> None:
    known = facts(
        host_name="web1",
        release=Release("rhel", "Red Hat Enterprise Linux Server", "6.8", "6.8", "", ""),
        kernel=Kernel("2.6.32-642.el6.x86_64", "x86_64"),
    )
    assert judged(known=known).host == HostSummary("web1", "RHEL 6.8", "2.6.32-642.el6.x86_64")
    assert judged().host == HostSummary(None, None, None)


def test_the_report_names_tool_and_profile() -> None:
    report = judged()
    assert (report.tool.name, report.tool.version) == ("linuxready", __version__)
    assert (report.profile.name, report.profile.source, report.collected_at) == ("vmware-2017", "shipped", NOW)


# -- what is to be borne in mind of the facts ------------------------------------------------------------


@pytest.mark.parametrize("statuses", ["p", "f", "w", "u", "pf"])
def test_in_a_container_nothing_is_known_of_the_machine(statuses: str) -> None:
    report = judged(asking(statuses), known=facts(container="docker"))
    (found,) = report.findings
    assert (found.status, report.verdict) == ("unknown", "undetermined")
    assert "inside a container, docker" in found.found
    assert any("on the host" in remedy.text for remedy in found.remedies)
    assert report.source == "fake, inside a container (docker): run it on the host"


def test_in_a_container_what_does_not_apply_is_still_skipped() -> None:
    assert judged(asking("s"), known=facts(container="docker")).findings[0].status == "skip"


@pytest.mark.parametrize("container", ["", Fact(unknown="denied")])
def test_outside_of_a_container(container: object) -> None:
    report = judged(asking("p"), known=facts(container=container))
    assert (report.findings[0].status, report.source) == ("pass", "fake")


@pytest.mark.parametrize(("uid", "note"), [(0, "fake"), (1000, "fake, not root: some things could not be read")])
def test_who_looked_is_said_where_it_matters(uid: int, note: str) -> None:
    assert judged(known=facts(uid=uid)).source == note


AHEAD = ", 5 days ahead of today: a clock is wrong"


@pytest.mark.parametrize(
    ("days", "note"),
    [(0, ""), (STALE_DAYS, ""), (STALE_DAYS + 1, ", 31 days old"), (400, ", 400 days old"), (-1, ""), (-5, AHEAD)],
)
def test_old_facts_are_said_to_be_old(days: int, note: str) -> None:
    date = TODAY - datetime.timedelta(days=days)
    assert judged(known=facts(collected_at=f"{date}T08:00:00Z")).source == f"fake{note}"


@pytest.mark.parametrize("date", ["", "yesterday", "2026-13-45T00:00:00Z", "\udcff"])
def test_a_date_that_is_none_does_no_harm(date: str) -> None:
    assert judged(known=facts(collected_at=date)).source == "fake"


def test_judging_is_pure() -> None:
    """The same facts give the same report, and are not changed by it."""
    known = facts(hosts=(HostsEntry("10.1.2.3", ("web1",), 1),), host_name="web1")
    before = msgspec.json.encode(known)
    assert judge(known, load("vmware-2017"), TODAY) == judge(known, load("vmware-2017"), TODAY)
    assert msgspec.json.encode(known) == before


# -- by hand ---------------------------------------------------------------------------------------------


def by_hand(profile: str = "vmware-2017") -> Profile:
    loaded = load(profile)
    return msgspec.structs.replace(loaded, requirement=tuple(r for r in loaded.requirement if r.level == "manual"))


@pytest.mark.parametrize("known", [{}, {"container": "docker"}, {"container": ""}])
def test_what_is_verified_by_hand_is_manual_whatever_is_known(known: dict[str, str]) -> None:
    judged = judge(facts(**known), by_hand(), TODAY)
    assert {f.status for f in judged.findings} == {f.level for f in judged.findings} == {"manual"}
    for found in judged.findings:
        place, where = found.evidence[0].source, found.evidence[0].text
        assert found.found.startswith(f"verify ({place}): {found.expected}")
        assert where
        assert found.remedies == ()


def test_what_is_verified_by_hand_makes_no_machine_ready() -> None:
    judged = judge(facts(), by_hand(), TODAY)
    assert judged.verdict == "undetermined"
    assert judged.counts == {"manual": len(judged.findings)}


@pytest.mark.parametrize("status", ["pass", "warn", "fail"])
def test_what_is_verified_by_hand_changes_no_verdict(status: Status) -> None:
    assert verdict([finding(status), finding("manual", "manual")]) == verdict([finding(status)])


def test_every_item_of_a_row_is_told() -> None:
    (urls,) = (f for f in judge(facts(), by_hand(), TODAY).findings if f.id == "urls")
    items = [evidence.text for evidence in urls.evidence[1:]]
    assert "*.blob.core.windows.net" in items
    assert urls.found.endswith(", ".join(items))


# -- other profiles that list the release ----------------------------------------------------------------


def listing(name: str, **listed: tuple[str, ...]) -> Profile:
    """The default profile by another name, with another list of distributions."""
    loaded = load("vmware-2017")
    rows = (msgspec.structs.replace(r, listed=listed) for r in loaded.requirement if isinstance(r, Distribution))
    return msgspec.structs.replace(loaded, name=name, requirement=tuple(rows))


NEWER = listing("vmware-2026", ubuntu=("24.04",), rhel=("9.4",), centos=("7.2", "7.3"))
UBUNTU = Release("ubuntu", "Ubuntu", "24.04", "24.04", "/etc/os-release", "VERSION_ID=24.04")
POINTER = Remedy("hint", "profile vmware-2026 lists it: linuxready check --profile vmware-2026")


def distribution(release: Release | Fact[Release], *others: Profile, **known: str) -> Finding:
    judged = judge(facts(release=release, **known), load("vmware-2017"), TODAY, others=others)
    return next(f for f in judged.findings if f.id == "distribution")


def test_a_release_that_another_profile_lists_is_pointed_there() -> None:
    found = distribution(UBUNTU, load("hyperv-2017"), NEWER, listing("old", ubuntu=("14.04",)))
    assert found.status == "fail"
    assert [r for r in found.remedies if "--profile" in r.text] == [POINTER]
    assert POINTER not in distribution(UBUNTU).remedies


@pytest.mark.parametrize(
    "release",
    [
        msgspec.structs.replace(UBUNTU, version="22.04", version_full="22.04"),
        msgspec.structs.replace(UBUNTU, version_full="24.04 beta"),
        Release("centos", "CentOS", "7.2", "7.2.1511", "/etc/centos-release", "CentOS 7.2"),
        Release("centos", "CentOS", "7", "7", "/etc/os-release", "VERSION_ID=7"),
        Fact(unknown="no file says"),
    ],
    ids=str,
)
def test_a_release_is_pointed_nowhere_where_no_profile_lists_it_or_this_one_does(
    release: Release | Fact[Release],
) -> None:
    assert POINTER not in distribution(release, NEWER).remedies


def test_in_a_container_nothing_is_pointed_to() -> None:
    assert POINTER not in distribution(UBUNTU, NEWER, container="docker").remedies


def test_other_profiles_are_not_read_where_the_release_is_listed() -> None:
    def read() -> Iterator[Profile]:
        raise AssertionError("another profile was read")
        yield NEWER

    listed = Release("rhel", "RHEL", "7.2", "7.2", "/etc/redhat-release", "RHEL 7.2")
    judge(facts(release=listed), load("vmware-2017"), TODAY, others=read())
    judge(facts(), load("vmware-2017"), TODAY, others=read())
    judge(facts(release=UBUNTU), load("hyperv-2017"), TODAY, others=read())
    with pytest.raises(AssertionError, match="another profile was read"):
        judge(facts(release=UBUNTU), load("vmware-2017"), TODAY, others=read())

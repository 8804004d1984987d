"""Waivers: what they cover, for whom, until when; how they are read, shown, and what is wrong in them."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from linuxready import cli, commands, factsdocument, formats, waivers
from linuxready.commands import exit_status
from linuxready.facts import Evidence, Fact, Facts
from linuxready.formats import FORMATS, Look, Style, nagios
from linuxready.judge import judge
from linuxready.profile import Profile, ProfileError, load
from linuxready.report import Finding, Level, Remedy, Report, Waiver

from .golden import HOSTS
from .machines import NOW, TODAY, facts
from .test_judge import Answers, asking

Capture = pytest.CaptureFixture[str]

DAY = datetime.timedelta(days=1)


def waiver(days: int = 30, hosts: str | None = None, reason: str = "being split", owner: str = "storage") -> Waiver:
    return Waiver("x", reason, owner, TODAY + days * DAY, tuple(hosts.split()) if hosts is not None else None)


def judged(
    statuses: str, *given: Waiver, level: Level = "required", known: Facts | None = None, asks: bool = False
) -> Report:
    """The report of a profile with one requirement, x, which answers so, and these waivers."""
    rows: tuple[Answers, ...] = (asking(statuses, level, asks),)
    profile: Profile = msgspec.structs.replace(load("vmware-2017"), requirement=rows, waiver=given)
    return judge(known or facts(host_name="web1"), profile, TODAY)


def found(statuses: str, *given: Waiver, **more: Any) -> Finding:
    (one,) = judged(statuses, *given, **more).findings
    return one


# -- what is covered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "level", "status", "verdict"),
    [
        ("f", "required", "waived", "ready"),
        ("pf", "required", "waived", "ready"),
        ("fw", "required", "waived", "ready"),
        ("f", "advised", "waived", "ready"),
        ("w", "required", "waived", "ready"),
        ("w", "advised", "waived", "ready"),
        ("u", "required", "unknown", "undetermined"),
        ("u", "advised", "unknown", "ready"),
        ("uf", "required", "unknown", "undetermined"),
        ("uf", "advised", "unknown", "ready"),
        ("uw", "required", "unknown", "undetermined"),
        ("p", "required", "pass", "ready"),
        ("s", "required", "skip", "ready"),
        ("", "required", "unknown", "undetermined"),
    ],
)
def test_what_was_seen_is_covered_and_nothing_else(statuses: str, level: Level, status: str, verdict: str) -> None:
    report = judged(statuses, waiver(), level=level)
    assert (report.findings[0].status, report.verdict) == (status, verdict)
    assert report.counts == {status: 1}


def test_a_waived_finding_says_why_and_keeps_what_was_found() -> None:
    bare, one = found("f"), found("f", waiver())
    assert one.found == f"waived until {TODAY + 30 * DAY} by storage: being split (found: a: fail)"
    assert (
        (one.evidence, one.remedies)
        == (bare.evidence, bare.remedies)
        == (
            (Evidence("a", "f"),),
            (Remedy("hint", "a"),),
        )
    )
    assert one.waiver == waiver()
    assert bare.waiver is None


def test_what_was_not_seen_beside_a_failure_is_told_first() -> None:
    one = found("fu", waiver())
    assert one.found == f"b: unknown; waived until {TODAY + 30 * DAY} by storage: being split (found: a: fail)"
    assert one.waiver == waiver()
    assert found("f", waiver(), asks=True).found.startswith("nobody looked; waived until ")


def test_in_a_container_nothing_is_waived() -> None:
    assert found("f", waiver(), known=facts(host_name="web1", container="docker")).status == "unknown"


@pytest.mark.parametrize(("days", "status"), [(-400, "fail"), (-1, "fail"), (0, "waived"), (1, "waived")])
def test_the_last_day_still_counts(days: int, status: str) -> None:
    assert found("f", waiver(days)).status == status


def test_a_clock_that_lags_behind_makes_none_valid_again() -> None:
    """What was seen on TODAY is not judged before."""
    profile: Profile = msgspec.structs.replace(load("vmware-2017"), requirement=(asking("f"),), waiver=(waiver(-1),))
    for days in (0, 1, 20_000):
        report = judge(facts(), profile, TODAY - days * DAY)
        assert report.findings[0].status == "fail"
        told = f"{days} days ahead of today: a clock is wrong"
        assert report.source == ("fake" if days < 2 else f"fake, {told}")


@pytest.mark.parametrize(
    ("level", "status", "verdict"), [("required", "fail", "not-ready"), ("advised", "warn", "ready")]
)
def test_an_expired_one_counts_as_the_failure_and_is_told(level: Level, status: str, verdict: str) -> None:
    report = judged("f", waiver(-1), level=level)
    (one,) = report.findings
    assert (one.status, report.verdict, report.counts) == (status, verdict, {status: 1})
    assert one.found == f"a: fail (the waiver by storage expired on {TODAY - DAY}: being split)"
    assert one.remedies[-1] == Remedy("hint", "or have the waiver renewed by storage")
    assert one.waiver == waiver(-1)


def test_of_several_the_one_that_expires_last_counts() -> None:
    assert found("f", waiver(-3), waiver(5), waiver(2)).waiver == waiver(5)
    assert found("f", waiver(-3), waiver(-2)).waiver == waiver(-2)
    assert found("f", waiver(9, "db*"), waiver(2)).waiver == waiver(2)


def test_another_requirements_waiver_is_none() -> None:
    other = msgspec.structs.replace(waiver(), requirement="y")
    assert found("f", other) == found("f")


def test_lines_in_a_reason_are_one() -> None:
    assert "by a b: one two (" in found("f", waiver(reason="one\n\n two\n", owner="a\tb")).found


# -- for whom --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "name", "covered"),
    [
        (None, "web1", True),
        (None, None, True),
        ("web1", "web1", True),
        ("web1", "web1.example.com", False),
        ("web1", "web10", False),
        ("web*", "web1.example.com", True),
        ("WEB*", "web1", True),
        ("web*", "WEB1", True),
        ("db* web?", "web1", True),
        ("db* web?", "web10", False),
        ("web[12]", "web2", True),
        ("web[!12]", "web2", False),
        ("*.example.com", "web1.example.com", True),
        ("*", "web1", True),
        ("*", None, False),
        ("web1", None, False),
        ("[", "web1", False),
    ],
)
def test_hosts_are_shell_patterns_on_the_reports_name(hosts: str | None, name: str | None, covered: bool) -> None:
    known = facts(host_name=name) if name else facts(host_name=Fact[str](unknown="not recorded"))
    assert (found("f", waiver(hosts=hosts), known=known).status == "waived") == covered


@pytest.mark.parametrize(
    ("hosts", "told"),
    [(None, True), ("web1", True), ("WEB1", True), ("web*", False), ("web1 web2", False), ("db1", False)],
)
def test_one_that_only_this_host_could_need_and_does_not_is_told(hosts: str | None, told: bool) -> None:
    for status in ("pass", "skip"):
        one = found(status[0], waiver(hosts=hosts))
        assert one.status == status
        needless = (f"a: {status} (no waiver is needed)", waiver(hosts=hosts))
        assert (one.found, one.waiver) == (needless if told else (f"a: {status}", None))


# -- how it is shown -------------------------------------------------------------------------------------------

HOSTILE = "\x1b[31mred\x1b[0m \u202etxet <b>&amp;\"' | # TODO \\ \x07\x00 \x9b \u2028 ]]>"


def shown(report: Report, name: str, style: Style | None = None) -> str:
    return formats.render(report, name, style or Style(200), Look(facts()))


def test_every_format_counts_it_and_none_passes_it() -> None:
    report = judged("f", waiver())
    assert exit_status(report, ("fail", "unknown", "warn")) == nagios.exit_status(report) == 0
    for name in ("table", "short", "tap", "nagios", "junit"):
        assert "READY by vmware-2017 (2017-03-27): 1 waived" in shown(report, name)
    line = next(line for line in shown(report, "table").splitlines() if line.startswith("~"))
    assert line.split()[:3] == ["~", "waived", "x"]
    assert line.endswith("by storage: being split (found: a: fail)")
    assert "expected" not in shown(report, "table")
    told = f"x: waived until {TODAY + 30 * DAY} by storage: being split (found: a: fail)"
    assert shown(report, "short").startswith(f"waived   {told}\nREADY by ")
    assert f": 1 waived; {told} | failed=0" in shown(report, "nagios")
    skipped = ET.fromstring(shown(report, "junit")).find(".//skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("waived: waived until ")
    assert "ok 1 - x # SKIP waived: waived until " in shown(report, "tap")
    assert " warned=0;0;;0 waived=1;;;0 ok=0;;;0 " in shown(report, "nagios")
    assert '{id="x",level="required",status="waived"} 1' in shown(report, "prometheus")
    assert "linuxready_ready 1" in shown(report, "prometheus")
    for decoded in (json.loads(shown(report, "json")), yaml.safe_load(shown(report, "yaml"))):
        assert decoded["findings"][0]["waiver"] == {
            "requirement": "x", "reason": "being split", "owner": "storage", "expires": str(TODAY + 30 * DAY),
        }  # fmt: skip
    document = factsdocument.document(facts(), report, NOW)
    assert (document.ready, document.counts["waived"], document.checks) == (True, 1, {"x": "waived"})


def test_an_expired_one_is_seen_wherever_the_failure_is() -> None:
    report = judged("f", waiver(-1))
    assert exit_status(report, ("fail", "unknown")) == 1
    assert nagios.exit_status(report) == 2
    for name in sorted(set(FORMATS) - {"prometheus"}):
        assert f"the waiver by storage expired on {TODAY - DAY}: being split" in shown(report, name)


@pytest.mark.parametrize("days", [30, -1])
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_in_it_acts_on_a_terminal_or_breaks_a_document(name: str, days: int) -> None:
    report = judged("f", waiver(days, reason=HOSTILE, owner=HOSTILE))
    text = shown(report, name)
    assert all(character == "\n" or character.isprintable() for character in text)
    if name == "junit":
        ET.fromstring(text)
        assert "<b>" not in text
    if name == "yaml":
        assert yaml.safe_load(text)["findings"][0]["waiver"]["reason"] == HOSTILE
    if name == "json":
        assert json.loads(text)["findings"][0]["waiver"]["owner"] == HOSTILE
    if name == "tap":
        assert len(re.findall(r"^(?:not )?ok ", text, re.MULTILINE)) == 1
    if name == "nagios":
        assert text.count("|") == 1


# -- how they are read -----------------------------------------------------------------------------------------

ONE = """
[[waiver]]
requirement = "os-disk"
reason = "moved at the next downtime"
owner = "storage"
expires = 2027-03-31
"""


def profile_of(folder: Path, *texts: str, extends: str = "vmware-2017") -> Profile:
    path = folder / "ours.toml"
    path.write_text(f'extends = "{extends}"\n' + "".join(texts), encoding="utf-8")
    return load(str(path))


def test_a_date_may_be_a_date_or_a_string(tmp_path: Path) -> None:
    date = datetime.date(2027, 3, 31)
    assert [w.expires for w in profile_of(tmp_path, ONE, ONE.replace("2027-03-31", '"2027-03-31"')).waiver] == [
        date
    ] * 2


def test_a_profile_that_extends_none_may_have_them(tmp_path: Path) -> None:
    whole = (Path(__file__).parents[1] / "linuxready/profiles/vmware-2017.toml").read_text()
    path = tmp_path / "whole.toml"
    path.write_text(whole.replace('name = "vmware-2017"', 'name = "whole"') + ONE)
    assert load(str(path)).waiver[0].requirement == "os-disk"


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ("os-disk", "os-dsk", "`os-dsk` in this profile: did you mean os-disk", "$.waiver[1].requirement"),
        ("os-disk", "lsof", "`lsof` is dropped and waived", "$.waiver[1].requirement"),
        ("os-disk", "xyz", "no requirement `xyz` in this profile - at", "$.waiver[1].requirement"),
        ("moved at the next downtime", " ", "nothing is said", "$.waiver[1].reason"),
        ("storage", "", "nobody is named", "$.waiver[1].owner"),
        (
            "2027-03-31",
            "2027-03-31\nhosts = []",
            "no host is named: without `hosts` it is for all",
            "$.waiver[1].hosts",
        ),
        ("2027-03-31", '2027-03-31\nhosts = [""]', "`` is no pattern of a host's name", "$.waiver[1].hosts[0]"),
        ("2027-03-31", '2027-03-31\nhosts = ["a", "b c"]', "`b c` is no pattern", "$.waiver[1].hosts[1]"),
        ("2027-03-31", '2027-03-31\nhosts = "web1"', "Expected `array | null`, got `str`", "$.waiver[1].hosts"),
        ("2027-03-31", '"tomorrow"', "Invalid RFC3339 encoded date", "$.waiver[1].expires"),
        ("2027-03-31", "2027-03-31T08:00:00", "Expected `date`, got `datetime`", "$.waiver[1].expires"),
        ("2027-03-31", "20270331", "Expected `date`, got `int`", "$.waiver[1].expires"),
        ("2027-03-31", "2027-02-30", "Invalid date or datetime (at line 14, column 11)", ""),
        ('"storage"', "3", "Expected `str`, got `int`", "$.waiver[1].owner"),
        ('owner = "storage"\n', "", "missing required field `owner`", "$.waiver[1]"),
        ("owner", "owned_by", "unknown field `owned_by`", "$.waiver[1]"),
        ('owner = "storage"', 'owner = "a"\nowner = "b"', "Cannot overwrite a value", ""),
        ("[[waiver]]", "[waiver]", "Cannot declare ('waiver',) twice", ""),
    ],
)
def test_a_mistake_is_told_with_file_and_place(old: str, new: str, message: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as error:
        profile_of(tmp_path, 'drop = ["lsof"]\n', ONE, ONE.replace(old, new, 1))
    told = str(error.value)
    assert told.startswith(f"{tmp_path}/ours.toml: ")
    assert message in told
    assert not place or told.endswith(f" - at `{place}`")
    assert "\n" not in told


# -- what waives nothing ---------------------------------------------------------------------------------------


def test_warnings_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(commands, "_now", lambda: datetime.datetime(2026, 11, 23, 8, tzinfo=datetime.UTC))
    file = profile_of(
        tmp_path,
        ONE.replace("2027-03-31", "2026-11-22"),
        ONE.replace("os-disk", "urls"),
        ONE,
        ONE.replace("2027-03-31", "2026-11-23"),
    )
    assert cli.run(["profiles", file.source]) == 0
    captured = capsys.readouterr()
    assert captured.err.replace(f"linuxready: {file.source}: warning: ", "").splitlines() == [
        "expired on 2026-11-22 - at `$.waiver[0].expires`",
        "`$.waiver[2]` covers it - at `$.waiver[0]`",
        "`urls` is verified by hand, and cannot fail - at `$.waiver[1].requirement`",
        "`$.waiver[2]` covers it - at `$.waiver[3]`",
    ]
    assert "Waived:" in captured.out
    assert "until 2027-03-31" in captured.out


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        ([waiver(1), waiver(2)], {0: 1}),
        ([waiver(2), waiver(1)], {1: 0}),
        ([waiver(1), waiver(1)], {1: 0}),
        ([waiver(2), waiver(1, "web1")], {1: 0}),
        ([waiver(1), waiver(2, "web1")], {}),
        ([waiver(1, "web1"), waiver(2, "web1 web2")], {0: 1}),
        ([waiver(1, "web1 web3"), waiver(2, "web1 web2")], {}),
        ([waiver(1, "web2"), waiver(2, "web1 web2")], {0: 1}),
        ([waiver(1, "web1"), waiver(1, "web2")], {}),
        ([waiver(1, "web1"), waiver(2, "WEB1")], {0: 1}),
        ([waiver(1, "web1 db7"), waiver(2, "db? w*")], {0: 1}),
        ([waiver(1, "web1*"), waiver(2, "w*")], {0: 1}),
        ([waiver(1, "w*"), waiver(2, "web1*")], {}),
        ([waiver(1, "web1"), waiver(1, "web1"), waiver(1, "web1")], {1: 0, 2: 0}),
        ([waiver(3), msgspec.structs.replace(waiver(1), requirement="y")], {}),
    ],
)
def test_one_that_another_covers(given: list[Waiver], covered: dict[int, int]) -> None:
    told = [line for line in waivers.warnings(given, (), TODAY) if "covers" in line]
    assert told == [f"`$.waiver[{by}]` covers it - at `$.waiver[{number}]`" for number, by in covered.items()]


def test_what_is_covered_is_waived_by_the_other_one_too() -> None:
    """Of all short patterns, on all short names."""
    patterns = ["".join(word) for length in range(1, 4) for word in itertools.product("ab*?", repeat=length)]
    patterns += ["[ab]", "[!a]", "a[ab]", "*[ab]", "[*]", "[?]b", "["]
    names = ["".join(word) for length in range(1, 5) for word in itertools.product("ab", repeat=length)] + [
        "*",
        "[",
        "?b",
    ]
    for one, other in itertools.permutations(patterns, 2):
        longer, shorter = waiver(2, one), waiver(1, other)
        if any("covers" in line for line in waivers.warnings([longer, shorter], (), TODAY)):
            for name in names:
                assert waivers.for_host([shorter], name) is None or waivers.for_host([longer], name)


# -- through the command ---------------------------------------------------------------------------------------


def test_check_and_facts_by_a_profile_with_waivers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(commands, "_now", lambda: datetime.datetime(2027, 3, 31, 23, tzinfo=datetime.UTC))
    file = profile_of(tmp_path, ONE)
    words = ["--profile", file.source, "--facts", str(HOSTS / "rhel-7-var-on-second-disk" / "facts.json")]
    assert cli.run(["check", *words, "--fail-on", "warn", "--fail-on", "fail"]) == 0
    captured = capsys.readouterr()
    assert (captured.err, "1 waived" in captured.out.splitlines()[-1]) == ("", True)
    assert cli.run(["facts", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ready"], told["failed"], told["counts"]["waived"], told["checks"]["os_disk"]) == (
        True,
        [],
        1,
        "waived",
    )
    monkeypatch.setattr(commands, "_now", lambda: datetime.datetime(2027, 4, 1, 0, tzinfo=datetime.UTC))
    assert cli.run(["check", *words]) == 1
    assert "expired on 2027-03-31" in capsys.readouterr().out

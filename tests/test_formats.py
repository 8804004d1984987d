"""How a report is shown to people: table, short; what holds for every format."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from linuxready import formats
from linuxready.facts import Evidence
from linuxready.formats import FOR_PROGRAMS, FORMATS, Look, Style
from linuxready.formats.words import COLORS, COUNTED, MARKS, OK, ORDER, WORDS
from linuxready.report import Finding, HostSummary, ProfileSummary, Reference, Remedy, Report, Status, Tool, Verdict

from .machines import facts

STATUSES: tuple[Status, ...] = ("fail", "pass", "unknown", "skip", "warn", "manual", "waived")
LONG = "the quick brown fox jumps over the lazy dog and then over the next one " * 4
COMMAND = (
    "grubby --set-default /boot/vmlinuz-3.10.0-327.el7.x86_64 --and-a-much-longer-line-than-any-terminal-is-wide " * 2
)
HOSTILE = "\x1b[31mred\x1b[0m \u202etxet \x07\x00 \udcff\udce9 \u2066x\u2069 \x9b \u2028 a\nb\tc\rd"


def finding(status: Status, id: str = "", text: str = "found", remedies: tuple[Remedy, ...] = ()) -> Finding:
    return Finding(
        id or f"a-{status}",
        f"A {status} title",
        "required",
        status,
        text,
        f"expected {text}",
        (Evidence("/etc/hosts:12", text),),
        remedies or (Remedy("hint", text),),
        Reference("a document", "a section", "2017-03-27"),
    )


def report(*findings: Finding, complete: bool = True, verdict: Verdict = "not-ready", text: str = "web1") -> Report:
    return Report(
        1,
        Tool("linuxready", "0.1.0"),
        ProfileSummary("vmware-2017", "VMware VMs", "2017-03-27", "shipped"),
        HostSummary(text, "RHEL 7.2", "3.10.0-327.el7.x86_64"),
        f"recording {text}",
        "2026-11-23T08:00:00Z",
        complete,
        verdict,
        {status: sum(f.status == status for f in findings) for status in {f.status for f in findings}},
        findings,
    )


EVERY = report(*(finding(status) for status in STATUSES))


def render(told: Report, name: str, style: Style) -> str:
    return formats.render(told, name, style, Look(facts()))


def plain(text: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", text)


# -- the words -------------------------------------------------------------------------------------------


def test_every_status_has_its_words() -> None:
    assert set(ORDER) == set(WORDS) == set(MARKS) == set(COLORS) == {s for s, _ in COUNTED} == set(STATUSES)
    assert set(OK) < set(STATUSES)
    assert all(mark.isascii() and len(mark) == 1 for _, mark in MARKS.values())
    assert len({mark for mark, _ in MARKS.values()}) == len(MARKS)
    assert len({mark for _, mark in MARKS.values()}) == len(MARKS)


# -- the table -------------------------------------------------------------------------------------------


def lines_of(status: Status, style: Style) -> list[str]:
    """The table of a report with one finding, without header and verdict."""
    text = render(report(finding(status)), "table", style)
    return [line for line in text.split("\n")[6:-3] if line]


def test_the_header_names_machine_profile_and_source() -> None:
    head = render(EVERY, "table", Style(width=200)).split("\n\n")[0].split("\n")
    assert [line.split("  ")[0] for line in head] == ["Host", "Distribution", "Kernel", "Profile", "Source"]
    assert "vmware-2017, VMware VMs, as of 2017-03-27" in head[3]
    assert head[4].endswith("recording web1")


def test_what_is_not_known_of_the_machine_is_said() -> None:
    unknown = msgspec.structs.replace(EVERY, host=HostSummary(None, None, None))
    assert render(unknown, "table", Style()).count("not known") == 3


JUDGED = tuple(status for status in STATUSES if status != "manual")


@pytest.mark.parametrize("status", JUDGED)
def test_a_finding_has_mark_word_id_and_text(status: Status) -> None:
    mark, word, name, text = lines_of(status, Style())[0].split()
    assert (mark, word, name, text) == (MARKS[status][0], WORDS[status], f"a-{status}", "found")


@pytest.mark.parametrize("status", JUDGED)
def test_only_what_is_not_ok_is_explained(status: Status) -> None:
    below = [line.split() for line in lines_of(status, Style())[1:]]
    explained = [
        ["expected", "expected", "found"],
        ["seen", "/etc/hosts:12:", "found"],
        ["do", "found"],
        ["cited", "a", "section"],
    ]
    assert below == ([] if status in OK else explained)


def test_the_worst_is_last() -> None:
    text = render(EVERY, "table", Style())
    order = re.findall(r"^\S +\S+ +(?:a-)?(\w+)", text, re.M)
    assert order == ["pass", "skip", "waived", "1", "warn", "unknown", "fail"]


def test_findings_of_a_status_keep_the_profiles_order() -> None:
    text = render(report(finding("fail", "z"), finding("fail", "a"), finding("fail", "m")), "table", Style())
    assert re.findall(r"^\S +FAIL +(\w)", text, re.M) == ["z", "a", "m"]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, color: bool) -> None:
    long = [finding(status, text=LONG) for status in STATUSES]
    long += [finding("fail", text="/a-path-without-any-space" * 20), finding("fail", "hosts-file", "x" * 500)]
    text = render(report(*long, text=LONG), "table", Style(width, color))
    assert max(len(line) for line in plain(text).split("\n")) <= width
    assert "quick brown fox" in " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("kind", ["command", "edit"])
def test_what_is_to_be_copied_stays_on_one_line(width: int, kind: str) -> None:
    remedy = msgspec.convert({"kind": kind, "text": COMMAND}, Remedy)
    text = render(report(finding("fail", remedies=(remedy,))), "table", Style(width))
    (line,) = [line for line in text.split("\n") if "grubby" in line]
    assert line.endswith(COMMAND.rstrip())
    others = [len(other) for other in text.split("\n") if other != line]
    assert max(others) <= width


def test_a_wide_terminal_is_used() -> None:
    narrow, wide = (render(report(finding("fail", text=LONG)), "table", Style(width)) for width in (80, 200))
    assert len(wide.split("\n")) < len(narrow.split("\n"))


def test_columns_are_aligned_whether_coloured_or_not() -> None:
    text = render(EVERY, "table", Style(80))
    starts = {line.index(f"a-{status}") for status in JUDGED for line in text.split("\n") if f" a-{status} " in line}
    assert len(starts) == 1
    assert plain(render(EVERY, "table", Style(80, color=True))) == text


def test_findings_to_be_mended_are_set_apart() -> None:
    text = render(report(finding("pass"), finding("pass", "b"), finding("warn"), finding("fail")), "table", Style())
    lines = text.split("\n")
    assert [lines[n - 1] for n, line in enumerate(lines) if " WARN " in line or " FAIL " in line] == ["", ""]
    assert "\n\n\n" not in text
    assert "\0" not in text


def test_a_first_finding_to_be_mended_has_one_blank_line_above() -> None:
    assert "\n\n\n" not in render(report(finding("fail")), "table", Style())


def test_many_evidences_and_remedies_are_counted() -> None:
    many = msgspec.structs.replace(
        finding("fail"),
        evidence=tuple(Evidence(f"/e/{n}", "x") for n in range(9)),
        remedies=tuple(Remedy("hint", f"do {n}") for n in range(9)),
    )
    text = render(report(many), "table", Style())
    assert "… and 5 more, see --format json" in text
    assert "… and 3 more, see --format json" in text
    assert "/e/3" in text
    assert "/e/4" not in text


def test_very_long_texts_are_cut() -> None:
    assert len(render(report(finding("pass", text="x" * 100_000)), "table", Style())) < 2500


@pytest.mark.parametrize("width", [60, 80])
def test_a_report_without_findings(width: int) -> None:
    text = render(report(verdict="undetermined", complete=False), "table", Style(width))
    assert "UNDETERMINED by vmware-2017 (2017-03-27): nothing judged. Speaks only of: nothing" in " ".join(text.split())


# -- what is to be verified by hand ----------------------------------------------------------------------

LONGEST = "https://dev.mysql.com/get/archives/mysql-5.5/mysql-5.5.37-win32.msi"


def by_hand(id: str, place: str, *items: str, text: str = "version 6.0") -> Finding:
    evidence = tuple(Evidence(place, shown) for shown in ("Hosts, Summary", *items))
    section = Reference("a document", "VMware to Azure: vSphere", "2017-03-27")
    return Finding(id, id, "manual", "manual", f"verify ({place}): {text}", text, evidence, (), section)


BY_HAND = report(
    finding("pass"),
    by_hand("vsphere", "vCenter"),
    by_hand("account", "Azure portal"),
    by_hand("vcenter", "vCenter", "*.windows.net", LONGEST),
    finding("fail"),
)


def test_one_line_counts_what_is_to_be_verified_by_hand() -> None:
    text = render(BY_HAND, "table", Style())
    (line,) = [line for line in text.split("\n") if line.startswith("○")]
    assert line.split("  ") == ["○", "manual", "3 to verify", "by hand: check --manual lists them"]
    assert "vsphere" not in text
    assert text.index(" ok ") < text.index("○") < text.index("FAIL")


def test_the_checklist_is_grouped_by_place_and_the_verdict_is_last() -> None:
    text = render(BY_HAND, "table", Style(manual=True))
    lines = text.split("\n")
    assert [line for line in lines if line.startswith(("[ ]", "vCenter", "Azure portal"))] == [
        "vCenter",
        "[ ]  vsphere: version 6.0",
        "[ ]  vcenter: version 6.0",
        "Azure portal",
        "[ ]  account: version 6.0",
    ]
    first = lines.index("[ ]  vsphere: version 6.0")
    assert lines[first + 1 : first + 3] == ["     where  Hosts, Summary", "     cited  VMware to Azure: vSphere"]
    assert text.index("FAIL") < text.index("[ ]")
    assert lines[-2].startswith("NOT READY by vmware-2017 (2017-03-27): 1 failed, 3 manual, 1 ok")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_what_a_row_speaks_of_stays_whole(width: int) -> None:
    lines = render(BY_HAND, "table", Style(width, manual=True)).split("\n")
    assert f"       {LONGEST}" in lines
    assert all(len(line) <= width for line in lines if LONGEST not in line)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_long_row_is_indented(width: int) -> None:
    told = report(by_hand("vsphere", "vCenter", text=LONG))
    lines = render(told, "table", Style(width, manual=True)).split("vCenter\n")[1].split("\n\n")[0].split("\n")
    assert max(map(len, lines)) <= width
    assert all(line.startswith("     ") for line in lines[1:])
    assert plain(render(told, "table", Style(width, True, manual=True))) == render(
        told, "table", Style(width, manual=True)
    )


def test_an_empty_checklist_is_said() -> None:
    assert "Nothing is to be verified by hand." in render(report(finding("pass")), "table", Style(manual=True))


def test_short_lists_by_hand_where_it_is_asked_for() -> None:
    assert "vsphere" not in render(BY_HAND, "short", Style())
    assert "manual   vsphere: verify (vCenter): version 6.0\n" in render(BY_HAND, "short", Style(manual=True))


def test_json_has_them_always() -> None:
    assert render(BY_HAND, "json", Style()) == render(BY_HAND, "json", Style(manual=True))
    assert "vsphere" in render(BY_HAND, "json", Style())


# -- the verdict -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "word"), [("ready", "READY"), ("not-ready", "NOT READY"), ("undetermined", "UNDETERMINED")]
)
@pytest.mark.parametrize("name", ["table", "short"])
def test_the_verdict_is_the_last_line_with_counts(name: str, verdict: Verdict, word: str) -> None:
    told = report(finding("fail"), finding("pass"), finding("pass", "b"), verdict=verdict)
    assert render(told, name, Style()).split("\n")[-2:] == [f"{word} by vmware-2017 (2017-03-27): 1 failed, 2 ok", ""]


@pytest.mark.parametrize("name", ["table", "short"])
def test_an_incomplete_report_says_what_it_speaks_of(name: str) -> None:
    told = report(finding("pass", "lsof"), finding("pass", "kernel"), complete=False, verdict="ready")
    assert render(told, name, Style()).split("\n")[-2].endswith("2 ok. Speaks only of: lsof, kernel")


# -- short -----------------------------------------------------------------------------------------------


def test_short_shows_only_what_is_not_ok_or_waived_and_the_verdict() -> None:
    assert render(EVERY, "short", Style()).split("\n") == [
        "waived   a-waived: found",
        "WARN     a-warn: found",
        "UNKNOWN  a-unknown: found",
        "FAIL     a-fail: found",
        "NOT READY by vmware-2017 (2017-03-27): 1 failed, 1 unknown, 1 warned, 1 waived, 1 manual, 1 ok, 1 skipped",
        "",
    ]


def test_short_of_a_ready_machine_is_one_line() -> None:
    assert render(report(finding("pass"), verdict="ready"), "short", Style()).count("\n") == 1


def test_short_is_a_line_a_finding_however_long() -> None:
    text = render(report(finding("fail", text=LONG * 50)), "short", Style(60))
    assert text.count("\n") == 2
    assert len(text) < 700


# -- json ------------------------------------------------------------------------------------------------


def test_json_is_the_report() -> None:
    document = json.loads(render(EVERY, "json", Style()))
    assert document == json.loads(msgspec.json.encode(EVERY))
    assert set(document["findings"][0]) == {
        "id", "title", "level", "status", "found", "expected", "evidence", "remedies", "reference",
    }  # fmt: skip


def test_json_has_everything_whole() -> None:
    told = report(finding("fail", text=HOSTILE + LONG * 50))
    assert json.loads(render(told, "json", Style()))["findings"][0]["found"] == HOSTILE + LONG * 50


# -- every format ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_colour_only_where_it_is_asked_for(name: str) -> None:
    assert "\x1b" not in render(EVERY, name, Style(color=False))
    assert ("\x1b" in render(EVERY, name, Style(color=True))) == (name in ("table", "short"))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("color", [False, True])
def test_nothing_from_the_machine_acts_on_the_terminal(name: str, color: bool) -> None:
    hostile = [finding(status, text=HOSTILE, remedies=(Remedy("command", HOSTILE),)) for status in STATUSES]
    text = plain(render(report(*hostile, text=HOSTILE), name, Style(200, color, manual=True)))
    assert all(character == "\n" or character.isprintable() for character in text)
    text.encode("utf-8")
    for escape in ("\\u202e", "\\u2066", "\\u2028"):
        assert escape in text or name == "prometheus"  # which shows no text of a finding


@pytest.mark.parametrize("name", FORMATS)
def test_nor_does_anything_of_a_users_profile(name: str) -> None:
    text = "\x1b[31mred\x1b[0m \u202e\n\x9b"
    of_user = ProfileSummary(text, text, text, text, text, text)
    shown = render(msgspec.structs.replace(EVERY, profile=of_user), name, Style(200))
    assert all(character == "\n" or character.isprintable() for character in shown)


@pytest.mark.parametrize("name", ["table", "short"])
def test_every_escape_is_shown(name: str) -> None:
    text = render(report(finding("fail", text=HOSTILE)), name, Style(200))
    for escape in ("\\x1b[31m", "\\x07\\x00", "\\xff\\xe9", "\\x9b", "a\\x0ab\\x09c\\x0dd"):
        assert escape in text


@pytest.mark.parametrize("name", sorted(set(FORMATS) - FOR_PROGRAMS))
def test_without_utf_8_our_own_words_are_ascii(name: str) -> None:
    many = msgspec.structs.replace(finding("fail"), evidence=tuple(Evidence(f"/e/{n}", "x") for n in range(9)))
    told = report(*(finding(status, text=LONG * 5) for status in STATUSES), many)
    text = render(told, name, Style(unicode=False))
    assert text.isascii(), [character for character in text if not character.isascii()]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_with_one_newline(name: str) -> None:
    text = render(EVERY, name, Style())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", FORMATS)
def test_no_line_ends_with_a_space(name: str) -> None:
    assert not re.search(r" +$", render(EVERY, name, Style(60)), re.M)

"""How a report is shown to programs: yaml, junit, tap, nagios, prometheus; and that nothing hostile breaks them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings

from linuxready import formats
from linuxready.facts import BlockDevice, Fact, Facts
from linuxready.formats import FOR_PROGRAMS, Look, Style, nagios
from linuxready.report import Finding, Report, Verdict

from .machines import facts
from .test_factsdocument import HOSTILE, TEXTS
from .test_formats import EVERY, by_hand, finding, report

FIXED = settings(derandomize=True, database=None, max_examples=50, deadline=None)
NOTHING = report(by_hand("vsphere", "vCenter"), verdict="undetermined")
ADVISED = msgspec.structs.replace(finding("unknown"), level="advised")


def disks(*names: str) -> Facts:
    return facts(block_devices=tuple(BlockDevice(name, "8:0", "disk", (), 2**40, False) for name in names))


def render(told: Report, name: str, known: Facts | None = None, seconds: float | None = None) -> str:
    return formats.render(told, name, Style(), Look(known or facts(), seconds))


def hostile(text: str) -> Report:
    """A report that has a text wherever one of the machine's may stand."""
    every = (finding(status, text=text) for status in ("fail", "pass", "unknown", "skip", "warn", "manual"))
    told = report(*every, text=text)
    host = msgspec.structs.replace(told.host, release=text, kernel=text)
    return msgspec.structs.replace(told, host=host, collected_at=text, source=text)


# -- yaml ------------------------------------------------------------------------------------------------------


def test_yaml_is_the_json_report() -> None:
    assert yaml.safe_load(render(EVERY, "yaml")) == json.loads(render(EVERY, "json"))
    assert yaml.safe_load(render(report(), "yaml"))["findings"] == []


@FIXED
@given(TEXTS)
def test_every_string_comes_back_from_yaml(text: str) -> None:
    """As it is in Unicode: of a byte that is no UTF-8 only that there was one."""
    whole = re.sub("[\ud800-\udfff]", "\ufffd", text)
    told = yaml.safe_load(render(hostile(text), "yaml"))
    assert (told["source"], told["findings"][0]["found"]) == (whole, whole)


# -- junit -----------------------------------------------------------------------------------------------------


def cases(told: Report) -> dict[str, list[str]]:
    """What stands below each case, after the suite's own counts were held against them."""
    suite = ET.fromstring(render(told, "junit")).find("testsuite")
    assert suite is not None
    found = {case.attrib["name"]: [below.tag for below in case] for case in suite.iter("testcase")}
    tags = [tag for below in found.values() for tag in below]
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[name]) == tags.count(tag)
    assert int(suite.attrib["tests"]) == len(found)
    return found


def test_junit_has_a_case_a_requirement() -> None:
    assert cases(EVERY) == {
        "a-fail": ["failure"], "a-pass": [], "a-unknown": ["error"], "a-skip": ["skipped"],
        "a-warn": ["system-out"], "a-manual": ["skipped"], "a-waived": ["skipped"],
    }  # fmt: skip


def test_an_unknown_that_is_only_advised_breaks_no_build() -> None:
    told = report(finding("pass"), ADVISED, verdict="ready")
    assert cases(told)["a-unknown"] == ["skipped"]
    assert "ok 2 - a-unknown # SKIP UNKNOWN: found" in render(told, "tap")


def test_nothing_judged_is_no_green_build() -> None:
    assert cases(NOTHING) == {"vsphere": ["skipped"], "verdict": ["error"]}
    assert "\nnot ok 2 - verdict: nothing was judged\n" in render(NOTHING, "tap")


def test_junit_says_why_and_what_to_do() -> None:
    failure = ET.fromstring(render(EVERY, "junit")).find(".//failure")
    assert failure is not None
    assert failure.attrib == {"type": "fail", "message": "FAIL: found"}
    assert failure.text == "expected: expected found\nseen: /etc/hosts:12: found\ndo: found\ncited: a section"


@FIXED
@given(TEXTS)
def test_no_string_breaks_xml(text: str) -> None:
    cases(hostile(text))


# -- tap -------------------------------------------------------------------------------------------------------


def test_tap_has_a_point_a_requirement() -> None:
    lines = render(EVERY, "tap").split("\n")
    assert lines[:2] == ["TAP version 13", "1..7"]
    assert [line for line in lines[2:] if line and not line.startswith((" ", "#"))] == [
        "not ok 1 - a-fail: found",
        "ok 2 - a-pass: found",
        "not ok 3 - a-unknown: found",
        "ok 4 - a-skip # SKIP skip: found",
        "ok 5 - a-warn: found",
        "ok 6 - a-manual # SKIP manual: found",
        "ok 7 - a-waived # SKIP waived: found",
    ]
    assert lines[-2].startswith("# NOT READY by vmware-2017")


def test_tap_says_what_to_do_in_yaml() -> None:
    block = re.search(r"\n  ---\n(.*?)\n  \.\.\.\n", render(EVERY, "tap"), re.S)
    assert block is not None
    assert yaml.safe_load(block[1]) == {
        "status": "fail", "expected": "expected found", "seen": "/etc/hosts:12: found", "do": "found",
        "cited": "a section",
    }  # fmt: skip


def test_no_machine_writes_a_directive() -> None:
    text = render(report(finding("fail", text="x # TODO \\# SKIP\nok 2 - fine")), "tap")
    assert "not ok 1 - a-fail: x \\# TODO \\\\\\# SKIP\\\\x0aok 2 - fine\n" in text


# -- nagios ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "verdict", "status", "word"),
    [
        ((finding("pass"),), "ready", 0, "OK"),
        ((finding("pass"), finding("warn")), "ready", 1, "WARNING"),
        ((finding("fail"), finding("warn"), finding("unknown")), "not-ready", 2, "CRITICAL"),
        ((finding("unknown"), finding("warn")), "undetermined", 3, "UNKNOWN"),
        ((), "undetermined", 3, "UNKNOWN"),
        ((ADVISED,), "ready", 0, "OK"),
    ],
)
def test_nagios_has_the_word_of_its_exit_status(
    findings: tuple[Finding, ...], verdict: Verdict, status: int, word: str
) -> None:
    told = report(*findings, verdict=verdict)
    assert nagios.exit_status(told) == status
    assert render(told, "nagios").startswith(f"LINUXREADY {word} - ")


def test_nagios_names_the_worst_first_and_counts() -> None:
    assert render(EVERY, "nagios", seconds=0.1234) == (
        "LINUXREADY CRITICAL - NOT READY by vmware-2017 (2017-03-27): 1 failed, 1 unknown, 1 warned, 1 waived,"
        " 1 manual, 1 ok, 1 skipped; a-fail: found; a-unknown: found; a-warn: found; a-waived: found"
        " | failed=1;;0;0 unknown=1;;;0 warned=1;0;;0 waived=1;;;0 ok=1;;;0 manual=1;;;0 time=0.123s;;;0\n"
    )


def is_a_plugins_line(text: str) -> None:
    assert re.fullmatch(r"LINUXREADY [A-Z]+ - [^|\n]+ \|( [a-z]+=[0-9.]+s?;[0-9]*;[0-9]*;0)+\n", text)
    assert len(text.encode()) < 1024


@FIXED
@given(TEXTS)
def test_nagios_is_one_short_line_with_one_bar(text: str) -> None:
    is_a_plugins_line(render(hostile(f"|{text}|"), "nagios", seconds=1))


# -- prometheus ------------------------------------------------------------------------------------------------

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\d+(?:\.\d+)?)')


def samples(text: str) -> dict[tuple[str, str], float]:
    """Name and labels to value; every line is a sample or a comment, none is there twice."""
    found: dict[tuple[str, str], float] = {}
    declared: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            declared.append(line.split(" ")[2])
        elif not line.startswith("# TYPE "):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            assert sample[1] == declared[-1]
            assert (sample[1], sample[2] or "") not in found
            found[sample[1], sample[2] or ""] = float(sample[3])
    assert len(declared) == len(set(declared))
    return found


def test_prometheus_has_a_series_a_requirement_and_status() -> None:
    told = samples(render(EVERY, "prometheus", disks("sda", "sdb"), 0.25))
    states: dict[str, dict[str, float]] = {}
    for (name, labels), value in told.items():
        if name == "linuxready_requirement_status":
            words: dict[str, Any] = dict(re.findall(r'(\w+)="(.*?)"', labels))
            states.setdefault(words["id"], {})[words["status"]] = value
    assert all(len(values) == 7 and sum(values.values()) == 1 for values in states.values())
    assert {name: max(values, key=values.__getitem__) for name, values in states.items()} == {
        f.id: f.status for f in EVERY.findings
    }
    assert told["linuxready_disk_size_bytes", 'disk="sdb"'] == 2**40
    assert told["linuxready_disks", ""] == 2
    assert told["linuxready_collect_duration_seconds", ""] == 0.25
    assert told["linuxready_collected_timestamp_seconds", ""] == 1795420800
    assert (told["linuxready_ready", ""], told["linuxready_complete", ""]) == (0, 1)


@pytest.mark.parametrize(
    ("verdict", "complete", "ready"),
    [("ready", True, 1), ("ready", False, 0), ("not-ready", True, 0), ("undetermined", True, 0)],
)
def test_prometheus_is_told_ready_of_complete_reports_only(verdict: Verdict, complete: bool, ready: int) -> None:
    told = samples(render(report(finding("pass"), verdict=verdict, complete=complete), "prometheus"))
    assert told["linuxready_ready", ""] == ready


def test_what_was_not_seen_or_measured_has_no_series() -> None:
    in_container = msgspec.structs.replace(disks("sda"), container=Fact(value="docker"))
    for known in (facts(), in_container):
        names = {name for name, _ in samples(render(EVERY, "prometheus", known))}
        assert not {name for name in names if "disk" in name or "duration" in name}


@FIXED
@given(TEXTS, TEXTS)
def test_no_string_breaks_the_metrics(text: str, name: str) -> None:
    samples(render(hostile(text), "prometheus", disks(name, f"{name}x", name)))


def test_disks_have_a_bound() -> None:
    told = samples(render(EVERY, "prometheus", disks(*(f"sd{n}" for n in range(5000)))))
    assert told["linuxready_disks", ""] == 5000
    assert sum(name == "linuxready_disk_size_bytes" for name, _ in told) == 256


# -- all -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_nothing_hostile_breaks_any(text: str) -> None:
    told = hostile(text)
    yaml.safe_load(render(told, "yaml"))
    cases(told)
    is_a_plugins_line(render(told, "nagios"))
    samples(render(told, "prometheus", disks(text)))
    assert len(re.findall(r"^(?:not )?ok ", render(told, "tap"), re.M)) == 6


def test_programs_have_utf_8() -> None:
    for name in FOR_PROGRAMS:
        assert "é" in render(hostile("é"), name)

"""The document for configuration management: what it says, that it stays small, that nothing hostile breaks it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready import factsdocument, jsontext
from linuxready.facts import BlockDevice, Evidence, Fact, Facts, Kernel, Release, XfsFeatures, XfsFilesystem
from linuxready.factsdocument import MARK, MAX_BYTES, UNDER, FactsDocument, document, encode
from linuxready.report import Report

from .golden import HOSTS
from .machines import NOW, facts, report, requirement
from .schemas import DOCS

FIXED = settings(derandomize=True, database=None, max_examples=30, deadline=None)
TEXTS = (
    st.text()
    | st.text(st.characters(exclude_categories=()))
    | st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))
)
HOSTILE = (
    "\U0001f427 \U000e0041",
    "\udcff\ud800",
    "\x7f\x80\x85\x9b\x9f",
    "{{ lookup('pipe', 'id') }} {% raw %} %s %(x)s ${x} <%= x %>",
    "/mnt\nready: true\r\n\t",
    "\x00\x1b]0;x\x07",
    "\u2028\u2029\ufeff\ufffe\uffff\u202e",
    "'\"\\: - # &*!|>@`,[]{}",
    "…" * 400,
    "\\" * 1030,
    "\x01" * 5000,
)
"""What a machine may be called, or have mounted, to break whoever reads of it."""
SCHEMA = json.loads((DOCS / "facts-document.schema.json").read_text(encoding="utf-8"))
MACHINES = sorted(HOSTS.iterdir())


def of_machine(name: str) -> Facts:
    known: Facts = jsontext.decode((HOSTS / name / "facts.json").read_bytes(), Facts)
    return known


def made(known: Facts, judged: Report | None = None) -> dict[str, Any]:
    """The document as a reader of JSON has it."""
    told: dict[str, Any] = json.loads(encode(document(known, judged or report(known), NOW)))
    return told


def keys(value: Any) -> int:
    """Every key, at whatever depth."""
    if isinstance(value, dict):
        return len(value) + sum(map(keys, value.values()))
    return sum(map(keys, value)) if isinstance(value, list) else 0


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    below = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in below for text in strings(item)]


def disk(name: str, kind: str = "disk") -> BlockDevice:
    return BlockDevice(name, "8:0", kind, (), 2**40, False)


def xfs(name: str, crc: bool | None = True) -> XfsFilesystem:
    seen = Fact(value=XfsFeatures(crc, True, (), Evidence("xfs_info", "crc=1")))
    return XfsFilesystem(name, "/dev/sdb", "mounted", True, seen if crc is not None else Fact(unknown="run as root"))


# -- what it says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)
def test_it_says_what_the_report_says(machine: Path) -> None:
    known = of_machine(machine.name)
    judged = report(known)
    told = made(known, judged)
    jsonschema.validate(told, SCHEMA)
    assert (told["ready"], told["verdict"]) == (judged.verdict == "ready", judged.verdict)
    assert told["status"] == "ok"
    assert told["checks"] == {f.id.replace("-", "_"): f.status for f in judged.findings}
    for key, status in (("failed", "fail"), ("warned", "warn"), ("unknown", "unknown")):
        assert told[key] == [f.id for f in judged.findings if f.status == status]
        assert told["counts"][status] == len(told[key])
    assert {key for key in factsdocument.GROUPED_BY if told[key] is None} == set(told["not_seen"])
    assert all(told["not_seen"].values())


@pytest.mark.parametrize(
    ("machine", "key", "value"),
    [
        ("rhel-7-var-on-second-disk", "distribution", "rhel"),
        ("rhel-7-var-on-second-disk", "release", "7.2"),
        ("rhel-7-var-on-second-disk", "kernel", "3.10.0-327.el7.x86_64"),
        ("rhel-7-var-on-second-disk", "architecture", "x86_64"),
        ("rhel-7-var-on-second-disk", "os_disk", "sda"),
        ("rhel-7-var-on-second-disk", "disks", [
            {"name": "sda", "size_bytes": 40 * 2**30}, {"name": "sdb", "size_bytes": 50 * 2**30},
        ]),
        ("rhel-7-var-on-second-disk", "disk_count", 2),
        ("rhel-7-var-on-second-disk", "ssh_starts_at_boot", True),
        ("rhel-7-var-on-second-disk", "firewall_allows_ssh", True),
        ("rhel-7-var-on-second-disk", "xfs_v5_mounts", []),
        ("rhel-7-xfs-v5", "xfs_v5_mounts", ["/", "/dev/sdb1"]),
        ("rhel-7-xfs-v4-ftype", "xfs_v5_mounts", []),
        ("not-root", "xfs_v5_mounts", None),
        ("not-root", "firewall_allows_ssh", None),
        ("rhel-6-ssh-refused", "firewall_allows_ssh", False),
        ("ssh-from-management-net", "firewall_allows_ssh", None),
        ("rhel-7.2-66-disks", "disk_count", 66),
        ("rhel-7.2-66-disks", "cut", ["disks"]),
        ("centos-6-lvm-multipath", "os_disk", "mpatha (dm-0)"),
    ],
)  # fmt: skip
def test_what_machines_are_grouped_by(machine: str, key: str, value: object) -> None:
    assert made(of_machine(machine))[key] == value


def test_a_reason_quotes_no_rule_of_the_firewall() -> None:
    """The document is for every user's eyes, the rules are root's."""
    told = made(of_machine("ssh-from-management-net"))
    assert told["not_seen"]["firewall_allows_ssh"] == "ssh-firewall is warn: see the report"


def test_an_incomplete_report_is_never_ready() -> None:
    known = of_machine("rhel-7.2-ready")
    judged = report(known)
    assert made(known, judged)["ready"] is True
    told = made(known, msgspec.structs.replace(judged, complete=False))
    assert (told["ready"], told["verdict"], told["complete"]) == (False, "undetermined", False)


def test_nothing_is_said_of_a_machine_by_its_container() -> None:
    known = msgspec.structs.replace(of_machine("rhel-7.2-ready"), container=Fact(value="docker"))
    told = made(known)
    assert {key for key in factsdocument.GROUPED_BY if told[key] is not None} == set()
    assert told["not_seen"]["kernel"] == "seen inside a container (docker)"


def test_of_nothing_known_nothing_is_said() -> None:
    told = made(facts())
    jsonschema.validate(told, SCHEMA)
    assert told["ready"] is False
    assert set(told["not_seen"]) == set(factsdocument.GROUPED_BY)


def test_one_file_system_unseen_leaves_the_list_unknown() -> None:
    assert made(facts(xfs=(xfs("/a"), xfs("/b"))))["xfs_v5_mounts"] == ["/a", "/b"]
    told = made(facts(xfs=(xfs("/a"), xfs("/b", None))))
    assert (told["xfs_v5_mounts"], told["not_seen"]["xfs_v5_mounts"]) == (None, "run as root")


def test_a_machine_that_was_not_looked_at() -> None:
    told = json.loads(encode(factsdocument.failed("/x: gone", NOW)))
    jsonschema.validate(told, SCHEMA)
    assert (told["ready"], told["status"], told["error"]) == (False, "error", "/x: gone")
    assert list(told) == list(made(facts()))


def test_what_hooks_print_before_the_first_run_is_a_document() -> None:
    jsonschema.validate({"ready": False, "verdict": "undetermined", "complete": False, "status": "not_run"}, SCHEMA)


def test_it_begins_with_what_hooks_look_for() -> None:
    """A shell hook that finds the cache too old has these to replace, and no string of the machine before them."""
    text = encode(document(of_machine("rhel-7.2-ready"), report(of_machine("rhel-7.2-ready")), NOW))
    assert text.startswith('{"ready":true,"verdict":"ready","complete":true,"status":"ok",')


@pytest.mark.parametrize("consumer", UNDER)
def test_facter_and_salt_have_it_under_its_name(consumer: str) -> None:
    told = json.loads(encode(factsdocument.failed("x", NOW), consumer))
    assert set(told) == {"linuxready"} if consumer in ("facter", "salt") else "ready" in told


# -- how large it is, and what hostile machines do to it -------------------------------------------------------


def hostile(text: str, many: int = 500) -> Facts:
    """A machine that says a text wherever it can, with many disks and mounts."""
    return facts(
        collected_at=text,
        release=Release(text, text, text, text, text, text),
        kernel=Kernel(text, text),
        block_devices=tuple(disk(f"{n}{text}") for n in range(many)),
        xfs=tuple(xfs(f"/{n}{text}") for n in range(many)),
    )


def held(known: Facts, judged: Report) -> dict[str, Any]:
    """The document, which is what every consumer was seen to take."""
    text = encode(document(known, judged, NOW), "facter")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert len(text.encode("utf-8")) <= MAX_BYTES
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", text)
    assert not re.search(r"\\u[dD][89a-fA-F]", text)
    told = json.loads(text)["linuxready"]
    jsonschema.validate(told, SCHEMA)
    assert keys(told) <= 300
    assert all(re.fullmatch("[a-z][a-z0-9_]{0,63}", key) for key in (*told, *told["checks"], *told["not_seen"]))
    assert all(len(value.encode()) <= 1024 for value in strings(told))
    assert told["ready"] is False
    return dict(told)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_a_hostile_machine_breaks_nothing(text: str) -> None:
    many = 500 if len(text) < 100 else 80
    known = hostile(text, many)
    told = held(known, report(known))
    assert told["disk_count"] == many


@FIXED
@given(TEXTS, st.integers(0, 70))
def test_no_machine_breaks_anything(text: str, many: int) -> None:
    known = hostile(text, many)
    held(known, report(known))


def test_so_does_no_profile() -> None:
    """One of one's own may have any number of requirements, of any names."""
    judged = report(facts())
    many = tuple(
        msgspec.structs.replace(judged.findings[0], id=f"{status}-{'x' * (n % 99)}-{n}", status=status)
        for status in ("pass", "fail", "unknown")
        for n in range(200)
    )
    told = held(hostile("x" * 2000), msgspec.structs.replace(judged, findings=many))
    assert set(told["cut"]) >= {"checks", "failed", "unknown", "kernel", "xfs_v5_mounts"}
    assert set(told["checks"].values()) == {"fail"}, "the worst are what is kept"


@pytest.mark.parametrize("text", ["\U0001f427 é", "{{ x }} {% x %} %s", "/mnt\nx", "\x7f\x85\x1b", "a\u2028b"])
def test_what_is_not_too_long_comes_back_whole(text: str) -> None:
    told = made(facts(xfs=(xfs(text),), kernel=Kernel(text, "x86_64")))
    assert (told["kernel"], told["xfs_v5_mounts"], told["cut"]) == (text, [text], [])


def test_a_byte_that_is_no_utf_8_is_replaced() -> None:
    assert made(facts(xfs=(xfs("/b\udcfcro"),)))["xfs_v5_mounts"] == ["/b\ufffdro"]


def test_what_is_too_long_has_a_mark_and_is_named() -> None:
    told = made(facts(kernel=Kernel("k" * 2000, "x86_64")))
    assert told["kernel"] == "k" * (1024 - len(MARK.encode())) + MARK
    assert told["cut"] == ["kernel"]


@FIXED
@given(TEXTS, st.integers(8, 64))
def test_cut_text(text: str, limit: int) -> None:
    short = factsdocument.cut_text(text, limit)
    assert factsdocument.encoded_bytes(short) - 2 <= limit
    assert short == text or (short.endswith(MARK) and text.startswith(short[: -len(MARK)]))
    assert short == text or factsdocument.encoded_bytes(text) - 2 > limit


def test_every_key_is_documented_with_its_type() -> None:
    """docs/facts-document.md has a row a key."""
    rows = re.findall(r"^\| `([a-z0-9_]+)` \|", (DOCS / "facts-document.md").read_text(encoding="utf-8"), re.M)
    assert rows == [field.name for field in msgspec.structs.fields(FactsDocument)]


def test_ids_of_shipped_profiles_are_keys() -> None:
    assert re.fullmatch("[a-z][a-z0-9_]{0,63}", requirement("os-disk").id.replace("-", "_"))

"""The formats for programs, read by the programs: promtool, prove; and the document and the metrics of this machine."""

from __future__ import annotations

import json
import shutil
import subprocess

import jsonschema
import pytest

from ..schemas import DOCS
from ..test_factsdocument import HOSTILE
from ..test_formats import EVERY
from ..test_formats_for_programs import NOTHING, disks, hostile, render
from .stage import ENVIRONMENT, LINUXREADY

pytestmark = pytest.mark.live

REPORTS = [
    ("every status", EVERY),
    ("nothing judged", NOTHING),
    *((ascii(text[:12]), hostile(text)) for text in HOSTILE),
]


def needs(program: str) -> pytest.MarkDecorator:
    missing = not shutil.which(program, path=ENVIRONMENT["PATH"])
    return pytest.mark.skipif(missing, reason=f"not here: {program} (see tests/prepare)")


def read_by(argv: list[str], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, input=text, capture_output=True, encoding="utf-8", env=ENVIRONMENT, timeout=60, check=False
    )


def told(*words: str) -> str:
    return read_by([LINUXREADY, *words], "").stdout


@needs("promtool")
@pytest.mark.parametrize("metrics", ["", *(name for name, _ in REPORTS)])
def test_promtool_has_nothing_to_say(metrics: str) -> None:
    text = (
        render(dict(REPORTS)[metrics], "prometheus", disks("sda", *HOSTILE), 0.25)
        if metrics
        else told("check", "--format", "prometheus")
    )
    assert "linuxready_requirement_status" in text
    result = read_by(["promtool", "check", "metrics"], text)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@needs("promtool")
def test_promtool_would_say_it() -> None:
    assert read_by(["promtool", "check", "metrics"], "linuxready-ready 1\n").returncode != 0


@needs("prove")
@pytest.mark.parametrize(("name", "report"), REPORTS, ids=[name for name, _ in REPORTS])
def test_prove_counts_what_fails(name: str, report: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = render(dict(REPORTS)[name], "tap")
    file = tmp_path_factory.mktemp("tap") / "report.tap"
    file.write_text(text, encoding="utf-8")
    result = read_by(["prove", "--exec", "cat", str(file)], "")
    points = text.count("\nok ") + text.count("\nnot ok ")
    assert f"Failed {text.count(chr(10) + 'not ok ')}/{points} subtests" in result.stdout
    assert "Parse errors" not in result.stdout


def test_the_document_of_this_machine() -> None:
    document = json.loads(told("facts", "--for", "facter"))["linuxready"]
    jsonschema.validate(document, json.loads((DOCS / "facts-document.schema.json").read_text(encoding="utf-8")))
    assert (document["status"], document["error"]) == ("ok", None)


def test_nagios_sees_the_word_of_the_exit_status() -> None:
    result = read_by([LINUXREADY, "check", "--format", "nagios"], "")
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[result.returncode]
    assert result.stdout.startswith(f"LINUXREADY {word} - ")
    assert result.stdout.count("\n") == 1

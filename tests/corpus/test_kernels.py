"""kernels: what a release says of itself, against insights-core's parser and the known UEK generations."""

from __future__ import annotations

import re
from typing import Any

import pytest

from linuxready.facts import Evidence, Release
from linuxready.host import Unreadable
from linuxready.profile import load
from linuxready.readers import kernel
from linuxready.requirements.system import ListedKernel

from ..machines import FakeHost
from . import CORPUS, cases


@pytest.mark.parametrize("case", cases("kernels"))
def test_kernel_agrees_with_the_oracle(case: dict[str, Any]) -> None:
    lines = (CORPUS / "kernels" / case["inputs"][0]).read_text().split("\n")
    if "insights" in case["expected"]:
        uname = next((words[2] for line in lines if len(words := line.split()) > 2 and words[0] == "Linux"), "")
    else:
        uname = lines[0].strip()
    host = FakeHost(told={"kernel_release": uname})
    expected = case["expected"].get("insights", {})
    if "error" in expected:
        with pytest.raises(Unreadable):
            kernel.read(host)
        return
    found = kernel.read(host)
    if expected:
        assert found.release == expected["kernel"]
        assert found.machine == expected["arch"] or expected["debug"]
        if expected["rhel_release"][0] in ("6", "7") and len(expected["rhel_release"]) == 2:
            assert status_on_rhel(found.release, expected["rhel_release"]) in ("pass", "warn")
    else:
        assert status_on_oracle(found.release) == (
            "pass" if ".el6" in found.release and case["expected"]["uek"] in ("3", None) else "fail"
        )


def kernel_requirement() -> ListedKernel:
    return next(r for r in load("vmware-2017").requirement if isinstance(r, ListedKernel))


def status_on_rhel(running: str, minor: list[str]) -> str:
    """The status of a kernel on the very minor release that the oracle says it belongs to."""
    requirement = kernel_requirement()
    version = ".".join(minor)
    rule = next(r for r in requirement.stock if r.releases.get("rhel", ("",))[0].startswith(minor[0]))
    installed = Release("rhel", "RHEL", version, version, "", "")
    answer = requirement._judge(running, installed, [rule], Evidence("uname -r", running))
    stock = not re.search(r"debug|rt|bgq", running)
    assert answer.status == ("pass" if stock else "warn"), answer
    older = Release("rhel", "RHEL", f"{minor[0]}.{int(minor[1]) - 1}", "", "", "")
    assert requirement._judge(running, older, [rule], Evidence("uname -r", running)).status == "warn"
    return answer.status


def status_on_oracle(running: str) -> str:
    requirement = kernel_requirement()
    rules = [r for r in requirement.stock if "oracle" in r.releases]
    installed = Release("oracle", "Oracle Linux Server", "6.5", "6.5", "", "")
    return requirement._judge(running, installed, rules, Evidence("uname -r", running)).status

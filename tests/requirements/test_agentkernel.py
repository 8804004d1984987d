"""The kernel as the replication agent takes it: list, rules, floors, page, nearest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from linuxready.facts import BootEntry, Evidence, Fact, Kernel, Release
from linuxready.kernellist import NAME, KernelList, expanded, load
from linuxready.profile import load as load_profile
from linuxready.report import Finding
from linuxready.requirements.agentkernel import AgentKernel
from linuxready.requirements.system import Distribution

from ..machines import facts, finding_by, requirement

SHARED = Path(__file__).parents[3] / "shared" / "reference" / "mobility-agent-kernels.toml"
LIST = load("mobility-agent")
LISTED = [(family, kernel) for family in sorted(LIST.families) for kernel in LIST.kernels(family)]


def rule() -> AgentKernel:
    found = requirement("kernel", "vmware-2026")
    assert isinstance(found, AgentKernel)
    return found


RULE = rule()


def release(distribution: str, version: str) -> Release:
    return Release(distribution, distribution, version, version, "/etc/os-release", "")


def release_of(family: str, kernel: str) -> Release:
    """The release that a list's family and a kernel's service pack are of."""
    match = re.fullmatch(r"([A-Z]+)-?([\d.]+)-64", family)
    assert match
    distribution, version = match[1].lower(), match[2]
    pack = kernel.partition(":")[2]
    return release(distribution, f"{version}.{pack}" if pack not in ("", "0") else version)


def judged(kernel: str, distribution: str, version: str, following: str | None = None) -> Finding:
    entry = BootEntry(following, Evidence("/boot/grub/grub.cfg:9", "linux …")) if following else None
    next_kernel: Fact[BootEntry] = Fact(value=entry) if entry else Fact(unknown="no boot loader")
    known = facts(release=release(distribution, version), kernel=Kernel(kernel, "x86_64"), next_kernel=next_kernel)
    return finding_by(RULE, known)


def status_of(kernel: str, of: Release) -> tuple[str, str]:
    family = RULE.family_of(of)
    assert family
    answer = RULE.answer(kernel.partition(":")[0], of, family, Evidence("uname -r", kernel))
    return answer.status, answer.found


def test_the_list_is_the_publishers() -> None:
    if not SHARED.is_file():
        pytest.skip(f"no {SHARED}")
    of_publisher = tomllib.loads(SHARED.read_text())
    found = {
        (family, build, kernel)
        for family, builds in of_publisher.items()
        for build, kernels in builds.items()
        for kernel in kernels
    }
    assert {(family, LIST.build_of(family, kernel), kernel) for family, kernel in LISTED} == found


def test_every_listed_kernel_passes_for_its_release() -> None:
    assert len(LISTED) == len(set(LISTED)) == 2715
    for family, kernel in LISTED:
        status, found = status_of(kernel, release_of(family, kernel))
        build = LIST.build_of(family, kernel)
        assert status == "pass", kernel
        assert f"in the agent's list of 2026-07-02 (since {build})" in found


@pytest.mark.thorough
def test_neighbours_of_listed_kernels_do_not() -> None:
    listed = set(LISTED)
    seen = 0
    for family, kernel in LISTED:
        parts = NAME.fullmatch(kernel)
        assert parts
        for number in (int(parts["number"]) - 1, int(parts["number"]) + 1):
            neighbour = f"{parts['before']}{number}{parts['after']}"
            if number < 0 or (family, neighbour) in listed:
                continue
            status, found = status_of(neighbour, release_of(family, neighbour))
            if family.startswith("SLES") and "-default" in neighbour:
                assert (status, "every -default kernel" in found) == ("pass", True), neighbour
                continue
            seen += 1
            on_page = LIST.on_page(family, neighbour)
            assert status == ("warn" if on_page else "fail"), neighbour
            assert ("on the page of 2026-04-06 only" if on_page else "not listed") in found
    assert seen >= 1000


DISAGREE = {
    "18.04": "5.4.0-1144-azure 5.4.0-206-generic 5.4.0-207-generic 5.4.0-209-generic",
    "20.04": "5.4.0-1144-azure 5.4.0-206-generic 5.4.0-207-generic 5.4.0-209-generic 5.15.0-1080-azure "
    "5.15.0-1083-azure 5.15.0-133-generic 5.15.0-135-generic",
    "22.04": "5.15.0-1080-azure 5.15.0-1083-azure 6.8.0-1022-azure 6.8.0-1023-azure 6.8.0-54-generic 6.8.0-63-generic",
    "24.04": "6.8.0-1022-azure 6.8.0-1023-azure",
}
"""Where page and list disagree: the page has them by number, the list does not."""


@pytest.mark.parametrize("version", DISAGREE)
def test_what_only_the_page_has_warns(version: str) -> None:
    for kernel in DISAGREE[version].split():
        found = judged(kernel, "ubuntu", version)
        assert found.status == "warn"
        assert found.found == f"{kernel}, on the page of 2026-04-06 only: not in the agent's list of 2026-07-02"
        assert found.remedies[0].text.startswith("boot ")
    family = f"UBUNTU-{version}-64"
    assert LIST.page
    missing = {k for k in expanded(LIST.page.families[family]) if LIST.build_of(family, k) is None}
    assert missing == set(DISAGREE[version].split())


@pytest.mark.parametrize(
    ("distribution", "version", "kernel", "status", "found"),
    [
        ("rhel", "8.4", "4.18.0-305.el8.x86_64", "fail", "below 305.30.1, the lowest build that is taken"),
        ("rhel", "8.4", "4.18.0-305.28.1.el8_4.x86_64", "fail", "below 305.30.1"),
        ("rhel", "8.4", "4.18.0-305.30.1.el8_4.x86_64", "pass", "stock kernel of EL 8, at or above 305.30.1 ("),
        ("rhel", "8.4", "4.18.0-305.148.1.el8_4.x86_64", "pass", "at or above 305.148.1, agent 9.65 or newer"),
        ("rhel", "8.5", "4.18.0-348.2.1.el8_5.x86_64", "fail", "below 348.5.1"),
        ("rhel", "8.5", "4.18.0-348.5.1.el8_5.x86_64", "pass", "at or above 348.5.1"),
        ("rhel", "8.6", "4.18.0-372.9.1.el8.x86_64", "pass", "stock kernel of EL 8 ("),
        ("rhel", "8.4", "4.18.0-372.32.1.el8_6.x86_64", "warn", "came with 8.6, installed is 8.4"),
        ("rhel", "8.6", "4.18.0-372.9.1.rt7.166.el8.x86_64", "warn", "not a stock kernel"),
        ("rhel", "9.4", "5.14.0-427.13.1.el9_4.x86_64", "pass", "on the page for agent 9.62"),
        ("rhel", "9.4", "5.14.0-427.37.1.el9_4.x86_64", "pass", "on the page for agent 9.63"),
        ("rhel", "9.4", "5.14.0-427.40.1.el9_4.x86_64", "fail", "below 503.11.1"),
        ("rhel", "9.5", "5.14.0-503.11.1.el9_5.x86_64", "pass", "at or above 503.11.1, agent 9.64 or newer"),
        ("rhel", "9.6", "5.14.0-570.17.1.el9_6.x86_64", "pass", "at or above 570.12.1, agent 9.65 or newer"),
        ("rhel", "9.7", "5.14.0-611.5.1.el9_7.x86_64", "pass", "at or above 611.5.1, agent 9.66 or newer"),
        ("rhel", "10.0", "6.12.0-55.9.1.el10_0.x86_64", "pass", "at or above 55.9.1"),
        ("rhel", "10.0", "6.12.0-55.8.1.el10_0.x86_64", "fail", "below 55.9.1"),
        ("rhel", "10.1", "6.12.0-55.9.1.el10_0.x86_64", "fail", "below 124.8.1"),
        ("rhel", "7.9", "3.10.0-1160.el7.x86_64", "pass", "stock kernel of EL 7"),
        ("rhel", "7.9", "3.10.0-1160.rt56.1131.el7.x86_64", "warn", "not a stock kernel"),
        ("rhel", "6.10", "2.6.32-754.el6.x86_64", "pass", "stock kernel of EL 6"),
        ("rhel", "6.10", "2.6.32-754.el6.i686", "fail", "not listed"),
        ("rhel", "5.11", "2.6.18-398.el5", "pass", "stock kernel of EL 5"),
        ("centos", "6.10", "2.6.32-754.el6.centos.plus.x86_64", "pass", "centos.plus"),
        ("rocky", "9.4", "5.14.0-427.22.1.el9_4.x86_64", "pass", "on the page for agent 9.65"),
        ("rocky", "9.5", "5.14.0-503.11.1.el9_5.x86_64", "fail", "below 611.5.1"),
        ("oracle", "6.10", "4.1.12-124.16.4.el6uek.x86_64", "pass", "Unbreakable Enterprise Kernel 3 or 4"),
        ("oracle", "6.10", "2.6.39-400.17.1.el6uek.x86_64", "fail", "not listed"),
        ("oracle", "7.9", "4.14.35-1902.300.11.el7uek.x86_64", "pass", "Kernel 3, 4 or 5"),
        ("oracle", "7.9", "5.4.17-2011.4.4.el7uek.x86_64", "warn", "not on the page, though the agent takes"),
        ("oracle", "8.8", "5.15.0-101.103.2.1.el8uek.x86_64", "pass", "Unbreakable Enterprise Kernel 7 ("),
        ("oracle", "8.6", "5.15.0-101.103.2.1.el8uek.x86_64", "warn", "on the page from 8.7 only"),
        ("oracle", "8.1", "5.4.17-2011.1.2.el8uek.x86_64", "pass", "any of el8uek"),
        ("oracle", "8.4", "4.18.0-305.el8.x86_64", "fail", "below 305.30.1"),
        ("oracle", "9.2", "5.14.0-284.86.1.el9_2.x86_64", "pass", "on the page for agent 9.63"),
        ("sles", "11.4", "3.0.101-63-default", "pass", "stock kernel of SLES 11"),
        ("sles", "12.5", "4.12.14-122.999-default", "pass", "every -default kernel of SLES 12"),
        ("sles", "15.5", "5.14.21-150500.55.44.1.25013.0.PTF.1215587-default", "warn", "not a stock kernel"),
        ("sles", "12.4", "4.12.14-16.200-azure", "fail", "not listed"),
        ("sles", "12.5", "4.12.14-16.200-azure", "pass", "in the agent's list"),
        ("sles", "15", "4.12.14-25.3-default", "pass", "in the agent's list"),
        ("ubuntu", "20.04", "5.4.0-216-lowlatency", "fail", "not listed"),
        ("ubuntu", "20.04", "5.4.0-0216-generic", "fail", "not listed"),
        ("debian", "12.5", "6.1.0-41-cloud-amd64", "pass", "since 9.66.7643.1"),
        ("debian", "11.2", "6.1.0-41-amd64", "fail", "not listed"),
    ],
)
def test_rules_floors_and_lists(distribution: str, version: str, kernel: str, status: str, found: str) -> None:
    answer = judged(kernel, distribution, version)
    assert answer.status == status, answer.found
    assert found in answer.found
    assert "2026-07-02" in answer.found
    assert ("kernel list", "Mobility agent, VMware and physical to Azure, 2026-07-02") in [
        (e.source, e.text) for e in answer.evidence
    ] or status == "pass"


@pytest.mark.parametrize(
    ("distribution", "version", "kernel", "nearest"),
    [
        ("ubuntu", "20.04", "5.4.0-217-generic", ["5.4.0-218-generic", "5.4.0-216-generic"]),
        ("ubuntu", "20.04", "5.4.0-900-generic", ["5.8.0-23-generic", "5.4.0-223-generic"]),
        ("ubuntu", "20.04", "6.9.0-1-generic", ["", "5.15.0-161-generic"]),
        ("ubuntu", "20.04", "1.0.0-1-generic", ["5.4.0-26-generic", ""]),
        ("sles", "15.5", "5.14.21-150500.33.77-azure", ["", "5.14.21-150500.33.75-azure"]),
        ("rhel", "9.4", "5.14.0-427.40.1.el9_4.x86_64", ["5.14.0-503.11.1", "5.14.0-427.37.1.el9_4.x86_64"]),
        ("rhel", "8.4", "4.18.0-305.el8.x86_64", ["4.18.0-305.30.1", ""]),
        ("rhel", "9.2", "5.14.0-284.90.1.el9_2.x86_64", ["5.14.0-503.11.1", "5.14.0-284.86.1.el9_2.x86_64"]),
        ("rhel", "9.3", "5.14.0-362.8.1.el9_3.x86_64", ["5.14.0-503.11.1", ""]),
        ("oracle", "9.6", "6.12.0-100.28.2.el9uek.x86_64", ["", ""]),
    ],
)
def test_the_nearest_listed_kernels_are_named(distribution: str, version: str, kernel: str, nearest: list[str]) -> None:
    newer, older = nearest
    texts = [remedy.text for remedy in judged(kernel, distribution, version).remedies]
    assert [t for t in texts if "the next listed" in t] == ([f"boot {newer}: the next listed kernel"] if newer else [])
    assert [t for t in texts if "before it" in t] == ([f"boot {older}: the listed kernel before it"] if older else [])


def test_the_kernel_that_starts_next_warns() -> None:
    found = judged("6.8.0-88-generic", "ubuntu", "24.04", "6.8.0-90-generic")
    assert (found.status, found.evidence[0].source) == ("warn", "/boot/grub/grub.cfg:9")
    assert found.found.startswith("after the next boot: 6.8.0-90-generic, not listed")
    assert found.remedies[0].text == "make 6.8.0-88-generic the boot loader's default entry"
    assert judged("6.8.0-88-generic", "ubuntu", "24.04", "6.8.0-87-generic").status == "pass"
    assert judged("6.8.0-90-generic", "ubuntu", "24.04", "6.8.0-88-generic").status == "fail"


@pytest.mark.parametrize(
    ("distribution", "version"), [("fedora", "41"), ("ubuntu", "25.10"), ("rhel", "10.2"), ("sles", "16.0")]
)
def test_a_release_that_is_not_listed_is_skipped(distribution: str, version: str) -> None:
    found = judged("6.17.0-5-generic", distribution, version)
    assert (found.status, "is not on the list" in found.found) == ("skip", True)


def test_a_list_that_was_not_loaded_passes_nothing() -> None:
    known = facts(release=release("ubuntu", "24.04"), kernel=Kernel("6.8.0-88-generic", "x86_64"))
    assert finding_by(replace(RULE, kernels="mobility-agent"), known).status == "unknown"


def test_every_listed_release_has_kernels() -> None:
    listed = next(r for r in load_profile("vmware-2026").requirement if isinstance(r, Distribution))
    releases = [(d, v) for d, versions in listed.listed.items() for v in versions]
    releases += [(d, v) for doubt in listed.doubted for d, versions in doubt.releases.items() for v in versions]
    assert [(d, v) for d, v in releases if RULE.family_of(release(d, v)) is None] == []
    assert isinstance(RULE.kernels, KernelList)
    named = {family.family for family in RULE.families if family.family}
    assert named == set(RULE.kernels.families)


def test_a_kernel_below_the_floor_is_not_said_to_be_below_all_that_are_taken() -> None:
    """5.14.0-284.86.1 is listed by itself, and lower than the floor of all others."""
    found = judged("5.14.0-284.90.1.el9_2.x86_64", "rhel", "9.2").found
    assert "not listed, and below 503.11.1, from which on all are taken" in found


def test_where_nothing_is_near_what_is_taken_is_named() -> None:
    found = judged("2.6.39-400.el6uek.x86_64", "oracle", "6.10")
    assert found.remedies[0].text.startswith(
        "boot another kernel: Red Hat compatible kernel; or Unbreakable Enterprise Kernel 3 or 4"
    )

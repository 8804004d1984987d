"""architecture, distribution, kernel."""

from __future__ import annotations

import pytest

from linuxready.facts import BootEntry, Evidence, Fact, Facts, Kernel, Release
from linuxready.profile import load
from linuxready.report import Finding, Remedy
from linuxready.requirements.system import (
    Distribution,
    ListedKernel,
    nearest,
    spoken_release,
    spoken_version,
    version_key,
)

from ..machines import facts, finding, finding_by, requirement

NAMES = {"rhel": "Red Hat Enterprise Linux Server", "oracle": "Oracle Linux Server"}
LISTED = [
    *(("rhel", version) for version in ("6.7", "6.8", "7.1", "7.2")),
    *(("centos", version) for version in ("6.5", "6.6", "6.7", "6.8", "7.0", "7.1", "7.2")),
    *(("oracle", version) for version in ("6.4", "6.5")),
    *(("sles", version) for version in ("11.3", "11.4")),
]


def release(distribution: str, version: str, full: str | None = None) -> Release:
    name = NAMES.get(distribution, distribution)
    return Release(distribution, name, version, full or version, "/etc/a-release", f"{distribution} {version}")


def running(kernel: str, machine: str | None = "x86_64") -> Kernel:
    return Kernel(kernel, machine)


# -- architecture ----------------------------------------------------------------------------------------


def test_x86_64_passes() -> None:
    found = finding(facts(kernel=running("2.6.32-642.el6.x86_64")), "architecture")
    assert (found.status, found.found) == ("pass", "x86_64")
    assert found.evidence == (Evidence("uname -m", "x86_64"),)


@pytest.mark.parametrize("machine", ["i686", "i386", "aarch64", "ppc64le", "x86_64x"])
def test_any_other_machine_fails(machine: str) -> None:
    found = finding(facts(kernel=running("2.6.32-642.el6.i686", machine)), "architecture")
    assert (found.status, found.found) == ("fail", machine)
    assert "reinstall" in found.remedies[0].text


def test_architecture_that_no_record_names_is_unknown() -> None:
    assert finding(facts(kernel=running("4.4.0-21-generic", None)), "architecture").status == "unknown"


def test_architecture_without_a_kernel_is_unknown_with_the_reason() -> None:
    found = finding(facts(kernel=Fact(unknown="no record of the running kernel")), "architecture")
    assert (found.status, found.found) == ("unknown", "no record of the running kernel")
    assert found.remedies


def test_machines_are_the_profiles() -> None:
    changed = requirement("architecture", machines=("x86_64", "aarch64"))
    assert finding_by(changed, facts(kernel=running("4.4", "aarch64"))).status == "pass"


# -- distribution ----------------------------------------------------------------------------------------


def distribution(*words: str) -> Finding:
    return finding(facts(release=release(*words)), "distribution")


@pytest.mark.parametrize(("name", "version"), LISTED)
def test_listed_releases_pass(name: str, version: str) -> None:
    found = distribution(name, version)
    assert found.status == "pass"
    assert found.evidence == (Evidence("/etc/a-release", f"{name} {version}"),)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("rhel", "6.6"),
        ("rhel", "6.9"),
        ("rhel", "6.10"),
        ("rhel", "7.0"),
        ("rhel", "7.3"),
        ("rhel", "7.20"),
        ("rhel", "8.2"),
        ("centos", "6.4"),
        ("centos", "7.3"),
        ("centos-stream", "8"),
        ("oracle", "6.3"),
        ("oracle", "6.8"),
        ("oracle", "7.2"),
        ("sles", "11.2"),
        ("sles", "12.1"),
        ("sles", "12"),
        ("scientific", "6.8"),
        ("rocky", "8.4"),
        ("almalinux", "8.4"),
        ("amzn", "7.2"),
        ("cloudlinux", "7.2"),
        ("opensuse", "11.4"),
        ("ubuntu", "14.04"),
        ("debian", "7.2"),
    ],
)
def test_releases_beside_the_list_fail(name: str, version: str) -> None:
    found = distribution(name, version)
    assert found.status == "fail"
    assert found.remedies
    assert "not on the list" in found.found


@pytest.mark.parametrize(("name", "version"), [("rhel", "6"), ("centos", "7"), ("sles", "11"), ("oracle", "6")])
def test_a_release_without_its_minor_is_unknown(name: str, version: str) -> None:
    found = distribution(name, version)
    assert found.status == "unknown"
    assert "minor release not written down" in found.found
    assert found.remedies


@pytest.mark.parametrize("name", ["centos", "rhel", "sles"])
def test_a_listed_distribution_without_any_version_is_unknown(name: str) -> None:
    assert distribution(name, "").status == "unknown"


@pytest.mark.parametrize("version", ["12", "5", "8"])
def test_a_major_that_has_no_listed_minor_needs_none(version: str) -> None:
    assert distribution("centos", version).status == "fail"


@pytest.mark.parametrize("full", ["7.2 Beta", "7.2 rc1"])
def test_a_beta_is_not_the_release(full: str) -> None:
    found = distribution("rhel", "7.2", full)
    assert (found.status, found.found) == ("fail", f"RHEL {full}: a pre-release")


def test_distribution_not_known_is_unknown() -> None:
    found = finding(facts(release=Fact(unknown="none of them is there")), "distribution")
    assert (found.status, found.found) == ("unknown", "none of them is there")


@pytest.mark.parametrize(
    ("name", "version", "advice"),
    [
        ("rhel", "7.0", "update to RHEL 7.1, the next listed release"),
        ("rhel", "6.6", "update to RHEL 6.7, the next listed release"),
        ("rhel", "6.10", "the newest listed release is RHEL 6.8; a system is not downgraded: use a newer list"),
        ("sles", "11.2", "update to SLES 11 SP3, the next listed release"),
        ("sles", "12.1", "the newest listed release is SLES 11 SP4; a system is not downgraded: use a newer list"),
        ("centos", "7.3", "the newest listed release is CentOS 7.2; a system is not downgraded: use a newer list"),
        ("ubuntu", "14.04", "this list has no release of it: judge by a profile that has one"),
    ],
)
def test_the_nearest_listed_release_is_named(name: str, version: str, advice: str) -> None:
    first, *others = distribution(name, version).remedies
    assert first == Remedy("hint", advice)
    by_today = "profile vmware-2026 lists it: linuxready check --profile vmware-2026"
    lists_it = next(r for r in load("vmware-2026").requirement if isinstance(r, Distribution)).lists(
        Release(name, name, version, version, "", "")
    )
    assert others == ([Remedy("hint", by_today)] if lists_it else [])


@pytest.mark.parametrize(
    ("version", "below", "above"),
    [("6.9", "6.8", "6.10"), ("6.10", "6.9", "7.0"), ("6.7", "", "6.8"), ("7.0", "6.10", ""), ("6.8.1", "6.8", "6.9")],
)
def test_nearest_compares_numbers(version: str, below: str, above: str) -> None:
    versions = tuple(v for v in ("6.10", "6.8", "7.0", "6.9") if v != version)
    assert nearest(version, versions) == (below, above)


def test_version_key_orders_minors_as_numbers() -> None:
    assert version_key("6.10") > version_key("6.9") > version_key("6")


@pytest.mark.parametrize(
    ("name", "version", "spoken"),
    [("sles", "11.3", "11 SP3"), ("sles", "12.0", "12.0"), ("sles", "15", "15"), ("rhel", "7.2", "7.2")],
)
def test_service_packs_are_spoken(name: str, version: str, spoken: str) -> None:
    assert spoken_version(name, version) == spoken


def test_a_release_is_spoken_with_its_full_version() -> None:
    assert spoken_release(release("centos", "7.2", "7.2.1511")) == "CentOS 7.2.1511"
    assert spoken_release(release("sles", "11.4")) == "SLES 11 SP4"
    assert spoken_release(release("arch", "")) == "arch"


# -- kernel ----------------------------------------------------------------------------------------------


def kernel_facts(name: str, version: str, kernel: str, following: str | None = None) -> Facts:
    entry = (
        BootEntry(following, Evidence("/boot/grub2/grub.cfg:9", f"linux16 /vmlinuz-{following}")) if following else None
    )
    return facts(
        release=release(name, version),
        kernel=running(kernel),
        next_kernel=entry or Fact(unknown="no boot loader configuration found"),
    )


def kernel(*words: str) -> Finding:
    return finding(kernel_facts(*words), "kernel")


STOCK = [
    ("rhel", "6.7", "2.6.32-573.el6.x86_64"),
    ("rhel", "6.7", "2.6.32-573.22.1.el6.x86_64"),
    ("rhel", "6.8", "2.6.32-642.el6.x86_64"),
    ("rhel", "6.8", "2.6.32-358.el6.x86_64"),
    ("centos", "6.5", "2.6.32-431.29.2.el6.x86_64"),
    ("rhel", "7.1", "3.10.0-229.el7.x86_64"),
    ("rhel", "7.2", "3.10.0-327.36.3.el7.x86_64"),
    ("rhel", "7.2", "3.10.0-229.el7.x86_64"),
    ("centos", "7.0", "3.10.0-123.el7.x86_64"),
    ("oracle", "6.5", "2.6.32-431.el6.x86_64"),
    ("oracle", "6.4", "3.8.13-16.2.1.el6uek.x86_64"),
    ("oracle", "6.5", "3.8.13-118.el6uek.x86_64"),
    ("sles", "11.3", "3.0.76-0.11-default"),
    ("sles", "11.4", "3.0.101-63-default"),
    ("sles", "11.4", "3.0.101-108.10-default"),
]
OTHER = [
    ("rhel", "7.2", "3.10.0-327.rt56.204.el7.x86_64", "warn"),
    ("rhel", "7.2", "3.10.0-327.el7.x86_64.debug", "warn"),
    ("rhel", "6.8", "2.6.32-642.el6.i686", "warn"),
    ("rhel", "6.8", "2.6.32-642.el6.x86_64.debug", "warn"),
    ("rhel", "6.8", "2.6.32-642.el6uek.x86_64", "warn"),
    ("rhel", "6.8", "2.6.32-642.el6xx86_64", "warn"),
    ("centos", "6.8", "2.6.32-642.el6.centos.plus.x86_64", "warn"),
    ("centos", "7.2", "3.10.0-327.el7.centos.plus.x86_64", "warn"),
    ("centos", "7.2", "4.4.16-1.el7.elrepo.x86_64", "warn"),
    ("centos", "7.2", "2.6.32-642.el6.x86_64", "warn"),
    ("centos", "7.2", "x3.10.0-327.el7.x86_64", "warn"),
    ("sles", "11.4", "3.0.101-63-xen", "warn"),
    ("sles", "11.4", "3.0.101-63-pae", "warn"),
    ("sles", "11.4", "3.12.49-11-default", "warn"),
    ("oracle", "6.5", "2.6.32-400.33.1.el6uek.x86_64", "fail"),
    ("oracle", "6.5", "2.6.39-400.211.1.el6uek.x86_64", "fail"),
    ("oracle", "6.5", "4.1.12-32.1.2.el6uek.x86_64", "fail"),
    ("oracle", "6.5", "3.8.13-118.el7uek.x86_64", "fail"),
    ("oracle", "6.5", "3.10.0-327.el7.x86_64", "fail"),
    ("oracle", "6.5", "", "fail"),
]


@pytest.mark.parametrize(("name", "version", "release_of_kernel"), STOCK)
def test_stock_kernels_pass(name: str, version: str, release_of_kernel: str) -> None:
    found = kernel(name, version, release_of_kernel)
    assert found.status == "pass"
    assert found.evidence == (Evidence("uname -r", release_of_kernel),)


@pytest.mark.parametrize(("name", "version", "release_of_kernel", "status"), OTHER)
def test_other_kernels_do_not_pass(name: str, version: str, release_of_kernel: str, status: str) -> None:
    found = kernel(name, version, release_of_kernel)
    assert found.status == status
    assert found.remedies[0].text.startswith("install and boot a ")


def test_uek3_is_named_where_another_uek_runs() -> None:
    found = kernel("oracle", "6.5", "2.6.39-400.211.1.el6uek.x86_64")
    assert "Red Hat compatible kernel or Unbreakable Enterprise Kernel 3" in found.found


@pytest.mark.parametrize(
    ("name", "version", "release_of_kernel", "minor"),
    [
        ("rhel", "7.2", "3.10.0-514.el7.x86_64", "7.3"),
        ("rhel", "7.2", "3.10.0-514.26.2.el7.x86_64", "7.3"),
        ("centos", "7.0", "3.10.0-229.el7.x86_64", "7.1"),
        ("rhel", "7.1", "3.10.0-327.el7.x86_64", "7.2"),
        ("rhel", "6.7", "2.6.32-642.el6.x86_64", "6.8"),
        ("rhel", "6.8", "2.6.32-754.el6.x86_64", "6.10"),
    ],
)
def test_a_build_of_a_newer_minor_warns(name: str, version: str, release_of_kernel: str, minor: str) -> None:
    found = kernel(name, version, release_of_kernel)
    assert found.status == "warn"
    assert f"came with {minor}, installed is {version}" in found.found


def test_next_kernel_warns_where_it_would_not_pass() -> None:
    found = kernel("rhel", "7.2", "3.10.0-327.el7.x86_64", "3.10.0-514.el7.x86_64")
    assert found.status == "warn"
    assert found.found.startswith("after the next boot: 3.10.0-514")
    assert found.evidence[0].source == "/boot/grub2/grub.cfg:9"
    assert found.remedies[0] == Remedy("hint", "make 3.10.0-327.el7.x86_64 the boot loader's default entry")


def test_next_kernel_of_oracle_warns_even_where_it_would_fail_if_it_ran() -> None:
    assert kernel("oracle", "6.5", "3.8.13-118.el6uek.x86_64", "2.6.39-400.el6uek.x86_64").status == "warn"


@pytest.mark.parametrize("following", ["3.10.0-327.36.3.el7.x86_64", "3.10.0-229.el7.x86_64", None])
def test_next_kernel_that_passes_or_is_not_known_changes_nothing(following: str | None) -> None:
    assert finding(kernel_facts("rhel", "7.2", "3.10.0-327.el7.x86_64", following), "kernel").status == "pass"


def test_next_kernel_does_not_mend_a_failure() -> None:
    assert kernel("oracle", "6.5", "2.6.39-1.el6uek.x86_64", "3.8.13-118.el6uek.x86_64").status == "fail"


@pytest.mark.parametrize(("name", "version"), [("ubuntu", "14.04"), ("rhel", "7.3"), ("scientific", "6.8")])
def test_kernel_is_skipped_where_the_release_is_not_listed(name: str, version: str) -> None:
    found = kernel(name, version, "3.10.0-327.el7.x86_64")
    assert found.status == "skip"
    assert "not on the list" in found.found


def test_kernel_is_unknown_where_the_minor_release_is() -> None:
    """CentOS 7 of some minor release may be on the list: saying that it is not would be a guess."""
    assert kernel("centos", "7", "3.10.0-327.el7.x86_64").status == "unknown"


def test_kernel_is_unknown_without_a_release_or_a_kernel() -> None:
    assert finding(facts(kernel=running("3.10.0-327.el7.x86_64")), "kernel").status == "unknown"
    assert finding(facts(release=release("rhel", "7.2")), "kernel").status == "unknown"


def test_builds_are_the_profiles() -> None:
    """A rule without builds asks for no minor release."""
    kernel = requirement("kernel")
    assert isinstance(kernel, ListedKernel)
    rules = tuple(type(rule)(rule.releases, rule.name, rule.pattern) for rule in kernel.stock)
    changed = requirement("kernel", stock=rules)
    assert finding_by(changed, kernel_facts("rhel", "7.2", "3.10.0-514.el7.x86_64")).status == "pass"


def test_otherwise_is_the_profiles() -> None:
    changed = requirement("kernel", otherwise={"rhel": "fail"})
    assert finding_by(changed, kernel_facts("rhel", "7.2", "4.4.0-1.el7.elrepo.x86_64")).status == "fail"


@pytest.mark.parametrize(
    ("version", "status"),
    [("12.13", "pass"), ("12", "pass"), ("11.0", "pass"), ("9.13", "pass"), ("9.0", "fail"), ("9", "unknown")],
)
def test_a_major_release_that_is_listed_whole_needs_no_minor(version: str, status: str) -> None:
    """The page says Debian 12: point releases that came after it are 12 too. Of 9 it leaves one out."""
    debian = Release("debian", "Debian GNU/Linux", version, version, "/etc/debian_version", version)
    assert finding_by(requirement("distribution", "vmware-2026"), facts(release=debian)).status == status


def test_a_major_release_is_spoken_without_its_asterisk() -> None:
    debian = Release("debian", "Debian GNU/Linux", "13.1", "13.1", "/etc/debian_version", "13.1")
    found = finding_by(requirement("distribution", "vmware-2026"), facts(release=debian))
    assert found.remedies[0].text.startswith("the newest listed release is Debian 12;")


def test_a_version_of_thousands_of_digits_is_compared_all_the_same() -> None:
    rhel = Release("rhel", "RHEL", "9." + "4" * 5000, "9", "/etc/os-release", "")
    assert finding_by(requirement("distribution", "vmware-2026"), facts(release=rhel)).status == "fail"

"""The machine itself: architecture, distribution, kernel."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from linuxready.facts import Evidence, Facts, Release
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, hint

DISTRIBUTION_NAMES = {
    "rhel": "RHEL",
    "centos": "CentOS",
    "oracle": "Oracle Linux",
    "sles": "SLES",
    "debian": "Debian",
    "ubuntu": "Ubuntu",
    "rocky": "Rocky Linux",
    "almalinux": "AlmaLinux",
}


class Architecture(Requirement, frozen=True, tag="architecture"):
    """The kernel runs as one of the named machines."""

    machines: tuple[str, ...]

    reads: ClassVar[tuple[str, ...]] = ("kernel", "next_kernel")
    explain: ClassVar[str] = """\
What `uname -m` says is compared with the list. A 32-bit kernel on a 64-bit processor is 32-bit: reinstall.
Where only files were captured, the architecture that the kernel's release ends in counts; without one: unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        if facts.kernel.value is None and facts.next_kernel.value:
            yield not_running(facts)
            return
        kernel = facts.kernel.known()
        if kernel.machine is None:
            seen = (Evidence("kernel release", kernel.release),)
            advice = (hint("see `uname -m` on the machine, or run linuxready there"),)
            yield Answer("unknown", "the record of the kernel does not say its architecture", "", seen, advice)
        elif kernel.machine in self.machines:
            yield Answer("pass", kernel.machine, evidence=(Evidence("uname -m", kernel.machine),))
        else:
            yield Answer(
                "fail",
                kernel.machine,
                evidence=(Evidence("uname -m", kernel.machine),),
                remedies=(hint(f"an installed system cannot change to {self.machines[0]}: reinstall the machine"),),
            )


def both_kernels(facts: Facts, judge: Callable[[str, Evidence], Answer]) -> Iterator[Answer]:
    """What is said of the running kernel, and a warning where the one that starts next would not pass.

    A failover boots the next one; of a mounted disk image it is all that is known.
    """
    running, following = facts.kernel.value, facts.next_kernel.value
    after = judge(following.release, following.evidence) if following else None
    if running:
        yield judge(running.release, Evidence("uname -r", running.release))
    else:
        yield not_running(facts, after.found if after else "")
    if not following or not after or after.status == "pass" or (running and running.release == following.release):
        return
    keep = (hint(f"make {running.release} the boot loader's default entry"),) if running else ()
    yield Answer("warn", f"after the next boot: {after.found}", "", after.evidence, (*keep, *after.remedies))


def not_running(facts: Facts, following: str = "") -> Answer:
    """What is known where the running kernel is not: which one the boot loader starts, as `following` has it."""
    advice = hint("see `uname -a` on the machine, or run linuxready there")
    if facts.next_kernel.value is None:
        found = f"{facts.kernel.unknown}; what boots next is not known: {facts.next_kernel.unknown}"
        return Answer("unknown", found, "", (), (advice,))
    found = f"{facts.kernel.unknown}; the boot loader starts {following or facts.next_kernel.value.release}"
    return Answer("unknown", found, "", (facts.next_kernel.value.evidence,), (advice,))


class Doubt(Struct, frozen=True, forbid_unknown_fields=True):
    """Releases that the list does not name, or no longer does, and why they may be taken all the same."""

    releases: dict[str, tuple[str, ...]]
    why: str


class Distribution(Requirement, frozen=True, tag="distribution"):
    """The distribution's release is on the list: our id to the exact versions ("7.2", "11.3" for SLES 11 SP3).

    "12.*" stands for a major release whose minor ones the page does not tell apart. `doubted` warn instead of failing.
    """

    listed: dict[str, tuple[str, ...]]
    doubted: tuple[Doubt, ...] = ()

    reads: ClassVar[tuple[str, ...]] = ("release",)
    explain: ClassVar[str] = """\
The release is looked up as it is written: the list has holes, and they are real. Asked are /etc/oracle-release
(Oracle also ships Red Hat's file), os-release, and centos-release, redhat-release, SuSE-release and
debian_version for the minor release or service pack. Rebuilds and relatives of a listed distribution are
themselves: CentOS Stream is not CentOS, Scientific Linux is not RHEL. A beta is not the release. A release that the
page does not list, though it once did or the agent takes it, warns with the reason.
Where the minor release is not written down and decides, the answer is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        release = facts.release.known()
        evidence = (Evidence(release.file, release.text),)
        shown = spoken_release(release)
        beta = _is_beta(release)
        if self.lists(release):
            yield Answer("pass", shown, evidence=evidence)
        elif not beta and (doubt := self._doubt(release)):
            advice = (hint("ask the publisher before you rely on it, or move to a release that is listed"),)
            yield Answer("warn", f"{shown}: {doubt.why}", "", evidence, advice)
        elif not beta and lacks_minor(release, self.listed.get(release.id, ())):
            yield Answer(
                "unknown",
                f"{shown}, minor release not written down",
                evidence=evidence,
                remedies=(hint("see which minor release is installed, and restore the distribution's release file"),),
            )
        else:
            found = f"{shown}: a pre-release" if beta else f"{shown}: not on the list"
            yield Answer("fail", found, evidence=evidence, remedies=self._remedies(release))

    def lists(self, release: Release) -> bool:
        """Whether a release is on the list; a pre-release never is."""
        major = release.version.partition(".")[0]
        versions = self.listed.get(release.id, ())
        return (release.version in versions or f"{major}.*" in versions) and not _is_beta(release)

    def _doubt(self, release: Release) -> Doubt | None:
        return next((doubt for doubt in self.doubted if release.version in doubt.releases.get(release.id, ())), None)

    def _remedies(self, release: Release) -> tuple[Remedy, ...]:
        versions = self.listed.get(release.id)
        if not versions:
            return (hint("this list has no release of it: judge by a profile that has one"),)
        name = DISTRIBUTION_NAMES.get(release.id, release.name)
        # Of the same major release where it has any: a change of that is a new installation.
        alike = tuple(v for v in versions if v.partition(".")[0] == release.version.partition(".")[0])
        lower, upper = nearest(release.version, alike or versions)
        if upper:
            return (hint(f"update to {name} {spoken_version(release.id, upper)}, the next listed release"),)
        near = f"{name} {spoken_version(release.id, lower)}"
        return (hint(f"the newest listed release is {near}; a system is not downgraded: use a newer list"),)


def _is_beta(release: Release) -> bool:
    return not re.fullmatch(r"[\w.]*", release.version_full)


class StockKernel(Struct, frozen=True, forbid_unknown_fields=True):
    """The kernels of some releases: distribution to versions.

    `pattern` matches the whole `uname -r`; its group `build` is the base build. `builds` says with which minor
    release a base build came.
    """

    releases: dict[str, tuple[str, ...]]
    name: str
    pattern: str
    builds: dict[str, int] = {}


class ListedKernel(Requirement, frozen=True, tag="kernel"):
    """The running kernel is a stock kernel of the installed release; `otherwise` says what any other one means."""

    stock: tuple[StockKernel, ...]
    otherwise: dict[str, Literal["fail", "warn"]]

    reads: ClassVar[tuple[str, ...]] = ("release", "kernel", "next_kernel")
    explain: ClassVar[str] = """\
The running kernel's release (`uname -r`) is matched as a whole against the stock kernels of the distribution.
Oracle Linux must run the Red Hat compatible kernel or UEK3 (3.8.13 … el6uek): any other fails. UEK 1 is 2.6.32 too,
only its ending tells. On the other distributions any other kernel warns: the matrix that the page links to
supports stock kernels only (real-time, centos.plus, kernel-lt, xen, pae and debug kernels are not stock), and so
does a base build that came with a newer minor release than the one installed. The boot loader's default kernel,
where it is another one that would not pass, warns. On a distribution that is not listed there is nothing to
judge the kernel by: skipped."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        release = facts.release.known()
        rules = [rule for rule in self.stock if release.version in rule.releases.get(release.id, ())]
        listed = [v for rule in self.stock for v in rule.releases.get(release.id, ())]
        if not rules and lacks_minor(release, listed):
            seen = (Evidence(release.file, release.text),)
            advice = (hint("restore the distribution's release file, which tells the minor release"),)
            yield Answer("unknown", f"{spoken_release(release)}, minor release not written down", "", seen, advice)
            return
        if not rules:
            yield Answer("skip", f"{spoken_release(release)} is not on the list")
            return
        yield from both_kernels(facts, lambda kernel, seen: self._judge(kernel, release, rules, seen))

    def mistakes(self) -> Iterator[str]:
        for rule in self.stock:
            try:
                groups = re.compile(rule.pattern).groupindex
            except re.error as error:
                yield f"`pattern` {rule.pattern} is no regular expression: {error}"
                continue
            if rule.builds and "build" not in groups:
                yield f"`builds` needs a group `build` in `pattern` {rule.pattern}"

    def _judge(self, running: str, release: Release, rules: list[StockKernel], seen: Evidence) -> Answer:
        for rule in rules:
            match = re.fullmatch(rule.pattern, running)
            if match is None:
                continue
            minor = _minor_of_build(rule, match)
            if minor and version_key(minor) > version_key(release.version):
                found = f"{running} came with {minor}, installed is {release.version}"
                advice = hint(f"update the whole system to {minor}, or boot a kernel of {release.version}")
                return Answer("warn", found, evidence=(seen,), remedies=(advice,))
            return Answer("pass", f"{running}, {rule.name}", evidence=(seen,))
        names = " or ".join(rule.name for rule in rules)
        status = self.otherwise.get(release.id, "warn")
        return Answer(
            status,
            f"{running} is not a {names}",
            evidence=(seen,),
            remedies=(hint(f"install and boot a {names} of {spoken_release(release)}"),),
        )


def _minor_of_build(rule: StockKernel, match: re.Match[str]) -> str | None:
    """The newest minor release whose base build is not above this kernel's."""
    if not rule.builds:
        return None
    build = int(match["build"])
    fitting = [(base, minor) for minor, base in rule.builds.items() if base <= build]
    return max(fitting)[1] if fitting else None


def lacks_minor(release: Release, versions: Iterable[str]) -> bool:
    """Whether a version is the beginning of a listed one only: the part that decides is not written down."""
    return any(version.startswith(f"{release.version}." if release.version else "") for version in versions)


def spoken_release(release: Release) -> str:
    """A release as its users say it: "RHEL 6.8", "SLES 11 SP3", "Debian 12.7"."""
    name = DISTRIBUTION_NAMES.get(release.id, release.name)
    full = release.version if release.id == "sles" else release.version_full
    return f"{name} {spoken_version(release.id, full)}".strip()


def spoken_version(distribution: str, version: str) -> str:
    """A version as the distribution's users write it: "11.3" of SLES is "11 SP3", "12.*" is "12"."""
    major, _, pack = version.removesuffix(".*").partition(".")
    return f"{major} SP{pack}" if distribution == "sles" and pack not in ("", "0") else version.removesuffix(".*")


def version_key(version: str) -> tuple[int, ...]:
    """A version for comparing: 6.10 is above 6.9."""
    # No version has more digits, and Python turns no 5,000 of them into a number.
    return tuple(int(part) for part in re.findall(r"\d{1,18}", version))


def nearest(version: str, versions: tuple[str, ...]) -> tuple[str, str]:
    """The listed version below and the one above, "" where there is none."""
    below = [v for v in versions if version_key(v) < version_key(version)]
    above = [v for v in versions if version_key(v) > version_key(version)]
    return max(below, key=version_key, default=""), min(above, key=version_key, default="")

"""Programs that must be there."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts, UnknownFact
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, command, hint
from linuxready.requirements.system import DISTRIBUTION_NAMES

MANAGERS = ("dnf", "yum", "zypper", "apt-get")

OWN_MANAGER = {"debian": "apt-get", "ubuntu": "apt-get", "sles": "zypper"}
"""Where another one may be installed beside it, and installs nothing of the distribution's."""


def package_manager(facts: Facts) -> str | None:
    """The machine's package manager, None where it has none that we know."""
    there = facts.software.value.programs if facts.software.value else {}
    own = OWN_MANAGER.get(facts.release.value.id if facts.release.value else "", "")
    return next((name for name in (own, *MANAGERS) if there.get(name)), None)


def install(facts: Facts, package: str) -> Remedy:
    """How a package is installed on the machine."""
    manager = package_manager(facts)
    return command(f"{manager} install {package}") if manager else hint(f"install {package}")


class Program(Requirement, frozen=True, tag="program"):
    """A program is installed, on the named distributions' major releases; elsewhere it is not asked for."""

    program: str
    on: dict[str, tuple[str, ...]]

    reads: ClassVar[tuple[str, ...]] = ("release", "software")
    explain: ClassVar[str] = """\
An executable file of that name in /usr/sbin, /usr/bin, /sbin, /bin, /usr/local/sbin or /usr/local/bin. Where the
distribution is not one of those named, the requirement does not apply: skipped. Distribution unknown: unknown. Support
tools copy no programs: of a sosreport or supportconfig the list of packages tells, in the first four folders."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        release = facts.release.known()
        if release.version.partition(".")[0] not in self.on.get(release.id, ()):
            names = " or ".join(f"{DISTRIBUTION_NAMES.get(d, d)} {m}" for d, majors in self.on.items() for m in majors)
            yield Answer("skip", f"not {names}", evidence=(Evidence(release.file, release.text),))
            return
        software = facts.software.known()
        programs = software.programs
        paths = programs.get(self.program)
        if paths:
            yield Answer("pass", paths[0], evidence=(Evidence(paths[0], "executable"),))
            return
        if paths is None or self.program in software.unreadable:
            raise UnknownFact(software.unreadable.get(self.program, f"{self.program} was not looked for"))
        found, remedy = f"no executable {self.program}", install(facts, self.program)
        yield Answer("fail", found, evidence=(Evidence("/usr/sbin, /usr/bin, …", found),), remedies=(remedy,))

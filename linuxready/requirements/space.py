"""The space that is left, for the agent and for what it writes."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from linuxready.facts import AvailableSpace, Evidence, Facts, UnknownFact
from linuxready.requirements.base import Answer, Limit, Requirement, hint
from linuxready.requirements.disks import GIB, MIB, spoken_size


class InstallSpace(Requirement, frozen=True, tag="install-space"):
    """At least `min_gib` times 2^30 bytes are available in the first of `directories` that is there."""

    directories: tuple[str, ...]
    min_gib: Limit

    reads: ClassVar[tuple[str, ...]] = ("available_space",)
    explain: ClassVar[str] = """\
What users other than root can still write (statvfs: f_bavail times f_frsize) to the file system of the directory that
the agent is installed in. A network mount, FUSE or what lies on a suspended device is not touched: unknown.
Files alone do not tell it, so a mounted image is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        spaces = {space.directory: space.available_bytes for space in facts.available_space.known()}
        directory = next((directory for directory in self.directories if directory in spaces), None)
        if directory is None:
            raise UnknownFact(f"none of {', '.join(self.directories)} was seen")
        available = spaces[directory].known()
        evidence = (Evidence(f"statvfs {directory}", f"{available:,} bytes available"),)
        found = f"{spoken_size(available)} available"
        lacking = self.min_gib * GIB - available
        if lacking <= 0:
            yield Answer("pass", found, directory, evidence)
            return
        advice = hint(
            f"free {lacking:,} bytes or more on the file system of {directory} (`df {directory}`), or extend it"
        )
        yield Answer("fail", found, directory, evidence, (advice,))


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """At least `min_mib` times 2^20 bytes in the first of `directories` that is there."""

    directories: tuple[str, ...]
    min_mib: Limit


class FreeSpace(Requirement, frozen=True, tag="free-space"):
    """In each place there is at least so much space."""

    places: tuple[Place, ...]

    reads: ClassVar[tuple[str, ...]] = ("available_space",)
    explain: ClassVar[str] = """\
What users other than root can still write (statvfs: f_bavail times f_frsize), as `df` tells it: on / and in the agent's
directory. MB and GB are read as 2^20 and 2^30 bytes. The agent itself is content with 1 GiB on / unless it is
configured otherwise; the page asks for more. A network mount, FUSE or what lies on a suspended device is not touched:
unknown. Files alone do not tell it, so a mounted image is unknown."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        spaces = {space.directory: space for space in facts.available_space.known()}
        for place in self.places:
            directory = next((directory for directory in place.directories if directory in spaces), None)
            if directory is None:
                advice = hint("run linuxready on the machine itself, as root")
                yield Answer("unknown", f"{', '.join(place.directories)}: not seen", "", (), (advice,))
                continue
            try:
                yield _space(spaces[directory], place.min_mib * MIB)
            except UnknownFact as reason:
                advice = hint(f"see `df {directory}`")
                yield Answer("unknown", str(reason), "", (), (advice,))


def _space(space: AvailableSpace, least: int) -> Answer:
    available = space.available_bytes.known()
    evidence = (Evidence(f"statvfs {space.directory}", f"{available:,} bytes available"),)
    found = f"{spoken_size(available)} available"
    if available >= least:
        return Answer("pass", found, space.directory, evidence)
    lacking = least - available
    advice = hint(f"free {lacking:,} bytes or more on the file system of {space.directory}, or extend it")
    return Answer("fail", found, space.directory, evidence, (advice,))

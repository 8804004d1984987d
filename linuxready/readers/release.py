"""Which distribution this is: /etc/os-release and the release files beside it (os-release(5)).

    /etc/centos-release:  CentOS Linux release 7.2.1511 (Core)
    /etc/SuSE-release:    SUSE Linux Enterprise Server 11 (x86_64)
                          VERSION = 11
                          PATCHLEVEL = 3

`distro` parses; it is handed files, never a root (it would follow links out of it). Ours is what the field
taught: who is asked first, where the minor release is, and names that say RHEL but are not.
"""

from __future__ import annotations

import re
from contextlib import suppress

from linuxready.facts import Release
from linuxready.host import Absent, Host, Unreadable
from linuxready.later import later
from linuxready.text import shortened

NAMES = (
    ("red hat enterprise linux", "rhel"),
    ("centos stream", "centos-stream"),
    ("centos", "centos"),
    ("oracle linux", "oracle"),
    ("enterprise linux enterprise linux", "oracle"),
    ("scientific linux", "scientific"),
    ("rocky linux", "rocky"),
    ("almalinux", "almalinux"),
    ("amazon linux", "amzn"),
    ("cloudlinux", "cloudlinux"),
    ("virtuozzo", "virtuozzo"),
    ("fedora", "fedora"),
    ("suse linux enterprise server", "sles"),
    ("suse linux enterprise desktop", "sled"),
    ("opensuse", "opensuse"),
    ("gentoo", "gentoo"),
    ("ubuntu", "ubuntu"),
    ("debian", "debian"),
)
"""How a release file's first words, or os-release's NAME, give our id. First match counts."""

IMPOSTORS = {"rhel": ("scientific",), "centos": ("centos-stream",)}
"""os-release ids that other systems claim as well; their NAME tells them apart."""

RELEASE_FILES = (
    "/etc/oracle-release",  # first: Oracle also ships a redhat-release with Red Hat's text
    "/etc/centos-release",
    "/etc/redhat-release",
    "/etc/system-release",
)
OS_RELEASE_FILES = ("/etc/os-release", "/usr/lib/os-release")
_RELEASE_LINE = r"(?P<name>.*?)\s+release\s+(?P<version>[\d.]+)\s*(?P<mark>beta|rc\d*)?"


def read(host: Host) -> Release:
    """The distribution; raises Unreadable where no release file tells."""
    troubles: list[str] = []
    by_files = [_from_release_file(host, path, troubles) for path in RELEASE_FILES]
    by_files.append(_from_suse_release(host, troubles))
    by_file = next((release for release in by_files if release), None)
    if by_file and by_file.id == "oracle":
        return by_file
    for path in OS_RELEASE_FILES:
        with suppress(Absent):
            try:
                return _with_minor(host, _from_os_release(host, path), by_files)
            except (Unreadable, ValueError) as error:
                if isinstance(error, Absent):
                    raise
                troubles.append(str(error) if isinstance(error, Unreadable) else f"{path}: {error}")
    if host.mode(RELEASE_FILES[0]) is not None:
        raise Unreadable("; ".join(troubles) or f"{RELEASE_FILES[0]} names no release")
    release = by_file or _from_lsb_release(host)
    if release:
        return release
    raise Unreadable("; ".join(troubles) or "none of /etc/os-release, redhat-release, SuSE-release is there")


def parse_release_line(text: str) -> tuple[str, str, str] | None:
    """(id, version, full version) of a release file's line; None where it is no such line.

    "CentOS Linux release 7.2.1511 (Core)" gives ("centos", "7.2", "7.2.1511").
    """
    line = text.strip().split("\n")[0]
    match = re.match(_RELEASE_LINE, line, re.I)
    if not match:
        return None
    version = match["version"].strip(".")
    full = f"{version} {match['mark']}" if match["mark"] else version
    return _id_of(match["name"]), ".".join(version.split(".")[:2]), full


def parse_suse_release(text: str) -> tuple[str, str] | None:
    """(id, version) of /etc/SuSE-release; the service pack is PATCHLEVEL, so "11.3"."""
    words = dict(re.findall(r"^(VERSION|PATCHLEVEL)\s*=\s*(\S+)\s*$", text, re.M))
    if "VERSION" not in words:
        return None
    version = words["VERSION"] + (f".{words['PATCHLEVEL']}" if "PATCHLEVEL" in words else "")
    return _id_of(text.split("\n")[0]), version


def _id_of(name: str) -> str:
    folded = " ".join(name.lower().split())
    for prefix, known in NAMES:
        if folded.startswith(prefix):
            return known
    return re.sub(r"[^a-z0-9]+", "-", folded.removesuffix(" linux")).strip("-") or "unknown"


def _from_release_file(host: Host, path: str, troubles: list[str]) -> Release | None:
    text = _text(host, path, troubles)
    found = parse_release_line(text)
    if not found:
        return None
    line = shortened(text.strip().split("\n")[0])
    return Release(found[0], line.partition(" release")[0], found[1], found[2], path, line)


def _text(host: Host, path: str, troubles: list[str]) -> str:
    """A file's text, "" where it is absent or cannot be read; why it cannot is one of the troubles."""
    try:
        return host.text(path)
    except Absent:
        return ""
    except Unreadable as error:
        troubles.append(str(error))
        return ""


def _from_suse_release(host: Host, troubles: list[str]) -> Release | None:
    path = "/etc/SuSE-release"
    text = _text(host, path, troubles)
    found = parse_suse_release(text)
    if not found:
        return None
    words = shortened(", ".join(line.strip() for line in text.split("\n")[:3] if line.strip()))
    return Release(found[0], text.split("\n")[0].partition(" (")[0], found[1], found[1], path, words)


def _from_os_release(host: Host, path: str) -> Release:
    with later("argparse", "json", "locale", "logging"):  # distro's own command has them, and subprocess' text
        import distro

    file = host.file_for_library(path)
    info = distro.LinuxDistribution(
        include_lsb=False,
        os_release_file=file,
        distro_release_file="/nonexistent",
        include_uname=False,
        include_oslevel=False,
    )
    try:
        words = info.os_release_info()
    except ValueError as error:
        raise Unreadable(f"{path} is malformed: {error}") from error
    if not words.get("id"):
        raise Unreadable(f"{path} has no ID")
    identity = info.id()
    named = _id_of(words.get("name", ""))
    if named in IMPOSTORS.get(identity, ()):
        identity = named
    version = words.get("version_id", "")
    text = ", ".join(f"{key.upper()}={words[key]}" for key in ("id", "version_id", "pretty_name") if key in words)
    name = words.get("name", identity)
    return Release(identity, name, version, _full_version(version, words.get("version", "")), path, shortened(text))


def _full_version(version: str, long: str) -> str:
    """VERSION's number where it goes on from VERSION_ID: "14.04.3 LTS" of 14.04 is "14.04.3", "7.2 Beta" is itself."""
    match = re.match(r"([\d.]*\d)(?: (beta|rc\d*)\b)?", long, re.I)
    if not match or not version or not f"{match[1]}.".startswith(f"{version}."):
        return version
    return match[0]


def _with_minor(host: Host, release: Release, by_files: list[Release | None]) -> Release:
    """os-release of CentOS and Debian has the major release only, Gentoo's has none; another file has the rest."""
    if "." in release.version:
        # A beta says so in one file or the other.
        marked = (
            o for o in by_files if o and (o.id, o.version) == (release.id, release.version) and " " in o.version_full
        )
        return next(marked, release)
    for other in (*by_files, _from_release_file(host, f"/etc/{release.id}-release", [])):
        if other and other.id == release.id and release.version in ("", other.version.split(".")[0]):
            return Release(release.id, release.name, other.version, other.version_full, other.file, other.text)
    if release.id in ("debian", "raspbian"):
        with suppress(Unreadable):
            text = host.text("/etc/debian_version").strip()
            if not release.version or (re.fullmatch(r"[\d.]+", text) and text.split(".")[0] == release.version):
                return Release(release.id, release.name, text, text, "/etc/debian_version", text)
    return release


def _from_lsb_release(host: Host) -> Release | None:
    """/etc/lsb-release, the only file of Ubuntu before 12.04 (DISTRIB_ID=Ubuntu, DISTRIB_RELEASE=10.04)."""
    path = "/etc/lsb-release"
    with suppress(Unreadable):
        words = dict(re.findall(r'^DISTRIB_(\w+)="?([^"\n]*)"?$', host.text(path), re.M))
        if words.get("ID") and words.get("RELEASE"):
            text = shortened(f"DISTRIB_ID={words['ID']}, DISTRIB_RELEASE={words['RELEASE']}")
            return Release(_id_of(words["ID"]), words["ID"], words["RELEASE"], words["RELEASE"], path, text)
    return None

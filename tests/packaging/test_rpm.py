"""The rpms: what they require, what an old rpm can read of them, and their life in a root that holds but a libc."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import linuxready

from .conftest import OLDER, Packages
from .roots import NOBODY, PLACE, Root, root

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="installs packages: run as root")]

RPM_4_4 = {"rpmlib(CompressedFileNames) <= 3.0.4-1", "rpmlib(PayloadFilesHavePrefix) <= 4.0-1"}
"""What both know; lib/rpmlib... of SLES 11's rpm 4.4.2.3 has no FileDigests and no PayloadIsXz."""

RPM_4_8 = RPM_4_4 | {"rpmlib(FileDigests) <= 4.6.0-1", "rpmlib(PayloadIsXz) <= 5.2-1"}
"""What EL6's rpm 4.8 knows besides."""

OWN = {"glibc >= 2.11", "/bin/sh"}
"""/bin/sh is for what switches the timer off when the package goes."""

LIBC = Path("/lib/x86_64-linux-gnu")
LIBRARIES = "libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1".split()

LIBC_SPEC = """
Name: glibc
Version: 2.36
Release: 1
Summary: this machine's libc and shell, for a root that has nothing else
License: LGPL
AutoReqProv: no
Provides: /bin/sh
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
%description
%install
cp -a {root}/. %{{buildroot}}/
%files
/bin/sh
/lib/x86_64-linux-gnu
/lib64
"""

FILESYSTEM = set(
    "/etc /usr /usr/bin /usr/lib /usr/share /usr/share/doc /usr/share/man /usr/share/man/man1 /usr/share/man/man5 "
    "/var /var/lib /var/tmp".split()
)
"""Folders that every distribution's package filesystem has; rpm makes them where that is not there, and leaves them."""

CONFIG = "/etc/linuxready/config.toml"
REPORT = "/var/lib/linuxready/report.json"
RPM = ("rpm", "--root", PLACE)
NOT_OURS = ("/root", "/tmp")
"""Debian's rpm and dnf keep their database in root's home."""


def query(rpm: Path, *words: str) -> list[str]:
    done = subprocess.run(("rpm", "-qp", *words, rpm), capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def kinds(packages: Packages) -> tuple[tuple[Path, set[str], str, str], ...]:
    """Each rpm, the features that its oldest rpm knows, its digests' algorithm (RFC 4880; none: MD5), its payload."""
    return ((packages.rpm, RPM_4_8, "8", "xz"), (packages.sles11, RPM_4_4, "(none)", "gzip"))


def test_what_is_required_is_known(packages: Packages) -> None:
    for rpm, known, digests, payload in kinds(packages):
        assert set(query(rpm, "--requires")) <= known | OWN
        assert "glibc >= 2.11" in query(rpm, "--requires")
        assert {line.partition(" ")[0] for line in query(rpm, "--provides")} == {"linuxready", "linuxready(x86-64)"}
        assert query(rpm, "--qf", "%{FILEDIGESTALGO} %{PAYLOADCOMPRESSOR}\n") == [f"{digests} {payload}"]
        assert query(rpm, "--triggers") == []
    assert query(packages.rpm, "--recommends") == ["xfsprogs"]


def test_an_old_rpm_can_read_the_header(packages: Packages) -> None:
    """rpm 4.4 refuses a header with a type of data above 9, and knows no 64-bit numbers (5)."""
    for rpm, *_ in kinds(packages):
        for tag, type_ in header_entries(rpm.read_bytes()):
            assert type_ in {0, 1, 2, 3, 4, 6, 7, 8, 9}, f"{rpm.name}: tag {tag} is of type {type_}"


def header_entries(data: bytes) -> Iterator[tuple[int, int]]:
    """Tag and type of all entries of an rpm's two headers, which follow a lead of 96 bytes."""
    at = 96
    for _ in ("signature", "header"):
        magic, count, size = struct.unpack_from(">3sx4xII", data, at)
        assert magic == b"\x8e\xad\xe8"
        for number in range(count):
            yield struct.unpack_from(">II", data, at + 16 + 16 * number)
        at += 16 + 16 * count + size
        at += -at % 8


@pytest.fixture(scope="session")
def libc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An rpm called glibc of this machine's libc and shell."""
    folder = tmp_path_factory.mktemp("libc")
    made = folder / "root"
    for name in ("bin", "lib64", LIBC.relative_to("/")):
        (made / name).mkdir(parents=True)
    for name in LIBRARIES:
        (made / LIBC.relative_to("/") / name).write_bytes((LIBC / name).read_bytes())
    for name in ("/lib64/ld-linux-x86-64.so.2", "/bin/sh"):
        (made / name.lstrip("/")).write_bytes(Path(name).read_bytes())
        (made / name.lstrip("/")).chmod(0o755)
    spec = folder / "glibc.spec"
    spec.write_text(LIBC_SPEC.format(root=made))
    words = ("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", "--define", f"_rpmdir {folder}", spec)
    subprocess.run(words, check=True, capture_output=True, timeout=300)
    (found,) = folder.glob("x86_64/*.rpm")
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Root]:
    """A root with nothing in it but the mount points."""
    base = tmp_path / "base"
    base.mkdir()
    with root(base) as made:
        yield made


@pytest.mark.parametrize("flavour", ["rpm", "sles11"])
def test_a_life(empty: Root, libc: Path, packages: Packages, older: Packages, flavour: str) -> None:
    """Installed, verified, used, upgraded with an edited configuration, erased."""
    old, new = (getattr(folder, flavour) for folder in (older, packages))
    empty.beside(*RPM, "-i", libc)
    before = empty.changed(*NOT_OURS)
    empty.beside(*RPM, "-i", old)
    assert empty.beside(*RPM, "-q", "--qf", "%{VERSION}", "linuxready") == OLDER
    # Whether a root is the machine's does not matter to rpm -V; what is changed by hand it tells.
    assert empty.beside(*RPM, "-V", "linuxready") == ""

    edited = empty.path(CONFIG).read_text() + "# edited by hand\n"
    empty.path(CONFIG).write_text(edited)
    empty.beside(*RPM, "-U", new)
    assert empty.path(CONFIG).read_text() == edited
    assert not empty.path(f"{CONFIG}.rpmnew").exists()  # for the package's own has not changed
    assert empty.beside(*RPM, "-V", "linuxready", check=False).split() == ["S.5....T.", "c", CONFIG]

    assert empty.run("/usr/bin/linuxready", "--version") == f"linuxready {linuxready.__version__}\n"
    for uid in (0, NOBODY):
        said = empty.run("/usr/bin/linuxready", "check", "--format", "json", check=False, uid=uid)
        assert json.loads(said)["verdict"] in ("ready", "not-ready", "undetermined")
    empty.run("/usr/bin/linuxready", "check", "--format", "json", "--output", REPORT, check=False)
    assert json.loads(empty.path(REPORT).read_bytes())["schema"] == 1

    empty.beside(*RPM, "-e", "linuxready")
    assert empty.changed(*NOT_OURS) - before - FILESYSTEM == {f"{CONFIG}.rpmsave", "/etc/linuxready"}


def test_dnf_out_of_a_local_repository(
    empty: Root, libc: Path, packages: Packages, older: Packages, tmp_path: Path
) -> None:
    """Out of a repository with both flavours it takes the one that is not SLES 11's."""
    for rpm in (libc, older.rpm, older.sles11):
        (tmp_path / rpm.name).write_bytes(rpm.read_bytes())
    options = ("--releasever=9", "--nogpgcheck", f"--setopt=cachedir={tmp_path}/cache")
    local = (f"--repofrompath=local,file://{tmp_path}", "--repo=local", "--setopt=local.metadata_expire=0")
    dnf = ("dnf", "--quiet", "--assumeyes", f"--installroot={PLACE}", *options, *local)

    def index() -> None:
        empty.beside("createrepo_c", "--quiet", "--excludes=base/*", tmp_path)

    installed = (*RPM, "-q", "--qf", "%{VERSION}-%{RELEASE}", "linuxready")
    index()
    empty.beside(*dnf, "install", "linuxready")
    assert empty.beside(*installed) == f"{OLDER}-1"
    for rpm in (packages.rpm, packages.sles11):
        (tmp_path / rpm.name).write_bytes(rpm.read_bytes())
    index()
    empty.beside(*dnf, "upgrade")
    assert empty.beside(*installed) == f"{linuxready.__version__}-1"
    assert empty.run("/usr/bin/linuxready", "--version") == f"linuxready {linuxready.__version__}\n"
    empty.beside(*dnf, "remove", "linuxready")
    assert not empty.path("/usr/bin/linuxready").exists()


def test_rpmlint_is_content(packages: Packages) -> None:
    """What it says besides is told in packaging/rpm/rpmlint.toml, with its reason."""
    config = Path(__file__).parents[2] / "packaging/rpm/rpmlint.toml"
    words = ("rpmlint", "--config", config, packages.rpm, packages.sles11, *packages.facts_rpms)
    result = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout
    assert "0 errors, 0 warnings" in result.stdout, result.stdout

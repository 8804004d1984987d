"""Tar archives from elsewhere: the one place that unpacks, and trusts nothing in them.

An archive goes by once, in portions; only what is asked for is written, into a folder of our own that is gone
afterwards. Links are made last, so that nothing is ever written through one, and lead nowhere by themselves: who reads
resolves them inside the folder, as `Host` does.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, cast

from linuxready import ending
from linuxready.host import MAX_FILE_BYTES, PERMISSION_DENIED, Unreadable, tarstream, unreadable
from linuxready.host.tarstream import MAX_HEADER_BYTES, Doing, Stream, Unsound, reading_a_header
from linuxready.text import shortened

MAX_WRITTEN_BYTES = 512 * 2**20
"""Of what is asked for."""
MAX_MEMBERS = 500_000
MAX_FOLDERS = 100
"""That a file may lie in: a sosreport's deepest are some 20 down, in /sys."""
MAX_LINKS_BYTES = 32 * 2**20
"""Of all names and targets of symbolic links, which are held in memory."""

PIECE = 2**16
"""Bytes that are written at once."""
IS_ARCHIVE = re.compile(r"^([^/]+/)?[^/]+\.(tgz|tbz2?|txz|tar(\.(gz|bz2|xz))?)$")
"""What an archive in an archive is called, at its top or one folder down."""

Wanted = Callable[[str], bool]
"""Whether a member is asked for, by its path ("etc/hosts"): asked of folders, files and links alike."""


@contextmanager
def opened(path: str, wanted: Wanted, doing: Doing) -> Iterator[str]:
    """The folder that a support tool made, or the one at the top of its archive; raises Unreadable.

    `wanted` is asked about paths below that folder.
    """
    if os.path.isdir(path):
        if not os.access(path, os.R_OK | os.X_OK):
            raise Unreadable(f"{path}: {PERMISSION_DENIED}")
        yield path
        return
    tops: list[str] = []

    def wanted_below(name: str) -> bool:
        top, _, below = name.partition("/")
        if below and top not in tops:
            tops.append(top)
            if len(tops) == 2:
                both = " and ".join(map(shortened, tops))
                raise Unreadable(f"{path} holds two folders, {both}: give one archive of one machine")
        return bool(below) and wanted(below)

    with unpacked(path, wanted_below, doing) as folder:
        if not tops:
            raise Unreadable(f"{path} holds no folder, as an archive of a support tool does")
        top = os.path.join(folder, tops[0])
        os.makedirs(top, exist_ok=True)
        yield top


@contextmanager
def unpacked(path: str, wanted: Wanted, doing: Doing) -> Iterator[str]:
    """A private folder with what is wanted of a .tar, .tar.gz, .tar.bz2, .tar.xz, gone afterwards; raises Unreadable.

    A folder or file comes out as its owner's alone, whatever its mode, executable where it was. A file above
    MAX_FILE_BYTES comes out as one above that, of zeros; a device, a pipe and the like as an empty folder: neither can
    be read, and neither is absent.
    """
    with ending.undone(lambda: _private_folder(path), _remove) as folder:
        with _own_umask():
            _unpack(path, folder, wanted, doing)
        yield folder


def _private_folder(path: str) -> str:
    try:
        with _own_umask():
            return tempfile.mkdtemp(prefix="linuxready-")
    except OSError as error:
        raise Unreadable(f"{path} cannot be unpacked: {error.strerror}") from error


@contextmanager
def _own_umask() -> Iterator[None]:
    """Meanwhile what is made is its owner's alone, and is never withheld from him, who could not remove it."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _unpack(path: str, folder: str, wanted: Wanted, doing: Doing) -> None:
    try:
        with tarstream.opened(path, doing) as stream:
            _members(stream, path, folder, wanted)
    except (Unsound, tarfile.TarError) as error:
        raise Unreadable(f"{path} cannot be unpacked: {error}") from error
    except ImportError as error:
        raise Unreadable(f"{path}: this Python cannot unpack it: unpack it first") from error
    except OSError as error:
        raise unreadable(path, error) from error


def _members(stream: Stream, path: str, folder: str, wanted: Wanted) -> None:
    """Take what is wanted of every member; raises Unsound, Unreadable, OSError."""
    stream.allowed = MAX_HEADER_BYTES
    try:
        with reading_a_header():
            tar = tarfile.TarFile(fileobj=cast(IO[bytes], stream), encoding="utf-8", errors="surrogateescape")
    except tarfile.ReadError as error:
        raise Unsound(f"it is no tar, nor a tar in gzip, bzip2 or xz ({error})") from error
    into = _Folder(folder)
    inner: str | None = None
    only_inner = True
    for _ in range(MAX_MEMBERS):
        with reading_a_header():
            member = tar.next()
        if member is None:
            break
        # tarfile would keep them all, and all that global headers say.
        tar.members.clear()  # type: ignore[attr-defined]
        tar.pax_headers = {}
        name = _inside(member.name)
        is_wanted = bool(name) and wanted(name)
        if is_wanted:
            stream.allowed = MAX_FILE_BYTES
            into.take(name, member, tar)
        if member.isreg() and IS_ARCHIVE.search(name):
            inner = inner or name
        elif is_wanted and member.isreg():
            only_inner = False
        stream.allowed = MAX_HEADER_BYTES
    else:
        raise Unsound(f"it has more than {MAX_MEMBERS:,} members")
    stream.ends()
    if inner and only_inner:
        raise Unreadable(f"{path} holds an archive, {shortened(inner)}: unpack it first")
    into.make_links()


def _inside(name: str) -> str:
    """A member's path as it is below the archive's own folder, "" for that folder; raises Unsound."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        raise Unsound(f"{shortened(name)} leads out of the archive")
    return "/".join(parts)


class _Folder:
    """Where members are put. Paths are bytes, which a name keeps whatever the locale; until the end it has no links."""

    def __init__(self, folder: str) -> None:
        self._folder = os.fsencode(folder)
        self._links: dict[bytes, bytes] = {}
        self._links_bytes = 0
        self._written_bytes = 0

    def take(self, name: str, member: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        """Make what a member is. Of two of one name the later one counts, as for tar; raises Unsound, Unreadable."""
        if name.count("/") > MAX_FOLDERS:
            raise Unsound(f"{shortened(name)} lies in more than {MAX_FOLDERS} folders")
        path = self._path(name)
        with _cannot_write(name):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if member.isdir():
                os.makedirs(path, exist_ok=True)
            elif member.issym():
                self._clear(path)
                self._link_later(path, member.linkname)
            elif member.islnk():
                self._clear(path)
                self._link_hard(name, path, member.linkname)
            elif member.isreg():
                self._clear(path)
                self._file_at(path, member, tar)
            else:
                self._clear(path)
                os.makedirs(path, exist_ok=True)

    def make_links(self) -> None:
        """Make the symbolic links, after all else."""
        for path, target in self._links.items():
            # A folder or file that lies below counts before the link.
            with _cannot_write(os.fsdecode(path.removeprefix(self._folder + b"/"))), suppress(FileExistsError):
                os.symlink(target, path)

    def _path(self, name: str) -> bytes:
        return self._folder + b"/" + name.encode("utf-8", "surrogateescape")

    def _clear(self, path: bytes) -> None:
        """Take away what an earlier member made here; a folder stays: no link takes its place, and no file can."""
        self._links.pop(path, None)
        with suppress(FileNotFoundError, IsADirectoryError):
            os.unlink(path)

    def _link_later(self, path: bytes, target: str) -> None:
        encoded = target.encode("utf-8", "surrogateescape")
        self._links_bytes += len(path) + len(encoded)
        if self._links_bytes > MAX_LINKS_BYTES:
            raise Unsound(f"it has more than {MAX_LINKS_BYTES // 2**20} MiB of links")
        self._links[path] = encoded

    def _link_hard(self, name: str, path: bytes, target: str) -> None:
        source = self._path(_inside(target))
        if source in self._links:
            self._links[path] = self._links[source]
        elif os.path.isfile(source):
            os.link(source, path)
        else:
            raise Unsound(f"{shortened(name)} is a hard link to {shortened(target)}, which was not unpacked before it")

    def _file_at(self, path: bytes, member: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        with open(path, "xb") as file:
            if member.size > MAX_FILE_BYTES:
                file.truncate(MAX_FILE_BYTES + 1)
                return
            self._written_bytes += member.size
            if self._written_bytes > MAX_WRITTEN_BYTES:
                raise Unsound(f"more than {MAX_WRITTEN_BYTES // 2**20} MiB of it would be unpacked")
            content = tar.extractfile(member)
            shutil.copyfileobj(cast(IO[bytes], content), file, PIECE)
        if member.mode & 0o111:
            os.chmod(path, 0o700)


@contextmanager
def _cannot_write(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Unsound(f"{shortened(name)} cannot be made: {why}") from error

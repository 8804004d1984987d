"""Roots to install packages into: an overlay over a base, in a mount namespace that ends with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path("/var/cache/linuxready-packages")
"""Outside the checkout: a Debian release takes a minute to make."""

HERE = Path("/")
"""This machine as the base: what is installed there vanishes with the namespace."""

SCRATCH = "/mnt"
PLACE = f"{SCRATCH}/root"
NOBODY = 65534
SECONDS = 300
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}


class Root:
    """A root at PLACE in the namespace of the process `pid`; `path` is where it is seen from here."""

    def __init__(self, pid: int, base: Path, namespaces: tuple[str, ...] = ()) -> None:
        self.pid = pid
        self.base = base
        self.enter = ("nsenter", "-t", str(pid), "--mount", *namespaces)

    def path(self, name: str) -> Path:
        """A file of the root; a link that leads to an absolute path leads out of it."""
        return Path(f"/proc/{self.pid}/root{PLACE}") / name.lstrip("/")

    def beside(self, *argv: str | Path, check: bool = True) -> str:
        """Run a program of this machine that sees the root at PLACE; what it printed, and its complaints behind."""
        words = (*self.enter, *map(str, argv))
        result = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
            env=ENVIRONMENT,
        )
        assert not check or result.returncode == 0, f"{argv}: {result.returncode}\n{result.stdout}"
        return result.stdout

    def run(self, *argv: str | Path, check: bool = True, uid: int = 0) -> str:
        """Run a program of the root, in it."""
        return self.beside("chroot", f"--userspec={uid}:{uid}", PLACE, *argv, check=check)

    def bring(self, file: Path) -> str:
        """Copy a file into the root's /tmp; its path there."""
        shutil.copy(file, self.path(f"/tmp/{file.name}"))
        return f"/tmp/{file.name}"

    def changed(self, *but: str) -> set[str]:
        """The paths of all that is not as in the base, but for those that begin with one of `but`."""
        lines = self.beside("find", f"{SCRATCH}/upper", "-mindepth", "1", "-printf", r"%y /%P\n").splitlines()
        kinds = ((line[0], line[2:]) for line in lines if not line[2:].startswith(but))
        # The overlay has a folder of its own for each folder of the base in which something has changed.
        return {name for kind, name in kinds if kind != "d" or not (self.base / name.lstrip("/")).is_dir()}


@contextmanager
def root(base: Path, *namespaces: str) -> Iterator[Root]:
    """A root over `base`, with this machine's /proc, /sys and /dev; the changes lie in memory.

    `namespaces`: options of unshare(1) and nsenter(1) for those that it has of its own besides the mounts, as "--net".
    """
    wait = ("unshare", "--mount", "--propagation", "private", *namespaces, "sh", "-c", "echo; exec cat")
    holder = subprocess.Popen(wait, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout
        holder.stdout.readline()
        made = Root(holder.pid, base, namespaces)
        script = f"""
            mount -t tmpfs scratch {SCRATCH}; cd {SCRATCH}; mkdir upper work root
            mount -t overlay -o lowerdir={base},upperdir={SCRATCH}/upper,workdir={SCRATCH}/work overlay root
            cd root; mkdir -p proc sys dev tmp
            for folder in proc sys dev; do mount --rbind /$folder $folder; done
            mount -t tmpfs tmp tmp
        """
        made.beside("sh", "-euc", script)
        yield made
    finally:
        holder.kill()
        holder.wait()


def debian(release: str) -> Path:
    """The base of a Debian release, made where it is not there yet."""
    base = CACHE / release
    if not base.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{release}-", dir=CACHE) as new:
            made = Path(new) / "root"
            included = (f"--include={','.join(INCLUDED[release])}",) if INCLUDED[release] else ()
            bootstrap(release, made, *included)
            for unit in ASIDE if "systemd" in INCLUDED[release] else ():
                os.symlink("/dev/null", made / "etc/systemd/system" / unit)
            made.rename(base)
    return base


def bootstrap(release: str, root: Path, *options: str) -> None:
    """Unpack a Debian release's essential packages into a root."""
    words = ("debootstrap", "--variant=minbase", *options, release, str(root))
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True, timeout=900)
    for cached in (root / "var/cache/apt/archives").glob("*.deb"):
        cached.unlink()


INCLUDED: dict[str, tuple[str, ...]] = {
    "bullseye": (),
    "bookworm": ("systemd", "systemd-sysv", "nftables", "iproute2", "openssh-server"),
    "trixie": (),
}
"""Every release that is tested, and what its base has besides; bookworm boots."""

ASIDE = (
    *("getty.target", "console-getty.service", "systemd-logind.service", "e2scrub_reap.service"),
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer"),
)
"""Units masked in a base, that no boot need wait for."""

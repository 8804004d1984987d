"""Debian guests: their roots, made on the host and kept there, and systemd-nspawn that boots one over an overlay of it.

fw-NUMBER  10.77.NUMBER.1, 10.77.NUMBER.3, fd77:NUMBER::1  ──▶  eth0  10.77.NUMBER.2, fd77:NUMBER::2  the guest
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from .scenario import sh

CACHE = Path("/var/cache/linuxready-vm")
"""On the host, outside the checkout: a guest's root takes 40 s to make."""

RELEASE = "bookworm"
PACKAGES = ("openssh-server", "nftables", "iproute2", "kmod")
BASES = {
    "systemd": (f"--include={','.join(('systemd', 'systemd-sysv', *PACKAGES))}",),
    "sysv": (f"--include={','.join(('sysvinit-core', *PACKAGES))}", "--exclude=systemd-sysv"),
}
"""The words of debootstrap for each root; other words, another folder in the cache."""

ASIDE = (
    *(
        "getty.target",
        "console-getty.service",
        "systemd-logind.service",
        "e2scrub_reap.service",
        "systemd-pstore.service",
    ),
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer"),
)
"""Units masked in the root, that a boot under emulation need not wait for."""

BOOT_SECONDS = 100
CONNECT_SECONDS = 2.0
"""How long no answer means dropped: TCP has asked twice by then."""


def made_base(name: str) -> Path:
    words = BASES[name]
    mark = hashlib.sha256(repr((RELEASE, words, ASIDE)).encode()).hexdigest()[:12]
    base = CACHE / f"{name}-{mark}"
    if base.is_dir():
        return base
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=CACHE) as new:
        root = Path(new) / "root"
        subprocess.run(
            ("debootstrap", "--variant=minbase", *words, RELEASE, str(root)), stdout=subprocess.DEVNULL, check=True
        )
        for cached in (root / "var/cache/apt/archives").glob("*.deb"):
            cached.unlink()
        if name == "systemd":
            for unit in ASIDE:
                (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
        root.rename(base)
    return base


def prepare_root(folder: Path, base: str, lines: str, then: Callable[[Path], str]) -> str:
    """On the host: run shell lines in an overlay over a base, and return what `then` returns for that root.

    In the lines `g` runs a guest's command. The changes stay in `folder`, with a link to the base: `Guest` boots that.
    """
    changes, inner, root = (folder / name for name in ("changes", "inner", "root"))
    for made in (changes, inner, root):
        made.mkdir(parents=True)
    (folder / "base").symlink_to(made_base(base))
    options = f"lowerdir={(folder / 'base').resolve()},upperdir={changes},workdir={inner}"
    sh('mount -t overlay -o "$1" overlay "$2"', options, str(root))
    try:
        sh(f'cd "$1"; g() {{ chroot . "$@"; }}\n{lines}', str(root))
        answer = then(root)
        if base == "sysv":
            # init goes through its lines in order: when this one runs, the runlevel's scripts are through.
            with (root / "etc/inittab").open("a") as inittab:
                inittab.write("rd:2345:once:/bin/touch /run/runlevel-reached\n")
        return answer
    finally:
        sh('umount --lazy "$1"', str(root))


# -- a guest -------------------------------------------------------------------------------------------------


class Guest:
    """A prepared root over which it boots, a network namespace and, once booted, processes."""

    def __init__(self, number: int, folder: Path, work: Path) -> None:
        self.number = number
        self.root = work / f"guest{number}"
        self.namespace = f"guest{number}"
        base = (folder / "base").resolve()
        # Not by /, an overlay itself: it hides what marks a file as deleted, and the file is there again.
        self._lower = f"/host{folder / 'changes'}:/host{base}"
        self._sysv = base.name.startswith("sysv")
        self._changes = work / f"changes{number}"
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._log = work / f"log{number}"

    @contextmanager
    def wired(self) -> Iterator[None]:
        """The overlay, which is lost in the end, and the wire."""
        upper, inner = self._changes / "upper", self._changes / "work"
        for folder in (upper, inner, self.root):
            folder.mkdir(parents=True)
        options = f"lowerdir={self._lower},upperdir={upper},workdir={inner}"
        sh('mount -t overlay -o "$1" overlay "$2"', options, str(self.root))
        try:
            self._wire()
            yield
        finally:
            self._end()
            run("umount", "--lazy", str(self.root))
            shutil.rmtree(self._changes)

    def complaints(self) -> str:
        """What did not start in it, and why."""
        words = "systemctl --failed --no-legend --plain; journalctl -b --no-pager -u nftables -u ssh | tail -n 30"
        return sh('nsenter -t "$1" -a sh -c "$2"', str(self._init()), words, check=False)

    def _wire(self) -> None:
        n, inside = self.number, ("ip", "-n", self.namespace)
        run("ip", "netns", "add", self.namespace)
        run("ip", "link", "add", f"fw{n}", "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        for host in (1, 3):
            run("ip", "address", "add", f"10.77.{n}.{host}/24", "dev", f"fw{n}")
        run("ip", "address", "add", f"fd77:{n}::1/64", "dev", f"fw{n}", "nodad")
        run("ip", "link", "set", f"fw{n}", "up")
        run(*inside, "address", "add", f"10.77.{n}.2/24", "dev", "eth0")
        run(*inside, "address", "add", f"fd77:{n}::2/64", "dev", "eth0", "nodad")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")

    def boot(self) -> None:
        """Boot it, and wait until everything that its boot starts has been started."""
        words = [
            "systemd-nspawn",
            "-q",
            "-D",
            str(self.root),
            "--boot",
            "--register=no",
            "--keep-unit",
            "--console=pipe",
        ]
        words += [
            "--capability=CAP_NET_ADMIN",
            f"--network-namespace-path=/run/netns/{self.namespace}",
            f"--machine=guest{self.number}",
        ]
        # Each in a control group of its own, in which systemd-nspawn makes one for the guest.
        group = f"/sys/fs/cgroup/guest{self.number}"
        os.makedirs(group, exist_ok=True)
        words = ["sh", "-euc", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", *words]
        with self._log.open("wb") as log:
            self._nspawn = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait(lambda: self._init() is not None)
        if self._sysv:
            self._wait(lambda: self._has("/run/runlevel-reached"))
        else:
            self._wait(lambda: self._has("/run/systemd/private"))
            inside = ("nsenter", "-t", str(self._init()), "-a", "systemctl", "is-system-running", "--wait")
            subprocess.run(inside, capture_output=True, timeout=BOOT_SECONDS)

    def _wait(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while not there():
            if time.monotonic() > deadline or (self._nspawn and self._nspawn.poll() is not None):
                said = self._log.read_text(errors="replace")
                raise TimeoutError(f"did not boot\n{said[-2000:]}")
            time.sleep(0.1)

    def _has(self, path: str) -> bool:
        return os.path.lexists(f"/proc/{self._init()}/root{path}")

    def _init(self) -> int | None:
        """Its process 1, as the machine numbers it."""
        assert self._nspawn
        with suppress(OSError):
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
            return int(children[0]) if children else None
        return None

    def _end(self) -> None:
        if self._nspawn:
            init = self._init()
            if init:
                with suppress(ProcessLookupError):
                    os.kill(init, signal.SIGKILL)
            else:
                self._nspawn.kill()
            self._nspawn.wait(30)
        subprocess.run(("ip", "netns", "delete", self.namespace), capture_output=True)

    # -- its answers --

    def listens(self, port: int) -> bool:
        """Whether anything listens on the port, seen from within."""
        return bool(run("ip", "netns", "exec", self.namespace, "ss", "-Hltn", f"sport = :{port}"))

    def connects(self, port: int) -> dict[str, str]:
        """What became of a connect by its source, IPv6 last."""
        n = self.number
        ways = [(f"10.77.{n}.{host}", f"10.77.{n}.2") for host in (1, 3)] + [(f"fd77:{n}::1", f"fd77:{n}::2")]
        with ThreadPoolExecutor(len(ways)) as pool:
            outcomes = pool.map(lambda way: connect(way[0], way[1], port), ways)
        return dict(zip(("1", "3", "ipv6"), outcomes, strict=True))


def connect(source: str, destination: str, port: int) -> str:
    """accepted where the server's first words came, else what the kernel said."""
    with socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET) as peer:
        peer.settimeout(CONNECT_SECONDS)
        peer.bind((source, 0))
        try:
            peer.connect((destination, port))
            peer.settimeout(BOOT_SECONDS)
            return "accepted" if peer.recv(4) == b"SSH-" else "closed"
        except TimeoutError:
            return "dropped"
        except OSError as error:
            return str(error.strerror).lower()


def run(*words: str) -> str:
    return sh('"$@"', *words)

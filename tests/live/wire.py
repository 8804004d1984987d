"""A machine in a network namespace, a peer that connects to it over two wires: what a firewall really lets in.

    peer  192.0.2.77, 10.9.9.77, 2001:db8:1::77, fd00:9::77  ──▶  eth0  …10 of the same networks  machine,
          198.51.100.77, 2001:db8:2::77                      ──▶  eth1  …10                       ports 22, 23456

A machine costs milliseconds, so each set of rules gets one of its own and nothing leaks from one to the next; what
takes time is waiting for answers that do not come, and that is done for many machines at once. The namespaces have no
name: they end with the descriptors that hold them. Neighbours are fixed, so that a rule is asked about TCP alone.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .stage import ENVIRONMENT

Answer = Literal["accepted", "rejected", "dropped", "half", "elsewhere"]
"""half: connected, but no word was answered after that. elsewhere: another port's service answered."""

SECONDS = 1.5
"""How long no answer means dropped: TCP has asked twice by then, so a busy machine is not taken for a firewall."""

PORTS = (22, 23456)
WORDS = {"ip": socket.AF_INET, "ip6": socket.AF_INET6}
CLONE_NEWNET = 0x40000000


class Probe(NamedTuple):
    """One connect: from where, to where."""

    interface: str
    family: str
    source: str
    destination: str
    port: int = 22


PUBLIC = Probe("eth0", "ip", "192.0.2.77", "192.0.2.10")
PRIVATE = Probe("eth0", "ip", "10.9.9.77", "10.9.9.10")
OTHER_WIRE = Probe("eth1", "ip", "198.51.100.77", "198.51.100.10")
IPV6 = Probe("eth0", "ip6", "2001:db8:1::77", "2001:db8:1::10")
PRIVATE_IPV6 = Probe("eth0", "ip6", "fd00:9::77", "fd00:9::10")
OTHER_WIRE_IPV6 = Probe("eth1", "ip6", "2001:db8:2::77", "2001:db8:2::10")

PROBES = (PUBLIC, PRIVATE, OTHER_WIRE, IPV6, PRIVATE_IPV6, OTHER_WIRE_IPV6)
"""Clients as they are: with a source port from 1024 up, of the system's choice."""

WIRES = """\
link set lo up
link add eth0 address 02:00:00:00:00:10 type veth peer name peer0 address 02:00:00:00:00:77 netns {peer}
link add eth1 address 02:00:00:00:01:10 type veth peer name peer1 address 02:00:00:00:01:77 netns {peer}
"""
UP = "link set {dev}0 up\nlink set {dev}1 up\n"
ADDRESS = "address add {net}{own}/{bits} dev {dev}{wire}{nodad}\n"
NEIGHBOUR = "neighbour replace {net}{other} lladdr 02:00:00:00:0{wire}:{other} dev {dev}{wire}\n"


def _end(dev: str, own: int, other: int) -> str:
    """Commands for one end of both wires."""
    lines = UP.format(dev=dev)
    for probe in PROBES:
        six = probe.family == "ip6"
        words = {"net": probe.source.removesuffix("77"), "wire": probe.interface[-1], "bits": 64 if six else 24}
        words |= {"dev": dev, "own": own, "other": other, "nodad": " nodad" if six else ""}
        lines += ADDRESS.format(**words) + NEIGHBOUR.format(**words)
    return lines


# -- namespaces ----------------------------------------------------------------------------------------------

_libc = ctypes.CDLL(None, use_errno=True)


def _namespace() -> int:
    """The network namespace that this thread is in."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def _back_home() -> Iterator[None]:
    home = _namespace()
    try:
        yield
    finally:
        _enter(home)
        os.close(home)


def _new_namespace() -> int:
    with _back_home():
        if _libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        return _namespace()


class Refused(Exception):
    """A program did not take the rules that it was given."""


def feed(text: str, *argv: str) -> str:
    """Run a program on a text, in the namespace that this thread is in."""
    result = subprocess.run(argv, input=text, capture_output=True, text=True, env=ENVIRONMENT, timeout=30)
    if result.returncode:
        raise Refused(f"{' '.join(argv)}: {result.stderr or result.stdout}\n{text}")
    return result.stdout


class Machine:
    """The two namespaces and the machine's services, which say their port when spoken to; for `with`."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self.namespace, self.peer = (self._hold(_new_namespace()) for _ in range(2))
        with self.inside():
            peer = f"/proc/{os.getpid()}/fd/{self.peer}"
            feed(WIRES.format(peer=peer) + _end("eth", own=10, other=77), "ip", "-batch", "-")
            self.services = [self._service(family, port) for family in WORDS.values() for port in PORTS]
        with _back_home():
            _enter(self.peer)
            feed(_end("peer", own=77, other=10), "ip", "-batch", "-")

    def _hold(self, descriptor: int) -> int:
        self._held.callback(os.close, descriptor)
        return descriptor

    def _service(self, family: int, port: int) -> socket.socket:
        service = self._held.enter_context(socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
        if family == socket.AF_INET6:
            service.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        service.bind(("", port))
        service.listen(64)
        return service

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and every process that it starts, on the machine."""
        with _back_home():
            _enter(self.namespace)
            yield

    def load(self, text: str, *argv: str) -> None:
        """Give rules to one of the programs that take them: raises Refused."""
        with self.inside():
            feed(text, *argv)

    def connect(self, probe: Probe) -> socket.socket:
        """A connection that is under way."""
        with _back_home():
            _enter(self.peer)
            client = socket.socket(WORDS[probe.family], socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        client.bind((probe.source, 0))
        with suppress(BlockingIOError):
            client.connect((probe.destination, probe.port))
        return client


# -- asking ----------------------------------------------------------------------------------------------------


@dataclass
class _Asked:
    """A connection on its way to an answer."""

    port: int
    client: socket.socket
    answer: Answer = "dropped"


@dataclass
class _Round:
    """All connections of all machines, watched at once."""

    watch: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    held: list[socket.socket] = field(default_factory=list)
    open: int = 0

    def listen(self, service: socket.socket) -> None:
        self.watch.register(service, selectors.EVENT_READ, lambda: self.accept(service))

    def accept(self, service: socket.socket) -> None:
        try:
            connection, _ = service.accept()
        except OSError:
            return
        self.held.append(connection)
        self.watch.register(connection, selectors.EVENT_READ, lambda: self.serve(connection))

    def serve(self, connection: socket.socket) -> None:
        self.watch.unregister(connection)
        with suppress(OSError):
            connection.recv(32)
            connection.send(b"%d\n" % connection.getsockname()[1])

    def ask(self, machine: Machine, probe: Probe) -> _Asked:
        asked = _Asked(probe.port, machine.connect(probe))
        self.held.append(asked.client)
        self.watch.register(asked.client, selectors.EVENT_WRITE, lambda: self.connected(asked))
        self.open += 1
        return asked

    def settle(self, asked: _Asked, answer: Answer) -> None:
        asked.answer = answer
        self.watch.unregister(asked.client)
        self.open -= 1

    def connected(self, asked: _Asked) -> None:
        if asked.client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return self.settle(asked, "rejected")
        asked.answer = "half"
        with suppress(OSError):
            asked.client.send(b"?\n")
        self.watch.modify(asked.client, selectors.EVENT_READ, lambda: self.answered(asked))
        return None

    def answered(self, asked: _Asked) -> None:
        try:
            word = asked.client.recv(32)
        except OSError:
            word = b""
        self.settle(asked, "half" if not word else "accepted" if word == b"%d\n" % asked.port else "elsewhere")

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.open and (left := deadline - time.monotonic()) > 0:
            for key, _ in self.watch.select(left):
                key.data()

    def close(self) -> None:
        for connection in self.held:
            connection.close()
        self.watch.close()


def answers(
    questions: Iterable[tuple[Machine, Iterable[Probe]]], seconds: float = SECONDS
) -> list[dict[Probe, Answer]]:
    """What each machine answers to each of its probes; all are asked at once."""
    asking = _Round()
    rows = []
    try:
        for machine, probes in questions:
            for service in machine.services:
                asking.listen(service)
            rows.append({probe: asking.ask(machine, probe) for probe in probes})
        asking.wait(seconds)
        return [{probe: asked.answer for probe, asked in row.items()} for row in rows]
    finally:
        asking.close()

"""promtool and a running node_exporter, scraped over the loopback of a network of its own."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.stage import LINUXREADY
from tests.packaging.roots import PLACE, Root, root

from .caches import HOSTS, evil_machine

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces: run as root")]

FOLDER = "/var/lib/prometheus/node-exporter"
ADDRESS = "127.0.0.1:9100"
SCRAPE = f"import urllib.request; print(urllib.request.urlopen('http://{ADDRESS}/metrics', timeout=10).read().decode())"

SOURCES = {
    "ready": ("--recording", str(HOSTS / "rhel-6.8-ready")),
    "not-ready": ("--recording", str(HOSTS / "rhel-7-xfs-v5")),
    "undetermined": ("--recording", str(HOSTS / "not-root")),
    "66-disks": ("--recording", str(HOSTS / "rhel-7.2-66-disks")),
    "evil": ("--facts", "-"),
}


@pytest.fixture(scope="module")
def machine(debian: Path) -> Iterator[Root]:
    """With node_exporter listening, and nothing else on its network."""
    with root(debian, "--net") as made:
        made.beside("ip", "link", "set", "lo", "up")
        made.run("mkdir", "-p", FOLDER)
        words = (f"--web.listen-address={ADDRESS}", "--collector.disable-defaults", "--collector.textfile")
        exporter = subprocess.Popen(
            (
                *(*made.enter, "chroot", "--userspec=65534:65534", PLACE, "prometheus-node-exporter", *words),
                f"--collector.textfile.directory={FOLDER}",
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 30
            while ":238C " not in made.beside("cat", "/proc/net/tcp"):
                assert time.monotonic() < deadline, "node_exporter does not listen"
                time.sleep(0.1)
            yield made
        finally:
            exporter.kill()
            exporter.wait()


def write(machine: Root, source: str) -> str:
    """What linuxready writes for the collector, in the collector's folder."""
    name = f"{FOLDER}/linuxready.prom"
    check = (LINUXREADY, "check", *SOURCES[source])
    words = (*machine.enter, *check, "--format", "prometheus", "--output", f"{PLACE}{name}")
    stdin = evil_machine() if source == "evil" else ""
    result = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=60, umask=0o022)
    assert (result.returncode in (0, 1, 3), result.stdout, result.stderr) == (True, "", "")
    return machine.path(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("source", SOURCES)
def test_promtool_is_content(machine: Root, source: str) -> None:
    write(machine, source)
    assert machine.run("sh", "-euc", f"promtool check metrics < {FOLDER}/linuxready.prom") == ""


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_scraped(machine: Root, source: str) -> None:
    """Every series that was written, with its value; nothing is refused."""
    written = write(machine, source)
    scraped = machine.run("python3", "-c", SCRAPE)
    assert "node_textfile_scrape_error 0" in scraped
    assert f"linuxready_ready {int(source == 'ready')}\n" in scraped
    ours = {series(line) for line in written.splitlines() if not line.startswith("#")}
    theirs = {series(line) for line in scraped.splitlines() if line.startswith("linuxready_")}
    assert ours == theirs
    assert len(ours) > 20


def series(line: str) -> tuple[str, frozenset[tuple[str, str]], float]:
    """A sample's name, labels and value, whatever their order and notation."""
    name, _, value = line.rpartition(" ")
    metric, _, labels = name.partition("{")
    return metric, frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)), float(value)


def test_a_file_that_is_replaced_while_it_is_scraped(machine: Root) -> None:
    for number in range(20):
        write(machine, ("ready", "evil")[number % 2])
        assert "node_textfile_scrape_error 0" in machine.run("python3", "-c", SCRAPE)
    left = [path.name for path in machine.path(FOLDER).iterdir()]
    assert left == ["linuxready.prom"]

"""Garbage in every file of a recording: never a traceback, never a pass for what needs the file."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from linuxready import cli
from linuxready.collect import collect
from linuxready.facts import Facts
from linuxready.formats import FORMATS, Look, Style, render
from linuxready.host import CommandResult
from linuxready.host.captured import Recording
from linuxready.profile import load

from .golden import HOSTS
from .machines import NOW, report

pytestmark = pytest.mark.thorough

MACHINES = ("rhel-7.2-ready", "sles-11-sp3", "ubuntu-14.04-upstart", "bond-vlan-docker", "centos-6-lvm-multipath")
"""Each init system, each boot loader, each way to the release; bonds, VLANs, multipath."""

RELEASE_FILES = "/etc/os-release /etc/redhat-release /etc/centos-release /etc/oracle-release /etc/system-release"
RELEASE_FILES += " /etc/SuSE-release /etc/debian_version /etc/lsb-release /usr/lib/os-release"
DMI, DM = "/sys/devices/virtual/dmi/id", "/sys/devices/virtual/block"
SPI = "/sys/devices/pci0000:00/0000:00:10.0/host2/target2:0:0/2:0:0:0/block"
PVSCSI = "/sys/devices/pci0000:00/0000:00:15.0/0000:03:00.0/host0/target0:0:0/0:0:0:0/block"
INIT = "/etc/inittab /etc/init/ssh.conf /usr/lib/systemd/system/sshd.service"
RULES = "iptables-save /etc/firewalld/zones/public.xml /lib/ufw/user.rules"
NEEDED = {
    "architecture": "host.json",
    "distribution": RELEASE_FILES,
    "kernel": RELEASE_FILES,
    "hosts-file": "/etc/hosts",
    "ssh-at-boot": INIT,
    "ssh-firewall": f"{RULES} /etc/inittab",
    "os-disk": "/proc/self/mountinfo",
    "xfs-v5": "/proc/self/mountinfo",
    "lsof": RELEASE_FILES,
    "english-names": "/proc/self/mountinfo",
    "english-paths": "host.json",
    "vmware-tools": f"{DMI}/sys_vendor {DMI}/product_name",
    "machine-name": "host.json",
    "disk-size": f"{PVSCSI}/sda/size {SPI}/sda/size {DM}/dm-0/size",
    "disk-count": "/proc/self/mountinfo",
    "install-space": "host.json",
    "multi-vm-port": f"{RULES} /etc/inittab",
}
"""By requirement, files without any of which it cannot pass; where a machine has several, all are garbage."""

IN_FILES = [requirement for requirement, files in NEEDED.items() if files != "host.json"]


def fixed(examples: int) -> Callable[[Any], Any]:
    phases = (Phase.explicit, Phase.generate, Phase.shrink)
    return settings(derandomize=True, database=None, deadline=None, max_examples=examples, phases=phases)


GARBAGE = st.binary(min_size=1, max_size=200).filter(
    lambda data: any(line.strip() for line in data.split(b"\n")) and not data.strip().isdigit()
)
"""Bytes that say something, but no number: an empty file is a case of its own."""


class Spoilt(Recording):
    """A recording of which some files, or all, have another content."""

    def __init__(self, machine: str, spoil: Callable[[str, bytes], bytes]) -> None:
        super().__init__(str(HOSTS / machine))
        self._spoil = spoil
        self._copies = tempfile.mkdtemp()

    def _read(self, path: str) -> bytes:
        return self._spoil(path, super()._read(path))

    def file_for_library(self, path: str) -> str:
        copy = Path(self._copies, "file")
        copy.write_bytes(self.read(path))
        return str(copy)

    def run(self, *argv: str) -> CommandResult:
        result = super().run(*argv)
        said = self._spoil(" ".join(argv), result.stdout.encode("utf-8", "surrogateescape"))
        return CommandResult(argv, result.exit_status, said.decode("utf-8", "surrogateescape"), result.stderr)

    def read_block(self, node: str, length: int) -> bytes:
        return self._spoil(node, super().read_block(node, length))[:length]


@contextmanager
def spoilt(machine: str, spoil: Callable[[str, bytes], bytes]) -> Iterator[Facts]:
    host = Spoilt(machine, spoil)
    try:
        yield collect(host, NOW)
    finally:
        shutil.rmtree(host._copies)


@cache
def seen(machine: str) -> tuple[str, ...]:
    """All that is read of a machine: files, commands, blocks."""
    asked: set[str] = set()

    def note(path: str, content: bytes) -> bytes:
        asked.add(path)
        return content

    with spoilt(machine, note):
        return tuple(sorted(asked))


def statuses(facts: Facts) -> dict[str, str]:
    """The status of every requirement, --multi-vm's too; no reader has failed, and every format can show it."""
    assert "linuxready failed" not in repr(facts)
    judged = report(facts, multi_vm=True)
    for name in FORMATS:
        render(judged, name, Style(), Look(facts)).encode("utf-8")
    return {finding.id: finding.status for finding in judged.findings}


def test_the_table_names_every_requirement_and_files_that_are_read() -> None:
    assert set(NEEDED) == {row.id for row in load("vmware-2017").requirement if row.level != "manual"}
    for requirement, files in NEEDED.items():
        for machine in MACHINES:
            assert requirement not in IN_FILES or set(files.split()).intersection(seen(machine)), requirement


@pytest.mark.parametrize("machine", MACHINES)
def test_unspoilt_machines_pass_what_is_spoilt_below(machine: str) -> None:
    """So that a pass which does not come is one that garbage has taken."""
    with spoilt(machine, lambda _, content: content) as facts:
        passed = [requirement for requirement, status in statuses(facts).items() if status == "pass"]
    assert {"architecture", "ssh-at-boot", "os-disk", "xfs-v5"} <= set(passed)


@pytest.mark.parametrize("machine", MACHINES)
@fixed(25)
@given(data=st.data())
def test_garbage_everywhere_passes_nothing_that_files_tell(machine: str, data: st.DataObject) -> None:
    """host.json is sound here, and with it what the libraries told: the architecture, the names, the space."""
    contents = {path: data.draw(GARBAGE) for path in seen(machine)}
    with spoilt(machine, lambda path, content: contents.get(path, b"\xff")) as facts:
        passed = {requirement for requirement, status in statuses(facts).items() if status == "pass"}
    assert passed.isdisjoint(IN_FILES)


@pytest.mark.parametrize("requirement", IN_FILES)
@pytest.mark.parametrize("machine", MACHINES)
@fixed(15)
@given(garbage=GARBAGE)
def test_garbage_in_a_needed_file_is_never_a_pass(machine: str, requirement: str, garbage: bytes) -> None:
    files = NEEDED[requirement].split()
    with spoilt(machine, lambda path, content: garbage if path in files else content) as facts:
        assert statuses(facts)[requirement] != "pass"


@pytest.mark.parametrize("requirement", IN_FILES)
@pytest.mark.parametrize("machine", MACHINES)
def test_an_empty_needed_file_is_never_a_pass(machine: str, requirement: str) -> None:
    files = NEEDED[requirement].split()
    with spoilt(machine, lambda path, content: b"" if path in files else content) as facts:
        assert statuses(facts)[requirement] != "pass"


@fixed(200)
@given(machine=st.sampled_from(MACHINES), data=st.data())
def test_mutated_files_do_no_harm(machine: str, data: st.DataObject) -> None:
    """Real content, cut, with bytes changed, lines doubled or files exchanged: whatever it means, it is told."""
    chosen = data.draw(st.sets(st.sampled_from(seen(machine)), min_size=1, max_size=4))
    kinds = {path: data.draw(st.sampled_from(("cut", "bytes", "lines", "other"))) for path in chosen}
    root = HOSTS / machine / "root"
    others = [path for path in seen(machine) if Path(f"{root}{path}").is_file()]

    def spoil(path: str, content: bytes) -> bytes:
        kind = kinds.get(path)
        if kind == "cut":
            return content[: data.draw(st.integers(0, len(content)))]
        if kind == "bytes" and content:
            place = data.draw(st.integers(0, len(content) - 1))
            return content[:place] + data.draw(st.binary(max_size=4)) + content[place + 1 :]
        if kind == "lines":
            lines = content.split(b"\n")
            return b"\n".join(data.draw(st.lists(st.sampled_from(lines), max_size=2 * len(lines))))
        if kind == "other":
            return Path(f"{root}{data.draw(st.sampled_from(others))}").read_bytes()
        return content

    with spoilt(machine, spoil) as facts:
        statuses(facts)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_mount_table_cut_anywhere_passes_only_with_whole_lines(machine: str) -> None:
    """A cut at a line's end cannot be told from a shorter table; any other one is never a pass."""
    content = (HOSTS / machine / "root/proc/self/mountinfo").read_bytes()
    for length in range(0, len(content), 29):
        cut = content[:length]
        with spoilt(machine, lambda path, whole, cut=cut: cut if path == "/proc/self/mountinfo" else whole) as facts:  # type: ignore[misc]
            found = report(facts)
        last = cut.rpartition(b"\n")[2]
        if length == 0 or (last and b" - " not in last):
            by_id = {finding.id: finding.status for finding in found.findings}
            assert "pass" not in (by_id["os-disk"], by_id["xfs-v5"]), cut


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@contextmanager
def copied(machine: str, name: str, content: bytes) -> Iterator[Path]:
    """A recording with one document replaced; its other parts are links to the sound ones."""
    with tempfile.TemporaryDirectory() as folder:
        for part in (HOSTS / machine).iterdir():
            if part.name != name:
                Path(folder, part.name).symlink_to(part)
        Path(folder, name).write_bytes(content)
        yield Path(folder)


def status_of(folder: Path) -> tuple[int, dict[str, str]]:
    """The exit status of a check, and the findings where there is a report."""
    output = folder / "report"
    status = cli.run(["check", "--recording", str(folder), "--format", "json", "--output", str(output)])
    findings = json.loads(output.read_text())["findings"] if output.exists() else []
    return status, {finding["id"]: finding["status"] for finding in findings}


@pytest.mark.parametrize("name", ["index.json", "commands.json", "host.json"])
@fixed(25)
@given(content=GARBAGE | JSON.map(lambda value: json.dumps(value).encode()))
def test_garbage_in_a_document_is_4_or_unknown(name: str, content: bytes) -> None:
    with copied("rhel-7.2-ready", name, content) as folder:
        status, found = status_of(folder)
    assert status in (1, 3, 4)
    needed_by = {"host.json": "hosts-file", "index.json": "lsof", "commands.json": "xfs-v5"}
    assert found.get(needed_by[name]) != "pass"


KEYS = "uid host_name machine kernel_release interfaces collected_at processes filesystems odd_names".split()


@fixed(60)
@given(key=st.sampled_from(KEYS), value=JSON)
def test_garbage_in_a_word_of_a_library_costs_that_word_only(key: str, value: object) -> None:
    sound = json.loads((HOSTS / "rhel-7.2-ready" / "host.json").read_text())
    with copied("rhel-7.2-ready", "host.json", json.dumps({**sound, key: value}).encode()) as folder:
        status, found = status_of(folder)
    assert status in (0, 1, 3)
    assert found["os-disk"] == "pass"
    needed_by = {"interfaces": "hosts-file", "filesystems": "install-space", "odd_names": "english-paths"}
    assert key not in needed_by or found[needed_by[key]] != "pass"


@fixed(60)
@given(data=st.data())
def test_mutated_facts_are_4_or_judged(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = (HOSTS / "rhel-7.2-ready" / "facts.json").read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    replaced = data.draw(
        st.binary(max_size=6) | st.sampled_from([b'"', b"\\ud800", b"{", b"null", b"\\udcff", b"9" * 40])
    )
    path = tmp_path_factory.getbasetemp() / "mutated.json"
    path.write_bytes(content[:place] + replaced + content[place + data.draw(st.integers(0, 6)) :])
    for name in FORMATS:
        expected = (0, 1, 2, 3) if name == "nagios" else (0, 1, 3, 4)
        assert cli.run(["check", "--facts", str(path), "--format", name, "--output", "/dev/null"]) in expected

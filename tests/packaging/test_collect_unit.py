"""The timer's service under a real systemd: its report is the one of a plain shell.

systemd runs in a container of systemd-nspawn. There linuxready would judge nothing, so both runs see this machine's
/proc over the container's: by a drop-in under the unit, by a bind mount in the shell.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .conftest import Packages
from .roots import ENVIRONMENT, debian

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="boots a container: run as root")]

REPORT = "/var/lib/linuxready/report.json"
SERVICE = "linuxready-collect.service"
TIMER = "linuxready-collect.timer"
BOOT_SECONDS = 120

RULES = """\
table inet guard {
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        tcp dport 2222 accept
    }
}
"""
"""SSH is refused, and nobody but root may read that."""

PREPARED = """
    ip link add lan0 type veth peer name lan1; ip address add 10.9.8.7/24 dev lan0; ip link set lan0 up
    nft -f /etc/refuse.nft
    cd /run/systemd/system; mkdir linuxready-collect.service.d
    printf '[Service]\\nBindReadOnlyPaths=/hostproc:/proc\\n' > linuxready-collect.service.d/proc.conf
    systemctl daemon-reload
"""


class Container:
    """Debian with systemd as process 1 and the deb installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._words = (
            *("systemd-nspawn", "-q", "-D", str(root), "--boot", "--register=no", "--keep-unit", "--console=pipe"),
            *("--private-network", "--capability=CAP_NET_ADMIN,CAP_SYS_PTRACE", "--bind=/proc:/hostproc"),
            f"--machine=linuxready-{os.getpid()}",
        )
        self.log = root.parent / "log"

    def boot(self) -> None:
        with self.log.open("wb") as log:
            self._nspawn = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + BOOT_SECONDS
        while self._init() is None or not os.path.lexists(f"/proc/{self._init()}/root/run/systemd/private"):
            ended = time.monotonic() > deadline or self._nspawn.poll() is not None
            assert not ended, self.log.read_text(errors="replace")
            time.sleep(0.1)
        self.run("systemctl is-system-running --wait", check=False)

    def _init(self) -> str | None:
        with suppress(OSError):
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
            return children[0] if children else None
        return None

    def run(self, script: str, check: bool = True) -> str:
        words = ("nsenter", "-t", str(self._init()), "-a", "sh", "-euc", script)
        result = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BOOT_SECONDS, env=ENVIRONMENT
        )
        assert not check or result.returncode == 0, f"{script}: {result.returncode}\n{result.stdout}"
        return result.stdout

    def end(self) -> None:
        if init := self._init():
            os.kill(int(init), 9)
        self._nspawn.kill()
        self._nspawn.wait(30)


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory, packages: Packages) -> Iterator[Container]:
    root = tmp_path_factory.mktemp("container") / "root"
    subprocess.run(("cp", "-a", "--reflink=auto", debian("bookworm"), root), check=True, timeout=300)
    shutil.copy(packages.deb, root / "root/linuxready.deb")
    subprocess.run(
        ("chroot", root, "dpkg", "--install", "/root/linuxready.deb"), check=True, capture_output=True, env=ENVIRONMENT
    )
    (root / "etc/refuse.nft").write_text(RULES)
    made = Container(root)
    try:
        made.boot()
        made.run(PREPARED)
        yield made
    finally:
        made.end()
        shutil.rmtree(root)


def test_the_timer_is_off_and_can_be_switched_on(container: Container) -> None:
    assert container.run(f"systemctl is-enabled {TIMER}", check=False).strip() == "disabled"
    assert container.run(f"systemctl is-active {TIMER}", check=False).strip() == "inactive"
    container.run(f"systemctl enable --now {TIMER}")
    assert container.run(f"systemctl is-active {TIMER}").strip() == "active"
    assert TIMER in container.run("systemctl list-timers --no-pager")
    container.run(f"systemctl disable --now {TIMER}")


def test_systemd_understands_every_line(container: Container) -> None:
    said = container.run(f"systemd-analyze verify --man=no /usr/lib/systemd/system/{SERVICE} 2>&1", check=False)
    assert said == ""


def test_the_report_is_that_of_a_plain_shell(container: Container) -> None:
    container.run(f"systemctl start {SERVICE}")
    container.run(
        "unshare --mount sh -euc 'mount --bind /hostproc /proc; "
        "linuxready check --format json --output /plain.json || [ $? -eq 1 ]'"
    )
    ours, theirs = (json.loads((container.root / name.lstrip("/")).read_bytes()) for name in (REPORT, "/plain.json"))
    assert comparable(ours) == comparable(theirs)
    assert ours["verdict"] == "not-ready"
    findings = {finding["id"]: finding for finding in ours["findings"]}
    # What the hardening could have hidden was seen: the firewall's rules, the adapters, the disks.
    assert findings["ssh-firewall"]["status"] == "fail"
    assert any("nft" in evidence["source"] for evidence in findings["ssh-firewall"]["evidence"])
    # A veth is no adapter that a machine is replicated by, but it is named for its address.
    assert "lan0, lo seen" in findings["hosts-file"]["found"]
    assert findings["disk-size"]["status"] == "pass"


def comparable(report: Any) -> Any:
    """A report without what differs from moment to moment, and from one mount namespace to another.

    ProtectSystem= and ReadWritePaths= add mount points of their own: they count, and move the lines of mountinfo.
    """
    text = json.dumps({**report, "collected_at": ""})
    for pattern in (r"\d+ mount points", r"mountinfo:\d+", r"[\d,]+ bytes available", r"[\d.]+ GiB available"):
        text = re.sub(pattern, "…", text)
    return json.loads(text)


def test_the_report_is_roots_alone_and_replaced_whole(container: Container) -> None:
    report = container.root / REPORT.lstrip("/")
    container.run(f"systemctl start {SERVICE}")
    first = report.stat()
    assert stat.S_IMODE(first.st_mode) == 0o600
    container.run(f"systemctl start {SERVICE}")
    assert report.stat().st_ino != first.st_ino
    assert sorted(path.name for path in report.parent.iterdir()) == ["facts.json", "report.json"]


def test_the_facts_are_everybodys(container: Container) -> None:
    """Of the same look as the report."""
    container.run(f"systemctl start {SERVICE}")
    facts = container.root / "var/lib/linuxready/facts.json"
    assert stat.S_IMODE(facts.stat().st_mode) == 0o644
    told, report = (json.loads(path.read_bytes()) for path in (facts, container.root / REPORT.lstrip("/")))
    assert (told["status"], told["verdict"], told["collected_at"]) == ("ok", "not-ready", report["collected_at"])
    assert told["firewall_allows_ssh"] is False


def test_nothing_else_can_be_written(container: Container) -> None:
    """By a service of the same settings that tries."""
    settings = [
        line
        for line in (container.root / f"usr/lib/systemd/system/{SERVICE}").read_text().splitlines()
        if re.match(r"(Protect|ReadWrite|NoNew|IPAddress|Restrict|Capability|Lock|SystemCall)", line)
    ]
    unit = "/run/systemd/system/tries.service"
    lines = "\\n".join(("[Service]", "Type=oneshot", *settings, "ExecStart=/bin/sh /tries", ""))
    (container.root / "tries").write_text(
        "for place in /etc /usr /var /var/tmp /home /root /var/lib; do"
        " touch $place/tried 2>/dev/null && echo $place; done > /var/lib/linuxready/tried;"
        " touch /var/lib/linuxready/written\n"
    )
    container.run(f"printf '{lines}' > {unit}; systemctl daemon-reload; systemctl start tries.service")
    assert len(settings) > 8
    assert (
        container.run("cat /var/lib/linuxready/tried; rm /var/lib/linuxready/tried /var/lib/linuxready/written") == ""
    )


def test_the_timer_goes_with_the_package(container: Container) -> None:
    """The last one: it removes the package."""
    container.run(f"systemctl enable --now {TIMER}; dpkg --purge linuxready")
    assert container.run(f"systemctl is-active {TIMER}", check=False).strip() == "inactive"
    assert container.run("find /etc /var/lib ! -path '*/dpkg/*' -name '*linuxready*'") == ""

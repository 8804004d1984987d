"""One true reboot: a machine with a disk of its own, whose systemd boots it twice.

In the first boot its firewall drops SSH by a rule that only the kernel knows; its file admits SSH, and the next boot
loads that. What linuxready says of now and of then is held against a connect before the reboot and one after it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .guests import prepare_root
from .scenario import LINUXREADY, Machine, Outcome, Suite, sh

PROJECT = Path(__file__).parents[3]
MODULES = "lib/modules"

reboot = Suite(
    "reboot",
    Machine(
        scsi=0,
        virtio=1,
        packages=("debootstrap", "e2fsprogs"),
        own_root=True,
        udev=False,
        seconds=300,
    ),
    on_host=lambda folder: make(folder),
)
SUITES = (reboot,)

PEER, HERE = "10.99.0.2", "10.99.0.1"

RULES = """\
#!/usr/sbin/nft -f
flush ruleset
table inet filter { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }
"""

UNIT = """\
[Unit]
After=ssh.service nftables.service
[Service]
Type=oneshot
ExecStart=/lab
[Install]
WantedBy=multi-user.target
"""

LAB = """\
#!/bin/bash
exec >>/out/printed 2>&1 </dev/null
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
for folder in {folders}; do mkdir -p $folder; mount --bind /host$folder $folder; done
ip netns add peer
ip link add here type veth peer name there netns peer
ip address add {here}/24 dev here; ip link set here up
ip -n peer address add {peer}/24 dev there; ip -n peer link set there up
cd {project}
if [ ! -e /out/first ]; then
  {python} -B -c 'from tests.vm.inside import reboot; reboot.before()'
  systemctl reboot
else
  {python} -B -m tests.vm.inside {suite}
  systemctl poweroff
fi
"""


def make(folder: Path) -> None:
    """On the host: the disk."""
    modules = PROJECT / "build/vm/kernel" / MODULES
    script = LAB.format(
        folders=" ".join(places()),
        here=HERE,
        peer=PEER,
        project=PROJECT,
        python=sys.executable,
        suite=reboot.name,
    )

    def to_disk(root: Path) -> str:
        (root / "etc/nftables.conf").write_text(RULES)
        (root / "etc/systemd/system/lab.service").write_text(UNIT)
        (root / "lab").write_text(script)
        (root / "lab").chmod(0o755)
        for kernel in modules.iterdir():
            (root / MODULES).mkdir(exist_ok=True)
            (root / MODULES / kernel.name).symlink_to(f"/host{kernel}")
        sh('chroot "$1" systemctl -q enable nftables lab', str(root))
        image = folder / "disks" / "v0"
        return sh('truncate -s 1G "$1"; mkfs.ext4 -q -d "$2" "$1"', str(image), str(root))

    prepare_root(folder / "root", "systemd", "", to_disk)


def places() -> list[str]:
    """What this Python and this project need, under the names that they have on the host."""
    base = sys.base_prefix
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if base in ("/usr", "/usr/local"):
        return [f"{base}/lib/{version}", str(PROJECT)]
    return [base, str(PROJECT)]


def said() -> dict[str, str]:
    words = f"{LINUXREADY} check --only ssh-at-boot --only ssh-firewall --format json || [ $? = 1 ]"
    return {found["id"]: f"{found['status']}: {found['found']}" for found in json.loads(sh(words))["findings"]}


def connected() -> str:
    """What becomes of a connect from the other end of a wire."""
    words = ("ip", "netns", "exec", "peer", sys.executable, "-B", "-c")
    script = f"from tests.vm.inside.guests import connect; print(connect({PEER!r}, {HERE!r}, 22))"
    return subprocess.run((*words, script), capture_output=True, text=True, check=True).stdout.strip()


def before() -> None:
    """In the first boot: a rule that the next one does not know, and what is said and seen with it."""
    sh("nft insert rule inet filter input tcp dport 22 drop")
    Path("/out/first").write_text(json.dumps([said(), connected()]))


@reboot.scenario("a rule that only the kernel knows is gone after the reboot")
def rule() -> Outcome:
    (said_first, first), now, second = json.loads(Path("/out/first").read_text()), said(), connected()
    agree = (first, second) == ("dropped", "accepted")
    agree = (
        agree
        and said_first["ssh-firewall"] == "fail: port 22: dropped (now)"
        and said_first["ssh-at-boot"].startswith("pass")
    )
    agree = agree and now["ssh-firewall"] == "pass: port 22: accepted now and after the next boot"
    return Outcome(
        f"{said_first['ssh-firewall']}; after it {now['ssh-firewall']}", f"{first}, after the reboot {second}", agree
    )

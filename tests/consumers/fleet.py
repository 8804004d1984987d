"""A fleet for Ansible: machines with an sshd of their own, each in network, host name and mount namespaces.

    the controller's namespace  10.77.N.1 ──veth──▶ eth0 10.77.N.2  target N: Debian in an overlay, with its sshd

They share this machine's kernel and disks, and have no adapter but a veth; all else linuxready judges is theirs. Nobody
else sees the networks, and all ends with the holder processes.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.packaging.roots import ENVIRONMENT, PLACE, Root, root

UNREACHABLE = "gone1"
PORT = 2222
SECONDS = 300

OWN_NAMESPACES = ("--net", "--uts")

SSHD = """\
Port 2222
HostKey /etc/ssh/test_host_key
AuthorizedKeysFile /etc/ssh/test_authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp /usr/lib/openssh/sftp-server
"""


class Fleet:
    """Targets by name, and a way to run Ansible where it reaches them."""

    def __init__(self, controller: int, folder: Path, targets: dict[str, Root]) -> None:
        self._controller = controller
        self.folder = folder
        self.targets = targets

    def run(self, *argv: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program of Ansible's in the controller's network; one machine of the inventory has its port closed."""
        program, *words = argv
        enter = ("nsenter", "-t", str(self._controller), "--net")
        env = {
            **ENVIRONMENT,
            "HOME": str(self.folder),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_INVENTORY": str(self.folder / "inventory"),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_TIMEOUT": "20",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=15s -o UserKnownHostsFile=/dev/null",
        }
        result = subprocess.run(
            (*enter, program, *words), capture_output=True, text=True, timeout=SECONDS, env=env, cwd=self.folder
        )
        assert not check or result.returncode == 0, f"{argv}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result


@contextmanager
def fleet(base: Path, folder: Path, names: tuple[str, ...], variables: dict[str, str]) -> Iterator[Fleet]:
    """Targets over `base`, reachable by a throw-away key; `variables`: more of the inventory, by name."""
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"), check=True)
    with ExitStack() as stack:
        wait = ("unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec cat")
        controller = subprocess.Popen(wait, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        stack.callback(_end, controller)
        assert controller.stdout
        controller.stdout.readline()
        targets = {}
        for number, name in enumerate(names, 1):
            targets[name] = target = stack.enter_context(root(base, *OWN_NAMESPACES))
            wire = f"link add wire{number} type veth peer name eth0 netns {target.pid}"
            for words in (wire, f"address add 10.77.{number}.1/24 dev wire{number}", f"link set wire{number} up"):
                subprocess.run(("nsenter", "-t", str(controller.pid), "--net", "ip", *words.split()), check=True)
            stack.callback(_end, _serve(target, name, number, (folder / "key.pub").read_text()))
        lines = [f"{name} ansible_host=10.77.{n}.2 {variables.get(name, '')}" for n, name in enumerate(names, 1)]
        (folder / "inventory").write_text(
            "\n".join((*lines, f"{UNREACHABLE} ansible_host=10.77.1.2 ansible_port=9", "", "[all:vars]", ""))
            + f"ansible_user=root\nansible_ssh_private_key_file={folder}/key\n"
            + f"ansible_python_interpreter=/usr/bin/python3\nansible_port={PORT}\n"
        )
        yield Fleet(controller.pid, folder, targets)


def _serve(target: Root, name: str, number: int, key: str) -> subprocess.Popen[bytes]:
    """Start a target's sshd, and wait until it listens."""
    # A fresh /sys shows the adapters of this network, not the machine's.
    target.beside("sh", "-euc", f"umount --lazy {PLACE}/sys; mount -t sysfs sysfs {PLACE}/sys; hostname {name}")
    for words in ("link set lo up", f"address add 10.77.{number}.2/24 dev eth0", "link set eth0 up"):
        target.beside("ip", *words.split())
    target.path("/etc/ssh/sshd_config").write_text(SSHD)
    target.path("/etc/ssh/test_authorized_keys").write_text(key)
    target.path("/etc/ssh/test_authorized_keys").chmod(0o644)
    target.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/test_host_key")
    target.run("mkdir", "-p", "/run/sshd")
    serving = subprocess.Popen(
        (*target.enter, "chroot", PLACE, "/usr/sbin/sshd", "-D", "-e"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 30
    while f":{PORT:04X} " not in target.beside("cat", "/proc/net/tcp"):
        waiting = serving.poll() is None and time.monotonic() < deadline
        assert waiting, f"{name}: sshd does not listen"
        time.sleep(0.1)
    return serving


def _end(process: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, 9)
    process.wait()

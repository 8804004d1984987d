"""Which network adapters hosts-file requires, on real interfaces; and that its remedy lines, pasted, mend it.

Each scenario has a network namespace of its own, with eth0 of QEMU's moved into it, and an /etc/hosts of its own. The
oracle is written by hand: what a server's administrator would put there.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .scenario import LINUXREADY, Machine, Outcome, Suite, sh

adapters = Suite(
    "adapters",
    Machine(scsi=0, nics=2, modules=("virtio_net", "tun"), packages=("iproute2",), seconds=300, udev=False),
)
SUITES = (adapters,)

HOST_NAME = "web1.example.com"
MUST, SHOULD = "fail", "warn"


@dataclass(frozen=True)
class Scenario:
    """Lines of `ip -batch` (and of the shell, behind $), and the addresses that want a line, by hand."""

    name: str
    lines: str
    wanted: dict[str, str]
    """"adapter address" to MUST (fails without a line) or SHOULD (warns)."""
    left_out: tuple[str, ...] = ()
    """Interfaces with an address that must be told as not required."""


ETH0 = "link set eth0 up\naddress add 192.0.2.10/24 dev eth0\n"
WITH_ETH0 = {"eth0 192.0.2.10": MUST}

SCENARIOS = (
    Scenario(
        "two adapters, one without an address",
        ETH0 + "link set eth1 up\n",
        WITH_ETH0,
        ("eth1",),
    ),
    Scenario(
        "two adapters",
        ETH0 + "link set eth1 up\naddress add 198.51.100.10/24 dev eth1\n",
        {**WITH_ETH0, "eth1 198.51.100.10": MUST},
    ),
    Scenario(
        "several addresses on one, an automatic private one among them",
        ETH0 + "address add 192.0.2.11/24 dev eth0\naddress add 203.0.113.7/32 dev eth0\n"
        "address add 169.254.7.7/16 dev eth0\n",
        {**WITH_ETH0, "eth0 192.0.2.11": SHOULD, "eth0 203.0.113.7": SHOULD},
    ),
    Scenario("renamed", "link set eth0 name uplink\nlink set uplink up\naddress add 192.0.2.10/24 dev uplink\n",
             {"uplink 192.0.2.10": MUST}),
    Scenario(
        "IPv6: stable, link-local, temporary",
        "link set eth0 up\naddress add 192.0.2.10/24 dev eth0\naddress add 2001:db8::10/64 dev eth0 nodad\n"
        "$ echo 2 > /proc/sys/net/ipv6/conf/eth0/use_tempaddr\n"
        "address add 2001:db8:1::10/64 dev eth0 nodad mngtmpaddr\n"
        "$ sleep 1; ip -6 address show dev eth0 temporary | grep -q 2001:db8:1:\n",
        {**WITH_ETH0, "eth0 2001:db8::10": SHOULD, "eth0 2001:db8:1::10": SHOULD},
    ),
    Scenario(
        "docker0, with a container's veth; dummy, veth, tun; bridge and bond without a port",
        f"{ETH0}link add docker0 type bridge\n"
        "link add veth7 type veth peer name inner7\nlink set veth7 master docker0\n"
        "link set veth7 up\nlink set inner7 up\nlink set docker0 up\naddress add 172.17.0.1/16 dev docker0\n"
        "link add dummy0 type dummy\nlink set dummy0 up\naddress add 10.1.0.1/24 dev dummy0\n"
        "link add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\naddress add 10.2.0.1/24 dev v0\n"
        "tuntap add dev tun0 mode tun\nlink set tun0 up\naddress add 10.3.0.1/24 dev tun0\n"
        "link add br0 type bridge\nlink set br0 up\naddress add 10.4.0.1/24 dev br0\n"
        "link add bond0 type bond mode active-backup\nlink set bond0 up\naddress add 10.5.0.1/24 dev bond0\n",
        WITH_ETH0,
        ("docker0", "dummy0", "v0", "tun0", "br0", "bond0"),
    ),
    Scenario(
        "VLAN on a dummy, vxlan over the adapter; macvlan stacked on it",
        ETH0 + "link add dummy0 type dummy\nlink set dummy0 up\nlink add link dummy0 name storage type vlan id 5\n"
        "link set storage up\naddress add 10.6.0.1/24 dev storage\n"
        "link add vx0 type vxlan id 9 dev eth0 dstport 4789\nlink set vx0 up\naddress add 10.7.0.1/24 dev vx0\n"
        "link add link eth0 name mac0 type macvlan mode bridge\nlink set mac0 up\naddress add 192.0.2.20/24 dev mac0\n",
        {**WITH_ETH0, "mac0 192.0.2.20": MUST},
        ("storage", "vx0"),
    ),
    Scenario(
        "bridge with the adapter as a port",
        "link add br0 type bridge\nlink set eth0 master br0\nlink set eth0 up\nlink set br0 up\n"
        "address add 192.0.2.10/24 dev br0\n",
        {"br0 192.0.2.10": MUST},
    ),
    Scenario(
        "bond of two",
        "link add bond0 type bond mode active-backup\nlink set eth0 master bond0\nlink set eth1 master bond0\n"
        "link set bond0 up\naddress add 192.0.2.10/24 dev bond0\n",
        {"bond0 192.0.2.10": MUST},
    ),
    Scenario(
        "VLAN on the adapter",
        ETH0 + "link add link eth0 name eth0.100 type vlan id 100\nlink set eth0.100 up\n"
        "address add 198.51.100.10/24 dev eth0.100\n",
        {**WITH_ETH0, "eth0.100 198.51.100.10": MUST},
    ),
    Scenario(
        "bridge on a VLAN on a bond",
        "link add bond0 type bond mode active-backup\nlink set eth0 master bond0\nlink set bond0 up\n"
        "link add link bond0 name bond0.7 type vlan id 7\nlink add br7 type bridge\nlink set bond0.7 master br7\n"
        "link set bond0.7 up\nlink set br7 up\naddress add 192.0.2.10/24 dev br7\n",
        {"br7 192.0.2.10": MUST},
    ),
)  # fmt: skip

PREFIX = "add to /etc/hosts: "


def judge(scenario: Scenario) -> Outcome:
    namespace = "adapters"
    batch = "".join(
        f"{line[2:]}\n" if line.startswith("$ ") else f"ip {line}\n" for line in scenario.lines.splitlines() if line
    )
    hosts = Path("/run/hosts")
    hosts.write_text("127.0.0.1 localhost\n127.0.1.1 web10.example.com web10\n")
    sh(f"""
        hostname {HOST_NAME}
        ip netns add {namespace}
        for eth in eth0 eth1; do ip link set $eth netns {namespace}; done
        ip -n {namespace} link set lo up
    """)
    try:
        inside(namespace, batch)
        first = hosts_file(namespace, hosts)
        with hosts.open("a") as file:
            file.writelines(f"{line}\n" for line in pasted(first))
        second = hosts_file(namespace, hosts)
    finally:
        # The adapters come back by themselves, with the names they have there.
        inside(namespace, "! ip link set uplink down 2>/dev/null || ip link set uplink name eth0")
        inside(namespace, "for eth in eth0 eth1; do ip link set $eth nomaster; ip link set $eth down; done; true")
        sh(f"ip netns delete {namespace}")
        back()
    lines = [f"{address.split()[1]} {HOST_NAME} {HOST_NAME.partition('.')[0]}" for address in scenario.wanted]
    wrong = []
    if sorted(pasted(first)) != sorted(lines):
        wrong.append(f"the remedies are {pasted(first)}")
    for address, status in scenario.wanted.items():
        if status == MUST and address not in first["found"]:
            wrong.append(f"{address} is not named")
    beside = next((seen["text"] for seen in first["evidence"] if seen["source"] == "not required"), "").split(", ")
    if missing := {"lo", *scenario.left_out} - set(beside):
        wrong.append(f"{missing} is not told as not required")
    status = MUST if MUST in scenario.wanted.values() else SHOULD
    if first["status"] != status:
        wrong.append(f"{first['status']} instead of {status}")
    if second["status"] != "pass":
        wrong.append(f"with the lines pasted: {second['status']} {second['found']}")
    return Outcome(
        f"{first['status']}: {first['found']}; not required: {', '.join(beside)}; pasted: {second['status']}",
        told(scenario.wanted),
        not wrong,
        "; ".join(wrong),
    )


def inside(namespace: str, lines: str) -> None:
    sh('ip netns exec "$1" bash -euc "$2"', namespace, lines)


def back() -> None:
    """Wait until the adapters are this machine's again."""
    for _ in range(200):
        if all(os.path.exists(f"/sys/class/net/{name}") for name in ("eth0", "eth1")):
            return
        time.sleep(0.05)
    raise TimeoutError("the adapters did not come back")


def hosts_file(namespace: str, hosts: Path) -> dict[str, Any]:
    """The finding on a machine of that namespace, with that /etc/hosts."""
    ask = (
        f'mount --bind "$1" /etc/hosts; {LINUXREADY} check --only hosts-file --format json || [ $? = 1 ] || [ $? = 3 ]'
    )
    # `ip netns exec` mounts the namespace's /sys, and what is mounted in there is gone with the command.
    printed = sh('ip netns exec "$1" bash -euc "$2" sh "$3"', namespace, ask, str(hosts), seconds=100)
    found: dict[str, Any] = json.loads(printed)["findings"][0]
    return found


def pasted(found: dict[str, Any]) -> list[str]:
    """The lines that the remedies tell to add."""
    return [remedy["text"].removeprefix(PREFIX) for remedy in found["remedies"] if remedy["text"].startswith(PREFIX)]


def told(wanted: dict[str, str]) -> str:
    return ", ".join(f"{address} {status}" for address, status in wanted.items())


for _scenario in SCENARIOS:
    adapters.scenario(_scenario.name)(partial(judge, _scenario))

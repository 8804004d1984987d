"""What starts at boot and what the firewall then lets in: foretold from a guest's root, shown by a TCP connect.

On the host each guest's root is prepared and judged by linuxready, where both are quick, before it has ever booted.
In the machine systemd-nspawn boots it, and the machine connects to it from two addresses and by IPv6. Guests boot
ahead of the scenarios that ask after them, some at a time.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from .guests import Guest, prepare_root
from .scenario import LINUXREADY, Machine, Outcome, Suite, sh

boots = Suite(
    "boots",
    Machine(
        scsi=0,
        memory_mib=2048,
        modules=("veth", "nf_tables", "nft_ct", "nft_reject_inet"),
        packages=("debootstrap", "systemd-container", "nftables", "iproute2"),
        seconds=840,
        udev=False,
    ),
    on_host=lambda folder: make(folder),
)
SUITES = (boots,)

FOLDER = Path(__file__).parents[3] / "build" / "vm" / f"suite-{boots.name}"
WORK = Path("/run/guests")

AT_ONCE = 3
"""Guests that boot at the same time; a boot waits now and then, so it is one more than there are processors."""


@dataclass(frozen=True)
class Scenario:
    """A guest, and what is known of it beforehand: written by hand, not asked of linuxready."""

    name: str
    prepare: str = ""
    """Shell lines, run in the guest's root as the working directory; `g` runs a command of the guest in it."""
    at_boot: str = "pass"
    firewall: str = "pass"
    by_ipv6: str = ""
    """Another status than `firewall` where IPv6 has one of its own."""
    port: int = 22
    base: str = "systemd"
    sources: tuple[int, ...] = (1, 3)
    """Host numbers that a connect succeeds from; none where SSH does not start."""
    note: str = ""
    """Why an answer is no plain yes or no where the connect is."""


def nftables(rules: str, *, file: str = "etc/nftables.conf") -> str:
    """The lines that put rules on the disk, for nftables.service to load."""
    return (
        f"cat > {file} <<'RULES'\n#!/usr/sbin/nft -f\nflush ruleset\n{rules}\nRULES\ng systemctl -q enable nftables\n"
    )


def input_chain(*rules: str, policy: str = "drop", family: str = "inet") -> str:
    body = "; ".join((f"type filter hook input priority 0; policy {policy}", *rules))
    return nftables(f"table {family} filter {{ chain input {{ {body}; }}; }}")


ADMIT = "tcp dport 22 accept"
NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
NONE: tuple[int, ...] = ()

OFF = "g systemctl -q disable ssh.service 2>/dev/null\n"
SYSV_OFF = "g update-rc.d ssh disable\n"

MASKED = "ln -s /dev/null etc/systemd/system/audit.service\n"


def needing(line: str) -> str:
    """The lines that add one to the unit of SSH, by a drop-in."""
    folder = "etc/systemd/system/ssh.service.d"
    return f"mkdir {folder}\nprintf '[Unit]\\n{line}\\n' > {folder}/a.conf\n"


SERVICES = (
    Scenario("service enabled"),
    Scenario("service disabled", OFF, "fail", sources=NONE),
    Scenario(
        "service's link removed, runlevel links left",
        "rm etc/systemd/system/multi-user.target.wants/ssh.service\nls etc/rc2.d/S*ssh >/dev/null\n",
        "fail",
        sources=NONE,
    ),
    Scenario("service masked", "g systemctl -q mask ssh.service\n", "fail", sources=NONE),
    Scenario("socket instead of the service", OFF + "g systemctl -q enable ssh.socket\n"),
    Scenario(
        "socket enabled, its service masked",
        OFF + "g systemctl -q enable ssh.socket\ng systemctl -q mask ssh.service\n",
        "fail",
        sources=NONE,
    ),
    Scenario("sshd_not_to_be_run", "touch etc/ssh/sshd_not_to_be_run\n", "fail", sources=NONE),
    Scenario(
        "a drop-in's condition fails",
        needing("ConditionPathExists=/not/there"),
        "fail",
        sources=NONE,
    ),
    Scenario("requires a masked unit", needing("Requires=audit.service") + MASKED),
    Scenario("is bound to a masked unit", needing("BindsTo=audit.service") + MASKED, "fail", sources=NONE),
    Scenario("is bound to a unit that is not there", needing("BindsTo=gone.service"), "fail", sources=NONE),
    Scenario(
        "wanted by a drop-in of the target",
        OFF + "mkdir etc/systemd/system/multi-user.target.d\n"
        "printf '[Unit]\\nWants=ssh.service\\n' > etc/systemd/system/multi-user.target.d/a.conf\n",
    ),
    Scenario(
        "enabled until the reboot only",
        OFF + "mkdir -p run/systemd/system/multi-user.target.wants\n"
        "ln -s /lib/systemd/system/ssh.service run/systemd/system/multi-user.target.wants/\n",
        "fail",
        sources=NONE,
    ),
    Scenario("boots to rescue.target", "g systemctl -q set-default rescue.target\n", "fail", sources=NONE),
    Scenario(
        "init script without a unit, links on",
        "rm -f lib/systemd/system/ssh.service lib/systemd/system/ssh.socket etc/systemd/system/sshd.service\n"
        "rm -f etc/systemd/system/multi-user.target.wants/ssh.service\n",
    ),
    Scenario(
        "init script without a unit, links off",
        SYSV_OFF + "rm -f lib/systemd/system/ssh.service lib/systemd/system/ssh.socket\n"
        "rm -f etc/systemd/system/sshd.service etc/systemd/system/multi-user.target.wants/ssh.service\n",
        "fail",
        sources=NONE,
    ),
)

FIREWALLS = (
    Scenario("nftables: admits 22", input_chain("ct state established,related accept", NEIGHBOURS, ADMIT)),
    Scenario("nftables: policy drop, nothing for 22", input_chain(NEIGHBOURS), firewall="fail", sources=NONE),
    Scenario("nftables: rejects all", input_chain(NEIGHBOURS, "reject"), firewall="fail", sources=NONE),
    Scenario(
        "nftables: admits one source",
        input_chain(NEIGHBOURS, "ip saddr 10.77.NUMBER.3 tcp dport 22 accept"),
        firewall="warn",
        sources=(3,),
    ),
    Scenario(
        "nftables: sshd on 2222, rule for 22 only",
        "echo Port 2222 >> etc/ssh/sshd_config\n" + input_chain(NEIGHBOURS, ADMIT),
        firewall="fail",
        port=2222,
        sources=NONE,
    ),
    Scenario(
        "nftables: sshd on 2222, rule for 2222",
        "echo Port 2222 > etc/ssh/sshd_config.d/port.conf\n" + input_chain(NEIGHBOURS, "tcp dport 2222 accept"),
        port=2222,
    ),
    Scenario("nftables: drops, but not started", input_chain() + "g systemctl -q disable nftables\n"),
    Scenario(
        "nftables: refuses in an included file",
        "mkdir etc/nftables.d\n"
        "echo 'table ip f { chain i { type filter hook input priority 1; tcp dport 22 drop; }; }'"
        " > etc/nftables.d/a.nft\n" + nftables('table ip f { }\ninclude "/etc/nftables.d/*.nft"'),
        firewall="fail",
        sources=NONE,
    ),
    Scenario(
        "nftables: refuses IPv6 only",
        nftables("table ip6 f { chain i { type filter hook input priority 0; tcp dport 22 drop; }; }"),
        by_ipv6="warn",
    ),
    Scenario(
        "nftables: admits by eth0",
        input_chain(NEIGHBOURS, 'iifname "eth0" tcp dport 22 accept'),
        firewall="warn",
        note="a root does not tell its adapters; this guest's is eth0",
    ),
    Scenario(
        "nftables: another file by a drop-in",
        input_chain(policy="accept")
        + "mkdir etc/systemd/system/nftables.service.d\n"
        + "printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/nft -f /etc/other.nft\\n'"
        + " > etc/systemd/system/nftables.service.d/a.conf\n"
        + nftables("table ip f { chain i { type filter hook input priority 0; policy drop; }; }", file="etc/other.nft"),
        firewall="fail",
        sources=NONE,
    ),
)

RUNLEVELS = (
    Scenario("SysV: links on", base="sysv"),
    Scenario("SysV: links off", SYSV_OFF, "fail", base="sysv", sources=NONE),
    Scenario(
        "SysV: on in another runlevel only",
        SYSV_OFF + "g update-rc.d ssh enable 3 4 5\n",
        "fail",
        base="sysv",
        sources=NONE,
    ),
    Scenario(
        "SysV: boots to the runlevel it is on in",
        SYSV_OFF + "g update-rc.d ssh enable 3\nsed -i 's/^id:2:/id:3:/' etc/inittab\n",
        base="sysv",
    ),
    Scenario("SysV: script not executable", "chmod -x etc/init.d/ssh\n", "fail", base="sysv", sources=NONE),
    Scenario("SysV: sshd_not_to_be_run", "touch etc/ssh/sshd_not_to_be_run\n", "fail", base="sysv", sources=NONE),
)

SCENARIOS = (*SERVICES, *FIREWALLS, *RUNLEVELS)


# -- held against each other ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What linuxready says of a root."""

    at_boot: str
    firewall: str
    found: str


def make(folder: Path) -> None:
    """On the host: every scenario's root, and beside it what linuxready says of it."""
    for number, scenario in enumerate(SCENARIOS):
        own = folder / str(number)
        lines = scenario.prepare.replace("NUMBER", str(number))
        (own / "report.json").write_text(prepare_root(own, scenario.base, lines, ask))


def ask(root: Path) -> str:
    words = f'{LINUXREADY} check --root "$1" --only ssh-at-boot --only ssh-firewall --format json'
    return sh(f"{words} || [ $? = 1 ] || [ $? = 3 ]", str(root))


def said_of(folder: Path) -> Said:
    findings = {found["id"]: found for found in json.loads((folder / "report.json").read_text())["findings"]}
    at_boot, firewall = findings["ssh-at-boot"], findings["ssh-firewall"]
    return Said(at_boot["status"], firewall["status"], f"{at_boot['found']}; {firewall['found']}")


def judge(number: int, scenario: Scenario) -> Outcome:
    folder = FOLDER / str(number)
    said = said_of(folder)
    guest = Guest(number, folder, WORK)
    with guest.wired():
        guest.boot()
        connects, listens = guest.connects(scenario.port), guest.listens(scenario.port)
        wrong = contradictions(scenario, said, connects, listens)
        if wrong:
            print(f"{scenario.name}:\n{guest.complaints()}", flush=True)
    by_source = ", ".join(f"{source} {outcome}" for source, outcome in connects.items())
    return Outcome(
        f"{said.at_boot}/{said.firewall}: {said.found}",
        f"{'listens' if listens else 'does not listen'}; {by_source}",
        not wrong,
        "; ".join(wrong) or scenario.note,
    )


def contradictions(scenario: Scenario, said: Said, connects: dict[str, str], listens: bool) -> list[str]:
    """What is wrong: linuxready against the connects, and both against what the scenario was made to be."""
    wrong = []
    reached = tuple(host for host in (1, 3) if connects[str(host)] == "accepted")
    if listens != (said.at_boot == "pass"):
        wrong.append("whether SSH starts")
    if listens and said.firewall == "pass" and (len(reached) < 2 or connects["ipv6"] != "accepted"):
        wrong.append("said to be let in")
    if said.firewall == "fail" and reached:
        wrong.append("said to be refused")
    differ = len(set(connects.values())) > 1
    if listens and said.firewall == "warn" and not differ and not scenario.note:
        wrong.append("said to depend, and does not")
    expected = (scenario.at_boot, scenario.by_ipv6 or scenario.firewall)
    if (said.at_boot, said.firewall) != expected:
        wrong.append(f"linuxready should say {'/'.join(expected)}")
    if reached != scenario.sources:
        wrong.append(f"the guest should be reached from {scenario.sources or 'nowhere'}")
    return wrong


# -- ahead -----------------------------------------------------------------------------------------------------


@cache
def ahead() -> dict[str, Future[Outcome]]:
    """The outcomes to come, of those scenarios that were asked for."""
    WORK.mkdir(mode=0o755)
    sh('mount -t tmpfs tmpfs "$1"', str(WORK))
    if not os.path.ismount("/sys/fs/cgroup"):
        sh("mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    sh("ip link set lo up")
    pool = ThreadPoolExecutor(AT_ONCE)
    return {
        scenario.name: pool.submit(judge, number, scenario)
        for number, scenario in enumerate(SCENARIOS)
        if not sys.argv[2:] or scenario.name in sys.argv[2:]
    }


def awaited(name: str) -> Outcome:
    return ahead()[name].result()


for _scenario in SCENARIOS:
    boots.scenario(_scenario.name)(partial(awaited, _scenario.name))

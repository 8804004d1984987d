"""A real sosreport of a machine with partitions, volumes and XFS: what is said of it is what is said of the machine.

By Debian's sos, and by the plugins only that the disks are read from: emulation makes all of them a matter of minutes.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import msgspec

from linuxready.facts import Facts
from linuxready.judge import judge
from linuxready.profile import load, shipped

from .disks import ext4, group, parted
from .scenario import LINUXREADY, Machine, Outcome, Suite, settle, sh
from .tools import clear, empty_disks, in_child, mounted, pivot

MODULES = ("virtio_scsi", "sd_mod", "ext4", "xfs", "dm-mod")
SUITES = (
    sosreport := Suite(
        "sosreport", Machine(scsi=3, nics=1, modules=MODULES, packages=("sosreport",), vmware=True, seconds=400)
    ),
)

PLUGINS = "block,devicemapper,devices,dpkg,filesys,hardware,kernel,networking,release,xfs"

ON_DISKS = (
    "block_devices disk_details mounts fstab btrfs xfs interfaces hardware kernel release hosts host_name software"
).split()
"""Facts that such a report must not lose."""

NOT_GATHERED = set(
    "container firmware kernel_arguments kernel_modules odd_names secure_boot ssh ssh_listen vmware_tools".split()
)
"""Facts that a report by these plugins does not have: what is looked for is that it stays so."""

TOP = "/layout"

MADE = Path("/run/sos")
"""On a tmpfs, for what is on disks has few inodes; between the scenarios, too."""


@sosreport.scenario("sos makes a report of a root on volumes, a boot partition and XFS on three disks")
def made() -> Outcome:
    disks = empty_disks(3)
    try:
        boot, system = parted(disks[0], "size=80M", "size=+")
        group("system", system)
        group("data", *disks[1:])
        sh("lvcreate -qqy -L 200M -n root system; lvcreate -qqy -l 100%FREE -n srv data")
        settle()
        ext4(boot, "/dev/system/root")
        sh("mkfs.xfs -q -f /dev/data/srv")
        settle()
        return in_child(lambda: looked_at(boot))
    finally:
        clear(disks)


def looked_at(boot: str) -> Outcome:
    """linuxready looks at the machine, then sos."""
    os.makedirs(TOP, exist_ok=True)
    os.environ["R"] = TOP
    sh("mount /dev/system/root $R; mkdir -p $R/boot $R/srv $R/etc $R/var/lib/dpkg $R/usr/local")
    sh("mount /dev/$1 $R/boot; mount /dev/data/srv $R/srv", boot)
    files = "debian_version hosts nsswitch.conf os-release passwd group"
    sh(f"for file in {files}; do cp -L /etc/$file $R/etc/ || true; done; hostname web1; echo web1 > $R/etc/hostname")
    sh('echo "/dev/system/root / ext4 defaults 0 1" > $R/etc/fstab; echo "10.0.0.1 web1" >> $R/etc/hosts')
    mounted("/var/lib/dpkg", f"{TOP}/var/lib/dpkg", 0x1000)
    pivot(TOP)
    sh(f"mkdir {MADE}; {LINUXREADY} collect > {MADE}/machine.json")
    sh(f"sos report --batch -q --build --tmp-dir {MADE} -o $1", PLUGINS, seconds=200)
    reports = list(MADE.glob("sosreport-*/sos_reports/manifest.json"))
    return Outcome(f"{len(reports)} report", "1 report", len(reports) == 1)


@sosreport.scenario("what is said of the report is what is said of the machine")
def the_same() -> Outcome:
    (folder,) = MADE.glob("sosreport-*")
    of_report = msgspec.json.decode(sh(f"{LINUXREADY} collect --sosreport $1", str(folder)), type=Facts)
    return compared(msgspec.json.decode((MADE / "machine.json").read_bytes(), type=Facts), of_report)


def compared(of_machine: Facts, of_report: Facts) -> Outcome:
    """Every finding by every profile that both know, and the facts that the report must not lose."""
    wrong = [f"{name}: {why}" for name in ON_DISKS if (why := getattr(of_report, name).unknown)]
    seen = 0
    for profile in shipped():
        one, other = statuses(of_machine, profile), statuses(of_report, profile)
        for requirement, said in other.items():
            if not {"unknown", "manual"} & {said.split(":")[0], one[requirement].split(":")[0]}:
                seen += 1
                if said != one[requirement]:
                    wrong.append(f"{profile} {requirement}: {said}, the machine {one[requirement]}")
    lost = unknown(of_report) - unknown(of_machine)
    if lost != NOT_GATHERED:
        wrong.append(f"not gathered: {', '.join(sorted(lost))}")
    oracle = f"the same, without {', '.join(sorted(lost))}"
    return Outcome(f"{seen} findings", oracle, not wrong and seen > 30, "; ".join(wrong))


def unknown(facts: Facts) -> set[str]:
    return {name for name in facts.__struct_fields__ if getattr(getattr(facts, name), "unknown", None) is not None}


def statuses(facts: Facts, profile: str) -> dict[str, str]:
    """Each status, and the words of those that pass: of what fails, who knows less names less."""
    findings = judge(facts, load(profile), date(2026, 11, 23)).findings
    words = {f.id: f": {f.found}".replace(": /sbin/", ": /usr/sbin/") if f.status == "pass" else "" for f in findings}
    return {f.id: f"{f.status}{words[f.id]}" for f in findings}

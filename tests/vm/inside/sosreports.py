"""A real sosreport of a machine with partitions, volumes and XFS: what is said of it is what is said of the machine.

By Debian's sos, and by the plugins only that the disks are read from: emulation makes all of them a matter of minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
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
        "sosreport", Machine(scsi=3, nics=1, modules=MODULES, packages=("sosreport",), vmware=True, seconds=240)
    ),
)

PLUGINS = "block,date,devicemapper,devices,dpkg,filesys,hardware,host,kernel,networking,process,release,ssh,xfs"

ON_DISKS = (
    "block_devices disk_details mounts fstab btrfs xfs interfaces hardware kernel release hosts host_name software"
).split()
"""Facts that such a report must not lose."""

TOP = "/layout"


@sosreport.scenario("root, boot and XFS on volumes and partitions of three disks")
def on_disks() -> Outcome:
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
    os.makedirs(TOP, exist_ok=True)
    os.environ["R"] = TOP
    sh("mount /dev/system/root $R; mkdir -p $R/boot $R/srv $R/etc $R/var/lib/dpkg $R/usr/local")
    sh("mount /dev/$1 $R/boot; mount /dev/data/srv $R/srv", boot)
    files = "debian_version hostname hosts nsswitch.conf os-release passwd group ssh"
    sh(f"for file in {files}; do cp -rL /etc/$file $R/etc/ || true; done")
    sh('echo "/dev/system/root / ext4 defaults 0 1" > $R/etc/fstab; echo "10.0.0.1 $(hostname)" >> $R/etc/hosts')
    mounted("/var/lib/dpkg", f"{TOP}/var/lib/dpkg", 0x1000)
    pivot(TOP)
    sh("mkdir /run/sos; sos report --batch -q --build --tmp-dir /run/sos -o $1", PLUGINS, seconds=110)
    (folder,) = Path("/run/sos").glob("sosreport-*")
    return compared(collected(), collected("--sosreport", str(folder)))


def collected(*words: str) -> Facts:
    return msgspec.json.decode(sh(f"{LINUXREADY} collect {' '.join(words)}"), type=Facts)


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
    lost = [name for name in of_report.__struct_fields__ if lost_of(of_report, of_machine)(name)]
    return Outcome(
        f"{seen} findings", f"the same, without {', '.join(lost)}", not wrong and seen > 30, "; ".join(wrong)
    )


def lost_of(of_report: Facts, of_machine: Facts) -> Callable[[str], bool]:
    def lost(name: str) -> bool:
        one, other = getattr(of_machine, name), getattr(of_report, name)
        return getattr(other, "unknown", None) is not None and getattr(one, "unknown", None) is None

    return lost


def statuses(facts: Facts, profile: str) -> dict[str, str]:
    report = judge(facts, load(profile), date(2026, 11, 23))
    return {f.id: f"{f.status}: {f.found}".replace(": /sbin/", ": /usr/sbin/") for f in report.findings}

"""Sick machines: servers that are gone, disks that hang, fail or vanish, /proc and /sys that tell less than usual.

In each `linuxready check` must end within 15 seconds, say what it could not see, and leave no process and no file
behind. The witness shows first that the sickness is real: whoever touches it hangs or fails.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .scenario import LINUXREADY, Machine, Outcome, Suite, settle, sh

MODULES = tuple("virtio_blk ext4 xfs loop dm-mod dm-delay fuse".split())
PACKAGES = ("nfs-kernel-server", "nfs-common", "xfsprogs", "strace", "util-linux", "kmod", "nftables", "iptables")
SICK = Machine(scsi=0, virtio=2, modules=MODULES, packages=PACKAGES, vmware=True, seconds=600)
SUITES = (
    trouble := Suite("trouble", SICK),
    crowds := Suite("crowds", replace(SICK, seconds=300, udev=False)),
)

LIMIT_SECONDS = 15
SLOWER = 10
"""How much slower than a real machine an emulated one computes, at the least; it waits no longer."""

EXIT_STATUS = {"ready": 0, "not-ready": 1, "undetermined": 3}
LOOPS = 2000
ENTRIES = 200_000
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
MNT_DETACH = 2
FAILS, HANGS = "fails", "hangs"


def checked(*expected: tuple[str, str, str], before: tuple[str, ...] = (), oracle: str = "") -> Outcome:
    """A check's report held against findings: their id, and patterns of the status and of what was found or seen."""
    traces = left_behind()
    started, worked = time.monotonic(), cpu_seconds()
    words = (*before, LINUXREADY, "check", "--format", "json")
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=90)
    seconds = time.monotonic() - started
    computed = cpu_seconds() - worked
    real = seconds - computed + computed / SLOWER
    for _ in range(50):  # a child that was killed ends as soon as it gets a processor
        left = left_behind() - traces
        if not left:
            break
        time.sleep(0.1)
    complaints = [f"left behind: {name}" for name in sorted(left)]
    if result.stderr:
        complaints.append(f"stderr: {result.stderr}")
    if real > LIMIT_SECONDS:
        complaints.append(f"a real machine would take {real:.1f} s")
    report = json.loads(result.stdout)
    if result.returncode != EXIT_STATUS[report["verdict"]]:
        complaints.append(f"exit status {result.returncode} for {report['verdict']}")
    said = []
    for requirement, status, part in expected:
        finding = next(found for found in report["findings"] if found["id"] == requirement)
        seen = f"{finding['found']} {' '.join(evidence['text'] for evidence in finding['evidence'])}"
        said.append(f"{requirement} {finding['status']}: {finding['found']}")
        if not re.fullmatch(status, finding["status"]) or not re.search(part, seen):
            complaints.append(f"{requirement} is not {status} with “{part}”: {seen}")
    if "linuxready failed" in result.stdout:
        complaints.append("a reader failed")
    answer = f"{seconds:.1f} s, {computed:.1f} of them computing, exit status {result.returncode}; {'; '.join(said)}"
    return Outcome(answer, oracle, not complaints, "; ".join(complaints))


def cpu_seconds() -> float:
    """What all ended children have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def left_behind() -> set[str]:
    """The processes that are no kernel threads, and the files where one may leave them."""
    found = set()
    for number in filter(str.isdecimal, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            name = Path(f"/proc/{number}/comm").read_text().strip()
        except OSError:
            continue
        if line and "udev" not in name and not waits_for_a_disk(number):
            found.add(f"process {number} {line}")
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/root", "/etc"):
        found.update(f"{folder}/{name}" for name in os.listdir(folder) if name != "udev")
    return found


def waits_for_a_disk(number: str) -> bool:
    """Whether a process was killed (SIGKILL is pending) and still waits for a disk: it ends with the disk's answer."""
    with suppress(OSError):
        words = dict(line.split(":", 1) for line in Path(f"/proc/{number}/status").read_text().splitlines())
        pending = int(words["SigPnd"], 16) | int(words["ShdPnd"], 16)
        return words["State"].split()[0] == "D" and bool(pending & 1 << 8)
    return False


def touched(path: str) -> str:
    """What becomes of a process that asks for a file: "hangs", "fails", or "answers"."""
    process = subprocess.Popen(("stat", path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return FAILS if process.wait(2) else "answers"
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)
        return HANGS


def read_directly(node: str) -> str:
    """What becomes of a read of a block device; it is given up, not waited for."""
    process = subprocess.Popen(("head", "-c", "512", node), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return FAILS if process.wait(2) else "answers"
    except subprocess.TimeoutExpired:
        process.kill()
        return HANGS


def when_sick(oracle: str, *states: str) -> str:
    """The witness's words; raises where the sickness is none."""
    if set(states) - {FAILS, HANGS} or not states:
        raise RuntimeError(f"{oracle}: {', '.join(states)}")
    return f"{oracle}: {', '.join(states)}"


@contextmanager
def undone(*scripts: str) -> Iterator[None]:
    """Shell lines that put back what a scenario changed, whatever happened."""
    try:
        yield
    finally:
        for script in scripts:
            with suppress(subprocess.TimeoutExpired):
                sh(script, check=False, seconds=15)
        settle()


@contextmanager
def detached(*points: str) -> Iterator[None]:
    """Lazily unmounts in the end, without looking at what umount(8) would look at first."""
    try:
        yield
    finally:
        for point in points:
            ctypes.CDLL(None).umount2(point.encode(), MNT_DETACH)


@contextmanager
def fstab(*lines: str) -> Iterator[None]:
    file = Path("/etc/fstab")
    old = file.read_text() if file.exists() else ""
    file.write_text("\n".join((*lines, "")))
    try:
        yield
    finally:
        file.write_text(old)


def xfs_on(device: str) -> None:
    sh('wipefs -qa "$1"; mkfs.xfs -q -f "$1"', device)


def mapped(name: str, target: str, device: str = "/dev/vda") -> str:
    """A device-mapper device as large as a disk but for its first MiB, so that what is on it is not on the disk too."""
    sectors = int(sh('blockdev --getsz "$1"', device)) - 2048
    sh('dmsetup create "$1" --table "$2"', name, f"0 {sectors} {target}")
    settle()
    return f"/dev/mapper/{name}"


NEVER = "which is never touched"
UNKNOWN_OR_ODD = "unknown|warn"
"""Debian's certificates have a name that is odd, and where that was found the rest is told beside it."""


def untouched(fs_type: str, state: str) -> Outcome:
    """/boot and the install directory lie on what does not answer, and an XFS beside them is seen all the same."""
    return checked(
        ("english-paths", UNKNOWN_OR_ODD, f"/boot is a {fs_type} mount, {NEVER}"),
        ("install-space", "unknown", f"/usr/local/ASR is a {fs_type} mount, {NEVER}"),
        ("xfs-v5", "fail", "/run/x"),
        oracle=when_sick("stat of /boot", state),
    )


FUSE = """
import ctypes, os, sys, time
fuse = os.open("/dev/fuse", os.O_RDWR)
for point in sys.argv[1:]:
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"hung", point.encode(), b"fuse.hung", 0, options):
        sys.exit(os.strerror(ctypes.get_errno()))
print("mounted", flush=True)
time.sleep(600)
"""


@trouble.scenario("a fuse file system that does not answer")
def fuse() -> Outcome:
    sh("mkdir -p /usr/local/ASR /run/x")
    xfs_on("/dev/vda")
    words = (sys.executable, "-c", FUSE, "/boot", "/usr/local/ASR")
    with undone("umount /run/x; wipefs -qa /dev/vda"), detached("/boot", "/usr/local/ASR"):
        sh("mount /dev/vda /run/x")
        server = subprocess.Popen(words, stdout=subprocess.PIPE)
        try:
            assert server.stdout
            assert server.stdout.readline() == b"mounted\n"
            return untouched("fuse.hung", touched("/boot/x"))
        finally:
            server.kill()
            server.wait()


@trouble.scenario("a suspended device below a mounted file system")
def suspended_mount() -> Outcome:
    with undone("dmsetup resume sick", "umount /boot", "dmsetup remove sick; wipefs -qa /dev/vda"):
        mapped("sick", "linear /dev/vda 2048")
        sh("mkfs.ext4 -q -F -E lazy_itable_init=0 /dev/mapper/sick; mount /dev/mapper/sick /boot; mkdir /boot/grub2")
        sh("echo 'set default=0' > /boot/grub2/grub.cfg; sync; echo 3 > /proc/sys/vm/drop_caches")
        sh("dmsetup suspend sick")
        state = sh("dmsetup info -c --noheadings -o suspended sick")
        return checked(("english-paths", UNKNOWN_OR_ODD, "/boot lies on dm-0, which is suspended"), oracle=state)


@trouble.scenario("a suspended device with an xfs that fstab and udev know")
def suspended_xfs() -> Outcome:
    with undone("dmsetup resume sick", "dmsetup remove sick; wipefs -qa /dev/vda"):
        node = mapped("sick", "linear /dev/vda 2048")
        xfs_on(node)
        sh("udevadm trigger --settle -s block")
        known = sh('udevadm info "$1" | grep ID_FS_TYPE', node)
        sh("dmsetup suspend sick")
        with fstab(f"{node} /run/nowhere xfs defaults 0 0"):
            return checked(
                ("xfs-v5", "unknown", "/dev/dm-0 is suspended, or lies on what is: not touched"), oracle=known
            )


@trouble.scenario("a disk that answers every read with an error, its xfs in fstab")
def errors() -> Outcome:
    with undone("dmsetup remove sick"):
        node = mapped("sick", "error")
        oracle = when_sick("a read", read_directly(node))
        with fstab(f"{node} /run/nowhere xfs defaults 0 0"):
            return checked(("xfs-v5", "unknown", "Input/output error"), oracle=oracle)


@trouble.scenario("four disks that do not answer, their xfs in fstab")
def dead() -> Outcome:
    names = [f"dead{number}" for number in range(4)]
    with undone("udevadm control --start-exec-queue", *(f"dmsetup remove --force {name}" for name in names)):
        sh("udevadm control --stop-exec-queue")
        for name in names:
            sectors = sh("blockdev --getsz /dev/vda")
            sh('dmsetup create --noudevsync "$1" --table "$2"', name, f"0 {sectors} delay /dev/vda 0 40000")
            sh('dmsetup mknodes "$1"', name)
        oracle = when_sick("a read", read_directly("/dev/dm-0"))
        with fstab(*(f"/dev/mapper/{name} /run/{name} xfs defaults 0 0" for name in names)):
            return checked(
                ("xfs-v5", "unknown", "a read of /dev/dm-0 gave no answer within 5 s"),
                ("xfs-v5", "unknown", "8 s were lost on others that gave no answer"),
                oracle=oracle,
            )


def delete_while_read(disk: str) -> None:
    for _ in range(600):
        if Path(f"/sys/block/{disk}/inflight").read_text().split() != ["0", "0"]:
            break
        time.sleep(0.05)
    time.sleep(0.3)
    Path(f"/sys/block/{disk}/device/delete").write_text("1")


@trouble.scenario("a disk that vanishes while it is read")
def vanishing() -> Outcome:
    disk = ""
    with undone("udevadm control --start-exec-queue", "modprobe -r scsi_debug"):
        before = set(os.listdir("/sys/block"))
        sh("modprobe sd_mod; modprobe scsi_debug dev_size_mb=320")
        sh("echo '- - -' | tee /sys/class/scsi_host/host*/scan >/dev/null")
        settle()
        (disk,) = set(os.listdir("/sys/block")) - before
        xfs_on(f"/dev/{disk}")
        settle()
        sh("udevadm control --stop-exec-queue; blockdev --flushbufs /dev/$1; echo 3 > /proc/sys/vm/drop_caches", disk)
        sh("echo 2500 > /sys/bus/pseudo/drivers/scsi_debug/delay")
        with fstab(f"/dev/{disk} /run/nowhere xfs defaults 0 0"):
            deleting = threading.Thread(target=delete_while_read, args=(disk,))
            deleting.start()
            outcome = checked(("xfs-v5", "unknown", f"/dev/{disk}"))
            deleting.join(60)
        there = os.path.exists(f"/sys/block/{disk}")
        return Outcome(outcome.answer, f"{disk} is gone: {not there}", outcome.agree and not there, outcome.note)


def facts(*before: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(sh(f'"$@" {LINUXREADY} collect', *before))
    return told


@contextmanager
def hidden_processes() -> Iterator[None]:
    """A process of VMware's tools, so to say, and a /proc that shows nobody the processes of others."""
    sh("cp /bin/sleep /run/vmtoolsd")
    process = subprocess.Popen(("/run/vmtoolsd", "1000"))
    try:
        with undone("mount -o remount,hidepid=0 /proc"):
            sh("mount -o remount,hidepid=2 /proc")
            yield
    finally:
        process.kill()
        process.wait()


@trouble.scenario("hidepid on /proc, as root")
def hidden_root() -> Outcome:
    with hidden_processes():
        told = facts("env")["vmware_tools"]["value"]["running"]
        outcome = checked(("architecture", "pass", "x86_64"), oracle=f"vmtoolsd runs: {told}")
    return Outcome(outcome.answer, outcome.oracle, outcome.agree and told == {"value": True}, outcome.note)


@trouble.scenario("hidepid on /proc, as nobody")
def hidden_nobody() -> Outcome:
    with hidden_processes():
        told = facts(*AS_NOBODY)["vmware_tools"]["value"]["running"]
        outcome = checked(("ssh-firewall", "unknown", "."), before=AS_NOBODY, oracle=f"vmtoolsd runs: {told}")
    hidden = "hidden (run as root)" in json.dumps(told)
    return Outcome(outcome.answer, outcome.oracle, outcome.agree and hidden, outcome.note)


def in_namespace(script: str) -> tuple[str, ...]:
    return ("unshare", "--mount", "--propagation", "private", "sh", "-euc", f'{script}; exec "$@"', "sh")


@trouble.scenario("no /sys")
def no_sys() -> Outcome:
    return checked(
        ("os-disk", "unknown", "."), ("disk-size", "unknown", "of unknown size"), before=in_namespace("umount -l /sys")
    )


@trouble.scenario("no /proc")
def no_proc() -> Outcome:
    return checked(
        ("os-disk", "unknown", "holds no mount|no mount table"),
        ("xfs-v5", "unknown", "holds no mount|no mount table"),
        before=in_namespace("umount -l /proc"),
    )


@trouble.scenario("a full disk for --output")
def full() -> Outcome:
    with undone("umount /run/full; rmdir /run/full"):
        sh("mkdir /run/full; mount -t tmpfs -o size=16k tmpfs /run/full; head -c 16k /dev/zero > /run/full/zero")
        traces = left_behind() | set(os.listdir("/run/full"))
        words = (LINUXREADY, "check", "--output", "/run/full/report")
        result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        left = (left_behind() | set(os.listdir("/run/full"))) - traces
        said = f"exit status {result.returncode}: {result.stderr.strip()}"
        expected = "exit status 4: linuxready: cannot write /run/full/report: No space left on device"
        return Outcome(said, expected, said == expected and not left, f"left behind: {left}" if left else "")


Counted = dict[str, tuple[str, str]]


def written() -> Counted:
    """Disk to writes completed and sectors written."""
    lines = (line.split() for line in Path("/proc/diskstats").read_text().splitlines())
    return {line[2]: (line[7], line[9]) for line in lines}


def modules() -> set[str]:
    return {line.split()[0] for line in Path("/proc/modules").read_text().splitlines()}


CALLS = "execve,open,openat,openat2,creat,ioctl,socket,connect,sendto,sendmsg,unlink,unlinkat,rename,mkdir,truncate"
LISTED = re.compile(
    r"xfs_info /\S+|sshd -T|nft -j list ruleset|ip6?tables(-legacy|-nft)?-save|systemctl is-enabled [\w@. -]+"
)
WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)|^(creat|unlink|unlinkat|rename|mkdir|truncate)\(")
FAMILIES = re.compile("AF_UNIX|AF_NETLINK")
IOCTLS = re.compile(
    r"TCGETS|FIOCLEX|SIOCG|XFS_IOC_FSGEOMETRY|LOOP_GET_STATUS|BLKGETSIZE|BLKSSZGET|TIOCGWINSZ|_IOC_READ,"
)
"""Questions; all others change something, or may."""

OF_IPTABLES = ("iptables", "ip6tables")


class Traced(NamedTuple):
    commands: set[str]
    changes: set[str]


def traced(argv: tuple[str, ...]) -> Traced:
    """The command lines that a program runs, itself left out, and its calls that change or may change something."""
    words = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "300", "-e", f"trace={CALLS}", "-e", "signal=none")
    result = subprocess.run(
        (*words, "-o", "/run/trace", *argv), capture_output=True, text=True, check=False, timeout=90
    )
    if result.returncode not in (0, 1, 3):
        raise RuntimeError(f"{argv}: {result.returncode}: {result.stderr}")
    lines = Path("/run/trace").read_text(errors="replace").splitlines()
    Path("/run/trace").unlink()
    commands, changes, names, begun = [], set(), {}, {}
    for line in lines:
        number, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[number] = call.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"<\.\.\. \w+ resumed>", call):
            call = begun.pop(number, "") + call[resumed.end() :]
        run = re.match(r'execve\("([^"]*)", \[(.*?)\]', call)
        if run and "= 0" in call:
            names[number] = run[1].rpartition("/")[2]
            commands.append(" ".join((names[number], *re.findall(r'"([^"]*)"', run[2])[1:])))
        by_iptables = names.get(number, "").startswith(OF_IPTABLES)  # asks the kernel by getsockopt of a raw socket
        if (
            (WRITING.search(call) and '"/dev/null"' not in call)
            or (call.startswith("socket(") and not FAMILIES.search(call) and not by_iptables)
            or (call.startswith(("connect(", "send")) and not FAMILIES.search(call))
            or (call.startswith("ioctl(") and not IOCTLS.search(call))
        ):
            changes.add(f"{names.get(number, '')} {call}"[:160])
    return Traced(set(commands[1:]), changes)


def unchanged(wanted: set[str], unwanted: set[str]) -> Outcome:
    """check and collect: that only listed commands are run, nothing is opened to be written, no disk is written and no
    module comes or goes; `wanted`, `unwanted`: programs."""
    traced((LINUXREADY, "collect"))
    sh("sync; sleep 1; sync")
    disks, loaded = written(), modules()
    seen = [traced((LINUXREADY, word)) for word in ("check", "collect")]
    changed = [name for name, counts in written().items() if disks.get(name) != counts]
    new = sorted(modules() ^ loaded)
    commands = set.union(*(each.commands for each in seen))
    changes = set.union(*(each.changes for each in seen))
    if any(command.startswith("xfs_info ") for command in commands):
        commands -= traced(("/usr/sbin/xfs_info", "/run/x")).commands
    others = sorted(command for command in commands if not LISTED.fullmatch(command))
    run = {command.split()[0] for command in commands}
    agree = not (changed or new or changes or others or run & unwanted) and wanted <= run
    told = {"disks written": changed, "modules that came or went": new, "calls that change": sorted(changes)}
    oracle = "; ".join(f"{what}: {', '.join(found) or 'none'}" for what, found in told.items())
    note = f"not listed: {', '.join(others)}" if others else ""
    return Outcome(f"run: {', '.join(sorted(commands)) or 'nothing'}", oracle, agree, note)


@contextmanager
def file_systems() -> Iterator[None]:
    """An XFS and an ext4 file system, mounted and at rest, and an SSH server to be asked."""
    sshd = Path("/usr/sbin/sshd")
    with undone("umount /run/x", "umount /run/y", "wipefs -qa /dev/vda /dev/vdb"):
        xfs_on("/dev/vda")
        sh("wipefs -qa /dev/vdb; mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 /dev/vdb")
        sh("mkdir -p /run/x /run/y; mount /dev/vda /run/x; mount /dev/vdb /run/y; echo x > /run/y/x")
        stand_in = not sshd.exists()
        if stand_in:
            sh("mkdir -p /etc/ssh; echo Port 22 > /etc/ssh/sshd_config")
            sshd.write_text("#!/bin/sh\necho port 22\necho listenaddress 0.0.0.0:22\n")
            sshd.chmod(0o755)
        try:
            yield
        finally:
            if stand_in:
                sshd.unlink()


FIREWALLS = {"nft"} | {f"{name}{backend}-save" for name in OF_IPTABLES for backend in ("", "-legacy", "-nft")}


@trouble.scenario("nothing is written, nothing loaded: no firewall in the kernel")
def read_only() -> Outcome:
    sh("modprobe -r nft_ct nf_tables iptable_filter ip_tables ip6table_filter ip6_tables", check=False)
    with file_systems():
        return unchanged({"xfs_info", "sshd"}, FIREWALLS)


@trouble.scenario("nothing is written, nothing loaded: nf_tables and ip_tables in the kernel")
def read_only_loaded() -> Outcome:
    with file_systems(), undone("iptables-legacy -F; modprobe -r iptable_filter ip_tables nf_tables"):
        sh("modprobe nf_tables; iptables-legacy -A INPUT -p tcp --dport 9 -j ACCEPT")
        return unchanged(
            {"xfs_info", "sshd", "nft", "iptables-legacy-save"}, {"ip6tables-save", "ip6tables-legacy-save"}
        )


NFS_SERVER = "10.98.0.1"


@trouble.scenario("an nfs server that is gone")
def nfs() -> Outcome:
    """It is this machine's own, by an address that is then taken away."""
    back = "ip address add $0/32 dev dummy98".replace("$0", NFS_SERVER)
    ends = back, "umount -f /boot; umount -f /usr/local/ASR", "rpc.nfsd 0; umount /srv/nfs; ip link delete dummy98"
    with undone(*ends, "umount /run/x; wipefs -qa /dev/vda; pkill -x rpc.mountd; pkill -x nfsdcld"):
        xfs_on("/dev/vda")
        sh("modprobe -a nfsd nfsv4 dummy; ip link set lo up; ip link add dummy98 type dummy; ip link set dummy98 up")
        sh(back)
        sh("mkdir -p /srv/nfs /usr/local/ASR /run/x; mount -t tmpfs tmpfs /srv/nfs; touch /srv/nfs/x")
        sh("mount /dev/vda /run/x; mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd")
        sh("mkdir -p /run/rpc_pipefs; mountpoint -q /run/rpc_pipefs || mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs")
        sh('exportfs -i -o rw,fsid=0,insecure,no_root_squash,no_subtree_check "$1:/srv/nfs"', NFS_SERVER)
        sh("rpc.mountd -N 3; rpc.nfsd -N 3 -V 4.2 2")
        for point in ("/boot", "/usr/local/ASR"):
            options = f"hard,addr={NFS_SERVER},clientaddr={NFS_SERVER},vers=4.2"
            sh('mount -i -t nfs4 -o "$1" "$2:/" "$3"', options, NFS_SERVER, point)
        sh("ip address flush dev dummy98; ip route add blackhole $1/32; echo 2 > /proc/sys/vm/drop_caches", NFS_SERVER)
        try:
            return untouched("nfs4", touched("/boot/y"))
        finally:
            sh("ip route delete blackhole $1/32", NFS_SERVER)


@crowds.scenario("200,000 entries in /etc")
def entries() -> Outcome:
    with undone("umount -l /etc/many; rmdir /etc/many"):
        sh("mkdir -p /etc/many; mount -t tmpfs -o nr_inodes=0 tmpfs /etc/many")
        folder = os.open("/etc/many", os.O_RDONLY)
        for number in range(ENTRIES):
            os.mknod(f"entry{number}", 0o644, dir_fd=folder)
        os.close(folder)
        return checked(("english-paths", UNKNOWN_OR_ODD, "names"), oracle=f"{len(os.listdir('/etc/many')):,} entries")


@crowds.scenario("2,000 loop devices")
def loops() -> Outcome:
    """The last one of its machine, whose loop devices stay: to take them off takes longer than to add them."""
    sh(f"modprobe -r loop; modprobe loop max_loop={LOOPS}", seconds=100)
    there = sum(name.startswith("loop") for name in os.listdir("/sys/block"))
    outcome = checked(("disk-size", "pass", "vda"), oracle=f"{there:,} loop devices")
    return Outcome(outcome.answer, outcome.oracle, outcome.agree and there >= LOOPS, outcome.note)

"""A throw-away machine: Debian's kernel under software emulation over a read-only view of this one's root.

    python -m tests.vm.lab SUITE [SCENARIO…]      boot it, run them inside, print what they say

Inside, / is an overlay of this machine's root (what is changed vanishes), so this checkout and its .venv lie where they
lie here; /host is that root without the overlay, /out is shared. Needed are Debian packages only: programs that are
missing are installed, as root. Kernel and initrd are made once, in build/vm of the checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shlex import quote

from tests.vm.inside.scenario import SECOND_PATH, Machine, Suite
from tests.vm.inside.suites import suites

PROJECT = Path(__file__).parents[2]
LAB = PROJECT / "build" / "vm"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "modprobe": "kmod",
    "udevadm": "udev",
    "lvm": "lvm2",
    "dmsetup": "dmsetup",
    "mdadm": "mdadm",
    "cryptsetup": "cryptsetup-bin",
    "multipath": "multipath-tools",
    "kpartx": "kpartx",
    "thin_check": "thin-provisioning-tools",
    "mkfs.btrfs": "btrfs-progs",
    "mkfs.xfs": "xfsprogs",
    "xfs_db": "xfsprogs",
    "mkfs.ext4": "e2fsprogs",
    "sfdisk": "fdisk",
    "lsblk": "util-linux",
}
"""What every suite may use, and the package that it is in."""

FIRST_MODULES = ("virtio_pci", "9p", "9pnet_virtio", "overlay", "virtio_blk", "crc32c_generic", "ext4")
"""In the initrd; all others are loaded from the root."""

INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /sbin /usr/bin /proc /sys /dev /ro /rw /newroot
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
while read -r module; do insmod "/m/$module" 2>/dev/null; done < /m/order
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 hostroot /ro
case " $(cat /proc/cmdline) " in *" root=/dev/vda "*)
  mount -t ext4 /dev/vda /newroot; mkdir -p /newroot/host /newroot/out; mount --move /ro /newroot/host
  mount -t 9p -o trans=virtio,version=9p2000.L,rw,msize=262144 outshare /newroot/out
  mount --move /proc /newroot/proc; mount --move /sys /newroot/sys; mount --move /dev /newroot/dev
  exec switch_root /newroot /sbin/init;;
esac
mount -t tmpfs tmpfs /rw; mkdir -p /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /newroot
mkdir -p /newroot/out /newroot/host; mount --bind /ro /newroot/host
mount --move /proc /newroot/proc; mount --move /sys /newroot/sys; mount --move /dev /newroot/dev
mkdir -p /newroot/dev/shm /newroot/dev/pts; mount -t devpts devpts /newroot/dev/pts
mount -t tmpfs tmpfs /newroot/dev/shm; mount -t tmpfs tmpfs /newroot/run; mount -t tmpfs -o mode=1777 tmpfs /newroot/tmp
mount -t 9p -o trans=virtio,version=9p2000.L,rw,msize=262144 outshare /newroot/out
cd /newroot
exec switch_root /newroot /bin/bash -c '. /out/script >/out/printed 2>&1 </dev/null; sync; busybox poweroff -f'
"""


class LabError(Exception):
    """The machine cannot be made or did not start."""


def build(machine: Machine) -> None:
    """Install what is missing, unpack Debian's kernel, make the initrd; what is there stays."""
    install(machine)
    LAB.mkdir(parents=True, exist_ok=True)
    kernel = LAB / "kernel"
    if not (kernel / "lib").is_dir():
        unpack(kernel)
    if not initrd().exists():
        make_initrd(kernel, initrd())


def initrd() -> Path:
    """Where the initrd lies; another one where its making changed."""
    mark = hashlib.sha256(repr((INIT, FIRST_MODULES)).encode()).hexdigest()[:12]
    return LAB / f"initrd-{mark}.gz"


def install(machine: Machine) -> None:
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    missing = {package for program, package in PROGRAMS.items() if not shutil.which(program, path=path)}
    status = "${db:Status-Status} ${Package}\n"
    known = subprocess.run(("dpkg-query", "-W", "-f", status), capture_output=True, text=True, check=True).stdout
    installed = {line.split()[1] for line in known.splitlines() if line.startswith("installed ")}
    missing |= set(machine.packages) - installed
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        lock = ("-o", "DPkg::Lock::Timeout=120")
        subprocess.run(("apt-get", "update", "-qq"), env=environment, check=True)
        words = ("apt-get", "install", "-y", "-qq", *lock, "--no-install-recommends", *sorted(missing))
        subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)


def unpack(kernel: Path) -> None:
    """Unpack Debian's newest kernel into a folder."""
    shutil.rmtree(kernel, ignore_errors=True)
    words = ("apt-cache", "depends", "linux-image-amd64")
    depends = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    image = next((word for word in depends if word.startswith("linux-image-") and word != "linux-image-amd64"), None)
    if image is None:
        raise LabError("apt knows no linux-image-amd64: run apt-get update")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        subprocess.run(("apt-get", "download", "-q", image), cwd=folder, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(("dpkg-deb", "-x", str(next(Path(folder).glob("*.deb"))), str(kernel)), check=True)
    subprocess.run(("depmod", "-b", str(kernel), release(kernel)), env=with_sbin(), check=True)


def release(kernel: Path) -> str:
    return next((kernel / "lib" / "modules").iterdir()).name


def with_sbin() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}


def make_initrd(kernel: Path, made: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for below in ("bin", "m", "proc", "sys", "dev"):
            (folder / below).mkdir()
        shutil.copy2(shutil.which("busybox", path=with_sbin()["PATH"]) or "busybox", folder / "bin" / "busybox")
        order: dict[str, None] = {}
        for module in FIRST_MODULES:
            words = ("modprobe", "-d", str(kernel), "-S", release(kernel), "--show-depends", module)
            shown = subprocess.run(words, capture_output=True, text=True, env=with_sbin(), check=False).stdout
            order.update((line.split()[1], None) for line in shown.splitlines() if line.startswith("insmod "))
        for file in order:
            shutil.copy2(file, folder / "m")
        (folder / "m" / "order").write_text("".join(f"{Path(file).name}\n" for file in order))
        (folder / "init").write_text(INIT)
        (folder / "init").chmod(0o755)
        script = f"find . | cpio -o -H newc --quiet | gzip -1 > {quote(str(LAB / 'initrd.new'))}"
        subprocess.run(("sh", "-euc", script), cwd=folder, check=True)
        (LAB / "initrd.new").rename(made)


SCRIPT = """\
export PATH={path} HOME=/root LC_ALL=C.UTF-8
mkdir -p /lib/modules; ln -sfn {modules} /lib/modules/{release}
ip link set lo up 2>/dev/null || true
rm -rf /etc/linuxready # of the overlay: what the host is configured for is none of this machine's
cd {project}
exec_python() {{ {python} -B -m tests.vm.inside "$@"; echo "exit $?"; }}
exec_python {words}
"""


def boot(suite: Suite, wanted: tuple[str, ...] = ()) -> tuple[list[dict[str, object]], str]:
    """Boot, run the suite's scenarios inside; the results, and what was printed (with the console's end).

    The machine's folder build/vm/SUITE-… stays for a look until the next boot of that suite.
    """
    machine = suite.machine
    folder = LAB / f"suite-{suite.name}"
    shutil.rmtree(folder, ignore_errors=True)
    out, disks = folder / "out", folder / "disks"
    out.mkdir(parents=True)
    disks.mkdir()
    if suite.on_host:
        suite.on_host(folder)
    kernel = LAB / "kernel"
    script = SCRIPT.format(
        path=quote(with_sbin()["PATH"]),
        modules=quote(str(kernel / "lib" / "modules" / release(kernel))),
        release=release(kernel),
        project=quote(str(PROJECT)),
        python=quote(sys.executable),
        words=" ".join(map(quote, (suite.name, *wanted))),
    )
    (out / "script").write_text(script)
    words = qemu(machine, kernel, folder)
    complaints = ""
    try:
        result = subprocess.run(words, capture_output=True, text=True, timeout=machine.seconds, check=False)
        complaints = result.stderr
    except subprocess.TimeoutExpired:
        complaints = f"the machine was ended after {machine.seconds} s"
    finally:
        shutil.rmtree(disks)
    lines = read(out / "results").splitlines()
    printed = f"{read(out / 'printed')[-6000:]}\n{read(folder / 'console')[-2000:]}\n{complaints}"
    return [json.loads(line) for line in lines], printed


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def qemu(machine: Machine, kernel: Path, folder: Path) -> list[str]:
    # One processor each, and none with AVX: emulated, both cost more than they give, and two machines run at a time.
    words = "qemu-system-x86_64 -machine pc -accel tcg,thread=multi -cpu Nehalem -smp 1 -nographic".split()
    words += [] if machine.own_root else ["-no-reboot"]
    words += ["-nodefaults", "-m", str(machine.memory_mib), "-serial", f"file:{folder / 'console'}"]
    words += ["-kernel", str(next((kernel / "boot").glob("vmlinuz-*"))), "-initrd", str(initrd())]
    root = " root=/dev/vda" if machine.own_root else ""
    words += ["-append", f"console=ttyS0 quiet panic=-1 scsi_mod.scan=manual mitigations=off{root}"]
    shared = "security_model=none,multidevs=remap"
    if machine.vmware:
        words += ["-smbios", "type=1,manufacturer=VMware,, Inc.,product=VMware Virtual Platform"]
    words += ["-fsdev", f"local,id=root,path=/,readonly=on,{shared}"]
    words += ["-device", "virtio-9p-pci,fsdev=root,mount_tag=hostroot"]
    words += ["-fsdev", f"local,id=out,path={folder / 'out'},{shared}"]
    words += ["-device", "virtio-9p-pci,fsdev=out,mount_tag=outshare"]
    words += ["-device", "virtio-scsi-pci,id=scsi", "-device", "ide-cd,id=cd0"]

    def drive(image: str, name: str) -> list[str]:
        file = folder / "disks" / image
        if not file.exists():
            with file.open("wb") as created:
                created.truncate(machine.disk_mib * 2**20)
        options = "if=none,format=raw,cache=unsafe,discard=unmap,file.locking=off"
        return ["-drive", f"file={file},id={name},{options}"]

    for number in range(machine.scsi):
        identity = f"serial=SCSI{number:03},wwn=0x5000c500000{number:05x}"
        image = f"s{number}"
        words += [
            *drive(image, image),
            "-device",
            f"scsi-hd,drive={image},bus=scsi.0,scsi-id={number},{identity},share-rw=on",
        ]
        if number in machine.scsi_twice:
            second = f"scsi-hd,drive={image}b,bus=scsi.0,scsi-id={number + SECOND_PATH},{identity},share-rw=on"
            words += [*drive(image, f"{image}b"), "-device", second]
    for number in range(machine.virtio):
        words += [
            *drive(f"v{number}", f"v{number}"),
            "-device",
            f"virtio-blk-pci,drive=v{number},serial=VIRTIO{number}",
        ]
    for number in range(machine.nvme):
        words += [*drive(f"n{number}", f"n{number}"), "-device", f"nvme,drive=n{number},serial=NVME{number}"]
    for number in range(machine.nics):
        words += ["-netdev", f"hubport,id=net{number},hubid=0", "-device", f"virtio-net-pci,netdev=net{number}"]
    return words


def main() -> None:
    suite = suites()[sys.argv[1]]
    started = time.monotonic()
    build(suite.machine)
    print(f"built in {time.monotonic() - started:.0f} s", flush=True)
    started = time.monotonic()
    results, printed = boot(suite, tuple(sys.argv[2:]))
    for line in results:
        mark = "agree " if line["agree"] else "DIFFER"
        print(
            f"{line['seconds']:6} {mark} {line['scenario']}\n    answer: {line['answer']}\n    oracle: {line['oracle']}"
        )
        if line["note"]:
            print(f"    note: {line['note']}")
    print(printed)
    print(f"booted and run in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

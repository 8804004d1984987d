"""What a recorder wrote down judges as the machine did."""

from __future__ import annotations

import json
import os
import shutil
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linuxready.collect import collect
from linuxready.facts import Facts
from linuxready.host import Absent, CommandResult, Host, ToldAddresses, Unreadable
from linuxready.host.captured import Recording, RootHost
from linuxready.host.recorder import Recorder

from ..archives import cpio
from ..golden import HOSTS
from ..machines import NOW, FakeHost, report

PCI = "/sys/devices/pci0000:00/host0/block"
NET = "/sys/devices/pci0000:00/net/eth0"
INITRAMFS = cpio(["lib/modules/2.6.32-642.el6.x86_64/kernel/drivers/scsi/hv_storvsc.ko"])
XFS_INFO = ("xfs_info", "/data")


def machine(**changes: Any) -> FakeHost:
    """RHEL 6.8 with a data disk: everything that is read in one way or another."""
    files: dict[str, str | bytes] = {
        "/etc/redhat-release": "Red Hat Enterprise Linux Server release 6.8 (Santiago)\n",
        "/etc/hosts": b"127.0.0.1 localhost\n10.1.2.3 web1 w\xe9b\n",
        "/etc/fstab": "/dev/sda1 / ext4 defaults 1 1\n",
        "/etc/inittab": "id:3:initdefault:\n",
        "/etc/init/rc.conf": "start on runlevel [0123456]\n",
        "/proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:17 / /data rw - xfs /dev/sdb1 rw\n",
        "/proc/net/if_inet6": "fe80000000000000025056fffe8c1b21 02 40 20 80     eth0\n",
        "/boot/grub/grub.conf": "default=0\ntitle x\n\tkernel /vmlinuz-2.6.32-642.el6.x86_64 ro\n",
        f"{NET}/uevent": "INTERFACE=eth0\n",
        f"{NET}/device/vendor": "0x15ad\n",
        "/sys/class/dmi/id/sys_vendor": "VMware, Inc.\n",
        "/sys/class/dmi/id/product_name": "VMware Virtual Platform\n",
        "/proc/cmdline": "ro root=LABEL=root rhgb quiet\n",
        "/proc/sys/crypto/fips_enabled": "0\n",
        "/lib/modules/2.6.32-642.el6.x86_64/modules.dep": "kernel/drivers/hv/hv_vmbus.ko:\n",
        "/boot/initramfs-2.6.32-642.el6.x86_64.img": INITRAMFS,
        "/var/run/utmp": struct.pack("<h2xi376x", 1, ord("3") + 256 * ord("N")),
        "/run/udev/data/b8:17": b"S:x\nE:ID_FS_TYPE=xfs\nE:ID_FS_LABEL=d\xe9\nE:ID_OTHER=1\n",
    }
    links = {
        "/etc/rc.d/rc3.d/S55sshd": "../init.d/sshd",
        "/etc/init.d": "rc.d/init.d",
        "/sys/class/net/eth0": f"../../{NET.removeprefix('/sys/')}",
        "/usr/local": "/srv/local",
        "/etc/loop": "/etc",
    }
    for number, path in enumerate((f"{PCI}/sda", f"{PCI}/sda/sda1", f"{PCI}/sdb", f"{PCI}/sdb/sdb1")):
        minor = (0, 1, 16, 17)[number]
        files |= {f"{path}/dev": f"8:{minor}\n", f"{path}/size": "2048\n", f"{path}/removable": "0\n"}
        if path[-1].isdecimal():
            files[f"{path}/partition"] = "1\n"
        links[f"/sys/class/block/{path.rpartition('/')[2]}"] = path
    modes = {
        "/sbin/init": 0o100755,
        "/etc/rc.d/init.d/sshd": 0o100755,
        "/usr/sbin/lsof": 0o100755,
        "/usr/bin/yum": 0o100755,
        "/srv/local": 0o40755,
        "/sys/firmware": 0o40755,
        "/usr/sbin/vmtoolsd": 0o100755,
        "/etc/rc.d/init.d/vmware-tools": 0o100755,
    }
    told = {
        "uid": 0,
        "host_name": "web1",
        "machine": "x86_64",
        "kernel_release": "2.6.32-642.el6.x86_64",
        "interfaces": (ToldAddresses("eth0", ("10.1.2.3", "fe80::250:56ff:fe8c:1b21")),),
        "processes": ("init", "vmtoolsd"),
        "filesystems": {"/usr/local": 5 * 2**30},
    }
    commands = {XFS_INFO: CommandResult(XFS_INFO, 0, "meta-data=\udcff crc=0 ftype=0\n", "warned\n")}
    values: dict[str, Any] = {
        "files": {**files, **changes.pop("files", {})},
        "links": {**links, **changes.pop("links", {})},
        "modes": modes,
        "told": told,
        "commands": commands,
        **changes,
    }
    return FakeHost(**values)


def replayed(host: Host, folder: Path) -> tuple[Facts, Facts]:
    """The facts of a host, and those of the recording that was made meanwhile."""
    recorder = Recorder(host)
    facts = collect(recorder, NOW)
    recorder.write(str(folder), facts.collected_at)
    again = collect(Recording(str(folder)), "another day")
    return facts, msgspec.structs.replace(again, source=facts.source)


def both(host: Host, tmp_path: Path) -> None:
    facts, again = replayed(host, tmp_path / "recording")
    for name in facts.__struct_fields__:
        assert getattr(again, name) == getattr(facts, name), name
    assert report(again).findings == report(facts).findings


def test_a_recorder_changes_nothing_of_what_is_seen() -> None:
    assert collect(Recorder(machine()), NOW) == collect(machine(), NOW)


def test_a_recording_gives_the_same_facts(tmp_path: Path) -> None:
    facts, _ = replayed(machine(), tmp_path / "x")
    assert [name for name in facts.__struct_fields__ if getattr(getattr(facts, name), "unknown", None)] == []
    assert report(facts).verdict == "ready"
    both(machine(), tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/hosts",
        "/etc/fstab",
        "/etc/inittab",
        "/proc/self/mountinfo",
        "/proc/net/if_inet6",
        "/boot/grub/grub.conf",
        "/etc/redhat-release",
        "/etc/rc.d/rc3.d",
        "/sys/class/net",
        "/sys/class/block",
        f"{PCI}/sda",
        f"{NET}",
        "/run/udev/data/b8:17",
    ],
)
@pytest.mark.parametrize("how", ["denied", "absent"])
def test_what_could_not_be_read_is_so_again(path: str, how: str, tmp_path: Path) -> None:
    host = machine()
    if how == "denied":
        host.denied = (path,)
    else:
        host.files = {p: c for p, c in host.files.items() if p != path and not p.startswith(f"{path}/")}
        host.links = {p: t for p, t in host.links.items() if not p.startswith(f"{path}/")}
    both(host, tmp_path)


@pytest.mark.parametrize(
    "reason",
    [
        "/etc/hosts is not a regular file",
        "/etc/hosts is longer than 64 MiB",
        "/etc/hosts: Input/output error",
        "/etc/hosts is a nfs4 mount, which is never touched",
    ],
)
def test_a_refusal_is_told_in_the_same_words(reason: str, tmp_path: Path) -> None:
    class Refusing(FakeHost):
        def _read(self, path: str) -> bytes:
            if path == "/etc/hosts":
                raise Unreadable(reason)
            return super()._read(path)

    host = machine()
    host.__class__ = Refusing
    both(host, tmp_path)


def test_a_directory_that_is_never_touched_is_so_again(tmp_path: Path) -> None:
    """A live host refuses even to look whether a network mount's directory is a link."""

    class Sick(FakeHost):
        def _link(self, path: str) -> str | None:
            if path == "/var":
                raise Unreadable("/var is a nfs4 mount, which is never touched")
            return super()._link(path)

    host = machine()
    host.__class__ = Sick
    both(host, tmp_path)


@pytest.mark.parametrize(
    "answer",
    [
        Unreadable("xfs_info is not installed"),
        Unreadable("xfs_info /data gave no answer within 5 s"),
        CommandResult(XFS_INFO, 1, "", "xfs_info: cannot open /data: \udcff\n"),
        CommandResult(XFS_INFO, -9, "crc=0\n", ""),
    ],
    ids=["missing", "hangs", "fails", "killed"],
)
@pytest.mark.parametrize("block", [b"XFSB" + bytes(96) + b"\xb4\xa5" + bytes(410), bytes(512), None])
def test_commands_and_blocks_answer_again(answer: Any, block: bytes | None, tmp_path: Path) -> None:
    blocks = {} if block is None else {"/dev/sdb1": block}
    both(machine(commands={XFS_INFO: answer}, blocks=blocks), tmp_path)


@pytest.mark.parametrize("name", sorted(path.name for path in HOSTS.iterdir()))
def test_a_recording_of_a_recording_is_the_same(name: str, tmp_path: Path) -> None:
    both(Recording(str(HOSTS / name)), tmp_path)


def test_a_recording_of_an_image_is_the_same(tmp_path: Path) -> None:
    """Also of what lies on a file system that was not mounted: unknown there, unknown here."""
    root = tmp_path / "root"
    shutil.copytree(HOSTS / "image-rhel-6-lvm" / "root", root, symlinks=True)
    (tmp_path / "other").mkdir()
    both(RootHost(str(root)), tmp_path)
    shutil.rmtree(root / "boot")
    (root / "boot").mkdir()
    both(RootHost(str(root)), tmp_path / "other")


# -- what is written -------------------------------------------------------------------------------------


def written(host: Host, folder: Path) -> Path:
    recorder = Recorder(host)
    collect(recorder, NOW)
    recorder.write(str(folder), NOW)
    return folder


def test_the_parts_of_a_recording(tmp_path: Path) -> None:
    folder = written(machine(denied=("/etc/fstab",)), tmp_path / "web1")
    assert sorted(path.name for path in folder.iterdir()) == ["commands.json", "host.json", "index.json", "root"]
    assert (folder / "root/etc/hosts").read_bytes() == b"127.0.0.1 localhost\n10.1.2.3 web1 w\xe9b\n"
    assert os.readlink(folder / "root/usr/local") == "/srv/local"
    index = json.loads((folder / "index.json").read_text())
    assert index["paths"]["/etc/fstab"] == "denied"
    assert index["paths"]["/usr/sbin/lsof"] == {"mode": "0100755"}
    commands = {tuple(command["argv"]): command for command in json.loads((folder / "commands.json").read_text())}
    xfs_info = commands["xfs_info", "/data"]
    assert (xfs_info["exit_status"], xfs_info["stderr"]) == (0, "warned\n")
    told = json.loads((folder / "host.json").read_text())
    assert (told["collected_at"], told["host_name"]) == (NOW, "web1")
    assert told["interfaces"] == [{"name": "eth0", "addresses": ["10.1.2.3", "fe80::250:56ff:fe8c:1b21"]}]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    assert stat.S_IMODE(written(machine(), tmp_path / "web1").stat().st_mode) == 0o700


def test_nothing_is_recorded_that_was_not_read(tmp_path: Path) -> None:
    host = machine(files={"/etc/shadow": "secret", "/home/me/.ssh/id_rsa": "secret"})
    folder = written(host, tmp_path / "web1")
    assert not any(b"secret" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_nothing_that_is_there_is_overwritten(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "web1"
    makers: dict[str, Callable[[], object]] = {
        "folder": target.mkdir,
        "file": lambda: target.write_text("old"),
        "dangling link": lambda: target.symlink_to("nowhere"),
    }
    makers[kind]()
    recorder = Recorder(machine())
    collect(recorder, NOW)
    with pytest.raises(FileExistsError):
        recorder.write(str(target), NOW)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("step", ["mkdir", "symlink", "rename", "chmod"])
def test_a_recording_that_fails_half_way_leaves_nothing(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    recorder = Recorder(machine(modes={**machine().modes, "/etc/hosts": 0o100755}))
    collect(recorder, NOW)
    real = os.mkdir

    def mkdir(path: str, mode: int = 0o777) -> None:
        if path.endswith("/root/etc"):
            fail()
        real(path, mode)

    monkeypatch.setattr(os, step, mkdir if step == "mkdir" else fail)
    with pytest.raises(OSError, match="No space left"):
        recorder.write(str(tmp_path / "web1"), NOW)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_is_absent_stays_absent(tmp_path: Path) -> None:
    recorder = Recorder(FakeHost())
    with pytest.raises(Absent):
        recorder.read("/etc/hosts")
    recorder.write(str(tmp_path / "web1"), NOW)
    with pytest.raises(Absent):
        Recording(str(tmp_path / "web1")).read("/etc/hosts")


def test_passwords_of_networks_are_not_recorded(tmp_path: Path) -> None:
    keyfile, ifcfg = "/etc/NetworkManager/system-connections/a.nmconnection", "/etc/sysconfig/network/ifcfg-wlan0"
    inner = FakeHost(
        {
            keyfile: "[connection]\nzone=home\n[wifi-security]\npsk=secret1\n  password = secret2\n",
            ifcfg: "WIRELESS_WPA_PSK='secret3'\nZONE=home\n",
        }
    )
    recorder = Recorder(inner)
    assert "secret1" in recorder.text(keyfile)
    assert "secret3" in recorder.text(ifcfg)
    recorder.write(str(tmp_path / "recording"), NOW)
    recorded = Recording(str(tmp_path / "recording"))
    assert recorded.text(keyfile) == "[connection]\nzone=home\n[wifi-security]\n\n\n"
    assert recorded.text(ifcfg) == "\nZONE=home\n"

"""Supportconfigs: what is known of files, commands and packages, what is not and why; hostile ones end in bounds."""

from __future__ import annotations

import json
import random
import re
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from linuxready import sources
from linuxready.collect import collect
from linuxready.host import Absent, Unreadable, executable
from linuxready.host.gathered.gatheredhost import GatheredHost
from linuxready.host.gathered.supportcommands import parse_packages, tree_of
from linuxready.host.gathered.supportconfig import Supportconfig, is_one, wanted
from linuxready.host.gathered.supporttexts import TEXTS
from linuxready.judge import judge
from linuxready.output import Trouble
from linuxready.profile import load

from ...golden import HOSTS, profile_of
from ...machines import NOW, TODAY
from ...supportconfigs import SUPPORTCONFIGS, command, conf, folder_of, header, outputs

MACHINES = sorted(path.name for path in SUPPORTCONFIGS.iterdir())


DATE = command("/bin/date", "Fri Nov 20 11:05:53 CET 2026\n")
PACKAGES = command(
    '/bin/rpm -qa --queryformat "%-35{NAME} %-35{DISTRIBUTION} %{VERSION}-%{RELEASE}\\n" | sort -k 1,2 -t " " -i',
    "NAME                                DISTRIBUTION                        VERSION\n"
    "lsof                                SUSE Linux Enterprise 11            4.80-1.31\n",
)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Supportconfig]:
    """A supportconfig of these texts ("network_txt" for network.txt), and of the first and the last one."""

    def made(**texts: str | bytes) -> Supportconfig:
        texts.setdefault("basic_environment_txt", DATE)
        texts.setdefault("hardware_txt", command("/usr/bin/lscpu", "x\n"))
        for name, text in texts.items():
            file = tmp_path / name.replace("_txt", ".txt").replace("_", "-")
            file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape"))
        return Supportconfig(str(tmp_path), "scc_x")

    return made


def missing(gathered: Supportconfig, path: str) -> str:
    reason = gathered.missing(path)
    return "absent" if isinstance(reason, Absent) else str(reason)


# -- made machines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", MACHINES)
def test_outputs_are_the_golden_ones(machine: str) -> None:
    for name, text in outputs(SUPPORTCONFIGS / machine).items():
        assert text == (SUPPORTCONFIGS / machine / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("machine", MACHINES)
def test_what_was_gathered_is_judged_as_on_the_machine(machine: str) -> None:
    """Each verdict is the recording's, or unknown; and few are unknown."""
    here, there = (
        {f["id"]: f for f in json.loads((folder / machine / "report.json").read_text())["findings"]}
        for folder in (SUPPORTCONFIGS, HOSTS)
    )
    assert here.keys() == there.keys()
    differ = {name for name in here if here[name]["status"] != there[name]["status"]}
    assert {here[name]["status"] for name in differ} <= {"unknown"}
    assert len(differ) < 9


# -- what it is ---------------------------------------------------------------------------------------------


def test_what_is_one(tmp_path: Path, make: Callable[..., Supportconfig]) -> None:
    assert not is_one(str(tmp_path))
    with pytest.raises(Unreadable, match=r"^scc_x is no supportconfig: it has no basic-environment\.txt$"):
        Supportconfig(str(tmp_path), "scc_x")
    gathered = make()
    assert is_one(str(tmp_path))
    assert (gathered.source, gathered.collected_at) == (
        "supportconfig scc_x, which leaves out comments: line numbers do not count them",
        "2026-11-20T10:05:53Z",
    )
    assert make(ssh_txt=conf("/etc/ssh/sshd_config", "# a comment\nPort 22\n")).source == "supportconfig scc_x"


def test_a_link_to_another_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(DATE)
    (tmp_path / "basic-environment.txt").symlink_to("secret")
    assert not is_one(str(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"root:x:0:0:root:/root:/bin/bash\n", random.Random(8).randbytes(4096)]
)
def test_an_environment_without_sections_is_none(make: Callable[..., Supportconfig], content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^scc_x is no supportconfig: basic-environment\.txt has no section"):
        make(basic_environment_txt=content)


def test_members_that_are_read() -> None:
    assert all(map(wanted, (*TEXTS, "fs-files.txt")))
    assert wanted("scc_x/boot.txt")  # see below
    assert not any(map(wanted, ("messages.txt", "crash.txt", "scc_x/docker/boot.txt", "plugin-x.txt", "", "sar")))


# -- files --------------------------------------------------------------------------------------------------


def test_a_file_is_what_stands_in_its_first_text(make: Callable[..., Supportconfig]) -> None:
    """fs-diskio.txt is looked at before proc.txt, whatever the folder's order; the machine goes on between the two."""
    gathered = make(
        proc_txt=conf("/proc/mounts", "later\n"),
        fs_diskio_txt=conf("/proc//mounts", "first\n") + conf("/proc/mounts", "first\n") + conf("/etc/mtab", ""),
    )
    assert gathered.files.text("/proc/mounts") == "first\n"
    assert gathered.files.read("/etc/mtab") == b""
    with pytest.raises(Absent):
        gathered.files.read("/etc/b")


def test_two_of_a_file_that_differ_are_none(make: Callable[..., Supportconfig]) -> None:
    """One of the two may stand in another file, or in what a command printed."""
    hosts = conf("/etc/hosts", "10.0.0.1 a\n")
    gathered = make(network_txt=hosts + conf("/etc/hosts", "8.8.8.8 no\n"))
    with pytest.raises(Unreadable, match=r"^/etc/hosts: network\.txt has more than one, and they differ$"):
        gathered.files.text("/etc/hosts")
    with pytest.raises(Unreadable, match="more than one"):
        make(network_txt=hosts * 9).files.text("/etc/hosts")
    with pytest.raises(Unreadable, match="more than one"):
        make(hardware_txt=command("dmidecode", "a\n") + command("/usr/sbin/dmidecode", "b\n")).output("dmidecode")


def test_a_file_in_a_text_that_is_not_its_own(make: Callable[..., Supportconfig]) -> None:
    """It stands in what somebody wrote: in a note, in the name of a mount."""
    other = conf("/etc/hosts", "8.8.8.8 no\n") + conf("/etc/fstab", None) + conf("/etc/x.conf", "no\n")
    gathered = make(basic_environment_txt=DATE + other, etc_txt=other)
    assert gathered.files.mode("/etc/hosts") is None
    assert missing(gathered, "/etc/fstab") == "/etc/fstab was not gathered (supportconfig feature `DISK`)"
    assert gathered.files.text("/etc/x.conf") == "no\n"
    own = make(network_txt=conf("/etc/hosts", "10.0.0.1 a\n"), fs_diskio_txt=conf("/etc/fstab", None))
    assert own.files.text("/etc/hosts") == "10.0.0.1 a\n"
    assert missing(own, "/etc/fstab") == "absent"


def test_a_command_in_a_text_that_is_not_its_own(make: Callable[..., Supportconfig]) -> None:
    """Who may mount can write lines into what `df` and `mount` printed before their time was over."""
    gathered = make(
        basic_health_check_txt=command("/sbin/ip addr", "no\n") + command("/usr/sbin/lsof", "no\n"),
        network_txt=command("/sbin/ip addr", "1: lo\n"),
    )
    assert gathered.output("ip", "addr") == "1: lo\n"
    assert gathered.files.mode("/usr/sbin/lsof") is None


def test_a_header_in_a_file_with_its_comments(make: Callable[..., Supportconfig]) -> None:
    """Only with -l are there any; what stood behind it is not known to be no more of the file."""
    text = f"10.0.0.1 a\n{header('Command')}\n# /bin/true\n10.0.0.2 b\n"
    with pytest.raises(Unreadable, match=r"^/etc/hosts: network\.txt is cut in the midst of it$"):
        make(network_txt=conf("/etc/hosts", text)).files.text("/etc/hosts")


def test_one_that_is_still_being_made(make: Callable[..., Supportconfig], tmp_path: Path) -> None:
    """Or that came to no end: the last that is in a text may go on, and more files may follow it."""
    texts = {"etc_txt": conf("/etc/host.conf", "x\n") + DATE, "network_txt": conf("/etc/hosts", "10.0.0.1 a\n")}
    gathered = make(**texts)
    assert missing(gathered, "/etc/init/ssh.conf") == "absent"
    assert gathered.files.text("/etc/hosts") == "10.0.0.1 a\n"
    for content in (None, b""):
        (tmp_path / "hardware.txt").unlink()
        if content is not None:
            (tmp_path / "hardware.txt").write_bytes(content)
        gathered = Supportconfig(str(tmp_path), "scc_x")
        assert gathered.source.startswith("supportconfig scc_x that did not come to its end, which leaves out")
        assert missing(gathered, "/etc/init/ssh.conf") != "absent"
        assert gathered.files.text("/etc/host.conf") == "x\n"
        with pytest.raises(Unreadable, match="cut in the midst"):
            gathered.files.text("/etc/hosts")
        (tmp_path / "hardware.txt").touch()


def test_what_looks_like_a_header_in_a_file_is_the_files(make: Callable[..., Supportconfig]) -> None:
    text = "127.0.0.1 localhost\n#==[ Configuration File ]==#\n# /etc/passwd\n10.0.0.1 a\n"
    gathered = make(network_txt=conf("/etc/hosts", text))
    assert gathered.files.text("/etc/hosts") == text
    assert gathered.files.mode("/etc/passwd") is None


def test_a_cut_file_is_unreadable_and_the_others_are_read(make: Callable[..., Supportconfig]) -> None:
    gathered = make(network_txt=(conf("/etc/HOSTNAME", "a\n") + conf("/etc/hosts", "10.0.0.1 a\n"))[:-6])
    assert gathered.files.text("/etc/HOSTNAME") == "a\n"
    with pytest.raises(Unreadable, match=r"^/etc/hosts: network\.txt is cut in the midst of it$"):
        gathered.files.text("/etc/hosts")


@pytest.mark.parametrize(
    "text",
    [
        "sed: can't read /etc/fstab: Input/output error\n",
        "/dev/sda1 / ext3\nsed: read error on /etc/fstab: I/O error\n",
    ],
)
def test_a_file_that_could_not_be_read(make: Callable[..., Supportconfig], text: str) -> None:
    """Since 3.2 what sed says stands where the file would; before, in another text."""
    with pytest.raises(Unreadable, match=r"^/etc/fstab: supportconfig could not read it, or not to its end$"):
        make(fs_diskio_txt=conf("/etc/fstab", text)).files.text("/etc/fstab")
    other = text.replace("/etc/fstab", "/etc/fstab2")
    assert make(fs_diskio_txt=conf("/etc/fstab", other)).files.text("/etc/fstab") == other


def test_logs_are_no_files(make: Callable[..., Supportconfig]) -> None:
    """Of logs only the end is there."""
    section = f"{header('Log File')}\n# /etc/hosts\n10.0.0.1 a\n\n\n"
    assert make(network_txt=section).files.mode("/etc/hosts") is None


def test_why_files_are_not_known(make: Callable[..., Supportconfig]) -> None:
    gathered = make(
        network_txt=conf("/etc/hosts", None) + conf("/etc/host.conf", "multi on\n"),
        sysconfig_txt=b"\0" * 100,
        rpm_txt=PACKAGES,
    )
    assert missing(gathered, "/etc/hosts") == "absent"
    assert missing(gathered, "/etc/HOSTNAME") == "/etc/HOSTNAME is not among what supportconfig gathered in network.txt"
    assert missing(gathered, "/etc/inittab") == "/etc/inittab was not gathered (supportconfig feature `BOOT`)"
    assert "sysconfig.txt has no section" in missing(gathered, "/etc/sysconfig/ssh")
    assert missing(gathered, "/opt/x") == "/opt/x is not gathered by supportconfig"
    assert missing(gathered, "/var").startswith("/var may be a link: the names of files were not")
    # Its package is not installed.
    assert GatheredHost(gathered).mode("/usr/share/SuSEfirewall2/defaults") is None


@pytest.mark.parametrize(
    ("text", "there", "gone", "unknown"),
    [
        ("etc_txt", "/etc/host.conf", "/etc/init/ssh.conf", "/etc/hosts"),
        ("sysconfig_txt", "/etc/sysconfig/a/b", "/etc/sysconfig/a/c", "/etc/sys"),
        ("sysconfig_txt", "/etc/sysconfig/a", "/etc/sysconfig/sshd", "/etc/sysconfig/iptables"),  # it may be a link
        ("env_txt", "/etc/default/useradd", "/etc/default/ssh", "/etc/profile"),
        ("proc_txt", "/proc/net/arp", "/proc/net/ip_tables_names", "/proc/net/vlan/a"),
        ("proc_txt", "/proc/sys/vm/x", "/proc/sys/crypto/fips_enabled", "/proc/cmdline"),
        ("basic_environment_txt", "/etc/os-release", "/etc/redhat-release", "/etc/a/release"),
    ],
)
def test_where_all_files_like_one_were_gathered_others_are_gone(
    make: Callable[..., Supportconfig], text: str, there: str, gone: str, unknown: str
) -> None:
    after = command("/bin/true", "")
    assert missing(make(**{text: conf(there, "x\n") + after}), gone) == "absent"
    assert missing(make(**{text: conf(there, "x\n") + after}), unknown) != "absent"
    # Cut among them, what follows is not known; nor is it where none of them is.
    assert missing(make(**{text: (DATE + conf(there, "x\n"))[:-2]}), gone) != "absent"
    assert missing(make(**{text: DATE + after}), gone) != "absent"


@pytest.mark.parametrize("text", ["etc_txt", "sysconfig_txt", "env_txt"])
def test_a_name_with_a_blank_is_gathered_in_pieces(make: Callable[..., Supportconfig], text: str) -> None:
    """So not all files like it have a section; what `ls` of a folder says among the releases is no such piece."""
    paths = {"etc_txt": "/etc/a.conf", "sysconfig_txt": "/etc/sysconfig/x/a", "env_txt": "/etc/default/a"}
    whole = conf(paths[text], "x\n")
    gone = f"{paths[text].rpartition('/')[0]}/b{'.conf' if text == 'etc_txt' else ''}"
    assert missing(make(**{text: whole}), gone) == "absent"
    pieces = conf(f"{gone}x", None) + conf("c.conf", None)
    assert missing(make(**{text: whole + pieces}), gone) != "absent"
    releases = conf("/etc/os-release", "x\n") + conf("/etc/lsb-release.d:", None) + conf("core", None)
    assert missing(make(basic_environment_txt=DATE + releases), "/etc/redhat-release") == "absent"


def test_patterns_of_files_of_which_all_were_gathered(make: Callable[..., Supportconfig]) -> None:
    """sshd includes /etc/ssh/sshd_config.d/*.conf: what else is in the directory nobody asks."""
    names = ("20-b.conf", "10-a.conf", "x.cfg", ".hidden.conf")
    host = GatheredHost(make(etc_txt="".join(conf(f"/etc/ssh/sshd_config.d/{name}", "Port 22\n") for name in names)))
    folder = "/etc/ssh/sshd_config.d"
    assert host.matching(f"{folder}/*.conf") == [f"{folder}/10-a.conf", f"{folder}/20-b.conf"]
    assert host.matching("/etc/none.d/*.conf") == []
    for pattern in (f"{folder}/*", f"{folder}/*.cfg", "/usr/lib/x/*.conf"):
        with pytest.raises(Unreadable):
            host.matching(pattern)
    with pytest.raises(Unreadable):
        GatheredHost(make(etc_txt=DATE)).matching(f"{folder}/*.conf")


def test_all_of_proc_sys_ends_with_vm(make: Callable[..., Supportconfig]) -> None:
    """/proc/sys/kernel is gathered before, alone."""
    fips, kernel = "/proc/sys/crypto/fips_enabled", conf("/proc/sys/kernel/a", "x\n")
    assert missing(make(proc_txt=kernel + DATE), fips) != "absent"
    assert missing(make(proc_txt=kernel * 2 + conf("/proc/sys/vm/a", "x\n")), fips) == "absent"


def test_listed_folders(make: Callable[..., Supportconfig]) -> None:
    listing = """/etc/init.d/:
total 8
drwxr-xr-x 2 root root 4096 2026-03-01 10:22 rc3.d
-rwxr-xr-x 1 root root 1234 2026-03-01 10:22 sshd
-rw-r--r-- 1 root root 1234 2026-03-01 10:22 README

/etc/init.d/rc3.d:
total 0
lrwxrwxrwx 1 root root 7 2026-03-01 10:22 S10sshd -> ../sshd
"""
    gathered = make(chkconfig_txt=command("/bin/ls -lR --time-style=long-iso /etc/init.d/", listing))
    files = gathered.files
    assert files.entries("/etc/init.d/rc3.d") == ["S10sshd"]
    assert files.real_path("/etc/rc.d/rc3.d/S10sshd") == "/etc/init.d/sshd"
    assert executable(files.mode("/etc/init.d/rc3.d/S10sshd"))
    assert not executable(files.mode("/etc/init.d/README"))
    assert missing(gathered, "/etc/init.d/ssh") == missing(gathered, "/etc/init.d/rc3.d/S01x") == "absent"
    with pytest.raises(Unreadable, match="its content is not gathered"):
        files.read("/etc/init.d/sshd")


@pytest.mark.parametrize("end", ["-rwxr-xr-x 1 root root\n", "ls: cannot access x: Permission denied\n"])
def test_a_folder_that_was_not_listed_whole(make: Callable[..., Supportconfig], end: str) -> None:
    listing = f"/etc/init.d/:\ntotal 8\n-rwxr-xr-x 1 root root 12 2026-03-01 10:22 sshd\n{end}"
    gathered = make(chkconfig_txt=command("/bin/ls -lR --time-style=long-iso /etc/init.d/", listing))
    assert gathered.files.mode("/etc/init.d/sshd")
    assert missing(gathered, "/etc/init.d/ssh") != "absent"


def test_a_program_that_was_run_is_there(make: Callable[..., Supportconfig]) -> None:
    lost = command("lsof -b", "ERROR: Command not found or not executable\n")
    files = make(hardware_txt=command("/usr/sbin/dmidecode", "x\n") + lost).files
    assert executable(files.mode("/usr/sbin/dmidecode"))
    assert files.mode("/usr/sbin/lsof") is None


@pytest.mark.parametrize(
    ("node", "adapter", "name"),
    [
        ("hostname_0", "52:54:00:9a:c4:ad", "scc_x"),
        ("hostname0", "52:54:00:9a:c4:ad", "scc_x"),
        ("web1", "00:1A:2B:00:00:01", "scc_x"),
        ("host001", "52:54:00:9a:c4:ad", "scc_host001_250101_1200_scrubbed.txz"),
        ("web1", "52:54:00:9a:c4:ad", "scc_web1_250101_1200"),
        ("host001", "52:54:00:9a:c4:ad", "scc_scrubbed_host001_250101_1200.txz"),
    ],
)
def test_what_was_scrubbed_is_not_the_machines(
    make: Callable[..., Supportconfig], tmp_path: Path, node: str, adapter: str, name: str
) -> None:
    """supportutils-scrub writes other names and addresses, in other words in each of its versions."""
    hosts = conf("/etc/hosts", f"10.0.0.1 {node}\n")
    uname = command("/bin/uname -a", f"Linux {node} 5.14.21-1-default #1 SMP x86_64 x86_64 x86_64 GNU/Linux\n")
    shown = command("/sbin/ip addr", f"1: lo: <UP>\n2: eth0: <UP>\n    link/ether {adapter} brd ff:ff:ff:ff:ff:ff\n")
    make(basic_environment_txt=DATE + uname, network_txt=hosts + shown)
    host = GatheredHost(Supportconfig(str(tmp_path), name))
    if name in ("scc_web1_250101_1200", "scc_scrubbed_host001_250101_1200.txz"):
        assert (host.told("host_name"), host.text("/etc/hosts")) == (node, f"10.0.0.1 {node}\n")
        return
    for ask in (lambda: host.told("host_name"), lambda: host.told("interfaces"), lambda: host.read("/etc/hosts")):
        with pytest.raises(Unreadable, match="supportutils-scrub"):
            ask()


# -- systemd ------------------------------------------------------------------------------------------------

UNITS = command("/usr/bin/systemctl --no-pager --all list-units", "multi-user.target loaded active active x\n")
LISTED = command(
    "/usr/bin/ls -alR /usr/lib/systemd/",
    """/usr/lib/systemd/:
total 8
drwxr-xr-x 1 root root 12 Mar  1  2026 .
drwxr-xr-x 1 root root 12 Mar  1  2026 system

/usr/lib/systemd/system:
total 8
-rw-r--r-- 1 root root 12 Mar  1 10:22 a.service
-rw-r--r-- 1 root root 12 Mar  1 10:22 b.service
drwxr-xr-x 2 root root 12 Mar  1 10:22 a.service.d
drwxr-xr-x 2 root root 12 Mar  1 10:22 a.service.wants

/usr/lib/systemd/system/a.service.d:
total 8
-rw-r--r-- 1 root root 12 Mar  1 10:22 own.conf
-rw-r--r-- 1 root root 12 Mar  1 10:22 new.conf

/usr/lib/systemd/system/a.service.wants:
total 0
lrwxrwxrwx 1 root root 12 Mar  1 10:22 linked.service -> ../linked.service
""",
)
FOLDER = "/usr/lib/systemd/system"
SHOWN = f"""Id=a.service
Names=a.service
Wants=linked.service other.service dev-sda.device
LoadState=loaded
FragmentPath={FOLDER}/a.service
DropInPaths={FOLDER}/a.service.d/own.conf
NeedDaemonReload=no
ConditionResult=yes
AssertResult=yes
ExecStart={{ path=/bin/a ; argv[]=/bin/a -p 22 ; ignore_errors=no ; pid=0 }}
"""


@pytest.mark.parametrize("label", ["systemctl show 'a.service'", "/usr/bin/systemctl show 'a.service' | sort"])
def test_a_unit_is_what_systemd_made_of_it(make: Callable[..., Supportconfig], label: str) -> None:
    gathered = make(systemd_txt=UNITS + command(label, SHOWN) + LISTED)
    files = gathered.files
    assert files.text(f"{FOLDER}/a.service") == "[Unit]\nWants=other.service\nExecStart=/bin/a -p 22\n"
    assert files.read(f"{FOLDER}/a.service.d/own.conf") == b""
    for path in ("b.service", "a.service.d/new.conf"):
        with pytest.raises(Unreadable, match="is not gathered by supportconfig, nor what `systemctl show` says"):
            files.read(f"{FOLDER}/{path}")
    assert missing(gathered, f"{FOLDER}/c.service") == "absent"
    assert missing(gathered, "/usr/local/lib/systemd/system/a.service") == "absent"


@pytest.mark.parametrize(
    ("changed", "line"),
    [("ConditionResult=yes", "ConditionResult=no"), ("AssertResult=yes", "AssertResult=no")],
)
def test_what_kept_a_unit_from_starting_is_not_decided(
    make: Callable[..., Supportconfig], changed: str, line: str
) -> None:
    text = UNITS + command("systemctl show 'a.service'", SHOWN.replace(changed, line)) + LISTED
    assert f"{line}\n" in make(systemd_txt=text).files.text(f"{FOLDER}/a.service")


@pytest.mark.parametrize(
    ("old", "new"), [("NeedDaemonReload=no", "NeedDaemonReload=yes"), ("LoadState=loaded", "LoadState=error")]
)
def test_a_unit_that_systemd_has_not_as_its_file(make: Callable[..., Supportconfig], old: str, new: str) -> None:
    text = UNITS + command("systemctl show 'a.service'", SHOWN.replace(old, new)) + LISTED
    with pytest.raises(Unreadable, match=r"systemctl show a\.service"):
        make(systemd_txt=text).files.text(f"{FOLDER}/a.service")


def test_units_from_a_folder_that_is_not_listed(make: Callable[..., Supportconfig]) -> None:
    own = SHOWN.replace(f"FragmentPath={FOLDER}", "FragmentPath=/usr/local/lib/systemd/system")
    gathered = make(systemd_txt=UNITS + command("systemctl show 'a.service'", own) + LISTED)
    assert missing(gathered, "/usr/local/lib/systemd/system") != "absent"
    # More units may have been shown behind the last one that is there.
    cut = make(systemd_txt=UNITS + command("systemctl show 'a.service'", SHOWN))
    assert missing(cut, "/usr/local/lib/systemd/system/a.service") != "absent"


# -- commands -----------------------------------------------------------------------------------------------


def test_outputs_by_the_names_that_others_give_them(make: Callable[..., Supportconfig]) -> None:
    gathered = make(
        modules_txt=command("/sbin/lsmod | sort", "Module\n"),
        fs_diskio_txt=command("/bin/lsblk -i -o 'NAME,KNAME'", "NAME\n")
        + command("/bin/ls -l --time-style=long-iso /sys/block/", "total 0\n"),
        udev_txt=command("/sbin/udevadm info -e", "P: /x\n"),
    )
    assert gathered.output("lsmod") == "Module\n"
    assert gathered.output("/usr/bin/lsblk") == "NAME\n"
    assert gathered.output("ls", "-lanR", "/sys/block") == "/sys/block:\ntotal 0\n"
    assert gathered.output("udevadm", "info", "--export-db") == "P: /x\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ERROR: Command not found or not executible\n", "could not be run"),
        ("x\n\n# ERROR: Command did not complete within the timeout period.\nroot 1 2\n", "took too long"),
    ],
)
def test_commands_that_gave_no_answer(make: Callable[..., Supportconfig], text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        make(hardware_txt=command("dmidecode", text)).output("dmidecode")


def test_commands_that_were_not_run(make: Callable[..., Supportconfig]) -> None:
    with pytest.raises(Unreadable, match=r"^`xfs_info /` is not gathered by supportconfig$"):
        make().output("xfs_info", "/")
    with pytest.raises(Unreadable, match="rounds"):
        make().output("df", "-al")
    with pytest.raises(Unreadable, match=r"^`ip addr` was not gathered \(supportconfig feature `NET`\)$"):
        make().output("ip", "addr")
    with pytest.raises(Unreadable, match=r"^`ip addr`: network\.txt has no section: it is damaged"):
        make(network_txt="a text with other ends of lines\r\n").output("ip", "addr")
    with pytest.raises(Unreadable, match=r"^`ip addr` is not gathered by supportconfig$"):
        make(network_txt=command("hostname", "a\n")).output("ip", "addr")


FILTER = "*filter\nCOMMIT\n"
SAVED = command("/usr/sbin/iptables-save -t filter", FILTER)
NOTE = command("iptables", "\n# NOTE: The iptable_nat module is not loaded, skipping check\n")
LSMOD = command("/sbin/lsmod | sort", "Module Size Used by\niptable_filter 1 0\n")


def test_rules_are_saved_table_by_table(make: Callable[..., Supportconfig]) -> None:
    in_use = conf("/proc/net/ip_tables_names", "filter\n") + DATE
    assert make(network_txt=SAVED + NOTE * 3, proc_txt=in_use).output("iptables-save") == FILTER
    assert (
        make(network_txt=NOTE * 4, proc_txt=conf("/proc/net/arp", "x\n") + DATE).output("iptables-save")
        == "# no table\n"
    )
    assert make(network_txt=SAVED + NOTE * 3, proc_txt=DATE, modules_txt=LSMOD).output("iptables-save") == FILTER


@pytest.mark.parametrize(
    ("network", "proc", "modules"),
    [
        (SAVED + NOTE * 2, conf("/proc/net/ip_tables_names", "filter\n") + DATE, LSMOD),  # of one table nobody knows
        (SAVED + NOTE * 3, conf("/proc/net/ip_tables_names", "filter\nsecurity\n") + DATE, LSMOD),
        (SAVED + NOTE * 3, DATE, LSMOD.replace("\niptable", "\niptable_security 1 0\niptable")),
        (SAVED + NOTE * 3, DATE, DATE),  # nobody tells of the security table
        (DATE, conf("/proc/net/arp", "x\n") + DATE, LSMOD),
    ],
)
def test_rules_of_which_some_may_be_left_out(
    make: Callable[..., Supportconfig], network: str, proc: str, modules: str
) -> None:
    with pytest.raises(Unreadable):
        make(network_txt=network, proc_txt=proc, modules_txt=modules).output("iptables-save")


NFT = """table inet filter {
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t}
}
"""


def test_rules_of_nf_tables_are_listed_table_by_table(make: Callable[..., Supportconfig]) -> None:
    tables = command("/usr/sbin/nft list tables", "table inet filter\ntable ip x\n")
    rules = command("/usr/sbin/nft list table inet filter", NFT), command("nft list table ip x", "table ip x {\n}\n")
    assert make(network_txt=tables + "".join(rules)).output("nft", "list", "ruleset") == f"{NFT}table ip x {{\n}}\n"
    assert make(network_txt=command("/usr/sbin/nft list tables", "")).output("nft", "list", "ruleset") == ""


@pytest.mark.parametrize(
    ("tables", "rules", "verdict"),
    [
        ("", "", "pass"),
        ("table inet filter\n", NFT, "warn"),
        ("table inet filter\n", NFT.replace("drop", "accept"), "pass"),
        ("table inet filter\ntable ip x\n", NFT.replace("drop", "accept"), "unknown"),
    ],
)
def test_rules_of_nf_tables_decide(tmp_path: Path, tables: str, rules: str, verdict: str) -> None:
    """On SLES 15 firewalld brings nft, be it on or not."""
    machine = "sles-15-sp5-default"
    for file in folder_of(SUPPORTCONFIGS / machine).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "network.txt").open("a") as text:
        text.write(command("/usr/sbin/nft list tables", tables) + command("nft list table inet filter", rules))
    (tmp_path / "modules.txt").write_text(
        re.sub("^Module .*\n", r"\g<0>nf_tables 245760 1 -\n", (tmp_path / "modules.txt").read_text(), flags=re.M)
    )
    facts = collect(GatheredHost(Supportconfig(str(tmp_path), "scc_x")), NOW)
    findings = judge(facts, load(profile_of(HOSTS / machine)), TODAY).findings
    assert [f.status for f in findings if f.id == "ssh-firewall"] == [verdict]


@pytest.mark.parametrize(
    ("tables", "rules"),
    [
        ("table inet filter\ntable ip x\n", NFT),  # of one nobody knows
        ("table inet filter\n", "Error: No such file or directory\n"),
        ("table inet filter\n", NFT.replace("inet", "ip")),
        ("netlink: Error: Operation not permitted\n", NFT),
        ("ERROR: Command not found or not executable\n", NFT),
        (None, NFT),
    ],
)
def test_rules_of_nf_tables_of_which_some_may_be_left_out(
    make: Callable[..., Supportconfig], tables: str | None, rules: str
) -> None:
    named = "" if tables is None else command("/usr/sbin/nft list tables", tables)
    with pytest.raises(Unreadable):
        make(network_txt=named + command("/usr/sbin/nft list table inet filter", rules)).output(
            "nft", "list", "ruleset"
        )


@pytest.mark.parametrize(
    ("records", "level"),
    [
        (
            "runlevel (to lvl 3)   4.12.14-1-default Sun Nov  8 08:04:12 2026   still running\nreboot  x\n",
            "3",
        ),
        ("\nrunlevel (to lvl 5)   x\n", "5"),
        ("reboot   system boot  x\nrunlevel (to lvl 3)   x\n", None),
        ("shutdown system down  x\nrunlevel (to lvl 3)   x\n", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("grep", ["egrep", "grep -E"])
def test_the_runlevel_is_the_newest_of_lasts_records(
    make: Callable[..., Supportconfig], records: str, level: str | None, grep: str
) -> None:
    gathered = make(boot_txt=command(f'/usr/bin/last -wxF | {grep} "reboot|shutdown|runlevel|system"', records))
    if level:
        assert gathered.output("runlevel") == f"N {level}\n"
    else:
        with pytest.raises(Unreadable):
            gathered.output("runlevel")


def test_packages(make: Callable[..., Supportconfig]) -> None:
    with pytest.raises(Unreadable, match=r"rpm\.txt has no list"):
        make().packages()
    assert make(rpm_txt=PACKAGES).packages() == {"lsof"}
    assert parse_packages("NAME DISTRIBUTION VERSION\na x 1\nb (none) 2\n\n") == {"a", "b"}
    for text in ("", "rpm: command not found\n", "NAME D V\na x 1\nerror: rpmdb: damaged\n"):
        with pytest.raises(Unreadable):
            parse_packages(text)


def test_the_part_of_sys_that_is_asked_for() -> None:
    text = """drwxr-xr-x 3 root root 0 2026-11-20 08:00 /sys/firmware
drwxr-xr-x 3 root root 0 2026-11-20 08:00 /sys/firmware/efi
lrwxrwxrwx 1 root root 0 2026-11-20 08:00 /sys/firmware/x -> ../y
drwxr-xr-x 3 root root 0 2026-11-20 08:00 /sys/firmwares
"""
    assert tree_of(text, "/sys/firmware") == (
        "/sys/firmware:\ntotal 0\ndrwxr-xr-x 3 root root 0 2026-11-20 08:00 efi\n"
        "lrwxrwxrwx 1 root root 0 2026-11-20 08:00 x -> ../y\n\n/sys/firmware/efi:\ntotal 0\n"
    )
    with pytest.raises(Unreadable):
        tree_of(text, "/sys/hypervisor")


# -- hostile ones -------------------------------------------------------------------------------------------


def facts_of(gathered: Supportconfig) -> str:
    """The facts, as text: that no reader fails is what is asked."""
    facts = str(collect(GatheredHost(gathered), NOW))
    assert "linuxready failed" not in facts
    return facts


GARBAGE = {
    "nothing": b"",
    "zeros": b"\0" * 100_000,
    "bytes": random.Random(8).randbytes(100_000),
    "heads": b"#==[ \n" * 10_000,
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_texts_of_garbage(make: Callable[..., Supportconfig], content: bytes) -> None:
    texts = {name.replace("-", "_").replace(".", "_"): content for name in TEXTS if name != "basic-environment.txt"}
    facts_of(make(**texts))


def test_processes_whose_first_is_not_roots(make: Callable[..., Supportconfig]) -> None:
    columns = "user,pid,ppid,%cpu,%mem,vsz,rss,stat,time,cmd"
    text = "USER PID PPID %CPU %MEM VSZ RSS STAT TIME CMD\n\0root 1 0 0.0 0.1 1 1 Ss 00:00:01 /sbin/init\n"
    facts_of(make(basic_health_check_txt=command(f"/bin/ps axwwo {columns}", text), rpm_txt=PACKAGES))


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("part", [3, 10, 50, 90])
def test_every_text_cut_short(tmp_path: Path, machine: str, part: int) -> None:
    """What is cut is unknown: no verdict turns into another one."""
    for file in folder_of(SUPPORTCONFIGS / machine).iterdir():
        content = file.read_bytes()
        kept = len(content) if file.name == "basic-environment.txt" else len(content) * part // 100
        (tmp_path / file.name).write_bytes(content[:kept])
    facts = collect(GatheredHost(Supportconfig(str(tmp_path), "scc_x")), NOW)
    whole = json.loads((SUPPORTCONFIGS / machine / "report.json").read_text())
    verdicts = {f["id"]: f["status"] for f in whole["findings"]}
    findings = judge(facts, load(profile_of(HOSTS / machine)), TODAY).findings
    changed = {f.id: (f.status, f.found) for f in findings if f.status not in (verdicts[f.id], "unknown")}
    assert changed == {}


WITHOUT = {("ssh-firewall", "warn"), ("hyperv-drivers", "pass")}
"""Verdicts by less: rules by interface where no interface is known, modules.dep where no initramfs is."""


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("seed", range(30))
def test_without_some_sections_verdicts_are_the_same_or_unknown(tmp_path: Path, machine: str, seed: int) -> None:
    """What is left out is never taken for absent."""
    dice = random.Random(seed)
    left_out = dice.choice((0.02, 0.1, 0.3))
    for file in sorted(folder_of(SUPPORTCONFIGS / machine).iterdir()):
        parts = re.split("^(?=#==)", file.read_text(), flags=re.M)
        keep = 2 if file.name == "basic-environment.txt" else 0
        (tmp_path / file.name).write_text(
            "".join(part for i, part in enumerate(parts) if i < keep or dice.random() > left_out)
        )
    facts = collect(GatheredHost(Supportconfig(str(tmp_path), "scc_x")), NOW)
    known = [
        {f["id"]: f["status"] for f in json.loads((folder / machine / "report.json").read_text())["findings"]}
        for folder in (SUPPORTCONFIGS, HOSTS)
    ]
    for finding in judge(facts, load(profile_of(HOSTS / machine)), TODAY).findings:
        allowed = ("unknown", *(statuses[finding.id] for statuses in known))
        assert finding.status in allowed or (finding.id, finding.status) in WITHOUT, finding


def test_a_hundred_thousand_sections_and_a_section_of_a_gigabyte(tmp_path: Path) -> None:
    (tmp_path / "basic-environment.txt").write_text(DATE)
    (tmp_path / "network.txt").write_text(conf("/etc/hosts", "10.0.0.1 a\n") + conf("/etc/a", "x\n") * 100_000)
    with (tmp_path / "proc.txt").open("wb") as file:
        file.write(command("/bin/true", "").encode() + conf("/proc/cmdline", "x").encode())
        file.truncate(2**30 + 2**20)
    began = time.monotonic()
    gathered = Supportconfig(str(tmp_path), "scc_x")
    assert gathered.files.text("/etc/hosts") == "10.0.0.1 a\n"
    with pytest.raises(Unreadable):
        gathered.files.text("/proc/cmdline")
    assert time.monotonic() - began < 60  # a bound that only a loop without one misses


def test_labels_that_lead_out_of_a_folder(make: Callable[..., Supportconfig]) -> None:
    """Paths are names of the machine's files here, never of ours."""
    gathered = make(network_txt=conf("/etc/../../../etc/shadow", "x\n") + conf("etc/passwd", "x\n"))
    host = GatheredHost(gathered)
    for path in ("/etc/shadow", "/etc/passwd"):
        with pytest.raises(Unreadable):
            host.read(path)


@pytest.mark.parametrize(("ending", "mode"), [("tbz", "w:bz2"), ("txz", "w:xz"), ("tgz", "w:gz")])
def test_an_archive_is_judged_as_its_folder(tmp_path: Path, ending: str, mode: str) -> None:
    """As supportconfig packs it; logs are not unpacked."""
    folder = folder_of(SUPPORTCONFIGS / "sles-11-sp4")
    archive = tmp_path / f"{folder.name}.{ending}"
    with tarfile.open(archive, mode) as tar:  # type: ignore[call-overload]
        tar.add(folder, folder.name)
    of_archive, of_folder = (sources.facts_of(("sosreport", str(path)), NOW) for path in (archive, folder))
    assert of_archive.source.startswith(f"supportconfig {archive.name}")
    assert replace(of_archive, source="") == replace(of_folder, source="")


def test_one_that_was_scrubbed_lies_a_folder_deeper(tmp_path: Path) -> None:
    """supportutils-scrub packs the folder that it unpacked into."""
    machine = folder_of(SUPPORTCONFIGS / "sles-12-sp5")
    archive, link, two = tmp_path / "scc_x_scrubbed.txz", tmp_path / "link", tmp_path / "two.txz"
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(machine, "scc_x_scrubbed/scc_x")
    facts = sources.facts_of(("sosreport", str(archive)), NOW)
    assert facts.kernel.known().release == "4.12.14-122.231-default"
    assert facts.host_name.unknown == "the host name was altered (supportutils-scrub)"
    link.mkdir()
    (link / "scc_x").symlink_to(machine)
    with tarfile.open(two, "w:xz") as tar:
        tar.add(machine, "top/scc_x")
        tar.add(machine, "top/scc_y")
    for path in (link, two, tmp_path / "scc_x"):
        with pytest.raises(Trouble):
            sources.facts_of(("sosreport", str(path)), NOW)


def test_a_btrfs_root_with_its_subvolumes_tells_that_directories_are_no_links(tmp_path: Path) -> None:
    """As SLES 12 and later are installed: subvolumes of their own for /boot/grub2/i386-pc, /usr/local, /var, …"""
    root = "/dev/sda2 / btrfs rw,relatime,space_cache,subvolid=268,subvol=/@/.snapshots/1/snapshot 0 0\n"
    points = ("/boot/grub2/i386-pc", "/usr/local", "/var", "/.snapshots")
    more = "".join(f"/dev/sda2 {point} btrfs rw,relatime,subvol=/@{point} 0 0\n" for point in points)
    for file in folder_of(SUPPORTCONFIGS / "sles-12-sp5").iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace(root, root + more))
    facts = collect(GatheredHost(Supportconfig(str(tmp_path), "scc_x")), NOW)
    assert [(d.path, d.real_path.value) for d in facts.directories.known()] == [
        (path, path) for path in ("/", "/boot", "/etc", "/usr", "/usr/local", "/var")
    ]
    findings = judge(facts, load("vmware-2026"), TODAY).findings
    assert {f.id: f.status for f in findings if f.status == "unknown"} == {"free-space": "unknown"}

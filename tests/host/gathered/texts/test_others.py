"""Processes, space, the kernel, DMI, modules, empty tables, in the words of several releases."""

from __future__ import annotations

import pytest

from linuxready.facts import Mount
from linuxready.host import Unreadable
from linuxready.host.gathered.texts import dmi, modules, processes, space, uname

AUX = """\
USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root         1  0.0  0.1  19232  1508 ?        Ss   Nov20   0:01 /sbin/init
root         2  0.0  0.0      0     0 ?        S    Nov20   0:00 [kthreadd]
root       812  0.0  0.3 312344  6512 ?        Ssl  Nov20   2:13 /usr/bin/vmtoolsd --blockFd 3
root       913  0.0  0.0  12000   612 ?        Ss   Nov20   0:00 sshd: /usr/sbin/sshd -D [listener]
root      1200  0.0  0.0      0     0 ?        Z    Nov20   0:00 [dead] <defunct>
root      2209  0.0  0.0   8116  4496 ?        R    10:13   0:00 /bin/ps auxwww
systemd+   700  0.0  0.0  12000   612 ?        Ss   Nov20   0:00 /usr/lib/systemd/systemd-resolved-and-more
alice     2100  0.0  0.0  12000   612 ?        Ss   Nov20   0:00 /usr/bin/gnome-shell
"""
EF = """\
UID        PID  PPID  C STIME TTY          TIME CMD
root         1     0  0 Nov20 ?        00:00:02 /usr/lib/systemd/systemd --system --deserialize 21
0          812     1  0 Nov20 ?        00:02:13 /usr/lib/systemd/systemd-journald-with-a-long-name
root       900     1  0 10:13 ?        00:00:00 ps -ef
"""
SUSE = """\
USER       PID  PPID %CPU %MEM    VSZ   RSS STAT     TIME CMD
root         1     0  0.0  0.1  10560   800 Ss   00:00:02 init [3]  \n\
root      3102     1  0.0  0.1  10560   800 Ss   00:00:02 /usr/sbin/vmtoolsd
root      3300  3299  0.0  0.1  10560   800 R    00:00:00 /bin/ps axwwo user,pid,ppid,%cpu,%mem,vsz,rss,stat,time,cmd
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (AUX, ("init", "kthreadd", "ps", "sshd", "vmtoolsd")),
        (EF, ("ps", "systemd", "systemd-journal")),
        (SUSE, ("init", "ps", "vmtoolsd")),
    ],
    ids=["aux", "-ef", "SUSE"],
)
def test_processes_of_root(text: str, names: tuple[str, ...]) -> None:
    assert processes.parse_ps(text) == names


def test_command_lines_of_root() -> None:
    assert processes.parse_commands(AUX)["2"] == "[kthreadd]"
    assert "2100" not in processes.parse_commands(AUX)


@pytest.mark.parametrize("text", ["", "ps: bad option\n", AUX.replace("root         1 ", "root         9 ")])
def test_a_list_without_process_1_is_not_whole(text: str) -> None:
    with pytest.raises(Unreadable, match="no process 1"):
        processes.parse_ps(text)


@pytest.mark.parametrize("text", [AUX, EF, SUSE])
def test_a_list_without_ps_itself_is_not_whole(text: str) -> None:
    cut = "".join(line for line in text.splitlines(True) if "ps a" not in line and "ps -" not in line)
    with pytest.raises(Unreadable, match="does not show itself"):
        processes.parse_ps(cut)


DF = """\
Filesystem           1K-blocks      Used Available Use% Mounted on
rootfs                18102140   2412560  14763372  15% /
proc                         0         0         0    - /proc
/dev/mapper/VolGroup-lv_root
                      18102140   2412560  14763372  15% /
/dev/sda1               495844     34870    435374   8% /boot
/dev/sdb1               495844     34870         0 100% /srv/a b
gone                         -         -         -   -  /srv/gone
"""


def test_space() -> None:
    assert space.parse_df(DF) == {
        "/": ("/dev/mapper/VolGroup-lv_root", 14763372 * 1024),
        "/proc": ("proc", 0),
        "/boot": ("/dev/sda1", 435374 * 1024),
        "/srv/a b": ("/dev/sdb1", 0),
    }


@pytest.mark.parametrize(
    "text",
    ["df: no file systems processed\n", "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1 1G 1G 1G 5% /\n"],
)
def test_sizes_for_people_tell_nothing(text: str) -> None:
    with pytest.raises(Unreadable):
        space.parse_df(text)


def mounts(*rows: str) -> tuple[Mount, ...]:
    table = (row.split() for row in rows)
    return tuple(Mount(point, "ext4", source, "/", "rw", n) for n, (source, point) in enumerate(table, 1))


def test_space_is_that_of_the_mount_that_covers_a_directory() -> None:
    rows = space.parse_df(DF)
    table = mounts("/dev/mapper/VolGroup-lv_root /", "/dev/sda1 /boot", "filer:/usr /usr")
    assert space.available("/opt/x", table, rows) == 14763372 * 1024
    assert space.available("/boot/grub", table, rows) == 435374 * 1024
    with pytest.raises(Unreadable, match="does not tell of /usr"):
        space.available("/usr/local", table, rows)
    with pytest.raises(Unreadable, match="where tmpfs is mounted"):
        space.available("/boot", mounts("/dev/sda2 /", "tmpfs /boot"), rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Linux db3.example.com 3.10.0-327.el7.x86_64 #1 SMP Thu Oct 29 17:29:29 EDT 2015 x86_64 x86_64 x86_64 "
            "GNU/Linux\n",
            ("db3.example.com", "3.10.0-327.el7.x86_64", "x86_64"),
        ),
        (
            "Linux web1 6.1.0-37-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22) x86_64 GNU/Linux\n",
            ("web1", "6.1.0-37-amd64", "x86_64"),
        ),
        (
            "Linux old 2.6.18-8.el5 #1 SMP Fri Jan 26 14:15:21 EST 2007 i686 i686 i386 GNU/Linux",
            ("old", "2.6.18-8.el5", "i686"),
        ),
        ("Linux vm 6.18.44-fc-v669 #1 SMP PREEMPT_DYNAMIC @0 x86_64 GNU/Linux\n", ("vm", "6.18.44-fc-v669", "x86_64")),
    ],
)
def test_uname(text: str, expected: tuple[str, str, str]) -> None:
    assert uname.parse_uname(text) == expected


@pytest.mark.parametrize("text", ["", "FreeBSD a 13.0 x amd64\n", "Linux web1\n"])
def test_no_uname(text: str) -> None:
    with pytest.raises(Unreadable):
        uname.parse_uname(text)


def test_host_names() -> None:
    assert uname.parse_hostname("web1\n") == "web1"
    with pytest.raises(Unreadable):
        uname.parse_hostname("hostname: Name or service not known\n")


DMIDECODE = """\
Handle 0x0000, DMI type 0, 24 bytes
BIOS Information
\tVendor: Phoenix Technologies LTD

Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: VMware, Inc.
\tProduct Name: VMware Virtual Platform
\tSerial Number: VMware-42 0c

Handle 0x0002, DMI type 2, 15 bytes
Base Board Information
\tManufacturer: Intel Corporation
"""


def test_dmi() -> None:
    assert dmi.parse_dmidecode(DMIDECODE) == ("VMware, Inc.", "VMware Virtual Platform")
    with pytest.raises(Unreadable):
        dmi.parse_dmidecode("# dmidecode 3.0\n/dev/mem: No such file or directory\n")


def test_modules() -> None:
    text = "Module                  Size  Used by\nnf_tables             245760  3 nft_ct,nft_compat\n"
    assert modules.parse_lsmod(text).splitlines()[0].startswith("nf_tables ")
    with pytest.raises(Unreadable):
        modules.parse_lsmod("lsmod: command not found\n")

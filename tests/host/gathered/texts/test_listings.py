"""Texts of commands that list: `ls -l`, `lsinitrd`, `cpio -itv`, `dmsetup info`."""

from __future__ import annotations

import stat

import pytest

from linuxready.host import Unreadable
from linuxready.host.gathered.texts import dmsetup, initrd
from linuxready.host.gathered.texts.listing import parse_ls

LONG_ISO = """/etc/init.d/:
total 12
drwxr-xr-x  2 root root 4096 2016-03-01 10:22 rc3.d
-rwxr--r--. 1 root domain users 9115 2015-03-26 10:22 boot.local
-rwsr-sr-t+ 1 root root 1 2015-03-26 10:22 a b

/etc/init.d/rc3.d:
total 0
lrwxrwxrwx 1 root root 7 2016-03-01 10:22 S10sshd -> ../sshd
"""
PLAIN = """total 8
drwxr-xr-x 3 root root 100 Mar  1 10:22 .
drwxr-xr-x 9 root root 100 Mar 26  2015 ..
brw-rw---- 1 root disk 8, 1 Nov 20 08:00 sda1
-rw-r--r-- 1 root root 5 Mar 26  2015 .hidden
"""


def test_a_listing_with_folders() -> None:
    listing = parse_ls(LONG_ISO.splitlines())
    assert listing.folders == {"/etc/init.d", "/etc/init.d/rc3.d"}
    modes = {path: oct(stat.S_IMODE(entry.mode)) for path, entry in listing.entries.items()}
    assert modes == {
        "/etc/init.d/rc3.d": "0o755",
        "/etc/init.d/boot.local": "0o744",
        "/etc/init.d/a b": "0o7755",
        "/etc/init.d/rc3.d/S10sshd": "0o777",
    }
    assert listing.entries["/etc/init.d/rc3.d/S10sshd"].target == "../sshd"
    assert stat.S_ISDIR(listing.entries["/etc/init.d/rc3.d"].mode)


def test_a_listing_of_one_folder() -> None:
    listing = parse_ls(PLAIN.splitlines(), "/dev/")
    assert sorted(listing.entries) == ["/dev/.hidden", "/dev/sda1"]
    assert stat.S_ISBLK(listing.entries["/dev/sda1"].mode)
    assert listing.folders == {"/dev"}


@pytest.mark.parametrize(
    "line", ["-rwxr-xr-x 1 root", "?????????? ? ? ? ? ? x", "ls: cannot open directory: Permission denied"]
)
def test_a_line_that_is_not_understood_leaves_its_folder_open(line: str) -> None:
    listing = parse_ls([*LONG_ISO.splitlines(), line])
    assert listing.folders == {"/etc/init.d"}


def test_a_folder_that_could_not_be_opened_is_not_listed() -> None:
    assert parse_ls(["/root:", "", "/boot:", "total 0"]).folders == {"/boot"}


IMAGE = "/boot/initrd-5.3"
ROWS = """Image: /boot/initrd-5.3: 12M
========
-rwxr-xr-x   1 root root   4321 Mar  1  2026 init
-rw-r--r--   1 root root  12345 Mar  1  2026 usr/lib/modules/5.3/kernel/drivers/hv/hv-vmbus.ko.zst
"""
END = f"{'=' * 72}\n"


def test_names_in_an_initial_file_system() -> None:
    drivers = ("hv_vmbus", "hv_storvsc")
    for end in (END, "84210 blocks\n"):
        assert initrd.parse_names(ROWS + end, IMAGE, drivers) == {"hv_vmbus": True, "hv_storvsc": False}
    assert initrd.parse_names(ROWS.partition("\n")[2], IMAGE, drivers[:1])["hv_vmbus"]
    for text, path in (
        (ROWS, IMAGE),  # without its end, what is not there may have been cut off
        (ROWS + END, "/boot/initrd-5.4"),
        (ROWS.removeprefix("Image: "), "/boot/initrd-5.4"),
        (ROWS.replace(" init", " x"), IMAGE),
        (ROWS[:60], IMAGE),
        ("", IMAGE),
    ):
        with pytest.raises(Unreadable):
            initrd.parse_names(text, path, drivers)


def test_dmsetup_info_in_paragraphs() -> None:
    """As supportconfig runs it."""
    text = """Name:              system-root
State:             ACTIVE
Read Ahead:        1024
Tables present:    LIVE
Open count:        1
Event number:      0
Major, minor:      254, 0
Number of targets: 1
UUID: LVM-abc

Name:              3600508b1001c
State:             ACTIVE
Major, minor:      254, 1

"""
    found = dmsetup.parse_info(dmsetup.columns_of(text))
    assert found == (
        dmsetup.Mapped("system-root", "254:0", "LVM-abc"),
        dmsetup.Mapped("3600508b1001c", "254:1", ""),
    )
    assert dmsetup.parse_info(dmsetup.columns_of("No devices found\n")) == ()
    with pytest.raises(Unreadable):
        dmsetup.parse_info(dmsetup.columns_of("x\n"))

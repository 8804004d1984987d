"""The kernel that the boot loader starts next."""

from __future__ import annotations

import pytest

from linuxready.host import Unreadable
from linuxready.readers import bootloader
from linuxready.readers.bootloader import parse_grub2, parse_legacy

from ..machines import FakeHost

LEGACY = """\
# grub.conf
default={default}
timeout=5
title Red Hat Enterprise Linux (2.6.32-642.el6.x86_64)
\troot (hd0,0)
\tkernel /vmlinuz-2.6.32-642.el6.x86_64 ro root=/dev/mapper/vg-root
\tinitrd /initramfs-2.6.32-642.el6.x86_64.img
title Red Hat Enterprise Linux (2.6.32-573.el6.x86_64)
\tkernel /boot/vmlinuz-2.6.32-573.el6.x86_64 ro
title Windows
\tchainloader +1
"""


def legacy(default: str, path: str = "/boot/grub/grub.conf") -> FakeHost:
    return FakeHost({path: LEGACY.replace("default={default}", default)})


@pytest.mark.parametrize(
    ("default", "release", "line"),
    [
        ("default=0", "2.6.32-642.el6.x86_64", 6),
        ("default=1", "2.6.32-573.el6.x86_64", 9),
        ("default 1", "2.6.32-573.el6.x86_64", 9),
        ("  default = 1", "2.6.32-573.el6.x86_64", 9),
        ("#default=1", "2.6.32-642.el6.x86_64", 6),
    ],
)
@pytest.mark.parametrize("path", ["/boot/grub/grub.conf", "/boot/grub/menu.lst", "/etc/grub.conf"])
def test_grub_legacy(default: str, release: str, line: int, path: str) -> None:
    found = bootloader.read(legacy(default, path))
    assert (found.release, found.evidence.source) == (release, f"{path}:{line}")
    assert found.evidence.text.startswith("kernel /")


@pytest.mark.parametrize("default", ["default=2", "default=9"])
def test_a_default_without_a_linux_kernel_is_unreadable(default: str) -> None:
    with pytest.raises(Unreadable, match="names no kernel"):
        bootloader.read(legacy(default))


def test_a_saved_default_of_grub_legacy_is_not_the_first_entry() -> None:
    """`default saved` is what /boot/grub/default holds, which is not read."""
    with pytest.raises(Unreadable):
        bootloader.read(legacy("default=saved"))


def test_entries_of_grub_legacy() -> None:
    assert [(entry.names, entry.release, entry.line) for entry in parse_legacy(LEGACY)] == [
        (("0", "Red Hat Enterprise Linux (2.6.32-642.el6.x86_64)"), "2.6.32-642.el6.x86_64", 6),
        (("1", "Red Hat Enterprise Linux (2.6.32-573.el6.x86_64)"), "2.6.32-573.el6.x86_64", 9),
        (("2", "Windows"), None, 10),
    ]


GRUB2 = """\
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
else
   set default="DEFAULT"
fi
function savedefault {
  if [ -z "${boot_once}" ]; then
    saved_entry="${chosen}"
  fi
}
menuentry 'CentOS (3.10.0-327) 7' --class centos $menuentry_id_option 'gnulinux-327-advanced' {
\tload_video
\tif [ x$feature = xy ]; then
\t  search --hint='hd0,msdos1'
\tfi
\tlinux16 /vmlinuz-3.10.0-327.el7.x86_64 root=/dev/sda2 ro
\tinitrd16 /initramfs.img
}
submenu 'Advanced options' --id 'advanced' {
\tmenuentry "CentOS (3.10.0-229) 7" --id old {
\t\tlinux /vmlinuz-3.10.0-229.el7.x86_64 ro
\t}
\tmenuentry 'recovery' {
\t\tlinuxefi /boot/vmlinuz-3.10.0-123.el7.x86_64 ro single
\t}
}
menuentry 'memtest' {
\tlinux16 /memtest86
}
menuentry 'last' {
\tlinux /vmlinuz-4.4.0 ro
}
"""
FIRST, OLD, RECOVERY, LAST = (
    "3.10.0-327.el7.x86_64",
    "3.10.0-229.el7.x86_64",
    "3.10.0-123.el7.x86_64",
    "4.4.0",
)


def grub2(default: str, grubenv: str | None = None) -> FakeHost:
    files: dict[str, str | bytes] = {"/boot/grub2/grub.cfg": GRUB2.replace("DEFAULT", default)}
    if grubenv is not None:
        files["/boot/grub2/grubenv"] = f"# GRUB Environment Block\n{grubenv}\n####"
    return FakeHost(files)


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("0", FIRST),
        ("CentOS (3.10.0-327) 7", FIRST),
        ("gnulinux-327-advanced", FIRST),
        ("1>0", OLD),
        ("1>old", OLD),
        ("1>CentOS (3.10.0-229) 7", OLD),
        ("Advanced options>CentOS (3.10.0-229) 7", OLD),
        ("advanced>old", OLD),
        ("Advanced options>1", RECOVERY),
        ("1>recovery", RECOVERY),
        ("3", LAST),
        ("last", LAST),
    ],
)
def test_grub2_by_number_title_and_id(name: str, release: str) -> None:
    assert bootloader.read(grub2(name)).release == release
    assert bootloader.read(grub2("${saved_entry}", f"saved_entry={name}")).release == release


def test_the_evidence_is_the_line_of_the_kernel() -> None:
    found = bootloader.read(grub2("0"))
    assert found.evidence.source == "/boot/grub2/grub.cfg:20"
    assert found.evidence.text == "linux16 /vmlinuz-3.10.0-327.el7.x86_64 root=/dev/sda2 ro"


def test_the_last_default_counts() -> None:
    """grub.cfg is a script: what /etc/grub.d/41_custom sets comes after what 00_header did."""
    host = grub2("0")
    host.files["/boot/grub2/grub.cfg"] += b'set default="1>0"\n'
    assert bootloader.read(host).release == OLD


@pytest.mark.parametrize("grubenv", [None, "", "next_entry=", "saved_entry="])
def test_without_a_saved_entry_the_first_one_is_started(grubenv: str | None) -> None:
    assert bootloader.read(grub2("${saved_entry}", grubenv)).release == FIRST


def test_an_entry_for_the_next_boot_only_is_what_starts_next() -> None:
    assert bootloader.read(grub2("${saved_entry}", "next_entry=1>0\nsaved_entry=0\n")).release != FIRST


@pytest.mark.parametrize(
    ("default", "release"), [("gone", FIRST), ("9", FIRST), ("gone>9", FIRST), ("1>9", OLD), ("1", OLD)]
)
def test_in_place_of_a_default_that_is_gone_grub_starts_the_first_entry(default: str, release: str) -> None:
    """As GRUB 2 does ("fall back to the first entry"): of the submenu, where that is there."""
    assert bootloader.read(grub2(default)).release == release


@pytest.mark.parametrize("default", ["2", "memtest"])
def test_a_default_that_names_no_kernel_is_unreadable(default: str) -> None:
    with pytest.raises(Unreadable, match="names no kernel"):
        bootloader.read(grub2(default))


def test_entries_of_grub2_have_every_name() -> None:
    entries = parse_grub2(GRUB2)
    assert [entry.release for entry in entries] == [FIRST, OLD, RECOVERY, None, LAST]
    assert entries[0].names == ("0", "CentOS (3.10.0-327) 7", "gnulinux-327-advanced")
    assert "1>0" in entries[1].names
    assert entries[4].names == ("3", "last")


@pytest.mark.parametrize(
    "text", ["}\n}\n", "menuentry 'x' {", "submenu 'a' {\n" * 9, "menuentry {\n linux /vmlinuz-1\n}"]
)
def test_broken_menus_do_no_harm(text: str) -> None:
    assert all(entry.release is None for entry in parse_grub2(text))


BLS_CFG = 'set default="${saved_entry}"\ninsmod blscfg\nblscfg\n'
BLS_ENTRY = "title CentOS\nversion 4.18.0-80.el8.x86_64\nlinux /vmlinuz-4.18.0-80.el8.x86_64\ninitrd /x\n"


def bls(grubenv: str, grub_cfg: str = BLS_CFG) -> FakeHost:
    return FakeHost(
        {
            "/boot/grub2/grub.cfg": grub_cfg,
            "/boot/grub2/grubenv": grubenv,
            "/boot/loader/entries/abc-4.18.0-80.el8.x86_64.conf": BLS_ENTRY,
        }
    )


def test_entries_as_files() -> None:
    found = bootloader.read(bls("saved_entry=abc-4.18.0-80.el8.x86_64\n"))
    assert found.release == "4.18.0-80.el8.x86_64"
    assert found.evidence.source == "/boot/loader/entries/abc-4.18.0-80.el8.x86_64.conf"


def test_entries_as_files_beside_a_menu_entry_for_the_firmware() -> None:
    menu = BLS_CFG + "menuentry 'UEFI Firmware Settings' {\n\tfwsetup\n}\n"
    found = bootloader.read(bls("saved_entry=abc-4.18.0-80.el8.x86_64\n", menu))
    assert found.release == "4.18.0-80.el8.x86_64"


@pytest.mark.parametrize(
    ("grubenv", "grub_cfg", "release"),
    [
        ("", BLS_CFG, "4.18.0-305.10.2.el8_4.x86_64"),
        ("saved_entry=0\n", BLS_CFG, "4.18.0-305.10.2.el8_4.x86_64"),
        ("saved_entry=2\n", BLS_CFG, "4.18.0-80.el8.x86_64"),
        ("", 'set default="1"\ninsmod blscfg\nblscfg\n', "4.18.0-305.3.1.el8.x86_64"),
    ],
)
def test_entries_by_number_are_newest_first(grubenv: str, grub_cfg: str, release: str) -> None:
    host = bls(grubenv, grub_cfg)
    for other in ("4.18.0-305.3.1.el8.x86_64", "4.18.0-305.10.2.el8_4.x86_64"):
        host.files[f"/boot/loader/entries/abc-{other}.conf"] = f"linux /vmlinuz-{other}\n".encode()
    host.files["/boot/loader/entries/abc-0-rescue.conf"] = b"linux /vmlinuz-0-rescue-abc\n"
    host.files["/boot/loader/entries/notes.txt"] = b"linux /vmlinuz-9\n"
    found = bootloader.read(host)
    assert (found.release, found.evidence.source) == (release, f"/boot/loader/entries/abc-{release}.conf")


@pytest.mark.parametrize(
    ("saved", "release"),
    [("7", "5.14.0-2.el9.x86_64"), ("gone", "5.14.0-2.el9.x86_64"), ("CentOS", "4.18.0-80.el8.x86_64")],
)
def test_an_entry_file_by_title_and_in_place_of_one_that_is_gone(saved: str, release: str) -> None:
    host = bls(f"saved_entry={saved}\n")
    host.files["/boot/loader/entries/abc-5.14.0-2.el9.x86_64.conf"] = (
        b"title Other\nlinux /vmlinuz-5.14.0-2.el9.x86_64\n"
    )
    assert bootloader.read(host).release == release


def test_no_boot_loader_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no boot loader configuration"):
        bootloader.read(FakeHost())


def test_a_file_that_may_not_be_read_is_not_replaced_by_another() -> None:
    host = legacy("default=0")
    host.files["/boot/grub2/grub.cfg"] = b""
    host.denied = ("/boot/grub2/grub.cfg",)
    with pytest.raises(Unreadable, match="permission denied"):
        bootloader.read(host)


def test_numbers_of_thousands_of_digits_are_no_kernels_and_no_defaults() -> None:
    """Python refuses to make a number of more than 4,300 digits."""
    host = grub2("9" * 5000)
    assert bootloader.read(host).release == FIRST
    host.files["/boot/grub2/grub.cfg"] += b"insmod blscfg\n"
    host.files["/boot/loader/entries/a.conf"] = b"linux /vmlinuz-5.14.0-" + b"8" * 5000
    assert bootloader.read(host).release == FIRST

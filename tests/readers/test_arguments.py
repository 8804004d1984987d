"""The arguments that kernels are started with."""

from __future__ import annotations

import pytest

from linuxready.facts import KernelArguments
from linuxready.host import Unreadable
from linuxready.readers import arguments

from ..machines import FakeHost

ROOT = "root=/dev/mapper/rhel-root"


def found(**files: str) -> list[tuple[str, tuple[str, ...], bool]]:
    host = FakeHost({path.replace("__", "/"): text for path, text in files.items()})
    return [(a.evidence.source, a.words, a.running) for a in arguments.read(host)]


@pytest.mark.parametrize(
    ("path", "text", "line", "words"),
    [
        (
            "/boot/grub2/grub.cfg",
            f"x\n\tlinux16 /vmlinuz-3 {ROOT} ro rd.lvm.lv=rhel/root quiet\n",
            2,
            (ROOT, "rd.lvm.lv=rhel/root"),
        ),
        ("/boot/grub/grub.cfg", "\tlinux\t/boot/vmlinuz-6 root=UUID=1 ro\n", 1, ("root=UUID=1",)),
        (
            "/boot/grub2/grub.cfg",
            "linuxefi /vmlinuz-4 root=LABEL=x resume=/dev/sda2\n",
            1,
            ("root=LABEL=x", "resume=/dev/sda2"),
        ),
        ("/boot/grub/menu.lst", "title x\n  kernel (hd0,0)/vmlinuz root=/dev/sda1\n", 2, ("root=/dev/sda1",)),
        ("/boot/grub/grub.conf", "\tkernel /vmlinuz ro rd_LVM_LV=vg/lv acpi=0\n", 1, ("rd_LVM_LV=vg/lv", "acpi=0")),
        ("/etc/default/grub", 'GRUB_CMDLINE_LINUX="acpi=0 rd.lvm.lv=a/b"\n', 1, ("acpi=0", "rd.lvm.lv=a/b")),
        ("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='resume=/dev/sda2 quiet'\n", 1, ("resume=/dev/sda2",)),
        ("/boot/grub2/grubenv", f"saved_entry=x\nkernelopts={ROOT} ro \n", 2, (ROOT,)),
        ("/boot/loader/entries/a-1.conf", f"linux /vmlinuz\noptions {ROOT} ro\n", 2, (ROOT,)),
    ],
)
def test_lines_with_arguments(path: str, text: str, line: int, words: tuple[str, ...]) -> None:
    assert found(**{path: text}) == [(f"{path}:{line}", words, False)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/boot/grub/grub.conf", "#\tkernel /vmlinuz root=/dev/sda1\n"),
        ("/boot/grub2/grub.cfg", "set root='hd0,msdos1'\nsearch --set=root x\nlinux16 /memtest86+.bin\n"),
        ("/boot/grub2/grub.cfg", "# linux /vmlinuz root=/dev/sda1\n"),
        ("/etc/default/grub", '#GRUB_CMDLINE_LINUX="root=/dev/sda1"\nGRUB_DEFAULT=0\n'),
        ("/boot/loader/entries/a.conf.rpmsave", "options root=/dev/sda1\n"),
        ("/boot/loader/entries/a.conf", "options $kernelopts $tuned_params password=secret\n"),
    ],
)
def test_lines_without(path: str, text: str) -> None:
    assert found(**{path: text, "/proc/cmdline": "quiet"}) == [("/proc/cmdline", (), True)]


def test_the_running_kernels_own_come_first_and_secrets_are_left() -> None:
    (first, *others) = arguments.read(
        FakeHost({"/proc/cmdline": f"BOOT_IMAGE=x {ROOT} token=secret acpi=0\n", "/etc/default/grub": ""})
    )
    assert isinstance(first, KernelArguments)
    assert (first.words, first.running, others) == ((ROOT, "acpi=0"), True, [])
    assert "secret" not in repr(first)


def test_a_file_by_two_paths_is_read_once() -> None:
    host = FakeHost(
        {"/boot/grub2/grub.cfg": "linux /vmlinuz root=/dev/sda1\n"}, links={"/etc/grub2.cfg": "../boot/grub2/grub.cfg"}
    )
    assert len(arguments.read(host)) == 1


def test_many_lines_are_bounded() -> None:
    assert len(found(**{"/boot/grub/grub.cfg": "linux /v root=/dev/sda1\n" * 5000})) == arguments.MAX_LINES


def test_nothing_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="neither the kernel's command line nor"):
        arguments.read(FakeHost({"/etc/hosts": ""}))


def test_what_may_not_be_read_is_not_silently_left_out() -> None:
    host = FakeHost({"/proc/cmdline": "quiet", "/boot/grub2/grub.cfg": ""}, denied=("/boot/grub2/grub.cfg",))
    with pytest.raises(Unreadable, match="run as root"):
        arguments.read(host)


def test_menu_lst_beside_grub_cfg_is_a_leftover() -> None:
    """Debian and SLES leave it behind when they go from GRUB legacy to GRUB 2; the agent asks grub.cfg first, too."""
    old = {"/boot/grub/menu.lst": "title x\nkernel /vmlinuz root=/dev/hda1\n"}
    new = {"/boot/grub/grub.cfg": "linux /vmlinuz root=UUID=1\n"}
    assert [words for _, words, _ in found(**old, **new)] == [("root=UUID=1",)]
    assert [words for _, words, _ in found(**old)] == [("root=/dev/hda1",)]


def test_the_environment_may_be_unreadable_where_nothing_uses_it() -> None:
    """As supportconfig leaves it out; its kernelopts count where an entry says `$kernelopts`."""
    files: dict[str, str | bytes] = {
        "/boot/grub2/grub.cfg": "linux /vmlinuz root=/dev/sda2 acpi=0\n",
        "/boot/grub2/grubenv": "kernelopts=acpi=0\n",
    }
    host = FakeHost(files, denied=("/boot/grub2/grubenv",))
    assert [line.words for line in arguments.read(host)] == [("root=/dev/sda2", "acpi=0")]
    files["/boot/loader/entries/a.conf"] = "options $kernelopts\n"
    with pytest.raises(Unreadable, match="grubenv"):
        arguments.read(FakeHost(files, denied=("/boot/grub2/grubenv",)))

"""The arguments that kernels are started with: the running one's, and those in the boot loader's files.

    /proc/cmdline                 BOOT_IMAGE=/vmlinuz-… root=/dev/mapper/rhel-root ro rd.lvm.lv=rhel/root
    /boot/grub2/grub.cfg          linux16 /vmlinuz-3.10.0-327.el7.x86_64 root=UUID=… ro
    /boot/grub/menu.lst           kernel /boot/vmlinuz-3.0.101-63-default root=/dev/sda2 resume=/dev/sda1
    /boot/loader/entries/*.conf   options $kernelopts $tuned_params
    /boot/grub2/grubenv           kernelopts=root=/dev/mapper/rhel-root ro …
    /etc/default/grub             GRUB_CMDLINE_LINUX="rd.lvm.lv=rhel/root"

Source: kernel Documentation/admin-guide/kernel-parameters, dracut.cmdline(7), the Boot Loader Specification.
"""

from __future__ import annotations

import re

from linuxready.facts import Evidence, KernelArguments
from linuxready.host import Absent, Host, Unreadable
from linuxready.readers.bootloader import BLS, GRUB2, GRUBENV, LEGACY
from linuxready.text import shortened

CMDLINE = "/proc/cmdline"
DEFAULTS = "/etc/default/grub"

KEPT = ("root=", "resume=", "rd.lvm.lv=", "rd_LVM_LV=", "acpi=")
"""The arguments that anything is made of; others may be secrets, and are left."""

MAX_LINES = 200
MAX_WORDS = 40

LINES = (
    (GRUB2, re.compile(r"\s*linux(?:16|efi)?\s+(?P<words>\S.*)")),
    (LEGACY, re.compile(r"\s*kernel\s+(?P<words>\S.*)")),
    (GRUBENV, re.compile(r"kernelopts=(?P<words>.*)")),
    ((DEFAULTS,), re.compile(r"\s*GRUB_CMDLINE_LINUX\w*=(?P<words>.*)")),
)
"""Files, and what a line of theirs that has arguments looks like."""


def read(host: Host) -> tuple[KernelArguments, ...]:
    """All lines that say root=, resume=, rd.lvm.lv= or acpi=; raises Unreadable where no file of any kind is there.

    Beside a grub.cfg, GRUB legacy's files are leftovers of an upgrade: nothing starts by them. GRUB's environment may
    be unreadable where nothing uses its `kernelopts`; so may, of a captured machine, another name of one that was read.
    """
    found: list[KernelArguments] = []
    seen = 0
    try:
        words = host.text(CMDLINE).split()
        found.append(KernelArguments(Evidence(CMDLINE, shortened(" ".join(_kept(words)))), _kept(words), running=True))
        seen += 1
    except Absent:
        pass
    real_paths: set[str] = set()
    uses_environment, gap = False, None
    for paths, pattern in (*LINES, (_entries(host), re.compile(r"options\s+(?P<words>.*)"))):
        if paths == LEGACY and any(host.mode(path) is not None for path in GRUB2):
            continue
        another_read = False
        for path in paths:
            try:
                if (real := host.real_path(path)) in real_paths:
                    continue
                real_paths.add(real)
                text = host.text(path)
            except Absent:
                continue
            except Unreadable as error:
                if paths == GRUBENV:
                    gap = error
                elif host.whole or not another_read or paths not in (GRUB2, LEGACY):
                    raise
                continue
            found += parse(text, path, pattern)
            uses_environment = uses_environment or re.search(r"\$\{?kernelopts\b", text) is not None
            another_read = True
            seen += 1
    if gap and uses_environment:
        raise gap
    if not seen:
        raise Unreadable("neither the kernel's command line nor a boot loader's configuration is there")
    return tuple(found[:MAX_LINES])


def parse(text: str, path: str, pattern: re.Pattern[str]) -> list[KernelArguments]:
    """The lines of a file that match and have an argument that is kept."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = pattern.match(line)
        words = _kept(match["words"].replace('"', " ").replace("'", " ").split()) if match else ()
        if words:
            found.append(KernelArguments(Evidence(f"{path}:{number}", shortened(" ".join(words))), words))
    return found


def _kept(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word.startswith(KEPT))[:MAX_WORDS]


def _entries(host: Host) -> tuple[str, ...]:
    try:
        return tuple(f"{BLS}/{name}" for name in host.entries(BLS) if name.endswith(".conf"))
    except Absent:
        return ()

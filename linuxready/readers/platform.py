"""Where we look from: the user, and whether a container stands between us and the machine.

    /run/systemd/container      docker     (systemd-nspawn, podman, lxc write it)
    /proc/1/environ             container=lxc
    /.dockerenv, /run/.containerenv        Docker's and Podman's marks
    /proc/vz without /proc/bc              inside an OpenVZ container
    /proc/2/comm                kthreadd   a kernel thread: seen only where no container is between
    /sys/firmware/efi/efivars/SecureBoot-8be4df61-…    four bytes of attributes, then 0 or 1
    /proc/sys/crypto/fips_enabled                      1: only cryptography that FIPS 140 allows

Docker's mark stays behind in machines that were built from an image, so the kernel's thread is asked first.
Source: systemd-detect-virt(1) and https://systemd.io/CONTAINER_INTERFACE.
"""

from __future__ import annotations

from contextlib import suppress

from linuxready.facts import Hardware
from linuxready.host import Absent, Host, Unreadable

DMI = "/sys/class/dmi/id"

GLOBAL_VARIABLES = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
SECURE_BOOT = {
    f"/sys/firmware/efi/efivars/SecureBoot-{GLOBAL_VARIABLES}": 5,
    f"/sys/firmware/efi/vars/SecureBoot-{GLOBAL_VARIABLES}/data": 1,
}
"""The variable as efivarfs shows it, and as kernels before 3.10 do, to its length; the value is the last byte."""


def read_uid(host: Host) -> int:
    """The effective user id that looks; 0 is root."""
    uid: int = host.told("uid")
    return uid


def read_container(host: Host) -> str:
    """The container's kind, "" outside of one."""
    with suppress(Unreadable):
        if host.text("/proc/2/comm").strip() == "kthreadd":
            return ""
    with suppress(Unreadable):
        word = host.text("/run/systemd/container").strip()
        if word:
            return word
    with suppress(Unreadable):
        for word in host.text("/proc/1/environ").split("\0"):
            if word.startswith("container="):
                return word.removeprefix("container=")
    for path, name in (("/.dockerenv", "docker"), ("/run/.containerenv", "podman")):
        if host.mode(path) is not None:
            return name
    if host.mode("/proc/vz") is not None and host.mode("/proc/bc") is None:
        return "openvz"
    return ""


def read_hardware(host: Host) -> Hardware:
    """The machine as DMI names it; a paravirtual Xen guest, which has none, by its hypervisor."""
    try:
        vendor = host.text(f"{DMI}/sys_vendor").strip()
    except Absent as error:
        with suppress(Unreadable):
            return Hardware(host.text("/sys/hypervisor/type").strip(), "")
        raise Unreadable("what the machine is was not seen: no DMI (/sys/class/dmi/id)") from error
    product = ""
    with suppress(Unreadable):
        product = host.text(f"{DMI}/product_name").strip()
    return Hardware(vendor, product)


def read_firmware(host: Host) -> str:
    """efi or bios, by what the kernel was booted from."""
    if host.mode("/sys/firmware") is None:
        raise Unreadable("the firmware was not seen: no /sys/firmware")
    return "bios" if host.mode("/sys/firmware/efi") is None else "efi"


def read_secure_boot(host: Host) -> bool:
    """Whether the firmware verified what it booted; a BIOS never does. Raises Unreadable where that was not seen."""
    if read_firmware(host) == "bios":
        return False
    for path, length in SECURE_BOOT.items():
        with suppress(Absent):
            value = host.read(path)
            if len(value) == length and value[-1:] in (b"\0", b"\1"):
                return value[-1:] == b"\1"
            raise Unreadable(f"{path}: {len(value)} bytes that are no answer")
    if host.mode("/sys/firmware/efi/efivars") is None and host.mode("/sys/firmware/efi/vars") is None:
        raise Unreadable("booted by UEFI, whose variables are not to be seen (no /sys/firmware/efi/efivars)")
    if not _any_entry(host, "/sys/firmware/efi/efivars") and not _any_entry(host, "/sys/firmware/efi/vars"):
        raise Unreadable("booted by UEFI, whose variables are not to be seen (efivarfs is not mounted)")
    return False


def _any_entry(host: Host, folder: str) -> bool:
    with suppress(Absent):
        return bool(host.entries(folder))
    return False


def read_fips(host: Host) -> bool:
    """Whether the kernel allows FIPS 140's cryptography only; a kernel without the switch does not."""
    try:
        return host.text("/proc/sys/crypto/fips_enabled").strip() == "1"
    except Absent:
        if host.mode("/proc/sys/kernel") is None:
            raise Unreadable("whether FIPS mode is on was not seen: no /proc/sys") from None
        return False

"""The kernel's drivers: their folder, and Hyper-V's among them."""

from collections.abc import Iterator
from typing import ClassVar

from linuxready.facts import Evidence, Facts, Initramfs, KernelModules, UnknownFact
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, command, hint

BUILT_IN = "built-in"


class ModulesFolder(Requirement, frozen=True, tag="modules-folder"):
    """/lib/modules has the running kernel's drivers."""

    reads: ClassVar[tuple[str, ...]] = ("kernel_modules", "kernel")
    explain: ClassVar[str] = """\
The agent asks for /lib/modules/<uname -r>/kernel/drivers/char. It is gone where the running kernel's package was
removed or replaced before the machine was booted anew. What starts next is judged as well, and warned about.
Where no kernel runs, as on a mounted disk image, that one alone is judged, and nothing passes."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        kernels = facts.kernel_modules.known()
        if facts.kernel.value is None:
            yield _not_running(facts, kernels)
        for number, modules in enumerate(kernels, 0 if facts.kernel.value else 1):
            folder = f"{modules.folder}/kernel/drivers/char"
            if modules.complete:
                yield Answer("pass", modules.folder, "", (Evidence(folder, "there"),))
                continue
            advice = hint(f"install the package of {modules.release} again, or boot a kernel that is installed whole")
            found = f"no {folder}" if not number else f"after the next boot: no {folder}"
            yield Answer("fail" if not number else "warn", found, "", (Evidence(folder, "not there"),), (advice,))


class HypervDrivers(Requirement, frozen=True, tag="hyperv-drivers"):
    """Each kernel has Hyper-V's drivers, as modules or built in.

    `initramfs_decides`: releases whose initial file system must have the disks' driver; that of others is rebuilt by
    the failover, so there it warns.
    """

    drivers: tuple[str, ...]
    initramfs_decides: dict[str, tuple[str, ...]]

    reads: ClassVar[tuple[str, ...]] = ("kernel_modules", "kernel", "initramfs", "release", "agent_programs")
    explain: ClassVar[str] = """\
hv_vmbus, hv_storvsc and hv_netvsc are looked up in modules.dep and modules.builtin of the running kernel, and of the
one that starts next: in Azure a kernel finds neither disk nor network without them. Then the initial file system
(initramfs-R.img, initrd.img-R, initrd-R in /boot) is asked for hv_storvsc, unless it is built in: the names in its cpio
archives are read, behind early microcode and through gzip, xz, lzma and bzip2, up to the end of the modules' folder.
The agent itself asks for it on RHEL and CentOS 5 and 6, and there its absence fails. Elsewhere the failover builds the
initramfs anew, so its absence warns, and at most 2 MiB are unpacked to find it: most are larger. One packed by zstd is
read by Python 3.14 or newer only, one by lz4 or lzo never. Where it was not read, modules.dep alone decides, and the
finding says so; on RHEL and CentOS 5 and 6 the answer is then unknown. `lsinitrd` or `lsinitramfs` shows it.
Where no kernel runs, as on a mounted disk image, the one that starts next decides a failure, and nothing passes."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        kernels = facts.kernel_modules.known()
        initial = {found.release: found for found in facts.initramfs.value or ()}
        if facts.kernel.value is None:
            yield _not_running(facts, kernels)
        for number, modules in enumerate(kernels):
            answers = list(self._modules(modules))
            if all(answer.status == "pass" for answer in answers):
                answers += self._initramfs(modules, initial.get(modules.release), facts)
            for answer in answers:
                yield answer if not number else _later(answer)

    def _modules(self, modules: KernelModules) -> Iterator[Answer]:
        try:
            drivers = modules.drivers.known()
        except UnknownFact as reason:
            advice = hint(
                f"see `find {modules.folder} -name 'hv_*'`; `depmod {modules.release}` makes modules.dep anew"
            )
            yield Answer("unknown", str(reason), modules.release, (Evidence(modules.folder, str(reason)),), (advice,))
            return
        for driver in self.drivers:
            where = drivers.get(driver, "")
            if where == BUILT_IN:
                yield Answer("pass", "built in", driver, (Evidence(f"{modules.folder}/modules.builtin", driver),))
            elif where:
                yield Answer("pass", "module", driver, (Evidence(f"{modules.folder}/modules.dep", where),))
            else:
                seen = Evidence(f"{modules.folder}/modules.dep", f"no {driver}, nor in modules.builtin")
                advice = hint("update the kernel to one with Hyper-V's drivers, or install Linux Integration Services")
                yield Answer("fail", f"not among the drivers of {modules.release}", driver, (seen,), (advice,))

    def _initramfs(self, modules: KernelModules, initial: Initramfs | None, facts: Facts) -> Iterator[Answer]:
        if initial is None:
            if facts.initramfs.value is None:
                yield self._unread(modules.release, str(facts.initramfs.unknown), facts)
            return
        try:
            drivers = initial.drivers.known()
        except UnknownFact as reason:
            yield self._unread(initial.path or initial.release, str(reason), facts)
            return
        for driver, there in drivers.items():
            evidence = (Evidence(initial.path, f"{'has' if there else 'has no'} {driver}"),)
            if there:
                yield Answer("pass", "in the initramfs", driver, evidence)
            elif self._decides(facts):
                yield Answer("fail", "not in the initramfs", driver, evidence, _rebuild(initial, facts))
            else:
                found = "not in the initramfs, which a failover builds anew"
                yield Answer("warn", found, driver, evidence, _rebuild(initial, facts))

    def _unread(self, item: str, reason: str, facts: Facts) -> Answer:
        evidence = (Evidence(item, reason),)
        if self._decides(facts):
            advice = hint(f"run linuxready as root; or see `lsinitrd {item} | grep hv_storvsc`")
            return Answer("unknown", reason, "initramfs", evidence, (advice,))
        return Answer("pass", f"not read ({reason}): modules.dep decides", "initramfs", evidence)

    def _decides(self, facts: Facts) -> bool:
        release = facts.release.value
        return release is not None and release.version.partition(".")[0] in self.initramfs_decides.get(release.id, ())


def _not_running(facts: Facts, kernels: tuple[KernelModules, ...]) -> Answer:
    """Of a machine that does not run, only what it would boot is known."""
    named = ", ".join(modules.release for modules in kernels)
    found = f"{facts.kernel.unknown}; looked at is what boots next, {named}"
    seen = tuple(Evidence(modules.folder, "looked at") for modules in kernels)
    return Answer("unknown", found, "", seen, (hint("run linuxready on the machine itself, as root"),))


def _later(answer: Answer) -> Answer:
    """An answer about the kernel that starts next, which only warns."""
    if answer.status == "pass":
        return answer
    return Answer("warn", f"after the next boot: {answer.found}", answer.item, answer.evidence, answer.remedies)


def _rebuild(initial: Initramfs, facts: Facts) -> tuple[Remedy, ...]:
    """How this machine's initial file system is made anew with the driver in it."""
    programs = facts.agent_programs.value.programs if facts.agent_programs.value else {}
    if programs.get("dracut"):
        drivers = '"hv_vmbus hv_storvsc hv_netvsc"'
        return (command(f"dracut -f --add-drivers {drivers} {initial.path} {initial.release}"),)
    if programs.get("update-initramfs"):
        listed = command("printf 'hv_vmbus\\nhv_storvsc\\nhv_netvsc\\n' >> /etc/initramfs-tools/modules")
        return (listed, command(f"update-initramfs -u -k {initial.release}"))
    if programs.get("mkinitrd"):
        return (hint(f"make {initial.path} anew by mkinitrd, with hv_vmbus, hv_storvsc and hv_netvsc"),)
    return (hint(f"make {initial.path} anew with hv_vmbus, hv_storvsc and hv_netvsc"),)

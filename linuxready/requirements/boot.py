"""What starts at boot: the SSH server."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec.structs import replace

from linuxready.facts import Facts, Service, Software
from linuxready.report import Remedy
from linuxready.requirements.base import Answer, Requirement, command, edit, hint

INSTALL = {
    "dnf": ("dnf install openssh-server", "sshd"),
    "yum": ("yum install openssh-server", "sshd"),
    "zypper": ("zypper install openssh", "sshd"),
    "apt-get": ("apt-get install openssh-server", "ssh"),
}
"""By package manager, the first that is there: how the server is installed, and what it is called then."""

SAID = {
    "not-installed": "the SSH server is not installed",
    "disabled": "{unit} does not start at boot ({boots_to})",
    "masked": "{unit} is masked",
    "not-executable": "the script of {unit} is not executable",
    "not-to-be-run": "{unit} is kept from starting",
    "bond": "{unit} is bound to a unit that is masked or not there",
    "not-loadable": "{unit} is no unit that systemd loads",
    "no-service": "{unit} has no service to hand connections to",
}


class SshAtBoot(Requirement, frozen=True, tag="ssh-at-boot"):
    """The SSH server starts at boot, by service or by socket."""

    explain: ClassVar[str] = """\
Decided by the files that the init system itself reads at the next boot, not by what `is-enabled` says.
systemd: everything default.target pulls in, by links in .wants and .requires folders, by units and drop-ins; a mask
wins, links under /run are lost at reboot, a socket counts where its service is there. SysV: a start link of the
default runlevel (/etc/inittab) to an executable script. Upstart: `start on`, unless `manual` follows, in the job or
its override. /etc/ssh/sshd_not_to_be_run stops it on Debian and Ubuntu.
Where the default target or runlevel is not known, the answer is unknown. A target or runlevel that the boot loader
gives on the kernel's command line is not looked at."""

    def judge(self, facts: Facts) -> Iterator[Answer]:
        ssh = facts.ssh.known()
        if ssh.starts_at_boot:
            yield Answer("pass", f"{ssh.unit} starts at boot ({ssh.boots_to})", evidence=ssh.evidence)
            return
        found = SAID[ssh.obstacle or "disabled"].format(unit=ssh.unit, boots_to=ssh.boots_to)
        yield Answer("fail", found, evidence=ssh.evidence, remedies=remedies(ssh, facts.software.value))


def remedies(ssh: Service, software: Software | None) -> tuple[Remedy, ...]:
    """The commands that mend what is in the way, with the tools this machine has."""
    programs = software.programs if software else {}
    match ssh.obstacle:
        case "not-installed":
            known = next((how for manager, how in INSTALL.items() if programs.get(manager)), None)
            if known is None:
                return (hint("install the OpenSSH server, and let it start at boot"),)
            unit = known[1] + (".service" if ssh.init == "systemd" else "")
            return (command(known[0]), *_enable(replace(ssh, unit=unit), programs))
        case "masked":
            return (command(f"systemctl unmask {ssh.unit}"), *_enable(ssh, programs))
        case "not-executable":
            return (command(f"chmod +x /etc/init.d/{ssh.unit}"),)
        case "not-to-be-run":
            return (_undo_condition(ssh),)
        case "bond":
            return (hint(f"install or unmask what stands there: {ssh.evidence[0].text}"),)
        case "not-loadable":
            return (hint(f"restore {ssh.evidence[0].source} from its package"),)
        case "no-service":
            return (hint(f"install or unmask the service of {ssh.unit}, or enable the service itself"),)
    return _enable(ssh, programs)


def _enable(ssh: Service, programs: dict[str, tuple[str, ...]]) -> tuple[Remedy, ...]:
    if ssh.init == "systemd":
        enable = command(f"systemctl enable {ssh.unit}")
        usual = ssh.boots_to in ("multi-user.target", "graphical.target", "")
        return (enable,) if usual else (command("systemctl set-default multi-user.target"), enable)
    if ssh.boots_to and ssh.boots_to.rpartition(" ")[2] not in "2345":
        return (
            edit("in /etc/inittab, boot to runlevel 3: id:3:initdefault:"),
            *_switch_on(ssh, programs),
        )
    return _switch_on(ssh, programs)


def _switch_on(ssh: Service, programs: dict[str, tuple[str, ...]]) -> tuple[Remedy, ...]:
    job = ssh.evidence[-1].source.partition(":")[0] if ssh.evidence else ""
    if job.endswith(".override"):
        return (hint(f"remove `manual` from {job}"),)
    if job.startswith("/etc/init/"):
        return (hint(f"let {job} have `start on runlevel [2345]`, and no `manual` behind it"),)
    if programs.get("update-rc.d"):
        return (command(f"update-rc.d {ssh.unit} defaults"),)
    return (command(f"chkconfig {ssh.unit} on"),)


def _undo_condition(ssh: Service) -> Remedy:
    if any("sshd_not_to_be_run" in e.source + e.text for e in ssh.evidence):
        return command("rm /etc/ssh/sshd_not_to_be_run")
    return hint(f"make the condition of {ssh.unit} hold: {ssh.evidence[0].text}")

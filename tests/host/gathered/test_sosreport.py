"""A sosreport's own words: its version and plugins, outputs by the names that sos makes of commands, gaps and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linuxready.facts import UNSEEN_LINK
from linuxready.host import Absent, Unreadable
from linuxready.host.gathered import COULD_BE_LINKS
from linuxready.host.gathered.gatheredhost import GatheredHost
from linuxready.host.gathered.sosreport import Sosreport, wanted
from linuxready.readers import bootloader, hosts, network, services
from linuxready.readers.firewall import now
from linuxready.ruleset import Ruleset

PLUGINS = "filesys general kernel networking ssh rpm"


class Folder:
    """A report's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "sos_commands").mkdir()

    def add(self, path: str, text: str = "") -> Folder:
        (self.path / path).parent.mkdir(parents=True, exist_ok=True)
        (self.path / path).write_text(text, encoding="utf-8")
        return self

    def link(self, path: str, target: str) -> Folder:
        (self.path / path).parent.mkdir(parents=True, exist_ok=True)
        (self.path / path).symlink_to(target)
        return self

    def version(self, version: str, plugins: str = PLUGINS) -> Folder:
        rows = [f"sosreport: {version}", *(f"{name}: unversioned" for name in plugins.split())]
        return self.add("version.txt", "\n".join(rows))

    def opened(self, name: str = "sosreport-web1-2016.tar.xz") -> Sosreport:
        return Sosreport(str(self.path), name)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_its_source_is_its_name_without_the_archive_s_ending(folder: Folder) -> None:
    for name in ("sosreport-web1-2016", "sosreport-web1-2016.tar.xz", "sosreport-web1-2016.tar"):
        assert folder.opened(name).source == "sosreport sosreport-web1-2016"


def test_another_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    with pytest.raises(Unreadable, match=r"^etc\.tar is neither a sosreport"):
        Sosreport(str(tmp_path), "etc.tar")


# -- outputs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("filesys/df_-al", "df -al -x autofs"),
        ("filesys/df_-al_-x_autofs", "df -al"),
        ("bootloader/ls_-laR_.boot", "ls -lanR /boot"),
        ("boot/ls_-alZR_.boot", "ls -lanR /boot"),
        ("xfs/xfs_info_.var.lib_data", "xfs_info /var/lib data"),
        ("networking/ip_-o_addr", "/sbin/ip -o addr"),
        ("process/ps_auxwww", "ps aux"),
        ("firewall_tables/ip6tables_-vnxL", "ip6tables -t filter -nvL"),
        (
            "lvm2/lvs_-a_-o_lv_tags_--config_global_locking_type_0",
            'lvs -a -o +lv_tags --config="global{locking_type=0}"',
        ),
    ],
)
def test_outputs_are_found_by_what_sos_makes_of_a_command(folder: Folder, name: str, argv: str) -> None:
    folder.add(f"sos_commands/{name}", "said\n")
    assert folder.opened().output(*argv.split(" ")) == "said\n"


def test_an_output_whose_name_was_cut_may_be_another_s(folder: Folder) -> None:
    """sos 3.2 keeps 64 characters of a command, and writes one output over the other: nobody knows whose it is."""
    folder.version("3.2", "xfs").add("sos_commands/xfs/xfs_info_." + "a" * 54, "meta-data=/dev/sdb1\n")
    with pytest.raises(Unreadable, match=r" is not in the sosreport$"):
        folder.opened().output("xfs_info", "/" + "a" * 80)


def test_an_output_of_a_network_namespace_is_not_the_machine_s(folder: Folder) -> None:
    folder.version("4.7").add("sos_commands/networking/namespaces/blue/ip_-o_addr", "lo\n")
    folder.add("sos_commands/networking/ip_netns_exec_blue_ip_-o_addr", "lo\n")
    with pytest.raises(Unreadable, match=r"^`ip -o addr` is not in the sosreport$"):
        folder.opened().output("ip", "-o", "addr")


@pytest.mark.parametrize(
    ("version", "plugins", "command", "reason"),
    [
        ("4.7", "filesys", "df", "`df` is not in the sosreport"),
        ("4.7", "kernel", "df", "`df` was not gathered (sos plugin `filesys`, which did not run)"),
        ("4.7", "filesys", "sshd -T", "`sshd -T` is not gathered by sos"),
        ("3.2", "filesys", "mokutil --sb-state", "`mokutil --sb-state` is not gathered by sos 3.2"),
        ("3.2", "networking", "iptables -t raw -nvL", "`iptables -t raw -nvL` is not gathered by sos 3.2"),
        ("3.2", "networking", "ip6tables -t nat -nvL", "`ip6tables -t nat -nvL` is not gathered by sos 3.2"),
        ("3.3", "networking", "ip6tables -t nat -nvL", "`ip6tables -t nat -nvL` is not in the sosreport"),
        (
            "3.6",
            "block",
            "iptables -t raw -nvL",
            "`iptables -t raw -nvL` was not gathered (sos plugin `networking`, which did not run)",
        ),
        (
            "4.7",
            "block",
            "iptables -t raw -nvL",
            "`iptables -t raw -nvL` was not gathered (sos plugin `firewall_tables`, which did not run)",
        ),
        (
            "4.0",
            "block",
            "nft list ruleset",
            "`nft list ruleset` was not gathered (sos plugin `networking`, which did not run)",
        ),
        (
            "4.7",
            "block",
            "nft list ruleset",
            "`nft list ruleset` was not gathered (sos plugin `firewall_tables`, which did not run)",
        ),
    ],
)
def test_an_output_that_is_not_there_says_what_gathers_it(
    folder: Folder, version: str, plugins: str, command: str, reason: str
) -> None:
    with pytest.raises(Unreadable) as error:
        folder.version(version, plugins).opened().output(*command.split())
    assert str(error.value) == reason


def manifest(*commands: tuple[str, int], timeout: bool = False, **parts: object) -> str:
    told = [{"filepath": f"sos_commands/filesys/{name}", "return_code": status} for name, status in commands]
    plugins = {"filesys": {"timeout_hit": timeout, "commands": told}}
    return json.dumps({"components": {"report": {"plugins": plugins}, **parts}})


@pytest.mark.parametrize(("status", "says"), [(124, "timed out"), (126, "could not be run"), (127, "is not installed")])
def test_what_a_command_printed_that_did_not_end_is_no_answer(folder: Folder, status: int, says: str) -> None:
    folder.version("4.0").add("sos_reports/manifest.json", manifest(("df_-al", status), ("mount_-l", 1)))
    folder.add("sos_commands/filesys/df_-al", "Filesystem\n").add("sos_commands/filesys/mount_-l", "rows\n")
    with pytest.raises(Unreadable, match=rf"^`df` {says}$"):
        folder.opened().output("df")
    assert folder.opened().output("mount") == "rows\n"


def test_the_end_of_an_output_is_not_the_output(folder: Folder) -> None:
    folder.add("sos_strings/kernel/dmesg.tailed", "the end")
    folder.link("sos_commands/kernel/dmesg", "../../sos_strings/kernel/dmesg.tailed")
    with pytest.raises(Unreadable, match=r"^only the end of what `dmesg` printed was gathered \(sos --log-size\)$"):
        folder.opened().output("dmesg")


def test_a_link_that_leads_out_of_the_report_is_followed_inside_it(folder: Folder) -> None:
    folder.link("sos_commands/kernel/dmesg", "/etc/passwd").link(
        "sos_commands/kernel/lsmod", "../../../../../etc/passwd"
    )
    for command in ("dmesg", "lsmod"):
        with pytest.raises(Absent):
            folder.opened().output(command)


# -- paths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "plugins", "path", "reason"),
    [
        ("2.2", "general", "/etc/sysconfig/iptables", None),
        ("2.2", "kernel", "/etc/sysconfig/iptables", "was not gathered (sos plugin `general`, which did not run)"),
        ("4.0", "general", "/etc/sysconfig/iptables", "was not gathered (sos plugin `system`, which did not run)"),
        ("2.2", "filesys", "/proc/self/mountinfo", "is not gathered by sos 2.2"),
        ("3.2", "filesys", "/proc/4711/mountinfo", None),
        (
            "2.2",
            "networking",
            "/proc/net/ip_tables_names",
            "was not gathered (sos plugin `networking`, which left it out)",
        ),
        ("3.2", "networking", "/etc/hosts", None),
        ("3.2", "networking", "/etc/host/x", "is not gathered by sos"),
        ("3.2", "ssh", "/etc/ssh/sshd_config.d", "is not gathered by sos 3.2"),
        ("3.3", "firewalld", "/etc/firewalld/direct.xml", "is not gathered by sos 3.3"),
        ("3.4", "firewalld", "/etc/firewalld/direct.xml", None),
        ("3.4", "networking", "/etc/nftables.conf", "is not gathered by sos 3.4"),
        ("3.5", "networking", "/etc/nftables.conf", None),
        (
            "4.1",
            "networking",
            "/etc/nftables.conf",
            "was not gathered (sos plugin `firewall_tables`, which did not run)",
        ),
        ("3.4", "hardware", "/sys/class/dmi/id/sys_vendor", "is not gathered by sos 3.4"),
        ("3.5", "hardware", "/sys/class/dmi/id/sys_vendor", None),
        ("3.5", "general", "/etc/os-release", None),
        ("3.6", "general", "/etc/os-release", "was not gathered (sos plugin `release`, which did not run)"),
        ("3.6", "release", "/etc/os-release", None),
        ("3.6", "grub2", "/boot/loader/entries", "is not gathered by sos 3.6"),
        ("3.7", "grub2", "/boot/loader/entries", None),
        ("3.6", "system", "/etc/sysconfig/iptables", None),
        ("3.6", "systemd", "/run/systemd/system/sshd.service", "is not gathered by sos 3.6"),
        ("3.7", "systemd", "/run/systemd/system/sshd.service", None),
        ("3.9", "block", "/sys/block/sda/queue/logical_block_size", "is not gathered by sos 3.9"),
        ("4.0", "block", "/sys/block/sda/queue/logical_block_size", None),
        ("4.0", "host", "/etc/hostname", "was not gathered (sos plugin `networking`, which did not run)"),
        ("4.0", "crypto", "/etc/crypto-policies/back-ends/opensshserver.config", None),
        ("4.7.2", "ssh", "/etc/ssh/sshd_config.d", None),
        ("4.7.2", "ssh", "/etc/ssh/sshd_config.d/50-x.conf", None),
        ("4.7.2", "ssh", "/etc/ssh/sshd_config.d/x/y", "is not gathered by sos"),
        ("4.7", "services", "/etc/init.d/sshd", None),
        ("4.7", "systemd", "/etc/systemd/system/x.service.d/y.conf", None),
        ("4.7", "systemd", "/usr/local/lib/systemd/system", "is not gathered by sos"),
        ("4.7", "systemd", "/usr/bin/lsof", "is not gathered by sos"),
        ("4.7", "systemd", "/etc/default/ssh", None),
    ],
)
def test_a_path_that_is_not_there_says_why(
    folder: Folder, version: str, plugins: str, path: str, reason: str | None
) -> None:
    missing = folder.version(version, plugins).add("etc/redhat-release").opened().missing(path)
    assert isinstance(missing, Absent) == (reason is None)
    assert str(missing) == f"{path} {reason or 'does not exist'}"


@pytest.mark.parametrize(
    ("line", "absent"),
    [
        ("Include /etc/ssh/sshd_config.d/*.conf", True),
        ("include\t/etc/ssh/sshd_config.d/10-port.conf", True),
        ("Include sshd_config.d/*.conf", False),
        ("#Include /etc/ssh/sshd_config.d/*.conf", False),
        ("  Include /etc/ssh/sshd_config.d/*.conf", False),
        ("Include /etc/ssh/own.d/*.conf /etc/ssh/sshd_config.d/*.conf", False),
    ],
)
def test_what_sshd_includes_is_copied_where_sos_understands_it(folder: Folder, line: str, absent: bool) -> None:
    folder.version("4.2", "ssh").add("etc/ssh/sshd_config", f"# sshd\n{line}\n")
    missing = folder.opened().missing("/etc/ssh/sshd_config.d/10-port.conf")
    assert str(missing).partition(".conf ")[2] == (
        "does not exist" if absent else "was not gathered (sos plugin `ssh`, which left it out)"
    )


@pytest.mark.parametrize("path", ["/proc/self/net/vlan/eth0.5", "/proc/4711/net/ip_tables_names"])
def test_what_the_kernel_has_of_networks_is_not_there_where_the_rest_of_it_is(folder: Folder, path: str) -> None:
    assert isinstance(folder.version("3.2").add("proc/net/dev").opened().missing(path), Absent)


def test_tables_that_old_versions_left_out_are_not_no_tables(folder: Folder) -> None:
    """/proc/net is a link, and 2.2 followed none to a folder until its release 18: what tables there are is unknown."""
    folder.version("2.2").add("sos_commands/kernel/lsmod", "Module  Size  Used by\nip_tables 16384 1 iptable_filter\n")
    folder.add("sos_commands/kernel/uname_-a", "Linux web1 2.6.32-131.el6.x86_64 #1 SMP x86_64 GNU/Linux\n")
    with pytest.raises(Unreadable, match=r"^/proc/net/ip_tables_names was not gathered \(sos plugin `networking`, "):
        now.read(GatheredHost(folder.opened()))
    assert now.read(GatheredHost(folder.add("proc/net/dev").opened())) == Ruleset()


def test_the_modules_of_the_running_kernel_only(folder: Folder) -> None:
    folder.version("3.2").add(
        "sos_commands/kernel/uname_-a", "Linux web1 3.10.0-327.el7.x86_64 #1 SMP x86_64 GNU/Linux\n"
    )
    report = folder.opened()
    assert isinstance(report.missing("/lib/modules/3.10.0-327.el7.x86_64/modules.dep"), Absent)
    assert not isinstance(report.missing("/lib/modules/3.10.0-514.el7.x86_64/modules.dep"), Absent)


def test_a_plugin_that_timed_out_left_what_nobody_knows(folder: Folder) -> None:
    folder.version("4.0").add("sos_reports/manifest.json", manifest(timeout=True))
    missing = folder.opened().missing("/etc/fstab")
    assert str(missing) == "/etc/fstab was not gathered (sos plugin `filesys`, which timed out)"


@pytest.mark.parametrize(
    ("log", "text", "did"),
    [
        ("filesys-plugin-errors.txt", "Traceback (most recent call last):\n", "failed"),
        ("sos.log", "2014-06-10 08:20:48,602 ERROR: filesys\nTraceback (most recent call last):\n", "failed"),
        ("ui.log", "2021-05-17 08:20:48,602 ERROR: \n Plugin filesys timed out\n", "timed out"),
    ],
)
@pytest.mark.parametrize("version", ["3.7", "4.0"])
def test_a_plugin_that_did_not_end_well_is_told_by_the_logs(
    folder: Folder, version: str, log: str, text: str, did: str
) -> None:
    folder.version(version).add(f"sos_logs/{log}", text)
    if version == "4.0":
        folder.add("sos_reports/manifest.json", manifest())
    missing = folder.opened().missing("/etc/fstab")
    assert str(missing) == f"/etc/fstab was not gathered (sos plugin `filesys`, which {did})"


def test_an_output_that_was_cut_off_is_told_by_the_log(folder: Folder) -> None:
    folder.add("sos_commands/filesys/df_-al", "Filesystem\n").add("sos_commands/filesys/mount_-l", "rows\n")
    folder.version("3.2")
    folder.add("sos_logs/sos.log", "2017-04-06 WARNING: [plugin:filesys] command '/bin/df -al' timed out after 300s\n")
    with pytest.raises(Unreadable, match=r"^`df -al` timed out$"):
        folder.opened().output("df", "-al")
    assert folder.opened().output("mount") == "rows\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "sos_reports/manifest.json",
            json.dumps(json.loads(manifest()) | {"cmdline": "sos report --batch --skip-files /boot/*,/etc/fs* -v"}),
        ),
        ("etc/sos/sos.conf", "[report]\n#skip-files = /etc/hosts\nskip-files = /boot/*, /etc/fstab\n"),
    ],
)
def test_files_that_were_left_out_at_will_may_be_there(folder: Folder, path: str, text: str) -> None:
    report = folder.version("4.1").add(path, text).opened()
    assert str(report.missing("/etc/fstab")) == "/etc/fstab was left out (sos --skip-files)"
    assert isinstance(report.missing("/proc/mounts"), Absent)


@pytest.mark.parametrize("pattern", ["/etc/systemd/system/50*", "/etc/systemd/system", "/etc/systemd/s*/ssh.service"])
def test_a_folder_of_which_a_file_may_have_been_left_out_is_not_whole(folder: Folder, pattern: str) -> None:
    folder.version("4.1", "systemd").add("etc/systemd/system/ssh.socket").add("etc/systemd/system/a.wants/x.service")
    folder.add("etc/sos/sos.conf", f"[report]\nskip-files = {pattern}\n")
    machine = GatheredHost(folder.opened())
    with pytest.raises(Unreadable, match=r"^/etc/systemd/system: not all that is in it was gathered$"):
        machine.entries("/etc/systemd/system")
    assert machine.text("/etc/systemd/system/ssh.socket") == ""
    with pytest.raises(Absent):
        machine.text("/etc/systemd/user.conf")


def test_systemd_names_the_folders_of_units_that_are_there(folder: Folder) -> None:
    folder.version("4.7", "kernel").add(
        "sos_commands/systemd/systemctl_show_--all", "Version=252\nUnitPath=/etc/systemd/system /lib/systemd/system\n"
    )
    report = folder.opened()
    assert isinstance(report.missing("/usr/local/lib/systemd/system"), Absent)
    assert isinstance(report.missing("/usr/lib/systemd/system/x.service"), Absent)
    assert not isinstance(report.missing("/lib/systemd/system/x.service"), Absent)


@pytest.mark.parametrize(
    "told",
    [
        {"sos_reports/sos.txt": "Loaded Plugins:\n  filesys  kernel\n\n  ssh\n"},
        {"sos_reports/sosreport.html": '<td><a href="#filesys">filesys</a></td>'},
        {"sos_commands/filesys/df_-al": ""},
        {"version.txt": "sosreport: 2.2\nfilesys: unversioned"},
    ],
)
def test_the_plugins_that_ran_are_named_in_several_places(folder: Folder, told: dict[str, str]) -> None:
    for path, text in told.items():
        folder.add(path, text)
    assert isinstance(folder.opened().missing("/etc/fstab"), Absent)
    assert "which did not run" in str(folder.opened().missing("/proc/net/vlan"))


def test_the_version_is_in_the_manifest_as_well(folder: Folder) -> None:
    told = json.loads(manifest()) | {"version": "4.9.1"}
    folder.add("sos_reports/manifest.json", json.dumps(told))
    assert str(folder.opened().missing("/etc/init/ssh.conf")) == "/etc/init/ssh.conf is not gathered by sos 4.9.1"


@pytest.mark.parametrize(
    ("release", "firewall", "network"),
    [
        ("ID=ubuntu\nID_LIKE=debian\n", "was not gathered (sos plugin `ufw`, which did not run)", "does not exist"),
        ('NAME="Rocky"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', "does not exist", "was not gathered (sos plugin"),
        ("", "was not gathered (sos plugin `ufw`, which did not run)", "was not gathered (sos plugin"),
    ],
)
def test_what_other_systems_have_is_absent_where_the_system_is_told(
    folder: Folder, release: str, firewall: str, network: str
) -> None:
    if release:
        folder.add("usr/lib/os-release", release).link("etc/os-release", "../usr/lib/os-release")
    report = folder.version("4.7", "networking kernel").opened()
    assert str(report.missing("/etc/ufw/ufw.conf")) == f"/etc/ufw/ufw.conf {firewall}"
    assert str(report.missing("/etc/sysconfig/iptables")).startswith(f"/etc/sysconfig/iptables {network}")


def test_a_debian_is_told_by_its_package_manager_too(folder: Folder) -> None:
    missing = folder.version("4.7", "dpkg networking").opened().missing("/etc/ufw/ufw.conf")
    assert str(missing) == "/etc/ufw/ufw.conf was not gathered (sos plugin `ufw`, which did not run)"


def test_a_manifest_that_is_none_does_no_harm(folder: Folder) -> None:
    folder.version("4.0").add("sos_reports/manifest.json", '{"components": {"report": []}}')
    assert isinstance(folder.opened().missing("/etc/fstab"), Absent)


# -- links that sos left out, and what is not the machine's own ------------------------------------------


def test_init_d_is_the_folder_it_links_to(folder: Folder) -> None:
    folder.version("2.2", "startup").add("etc/rc.d/init.d/sshd", "#!/bin/sh\n").add("etc/rc.d/rc3.d/S55sshd")
    host = GatheredHost(folder.opened())
    assert host.text("/etc/init.d/sshd") == "#!/bin/sh\n"
    assert host.entries("/etc/rc3.d") == ["S55sshd"]
    assert host.mode("/etc/init.d/ssh") is None


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        ("tools.conf", None),
        ("tools.conf tools.override", "its content was not gathered"),
        ("", "/etc/init/tools.override is not gathered by sos"),
    ],
)
def test_what_overrides_a_job_of_upstart_is_listed_and_not_copied(
    folder: Folder, listed: str, reason: str | None
) -> None:
    folder.version("3.5", "upstart services kernel").add("etc/inittab", "id:2:initdefault:\n")
    for name in ("tools", "rc-sysinit"):
        folder.add(f"etc/init/{name}.conf", "start on runlevel [2345]\nenv DEFAULT_RUNLEVEL=2\n")
    if listed:
        rows = (f"-rw-r--r-- 1 root root 278 Apr 12  2014 {name}\n" for name in ("rc-sysinit.conf", *listed.split()))
        folder.add("sos_commands/upstart/ls_-l_.etc.init", f"total 8\n{''.join(rows)}")
    folder.add("proc/cmdline", "quiet\n")
    host = GatheredHost(folder.opened())
    if reason is None:
        assert services.upstart_job(host, "tools", "/etc/init/tools.conf").starts_at_boot
    else:
        with pytest.raises(Unreadable, match=reason):
            services.upstart_job(host, "tools", "/etc/init/tools.conf")


def test_grub_of_uefi_is_led_to_from_etc(folder: Folder) -> None:
    folder.link("boot/grub2/grubenv", "../efi/EFI/redhat/grubenv").add("boot/efi/EFI/redhat/grubenv", "# env\n")
    folder.version("3.6", "grub2").add("etc/redhat-release").add(
        "boot/efi/EFI/redhat/grub.cfg",
        "set default=0\nmenuentry 'Red Hat' {\n\tlinuxefi /vmlinuz-3.10.0-957.el7.x86_64 root=/dev/sda2\n}\n",
    )
    entry = bootloader.read(GatheredHost(folder.opened()))
    assert (entry.release, entry.evidence.source) == ("3.10.0-957.el7.x86_64", "/etc/grub2-efi.cfg:3")


def test_units_that_links_led_to_are_not_all_units(folder: Folder) -> None:
    """sos 3 copies /lib/systemd/system; what lies at /usr/lib/systemd/system is what links in /etc led to."""
    folder.version("3.2", "systemd").add("lib/systemd/system/a.service").add("lib/systemd/system/b.service", "b")
    folder.add("usr/lib/systemd/system/b.service", "b")
    host = GatheredHost(folder.opened())
    assert host.entries("/usr/lib/systemd/system") == ["a.service", "b.service"]


def test_old_versions_do_not_tell_a_link_from_a_folder(folder: Folder) -> None:
    folder.add("var/log/messages").add("proc/self/mountinfo", "20 1 253:0 / / rw - ext4 /dev/sda1 rw\n")
    with pytest.raises(Unreadable, match=r"^/var may be a link, which is not told by sos 3\.6$"):
        GatheredHost(folder.version("3.6").opened()).real_path("/var")
    assert GatheredHost(folder.version("3.7").opened()).real_path("/var") == "/var"


@pytest.mark.parametrize("version", ["3.7", "4.3", "4.4"])
@pytest.mark.parametrize("path", COULD_BE_LINKS)
def test_a_system_directory_that_nothing_was_copied_from_may_be_a_link(folder: Folder, version: str, path: str) -> None:
    """In words by which os-disk passes where all that is mounted lies on one disk."""
    folder.add("proc/self/mountinfo", "20 1 253:0 / / rw - ext4 /dev/sda1 rw\n")
    with pytest.raises(Unreadable, match=f"^{UNSEEN_LINK.format(path)}, "):
        GatheredHost(folder.version(version).opened()).real_path(path)


@pytest.mark.parametrize(
    "mark",
    [
        {"sos_commands/networking/ip_-d_address": "    link/ether 53:4f:53:e0:35:90 brd ff:ff:ff:ff:ff:ff\n"},
        {"sos_commands/host/hostname_-f": "host0.obfuscateddomain0.com\n"},
        {"sos_reports/manifest.json": manifest(cleaner={})},
    ],
)
def test_names_and_addresses_that_sos_clean_made_are_not_the_machine_s(folder: Folder, mark: dict[str, str]) -> None:
    for path, text in {**mark, "etc/hosts": "100.0.0.1 host0\n", "sos_commands/host/hostname": "host0\n"}.items():
        folder.add(path, text)
    folder.version("4.0").add("etc/hostname", "host0\n").add(
        "sos_commands/kernel/uname_-a", "Linux host0 6.1.0-37-amd64 #1 SMP Debian x86_64 GNU/Linux\n"
    )
    host = GatheredHost(folder.opened())
    for read in (hosts.read, network.read_host_name):
        with pytest.raises(Unreadable, match=r"obfuscated \(sos clean\)$"):
            read(host)
    assert host.told("kernel_release") == "6.1.0-37-amd64"


def test_an_obfuscated_report_says_so_by_its_name(folder: Folder) -> None:
    assert folder.opened("sosreport-host0-2026-obfuscated.tar.xz").obfuscated
    assert not folder.opened("sosreport-host0-2026.tar.xz").obfuscated


def test_the_end_of_a_file_is_not_the_file(folder: Folder) -> None:
    folder.version("4.0").add("sos_strings/networking/etc.hosts.tailed", "10.0.0.1 web1\n")
    folder.link("etc/hosts", "../sos_strings/networking/etc.hosts.tailed")
    with pytest.raises(Unreadable, match=r"^only the end of networking/etc\.hosts\.tailed was gathered"):
        hosts.read(GatheredHost(folder.opened()))


# -- packages and time ---------------------------------------------------------------------------------


def test_an_empty_folder_is_no_file_system_that_was_left_out(folder: Folder) -> None:
    folder.version("3.2").add("etc/fstab", "/dev/sda1 /boot ext4 defaults 1 2\n")
    (folder.path / "boot").mkdir()
    assert GatheredHost(folder.opened()).text("/etc/fstab").startswith("/dev/sda1")
    assert folder.opened().files.entries("/boot") == []


def test_packages_of_rpm(folder: Folder) -> None:
    folder.add(
        "sos_commands/rpm/sh_-c_rpm_--nodigest_-qa_--qf",
        "lsof-4.87-4.el7.x86_64                                      Tue Jan 12 10:00:00 2016\n"
        "open-vm-tools-9.10.2-4.el7.x86_64 Tue Jan 12 10:00:00 2016\ngpg-pubkey-fd431d51-4ae0493b.(none)\n",
    )
    assert folder.opened().packages() == {"lsof", "open-vm-tools"}


@pytest.mark.parametrize(
    ("list_of", "trouble", "status"),
    [
        ("rpm/sh_-c_rpm_--nodigest_-qa_--qf", "error: rpmdbNextIterator: skipping h#     123 Header V3: BAD\n", 0),
        ("rpm/sh_-c_rpm_--nodigest_-qa_--qf", "", 124),
        ("dpkg/dpkg_-l", "dpkg-query: error: parsing file '/var/lib/dpkg/status' near line 9\n", 2),
    ],
)
def test_packages_of_a_list_that_is_not_whole_are_unknown(
    folder: Folder, list_of: str, trouble: str, status: int
) -> None:
    row = "setup-2.8.71-10.el7.noarch Tue Jan 12 10:00:00 2016\nii  setup  1  all  words\n"
    folder.version("4.0", "rpm dpkg").add(f"sos_commands/{list_of}", row + trouble)
    commands = [{"filepath": f"sos_commands/{list_of}", "return_code": status}]
    told = {"components": {"report": {"plugins": {list_of.partition("/")[0]: {"commands": commands}}}}}
    folder.add("sos_reports/manifest.json", json.dumps(told))
    for name in ("installed-rpms", "installed-debs")[list_of.startswith("dpkg") :][:1]:
        folder.link(name, f"sos_commands/{list_of}")
    with pytest.raises(Unreadable, match=r"not all packages were listed|the list of packages. timed out"):
        folder.opened().packages()


def test_packages_are_not_those_of_another_list_where_the_first_is_empty(folder: Folder) -> None:
    """`rpm -qa | sort` that timed out printed nothing; what came of the other list by then is its beginning."""
    folder.add("sos_commands/rpm/sh_-c_rpm_--nodigest_-qa_--qf", "")
    folder.add("sos_commands/rpm/package-data", "lsof-4.87-4.el7.x86_64\tTue Jan 12 10:00:00 2016\n")
    folder.link("installed-rpms", "sos_commands/rpm/sh_-c_rpm_--nodigest_-qa_--qf")
    with pytest.raises(Unreadable, match=r"^the list of packages is not in the sosreport$"):
        folder.version("3.6").opened().packages()


def test_packages_of_dpkg_are_those_that_are_installed(folder: Folder) -> None:
    folder.add("etc/debian_version", "12.11\n").add(
        "sos_commands/dpkg/dpkg_-l",
        "||/ Name           Version      Architecture Description\n+++-==============-============-=====\n"
        "ii  libc6:amd64    2.36-9       amd64 GNU C Library\nrc  lsof           4.95.0-1     amd64 gone\n"
        "hi  linux-base     4.9          all          kept\n",
    )
    assert folder.opened().packages() == {"libc6", "linux-base"}


def test_no_packages_were_listed(folder: Folder) -> None:
    with pytest.raises(
        Unreadable, match=r"^the list of packages was not gathered \(sos plugin `rpm`, which did not run\)$"
    ):
        folder.version("4.0", "kernel").opened().packages()


@pytest.mark.parametrize(
    ("outputs", "at"),
    [
        (
            {"date/date": "Fri Nov 20 09:00:00 CET 2026\n", "date/date_--utc": "Fri Nov 20 08:00:00 UTC 2026\n"},
            "08:00:00",
        ),
        ({"general/date": "Fri Nov 20 08:00:00 UTC 2026\n"}, "08:00:00"),
        ({"general/date": "Fri Nov 20 03:00:00 EST 2026\n"}, None),
        (
            {"systemd/timedatectl": "Local time: Fri 2026-11-20 09:00\nUniversal time: Fri 2026-11-20 08:00:00 UTC\n"},
            "08:00:00",
        ),
        ({}, None),
    ],
)
def test_when_it_was_made(folder: Folder, outputs: dict[str, str], at: str | None) -> None:
    for path, text in outputs.items():
        folder.add(f"sos_commands/{path}", text)
    assert folder.opened().collected_at == (at and f"2026-11-20T{at}Z")


# -- what is unpacked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    "version.txt hostname etc/hosts etc/ssh/sshd_config.d/50-redhat.conf sos_commands/block/lsblk "
    "sos_commands/xfs/xfs_info_.data sos_reports/manifest.json proc/1/mountinfo proc/self proc/net "
    "proc/4711/net/vlan/eth0 "
    "lib usr/lib lib/systemd/system/sshd.service usr/lib/systemd/system/multi-user.target.wants/x.service "
    "etc/rc.d/rc3.d/S55sshd etc/rc3.d/S02ssh etc/systemd/system/default.target boot/grub2/grub.cfg "
    "sys/devices/pci0000:00/block/sda/queue/logical_block_size sys/block/sda etc/sysconfig/network "
    "lib/modules/5.14.0-427.el9.x86_64/modules.dep var proc/net/dev proc/4711/net/dev etc/sos/sos.conf "
    "sos_logs/ui.log sos_logs/sos.log sos_logs/networking-plugin-errors.txt boot/efi/EFI/redhat/grub.cfg "
    "boot/efi/EFI/redhat/grubenv etc/crypto-policies/back-ends/opensshserver.config "
    "usr/share/crypto-policies/DEFAULT/opensshserver.txt".split(),
)
def test_what_is_asked_for_is_unpacked(path: str) -> None:
    assert wanted(path)


@pytest.mark.parametrize(
    "path",
    "var/log/messages var/log/journal/1/system.journal sos_commands/logs/journalctl_--no-pager sos_logs/x/sos.log "
    "sos_strings/logs/journalctl.tailed proc/kallsyms "
    "proc/4711/smaps proc/net/nf_conntrack proc/4711/net/nf_conntrack "
    "etc/pki/entitlement/1.pem sos_commands/networking/namespaces/blue/ip_-o_addr lib/modules/5.14/kernel/x.ko".split(),
)
def test_the_rest_is_not(path: str) -> None:
    assert not wanted(path)

"""Does the SSH server start at boot? systemd, SysV, Upstart."""

from __future__ import annotations

import pytest

from linuxready.facts import Evidence, Service
from linuxready.host import CommandResult, Unreadable
from linuxready.readers import services
from linuxready.readers.services import default_runlevel, parse_job, starts_in

from ..machines import FakeHost

Files = dict[str, str | bytes]
EXECUTABLE = 0o100755
NOT_TO_BE_RUN = "/etc/ssh/sshd_not_to_be_run"


# -- the init system -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "init"),
    [
        (FakeHost(links={"/sbin/init": "../lib/systemd/systemd"}), "systemd"),
        (FakeHost({"/lib/sysvinit/init": ""}, links={"/sbin/init": "../lib/sysvinit/init"}), "sysv"),
        (FakeHost({"/sbin/init": "", "/etc/init/rc-sysinit.conf": ""}), "upstart"),
        (FakeHost({"/sbin/init": "", "/etc/init/rc.conf": ""}), "upstart"),
        (FakeHost({"/sbin/init": "", "/etc/inittab": ""}), "sysv"),
        (FakeHost({"/sbin/init": ""}), "sysv"),
        (FakeHost({"/etc/init/rc.conf": "", "/lib/systemd/system/multi-user.target": ""}), "upstart"),
        (FakeHost({"/lib/systemd/system/multi-user.target": ""}), "systemd"),
        (FakeHost(links={"/etc/systemd/system/default.target": "/lib/x"}), "systemd"),
        (FakeHost({"/etc/inittab": ""}), "sysv"),
        (FakeHost({"/usr/lib/systemd/systemd": ""}, {"/sbin": "usr/sbin", "/usr/sbin/init": "../lib/systemd/systemd"}),
         "systemd"),
    ],
)  # fmt: skip
def test_init_system(host: FakeHost, init: str) -> None:
    assert services.init_system(host) == init


def test_no_init_system_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no init system found"):
        services.read_ssh(FakeHost())


# -- systemd ---------------------------------------------------------------------------------------------

LIB, ETC = "/usr/lib/systemd/system", "/etc/systemd/system"
SERVICE = "[Service]\nExecStart=/usr/sbin/sshd -D\n"
SOCKET = "[Socket]\nListenStream=22\nAccept=no\n"
WANTED = f"{ETC}/multi-user.target.wants"
TARGETS: Files = {
    f"{LIB}/multi-user.target": "[Unit]\nRequires=basic.target\n",
    f"{LIB}/basic.target": "[Unit]\nWants=sockets.target\n",
    f"{LIB}/sockets.target": "[Unit]\n",
    f"{LIB}/sshd.service": SERVICE,
}
LINKS = {"/sbin/init": "/lib/systemd/systemd", f"{LIB}/default.target": "multi-user.target"}
ENABLED = {f"{WANTED}/sshd.service": f"{LIB}/sshd.service"}


def systemd(
    files: Files | None = None,
    links: dict[str, str] | None = None,
    denied: tuple[str, ...] = (),
    commands: dict[tuple[str, ...], CommandResult | Unreadable] | None = None,
) -> Service:
    return services.read_ssh(
        FakeHost({**TARGETS, **(files or {})}, {**LINKS, **(links or {})}, None, None, commands, None, denied)
    )


def test_an_enabled_service_starts() -> None:
    link = f"{WANTED}/sshd.service"
    evidence = (Evidence(link, f"-> {LIB}/sshd.service"),)
    assert systemd(links=ENABLED) == Service(True, "systemd", "multi-user.target", "sshd.service", None, evidence)


def test_debians_name_and_its_alias() -> None:
    files: Files = {f"{LIB}/ssh.service": SERVICE}
    found = systemd(files, {f"{WANTED}/ssh.service": f"{LIB}/ssh.service", f"{ETC}/sshd.service": f"{LIB}/ssh.service"})
    assert (found.starts_at_boot, found.unit) == (True, "ssh.service")


def test_wanted_by_the_alias_only() -> None:
    links = {f"{ETC}/sshd.service": f"{LIB}/ssh.service", f"{WANTED}/sshd.service": f"{LIB}/ssh.service"}
    host = FakeHost(
        {f"{LIB}/ssh.service": SERVICE, **{k: v for k, v in TARGETS.items() if "sshd" not in k}}, LINKS | links
    )
    found = services.read_ssh(host)
    assert (found.starts_at_boot, found.unit) == (True, "ssh.service")


def test_a_service_that_nothing_wants_is_disabled() -> None:
    found = systemd()
    assert (found.starts_at_boot, found.obstacle, found.unit) == (False, "disabled", "sshd.service")
    assert found.evidence == (Evidence(f"{LIB}/sshd.service", "nothing that multi-user.target starts wants it"),)


def test_what_is_enabled_says_is_evidence_only() -> None:
    argv = ("systemctl", "is-enabled", "sshd.service")
    answer = CommandResult(argv, 0, "sshd.service is not a native service\nRedirecting\nenabled\n", "")
    found = systemd(commands={argv: answer})
    assert found.obstacle == "disabled"
    assert found.evidence[-1] == Evidence("systemctl is-enabled sshd.service", "enabled")


def test_a_mask_wins_over_the_link() -> None:
    found = systemd(links={**ENABLED, f"{ETC}/sshd.service": "/dev/null"})
    assert (found.starts_at_boot, found.obstacle) == (False, "masked")


def test_wanted_by_graphical_target_only() -> None:
    links = {f"{ETC}/graphical.target.wants/sshd.service": f"{LIB}/sshd.service"}
    files: Files = {f"{LIB}/graphical.target": "[Unit]\nRequires=multi-user.target\n"}
    assert not systemd(files, links).starts_at_boot
    found = systemd(files, {**links, f"{ETC}/default.target": f"{LIB}/graphical.target"})
    assert (found.starts_at_boot, found.boots_to) == (True, "graphical.target")


def test_no_server_is_not_installed() -> None:
    host = FakeHost({path: text for path, text in TARGETS.items() if "sshd" not in path}, LINKS)
    found = services.read_ssh(host)
    assert (found.starts_at_boot, found.obstacle, found.unit) == (False, "not-installed", "sshd.service")


def test_an_unknown_default_target_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="default target is not known"):
        services.read_ssh(FakeHost(TARGETS, {"/sbin/init": "/lib/systemd/systemd"}))


@pytest.mark.parametrize("name", ["ssh", "sshd"])
def test_a_socket_counts_where_its_service_is_there(name: str) -> None:
    files: Files = {f"{LIB}/{name}.socket": SOCKET, f"{LIB}/{name}.service": SERVICE}
    links = {f"{ETC}/sockets.target.wants/{name}.socket": f"{LIB}/{name}.socket"}
    found = systemd(files, links)
    assert (found.starts_at_boot, found.unit) == (True, f"{name}.socket")


def test_a_socket_whose_service_is_masked_starts_nothing() -> None:
    links = {f"{ETC}/sockets.target.wants/sshd.socket": f"{LIB}/sshd.socket", f"{ETC}/sshd.service": "/dev/null"}
    found = systemd({f"{LIB}/sshd.socket": SOCKET}, links)
    assert (found.starts_at_boot, found.obstacle, found.unit) == (False, "no-service", "sshd.socket")


def test_a_socket_beside_a_masked_service_of_another_name() -> None:
    files: Files = {f"{LIB}/ssh.socket": SOCKET, f"{LIB}/ssh.service": SERVICE}
    links = {f"{ETC}/sockets.target.wants/ssh.socket": f"{LIB}/ssh.socket", f"{ETC}/sshd.service": "/dev/null"}
    assert systemd(files, links).starts_at_boot


CONDITION = f"[Unit]\nConditionPathExists=!{NOT_TO_BE_RUN}\n"
BY_SOCKET = {f"{ETC}/sockets.target.wants/sshd.socket": f"{LIB}/sshd.socket"}


@pytest.mark.parametrize(
    ("socket", "service"), [(SOCKET, "sshd.service"), ("[Socket]\nListenStream=22\nAccept=yes\n", "sshd@.service")]
)
def test_a_socket_whose_service_would_not_run_reaches_nothing(socket: str, service: str) -> None:
    files: Files = {f"{LIB}/sshd.socket": socket, f"{LIB}/{service}": CONDITION + SERVICE}
    assert systemd(files, BY_SOCKET).starts_at_boot
    assert not systemd({**files, NOT_TO_BE_RUN: ""}, BY_SOCKET).starts_at_boot
    assert not systemd({**files, f"{LIB}/{service}": "garbage"}, BY_SOCKET).starts_at_boot


@pytest.mark.parametrize(
    ("socket", "service"), [(SOCKET, "sshd.service"), ("[Socket]\nListenStream=22\nAccept=yes\n", "sshd@.service")]
)
def test_a_socket_whose_service_may_not_be_read_leaves_the_answer_open(socket: str, service: str) -> None:
    files: Files = {f"{LIB}/sshd.socket": socket, f"{LIB}/{service}": SERVICE}
    with pytest.raises(Unreadable, match="permission denied"):
        systemd(files, BY_SOCKET, (f"{LIB}/{service}",))


def test_the_file_that_stops_the_server() -> None:
    files: Files = {f"{LIB}/sshd.service": CONDITION + SERVICE}
    assert systemd(files, ENABLED).starts_at_boot
    found = systemd({**files, NOT_TO_BE_RUN: ""}, ENABLED)
    assert (found.starts_at_boot, found.obstacle) == (False, "not-to-be-run")
    assert found.evidence[0] == Evidence(f"{LIB}/sshd.service:2", f"ConditionPathExists=!{NOT_TO_BE_RUN}")


def test_a_drop_in_may_keep_the_server_from_starting() -> None:
    files: Files = {f"{ETC}/sshd.service.d/x.conf": "[Unit]\nConditionPathExists=/data/ready\n"}
    assert systemd(files, ENABLED).obstacle == "not-to-be-run"
    assert systemd({**files, "/data/ready": ""}, ENABLED).starts_at_boot


@pytest.mark.parametrize("condition", ["ConditionVirtualization=vm", "ConditionPathExists=/nowhere"])
def test_a_condition_of_what_is_required_keeps_nothing_from_starting(condition: str) -> None:
    """systemd skips a unit whose condition does not hold, and starts what requires it all the same."""
    files: Files = {
        f"{LIB}/sshd.service": "[Unit]\nRequires=keys.service\n" + SERVICE,
        f"{LIB}/keys.service": f"[Unit]\n{condition}\n[Service]\nExecStart=/usr/sbin/keys\n",
    }
    assert systemd(files, ENABLED).starts_at_boot


def test_what_was_asked_for_is_told_before_what_nobody_asked_for() -> None:
    files: Files = {f"{LIB}/ssh.service": CONDITION + SERVICE, NOT_TO_BE_RUN: ""}
    found = systemd(files, {f"{WANTED}/ssh.service": f"{LIB}/ssh.service"})
    assert (found.unit, found.obstacle) == ("ssh.service", "not-to-be-run")


@pytest.mark.parametrize("mode", [EXECUTABLE, 0o100644])
def test_an_init_script_under_systemd(mode: int) -> None:
    host = FakeHost(
        {path: text for path, text in TARGETS.items() if "sshd" not in path},
        {**LINKS, "/etc/rc3.d/S55sshd": "../init.d/sshd"},
        {"/etc/init.d/sshd": mode},
    )
    found = services.read_ssh(host)
    assert found.starts_at_boot == (mode == EXECUTABLE)


@pytest.mark.parametrize(
    "denied", [ETC, WANTED, f"{LIB}/sshd.service", f"{ETC}/sshd.service.d", f"{ETC}/sshd.service.d/x.conf"]
)
def test_what_may_not_be_read_leaves_the_answer_open(denied: str) -> None:
    """A mask, a start link or a condition may be there: neither starts nor does not start is known."""
    files: Files = {f"{ETC}/sshd.service.d/x.conf": ""} if denied.startswith(f"{ETC}/sshd") else {}
    links = {} if denied == WANTED else {f"{LIB}/multi-user.target.wants/sshd.service": f"{LIB}/sshd.service"}
    with pytest.raises(Unreadable, match="permission denied"):
        systemd(files, links, (denied,))


@pytest.mark.parametrize("text", ["garbage", "\udcff\udcfe\n\0", "# only a comment\n", "ExecStart=/usr/sbin/sshd\n"])
def test_a_unit_that_systemd_would_not_load_does_not_start(text: str) -> None:
    """Without a section no assignment counts, and a service without ExecStart= is refused."""
    try:
        assert not systemd({f"{LIB}/sshd.service": text}, ENABLED).starts_at_boot
    except Unreadable:
        return


# -- any service -----------------------------------------------------------------------------------------

FIREWALL = {f"{LIB}/firewalld.service": "[Service]\nExecStart=/usr/sbin/firewalld\n"}


def test_another_service_is_answered_in_the_same_way() -> None:
    link = f"{WANTED}/firewalld.service"
    found = services.starts_at_boot(
        FakeHost({**TARGETS, **FIREWALL}, {**LINKS, link: f"{LIB}/firewalld.service"}), ("firewalld",)
    )
    evidence = (Evidence(link, f"-> {LIB}/firewalld.service"),)
    assert found == Service(True, "systemd", "multi-user.target", "firewalld.service", None, evidence)


def test_any_of_the_names_will_do() -> None:
    found = services.starts_at_boot(FakeHost({**TARGETS, **FIREWALL}, {**LINKS, **ENABLED}), ("firewalld", "sshd"))
    assert (found.starts_at_boot, found.unit) == (True, "sshd.service")


def test_only_ssh_asks_a_command() -> None:
    host = FakeHost({**TARGETS, **FIREWALL}, LINKS)
    assert services.starts_at_boot(host, ("firewalld",)).obstacle == "disabled"
    assert services.starts_at_boot(host, ("nftables",)).obstacle == "not-installed"
    assert host.asked == []
    assert services.read_ssh(host).obstacle == "disabled"
    assert host.asked == [("systemctl", "is-enabled", "sshd.service")]


def test_units_are_read_once_for_all_services() -> None:
    class Counting(FakeHost):
        read_paths: list[str]

        def _read(self, path: str) -> bytes:
            self.read_paths.append(path)
            return super()._read(path)

    host = Counting({**TARGETS, **FIREWALL}, {**LINKS, **ENABLED})
    host.read_paths = []
    assert services.read_ssh(host).starts_at_boot
    host.read_paths.clear()
    assert not services.starts_at_boot(host, ("firewalld",)).starts_at_boot
    assert host.read_paths == [f"{LIB}/firewalld.service"]
    other = FakeHost({**TARGETS, **FIREWALL}, LINKS)
    assert not services.read_ssh(other).starts_at_boot, "another host has units of its own"


@pytest.mark.parametrize(
    ("condition", "vendor", "obstacle"),
    [
        ("vmware", "VMware, Inc.\n", None),
        ("yes", "VMware, Inc.\n", None),
        ("!vmware", "VMware, Inc.\n", "not-to-be-run"),
        ("kvm", "VMware, Inc.\n", "not-to-be-run"),
        ("!container", "VMware, Inc.\n", None),
        ("vmware", "QEMU\n", Unreadable),
        ("vmware", None, Unreadable),
    ],
)
def test_what_a_unit_wants_to_run_on(condition: str, vendor: str | None, obstacle: object) -> None:
    """open-vm-tools' unit has such a condition; DMI decides it where it names VMware, and nowhere else."""
    files: Files = {f"{LIB}/sshd.service": f"[Unit]\nConditionVirtualization={condition}\n{SERVICE}"}
    if vendor is not None:
        files["/sys/class/dmi/id/sys_vendor"] = vendor
    if obstacle is Unreadable:
        with pytest.raises(Unreadable, match="is not decided by files"):
            systemd(files, ENABLED)
    else:
        assert systemd(files, ENABLED).obstacle == obstacle


def test_debians_file_keeps_ssh_from_starting_only() -> None:
    files: Files = {"/sbin/init": "", "/etc/inittab": INITTAB, "/etc/init/ufw.conf": START, NOT_TO_BE_RUN: ""}
    assert services.starts_at_boot(FakeHost(files), ("ufw",)).starts_at_boot


# -- SysV ------------------------------------------------------------------------------------------------

INITTAB = "# Default runlevel\nid:3:initdefault:\nsi::sysinit:/etc/rc.d/rc.sysinit\n"


def sysv(
    folder: str = "/etc/rc.d/rc3.d",
    entry: str = "S55sshd",
    mode: int = EXECUTABLE,
    name: str = "sshd",
    files: Files | None = None,
    denied: tuple[str, ...] = (),
) -> Service:
    script = f"/etc/init.d/{name}"
    links = {f"{folder}/{entry}": script} if entry else {}
    files = {"/etc/inittab": INITTAB, "/sbin/init": "", **(files or {})}
    return services.read_ssh(FakeHost(files, links, {script: mode}, denied=denied))


@pytest.mark.parametrize("folder", ["/etc/rc.d/rc3.d", "/etc/init.d/rc3.d", "/etc/rc3.d"])
@pytest.mark.parametrize("name", ["sshd", "ssh"])
def test_a_start_link_of_the_default_runlevel(folder: str, name: str) -> None:
    found = sysv(folder, f"S12{name}", name=name)
    seen = (
        Evidence("/etc/inittab:2", "id:3:initdefault:"),
        Evidence(f"{folder}/S12{name}", f"starts /etc/init.d/{name}"),
    )
    assert found == Service(True, "sysv", "runlevel 3", name, None, seen)


@pytest.mark.parametrize("entry", ["K55sshd", "S5sshd", "S55sshd.rpmsave", "s55sshd", "S55sshd2", ""])
def test_without_a_start_link_it_is_disabled(entry: str) -> None:
    found = sysv(entry=entry)
    assert (found.starts_at_boot, found.obstacle, found.boots_to) == (False, "disabled", "runlevel 3")


def test_a_start_link_of_another_runlevel_does_not_count() -> None:
    assert sysv("/etc/rc.d/rc5.d").obstacle == "disabled"


def test_a_start_link_to_nothing_does_not_count() -> None:
    host = FakeHost(
        {"/etc/inittab": INITTAB, "/sbin/init": "", "/etc/init.d/sshd": ""}, {"/etc/rc3.d/S55sshd": "/gone"}
    )
    assert services.read_ssh(host).obstacle == "disabled"


def test_a_script_that_is_not_executable() -> None:
    found = sysv(mode=0o100644)
    assert (found.starts_at_boot, found.obstacle) == (False, "not-executable")


def test_the_file_that_stops_debians_script_stops_no_other() -> None:
    """RHEL's and SLES's scripts, named sshd, do not know the file."""
    assert sysv(files={NOT_TO_BE_RUN: ""}).starts_at_boot
    debian = FakeHost(
        {"/sbin/init": "", "/etc/inittab": INITTAB, NOT_TO_BE_RUN: ""},
        {"/etc/rc3.d/S16ssh": "../init.d/ssh"},
        {"/etc/init.d/ssh": EXECUTABLE},
    )
    assert services.read_ssh(debian).obstacle == "not-to-be-run"


def test_no_script_is_not_installed() -> None:
    found = services.read_ssh(FakeHost({"/etc/inittab": INITTAB, "/sbin/init": ""}))
    assert (found.starts_at_boot, found.obstacle, found.unit) == (False, "not-installed", "sshd")


def test_start_links_that_may_not_be_listed_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="permission denied"):
        sysv(denied=("/etc/rc.d/rc3.d",))


@pytest.mark.parametrize(
    ("files", "runlevel", "line"),
    [
        ({"/etc/inittab": INITTAB}, "3", "/etc/inittab:2"),
        ({"/etc/inittab": "#id:3:initdefault:\nid:5:initdefault:\n"}, "5", "/etc/inittab:2"),
        ({"/etc/inittab": "id:5:initdefault:\r\n"}, "5", "/etc/inittab:1"),
        ({"/etc/init/rc-sysinit.conf": "start on x\nenv DEFAULT_RUNLEVEL=2\n"}, "2", "/etc/init/rc-sysinit.conf:2"),
        ({"/etc/inittab": INITTAB, "/etc/init/rc-sysinit.conf": "env DEFAULT_RUNLEVEL=2"}, "3", "/etc/inittab:2"),
        ({"/etc/inittab": "", "/etc/init/rc-sysinit.conf": "env DEFAULT_RUNLEVEL=2"}, "2",
         "/etc/init/rc-sysinit.conf:1"),
    ],
)  # fmt: skip
def test_default_runlevel(files: Files, runlevel: str, line: str) -> None:
    found, evidence = default_runlevel(FakeHost(files))
    assert (found, evidence.source) == (runlevel, line)


@pytest.mark.parametrize("text", ["", "# id:3:initdefault:\n", "id:S:initdefault:\n", "id:3:wait:/x\n", "\udcff"])
def test_an_unknown_default_runlevel_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable, match="default runlevel is not known"):
        default_runlevel(FakeHost({"/etc/inittab": text}))


def test_an_inittab_that_may_not_be_read_is_not_replaced() -> None:
    """Upstart's own default counts only where inittab says nothing."""
    files: Files = {"/etc/inittab": INITTAB, "/etc/init/rc-sysinit.conf": "env DEFAULT_RUNLEVEL=2"}
    with pytest.raises(Unreadable, match="permission denied"):
        default_runlevel(FakeHost(files, denied=("/etc/inittab",)))


def test_an_unknown_runlevel_leaves_the_answer_open() -> None:
    with pytest.raises(Unreadable, match="default runlevel is not known"):
        sysv(files={"/etc/inittab": "garbage"})


# -- Upstart ---------------------------------------------------------------------------------------------

RC_SYSINIT = "env DEFAULT_RUNLEVEL=2\n"
START = "description x\nstart on runlevel [2345]\nstop on runlevel [!2345]\nrespawn\n"


def upstart(job: str, override: str | None = None, files: Files | None = None, denied: tuple[str, ...] = ()) -> Service:
    found: Files = {"/sbin/init": "", "/etc/init/rc-sysinit.conf": RC_SYSINIT, "/etc/init/ssh.conf": job}
    if override is not None:
        found["/etc/init/ssh.override"] = override
    return services.read_ssh(FakeHost({**found, **(files or {})}, denied=denied))


def test_a_job_that_starts() -> None:
    found = upstart(START)
    assert (found.starts_at_boot, found.init, found.boots_to, found.unit) == (True, "upstart", "runlevel 2", "ssh")
    assert found.evidence[-1] == Evidence("/etc/init/ssh.conf:2", "start on runlevel [2345]")


@pytest.mark.parametrize(
    ("job", "override", "starts"),
    [
        (START, None, True),
        ("respawn\n", None, False),
        ("#start on runlevel [2345]\n", None, False),
        (START + "manual\n", None, False),
        ("manual\n" + START, None, True),
        (START, "manual\n", False),
        (START, "manual # not now\n", False),
        (START, "#manual\n", True),
        (START, "manual\nstart on runlevel [2345]\n", True),
        (START, "start on runlevel [5]\n", False),
        (START, "start on runlevel [5]\nstart on runlevel [2]\n", True),
        (START + "manual\n", "start on runlevel [2345]\n", True),
        (START, "", True),
        ("start on runlevel [345]\n", None, False),
        ("start on (filesystem\n  and net-device-up IFACE=lo)\n", None, True),
        ("start on filesystem or \\\n  runlevel [2345]\n", None, True),
        ("manual_thing\n" + START, None, True),
    ],
)
def test_manual_and_start_on_in_their_order(job: str, override: str | None, starts: bool) -> None:
    found = upstart(job, override)
    assert found.starts_at_boot == starts
    assert found.obstacle == (None if starts else "disabled")


def test_the_file_that_stops_the_job() -> None:
    assert upstart(START, files={NOT_TO_BE_RUN: ""}).obstacle == "not-to-be-run"


def test_the_default_runlevel_of_inittab_counts() -> None:
    assert upstart("start on runlevel [3]\n", files={"/etc/inittab": INITTAB}).starts_at_boot


def test_events_that_files_do_not_tell_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="events that files do not tell"):
        upstart("start on my-event\n")


@pytest.mark.parametrize("path", ["/etc/init/ssh.conf", "/etc/init/ssh.override"])
def test_a_job_or_override_that_may_not_be_read_is_unreadable(path: str) -> None:
    with pytest.raises(Unreadable, match="permission denied"):
        upstart(START, "manual\n", denied=(path,))


def test_a_script_under_upstart() -> None:
    """RHEL 6: Upstart is init, the server is a SysV script."""
    host = FakeHost(
        {"/sbin/init": "", "/etc/init/rc.conf": "", "/etc/inittab": INITTAB},
        {"/etc/rc.d/rc3.d/S55sshd": "../init.d/sshd", "/etc/init.d": "rc.d/init.d"},
        {"/etc/rc.d/init.d/sshd": EXECUTABLE},
    )
    found = services.read_ssh(host)
    assert (found.starts_at_boot, found.init) == (True, "sysv")


def test_stanzas_and_their_lines() -> None:
    text = "# start on x\nstart on (runlevel [23] # why\n  or startup)\nmanual\n\nstart on startup\n"
    assert [(word, condition, e.source) for word, condition, e in parse_job(text, "/j")] == [
        ("start", "(runlevel [23] or startup)", "/j:2"),
        ("manual", "", "/j:4"),
        ("start", "startup", "/j:6"),
    ]


def test_brackets_that_never_close_end_with_the_file() -> None:
    assert parse_job("start on (runlevel [23]\nmanual\n", "/j")


@pytest.mark.parametrize(
    ("condition", "runlevel", "value"),
    [
        ("runlevel [2345]", "2", True),
        ("runlevel [2345]", "1", False),
        ("runlevel [!06]", "2", True),
        ("runlevel [!026]", "2", False),
        ("runlevel 2", "2", True),
        ("runlevel RUNLEVEL=[2345]", "3", True),
        ("runlevel [2345] PREVLEVEL=N", "3", True),
        ("runlevel", "2", True),
        ("startup", "2", True),
        ("started dbus", "2", True),
        ("filesystem or runlevel [5]", "2", True),
        ("runlevel [5] or filesystem", "2", True),
        ("filesystem and runlevel [5]", "2", False),
        ("(filesystem and runlevel [2]) or runlevel [5]", "2", True),
        ("filesystem and (runlevel [5] or runlevel [2])", "2", True),
        ("((runlevel [2]))", "2", True),
        ("my-event", "2", None),
        ("my-event or runlevel [2]", "2", True),
        ("my-event or runlevel [5]", "2", None),
        ("my-event and runlevel [5]", "2", False),
        ("my-event and runlevel [2]", "2", None),
        ("stopped ssh", "2", None),
        ("(runlevel [2]", "2", None),
        ("runlevel [2])", "2", None),
        ("runlevel [2] or", "2", None),
        ("or", "2", None),
        ("()", "2", None),
        ("", "2", None),
        ("(" * 5000, "2", None),
    ],
)
def test_conditions_of_upstart(condition: str, runlevel: str, value: bool | None) -> None:
    assert starts_in(condition, runlevel) is value

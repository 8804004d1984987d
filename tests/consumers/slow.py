"""`make test-consumers-slow`: the real Salt (minutes to install), CFEngine and Nagios."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.stage import LINUXREADY
from tests.packaging.conftest import Packages
from tests.packaging.roots import ENVIRONMENT, HERE, PLACE, Root, root

from . import programs
from .caches import HOSTS, caches, evil_machine, install, put

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="installs packages: run as root")]

CASES = caches()
EXAMPLES = "/usr/share/doc/linuxready-facts/examples"


@pytest.fixture(scope="module")
def machine(packages: Packages) -> Iterator[Root]:
    """Debian with CFEngine and Nagios, and the packages."""
    with root(programs.debian(programs.SLOW), "--net") as made:
        made.beside("ip", "link", "set", "lo", "up")
        install(made, packages)
        yield made


# -- Salt --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minion(packages: Packages) -> Iterator[Root]:
    """This machine in an overlay, with the packages, and a file server's folder with the grain."""
    with root(HERE) as made:
        install(made, packages)
        made.run("mkdir", "-p", "/srv/salt/_grains", "/etc/salt")
        made.run("cp", f"{EXAMPLES}/linuxready_grains.py", "/srv/salt/_grains/")
        made.path("/etc/salt/minion").write_text("file_client: local\nid: test\nlog_level_logfile: quiet\n")
        yield made


def salt(minion: Root, *words: str) -> object:
    command = (str(programs.salt() / "salt-call"), "--local", "--out=json", "--log-level=error", *words)
    return json.loads(minion.run(*command))["local"]


@pytest.mark.parametrize("case", CASES)
def test_salt_has_the_grain(minion: Root, case: str) -> None:
    put(minion, CASES[case])
    salt(minion, "saltutil.sync_grains")
    assert salt(minion, "grains.get", "linuxready") == CASES[case].expected
    assert salt(minion, "grains.get", "linuxready:ready") is CASES[case].expected["ready"]


def test_salt_targets_by_the_verdict(minion: Root) -> None:
    put(minion, CASES["not-ready"])
    assert salt(minion, "match.grain", "linuxready:verdict:not-ready") is True
    assert salt(minion, "match.grain", "linuxready:verdict:ready") is False


def test_salt_takes_the_document_as_static_grains(minion: Root) -> None:
    """`linuxready facts --for salt` behind "grains:", in a file of minion.d."""
    evil = subprocess.run(
        (LINUXREADY, "facts", "--for", "salt", "--facts", "-"), input=evil_machine(), capture_output=True, text=True
    ).stdout
    minion.run("rm", "-r", "/srv/salt/_grains", "/var/cache/salt")
    minion.run("mkdir", "-p", "/etc/salt/minion.d")
    minion.path("/etc/salt/minion.d/linuxready.conf").write_text(f"grains: {evil}", encoding="utf-8")
    told = salt(minion, "grains.get", "linuxready")
    assert isinstance(told, dict)
    assert told["kernel"] == json.loads(evil)["linuxready"]["kernel"]


# -- CFEngine -----------------------------------------------------------------------------------------------------

POLICY = """
body file control { inputs => { "/usr/share/doc/linuxready-facts/examples/linuxready.cf" }; }
body common control { bundlesequence => { "linuxready", "tell" }; }
bundle agent tell
{
  vars:
      "seen" string => format("%S", "linuxready.facts");
  reports:
    linuxready_ready:: "class: ready";
    linuxready_not_ready:: "class: not-ready";
    linuxready_undetermined:: "class: undetermined";
    linuxready_ok:: "status: ok";
    linuxready_stale:: "status: stale";
    linuxready_error:: "status: error";
    linuxready_not_run:: "status: not_run";
    any:: "kernel: $(linuxready.facts[kernel])";
}
"""


@pytest.mark.parametrize("case", CASES)
def test_cfengine_has_classes_and_data(machine: Root, case: str) -> None:
    put(machine, CASES[case])
    machine.path("/tmp/tell.cf").write_text(POLICY)
    machine.path("/tmp/tell.cf").chmod(0o600)
    told = machine.run("cf-agent", "--no-lock", "--inform", "--file", "/tmp/tell.cf")
    expected = CASES[case].expected
    assert f"R: class: {expected['verdict']}\n" in told
    assert f"R: status: {expected['status']}\n" in told
    if kernel := expected.get("kernel"):
        # It decodes no \u escape.
        assert "".join(c if c.isprintable() or c in "\t\n" else f"\\u{ord(c):04x}" for c in kernel) in told


# -- Nagios -------------------------------------------------------------------------------------------------------

NAGIOS = """
log_file=/tmp/nagios/log
cfg_file=/tmp/nagios/objects.cfg
check_result_path=/tmp/nagios/results
status_file=/tmp/nagios/status
object_cache_file=/tmp/nagios/cache
temp_file=/tmp/nagios/temp
lock_file=/tmp/nagios/lock
command_file=/tmp/nagios/command
state_retention_file=/tmp/nagios/retention
query_socket=/tmp/nagios/query
nagios_user=root
nagios_group=root
log_initial_states=1
status_update_interval=1
"""
OBJECTS = """
define timeperiod {{
  timeperiod_name always
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}}
define command {{
  command_name up
  command_line /bin/true
}}
define contact {{
  contact_name nobody
  host_notifications_enabled 0
  service_notifications_enabled 0
  host_notification_period always
  service_notification_period always
  host_notification_options n
  service_notification_options n
  host_notification_commands up
  service_notification_commands up
}}
define host {{
  host_name here
  address 127.0.0.1
  check_command up
  max_check_attempts 1
  check_period always
  contacts nobody
  notification_interval 0
  notification_period always
}}
{services}
"""
SERVICE = """
define command {{
  command_name {name}
  command_line /usr/bin/linuxready check {source} --format nagios
}}
define service {{
  host_name here
  service_description {name}
  check_command {name}
  max_check_attempts 1
  check_interval 1
  retry_interval 1
  check_period always
  contacts nobody
  notification_interval 0
  notification_period always
}}
"""
STATES = {
    "ready": (0, "--recording /tmp/nagios/hosts/rhel-6.8-ready"),
    "not-ready": (2, "--recording /tmp/nagios/hosts/rhel-7-xfs-v5"),
    "undetermined": (3, "--recording /tmp/nagios/hosts/not-root"),
    "evil": (2, "--facts /tmp/nagios/evil.json"),
    "nowhere": (3, "--recording /nowhere"),
}


def test_nagios_runs_the_plugin(machine: Root) -> None:
    """A running nagios has every state as the verdict is, the line as it was printed, and performance data."""
    folder = machine.path("/tmp/nagios")
    (folder / "results").mkdir(parents=True)
    machine.beside("cp", "-a", str(HOSTS), f"{PLACE}/tmp/nagios/hosts")
    (folder / "evil.json").write_text(evil_machine())
    (folder / "nagios.cfg").write_text(NAGIOS)
    services = "".join(SERVICE.format(name=name, source=source) for name, (_, source) in STATES.items())
    (folder / "objects.cfg").write_text(OBJECTS.format(services=services))
    assert "Total Errors:   0" in machine.run("nagios4", "--verify-config", "/tmp/nagios/nagios.cfg")
    running = subprocess.Popen(
        (*machine.enter, "chroot", PLACE, "nagios4", "/tmp/nagios/nagios.cfg"),
        stdout=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    try:
        seen: dict[str, dict[str, str]] = {}
        for _ in range(60):
            machine.run("sleep", "2")
            seen = checked(folder / "status")
            if len(seen) == len(STATES):
                break
    finally:
        running.terminate()
        running.wait(20)
    assert {name: int(values["current_state"]) for name, values in seen.items()} == {
        name: state for name, (state, _) in STATES.items()
    }
    for name, values in seen.items():
        print(name, values["current_state"], values["plugin_output"])
        assert values["plugin_output"].startswith("LINUXREADY ")
        assert name == "nowhere" or "failed=" in values["performance_data"]


def checked(status: Path) -> dict[str, dict[str, str]]:
    """The services that have been checked, by name, out of nagios' status file."""
    if not status.exists():
        return {}
    blocks = re.findall(r"^servicestatus \{\n(.*?)^\t\}", status.read_text(errors="replace"), re.M | re.S)
    rows = [dict(line.strip().partition("=")[::2] for line in block.splitlines() if "=" in line) for block in blocks]
    return {row["service_description"]: row for row in rows if row["has_been_checked"] == "1"}

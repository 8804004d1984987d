"""sshd's ports and addresses: sshd_config with its includes, `sshd -T`, the command line, the socket."""

from __future__ import annotations

import pytest

from linuxready.facts import Fact, Service
from linuxready.host import CommandResult, Unreadable
from linuxready.readers import sshd

from ..machines import FakeHost

SERVICE = Service(True, "systemd", "multi-user.target", "sshd.service", None, ())
SOCKET = Service(True, "systemd", "multi-user.target", "ssh.socket", None, ())
ANY = ["0.0.0.0", "::"]
CONFIG = "/etc/ssh/sshd_config"


def listens(files: dict[str, str | bytes], service: Service = SERVICE, **host: object) -> list[tuple[str, int]]:
    found = sshd.read(FakeHost(files, **host), Fact(value=service))  # type: ignore[arg-type]
    return [(listen.address, listen.port) for listen in found]


def both(*ports: int) -> list[tuple[str, int]]:
    return [(address, port) for address in ANY for port in ports]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", both(22)),
        ("#Port 2222\n", both(22)),
        ("Port 2222\n", both(2222)),
        ("  port=2222 # the other\n", both(2222)),
        ("PORT\t2222\nPort 22\n", both(2222, 22)),
        ('Port "2222"\n', both(2222)),
        ("Match User git\n  Port 2222\n", both(22)),
        ("AddressFamily inet\n", [("0.0.0.0", 22)]),
        ("AddressFamily inet6\nAddressFamily inet\n", [("::", 22)]),
        ("ListenAddress 10.1.2.3\n", [("10.1.2.3", 22)]),
        ("ListenAddress 10.1.2.3\nPort 2222\n", [("10.1.2.3", 2222)]),
        ("ListenAddress 10.1.2.3:24\nPort 2222\n", [("10.1.2.3", 24)]),
        ("ListenAddress [2001:db8::1]:24\nListenAddress ::1\n", [("2001:db8::1", 24), ("::1", 22)]),
        ("ListenAddress *\n", [("0.0.0.0", 22)]),
        ("Port 2222\r\n", both(2222)),
    ],
)
def test_settings(config: str, expected: list[tuple[str, int]]) -> None:
    assert listens({CONFIG: config}) == expected


def test_without_a_file_it_is_22() -> None:
    assert listens({}) == both(22)


@pytest.mark.parametrize("line", ["Port many", "Port 0", "Port 65536", "Port 99999999999", "ListenAddress 10.1.2.3:0"])
def test_what_is_no_port_keeps_sshd_from_starting(line: str) -> None:
    with pytest.raises(Unreadable, match=r"sshd_config:1: .* is no port number"):
        listens({CONFIG: line})


def test_includes_in_circles_end() -> None:
    with pytest.raises(Unreadable, match="includes more than"):
        listens({CONFIG: "Include sshd_config sshd_config sshd_config\n"})


def test_includes_are_followed_in_order() -> None:
    files: dict[str, str | bytes] = {
        CONFIG: "Include /etc/ssh/sshd_config.d/*.conf\nInclude more\n",
        "/etc/ssh/sshd_config.d/20-b.conf": "Port 2200\n",
        "/etc/ssh/sshd_config.d/10-a.conf": "Port 2100\n",
        "/etc/ssh/sshd_config.d/off.disabled": "Port 1\n",
        "/etc/ssh/more": "Port 2300\n",
    }
    assert listens(files) == both(2100, 2200, 2300)


def test_evidence_names_the_line() -> None:
    host = FakeHost({CONFIG: "# first\nPort 2222\n"})
    assert sshd.read(host, Fact(value=SERVICE))[0].evidence.source == f"{CONFIG}:2"


@pytest.mark.parametrize("options", ['OPTIONS="-p 2222"', "OPTIONS=-p2222", "OPTIONS='-u0 -o Port=2222'"])
def test_a_port_on_the_command_line_wins(options: str) -> None:
    files: dict[str, str | bytes] = {CONFIG: "Port 22\n", "/etc/sysconfig/sshd": options + "\n"}
    assert listens(files) == both(2222)


def test_a_port_on_the_command_line_leaves_those_of_addresses() -> None:
    files: dict[str, str | bytes] = {
        CONFIG: "ListenAddress 10.1.2.3:24\nListenAddress 10.1.2.4\n",
        "/etc/default/ssh": 'SSHD_OPTS="-p 2222"\n',
    }
    assert listens(files) == [("10.1.2.3", 24), ("10.1.2.4", 2222)]


@pytest.mark.parametrize(
    ("start", "expected"),
    [("-D -p 2222", both(2222)), ("-D -f /etc/ssh/other", both(24)), ("-D $OPTIONS", both(22))],
)
def test_the_units_command_line_counts(start: str, expected: list[tuple[str, int]]) -> None:
    files: dict[str, str | bytes] = {
        CONFIG: "Port 22\n",
        "/etc/ssh/other": "Port 24\n",
        "/usr/lib/systemd/system/sshd.service": f"[Service]\nExecStart=/usr/sbin/sshd {start}\n",
    }
    assert listens(files) == expected


def test_sshd_itself_is_asked_first() -> None:
    said = "port 2222\naddressfamily any\nlistenaddress [::]:2222\nlistenaddress 0.0.0.0:2222\n"
    commands = {("sshd", "-T"): CommandResult(("sshd", "-T"), 0, said, "")}
    assert listens({CONFIG: "Port 22\n"}, commands=commands) == [("::", 2222), ("0.0.0.0", 2222)]


def test_where_sshd_fails_the_file_tells() -> None:
    commands = {("sshd", "-T"): CommandResult(("sshd", "-T"), 1, "", "sshd: no hostkeys available -- exiting.\n")}
    assert listens({CONFIG: "Port 24\n"}, commands=commands) == both(24)


UNIT = "/usr/lib/systemd/system/ssh.socket"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2222", both(2222)),
        ("10.1.2.3:2222", [("10.1.2.3", 2222)]),
        ("[::]:2222", both(2222)),
        ("[::]:2222\nBindIPv6Only=ipv6-only", [("::", 2222)]),
        ("22\nListenStream=\nListenStream=2222", both(2222)),
        ("/run/ssh.sock", []),
    ],
)
def test_a_socket_listens_by_its_own_words(value: str, expected: list[tuple[str, int]]) -> None:
    files: dict[str, str | bytes] = {CONFIG: "Port 22\n", UNIT: f"[Socket]\nListenStream={value}\n"}
    assert listens(files, SOCKET) == expected


def test_ubuntus_socket_listens_where_the_config_says() -> None:
    files: dict[str, str | bytes] = {CONFIG: "Port 24\n", UNIT: "[Socket]\nListenStream=22\n", sshd.GENERATOR: ""}
    assert listens(files, SOCKET) == both(24)

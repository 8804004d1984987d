"""Where the SSH server listens: sshd_config(5) with what it includes, `sshd -T`, or the socket that listens for it.

    Include /etc/ssh/sshd_config.d/*.conf
    Port 2222
    ListenAddress 10.1.2.3
    ListenAddress [2001:db8::1]:22
    AddressFamily inet

A port on the service's command line (/etc/sysconfig/sshd: OPTIONS="-p 2222") overrides `Port`. A systemd socket has
its own ListenStream=, unless Ubuntu's generator makes that from sshd_config.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from linuxready.facts import Evidence, Fact, Listen, Service
from linuxready.host import Absent, Host, Unreadable
from linuxready.readers import services
from linuxready.text import shortened

CONFIG = "/etc/ssh/sshd_config"
DEFAULTS = {"/etc/sysconfig/sshd": "OPTIONS", "/etc/sysconfig/ssh": "SSHD_OPTS", "/etc/default/ssh": "SSHD_OPTS"}
"""Files that give the service its command line, and the variable: Red Hat's, SUSE's and Debian's."""
SAYING = ("port", "listenaddress", "addressfamily")
GENERATOR = "/usr/lib/systemd/system-generators/sshd-socket-generator"
ANY = {"any": ("0.0.0.0", "::"), "inet": ("0.0.0.0",), "inet6": ("::",)}  # noqa: S104 - what sshd does, told
MAX_DEPTH = 16
"""Includes in includes, sshd's own limit."""


def read(host: Host, ssh: Fact[Service]) -> tuple[Listen, ...]:
    """The addresses and ports that the server listens on; raises Unreadable."""
    unit = ssh.value.unit if ssh.value and ssh.value.starts_at_boot else ""
    if unit.endswith(".socket") and host.mode(GENERATOR) is None:
        return _socket(host, unit)
    forced = _command_line_ports(host)
    settings = tuple(_settings(host, CONFIG, 0))
    # The server itself is asked where its files say anything of that: it takes as long as all the rest of a look.
    said = not forced and any(keyword in SAYING for keyword, _, _ in settings)
    return (said and _effective(host)) or parse(settings, forced)


def _effective(host: Host) -> tuple[Listen, ...]:
    """What `sshd -T` says; () where it gives no answer (no keys yet, not root, a captured machine)."""
    with suppress(Unreadable):
        result = host.run("sshd", "-T")
        lines = result.stdout.splitlines() if result.exit_status == 0 else []
        settings = [(*line.lower().partition(" ")[::2], Evidence("sshd -T", line)) for line in lines]
        if any(keyword == "port" for keyword, _, _ in settings):
            return parse(settings, {})
    return ()


Setting = tuple[str, str, Evidence]
"""A keyword in lower case, its argument, and where it stands."""


def _settings(host: Host, path: str, depth: int) -> Iterator[Setting]:
    try:
        text = host.text(path)
    except Absent:
        return
    for keyword, argument, evidence in parse_config(text, path):
        if keyword == "include" and depth < MAX_DEPTH:
            for pattern in _arguments(argument):
                for included in host.matching(pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"):
                    yield from _settings(host, included, depth + 1)
        elif keyword == "match":
            return
        yield keyword, argument, evidence


def parse_config(text: str, path: str) -> Iterator[Setting]:
    """The settings of a file. Those behind `Match` are for some connections only, which neither port nor address is."""
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r"\s*(\w+)(?:\s*=\s*|\s+)(\S.*)", line)
        if match and not line.lstrip().startswith("#"):
            yield match[1].lower(), match[2].strip(), Evidence(f"{path}:{number}", shortened(line.strip()))


def _arguments(text: str) -> list[str]:
    """The words of an argument; double quotes hold one together, # begins a comment."""
    words = re.findall(r'"([^"]*)"|(#.*)|([^\s"#]\S*)', text)
    return [quoted or plain for quoted, comment, plain in words if not comment]


def parse(settings: Iterable[Setting], forced: dict[int, Evidence]) -> tuple[Listen, ...]:
    """Where a server with these settings listens; `forced` are the ports of its command line, which win over `Port`."""
    ports = dict(forced)
    addresses: list[tuple[str, int | None, Evidence]] = []
    family = "any"
    for keyword, argument, evidence in settings:
        word = (_arguments(argument) or [""])[0]
        if keyword == "port" and word.isdecimal() and not forced:
            ports.setdefault(int(word), evidence)
        elif keyword == "listenaddress":
            addresses.append((*_split(word), evidence))
        elif keyword == "addressfamily" and family == "any":
            family = word.lower() if word.lower() in ANY else family
    ports = ports or {22: Evidence(CONFIG, "no Port line, so 22")}
    wanted = addresses or [(address, None, Evidence("", "")) for address in ANY[family]]
    listens = {}
    for address, own, where in wanted:
        for port, evidence in {own: where}.items() if own else ports.items():
            listens[address, port] = Listen(address, port, where if where.source else evidence)
    return tuple(listens.values())


def _split(word: str) -> tuple[str, int | None]:
    """Address and port of "10.1.2.3", "10.1.2.3:22", "[::1]:22" or "::1"."""
    match = re.fullmatch(r"\[(.*)\](?::(\d+))?|([^:]*):(\d+)", word)
    if match is None:
        return ("0.0.0.0" if word == "*" else word), None  # noqa: S104
    port = match[2] or match[4]
    return (match[1] if match[1] is not None else match[3]), int(port) if port else None


def _command_line_ports(host: Host) -> dict[int, Evidence]:
    ports: dict[int, Evidence] = {}
    for path, variable in DEFAULTS.items():
        with suppress(Absent):
            for number, line in enumerate(host.text(path).split("\n"), 1):
                match = re.match(rf"""\s*{variable}=["']?(.*?)["']?\s*$""", line)
                for port in re.findall(r"(?:^|\s)(?:-p\s*|-o\s*Port=)(\d+)", match[1]) if match else ():
                    ports[int(port)] = Evidence(f"{path}:{number}", shortened(line.strip()))
    return ports


def _socket(host: Host, name: str) -> tuple[Listen, ...]:
    unit = services.units_of(host).load(name)
    listens = []
    for value in unit.values("ListenStream") if unit else ():
        evidence = Evidence(unit.file if unit else name, f"ListenStream={value}")
        if value.isdecimal():
            listens += [Listen(address, int(value), evidence) for address in ANY["any"]]
        elif not value.startswith(("/", "@")):
            address, port = _split(value)
            listens.append(Listen(address, port or 22, evidence))
    return tuple(listens)

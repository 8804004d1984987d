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
MAX_FILES = 200
"""Read of one configuration; sshd itself ends includes in circles at a depth of 16."""


def read(host: Host, ssh: Fact[Service]) -> tuple[Listen, ...]:
    """The addresses and ports that the server listens on; raises Unreadable."""
    service = ssh.value if ssh.value and ssh.value.starts_at_boot else None
    if service and service.unit.endswith(".socket") and host.mode(GENERATOR) is None:
        return _socket(host, service.unit)
    forced, config = _command_line(host, service)
    settings = tuple(_settings(host, config, [0]))
    # The server itself is asked where its files say anything of that: it takes as long as all the rest of a look.
    said = not forced and config == CONFIG and any(keyword in SAYING for keyword, _, _ in settings)
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


def _settings(host: Host, path: str, files: list[int]) -> Iterator[Setting]:
    """The settings of a file and of those it includes; `files` counts them."""
    files[0] += 1
    if files[0] > MAX_FILES:
        raise Unreadable(f"{CONFIG} includes more than {MAX_FILES} files")
    try:
        text = host.text(path)
    except Absent:
        return
    for keyword, argument, evidence in parse_config(text, path):
        if keyword == "include":
            for pattern in _arguments(argument):
                for included in host.matching(pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"):
                    yield from _settings(host, included, files)
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
        if keyword == "port" and not forced:
            ports.setdefault(_port(word, evidence.source), evidence)
        elif keyword == "listenaddress":
            addresses.append((*_split(word, evidence.source), evidence))
        elif keyword == "addressfamily" and family == "any":
            family = word.lower() if word.lower() in ANY else family
    ports = ports or {22: Evidence(CONFIG, "no Port line, so 22")}
    wanted = addresses or [(address, None, Evidence("", "")) for address in ANY[family]]
    listens = {}
    for address, own, where in wanted:
        for port, evidence in {own: where}.items() if own else ports.items():
            listens[address, port] = Listen(address, port, where if where.source else evidence)
    return tuple(listens.values())


def _port(word: str, place: str) -> int:
    if not re.fullmatch(r"0*[0-9]{1,5}", word) or not 0 < int(word) < 65536:
        raise Unreadable(f"{place}: {shortened(word, 20)} is no port number, so sshd does not start")
    return int(word)


def _split(word: str, place: str) -> tuple[str, int | None]:
    """Address and port of "10.1.2.3", "10.1.2.3:22", "[::1]:22" or "::1"."""
    match = re.fullmatch(r"\[(.*)\](?::(.+))?|([^:]*):([^:]+)", word)
    if match is None:
        return ("0.0.0.0" if word == "*" else word), None  # noqa: S104
    port = match[2] or match[4]
    return (match[1] if match[1] is not None else match[3]), _port(port, place) if port else None


def _command_line(host: Host, service: Service | None) -> tuple[dict[int, Evidence], str]:
    """The ports that the server's command line has, and the configuration that it names."""
    ports: dict[int, Evidence] = {}
    config = CONFIG
    for words, evidence in (*_started_by(host, service), *_options(host)):
        for port in re.findall(r"(?:^|\s)(?:-p\s*|-o\s*Port=)(\S+)", words):
            ports[_port(port, evidence.source)] = evidence
        for path in re.findall(r"(?:^|\s)-f\s*(/\S+)", words):
            config = path
    return ports, config


def _started_by(host: Host, service: Service | None) -> Iterator[tuple[str, Evidence]]:
    if service is None or service.init != "systemd":
        return
    unit = services.units_of(host).load(service.unit)
    for setting in unit.settings if unit else ():
        if setting.key == "ExecStart" and setting.value:
            yield setting.value, Evidence(setting.source, f"ExecStart={shortened(setting.value)}")


def _options(host: Host) -> Iterator[tuple[str, Evidence]]:
    for path, variable in DEFAULTS.items():
        with suppress(Absent):
            for number, line in enumerate(host.text(path).split("\n"), 1):
                match = re.match(rf"""\s*{variable}=["']?(.*?)["']?\s*$""", line)
                if match:
                    yield match[1], Evidence(f"{path}:{number}", shortened(line.strip()))


def _socket(host: Host, name: str) -> tuple[Listen, ...]:
    """Where a socket listens; `[::]` takes IPv4 as well, unless BindIPv6Only= says otherwise (systemd.socket(5))."""
    unit = services.units_of(host).load(name)
    if unit is None:
        return ()
    any_address = ("::",) if unit.values("BindIPv6Only")[-1:] == ["ipv6-only"] else ANY["any"]
    listens: list[Listen] = []
    for setting in unit.settings:
        if setting.key != "ListenStream":
            continue
        evidence = Evidence(setting.source, f"ListenStream={setting.value}")
        if not setting.value:
            listens = []  # it takes back what stands above
        elif not setting.value.startswith(("/", "@")):
            address, port = ("::", None) if setting.value.isdecimal() else _split(setting.value, setting.source)
            number = port or _port(setting.value, setting.source)
            listens += [Listen(each, number, evidence) for each in (any_address if address == "::" else (address,))]
    return tuple(listens)

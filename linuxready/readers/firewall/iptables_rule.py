"""One rule in iptables' words: its matches and what it does (iptables(8), iptables-extensions(8)).

-p tcp -m multiport --dports 22,8000:8080 -m conntrack --ctstate NEW -j SSH
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from linuxready.readers.firewall.ports import PORTS
from linuxready.ruleset import Match, Rule, Statement

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "ipv6-icmp": "icmpv6"}

NO_EFFECT = frozenset(
    "LOG NFLOG ULOG AUDIT TRACE TCPMSS TCPOPTSTRIP TOS DSCP TTL HL ECN CLASSIFY CHECKSUM RATEEST SET IDLETIMER LED "
    "SECMARK CONNSECMARK HMARK TEE".split()
)
"""Targets after which a packet goes on to the next rule, as far as this machine is concerned."""

VERDICTS = {
    "ACCEPT": "accept",
    "DROP": "drop",
    "REJECT": "reject",
    "RETURN": "return",
    "TARPIT": "drop",
    # They end their chain, and leave the destination as it is.
    "SNAT": "accept",
    "MASQUERADE": "accept",
}
UNDECIDED = {"QUEUE": "queue", "NFQUEUE": "queue", "DNAT": "dnat", "NETMAP": "dnat", "NOTRACK": "notrack"}
MARKING = {"MARK": "mark", "CONNMARK": "ct-mark"}

FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128, "ALL": 63, "NONE": 0}


def split(line: str) -> list[str]:
    """A line's words; in double quotes a backslash protects what follows."""
    if '"' not in line and "'" not in line:
        return line.split()
    words = re.findall(r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+""", line)
    return [re.sub(r"""\\(.)|["']""", r"\1", word) for word in words]


def parse_rule(words: list[str], text: str, place: str, chains: Iterable[str] = ()) -> Rule:
    """One rule from its words behind the chain's name; `chains` are those that it may jump to."""
    matches: list[Match] = []
    statements: tuple[Statement, ...] = ()
    extension = ""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        negated = word == "!"
        if negated and rest:
            word = rest.pop(0)
        word, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        arguments = [value] if equals else []
        if word in ONE_WORD and rest and not arguments:
            arguments.append(rest.pop(0))
        elif len(rest) > 1 and rest[0] == "!" and not rest[1].startswith("-"):  # the old order: --dport ! 22
            negated = True
            rest.pop(0)
        while rest and not rest[0].startswith("-") and rest[0] != "!":
            arguments.append(rest.pop(0))
        if word in ("-j", "--jump", "-g", "--goto") and arguments:
            options = _until_match(rest)
            statements = _target(arguments[0], options, word in ("-g", "--goto"), chains)
            rest = rest[len(options) :]
            continue
        if word in ("-m", "--match") and arguments:
            extension = arguments[0]
            matches += EXTENSIONS.get(extension, (Match((f"-m {extension}",)),))
            continue
        name = LONG.get(word, word)
        if not negated and (name in IGNORED or f"{extension} {name}" in IGNORED):
            continue
        match = _match(name, arguments, extension)
        matches.append(Match(match.fields, match.values, not match.negated) if negated else match)
    return Rule(text, place, tuple(matches), statements)


def types_of_ip6(rule: Rule) -> Rule:
    """ip6tables asks an address for its type, not the route to it: our own are UNICAST as well as LOCAL."""
    return replace(rule, matches=tuple(_type_of_ip6(match) for match in rule.matches))


def _type_of_ip6(match: Match) -> Match:
    if match.fields[0] not in ("source-type", "destination-type"):
        return match
    if len(match.values) > 1:  # they must hold all at once
        return Match((f"-m addrtype {match.fields[0]}",), match.values)
    return replace(match, values=(*match.values, ("local",))) if match.values == (("unicast",),) else match


def _until_match(words: list[str]) -> list[str]:
    """A target's own options: the words up to the next condition, which may stand behind a target as well."""
    for position, word in enumerate(words):
        name = word.partition("=")[0]
        if name in ("-m", "--match", "!") or LONG.get(name, name) in OPTIONS:
            return words[:position]
    return words


def _match(name: str, arguments: list[str], extension: str) -> Match:
    read = OPTIONS.get(f"{extension} {name}") or OPTIONS.get(name)
    try:
        if read:
            return read(arguments)
    except (ValueError, IndexError, KeyError):
        pass
    text = " ".join((name, *arguments))
    return Match((DEPENDING.get(extension, f"-m {extension}" if extension else "option"),), ((text,),))


# -- matches -----------------------------------------------------------------------------------------------

LONG = {
    "--protocol": "-p",
    "--proto": "-p",
    "--source": "-s",
    "--src": "-s",
    "--destination": "-d",
    "--dst": "-d",
    "--in-interface": "-i",
    "--out-interface": "-o",
    "--fragment": "-f",
    "--destination-port": "--dport",
    "--source-port": "--sport",
    "--destination-ports": "--dports",
    "--source-ports": "--sports",
    "--ipv4": "-4",
    "--ipv6": "-6",
    "--set-counters": "-c",
}

ONE_WORD = ("--comment", "--string", "--hex-string", "--log-prefix", "--nflog-prefix")
"""Options whose argument may look like an option itself."""

IGNORED = frozenset(
    (
        *("rt --rt-type", "rt --rt-segsleft", "rt --rt-len"),
        *("-c", "--comment", "addrtype --limit-iface-in", "addrtype --limit-iface-out"),
        # It writes the source down, and always matches.
        *("recent --set", "recent --name", "recent --rsource", "recent --rdest", "recent --mask"),
        *("rpfilter --loose", "rpfilter --validmark", "rpfilter --accept-local"),
    )
)
"""Options that do not change which packets match."""

DEPENDING = {
    "limit": "rate",
    "hashlimit": "rate",
    "statistic": "rate",
    "quota": "rate",
    "connlimit": "connections",
    "connbytes": "connections",
    "time": "time",
    "recent": "recent",
    "set": "ipset",
}
"""Extensions whose answer is not in the rule: by which of packetpath's fields."""

EXTENSIONS: dict[str, tuple[Match, ...]] = {
    **dict.fromkeys("tcp udp icmp icmp6 comment state conntrack multiport mark connmark".split(), ()),
    **dict.fromkeys("pkttype addrtype iprange recent set".split(), ()),
    **{name: (Match((field,)),) for name, field in DEPENDING.items() if name not in ("recent", "set")},
    "rt": (Match(("protocol",), (("a routing header",),)),),
    "rpfilter": (Match(("reverse-path",), (("exists",),)),),
}
"""What naming an extension asks for before any of its options; others are not understood."""

Reader = Callable[[list[str]], Match]


def _words(field: str, convert: Callable[[str], str] = str.lower) -> Reader:
    """An option whose argument is a list with commas."""
    return lambda arguments: Match((field,), tuple((convert(word),) for word in arguments[0].split(",")))


def _always(field: str, word: str) -> Reader:
    """An option that means the same whatever its argument is."""
    return lambda _: Match((field,), ((word,),))


def _protocol(word: str) -> str:
    return "tcp" if word in ("all", "0") else PROTOCOLS.get(word, word.lower())


def _interface(word: str) -> str:
    return word[:-1] + "*" if word.endswith("+") else word


def _address(word: str) -> str:
    """An address with its prefix's length; a dotted mask is turned into one. Raises ValueError for a host name."""
    address, _, mask = word.partition("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if mask and address.replace(".", "").isdecimal():
        address += ".0" * (3 - address.count("."))  # 10/8
    try:
        socket.inet_pton(family, address)
        if "." in mask or ":" in mask:
            number = int.from_bytes(socket.inet_pton(family, mask))
            width = 32 if family == socket.AF_INET else 128
            bits = number.bit_count()
            if number != ((1 << bits) - 1) << (width - bits):
                raise ValueError("a mask with holes")
            mask = str(bits)
    except OSError as error:
        raise ValueError(str(error)) from error
    return f"{address}/{mask}" if mask else address


def port(word: str) -> str:
    """ "22", "ssh", "8000:8080" or "1024:" as a port or a range; raises ValueError for a name that is not known."""
    low, colon, high = word.partition(":")
    first = str(PORTS.get(low) or int(low or "0"))
    return f"{first}-{PORTS.get(high) or int(high or '65535')}" if colon else first


def _either_port(arguments: list[str]) -> Match:
    ports = [port(word) for word in arguments[0].split(",")]
    rows = [(one, "0-65535") for one in ports] + [("0-65535", one) for one in ports]
    return Match(("source-port", "destination-port"), tuple(rows))


def _marked(word: str) -> str:
    value, _, mask = word.partition("/")
    return f"{number(value)}/{number(mask)}" if mask else str(number(value))


def number(word: str) -> int:
    """A number as C writes it: 10, 0x1f, 017. Raises ValueError for anything else."""
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,11}", word):
        raise ValueError("no number")
    octal = len(word) > 1 and word[0] == "0" and word[1] not in "xX"
    return int(word, 8) if octal else int(word, 0)


def _tcp_flags(arguments: list[str]) -> Match:
    mask, value = (sum(FLAGS[name] for name in {*words.upper().split(",")}) for words in arguments[:2])
    return Match(("tcp-flags",), ((f"{mask}/{value}",),))


def _conntrack_states(arguments: list[str]) -> Match:
    words = arguments[0].lower().split(",")
    translated = [word for word in words if word in ("snat", "dnat")]
    if translated and len(translated) < len(words):
        raise ValueError("states and translations at once")
    return Match(("ct-status" if translated else "state",), tuple((word,) for word in words))


OPTIONS: dict[str, Reader] = {
    "-p": _words("protocol", _protocol),
    "-s": _words("source", _address),
    "-d": _words("destination", _address),
    "-i": _words("in-interface", _interface),
    "-o": _words("out-interface", _interface),
    "-f": _always("protocol", "a further fragment"),
    "-4": _always("family", "ip"),
    "-6": _always("family", "ip6"),
    "--dport": _words("destination-port", port),
    "--sport": _words("source-port", port),
    "--dports": _words("destination-port", port),
    "--sports": _words("source-port", port),
    "--ports": _either_port,
    "--tcp-flags": _tcp_flags,
    "--syn": _always("tcp-flags", "23/2"),
    "--icmp-type": _always("protocol", "icmp"),
    "--icmpv6-type": _always("protocol", "icmpv6"),
    "--state": _words("state"),
    "--ctstate": _conntrack_states,
    "--ctstatus": _words("ct-status", lambda word: word.lower().replace("_", "-")),
    "--ctdir": _words("direction"),
    "--ctproto": _words("protocol", _protocol),
    "mark --mark": _words("mark", _marked),
    "connmark --mark": _words("ct-mark", _marked),
    "--pkt-type": _words("packet-type"),
    "--src-type": _words("source-type"),
    "--dst-type": _words("destination-type"),
    "--src-range": _words("source"),
    "--dst-range": _words("destination"),
    "rpfilter --invert": _always("reverse-path", "missing"),
}
"""How an option is read, where need be by its extension; ValueError where it cannot be."""

# -- targets -----------------------------------------------------------------------------------------------


def _target(name: str, options: list[str], goto: bool, chains: Iterable[str]) -> tuple[Statement, ...]:
    if goto or name in chains:
        return (Statement("goto" if goto else "jump", name),)
    if name in VERDICTS:
        return (Statement(VERDICTS[name]),)
    if name in NO_EFFECT:
        return ()
    settings = dict(_settings(options))
    if name in MARKING:
        if "--save-mark" in settings and name == "CONNMARK":
            return (Statement("ct-mark"),)
        return (Statement("mark" if "--restore-mark" in settings else MARKING[name], _mark(settings)),)
    if name == "CT":
        return (Statement("notrack"),) if "--notrack" in settings else ()
    if name == "REDIRECT":
        ports = settings.get("--to-ports", "")
        return (Statement("redirect", ports),) if re.fullmatch(r"\d*", ports) else (Statement("dnat", ports),)
    if name in UNDECIDED:
        return (Statement(UNDECIDED[name], settings.get("--to-destination", "")),)
    return (Statement("unknown", name),)


def _settings(words: list[str]) -> Iterator[tuple[str, str]]:
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not equals and rest and not rest[0].startswith("-"):
            value = rest.pop(0)
        yield name, value


def _mark(settings: dict[str, str]) -> str:
    """What is cleared and flipped, "VALUE/MASK"; "" where it is not known beforehand."""
    every = 0xFFFFFFFF
    for name, value in settings.items():
        try:
            bits, mask = (number(part) if part else every for part in (*value.split("/"), "")[:2])
        except ValueError:
            return ""
        match name:
            case "--set-xmark":
                return f"{bits}/{mask}"
            case "--set-mark":
                return f"{bits}/{mask | bits}"
            case "--or-mark":
                return f"{bits}/{bits}"
            case "--and-mark":
                return f"0/{~bits & every}"
            case "--xor-mark":
                return f"{bits}/0"
    return ""

"""A table as `iptables -t TABLE -nvL` lists it, in iptables-save's words: most sosreports have no iptables-save.

    Chain INPUT (policy DROP 12 packets, 720 bytes)
     pkts bytes target     prot opt in     out     source               destination
      103  6180 ACCEPT     tcp  --  eth0   *      !10.0.0.0/8           0.0.0.0/0            tcp dpt:22 ctstate NEW
        7   420 SSH        6    --  *      *       0.0.0.0/0            0.0.0.0/0           [goto]  /* why */

    Chain SSH (1 references)

Behind the columns every match says in words of its own what it asks for, and the target comes last. Nothing stands
between them, and some of the words are free text: a comment may hold `*/ tcp dpt:22`. So they are read from the left,
free text only where its end is the only one that it can have; from the first that is not known for certain on, all is
one match that is not understood. A comment with a line break in it that looks like a rule is taken for one.
Source: what the extensions of iptables 1.4.7 to 1.8.9 print, https://git.netfilter.org/iptables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from linuxready.host import Unreadable
from linuxready.readers.firewall.iptables_rule import FLAGS, MARKING, NO_EFFECT, PROTOCOLS, UNDECIDED, VERDICTS
from linuxready.text import shortened

OWN = {
    "filter": "INPUT FORWARD OUTPUT",
    "security": "INPUT FORWARD OUTPUT",
    "raw": "PREROUTING OUTPUT",
    "nat": "PREROUTING OUTPUT POSTROUTING",
    "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING",
}
"""The chains that a table has whatever the kernel."""

_NO_CHAINS = frozenset(
    ("", *VERDICTS, *NO_EFFECT, *UNDECIDED, *MARKING, *"CT REDIRECT TPROXY SYNPROXY CLUSTERIP".split())
)
"""Targets that are none of the table's chains."""

_CHAIN = re.compile(r"Chain (?P<name>\S+) \((?:policy (?P<policy>[A-Z]+)\b.*|(?P<references>\d+) references?)\) *")
_COLUMNS = re.compile(r" *pkts +bytes +target ")
_RULE = re.compile(
    r" *\d+[KMGTP]? +\d+[KMGTP]? (?:(?P<target>\S+) +| {10,})"
    r"(?P<not_p>!?)(?P<p>\d+|(?:ipv6-)?[a-z][a-z0-9]*)(?: +|(?=[-!]))(?:(?P<opt>--|-f|!f|!-) +)?"
    r"(?P<not_i>!?)(?P<i>\S+) +(?P<not_o>!?)(?P<o>\S+) +"
    r"(?P<not_s>!?)(?P<s>[0-9A-Fa-f.:/]+) +(?P<not_d>!?)(?P<d>[0-9A-Fa-f.:/]+)"
    r"(?: +(?P<goto>\[goto\]))?(?P<rest>| .*)"
)
_ADDRESSES = ("0.0.0.0/0", "::/0")
_EVERY = {"p": ("all", "0"), "s": _ADDRESSES, "d": _ADDRESSES, "i": ("*",), "o": ("*",)}
"""What each column shows where it asks for nothing; an interface may be called 0 or all."""


def saved(text: str, table: str, command: str) -> list[tuple[str, str]]:
    """The lines that iptables-save prints of a table, each with its place in what `command` printed.

    Raises Unreadable for what is no listing, or not all of one: behind the last rule, too, its line ends.
    """
    lines = [(command, f"*{table}")]
    references: dict[str, int] = {}
    jumps: Counter[str] = Counter()
    chain, shown = "", text.split("\n")
    for number, line in enumerate(shown, 1):
        if head := _CHAIN.fullmatch(line):
            chain = head["name"]
            references[chain] = int(head["references"] or 0)
            lines.append((f"{command}:{number}", f":{chain} {head['policy'] or '-'} [0:0]"))
        elif chain and number < len(shown) and (rule := _RULE.fullmatch(line)) and (rule["opt"] or ":" in rule["s"]):
            jumps[rule["target"] or ""] += 1
            lines.append((f"{command}:{number}", _saved(chain, rule)))
        elif line.strip(" ") and not (chain and _COLUMNS.match(line)):
            raise Unreadable(f"`{command}` printed something else than rules: {shortened(line)}")
    named = {*OWN.get(table, "?").split(), *jumps} - _NO_CHAINS
    if not named <= references.keys() or any(jumps[name] != count for name, count in references.items()):
        raise Unreadable(f"`{command}` printed not all chains of the table, or not all of their rules")
    return [*lines, (command, "COMMIT")]


def _saved(chain: str, rule: re.Match[str]) -> str:
    """One rule as iptables-save prints it."""
    columns = [_column(name, rule[name], bool(rule[f"not_{name}"])) for name in _EVERY]
    columns.append({"-f": "-f", "!f": "! -f", "!-": _shown("opt !-")}.get(rule["opt"] or "", ""))
    target, rest = rule["target"] or "", rule["rest"]
    options = ""
    tails = [(found, words) for names, pattern, words in TARGETS if target in names and (found := pattern.search(rest))]
    if tails:
        found, words = tails[0]
        options, rest = found.expand(words), rest[: found.start()]
    matches, unknown = _matches(rest)
    if unknown and any(target in names for names, _, _ in TARGETS):
        target += f" {unknown}"  # of which some may be its options
    jump = f"-{'g' if rule['goto'] else 'j'} {quoted(target)}" if target else ""
    return " ".join(filter(None, ["-A", quoted(chain), *columns, *matches, jump, options]))


def _column(name: str, word: str, negated: bool) -> str:
    if word in _EVERY[name]:
        return _shown(f"-{name} !{word}") if negated else ""
    if name == "p":
        word = PROTOCOLS.get(word, word)
    return f"{'! ' if negated else ''}-{name} {quoted(word)}"


def _matches(text: str) -> tuple[list[str], str]:
    """A rule's matches from what stands behind its columns, and what of it is not understood."""
    words = []
    text = text.strip(" ")
    while text:
        for pattern, put in MATCHES:
            if found := pattern.match(text):
                words.append(put(found) if callable(put) else " ".join(found.expand(put).split()))
                text = text[found.end() :]
                break
        else:
            return [*words, _shown(text)], text
    return words, ""


def _shown(text: str) -> str:
    """A match that nobody understands."""
    return f"-m {quoted(f'shown as {text}')}"


def quoted(word: str) -> str:
    """A word as one, whatever is in it."""
    if re.fullmatch(r"[\w.:/+*,-]+", word, re.ASCII):
        return word
    return '"' + re.sub(r"""(["'\\])""", r"\\\1", word) + '"'


# -- what matches show ---------------------------------------------------------------------------------------

Put = str | Callable[[re.Match[str]], str]


def _flags(found: re.Match[str]) -> str:
    negated, *numbers = found.groups()
    mask, value = (
        ",".join(name for name, bit in FLAGS.items() if bit.bit_count() == 1 and bit & int(number, 16)) or "NONE"
        for number in numbers
    )
    return f"{negated} --tcp-flags {mask} {value}"


def _row(pattern: str, put: Put) -> tuple[re.Pattern[str], Put]:
    return re.compile(rf"(?:{pattern})(?: +|$)"), put


_MARK = r"0x[0-9a-f]+(?:/0x[0-9a-f]+)?"

MATCHES = (
    _row(r"(tcp|udp)", r"-m \1"),
    _row(r"([sd])pts?:(!?)(\d+(?::\d+)?)", r"\2 --\1port \3"),
    _row(r"flags:(!?)0x([0-9A-F]{2})/0x([0-9A-F]{2})", _flags),
    _row(r"multiport (sports|dports|ports) +(!?) *([\d,:]+)", r"-m multiport \2 --\1 \3"),
    _row(r"(! )?state ([A-Z,]+)", r"-m state \1--state \2"),
    _row(r"(! )?(ctstate|ctstatus|ctdir|ctproto) ([A-Z0-9_,]+)", r"-m conntrack \1--\2 \3"),
    _row(r"/\* ((?:(?!\*/).)*) \*/(?!.*\*/)", lambda found: f"-m comment --comment {quoted(found[1])}"),
    _row(r"limit: avg (\S+) burst (\d+)(?! (?:mode|htable))", r"-m limit --limit \1 --limit-burst \2"),
    _row(
        r"limit: (?:avg|up to|above) \S+(?: burst \S+)?(?: mode \S+| htable-\w+ \d+| srcmask \d+| dstmask \d+)*",
        "-m hashlimit",
    ),
    _row(r"#conn ?\w*/\d+ [<>=! ]+\d+", "-m connlimit"),
    _row(r"(?:! )?connbytes \S+ connbytes mode \w+ connbytes direction \w+", "-m connbytes"),
    _row(r"(?:! )?quota: \d+ bytes", "-m quota"),
    _row(r"statistic mode (?:random(?: !)? probability \S+|nth(?: !)? every \d+(?: packet \d+)?)", "-m statistic"),
    _row(r"(?:mark|MARK) match +(! )?" rf"({_MARK})", r"-m mark \1--mark \2"),
    _row(r"(?:connmark|CONNMARK) match +(! )?" rf"({_MARK})", r"-m connmark \1--mark \2"),
    _row(r"ADDRTYPE match", "-m addrtype"),
    _row(r"(src|dst)-type (!?)([A-Z_,]+)", r"\2 --\1-type \3"),
    _row(r"limit-(in|out)", r"--limit-iface-\1"),
    _row(r"PKTTYPE (!?)= (\w+)", r"-m pkttype \1 --pkt-type \2"),
    _row(r"source IP range (! )?([\da-f.:]+-[\da-f.:]+)", r"-m iprange \1--src-range \2"),
    _row(r"destination IP range (! )?([\da-f.:]+-[\da-f.:]+)", r"-m iprange \1--dst-range \2"),
    _row(r"rpfilter(?: loose| validmark| accept-local)* invert", "-m rpfilter --invert"),
    _row(r"rpfilter(?: loose| validmark| accept-local)*", "-m rpfilter"),
    _row(r"rt(?: (?:type|segslefts?|length):!?[\d:]+)*", "-m rt"),
    # It always holds, and no name can hold the end of another one.
    _row(r"recent: SET name: (?!.* side: .* side: ).* side: (?:source|dest)(?: mask: \S+)?", "-m recent --set"),
    # These depend whatever stands behind them.
    _row(r"(?:! )?recent: .*", "-m recent --update"),
    _row(r"TIME .*", "-m time"),
    _row(r"(?:! )?match-set (\S+) .*", lambda found: f"-m set --match-set {quoted(found[1])}"),
)
"""What a match shows, and its words in iptables-save; the first that fits counts."""

# -- what targets show ---------------------------------------------------------------------------------------


def _target(names: str, pattern: str, words: str) -> tuple[list[str], re.Pattern[str], str]:
    return names.split(), re.compile(rf"(?:^| )(?:{pattern}) *$"), words


TARGETS = (
    _target("REJECT", r"reject-with (\S+)", r"--reject-with \1"),
    _target("MARK CONNMARK", r"(?:CONN)?MARK (set|and|or|xor) (0x[0-9a-f]+)", r"--\1-mark \2"),
    _target("MARK CONNMARK", rf"(?:CONN)?MARK xset ({_MARK})", r"--set-xmark \1"),
    _target("CONNMARK", r"CONNMARK (save|restore)(?: (?:nf|ct)?mask ~?0x[0-9a-f]+)*", r"--\1-mark"),
    _target("CT", "CT notrack|NOTRACK", "--notrack"),
    _target("CT", r"CT (?:zone|helper) \S+", ""),
    _target("REDIRECT", r"redir ports (\d+(?:-\d+)?)(?: random(?:-fully)?)?", r"--to-ports \1"),
    _target("DNAT", r"to:(\S+)(?: random| persistent)*", r"--to-destination \1"),
    _target("SNAT", r"to:(\S+)(?: random(?:-fully)?| persistent)*", r"--to-source \1"),
    _target("MASQUERADE", r"masq ports: (\S+)(?: random(?:-fully)?)?", r"--to-ports \1"),
    _target("MASQUERADE", r"random(?:-fully)?", "--random"),
    _target("NFQUEUE", r"NFQUEUE (?:num|balance) \S+(?: bypass| cpu-fanout)*", ""),
)
"""Targets that show options of theirs, at the end of the line: which, how, and their words in iptables-save."""

"""A systemd unit's file as far as `systemctl show UNIT` tells what systemd made of it (org.freedesktop.systemd1(5)).

    FragmentPath=/usr/lib/systemd/system/sshd.service
    Requires=basic.target
    ExecStart={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $SSHD_OPTS ; ignore_errors=no ; … }
    ConditionResult=yes

Drop-ins are merged into it. The conditions themselves are not printed, only what came of them at the last start: a
unit whose conditions did not hold then, or that was never started, keeps a condition that no file decides.
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable

PULLING = ("Wants", "Requires", "BindsTo", "Upholds")


def parse_show(text: str) -> dict[str, str]:
    """The properties; the values of one that is printed more than once, in lines of their own."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.isalnum():
            found[key] = f"{found[key]}\n{value}" if key in found else value
    return found


def unit_text(shown: dict[str, str], linked: frozenset[str]) -> str:
    """A unit's file of a loaded unit's properties; raises Unreadable where they are not what its file says.

    `linked`: the units that links in its .wants and .requires folders pull in, which need no line here.
    """
    name = shown.get("Id", "?")
    if shown.get("LoadState") != "loaded":
        raise Unreadable(f"systemctl show {name}: not loaded")
    if shown.get("NeedDaemonReload") == "yes":
        raise Unreadable(f"systemctl show {name}: its file was changed since systemd read it")
    lines = ["[Unit]"]
    for key in PULLING:
        pulled = [unit for unit in shown.get(key, "").split() if unit not in linked and not unit.endswith(".device")]
        lines += [f"{key}={' '.join(pulled)}"] if pulled else []
    for key in ("ConditionResult", "AssertResult"):
        lines += [f"{key}=no"] if shown.get(key) == "no" else []
    lines += [f"ExecStart={command}" for command in re.findall(r"argv\[\]=(.*?) ; ", shown.get("ExecStart", ""))]
    for listen in shown.get("Listen", "").splitlines():
        match = re.fullmatch(r"(\S+) \((Stream|Datagram|SequentialPacket)\)", listen)
        lines += [f"Listen{match[2]}={match[1]}"] if match else []
    lines += [f"{key}={shown[key]}" for key in ("Accept", "BindIPv6Only") if key in shown]
    return "\n".join(lines) + "\n"

"""The processes that run as root, from `ps` in its forms.

    USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND                     ps aux, auxwww
    root         2  0.0  0.0      0     0 ?        S    Nov20   0:00 [kthreadd]
    root       812  0.0  0.3 312344  6512 ?        Ssl  Nov20   2:13 /usr/bin/vmtoolsd
    root       913  0.0  0.0  12000   612 ?        Ss   Nov20   0:00 sshd: /usr/sbin/sshd -D [listener]

    UID        PID  PPID  C STIME TTY          TIME CMD                                          ps -ef
    root         1     0  0 Nov20 ?        00:00:02 /usr/lib/systemd/systemd --system

The header tells where the columns are. A command line is not the kernel's name of a process: a name is here the last
part of the program's path, as far as the kernel would keep it; a program that renames itself is told by its new name.
"""

from __future__ import annotations

import re

from linuxready.host import Unreadable

MAX_NAME = 15
"""Characters that the kernel keeps of a process's name (TASK_COMM_LEN)."""

ROOT = ("root", "0")


def parse_ps(text: str) -> tuple[str, ...]:
    """The names of root's processes, zombies left out, each once; raises Unreadable where not all may be there.

    `ps` shows itself, too. Where it does not it hung before it came so far, as it does on a process that is stuck.
    """
    rows = _rows(text)
    names = {name_of(command) for user, state, _, command in rows if user in ROOT and not state.startswith("Z")}
    if "ps" not in names:
        raise Unreadable("`ps` does not show itself: its output is cut")
    return tuple(sorted(names - {""}))


def parse_commands(text: str) -> dict[str, str]:
    """The command lines of root's processes by number; raises Unreadable where process 1 is not seen."""
    return {number: command for user, _, number, command in _rows(text) if user in ROOT}


def _rows(text: str) -> list[tuple[str, str, str, str]]:
    """(user, state, number, command line) of each process but those that are gone."""
    header: list[str] = []
    rows = []
    for line in text.splitlines():
        if not header:
            words = line.split()
            header = words if words and words[0] in ("USER", "UID", "F") and words[-1] in ("COMMAND", "CMD") else []
            continue
        fields = line.split(None, len(header) - 1)
        row = dict(zip(header, fields, strict=False))
        number, command = row.get("PID", ""), row.get(header[-1], "")
        if number.isdecimal() and command and not command.endswith("<defunct>"):
            rows.append(
                (row.get("USER") or row.get("UID") or "", row.get("STAT") or row.get("S") or "", number, command)
            )
    if not any(number == "1" for _, _, number, _ in rows):
        raise Unreadable("`ps` shows no process 1: its output is cut, or other users' processes were hidden")
    return rows


def name_of(command: str) -> str:
    """The name of a process by its command line: "/usr/bin/vmtoolsd -n" is vmtoolsd, "[kthreadd]" kthreadd."""
    kernel_thread = re.match(r"\[([^\]]+)\]", command)
    program = kernel_thread[1] if kernel_thread else command.split(None, 1)[0].rstrip(":").rpartition("/")[2]
    return program[:MAX_NAME]

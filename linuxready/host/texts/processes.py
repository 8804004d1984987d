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
    """The names of root's processes, zombies left out, each once; raises Unreadable where process 1 is not seen."""
    header: list[str] = []
    names: set[str] = set()
    first_seen = False
    for line in text.splitlines():
        words = line.split()
        if not header:
            if words and words[0] in ("USER", "UID", "F") and words[-1] in ("COMMAND", "CMD"):
                header = words
            continue
        fields = line.split(None, len(header) - 1)
        row = dict(zip(header, fields, strict=False))
        user, state, command = row.get("USER") or row.get("UID"), row.get("STAT") or row.get("S") or "", fields[-1:]
        if len(fields) < len(header) or not command or not row.get("PID", "").isdecimal():
            continue
        first_seen = first_seen or row["PID"] == "1"
        if user in ROOT and not state.startswith("Z") and not command[0].endswith("<defunct>"):
            names.add(name_of(command[0]))
    if not first_seen:
        raise Unreadable("`ps` shows no process 1: its output is cut, or other users' processes were hidden")
    return tuple(sorted(names - {""}))


def name_of(command: str) -> str:
    """The name of a process by its command line: "/usr/bin/vmtoolsd -n" is vmtoolsd, "[kthreadd]" kthreadd."""
    kernel_thread = re.match(r"\[([^\]]+)\]", command)
    program = kernel_thread[1] if kernel_thread else command.split(None, 1)[0].rstrip(":").rpartition("/")[2]
    return program[:MAX_NAME]

"""The kernel that the boot loader starts next: GRUB legacy, GRUB 2, and its entries as files (BLS).

    /boot/grub/grub.conf:   default=0 … title … kernel /vmlinuz-2.6.32-642.el6.x86_64 ro root=…
    /boot/grub2/grub.cfg:   menuentry '…' … { linux16 /vmlinuz-3.10.0-327.el7.x86_64 root=… }
    /boot/grub2/grubenv:    saved_entry=CentOS Linux (3.10.0-327.el7.x86_64) 7 (Core)

Sources: the GRUB manuals ("default", "Saved entry"), the Boot Loader Specification.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from linuxready.facts import BootEntry, Evidence
from linuxready.host import Absent, Host, Unreadable
from linuxready.readers.kernel import MAX_RELEASE

LEGACY = ("/boot/grub/grub.conf", "/boot/grub/menu.lst", "/etc/grub.conf")
GRUB2 = ("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg", "/etc/grub2.cfg", "/etc/grub2-efi.cfg")
GRUBENV = ("/boot/grub2/grubenv", "/boot/grub/grubenv")
BLS = "/boot/loader/entries"


class MenuEntry(NamedTuple):
    """One entry of a boot menu: how it may be named, its kernel, and the line of its kernel."""

    names: tuple[str, ...]
    release: str | None
    line: int
    text: str


def read(host: Host) -> BootEntry:
    """The kernel of the default entry; raises Unreadable where no boot loader's files tell."""
    for path in GRUB2:
        text = _text(host, path)
        if text is not None:
            entries = parse_grub2(text)
            default = _grub2_default(host, text)
            if "blscfg" in text and (bls := _bls_entry(host, default)):
                return bls
            return _chosen(path, entries, default, _instead(default))
    for path in LEGACY:
        text = _text(host, path)
        if text is not None:
            match = re.search(r"^\s*default[=\s]+(\S+)", text, re.M)
            return _chosen(path, parse_legacy(text), match[1] if match else "0")
    raise Unreadable("no boot loader configuration found below /boot/grub or /boot/grub2")


def parse_legacy(text: str) -> list[MenuEntry]:
    """The entries of GRUB legacy: each begins with `title`, its kernel line names vmlinuz-RELEASE."""
    entries: list[MenuEntry] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if words[:1] == ["title"]:
            entries.append(MenuEntry((str(len(entries)), " ".join(words[1:])), None, number, line.strip()))
        elif words[:1] == ["kernel"] and entries and entries[-1].release is None:
            entries[-1] = entries[-1]._replace(release=_release(line), line=number, text=line.strip())
    return entries


def parse_grub2(text: str) -> list[MenuEntry]:
    """The entries of grub.cfg at the top level and in submenus, with every name that `default` may use."""
    entries: list[MenuEntry] = []
    position = [0]
    above: list[tuple[str, ...]] = []
    opened: list[bool] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.strip()
        match = re.match(r"""(menuentry|submenu)\s+(?:'([^']*)'|"([^"]*)")(.*)""", words)
        if match:
            identity = re.search(r"(?:\$menuentry_id_option|--id)\s+'?([^'\s{]+)", match[4])
            own = tuple(filter(None, (str(position[-1]), match[2] or match[3], identity and identity[1])))
            position[-1] += 1
            names = own if not above else tuple(f"{outer}>{inner}" for outer in above[-1] for inner in own)
            opened.append(match[1] == "submenu")
            if match[1] == "submenu":
                above.append(names)
                position.append(0)
            else:
                entries.append(MenuEntry(names, None, number, words))
        elif words == "}" and opened:
            if opened.pop():
                above.pop()
                position.pop()
        elif re.match(r"linux(16|efi)?\s", words) and entries and entries[-1].release is None:
            entries[-1] = entries[-1]._replace(release=_release(words), line=number, text=words)
        elif words.endswith("{") and opened and not words.startswith(("if", "function")):
            opened.append(False)
    return entries


def _grub2_default(host: Host, text: str) -> str:
    """What grub.cfg's `set default=` means, a saved entry looked up in grubenv."""
    env = next((env for path in GRUBENV if (env := _text(host, path)) is not None), "")
    saved = dict(line.split("=", 1) for line in env.split("\n") if "=" in line and not line.startswith("#"))
    for word in re.findall(r"""^\s*set default=["']?([^"'\n]*)["']?\s*$""", text, re.M)[::-1]:
        if word not in ("${next_entry}", "${saved_entry}"):
            return saved.get("next_entry") or word
    return saved.get("next_entry") or saved.get("saved_entry") or "0"


def _chosen(path: str, entries: list[MenuEntry], default: str, instead: tuple[str, ...] = ()) -> BootEntry:
    named = (entry for name in (default, *instead) for entry in entries if name in entry.names)
    chosen = next(named, None)
    if chosen is None or chosen.release is None:
        raise Unreadable(f"{path}: the default entry `{default}` names no kernel")
    return BootEntry(chosen.release, Evidence(f"{path}:{chosen.line}", chosen.text[:120]))


def _instead(default: str) -> tuple[str, ...]:
    """What GRUB 2 starts where no entry has the default's name: a submenu's first entry, or the first of that menu."""
    submenu, inside, _ = default.rpartition(">")
    return (f"{default}>0", f"{submenu}{inside}0", "0", "0>0")


def _bls_entry(host: Host, default: str) -> BootEntry | None:
    """The entry file that grubenv names: by ID.conf, by title or by number; the newest is 0, and stands in for others.

    Its line `linux /vmlinuz-RELEASE` has the kernel.
    """
    path = f"{BLS}/{default}.conf"
    text = _text(host, path)
    if text is None:
        try:
            names = [name for name in host.entries(BLS) if name.endswith(".conf")]
        except Absent:
            return None
        newest_first = [f"{BLS}/{name}" for name in sorted(names, key=_by_version, reverse=True)]
        path = _bls_path(host, newest_first, default)
        text = _text(host, path) if path else None
    match = re.search(r"^linux\s+(\S+)", text or "", re.M)
    release = _release(match[0]) if match else None
    return BootEntry(release, Evidence(path, match[0])) if match and release else None


def _bls_path(host: Host, paths: list[str], default: str) -> str:
    """The entry of a number or a title, else the first; "" where there is none at all."""
    if re.fullmatch(r"\d{1,4}", default) and int(default) < len(paths):
        return paths[int(default)]
    title = re.compile(rf"^title\s+{re.escape(default)}\s*$", re.M)
    return next((path for path in paths if title.search(_text(host, path) or "")), paths[0] if paths else "")


def _by_version(name: str) -> list[tuple[int, int, str]]:
    """An entry's name for comparing as blscfg does: numbers as numbers, and above letters."""
    return [
        (1, int(part), "") if part.isdecimal() else (0, 0, part) for part in re.findall(r"\d+|[a-z]+", name.lower())
    ]


def _release(line: str) -> str | None:
    match = re.search(rf"/(?:vmlinuz|vmlinux|bzImage)-(\S{{1,{MAX_RELEASE}}})(?!\S)", line)
    return match[1] if match else None


def _text(host: Host, path: str) -> str | None:
    try:
        return host.text(path)
    except Absent:
        return None

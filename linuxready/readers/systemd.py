"""systemd's units on disk, and which of them the next boot starts (systemd.unit(5), systemd.special(7)).

    /etc/systemd/system/multi-user.target.wants/sshd.service -> /usr/lib/systemd/system/sshd.service

The boot transaction is everything reached from default.target through Wants=, Requires=, BindsTo=, Upholds= and the
links in .wants, .requires and .upholds folders. What lies under /run is lost at the reboot and does not count.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from linuxready.facts import Evidence
from linuxready.host import Absent, Host, Unreadable, executable

UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""Where units and drop-ins lie, the first winning. /run/systemd/system is left out: it is empty at boot."""

PULLING = ("Wants", "Requires", "BindsTo", "Upholds")
"""What makes one unit's start pull in another's."""

RUNLEVEL_TARGETS = {**dict.fromkeys("234", "multi-user.target"), "5": "graphical.target"}
"""Where systemd-sysv-generator hangs an init script, by the runlevel that has its start link."""

NEEDED = {"service": "ExecStart", "socket": "Listen"}
"""What a unit of a kind must have to be loaded at all."""

BINDING = ("BindsTo",)
"""That without which the unit itself does not run. What Requires= names may be masked or missing: pulled in by another
unit, as at boot, it starts all the same (systemd issue 11338; seen with systemd 252)."""

SYS_VENDOR = "/sys/class/dmi/id/sys_vendor"

VMWARE_WORDS = ("vmware", "vm", "yes", "true", "1", "on")
"""What ConditionVirtualization= may ask for to hold on a VMware virtual machine; elsewhere files do not decide it."""

MAX_UNITS = 5000
_PATH_CONDITIONS: dict[str, Callable[[int | None], bool]] = {
    "PathExists": lambda mode: mode is not None,
    "PathIsDirectory": lambda mode: mode is not None and stat.S_ISDIR(mode),
}


class Setting(NamedTuple):
    """One assignment of a unit or drop-in, and where it stands."""

    key: str
    value: str
    source: str


class Unit(NamedTuple):
    """A unit by its own name (aliases resolved): its file, and its settings with those of its drop-ins."""

    name: str
    file: str
    masked: bool
    settings: tuple[Setting, ...]

    @property
    def is_script(self) -> bool:
        """Whether the unit is only made at boot, from an init script."""
        return self.file.startswith("/etc/init.d/")

    def values(self, key: str) -> list[str]:
        """Every value of a key; an empty assignment forgets those above it."""
        values: list[str] = []
        for setting in self.settings:
            if setting.key == key:
                values = [*values, setting.value] if setting.value else []
        return values

    def conditions(self) -> list[Setting]:
        """The conditions and assertions in force; an empty one takes back all of its kind that stand above."""
        conditions: list[Setting] = []
        for setting in self.settings:
            kind = next((kind for kind in ("Condition", "Assert") if setting.key.startswith(kind)), None)
            if kind and setting.value:
                conditions.append(setting)
            elif kind:
                conditions = [above for above in conditions if not above.key.startswith(kind)]
        return conditions


_DECIDING = re.compile(
    rf"^\s*((?:{'|'.join(PULLING)}|Accept|Service|ExecStart|Listen\w+|BindIPv6Only|(?:Condition|Assert)\w+)\b)"
    r"\s*=[ \t]*(.*)$",
    re.M,
)


def parse_unit(text: str, path: str) -> tuple[Setting, ...]:
    """The assignments of a unit file that decide what starts; each of those keys lives in one section only.

    A backslash joins lines; a line that begins with # or ; is none, even between joined ones.
    """
    if "\\\n" in text:
        # A joined line break becomes a vertical tab: no line's end any more, and still to be counted.
        text = re.sub(r"\\\n(?:[ \t]*[#;].*\n)*", lambda match: "\v" * match[0].count("\n"), text)
    return tuple(
        Setting(match[1], " ".join(match[2].split()), f"{path}:{_line_at(text, match.start(1))}")
        for match in _DECIDING.finditer(text)
    )


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + text.count("\v", 0, position) + 1


def _is_alias(own_name: str, name: str) -> bool:
    """Whether a link makes `name` another name of the unit `own_name`: of its kind, and no template."""
    return own_name != name and own_name.rpartition(".")[2] == name.rpartition(".")[2] and "@." not in own_name


class Units:
    """The units of one machine, loaded when asked for; `unreadable` says which units and folders were not, and why."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loaded: dict[str, Unit | None] = {}
        self._names: dict[str, set[str]] = {}
        self._transaction: tuple[str, dict[str, Evidence]] | None = None
        self.unreadable: dict[str, str] = {}
        self._folders = {folder: frozenset(self._entries(folder)) for folder in UNIT_FOLDERS}

    def load(self, name: str) -> Unit | None:
        """A unit by any of its names; None where there is none."""
        if name not in self._loaded:
            self._loaded[name] = unit = self._load(name)
            if unit:
                self._names.setdefault(unit.name, {unit.name}).add(name)
        return self._loaded[name]

    def default_target(self) -> str:
        """The target that the machine boots to, "" where none is set."""
        target = self.load("default.target")
        return target.name if target else ""

    def boot_transaction(self) -> tuple[str, dict[str, Evidence]]:
        """The default target's name and, by unit name, what pulls each unit in; raises Unreadable without one."""
        self._transaction = self._transaction or self._boot_transaction()
        return self._transaction

    def _boot_transaction(self) -> tuple[str, dict[str, Evidence]]:
        target = self.load("default.target")
        if target is None or target.masked:
            raise Unreadable("the default target is not known (no default.target in /etc or /usr/lib/systemd/system)")
        reached = {target.name: Evidence(target.file, "default target")}
        queue = [target]
        while queue and len(reached) < MAX_UNITS:
            unit = queue.pop()
            for name, evidence in self._pulled_by(unit):
                wanted = self.load(name)
                if wanted and not wanted.masked and wanted.name not in reached:
                    reached[wanted.name] = evidence
                    queue.append(wanted)
                elif wanted and wanted.masked:
                    reached.setdefault(wanted.name, evidence)
        return target.name, reached

    def obstacle(self, unit: Unit, above: frozenset[str] = frozenset()) -> tuple[str, Evidence] | None:
        """What keeps a unit from running though its start is asked for, and where; None where nothing does.

        Raises Unreadable for a condition that files do not decide.
        """
        if unit.name in self.unreadable:
            raise Unreadable(self.unreadable[unit.name])
        if unit.masked:
            return "masked", Evidence(unit.file, "masked: an empty file or a link to /dev/null")
        needed = NEEDED.get(unit.name.rpartition(".")[2])
        keys = {setting.key for setting in unit.settings if needed and setting.key.startswith(needed)}
        if needed and not unit.is_script and not any(unit.values(key) for key in keys):
            return "not-loadable", Evidence(unit.file, f"no {needed}: systemd does not load such a unit")
        conditions = unit.conditions()
        failed = [setting for setting in conditions if not self._holds(setting)]
        either = [setting for setting in conditions if setting.value.startswith("|")]
        failed = [setting for setting in failed if setting not in either or set(either) <= set(failed)]
        if failed:
            return "not-to-be-run", Evidence(failed[0].source, f"{failed[0].key}={failed[0].value}")
        if missing := self._missing_bond(unit, above | {unit.name}):
            return "bond", missing
        if unit.name.endswith(".socket"):
            service = self._service_of(unit)
            served = self.load(service)
            if served is None:
                return "no-service", Evidence(unit.file, f"{service} is not there")
            if obstacle := self.obstacle(served, above | {unit.name}):
                return "no-service", obstacle[1]
        return None

    def _missing_bond(self, unit: Unit, above: frozenset[str]) -> Evidence | None:
        """Where a unit, or one that it is bound to, is bound to a unit that is masked or not there."""
        for name, evidence in self._pulled_by(unit, BINDING):
            required = self.load(name)
            if required is None or required.masked:
                return evidence
            if required.name not in above and (missing := self._missing_bond(required, above | {required.name})):
                return missing
        return None

    def _load(self, name: str) -> Unit | None:
        self._loaded[name] = None  # so that aliases in a circle end
        for path in self._paths(name):
            target = self._host.link(path)
            if target is not None:
                if self._host.real_path(path) == "/dev/null":
                    return Unit(name, path, True, ())
                own_name = target.rpartition("/")[2]
                if _is_alias(own_name, name) and self._paths(own_name):
                    return self.load(own_name)
            if self._host.mode(path) is None:
                continue
            try:
                text = self._host.text(path)
            except Unreadable as error:
                self.unreadable[name] = str(error)
                return Unit(name, path, False, ())
            if not text:
                return Unit(name, path, True, ())
            # Without a section no assignment counts.
            settings = parse_unit(text, path) if re.search(r"^\s*\[", text, re.M) else ()
            return Unit(name, path, False, settings + self._drop_ins(name))
        return self._load_template(name) or self._load_init_script(name)

    def _paths(self, name: str) -> list[str]:
        """Where a unit or a folder beside it lies, the first winning; one listing a folder, as there are thousands."""
        return [f"{folder}/{name}" for folder, names in self._folders.items() if name in names]

    def _load_template(self, name: str) -> Unit | None:
        prefix, at, rest = name.partition("@")
        instance, _, kind = rest.rpartition(".")
        template = self.load(f"{prefix}@.{kind}") if at and instance else None
        return template._replace(name=name) if template else None

    def _load_init_script(self, name: str) -> Unit | None:
        """The unit that systemd-sysv-generator makes at boot from a script without a unit of its own."""
        script = f"/etc/init.d/{name.removesuffix('.service')}"
        try:
            if name.endswith(".service") and executable(self._host.mode(script)):
                return Unit(name, script, False, ())
        except Unreadable as error:
            self.unreadable[name] = str(error)
        return None

    def _drop_ins(self, name: str) -> tuple[Setting, ...]:
        files: dict[str, str] = {}
        settings: list[Setting] = []
        try:
            for path in self._paths(f"{name}.d"):
                for entry in self._host.entries(path):
                    if entry.endswith(".conf"):
                        files.setdefault(entry, f"{path}/{entry}")
            for _, path in sorted(files.items()):
                if self._host.mode(path) is not None:
                    settings += parse_unit(self._host.text(path), path)
        except Unreadable as error:
            self.unreadable[name] = str(error)
        return tuple(settings)

    def _pulled_by(self, unit: Unit, keys: tuple[str, ...] = PULLING) -> list[tuple[str, Evidence]]:
        """The units that a unit's start pulls in, and where that stands."""
        pulled = [
            (name, Evidence(s.source, f"{s.key}={s.value}"))
            for s in unit.settings
            if s.key in keys
            for name in s.value.split()
            if "%" not in name
        ]
        names = sorted(self._names[unit.name])
        kinds = [key.lower() for key in keys if key != "BindsTo"]
        for pulling in (f"{name}.{kind}" for name in names for kind in kinds):
            seen: set[str] = set()
            for path in self._paths(pulling):
                for entry in self._entries(path):
                    target = self._host.link(f"{path}/{entry}")
                    if target is None or entry in seen:
                        continue
                    seen.add(entry)
                    if target != "/dev/null":
                        pulled.append((entry, Evidence(f"{path}/{entry}", f"-> {target}")))
        return pulled + (self._pulled_scripts(unit) if keys is PULLING else [])

    def _pulled_scripts(self, unit: Unit) -> list[tuple[str, Evidence]]:
        """By start links, whose scripts are looked at only where there is no unit of that name, be it masked."""
        pulled = []
        for runlevel, target in RUNLEVEL_TARGETS.items():
            for entry in self._entries(f"/etc/rc{runlevel}.d") if unit.name == target else []:
                match = re.fullmatch(r"S\d\d(.+)", entry)
                made = self.load(f"{match[1]}.service") if match else None
                if made and made.is_script:
                    path = f"/etc/rc{runlevel}.d/{entry}"
                    pulled.append((made.name, Evidence(path, f"-> {self._host.real_path(path)}")))
        return pulled

    def _service_of(self, socket: Unit) -> str:
        stem = socket.name.removesuffix(".socket")
        if [value.lower() for value in socket.values("Accept")][-1:] in (["yes"], ["true"], ["1"], ["on"]):
            return f"{stem}@.service"
        return (socket.values("Service") or [f"{stem}.service"])[-1]

    def _holds(self, setting: Setting) -> bool:
        kind = setting.key.removeprefix("Condition").removeprefix("Assert")
        value = setting.value.removeprefix("|")
        wanted = not value.startswith("!")
        if kind == "Virtualization" and self._is_vmware():
            return (value.removeprefix("!").strip() in VMWARE_WORDS) == wanted
        check = _PATH_CONDITIONS.get(kind)
        if check is None:
            raise Unreadable(f"{setting.source}: {setting.key}={setting.value} is not decided by files")
        return check(self._host.mode(value.removeprefix("!").strip())) == wanted

    def _is_vmware(self) -> bool:
        """Whether DMI names VMware, which is where systemd takes its word from on such a machine."""
        with suppress(Unreadable):
            return "VMware" in self._host.text(SYS_VENDOR)
        return False

    def _entries(self, path: str) -> list[str]:
        try:
            return self._host.entries(path)
        except Absent:
            return []
        except Unreadable as error:
            self.unreadable[path] = str(error)
            return []

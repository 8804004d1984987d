"""What the commands do: wire the stages together, have the result printed, and give the exit status.

`cli.py` declares the same commands to typer. They are apart so that a plain `check` starts without it.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from linuxready import config
from linuxready.output import Trouble, complain, emit, write_whole
from linuxready.profile import (
    DEFAULT,
    Profile,
    ProfileError,
    load,
    load_shipped,
    local,
    local_path,
    read,
    releases,
    shipped,
)
from linuxready.sources import Source, facts_of

if TYPE_CHECKING:
    from linuxready.facts import Facts
    from linuxready.formats import Style
    from linuxready.report import Report
    from linuxready.requirements.base import Requirement

READY, NOT_READY, USAGE, UNDETERMINED, TROUBLE = 0, 1, 2, 3, 4
"""Exit statuses of `check`; a bad profile is wrong usage, TROUBLE is a source that cannot be read or written to."""

PROFILE_VARIABLE = "LINUXREADY_PROFILE"
FAIL_ON = ("fail", "unknown", "warn")


class Usage(Exception):
    """The words on the command line do not go together: one line, exit status USAGE."""


def check(
    *,
    profile: str | None = None,
    root: str | None = None,
    recording: str | None = None,
    sosreport: str | None = None,
    facts: str | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    format: str | None = None,
    output: str | None = None,
    manual: bool = False,
    multi_vm: bool = False,
    fail_on: Sequence[str] = (),
) -> int:
    """Judge a machine and print the report."""
    from linuxready import formats
    from linuxready.judge import facts_read

    _known([format or "table"], formats.FORMATS, "format")
    _known(fail_on, FAIL_ON, "status to fail on")
    if fail_on and format == "nagios":
        raise Usage("--fail-on: Nagios has exit statuses of its own")
    configured = config.read()
    if format is None:  # the file of `output` is for the format that stands beside it
        format, output = configured.format or "table", configured.output if output is None else output
    chosen = _profile(profile, configured)
    chosen = _with_multi_vm(chosen) if multi_vm else chosen
    _known_requirements([*only, *skip], chosen)
    source = _one_source(root=root, recording=recording, sosreport=sosreport, facts=facts)
    start = time.monotonic()
    wanted = facts_read(chosen, only, skip).union(formats.READS.get(format, ()))
    known = facts_of(source, _spoken(_now()), wanted=wanted, limits=configured.limits)
    look = formats.Look(known, time.monotonic() - start if facts is None else None)
    report = _judged(known, chosen, only, skip)
    emit(formats.render(report, format, _style(output, manual), look), output, format in formats.FOR_PROGRAMS)
    if format == "nagios":
        from linuxready.formats.nagios import exit_status as as_nagios_counts

        return as_nagios_counts(report)
    return exit_status(report, fail_on or configured.fail_on)


def facts(
    *,
    for_: str = "ansible",
    profile: str | None = None,
    root: str | None = None,
    recording: str | None = None,
    sosreport: str | None = None,
    facts: str | None = None,
    report: str | None = None,
    output: str | None = None,
) -> int:
    """Print the document for configuration management; write the report that it is of where that is asked for.

    Whatever goes wrong on the way is told in the document: a fact that fails hides the machine from its fleet.
    """
    from linuxready import factsdocument

    _known([for_], factsdocument.UNDER, "consumer")
    source = _one_source(root=root, recording=recording, sosreport=sosreport, facts=facts)
    now = _spoken(_now())
    try:
        configured = config.read()
        chosen = _profile(profile, configured)
        known = facts_of(source, now, limits=configured.limits)
        judged = _judged(known, chosen)
        if report is not None:
            _write_report(judged, report)
        document = factsdocument.document(known, judged, now)
    except (Trouble, ProfileError, config.ConfigError) as error:
        document = factsdocument.failed(str(error), now)
    except Exception as error:  # noqa: BLE001 - a mistake of ours is told in the document, too
        document = factsdocument.failed(f"linuxready failed: {type(error).__name__}: {error}", now)
    emit(factsdocument.encode(document, for_), output, utf8=True)
    return READY


def _write_report(report: Report, path: str) -> None:
    """Write a report whole or not at all, and a new file for its owner alone: it quotes what others may not read."""
    from linuxready import jsontext

    try:
        write_whole(path, jsontext.encode(report), private=True)
    except OSError as error:
        raise Trouble(f"cannot write {path}: {error.strerror}") from error


def collect(
    *,
    root: str | None = None,
    recording: str | None = None,
    sosreport: str | None = None,
    record: str | None = None,
) -> int:
    """Print the facts of a machine, and record what was read where that is asked for."""
    from linuxready import jsontext

    source = _one_source(root=root, recording=recording, sosreport=sosreport)
    known = facts_of(source, _spoken(_now()), record, limits=config.read().limits)
    emit(jsontext.encode(known), utf8=True)
    return READY


def explain(*, id: str | None = None, profile: str | None = None, commands: bool = False) -> int:
    """Print what a requirement means, or which there are; or every command that is ever run, and what for."""
    from linuxready import explaining

    configured, width = config.read(), _style(None).width
    if commands:
        if id is not None:
            raise Usage("explain: --commands takes no requirement")
        emit(explaining.commands(configured.limits, width))
        return READY
    chosen = _profile(profile, configured)
    if id is None:
        emit(explaining.requirements(chosen, width))
        return READY
    requirement = next((r for r in chosen.requirement if id in (r.id, *r.agent_errors)), None)
    if requirement is None and (by_error := _with_error(id)):
        chosen, requirement = by_error
    if requirement is None:
        _known_requirements([id], chosen)
        return USAGE
    emit(explaining.requirement(requirement, chosen, width))
    return READY


def _with_error(error: str) -> tuple[Profile, Requirement] | None:
    """The requirement of a shipped profile that the replication agent fails with this error for, by name or number."""
    for profile in map(load_shipped, shipped()):
        for requirement in profile.requirement:
            if error in requirement.agent_errors:
                return profile, requirement
    return None


def profiles(*, name: str | None = None) -> int:
    """List the profiles, or show one, which validates it: what is doubtful in it is told on standard error."""
    from linuxready import explaining, policy

    width = _style(None).width
    if name is not None:
        chosen = load(name)
        for warning in policy.warnings(chosen, _now().date()):
            complain(f"{chosen.source}: warning: {warning}", READY)
        emit(explaining.profile(chosen, width))
        return READY
    listed: list[Profile | str] = [load_shipped(name) for name in shipped()]
    status = READY
    try:
        names = local()
    except ProfileError as error:
        status, names = complain(str(error), USAGE), []
    for name in names:
        try:
            listed.append(read(path := local_path(name), path))
        except ProfileError as error:
            # A broken one hides no other.
            status = complain(str(error), USAGE)
            listed.append(name)
    emit(explaining.profiles(listed, width))
    return status


def run(command: Callable[[], int], arguments: Sequence[str] = ()) -> int:
    """Run a command and return its exit status; every error is one line on standard error.

    Where the `arguments` ask for Nagios' format it is one on standard output: Nagios reads no other.
    """
    for_nagios = arguments[:1] == ["check"] and {"nagios", "--format=nagios"}.intersection(arguments)
    tell = _tell_nagios if for_nagios else complain
    try:
        return command()
    except (Usage, ProfileError, config.ConfigError) as error:
        return tell(str(error), USAGE)
    except Trouble as error:
        return tell(str(error), TROUBLE)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a mistake of ours is one line too
        return tell(f"failed: {type(error).__name__}: {error}", TROUBLE)


def _tell_nagios(message: str, _: int) -> int:
    from linuxready.formats.nagios import UNKNOWN, line

    with suppress(Trouble):
        emit(f"{line(UNKNOWN, message)}\n")
    return UNKNOWN


def exit_status(report: Report, fail_on: Sequence[str]) -> int:
    """The exit status that a report means, where only the statuses in `fail_on` keep it from 0."""
    from linuxready.judge import nothing_judged

    statuses = {finding.status for finding in report.findings}
    if statuses.intersection({"fail", "warn"}.intersection(fail_on)):
        return NOT_READY
    undetermined = any(f.status == "unknown" and f.level == "required" for f in report.findings)
    if "unknown" in fail_on and (undetermined or nothing_judged(report.findings)):
        return UNDETERMINED
    return READY


def _judged(facts: Facts, profile: Profile, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Report:
    from linuxready.judge import judge

    # Lazy: the other profiles are read where the judge asks for them, so a run that passes does without. Where one has
    # taken this one's place, it alone is asked.
    others = map(releases, [profile.newer] if profile.newer else shipped())
    return judge(facts, profile, _now().date(), only, skip, others)


def _profile(name: str | None, configured: config.Config) -> Profile:
    """The profile that is asked for; raises ProfileError, which tells who has named it where no option did."""
    named = (
        (name or "", ""),
        (os.environ.get(PROFILE_VARIABLE, ""), f" (named by {PROFILE_VARIABLE})"),
        (configured.profile, f" (named by {config.PATH})"),
        (DEFAULT, ""),
    )
    chosen, by = next(one for one in named if one[0])
    try:
        return load(chosen)
    except ProfileError as error:
        raise ProfileError(f"{error}{by}") from error


def _with_multi_vm(profile: Profile) -> Profile:
    """The profile with its port of multi-VM consistency wanted; raises Usage where it has none."""
    from msgspec.structs import replace

    from linuxready.requirements.firewall import OpenPort

    if not any(isinstance(row, OpenPort) for row in profile.requirement):
        raise Usage(f"--multi-vm: profile {profile.name} asks for no port")
    rows = (replace(row, wanted=True) if isinstance(row, OpenPort) else row for row in profile.requirement)
    return replace(profile, requirement=tuple(rows))


def _known(words: Iterable[str], known: Iterable[str], what: str) -> None:
    for word in words:
        if word not in known:
            raise Usage(f"no {what} `{word}`: there are {', '.join(known)}")


def _known_requirements(ids: Iterable[str], profile: Profile) -> None:
    known = [requirement.id for requirement in profile.requirement]
    for id in ids:
        if id not in known:
            from linuxready.policy import unknown

            has_it = [other.name for other in map(load_shipped, shipped()) if id in (r.id for r in other.requirement)]
            named = profile.name if profile.source == "shipped" else profile.source
            elsewhere = f"no requirement `{id}` in {named}: it is in {', '.join(has_it)}"
            raise Usage(elsewhere if has_it else unknown(id, known, named))


def _one_source(**paths: str | None) -> Source | None:
    """The captured machine that is to be judged, None for this one; raises Usage where there are two."""
    given = [(kind, path) for kind, path in paths.items() if path is not None]
    if len(given) > 1:
        raise Usage(f"{' and '.join(f'--{kind}' for kind, _ in given)} exclude each other")
    return given[0] if given else None


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _spoken(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _style(output: str | None, manual: bool = False) -> Style:
    from linuxready.formats import Style

    terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    width = 80
    with suppress(OSError, ValueError):
        width = os.get_terminal_size(sys.stdout.fileno()).columns if terminal else 80
    with suppress(ValueError):
        width = int(os.environ["COLUMNS"]) if os.environ.get("COLUMNS") else width
    color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = "utf-8" if output or sys.stdout is None else (sys.stdout.encoding or "")
    return Style(max(40, min(width, 200)), color, encoding.lower().startswith("utf"), manual)

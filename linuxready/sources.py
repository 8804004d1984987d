"""Where the facts of a machine come from: this machine, a captured one, or what `collect` printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from linuxready import progress
from linuxready.output import Trouble

if TYPE_CHECKING:
    from linuxready.facts import Facts
    from linuxready.host import Host


Source = tuple[str, str]
"""A captured machine: root, recording, sosreport or facts, and its path."""


def facts_of(
    source: Source | None,
    now: str,
    record: str | None = None,
    wanted: Collection[str] | None = None,
    limits: tuple[float | None, float | None] = (None, None),
) -> Facts:
    """The facts of this machine (None) or of a captured one, recorded where that is asked for; raises Trouble.

    `now`: UTC, ISO 8601. `wanted`: the names of those that are asked for; all where it is None. `limits`: LiveHost's,
    in seconds.
    """
    if source and source[0] == "facts":
        return read_facts(source[1])
    from linuxready.collect import collect
    from linuxready.host import Unreadable

    try:
        with progress.line() as doing, _host(source, limits, doing) as host:
            if record is None:
                return collect(host, now, wanted, doing)
            from linuxready.host.recorder import Recorder

            recorder = Recorder(host)
            facts = collect(recorder, now, doing=doing)
            try:
                recorder.write(record, facts.collected_at)
            except OSError as error:
                raise Trouble(f"cannot record in {record}: {error.strerror}") from error
            return facts
    except Unreadable as error:
        raise Trouble(str(error)) from error


@contextmanager
def _host(
    source: Source | None, limits: tuple[float | None, float | None], doing: Callable[[str], None]
) -> Iterator[Host]:
    match source:
        case None:
            from linuxready.host.live import LiveHost

            yield LiveHost(*limits)
        case "root", path:
            from linuxready.host.captured import RootHost

            yield RootHost(path)
        case "recording", path:
            from linuxready.host.captured import open_recording

            with open_recording(path, doing) as host:
                yield host
        case _, path:
            with _open_gathered(path, doing) as host:
                yield host


@contextmanager
def _open_gathered(path: str, doing: Callable[[str], None]) -> Iterator[Host]:
    """The host of a sosreport or supportconfig: which of the two it is shows when it is unpacked."""
    from linuxready.host import archive
    from linuxready.host.gathered import sosreport, supportconfig
    from linuxready.host.gathered.gatheredhost import GatheredHost

    def wanted(path: str) -> bool:
        return sosreport.wanted(path) or supportconfig.wanted(path)

    with archive.opened(path, wanted, doing) as top:
        folder = supportconfig.folder_in(top)
        kind = supportconfig.Supportconfig if supportconfig.is_one(folder) else sosreport.Sosreport
        yield GatheredHost(kind(folder, os.path.basename(os.path.normpath(path)) or path))


def read_facts(path: str) -> Facts:
    """The facts that `collect` printed, from a file or standard input ("-"); raises Trouble."""
    from linuxready import jsontext
    from linuxready.facts import SCHEMA, Facts

    name = "standard input" if path == "-" else path
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
        schema = jsontext.decode(data, dict[str, object]).get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            raise Trouble(f"{name}: facts of schema {schema}, this linuxready reads up to {SCHEMA}: use a newer one")
        facts: Facts = jsontext.decode(data, Facts)
    except OSError as error:
        raise Trouble(f"{name}: {error.strerror}") from error
    except ValueError as error:
        raise Trouble(f"{name} holds no facts: {error}") from error
    return facts

"""Where the facts of a machine come from: this machine, a root, a recording, or what `collect` printed."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from linuxready.output import Trouble

if TYPE_CHECKING:
    from linuxready.facts import Facts
    from linuxready.host import Host


def collected(
    now: str,
    root: str | None = None,
    recording: str | None = None,
    record: str | None = None,
    wanted: Collection[str] | None = None,
    limits: tuple[float | None, float | None] = (None, None),
) -> Facts:
    """The facts of this machine, a root or a recording, recorded where that is asked for; raises Trouble.

    `wanted`: the names of those that are asked for; all where it is None. `limits`: LiveHost's, in seconds.
    """
    from linuxready.collect import collect
    from linuxready.host import Unreadable

    try:
        with _host(root, recording, limits) as host:
            if record is None:
                return collect(host, now, wanted)
            from linuxready.host.recorder import Recorder

            recorder = Recorder(host)
            facts = collect(recorder, now)
            recorder.write(record, facts.collected_at)
            return facts
    except Unreadable as error:
        raise Trouble(str(error)) from error
    except OSError as error:
        raise Trouble(f"cannot record in {record}: {error.strerror}") from error


@contextmanager
def _host(root: str | None, recording: str | None, limits: tuple[float | None, float | None]) -> Iterator[Host]:
    if root is not None or recording is not None:
        from linuxready.host.captured import RootHost, open_recording

        if recording is None:
            yield RootHost(root or "")
            return
        with open_recording(recording) as host:
            yield host
        return
    from linuxready.host.live import LiveHost

    yield LiveHost(*limits)


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

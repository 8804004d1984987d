"""The command line: wires the stages together, prints, and sets the exit status. Nothing else prints."""

from __future__ import annotations

import datetime
import gc
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, NoReturn, Optional

import typer

from linuxready import __version__
from linuxready.profile import DEFAULT, ProfileError, load, shipped

if TYPE_CHECKING:
    from linuxready.facts import Facts
    from linuxready.formats import Style
    from linuxready.host import Host
    from linuxready.report import Report

READY, NOT_READY, USAGE, UNDETERMINED, TROUBLE = 0, 1, 2, 3, 4
"""Exit statuses of `check`; a bad profile is wrong usage, TROUBLE is a source that cannot be read or written to."""

FAIL_ON = ("fail", "unknown", "warn")
FAIL_ON_HELP = "Which of fail, unknown, warn keep the exit status from 0; repeatable. [default: fail, unknown]"

app = typer.Typer(
    name="linuxready",
    help="Is this Linux server ready to be replicated to Azure by Site Recovery?",
    epilog="Nothing on the machine is changed. Run it as root: what a user cannot read is unknown.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Text = Optional[str]
Texts = Optional[list[str]]
ProfileOption = Annotated[
    str, typer.Option(metavar="NAME|FILE", envvar="LINUXREADY_PROFILE", help="The requirements to judge by.")
]
RootOption = Annotated[Text, typer.Option(metavar="DIR", help="Judge a mounted image or unpacked root.")]
RecordingOption = Annotated[Text, typer.Option(metavar="DIR", help="Judge a recording: its folder or .tar.gz.")]


class Trouble(Exception):
    """The source cannot be read, or the output not written: one line, exit status TROUBLE."""


class Usage(Exception):
    """The words on the command line do not go together: one line, exit status USAGE."""


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> int:
    if version:
        emit(f"linuxready {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        emit(f"{context.get_help()}\n")
        return USAGE
    return 0


@app.command()
def check(
    profile: ProfileOption = DEFAULT,
    root: RootOption = None,
    recording: RecordingOption = None,
    facts: Annotated[Text, typer.Option(metavar="FILE|-", help="Judge facts that `collect` printed.")] = None,
    only: Annotated[Texts, typer.Option(metavar="ID", help="Judge this requirement only; repeatable.")] = None,
    skip: Annotated[Texts, typer.Option(metavar="ID", help="Leave this requirement out; repeatable.")] = None,
    format: Annotated[str, typer.Option(metavar="table|short|json", help="How the report is printed.")] = "table",
    output: Annotated[
        Text, typer.Option(metavar="FILE", help="Write the report to a file, whole or not at all.")
    ] = None,
    fail_on: Annotated[Texts, typer.Option(metavar="STATUS", help=FAIL_ON_HELP)] = None,
) -> int:
    """Judge a machine: this one, or a captured one.

    Exit status: 0 ready, 1 not ready, 2 wrong usage, 3 undetermined, 4 the source could not be read.
    """
    from linuxready import formats
    from linuxready.judge import judge

    _known(format, formats.FORMATS, "format")
    for status in fail_on or ():
        _known(status, FAIL_ON, "status")
    chosen = load(profile)
    ids = [requirement.id for requirement in chosen.requirement]
    for word in (*(only or ()), *(skip or ())):
        _known(word, ids, "requirement")
    if len([source for source in (root, recording, facts) if source is not None]) > 1:
        raise Usage("--root, --recording and --facts exclude each other")
    known = _read_facts(facts) if facts is not None else _collect(root, recording, None)
    report = judge(known, chosen, datetime.datetime.now(datetime.UTC).date(), only or (), skip or ())
    emit(formats.render(report, format, _style(output)), output)
    return exit_status(report, fail_on or ("fail", "unknown"))


@app.command()
def collect(
    root: RootOption = None,
    recording: RecordingOption = None,
    record: Annotated[
        Optional[str],
        typer.Option(metavar="DIR", help="Also write what was read to a new folder, to be judged elsewhere."),
    ] = None,
) -> int:
    """Print the facts of a machine as JSON, for `check --facts`."""
    from linuxready import jsontext

    if root is not None and recording is not None:
        raise Usage("--root and --recording exclude each other")
    emit(jsontext.encode(_collect(root, recording, record)))
    return 0


@app.command()
def explain(
    id: Annotated[
        Optional[str], typer.Argument(metavar="[ID]", help="A requirement; without one they are listed.")
    ] = None,
    profile: ProfileOption = DEFAULT,
) -> int:
    """What a requirement means, how it is decided, and where it stands."""
    chosen = load(profile)
    if id is None:
        emit(_columns([(r.id, r.level, r.title) for r in chosen.requirement]))
        return 0
    _known(id, [requirement.id for requirement in chosen.requirement], "requirement")
    requirement = next(r for r in chosen.requirement if r.id == id)
    emit(
        f"{requirement.id} ({requirement.level}): {requirement.title}\n\n"
        f"Expected: {requirement.expected}\n\n{requirement.explain}\n\n"
        f"Stands in: {chosen.document}, {chosen.as_of};\n  {requirement.section}\n"
    )
    return 0


@app.command()
def profiles(
    name: Annotated[
        Optional[str], typer.Argument(metavar="[NAME|FILE]", help="A profile to show and validate.")
    ] = None,
) -> int:
    """List the profiles, or show and validate one."""
    if name is None:
        listed = [load(name) for name in shipped()]
        emit(_columns([(p.name, p.as_of, f"{p.title}: when {p.use_when}") for p in listed]))
        return 0
    chosen = load(name)
    rows = [(r.id, r.level, r.expected) for r in chosen.requirement]
    emit(f"{chosen.name}: {chosen.title}\n{chosen.document}, {chosen.as_of}\n\n{_columns(rows)}")
    return 0


def exit_status(report: Report, fail_on: Sequence[str]) -> int:
    """The exit status that a report means, where only the statuses in `fail_on` keep it from 0."""
    statuses = {finding.status for finding in report.findings}
    if statuses.intersection({"fail", "warn"}.intersection(fail_on)):
        return NOT_READY
    undetermined = any(f.status == "unknown" and f.level == "required" for f in report.findings)
    if "unknown" in fail_on and (undetermined or not report.findings):
        return UNDETERMINED
    return READY


def _collect(root: str | None, recording: str | None, record: str | None) -> Facts:
    from linuxready.collect import collect
    from linuxready.host import Unreadable
    from linuxready.host.recorder import Recorder

    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        with _host(root, recording) as host:
            if record is None:
                return collect(host, now)
            recorder = Recorder(host)
            facts = collect(recorder, now)
            recorder.write(record, facts.collected_at)
            return facts
    except Unreadable as error:
        raise Trouble(str(error)) from error
    except OSError as error:
        raise Trouble(f"cannot record in {record}: {error.strerror}") from error


@contextmanager
def _host(root: str | None, recording: str | None) -> Iterator[Host]:
    if root is not None or recording is not None:
        from linuxready.host.captured import RootHost, open_recording

        if recording is None:
            yield RootHost(root or "")
            return
        with open_recording(recording) as host:
            yield host
        return
    from linuxready.host.live import LiveHost

    yield LiveHost()


def _read_facts(path: str) -> Facts:
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


def _known(word: str, words: Iterable[str], what: str) -> None:
    if word not in words:
        raise Usage(f"no {what} `{word}`: there are {', '.join(words)}")


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    from tabulate import tabulate

    return tabulate(rows, tablefmt="plain", disable_numparse=True) + "\n"


def _style(output: str | None) -> Style:
    from linuxready.formats import Style

    terminal = output is None and sys.stdout.isatty()
    width = 80
    with suppress(OSError, ValueError):
        width = os.get_terminal_size(sys.stdout.fileno()).columns if terminal else 80
    with suppress(ValueError):
        width = int(os.environ["COLUMNS"]) if os.environ.get("COLUMNS") else width
    color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = "utf-8" if output else (sys.stdout.encoding or "")
    return Style(max(40, min(width, 200)), color, encoding.lower().startswith("utf"))


def emit(text: str, output: str | None = None) -> None:
    """Print, or write a file whole or not at all; raises Trouble. A reader that has gone away is no trouble."""
    if output is None or output == "-":
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            return
        except (OSError, AttributeError) as error:
            raise Trouble(f"cannot write to standard output: {getattr(error, 'strerror', 'it is closed')}") from error
        return
    try:
        write_whole(output, text)
    except OSError as error:
        raise Trouble(f"cannot write {output}: {error.strerror}") from error


def write_whole(path: str, text: str) -> None:
    """Write a file by way of a temporary one beside it; what is no regular file (a pipe, a device) directly."""
    data = text.encode("utf-8", "backslashreplace")
    if os.path.lexists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    path = os.path.realpath(path)
    descriptor, draft = tempfile.mkstemp(prefix=".linuxready-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)
        os.rename(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit status; every error is one line on standard error."""
    try:
        status = app(arguments, standalone_mode=False)
        return status if isinstance(status, int) else 0
    except (Usage, ProfileError) as error:
        return _complain(str(error), USAGE)
    except Trouble as error:
        return _complain(str(error), TROUBLE)
    except typer.Abort:
        return _complain("interrupted", 130)
    except Exception as error:  # noqa: BLE001 - the last line of defence; typer's usage errors come here too
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):
            return _complain(f"{error.format_message()} (see --help)", USAGE)
        return _complain(f"failed: {type(error).__name__}: {error}", TROUBLE)


def _complain(message: str, status: int) -> int:
    from linuxready.text import printable

    with suppress(OSError, ValueError, AttributeError):
        print(f"linuxready: {printable(message)}", file=sys.stderr, flush=True)
    return status


def main() -> NoReturn:
    """The installed command. No garbage is collected and nothing torn down: the process ends with its output."""
    gc.disable()
    if sys.stdout:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    os._exit(run())

"""The command line as typer knows it: the words, their help, and nothing of what they do."""

from typing import Annotated, Optional

import typer

from linuxready import __version__, commands
from linuxready.output import emit

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
FORMATS = "How the report is printed: table, short, json, yaml, junit, tap, nagios, prometheus. [default: table]"
FAIL_ON = "Which of fail, unknown, warn keep the exit status from 0; repeatable. [default: fail, unknown]"

ProfileOption = Annotated[
    Text,
    typer.Option(
        metavar="NAME|FILE",
        help="The requirements to judge by. [default: LINUXREADY_PROFILE, config.toml's, vmware-2017]",
    ),
]
RootOption = Annotated[Text, typer.Option(metavar="DIR", help="Judge a mounted image or unpacked root.")]
RecordingOption = Annotated[Text, typer.Option(metavar="DIR", help="Judge a recording: its folder or .tar.gz.")]
SosreportOption = Annotated[
    Text, typer.Option(metavar="PATH", help="Judge a sosreport or supportconfig: its archive or folder.")
]
FactsOption = Annotated[Text, typer.Option(metavar="FILE|-", help="Judge facts that `collect` printed.")]
OutputOption = Annotated[Text, typer.Option(metavar="FILE", help="Write to a file, whole or not at all.")]


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
        return commands.USAGE
    return commands.READY


@app.command()
def check(
    profile: ProfileOption = None,
    root: RootOption = None,
    recording: RecordingOption = None,
    sosreport: SosreportOption = None,
    facts: FactsOption = None,
    only: Annotated[Texts, typer.Option(metavar="ID", help="Judge this requirement only; repeatable.")] = None,
    skip: Annotated[Texts, typer.Option(metavar="ID", help="Leave this requirement out; repeatable.")] = None,
    format: Annotated[Text, typer.Option(metavar="FORMAT", help=FORMATS)] = None,
    output: OutputOption = None,
    manual: Annotated[bool, typer.Option("--manual", help="List what is to be verified by hand.")] = False,
    multi_vm: Annotated[bool, typer.Option("--multi-vm", help="Multi-VM consistency is wanted: TCP 20004.")] = False,
    fail_on: Annotated[Texts, typer.Option(metavar="STATUS", help=FAIL_ON)] = None,
) -> int:
    """Judge a machine: this one, or a captured one.

    Exit status: 0 ready, 1 not ready, 2 wrong usage, 3 undetermined, 4 the source could not be read.
    """
    return commands.check(
        profile=profile,
        root=root,
        recording=recording,
        sosreport=sosreport,
        facts=facts,
        only=only or (),
        skip=skip or (),
        format=format,
        output=output,
        manual=manual,
        multi_vm=multi_vm,
        fail_on=fail_on or (),
    )


@app.command()
def facts(
    for_: Annotated[
        str, typer.Option("--for", metavar="CONSUMER", help="One of ansible, cfengine, facter, ohai, salt.")
    ] = "ansible",
    profile: ProfileOption = None,
    root: RootOption = None,
    recording: RecordingOption = None,
    sosreport: SosreportOption = None,
    facts: FactsOption = None,
    report: Annotated[Text, typer.Option(metavar="FILE", help="Write the whole report, too, as JSON.")] = None,
    output: OutputOption = None,
) -> int:
    """Print a small document for configuration management (docs/facts-document.md).

    Exit status: 0 whenever it was printed, whatever it says; 2 wrong usage, 4 it could not be written.
    """
    return commands.facts(
        for_=for_,
        profile=profile,
        root=root,
        recording=recording,
        sosreport=sosreport,
        facts=facts,
        report=report,
        output=output,
    )


@app.command()
def collect(
    root: RootOption = None,
    recording: RecordingOption = None,
    sosreport: SosreportOption = None,
    record: Annotated[Text, typer.Option(metavar="DIR", help="Also record what was read in a new folder.")] = None,
) -> int:
    """Print the facts of a machine as JSON, for `check --facts`."""
    return commands.collect(root=root, recording=recording, sosreport=sosreport, record=record)


@app.command()
def explain(
    id: Annotated[Text, typer.Argument(metavar="[ID]", help="A requirement; without one they are listed.")] = None,
    profile: ProfileOption = None,
    listed: Annotated[bool, typer.Option("--commands", help="List every command that is ever run.")] = False,
) -> int:
    """What a requirement means, how it is decided, and where it stands."""
    return commands.explain(id=id, profile=profile, commands=listed)


@app.command()
def profiles(
    name: Annotated[Text, typer.Argument(metavar="[NAME|FILE]", help="A profile to show and validate.")] = None,
) -> int:
    """List the profiles, or show and validate one."""
    return commands.profiles(name=name)


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status; wrong words are one line on standard error."""
    return commands.run(lambda: _typer(arguments), arguments)


def _typer(arguments: list[str]) -> int:
    try:
        status = app(arguments, prog_name="linuxready", standalone_mode=False)
    except Exception as error:
        # typer's own class of usage errors has no public name.
        if hasattr(error, "format_message"):
            raise commands.Usage(f"{error.format_message()} (see --help)") from error
        raise
    return status if isinstance(status, int) else commands.READY

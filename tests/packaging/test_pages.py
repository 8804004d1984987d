"""What the packages hold besides the program: man pages and completions, as the program's own --help has it."""

from __future__ import annotations

import gzip
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from linuxready import commands, ending
from linuxready.formats import FORMATS
from linuxready.profile import load, shipped
from tests.live.stage import LINUXREADY

from .conftest import Packages

pytestmark = pytest.mark.live

PROGRAMS = ("check", "collect", "explain", "profiles")


@pytest.fixture(scope="session")
def files(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deb, unpacked."""
    folder = tmp_path_factory.mktemp("files")
    subprocess.run(("dpkg-deb", "-x", packages.deb, folder), check=True, timeout=120)
    return folder


def ran(*argv: str | Path, **variables: str) -> str:
    # No HOME that does not exist: fish would make it.
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/", "TERM": "dumb", **variables}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60, env=environment)
    return done.stdout


def help_of(*command: str) -> set[str]:
    """The options that --help has, of a command or of the program."""
    said = ran(LINUXREADY, *command, "--help", COLUMNS="300")
    return {line.split()[0] for line in said.splitlines() if line.startswith("  --")}


# -- man pages ---------------------------------------------------------------------------------------------------


def page(files: Path, name: str) -> str:
    """A page as it is read, without folding."""
    source = gzip.decompress((files / f"usr/share/man/man{name[-1]}/{name}.gz").read_bytes())
    done = subprocess.run(
        ("mandoc", "-Tascii", "-Owidth=400"), input=source, capture_output=True, check=True, timeout=60
    )
    return re.sub(r".\x08", "", done.stdout.decode())


def section(text: str, title: str) -> str:
    """A section of a page, from its title to the next one's."""
    return re.split(r"\n(?=\S)", text.partition(f"\n{title}\n")[2])[0]


def test_the_page_has_the_options_of_help(files: Path) -> None:
    text = page(files, "linuxready.1")
    for command in PROGRAMS:
        title = next(line for line in text.splitlines() if line.startswith(f"linuxready {command}"))
        told = {line.split()[0] for line in section(text, title).splitlines() if line.strip().startswith("--")}
        assert told == help_of(command), command
    told = {line.split()[0] for line in section(text, "OPTIONS").splitlines() if line.strip().startswith("--")}
    assert told == help_of()


def test_the_page_has_every_exit_status(files: Path) -> None:
    told = re.findall(r"^ +(\d+) ", section(page(files, "linuxready.1"), "EXIT STATUS"), re.MULTILINE)
    names = ("READY", "NOT_READY", "USAGE", "UNDETERMINED", "TROUBLE")
    by_signal = [128 + number for number in ending.SIGNALS]
    assert [int(number) for number in told] == [*(getattr(commands, name) for name in names), *by_signal]


def test_the_examples_of_the_profile_page_are_profiles(files: Path, tmp_path: Path) -> None:
    text = section(page(files, "linuxready-profile.5"), "EXAMPLES")
    whole, extending = re.split(r"^ .*:$", text, flags=re.MULTILINE)[1:]
    for example, shown in ((whole, "lsof"), (extending, "on db* by storage team")):
        profile = tmp_path / "example.toml"
        profile.write_text("\n".join(line.strip() for line in example.splitlines()))
        assert shown in ran(LINUXREADY, "profiles", profile)


@pytest.mark.parametrize("name", ["linuxready.1", "linuxready-profile.5"])
def test_mandoc_and_groff_have_no_complaint(files: Path, name: str) -> None:
    source = files / f"usr/share/man/man{name[-1]}/{name}.gz"
    lint = subprocess.run(("mandoc", "-Tlint", "-Wwarning", source), capture_output=True, text=True, timeout=60)
    assert (lint.returncode, lint.stdout) == (0, "")
    words = ("groff", "-man", "-Tascii", "-ww", "-z")
    warned = subprocess.run(words, input=gzip.decompress(source.read_bytes()), capture_output=True, timeout=60)
    assert warned.stderr == b""


# -- completions -------------------------------------------------------------------------------------------------

IDS = {requirement.id for name in shipped() for requirement in load(name).requirement}

COMPLETED = (
    (("ch",), {"check"}),
    (("check", "--mul"), {"--multi-vm"}),
    (("check", "--format", ""), set(FORMATS)),
    (("check", "--only", "ssh-"), {id for id in IDS if id.startswith("ssh-")}),
    (("check", "--profile", "hyp"), {"hyperv-2017", "hyperv-2026"}),
    (("explain", "xfs"), {"xfs-v5"}),
    (("profiles", "vmw"), {"vmware-2017", "vmware-2026"}),
)
"""Words on the command line, the last one to be completed, and what it may become."""


@pytest.mark.parametrize(("words", "wanted"), COMPLETED)
def test_bash_and_fish_complete(files: Path, tmp_path: Path, words: tuple[str, ...], wanted: set[str]) -> None:
    assert bash(files, tmp_path, *words) == wanted
    assert fish(files, tmp_path, *words) == wanted


@pytest.mark.parametrize("command", PROGRAMS)
def test_every_option_is_completed(files: Path, tmp_path: Path, command: str) -> None:
    assert bash(files, tmp_path, command, "--") == help_of(command)
    assert fish(files, tmp_path, command, "--") == help_of(command)


def test_bash_completes_paths_with_blanks(files: Path, tmp_path: Path) -> None:
    (tmp_path / "a root").mkdir()
    (tmp_path / "a file").touch()
    assert bash(files, tmp_path, "check", "--root", "a") == {"a root"}
    assert bash(files, tmp_path, "check", "--facts", "a") == {"a root", "a file"}


def bash(files: Path, folder: Path, *words: str) -> set[str]:
    """What TAB offers in an interactive bash: its own `complete` decides which function is asked."""
    script = """
        cd "$1"; . "$2"; shift 2
        COMP_WORDS=(linuxready "$@") COMP_CWORD=$#
        compopt() { :; }
        $(complete -p linuxready | sed 's/.*-F \\([^ ]*\\) .*/\\1/') linuxready "${COMP_WORDS[COMP_CWORD]}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    source = files / "usr/share/bash-completion/completions/linuxready"
    # No program may be needed for it.
    said = ran("bash", "--norc", "--noprofile", "-c", script, "bash", folder, source, *words)
    return set(said.splitlines()) - {""}


def fish(files: Path, folder: Path, *words: str) -> set[str]:
    """What fish offers for a command line, without its descriptions."""
    source = files / "usr/share/fish/vendor_completions.d/linuxready.fish"
    line = " ".join(("linuxready", *words))
    script = f"cd {folder}; source {source}; complete --do-complete '{line}'"
    said = ran("fish", "--no-config", "-c", script, HOME=str(folder))
    return {offer.split("\t")[0] for offer in said.splitlines()}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("linuxready ch\t", "check"),
        ("linuxready check --form\tjs\t", "check --format json"),
        ("linuxready check --only os-\t --manu\t", "check --only os-disk --manual"),
        ("linuxready profiles vmm-s\t", "profiles vmm-site-2017"),
        ("linuxready check --root a\\ r\t", "check --root a root"),
    ],
)
def test_zsh_completes_at_a_terminal(files: Path, tmp_path: Path, typed: str, meant: str) -> None:
    """By zsh's own line editor behind a pseudo-terminal: what is typed is run, and prints what it has become."""
    (tmp_path / "a root").mkdir()
    (tmp_path / ".zshrc").write_text(
        f"PS1='ready>' fpath=({files}/usr/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D\n"
        'linuxready() { print -r -- "run[$*]end" }\n'
    )
    ours, theirs = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "TERM": "dumb"}
    shell = subprocess.Popen(
        ("zsh", "-i"), stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment, start_new_session=True
    )
    try:
        heard(ours, "ready>")
        os.write(ours, f"{typed}\n".encode())
        said = heard(ours, "]end")
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(theirs)
    assert [line.strip() for line in re.findall(r"run\[(.*)\]end", said)] == [meant]


def heard(terminal: int, wanted: str) -> str:
    """What a terminal shows, up to some text; fails where that does not come."""
    said = b""
    deadline = time.monotonic() + 20
    while wanted.encode() not in said:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"no {wanted!r} in {said!r}"
        said += os.read(terminal, 65536)
    return said.decode()

"""Completions for bash, zsh and fish, from the command line itself: completions.py FOLDER.

They are static: typer's own start the program at every TAB, which is a second on the machines this is for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from words import Command, Option, commands, global_options

from linuxready.commands import FAIL_ON
from linuxready.factsdocument import UNDER
from linuxready.formats import FORMATS
from linuxready.profile import load, shipped

FILES, FOLDERS, PROFILES, IDS = "FILES", "FOLDERS", "PROFILES", "IDS"

KINDS = {
    "NAME|FILE": (PROFILES, FILES),
    "[NAME|FILE]": (PROFILES, FILES),
    "DIR": (FOLDERS,),
    "FILE": (FILES,),
    "PATH": (FILES,),
    "FILE|-": (FILES,),
    "ID": (IDS,),
    "[ID]": (IDS,),
    "FORMAT": tuple(FORMATS),
    "STATUS": FAIL_ON,
    "CONSUMER": tuple(sorted(UNDER)),
}
"""A metavar to what stands for it: words, and those four."""


def words_for(metavar: str) -> list[str]:
    """The words that a metavar may be; a metavar that KINDS does not know is a KeyError, at build time."""
    named = {PROFILES: shipped(), IDS: ids()}
    return [word for kind in KINDS[metavar] if kind not in (FILES, FOLDERS) for word in named.get(kind, [kind])]


def ids() -> list[str]:
    """The requirements of every shipped profile."""
    return sorted({requirement.id for name in shipped() for requirement in load(name).requirement})


def bash() -> str:
    """One function: the word before decides, else the command."""
    options_by_values: dict[str, list[str]] = {}
    for command in commands():
        for option in command.options:
            if option.metavar:
                options_by_values.setdefault(_bash_values(option.metavar), []).append(f"{command.name}:{option.name}")
    return BASH.format(
        commands=" ".join(command.name for command in commands()),
        options=_names(global_options()),
        takes="\n        ".join(f"{'|'.join(names)}) {values} ;;" for values, names in options_by_values.items()),
        bare="\n            ".join(line for command in commands() for line in _bash_bare(command)),
    )


BASH = """\
# bash completion for linuxready; made from its --help, starts no program.
_linuxready_values() {{ # words; the kind of paths, if any
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word"; [[ -z $2 ]] || compgen -A "$2" -- "$word")
}}
_linuxready() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command="" n
    COMPREPLY=()
    for ((n = 1; n < COMP_CWORD; n++)); do
        [[ ${{COMP_WORDS[n]}} == -* ]] || {{ command=${{COMP_WORDS[n]}}; break; }}
    done
    case $command:$before in
        {takes}
        *) case $command:$word in
            {bare}
            :*) COMPREPLY=($(compgen -W "{commands} {options}" -- "$word")) ;;
        esac ;;
    esac
}}
complete -F _linuxready linuxready
"""


def _bash_values(metavar: str) -> str:
    paths = "directory" if FOLDERS in KINDS[metavar] else "file" if FILES in KINDS[metavar] else "''"
    return f"_linuxready_values {_quoted(' '.join(words_for(metavar)))} {paths}"


def _bash_bare(command: Command) -> Iterator[str]:
    yield f'{command.name}:-*) COMPREPLY=($(compgen -W "{_names(command.options)}" -- "$word")) ;;'
    if command.argument:
        yield f"{command.name}:*) {_bash_values(command.argument)} ;;"


def zsh() -> str:
    """_arguments for the words before a command, then one call a command."""
    described = " ".join(_quoted(f"{command.name}:{_zsh_text(command.help)}") for command in commands())
    cases = "\n".join(f"        {command.name}) _arguments {_zsh_words(command)} ;;" for command in commands())
    options = " ".join(_zsh_option(option) for option in global_options())
    return ZSH.format(described=described, cases=cases, options=options)


ZSH = """\
#compdef linuxready
# Made from its --help; starts no program.
_linuxready() {{
    local state line
    local -a described=({described})
    _arguments -C {options} '1:command:->command' '*::word:->words'
    case $state in
        command) _describe command described ;;
        words) case $line[1] in
{cases}
        esac ;;
    esac
}}
_linuxready "$@"
"""


def _zsh_words(command: Command) -> str:
    argument = [_quoted(f"1:{_zsh_text(command.argument)}:{_zsh_values(command.argument)}")] if command.argument else []
    return " ".join((*argument, *map(_zsh_option, command.options)))


def _zsh_option(option: Option) -> str:
    repeats = "*" if "repeatable" in option.help else ""
    value = f":{_zsh_text(option.metavar)}:{_zsh_values(option.metavar)}" if option.metavar else ""
    return _quoted(f"{repeats}{option.name}[{_zsh_text(option.help)}]{value}")


def _zsh_values(metavar: str) -> str:
    words, kinds = " ".join(words_for(metavar)), KINDS[metavar]
    if FOLDERS in kinds:
        return "_files -/"
    if not words:
        return "_files"
    if FILES not in kinds:
        return f"({words})"
    return f'{{_alternative "names\\:name\\:({words})" "files\\:file\\:_files"}}'


def _zsh_text(text: str) -> str:
    for mark in ":[]":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("`", "")


def fish() -> str:
    """One line an option; nothing but what is said here, and files only where they are asked for."""
    lines = ["# fish completion for linuxready; made from its --help, starts no program.", "complete -c linuxready -f"]
    for option in global_options():
        lines.append(_fish_option("__fish_use_subcommand", option))
    for command in commands():
        inside = f"__fish_seen_subcommand_from {command.name}"
        about = _quoted(command.help.replace("`", ""))
        lines.append(f"complete -c linuxready -n __fish_use_subcommand -a {command.name} -d {about}")
        lines += [_fish_option(inside, option) for option in command.options]
        if command.argument:
            lines.append(f"complete -c linuxready -n {_quoted(inside)} {_fish_values(command.argument)}")
    return "\n".join(lines) + "\n"


def _fish_option(condition: str, option: Option) -> str:
    values = f" -r {_fish_values(option.metavar)}" if option.metavar else ""
    about = _quoted(option.help.replace("`", ""))
    return f"complete -c linuxready -n {_quoted(condition)} -l {option.name.removeprefix('--')} -d {about}{values}"


def _fish_values(metavar: str) -> str:
    words = " ".join(words_for(metavar))
    if FOLDERS in KINDS[metavar]:
        return "-a '(__fish_complete_directories)'"
    return " ".join((*(["-F"] if FILES in KINDS[metavar] else []), *([f"-a {_quoted(words)}"] if words else [])))


def _names(options: Iterable[Option]) -> str:
    return " ".join(option.name for option in options)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


PLACES = {
    "usr/share/bash-completion/completions/linuxready": bash,
    "usr/share/zsh/site-functions/_linuxready": zsh,
    "usr/share/fish/vendor_completions.d/linuxready.fish": fish,
}

if __name__ == "__main__":
    for place, make in PLACES.items():
        path = Path(sys.argv[1]) / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")

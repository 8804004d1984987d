"""Sections of supportconfig's text files, as its writers shape them."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linuxready.host import Absent, Unreadable
from linuxready.host.gathered import sections
from linuxready.host.gathered.sections import COMMAND, CONFIGURATION, HEADER_BYTES, Section, read_sections, text_of

from ...supportconfigs import header


def written(*parts: tuple[str, str, str]) -> bytes:
    """Sections of (kind, label, text), each ended by an empty line, after the title of the file."""
    text = "=====\n  Support Utilities\n=====\n\n"
    for kind, label, body in parts:
        text += f"{header(kind)}\n# {label}\n{body}{'' if body.endswith(chr(10)) or not body else chr(10)}\n"
    return text.encode("utf-8", "surrogateescape")


def found(folder: Path, content: bytes) -> list[tuple[str, str, bytes | None]]:
    file = folder / "x.txt"
    file.write_bytes(content)
    return [(s.kind, s.label, text_of(s, 2**20) if s.whole else None) for s in read_sections(str(file))]


def test_a_header_is_as_long_as_its_writers_make_it() -> None:
    assert header("Command") == "#==[ Command ]======================================#"
    assert header(CONFIGURATION) == "#==[ Configuration File ]===========================#"
    assert {len(header(kind)) for kind in (COMMAND, CONFIGURATION, "Verification", "System")} == {HEADER_BYTES}


def test_sections_in_order(tmp_path: Path) -> None:
    content = written((COMMAND, "/sbin/ip addr", "1: lo\n"), (CONFIGURATION, "/etc/x", "a\nb\n\n"), (COMMAND, "id", ""))
    assert found(tmp_path, content) == [
        (COMMAND, "/sbin/ip addr", b"1: lo\n"),
        (CONFIGURATION, "/etc/x", b"a\nb\n"),
        (COMMAND, "id", b""),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "#==[ Command ]==#",
        "#==[ Command ]=======================================#",
        " #==[ Command ]======================================#",
        "#==[ Command ]======================================# ",
        "#==[ command ]======================================#",
        "#==[ Command ]-=====================================#",
    ],
)
def test_what_is_shaped_otherwise_is_a_files_own_text(tmp_path: Path, line: str) -> None:
    text = f"a\n{line}\n# /etc/hosts\nb\n"
    assert found(tmp_path, written((CONFIGURATION, "/etc/motd", text))) == [
        (CONFIGURATION, "/etc/motd", text.encode()),
    ]


def test_a_header_without_a_label_is_none(tmp_path: Path) -> None:
    text = f"a\n{header(COMMAND)}\nno label\n"
    assert found(tmp_path, written((CONFIGURATION, "/etc/motd", text)))[0][2] == text.encode()


@pytest.mark.parametrize("portion", [1, 7, 53, 64, 1000])
def test_a_header_across_two_portions(tmp_path: Path, portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [(CONFIGURATION, f"/etc/f{i}", f"line {i}\n" * i) for i in range(12)]
    whole = found(tmp_path, written(*parts))
    monkeypatch.setattr(sections, "PORTION", portion)
    assert found(tmp_path, written(*parts)) == whole
    assert [label for _, label, _ in whole] == [label for _, label, _ in parts]


def test_the_last_section_of_a_cut_file_is_not_whole(tmp_path: Path) -> None:
    content = written((COMMAND, "a", "1\n"), (COMMAND, "b", "22222\n"))
    assert found(tmp_path, content[:-4]) == [(COMMAND, "a", b"1\n"), (COMMAND, "b", None)]
    with pytest.raises(Unreadable, match=r"b: x\.txt is cut in the midst of it"):
        text_of(read_sections(str(tmp_path / "x.txt"))[1], 100)


def test_a_section_that_is_too_long_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(written((COMMAND, "a", "x" * 3000)))
    with pytest.raises(Unreadable, match="longer than"):
        text_of(read_sections(str(tmp_path / "x.txt"))[0], 2000)


def test_more_sections_than_anybody_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MAX_SECTIONS", 10)
    content = written(*((COMMAND, str(i), "x\n") for i in range(30)))
    assert [label for _, label, _ in found(tmp_path, content)] == [str(i) for i in range(10)]


@pytest.mark.parametrize("content", [b"", b"\n", b"#", b"\0" * 5000, random.Random(8).randbytes(5000)])
def test_garbage_has_no_sections(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, content) == []


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """What an archive links to is not ours to read; a FIFO never ends."""
    (tmp_path / "secret").write_bytes(written((COMMAND, "a", "1\n")))
    (tmp_path / "link.txt").symlink_to("secret")
    os.mkfifo(tmp_path / "fifo.txt")
    for name in ("link.txt", "fifo.txt", "."):
        with pytest.raises(Unreadable):
            read_sections(str(tmp_path / name))
    with pytest.raises(Absent):
        read_sections(str(tmp_path / "none.txt"))


LINES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=40).filter(
    lambda line: not line.startswith("#==[")
)
PARTS = st.lists(
    st.tuples(
        st.sampled_from((COMMAND, CONFIGURATION, "Verification", "Note")),
        LINES.map(str.strip).filter(bool),
        st.lists(LINES.filter(bool), max_size=5).map(lambda lines: "".join(f"{line}\n" for line in lines)),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(PARTS, st.binary(max_size=200))
def test_what_is_written_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str, str]], end: bytes
) -> None:
    folder = tmp_path_factory.mktemp("sections")
    assert found(folder, written(*parts)) == [(kind, label, text.encode()) for kind, label, text in parts]
    # Whatever follows, all but the last section are as they were.
    followed = found(folder, written(*parts) + end)
    assert [(kind, label) for kind, label, _ in followed[: len(parts)]] == [(kind, label) for kind, label, _ in parts]
    assert [text for _, _, text in followed[: len(parts) - 1]] == [text.encode() for _, _, text in parts[:-1]]


def test_a_section_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(written((COMMAND, "a", "1\n")))
    section: Section = read_sections(str(tmp_path / "x.txt"))[0]
    assert (tmp_path / "x.txt").read_bytes()[section.start : section.end] == b"1\n\n"

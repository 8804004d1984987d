"""Signals at any moment of a run: each ends it, and leaves nothing. As many moments as there is time for are tried."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..tars import END, file, folder
from .stage import ENVIRONMENT, live

pytestmark = live()

TOP = "sosreport-web1"
MOMENTS = 60

DRIVER = """
import mmap, os, shutil, signal, sys
from linuxready import __main__, cli, collect, commands, formats, judge, nextboot, progress
from linuxready.host import archive, gathered, recorder

moments, places, number, *words = sys.argv[1:]
sys.argv = ["linuxready", *words]
seen = mmap.mmap(-1, 8)

def ended_at(moment):
    # What a run does is counted by its calls and returns; at one of them the signal comes.
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    count = 0
    def look(*_):
        nonlocal count
        count += 1
        seen[:] = count.to_bytes(8, "big")
        if count == moment:
            os.kill(os.getpid(), int(number))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    listen = __main__.ending.listen
    def listening():
        listen()
        sys.setprofile(look)
    __main__.ending.listen = listening
    __main__.main()

whole = ended_at(0)
total = int.from_bytes(seen[:], "big")
print(whole, total)
for tried in range(int(moments)):
    moment = 1 + tried * (total - 1) // int(moments)
    shutil.rmtree("new/recording", ignore_errors=True)  # which is whole, where it is there
    status = ended_at(moment)
    left = [name for place in places.split(":") for name in os.listdir(place) if name != "recording"]
    if status != 128 + int(number) or left:
        print(moment, status, left)
        break
"""


@pytest.mark.parametrize(("words", "number"), [(["check"], 15), (["collect", "--record", "new/recording"], 2)])
def test_at_any_moment(words: list[str], number: int, tmp_path: Path) -> None:
    names = [f"{TOP}/etc/systemd/system/{n}.service" for n in range(50)]
    sound = folder(TOP) + file(f"{TOP}/version.txt", b"sosreport: 3.2\n") + file(f"{TOP}/sos_commands/date/date")
    path = tmp_path / "a.tar"
    path.write_bytes(sound + b"".join(file(name, b"[Unit]\n") for name in names) + END)
    places = [tmp_path / "tmp", tmp_path / "new"]
    for place in places:
        place.mkdir()
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            DRIVER,
            str(MOMENTS),
            ":".join(map(str, places)),
            str(number),
            *words,
            "--sosreport",
            path,
        ],
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "TMPDIR": str(places[0])},
        cwd=tmp_path,
    )
    assert result.stderr == ""
    whole, total = result.stdout.split("\n")[0].split()
    assert int(whole) in (0, 3)
    assert int(total) > 10_000
    assert result.stdout.count("\n") == 1, result.stdout

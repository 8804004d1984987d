"""Running one program: no shell, no input, the C locale, bounded time and output, and nothing left behind."""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress

from linuxready import ending
from linuxready.host import CommandResult

KILL_SECONDS = 0.5
MAX_OUTPUT_BYTES = 32 * 2**20
"""A Kubernetes node's rules are some 10 MiB of JSON."""


def run(program: str, argv: tuple[str, ...], path: tuple[str, ...], seconds: float) -> CommandResult:
    """Run a program in a process group of its own; raises TimeoutError, or ValueError where it floods."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - a listed program by its absolute path, no shell
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": ":".join(path), "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
            cwd="/",
            start_new_session=True,
        )

    with ending.undone(start, _stop) as process:
        deadline = time.monotonic() + seconds
        stdout, stderr = _outputs(process, deadline)
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
    return CommandResult(argv, process.returncode, stdout, stderr)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it left behind in its group; a process that no signal ends is not waited for."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(KILL_SECONDS)
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _outputs(process: subprocess.Popen[bytes], deadline: float) -> tuple[str, str]:
    """All that a process writes to its two pipes until it closes them, decoded."""
    pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe]
    outputs = {pipe.fileno(): bytearray() for pipe in pipes}
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                chunk = os.read(key.fd, 65536)
                outputs[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fileobj)
                elif len(outputs[key.fd]) > MAX_OUTPUT_BYTES:
                    raise ValueError(f"more than {MAX_OUTPUT_BYTES // 2**20} MiB of output")
    stdout, stderr = (bytes(output).decode("utf-8", "surrogateescape") for output in outputs.values())
    return stdout, stderr

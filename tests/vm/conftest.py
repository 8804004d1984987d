"""The table at the end of `make test-vm`: what linuxready answered, what the witness said, and the seconds it took."""

from __future__ import annotations

import pytest

Results = tuple[dict[str, dict[str, object]], str]

RESULTS: dict[str, dict[str, dict[str, object]]] = {}
"""Suite to scenario to its line."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for suite, lines in RESULTS.items():
        total = sum(float(str(line["seconds"])) for line in lines.values())
        terminalreporter.section(f"{suite}: {len(lines)} in {total:.0f} s")
        for name, line in lines.items():
            mark = "  " if line["agree"] else "✗ "
            terminalreporter.write_line(f"{line['seconds']:>6} s {mark}{name}")
            for word in ("answer", "oracle", "note"):
                if line[word]:
                    terminalreporter.write_line(f"{'':11}{word} {line[word]}")

"""Filters of the role: which packages fit a machine, and the summary of a play.

They run on the controller, under any of its Pythons. What a machine printed is data: nothing of it reaches a template
or a terminal but what is checked here.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

VERDICTS = {"ready": 0, "not-ready": 1, "undetermined": 3}
"""Verdict to the exit status of `linuxready check` that goes with it."""

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
PACKAGE = re.compile(r"(?P<name>linuxready(-facts)?)[-_](?P<version>\d[^-_]*)[-_].*\.(?P<format>deb|rpm)\Z")
REASON_LENGTH = 200


def fitting(files: Iterable[str], facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The packages among `files` that fit a machine, as dicts: path, name; `installed`: what its manager says then."""
    format = "deb" if facts["pkg_mgr"] == "apt" else "rpm"
    sles_11 = facts.get("distribution", "").startswith("SLES") and facts.get("distribution_major_version") == "11"
    chosen = []
    for path in files:
        package = PACKAGE.match(os.path.basename(path))
        if package and package["format"] == format and (format == "deb" or (".sles11." in path) == sles_11):
            installed = f"{package['name']} {package['version']} installed"
            chosen.append({"path": path, "name": package["name"], "installed": installed})
    return chosen


def summary(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Lines that count all hosts of a play: ready, not ready and why, undetermined and why, unreachable."""
    answers = {host: answer(variables[host]) for host in hosts}
    lines = []
    for word in ("ready", "not-ready", "undetermined", "unreachable"):
        these = sorted(host for host, (verdict, _) in answers.items() if verdict == word)
        lines.append(f"{word.replace('-', ' ')} ({len(these)}): {', '.join(these) or 'none'}")
        reasons = Counter(reason for host in these for reason in answers[host][1])
        lines += [f"  {count}  {reason}" for reason, count in sorted(reasons.items(), key=worst_first)]
    return lines


def worst_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def answer(variables: Mapping[str, Any]) -> tuple[str, list[str]]:
    """A host's verdict and its reasons: ids of requirements, or in a word why there is no report."""
    seen, checked = variables.get("linuxready_seen"), variables.get("linuxready_checked")
    results = [result for result in (seen, checked) if result]
    if not results or any(result.get("unreachable") for result in results):
        return "unreachable", []
    if checked is None:
        return "undetermined", [f"not judged: {printable((seen or {}).get('msg') or 'a task of the role failed')}"]
    if checked.get("rc") not in VERDICTS.values():
        return "undetermined", [f"no report: {printable(checked.get('stderr') or checked.get('msg'))}"]
    try:
        report = json.loads(checked["stdout"])
        verdict, complete = report["verdict"], report["complete"]
        findings = [(finding["id"], finding["status"], finding["level"]) for finding in report["findings"]]
        valid = VERDICTS[verdict] == checked["rc"] and all(ID.match(id) for id, _, _ in findings)
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        return "undetermined", ["no report: what linuxready printed is none"]
    if verdict == "ready" and complete is not True:
        return "undetermined", ["not every requirement was judged"]
    wanted = {"not-ready": "fail", "undetermined": "unknown"}.get(verdict)
    reasons = [id for id, status, level in findings if status == wanted and level == "required"]
    return verdict, sorted(set(reasons)) or ([] if verdict == "ready" else ["no requirement was judged"])


def printable(text: object) -> str:
    """One short line of text without control characters, and without what a template would evaluate."""
    line = " ".join("".join(c if c.isprintable() and c not in "{}" else " " for c in str(text)).split())
    return line[:REASON_LENGTH]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"linuxready_fitting": fitting, "linuxready_summary": summary}

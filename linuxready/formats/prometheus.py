"""Metrics for the textfile collector of Prometheus' node_exporter: write them with --output to linuxready.prom.

The text format of version 0.0.4: HELP and TYPE a metric, a sample a line, no time of its own behind it. A requirement
has one series a status, 1 for the one that it has: an alert sees a change of status as one of values.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from linuxready.facts import UnknownFact
from linuxready.formats import Look, Style
from linuxready.formats.words import ORDER
from linuxready.report import Report
from linuxready.requirements.disks import whole_disks
from linuxready.requirements.storage import spoken_device
from linuxready.text import printable, shortened

MAX_LABEL = 200
MAX_DISKS = 256
"""Disks with a series of their own; `linuxready_disks` counts all."""

Sample = tuple[dict[str, str], float]
Metric = tuple[str, str, Iterable[Sample]]


def render(report: Report, style: Style, look: Look) -> str:
    lines: list[str] = []
    for name, text, samples in (*_of_report(report), *_of_look(report, look)):
        lines += [f"# HELP linuxready_{name} {text}", f"# TYPE linuxready_{name} gauge"]
        lines += [f"linuxready_{name}{_labels(labels)} {number}" for labels, number in samples]
    return "\n".join([*lines, ""])


def _of_report(report: Report) -> Iterator[Metric]:
    ready = report.verdict == "ready" and report.complete
    labels = {
        "version": report.tool.version,
        "profile": report.profile.name,
        "profile_as_of": report.profile.as_of,
        "release": report.host.release or "",
        "kernel": report.host.kernel or "",
    }
    statuses = [
        ({"id": f.id, "level": f.level, "status": status}, int(f.status == status))
        for f in report.findings
        for status in ORDER
    ]
    yield "info", "What was judged, and by which profile; always 1.", [(labels, 1)]
    yield "ready", "Whether every requirement was judged and the machine is ready.", [({}, int(ready))]
    yield "complete", "Whether every requirement of the profile was judged.", [({}, int(report.complete))]
    if statuses:
        yield "requirement_status", "1 for the status that a requirement has, 0 for the others.", statuses


def _of_look(report: Report, look: Look) -> Iterator[Metric]:
    try:
        found = whole_disks(look.facts.block_devices.known()) if not look.facts.container.value else None
    except UnknownFact:
        found = None
    if found is not None:
        sizes = {spoken_device(disk): disk.size_bytes or 0 for disk in found.sized}
        shown = dict(sorted(sizes.items())[:MAX_DISKS])
        yield "disks", "Whole disks; removable media are not counted.", [({}, len(found.sized) + len(found.unsized))]
        if shown:
            samples = [({"disk": name}, size) for name, size in shown.items()]
            yield "disk_size_bytes", "Size of a whole disk.", samples
    try:
        collected = datetime.datetime.fromisoformat(report.collected_at)
    except ValueError:
        collected = None
    if collected is not None and collected.tzinfo:
        yield "collected_timestamp_seconds", "When the machine was looked at.", [({}, int(collected.timestamp()))]
    if look.seconds is not None:
        yield "collect_duration_seconds", "How long the look at the machine took.", [({}, look.seconds)]


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return shortened(printable(value), MAX_LABEL).replace("\\", "\\\\").replace('"', '\\"')

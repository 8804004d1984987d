"""sysfs: real machines' dumps; which disks each directory lies on, by lsblk and by live write counters."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.collect import collect
from linuxready.facts import UnknownFact
from linuxready.host.captured import RootHost
from linuxready.mountwalk import DiskGraph, MountTree

from ..machines import finding
from . import CORPUS, cases, unpacked


@pytest.mark.parametrize("case", cases("sysfs"))
def test_disks_agree_with_the_oracle(case: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    archive = CORPUS / "sysfs" / case["inputs"][0]
    root = unpacked(archive, tmp_path_factory.getbasetemp() / "sysfs" / case["id"])
    if not (root / "proc").is_dir():
        root = next(root.iterdir())
    facts = collect(RootHost(str(root)), "2026-11-23T00:00:00Z")
    expected = case["expected"]
    found = finding(facts, "os-disk")
    assert found.status == {True: "pass", False: "fail", None: "unknown"}[expected["verdict"]["all_on_one_disk"]]

    tree = MountTree(facts.mounts.known())
    graph = DiskGraph(facts.block_devices.known(), tree, facts.btrfs.known())
    for directory in facts.directories.known():
        wanted = expected["dirs"][directory.path]
        try:
            mount = tree.covering(directory.real_path.known())
            disks = sorted(graph.disks_of_mount(mount))
        except UnknownFact:
            assert wanted["physical_disks"] is None, directory.path
            continue
        assert mount.mount_point == wanted["mount"]["target"]
        assert disks == wanted["physical_disks"]

    devices = {device.name: device for device in facts.block_devices.known()}
    for name, wanted in expected.get("block", {}).items():
        assert (devices[name].size_bytes, devices[name].removable) == (wanted["bytes"], wanted["removable"] == "1")

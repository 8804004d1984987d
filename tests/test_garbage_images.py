"""Mounted disk images whose files are damaged: no mistake of ours comes of it, and no machine is ready by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linuxready.collect import collect
from linuxready.host.captured import RootHost

from .golden import HOSTS
from .machines import NOW, report

pytestmark = pytest.mark.thorough

MACHINE = HOSTS / "image-rhel-6-lvm" / "root"
FILES = ("etc/fstab", "etc/blkid/blkid.tab", "etc/lvm/backup/vg_web1")
WORDS = '# { } [ ] = , " <device >/dev/sdc1</device> /dev/sdb2 /dev/sda2 UUID= /../.. noauto bind \\000 \\057 pv0 /usr'
STRANGE = st.lists(
    st.sampled_from([*WORDS.split(), "", "\0", "\udcff", "\n", " ", "x" * 3000, "9" * 5000]), max_size=5
).map("".join)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("image") / "root"
    shutil.copytree(MACHINE, root, symlinks=True)
    return root


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(data=st.data())
def test_damaged_files_are_no_mistake_of_ours(root: Path, data: st.DataObject) -> None:
    for name in FILES:
        text = (MACHINE / name).read_text(encoding="utf-8")
        for _ in range(data.draw(st.integers(0, 3))):
            start = data.draw(st.integers(0, len(text)))
            text = text[:start] + data.draw(STRANGE) + text[start + data.draw(st.integers(0, 30)) :]
        (root / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    facts = collect(RootHost(str(root)), NOW)
    assert "linuxready failed in" not in repr(facts)
    for profile in ("vmware-2017", "vmware-2026", "vmm-site-2017"):
        judged = report(facts, profile)
        assert "linuxready failed in" not in repr(judged)
        assert judged.verdict != "ready"

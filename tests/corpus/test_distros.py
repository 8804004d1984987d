"""distros: our id and version against python-distro's, Ansible's and insights-core's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from linuxready.host import Unreadable
from linuxready.host.captured import RootHost
from linuxready.readers import release

from . import CORPUS, cases, unpacked

OURS_INSTEAD = {
    "pd-centosstream8": ("centos-stream", "8", "CentOS Stream is not CentOS"),
    "pd-centosstream9": ("centos-stream", "9", "CentOS Stream is not CentOS"),
    "pd-centosstream10": ("centos-stream", "10", "CentOS Stream is not CentOS"),
    "pd-scientific6": ("scientific", "6.4", "distro calls every redhat-release rhel"),
    "pd-scientific7": ("scientific", "7.2", "os-release claims ID=rhel; its NAME says Scientific Linux"),
    "in-rr-fedora": ("fedora", "23", "distro says rhel, insights says not RHEL: the line says Fedora"),
    "in-rr-centos-stream": ("centos-stream", "8", "distro says rhel, insights says not RHEL"),
    "in-rr-centos-7": ("centos", "7.6", "distro says rhel, insights says not RHEL: the line says CentOS"),
    "in-rr-redhat-release-beta": ("rhel", "8.5", "distro has no version; insights has 8.5. version_full says Beta"),
    "in-rr-redhat-release-10-0-beta": ("rhel", "10.0", "as above"),
    "pd-amazon2014": ("amzn", "2014.03", "distro does not read system-release here; the line is plain"),
    "an-ubuntu_10_04_guess": ("ubuntu", "10.04", "distro was told not to ask lsb_release; Ansible reads lsb-release"),
    "an-almalinux_8_3_beta": ("almalinux", "8.3", "redhat-release says Beta, and version_full keeps it"),
    "an-virtuozzo_7_3": ("virtuozzo", "7.3", "distro has 7 and 7.0.3; Ansible has redhat-release's 7.3"),
    "sles-11-sp3-s390x": ("sles", "11.3", "distro does not read PATCHLEVEL; the corpus's own answer is 11.3"),
}
"""Where the oracle is wrong or two disagree: our answer, and why."""

UNKNOWN = {"fa-osr-devuan": "os-release holds one word, no ID: not to be known"}


@pytest.mark.parametrize("case", cases("distros"))
def test_distribution_agrees_with_the_oracle(case: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = unpacked(CORPUS / "distros" / "cases.tar.xz", _folder(tmp_path_factory))
    host = RootHost(str(folder / case["id"] / "root"))
    if case["id"] in UNKNOWN:
        with pytest.raises(Unreadable):
            release.read(host)
        return
    found = release.read(host)
    if case["id"] in OURS_INSTEAD:
        assert (found.id, found.version) == OURS_INSTEAD[case["id"]][:2]
        return
    distro = case["expected"]["distro"]
    assert found.id == distro["id"]
    assert found.version_full in (distro["version"], distro["version_best"])
    assert found.version_full.startswith(found.version)


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.getbasetemp() / "distros"

"""sshd-enabled: what the init system would start, against systemd's own transaction, chkconfig and Upstart's rules."""

from __future__ import annotations

from typing import Any

import pytest

from linuxready.host.captured import RootHost
from linuxready.readers import services

from . import CORPUS, cases, unpacked


@pytest.mark.parametrize("case", cases("sshd-enabled"))
def test_start_at_boot_agrees_with_the_oracle(case: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    archive = CORPUS / "sshd-enabled" / "cases.tar.xz"
    folder = unpacked(archive, tmp_path_factory.getbasetemp() / "sshd-enabled")
    ssh = services.read_ssh(RootHost(str(folder / case["id"] / "root")))
    expected = case["expected"]
    if expected["init"] == "systemd":
        assert ssh.init == "systemd"
        assert ssh.boots_to == expected["default_target"]
        assert ssh.starts_at_boot == expected["ssh_reachable_after_boot"]
        if ssh.starts_at_boot:
            assert ssh.unit in expected["started_at_boot"]
    else:
        assert ssh.starts_at_boot == expected["started_at_boot"]
        if "default_runlevel" in expected:
            assert ssh.boots_to == f"runlevel {expected['default_runlevel']}"

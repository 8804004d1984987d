"""What `collect --sosreport PATH --record DIR` writes is judged as the sosreport is."""

from __future__ import annotations

from pathlib import Path

import pytest

from linuxready import sources
from linuxready.profile import shipped

from .machines import NOW, report
from .sosreports import LAYOUTS, make


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_recording_of_a_sosreport_is_judged_as_it_is(name: str, tmp_path: Path) -> None:
    sosreport = str(make(LAYOUTS[name], tmp_path))
    recording = str(tmp_path / "recording")
    of_sosreport = sources.facts_of(("sosreport", sosreport), NOW)
    assert sources.facts_of(("sosreport", sosreport), NOW, recording) == of_sosreport
    of_recording = sources.facts_of(("recording", recording), NOW)
    for profile in shipped():
        judged = [
            [(finding.id, finding.status) for finding in report(facts, profile).findings]
            for facts in (of_sosreport, of_recording)
        ]
        assert judged[0] == judged[1]

"""What `date` prints."""

from __future__ import annotations

import pytest

from linuxready.host.gathered.texts.date import parse_date


@pytest.mark.parametrize(
    ("printed", "time"),
    [
        ("Sun Apr  7 20:23:42 CEST 2019", "2019-04-07T18:23:42Z"),
        ("Tue Nov 24 07:10:02 UTC 2026", "2026-11-24T07:10:02Z"),
        ("Wed Jan  1 03:00:00 AEDT 2025", "2024-12-31T16:00:00Z"),
        ("Sun Apr  7 20:23:42 CST 2019", None),  # China's, Cuba's or Chicago's
        ("Sun Foo  7 20:23:42 UTC 2019", None),
        ("Mon Jan  1 01:00:00 CEST 0001", None),
        ("Sun Apr 31 20:23:42 UTC 2019", None),
        ("Sun Apr  7 99:23:42 UTC 2019", None),
        ("Sun Apr  7 20:23:42 UTC 99999999999", None),
        ("Di 24. Nov 07:10:02 CET 2026", None),
        ("date: cannot", None),
        ("", None),
    ],
)
def test_dates(printed: str, time: str | None) -> None:
    assert parse_date(printed) == time

"""When something was gathered, by `date` in the C locale: "Sun Apr  7 20:23:42 CEST 2019"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

ZONES = {"UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "JST": 9} | {
    "EDT": -4,
    "CDT": -5,
    "MDT": -6,
    "PDT": -7,
    "AEST": 10,
    "AEDT": 11,
}
"""Hours east of Greenwich; only names that mean one time zone everywhere and always. EST was Sydney's, too."""

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_PRINTED = re.compile(r"\w{3} +(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\w+) (\d{4})\s*")


def parse_date(text: str) -> str | None:
    """The time that was printed, in UTC (ISO 8601); None where it is another text, or its zone not known."""
    printed = _PRINTED.fullmatch(text)
    if not printed or printed[1] not in MONTHS or printed[6] not in ZONES:
        return None
    day, hour, minute, second, year = map(int, printed.group(2, 3, 4, 5, 7))
    try:
        # Not by the locale's names, which strptime takes.
        here = datetime(year, MONTHS.index(printed[1]) + 1, day, hour, minute, second)
        return f"{(here - timedelta(hours=ZONES[printed[6]])).isoformat()}Z"
    except (ValueError, OverflowError):
        return None

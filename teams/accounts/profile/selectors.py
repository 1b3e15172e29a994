"""The time zones that pages offer."""

from __future__ import annotations

import zoneinfo
from typing import Final

# The zones of the United States come first, from east to west; most people here live in one of them.
FIRST: Final = (
    "America/New_York",
    "America/Puerto_Rico",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Pacific/Guam",
)
# Other names of zones that have one of their own, and shifts that no place keeps.
_OTHER_NAMES: Final = ("US/", "Etc/", "Brazil/", "Canada/", "Chile/", "Mexico/", "SystemV/", "posix/", "right/")


def zones() -> list[str]:
    """The time zones that are offered: those of places, and UTC."""
    places = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(_OTHER_NAMES)}
    return [*FIRST, *sorted(places - set(FIRST)), "UTC"]

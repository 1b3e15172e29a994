"""What a person's choices come to, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time

from django.utils.dates import WEEKDAYS

from teams.notices import kinds, plan
from teams.notices.models import QuietTimes, Way


def sentences(ways: Mapping[str, Way], quiet: QuietTimes) -> Iterator[str]:
    """One for each kind, then what quiet hours and days off do."""
    days = quiet.working_days or list(range(1, 8))
    for kind in kinds.chosen():
        match ways[kind.name]:
            case Way.OFF:
                yield f"{kind.title} don’t come."
            case Way.DAILY:
                yield f"{kind.title} come together in one mail at {_digest_hour(quiet)}, {in_words(days)}."
            case Way.WEEKLY:
                day = WEEKDAYS[days[0] - 1]
                yield f"{kind.title} come together in one mail a week, {day} at {_digest_hour(quiet)}."
            case _:
                when = f", {in_words(days)}" if len(days) < len(WEEKDAYS) else ""
                yield f"{kind.title} come one by one when they are due{when}."
    held = []
    if quiet.starts and quiet.ends:
        held.append(f"from {quiet.starts:%H:%M} to {quiet.ends:%H:%M}")
    if len(days) < len(WEEKDAYS):
        off = [str(WEEKDAYS[day - 1]) for day in range(1, 8) if day not in days]
        held.append(f"on {_listed(off)}")
    if held:
        yield (
            f"Nothing comes {' or '.join(held)}: what falls into that time waits until it ends. Only what would then "
            "come too late to be of use comes all the same."
        )


def in_words(days: list[int]) -> str:
    """ "every day", "Monday to Friday", "Monday, Tuesday, and Thursday"; `days` in order, 1 is Monday."""
    names = [str(WEEKDAYS[day - 1]) for day in days]
    if len(days) == len(WEEKDAYS):
        return "every day"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return _listed(names)


def _listed(names: list[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _digest_hour(quiet: QuietTimes) -> str:
    starts, ends, hour = quiet.starts, quiet.ends, plan.DIGEST_HOUR
    return f"{ends if starts and ends and _is_in(hour, starts, ends) else hour:%H:%M}"


def _is_in(moment: time, starts: time, ends: time) -> bool:
    return starts <= moment < ends if starts < ends else moment >= starts or moment < ends

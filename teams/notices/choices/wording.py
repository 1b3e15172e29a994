"""What a person's choices come to, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time

from django.utils.dates import WEEKDAYS

from teams.notices import kinds, plan
from teams.notices.models import QuietTimes, Way


def sentences(ways: Mapping[str, Way], quiet: QuietTimes) -> Iterator[str]:
    """One for each way with the kinds that come so, the fewest first and the rest as such; then what is held."""
    days = quiet.working_days or list(range(1, 8))
    by_way: dict[Way, list[str]] = {}
    for kind in kinds.chosen():
        by_way.setdefault(ways[kind.name], []).append(kind.title)
    *fewer, (most, _) = sorted(by_way.items(), key=lambda item: len(item[1]))
    for way, titles in fewer:
        first, *others = titles
        named = _listed([first, *(f"{title[:1].lower()}{title[1:]}" for title in others)])
        yield f"{named} {_how(way, 'don’t come', 'come', days, quiet)}."
    yield f"Every {'other ' if fewer else ''}kind {_how(most, 'doesn’t come', 'comes', days, quiet)}."
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


def _how(way: Way, comes_not: str, comes: str, days: list[int], quiet: QuietTimes) -> str:
    match way:
        case Way.OFF:
            return comes_not
        case Way.DAILY:
            return f"{comes} together in one mail at {_digest_hour(quiet)}, {in_words(days)}"
        case Way.WEEKLY:
            return f"{comes} together in one mail a week, {WEEKDAYS[days[0] - 1]} at {_digest_hour(quiet)}"
    return f"{comes} at once" + (f", {in_words(days)}" if len(days) < len(WEEKDAYS) else "")


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

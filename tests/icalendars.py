"""Reads calendars as somebody else would: by the package `ical`, which the portal doesn't write with, and by the
letter of RFC 5545."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream

LINE = re.compile(r'[A-Z0-9-]+(;[A-Z0-9-]+=("[^"]*"|[^";:,]*)(,("[^"]*"|[^";:,]*))*)*:.*', re.DOTALL)
ONCE = ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "TRANSP")
ONCE_AT_MOST = (*ONCE, "SEQUENCE", "CREATED", "LAST-MODIFIED", "RECURRENCE-ID", "RRULE", "DURATION", "CLASS", "GEO")


def read(content: bytes) -> Calendar:
    """The calendar as `ical` reads it, which raises CalendarParseError for what it does not take for one."""
    return IcsCalendarStream.calendar_from_ics(content.decode())


def faults(content: bytes) -> list[str]:
    """What is wrong with a file by RFC 5545: lines, names, what must be there and what only once, zones that lack."""
    return [*_faults_of_lines(content), *_faults_of_components(content.decode())]


def _faults_of_lines(content: bytes) -> Iterator[str]:
    if not content.endswith(b"END:VCALENDAR\r\n"):
        yield "it does not end with END:VCALENDAR"
    for number, line in enumerate(content.split(b"\r\n"), 1):
        if len(line) > 75:
            yield f"line {number} has {len(line)} octets (3.1)"
        if b"\n" in line or b"\r" in line:
            yield f"line {number} ends otherwise than by CRLF (3.1)"
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            yield f"line {number} has a control character (3.1)"


def unfolded(text: str) -> list[str]:
    """The content lines of a file."""
    return text.replace("\r\n ", "").replace("\r\n\t", "").split("\r\n")[:-1]


def _faults_of_components(text: str) -> Iterator[str]:
    lines = unfolded(text)
    stack: list[str] = []
    seen: list[dict[str, int]] = []
    defined, named, instances = set(), set(), set()
    uid = recurrence = ""
    for number, line in enumerate(lines, 1):
        if not LINE.fullmatch(line):
            yield f"content line {number} is none (3.1): {line[:60]}"
            continue
        head, _, value = line.partition(":")
        name = head.partition(";")[0]
        if name == "BEGIN":
            stack.append(value)
            seen.append({})
            uid = recurrence = ""
        elif name == "END":
            if not stack or stack.pop() != value:
                yield f"content line {number} ends {value}, which is not open"
                continue
            counted = seen.pop()
            if value == "VEVENT":
                yield from (f"{uid} has no {each} (3.6.1)" for each in ("UID", "DTSTAMP") if each not in counted)
                yield from (
                    f"{uid} has {each} more than once (3.6.1)" for each in ONCE_AT_MOST if counted.get(each, 0) > 1
                )
                if (uid, recurrence) in instances:
                    yield f"{uid} {recurrence} is there twice (3.8.4.7)"
                instances.add((uid, recurrence))
        else:
            seen[-1][name] = seen[-1].get(name, 0) + 1
            if stack[-1] == "VEVENT":
                uid = value if name == "UID" else uid
                recurrence = value if name == "RECURRENCE-ID" else recurrence
                if zone := re.search(r";TZID=([^;:]+)", head):
                    named.add(zone[1])
            elif stack[-1] == "VTIMEZONE" and name == "TZID":
                defined.add(value)
    if stack:
        yield f"{stack} stay open"
    yield from (f"the zone {zone} is named and not described (3.2.19)" for zone in named - defined)
    yield from (f"the zone {zone} is described and not named" for zone in defined - named)


def is_in_order(starts: date, ends: date) -> bool:
    """Whether both are dates, or both instants, and the end comes after the start (RFC 5545, 3.8.2.2)."""
    return isinstance(starts, datetime) == isinstance(ends, datetime) and starts < ends

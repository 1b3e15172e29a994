"""The plan as a picture: from the rows of the list to the subjects of a timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from teams.bodies.models import Body
from teams.dates import ApproximateDate

from .listing import Row, Wanted
from .models import Deliverable
from .selectors import Prepared
from .timeline import Band, Event, Lane, Mark, slipped

# More marks than this tell nobody anything, and a browser draws them slowly.
MARKS_SHOWN = 60


def closest(rows: Sequence[Row], today: date) -> list[Row]:
    """The rows due closest to today, as many as a picture can hold, in the order in which they came."""
    if len(rows) <= MARKS_SHOWN:
        return list(rows)
    near = sorted(range(len(rows)), key=lambda index: abs((rows[index].step.due.last - today).days))[:MARKS_SHOWN]
    return [rows[index] for index in sorted(near)]


def deliverables_shown(
    deliverables: Iterable[Deliverable], rows: Iterable[Row], with_milestones: set[int], wanted: Wanted
) -> list[Deliverable]:
    """Which deliverables the picture draws, or the list names.

    Those that its milestones lead to; and where no state of milestones is asked for, of those due in the time asked for
    also the ones that have no milestones at all (`with_milestones` has the ids of those that have), or that are owned
    by the person asked for.
    """
    led_to = {row.step.deliverable_id for row in rows}
    return [
        each
        for each in deliverables
        if each.pk in led_to
        or (
            not wanted.state
            and wanted.body_id in (None, each.body_id)
            and wanted.is_due_in_time(each.due.last)
            and (each.pk not in with_milestones if wanted.owner_id is None else wanted.owner_id == each.owner_id)
        )
    ]


def bands_of(
    rows: Sequence[Row], deliverables: Sequence[Deliverable], bodies: Iterable[Body], today: date
) -> list[Band]:
    """A band for each body that owes something: its deliverables as lanes, then the meetings that it prepares."""
    bands = []
    for body in bodies:
        of_body = [row for row in rows if row.body.pk == body.pk]
        lanes = [
            _lane_of(deliverable, [row for row in rows if row.step.deliverable_id == deliverable.pk], today)
            for deliverable in deliverables
            if deliverable.body_id == body.pk
        ]
        lanes += _lanes_without_deliverable([row for row in of_body if row.deliverable is None])
        if lanes:
            bands.append(Band(str(body), body.short_name, body.get_absolute_url(), tuple(lanes)))
    return bands


def bands_of_people(
    rows: Sequence[Row], deliverables: Sequence[Deliverable], today: date, address: Callable[[int], str]
) -> list[Band]:
    """A band for each person who owns one of the milestones, by name: what each of theirs leads to as lanes.

    A deliverable to which none of them leads stands with its owner. `address` gives the page of a person's part of the
    plan, by their key.
    """
    bands = []
    named: set[str] = set()
    led_to = {row.step.deliverable_id for row in rows}
    alone = [each for each in deliverables if each.owner and each.pk not in led_to]
    owners = {(row.step.owner.casefold(), row.step.owner, row.step.owner_id) for row in rows}
    owners |= {(each.owner.name.casefold(), each.owner.name, each.owner.pk) for each in alone if each.owner}
    for _, name, owner in sorted(owners):
        own = [row for row in rows if row.step.owner_id == owner]
        theirs = dict.fromkeys(row.deliverable for row in own if row.deliverable)
        lanes = [_lane_of(each, [row for row in own if row.deliverable == each], today) for each in theirs]
        lanes += [_lane_of(each, [], today) for each in alone if each.owner_id == owner]
        # Where a deliverable stands with several people, its address leads to the first.
        lanes = [replace(lane, key="") if lane.key in named else lane for lane in lanes]
        named |= {lane.key for lane in lanes}
        lanes += _lanes_without_deliverable([row for row in own if row.deliverable is None])
        bands.append(Band(name, name, address(owner), tuple(lanes)))
    return bands


def _lane_of(deliverable: Deliverable, rows: Sequence[Row], today: date) -> Lane:
    late = deliverable.is_late(today)
    state = "Late" if late else deliverable.get_state_display()
    due = f"due {deliverable.due.short}{slipped(deliverable.slip)}"
    return Lane(
        key=f"deliverable-{deliverable.key}",
        title=deliverable.title,
        url=deliverable.get_absolute_url(),
        words=", ".join(filter(None, ["deliverable", state.lower(), _slip(deliverable.slip)])),
        marks=tuple(_mark_of(row) for row in rows),
        ends=deliverable.due,
        shape="late" if late else deliverable.state,
        remark=" · ".join(filter(None, [due, "Sample" if deliverable.is_sample else ""])),
        baseline=deliverable.baseline_due,
    )


def _slip(days: int) -> str:
    number = abs(days)
    later = "later" if days > 0 else "earlier"
    return f"{number} day{'' if number == 1 else 's'} {later} than in the adopted plan" if days else ""


def _lanes_without_deliverable(rows: Sequence[Row]) -> list[Lane]:
    lanes = []
    for prepared in dict.fromkeys(row.step.prepares for row in rows):
        marks = tuple(_mark_of(row) for row in rows if row.step.prepares == prepared)
        lanes.append(
            _lane_of_meeting(prepared, marks)
            if prepared
            else Lane(key="", title="Other milestones", url="", words="", marks=marks)
        )
    return lanes


def _lane_of_meeting(prepared: Prepared, marks: tuple[Mark, ...]) -> Lane:
    return Lane(
        key="",
        title=f"Preparing: {prepared.title}",
        url="",
        words="",
        marks=marks,
        ends=ApproximateDate(prepared.starts.first, prepared.starts.last),
        remark=f"starts {prepared.starts.short}",
    )


def _mark_of(row: Row) -> Mark:
    step = row.step
    parts = [
        f"due {step.due.short}",
        row.state.lower(),
        f"owner {step.owner}",
        _slip(step.slip),
        f"follows {' and '.join(f'“{each.title}”' for each in row.before)}" if row.before else "",
        f"at risk: {row.risk.rstrip('.')}" if row.risk else "",
        "a sample" if step.is_sample else "",
    ]
    return Mark(
        key=str(step.id),
        title=step.title,
        url=step.get_absolute_url(),
        on=step.due,
        shape=row.shape,
        words=", ".join(filter(None, parts)),
        baseline=step.baseline,
        is_at_risk=bool(row.risk),
        is_sample=step.is_sample,
        follows=tuple(str(each) for each in step.after_ids),
    )


def events_of(meetings: Iterable[Any]) -> list[Event]:
    """Meetings as events: anything with title, address, and the span of days that it takes."""
    return [
        Event(
            title=meeting.title,
            url=meeting.get_absolute_url(),
            words=", ".join(
                filter(
                    None,
                    [
                        meeting.dates,
                        meeting.get_state_display().lower(),
                        "a sample" if meeting.is_sample else "",
                    ],
                )
            ),
            on=meeting.span,
            is_loose=not (meeting.starts.is_day and meeting.ends.is_day),
            is_sample=meeting.is_sample,
        )
        for meeting in meetings
    ]

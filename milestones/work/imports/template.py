"""The file that is filled in: the plan as it is, and on a second sheet what can be chosen."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from teams.exports import Column, Sheet, xlsx_bytes

from .planning import Field
from .reading import DELIVERABLE, DUE, HEADINGS, KEY, OWNER, PLAN, REASON, TITLE

LISTS: Final = "Lists"
# Rows of the lists that a cell can be chosen from.
_HINTS: Final = {
    KEY: "Leave it as it is. A new milestone has none.",
    TITLE: "What is to be done.",
    DELIVERABLE: "One of the sheet “Lists”. Of a milestone that is there already it stays.",
    OWNER: "One person of the sheet “Lists”.",
    DUE: "A day (2018-07-27) or a month (2018-07).",
    REASON: "Needed where an owner or a due date changes.",
}
_WIDTHS: Final = {KEY: 26, TITLE: 48, DELIVERABLE: 40, OWNER: 26, DUE: 13, REASON: 48}


def template_of(there: Field, *, title: str) -> bytes:
    """The workbook: the open milestones on the sheet "Plan", deliverables and people on the sheet "Lists"."""
    lines = (there.line_of(each) for each in there.open_milestones)
    rows = ([*line[:4], line[4].first if line[4].is_day else line[4].isoformat(), ""] for line in lines)
    choices = [
        (number, f"={LISTS}!${letter}$2:${letter}${len(found) + 1}")
        for number, letter, found in ((2, "A", there.deliverables), (3, "B", there.people))
        if found
    ]
    columns = [Column(heading, _WIDTHS[heading], _HINTS[heading]) for heading in HEADINGS]
    lists = zip_longest(there.deliverables, there.people, fillvalue="")
    return xlsx_bytes(
        [
            Sheet(PLAN, columns, rows, choices),
            Sheet(LISTS, [Column("Deliverables", 60), Column("People", 40)], (list(each) for each in lists)),
        ],
        title=title,
    )

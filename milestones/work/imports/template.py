"""The file that is filled in: the plan as it is, and on a second sheet what can be chosen."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from milestones.work.models import Milestone
from teams.exports import Column, Sheet, xlsx_bytes

from .planning import Field
from .reading import DELIVERABLE, DUE, EVIDENCE, FOLLOWS, HEADINGS, KEY, OWNER, PLAN, REASON, TITLE

LISTS: Final = "Lists"
# Rows of the lists that a cell can be chosen from.
_HINTS: Final = {
    KEY: "Leave it as it is. A new milestone has none.",
    TITLE: "What is to be done.",
    DELIVERABLE: "One of the sheet “Lists”. Of a milestone that is there already it stays.",
    OWNER: "One person of the sheet “Lists”.",
    DUE: "A day (2018-07-27) or a month (2018-07).",
    REASON: "Needed where an owner or a due date changes.",
    FOLLOWS: "What has to be done before: titles of this file or keys, with a semicolon between two. Empty: nothing.",
    EVIDENCE: "What is to be shown when it is handed in. Empty: words are enough.",
}
_WIDTHS: Final = {KEY: 26, TITLE: 48, DELIVERABLE: 40, OWNER: 26, DUE: 13, REASON: 48, FOLLOWS: 48, EVIDENCE: 40}


def template_of(there: Field, *, title: str) -> bytes:
    """The workbook: the open milestones on the sheet "Plan", deliverables and people on the sheet "Lists"."""
    rows = (_row(there, each) for each in there.open_milestones)
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


def _row(there: Field, milestone: Milestone) -> list[object]:
    *names, due = there.line_of(milestone)
    written = due.first if due.is_day else due.isoformat()
    return [*names, written, "", there.follows_of(milestone), milestone.evidence_asked]

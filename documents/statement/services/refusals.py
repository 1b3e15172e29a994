"""Why a change to a draft or its adoption is refused. Each says it in a sentence for the person."""

from __future__ import annotations

from collections.abc import Sequence

from documents.statement.merging import Agreed, Clash
from documents.statement.models import DraftClause


class Refused(Exception):
    """The change is not made; `str()` says why, in a sentence for the person who asked for it."""


class NotOpen(Refused):
    """The draft is proposed, adopted or abandoned: its text stands still."""


class DraftThere(Refused):
    """The statement has a draft under work already."""


class Gone(Refused):
    """The clause was removed from the draft meanwhile; `row` is what is left of it."""

    def __init__(self, row: DraftClause) -> None:
        self.row = row
        super().__init__(f"The clause “{row.heading}” was removed from the draft meanwhile.")


class Conflict(Refused):
    """Someone changed the same words meanwhile: `row` is the clause as it stands now.

    `heading` and `text` are both changes brought together, with what clashes in them for the person to decide.
    """

    def __init__(self, row: DraftClause, heading: Sequence[Agreed | Clash], text: Sequence[Agreed | Clash]) -> None:
        self.row, self.heading, self.text = row, heading, text
        who = row.edited_by or "Someone"
        super().__init__(f"{who} changed the same words meanwhile.")

"""Notes on what is owed."""

from __future__ import annotations

from milestones.work.models import Deliverable, Milestone, Note
from teams.accounts.models import User
from teams.bodies.models import Body
from teams.remarks import services as remarks
from teams.remarks.models import new_key


def write_note(
    *, by: User, about: Milestone | Deliverable | Body, text: str, is_government_only: bool = False, key: str = ""
) -> Note:
    """Write a note; whether `by` may in that body is asked before. Sent twice with the same `key`, it is written once.

    Raises PermissionDenied where someone of the trade marks it as government-only.
    """
    note = Note(
        group=about.group,
        key=key or new_key(),
        body=about if isinstance(about, Body) else about.body,
        deliverable=about if isinstance(about, Deliverable) else None,
        milestone=about if isinstance(about, Milestone) else None,
        text=text,
        is_government_only=is_government_only,
    )
    return remarks.write(note, by=by)

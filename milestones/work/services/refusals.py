"""Why a change is refused, in sentences for the person who tried."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from milestones.work.models import Deliverable, Milestone


class Refused(Exception):
    """The change can't be made; its text says why, for the person who tried."""


class ChangedMeanwhile(Refused):
    """Somebody changed it after the person saw it; `current` is what is there now."""

    def __init__(self, said: str, current: Milestone | Deliverable) -> None:
        super().__init__(said)
        self.current = current


class NotYours(PermissionDenied):
    """Neither the table nor owning it allows the person to do that."""


class NotInTheGroup(Exception):
    """Only someone who belongs to the group today, or an administrator of the portal, can own its milestones."""

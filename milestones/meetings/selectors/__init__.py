"""Questions about meetings and outside forums. What a person sees starts from that person."""

from .forums import Forum, Stream, forums_of
from .meetings import (
    concerning,
    concerning_each,
    meeting_in_full,
    meetings_visible_to,
    milestones_around,
    people_of,
    shown_to,
    upcoming,
)

__all__ = [
    "Forum",
    "Stream",
    "concerning",
    "concerning_each",
    "forums_of",
    "meeting_in_full",
    "meetings_visible_to",
    "milestones_around",
    "people_of",
    "shown_to",
    "upcoming",
]

"""Meetings of the group's bodies and of outside forums, what prepares them, and the forums' work streams."""

from .meetings import ActionItem, AgendaItem, Meeting, Preparation, WorkStream

__all__ = ["ActionItem", "AgendaItem", "Meeting", "Preparation", "WorkStream"]

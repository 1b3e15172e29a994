"""The room of meetings, outside forums, work streams and the calendar."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """Room `meetings`."""

    name = "milestones.meetings"
    label = "meetings"
    verbose_name = "Meetings and calendar"

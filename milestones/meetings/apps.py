"""The room of meetings, outside forums, work streams and the calendar."""

from django.apps import AppConfig
from django.urls import reverse


class MeetingsConfig(AppConfig):
    """Room `meetings`."""

    name = "milestones.meetings"
    label = "meetings"
    verbose_name = "Meetings and calendar"

    def ready(self) -> None:
        """Fill the calendar with meetings and due dates, and let the activity feed follow meetings."""
        from teams.history.feed import follow

        from . import calendar, selectors
        from .calendar import sources
        from .models import Meeting

        calendar.register(calendar.Kind.MEETINGS, sources.meetings_in_calendar)
        calendar.register(calendar.Kind.DUE, sources.milestones_in_calendar)
        calendar.register(calendar.Kind.DUE, sources.deliverables_in_calendar)
        follow(
            Meeting,
            noun="meeting",
            visible=selectors.meetings_visible_to,
            body="body",
            url=lambda group, key: reverse("meetings:meeting", args=[group, key]),
            shown=selectors.shown_to,
            tells_removals=True,
        )

"""The room of consultations: who is asked what about which document, and until when."""

from django.apps import AppConfig
from django.urls import reverse


class ConsultationsConfig(AppConfig):
    """Room `consultations`."""

    name = "documents.consultations"
    label = "consultations"
    verbose_name = "Consultations"

    def ready(self) -> None:
        """Put closings into the calendar and consultations on their meetings; let the activity feed follow them."""
        from milestones.meetings import calendar, sections
        from teams.history.feed import follow

        from . import selectors
        from .models import Consultation

        calendar.register(calendar.Kind.CLOSINGS, selectors.closings_in_calendar)
        sections.register(selectors.consultations_of, place=20)
        follow(
            Consultation,
            noun="consultation",
            visible=selectors.consultations_visible_to,
            url=lambda group, key: reverse("consultations:consultation", args=[group, key]),
            shown=selectors.shown_to,
            tells_removals=True,
        )

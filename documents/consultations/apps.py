"""The room of consultations: who is asked what about which document, and until when."""

from django.apps import AppConfig
from django.urls import reverse


class ConsultationsConfig(AppConfig):
    """Room `consultations`."""

    name = "documents.consultations"
    label = "consultations"
    verbose_name = "Consultations"

    def ready(self) -> None:
        """Put closings into the calendar and consultations on their meetings; let the activity feed follow them.

        A consultation owes mail: that it is open, and reminders before it closes.
        """
        from milestones.meetings import calendar, sections
        from milestones.reminders import sources
        from teams.history.feed import follow
        from teams.notices import kinds
        from teams.notices.models import DIGESTS, Way

        from . import mails, owed, selectors
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
        kinds.register(
            kinds.Kind(
                owed.OPENING,
                mails.compose,
                title="Requests for comments",
                hint="When a consultation that asks you opens, or its dates move.",
                ways=(Way.AT_ONCE, *DIGESTS),
            )
        )
        kinds.register(
            kinds.Kind(
                owed.CLOSING,
                mails.compose,
                title="Reminders of consultations",
                hint="Before one that asks you closes, at 08:00 on the days that your group’s rules say.",
                ways=tuple(Way),
            )
        )
        sources.register(
            sources.Source(
                owed.CLOSING,
                due=owed.closings_due,
                coming=owed.closings_coming,
                subjects=owed.subjects,
                page="consultations:consultation",
            )
        )
        sources.register(sources.Source(owed.OPENING, due=owed.openings_due, coming=owed.openings_coming))

"""The room of what the issue paper is made from: developments and commitments."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Room `papers`."""

    name = "documents.papers"
    label = "papers"
    verbose_name = "Issue paper"

    def ready(self) -> None:
        """Put commitments and developments on the pages of their meetings; let the activity feed follow them."""
        from milestones.meetings import sections
        from teams.history.feed import follow

        from . import selectors
        from .models import Commitment, Development

        sections.register(selectors.reported_of, place=30)
        follow(
            Development,
            noun="development",
            visible=selectors.developments_visible_to,
            title="text",
            shown=selectors.developments_shown_to,
            tells_removals=True,
        )
        follow(Commitment, noun="commitment", visible=selectors.commitments_visible_to, title="text")

"""The room of the statement of work."""

from django.apps import AppConfig
from django.urls import reverse


class StatementConfig(AppConfig):
    """Room `statement`."""

    name = "documents.statement"
    label = "statement"
    verbose_name = "Statement of work"

    def ready(self) -> None:
        """Let the activity feed follow the versions of the statement of work."""
        from teams.history.feed import follow

        from . import selectors
        from .models import StatementVersion

        follow(
            StatementVersion,
            noun="version of the statement of work",
            visible=selectors.versions_visible_to,
            title="number",
            key="number",
            group="statement__group__slug",
            body="statement__body",
            url=lambda group, number: reverse("statement:version", args=[group, number]),
        )

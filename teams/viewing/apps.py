"""The room in which administrators see the portal as a role sees it."""

from django.apps import AppConfig


class ViewingConfig(AppConfig):
    """Room `viewing`."""

    name = "teams.viewing"
    label = "viewing"
    verbose_name = "Seeing the portal as a role"

    def ready(self) -> None:
        """Let the activity feed follow who saw the portal as what."""
        from teams.history.feed import follow

        from . import selectors
        from .models import Viewing

        follow(Viewing, noun="view as a role", visible=selectors.viewings_visible_to, title="seen_as", body="body")

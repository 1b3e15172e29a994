"""The room of the committee tree, its teams, who belongs to them, and what each role may do."""

from django.apps import AppConfig


class BodiesConfig(AppConfig):
    """Room `bodies`."""

    name = "teams.bodies"
    label = "bodies"
    verbose_name = "Committee, group and teams"

    def ready(self) -> None:
        """Invitations are a kind of notice."""
        from teams.notices import kinds

        from .invitations import mails, selectors

        kinds.register(kinds.Kind(selectors.KIND, mails.compose))

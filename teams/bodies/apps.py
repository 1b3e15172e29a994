"""The room of the committee tree, its teams, who belongs to them, and what each role may do."""

from django.apps import AppConfig


class BodiesConfig(AppConfig):
    """Room `bodies`."""

    name = "teams.bodies"
    label = "bodies"
    verbose_name = "Committee, group and teams"

    def ready(self) -> None:
        """Invitations and absences are kinds of notices."""
        from teams.notices import kinds
        from teams.notices.models import Way

        from .absences import mails as absence_mails
        from .absences import selectors as absences
        from .invitations import mails, selectors

        kinds.register(kinds.Kind(selectors.KIND, mails.compose))
        kinds.register(
            kinds.Kind(
                selectors.OUTCOME,
                mails.compose_outcomes,
                title="Outcomes of your invitations",
                hint="When one that you sent is accepted, or runs out.",
                ways=tuple(Way),
                usual=Way.DAILY,
            )
        )
        kinds.register(kinds.Kind(absences.KIND, absence_mails.compose))

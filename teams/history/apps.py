"""The room of the record: what changed, when, by whom."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import reverse


class HistoryConfig(AppConfig):
    """Room `history`."""

    name = "teams.history"
    label = "history"
    verbose_name = "History"

    def ready(self) -> None:
        """Have the history's tables guarded whenever the database was migrated, and follow the absences of people."""
        from teams.bodies.models import Absence
        from teams.bodies.selectors import absences_visible_to

        from . import guards
        from .feed import follow

        follow(
            Absence,
            noun="absence",
            visible=absences_visible_to,
            title="person__name",
            key="pgh_obj_id",
            url=lambda group, key: reverse("bodies:absence", args=[group, key]),
        )
        post_migrate.connect(guards.install, sender=self, dispatch_uid="history guards")

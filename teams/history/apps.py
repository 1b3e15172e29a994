"""The room of the record: what changed, when, by whom."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HistoryConfig(AppConfig):
    """Room `history`."""

    name = "teams.history"
    label = "history"
    verbose_name = "History"

    def ready(self) -> None:
        """Have the history's tables guarded whenever the database was migrated; follow what stands below this room."""
        from . import below, guards

        below.follow_all()

        post_migrate.connect(guards.install, sender=self, dispatch_uid="history guards")

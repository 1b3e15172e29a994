"""The room of the record: what changed, when, by whom."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Room `history`."""

    name = "teams.history"
    label = "history"
    verbose_name = "History"

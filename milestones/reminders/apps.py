"""The room of reminders: which are due on a date, and to whom."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    """Room `reminders`."""

    name = "milestones.reminders"
    label = "reminders"
    verbose_name = "Reminders"

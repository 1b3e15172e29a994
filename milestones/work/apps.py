"""The room of what is owed: strategy goals, deliverables and milestones."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Room `work`."""

    name = "milestones.work"
    label = "work"
    verbose_name = "Deliverables and milestones"

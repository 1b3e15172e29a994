"""The room of the statement of work."""

from django.apps import AppConfig


class StatementConfig(AppConfig):
    """Room `statement`."""

    name = "documents.statement"
    label = "statement"
    verbose_name = "Statement of work"

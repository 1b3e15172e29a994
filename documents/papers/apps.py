"""The room of what the issue paper is made from: developments and commitments."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Room `papers`."""

    name = "documents.papers"
    label = "papers"
    verbose_name = "Issue paper"

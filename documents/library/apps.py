"""The room of documents."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Room `library`."""

    name = "documents.library"
    label = "library"
    verbose_name = "Documents"

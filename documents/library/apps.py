"""The room of documents."""

from django.apps import AppConfig
from django.urls import reverse


class LibraryConfig(AppConfig):
    """Room `library`."""

    name = "documents.library"
    label = "library"
    verbose_name = "Documents"

    def ready(self) -> None:
        """Put papers on the pages of their meetings, and let the activity feed follow documents."""
        from milestones.meetings import sections
        from teams.history.feed import follow

        from . import selectors
        from .models import Document

        sections.register(selectors.papers_of, place=10)
        follow(
            Document,
            noun="document",
            visible=selectors.documents_visible_to,
            url=lambda group, key: reverse("library:document", args=[group, key]),
            shown=selectors.shown_to,
            tells_removals=True,
        )

"""The room of the statement of work."""

from django.apps import AppConfig
from django.urls import reverse


class StatementConfig(AppConfig):
    """Room `statement`."""

    name = "documents.statement"
    label = "statement"
    verbose_name = "Statement of work"

    def ready(self) -> None:
        """Let the activity feed follow the versions of the statement of work, its drafts, and what is said of them."""
        from teams.history.feed import follow

        from . import selectors
        from .models import Draft, DraftClause, DraftComment, StatementVersion

        follow(
            StatementVersion,
            noun="version of the statement of work",
            visible=selectors.versions_visible_to,
            title="number",
            key="number",
            group="statement__group__slug",
            body="statement__body",
            url=lambda group, number: reverse("statement:version", args=[group, number]),
            shown=selectors.versions_shown,
        )
        follow(
            Draft,
            noun="draft of the statement of work",
            visible=selectors.drafts_visible_to,
            key="pgh_obj_id",
            group="statement__group__slug",
            body="statement__body",
            url=lambda group, draft: reverse("statement:draft", args=[group, draft]),
        )
        follow(
            DraftClause,
            noun="clause of a draft",
            visible=selectors.clauses_visible_to,
            title="heading",
            key="draft_id",
            group="draft__statement__group__slug",
            body="draft__statement__body",
            url=lambda group, draft: reverse("statement:draft", args=[group, draft]),
            shown=selectors.sittings_shown,
        )
        follow(
            DraftComment,
            noun="comment on a draft",
            visible=selectors.comments_visible_to,
            title="author__name",
            key="draft_id",
            group="draft__statement__group__slug",
            body="draft__statement__body",
            url=lambda group, draft: reverse("statement:draft", args=[group, draft]),
            shown=selectors.comments_shown,
        )

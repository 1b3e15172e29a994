"""The room of the statement of work."""

from django.apps import AppConfig
from django.db.models.functions import Coalesce
from django.urls import reverse


class StatementConfig(AppConfig):
    """Room `statement`."""

    name = "documents.statement"
    label = "statement"
    verbose_name = "Statement of work"

    def ready(self) -> None:
        """Let the activity feed follow the versions of the statement of work, its drafts, and what is said of them.

        A call for consensus owes mail: the asking, reminders of it, and what came of it.
        """
        from milestones.reminders import sources
        from teams.history.feed import follow
        from teams.notices import kinds
        from teams.notices.models import DIGESTS, Way

        from . import mails, selectors
        from .models import (
            ClauseLink,
            Draft,
            DraftClause,
            DraftComment,
            ImpactDecision,
            Position,
            Proposal,
            StatementVersion,
        )

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
            ClauseLink,
            noun="link to a clause",
            visible=selectors.links_visible_to,
            title=Coalesce("deliverable__title", "milestone__title", "document__title", "meeting__title", "goal__text"),
            key="clause_id",
            group="clause__statement__group__slug",
            body="clause__statement__body",
            url=lambda group, clause: reverse("statement:clause", args=[group, clause]),
            shown=selectors.links_shown,
            tells_removals=True,
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
        follow(
            ImpactDecision,
            noun="decision on what a draft changes",
            visible=selectors.decisions_visible_to,
            title=selectors.decision_in_words(),
            key="draft_id",
            group="draft__statement__group__slug",
            body="draft__statement__body",
            url=lambda group, draft: reverse("statement:draft", args=[group, draft]),
            shown=selectors.decisions_shown,
            is_brief=False,
        )
        follow(
            Proposal,
            noun="proposal of a draft",
            visible=selectors.proposals_visible_to,
            title=selectors.proposal_in_words(),
            key="pgh_obj_id",
            group="draft__statement__group__slug",
            body="draft__statement__body",
            url=lambda group, proposal: reverse("statement:proposal", args=[group, proposal]),
            is_brief=False,
        )
        follow(
            Position,
            noun="position on a proposal",
            visible=selectors.positions_visible_to,
            title=selectors.position_in_words(),
            key="proposal_id",
            group="proposal__draft__statement__group__slug",
            body="proposal__draft__statement__body",
            about="person",
            url=lambda group, proposal: reverse("statement:proposal", args=[group, proposal]),
            is_brief=False,
        )
        kinds.register(
            kinds.Kind(
                selectors.ASKING,
                mails.compose_calls,
                title="Requests to agree to a new version of the statement of work",
                hint="When one is proposed, or its dates move, and you are its chair or CBP’s reviewer.",
                ways=(Way.AT_ONCE, *DIGESTS),
            )
        )
        kinds.register(
            kinds.Kind(
                selectors.REMINDER,
                mails.compose_calls,
                title="Reminders of requests to agree",
                hint="While you have not answered, at 08:00 on the days that your group’s rules say.",
                ways=tuple(Way),
            )
        )
        kinds.register(
            kinds.Kind(
                selectors.OUTCOME,
                mails.compose_outcomes,
                title="Outcomes of proposed versions",
                hint="When a proposed version of the statement of work is adopted or withdrawn.",
                ways=tuple(Way),
            )
        )
        sources.register(
            sources.Source(
                selectors.REMINDER,
                due=selectors.reminders_due,
                coming=selectors.reminders_coming,
                subjects=selectors.subjects,
                page="statement:proposal",
            )
        )
        sources.register(sources.Source(selectors.ASKING, due=selectors.askings_due, coming=selectors.askings_coming))

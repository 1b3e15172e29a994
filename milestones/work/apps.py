"""The room of what is owed: strategy goals, deliverables and milestones."""

from django.apps import AppConfig
from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse


class WorkConfig(AppConfig):
    """Room `work`."""

    name = "milestones.work"
    label = "work"
    verbose_name = "Deliverables and milestones"

    def ready(self) -> None:
        """Let the activity feed follow deliverables, milestones and their order, notes and progress notes.

        Steps that people take owe mail.
        """
        from teams.history.feed import follow
        from teams.notices import kinds
        from teams.notices.models import Way
        from teams.remarks.selectors import shown_to

        from . import mails, selectors
        from .models import Deliverable, Dependency, Milestone, Note, ProgressNote
        from .progress_notes.selectors import CALLED, progress_note_shown_to, progress_notes_visible_to
        from .selectors import steps_told

        for step in steps_told.STEPS:
            kinds.register(
                kinds.Kind(step.kind, mails.compose, step.title, step.hint, ways=tuple(Way), usual=step.usual)
            )
        kinds.register(kinds.Kind(steps_told.BY_LINK, mails.compose))
        follow(
            Milestone,
            noun="milestone",
            visible=selectors.milestones_visible_to,
            body="body",
            url=lambda group, key: reverse("work:milestone", args=[group, key]),
            tells_removals=True,
        )
        follow(
            Deliverable,
            noun="deliverable",
            visible=selectors.deliverables_visible_to,
            body="body",
            url=lambda group, key: f"{reverse('work:plan', args=[group])}#deliverable-{key}",
            tells_removals=True,
        )
        follow(
            Dependency,
            noun="order of milestones",
            visible=selectors.dependencies_visible_to,
            title=Concat("milestone__title", Value(" follows "), "after__title"),
            key="milestone__key",
            group="milestone__group__slug",
            body="milestone__body",
            url=lambda group, key: reverse("work:milestone", args=[group, key]),
            shown=selectors.dependencies_shown,
            tells_removals=True,
            is_brief=False,
        )
        follow(
            Note,
            noun="note",
            visible=selectors.notes_visible_to,
            title=selectors.ABOUT,
            body="body",
            url=lambda group, key: reverse("work:note", args=[group, key]),
            shown=shown_to,
        )
        follow(
            ProgressNote,
            noun="progress note",
            visible=progress_notes_visible_to,
            title=CALLED,
            body="body",
            url=lambda group, key: reverse("work:progress_note", args=[group, key]),
            shown=progress_note_shown_to,
        )

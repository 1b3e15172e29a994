"""The room of reminders: which are due on a date, and to whom."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    """Room `reminders`."""

    name = "milestones.reminders"
    label = "reminders"
    verbose_name = "Reminders"

    def ready(self) -> None:
        """Reminders of milestones are the first source, and those of meetings the next; rooms above register theirs in
        the same way.

        The activity feed follows the rules.
        """
        from teams.history.feed import follow
        from teams.notices import kinds
        from teams.notices.models import DIGESTS, Way

        from . import mails, models, selectors, sources
        from .deliverables import mails as deliverable_mails
        from .deliverables import owed as deliverables
        from .escalation import mails as escalation_mails
        from .escalation import selectors as escalation
        from .meetings import mails as meeting_mails
        from .meetings import owed as meetings

        follow(
            models.ReminderRule,
            noun="reminder rule",
            visible=selectors.rules_visible_to,
            title=models.WORDING,
            key="pgh_obj_id",
        )

        kinds.register(
            kinds.Kind(
                selectors.KIND,
                mails.compose,
                title="Reminders of milestones",
                hint="Of those that you own, at 08:00 on the days that your group’s rules say.",
                ways=tuple(Way),
            )
        )
        kinds.register(
            kinds.Kind(
                escalation.ESCALATION,
                escalation_mails.compose,
                title="Late milestones of others",
                hint="Of the team that you lead or the group that you chair, at 08:00 on the days that its rules say.",
                # Whoever leads may take them together, and not miss them: after them nobody is told.
                ways=(Way.AT_ONCE, Way.DAILY, Way.WEEKLY),
            )
        )
        sources.register(
            sources.Source(
                selectors.SUBJECT,
                due=selectors.due,
                coming=selectors.coming,
                subjects=selectors.subjects,
                page="work:milestone",
            )
        )
        # About the same milestones, which the source before it names already.
        sources.register(sources.Source(escalation.ESCALATION, due=escalation.due, coming=escalation.coming))
        kinds.register(
            kinds.Kind(
                meetings.SOON,
                meeting_mails.compose,
                title="Reminders of meetings",
                hint="Before each meeting that concerns you, at 08:00 on the days that your group’s rules say.",
                ways=tuple(Way),
            )
        )
        kinds.register(
            kinds.Kind(
                meetings.CHANGED,
                meeting_mails.compose,
                title="Changes of meetings",
                hint="When a meeting that concerns you is moved or cancelled.",
                ways=(Way.AT_ONCE, *DIGESTS),
            )
        )
        sources.register(
            sources.Source(
                meetings.SOON,
                due=meetings.soon_due,
                coming=meetings.soon_coming,
                subjects=meetings.subjects,
                page="meetings:meeting",
            )
        )
        sources.register(sources.Source(meetings.CHANGED, due=meetings.changes_due, coming=meetings.changes_coming))
        kinds.register(
            kinds.Kind(
                deliverables.KIND,
                deliverable_mails.compose,
                title="Reminders of deliverables",
                hint="Of those of your team that have no open milestones, if you lead it, by your group’s rules.",
                ways=tuple(Way),
            )
        )
        sources.register(
            sources.Source(
                deliverables.KIND,
                due=deliverables.due,
                coming=deliverables.coming,
                subjects=deliverables.subjects,
                page="work:deliverable",
            )
        )

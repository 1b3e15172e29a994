"""The room of reminders: which are due on a date, and to whom."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    """Room `reminders`."""

    name = "milestones.reminders"
    label = "reminders"
    verbose_name = "Reminders"

    def ready(self) -> None:
        """Reminders of milestones are the first source; rooms above register theirs in the same way.

        The activity feed follows the rules.
        """
        from teams.history.feed import follow
        from teams.notices import kinds
        from teams.notices.models import Way

        from . import mails, models, selectors, sources

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
        sources.register(
            sources.Source(selectors.SUBJECT, due=selectors.due, coming=selectors.coming, subjects=selectors.subjects)
        )

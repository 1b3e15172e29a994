"""What is owed: the strategy it serves, the deliverables, and the milestones that lead there."""

from __future__ import annotations

from datetime import date

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from teams.accounts.models import Organization
from teams.bodies.models import Body, GroupOwned
from teams.dates import ApproximateDateField
from teams.remarks.models import Remark
from teams.sources import Sourced


@pghistory.track()
class Strategy(GroupOwned):
    """A published strategy whose goals the work serves."""

    title = models.CharField(max_length=200)
    issuer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="strategies")
    released = ApproximateDateField()

    class Meta(GroupOwned.Meta):
        verbose_name_plural = "strategies"

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class StrategyGoal(Sourced):
    """One numbered goal of a strategy."""

    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="goals")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)

    class Meta:
        ordering = ["strategy", "number"]
        constraints = [models.UniqueConstraint(fields=["strategy", "number"], name="strategy_goal_number_once")]

    def __str__(self) -> str:
        return f"Goal {self.number}: {self.text}"


class State(models.TextChoices):
    """How far a deliverable or milestone has come."""

    PLANNED = "planned", "Planned"
    UNDER_WAY = "under_way", "Under way"
    HANDED_IN = "handed_in", "Handed in"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Returned"
    DROPPED = "dropped", "Dropped"


OPEN_STATES = (State.PLANNED, State.UNDER_WAY, State.HANDED_IN, State.RETURNED)


class Owed(models.Model):
    """What a deliverable and a milestone have in common: a due date and a state."""

    title = models.CharField(max_length=200)
    due = ApproximateDateField(help_text="A month counts until its last day.")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    accepted = ApproximateDateField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES

    def is_late(self, today: date) -> bool:
        """Whether it is open and the last day of its due date has passed."""
        return self.is_open and self.due.last < today


def accepted_has_its_date(name: str) -> models.CheckConstraint:
    """The rule that what is accepted has the date of it, and nothing else has."""
    return models.CheckConstraint(
        condition=Q(state="accepted", accepted__isnull=False) | (~Q(state="accepted") & Q(accepted__isnull=True)),
        name=name,
    )


@pghistory.track()
class Deliverable(Owed, GroupOwned):
    """What a body owes under the statement of work."""

    class Kind(models.TextChoices):
        """What it is when it is done."""

        PROCESS_DIAGRAM = "process_diagram", "Process diagrams"
        PROCESS_MAP = "process_map", "Process maps"
        RECOMMENDATION = "recommendation", "Recommendations"
        COMMENTS = "comments", "Comments"
        OUTREACH = "outreach", "Outreach material"
        REPORT = "report", "Report"

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="deliverables")
    kind = models.CharField(max_length=20, choices=Kind)
    strategy_goal = models.ForeignKey(
        StrategyGoal, on_delete=models.PROTECT, null=True, blank=True, related_name="deliverables"
    )

    class Meta(GroupOwned.Meta):
        ordering = ["due", "id"]
        constraints = [*GroupOwned.Meta.constraints, accepted_has_its_date("deliverable_accepted_has_date")]
        indexes = [GinIndex(SearchVector("title", config="english"), name="deliverable_search")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its place on its team's page, where it stands open; for a body that is no team, in the plan."""
        if self.body.kind == Body.Kind.TEAM:
            return f"{self.body.get_absolute_url()}?deliverable={self.key}#deliverable-{self.key}"
        return f"{reverse('work:plan', args=[self.body.group.slug])}#deliverable-{self.key}"


@pghistory.track()
class Milestone(Owed, GroupOwned):
    """A dated step with one owner: towards a deliverable, or to prepare a meeting."""

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="milestones")
    deliverable = models.ForeignKey(
        Deliverable, on_delete=models.CASCADE, null=True, blank=True, related_name="milestones"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="milestones")
    baseline_due = ApproximateDateField(help_text="Due date in the plan as it was adopted.")
    due_revision = models.PositiveIntegerField(default=1, help_text="Rises with each change of the due date.")
    follows = models.ManyToManyField(
        "self", through="Dependency", symmetrical=False, related_name="followed_by", blank=True
    )

    class Meta(GroupOwned.Meta):
        ordering = ["due", "id"]
        constraints = [*GroupOwned.Meta.constraints, accepted_has_its_date("milestone_accepted_has_date")]
        indexes = [
            GinIndex(SearchVector("title", config="english"), name="milestone_search"),
            models.Index(fields=["owner", "state"], name="milestone_of_owner"),
            models.Index(fields=["due"], condition=Q(state__in=OPEN_STATES), name="milestone_open_by_due"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The milestone's own page."""
        return reverse("work:milestone", args=[self.group.slug, self.key])


@pghistory.track()
class Dependency(models.Model):
    """One milestone that can only be done after another."""

    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="predecessors")
    after = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="successors")

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["milestone", "after"], name="dependency_once"),
            models.CheckConstraint(condition=~Q(milestone=F("after")), name="dependency_not_on_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.milestone} follows {self.after}"


@pghistory.track()
class Note(Remark):
    """A short text about a milestone, a deliverable or a team as a whole. `body` is the one whose work it is about."""

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="notes")
    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")

    class Meta(Remark.Meta):
        constraints = [
            *Remark.Meta.constraints,
            models.CheckConstraint(
                condition=Q(deliverable__isnull=True) | Q(milestone__isnull=True), name="note_about_one_thing"
            ),
        ]
        indexes = [
            GinIndex(SearchVector("text", config="english"), name="note_search"),
            models.Index(fields=["body", "-written_at"], name="note_of_body"),
            models.Index(fields=["milestone", "-written_at"], name="note_of_milestone"),
        ]

    def __str__(self) -> str:
        return f"Note on {self.about}"

    @property
    def about(self) -> Milestone | Deliverable | Body:
        """What it is about."""
        return self.milestone or self.deliverable or self.body

    def get_absolute_url(self) -> str:
        """The note's own page."""
        return reverse("work:note", args=[self.group.slug, self.key])

"""What is owed: the strategy it serves, the deliverables, and the milestones that lead there."""

from __future__ import annotations

from datetime import date

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from teams.accounts.models import Organization
from teams.bodies.models import Body, GroupOwned
from teams.dates import ApproximateDateField
from teams.reasons import signed
from teams.remarks.models import Remark
from teams.sources import Sourced

from .progress_notes.models import ProgressNote as ProgressNote  # Django looks for models here


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


# So long may a reason be, and what was done in words.
REASON_AT_MOST = 500
WORDS_AT_MOST = 2000


class Owed(models.Model):
    """What a deliverable and a milestone have in common: a due date and a state, and what was last handed in.

    `drop_asked_by` is set while somebody proposes to drop it and nobody has decided.
    """

    title = models.CharField(max_length=200)
    due = ApproximateDateField(help_text="A month counts until its last day.")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    accepted = ApproximateDateField(null=True, blank=True)
    done = models.TextField("what was done", max_length=WORDS_AT_MOST, blank=True)
    evidence = models.TextField(max_length=WORDS_AT_MOST, blank=True, help_text="What shows it, in words and links.")
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handed_in_at = models.DateTimeField(null=True, blank=True)
    drop_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    drop_asked_because = models.CharField("proposal to drop it", max_length=REASON_AT_MOST, blank=True)
    edit_revision = models.PositiveIntegerField(default=1, help_text="Rises with each change that people make.")

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES

    def is_late(self, today: date) -> bool:
        """Whether it is open and the last day of its due date has passed."""
        return self.is_open and self.due.last < today


def consistent(model: str) -> list[models.CheckConstraint]:
    """The rules for what was handed in, and for a proposal to drop, of the model of that name."""
    nobody, somebody = Q(handed_in_by__isnull=True), Q(handed_in_by__isnull=False)
    return [
        accepted_has_its_date(f"{model}_accepted_has_date"),
        models.CheckConstraint(
            condition=(nobody & Q(handed_in_at__isnull=True)) | (somebody & Q(handed_in_at__isnull=False)),
            name=f"{model}_handed_in_by_and_at",
        ),
        models.CheckConstraint(
            condition=Q(drop_asked_by__isnull=True, drop_asked_because="")
            | (Q(drop_asked_by__isnull=False) & ~Q(drop_asked_because="")),
            name=f"{model}_drop_asked_because",
        ),
    ]


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
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="deliverables"
    )
    baseline_due = ApproximateDateField(help_text="Due date in the plan as it was adopted.")
    due_revision = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Rises with each change of the due date."
    )

    class Meta(GroupOwned.Meta):
        ordering = ["due", "id"]
        constraints = [*GroupOwned.Meta.constraints, *consistent("deliverable")]
        indexes = [GinIndex(SearchVector("title", config="english"), name="deliverable_search")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its place on its team's page, where it stands open; for a body that is no team, in the plan."""
        if self.body.kind == Body.Kind.TEAM:
            return f"{self.body.get_absolute_url()}?deliverable={self.key}#deliverable-{self.key}"
        return f"{reverse('work:plan', args=[self.body.group.slug])}#deliverable-{self.key}"

    @property
    def slip(self) -> int:
        """Days by which it is due later than in the plan as it was adopted; negative where it is earlier."""
        days: int = (self.due.last - self.baseline_due.last).days
        return days

    @property
    def moves(self) -> int:
        """How often its due date was moved."""
        return self.due_revision - 1

    @property
    def page(self) -> str:
        """The address of its own page, where something can be done with it."""
        return reverse("work:deliverable", args=[self.group.slug, self.key])


@pghistory.track()
class Milestone(Owed, GroupOwned):
    """A dated step with one owner: towards a deliverable, or to prepare a meeting.

    `disclaimed_by` is set while its owner, or who stands in for them, says that it isn't theirs and nobody has decided.
    """

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="milestones")
    deliverable = models.ForeignKey(
        Deliverable, on_delete=models.CASCADE, null=True, blank=True, related_name="milestones"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="milestones")
    baseline_due = ApproximateDateField(help_text="Due date in the plan as it was adopted.")
    evidence_asked = models.CharField("evidence asked for", max_length=300, blank=True)
    due_revision = models.PositiveIntegerField(default=1, help_text="Rises with each change of the due date.")
    disclaimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    disclaimed_because = models.CharField(
        "why it is not the owner’s", max_length=REASON_AT_MOST, blank=True, db_default=""
    )
    follows = models.ManyToManyField(
        "self", through="Dependency", symmetrical=False, related_name="followed_by", blank=True
    )

    class Meta(GroupOwned.Meta):
        ordering = ["due", "id"]
        constraints = [
            *GroupOwned.Meta.constraints,
            *consistent("milestone"),
            models.CheckConstraint(
                condition=Q(disclaimed_by__isnull=True, disclaimed_because="")
                | (Q(disclaimed_by__isnull=False) & ~Q(disclaimed_because="")),
                name="milestone_disclaimed_because",
            ),
        ]
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


class Moved(models.Model):
    """A due date that was moved, and why. It stays as it was written.

    `revision` is the `due_revision` of what is due from then on. Without `by` it was the group's file that gave another
    date.
    """

    revision = models.PositiveIntegerField()
    due_before = ApproximateDateField()
    due_after = ApproximateDateField()
    reason = models.CharField(max_length=REASON_AT_MOST)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    instead_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def in_words(self) -> str:
        """By how much it moved: "14 days later"."""
        number = abs(self.days)
        return (
            f"{number} day{'' if number == 1 else 's'} {'later' if self.days > 0 else 'earlier'}"
            if number
            else ("known more exactly" if self.due_after.is_day else "known less exactly")
        )

    @property
    def signed(self) -> str:
        """Who moved it, and for whom they stood in; the group's file where nobody did."""
        return signed(self.by.name, self.instead_of.name if self.instead_of else "") if self.by else "the group’s file"

    @property
    def days(self) -> int:
        """By how many days it moved, from last day to last day; negative where it is due earlier."""
        days: int = (self.due_after.last - self.due_before.last).days
        return days


@pghistory.track()
class Slip(Moved):
    """A milestone's due date that was moved; `moved_with` is the milestone that it follows and moved along with."""

    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="slips")
    moved_with = models.ForeignKey(Milestone, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["milestone", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["milestone", "revision"], name="slip_once_a_revision"),
            models.CheckConstraint(condition=~Q(reason=""), name="slip_has_a_reason"),
            models.CheckConstraint(condition=~Q(due_before=F("due_after")), name="slip_moves_the_date"),
        ]
        triggers = [pgtrigger.Protect(name="slip_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.milestone}: {self.due_before} to {self.due_after}"


@pghistory.track()
class DeliverableSlip(Moved):
    """A deliverable's due date that was moved."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.CASCADE, related_name="slips")

    class Meta:
        ordering = ["deliverable", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["deliverable", "revision"], name="deliverable_slip_once_a_revision"),
            models.CheckConstraint(condition=~Q(reason=""), name="deliverable_slip_has_a_reason"),
            models.CheckConstraint(condition=~Q(due_before=F("due_after")), name="deliverable_slip_moves_the_date"),
        ]
        triggers = [pgtrigger.Protect(name="deliverable_slip_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.deliverable}: {self.due_before} to {self.due_after}"


# Runs when the transaction ends, one transaction of a group after the other: what it looks for then is all there.
NO_CIRCLE = """
PERFORM pg_advisory_xact_lock(hashtext('work_dependency'), milestone.group_id::int)
    FROM work_milestone milestone WHERE milestone.id = NEW.milestone_id;
WITH RECURSIVE earlier(id) AS (
    SELECT held.after_id FROM work_dependency held
        WHERE held.id = NEW.id AND held.milestone_id = NEW.milestone_id AND held.after_id = NEW.after_id
    UNION SELECT held.after_id FROM work_dependency held JOIN earlier ON held.milestone_id = earlier.id
) SELECT EXISTS (SELECT 1 FROM earlier WHERE id = NEW.milestone_id) INTO closes;
IF closes THEN
    RAISE EXCEPTION 'milestone % would follow itself', NEW.milestone_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'dependency_no_circle';
END IF;
RETURN NEW;
"""


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
        triggers = [
            pgtrigger.Trigger(
                name="no_circle",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                declare=[("closes", "boolean")],
                func=NO_CIRCLE,
            )
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

"""How a draft is adopted: what is decided of what hangs on its clauses, who proposed it, who agreed, who adopted it."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from teams.bodies.models import Role

from .drafts import Draft, DraftComment
from .versions import Clause, ClauseLink, StatementVersion

# The roles, held in the body that the statement is of, in which people are asked to agree or to object.
ASKED = (Role.CHAIR, Role.REVIEWER)


@pghistory.track()
class ImpactDecision(models.Model):
    """What becomes of something that hangs on a clause which the draft changes or removes: with a reason.

    It is about a link, or about an open comment on the clause. `link` is gone once the adoption has ended it; `told`
    keeps in words what it was. `seen_revision` is the revision of the clause in the draft that was decided on: a later
    change of the clause asks again.
    """

    class Choice(models.TextChoices):
        """What becomes of it."""

        KEEP = "keep", "Keep it under this clause"
        MOVE = "move", "Move it to another clause"
        END = "end", "End it"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="decisions")
    link = models.ForeignKey(ClauseLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="decisions")
    comment = models.ForeignKey(DraftComment, on_delete=models.CASCADE, null=True, blank=True, related_name="decisions")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="+")
    told = models.CharField(max_length=300, help_text="What hung on the clause, in words.")
    choice = models.CharField(max_length=4, choices=Choice)
    to_clause = models.ForeignKey(Clause, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500)
    seen_revision = models.PositiveIntegerField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["draft", "id"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "link"], name="impact_decided_once"),
            models.UniqueConstraint(fields=["draft", "comment"], name="impact_of_comment_decided_once"),
            models.CheckConstraint(
                condition=Q(link__isnull=True) | Q(comment__isnull=True), name="impact_decision_about_one_thing"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="impact_decision_has_a_reason"),
            models.CheckConstraint(
                condition=Q(choice="move", to_clause__isnull=False) | (~Q(choice="move") & Q(to_clause__isnull=True)),
                name="impact_moved_to_a_clause",
            ),
            models.CheckConstraint(
                condition=Q(to_clause__isnull=True) | ~Q(to_clause=F("clause")), name="impact_moved_to_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.told}: {self.get_choice_display()}"


@pghistory.track()
class Proposal(models.Model):
    """A call for consensus on a draft: adopt it as version `number`, in force from `effective_on`.

    The group's chair and CBP's reviewer are asked to agree or to object until `closes_on`. Adopted by another
    administrator than the one who proposed it (ASVS 5.0, 2.3.5), or withdrawn with a reason.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ADOPTED = "adopted", "Adopted"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="proposals")
    number = models.CharField(max_length=20)
    summary = models.CharField(max_length=300)
    effective_on = models.DateField()
    closes_on = models.DateField()
    revision = models.PositiveIntegerField(default=1, help_text="Rises when the closing date moves.")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    dates_moved_at = models.DateTimeField(null=True, blank=True, help_text="When its dates were last changed.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=500, blank=True)
    version = models.OneToOneField(
        StatementVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="proposal"
    )

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["draft"], condition=Q(state="open"), name="proposal_open_once"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True, ended_by__isnull=True, version__isnull=True)
                | (
                    Q(state="withdrawn", ended_at__isnull=False, ended_by__isnull=False, version__isnull=True)
                    & ~Q(ended_because="")
                )
                | Q(state="adopted", ended_at__isnull=False, ended_by__isnull=False, version__isnull=False),
                name="proposal_ended_by_someone_because",
            ),
            models.CheckConstraint(
                condition=~Q(state="adopted") | ~Q(ended_by=F("proposed_by")), name="proposal_adopted_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"Adopt “{self.draft}” as version {self.number}"

    def get_absolute_url(self) -> str:
        """The proposal's page."""
        return reverse("statement:proposal", args=[self.draft.statement.group.slug, self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it still asks for positions."""
        return self.state == self.State.OPEN

    @property
    def as_version(self) -> str:
        """ "Version 2.1 of the statement of work"."""
        return f"Version {self.number} of the statement of work"


@pghistory.track()
class Position(models.Model):
    """What one of those who were asked says of a proposal, in which role."""

    class Stand(models.TextChoices):
        """Agree, or object with a reason."""

        AGREE = "agree", "Agrees"
        OBJECT = "object", "Objects"

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="positions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=[(role, role.label) for role in ASKED])
    stand = models.CharField(max_length=6, choices=Stand)
    reason = models.CharField(max_length=1000, blank=True)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["proposal", "taken_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person"], name="position_once_a_person"),
            models.CheckConstraint(condition=Q(stand="agree") | ~Q(reason=""), name="position_objects_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_stand_display().lower()}"

"""What can be done with a round of recertification. Whether `by` may do it is asked before."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from teams.accounts.models import User
from teams.bodies.memberships import services as memberships
from teams.bodies.models import AccessDecision, AccessRound, Membership, WorkingGroup
from teams.clock import selectors as clock
from teams.reasons import because


class AlreadyOpen(Exception):
    """The group has a round that is not signed off yet."""


class SignedOff(Exception):
    """The round was signed off; its record stays as it is."""


class Undecided(Exception):
    """Some memberships of the round are neither kept nor ended; `number` says how many."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"{number} memberships are not decided")


@transaction.atomic
def start(*, by: User, group: WorkingGroup) -> AccessRound:
    """Start a round over every membership of the group that holds today. Raises AlreadyOpen."""
    try:
        with transaction.atomic():
            begun = AccessRound.objects.create(group=group, started_by=by, started_at=clock.now())
    except IntegrityError as error:
        if "access_round_open_once" in str(error):
            raise AlreadyOpen from error
        raise
    held = Membership.objects.filter(Membership.holding(clock.today(group.timezone)), body__group=group)
    AccessDecision.objects.bulk_create(
        AccessDecision(round=begun, membership=membership, seen_at=membership.person.seen_at)
        for membership in held.select_related("person")
    )
    return begun


@transaction.atomic
def decide(*, by: User, of: AccessRound, choices: Mapping[int, tuple[str, str]]) -> None:
    """Keep or end memberships of the round: `choices` has the choice and the reason by the decision's key.

    An empty choice takes a decision back. Keys that are not of this round are left alone. Nothing ends before the round
    is signed off. Raises SignedOff.
    """
    _locked(of)
    for decision in of.decisions.filter(pk__in=choices):
        choice, reason = choices[decision.pk]
        reason = reason.strip() if choice else ""
        if (choice, reason) != (decision.choice, decision.reason):
            decision.choice, decision.reason = choice, reason
            decision.decided_by = by if choice else None
            decision.save(update_fields=["choice", "reason", "decided_by"])


@transaction.atomic
def sign_off(*, by: User, of: AccessRound) -> AccessRound:
    """Close the round: what was to end ends today, with its reason, and the record stays.

    A membership that has ended meanwhile is left as it is. Raises SignedOff, Undecided.
    """
    found = _locked(of)
    if undecided := found.decisions.filter(choice="").count():
        raise Undecided(undecided)
    today = clock.today(found.group.timezone)
    ending = found.decisions.filter(choice=AccessDecision.Choice.END).select_related("membership__body__group")
    for decision in ending:
        if decision.membership.holds_on(today):
            memberships.end(by=by, membership=decision.membership, on=today, reason=decision.reason)
    with because("Access was gone through and signed off.", by=by):
        found.signed_off_by, found.signed_off_at = by, clock.now()
        found.save(update_fields=["signed_off_by", "signed_off_at"])
    return found


def _locked(of: AccessRound) -> AccessRound:
    found = AccessRound.objects.select_for_update(of=("self",)).select_related("group").get(pk=of.pk)
    if found.signed_off_at is not None:
        raise SignedOff
    return found

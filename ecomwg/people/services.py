"""Closing an account: everything that hangs on it, in every house, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from django.db import transaction

from milestones.work import services as work
from milestones.work.models import Deliverable, Milestone
from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.bodies.invitations import services as invitations
from teams.bodies.memberships import services as memberships
from teams.clock import selectors as clock
from teams.reasons import because

from . import selectors


class CommitmentsChanged(Exception):
    """The person's open milestones and deliverables are no longer those that the administrator saw."""


@transaction.atomic
def close_account(*, by: User, person: User, heirs: Mapping[Milestone | Deliverable, User], reason: str) -> None:
    """Close the person's account: no way in, no session, no role, nothing open of theirs from now on.

    `heirs` names for each open milestone and deliverable who owns it from now on. Roles end today in their group's time
    zone, those to come before they begin; open invitations that they sent are revoked. Each change stands in the
    history with `reason`.

    Raises CommitmentsChanged, milestones.work.services.NotInTheGroup, teams.accounts.services.OwnAccount; then nothing
    is changed.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    # Deliverables are locked before milestones, as everywhere, so that nobody waits for somebody who waits for them.
    deliverables = Deliverable.objects.select_for_update(of=("self",)).filter(
        pk__in=selectors.open_deliverables(person)
    )
    milestones = Milestone.objects.select_for_update(of=("self",)).filter(pk__in=selectors.open_milestones(person))
    owed: list[Milestone | Deliverable] = [*deliverables, *milestones]
    if set(owed) != set(heirs):
        raise CommitmentsChanged
    with because(reason):
        for each in owed:
            work.hand_over(owed=each, to=heirs[each])
        for membership in selectors.open_memberships(person, clock.today()):
            today = clock.today(membership.body.group.timezone)
            on = max(today, membership.started.first) if membership.started else today
            if membership.ended is None or membership.ended.first > today:
                memberships.end(by=by, membership=membership, on=on, reason=reason)
        for invitation in selectors.open_invitations(person, clock.now()):
            with suppress(invitations.NotOpen):  # accepted or revoked at this very moment
                invitations.revoke(by=by, invitation=invitation)
        accounts.close_account(by=by, person=person)


@transaction.atomic
def open_account(*, by: User, person: User, reason: str) -> None:
    """Let the person in again; roles, milestones and deliverables stay where they went."""
    with because(reason):
        accounts.open_account(by=by, person=User.objects.select_for_update().get(pk=person.pk))

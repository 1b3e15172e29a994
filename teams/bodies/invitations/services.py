"""What can be done with an invitation: send it, send it again, revoke it, accept it. Instants are the portal's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from teams.accounts.models import Organization, User
from teams.accounts.selectors import has_way_in
from teams.accounts.services import add_passkey, confirm_address
from teams.bodies.models import Body, Invitation, Membership
from teams.bodies.permissions import may_give_role, may_vouch_for_government
from teams.clock import selectors as clock
from teams.dates import ApproximateDate
from teams.notices.services import owe_to_address, queue

from . import links, selectors

VALID_FOR: Final = timedelta(days=14)
# So long before it ends, who has not accepted is reminded once.
REMINDED_BEFORE: Final = timedelta(days=2)


class AlreadyInvited(Exception):
    """There is an open invitation of that address to that role in that body; it can be sent again."""


class AlreadyHeld(Exception):
    """Whoever has that address holds that role in that body."""


class MayNotGive(Exception):
    """The role is given by others (`may_give_role`)."""


class MayNotVouch(Exception):
    """Only an administrator or a government person says of someone that they work for the government.

    Government-only content goes by it.
    """


class NotOpen(Exception):
    """The invitation can't be accepted, sent again or revoked any more."""


class ForAnotherAddress(Exception):
    """The person who is signed in isn't the one with the invitation's address."""


class SignInFirst(Exception):
    """The address has an account with a password or a passkey: its owner accepts after signing in."""


class MadeForAnother(Exception):
    """The passkey names another person than the one who would get it."""


class AccountClosed(Exception):
    """The account of that address was closed; an administrator can open it again."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that was made for the person of the number `person`, and checked; `credential` as the browser said."""

    person: int
    credential: Mapping[str, Any]


@transaction.atomic
def invite(
    *,
    by: User,
    body: Body,
    role: str,
    email: str,
    name: str,
    organization: Organization | None = None,
    affiliation: str = User.Affiliation.TRADE,
) -> Invitation:
    """Offer the role in the body to the owner of the address, by mail, for VALID_FOR.

    Whether `by` may invite to the body is asked before. Whether the address has an account makes no difference here,
    so that inviting tells nothing about it; who has one keeps their own name, organization and affiliation.

    Raises AlreadyInvited, AlreadyHeld, MayNotGive, MayNotVouch.
    """
    if not may_give_role(by, role):
        raise MayNotGive
    if affiliation == User.Affiliation.GOVERNMENT and not may_vouch_for_government(by):
        raise MayNotVouch
    now = clock.now()
    email = email.strip().lower()
    held = Membership.objects.filter(
        Membership.holding(clock.today(body.group.timezone)), body=body, role=role, person__email__iexact=email
    )
    if held.exists():
        raise AlreadyHeld
    nonce = uuid.uuid4()
    invitation = Invitation(
        body=body,
        role=role,
        email=email,
        name=name.strip(),
        organization=organization,
        affiliation=affiliation,
        invited_by=by,
        created_at=now,
        expires_at=now + VALID_FOR,
        nonce=nonce,
        token_hash=links.hash_of(links.token_of(nonce)),
    )
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError as error:
        if "invitation_open_once" in str(error):
            raise AlreadyInvited from error
        raise
    _mail(invitation, by=by, now=now)
    return invitation


@transaction.atomic
def resend(*, by: User, invitation: Invitation) -> Invitation:
    """Mail it again with a new link, valid for VALID_FOR from now, also when it had expired; links before it end.

    Raises NotOpen when it was accepted or revoked.
    """
    now = clock.now()
    found = _locked(invitation)
    found.nonce = uuid.uuid4()
    found.token_hash = links.hash_of(links.token_of(found.nonce))
    found.sendings += 1
    found.expires_at = now + VALID_FOR
    found.save(update_fields=["nonce", "token_hash", "sendings", "expires_at"])
    _mail(found, by=by, now=now)
    return found


@transaction.atomic
def revoke(*, by: User, invitation: Invitation) -> None:
    """Take it back: its link opens nothing any more, and a mail that waits does not go. Raises NotOpen."""
    found = _locked(invitation)
    found.revoked_at = clock.now()
    found.save(update_fields=["revoked_at"])


def accept(
    *, token: str, by: User | None = None, name: str = "", password: str = "", passkey: Passkey | None = None
) -> User:
    """Make the owner of the link a member of the body in that role, from today in the group's time zone. Once.

    `by` is who is signed in. Without one, a person is made with `name` and with `password`, `passkey` or both (checked
    before), whose address is confirmed since the link came to it; so it is with the account of someone who has no way
    in yet, whose name stays. Without a password they have none that could be guessed. Returns the person.

    Raises NotOpen, ForAnotherAddress, SignInFirst, AccountClosed, MadeForAnother.
    """
    # Costs a tenth of a second, so it is done before the row is locked. None makes a password that fits nothing.
    secret = make_password(password or None) if by is None else ""
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("body__group")
            .filter(token_hash=links.hash_of(token))
            .first()
        )
        now = clock.now()
        if invitation is None or invitation.state_at(now) != Invitation.State.OPEN:
            raise NotOpen
        person = _who(invitation, by)
        if person is None:
            person = _made(invitation, number=passkey.person if passkey else None, name=name, secret=secret)
        elif by is None:
            person.password = secret
            person.save(update_fields=["password"])
            confirm_address(person=person)
        if by is None and passkey is not None:
            if passkey.person != person.pk:
                raise MadeForAnother
            add_passkey(person=person, credential=passkey.credential)
        _join(invitation, person)
        invitation.accepted_at, invitation.accepted_by = now, person
        invitation.save(update_fields=["accepted_at", "accepted_by"])
        queue(owed=selectors.outcome_owed(invitation, selectors.ACCEPTED, now), now=now)
    return person


def _locked(invitation: Invitation) -> Invitation:
    found = Invitation.objects.select_for_update(of=("self",)).select_related("body__group").get(pk=invitation.pk)
    if found.accepted_at is not None or found.revoked_at is not None:
        raise NotOpen
    return found


def _mail(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Owe the mail, a reminder shortly before the link ends, and to who invited that it ran out.

    Each is asked as it goes whether it still must: what was accepted, revoked or sent again meanwhile is skipped.
    """
    until = {"now": now, "useless_after": invitation.expires_at}
    for rule, due_at in (
        (selectors.ASKED, now),
        (selectors.REMINDED, invitation.expires_at - REMINDED_BEFORE),
    ):
        owe_to_address(
            kind=selectors.KIND,
            rule=rule,
            subject_key=f"{selectors.SUBJECT}{invitation.pk}",
            revision=invitation.sendings,
            address=invitation.email,
            why=f"{by.name} invited you to {invitation.body}."[:300],
            due_at=due_at,
            **until,
        )
    queue(owed=selectors.outcome_owed(invitation, selectors.RAN_OUT, invitation.expires_at), now=now)


def _who(invitation: Invitation, by: User | None) -> User | None:
    """The person who accepts, if they have an account."""
    if by is not None:
        if by.email.lower() != invitation.email:
            raise ForAnotherAddress
        return by
    person = User.objects.filter(email__iexact=invitation.email).first()
    if person is not None and not person.is_active:
        raise AccountClosed
    if person is not None and has_way_in(person):
        raise SignInFirst
    return person


def _made(invitation: Invitation, *, number: int | None, name: str, secret: str) -> User:
    person = User(
        pk=number,
        email=invitation.email,
        name=name.strip() or invitation.name,
        organization=invitation.organization,
        affiliation=invitation.affiliation,
        timezone=invitation.body.group.timezone,
        password=secret,
    )
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:  # by another invitation of the same address, at this very moment
        raise SignInFirst from error
    confirm_address(person=person)
    return person


def _join(invitation: Invitation, person: User) -> None:
    today = clock.today(invitation.body.group.timezone)
    same = Membership.objects.filter(body=invitation.body, person=person, role=invitation.role)
    if not same.filter(Membership.holding(today)).exists():
        # One that began today and was ended today goes on.
        same.update_or_create(
            body=invitation.body,
            person=person,
            role=invitation.role,
            started=ApproximateDate.day(today),
            defaults={"ended": None},
        )

"""Questions about invitations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, DateTimeField, F, IntegerField, Q, QuerySet, Value

from teams.accounts.models import User
from teams.bodies.models import Invitation, WorkingGroup
from teams.notices.models import Notice
from teams.notices.selectors import COLUMNS

from . import links

KIND = "invitation"
# What became of it, for who invited: each chooses how it comes.
OUTCOME = "invitation_ended"
SUBJECT = "invitation:"
# Rules of the mail to who is invited: the invitation itself, and the reminder before it ends.
ASKED, REMINDED = "asked", "reminded"
# Rules of the outcome.
ACCEPTED, RAN_OUT = "accepted", "ran_out"
# An outcome is news for so long.
NEWS_FOR = timedelta(days=14)


def invitations_of(group: WorkingGroup) -> QuerySet[Invitation]:
    """The group's invitations, the newest first, with body, inviter and organization at hand."""
    return Invitation.objects.filter(body__group=group).select_related("body__group", "invited_by", "organization")


def open_at(now: datetime) -> QuerySet[Invitation]:
    """Invitations of every group that can be accepted at `now` (on the portal's clock)."""
    return narrowed(Invitation.objects.all(), words="", state=Invitation.State.OPEN, now=now)


def find(token: str) -> Invitation | None:
    """The invitation that a link's token belongs to, whatever became of it; None where no link has it any more."""
    return (
        Invitation.objects.select_related("body__group", "invited_by", "organization")
        .filter(token_hash=links.hash_of(token))
        .first()
    )


def mails_of(invitations: Iterable[Invitation]) -> dict[int, Notice]:
    """The notice of the last sending of each invitation, by the invitation's id: one query."""
    wanted = {(f"{SUBJECT}{each.pk}", each.sendings): each.pk for each in invitations}
    notices = Notice.objects.filter(kind=KIND, rule=ASKED, subject_key__in=[subject for subject, _ in wanted])
    return {
        wanted[notice.subject_key, notice.revision]: notice
        for notice in notices.defer("text", "html")
        if (notice.subject_key, notice.revision) in wanted
    }


def outcome_owed(invitation: Invitation, rule: str, at: datetime) -> QuerySet[User, dict[str, Any]]:
    """What became of an invitation, due at `at`, to who invited. A row has `teams.notices.selectors.COLUMNS`."""
    text = CharField()
    told: QuerySet[Any, Any] = User.objects.filter(pk=invitation.invited_by_id, is_active=True).annotate(
        kind=Value(OUTCOME, text),
        rule=Value(rule, text),
        subject_key=Value(f"{SUBJECT}{invitation.pk}", text),
        revision=Value(invitation.sendings, IntegerField()),
        owed_to_id=F("id"),
        recipient_id=F("id"),
        scope=Value("", text),
        why=Value(f"You invited {invitation.name}.", text),
        due_at=Value(at, DateTimeField()),
        useless_after=Value(at + NEWS_FOR, DateTimeField()),
    )
    return told.order_by().values(*COLUMNS)


def narrowed(invitations: QuerySet[Invitation], *, words: str, state: str, now: datetime) -> QuerySet[Invitation]:
    """Those with `words` in name or address, and in `state` (of Invitation.State) at `now`; empty means any."""
    found = invitations
    if words:
        found = found.filter(Q(name__icontains=words) | Q(email__icontains=words))
    undecided = Q(accepted_at__isnull=True, revoked_at__isnull=True)
    match state:
        case Invitation.State.OPEN:
            found = found.filter(undecided, expires_at__gt=now)
        case Invitation.State.EXPIRED:
            found = found.filter(undecided, expires_at__lte=now)
        case Invitation.State.ACCEPTED:
            found = found.filter(accepted_at__isnull=False)
        case Invitation.State.REVOKED:
            found = found.filter(revoked_at__isnull=False)
    return found

"""Questions about invitations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from teams.bodies.models import Invitation, WorkingGroup
from teams.notices.models import Notice

from . import links

KIND = "invitation"
SUBJECT = "invitation:"


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
    notices = Notice.objects.filter(kind=KIND, subject_key__in=[subject for subject, _ in wanted])
    return {
        wanted[notice.subject_key, notice.revision]: notice
        for notice in notices.defer("text", "html")
        if (notice.subject_key, notice.revision) in wanted
    }


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

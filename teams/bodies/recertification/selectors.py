"""Questions about rounds of recertification."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from teams.bodies.models import AccessDecision, AccessRound, WorkingGroup


def rounds_of(group: WorkingGroup) -> QuerySet[AccessRound]:
    """The group's rounds, the newest first, each with `decided` and `ended` of `in_all` memberships."""
    return (
        AccessRound.objects.filter(group=group)
        .select_related("group", "started_by", "signed_off_by")
        .annotate(
            in_all=Count("decisions"),
            decided=Count("decisions", filter=~Q(decisions__choice="")),
            ended=Count("decisions", filter=Q(decisions__choice=AccessDecision.Choice.END)),
        )
        .order_by("-started_at", "-id")
    )


def last_rounds() -> dict[int, AccessRound]:
    """The newest round of each group, by the group's key, whether it is signed off or not: one query."""
    newest = AccessRound.objects.order_by("group_id", "-started_at", "-id").distinct("group_id")
    return {found.group_id: found for found in newest}


def next_due(last: AccessRound | None) -> date | None:
    """The day by which the next round of the group should be signed off, given the newest; None where none was held.

    So many days after the last one was signed off, as the setting RECERTIFICATION_DAYS says (NIST 800-53 AC-2(j) leaves
    the number to the organization).
    """
    if last is None or last.signed_off_at is None:
        return None
    signed_off_on = timezone.localtime(last.signed_off_at, ZoneInfo(settings.TIME_ZONE)).date()
    return signed_off_on + timedelta(days=settings.RECERTIFICATION_DAYS)


def decisions_of(of: AccessRound) -> QuerySet[AccessDecision]:
    """The memberships of a round by body and name, with all that its page shows."""
    return of.decisions.select_related(
        "membership__person__organization", "membership__body__group", "decided_by"
    ).order_by("membership__body__position", "membership__body", "membership__person__name", "id")

"""Questions about rounds of recertification."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

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


def decisions_of(of: AccessRound) -> QuerySet[AccessDecision]:
    """The memberships of a round by body and name, with all that its page shows."""
    return of.decisions.select_related(
        "membership__person__organization", "membership__body__group", "decided_by"
    ).order_by("membership__body__position", "membership__body", "membership__person__name", "id")

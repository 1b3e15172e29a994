"""Questions about the committee tree and who belongs to it. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpRequest

from teams.accounts.models import User
from teams.accounts.selectors import unless_government_only

from .models import Absence, Body, BodyParent, BodyState, LentRole, Membership, Role, WorkingGroup


def bodies_of(group: WorkingGroup) -> QuerySet[Body]:
    """The group's bodies in the order of its file, each with its group at hand."""
    return Body.objects.filter(group=group).select_related("group")


def bodies_of_request(request: HttpRequest, group: WorkingGroup) -> list[Body]:
    """The same, asked for once a request."""
    known = _known_to(request)
    if group.pk not in known:
        known[group.pk] = list(bodies_of(group))
    return known[group.pk]


def bodies_of_groups(request: HttpRequest, groups: Sequence[WorkingGroup]) -> dict[int, Body]:
    """The bodies of several groups by their key in the database, in one query a request."""
    known = _known_to(request)
    missing = {group.pk: group for group in groups if group.pk not in known}
    if missing:
        known |= {pk: [] for pk in missing}
        for body in Body.objects.filter(group__in=missing).select_related("group"):
            known[body.group_id].append(body)
    return {body.pk: body for group in groups for body in known[group.pk]}


def tree_of_request(request: HttpRequest, group: WorkingGroup) -> list[Body]:
    """The group's bodies as `tree_of` gives them, known to the rest of the request too."""
    found = _known_to(request)[group.pk] = list(tree_of(group))
    return found


def _known_to(request: HttpRequest) -> dict[int, list[Body]]:
    known: dict[int, list[Body]] | None = getattr(request, "bodies_found", None)
    if known is None:
        known = {}
        request.bodies_found = known  # type: ignore[attr-defined]
    return known


def tree_of(group: WorkingGroup) -> QuerySet[Body]:
    """The group's bodies with dated parents, states and memberships at hand: four queries, whatever their number."""
    return bodies_of(group).prefetch_related(
        Prefetch("parents", BodyParent.objects.select_related("parent__group")),
        Prefetch("states", BodyState.objects.order_by("started")),
        Prefetch("memberships", Membership.objects.select_related("person__organization").order_by("id")),
    )


def latest_progress_of(person: User, group: WorkingGroup) -> dict[int, Any]:
    """The newest published progress note of each body of the group that the person may read, by the body's key.

    Progress notes stand in a room above this one, so they are asked for by their reverse name.
    """
    found: QuerySet[Any] = group.progressnote_set.filter(published_at__isnull=False, withdrawn_at__isnull=True)
    seen = found.filter(unless_government_only(person, Q(is_government_only=True)))
    newest = seen.order_by("body_id", "-month", "-pk").distinct("body_id").select_related("group", "body__group")
    return {note.body_id: note for note in newest}


def groups_entered_by(person: User, day: date) -> QuerySet[WorkingGroup]:
    """The groups that the person may enter on `day`: by a membership, or all for an administrator of the portal."""
    if person.is_site_admin:
        return WorkingGroup.objects.all()
    held = Membership.objects.filter(Membership.holding(day), person=person)
    return WorkingGroup.objects.filter(pk__in=held.values("body__group"))


def lent(day: Any) -> QuerySet[LentRole]:
    """What of people's roles is lent on `day` (a date, or an expression): the one place that says which pass over.

    The absence and the lender's own membership hold on that day, both in the same group. The role of a CBP reviewer
    passes to people of the government alone. What the lender has as somebody's stand-in is no membership of theirs, and
    an administrator's standing is none either, so neither passes. It counts only for who belongs to the group too; that
    is asked where this is used.
    """
    passes = ~Q(membership__role=Role.REVIEWER) | Q(absence__stand_in__affiliation=User.Affiliation.GOVERNMENT)
    return LentRole.objects.filter(
        Absence.holding(day, "absence__"),
        Membership.holding(day, "membership__"),
        passes,
        membership__person=F("absence__person"),
        membership__body__group=F("absence__group"),
    )


def lent_on(day: date, to: User) -> QuerySet[LentRole]:
    """What of other people's roles is lent to the person on `day`."""
    return lent(day).filter(absence__stand_in=to)


def memberships_counting_for(person: User, day: date) -> QuerySet[Membership]:
    """Memberships whose role counts for the person on `day`: their own, and those lent to them as a stand-in."""
    own = Membership.objects.filter(Membership.holding(day), person=person)
    lent = lent_on(day, person).filter(absence__group__in=own.values("body__group"))
    return Membership.objects.filter(pk__in=own.values("pk").union(lent.order_by().values("membership")))


def absences_of(group: WorkingGroup) -> QuerySet[Absence]:
    """The group's absences, the last to begin first, with all that a page says of them: two queries."""
    roles = Membership.objects.select_related("body__group", "person").order_by("body__position", "id")
    return (
        Absence.objects.filter(group=group)
        .select_related("group", "person", "stand_in")
        .prefetch_related(Prefetch("roles", roles))
        .order_by("-first_day", "-id")
    )


def absences_holding(group: WorkingGroup, day: date) -> QuerySet[Absence]:
    """Those that hold on `day`, and whose person and stand-in both belong to the group on that day."""
    belong = Membership.objects.filter(Membership.holding(day), body__group=group).values("person")
    return absences_of(group).filter(Absence.holding(day), person__in=belong, stand_in__in=belong)


def absences_visible_to(person: User, day: date) -> QuerySet[Absence]:
    """Absences in the groups that the person may enter on `day`."""
    return Absence.objects.filter(group__in=groups_entered_by(person, day))


def state_on(body: Body, day: date) -> BodyState | None:
    """The state of a body on `day`, from its states at hand (in order of their start); None before the first."""
    held = [state for state in body.states.all() if state.started.first <= day]
    return held[-1] if held else None


def members_on(body: Body, day: date) -> list[Membership]:
    """Who belongs to the body on `day`, from its memberships at hand."""
    return [membership for membership in body.memberships.all() if membership.holds_on(day)]


def bodies_visible_to(person: User, day: date) -> QuerySet[Body]:
    """Bodies of the groups that the person may enter on `day`."""
    return Body.objects.filter(group__in=groups_entered_by(person, day))


def memberships_visible_to(person: User, day: date) -> QuerySet[Membership]:
    """Memberships that hold on `day` in the groups that the person may enter."""
    return Membership.objects.filter(Membership.holding(day), body__group__in=groups_entered_by(person, day))

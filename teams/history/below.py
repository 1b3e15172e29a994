"""What the feed follows of the rooms below this one, and who may see it: bodies, who belongs to them, and people.

They can't say it themselves, since imports point downward. Rows of the rooms above are said by those.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Case, CharField, Model, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, Upper
from django.urls import reverse

from teams.accounts.models import EndedSession, Identity, Organization, SecondFactor, User
from teams.bodies.models import (
    Absence,
    AccessDecision,
    AccessRound,
    Body,
    BodyParent,
    BodyState,
    Invitation,
    LentRole,
    Membership,
    Role,
    WorkingGroup,
)
from teams.bodies.permissions import Action, Standing
from teams.bodies.selectors import absences_visible_to, groups_entered_by
from teams.clock import selectors as clock

from .feed import Allowed, Visible, Within, follow

STATE = Case(
    *(When(state=value, then=Value(label)) for value, label in BodyState.State.choices), output_field=CharField()
)
FACTOR = Case(
    When(type=SecondFactor.Type.TOTP, then=Value("authenticator app")),
    When(type=SecondFactor.Type.WEBAUTHN, then=Value("passkey")),
    default=Value("recovery codes"),
    output_field=CharField(),
)
OF_BODY = "body__group__slug"


def role(path: str = "role") -> Case:
    """The role at the end of a path in words."""
    return Case(*(When(**{path: value}, then=Value(label)) for value, label in Role.choices), output_field=CharField())


def short_name(body: str) -> Case:
    """What the body at the end of a path is called: "Team 1", or its name."""
    return Case(
        When(
            **{f"{body}__kind": Body.Kind.TEAM, f"{body}__number__isnull": False},
            then=Concat(Value("Team "), Cast(f"{body}__number", CharField())),
        ),
        default=f"{body}__name",
        output_field=CharField(),
    )


def follow_all() -> None:
    """Called when the application starts."""
    _follow_bodies()
    _follow_who_belongs()
    _follow_access()
    _follow_people()


def _follow_bodies() -> None:
    follow(
        WorkingGroup,
        noun="group",
        visible=groups_entered_by,
        title=Upper("slug"),
        key="slug",
        group="slug",
        url=lambda _, slug: reverse("bodies:group", args=[slug]),
        is_brief=False,
    )
    follow(
        Body,
        noun="body",
        visible=_all(Body),
        title="name",
        body="id",
        url=lambda group, key: f"{reverse('bodies:group', args=[group])}#{key}",
        tells_removals=True,
        is_brief=False,
    )
    follow(
        BodyParent,
        noun="line of report",
        visible=_all(BodyParent),
        title=Concat(short_name("body"), Value(" to "), short_name("parent")),
        key="id",
        group=OF_BODY,
        body="body",
        tells_removals=True,
        is_brief=False,
    )
    follow(
        BodyState,
        noun="state of a body",
        visible=_all(BodyState),
        title=Concat(short_name("body"), Value(": "), STATE),
        key="id",
        group=OF_BODY,
        body="body",
        tells_removals=True,
        is_brief=False,
    )


def _follow_who_belongs() -> None:
    follow(
        Membership,
        noun="membership",
        visible=_all(Membership),
        title=Concat("person__name", Value(", "), role(), Value(" of "), short_name("body")),
        key="id",
        group=OF_BODY,
        body="body",
        about="person",
        allowed=_who_sees_membership,
        tells_reasons=_keeps_memberships,
        tells_removals=True,
        is_brief=False,
    )
    follow(
        Absence,
        noun="absence",
        visible=absences_visible_to,
        title="person__name",
        key="pgh_obj_id",
        about="person",
        url=lambda group, key: reverse("bodies:absence", args=[group, key]),
    )
    follow(
        LentRole,
        noun="role for a stand-in",
        visible=_all(LentRole),
        title=Concat(
            "membership__person__name",
            Value(", "),
            role("membership__role"),
            Value(" of "),
            short_name("membership__body"),
        ),
        key="absence",
        group="absence__group__slug",
        body="membership__body",
        about="membership__person",
        url=lambda group, key: reverse("bodies:absence", args=[group, key]),
        tells_removals=True,
        is_brief=False,
    )


def _follow_access() -> None:
    follow(
        Invitation,
        noun="invitation",
        visible=_all(Invitation),
        title=Concat("name", Value(", "), role(), Value(" of "), short_name("body")),
        key="id",
        group=OF_BODY,
        body="body",
        about="accepted_by",
        url=lambda group, key: reverse("bodies:invitation", args=[group, key]),
        allowed=_who_invites,
        tells_removals=True,
        is_brief=False,
    )
    follow(
        AccessRound,
        noun="round of recertification",
        visible=_all(AccessRound),
        title=Cast("started_at__date", CharField()),
        key="id",
        url=lambda group, key: reverse("bodies:access_round", args=[group, key]),
        allowed=_who_recertifies,
        tells_removals=True,
        is_brief=False,
    )
    follow(
        AccessDecision,
        noun="decision on access",
        visible=_all(AccessDecision),
        title=Concat("membership__person__name", Value(" in "), short_name("membership__body")),
        key="id",
        group="round__group__slug",
        body="membership__body",
        about="membership__person",
        allowed=_who_recertifies,
        tells_removals=True,
        is_brief=False,
    )


def _follow_people() -> None:
    follow(
        User,
        noun="account",
        visible=_all(User),
        title="name",
        key="id",
        group=None,
        about="id",
        within=_of_people("id", "pgh_obj__"),
        allowed=_own("id"),
        is_brief=False,
    )
    follow(
        SecondFactor,
        noun="second factor",
        visible=_all(SecondFactor),
        title=Concat("user__name", Value(", "), FACTOR, output_field=CharField()),
        key="id",
        group=None,
        about="user",
        within=_of_people("user", "user__"),
        allowed=_own("user"),
        tells_removals=True,
        is_brief=False,
    )
    follow(
        Identity,
        noun="linked identity",
        visible=_all(Identity),
        title=Concat("person__name", Value(" at "), "issuer"),
        key="id",
        group=None,
        about="person",
        within=_of_people("person", "person__"),
        allowed=_own("person"),
        tells_removals=True,
        is_brief=False,
    )
    follow(
        EndedSession,
        noun="ended session",
        visible=_all(EndedSession),
        title=Concat("person__name", Value(", "), "device", output_field=CharField()),
        key="id",
        group=None,
        about="person",
        within=_of_people("person", "person__"),
        allowed=_own("person"),
        is_brief=False,
    )
    follow(
        Organization,
        noun="organization",
        visible=_all(Organization),
        title="name",
        group=None,
        within=lambda group: Q(pgh_obj__in=User.objects.filter(pk__in=_people_of(group)).values("organization")),
        is_brief=False,
    )


def _all(model: type[Model]) -> Visible:
    def rows(person: User, day: date) -> QuerySet[Any]:
        return model._default_manager.all()  # noqa: SLF001 - documented by Django under this name

    return rows


def _who_sees_membership(person: User, standing: Standing) -> Q:
    """What holds today stands on the group's page. What has ended or is to come is told to those who keep it, and to
    whom it is about.
    """
    kept = standing.bodies_for(Action.KEEP_MEMBERSHIPS)
    if kept is None:
        return Q()
    today = Membership.objects.filter(Membership.holding(clock.today()), body__group=standing.group)
    return Q(pgh_obj_id__in=today.values("pk")) | Q(person=person.pk) | Q(body__in=kept)


def _keeps_memberships(standing: Standing, body: int | None) -> bool:
    kept = standing.bodies_for(Action.KEEP_MEMBERSHIPS)
    return kept is None or body in kept


def _who_invites(person: User, standing: Standing) -> Q:
    bodies = standing.bodies_for(Action.INVITE)
    return Q() if bodies is None else Q(body__in=bodies)


def _who_recertifies(person: User, standing: Standing) -> Q:
    return Q() if standing.may(Action.RECERTIFY_ACCESS) else Q(pk__in=())


def _own(path: str) -> Allowed:
    """What is about somebody's account is told to them and to administrators alone; `path` leads to the person."""

    def who(person: User, standing: Standing) -> Q:
        return Q() if standing.is_administrator else Q(**{path: person.pk})

    return who


def _of_people(path: str, fields: str) -> Within:
    """What is about who belongs to the group, or ever did, and about administrators, who belong to every group.

    `path` leads to the person, `fields` to what the person is now.
    """
    return lambda group: Q(**{f"{path}__in": _people_of(group)}) | Q(**{f"{fields}is_site_admin": True})


def _people_of(group: WorkingGroup) -> QuerySet[Any, Any]:
    return Membership.objects.filter(body__group=group).values("person")

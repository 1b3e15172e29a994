"""Who is away, and what the page of an absence sends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.test import Client

from teams.accounts.models import User
from teams.bodies.absences import services
from teams.bodies.models import Absence, Membership, Role
from teams.bodies.permissions import Action, standings

SignIn = Callable[[User], Client]
TODAY, LAST = date(2018, 7, 20), date(2018, 8, 3)


def chair_of(rosa: User) -> Membership:
    return Membership.objects.get(person=rosa, role=Role.CHAIR)


def away(rosa: User, jordan: User, *, by: User | None = None, lends: bool = True, **fields: Any) -> Absence:
    """Rosa is away for two weeks, and Jordan has her role as chair."""
    return services.set_absence(
        **{
            "by": by or rosa,
            "person": rosa,
            "group": chair_of(rosa).body.group,
            "first_day": TODAY,
            "last_day": LAST,
            "stand_in": jordan,
            "roles": [chair_of(rosa)] if lends else [],
            **fields,
        }
    )


def may_invite(person: User, day: date = TODAY) -> bool:
    found = standings(person, day).get("ecom")
    return found is not None and found.may(Action.INVITE)


def form(rosa: User, jordan: User, **fields: Any) -> dict[str, Any]:
    return {
        "first_day": "2018-07-20",
        "last_day": "2018-08-03",
        "stand_in": jordan.pk,
        "roles": [chair_of(rosa).pk],
        "note": "",
        **fields,
    }

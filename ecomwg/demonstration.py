"""The accounts of a demonstration, as its sign-in page and `manage.py demonstration_accounts` show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from teams.accounts.models import User
from teams.accounts.selectors import demonstration_people
from teams.bodies.models import Membership
from teams.clock import selectors as clock


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the demonstration with their roles in words: "Lead of Team 1, Member of Team 3"."""

    person: User
    roles: str


def accounts() -> list[Account]:
    """Each person that the demonstration offers, with the roles that hold today: two queries."""
    held = Membership.objects.filter(Membership.holding(clock.today())).select_related("body")
    people = demonstration_people().prefetch_related(Prefetch("memberships", held.order_by("body__position", "id")))
    return [Account(person, _in_words(person)) for person in people]


def _in_words(person: User) -> str:
    roles = ["Administrator"] if person.is_site_admin else []
    roles += [f"{held.get_role_display()} of {held.body.short_name}" for held in person.memberships.all()]
    return ", ".join(roles) or "No role"

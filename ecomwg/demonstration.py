"""The accounts of a demonstration, as its sign-in page and `manage.py demonstration_accounts` show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Prefetch

from teams.accounts import services
from teams.accounts.models import User
from teams.accounts.selectors import demonstration_people
from teams.bodies.models import Membership
from teams.clock import selectors as clock
from teams.sources import Source

SECOND_ADMINISTRATOR: Final = "admin2@example.test"


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


def add_second_administrator() -> User | None:
    """Beside the only administrator of the demonstration another one like them, and returns that one.

    What one administrator proposes another adopts: with a single one nobody could walk through that. None, and nothing
    is changed, where there is no administrator or more than one, where the only one is no sample, and where the account
    was made before. Raises NotADemonstration where the demonstration is off.
    """
    administrators = list(User.objects.filter(is_site_admin=True, is_active=True)[:2])
    if len(administrators) != 1 or administrators[0].source != Source.ILLUSTRATIVE:
        return None
    if User.objects.filter(email__iexact=SECOND_ADMINISTRATOR).exists():
        return None
    first = administrators[0]
    second = User.objects.create_user(
        SECOND_ADMINISTRATOR,
        name="Sample Second Administrator",
        organization=first.organization,
        affiliation=first.affiliation,
        timezone=first.timezone,
        is_site_admin=True,
        source=Source.ILLUSTRATIVE,
    )
    services.confirm_address(person=second)
    services.open_for_demonstration(people=[second])
    return second


def _in_words(person: User) -> str:
    roles = ["Administrator"] if person.is_site_admin else []
    roles += [f"{held.get_role_display()} of {held.body.short_name}" for held in person.memberships.all()]
    return ", ".join(roles) or "No role"

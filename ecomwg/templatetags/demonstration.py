"""The accounts of a demonstration, for its sign-in page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Prefetch

from teams.accounts.models import User
from teams.accounts.selectors import demonstration_people
from teams.bodies.models import Membership
from teams.clock import selectors as clock

register = template.Library()


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the demonstration with their roles in words ("Lead of Team 1, Member of Team 3")."""

    person: User
    roles: str


@register.inclusion_tag("components/demonstration_accounts.html", takes_context=True)
def demonstration_accounts(context: template.Context) -> dict[str, Any]:
    """The box of the accounts; two queries, and nothing at all outside a demonstration."""
    return {
        "accounts": accounts() if settings.DEMONSTRATION else [],
        "password": settings.DEMONSTRATION_PASSWORD,
        "redirect_field": context.get("redirect_field", ""),
    }


def accounts() -> list[Account]:
    """Each person that the demonstration offers, with the roles that hold today."""
    held = (
        Membership.objects.filter(Membership.holding(clock.today()))
        .select_related("body")
        .order_by("body__position", "id")
    )
    people = demonstration_people().prefetch_related(Prefetch("memberships", held))
    return [Account(person, _roles_in_words(person)) for person in people]


def _roles_in_words(person: User) -> str:
    roles = [f"{held.get_role_display()} of {held.body.short_name}" for held in person.memberships.all()]
    if person.is_site_admin:
        roles.insert(0, "Administrator of the portal")
    return ", ".join(roles) or "In no group"

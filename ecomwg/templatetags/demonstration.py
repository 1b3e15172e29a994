"""The accounts of a demonstration, for its sign-in page."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from ecomwg.demonstration import accounts

register = template.Library()


@register.inclusion_tag("components/demonstration_accounts.html", takes_context=True)
def demonstration_accounts(context: template.Context) -> dict[str, Any]:
    """The box of the accounts; nothing at all outside a demonstration."""
    return {
        "accounts": accounts() if settings.DEMONSTRATION else [],
        "password": settings.DEMONSTRATION_PASSWORD,
        "is_second_factor_required": settings.SECOND_FACTOR_REQUIRED,
        "redirect_field": context.get("redirect_field", ""),
    }

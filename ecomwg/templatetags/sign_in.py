"""What the sign-in page says before anybody signs in."""

from __future__ import annotations

from django import template
from django.conf import settings

from teams.accounts.identities.provider import Provider, configured
from teams.accounts.open_sessions import devices

register = template.Library()


@register.inclusion_tag("components/system_use_notice.html")
def system_use_notice() -> dict[str, str]:
    """The system-use notice of the settings; nothing where there is none."""
    return {"notice": settings.SYSTEM_USE_NOTICE}


@register.filter
def device(user_agent: str) -> str:
    """What a browser says of itself, in plain words: "Firefox on Windows"."""
    return devices.in_words(user_agent)


@register.simple_tag
def identity_provider() -> Provider | None:
    """The identity provider of the settings; None where there is none."""
    return configured()


@register.inclusion_tag("components/provider_button.html", takes_context=True)
def provider_button(context: template.Context) -> dict[str, object]:
    """The button that leads to the identity provider, and back to where the page says; nothing without one."""
    return {
        "provider": configured(),
        "redirect_field": context.get("redirect_field", ""),
        "csrf_token": context.get("csrf_token"),
    }

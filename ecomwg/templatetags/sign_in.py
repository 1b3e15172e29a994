"""What the sign-in page says before anybody signs in."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("components/system_use_notice.html")
def system_use_notice() -> dict[str, str]:
    """The system-use notice of the settings; nothing where there is none."""
    return {"notice": settings.SYSTEM_USE_NOTICE}

"""Questions about people."""

from __future__ import annotations

from django.db.models import QuerySet

from .models import User


def demonstration_people() -> QuerySet[User]:
    """People whom the demonstration offers on its sign-in page: those of the group's file that are samples."""
    return (
        User.objects.filter(source="illustrative", is_active=True)
        .select_related("organization")
        .order_by("-is_site_admin", "id")
    )

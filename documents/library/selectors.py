"""Questions about documents: here, and only here, stands who may see which."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from teams.accounts.models import User
from teams.bodies.selectors import groups_entered_by

from .models import Document


def documents_visible_to(person: User, day: date) -> QuerySet[Document]:
    """Documents of the groups that the person may enter on `day`; government-only ones for federal people alone.

    Whoever shows documents through a reverse name prefetches them with this.
    """
    seen = Document.objects.filter(group__in=groups_entered_by(person, day)).select_related("group", "issuer")
    return seen if person.is_government else seen.exclude(access=Document.Access.GOVERNMENT)

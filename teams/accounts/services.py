"""Changes to people: visits, and the demonstration's accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from .models import User

NEW_VISIT_AFTER = timedelta(hours=1)


class NotADemonstration(Exception):
    """Demonstration accounts exist only where the demonstration is on."""


def note_visit(*, person: User, at: datetime) -> None:
    """Remember that the person was here at `at` (the portal's clock).

    After an hour without a page a new visit begins; what changed is then counted from the end of the last one. One
    conditional UPDATE, at most every five minutes, and also when the clock was set back.
    """
    seen = person.seen_at
    if seen is not None and seen <= at < seen + timedelta(minutes=5):
        return
    is_new_visit = seen is None or at < seen or at - seen > NEW_VISIT_AFTER
    changes = {"seen_at": at, **({"previous_visit_at": F("seen_at")} if is_new_visit else {})}
    User.objects.filter(Q(seen_at=seen) if seen else Q(seen_at__isnull=True), pk=person.pk).update(**changes)
    if is_new_visit:
        person.previous_visit_at = seen
    person.seen_at = at


@transaction.atomic
def confirm_address(*, person: User) -> None:
    """Take the person's address as confirmed, because an administrator vouches for it (a group's file).

    It is then their only one: an address that they had before is forgotten.
    """
    EmailAddress.objects.filter(user=person).exclude(email=person.email.lower()).delete()
    EmailAddress.objects.update_or_create(
        user=person, email=person.email.lower(), defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def open_for_demonstration(*, people: list[User]) -> int:
    """Give the demonstration's password to each person that has none yet; returns to how many.

    Raises NotADemonstration where the demonstration is off.
    """
    if not settings.DEMONSTRATION:
        raise NotADemonstration("the demonstration is off")
    closed = [person for person in people if not person.has_usable_password()]
    if not closed:
        return 0
    closed[0].set_password(settings.DEMONSTRATION_PASSWORD)
    for person in closed:
        person.password = closed[0].password
    User.objects.bulk_update(closed, ["password"])
    return len(closed)

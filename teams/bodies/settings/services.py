"""Changes of a group's settings: all of one form together, written to the history with the reason that was given."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.reasons import because

from . import selectors


class ChangedMeanwhile(Exception):
    """Some settings are no longer what the form was filled from; `names` says which, `now` what all are now."""

    def __init__(self, names: list[str], now: dict[str, str]) -> None:
        super().__init__(", ".join(names))
        self.names, self.now = names, now


@transaction.atomic
def change(
    *, by: User, group: WorkingGroup, values: Mapping[str, str], seen: Mapping[str, str], reason: str
) -> list[str]:
    """Set every setting to what `values` says; returns the names of those that changed by it.

    `seen` holds the marks (`selectors.marks_of`) of what the person was shown. Raises ChangedMeanwhile when any
    setting is another by now, or there are other bodies: then nothing is changed.
    """
    locked = WorkingGroup.objects.select_for_update().get(pk=group.pk)
    of_group = Body.objects.select_for_update(of=("self",)).filter(group=locked, kind__in=selectors.KINDS)
    bodies = list(of_group.order_by("pk"))
    now = selectors.values_of(locked, bodies)
    marks = selectors.marks_of(now)
    if other := [name for name in now if marks[name] != seen.get(name) or name not in values]:
        raise ChangedMeanwhile(other, now)
    changed = [name for name in now if selectors.plain(values[name]) != now[name]]
    with because(reason, by=by):
        if selectors.TIMEZONE in changed:
            locked.timezone = values[selectors.TIMEZONE]
            locked.save(update_fields=["timezone"])
        for body in bodies:
            of_body = [field for field in selectors.FIELDS_OF_BODY if selectors.name_of(body, field) in changed]
            for field in of_body:
                setattr(body, field, selectors.plain(values[selectors.name_of(body, field)]))
            if of_body:
                body.save(update_fields=of_body)
    return changed

"""What the mails about an absence say, and when they need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from teams.bodies.models import Absence, Body
from teams.dates import span_of_days
from teams.notices.kinds import Mail, Moot
from teams.notices.models import Notice

from . import selectors, services


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each notice its mail, or why it need not go: three queries for the batch."""
    ids = {notice.pk: int(notice.subject_key.removeprefix(selectors.SUBJECT)) for notice in batch}
    found = selectors.absences_spoken_of(ids.values())
    groups = {
        body.group_id: body.name
        for body in Body.objects.filter(
            group__in={each.group_id for each in found.values()}, kind=Body.Kind.WORKING_GROUP
        )
    }
    answers: dict[int, Mail | Moot] = {}
    for notice in batch:
        absence = found.get(ids[notice.pk])
        if absence is None:
            answers[notice.pk] = Moot("The absence is gone.")
        elif absence.revision != notice.revision:
            answers[notice.pk] = Moot("It was changed again since; a later mail says how it is now.")
        else:
            answers[notice.pk] = mail_of(notice, absence, groups.get(absence.group_id, absence.group.slug))
    return answers


def mail_of(notice: Notice, absence: Absence, group: str) -> Mail:
    """The mail as text and as HTML, for who is away or for who stands in (or did until this change)."""
    is_own = notice.recipient_id == absence.person_id
    stands_in = notice.recipient_id == absence.stand_in_id
    context = {
        "absence": absence,
        "group": group,
        "days": span_of_days(absence.first_day, absence.last_day),
        "roles": [f"{each.get_role_display()} of {each.body}" for each in absence.roles.all()],
        "headline": _headline(absence, notice.rule, is_own=is_own, stands_in=stands_in),
        "is_own": is_own,
        "stands_in": stands_in,
        "has_ended": notice.rule == services.ENDED,
        "url": f"{settings.SITE_URL}{absence.get_absolute_url()}",
        "why": notice.why,
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
    }
    text = render_to_string("emails/absence.txt", context)
    html = render_to_string("emails/absence.html", context)
    thread = f"<absence-{absence.pk}@{urlsplit(settings.SITE_URL).hostname}>"
    return Mail(context["headline"], text, html, {"References": thread})


def _headline(absence: Absence, rule: str, *, is_own: bool, stands_in: bool) -> str:
    if rule == services.ENDED:
        return "Your absence has ended" if is_own else f"You no longer stand in for {absence.person.name}"
    changed = "Changed: " if rule == services.CHANGED else ""
    if is_own:
        return f"{changed}{absence.stand_in.name} stands in for you"
    if stands_in:
        return f"{changed}You stand in for {absence.person.name}"
    return f"You no longer stand in for {absence.person.name}"

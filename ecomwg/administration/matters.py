"""What an administrator must look at: each matter with its urgency, a number in words, and where to act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, F, QuerySet, Value
from django.db.models.fields import CharField
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince

from documents.statement.models import Draft
from documents.statement.selectors.drafts import drafts_under_work
from ecomwg.health import BEAT_MAY_BE_SILENT_SECONDS
from milestones.reminders import selectors as reminders
from teams.accounts import selectors as accounts
from teams.accounts.models import User
from teams.accounts.open_sessions.selectors import open_sessions
from teams.bodies.invitations.selectors import open_at
from teams.bodies.memberships.selectors import ending
from teams.bodies.models import AccessRound
from teams.bodies.permissions import Standing
from teams.bodies.recertification.selectors import last_rounds, next_due
from teams.clock import selectors as clock
from teams.history.selectors import last_sealed_day
from teams.history.services import first_open_day
from teams.notices.models import DIGEST, Notice
from teams.notices.selectors import came_back, gone_wrong

LOOKED_BACK: Final = timedelta(days=30)
LOOKED_AHEAD: Final = timedelta(days=30)
INVITATION_ENDS_SOON: Final = timedelta(days=3)


class Urgency(IntEnum):
    """How soon something must be done, the most urgent first."""

    NOW = 0
    SOON = 1
    FINE = 2


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to look at: what it is, where one acts ("": no page), and a sentence of what it means or asks.

    `group` names the working group where there are several.
    """

    urgency: Urgency
    what: str
    url: str
    means: str
    group: str = ""

    @property
    def is_now(self) -> bool:
        """Whether it can't wait."""
        return self.urgency == Urgency.NOW

    @property
    def is_soon(self) -> bool:
        """Whether it should be looked at soon."""
        return self.urgency == Urgency.SOON


def matters(person: User, standings: list[Standing]) -> list[Matter]:
    """Everything for the administrator, the urgent first; five queries, whatever there is."""
    now, today, real_now = clock.now(), clock.today(), clock.real_now()
    numbers = _numbers(now, today, real_now)
    rounds = last_rounds()
    drafts = {draft.statement.group_id: draft for draft in drafts_under_work(person, today)}
    found = [_worker(real_now, standings), _mail_of_no_group(numbers), _second_factors(numbers)]
    for standing in standings:
        group = standing.group
        name = standing.name if len(standings) > 1 else ""
        found += [
            _mail(numbers, group.slug, name),
            _invitations(numbers, group.slug, name),
            _memberships(numbers, group.slug, name),
            _recertification(rounds.get(group.pk), group.slug, name, today),
            _draft(drafts.get(group.pk), group.slug, name),
        ]
    found += [_sessions(numbers), _history(real_now)]
    return sorted((matter for matter in found if matter is not None), key=lambda matter: matter.urgency)


Numbers = Callable[..., int]


def _numbers(now: datetime, today: date, real_now: datetime) -> Numbers:
    """How many there are of each sort in each group ("" for the whole portal): one query."""
    wrong = gone_wrong(now - LOOKED_BACK)
    # Digests are counted by what went in them, each in its group.
    sent = Notice.objects.filter(state=Notice.State.SENT, due_at__gte=now - LOOKED_BACK).exclude(kind=DIGEST)
    invitations = open_at(now)
    counted = [
        _count("failed", wrong.filter(state=Notice.State.FAILED), F("scope")),
        _count("uncertain", wrong.filter(state=Notice.State.UNCERTAIN), F("scope")),
        _count(
            "came_back",
            came_back(sent),
            F("scope"),
        ),
        _count("invitations", invitations, F("body__group__slug")),
        _count("expiring", invitations.filter(expires_at__lte=now + INVITATION_ENDS_SOON), F("body__group__slug")),
        _count("ending", ending(today, today + LOOKED_AHEAD), F("body__group__slug")),
        _count("lacking", accounts.lacking_second_factor(), Value("")),
        _count("sessions", open_sessions(at=real_now), Value("")),
    ]
    first, *others = counted
    rows: Iterator[tuple[str, str, int]] = first.union(*others, all=True).iterator()
    found = {(what, group): number for what, group, number in rows}
    return lambda what, group="": found.get((what, group), 0)


def _count(what: str, rows: QuerySet[Any], group: F | Value) -> QuerySet[Any, Any]:
    named = rows.order_by().annotate(counted_as=Value(what, CharField()), counted_in=group)
    numbers: QuerySet[Any, Any] = named.values("counted_as", "counted_in").annotate(number=Count("pk"))
    return numbers.values_list("counted_as", "counted_in", "number")


def _worker(real_now: datetime, standings: list[Standing]) -> Matter:
    last = reminders.last_sweep()
    url = reverse("reminders:ledger", args=[standings[0].group.slug]) if standings else ""
    if last is None:
        return Matter(
            Urgency.NOW,
            "Nobody looks for what is due",
            url,
            "The portal has not looked once: its clock (beat) or its worker is not running. No mail goes.",
        )
    ago = timesince(last.swept_at, real_now)
    if (real_now - last.swept_at).total_seconds() > BEAT_MAY_BE_SILENT_SECONDS:
        return Matter(
            Urgency.NOW,
            "The worker is silent",
            url,
            f"It last looked for what is due {ago} ago. No mail goes until beat and worker run again.",
        )
    return Matter(Urgency.FINE, "The worker is alive", url, f"It last looked for what is due {ago} ago.")


def _mail_of_no_group(numbers: Numbers) -> Matter | None:
    return _mail(numbers, "", "")


def _mail(numbers: Numbers, slug: str, name: str) -> Matter | None:
    failed, uncertain, back = (numbers(sort, slug) for sort in ("failed", "uncertain", "came_back"))
    state = "failed" if failed else "came_back" if back else "uncertain"
    if slug:
        url = reverse("reminders:ledger", args=[slug])
        if failed or back or uncertain:
            url += f"?{urlencode({'state': state})}"
        of = ""
    else:
        url = reverse("admin:notices_notice_changelist")
        url += (
            f"?{urlencode({'bounces__action__exact': 'failed'} if state == 'came_back' else {'state__exact': state})}"
        )
        of = " outside of any group, such as an invitation"
    if failed or back or uncertain:
        told = [
            f"{failed} failed" if failed else "",
            f"{back} came back from the address" if back else "",
            f"{uncertain} may or may not have gone" if uncertain else "",
        ]
        what = f"{_so_many(failed + back + uncertain, 'mail')} went wrong{of}"
        means = f"In the last 30 days {' and '.join(filter(None, told))}. Each says why."
        return Matter(Urgency.NOW if failed or back else Urgency.SOON, what, url, means, name)
    return Matter(Urgency.FINE, "No mail went wrong", url, "In the last 30 days none failed.", name) if slug else None


def _second_factors(numbers: Numbers) -> Matter:
    lacking, url = numbers("lacking"), f"{reverse('people:people')}?state=lacking"
    if not lacking:
        means = "Everyone who works for the government, and every administrator."
        return Matter(Urgency.FINE, "All who must have a second factor have one", reverse("people:people"), means)
    what = f"{_so_many(lacking, 'person', 'people')} without the second factor that they must have"
    if not settings.SECOND_FACTOR_REQUIRED:
        return Matter(Urgency.SOON, what, url, "This portal does not insist on it (SECOND_FACTOR_REQUIRED is off).")
    means = "They see nothing of the portal before they have set one up. Remind them, or close the account."
    return Matter(Urgency.NOW, what, url, means)


def _invitations(numbers: Numbers, slug: str, name: str) -> Matter:
    waiting, expiring = numbers("invitations", slug), numbers("expiring", slug)
    url = f"{reverse('bodies:invitations', args=[slug])}?state=open"
    if not waiting:
        return Matter(Urgency.FINE, "No invitation is open", reverse("bodies:invite", args=[slug]), "", name)
    what = f"{_so_many(waiting, 'open invitation')}"
    if expiring:
        means = f"{_so_many(expiring, 'ends', 'end')} in the next three days: send again, or revoke."
        return Matter(Urgency.SOON, what, url, means, name)
    return Matter(Urgency.FINE, what, url, "None ends in the next three days.", name)


def _memberships(numbers: Numbers, slug: str, name: str) -> Matter:
    number, url = numbers("ending", slug), reverse("bodies:memberships", args=[slug])
    if not number:
        return Matter(Urgency.FINE, "No membership ends in the next 30 days", url, "", name)
    what = f"{_so_many(number, 'membership ends', 'memberships end')} in the next 30 days"
    return Matter(Urgency.SOON, what, url, "Begin a new term, or let the people know.", name)


def _recertification(last: AccessRound | None, slug: str, name: str, today: date) -> Matter:
    url = reverse("bodies:access_rounds", args=[slug])
    if last is None:
        means = "No round was held yet. Start one to go through who has what."
        return Matter(Urgency.SOON, "Access was never recertified", url, means, name)
    due = next_due(last)
    if due is None:
        means = f"Started on {_day(last.started_at)}. Nothing ends before it is signed off."
        return Matter(
            Urgency.SOON,
            "A round of recertification is open",
            reverse("bodies:access_round", args=[slug, last.pk]),
            means,
            name,
        )
    assert last.signed_off_at is not None
    means = f"Last signed off on {_day(last.signed_off_at)}; next due by {_day(due)}."
    if due < today:
        return Matter(Urgency.NOW, "Recertification of access is late", url, means, name)
    urgency = Urgency.SOON if due <= today + LOOKED_AHEAD else Urgency.FINE
    return Matter(urgency, "Access is recertified", url, means, name)


def _draft(draft: Draft | None, slug: str, name: str) -> Matter:
    if draft is None:
        means = "The version in force stands as it is."
        return Matter(
            Urgency.FINE,
            "No draft of the statement of work is under work",
            reverse("statement:drafts", args=[slug]),
            means,
            name,
        )
    is_proposed = draft.state == Draft.State.PROPOSED
    means = f"“{draft.title}”, started by {draft.started_by} on {_day(draft.started_at)}."
    what = "A draft of the statement of work is " + ("proposed for adoption" if is_proposed else "under work")
    return Matter(Urgency.SOON if is_proposed else Urgency.FINE, what, draft.get_absolute_url(), means, name)


def _sessions(numbers: Numbers) -> Matter:
    what = _so_many(numbers("sessions"), "open session")
    return Matter(Urgency.FINE, what, reverse("open_sessions:open_sessions"), "Who is signed in, and from where.")


def _history(real_now: datetime) -> Matter:
    sealed = last_sealed_day()
    if sealed is None:
        means = "A day is sealed after it is over. Nothing is sealed yet."
        return Matter(Urgency.FINE, "The history is not sealed yet", "", means)
    means = f"Sealed up to {_day(sealed)} (real time). verify_history says whether it still fits."
    if sealed < first_open_day(real_now - timedelta(days=1)) - timedelta(days=1):
        return Matter(Urgency.NOW, "The history is no longer sealed", "", means + " The worker should seal each day.")
    return Matter(Urgency.FINE, "The history is sealed", "", means)


def _so_many(number: int, one: str, many: str = "") -> str:
    """ "1 mail", "2 mails"; `many` where it isn't made by an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _day(when: date) -> str:
    return date_format(when, "F j, Y")

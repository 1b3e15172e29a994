"""What the mails about steps of what is owed say, and when they need not go any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django.template.loader import render_to_string
from django.utils import formats, timezone

from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock
from teams.notices.kinds import Mail, Moot, foot, thread_of, when_in_words
from teams.notices.models import Notice

from . import selectors
from .models import Deliverable, Milestone, State
from .selectors import MilestoneChange, steps_told
from .selectors.circle import People, Told
from .selectors.step import TO_DO
from .selectors.steps_told import BY_LINK, Happened

Owed = Milestone | Deliverable

# What still holds for the mail to be of use, by kind.
_HOLDS: Final[dict[str, Any]] = {
    steps_told.HANDED_IN.kind: lambda owed: owed.state == State.HANDED_IN,
    steps_told.RETURNED.kind: lambda owed: owed.state == State.RETURNED,
    steps_told.ACCEPTED.kind: lambda owed: owed.state == State.ACCEPTED,
    steps_told.HANDED_OVER.kind: lambda owed: owed.state in TO_DO,
    steps_told.DROP_PROPOSED.kind: lambda owed: owed.is_open and owed.drop_asked_by_id is not None,
    steps_told.DISCLAIMED.kind: lambda owed: owed.state in TO_DO and owed.disclaimed_by_id is not None,
    steps_told.MOVED.kind: lambda owed: owed.is_open,
}


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each notice its mail, or why it need not go.

    It holds as long as what it tells is so, and its person is one whom the step is told. It goes to whom it would be
    owed now: to the stand-in of who is away since it was queued, to who is back.
    """
    owed = _owed(batch)
    latest = _latest(batch)
    circles: dict[int, People] = {}
    answers: dict[int, Mail | Moot] = {}
    for notice in batch:
        found = owed.get(notice.subject_key)
        if found is None:
            answers[notice.pk] = Moot("It is gone.")
        elif latest[notice.kind, notice.subject_key, notice.owed_to_id] > notice.revision:
            answers[notice.pk] = Moot("A later mail about the same takes its place.")
        elif (holds := _HOLDS.get(notice.kind)) and not holds(found):
            answers[notice.pk] = Moot(f"It is {found.get_state_display().lower()} now, so that this is over.")
        else:
            if found.group_id not in circles:
                circles[found.group_id] = People(found.group, _day(found.group, now))
            answers[notice.pk] = _mail_or_moot(notice, found, circles[found.group_id])
    return answers


def _owed(batch: Sequence[Notice]) -> dict[str, Owed]:
    found: dict[str, Owed] = {}
    for prefix, model in (("milestone:", Milestone), ("deliverable:", Deliverable)):
        ids = [int(each.subject_key.removeprefix(prefix)) for each in batch if each.subject_key.startswith(prefix)]
        near = ("group", "body__group", "owner", *(("deliverable",) if model is Milestone else ()))
        rows: Any = model._default_manager.filter(pk__in=ids).select_related(*near) if ids else ()  # noqa: SLF001
        found |= {f"{prefix}{row.pk}": row for row in rows}
    return found


def _latest(batch: Sequence[Notice]) -> dict[tuple[str, str, int | None], int]:
    rows = (
        Notice.objects.filter(
            kind__in={each.kind for each in batch}, subject_key__in={each.subject_key for each in batch}
        )
        .order_by()
        .values_list("kind", "subject_key", "owed_to")
        .annotate(Max("revision"))
    )
    return {(kind, key, person): revision for kind, key, person, revision in rows}


def _day(group: WorkingGroup, now: datetime) -> Any:
    return now.astimezone(ZoneInfo(group.timezone)).date()


def _mail_or_moot(notice: Notice, owed: Owed, people: People) -> Mail | Moot:
    assert notice.recipient is not None
    assert notice.owed_to_id is not None
    change = next((each for each in selectors.changes_of(owed) if each.revision == notice.revision), None)
    if notice.kind == BY_LINK:
        return _mail(notice, owed, notice.recipient, notice.why, change)
    by = int(notice.rule.removeprefix("by:"))
    told = next((each for each in _told(notice, owed, people, by) if each.owed_to == notice.owed_to_id), None)
    if told is None:
        return Moot("It does not concern this person any more: they left the group, or have another part in it.")
    to = notice.recipient if told.recipient == notice.recipient_id else User.objects.get(pk=told.recipient)
    return _mail(notice, owed, to, told.why, change)


def _told(notice: Notice, owed: Owed, people: People, by: int) -> list[Told]:
    told = steps_told.BY_KIND[notice.kind].whom(Happened(owed, people, by))
    return [each for each in told if each.owed_to in people.held or _is_administrator(each.owed_to)]


def _is_administrator(person: int) -> bool:
    return User.objects.filter(pk=person, is_site_admin=True).exists()


@dataclass(frozen=True, slots=True)
class _Words:
    """What a mail of a kind says: its headline, what is asked next, how what was said is named, and its button."""

    headline: str
    next_step: str
    said: str = ""
    button: str = "Open it"


_WORDS: Final[dict[str, _Words]] = {
    steps_told.HANDED_IN.kind: _Words(
        "Handed in: please accept or return",
        "Please look at it, and accept it or say what is missing.",
        "",
        "Look at it",
    ),
    steps_told.RETURNED.kind: _Words(
        "Returned to you", "Please see what is missing, and hand it in again.", "What is missing", "Hand it in again"
    ),
    steps_told.ACCEPTED.kind: _Words("Accepted", "Nothing more is asked: it counts as done."),
    steps_told.HANDED_OVER.kind: _Words(
        "Yours now", "Its reminders go to you from now on. If it is not yours, say so on its page.", "Why"
    ),
    steps_told.DROP_PROPOSED.kind: _Words(
        "To decide, drop or keep", "Please drop it or keep it, and say why.", "Why it is to be dropped", "Decide"
    ),
    steps_told.DISCLAIMED.kind: _Words(
        "Not theirs, says its owner",
        "Please hand it over, or let it stay and say why. Its reminders go to its owner meanwhile.",
        "Why",
        "Hand it over or let it stay",
    ),
    steps_told.MOVED.kind: _Words(
        "Due date moved", "Nothing is asked of you. If the date can't be so, move it, or speak to its owner.", "Why"
    ),
    BY_LINK: _Words(
        "Answered by the link in your mail",
        "If it was you, all is well. If it was not, somebody else has your mail: open the milestone, where what was "
        "done can be undone, and tell the administrator of the portal.",
        "What was said",
    ),
}


# Of a deliverable nobody says that it isn't theirs: who plans gives it to somebody else at once.
_DELIVERABLE_IS_YOURS: Final = (
    "You hand it in where it has no milestones, and its reminders go to you while none of them is open. If it is not "
    "yours, tell the team's lead."
)


def _mail(notice: Notice, owed: Owed, to: User, why: str, change: MilestoneChange | None) -> Mail:
    words = _WORDS[notice.kind]
    zone = ZoneInfo(to.timezone)
    absent = notice.owed_to if to.pk != notice.owed_to_id else None
    url = f"{settings.SITE_URL}{owed.page if isinstance(owed, Deliverable) else owed.get_absolute_url()}"
    is_milestone = isinstance(owed, Milestone)
    is_given = notice.kind == steps_told.HANDED_OVER.kind
    next_step = _DELIVERABLE_IS_YOURS if is_given and not is_milestone else words.next_step
    with timezone.override(zone):
        facts = [
            *([("For", f"{absent}, who is away; you stand in")] if absent else []),
            *([("Deliverable", str(owed.deliverable))] if isinstance(owed, Milestone) and owed.deliverable else []),
            (owed.body.get_kind_display(), str(owed.body)),
            *([("Owner", str(owed.owner))] if owed.owner and owed.owner_id != to.pk else []),
            ("Due", _due(owed)),
            ("State", owed.get_state_display()),
            *([("By", change.by)] if change and change.by else []),
            *([("When", when_in_words(change.at, zone))] if change else []),
            *_said(notice, owed, change),
        ]
        context = {
            "owed": owed,
            "headline": words.headline,
            "facts": facts,
            "next_step": next_step,
            "button": words.button,
            "noun": "milestone" if is_milestone else "deliverable",
            "url": url,
            **foot(why),
        }
        text = render_to_string("emails/work_step.txt", context)
        html = render_to_string("emails/work_step.html", context)
    moved = to if to.pk != notice.recipient_id else None
    return Mail(
        f"{words.headline}: {owed.title}" + (f" (for {absent})" if absent else ""),
        text,
        html,
        thread_of(notice.subject_key, owed.title),
        summary=" ".join(
            filter(None, [f"{owed.body}.", change.by and f"By {change.by}." if change else "", next_step])
        ),
        link=url,
        to=moved,
        why=why if moved else "",
    )


def _said(notice: Notice, owed: Owed, change: MilestoneChange | None) -> list[tuple[str, str]]:
    """What was said with the step, each with its name."""
    found = []
    if notice.kind == steps_told.MOVED.kind and change:
        found += [("What changed", " ".join(each for each in change.words if each.startswith("Due")))]
    if notice.kind in (steps_told.HANDED_IN.kind, steps_told.ACCEPTED.kind):
        found += [("What was done", owed.done), ("What shows it", owed.evidence)]
    if notice.kind == BY_LINK and change:
        found += [("What changed", " ".join(change.words))]
    if change and change.why and (label := _WORDS[notice.kind].said):
        found += [(label, change.why)]
    return [(label, said) for label, said in found if said]


def _due(owed: Owed) -> str:
    left = clock.today()
    day = formats.date_format(owed.due.last, "l, F j, Y") if owed.due.is_day else str(owed.due)
    return f"{day} (late)" if owed.is_late(left) else day

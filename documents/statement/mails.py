"""What the mails about a call for consensus say, and when they need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from documents.statement.models import Proposal
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.clock.services import held_still
from teams.notices.kinds import Mail, Moot, foot
from teams.notices.models import Notice

from . import selectors

State = Proposal.State


def compose_calls(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each asking or reminder its mail, or why it need not go: five queries for the batch, six at most.

    It still holds as long as the sweep would write it now, and goes to whom the sweep would write it: to the stand-in
    of who is away since it was queued, to who is asked and is back.
    """
    ids = {_proposal_id(notice) for notice in batch}
    kinds = {notice.kind for notice in batch}
    owed: dict[tuple[str, str, int, int], dict[str, Any]] = {}
    for kind, due in ((selectors.ASKING, selectors.askings_due), (selectors.REMINDER, selectors.reminders_due)):
        if kind in kinds:
            for each in due(now).filter(pk__in=ids):
                owed[kind, each["subject_key"], each["revision"], each["owed_to_id"]] = each
    ours = {each.recipient_id for each in batch}
    others = User.objects.in_bulk({row["recipient_id"] for row in owed.values()} - ours)
    people = others | {each.recipient.pk: each.recipient for each in batch if each.recipient is not None}
    proposals = selectors.proposals_spoken_of(ids)
    asked, silent = selectors.still_asked(ids, now)
    answers: dict[int, Mail | Moot] = {}
    with held_still(now):
        for notice in batch:
            assert notice.owed_to_id is not None
            pk = _proposal_id(notice)
            proposal = proposals.get(pk)
            row = owed.get((notice.kind, notice.subject_key, notice.revision, notice.owed_to_id))
            if proposal is None:
                answers[notice.pk] = Moot("The proposal is gone.")
            elif row is not None and row["rule"] == notice.rule:
                answers[notice.pk] = call_of(notice, proposal, people[row["recipient_id"]], row["why"])
            else:
                who = pk, notice.owed_to_id
                reason = _why_moot(notice, proposal, is_asked=who in asked, is_silent=who in silent, row=row)
                answers[notice.pk] = Moot(reason)
    return answers


def _proposal_id(notice: Notice) -> int:
    return int(notice.subject_key.removeprefix(selectors.SUBJECT))


def _why_moot(
    notice: Notice, proposal: Proposal, *, is_asked: bool, is_silent: bool, row: dict[str, Any] | None
) -> str:
    """Why the notice need not go any more. `row` is what is owed of its kind now: another rule's reminder, or none."""
    if proposal.state == State.ADOPTED:
        return f"Version {proposal.number} was adopted."
    if proposal.state == State.WITHDRAWN:
        return "The proposal was withdrawn."
    if not is_asked:
        return "The person is not asked any more: they are neither chair nor CBP's reviewer now."
    if not is_silent:
        return "It was answered."
    if proposal.revision != notice.revision:
        return f"The closing date was moved to {formats.date_format(proposal.closes_on, 'F j, Y')}."
    if row is not None:
        return "A later reminder takes its place."
    if notice.kind == selectors.REMINDER:
        return "The group's rules no longer ask for it, or the group stands still."
    return "The group stands still."


def call_of(notice: Notice, proposal: Proposal, to: User, why: str) -> Mail:
    """The asking or the reminder as text and as HTML. Days are those of the group's time zone.

    `to` is who is asked or who stands in for them, and `why` says so; where that is not the notice's recipient (an
    absence began or ended since), the mail names whom it goes to.
    """
    zone = proposal.draft.statement.group.timezone
    absent = notice.owed_to if to.pk != notice.owed_to_id else None
    with timezone.override(ZoneInfo(zone)):
        today = clock.today()
        title = headline(notice, proposal, today)
        context = {
            "proposal": proposal,
            "headline": title,
            "is_late": proposal.closes_on < today,
            "absent": absent,
            "next_step": next_step(proposal, today),
            "url": f"{settings.SITE_URL}{proposal.get_absolute_url()}",
            "zone": zone,
            **foot(why),
        }
        text = render_to_string("emails/proposal_asked.txt", context)
        html = render_to_string("emails/proposal_asked.html", context)
    moved = to if to.pk != notice.recipient_id else None
    return Mail(
        f"{title}: {proposal.as_version}" + (f" (for {absent.name})" if absent else ""),
        text,
        html,
        {"References": _thread(proposal)},
        summary=f"{proposal.draft.statement.body}. {context['next_step']}",
        link=str(context["url"]),
        to=moved,
        why=why if moved else "",
    )


def headline(notice: Notice, proposal: Proposal, today: date) -> str:
    """ "Please agree or object by Friday, August 3"; of a reminder "Your answer is asked by Friday, August 3"."""
    day = formats.date_format(proposal.closes_on, "F j" if proposal.closes_on.year == today.year else "F j, Y")
    if proposal.closes_on < today:
        return f"Your answer is late since {day}"
    when = f"today, {day}" if proposal.closes_on == today else f"by {proposal.closes_on:%A}, {day}"
    if notice.kind == selectors.REMINDER:
        return f"Your answer is asked {when}"
    return f"{'New dates: please' if notice.revision > 1 else 'Please'} agree or object {when}"


def next_step(proposal: Proposal, today: date) -> str:
    """What who is asked should do now, in one sentence."""
    if proposal.closes_on < today:
        return "It can't be adopted without your answer: please agree, or object and say why."
    return "Please read what changes, and agree, or object and say why."


def compose_outcomes(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each outcome its mail, or why it need not go: two queries for the batch."""
    ids = {notice.pk: _proposal_id(notice) for notice in batch}
    proposals = selectors.proposals_spoken_of(set(ids.values()))
    inside = selectors.told_of(
        proposals.values(), {notice.recipient_id for notice in batch if notice.recipient_id}, now
    )
    answers: dict[int, Mail | Moot] = {}
    for notice in batch:
        proposal = proposals.get(ids[notice.pk])
        assert notice.recipient is not None
        if proposal is None:
            answers[notice.pk] = Moot("The proposal is gone.")
        elif (proposal.pk, notice.recipient.pk) in inside:
            answers[notice.pk] = outcome_of(notice, proposal)
        else:
            answers[notice.pk] = Moot("The person has left the group.")
    return answers


def outcome_of(notice: Notice, proposal: Proposal) -> Mail:
    """What came of the call, as text and as HTML, with the day on which it ended as in the group's time zone."""
    is_adopted = proposal.state == State.ADOPTED
    page = proposal.version if proposal.version is not None else proposal
    context = {
        "proposal": proposal,
        "headline": proposal.get_state_display(),
        "is_adopted": is_adopted,
        "url": f"{settings.SITE_URL}{page.get_absolute_url()}",
        **foot(notice.why),
    }
    with timezone.override(ZoneInfo(proposal.draft.statement.group.timezone)):
        text = render_to_string("emails/proposal_ended.txt", context)
        html = render_to_string("emails/proposal_ended.html", context)
    by = f"{proposal.get_state_display()} by {proposal.ended_by}"
    return Mail(
        f"{proposal.get_state_display()}: {proposal.as_version}",
        text,
        html,
        {"References": _thread(proposal)},
        summary=f"{by}. {proposal.summary}" if is_adopted else f"{by}: {proposal.ended_because}",
        link=str(context["url"]),
    )


def _thread(proposal: Proposal) -> str:
    """All mails about one proposal refer to the same Message-ID, so that mail programs show them as one thread."""
    return f"<proposal-{proposal.pk}@{urlsplit(settings.SITE_URL).hostname}>"

"""From a draft to a version: deciding its impact, proposing it, agreeing or objecting, adopting it.

The rules: everything that hangs on a changed or removed clause is decided before the draft is proposed; the group's
chair and CBP's reviewer agree and nobody objects; another administrator than the one who proposed it adopts it (ASVS
5.0, 2.3.5: two people for a change of high value).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from documents.library.models import Document
from documents.statement import selectors
from documents.statement.models import (
    ASKED,
    Clause,
    ClauseLink,
    Draft,
    DraftClause,
    DraftComment,
    ImpactDecision,
    Position,
    Proposal,
    StatementVersion,
)
from documents.statement.services.comments import resolve
from documents.statement.services.refusals import NotOpen, Refused
from documents.statement.services.versions import Placed, Wording, record
from milestones.work import services as work
from milestones.work.models import Deliverable, Milestone
from teams.accounts.models import User
from teams.bodies.models import Role
from teams.clock import selectors as clock
from teams.dates import ApproximateDate
from teams.notices import services as notices
from teams.reasons import because
from teams.sources import Source

Choice = ImpactDecision.Choice
# Addresses under the statement's own that are no version's.
TAKEN = frozenset({"clauses", "compare", "drafts", "links", "proposals"})


@transaction.atomic
def decide(
    *,
    by: User,
    draft: Draft,
    thing: ClauseLink | DraftComment,
    choice: str,
    reason: str,
    to_clause: Clause | None = None,
) -> ImpactDecision:
    """Say what becomes of something that hangs on a clause which the draft changes or removes.

    Decided again, the last word counts; the history keeps the others. Raises NotOpen, and Refused for what does not
    hang on a changed clause, for keeping under a clause that goes, and for moving to one that is not in the draft.
    """
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    if not draft.is_open:
        raise NotOpen(f"The draft is {draft.get_state_display().lower()}: its impact is decided.")
    row = DraftClause.objects.filter(draft=draft, clause=thing.clause_id).first()
    if row is None:
        raise Refused("It does not hang on a clause of this draft.")
    if choice == Choice.KEEP and row.is_removed:
        raise Refused("The clause is to go: what hangs on it moves to another clause, or ends.")
    if choice == Choice.MOVE:
        if to_clause is None or to_clause.pk == thing.clause_id:
            raise Refused("Say to which other clause it moves.")
        if not DraftClause.objects.filter(draft=draft, clause=to_clause, is_removed=False).exists():
            raise Refused("It can move only to a clause that is in the draft.")
    if not reason.strip():
        raise Refused("Say why.")
    about = {"comment": thing} if isinstance(thing, DraftComment) else {"link": thing}
    told = f"Comment of {thing.author}" if isinstance(thing, DraftComment) else _called(thing)
    with because(reason):
        decision, _ = ImpactDecision.objects.update_or_create(
            draft=draft,
            **about,
            defaults={
                "clause_id": thing.clause_id,
                "told": told[:300],
                "choice": choice,
                "to_clause": to_clause if choice == Choice.MOVE else None,
                "reason": reason,
                "seen_revision": row.revision,
                "decided_by": by,
                "decided_at": clock.now(),
            },
        )
    return decision


def _called(link: ClauseLink) -> str:
    """What the link leads to, in words that everyone may read."""
    if link.document is not None and link.document.access == Document.Access.GOVERNMENT:
        return selectors.FOR_THE_GOVERNMENT
    return str(link.target)


@transaction.atomic
def propose(*, by: User, draft: Draft, number: str, summary: str, effective_on: date, closes_on: date) -> Proposal:
    """Ask the group's chair and CBP's reviewer to agree that the draft becomes version `number` from `effective_on`.

    Dates are days in the group's time zone. From now on the text stands still. Each who is asked is owed a mail at
    once; whoever is named chair or reviewer later is found by the sweep. Raises NotOpen, and Refused where
    something is left to decide, where nothing changed, where the version in force is another than the draft is based
    on, and for a number or dates that can't be.
    """
    draft = _locked(draft)
    if draft.state != Draft.State.OPEN:
        raise NotOpen(f"The draft is {draft.get_state_display().lower()} already.")
    today = clock.today(draft.statement.group.timezone)
    _check_whole(draft)
    _check_version(draft, number, effective_on)
    if closes_on < today:
        raise Refused("The closing date has passed: the chair and the reviewer need time to answer.")
    if effective_on < closes_on:
        raise Refused("The version can't be in force before the positions are in: choose a later day.")
    proposal = Proposal.objects.create(
        draft=draft,
        number=number,
        summary=summary,
        effective_on=effective_on,
        closes_on=closes_on,
        proposed_by=by,
        proposed_at=clock.now(),
    )
    draft.state = Draft.State.PROPOSED
    draft.save(update_fields=["state"])
    _ask(proposal)
    return proposal


@transaction.atomic
def extend(*, by: User, proposal: Proposal, closes_on: date, effective_on: date) -> Proposal:
    """Give those who were asked until another day; the reminders go by it. Positions taken stay. Raises Refused.

    Whoever has not answered is told of the new day at once.
    """
    proposal = _open(proposal)
    if closes_on < clock.today(proposal.draft.statement.group.timezone):
        raise Refused("The closing date has passed.")
    if effective_on < closes_on:
        raise Refused("The version can't be in force before the positions are in: choose a later day.")
    _check_version(proposal.draft, proposal.number, effective_on)
    proposal.closes_on, proposal.effective_on = closes_on, effective_on
    proposal.revision += 1
    proposal.dates_moved_at = clock.now()
    proposal.save(update_fields=["closes_on", "effective_on", "revision", "dates_moved_at"])
    _ask(proposal)
    return proposal


@transaction.atomic
def withdraw(*, by: User, proposal: Proposal, reason: str) -> Proposal:
    """Take the proposal back, so that the draft can be worked on; it and the positions taken stay on the record.

    Everybody in the group is told, and why.
    """
    proposal = _open(proposal)
    with because(reason):
        _end(proposal, Proposal.State.WITHDRAWN, by, reason)
        proposal.draft.state = Draft.State.OPEN
        proposal.draft.save(update_fields=["state"])
    return proposal


@transaction.atomic
def take_position(*, by: User, proposal: Proposal, role: str, stand: str, reason: str = "") -> Position:
    """Agree with the proposal, or object with a reason, as the group's chair or CBP's reviewer.

    Whether `by` holds the role is asked before. A position can be changed while the proposal is open. Raises Refused
    once it is not, for an objection without a reason, and for another role.
    """
    proposal = _open(proposal)
    if role not in ASKED:
        raise Refused("The chair and CBP's reviewer are asked.")
    if stand == Position.Stand.OBJECT and not reason.strip():
        raise Refused("An objection says why.")
    position, _ = Position.objects.update_or_create(
        proposal=proposal,
        person=by,
        defaults={"role": role, "stand": stand, "reason": reason, "taken_at": clock.now()},
    )
    return position


@transaction.atomic
def adopt(*, by: User, proposal: Proposal) -> StatementVersion:
    """Make the draft the next version, carry out what was decided, and take the plan as it is now for its baseline.

    Everybody in the group is told.

    Raises Refused: for the one who proposed it; while the chair or the reviewer has not agreed, or someone objects;
    where something is left to decide; where the day on which it is to be in force has another version by now.
    """
    proposal = _open(proposal)
    draft = proposal.draft
    if by.pk == proposal.proposed_by_id:
        raise Refused("You proposed it: another administrator adopts it.")
    missing = asked_and_missing(proposal.positions.all())
    if missing:
        raise Refused(f"It can't be adopted yet: {missing}.")
    _check_whole(draft)
    _check_version(draft, proposal.number, proposal.effective_on)
    now = clock.now()
    today = clock.today(draft.statement.group.timezone)
    with because(f"Adoption of version {proposal.number} of the statement of work"):
        version = record(
            statement=draft.statement,
            number=proposal.number,
            adopted=ApproximateDate.day(today),
            in_force_from=proposal.effective_on,
            clauses=[
                Placed(each.clause_id, Wording(each.number, each.heading, each.text))
                for each in selectors.clauses_of_draft(draft)
            ],
            source=Source.PORTAL,
            summary=proposal.summary,
        )
        for decision in draft.decisions.select_related("link", "comment"):
            _carry_out(decision, by)
        work.take_baseline(group=draft.statement.group)
        proposal.version = version
        _end(proposal, Proposal.State.ADOPTED, by, "")
        draft.state, draft.ended_by, draft.ended_at = Draft.State.ADOPTED, by, now
        draft.save(update_fields=["state", "ended_by", "ended_at"])
    return version


def asked_and_missing(positions: Iterable[Position]) -> str:
    """What still keeps a proposal with these positions from being adopted, in words; empty where nothing does."""
    taken = list(positions)
    objecting = [position for position in taken if position.stand == Position.Stand.OBJECT]
    if objecting:
        return "; ".join(f"{position.person} objects" for position in objecting)
    agreed = {position.role for position in taken}
    silent = [Role(role).label for role in ASKED if role not in agreed]
    return f"no answer yet of {' and '.join(f'the {label}' for label in silent)}" if silent else ""


def _locked(draft: Draft) -> Draft:
    return Draft.objects.select_for_update(of=("self",)).select_related("statement__group", "based_on").get(pk=draft.pk)


def _open(proposal: Proposal) -> Proposal:
    """The proposal with its draft, locked. Raises Refused where it was withdrawn or adopted meanwhile."""
    _locked(Draft(pk=proposal.draft_id))
    found = Proposal.objects.select_for_update(of=("self",)).select_related(
        "draft__statement__group", "draft__based_on"
    )
    proposal = found.get(pk=proposal.pk)
    if not proposal.is_open:
        raise Refused(f"The proposal is {proposal.get_state_display().lower()} already.")
    return proposal


def _end(proposal: Proposal, state: str, by: User, reason: str) -> None:
    proposal.state, proposal.ended_by, proposal.ended_at, proposal.ended_because = state, by, clock.now(), reason
    proposal.save(update_fields=["state", "ended_by", "ended_at", "ended_because", "version"])
    notices.queue(owed=selectors.outcome_owed(proposal), now=clock.now())


def _ask(proposal: Proposal) -> None:
    """Owe a mail to each who is asked and has not answered."""
    now = clock.now()
    notices.queue(owed=selectors.askings_due(now).filter(pk=proposal.pk), now=now)


def _check_whole(draft: Draft) -> None:
    texts = selectors.clauses_of_draft(draft)
    if not texts:
        raise Refused("The draft has no clauses.")
    before = draft.based_on.texts.order_by("position") if draft.based_on else []
    if [(text.clause_id, text.number, text.heading, text.text) for text in before] == [
        (text.clause_id, text.number, text.heading, text.text) for text in texts
    ]:
        raise Refused(f"The draft says what {str(draft.based_on).lower()} says: change something first.")
    left = sum(impact.left for impact in selectors.impact_of(draft))
    if left:
        raise Refused(
            f"{left} thing{'s' if left > 1 else ''} on changed clauses {'are' if left > 1 else 'is'} left to decide."
        )


def _check_version(draft: Draft, number: str, effective_on: date) -> None:
    versions = list(draft.statement.versions.order_by("-in_force"))
    if number in TAKEN:
        raise Refused(f"“{number}” can't be the number of a version: its page would have no address.")
    if any(version.number == number for version in versions):
        raise Refused(f"There is a version {number} already: give it another number.")
    if not versions:
        return
    last = versions[0]
    if last != draft.based_on:
        raise Refused(
            f"Version {last.number} was recorded after this draft was started: abandon it, and start from that one."
        )
    if effective_on <= last.in_force.lower:
        raise Refused(f"Version {last.number} is in force from {last.in_force.lower}: choose a later day.")


def _carry_out(decision: ImpactDecision, by: User) -> None:
    """Do what was decided with a link or a comment."""
    if decision.comment is not None:
        if decision.choice == Choice.END:
            resolve(by=by, comment=decision.comment)
        elif decision.choice == Choice.MOVE:
            DraftComment.objects.filter(pk=decision.comment.pk).update(clause=decision.to_clause)
            decision.comment.replies.update(clause=decision.to_clause)
        return
    link = decision.link
    if link is None:  # what it led to is gone, and the link with it
        return
    with because(decision.reason):
        if decision.choice == Choice.MOVE:
            _move(link, decision.to_clause_id)
        elif decision.choice == Choice.END:
            target, sort = link.target, link.sort
            link.delete()
            if not ClauseLink.objects.filter(**{sort: target}).exists():
                _drop(target)


def _drop(target: object) -> None:
    """What was owed under no other clause is owed no more; anything else just no longer hangs there."""
    if isinstance(target, Deliverable):
        work.drop_deliverable(deliverable=target)
    elif isinstance(target, Milestone):
        work.drop_milestone(milestone=target)


def _move(link: ClauseLink, to_clause: int | None) -> None:
    """Let the thing hang on the other clause; where it does already, once is enough."""
    there = ClauseLink.objects.filter(**{link.sort: link.target, "clause_id": to_clause})
    if there.exists():
        link.delete()
    else:
        ClauseLink.objects.filter(pk=link.pk).update(clause_id=to_clause)

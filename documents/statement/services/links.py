"""What hangs on a clause: adding a link, and taking one away with a reason.

A link is lost only by a decision: here with a reason, or by an adoption, where what hangs on a changed clause is
decided before (see `adoption`). So while a version is proposed, nothing that its decisions are about changes here.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from documents.library.models import Document
from documents.statement import selectors
from documents.statement.models import Clause, ClauseLink, ClauseText, Draft
from documents.statement.services.refusals import Refused
from milestones.meetings.models import Meeting
from milestones.work.models import Deliverable, Milestone, StrategyGoal
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.reasons import because

Linked = Deliverable | Milestone | Document | Meeting | StrategyGoal


@transaction.atomic
def add_link(*, by: User, clause: Clause, sort: str, thing: Linked) -> ClauseLink:
    """Let `thing`, of that sort (see `models.TARGETS`), hang on the clause.

    Whether `by` may do it is asked before. Raises Refused for a clause that is not in the version in force, for what is
    another group's, where it hangs there already, and while a proposed version decides about either.
    """
    statement = clause.statement
    group = thing.strategy.group_id if isinstance(thing, StrategyGoal) else thing.group_id
    if group != statement.group_id:
        raise Refused("It belongs to another group.")
    today = clock.today(statement.group.timezone)
    if not ClauseText.objects.filter(clause=clause, version__in_force__contains=today).exists():
        raise Refused("The clause is not part of the version in force: nothing can be put under it.")
    _stop_where_proposed(clause, sort, thing)
    try:
        with transaction.atomic():
            return ClauseLink.objects.create(clause=clause, **{sort: thing})
    except IntegrityError as error:
        raise Refused("It hangs on that clause already.") from error


@transaction.atomic
def remove_link(*, by: User, link: ClauseLink, reason: str) -> None:
    """Take what hangs on a clause away from it; it stays itself as it is.

    Raises Refused without a reason, where it was taken away meanwhile, and while a proposed version decides about it.
    """
    if not reason.strip():
        raise Refused("Say why.")
    _stop_where_proposed(link.clause, link.sort, link.target)
    with because(reason):
        found = ClauseLink.objects.select_for_update(of=("self",)).filter(pk=link.pk).first()
        if found is None or found.clause_id != link.clause_id:
            raise Refused("It does not hang on this clause any more.")
        found.delete()


def _stop_where_proposed(clause: Clause, sort: str, thing: Linked) -> None:
    """Raise Refused where a change would add to what a proposed version decided of, or take from it.

    That is so for every clause which it changes or removes, and for every thing about which something was decided,
    wherever else it hangs: what ends with its last clause would not end, or would. The lock keeps a draft from being
    proposed meanwhile.
    """
    drafts = Draft.objects.select_for_update(of=("self",)).filter(statement=clause.statement)
    draft = drafts.filter(state__in=[Draft.State.OPEN, Draft.State.PROPOSED]).first()
    if draft is None or draft.state != Draft.State.PROPOSED:
        return
    is_decided = draft.decisions.filter(**{f"link__{sort}": thing}).exists()
    if is_decided or clause.pk in {impact.row.clause_id for impact in selectors.impact_of(draft)}:
        raise Refused(
            "A version is proposed that decides what becomes of it: wait until it is adopted, or have the proposal"
            " withdrawn."
        )

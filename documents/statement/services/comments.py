"""What members say of a draft's clauses, and that it was dealt with."""

from __future__ import annotations

from django.db import transaction

from documents.statement.models import Clause, Draft, DraftClause, DraftComment
from documents.statement.services.refusals import NotOpen, Refused
from teams.accounts.models import User
from teams.clock import selectors as clock


@transaction.atomic
def comment(
    *,
    by: User,
    draft: Draft,
    clause: Clause,
    text: str,
    answers: DraftComment | None = None,
    is_government_only: bool = False,
) -> DraftComment:
    """Say something of the clause, or answer a comment on it. An answer is for the government alone where that is.

    What the person said last in the same place, sent once more, is one comment: that one is returned.

    Raises NotOpen once the draft is adopted or abandoned, and Refused for a mark that the person may not set, for an
    answer to an answer, for a comment on another draft, and for a clause that the draft does not have.
    """
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    _check_under_work(draft)
    if is_government_only and not by.is_government:
        raise Refused("Only someone of the government can keep a comment from others.")
    if not DraftClause.objects.filter(draft=draft, clause=clause).exists():
        raise Refused("The draft has no such clause.")
    if answers is not None:
        if answers.answers_id is not None or answers.draft_id != draft.pk or answers.clause_id != clause.pk:
            raise Refused("That comment can't be answered here.")
        is_government_only = is_government_only or answers.is_government_only
    said = DraftComment(
        draft=draft,
        clause=clause,
        answers=answers,
        author=by,
        text=text.replace("\r\n", "\n"),
        is_government_only=is_government_only,
        written_at=clock.now(),
    )
    last = DraftComment.objects.filter(draft=draft, clause=clause, answers=answers, author=by).order_by("pk").last()
    if last is not None and (last.text, last.is_government_only) == (said.text, said.is_government_only):
        return last
    said.save()
    return said


@transaction.atomic
def resolve(*, by: User, comment: DraftComment) -> DraftComment:
    """Mark a comment as dealt with. Once is enough: a second time changes nothing.

    Raises NotOpen once the draft is adopted or abandoned, and Refused for an answer.
    """
    row = _on_draft_under_work(comment)
    if row.answers_id is not None:
        raise Refused("An answer is resolved with the comment that it answers.")
    if row.resolved_at is None:
        row.resolved_by, row.resolved_at = by, clock.now()
        row.save(update_fields=["resolved_by", "resolved_at"])
    return row


@transaction.atomic
def reopen(*, by: User, comment: DraftComment) -> DraftComment:
    """Take back that a comment is dealt with. Raises NotOpen once the draft is adopted or abandoned."""
    row = _on_draft_under_work(comment)
    if row.resolved_at is not None:
        row.resolved_by, row.resolved_at = None, None
        row.save(update_fields=["resolved_by", "resolved_at"])
    return row


def _on_draft_under_work(comment: DraftComment) -> DraftComment:
    """The comment, after the draft's row, both locked. Raises NotOpen."""
    _check_under_work(Draft.objects.select_for_update().get(pk=comment.draft_id))
    return DraftComment.objects.select_for_update(of=("self",)).get(pk=comment.pk)


def _check_under_work(draft: Draft) -> None:
    if not draft.is_under_work:
        raise NotOpen(f"The draft is {draft.get_state_display().lower()}: what was said of it stays as it is.")

"""What a draft would change for the work: each thing that hangs on a changed clause, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from documents.statement import selectors, services
from documents.statement.forms.adoption import DecisionForm
from documents.statement.models import Clause, Draft
from documents.statement.selectors import Affected, DraftText, Impact
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires

from .places import breadcrumb, draft_at


@dataclass(frozen=True, slots=True)
class Row:
    """Something that hangs on a changed clause, with the form that decides it."""

    affected: Affected
    form: DecisionForm


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def impact(request: SignedInRequest, group: WorkingGroup, draft: int) -> HttpResponse:
    """Everything that hangs on the clauses which the draft changes or removes; a POST saves what was decided.

    What was not chosen stays open. Nothing is saved while something is wrong, and what was typed stays.
    """
    found = draft_at(request, group, draft)
    in_order, old = selectors.rows_with_before(found)
    texts = selectors.numbered(row for row in in_order if not row.is_removed)
    impacts = selectors.impact_of_rows(found, in_order, old)
    sent = request.POST if request.method == "POST" and found.is_open else None
    rows = [(each, _rows(request, each, texts, sent)) for each in impacts]
    forms = [row.form for _, of_clause in rows for row in of_clause]
    wrong = [form for form in forms if sent is not None and not form.is_valid()]  # each says what is wrong with it
    clauses = {row.clause_id: row.clause for row in in_order}
    if sent is not None and not wrong and _decide(request, found, rows, clauses):
        left = sum(each.left for each in selectors.impact_of(found))
        messages.success(request, f"Saved. {left or 'Nothing'} left to decide.")
        return redirect("statement:impact", group.slug, found.pk)
    return render(
        request,
        "statement/impact.html",
        {
            "group": group,
            "draft": found,
            "rows": rows,
            "left": sum(each.left for each in impacts),
            "in_all": len(forms),
            "has_errors": any(form.errors for form in forms),
            "is_edited": found.is_open,
            "breadcrumb": breadcrumb(group, found),
        },
    )


def _rows(request: SignedInRequest, of: Impact, texts: Sequence[DraftText], sent: Any) -> list[Row]:
    clauses = [
        (text.clause_id, f"{text.number} {text.heading}") for text in texts if text.clause_id != of.row.clause_id
    ]
    rows = []
    for affected in of.affected:
        if affected.is_government_only and not request.user.is_government:
            continue
        decision = affected.decision
        initial = (
            {"choice": decision.choice, "to_clause": decision.to_clause_id, "reason": decision.reason}
            if decision
            else {}
        )
        sort = "comment" if affected.is_comment else "link"
        form = DecisionForm(
            sent,
            prefix=f"{sort}-{affected.thing.pk}",
            initial=initial,
            clauses=clauses,
            may_keep=not of.is_removed,
        )
        rows.append(Row(affected, form))
    return rows


def _decide(
    request: SignedInRequest, draft: Draft, rows: list[tuple[Impact, list[Row]]], clauses: Mapping[int, Clause]
) -> bool:
    """Save all that was chosen anew, or nothing where one is refused: its form then says why. Whether it is saved."""
    with transaction.atomic():
        for _, of_clause in rows:
            for row in of_clause:
                said = row.form.cleaned_data
                if not said["choice"] or (row.affected.is_decided and not row.form.has_changed()):
                    continue
                to_clause = clauses.get(said["to_clause"]) if said["choice"] == "move" else None
                try:
                    services.decide(
                        by=request.user,
                        draft=draft,
                        thing=row.affected.thing,
                        choice=said["choice"],
                        reason=said["reason"],
                        to_clause=to_clause,
                    )
                except services.Refused as refusal:
                    row.form.add_error(None, str(refusal))
                    transaction.set_rollback(True)
                    return False
    return True

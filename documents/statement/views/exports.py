"""A version, a draft, or what changed between two, as a file to keep or to send."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpResponse

from documents.statement import exports, selectors
from documents.statement.exports import Format, Paper
from documents.statement.forms.versions import DRAFT
from documents.statement.models import StatementVersion
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.clock import selectors as clock

from .drafts import under_work


@requires(Action.READ_GROUP)
def export_version(request: SignedInRequest, group: WorkingGroup, number: str, ending: str) -> HttpResponse:
    """A version as a file."""
    chosen = _format(ending)
    paper = _paper(_named(selectors.versions_of(request.user, group, clock.today()), number))
    return _file(exports.export(paper, chosen), exports.name_of(group.slug, paper.name, chosen), chosen)


@requires(Action.READ_GROUP)
def export_draft(request: SignedInRequest, group: WorkingGroup, draft: int, ending: str) -> HttpResponse:
    """A draft as it stands, as a file."""
    chosen = _format(ending)
    paper = _draft(request, group, draft)
    return _file(exports.export(paper, chosen), exports.name_of(group.slug, paper.name, chosen), chosen)


@requires(Action.READ_GROUP)
def export_compared(request: SignedInRequest, group: WorkingGroup, ending: str) -> HttpResponse:
    """What changed from the version `from` to the version `to`, to the draft under work (`to=draft`), or to `draft`.

    Without a choice it is from the version before to the one in force, as on the page. What the group does not have is
    no page (404).
    """
    chosen = _format(ending)
    today = clock.today()
    versions = selectors.versions_of(request.user, group, today)
    current = selectors.in_force(versions, today)
    draft = request.GET.get("draft", "")
    if draft:
        if not draft.isdecimal() or len(draft) > 18:
            raise Http404("no such draft")
        old, new = _named(versions, request.GET.get("from"), current), _draft(request, group, int(draft))
    elif request.GET.get("to") == DRAFT:
        old = _named(versions, request.GET.get("from"), current)
        new = _draft(request, group, None)
    else:
        later = _named(versions, request.GET.get("to"), current)
        before = next(iter(versions[versions.index(later) + 1 :]), later)
        old, new = _named(versions, request.GET.get("from"), before), _paper(later)
    found = exports.comparison(_paper(old), new)
    return _file(exports.export_comparison(found, chosen), exports.name_of(group.slug, found.name, chosen), chosen)


def _format(name: str) -> Format:
    if name not in list(Format):
        raise Http404(f"there is no format {name}")
    return Format(name)


def _named(
    versions: Sequence[StatementVersion], number: str | None, otherwise: StatementVersion | None = None
) -> StatementVersion:
    """The version of that number; where none was asked for, the other. Raises Http404."""
    found = next((each for each in versions if each.number == number), None) if number else otherwise
    if found is None:
        raise Http404("the statement of work has no such version")
    return found


def _paper(version: StatementVersion) -> Paper:
    return exports.paper_of_version(version, now=clock.now())


def _draft(request: SignedInRequest, group: WorkingGroup, pk: int | None) -> Paper:
    """The group's draft of that identity, or the one under work. Raises Http404."""
    seen = selectors.drafts_visible_to(request.user, clock.today()).filter(statement__group=group)
    found = seen.filter(pk=pk).first() if pk else under_work(request, group)
    if found is None:
        raise Http404("the statement of work has no such draft")
    return exports.paper_of_draft(found, now=clock.now())


def _file(content: bytes, name: str, chosen: Format) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=chosen.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )

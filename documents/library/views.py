"""The list of documents, and the page of one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from milestones.work.selectors import clauses_of, stands_under
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.clock import selectors as clock
from teams.filters import address_with

from . import exports, selectors
from .forms import DocumentFilter
from .models import Document
from .selectors import ORDERS

PAGE_SIZE = 25
COLUMNS = {"title": "Title", "kind": "Kind", "issuer": "Issuer", "dated": "Date"}


@requires(Action.READ_GROUP)
def documents(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The group's documents that the reader may see: searched, narrowed by facets, sorted, in pages."""
    today = clock.today()
    filters = DocumentFilter(request.GET)
    found = selectors.with_words(selectors.documents_visible_to(request.user, today).filter(group=group), filters.words)
    facets = selectors.facets_of(found, filters.values)
    rows = selectors.with_their_places(selectors.narrowed(found, filters.values), request.user, today)
    paginator = Paginator(rows.order_by(*ORDERS[filters.order]), PAGE_SIZE)
    paginator.count = selectors.number_of(facets)
    return render(
        request,
        "library/documents.html",
        {
            "page": paginator.get_page(request.GET.get("page")),
            "facets": [
                (
                    facet,
                    [
                        (option, address_with(request, **{facet.name: None if option.is_chosen else option.value}))
                        for option in facet.options
                    ],
                )
                for facet in facets
            ],
            "columns": [_column(request, filters.order, name, label) for name, label in COLUMNS.items()],
            "filters": filters,
            "is_narrowed": bool(filters.words or any(filters.values.values())),
            "spreadsheet": reverse("library:documents_csv", args=[group.slug]) + address_with(request),
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


def _column(request: SignedInRequest, order: str, name: str, label: str) -> tuple[str, str, str]:
    """A column's label, its aria-sort, and the address that sorts by it (the other way round if it is sorted so)."""
    sorted_as = {name: "ascending", f"-{name}": "descending"}.get(order, "")
    return label, sorted_as, address_with(request, sort=f"-{name}" if order == name else name)


@requires(Action.READ_GROUP)
def documents_csv(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The same choice of documents, on all pages, as a file for a spreadsheet."""
    today = clock.today()
    filters = DocumentFilter(request.GET)
    found = selectors.documents_visible_to(request.user, today).filter(group=group)
    chosen = selectors.narrowed(selectors.with_words(found, filters.words), filters.values)
    rows = selectors.with_their_places(chosen, request.user, today).order_by(*ORDERS[filters.order])
    return HttpResponse(
        exports.documents_csv(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{group.slug}-documents-{today}.csv"'},
    )


@requires(Action.READ_GROUP)
def document(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """Where a document comes from, who may see it, and what hangs on it."""
    today = clock.today()
    seen = selectors.with_their_places(selectors.documents_visible_to(request.user, today), request.user, today)
    # Whoever may see a document may see what is asked and what is reported about it.
    seen = seen.annotate(stands_under=stands_under(Document, today))
    document = get_object_or_404(seen.prefetch_related("consultations", "developments"), group=group, key=key)
    return render(
        request,
        "library/document.html",
        {
            "document": document,
            "group": group,
            "clauses": clauses_of(document),
            "today": today,
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Documents", reverse("library:documents", args=[group.slug])),
            ],
        },
    )

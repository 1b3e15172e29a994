"""The search page: one box over everything that the person may see, by PostgreSQL's full text search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVector
from django.core.paginator import Paginator
from django.db.models import CharField, F, FloatField, Func, QuerySet, Value
from django.db.models.functions import Cast, NullIf
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from documents.consultations import selectors as consultations
from documents.consultations.models import Consultation
from documents.library import selectors as library
from documents.library.models import Document
from documents.papers import selectors as papers
from documents.papers.models import Development
from documents.statement import selectors as statement
from documents.statement.models import ClauseText
from milestones.meetings import selectors as meetings
from milestones.meetings.models import Meeting
from milestones.work import selectors as work
from milestones.work.models import Deliverable, Milestone, Note, ProgressNote
from milestones.work.progress_notes.selectors import CALLED as PROGRESS_CALLED
from milestones.work.progress_notes.selectors import progress_notes_that_say
from teams import sources as facts
from teams.accounts.access import SignedInRequest, signed_in
from teams.accounts.models import User
from teams.bodies import selectors as bodies
from teams.bodies.models import Body, Membership
from teams.clock import selectors as clock
from teams.dates import ApproximateDate, ApproximateDateField
from teams.fulltext import CONFIG, query_of, typed

PAGE_SIZE = 20
# What a hit brings; names of its own, because the models have fields called `title`, `kind` and the like.
SHOWN = ("hit_kind", "hit_pk", "hit_title", "hit_group", "hit_key", "hit_date", "hit_excerpt", "hit_source")
# ts_headline marks its hits with these; no text that a person types contains them.
HIT_STARTS, HIT_ENDS = "\x02", "\x03"


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of thing that can be found. The texts are field paths; the first is the title, unless `called` is."""

    kind: str
    model: Any
    rows: Callable[[User, date], QuerySet[Any]]
    texts: tuple[str, ...]
    group: str
    key: str
    url: Callable[[str, str], str]
    dated: str | None = None
    source: str = "source"
    called: Any = None


def _page(name: str) -> Callable[[str, str], str]:
    return lambda group, key: reverse(name, args=[group, key])


def _on_page(name: str, prefix: str = "") -> Callable[[str, str], str]:
    return lambda group, key: f"{reverse(name, args=[group])}#{prefix}{key}"


SOURCES = (
    Source(
        "Document",
        Document,
        library.documents_visible_to,
        ("title",),
        "group__slug",
        "key",
        _page("library:document"),
        "dated",
    ),
    Source(
        "Meeting",
        Meeting,
        meetings.meetings_visible_to,
        ("title", "series", "place", "outcome", "note"),
        "group__slug",
        "key",
        _page("meetings:meeting"),
        "starts",
    ),
    Source(
        "Milestone",
        Milestone,
        work.milestones_visible_to,
        ("title",),
        "group__slug",
        "key",
        _page("work:milestone"),
        "due",
    ),
    Source(
        "Deliverable",
        Deliverable,
        work.deliverables_visible_to,
        ("title",),
        "group__slug",
        "key",
        _on_page("work:plan", "deliverable-"),
        "due",
    ),
    Source(
        "Note",
        Note,
        work.notes_that_say,
        ("text",),
        "group__slug",
        "key",
        _page("work:note"),
        called=work.ABOUT,
    ),
    Source(
        "Progress note",
        ProgressNote,
        progress_notes_that_say,
        ("text", "next_steps", "blocks"),
        "group__slug",
        "key",
        _page("work:progress_note"),
        called=PROGRESS_CALLED,
    ),
    Source(
        "Statement of work",
        ClauseText,
        statement.texts_in_force_visible_to,
        ("heading", "text"),
        "version__statement__group__slug",
        "number",
        lambda group, number: f"{reverse('statement:current', args=[group])}#clause-{number.replace('.', '-')}",
        "version__adopted",
        "version__source",
    ),
    Source(
        "Consultation",
        Consultation,
        consultations.consultations_visible_to,
        ("title",),
        "group__slug",
        "key",
        _page("consultations:consultation"),
    ),
    Source(
        "Development",
        Development,
        papers.developments_visible_to,
        ("text",),
        "group__slug",
        "key",
        _on_page("papers:developments", "development-"),
        "happened",
    ),
    Source(
        "Body",
        Body,
        bodies.bodies_visible_to,
        ("name", "acronym", "purpose"),
        "group__slug",
        "key",
        _on_page("bodies:group"),
    ),
    Source(
        "Person",
        Membership,
        bodies.memberships_visible_to,
        ("person__name", "person__organization__name", "body__name"),
        "body__group__slug",
        "person__name",
        lambda group, name: f"{reverse('bodies:group', args=[group])}?{urlencode({'person': name})}#people",
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One thing found. `title` and `excerpt` are safe HTML with the hits in <mark>."""

    kind: str
    title: SafeString
    url: str
    excerpt: SafeString
    date: ApproximateDate | None
    is_sample: bool


def found(person: User, day: date, words: str, kind: str = "") -> QuerySet[Any, dict[str, Any]]:
    """Everything that the person may see on `day` that fits the words, the best first, as one UNION.

    Rows have `hit_kind`, `hit_rank` and `hit_pk`; `results_of` says more of those of one page.
    """
    query = query_of(words)
    sources = [source for source in SOURCES if not kind or source.kind == kind]
    return _union([_hits(source, person, day, query) for source in sources]).order_by("-hit_rank", "hit_kind", "hit_pk")


def results_of(rows: Sequence[dict[str, Any]], words: str) -> list[Result]:
    """What is shown of some rows of `found`, in their order: one query. Marking hits costs more than finding them."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_kind[row["hit_kind"]].append(row["hit_pk"])
    if not by_kind:
        return []
    query = query_of(words)
    shown = _union([_shown(source, by_kind[source.kind], query) for source in SOURCES if source.kind in by_kind])
    results = {(row["hit_kind"], row["hit_pk"]): _result(row) for row in shown}
    return [results[row["hit_kind"], row["hit_pk"]] for row in rows]


def _union(queries: Sequence[QuerySet[Any, dict[str, Any]]]) -> QuerySet[Any, dict[str, Any]]:
    first, *rest = queries
    return reduce(lambda all_, one: all_.union(one, all=True), rest, first)


def _hits(source: Source, person: User, day: date, query: SearchQuery) -> QuerySet[Any, dict[str, Any]]:
    title, *others = source.texts
    # The same expression as the model's index; the weights count for the rank alone.
    vector = SearchVector(*source.texts, config=CONFIG)
    weighted: Any = SearchVector(title, weight="A", config=CONFIG)
    if others:
        weighted += SearchVector(*others, weight="B", config=CONFIG)
    hits: QuerySet[Any, dict[str, Any]] = (
        source.rows(person, day)
        .order_by()
        .annotate(hit_vector=vector, hit_rank=Cast(SearchRank(weighted, query), FloatField()))
        .filter(hit_vector=query)
        .annotate(hit_kind=Value(source.kind, CharField()), hit_pk=F("pk"))
        .values("hit_kind", "hit_rank", "hit_pk")
    )
    return hits


def _shown(source: Source, ids: list[int], query: SearchQuery) -> QuerySet[Any, dict[str, Any]]:
    if source.called is None:
        title, others = F(source.texts[0]), source.texts[1:]
    else:
        title, others = source.called, source.texts
    text = _joined(others) if others else None
    shown: QuerySet[Any, dict[str, Any]] = (
        source.model.objects.filter(pk__in=ids)
        .order_by()
        .annotate(
            hit_kind=Value(source.kind, CharField()),
            hit_pk=F("pk"),
            hit_title=_headline(title, query, highlight_all=True),
            hit_group=F(source.group),
            hit_key=Cast(F(source.key), CharField()),
            hit_source=F(source.source),
            hit_date=F(source.dated) if source.dated else Value(None, ApproximateDateField()),
            hit_excerpt=_headline(text, query, max_words=30) if text is not None else Value("", CharField()),
        )
        .values(*SHOWN)
    )
    return shown


def _headline(text: Any, query: SearchQuery, **options: Any) -> SearchHeadline:
    return SearchHeadline(text, query, config=CONFIG, start_sel=HIT_STARTS, stop_sel=HIT_ENDS, **options)


def _joined(paths: Sequence[str]) -> Func:
    """The texts that are not empty, with a dot between, so that the end of one isn't read as the start of another."""
    texts = [NullIf(F(path), Value("")) for path in paths]
    return Func(Value(" · "), *texts, function="concat_ws", output_field=CharField())


def _result(row: dict[str, Any]) -> Result:
    source = next(source for source in SOURCES if source.kind == row["hit_kind"])
    return Result(
        kind=row["hit_kind"],
        title=_marked(row["hit_title"]),
        url=source.url(row["hit_group"], row["hit_key"]),
        excerpt=_marked(row["hit_excerpt"]),
        date=row["hit_date"],
        is_sample=row["hit_source"] == facts.Source.ILLUSTRATIVE,
    )


def _marked(text: str) -> SafeString:
    marked = escape(text).replace(HIT_STARTS, "<mark>").replace(HIT_ENDS, "</mark>")
    return mark_safe(marked)  # noqa: S308 - escaped in the line above


@signed_in
def search(request: SignedInRequest) -> HttpResponse:
    """The page of results; `q` holds the words, `kind` keeps one kind of thing, `page` counts from 1."""
    words = typed(request.GET.get("q", ""))
    kind = request.GET.get("kind", "")
    if kind not in {source.kind for source in SOURCES}:
        kind = ""
    page = None
    if words:
        rows = found(request.user, clock.today(), words, kind)
        page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "search.html",
        {
            "query": words,
            "kind": kind,
            "kinds": [source.kind for source in SOURCES],
            "page": page,
            "results": results_of(list(page), words) if page else [],
            "number": page.paginator.count if page else 0,
            "breadcrumb": [],
        },
    )

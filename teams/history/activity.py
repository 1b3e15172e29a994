"""All that changed in a group, change by change, as one reader may see it: what, by whom, why, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any, Final, cast

from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils import timezone
from django.utils.text import slugify

from teams.accounts.models import User
from teams.bodies.models import Body
from teams.bodies.permissions import Standing
from teams.clock import selectors as clock
from teams.reasons import signed

from .feed import Followed, followed
from .selectors import WHO, with_context
from .wording import FieldChange, Names, field_changes, fields_recorded, fields_told

# In place of a person's number: changes that no person made.
NOBODY: Final = 0

_VERBS: Final = {"insert": "added", "update": "changed", "delete": "removed"}

# What a row of another model is called by, where the feed doesn't follow it.
_CALLED_BY: Final = ("name", "title", "text")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: of one body, by one person (or NOBODY), about one, of one kind or row, from and until a day."""

    body: Body | None = None
    person: int | None = None
    about: int | None = None
    noun: str = ""
    key: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One change. `at` is on the portal's clock; `by` and `reason` are empty where nothing is known."""

    at: datetime
    by: str
    reason: str
    noun: str
    title: str
    url: str | None
    verb: str
    fields: list[FieldChange]

    @property
    def what(self) -> str:
        """ "Milestone changed"."""
        return f"{self.noun[:1].upper()}{self.noun[1:]} {self.verb}"


def kinds() -> list[tuple[str, str]]:
    """What can change: the word that stands in an address, and the noun with a capital."""
    return sorted((slugify(each.noun), f"{each.noun[:1].upper()}{each.noun[1:]}") for each in followed())


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed, newest first, as a Paginator asks for it: `count()`, and the rows of a slice.

    Each row is a noun and the number of an event; `told` puts some of them into words. Of each model the newest are
    read by their numbers, which costs the same however many there are, and then put in one order here.
    """

    arms: Sequence[QuerySet[Any, Any]]
    ordered: bool = True  # for the Paginator

    def count(self) -> int:
        """How many there are: one query."""
        numbers = [
            arm.order_by().values("one").annotate(how_many=Count("pgh_id")).values_list("how_many") for arm in self.arms
        ]
        return sum(number for (number,) in _together(numbers)) if numbers else 0

    def __getitem__(self, rows: slice) -> list[tuple[str, int]]:
        """The rows of a slice that has an end: one query."""
        return self._newest(rows.stop)[rows]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """All of them."""
        return iter(self._newest(None))

    def _newest(self, number: int | None) -> list[tuple[str, int]]:
        """So many of the newest, or all.

        A model's events follow each other by their numbers. Where a transaction that began earlier wrote later, an
        event counts as written no later than those after it, so that every page cuts the same order.
        """
        if not self.arms or number == 0:
            return []
        read = _together([arm.values_list("noun", "pgh_id", "pgh_created_at", "at")[:number] for arm in self.arms])
        written: dict[str, tuple[datetime, datetime]] = {}
        found = []
        for noun, event, *instants in sorted(read, key=lambda row: -row[1]):
            written[noun] = min(tuple(instants), written.get(noun, tuple(instants)))
            found.append((written[noun], event, noun))
        return [(noun, event) for _, event, noun in sorted(found, reverse=True)[:number]]


def changes(person: User, standing: Standing, wanted: Wanted) -> Changes:
    """The changes of the standing's group that the person may see."""
    return Changes(
        [
            _arm(each, person, standing, wanted)
            for each in followed()
            if wanted.noun in ("", slugify(each.noun))
            and (wanted.body is None or each.body is not None)
            and (wanted.about is None or each.about is not None)
        ]
    )


def _together(queries: Sequence[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = reduce(lambda all_, one: all_.union(one, all=True), queries)
    return found


def _arm(each: Followed, person: User, standing: Standing, wanted: Wanted) -> QuerySet[Any, Any]:
    events = _open_to(each, person, standing)
    if wanted.body is not None:
        events = events.filter(**{each.body or "": wanted.body.pk})
    if wanted.about is not None:
        events = events.filter(**{each.about or "": wanted.about})
    if wanted.key:
        events = events.filter(**{each.key: wanted.key})
    events = with_context(events)
    if wanted.person is not None:
        events = events.filter(by__isnull=True) if wanted.person == NOBODY else events.filter(by=wanted.person)
    if wanted.first:
        events = events.filter(at__gte=_start_of(wanted.first))
    if wanted.last:
        events = events.filter(at__lt=_start_of(wanted.last + timedelta(days=1)))
    found: QuerySet[Any, Any] = events.annotate(noun=Value(each.noun, CharField()), one=Value(1))
    return found.order_by("-pgh_id")


def _open_to(each: Followed, person: User, standing: Standing) -> QuerySet[Any, Any]:
    """The events of one model that the person may see in the group: rows that are there, and removals told."""
    today, model = clock.today(), cast(Any, each.model)
    open_now = Q(pgh_label__in=("insert", "update"), pgh_obj_id__in=each.visible(person, today).values("pk"))
    if each.tells_removals:
        open_now |= Q(pgh_label="delete")
    here = each.within(standing.group) if each.within else Q(**{each.group or "": standing.group.slug})
    found: QuerySet[Any, Any] = model.pgh_event_model.objects.filter(
        here, each.shown(person, today), each.allowed(person, standing), open_now
    )
    return found


def _start_of(day: date) -> datetime:
    """When a day begins in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def told(
    person: User,
    standing: Standing,
    rows: Sequence[tuple[str, int]],
    bodies: Iterable[Body],
    *,
    longest: int | None = None,
) -> list[Told]:
    """The changes in words: two queries, whatever their number; texts are cut after `longest` characters.

    `bodies` are those at hand. Names are those of today; of what the person may not see, no name is told.
    """
    by_noun = {each.noun: each for each in followed()}
    found = _read(person, rows)
    wanted: dict[type[Model], set[int]] = {User: {event[who] for event in found.values() for who in WHO if event[who]}}
    for (noun, _), event in found.items():
        before, after = event["row_before"], event["row_after"]
        for field in fields_told(by_noun[noun].model):
            if field.related_model is not None and before and before[field.attname] != after[field.attname]:
                numbers = {before[field.attname], after[field.attname]} - {None}
                wanted.setdefault(field.related_model, set()).update(numbers)
    names: dict[tuple[type[Model], int], str] = {(Body, body.pk): str(body) for body in bodies}
    names |= _names(person, {model: ids - {pk for of, pk in names if of is model} for model, ids in wanted.items()})
    return [_told(standing, by_noun[row[0]], found[row], names, longest) for row in rows]


def _told(standing: Standing, each: Followed, event: dict[str, Any], names: Names, longest: int | None) -> Told:
    verb = _VERBS[event["pgh_label"]]
    made_by = f"The portal ({event['row_made_by']})" if event["row_made_by"] else ""
    fields: list[FieldChange] = []
    if verb == "changed" and event["row_before"]:
        fields = list(field_changes(each.model, event["row_before"], event["row_after"], names, longest))
    return Told(
        at=event["at"],
        by=signed(
            names.get((User, event["by"]), ""), names.get((User, event["stands_in_for"]), ""), event["row_made_by"]
        )
        or made_by,
        reason=event["row_reason"] if each.tells_reasons(standing, event["row_body"]) else "",
        noun=each.noun,
        title=event["row_title"],
        url=each.url(standing.group.slug, event["row_key"]) if each.url and verb != "removed" else None,
        verb=verb,
        fields=fields,
    )


def _read(person: User, rows: Sequence[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """What each event says: one query. `before` is what the row said before, as far as the person may see it."""
    arms = []
    said_of = {name: KeyTextTransform(name, "pgh_context__metadata") for name in ("by", "reason", "note")}
    for each in followed():
        if ids := [number for noun, number in rows if noun == each.noun]:
            model: Any = each.model
            events = model.pgh_event_model.objects
            said = JSONObject(**{field.attname: F(field.attname) for field in fields_recorded(model)})
            earlier = (
                events.filter(
                    each.shown(person, clock.today()),
                    pgh_obj_id=OuterRef("pgh_obj_id"),
                    pgh_id__lt=OuterRef("pgh_id"),
                )
                .order_by("-pgh_id")
                .annotate(said=said)
                .values("said")[:1]
            )
            arms.append(
                with_context(events.filter(pk__in=ids))
                .order_by()
                .values(
                    "pgh_id",
                    "pgh_label",
                    "at",
                    *WHO,
                    noun=Value(each.noun, CharField()),
                    row_made_by=Cast(said_of["by"], TextField()),
                    row_reason=Coalesce(said_of["reason"], said_of["note"], Value(""), output_field=TextField()),
                    row_title=Cast(each.called, CharField()),
                    row_key=Cast(F(each.key), CharField()),
                    row_body=F(each.body) if each.body else Cast(Value(None), BigIntegerField()),
                    row_before=Subquery(earlier, output_field=said.output_field),
                    row_after=said,
                )
            )
    return {(event["noun"], event["pgh_id"]): event for event in _together(arms)} if arms else {}


def _names(person: User, wanted: dict[type[Model], set[int]]) -> dict[tuple[type[Model], int], str]:
    """What rows are called, of those that the person may see."""
    by_model = {each.model: each for each in followed()}
    arms, models = [], list(wanted)
    for number, model in enumerate(models):
        each = by_model.get(model)
        fields = {field.name for field in model._meta.concrete_fields}  # noqa: SLF001
        field = next((name for name in _CALLED_BY if name in fields), None)
        called = each.called if each else F(field) if field else None
        if called is not None and wanted[model]:
            rows: QuerySet[Any] = each.visible(person, clock.today()) if each else model._default_manager.all()  # noqa: SLF001
            arms.append(
                rows.filter(pk__in=wanted[model]).order_by().values_list(Value(number), "pk", Cast(called, TextField()))
            )
    if not arms:
        return {}
    found = _together(arms)
    return {(models[number], pk): name for number, pk, name in found}

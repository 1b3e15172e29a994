"""All that changed in a group, change by change, as one reader may see it: what, by whom, why, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any, Final

from django.db.models import CharField, F, Model, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils import timezone
from django.utils.text import slugify

from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.clock import selectors as clock
from teams.reasons import signed

from .feed import Followed, followed
from .selectors import WHO, visible_events
from .wording import FieldChange, Names, field_changes, fields_recorded, fields_told

# In place of a person's number: changes that no person made.
NOBODY: Final = 0

# What a row of another model is called by, where the feed doesn't follow it.
_CALLED_BY: Final = ("name", "title", "text")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: of one body, by one person (or NOBODY), of one kind, of one row, from and until a day."""

    body: Body | None = None
    person: int | None = None
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
    return [(slugify(each.noun), f"{each.noun[:1].upper()}{each.noun[1:]}") for each in followed()]


def changes(person: User, group: WorkingGroup, wanted: Wanted) -> QuerySet[Any, dict[str, Any]]:
    """The changes of the group that the person may see, the newest first; `told` puts some of them into words."""
    arms = [
        _arm(each, person, group, wanted)
        for each in followed()
        if wanted.noun in ("", slugify(each.noun)) and (wanted.body is None or each.body is not None)
    ]
    if not arms:
        nothing: QuerySet[Any, Any] = User.objects.none()
        return nothing
    return reduce(lambda all_, one: all_.union(one, all=True), arms).order_by("-at", "-pgh_created_at", "-pgh_id")


def _arm(each: Followed, person: User, group: WorkingGroup, wanted: Wanted) -> QuerySet[Any, dict[str, Any]]:
    events = visible_events(each, person, group=group.slug, body_id=wanted.body.pk if wanted.body else None)
    if wanted.person is not None:
        events = events.filter(by__isnull=True) if wanted.person == NOBODY else events.filter(by=wanted.person)
    if wanted.key:
        events = events.filter(**{each.key: wanted.key})
    if wanted.first:
        events = events.filter(at__gte=_start_of(wanted.first))
    if wanted.last:
        events = events.filter(at__lt=_start_of(wanted.last + timedelta(days=1)))
    said = {name: KeyTextTransform(name, "pgh_context__metadata") for name in ("by", "reason", "note")}
    return events.order_by().values(
        "at",
        "pgh_created_at",
        "pgh_id",
        "pgh_label",
        "by",
        "stands_in_for",
        made_by=Cast(said["by"], TextField()),
        reason=Coalesce(said["reason"], said["note"], Value(""), output_field=TextField()),
        noun=Value(each.noun, CharField()),
        row_title=Cast(each.called, CharField()),
        row_key=Cast(F(each.key), CharField()),
        row_group=F(each.group),
    )


def _start_of(day: date) -> datetime:
    """When a day begins in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def told(
    person: User, rows: Sequence[dict[str, Any]], bodies: Iterable[Body], *, longest: int | None = None
) -> list[Told]:
    """The changes in words: two queries, whatever their number; texts are cut after `longest` characters.

    `bodies` are those at hand. Names are those of today; of what the person may not see, no name is told.
    """
    by_noun = {each.noun: each for each in followed()}
    pairs = _pairs(person, rows)
    wanted: dict[type[Model], set[int]] = {User: {row[who] for row in rows for who in WHO if row[who]}}
    for (noun, _), (before, after) in pairs.items():
        for field in fields_told(by_noun[noun].model):
            if field.related_model is not None and before and before[field.attname] != after[field.attname]:
                numbers = {before[field.attname], after[field.attname]} - {None}
                wanted.setdefault(field.related_model, set()).update(numbers)
    names: dict[tuple[type[Model], int], str] = {(Body, body.pk): str(body) for body in bodies}
    names |= _names(person, {model: ids - {pk for of, pk in names if of is model} for model, ids in wanted.items()})
    return [_told(row, by_noun[row["noun"]], pairs[row["noun"], row["pgh_id"]], names, longest) for row in rows]


def _told(
    row: dict[str, Any], each: Followed, pair: tuple[dict[str, Any] | None, dict[str, Any]], names: Names, longest: Any
) -> Told:
    before, after = pair
    is_new = row["pgh_label"] == "insert"
    made_by = f"The portal ({row['made_by']})" if row["made_by"] else ""
    return Told(
        at=row["at"],
        by=signed(names.get((User, row["by"]), ""), names.get((User, row["stands_in_for"]), "")) or made_by,
        reason=row["reason"],
        noun=each.noun,
        title=row["row_title"],
        url=each.url(row["row_group"], row["row_key"]) if each.url else None,
        verb="added" if is_new else "changed",
        fields=[] if is_new or not before else list(field_changes(each.model, before, after, names, longest)),
    )


def _pairs(
    person: User, rows: Sequence[dict[str, Any]]
) -> dict[tuple[str, int], tuple[dict[str, Any] | None, dict[str, Any]]]:
    """For each change what the row said before, as far as the person may see it, and what it said after."""
    arms = []
    for each in followed():
        if ids := [row["pgh_id"] for row in rows if row["noun"] == each.noun]:
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
            noun = Value(each.noun, CharField())
            arms.append(
                events.filter(pk__in=ids)
                .order_by()
                .values_list(noun, "pgh_id", Subquery(earlier, output_field=said.output_field), said)
            )
    if not arms:
        return {}
    found = reduce(lambda all_, one: all_.union(one, all=True), arms)
    return {(noun, pk): (before, after) for noun, pk, before, after in found}


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
    found = reduce(lambda all_, one: all_.union(one, all=True), arms)
    return {(models[number], pk): name for number, pk, name in found}

"""What an event says, in words: the value of each field as the portal's pages write it, names instead of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import formats, timezone
from django.utils.text import Truncator

from teams.dates import ApproximateDate, ApproximateDateField, WordingField

from .feed import QUIET

Names = Mapping[tuple[type[models.Model], int], str]

NOTHING: Final = "nothing"
# For what the reader may not see, and for what is gone.
UNNAMED: Final = "something that can’t be shown"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that changed: its name, and what it was and is."""

    label: str
    before: str
    after: str


def fields_told(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a model that are told about, in their order."""
    return [
        field
        for field in fields_recorded(model)
        if not field.primary_key and field.name not in {*QUIET, "group"} and not isinstance(field, WordingField)
    ]


def fields_recorded(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a model that its events have, in their order."""
    events: Any = model.pgh_event_model  # type: ignore[attr-defined]
    recorded = {field.attname for field in events._meta.concrete_fields}  # noqa: SLF001 - documented by Django
    return [field for field in model._meta.concrete_fields if field.attname in recorded]  # noqa: SLF001


def field_changes(
    model: type[models.Model], before: Mapping[str, Any], after: Mapping[str, Any], names: Names, longest: int | None
) -> Iterator[FieldChange]:
    """What differs between two events of a row, given as columns with JSON values; texts are cut after `longest`."""
    for field in fields_told(model):
        if before[field.attname] != after[field.attname]:
            label = str(field.verbose_name)
            yield FieldChange(
                f"{label[:1].upper()}{label[1:]}",
                *(Truncator(_word(field, row, names)).chars(longest or 10_000_000) for row in (before, after)),
            )


def _word(field: models.Field[Any, Any], row: Mapping[str, Any], names: Names) -> str:
    value = row[field.attname]
    if value in (None, "", []):
        return NOTHING
    if isinstance(field, ApproximateDateField):
        return _approximate(value, row.get(field.wording_field) or "")
    if isinstance(field, models.ForeignKey):
        return names.get((field.related_model, value), UNNAMED)
    if isinstance(field, ArrayField):
        return ", ".join(_plain(field.base_field, each) for each in value)
    return _plain(field, value)


def _plain(field: models.Field[Any, Any], value: Any) -> str:
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, models.DateTimeField):
        return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "M j, Y, g:i a T")
    if isinstance(field, models.DateField):
        return formats.date_format(date.fromisoformat(value), "F j, Y")
    return str(value)


def _approximate(value: str, wording: str) -> str:
    first, end = (date.fromisoformat(text) for text in value.strip("[)").split(","))
    return str(ApproximateDate(first, end - timedelta(days=1), wording))

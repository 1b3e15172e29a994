"""Arrows that import-linter can't see: foreign keys and many-to-many tables point downward only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db.models import Field, Model

# From top to bottom; a model may refer to its own room and to any room further down.
ROOMS = [
    "papers",
    "recommendations",
    "consultations",
    "statement",
    "library",
    "reminders",
    "meetings",
    "work",
    "history",
    "bodies",
    "notices",
    "accounts",
    "clock",
]
HOUSES = ("documents.", "milestones.", "teams.")


def references() -> Iterator[tuple[type[Model], Field]]:
    """Every field of our own models that refers to another model of ours."""
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith(HOUSES):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, Field) and field.is_relation and field.related_model is not None:
                yield model, field


def points_upward(origin: str, target: str) -> bool:
    """Whether a reference from one room to another goes up."""
    return target in ROOMS and ROOMS.index(target) < ROOMS.index(origin)


def test_every_room_stands_in_the_order() -> None:
    rooms = {config.label for config in apps.get_app_configs() if config.name.startswith(HOUSES)}
    assert rooms <= set(ROOMS)


def test_references_point_downward_only() -> None:
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"  # type: ignore[union-attr]
        for model, field in references()
        if points_upward(model._meta.app_label, field.related_model._meta.app_label)  # type: ignore[union-attr]
    ]
    assert upward == []


def test_there_are_references_to_look_at() -> None:
    assert len(list(references())) > 40


@pytest.mark.parametrize(
    ("origin", "target", "upward"),
    [("work", "statement", True), ("statement", "work", False), ("work", "work", False), ("accounts", "clock", False)],
)
def test_direction(origin: str, target: str, upward: bool) -> None:
    assert points_upward(origin, target) is upward

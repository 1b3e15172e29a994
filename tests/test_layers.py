"""Arrows that import-linter can't see: foreign keys point downward only, and rooms keep their pages to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grimp
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
    "viewing",
    "history",
    "bodies",
    "notices",
    "accounts",
    "clock",
]
HOUSES = ("documents.", "milestones.", "teams.")


def references() -> Iterator[tuple[type[Model], Field[Any, Any]]]:
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
    [
        ("work", "statement", True),
        ("statement", "work", False),
        ("work", "work", False),
        ("accounts", "clock", False),
    ],
)
def test_direction(origin: str, target: str, upward: bool) -> None:
    assert points_upward(origin, target) is upward


# What a room has for itself; other rooms take its models, selectors and services.
PRIVATE = ("views", "forms", "urls", "tasks", "admin", "exports", "middleware")


def room_of(module: str) -> str | None:
    """`milestones.work` for any module in it; None outside the rooms."""
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 and module.startswith(HOUSES) else None


def test_no_room_reaches_into_the_pages_of_another() -> None:
    graph = grimp.build_graph("ecomwg", "documents", "milestones", "teams")
    reaching = [
        f"{importer} imports {module}"
        for module in graph.modules
        if (room := room_of(module)) is not None and module.removeprefix(f"{room}.").split(".")[0] in PRIVATE
        for importer in graph.find_modules_that_directly_import(module)
        if room_of(importer) != room
    ]
    assert reaching == []

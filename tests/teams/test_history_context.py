"""Each change is recorded with who or what made it, in which request, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pghistory
import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ecomwg.celery import app
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Body
from teams.clock import selectors as clock
from teams.history.middleware import HistoryMiddleware
from teams.reasons import because, done_by, made_by
from tests import factories as make
from tests import world

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.django_db


@pytest.fixture
def milestone() -> Milestone:
    return make.milestone(make.deliverable(make.team(make.group())), title="Before")


def rename(milestone: Milestone, title: str) -> None:
    Milestone.objects.filter(pk=milestone.pk).update(title=title)


def said_of(title: str) -> dict[str, Any]:
    """What stands beside the change that gave a milestone this title."""
    events: Any = Milestone.pgh_event_model.objects  # type: ignore[attr-defined]
    context = events.get(title=title).pgh_context
    return dict(context.metadata) if context else {}


def answer(milestone: Milestone, person: User | AnonymousUser, *titles: str) -> None:
    """A request of the person in which the milestone gets these titles, the second one with a reason."""

    def view(request: HttpRequest) -> HttpResponse:
        for number, title in enumerate(titles):
            if number == 1:
                with because("the importer asked for it"):
                    rename(milestone, title)
            else:
                rename(milestone, title)
        return HttpResponse()

    request = RequestFactory().post("/somewhere/")
    request.user = person
    HistoryMiddleware(view)(request)  # type: ignore[no-untyped-call]


def test_a_request_is_recorded_with_person_path_instant_and_a_number_of_its_own(milestone: Milestone) -> None:
    person = make.person()
    answer(milestone, person, "One", "Two", "Three")
    answer(milestone, person, "Other request")
    one, two, three, other = map(said_of, ("One", "Two", "Three", "Other request"))
    assert (one["user"], one["url"]) == (person.pk, "/somewhere/")
    assert one["at"][:10] == clock.now().date().isoformat()
    assert one["request"] == two["request"] == three["request"] != other["request"]


def test_a_reason_stands_beside_its_own_changes_alone(milestone: Milestone) -> None:
    answer(milestone, make.person(), "One", "Two", "Three")
    assert [said_of(title).get("reason") for title in ("One", "Two", "Three")] == [
        None,
        "the importer asked for it",
        None,
    ]


def test_the_inner_reason_counts_and_then_the_outer_again(milestone: Milestone) -> None:
    with because("outer"):
        rename(milestone, "One")
        with because("inner"):
            rename(milestone, "Two")
        rename(milestone, "Three")
    assert [said_of(title).get("reason") for title in ("One", "Two", "Three")] == ["outer", "inner", "outer"]


def test_a_reason_is_forgotten_when_the_change_fails(milestone: Milestone) -> None:
    with pghistory.context(user=7):
        with pytest.raises(RuntimeError), because("it fails"):
            raise RuntimeError
        rename(milestone, "After")
    assert said_of("After") == {"user": 7}


def test_who_acts_and_why_are_said_together_and_forgotten_together(milestone: Milestone) -> None:
    ada, ben = make.person(), make.person()
    with pghistory.context(user=ada.pk):
        with because("Ben asked.", by=ben):
            rename(milestone, "One")
        with done_by(ben):
            rename(milestone, "Two")
        rename(milestone, "Three")
    assert [said_of(title) for title in ("One", "Two", "Three")] == [
        {"user": ben.pk, "reason": "Ben asked."},
        {"user": ben.pk},
        {"user": ada.pk},
    ]


def test_a_context_is_opened_in_one_place_alone() -> None:
    opened = {
        str(path.relative_to(ROOT))
        for house in ("teams", "milestones", "documents", "ecomwg")
        for path in (ROOT / house).rglob("*.py")
        if "pghistory.context(" in path.read_text(encoding="utf-8")
    }
    assert opened == {"teams/reasons.py"}


def test_what_no_person_does_is_recorded_with_what_does_it(milestone: Milestone) -> None:
    with made_by("sweep", at=clock.now()):
        rename(milestone, "By itself")
    said = said_of("By itself")
    assert (said["by"], "user" in said, "at" in said) == ("sweep", False, True)


def test_a_task_is_recorded_by_its_name(milestone: Milestone) -> None:
    @app.task(name="rooms.of.tests.tidy")
    def tidy() -> None:
        rename(milestone, "Tidied")

    try:
        tidy()
    finally:
        app.tasks.unregister("rooms.of.tests.tidy")
    assert said_of("Tidied")["by"] == "tidy"


def test_the_tasks_of_the_portal_run_so() -> None:
    app.loader.import_default_modules()
    for name in ("milestones.reminders.tasks.sweep", "teams.notices.tasks.send_due", "teams.history.tasks.seal"):
        app.tasks[name]()


def test_a_load_is_recorded_as_that_of_its_command() -> None:
    world.load_example()
    events: Any = Body.pgh_event_model.objects  # type: ignore[attr-defined]
    said = events.earliest("pgh_id").pgh_context.metadata
    assert (said["by"], said["note"]) == ("command load_group", "loaded from ecomwg.yaml")
    people: Any = User.pgh_event_model.objects  # type: ignore[attr-defined]
    assert not people.filter(pgh_context__isnull=True).exists()

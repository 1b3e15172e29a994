"""The sweep itself, and the forecast of what it will do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from milestones.reminders import selectors, services, sources
from milestones.reminders.models import Sweep
from milestones.work.models import Milestone
from teams.bodies.models import Body, Membership, WorkingGroup
from tests import factories
from tests.conftest import START

from .conftest import at, queued

pytestmark = pytest.mark.django_db


def test_it_notes_when_it_looked_and_what_it_wrote(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep(now=START)
    sweep = Sweep.objects.get()
    assert (sweep.shown_at, sweep.queued) == (START, 1)
    seconds = selectors.seconds_since_last_sweep()
    assert seconds is not None
    assert 0 <= seconds < 60
    assert selectors.seconds_oldest_notice_waits() == pytest.approx(0, abs=60)


def test_a_source_that_fails_stops_no_other_and_the_sweep_is_not_noted(
    owe: Callable[..., Milestone], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(now: datetime) -> Any:
        return Milestone.objects.extra(where=["no_such_column"]).values("pk")

    source = sources.Source("broken:", due=broken, coming=selectors.coming, subjects=selectors.subjects)
    monkeypatch.setattr(sources, "_sources", {"broken:": source, **sources._sources})
    owe()
    assert services.sweep() == 1
    assert not Sweep.objects.exists()
    assert "the sweep of broken: failed" in caplog.text


def test_two_sources_of_one_name_are_refused() -> None:
    source = sources.registered()[0]
    sources.register(source)
    with pytest.raises(ValueError, match="another source"):
        sources.register(sources.Source(source.name, selectors.due, selectors.coming))


# --- The forecast ---


def coming(days: int = 30) -> list[tuple[str, datetime]]:
    group = WorkingGroup.objects.get()
    rows = selectors.forecast_of(group, START, START + timedelta(days=days))
    return [(row["rule"], row["due_at"]) for row, _ in rows]


def test_it_tells_what_the_sweep_will_do(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep()
    foretold = [rule for rule, due_at in coming() if due_at < at("2018-08-19 12:00")]
    assert foretold == ["before:1", "on_the_day", "after:3", "after:14"]
    for day in range(1, 30):
        services.sweep(now=START + timedelta(days=day))
    assert [rule for _, rule in queued()][1:] == foretold


def test_what_is_queued_is_not_foretold_again(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-07-28")
    assert coming()[0] == ("before:7", at("2018-07-21 08:00"))
    services.sweep(now=at("2018-07-21 09:00"))
    assert coming()[0][0] == "before:1"


def test_whoever_will_have_left_by_then_is_not_foretold(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-07-28")
    Membership.objects.update(ended=factories.day("2018-07-28"))
    assert [rule for rule, _ in coming()] == ["before:7", "before:1"]


def test_it_ends_after_its_days(owe: Callable[..., Milestone]) -> None:
    owe()
    assert [rule for rule, _ in coming(days=7)] == ["before:1", "on_the_day"]


def test_the_morning_is_the_owners(owe: Callable[..., Milestone], team: Body) -> None:
    far = factories.member(team, factories.person(timezone="Asia/Tokyo"))
    owe(owner=far)
    assert coming()[0] == ("before:1", datetime.combine(date(2018, 7, 26), time(8), ZoneInfo("Asia/Tokyo")))

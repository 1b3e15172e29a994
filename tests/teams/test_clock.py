"""The portal's date comes from one place, which a demonstration can move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from teams.clock import selectors, services
from teams.clock.models import ClockSetting

pytestmark = pytest.mark.django_db


def test_without_a_setting_it_is_the_real_time() -> None:
    before = datetime.now(UTC)
    assert before <= selectors.now() <= datetime.now(UTC)


def test_it_runs_on_from_where_it_was_set() -> None:
    to = datetime(2018, 7, 20, 16, tzinfo=UTC)
    services.set_clock(to=to)
    first = selectors.now()
    assert timedelta(0) <= first - to < timedelta(minutes=1)
    assert selectors.now() > first


def test_it_stands_still_within_a_request() -> None:
    with services.held_still() as at:
        assert selectors.now() == at
        assert selectors.now() == at


def test_how_far_it_is_ahead_stands_still_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    to = datetime(2018, 7, 20, 16, tzinfo=UTC)
    services.set_clock(to=to)
    real = selectors.real_now()
    with services.held_still() as at:
        ahead = selectors.ahead()
        monkeypatch.setattr(selectors, "real_now", lambda: real + timedelta(hours=1))
        assert selectors.ahead() == ahead == selectors.offset()
        with services.held_still() as again:
            assert (again, selectors.ahead()) == (at, ahead)
        with services.held_still(to):
            assert selectors.ahead() == to - selectors.real_now()
    assert selectors.ahead() == selectors.offset()


def test_the_date_depends_on_the_zone() -> None:
    services.set_clock(to=datetime(2018, 7, 21, 2, tzinfo=UTC))
    assert selectors.today("America/New_York") == date(2018, 7, 20)
    assert selectors.today("Europe/Brussels") == date(2018, 7, 21)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        services.set_clock(to=datetime(2018, 7, 20))  # noqa: DTZ001


def test_it_is_set_in_a_demonstration_only(settings: Settings) -> None:
    settings.DEMONSTRATION = False
    with pytest.raises(services.NotADemonstration):
        services.set_clock(to=datetime(2018, 7, 20, tzinfo=UTC))
    with pytest.raises(CommandError, match="demonstration"):
        call_command("set_clock", "2018-07-20")
    assert not ClockSetting.objects.exists()


def test_a_setting_left_behind_moves_nothing_outside_a_demonstration(settings: Settings) -> None:
    services.set_clock(to=datetime(2018, 7, 20, tzinfo=UTC))
    settings.DEMONSTRATION = False
    assert selectors.now().year >= 2026


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2018-07-26", datetime(2018, 7, 26, 16, tzinfo=UTC)),
        ("2018-07-26T08:30", datetime(2018, 7, 26, 12, 30, tzinfo=UTC)),
        ("2018-07-26T08:30+02:00", datetime(2018, 7, 26, 6, 30, tzinfo=UTC)),
        ("2018-12-26", datetime(2018, 12, 26, 17, tzinfo=UTC)),
    ],
)
def test_the_command_takes_a_date_or_a_time(typed: str, instant: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("set_clock", typed)
    assert ClockSetting.objects.get().shown_at == instant
    assert "2018" in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["tomorrow", "2018-02-30", "2018-07-26T25:00"])
def test_the_command_names_what_it_can_not_read(typed: str) -> None:
    with pytest.raises(CommandError, match="neither a date"):
        call_command("set_clock", typed)


def test_every_page_says_which_date_the_demonstration_shows(client: Client, at_start: datetime) -> None:
    assert "July 20, 2018" in client.get("/accounts/login/").content.decode()

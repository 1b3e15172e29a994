"""Who gets a reminder while its owner is away: at the sweep, at sending time, in ledger and forecast, and on Home."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from milestones.reminders import selectors, services
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.absences import services as absences
from teams.bodies.models import Absence, Body, Membership, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice, Way
from tests import factories
from tests.conftest import START, WASHINGTON
from tests.pages import words_of

from .conftest import FIRST_DRAFT, at

pytestmark = pytest.mark.django_db
TODAY = date(2018, 7, 20)


@pytest.fixture
def jordan(team: Body) -> User:
    return factories.member(team, factories.person(name="Jordan Lee", email="jordan@example.test"))


def sent() -> list[tuple[str, str]]:
    """Rule and recipient of every reminder that went, the oldest first."""
    found = Notice.objects.filter(kind=selectors.KIND, state=Notice.State.SENT).order_by("sent_at", "id")
    return [(notice.rule, notice.recipient.name) for notice in found if notice.recipient]


def test_it_goes_to_the_stand_in_and_says_for_whom(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup
) -> None:
    owe()
    factories.absence(owner, jordan, group)
    assert services.sweep() == 1
    notice = Notice.objects.get()
    assert (notice.recipient, notice.owed_to) == (jordan, owner)
    assert notice.why == (
        "You stand in for Lead One, who owns this milestone, until August 3, 2018; "
        "the group's rule reminds 7 days before it is due."
    )
    assert notices.send_due() == 1
    mail = MailboxMessage.objects.get()
    assert mail.recipients == "jordan@example.test"
    assert mail.subject == f"Due Friday, July 27: {FIRST_DRAFT} (for Lead One)"
    for part in (mail.text, mail.html):
        assert "Lead One, who is away; you stand in" in part
    assert services.sweep() == 0


@pytest.mark.parametrize(
    ("first", "last", "to"),
    [
        ("2018-07-20", "2018-07-20", "Jordan Lee"),
        ("2018-07-10", "2018-07-20", "Jordan Lee"),
        ("2018-07-10", "2018-07-19", "Lead One"),
        ("2018-07-21", "2018-07-30", "Lead One"),
    ],
)
def test_from_the_first_day_to_the_last(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup, first: str, last: str, to: str
) -> None:
    owe()
    factories.absence(owner, jordan, group, first_day=date.fromisoformat(first), last_day=date.fromisoformat(last))
    services.sweep()
    notices.send_due()
    assert sent() == [("before:7", to)]


def test_days_are_counted_in_the_zone_of_who_is_away(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup
) -> None:
    User.objects.filter(pk=owner.pk).update(timezone="Pacific/Honolulu")
    owe()
    factories.absence(owner, jordan, group, first_day=TODAY - timedelta(days=3), last_day=TODAY - timedelta(days=1))
    services.sweep(now=at("2018-07-20 14:00"))  # 8 in the morning of July 20 in Honolulu
    assert Notice.objects.get().recipient == owner
    Notice.objects.all().delete()
    Absence.objects.update(last_day=TODAY)
    services.sweep(now=at("2018-07-21 05:59"))  # 23:59 of July 20 in Honolulu
    assert Notice.objects.get().recipient == jordan


def test_it_goes_back_at_sending_time_when_the_absence_has_ended(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup
) -> None:
    owe()
    absence = factories.absence(owner, jordan, group)
    services.sweep()
    absences.end(by=owner, absence=absence, revision=1)
    notices.send_due()
    assert sent() == [("before:7", "Lead One")]
    assert Notice.objects.get(kind=selectors.KIND).why.startswith("You own this milestone; the group's rule")
    assert services.sweep() == 0


def test_it_passes_at_sending_time_when_an_absence_has_begun(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup
) -> None:
    owe()
    services.sweep()
    factories.absence(owner, jordan, group)
    notices.send_due()
    assert sent() == [("before:7", "Jordan Lee")]
    assert Notice.objects.get().owed_to == owner


def test_to_and_fro_before_it_goes_is_one_mail(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup
) -> None:
    owe()
    for _ in range(3):
        absence = factories.absence(owner, jordan, group)
        services.sweep()
        absences.end(by=owner, absence=absence, revision=1)
        services.sweep()
    notices.send_due()
    assert sent() == [("before:7", "Lead One")]


def test_what_waits_in_the_stand_ins_digest_goes_back_by_the_owners_own_choice(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup
) -> None:
    quiet = time(7), time(18)
    notices.choose(by=jordan, ways={selectors.KIND: Way.DAILY}, quiet_hours=quiet, working_days=range(1, 8))
    owe()
    absence = factories.absence(owner, jordan, group)
    services.sweep()
    notices.send_due()
    assert sent() == []
    absences.end(by=owner, absence=absence, revision=1)
    clocks.set_clock(to=at("2018-07-21 19:00"))
    for _ in range(2):
        notices.send_due()
    assert sent() == [("before:7", "Lead One")]
    assert not MailboxMessage.objects.filter(recipients=jordan.email, subject__contains=FIRST_DRAFT).exists()
    assert not MailboxMessage.objects.filter(recipients=jordan.email, subject__contains="digest").exists()


@pytest.mark.parametrize("how", ["away too", "closed", "left"])
def test_a_stand_in_who_can_not_take_it_leaves_it_with_the_owner(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup, team: Body, how: str
) -> None:
    owe()
    factories.absence(owner, jordan, group)
    services.sweep()
    assert Notice.objects.get().recipient == jordan
    if how == "away too":
        factories.absence(jordan, factories.member(team), group)
    elif how == "closed":
        User.objects.filter(pk=jordan.pk).update(is_active=False)
    else:
        Membership.objects.filter(person=jordan).update(ended=factories.day("2018-07-20"))
    notices.send_due()
    assert sent() == [("before:7", "Lead One")]
    said = "is away too" if how == "away too" else "can't take it now"
    assert f"You own this milestone, and Jordan Lee, your stand-in, {said}" in Notice.objects.get().why


def test_an_absence_from_another_group_is_none_here(owe: Callable[..., Milestone], owner: User, jordan: User) -> None:
    owe()
    factories.absence(owner, jordan, factories.group("other"))
    services.sweep()
    assert Notice.objects.get().recipient == owner


def test_ledger_and_forecast_show_to_whom_and_for_whom(
    owe: Callable[..., Milestone],
    owner: User,
    jordan: User,
    group: WorkingGroup,
    signed_in: Callable[[User], Client],
) -> None:
    owe()
    factories.absence(owner, jordan, group, last_day=date(2018, 7, 26))
    services.sweep()
    client = signed_in(owner)
    assert "Jordan Lee for Lead One" in words_of(client.get("/groups/ecom/ledger/"))
    forecast = words_of(client.get("/groups/ecom/ledger/forecast/"))
    assert forecast.count("Jordan Lee for Lead One") == 1  # the day before; from the 27th on the owner is back
    for person in (owner, jordan):
        assert "1 notice found" in words_of(client.get("/groups/ecom/ledger/", {"person": person.pk}))


def test_home_shows_what_waits_on_the_absent_person_under_their_name(
    owe: Callable[..., Milestone],
    owner: User,
    jordan: User,
    group: WorkingGroup,
    signed_in: Callable[[User], Client],
) -> None:
    owe()
    factories.absence(owner, jordan, group)
    said = words_of(signed_in(jordan).get("/"))
    assert "You stand in for Lead One until Friday, August 3, 2018" in said
    assert f"{FIRST_DRAFT} For Lead One" in said
    assert "One thing waits on you" in said
    assert "Jordan Lee stands in for you" in words_of(signed_in(owner).get("/"))
    clocks.set_clock(to=START.replace(month=8, day=4))
    assert "Nothing waits on you." in words_of(signed_in(jordan).get("/"))


def test_the_sweep_takes_as_many_queries_whoever_is_away(
    owe: Callable[..., Milestone], owner: User, jordan: User, group: WorkingGroup, team: Body
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            services.sweep()
        return len(seen)

    owe()
    services.sweep()
    before = queries()
    for _ in range(10):
        person = factories.member(team)
        owe(owner=person)
        factories.absence(person, jordan, group)
    assert queries() == before
    assert Notice.objects.filter(recipient=jordan).count() == 10


def test_each_due_reminder_has_exactly_one_recipient_over_random_absences(
    owe: Callable[..., Milestone], owner: User, group: WorkingGroup, team: Body
) -> None:
    """Forty days, random absences that are set and ended at random: what a plain look at the days says is what goes."""
    drawn = random.Random(20_180_720)
    people = [owner, *(factories.member(team) for _ in range(5))]
    first = date(2018, 7, 1)
    clocks.set_clock(to=datetime(2018, 7, 1, 7, tzinfo=WASHINGTON))
    for person in people:
        for _ in range(2):
            owe(owner=person, due=(first + timedelta(days=drawn.randrange(8, 25))).isoformat())
    expected: dict[tuple[str, str], int] = {}
    for number in range(40):
        today = first + timedelta(days=number)
        _set_and_end(drawn, people, group, today)
        clocks.set_clock(to=datetime.combine(today, START.timetz()))
        services.sweep()
        _set_and_end(drawn, people, group, today)  # between the sweep and the sending
        for notice in Notice.objects.filter(kind=selectors.KIND, state=Notice.State.WAITING):
            assert notice.owed_to_id is not None
            expected[notice.subject_key, notice.rule] = _who(notice.owed_to_id, today)
        notices.send_due()
    went = Notice.objects.filter(kind=selectors.KIND)
    assert set(went.values_list("state", flat=True)) == {Notice.State.SENT}
    got = {(notice.subject_key, notice.rule): notice.recipient_id for notice in went}
    assert got == expected
    assert len(got) == went.count() == 2 * len(people) * 5
    assert Counter(notice.recipient_id == notice.owed_to_id for notice in went)[False] > 5


def _set_and_end(drawn: random.Random, people: list[User], group: WorkingGroup, today: date) -> None:
    """End some of the absences that hold, and let some people go away who are not."""
    for absence in Absence.objects.filter(Absence.holding(today)):
        if drawn.random() < 0.2:
            Absence.objects.filter(pk=absence.pk).update(returned_on=today)
    for person in people:
        last = today + timedelta(days=drawn.randrange(6))
        open_ones: Any = Absence.objects.filter(person=person, returned_on__isnull=True, last_day__gte=today)
        if drawn.random() < 0.15 and not open_ones.exists():
            stand_in = drawn.choice([each for each in people if each != person])
            factories.absence(person, stand_in, group, first_day=today, last_day=last)


def _who(owner: int, today: date) -> int:
    """Who gets the owner's reminder on the day, from the rows as they are."""
    away = {each.person_id: each.stand_in_id for each in Absence.objects.all() if each.is_open_on(today)}
    return away[owner] if owner in away and away[owner] not in away else owner

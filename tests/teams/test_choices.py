"""A person's notification choices, each as it takes effect in the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.clock import services as clocks
from teams.notices import kinds, selectors, services
from teams.notices.kinds import Kind, Mail, Moot
from teams.notices.models import Choice, MailboxMessage, Notice, QuietTimes, Way
from teams.notices.services import digests
from tests import factories, outbox
from tests.conftest import START, WASHINGTON

pytestmark = pytest.mark.django_db

State = Notice.State
NIGHT = (time(20), time(7))
WORKDAYS = (1, 2, 3, 4, 5)


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> Iterator[None]:
    """The demonstration's mailbox, at noon of Friday, July 20, 2018."""
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"
    with outbox.kind():
        yield


@pytest.fixture
def person() -> User:
    return factories.person(email="someone@example.test", name="Some One")


def choose(person: User, way: Way = Way.AT_ONCE, **changes: Any) -> None:
    """The person's choices: no quiet hours and every day, unless said otherwise."""
    wanted = {"ways": {outbox.KIND: way}, "quiet_hours": None, "working_days": range(1, 8), **changes}
    services.choose(by=person, **wanted)


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def owe(*people: User, due: str = "2018-07-20 08:00", **columns: Any) -> None:
    """Queue a notice that was due then, as found on the portal's clock."""
    outbox.owe(*people, due_at=at(due), **columns)


def send(moment: str) -> int:
    """What the sender sends at that moment in Washington."""
    clocks.set_clock(to=at(moment))
    return services.send_due()


def only() -> Notice:
    """The only notice that is no digest."""
    return Notice.objects.exclude(kind="digest").get()


# --- Ways ---


def test_without_a_choice_it_goes_at_once_and_nothing_is_written_down(person: User) -> None:
    assert selectors.ways_of(person)[outbox.KIND] == Way.AT_ONCE
    choose(person)
    assert not Choice.objects.exists()
    assert not QuietTimes.objects.exists()
    owe(person)
    assert (only().way, only().held_until) == (Way.AT_ONCE, None)
    assert services.send_due() == 1


def test_what_is_switched_off_is_never_mailed_and_the_ledger_says_why(person: User) -> None:
    choose(person, Way.OFF)
    owe(person)
    assert services.send_due() == 0
    assert (only().state, only().remark) == (State.OFF, "Switched off by the person’s own choice.")
    choose(person, Way.AT_ONCE)
    assert services.send_due() == 0


def test_one_kind_off_leaves_another_kind_and_another_person(person: User) -> None:
    choose(person, Way.OFF)
    owe(person, factories.person(), subject_key="thing:1")
    owe(person, kind="unlike", subject_key="thing:2")
    kinds.register(Kind("unlike", outbox.compose))
    try:
        assert services.send_due() == 2
    finally:
        del kinds._kinds["unlike"]


def test_a_kind_that_may_not_be_off_comes_whatever_is_written(person: User) -> None:
    kinds._kinds["escalation"] = Kind("escalation", outbox.compose, "Escalations", ways=(Way.AT_ONCE, Way.WEEKLY))
    try:
        with pytest.raises(ValidationError):
            services.choose(by=person, ways={"escalation": Way.OFF}, quiet_hours=None, working_days=range(1, 8))
        Choice.objects.create(person=person, kind="escalation", way=Way.OFF)
        owe(person, kind="escalation")
        assert services.send_due() == 1
        services.least(person=person, names=["escalation"])
        assert selectors.ways_of(person)["escalation"] == Way.WEEKLY
    finally:
        del kinds._kinds["escalation"]


def test_a_kind_has_its_usual_way_until_the_person_says_otherwise(person: User) -> None:
    kinds._kinds["news"] = Kind("news", outbox.compose, "News", ways=tuple(Way), usual=Way.DAILY)
    try:
        owe(person, kind="news")
        assert only().way == Way.DAILY
        services.choose(by=person, ways={"news": Way.AT_ONCE}, quiet_hours=None, working_days=range(1, 8))
        assert only().way == Way.AT_ONCE
    finally:
        del kinds._kinds["news"]


def test_a_usual_way_is_one_that_may_be_chosen() -> None:
    with pytest.raises(ValueError, match="usual"):
        Kind("odd", outbox.compose, usual=Way.DAILY)
    with pytest.raises(ValueError, match="digest"):
        kinds.register(Kind("digest", outbox.compose))


@pytest.mark.parametrize(
    "changes",
    [
        {"ways": {"nothing": Way.OFF}},
        {"working_days": ()},
        {"working_days": (0, 1)},
        {"working_days": (8,)},
        {"quiet_hours": (time(8), time(8))},
    ],
)
def test_what_cannot_be_is_refused(person: User, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        choose(person, **changes)
    assert not Choice.objects.exists()
    assert not QuietTimes.objects.exists()


@pytest.mark.parametrize(
    "row", [{"starts": time(8)}, {"starts": time(8), "ends": time(8)}, {"working_days": []}, {"working_days": [9]}]
)
def test_the_database_refuses_what_the_service_refuses(person: User, row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        QuietTimes.objects.create(person=person, **row)


# --- Quiet hours and working days ---


@pytest.mark.parametrize(
    ("hours", "days", "due", "goes"),
    [
        (NIGHT, WORKDAYS, "2018-07-18 19:59", None),
        (NIGHT, WORKDAYS, "2018-07-18 20:00", "2018-07-19 07:00"),
        (NIGHT, WORKDAYS, "2018-07-19 06:59", "2018-07-19 07:00"),
        (NIGHT, WORKDAYS, "2018-07-19 07:00", None),
        (NIGHT, WORKDAYS, "2018-07-20 21:00", "2018-07-23 08:00"),
        (NIGHT, WORKDAYS, "2018-07-21 12:00", "2018-07-23 08:00"),
        (None, WORKDAYS, "2018-07-22 23:59", "2018-07-23 08:00"),
        (None, WORKDAYS, "2018-07-23 00:00", None),
        ((time(12), time(13)), (1, 2, 3, 4, 5, 6, 7), "2018-07-18 12:30", "2018-07-18 13:00"),
        ((time(6), time(10)), WORKDAYS, "2018-07-21 09:00", "2018-07-23 10:00"),
        ((time(22), time(9)), (2,), "2018-07-18 12:00", "2018-07-24 09:00"),
        # All of the day but one hour is quiet.
        ((time(8), time(7)), (1, 2, 3, 4, 5, 6, 7), "2018-07-18 08:00", "2018-07-19 07:00"),
        ((time(8), time(7)), (1,), "2018-07-18 07:30", "2018-07-23 07:00"),
        # The clocks go forward over 02:30, and back over 01:30.
        ((time(0), time(2, 30)), (1, 2, 3, 4, 5, 6, 7), "2019-03-10 01:00", "2019-03-10 03:30"),
        ((time(0), time(1, 30)), (1, 2, 3, 4, 5, 6, 7), "2018-11-04 00:30", "2018-11-04 01:30"),
    ],
)
def test_what_falls_into_quiet_time_waits_until_it_ends(
    person: User, hours: tuple[time, time] | None, days: Sequence[int], due: str, goes: str | None
) -> None:
    choose(person, quiet_hours=hours, working_days=days)
    outbox.owe(person, due_at=at(due), now=at(due))
    held = only().held_until
    if goes == "2018-11-04 01:30":  # which is there twice
        assert held is not None
        assert held.astimezone(WASHINGTON).strftime("%Y-%m-%d %H:%M") == goes
    else:
        assert held == (at(goes) if goes else None)


def test_it_goes_when_quiet_time_ends_and_no_sooner(person: User) -> None:
    choose(person, quiet_hours=NIGHT, working_days=WORKDAYS)
    outbox.owe(person, due_at=at("2018-07-20 21:00"), now=at("2018-07-20 21:00"))
    assert send("2018-07-20 21:00") == 0
    assert send("2018-07-23 07:59") == 0
    assert selectors.oldest_wait(at("2018-07-23 07:59")) == 0
    assert send("2018-07-23 08:00") == 1


def test_the_hours_are_those_of_the_persons_zone(person: User) -> None:
    accounts.change_profile(by=person, name="Some One", timezone="Pacific/Honolulu")
    choose(person, quiet_hours=NIGHT)
    outbox.owe(person, due_at=at("2018-07-20 08:00"))  # 02:00 there, now 06:00
    assert only().held_until == at("2018-07-20 13:00")


def test_moving_to_another_zone_concerns_what_waits(person: User) -> None:
    choose(person, quiet_hours=(time(11), time(14)))
    owe(person, due="2018-07-20 11:59")
    assert only().held_until == at("2018-07-20 14:00")
    accounts.change_profile(by=person, name="Some One", timezone="Pacific/Honolulu")
    assert only().held_until is None
    assert services.send_due() == 1


def test_a_zone_that_the_database_does_not_know_stops_nobody(person: User) -> None:
    choose(person, quiet_hours=NIGHT)
    User.objects.filter(pk=person.pk).update(timezone="Mars/Olympus")
    outbox.owe(person, due_at=at("2018-07-20 21:00"), now=at("2018-07-20 21:00"))
    assert only().held_until == at("2018-07-21 07:00")


def test_what_was_late_and_falls_into_quiet_time_meanwhile_waits_on(person: User) -> None:
    choose(person, quiet_hours=NIGHT)
    owe(person)
    assert send("2018-07-20 23:00") == 0
    assert only().held_until == at("2018-07-21 07:00")
    assert send("2018-07-21 07:00") == 1


def test_what_would_be_useless_by_then_goes_before(person: User) -> None:
    choose(person, quiet_hours=NIGHT)
    due = at("2018-07-20 21:00")
    outbox.owe(person, due_at=due, now=due, useless_after=at("2018-07-21 07:59"))
    assert only().held_until is None
    assert send("2018-07-20 21:00") == 1


# --- Choosing while something waits ---


def test_a_change_concerns_what_waits_at_once(person: User) -> None:
    owe(person, due="2018-07-20 11:00")
    choose(person, Way.DAILY)
    assert services.send_due() == 0
    assert (only().state, only().held_until) == (State.WAITING, at("2018-07-21 08:30"))
    choose(person, Way.OFF)
    assert only().state == State.OFF


def test_quiet_hours_that_are_taken_back_let_it_go(person: User) -> None:
    choose(person, quiet_hours=(time(11), time(14)))
    owe(person, due="2018-07-20 11:59")
    assert services.send_due() == 0
    choose(person)
    assert services.send_due() == 1


def test_what_is_written_by_an_older_choice_goes_by_the_newer(person: User) -> None:
    """As when a sweep reads the choices just before they change."""
    owe(person)
    Choice.objects.create(person=person, kind=outbox.KIND, way=Way.OFF)
    assert services.send_due() == 0
    assert only().state == State.OFF


def test_a_choice_stands_in_the_history_and_the_same_again_does_not(person: User) -> None:
    choose(person, Way.DAILY, quiet_hours=NIGHT)
    choose(person, Way.DAILY, quiet_hours=NIGHT)
    choose(person, Way.OFF, quiet_hours=NIGHT)
    ways = list(Choice.pgh_event_model.objects.order_by("pgh_id").values_list("way", flat=True))  # type: ignore[attr-defined]
    assert ways == [Way.DAILY, Way.OFF]
    assert QuietTimes.pgh_event_model.objects.count() == 1  # type: ignore[attr-defined]


# --- Digests ---


def test_a_daily_digest_is_one_mail_with_all_that_was_due_in_order(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, subject_key="thing:2", due="2018-07-20 11:00")
    owe(person, subject_key="thing:1", due="2018-07-20 10:00")
    assert {notice.held_until for notice in Notice.objects.all()} == {at("2018-07-21 08:30")}
    assert send("2018-07-21 08:29") == 0
    assert send("2018-07-21 08:30") == 1
    mail = MailboxMessage.objects.get()
    assert (mail.subject, mail.recipients) == ("Daily digest of July 21, 2018: 2 notices", person.email)
    assert mail.text.index("About thing:1") < mail.text.index("About thing:2")
    digest = Notice.objects.get(kind="digest")
    assert mail.message_id == f"<notice-{digest.pk}.1@portal.example>"
    for item in Notice.objects.exclude(kind="digest"):
        assert (item.state, item.digest, item.remark, item.address, item.message_id) == (
            State.SENT,
            digest,
            "In the daily digest of July 21, 2018.",
            person.email,
            mail.message_id,
        )
        assert item.sent_at is not None
        assert item.subject == f"About {item.subject_key}"
    assert send("2018-07-21 12:00") == 0


def test_what_is_due_at_eight_is_in_the_digest_of_its_own_day(person: User) -> None:
    choose(person, Way.DAILY)
    outbox.owe(person, due_at=at("2018-07-21 08:00"), now=at("2018-07-21 08:00"))
    assert only().held_until == at("2018-07-21 08:30")


def test_a_digest_missed_goes_as_soon_as_it_can(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, due="2018-07-20 08:00")  # found at noon, since the portal was away
    assert services.send_due() == 1
    assert "Daily digest of July 20, 2018" in MailboxMessage.objects.get().subject


def test_what_comes_after_the_digest_of_the_day_goes_in_the_next(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, subject_key="thing:1")
    services.send_due()
    owe(person, subject_key="thing:2")
    assert services.send_due() == 0
    late = Notice.objects.get(subject_key="thing:2")
    assert (late.state, late.held_until) == (State.WAITING, at("2018-07-21 08:30"))
    assert send("2018-07-21 08:30") == 1
    assert MailboxMessage.objects.count() == 2


def test_the_database_refuses_a_second_digest_of_a_period(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person)
    services.send_due()
    digest = Notice.objects.get(kind="digest")
    digest.pk = None
    with pytest.raises(IntegrityError, match="notice_once"), transaction.atomic():
        digest.save(force_insert=True)


@pytest.mark.parametrize(
    ("days", "due", "goes"),
    [
        (WORKDAYS, "2018-07-20 12:00", "2018-07-23 08:30"),
        (WORKDAYS, "2018-07-23 08:00", "2018-07-23 08:30"),
        (WORKDAYS, "2018-07-23 09:00", "2018-07-30 08:30"),
        ((3, 4), "2018-07-20 12:00", "2018-07-25 08:30"),
        ((3, 4), "2018-07-26 08:00", "2018-08-01 08:30"),
    ],
)
def test_a_weekly_digest_comes_on_the_first_working_day(person: User, days: Sequence[int], due: str, goes: str) -> None:
    choose(person, Way.WEEKLY, working_days=days)
    outbox.owe(person, due_at=at(due), now=at(due))
    assert only().held_until == at(goes)


def test_a_daily_digest_comes_on_working_days_and_after_quiet_hours(person: User) -> None:
    choose(person, Way.DAILY, working_days=WORKDAYS, quiet_hours=(time(18), time(10)))
    owe(person, due="2018-07-20 12:00")
    assert only().held_until == at("2018-07-23 10:00")
    assert send("2018-07-23 09:59") == 0
    assert send("2018-07-23 10:00") == 1


def test_what_a_digest_would_bring_too_late_goes_alone(person: User) -> None:
    choose(person, Way.WEEKLY)
    owe(person, due="2018-07-20 12:00", useless_after=at("2018-07-22 12:00"))
    assert (only().way, only().held_until) == (Way.AT_ONCE, None)
    assert services.send_due() == 1
    assert not Notice.objects.filter(kind="digest").exists()


def moot_or_faulty(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """Things whose names end so are moot, or can't be composed."""
    if any(notice.subject_key.endswith("broken") for notice in batch):
        raise KeyError("title")
    composed = outbox.compose(batch, now)
    return {
        notice.pk: Moot("It was accepted.") if notice.subject_key.endswith("moot") else composed[notice.pk]
        for notice in batch
    }


@pytest.fixture
def choosy() -> None:
    kind = kinds.find(outbox.KIND)
    assert kind is not None
    kinds._kinds[outbox.KIND] = Kind(kind.name, moot_or_faulty, kind.title, ways=kind.ways)


def test_each_item_is_looked_at_again_and_the_moot_are_left_out_with_their_reason(person: User, choosy: None) -> None:
    choose(person, Way.DAILY)
    for name in ("thing:1", "thing:moot", "thing:broken"):
        owe(person, subject_key=name)
    assert services.send_due() == 1
    assert MailboxMessage.objects.get().subject.endswith(": 1 notice")
    left = dict(Notice.objects.exclude(kind="digest").values_list("subject_key", "state"))
    assert left == {"thing:1": State.SENT, "thing:moot": State.SKIPPED, "thing:broken": State.WAITING}
    assert Notice.objects.get(subject_key="thing:moot").remark == "It was accepted."
    assert Notice.objects.get(subject_key="thing:broken").remark == "It could not be composed: KeyError"
    services.send_due()
    assert Notice.objects.get(subject_key="thing:broken").held_until == at("2018-07-21 08:30")


def test_an_empty_digest_is_not_sent(person: User, choosy: None) -> None:
    choose(person, Way.DAILY)
    owe(person, subject_key="thing:moot")
    assert services.send_due() == 0
    assert not MailboxMessage.objects.exists()
    assert only().state == State.SKIPPED
    digest = Notice.objects.get(kind="digest")
    assert (digest.state, digest.remark) == (State.SKIPPED, "Nothing that was to be in it need be told any more.")


def test_a_person_whose_account_is_closed_gets_no_digest(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person)
    User.objects.update(is_active=False)
    assert services.send_due() == 0
    assert (only().state, only().remark) == (State.SKIPPED, "The person's account is closed.")
    assert Notice.objects.get(kind="digest").state == State.SKIPPED


def test_two_people_get_a_digest_each_of_their_own(person: User) -> None:
    other = factories.person()
    choose(person, Way.DAILY)
    choose(other, Way.WEEKLY)
    owe(person, other)
    assert services.send_due() == 1
    assert MailboxMessage.objects.get().recipients == person.email
    assert send("2018-07-23 08:30") == 1
    assert MailboxMessage.objects.latest("pk").recipients == other.email


def digest_and_items(*people: User, items: int = 3) -> None:
    for person in people:
        choose(person, Way.DAILY)
    for number in range(items):
        owe(*people, subject_key=f"thing:{number}")


def test_the_number_of_statements_does_not_grow_with_the_items(person: User) -> None:
    counts = []
    for items in (1, 30):
        Notice.objects.update(digest=None)
        Notice.objects.all().delete()
        digest_and_items(person, items=items)
        with CaptureQueriesContext(connection) as queries:
            assert services.send_due() == 1
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_batch_of_digests_is_gathered_and_composed_with_the_same_number_of_statements() -> None:
    counts = []
    for number in (1, 20):
        Notice.objects.all().delete()
        digest_and_items(*[factories.person(password=None) for _ in range(number)])
        with CaptureQueriesContext(connection) as queries:
            services.gather(now=START)
            batch = list(Notice.objects.filter(kind="digest"))
            assert len(digests.contents_of(batch, START)) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_queueing_by_choices_takes_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    people = [factories.person(password=None) for _ in range(4)]
    for person, way in zip(people, Way, strict=True):
        choose(person, way, quiet_hours=NIGHT)
    with django_assert_num_queries(1):
        assert outbox.owe(*people) == 4


# --- A digest whose sending goes wrong ---


def abandoned(person: User, *, arrived: bool) -> None:
    """A digest whose sender died while the mail server had the word."""
    digest_and_items(person)
    services.gather(now=START)
    digest = Notice.objects.get(kind="digest")
    Notice.objects.exclude(kind="digest").update(digest=digest, message_id=services.message_id_of(digest))
    past = START - timedelta(days=3000)
    Notice.objects.filter(pk=digest.pk).update(
        state=State.SENDING,
        claimed_by=uuid.uuid4(),
        message_id=services.message_id_of(digest),
        handed_over_at=past,
        lease_ends_at=past,
    )
    if arrived:
        MailboxMessage.objects.create(
            message_id=services.message_id_of(digest), sender="a", recipients="b", subject="c", arrived_at=START
        )


def test_a_digest_in_doubt_that_arrived_counts_as_sent_with_all_in_it(person: User) -> None:
    abandoned(person, arrived=True)
    assert services.send_due() == 0
    assert set(outbox.states()) == {State.SENT}


def test_a_digest_in_doubt_that_did_not_arrive_is_composed_anew_under_its_message_id(person: User) -> None:
    abandoned(person, arrived=False)
    assert services.send_due() == 1
    assert set(outbox.states()) == {State.SENT}
    digest = Notice.objects.get(kind="digest")
    assert MailboxMessage.objects.get().message_id == services.message_id_of(digest)


def test_where_the_server_cannot_be_asked_a_digest_in_doubt_is_uncertain_with_all_in_it(
    person: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    abandoned(person, arrived=False)
    assert services.send_due() == 0
    assert set(outbox.states()) == {State.UNCERTAIN}


def test_a_digest_refused_for_good_fails_with_all_in_it(person: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    with outbox.Sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        sink.answer_to_everyone = "550 no such user"
        digest_and_items(person)
        assert services.send_due() == 0
    assert set(outbox.states()) == {State.FAILED}


def test_a_digest_refused_for_now_lets_its_items_go_by_a_newer_choice(person: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    with outbox.Sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        sink.answer_to_everyone = "450 later"
        digest_and_items(person)
        assert services.send_due() == 0
        assert set(outbox.states()) == {State.WAITING}
        assert not Notice.objects.filter(digest__isnull=False).exists()
        sink.answer_to_everyone = ""
        choose(person, Way.AT_ONCE)
        assert services.send_due() == 3
        assert {str(message["Subject"]) for message in sink.messages} == {f"About thing:{n}" for n in range(3)}


def test_a_choice_made_while_a_digest_is_composed_counts(person: User) -> None:
    """The person switches off in the moment between composing and handing over: nothing is told, nothing is lost."""
    digest_and_items(person)

    def meanwhile(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
        choose(person, Way.OFF)
        return outbox.compose(batch, now)

    kinds._kinds[outbox.KIND] = Kind(outbox.KIND, meanwhile, "Notices of tests", ways=tuple(Way))
    assert services.send_due() == 0
    assert not MailboxMessage.objects.exists()
    assert set(Notice.objects.exclude(kind="digest").values_list("state", flat=True)) == {State.OFF}
    assert Notice.objects.get(kind="digest").state == State.SKIPPED

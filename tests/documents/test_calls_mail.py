"""The mail that a call for consensus owes: the asking at once, reminders of it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from documents.statement import selectors, services
from documents.statement.models import Draft, DraftClause, Position, Proposal
from milestones.reminders import services as reminders
from milestones.reminders.models import ReminderRule
from teams.accounts.models import User
from teams.bodies.absences import services as absences
from teams.bodies.models import BodyState, Membership, Role, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice, Way
from tests import factories as make
from tests import outbox
from tests.conftest import WASHINGTON
from tests.pages import words_of

pytestmark = pytest.mark.django_db
AGREE, OBJECT = Position.Stand.AGREE, Position.Stand.OBJECT
SignIn = Callable[[User], Client]
Propose = Callable[..., Proposal]
SUBJECT = "Version 1.1 of the statement of work"


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    reminders.set_default_rules(group=made)
    make.statement(make.root(made), ("1.0", "2018-03", [("1", "Maps", "Draw maps.")]))
    return made


@pytest.fixture
def admin() -> User:
    return make.person(name="Ada", is_site_admin=True)


@pytest.fixture
def other_admin() -> User:
    return make.person(name="Otto", is_site_admin=True)


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Cleo", email="cleo@example.test"), role=Role.CHAIR)


@pytest.fixture
def reviewer(group: WorkingGroup) -> User:
    person = make.person(name="Ray", email="ray@example.test", government=True)
    return make.member(make.root(group), person, role=Role.REVIEWER)


@pytest.fixture
def member(group: WorkingGroup) -> User:
    return make.member(make.team(group), make.person(name="Mel", email="mel@example.test"))


@pytest.fixture
def propose(group: WorkingGroup, admin: User) -> Propose:
    """Makes a draft that changes a clause, and proposes it, with answers asked until August 3, 2018."""
    draft = services.start_draft(by=admin, statement=group.statements.get(), title="Say what maps show")
    row = DraftClause.objects.get(draft=draft)
    services.edit_clause(by=admin, clause=row, heading="Maps", text="Draw maps of each step.", seen_revision=1)

    def make_it(closes_on: str = "2018-08-03") -> Proposal:
        return services.propose(
            by=admin,
            draft=Draft.objects.get(pk=draft.pk),
            number="1.1",
            summary="Maps of each <step>.",
            closes_on=date.fromisoformat(closes_on),
            effective_on=date(2018, 9, 15),
        )

    return make_it


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def move_clock(text: str) -> None:
    """Set the clock, look for what is due, and send it."""
    clocks.set_clock(to=at(text))
    reminders.sweep()
    notices.send_due()


def owed() -> list[tuple[str, str, str]]:
    """Kind, rule and recipient of every notice, the oldest first."""
    found = Notice.objects.select_related("recipient").order_by("id")
    return [(each.kind, each.rule, each.recipient.name) for each in found if each.recipient]


def reminded() -> list[tuple[str, str]]:
    """Rule and recipient of every reminder that went, the oldest first."""
    sent = Notice.objects.filter(kind=selectors.REMINDER, state=Notice.State.SENT).select_related("recipient")
    return [(each.rule, each.recipient.name) for each in sent.order_by("due_at", "recipient__name") if each.recipient]


def remark_of(kind: str, person: User) -> str:
    """State and remark of the person's only notice of a kind after the sender ran."""
    notices.send_due()
    notice = Notice.objects.get(kind=kind, owed_to=person)
    assert notice.state == Notice.State.SKIPPED
    return notice.remark


def answer(person: User, proposal: Proposal, role: str, stand: str = AGREE, reason: str = "") -> None:
    services.take_position(by=person, proposal=proposal, role=role, stand=stand, reason=reason)


# --- The asking ---


def test_each_who_is_asked_gets_a_mail_at_once(propose: Propose, chair: User, reviewer: User, member: User) -> None:
    proposal = propose()
    assert sorted(owed()) == [("proposal_asked", "asked", "Cleo"), ("proposal_asked", "asked", "Ray")]
    assert reminders.sweep() == 0
    assert notices.send_due() == 2
    mail = MailboxMessage.objects.get(recipients="cleo@example.test")
    assert mail.subject == f"Please agree or object by Friday, August 3: {SUBJECT}"
    for part in (mail.text, mail.html):
        assert "Friday, August 3, 2018 (2 weeks left)" in part
        assert f"https://portal.example{proposal.get_absolute_url()}" in part
        assert "September 15, 2018" in part
        assert "Ada on July 20, 2018" in part
        assert "You are asked as the chair." in part
    assert "Maps of each <step>." in mail.text
    assert "Maps of each &lt;step&gt;." in mail.html
    assert "You are asked as CBP's reviewer." in MailboxMessage.objects.get(recipients="ray@example.test").text


def test_it_is_written_with_the_proposal_or_not_at_all(propose: Propose, chair: User) -> None:
    with pytest.raises(services.Refused):
        propose(closes_on="2018-07-19")
    assert not Notice.objects.exists()


def test_nobody_is_asked_whose_account_is_closed(propose: Propose, chair: User, reviewer: User) -> None:
    User.objects.filter(pk=chair.pk).update(is_active=False)
    propose()
    assert [name for *_, name in owed()] == ["Ray"]


def test_who_becomes_chair_later_is_asked_then(
    propose: Propose, reviewer: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    propose()
    late = make.person(name="Late")
    make.member(make.root(group), late, role=Role.CHAIR, started=make.day("2018-07-30"))
    forecast = words_of(signed_in(make.person(is_site_admin=True)).get("/groups/ecom/ledger/forecast/"))
    assert "Late You are asked as the chair." in forecast
    move_clock("2018-07-30 07:59")
    assert "Late" not in [name for *_, name in owed()]
    move_clock("2018-07-30 08:00")
    assert [row for row in owed() if row[2] == "Late"] == [("proposal_asked", "asked", "Late")]
    move_clock("2018-08-03 09:00")
    assert [rule for rule, name in reminded() if name == "Late"] == ["on_the_day"]


def test_who_holds_both_roles_is_asked_once(propose: Propose, reviewer: User, group: WorkingGroup) -> None:
    make.member(make.root(group), reviewer, role=Role.CHAIR)
    propose()
    assert len(owed()) == 1
    move_clock("2018-07-27 09:00")
    assert reminded() == [("before:7", "Ray")]


# --- Reminders ---


def test_reminders_go_by_the_groups_rules_at_eight_in_its_time_zone(
    propose: Propose, chair: User, reviewer: User, group: WorkingGroup
) -> None:
    proposal = propose()
    move_clock("2018-07-27 07:59")
    assert reminded() == []
    move_clock("2018-07-27 08:00")
    assert reminded() == [("before:7", "Cleo"), ("before:7", "Ray")]
    mail = MailboxMessage.objects.filter(recipients="cleo@example.test").latest("pk")
    assert mail.subject == f"Your answer is asked by Friday, August 3: {SUBJECT}"
    assert "You are asked as the chair; the group's rule reminds 7 days before it is due." in mail.text
    answer(chair, proposal, Role.CHAIR)
    for day in ("2018-08-02", "2018-08-03", "2018-08-06", "2018-08-17", "2018-08-30"):
        move_clock(f"{day} 09:00")
    assert [rule for rule, name in reminded() if name == "Ray"] == [
        "before:7",
        "before:1",
        "on_the_day",
        "after:3",
        "after:14",
    ]
    assert [rule for rule, name in reminded() if name == "Cleo"] == ["before:7"]
    subjects = MailboxMessage.objects.filter(recipients="ray@example.test").order_by("pk")
    assert [each.subject.removesuffix(f": {SUBJECT}") for each in subjects] == [
        "Please agree or object by Friday, August 3",
        "Your answer is asked by Friday, August 3",
        "Your answer is asked by Friday, August 3",
        "Your answer is asked today, August 3",
        "Your answer is late since August 3",
        "Your answer is late since August 3",
    ]


def test_eight_o_clock_is_the_groups_wherever_the_person_is(propose: Propose, chair: User, group: WorkingGroup) -> None:
    User.objects.filter(pk=chair.pk).update(timezone="Asia/Tokyo")
    WorkingGroup.objects.update(timezone="Pacific/Honolulu")
    propose()
    move_clock("2018-07-27 13:59")
    assert reminded() == []
    move_clock("2018-07-27 14:00")
    assert reminded() == [("before:7", "Cleo")]
    mail = MailboxMessage.objects.latest("pk")
    assert "Friday, August 3, 2018 (7 days left)" in mail.text
    assert "Days are counted on the date of the group, in Pacific/Honolulu." in mail.text


def test_what_was_due_before_the_proposal_is_not_reminded_of(propose: Propose, chair: User) -> None:
    propose(closes_on="2018-07-25")
    move_clock("2018-07-20 13:00")
    assert reminded() == []
    move_clock("2018-07-24 09:00")
    assert reminded() == [("before:1", "Cleo")]


def test_missed_ticks_are_caught_up_with_the_latest_alone(propose: Propose, chair: User) -> None:
    propose()
    move_clock("2018-08-04 12:00")
    assert reminded() == [("on_the_day", "Cleo")]
    assert reminders.sweep() == 0


def test_a_moved_closing_date_tells_at_once_and_is_counted_anew(propose: Propose, chair: User, admin: User) -> None:
    proposal = propose()
    move_clock("2018-08-02 09:00")
    services.extend(by=admin, proposal=proposal, closes_on=date(2018, 8, 10), effective_on=date(2018, 9, 15))
    notices.send_due()
    mail = MailboxMessage.objects.latest("pk")
    assert mail.subject == f"New dates: please agree or object by Friday, August 10: {SUBJECT}"
    move_clock("2018-08-03 07:00")
    assert reminded() == [("before:1", "Cleo")]
    move_clock("2018-08-03 09:00")
    assert reminded() == [("before:1", "Cleo"), ("before:7", "Cleo")]
    assert list(Notice.objects.order_by("id").values_list("rule", "revision")) == [
        ("asked", 1),
        ("before:1", 1),
        ("asked", 2),
        ("before:7", 2),
    ]


def test_the_sweep_takes_as_many_queries_whatever_is_proposed(admin: User) -> None:
    def queries(groups: int) -> int:
        for _ in range(groups):
            of = make.group()
            reminders.set_default_rules(group=of)
            (version,) = make.statement(make.root(of), ("1.0", "2018-03", [("1", "Maps", "Draw maps.")]))
            for _ in range(3):
                make.member(make.root(of), role=Role.CHAIR)
            draft = services.start_draft(by=admin, statement=version.statement, title="More")
            row = DraftClause.objects.get(draft=draft)
            services.edit_clause(by=admin, clause=row, heading="Maps", text="Other.", seen_revision=1)
            dates = {"closes_on": date(2018, 7, 21), "effective_on": date(2018, 8, 1)}
            services.propose(by=admin, draft=draft, number="2", summary="", **dates)
        with CaptureQueriesContext(connection) as seen:
            reminders.sweep(now=at("2018-07-21 09:00"))
        return len(seen)

    reminders.sweep()  # the first of all has a row to make
    one = queries(1)
    assert queries(5) == one
    assert Notice.objects.filter(kind=selectors.REMINDER).count() == 6 * 3


# --- When it need not go any more ---


@pytest.mark.parametrize(
    ("what", "remark"),
    [
        ("answered", "It was answered."),
        ("withdrawn", "The proposal was withdrawn."),
        ("moved", "The closing date was moved to August 20, 2018."),
        ("ended", "The person is not asked any more: they are neither chair nor CBP's reviewer now."),
        ("no rule", "The group's rules no longer ask for it, or the group stands still."),
        ("hiatus", "The group's rules no longer ask for it, or the group stands still."),
    ],
)
def test_a_reminder_that_holds_no_more_is_skipped_in_sight(
    propose: Propose, chair: User, admin: User, group: WorkingGroup, what: str, remark: str
) -> None:
    proposal = propose()
    notices.send_due()
    clocks.set_clock(to=at("2018-07-27 09:00"))
    reminders.sweep()
    match what:
        case "answered":
            answer(chair, proposal, Role.CHAIR, OBJECT, "Which steps?")
        case "withdrawn":
            services.withdraw(by=admin, proposal=proposal, reason="One more change.")
        case "moved":
            services.extend(by=admin, proposal=proposal, closes_on=date(2018, 8, 20), effective_on=date(2018, 9, 15))
        case "ended":
            Membership.objects.filter(person=chair).update(ended=make.day("2018-07-27"))
        case "no rule":
            ReminderRule.objects.all().delete()
        case "hiatus":
            BodyState.objects.create(body=make.root(group), state="hiatus", started=make.day("2018-07-27"))
    assert remark_of(selectors.REMINDER, chair) == remark


def test_an_asking_that_waits_is_skipped_once_it_was_answered(propose: Propose, chair: User) -> None:
    answer(chair, propose(), Role.CHAIR)
    assert remark_of(selectors.ASKING, chair) == "It was answered."


def test_an_adopted_version_is_asked_of_nobody(
    propose: Propose, chair: User, reviewer: User, group: WorkingGroup, other_admin: User
) -> None:
    second = make.member(make.root(group), make.person(name="Second"), role=Role.CHAIR)
    proposal = propose()
    answer(chair, proposal, Role.CHAIR)
    answer(reviewer, proposal, Role.REVIEWER)
    services.adopt(by=other_admin, proposal=proposal)
    assert remark_of(selectors.ASKING, second) == "Version 1.1 was adopted."
    move_clock("2018-08-03 09:00")
    assert reminded() == []


def test_a_body_that_stands_still_asks_nobody(propose: Propose, chair: User, group: WorkingGroup) -> None:
    BodyState.objects.create(body=make.root(group), state="hiatus", started=make.day("2018-07-19"))
    propose()
    assert owed() == []
    move_clock("2018-07-27 09:00")
    assert owed() == []


def test_a_batch_is_composed_with_the_same_number_of_queries(propose: Propose, group: WorkingGroup) -> None:
    for _ in range(6):
        make.member(make.root(group), role=Role.CHAIR)
    propose()
    batch = list(Notice.objects.all())
    counts = []
    for part in (batch[:1], batch):
        with CaptureQueriesContext(connection) as queries:
            notices.compose(part, at("2018-07-20 12:00"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Who stands in ---


@pytest.fixture
def jordan(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Jordan", email="jordan@example.test"))


def test_it_goes_to_the_stand_in_to_whom_the_role_is_lent(
    propose: Propose, chair: User, jordan: User, group: WorkingGroup
) -> None:
    make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    proposal = propose()
    notice = Notice.objects.get()
    assert (notice.recipient, notice.owed_to) == (jordan, chair)
    notices.send_due()
    mail = MailboxMessage.objects.get()
    assert mail.recipients == "jordan@example.test"
    assert mail.subject == f"Please agree or object by Friday, August 3: {SUBJECT} (for Cleo)"
    assert "You stand in for Cleo, who is asked as the chair, until August 3, 2018." in mail.text
    assert "Cleo, who is away; you stand in" in mail.html
    move_clock("2018-07-27 09:00")
    assert reminded() == [("before:7", "Jordan")]
    answer(jordan, proposal, Role.CHAIR)
    move_clock("2018-08-06 09:00")
    assert reminded() == [("before:7", "Jordan")]


def test_it_stays_with_who_is_asked_where_the_role_does_not_pass(
    propose: Propose, chair: User, jordan: User, group: WorkingGroup
) -> None:
    make.absence(chair, jordan, group)
    propose()
    notice = Notice.objects.get()
    assert notice.recipient == chair
    assert notice.why == "You are asked as the chair, and Jordan, your stand-in, doesn't have that role."


def test_it_stays_with_who_is_asked_where_the_stand_in_is_away_too(
    propose: Propose, chair: User, jordan: User, member: User, group: WorkingGroup
) -> None:
    make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    make.absence(jordan, member, group)
    propose()
    notice = Notice.objects.get()
    assert notice.recipient == chair
    assert notice.why == "You are asked as the chair, and Jordan, your stand-in, is away too."


def test_a_reviewers_role_passes_to_the_government_alone(
    propose: Propose, reviewer: User, jordan: User, group: WorkingGroup
) -> None:
    make.absence(reviewer, jordan, group, Membership.objects.get(person=reviewer))
    propose()
    assert Notice.objects.get().recipient == reviewer


def test_it_goes_on_to_the_stand_in_when_an_absence_has_begun_and_back_when_it_has_ended(
    propose: Propose, chair: User, jordan: User, group: WorkingGroup
) -> None:
    propose()
    absence = make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    for _ in range(2):
        notices.send_due()
    assert MailboxMessage.objects.get().recipients == "jordan@example.test"
    clocks.set_clock(to=at("2018-07-27 09:00"))
    reminders.sweep()
    absences.end(by=chair, absence=absence, revision=1)
    for _ in range(2):
        notices.send_due()
    assert reminded() == [("before:7", "Cleo")]


# --- What came of it ---


def test_everybody_in_the_group_is_told_once_that_it_was_adopted(
    propose: Propose,
    chair: User,
    reviewer: User,
    member: User,
    admin: User,
    other_admin: User,
    group: WorkingGroup,
) -> None:
    make.member(make.root(make.group("other")))
    left = make.member(make.root(group), ended=make.day("2018-07-01"))
    make.member(make.root(group), member)  # two roles, one mail
    proposal = propose()
    answer(chair, proposal, Role.CHAIR)
    answer(reviewer, proposal, Role.REVIEWER)
    version = services.adopt(by=other_admin, proposal=proposal)
    told = [name for kind, rule, name in owed() if (kind, rule) == ("proposal_ended", "adopted")]
    assert sorted(told) == ["Ada", "Cleo", "Mel", "Ray"]
    assert left.name not in told
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients="mel@example.test")
    assert mail.subject == f"Adopted: {SUBJECT}"
    for part in (mail.text, mail.html):
        assert "Otto on July 20, 2018" in part
        assert "September 15, 2018" in part
        assert f"https://portal.example{version.get_absolute_url()}" in part
        assert "You belong to the group, and the proposal was adopted." in part


def test_everybody_is_told_that_it_was_withdrawn_and_why(
    propose: Propose, chair: User, member: User, admin: User
) -> None:
    proposal = propose()
    services.withdraw(by=admin, proposal=proposal, reason="One <more> change.")
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients="mel@example.test")
    assert mail.subject == f"Withdrawn: {SUBJECT}"
    assert "Why: One <more> change." in mail.text
    assert "One &lt;more&gt; change." in mail.html
    assert f"https://portal.example{proposal.get_absolute_url()}" in mail.text
    assert reminders.sweep() == 0


def test_who_has_left_since_is_not_told(propose: Propose, chair: User, member: User, admin: User) -> None:
    services.withdraw(by=admin, proposal=propose(), reason="One more change.")
    Membership.objects.filter(person=member).update(ended=make.day("2018-07-20"))
    assert remark_of(selectors.OUTCOME, member) == "The person has left the group."


def test_outcomes_take_as_many_queries_for_any_number(propose: Propose, group: WorkingGroup, admin: User) -> None:
    for _ in range(8):
        make.member(make.root(group))
    services.withdraw(by=admin, proposal=propose(), reason="One more change.")
    batch = list(Notice.objects.filter(kind=selectors.OUTCOME))
    assert len(batch) == 9
    counts = []
    for part in (batch[:1], batch):
        with CaptureQueriesContext(connection) as queries:
            notices.compose(part, at("2018-07-20 12:00"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- What people choose, and where it stands ---


def test_the_asking_can_not_be_off_and_the_others_can(
    propose: Propose, chair: User, admin: User, signed_in: SignIn
) -> None:
    page = signed_in(chair).get("/profile/mail/").content.decode()
    for kind, may_be_off in ((selectors.ASKING, False), (selectors.REMINDER, True), (selectors.OUTCOME, True)):
        assert f'name="way_{kind}"' in page
        assert (f'name="way_{kind}" value="off"' in page) == may_be_off
    off = {selectors.REMINDER: Way.OFF, selectors.OUTCOME: Way.OFF}
    notices.choose(by=chair, ways=off, quiet_hours=None, working_days=range(1, 8))
    proposal = propose()
    move_clock("2018-07-27 09:00")
    services.withdraw(by=admin, proposal=proposal, reason="One more change.")
    assert set(Notice.objects.filter(owed_to=chair).values_list("kind", "state")) == {
        (selectors.ASKING, "sent"),
        (selectors.REMINDER, "off"),
        (selectors.OUTCOME, "off"),
    }


def test_in_a_digest_it_says_what_is_asked(propose: Propose, chair: User) -> None:
    notices.choose(by=chair, ways={selectors.ASKING: Way.DAILY}, quiet_hours=None, working_days=range(1, 8))
    proposal = propose()
    notices.send_due()
    assert not MailboxMessage.objects.exists()
    clocks.set_clock(to=at("2018-07-21 09:00"))
    notices.send_due()
    mail = MailboxMessage.objects.get()
    assert f"Please agree or object by Friday, August 3: {SUBJECT}" in mail.text
    assert "Ecom Working Group. Please read what changes, and agree, or object and say why." in mail.text
    assert proposal.get_absolute_url() in mail.text


def test_ledger_and_forecast_show_it(propose: Propose, chair: User, reviewer: User, signed_in: SignIn) -> None:
    proposal = propose()
    notices.send_due()
    client = signed_in(chair)
    ledger = client.get("/groups/ecom/ledger/")
    assert f'href="{proposal.get_absolute_url()}">{SUBJECT}, proposed</a>' in ledger.content.decode()
    assert f"Ray {SUBJECT}, proposed You are asked as CBP's reviewer. ● Sent" in words_of(ledger)
    forecast = words_of(client.get("/groups/ecom/ledger/forecast/"))
    assert forecast.count("Cleo You are asked as the chair; the group's rule reminds") == 5
    answer(chair, proposal, Role.CHAIR)
    forecast = words_of(client.get("/groups/ecom/ledger/forecast/"))
    assert "Cleo You are asked" not in forecast
    assert forecast.count("Ray You are asked as CBP's reviewer; the group's rule reminds") == 5

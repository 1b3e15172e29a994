"""Absences: who sets them, by which rules, what passes to the stand-in and when, and what stands in the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pghistory
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teams.accounts.models import User
from teams.bodies.absences import services
from teams.bodies.models import Absence, Body, Invitation, Membership, Role, WorkingGroup
from teams.bodies.permissions import Action, standings
from teams.bodies.selectors import memberships_counting_for
from teams.clock import services as clock
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories, outbox
from tests.conftest import START
from tests.pages import words_of

SignIn = Callable[[User], Client]
TODAY, LAST = date(2018, 7, 20), date(2018, 8, 3)


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group, number=1, name="Standards and Process")


@pytest.fixture
def rosa(group: WorkingGroup) -> User:
    """Chair of the group."""
    return factories.member(factories.root(group), factories.person(name="Rosa Alvarez"), role=Role.CHAIR)


@pytest.fixture
def jordan(team: Body) -> User:
    """A member of Team 1."""
    return factories.member(team, factories.person(name="Jordan Lee"))


def chair_of(rosa: User) -> Membership:
    return Membership.objects.get(person=rosa, role=Role.CHAIR)


def away(rosa: User, jordan: User, *, by: User | None = None, lends: bool = True, **fields: Any) -> Absence:
    """Rosa is away for two weeks, and Jordan has her role as chair."""
    return services.set_absence(
        **{
            "by": by or rosa,
            "person": rosa,
            "group": chair_of(rosa).body.group,
            "first_day": TODAY,
            "last_day": LAST,
            "stand_in": jordan,
            "roles": [chair_of(rosa)] if lends else [],
            **fields,
        }
    )


def may_invite(person: User, day: date = TODAY) -> bool:
    found = standings(person, day).get("ecom")
    return found is not None and found.may(Action.INVITE)


# --- What passes, and when ---


@pytest.mark.parametrize(
    ("day", "passes"),
    [(TODAY - timedelta(days=1), False), (TODAY, True), (LAST, True), (LAST + timedelta(days=1), False)],
)
def test_a_role_passes_from_the_first_day_to_the_last(rosa: User, jordan: User, day: date, passes: bool) -> None:
    away(rosa, jordan)
    assert may_invite(jordan, day) is passes
    assert memberships_counting_for(jordan, day).filter(role=Role.CHAIR).exists() is passes
    assert may_invite(rosa, day)


def test_the_clock_alone_takes_it_back(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    client = signed_in(jordan)
    for moment, status in ((LAST.replace(day=3), 200), (LAST.replace(day=4), 403)):
        clock.set_clock(to=START.replace(month=8, day=moment.day, hour=0, minute=0))
        assert client.get("/groups/ecom/invitations/").status_code == status


def test_days_are_those_of_the_portals_clock_in_the_readers_zone(rosa: User, jordan: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=jordan.pk).update(timezone="Pacific/Honolulu")
    away(rosa, jordan)
    client = signed_in(User.objects.get(pk=jordan.pk))
    clock.set_clock(to=datetime.fromisoformat("2018-08-04T05:59:00-04:00"))  # 23:59 on August 3 in Honolulu
    assert client.get("/groups/ecom/invitations/").status_code == 200
    clock.set_clock(to=datetime.fromisoformat("2018-08-04T06:00:00-04:00"))
    assert client.get("/groups/ecom/invitations/").status_code == 403


def test_with_no_role_chosen_reminders_alone_pass(rosa: User, jordan: User) -> None:
    away(rosa, jordan, lends=False)
    standing = standings(jordan, TODAY)["ecom"]
    assert not standing.may(Action.INVITE)
    assert [(each.name, each.until, each.roles) for each in standing.stands_in] == [("Rosa Alvarez", LAST, frozenset())]


def test_the_standing_knows_which_roles_are_lent(rosa: User, jordan: User, team: Body) -> None:
    away(rosa, jordan)
    standing = standings(jordan, TODAY)["ecom"]
    lent = (chair_of(rosa).body_id, Role.CHAIR.value)
    assert standing.held == {(team.pk, Role.MEMBER)}
    assert standing.counting == {*standing.held, lent}
    assert standing.stands_in[0].roles == {lent}
    acts_for = standing.acts_for(Action.INVITE)
    assert acts_for is not None
    assert acts_for.person == rosa.pk
    assert standing.acts_for(Action.READ_GROUP) is None
    assert not standing.may_by_own_role(Action.INVITE)


def test_it_holds_only_while_the_lender_holds_the_role(rosa: User, jordan: User) -> None:
    away(rosa, jordan)
    Membership.objects.filter(pk=chair_of(rosa).pk).update(ended=factories.day("2018-07-25"))
    assert may_invite(jordan, date(2018, 7, 24))
    assert not may_invite(jordan, date(2018, 7, 25))
    assert not memberships_counting_for(jordan, date(2018, 7, 25)).filter(role=Role.CHAIR).exists()


def test_it_lets_nobody_in_whose_own_membership_ended(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    Membership.objects.filter(person=jordan).update(ended=factories.day("2018-07-20"))
    assert standings(jordan, TODAY) == {}
    assert not memberships_counting_for(jordan, TODAY).exists()
    assert signed_in(jordan).get("/groups/ecom/").status_code == 404


def test_what_is_lent_is_not_passed_on(rosa: User, jordan: User, team: Body) -> None:
    third = factories.member(team)
    away(rosa, jordan)
    with pytest.raises(services.NotTheirRole):
        away(rosa, third, person=jordan, by=jordan)
    factories.absence(jordan, third, team.group, chair_of(rosa))  # as if a row were written by hand
    assert not may_invite(third)
    assert not memberships_counting_for(third, TODAY).filter(role=Role.CHAIR).exists()


def test_an_administrators_standing_never_passes(rosa: User, jordan: User) -> None:
    User.objects.filter(pk=rosa.pk).update(is_site_admin=True)
    away(rosa, jordan)
    standing = standings(jordan, TODAY)["ecom"]
    assert not standing.may(Action.RECERTIFY_ACCESS)
    assert "administrator" not in standing.roles


@pytest.mark.parametrize("is_government", [True, False])
def test_a_reviewers_role_passes_to_people_of_the_government_alone(group: WorkingGroup, is_government: bool) -> None:
    reviewer = factories.member(factories.root(group), factories.person(government=True), role=Role.REVIEWER)
    other = factories.member(factories.root(group), factories.person(government=is_government), role=Role.OBSERVER)
    role = Membership.objects.get(person=reviewer)
    ask: dict[str, Any] = {"by": reviewer, "person": reviewer, "group": group, "stand_in": other, "roles": [role]}
    if not is_government:
        with pytest.raises(services.OnlyForGovernment):
            services.set_absence(**ask, first_day=TODAY, last_day=LAST)
        factories.absence(reviewer, other, group, role)  # as if a row were written by hand
        assert not standings(other, TODAY)["ecom"].may(Action.READ_LEDGER)
        return
    services.set_absence(**ask, first_day=TODAY, last_day=LAST)
    assert standings(other, TODAY)["ecom"].may(Action.READ_LEDGER)
    User.objects.filter(pk=other.pk).update(affiliation=User.Affiliation.TRADE)
    assert not standings(User.objects.get(pk=other.pk), TODAY)["ecom"].may(Action.READ_LEDGER)


def test_government_only_content_stays_with_the_eyes_that_read_it(group: WorkingGroup, signed_in: SignIn) -> None:
    agency = factories.member(factories.root(group), factories.person(government=True), role=Role.CHAIR)
    trade = factories.member(factories.root(group))
    factories.document(group, key="inside", access="government", title="For the government alone")
    factories.absence(agency, trade, group, Membership.objects.get(person=agency))
    client = signed_in(trade)
    assert client.get("/groups/ecom/invitations/").status_code == 200
    assert client.get("/groups/ecom/documents/inside/").status_code == 404
    for page in ("/", "/groups/ecom/documents/", "/search/?q=government", "/groups/ecom/activity/"):
        assert "For the government alone" not in client.get(page).content.decode()


def test_a_draft_meeting_shows_to_the_stand_in_of_its_reader(rosa: User, jordan: User, signed_in: SignIn) -> None:
    factories.meeting(chair_of(rosa).body.group, key="draft", state="draft", title="Not said yet")
    client = signed_in(jordan)
    assert client.get("/groups/ecom/meetings/draft/").status_code == 404
    away(rosa, jordan)
    assert client.get("/groups/ecom/meetings/draft/").status_code == 200


def test_standings_take_as_many_queries_as_without_absences(rosa: User, jordan: User, team: Body) -> None:
    with CaptureQueriesContext(connection) as before:
        standings(jordan, TODAY)
    away(rosa, jordan)
    for _ in range(5):
        other = factories.member(team)
        factories.absence(other, jordan, team.group, Membership.objects.get(person=other))
    with CaptureQueriesContext(connection) as after:
        assert len(standings(jordan, TODAY)["ecom"].stands_in) == 6
    assert len(before) == len(after) == 1


# --- Rules ---


def test_the_days_are_in_order_and_not_in_the_past(rosa: User, jordan: User) -> None:
    with pytest.raises(services.EndsBeforeItStarts):
        away(rosa, jordan, first_day=LAST, last_day=TODAY)
    with pytest.raises(services.InThePast):
        away(rosa, jordan, first_day=TODAY - timedelta(days=1))
    assert away(rosa, jordan, last_day=TODAY).state_on(TODAY) == Absence.State.UNDER_WAY


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [
        (LAST, LAST + timedelta(days=5), True),
        (TODAY, TODAY, True),
        (LAST + timedelta(days=1), LAST + timedelta(days=5), False),
    ],
)
def test_nobody_is_away_twice_at_a_time(rosa: User, jordan: User, first: date, last: date, overlaps: bool) -> None:
    away(rosa, jordan)
    if overlaps:
        with pytest.raises(services.Overlapping):
            away(rosa, jordan, first_day=first, last_day=last)
        with pytest.raises(IntegrityError), transaction.atomic():
            factories.absence(rosa, jordan, chair_of(rosa).body.group, first_day=first, last_day=last)
    else:
        away(rosa, jordan, first_day=first, last_day=last)
    assert Absence.objects.count() == (1 if overlaps else 2)


def test_another_group_or_another_person_is_no_overlap(rosa: User, jordan: User, team: Body) -> None:
    other = factories.group("other")
    factories.member(factories.root(other), rosa)
    factories.member(factories.root(other), jordan)
    away(rosa, jordan)
    away(rosa, jordan, group=other, lends=False)
    away(rosa, factories.member(team), person=jordan, by=jordan, roles=[])
    assert Absence.objects.count() == 3


def test_the_database_itself_refuses_what_can_not_be(rosa: User, jordan: User, group: WorkingGroup) -> None:
    for wrong in (
        {"last_day": TODAY - timedelta(days=1)},
        {"stand_in": rosa},
        {"returned_on": LAST + timedelta(days=1)},
        {"returned_on": TODAY - timedelta(days=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Absence.objects.create(
                **{"person": rosa, "stand_in": jordan, "group": group, "first_day": TODAY, "last_day": LAST, **wrong}
            )


def test_who_stands_in_belongs_to_the_group(rosa: User, jordan: User) -> None:
    outside = factories.member(factories.root(factories.group("other")))
    former = factories.member(chair_of(rosa).body, ended=factories.day("2018-07-20"))
    closed = factories.member(chair_of(rosa).body, factories.person(is_active=False))
    for person in (outside, former, closed, rosa):
        with pytest.raises(services.CanNotStandIn):
            away(rosa, person)


def test_only_ones_own_roles_pass(rosa: User, jordan: User, team: Body) -> None:
    third = factories.member(team, role=Role.LEAD)
    with pytest.raises(services.NotTheirRole):
        away(rosa, jordan, roles=[Membership.objects.get(person=third)])
    with pytest.raises(services.NotTheirRole):
        away(rosa, jordan, person=factories.person(), roles=[])


# --- Changing and ending ---


def test_ending_it_takes_everything_back_at_once_and_keeps_the_record(rosa: User, jordan: User) -> None:
    absence = away(rosa, jordan)
    clock.set_clock(to=START.replace(day=25))
    ended = services.end(by=rosa, absence=absence, revision=1)
    assert not may_invite(jordan, date(2018, 7, 25))
    assert may_invite(jordan, date(2018, 7, 24))
    assert (ended.first_day, ended.last_day, ended.returned_on) == (TODAY, LAST, date(2018, 7, 25))
    assert ended.state_on(date(2018, 7, 25)) == Absence.State.ENDED
    away(rosa, jordan, first_day=date(2018, 7, 25))
    with pytest.raises(services.NotOpen):
        services.end(by=rosa, absence=absence, revision=2)


def test_it_ends_at_once_for_a_stand_in_whose_date_is_still_the_day_before(rosa: User, jordan: User) -> None:
    User.objects.filter(pk=jordan.pk).update(timezone="Pacific/Honolulu")
    absence = away(rosa, User.objects.get(pk=jordan.pk))
    clock.set_clock(to=datetime.fromisoformat("2018-07-25T01:00:00-04:00"))  # July 24 in Honolulu
    services.end(by=rosa, absence=absence, revision=1)
    assert not may_invite(jordan, date(2018, 7, 24))


@pytest.mark.parametrize("first", [TODAY, TODAY + timedelta(days=3)])
def test_what_is_called_off_never_holds(rosa: User, jordan: User, first: date) -> None:
    absence = services.end(by=rosa, absence=away(rosa, jordan, first_day=first), revision=1)
    assert absence.state_on(TODAY) == Absence.State.CALLED_OFF
    assert not any(may_invite(jordan, TODAY + timedelta(days=days)) for days in range(20))
    away(rosa, jordan)


def test_it_is_changed_as_long_as_it_is_open(rosa: User, jordan: User, team: Body) -> None:
    other = factories.member(team, factories.person(name="Kim Park"))
    absence = away(rosa, jordan)
    given: dict[str, Any] = {"by": rosa, "absence": absence, "first_day": TODAY, "stand_in": other, "roles": []}
    changed = services.change(**given, revision=1, last_day=TODAY + timedelta(days=1))
    assert (changed.stand_in, changed.revision, list(changed.roles.all())) == (other, 2, [])
    assert not may_invite(jordan)
    with pytest.raises(services.ChangedMeanwhile):
        services.change(**given, revision=1, last_day=LAST)
    with pytest.raises(services.InThePast):
        services.change(**{**given, "first_day": TODAY - timedelta(days=1)}, revision=2, last_day=LAST)
    clock.set_clock(to=START.replace(day=22))
    with pytest.raises(services.NotOpen):
        services.change(**given, revision=2, last_day=LAST)


def test_a_role_that_stays_lent_is_not_written_anew(rosa: User, jordan: User) -> None:
    absence = away(rosa, jordan)
    lent = absence.lent_roles.get()
    services.change(
        by=rosa,
        absence=absence,
        revision=1,
        first_day=TODAY,
        last_day=LAST,
        stand_in=jordan,
        roles=[chair_of(rosa)],
        note="Longer",
    )
    assert absence.lent_roles.get() == lent


# --- The mails ---


def mail_to(person: User) -> list[str]:
    """Subjects of the mails to the person, the oldest first."""
    return list(MailboxMessage.objects.filter(recipients=person.email).order_by("id").values_list("subject", flat=True))


@pytest.fixture
def _mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX


@pytest.mark.usefixtures("_mailbox")
def test_both_are_told_of_each_change_once(rosa: User, jordan: User, team: Body) -> None:
    absence = away(rosa, jordan, note="On the road")
    notices.send_due()
    assert mail_to(rosa) == ["Jordan Lee stands in for you"]
    assert mail_to(jordan) == ["You stand in for Rosa Alvarez"]
    text = MailboxMessage.objects.get(recipients=jordan.email).text
    assert "July 20 – August 3, 2018" in text
    assert "- Chair of Ecom Working Group" in text
    assert "Note: On the road" in text
    assert "Why you get this mail: Rosa Alvarez set an absence with you as the stand-in." in text
    clock.set_clock(to=START.replace(day=21))
    notices.send_due()
    assert MailboxMessage.objects.count() == 2
    kim = factories.member(team, factories.person(name="Kim Park"))
    services.change(by=rosa, absence=absence, revision=1, first_day=TODAY, last_day=LAST, stand_in=kim)
    services.end(by=rosa, absence=absence, revision=2)
    notices.send_due()
    assert mail_to(rosa)[1:] == ["Your absence has ended"]
    assert mail_to(kim) == ["You no longer stand in for Rosa Alvarez"]
    skipped = Notice.objects.filter(state=Notice.State.SKIPPED).values_list("remark", flat=True)
    assert set(skipped) == {"It was changed again since; a later mail says how it is now."}


@pytest.mark.usefixtures("_mailbox")
def test_who_stood_in_until_the_change_is_told_too(rosa: User, jordan: User, team: Body) -> None:
    kim = factories.member(team, factories.person(name="Kim Park"))
    absence = away(rosa, jordan)
    notices.send_due()
    services.change(by=rosa, absence=absence, revision=1, first_day=TODAY, last_day=LAST, stand_in=kim)
    notices.send_due()
    assert mail_to(jordan)[-1] == "You no longer stand in for Rosa Alvarez"
    assert mail_to(kim) == ["Changed: You stand in for Rosa Alvarez"]
    assert mail_to(rosa)[-1] == "Changed: Kim Park stands in for you"


# --- The history ---


def test_what_is_done_by_a_lent_role_stands_under_both_names(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    given = {"email": "new@example.test", "name": "New One", "body": "ecom", "role": "member"}
    assert signed_in(jordan).post("/groups/ecom/invitations/new/", given).status_code == 302
    assert context_of(Invitation.objects.get())["user"] == jordan.pk
    assert context_of(Invitation.objects.get())["stands_in_for"] == rosa.pk


def test_what_is_done_by_an_own_role_stands_under_ones_own_name(
    rosa: User, jordan: User, team: Body, signed_in: SignIn
) -> None:
    Membership.objects.filter(person=jordan).update(role=Role.CHAIR)
    away(rosa, jordan)
    client = signed_in(jordan)
    for body, email in ((team.key, "team@example.test"), ("ecom", "group@example.test")):
        given = {"email": email, "name": "New One", "body": body, "role": "member"}
        assert client.post("/groups/ecom/invitations/new/", given).status_code == 302
    own, lent = (context_of(Invitation.objects.get(email=f"{at}@example.test")) for at in ("team", "group"))
    assert own.get("stands_in_for") is None
    assert lent["stands_in_for"] == rosa.pk


def test_memberships_are_kept_under_both_names(rosa: User, jordan: User, team: Body, signed_in: SignIn) -> None:
    away(rosa, jordan)
    third = Membership.objects.get(person=factories.member(team))
    address = reverse("bodies:membership", args=["ecom", third.pk])
    sent = {"change": "end", "on": "2018-07-20", "reason": "Moved on"}
    assert signed_in(jordan).post(address, sent).status_code == 302
    context = context_of(third)
    assert (context["stands_in_for"], context["reason"]) == (rosa.pk, "Moved on")


def context_of(row: Any) -> dict[str, Any]:
    """The context of the last event of the row."""
    event = type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk).select_related("pgh_context").latest("pgh_id")
    return dict(event.pgh_context.metadata)


def test_the_activity_and_its_file_say_both_names(rosa: User, jordan: User, signed_in: SignIn) -> None:
    both = "Jordan Lee, standing in for Rosa Alvarez"
    with_context = {"user": jordan.pk, "stands_in_for": rosa.pk, "at": START.isoformat()}
    with pghistory.context(**with_context):
        factories.milestone(factories.deliverable(factories.root(chair_of(rosa).body.group)), key="first")
    client = signed_in(rosa)
    for page in ("/groups/ecom/activity/", "/groups/ecom/activity.csv", "/groups/ecom/milestones/first/"):
        assert both in client.get(page).content.decode(), page


def test_the_absence_itself_stands_in_the_activity(rosa: User, jordan: User, signed_in: SignIn) -> None:
    client = signed_in(rosa)
    client.post("/groups/ecom/absences/new/", form(rosa, jordan))
    absence = Absence.objects.get()
    client.post(absence.get_absolute_url(), {"what": "end", "revision": "1"})
    said = words_of(client.get("/groups/ecom/activity/"))
    assert "Absence added Rosa Alvarez" in said
    assert "Back on: from nothing to July 20, 2018" in said


def test_who_asks_why_the_stand_in_sees_it_is_told_the_absence(rosa: User, jordan: User, signed_in: SignIn) -> None:
    factories.meeting(chair_of(rosa).body.group, key="draft", state="draft")
    away(rosa, jordan)
    client = signed_in(factories.person(is_site_admin=True))
    for address in (["meeting", "draft"], ["page", "bodies-invitations"]):
        said = words_of(client.get(reverse("why", args=["ecom", *address]), {"person": jordan.pk}))
        assert "Jordan Lee sees it" in said
        assert "stands in for Rosa Alvarez, who is away until August 3, 2018" in said
        assert "Chair of Ecom Working Group" in said


# --- The pages ---


def form(rosa: User, jordan: User, **fields: Any) -> dict[str, Any]:
    return {
        "first_day": "2018-07-20",
        "last_day": "2018-08-03",
        "stand_in": jordan.pk,
        "roles": [chair_of(rosa).pk],
        "note": "",
        **fields,
    }


def test_a_person_sets_changes_and_ends_their_own(rosa: User, jordan: User, signed_in: SignIn) -> None:
    client = signed_in(rosa)
    assert "I will be away" in words_of(client.get("/groups/ecom/absences/"))
    answer = client.post("/groups/ecom/absences/new/", form(rosa, jordan), follow=True)
    assert "Jordan Lee stands in, July 20 – August 3, 2018" in words_of(answer)
    absence = Absence.objects.get()
    assert list(absence.roles.all()) == [chair_of(rosa)]
    sent = {**form(rosa, jordan, last_day="2018-08-10", roles=[]), "what": "change", "revision": "1"}
    assert "Saved: Jordan Lee stands in" in words_of(client.post(absence.get_absolute_url(), sent, follow=True))
    stale = words_of(client.post(absence.get_absolute_url(), {**sent, "last_day": "2018-08-11"}))
    assert "Somebody changed this absence after you opened it" in stale
    ended = client.post(absence.get_absolute_url(), {"what": "end", "revision": "2"}, follow=True)
    assert "The absence is called off" in words_of(ended)
    again = client.post(absence.get_absolute_url(), {"what": "end", "revision": "3"}, follow=True)
    assert "its record stays as it is" in words_of(again)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"last_day": "2018-07-19"}, "Last day away: This day comes before the first day away."),
        ({"first_day": "2018-07-19"}, "First day away: What has passed can’t be changed"),
        ({"stand_in": ""}, "Who stands in: This field is required."),
        ({"stand_in": "999999"}, "Who stands in: This person can’t stand in"),
        ({"roles": ["999999"]}, "Roles that pass over: Select a valid choice."),
        ({"first_day": "someday"}, "First day away: Enter a valid date."),
        ({"last_day": "9999-12-31"}, "Last day away: Write a date of this or the next century."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    rosa: User, jordan: User, signed_in: SignIn, wrong: dict[str, Any], said: str
) -> None:
    answer = signed_in(rosa).post("/groups/ecom/absences/new/", form(rosa, jordan, note="Kept", **wrong))
    assert said in words_of(answer)
    assert 'value="Kept"' in answer.content.decode()
    assert not Absence.objects.exists()


def test_a_last_day_that_has_passed_is_said_where_it_was_typed(rosa: User, jordan: User, signed_in: SignIn) -> None:
    absence = away(rosa, jordan)
    clock.set_clock(to=START.replace(day=25))
    sent = {**form(rosa, jordan, last_day="2018-07-24"), "what": "change", "revision": "1"}
    said = words_of(signed_in(rosa).post(absence.get_absolute_url(), sent))
    assert "Last day away: What has passed can’t be changed: write today or a later day." in said
    assert "First day away: What" not in said


def test_the_same_sent_twice_is_one_absence(rosa: User, jordan: User, signed_in: SignIn) -> None:
    client = signed_in(rosa)
    client.post("/groups/ecom/absences/new/", form(rosa, jordan))
    answer = client.post("/groups/ecom/absences/new/", form(rosa, jordan))
    assert "Some of these days lie in another absence" in words_of(answer)
    assert Absence.objects.count() == 1


def test_who_keeps_somebodys_memberships_sets_it_for_them(
    rosa: User, jordan: User, team: Body, signed_in: SignIn
) -> None:
    lead = factories.member(team, factories.person(name="Lee Lead"), role=Role.LEAD)
    client = signed_in(rosa)
    address = f"/groups/ecom/absences/new/?person={lead.pk}"
    assert "Lee Lead will be away" in words_of(client.get(address))
    role = Membership.objects.get(person=lead)
    assert client.post(address, form(rosa, jordan, roles=[role.pk])).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.stand_in) == (lead, jordan)
    membership = reverse("bodies:membership", args=["ecom", role.pk])
    assert "Jordan Lee stands in and has this role" in words_of(client.get(membership))
    listed = words_of(client.get("/groups/ecom/memberships/"))
    assert "Away until Aug 3, 2018; Jordan Lee stands in and has this role" in listed
    assert "Stands in for Lee Lead until Aug 3, 2018 as Lead of Team 1" in listed


def test_nobody_else_sets_or_changes_it(rosa: User, jordan: User, team: Body, signed_in: SignIn) -> None:
    absence = away(rosa, jordan)
    others = [jordan, factories.member(team), factories.member(team, role=Role.CHAIR)]
    for person in others:
        client = signed_in(person)
        assert client.get(absence.get_absolute_url()).status_code == 200
        assert client.post(absence.get_absolute_url(), {"what": "end", "revision": "1"}).status_code == 403
        assert client.get(f"/groups/ecom/absences/new/?person={rosa.pk}").status_code == 403
    outsider = signed_in(factories.member(factories.root(factories.group("other"))))
    assert outsider.get(absence.get_absolute_url()).status_code == 404
    assert outsider.get(reverse("bodies:absence", args=["other", absence.pk])).status_code == 404
    assert Absence.objects.get().returned_on is None


def test_a_lent_role_sets_no_absence_of_others(rosa: User, jordan: User, team: Body, signed_in: SignIn) -> None:
    third = factories.member(team)
    away(rosa, jordan)
    client = signed_in(jordan)
    assert client.get("/groups/ecom/memberships/").status_code == 200
    assert client.get(f"/groups/ecom/absences/new/?person={third.pk}").status_code == 403
    assert "somebody who cannot do it" not in words_of(client.get("/groups/ecom/absences/"))


def test_who_holds_no_role_has_nothing_to_hand_over(group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(factories.person(is_site_admin=True))
    assert "You hold no role in this group yourself" in words_of(client.get("/groups/ecom/absences/new/"))
    assert client.post("/groups/ecom/absences/new/", {}).status_code == 200


def test_the_list_shows_past_ones_when_asked(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan, last_day=TODAY)
    clock.set_clock(to=START.replace(day=22))
    client = signed_in(rosa)
    assert "Nobody is away, now or later." in words_of(client.get("/groups/ecom/absences/"))
    assert "Jordan Lee" in words_of(client.get("/groups/ecom/absences/?show=all"))


def test_a_round_of_recertification_says_who_stands_in(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    client = signed_in(factories.person(is_site_admin=True))
    said = words_of(client.post("/groups/ecom/recertification/", follow=True))
    assert "Jordan Lee stands in and has this role" in said
    assert "Stands in for Rosa Alvarez until Aug 3, 2018" in said


def test_the_pages_take_as_many_queries_for_ten_as_for_one(
    rosa: User, jordan: User, team: Body, signed_in: SignIn
) -> None:
    client = signed_in(rosa)

    def counts() -> list[int]:
        found = []
        for page in ("/groups/ecom/absences/", "/groups/ecom/memberships/", Absence.objects.get(person=rosa)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page if isinstance(page, str) else page.get_absolute_url()).status_code == 200
            found.append(len(queries))
        return found

    away(rosa, jordan)
    client.get("/")
    with_one = counts()
    for _ in range(9):
        person = factories.member(team)
        factories.absence(person, jordan, team.group, Membership.objects.get(person=person))
    assert counts() == with_one
    assert max(with_one) <= 12

"""Progress notes: drafted by the lead, published with the figures of the day, corrected on the record."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from milestones.work.models import ProgressNote, State
from milestones.work.progress_notes import services as progress
from milestones.work.progress_notes.figures import figures_of
from milestones.work.progress_notes.selectors import progress_notes_visible_to
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import services as clock
from teams.remarks import services as remarks
from tests import factories as make
from tests.conftest import START
from tests.pages import words_of

SignIn = Callable[[User], Client]
TODAY = date(2018, 7, 20)
JULY = date(2018, 7, 1)
NEW = "/groups/ecom/teams/team-1/progress-notes/new/"
LIST = "/groups/ecom/progress-notes/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1", name="Standards")


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Alba Ruiz"), role=Role.LEAD)


def draft(team: Body, by: User, **said: Any) -> ProgressNote:
    return progress.draft_progress(**{"by": by, "body": team, "month": JULY, "text": "Asked *two* carriers.", **said})


def published(team: Body, by: User, **said: Any) -> ProgressNote:
    note = draft(team, by, **said)
    progress.publish_progress(by=by, note=note, seen=note.revision)
    return note


def fields_of(client: Client, address: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(key|revision)"(?: value="([^"]*)")?', page))


def seen_by(person: User) -> set[str]:
    return set(progress_notes_visible_to(person, TODAY).values_list("text", flat=True))


# --- Writing ---


def test_a_lead_drafts_publishes_and_the_team_reads_it(team: Body, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    assert NEW in client.get(team.get_absolute_url()).content.decode()
    answer = client.post(
        NEW,
        {
            **fields_of(client, NEW),
            "month": "2018-07-01",
            "text": "Asked *two* carriers.",
            "next_steps": "Ask brokers.",
            "blocks": "Holidays.",
        },
    )
    assert answer.status_code == 302
    note = ProgressNote.objects.get()
    assert (note.is_draft, note.period, note.author) == (True, "July 2018", lead)
    page = client.get(answer["Location"])
    assert "A draft: only those who write for Team 1 see it." in words_of(page)
    assert client.post(answer["Location"], {"change": "publish", "revision": note.revision}).status_code == 302
    member = signed_in(make.member(team))
    for address in (note.get_absolute_url(), team.get_absolute_url(), LIST):
        said = words_of(member.get(address))
        assert "What was done Asked two carriers. What is next Ask brokers. What blocks Holidays." in said, address
    assert "Progress in July 2018" in words_of(member.get("/groups/ecom/"))
    event = ProgressNote.pgh_event_model.objects.filter(pgh_obj=note).latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == lead.pk


def test_a_draft_is_for_those_who_write_it(team: Body, lead: User, signed_in: SignIn) -> None:
    note = draft(team, lead)
    chair = make.member(make.root(team.group), role=Role.CHAIR)
    other_lead = make.member(make.team(team.group), role=Role.LEAD)
    member, reviewer = make.member(team), make.member(team, make.person(government=True), role=Role.REVIEWER)
    assert [bool(seen_by(each)) for each in (lead, chair, other_lead, member, reviewer)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    client = signed_in(member)
    assert client.get(note.get_absolute_url()).status_code == 404
    for address in (LIST, team.get_absolute_url(), "/groups/ecom/", "/groups/ecom/activity/", "/search/?q=carriers"):
        assert "carriers" not in words_of(client.get(address)).replace("“carriers”", ""), address
        assert "Progress in July 2018" not in words_of(client.get(address)), address


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ALTERNATE, Role.OBSERVER, Role.REVIEWER])
def test_others_neither_write_nor_publish_nor_correct(team: Body, lead: User, signed_in: SignIn, role: str) -> None:
    note = published(team, lead)
    client = signed_in(make.member(team, role=role))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, {"text": "x", "month": "2018-06-01"}).status_code == 403
    address = note.get_absolute_url()
    for change in ("edit", "withdraw"):
        assert client.post(address, {"change": change, "revision": 2, "text": "x", "reason": "x"}).status_code == 403
    assert NEW not in client.get(team.get_absolute_url()).content.decode()


def test_the_lead_of_another_team_writes_none(team: Body, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.team(team.group), role=Role.LEAD))
    assert client.get(NEW).status_code == 403


def test_a_month_has_one_note_and_the_form_leads_to_it(team: Body, lead: User, signed_in: SignIn) -> None:
    note = draft(team, lead)
    client = signed_in(lead)
    answer = client.post(NEW, {"key": "0123456789abcdef", "month": "2018-07-01", "text": "Again."})
    assert "There is a progress note of that month already" in words_of(answer)
    assert note.get_absolute_url() in answer.content.decode()
    assert "Again." in answer.content.decode(), "what was typed is kept"
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressNote.objects.create(
            group=team.group, key="x", body=team, month=JULY, text="x", author=lead, written_at=START
        )
    remarks.withdraw(note, by=lead, seen=1, reason="Began anew")
    assert draft(team, lead, text="Again.").month == JULY, "one that was withdrawn leaves the place"


def test_the_same_form_sent_twice_writes_once(team: Body, lead: User) -> None:
    first = draft(team, lead, key="0123456789abcdef")
    assert draft(team, lead, key="0123456789abcdef").pk == first.pk


@pytest.mark.parametrize("sent", ["2018-08-01", "2017-01-01", "never", ""])
def test_a_note_is_on_one_of_the_months_offered(team: Body, lead: User, signed_in: SignIn, sent: str) -> None:
    answer = signed_in(lead).post(NEW, {"month": sent, "text": "x"})
    assert answer.status_code == 200
    assert not ProgressNote.objects.exists()


# --- Figures ---


def test_the_figures_are_those_of_the_month_and_stay_as_they_were(team: Body, lead: User, signed_in: SignIn) -> None:
    owed = make.deliverable(team, title="Maps")
    done = {"state": State.ACCEPTED, "handed_in_by": lead, "handed_in_at": START}
    make.milestone(owed, lead, title="In July", due=make.day("2018-07-06"), accepted=make.day("2018-07-06"), **done)
    june = {"state": State.ACCEPTED, "accepted": make.day("2018-06-30")}
    make.milestone(owed, lead, title="In June", due=make.day("2018-06-29"), **june)
    late = make.milestone(owed, lead, title="Behind", due=make.day("2018-07-13"))
    make.milestone(owed, lead, title="Coming", due=make.day("2018-08"))
    figures = figures_of(lead, team, JULY, TODAY)
    assert [each["title"] for each in figures["accepted"]["first"]] == ["In July"]
    assert figures["handed_in"]["number"] == 1
    assert [each["title"] for each in figures["late"]["first"]] == ["Behind"]
    assert (figures["next_due"]["title"], figures["next_due"]["when"]) == ("Coming", "in August 2018")
    assert (figures["done"], figures["total"]) == (2, 4)
    note = published(team, lead)
    late.delete()
    said = words_of(signed_in(make.member(team)).get(note.get_absolute_url()))
    assert "Figures on the day it was published Accepted, in all 2 of 4 milestones" in said
    assert "Late 1: Behind Next due Coming (due in August 2018)" in said


def test_the_form_shows_the_figures_of_the_month_that_is_chosen(team: Body, lead: User, signed_in: SignIn) -> None:
    done = {"state": State.ACCEPTED, "accepted": make.day("2018-06-30")}
    make.milestone(make.deliverable(team), lead, title="In June", due=make.day("2018-06-29"), **done)
    client = signed_in(lead)
    page = words_of(client.get(NEW))
    assert "Figures of July 2018" in page
    assert "In June" not in page
    sent = {**fields_of(client, NEW), "month": "2018-06-01", "text": "", "next_steps": "Ask <brokers>.", "look": "1"}
    answer = client.post(NEW, sent)
    page = words_of(answer)
    assert "Figures of June 2018" in page
    assert "Accepted that month 1: In June" in page
    assert "Ask &lt;brokers&gt;." in answer.content.decode()
    assert '<option value="2018-06-01" selected' in answer.content.decode()
    assert "This field is required" not in page
    assert not ProgressNote.objects.exists()
    assert sent["key"] in answer.content.decode()


def test_what_moved_later_in_the_month_is_told_with_its_days(team: Body, lead: User) -> None:
    milestone = make.milestone(make.deliverable(team), lead, title="Draft", due=make.day("2018-08-10"))
    move_later(milestone, lead, "2018-08-17")
    assert figures_of(lead, team, JULY, TODAY)["slipped"] == {
        "number": 1,
        "first": [{"key": milestone.key, "title": "Draft", "when": "on August 17, 2018", "days": 7}],
    }
    assert figures_of(lead, team, date(2018, 6, 1), TODAY)["slipped"]["number"] == 0


def move_later(milestone: Any, by: User, to: str) -> None:
    from milestones.work import services as work

    work.move_due(by=by, milestone=milestone, due=make.day(to), reason="Carriers answer late")


# --- Correcting ---


def test_a_correction_needs_a_reason_and_the_record_has_both(team: Body, lead: User, signed_in: SignIn) -> None:
    note = published(team, lead)
    client, address = signed_in(lead), note.get_absolute_url()
    sent = {"change": "edit", "revision": note.revision, "text": "Asked *three* carriers."}
    assert "Why it is corrected" in words_of(client.get(address))
    refused = client.post(address, sent)
    assert refused.status_code == 200
    assert "Asked *three* carriers." in refused.content.decode()
    assert client.post(address, {**sent, "reason": "One was forgotten"}).status_code == 302
    note.refresh_from_db()
    assert (note.text, note.is_draft) == ("Asked *three* carriers.", False)
    events = ProgressNote.pgh_event_model.objects.filter(pgh_obj=note).order_by("-pgh_id")  # type: ignore[attr-defined]
    assert [event.text for event in events][:2] == ["Asked *three* carriers.", "Asked *two* carriers."]
    assert events[0].pgh_context.metadata["reason"] == "One was forgotten"
    activity = words_of(signed_in(make.member(team)).get("/groups/ecom/activity/"))
    assert "One was forgotten" in activity


def test_another_lead_corrects_too_and_the_second_of_two_sees_what_is_different(
    team: Body, lead: User, signed_in: SignIn
) -> None:
    note = draft(team, lead)
    second = make.member(team, role=Role.LEAD)
    progress.correct_progress(note, by=lead, seen=1, said={"text": "By the first."})
    sent = {"change": "edit", "revision": 1, "text": "By the second."}
    answer = signed_in(second).post(note.get_absolute_url(), sent)
    assert "This was changed after you opened it." in words_of(answer)
    again = {**sent, "revision": 2}
    assert signed_in(second).post(note.get_absolute_url(), again).status_code == 302
    assert ProgressNote.objects.get().text == "By the second."


def test_a_withdrawn_one_says_nothing_to_others(team: Body, lead: User, signed_in: SignIn) -> None:
    note = published(team, lead, blocks="Secret block")
    remarks.withdraw(note, by=lead, seen=note.revision, reason="Wrong team")
    said = words_of(signed_in(make.member(team)).get(note.get_absolute_url()))
    assert "Withdrawn" in said
    assert "Wrong team" in said
    assert "carriers" not in said
    assert "Secret block" not in said
    with pytest.raises(remarks.AlreadyWithdrawn):
        progress.correct_progress(note, by=lead, seen=note.revision, said={"text": "x"}, reason="x")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_publish_at_once_one_does(team: Body, lead: User) -> None:
    note = draft(team, lead)

    def publish(_: int) -> bool:
        try:
            progress.publish_progress(by=lead, note=ProgressNote.objects.get(pk=note.pk), seen=1)
        except remarks.ChangedMeanwhile:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(publish, range(4))) == [False, False, False, True]


# --- The government's ---


def test_what_is_for_the_government_alone_reaches_no_trade_account(team: Body, lead: User, signed_in: SignIn) -> None:
    official = make.member(team, make.person(government=True), role=Role.LEAD)
    note = published(team, official, text="Quiet words", is_government_only=True)
    for person in (lead, make.member(team), make.member(make.root(team.group), role=Role.CHAIR)):
        client = signed_in(person)
        assert client.get(note.get_absolute_url()).status_code == 404
        for address in (LIST, team.get_absolute_url(), "/groups/ecom/", "/groups/ecom/activity/", "/search/?q=quiet"):
            page = client.get(address).content.decode()
            assert "Quiet words" not in page
            assert note.key not in page
    assert published(team, lead, text="Ours").month == note.month, "nor does it stand in the way of theirs"
    assert "Quiet words" in words_of(signed_in(official).get(team.get_absolute_url()))
    assert "It can’t be opened to the group" in words_of(signed_in(official).get(note.get_absolute_url()))
    with pytest.raises(remarks.ChangedMeanwhile):
        progress.mark_progress(note, by=official, seen=note.revision, is_government_only=False, reason="For all")
    with pytest.raises(PermissionDenied):
        draft(team, lead, month=date(2018, 6, 1), is_government_only=True)


# --- Where it stands ---


def test_it_is_found_by_search_and_the_number_of_queries_stays(team: Body, lead: User, signed_in: SignIn) -> None:
    published(team, lead)
    client = signed_in(lead)
    assert "Progress of Standards in July 2018" in words_of(client.get("/search/?q=carriers"))
    addresses = [LIST, team.get_absolute_url(), "/groups/ecom/"]

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    client.get("/")
    before = queries()
    for month in range(1, 7):
        published(team, lead, month=date(2018, month, 1))
    assert queries() == before
    assert max(before) <= 12


def test_only_a_first_of_the_month_is_a_month(team: Body, lead: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressNote.objects.create(
            group=team.group, key="x", body=team, month=TODAY, text="x", author=lead, written_at=START
        )


def test_the_last_month_is_offered_at_the_start_of_the_next(team: Body, lead: User, signed_in: SignIn) -> None:
    clock.set_clock(to=START.replace(month=8, day=1))
    page = words_of(signed_in(lead).get(NEW))
    assert "August 2018 July 2018 June 2018" in page

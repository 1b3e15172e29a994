"""Notes on milestones, deliverables and teams: written, edited, withdrawn, marked; nothing is lost on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from milestones.work import services as work
from milestones.work.models import Milestone, Note
from milestones.work.selectors import notes_visible_to
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import services as clock
from teams.remarks import services as remarks
from teams.remarks.wording import difference
from tests import factories as make
from tests.conftest import START
from tests.pages import words_of

SignIn = Callable[[User], Client]
TODAY = date(2018, 7, 20)


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, key="team-1")


@pytest.fixture
def milestone(team: Body) -> Milestone:
    return make.milestone(make.deliverable(team, key="maps", title="Maps"), key="draft", title="Draft of the maps")


def new_of(about: Any) -> str:
    """The address of the form that writes a note."""
    kind = {"Milestone": "milestones", "Deliverable": "deliverables", "Body": "teams"}[type(about).__name__]
    return f"/groups/ecom/{kind}/{about.key}/notes/new/"


def form_of(client: Client, address: str) -> dict[str, str]:
    """The hidden fields of the form at an address."""
    page = client.get(address).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(key|revision)"(?: value="([^"]*)")?', page))


def history_of(note: Note) -> Any:
    return Note.pgh_event_model.objects.filter(pgh_obj_id=note.pk).order_by("pgh_id")  # type: ignore[attr-defined]


# --- Writing ---


def test_a_member_writes_one_on_a_milestone_and_it_stands_there(milestone: Milestone, signed_in: SignIn) -> None:
    who = make.member(milestone.body, make.person(name="Rosa"))
    client = signed_in(who)
    assert new_of(milestone) in client.get(milestone.get_absolute_url()).content.decode()
    answer = client.post(new_of(milestone), {**form_of(client, new_of(milestone)), "text": "Asked *two* carriers."})
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert "<em>two</em>" in page.content.decode()
    assert "Rosa" in words_of(page)
    assert "Asked two carriers." in words_of(client.get(milestone.body.get_absolute_url()))
    event = history_of(Note.objects.get()).get()
    assert event.pgh_context.metadata["user"] == who.pk


def test_notes_stand_newest_first_with_what_they_are_about(milestone: Milestone, signed_in: SignIn) -> None:
    assert milestone.deliverable is not None
    subjects: list[Any] = [milestone, milestone.deliverable, milestone.body]
    for number, about in enumerate(subjects):
        clock.set_clock(to=START.replace(hour=12 + number))
        make.note(about, text=f"Number {number}.")
    text = words_of(signed_in(make.member(milestone.body)).get("/groups/ecom/teams/team-1/"))
    assert text.index("Number 2.") < text.index("Number 1.") < text.index("Number 0.")
    listed = words_of(signed_in(make.member(milestone.body)).get("/groups/ecom/notes/?deliverable=maps"))
    assert "Number 1." in listed
    assert "Number 0." in listed
    assert "Number 2." not in listed


@pytest.mark.parametrize("role", Role.values)
def test_who_may_write_goes_by_the_role_in_the_team(milestone: Milestone, signed_in: SignIn, role: str) -> None:
    client = signed_in(make.member(milestone.body, role=role))
    status = client.post(new_of(milestone), {"text": "Said."}).status_code
    assert status == (403 if role == Role.OBSERVER else 302)
    assert ("Write a note" in client.get(milestone.get_absolute_url()).content.decode()) == (status == 302)


def test_a_role_in_another_team_writes_nothing_here_and_an_outsider_finds_nothing(
    milestone: Milestone, signed_in: SignIn
) -> None:
    assert signed_in(make.member(make.team(milestone.group))).post(new_of(milestone)).status_code == 403
    assert signed_in(make.member(make.root(make.group("other")))).post(new_of(milestone)).status_code == 404
    assert not Note.objects.exists()


def test_sent_twice_it_is_written_once_but_another_text_is_never_lost(milestone: Milestone, signed_in: SignIn) -> None:
    client = signed_in(make.member(milestone.body))
    given = {**form_of(client, new_of(milestone)), "text": "Once."}
    for _ in range(2):
        client.post(new_of(milestone), given)
    assert [note.text for note in Note.objects.all()] == ["Once."]
    client.post(new_of(milestone), {**given, "text": "After going back."})
    assert {note.text for note in Note.objects.all()} == {"Once.", "After going back."}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "This field is required"), ("   ", "This field is required"), ("x" * 10_001, "at most 10000 characters")],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    milestone: Milestone, signed_in: SignIn, text: str, complaint: str
) -> None:
    client = signed_in(make.member(milestone.body))
    page = client.post(new_of(milestone), {"text": text})
    assert complaint in words_of(page)
    assert text.strip() in page.content.decode()
    assert not Note.objects.exists()


def test_no_script_of_a_note_runs(milestone: Milestone, signed_in: SignIn) -> None:
    make.note(milestone, text='<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror="1">')
    page = signed_in(make.member(milestone.body)).get(milestone.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img src=x" not in page


# --- Editing ---


def test_its_author_edits_it_and_before_and_after_stay(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone, text="Two carriers.")
    client = signed_in(note.author)
    client.post(note.get_absolute_url(), {"change": "edit", "revision": note.revision, "text": "Three carriers."})
    text = words_of(client.get(milestone.get_absolute_url()))
    assert "Three carriers." in text
    assert ", edited" in text
    assert [event.text for event in history_of(note)] == ["Two carriers.", "Three carriers."]
    told = words_of(client.get(f"/groups/ecom/activity/?noun=note&key={note.key}"))
    assert "from Two carriers. to Three carriers." in told


def test_nobody_else_edits_it(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone)
    for other in (make.member(make.root(note.group), role=Role.CHAIR), make.person(is_site_admin=True)):
        answer = signed_in(other).post(note.get_absolute_url(), {"change": "edit", "revision": 1, "text": "Mine."})
        assert answer.status_code == 403
        with pytest.raises(PermissionDenied):
            remarks.edit(note, by=other, seen=1, said={"text": "Mine."})
    note.refresh_from_db()
    assert note.revision == 1


def test_the_second_of_two_windows_is_shown_the_difference_and_keeps_what_was_typed(
    milestone: Milestone, signed_in: SignIn
) -> None:
    note = make.note(milestone, text="The draft goes to the carriers.")
    client = signed_in(note.author)
    given = {"change": "edit", "revision": 1}
    client.post(note.get_absolute_url(), {**given, "text": "The draft goes to two carriers."})
    page = client.post(note.get_absolute_url(), {**given, "text": "The map goes to the carriers."})
    assert page.status_code == 200
    html = page.content.decode()
    assert "This was changed after you opened it" in html
    assert "<del>draft </del>" in html
    assert "<ins>map </ins>" in html
    assert "The map goes to the carriers.</textarea>" in html
    note.refresh_from_db()
    assert note.text == "The draft goes to two carriers."
    again = dict(re.findall(r'name="(revision)" value="(\d+)" id="edit-', html))
    client.post(note.get_absolute_url(), {"change": "edit", **again, "text": "The map goes to the carriers."})
    note.refresh_from_db()
    assert note.text == "The map goes to the carriers."
    assert history_of(note).count() == 3


def test_an_edit_sent_twice_is_no_conflict(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone)
    client = signed_in(note.author)
    given = {"change": "edit", "revision": 1, "text": "Said better."}
    assert [client.post(note.get_absolute_url(), given).status_code for _ in range(2)] == [302, 302]
    assert history_of(note).count() == 2


def test_the_difference_puts_both_wordings_together_again() -> None:
    one, two = "A b  c\n\nd e", "A x  c\nd e f"
    pieces = difference(one, two)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == one
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == two


# --- Withdrawing ---


def test_a_withdrawn_one_stays_on_the_record_without_its_words(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone, text="Canary words.", by=make.member(milestone.body, make.person(name="Rosa")))
    reader = make.member(milestone.body)
    signed_in(note.author).post(note.get_absolute_url(), {"change": "edit", "revision": 1, "text": "Canary again."})
    client = signed_in(note.author)
    client.post(note.get_absolute_url(), {"change": "withdraw", "revision": 2, "reason": "Wrong milestone"})
    assert "Canary again." in words_of(client.get(note.get_absolute_url()))
    client = signed_in(reader)
    addresses = ["/groups/ecom/notes/", milestone.get_absolute_url(), "/groups/ecom/teams/team-1/", "/"]
    addresses += [note.get_absolute_url(), f"/groups/ecom/activity/?key={note.key}", "/search/?q=canary"]
    addresses += ["/groups/ecom/activity.csv"]
    pages = {address: client.get(address).content.decode() for address in addresses}
    assert {address for address, page in pages.items() if "Canary" in page} == set()
    text = words_of(client.get(note.get_absolute_url()))
    assert "by Rosa: Wrong milestone" in text
    assert history_of(note).last().text == "Canary again."


def test_a_chair_and_an_administrator_withdraw_those_of_others_a_lead_does_not(
    milestone: Milestone, signed_in: SignIn
) -> None:
    root = make.root(milestone.group)
    for who, status in (
        (make.member(milestone.body, role=Role.LEAD), 403),
        (make.member(make.team(milestone.group), role=Role.CHAIR), 403),
        (make.member(root, role=Role.CHAIR), 302),
        (make.person(is_site_admin=True), 302),
    ):
        note = make.note(milestone)
        given = {"change": "withdraw", "revision": 1, "reason": "Names a company"}
        assert signed_in(who).post(note.get_absolute_url(), given).status_code == status
        note.refresh_from_db()
        assert note.is_withdrawn == (status == 302)


def test_without_a_reason_nothing_is_withdrawn(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone)
    page = signed_in(note.author).post(note.get_absolute_url(), {"change": "withdraw", "revision": 1, "reason": " "})
    assert "Reason: This field is required." in words_of(page)
    note.refresh_from_db()
    assert not note.is_withdrawn


def test_what_was_typed_into_a_withdrawn_one_is_shown_once_more(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone)
    remarks.withdraw(note, by=make.member(make.root(note.group), role=Role.CHAIR), seen=1, reason="Mistaken")
    page = signed_in(note.author).post(note.get_absolute_url(), {"change": "edit", "revision": 1, "text": "Long text"})
    assert page.status_code == 200
    assert "Long text</textarea>" in page.content.decode()


# --- The government-only mark ---


def test_the_same_text_sent_again_with_the_mark_is_not_taken_for_the_open_one(
    milestone: Milestone, signed_in: SignIn
) -> None:
    client = signed_in(make.member(milestone.body, make.person(government=True)))
    given = {**form_of(client, new_of(milestone)), "text": "For some eyes."}
    client.post(new_of(milestone), given)
    client.post(new_of(milestone), {**given, "is_government_only": "on"})
    assert [note.is_government_only for note in Note.objects.order_by("id")] == [False, True]


def test_government_marks_and_opens_with_a_reason(milestone: Milestone, signed_in: SignIn) -> None:
    note, trade = make.note(milestone), make.member(milestone.body)
    federal = make.member(milestone.body, make.person(government=True))
    client = signed_in(federal)
    client.post(note.get_absolute_url(), {"change": "mark", "revision": 1, "reason": "Law enforcement"})
    assert note not in notes_visible_to(trade, TODAY)
    assert note not in notes_visible_to(note.author, TODAY), "the mark keeps it from its author of the trade too"
    client.post(note.get_absolute_url(), {"change": "mark", "revision": 2, "reason": "Published since"})
    assert note in notes_visible_to(trade, TODAY)
    assert [event.is_government_only for event in history_of(note)] == [False, True, False]


def test_the_trade_is_offered_no_mark_and_a_forged_one_is_refused(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone)
    client = signed_in(note.author)
    for address in (new_of(milestone), note.get_absolute_url()):
        assert "is_government_only" not in client.get(address).content.decode()
        assert client.post(address, {"text": "x", "is_government_only": "on"}).status_code == 403
    assert client.post(note.get_absolute_url(), {"change": "mark", "revision": 1, "reason": "x"}).status_code == 403
    with pytest.raises(PermissionDenied):
        make.note(milestone, by=note.author, government=True)
    with pytest.raises(PermissionDenied):
        remarks.mark(note, by=note.author, seen=1, is_government_only=True, reason="x")
    assert Note.objects.filter(is_government_only=True).count() == 0


def test_a_note_marked_while_its_author_edits_is_not_shown_to_them(milestone: Milestone, signed_in: SignIn) -> None:
    note = make.note(milestone)
    federal = make.member(milestone.body, make.person(government=True))
    remarks.mark(note, by=federal, seen=1, is_government_only=True, reason="x")
    answer = signed_in(note.author).post(note.get_absolute_url(), {"change": "edit", "revision": 1, "text": "y"})
    assert answer.status_code == 404


# --- Many at once, many in all ---


@pytest.mark.django_db(transaction=True)
def test_two_hundred_edits_at_once_lose_nothing() -> None:
    """Each adds its own word to the note; who comes second sees the other's words and adds theirs to them."""
    clock.set_clock(to=START)
    note = make.note(make.team(make.group("ecom")), text="start")
    author = note.author
    refused: Counter[str] = Counter()

    def add(number: int) -> None:
        try:
            for _ in range(400):
                seen = Note.objects.get(pk=note.pk)
                try:
                    said = {"text": f"{seen.text} word{number}"}
                    remarks.edit(seen, by=author, seen=seen.revision, said=said)
                except remarks.ChangedMeanwhile:
                    refused["conflicts"] += 1
                else:
                    return
            raise AssertionError("never came through")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(200)))
    note.refresh_from_db()
    print(f"\n200 edits, {refused['conflicts']} of them told that somebody was faster")
    assert sorted(note.text.split()) == sorted(["start", *(f"word{number}" for number in range(200))])
    assert note.revision == 201
    assert history_of(note).count() == 201
    assert [len(event.text.split()) for event in history_of(note)] == list(range(1, 202)), "each on top of the last"


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_withdrawal_at_once_leave_one_of_two_orders() -> None:
    clock.set_clock(to=START)
    team = make.team(make.group("ecom"))
    author = make.member(team)
    chair = make.member(make.root(team.group), role=Role.CHAIR)
    notes = [make.note(team, by=author, text="before") for _ in range(100)]

    def change(job: tuple[Note, str]) -> tuple[int, str]:
        note, what = job
        try:
            mine = Note.objects.get(pk=note.pk)
            if what == "edit":
                remarks.edit(mine, by=author, seen=1, said={"text": "after"})
            else:
                remarks.withdraw(mine, by=chair, seen=1, reason="x")
        except (remarks.ChangedMeanwhile, remarks.AlreadyWithdrawn):
            return note.pk, "refused"
        finally:
            connection.close()
        return note.pk, what

    jobs = [(note, what) for note in notes for what in ("edit", "withdraw")]
    with ThreadPoolExecutor(4) as threads:
        came = list(threads.map(change, jobs))
    done = {pk: what for pk, what in came if what != "refused"}
    assert len(done) == 100
    assert sum(what == "refused" for _, what in came) == 100
    for note in Note.objects.all():
        assert note.is_withdrawn == (done[note.pk] == "withdraw")
        assert note.text == ("after" if done[note.pk] == "edit" else "before")
        assert history_of(note).count() == 2


def test_a_deliverable_that_moves_takes_its_notes_along(milestone: Milestone) -> None:
    assert milestone.deliverable is not None
    notes = [make.note(milestone), make.note(milestone.deliverable)]
    other = make.team(milestone.group)
    work.move_deliverable(deliverable=milestone.deliverable, body=other)
    assert {Note.objects.get(pk=note.pk).body for note in notes} == {other}


def test_the_number_of_queries_does_not_grow(milestone: Milestone, signed_in: SignIn) -> None:
    first = make.note(milestone)
    client = signed_in(make.person(is_site_admin=True, affiliation="government"))
    client.get("/")  # notes the visit

    def queries() -> list[int]:
        counts = []
        for address in (
            milestone.get_absolute_url(),
            milestone.body.get_absolute_url(),
            "/groups/ecom/notes/",
            first.get_absolute_url(),
            new_of(milestone),
        ):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    one = queries()
    for _ in range(12):
        make.note(milestone)
    assert queries() == one
    assert max(one) <= 12, one


def test_the_list_pages_and_says_when_nothing_fits(milestone: Milestone, signed_in: SignIn) -> None:
    client = signed_in(make.member(milestone.body))
    assert "No notes yet." in words_of(client.get("/groups/ecom/notes/"))
    for _ in range(27):
        make.note(milestone)
    assert "27 notes" in words_of(client.get("/groups/ecom/notes/"))
    assert len(re.findall("<article", client.get("/groups/ecom/notes/?page=2").content.decode())) == 2
    assert "No note fits this choice." in words_of(client.get("/groups/ecom/notes/?mine=on"))
    assert "There is no team “nine”" in words_of(client.get("/groups/ecom/notes/?team=nine"))

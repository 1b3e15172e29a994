"""Government-only documents and notes, and all that would give them away, by every way that leads out of the portal."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from documents.consultations.selectors import consultations_visible_to
from documents.library.models import Document
from documents.library.selectors import documents_visible_to
from documents.papers.selectors import developments_visible_to
from ecomwg import search
from milestones.reminders import services as reminders
from milestones.work.models import Milestone, Note
from milestones.work.selectors import notes_visible_to
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from teams.clock import selectors as clock
from teams.history.feed import followed
from teams.history.selectors import recent_changes, visible_events
from teams.notices import services as notices
from teams.notices.models import MailboxMessage
from teams.remarks import services as remarks
from teams.remarks.selectors import as_read_by
from tests import factories as make
from tests import world
from tests.test_access import TOKEN, addresses

SignIn = Callable[[User], Client]
TODAY = date(2018, 7, 20)
SECRET = "Interagency position"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def pages(group: WorkingGroup) -> list[str]:
    """Every page that could show the document, its consultation or its development; each says SECRET to government."""
    meeting = make.meeting(group, key="october", starts=make.day("2018-07-24"))
    issuer = make.organization(key="secret-issuer", name=f"{SECRET} Office", kind="agency")
    secret = make.document(
        group, key="secret", title=SECRET, access=Document.Access.GOVERNMENT, issuer=issuer, meeting=meeting
    )
    asked = make.consultation(
        secret, make.root(group), title=f"{SECRET}: comments", for_meeting=meeting, closes_on=date(2018, 7, 27)
    )
    make.development(group, text=f"{SECRET} was agreed.", about_document=secret)
    return [
        "/groups/ecom/documents/",
        "/groups/ecom/documents/?q=interagency",
        "/groups/ecom/documents.csv",
        secret.get_absolute_url(),
        "/groups/ecom/consultations/",
        asked.get_absolute_url(),
        "/groups/ecom/developments/",
        "/groups/ecom/calendar/",
        "/groups/ecom/calendar/?view=list&days=all",
        meeting.get_absolute_url(),
    ]


def test_government_sees_it_on_every_page(group: WorkingGroup, pages: list[str], signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group), make.person(government=True)))
    answers = {page: client.get(page) for page in pages}
    assert {page for page, answer in answers.items() if SECRET not in answer.content.decode()} == set()


@pytest.mark.parametrize("role", Role.values)
def test_trade_sees_it_nowhere_whatever_the_role(
    group: WorkingGroup, pages: list[str], signed_in: SignIn, role: str
) -> None:
    client = signed_in(make.member(make.root(group), role=role))
    answers = {page: client.get(page) for page in pages}
    assert {page for page, answer in answers.items() if SECRET in answer.content.decode()} == set()
    hidden = {page for page, answer in answers.items() if answer.status_code == 404}
    assert hidden == {pages[3], pages[5]}, "the document's own page and its consultation's"


def test_an_administrator_from_the_trade_sees_it_nowhere(
    group: WorkingGroup, pages: list[str], signed_in: SignIn
) -> None:
    client = signed_in(make.person(is_site_admin=True))
    assert all(SECRET not in client.get(page).content.decode() for page in pages)


def test_the_facets_do_not_count_it_for_trade(group: WorkingGroup, pages: list[str], signed_in: SignIn) -> None:
    make.document(group, title="Open paper")
    page = signed_in(make.member(make.root(group))).get("/groups/ecom/documents/").content.decode()
    assert "Government only" not in page
    assert "secret-issuer" not in page
    assert "1 document<" in page
    answer = signed_in(make.member(make.root(group))).get("/groups/ecom/documents/?access=government")
    assert "No document that you may see fits this choice." in answer.content.decode()


def test_the_questions_hide_it(group: WorkingGroup, pages: list[str]) -> None:
    trade, federal = make.member(make.root(group)), make.member(make.root(group), make.person(government=True))
    for visible_to in (documents_visible_to, consultations_visible_to, developments_visible_to):
        assert not visible_to(trade, TODAY).exists()
        assert visible_to(federal, TODAY).count() == 1


def test_the_activity_feed_hides_it(group: WorkingGroup, pages: list[str]) -> None:
    trade, federal = make.member(make.root(group)), make.member(make.root(group), make.person(government=True))
    assert not any(SECRET in change.title for change in recent_changes(trade))
    assert sum(SECRET in change.title for change in recent_changes(federal)) == 3


# --- A canary: a text that must come out nowhere ---

CANARY = "Quetzalfeather"
HIDDEN_KEYS = ("canary-document", "canary-consultation", "canary-note", "opened-note")
# What the crawl leaves alone: it would sign the reader out.
NOT_FOLLOWED = ("/accounts/logout/", "/accounts/sessions/session/")
# The same page with other choices in its address is looked at so often.
CHOICES_AT_MOST = 4


@pytest.fixture
def canaries(db: None, settings: Settings) -> WorkingGroup:
    """The example, with the canary in all that can be marked: marked at once, marked later, edited and opened again."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    world.load_example()
    group = WorkingGroup.objects.get(slug="ecom")
    officer, member = world.who("reviewer"), world.who("member")
    hidden = Document.Access.GOVERNMENT
    secret = make.document(group, key="canary-document", title=f"{CANARY} paper", access=hidden)
    make.consultation(secret, make.root(group), key="canary-consultation", title=f"{CANARY} consultation")
    make.development(group, text=f"{CANARY} happened.", about_document=secret)
    milestone = Milestone.objects.get(group=group, key="diagrams-draft")
    team = milestone.body
    make.note(milestone, by=officer, key="canary-note", text=f"{CANARY} note", government=True)
    make.note(team, by=officer, text=f"{CANARY} of the team", government=True)
    later = make.note(team, by=member, text="Harmless.", key="marked-later")
    remarks.edit(later, by=member, seen=1, said={"text": f"{CANARY} by the trade"})
    remarks.mark(later, by=officer, seen=2, is_government_only=True, reason=f"{CANARY} reason")
    opened = make.note(milestone, by=officer, key="opened-note", text=f"{CANARY} while marked", government=True)
    remarks.edit(opened, by=officer, seen=1, said={"text": "Fit for everybody."})
    remarks.mark(opened, by=officer, seen=2, is_government_only=False, reason="Published since")
    reminders.sweep(now=clock.now())
    notices.send_due()
    return group


def texts_of(answer: Any) -> str:
    """All that an answer says: its body (a spreadsheet's unpacked) and its headers."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b" ".join(parts.read(name) for name in parts.namelist())
    return content.decode(errors="replace") + str(answer.headers)


def crawl(client: Client, *starts: str) -> dict[str, str]:
    """What every page says that links lead to from the home page, and from the starts."""
    said: dict[str, str] = {}
    followed_to: Counter[str] = Counter()
    waiting = ["/", *starts]
    while waiting:
        address = waiting.pop(0)
        if address in said or address.startswith(NOT_FOLLOWED):
            continue
        path = address.partition("?")[0]
        if address not in starts and followed_to[path] >= CHOICES_AT_MOST:
            continue
        followed_to[path] += 1
        said[address] = text = texts_of(client.get(address))
        for link in re.findall(r'(?:href|action|src)="([^"#]+)', text):
            there = urljoin(address, html.unescape(link))
            if there.startswith("/") and not there.startswith(("//", "/static/")):
                waiting.append(there)
    return said


def ways(group: WorkingGroup) -> list[str]:
    """Addresses that no link leads the trade to: searches, filters, guesses, and one of every route."""
    slug = f"/groups/{group.slug}"
    guessed = [f"{slug}/{kind}/{key}/" for kind in ("documents", "consultations", "notes") for key in HIDDEN_KEYS]
    marked = [note.get_absolute_url() for note in Note.objects.filter(is_government_only=True)]
    numbers = [f"{slug}/notes/{number}/" for number in Note.objects.values_list("pk", flat=True)]
    kept = [f"{slug}/activity/?key={key}" for key in HIDDEN_KEYS] + [
        f"{slug}/activity.csv?key={key}" for key in HIDDEN_KEYS
    ]
    searched = [f"/search/?q={CANARY}", f"/search/?q={CANARY[:6]}", f"/search/?q={CANARY}&kind=Note"]
    why = [f"{slug}/why/note/canary-note/?person={world.who('member').pk}"]
    return [*addresses().values(), *guessed, *marked, *numbers, *kept, *searched, *why]


@pytest.mark.parametrize("role", ["chair", "lead", "member", "member of another team", "administrator"])
def test_the_canary_comes_out_by_no_way(canaries: WorkingGroup, client: Client, role: str) -> None:
    person = world.who(role)
    User.objects.filter(pk=person.pk).update(affiliation=User.Affiliation.TRADE)
    client.force_login(User.objects.get(pk=person.pk))
    said = crawl(client, *ways(canaries))
    # What was typed into the address stands in the page again; everything else would be a leak.
    leaks = {
        address
        for address, text in said.items()
        if CANARY in text.replace(f"“{CANARY}”", "").replace(f'value="{CANARY}"', "").replace(f"q={CANARY}", "")
    }
    print(f"\n{role} of the trade: {len(said)} addresses, {len(leaks)} of them with the canary")
    assert leaks == set()
    assert len(said) > 100
    assert "Fit for everybody." in "".join(said.values()), "what was opened since is there"


def test_the_canary_is_there_for_the_government(canaries: WorkingGroup, client: Client) -> None:
    client.force_login(world.who("reviewer"))
    said = crawl(client, *ways(canaries))
    singing = {address for address, text in said.items() if CANARY in text}
    print(f"\nreviewer: {len(said)} addresses, {len(singing)} of them with the canary")
    slug = "/groups/ecom"
    assert {
        f"{slug}/documents/", f"{slug}/documents.csv", f"{slug}/consultations/", f"{slug}/notes/canary-note/",
        f"{slug}/milestones/diagrams-draft/", f"{slug}/teams/team-1/", f"{slug}/notes/", f"{slug}/activity/",
        f"{slug}/activity.csv", f"{slug}/activity/?key=opened-note", f"/search/?q={CANARY}",
    } <= singing  # fmt: skip


def test_no_mail_to_the_trade_has_it(canaries: WorkingGroup) -> None:
    government = set(User.objects.filter(affiliation="government").values_list("email", flat=True))
    mails = [mail for mail in MailboxMessage.objects.all() if not set(mail.recipients.split(", ")) & government]
    assert mails
    assert all(CANARY not in f"{mail.subject} {mail.headers} {mail.text} {mail.html}" for mail in mails)


def test_an_error_says_nothing_of_what_is_hidden(canaries: WorkingGroup, client: Client) -> None:
    """To the trade what is marked answers as what never was, to every form that could be sent."""
    client.force_login(world.who("member"))
    for change in ("edit", "withdraw", "mark", "reply"):
        given = {"change": change, "revision": 1, "text": "x", "reason": "x"}
        answers = [
            client.post(f"/groups/ecom/notes/{key}/", given) for key in ("canary-note", "marked-later", "nothing")
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        pages = [TOKEN.sub(b"", answer.content) for answer in answers]
        assert pages[0] == pages[1] == pages[2]


def test_counts_are_the_same_as_if_it_did_not_exist(canaries: WorkingGroup, client: Client) -> None:
    client.force_login(world.who("member"))
    addresses = ["/groups/ecom/notes/", "/groups/ecom/notes/?team=team-1", "/groups/ecom/documents/"]
    addresses += ["/groups/ecom/teams/team-1/", "/groups/ecom/milestones/diagrams-draft/", "/groups/ecom/activity/"]

    def pages() -> list[bytes]:
        # What was written outside a request has its instant worked out anew for each page, to the microsecond.
        instant = re.compile(rb'datetime="[^"]+"')
        return [instant.sub(b"", TOKEN.sub(b"", client.get(address).content)) for address in addresses]

    before = pages()
    officer = world.who("reviewer")
    team = Milestone.objects.get(key="diagrams-draft").body
    for _ in range(30):
        make.note(team, by=officer, government=True)
        make.document(canaries, access=Document.Access.GOVERNMENT)
    assert pages() == before


# --- Visibility, whatever happened before ---


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_was_done_the_trade_sees_what_is_open_now_and_was_then(
    group: WorkingGroup, data: st.DataObject
) -> None:
    """A note through random changes: page, feed and search against a plain account of what it said when."""
    team = make.team(group)
    federal, trade = make.member(team, make.person(government=True)), make.member(team)
    by = data.draw(st.sampled_from([federal, trade]))
    marked = by == federal and data.draw(st.booleans())
    note = make.note(team, by=by, text="word0", government=marked)
    told = [] if marked else ["word0"]
    withdrawn = False
    for step, what in enumerate(
        data.draw(st.lists(st.sampled_from(["edit", "mark", "withdraw"]), max_size=6)), start=1
    ):
        note.refresh_from_db()
        if what == "mark":
            marked = not marked
            remarks.mark(note, by=federal, seen=note.revision, is_government_only=marked, reason="because")
            if not marked:
                told.append(note.text)
        elif not withdrawn and what == "edit":
            remarks.edit(note, by=by, seen=note.revision, said={"text": f"word{step}"})
            if not marked:
                told.append(f"word{step}")
        elif not withdrawn:
            withdrawn = True
            remarks.withdraw(note, by=by, seen=note.revision, reason="because")
    note.refresh_from_db()
    for person, sees in ((federal, True), (trade, not marked)):
        seen = as_read_by(person, notes_visible_to(person, TODAY).filter(pk=note.pk))
        assert bool(seen) == sees
        if seen:
            assert seen[0].text == ("" if withdrawn and by != person else note.text)
        found = {row["hit_pk"] for row in search.found(person, TODAY, note.text, "Note")}
        assert (note.pk in found) == (sees and not withdrawn)
    follows = next(each for each in followed() if each.model is Note)
    events = visible_events(follows, trade).filter(pgh_obj_id=note.pk)
    texts = (
        [event.text for event in events if not event.withdrawn_at] if by != trade else [each.text for each in events]
    )
    expected = set() if marked or (withdrawn and by != trade) else set(told)
    assert set(texts) == expected

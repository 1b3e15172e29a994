"""Seeing the portal as a role: the same pages as a real person of that role, nothing written, on the record."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from openpyxl import load_workbook

from documents.library.models import Document
from milestones.meetings.models import Meeting
from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.accounts.sessions import limits
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.clock import services as clock_services
from teams.notices import services as notices
from teams.viewing import middleware, selectors, services
from teams.viewing.models import Viewing
from tests import factories, world
from tests.pages import words_of
from tests.test_access import TOKEN, addresses

SignIn = Callable[[User], Client]

# Every role, for the trade and the government, in the body where it is held; and someone outside.
SEATS = [
    *((role, "ecom" if role in (Role.CHAIR, Role.REVIEWER) else "team-1") for role in Role.values),
    (Role.MEMBER, "ecom"),
    ("", ""),
]
XLSX = "spreadsheetml"
AGO = re.compile(r"\b(now|(\d+|an?) (second|minute)s? ago)\b")
CONTEXTUAL = re.compile(rb'value="/[^"]*"|\d+@|[0-9a-f]{32}')


@pytest.fixture
def administrator(at_start: datetime) -> User:
    return factories.person(is_site_admin=True, government=True, name="Ada Admin")


@pytest.fixture
def example(db: None, settings: Any) -> WorkingGroup:
    """The example with due mail, a second group, a government-only document and a draft meeting."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    world.load_example()
    reminders.sweep(now=clock.now())
    notices.send_due()
    world.open_invitation()
    world.round_of_recertification()
    world.load_second_group()
    group = WorkingGroup.objects.get(slug="ecom")
    factories.document(group, key="for-government", access=Document.Access.GOVERNMENT)
    factories.meeting(group, key="a-draft", state=Meeting.State.DRAFT)
    factories.document(WorkingGroup.objects.get(slug="trusted"), key="of-another-group")
    return group


def begin(client: Client, body: Body | None, role: str, affiliation: str = "trade", group: str = "ecom") -> Viewing:
    """Start through the page, as an administrator does."""
    seat = str(body.pk) if body else f"outside-{group}"
    answer = client.post(
        reverse("viewing:view_as"), {"body": seat, "role": role, "affiliation": affiliation}, follow=True
    )
    assert answer.status_code == 200
    return Viewing.objects.get(stopped_at=None, pk=Viewing.objects.order_by("-pk").values_list("pk", flat=True)[0])


def asked_for() -> list[str]:
    """Every address inside a group, objects that are hidden from some, foreign and missing ones, and the portal's."""
    group = {"group": "ecom"}
    return [
        "/",
        "/search/?q=framework",
        "/search/?q=document",
        "/mailbox/",
        reverse("people:people"),
        reverse("admin:index"),
        reverse("viewing:view_as"),
        *addresses().values(),
        reverse("library:document", kwargs={**group, "key": "for-government"}),
        reverse("library:document", kwargs={**group, "key": "of-another-group"}),
        reverse("library:document", kwargs={**group, "key": "nothing"}),
        reverse("meetings:meeting", kwargs={**group, "key": "a-draft"}),
        "/groups/trusted/",
        "/groups/nothing/",
    ]


def answers(client: Client, pages: list[str]) -> dict[str, tuple[int, str]]:
    """Status and words of each page; of a file, the file."""
    found = {}
    for page in pages:
        answer = client.get(page)
        if XLSX in answer.headers.get("Content-Type", ""):
            words = cells_of(answer.content)
        else:
            words = words_of(answer) or TOKEN.sub(b"", CONTEXTUAL.sub(b"", answer.content)).decode()
        found[page] = answer.status_code, AGO.sub("", words)
    return found


def cells_of(content: bytes) -> str:
    """All that stands in the cells of a workbook; when it was written stands elsewhere in the file."""
    sheets = load_workbook(io.BytesIO(content)).worksheets
    return "\n".join(str((sheet.title, [*sheet.values])) for sheet in sheets)


@contextmanager
def taken_back() -> Iterator[None]:
    """What is made inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("affiliation", ["trade", "government"])
@pytest.mark.parametrize(("role", "body"), SEATS)
def test_each_page_is_that_of_a_real_person(
    example: WorkingGroup, signed_in: SignIn, role: str, body: str, affiliation: str
) -> None:
    administrator = world.who("administrator")
    held = Body.objects.get(group=example, key=body) if body else None
    pages = asked_for()
    with taken_back(), pgtrigger.ignore("accounts.User:insert_insert", "bodies.Membership:insert_insert"):
        name = services._in_words(held, role, affiliation)
        person = factories.person(name=name, affiliation=affiliation, timezone=administrator.timezone)
        if held:
            Membership.objects.create(person=person, body=held, role=role)
        real = answers(signed_in(person), pages)
    client = signed_in(administrator)
    viewing = begin(client, held, role, affiliation)
    seen = answers(client, pages)
    for page in pages:
        assert seen[page] == real[page], page
    assert viewing.seen_as == name
    statuses = [status for status, _ in seen.values()]
    assert 404 in statuses
    assert statuses.count(200) > (20 if body else 3)


def counts() -> dict[str, int]:
    """How many rows each table has, those of the history too."""
    return {
        model._meta.db_table: model._default_manager.count() for model in apps.get_models(include_auto_created=True)
    }


def contents() -> dict[str, object]:
    """All rows of the tables in which a visit, a session or a person stands."""
    return {
        "people": list(User.objects.order_by("pk").values()),
        "memberships": list(Membership.objects.order_by("pk").values()),
        "sessions": list(Session.objects.order_by("pk").values()),
        "views": list(Viewing.objects.order_by("pk").values()),
    }


@pytest.mark.django_db(transaction=True)
def test_a_crawl_writes_nothing_at_all(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # A crawl takes more than a minute on a busy machine, and a session notes its last page once a minute.
    monkeypatch.setattr(limits, "WRITE_EVERY", timedelta(days=1))
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    world.load_example()
    reminders.sweep(now=clock.now())
    notices.send_due()
    group = WorkingGroup.objects.get(slug="ecom")
    pages = list(addresses().values())
    client = Client()
    client.force_login(world.who("administrator"))
    begin(client, factories.root(group), Role.CHAIR, "government")
    before, rows = counts(), contents()
    opened = 0
    for page in ["/", "/search/?q=framework", reverse("profile:profile"), reverse("sessions:kept"), *pages]:
        opened += client.get(page).status_code == 200
        assert client.post(page, {"name": "x", "resend": "1"}).status_code == 403
    assert opened > 20
    assert counts() == before
    assert contents() == rows


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_every_other_method_is_refused_on_a_clear_page(example: WorkingGroup, signed_in: SignIn, method: str) -> None:
    client = signed_in(world.who("administrator"))
    begin(client, Body.objects.get(group=example, key="ecom"), Role.CHAIR)
    for page in [*addresses().values(), "/", "/nowhere/", reverse("account_logout"), reverse("sessions:session")]:
        answer = getattr(client, method)(page)
        assert answer.status_code == 403
        assert "what you sent was not carried out" in words_of(answer)
        assert "no-store" in answer["Cache-Control"]


def test_each_page_says_so_and_can_stop_it(example: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(world.who("administrator"))
    team = Body.objects.get(group=example, key="team-1")
    begin(client, team, Role.MEMBER)
    marked = 0
    for page in asked_for():
        answer = client.get(page)
        # A mail in its frame and a file are no pages of the portal.
        if "<header" in (text := answer.content.decode()):
            assert "You see the portal as <strong>a Member of Team 1 (trade)</strong>" in text, page
            assert f'action="{reverse("viewing:stop")}"' in text
            marked += 1
    assert marked > 35


def test_stopping_leads_back_to_the_page_as_oneself(example: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(world.who("administrator"))
    begin(client, None, "")
    page = reverse("work:plan", args=["ecom"])
    assert client.get(page).status_code == 404
    answer = client.post(reverse("viewing:stop"), {"next": page}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "yourself again, no longer as someone outside the group (trade)" in words_of(answer)
    assert client.get("/").context["shell"].viewing is None
    assert client.post(reverse("viewing:stop"), {"next": page})["Location"] == page


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "", "x"])
def test_stopping_leads_nowhere_else(example: WorkingGroup, signed_in: SignIn, address: str) -> None:
    client = signed_in(world.who("administrator"))
    begin(client, None, "")
    assert client.post(reverse("viewing:stop"), {"next": address})["Location"] == "/"


def test_a_persons_own_pages_are_not_shown(example: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(world.who("administrator"))
    begin(client, factories.root(example), Role.CHAIR, "government")
    own = [
        "profile:profile",
        "choices:choices",
        "sessions:kept",
        "identities:identities",
        "account_change_password",
        "account_email",
        "account_logout",
        "account_login",
        "mfa_index",
        "mfa_activate_totp",
        "usersessions_list",
    ]
    for name in own:
        answer = client.get(reverse(name))
        assert answer.status_code == 403
        assert "there is no such person" in words_of(answer)
    for name in ("admin:index", "people:people", "viewing:view_as"):
        assert client.get(reverse(name)).status_code == 404


def test_how_long_the_session_lasts_is_still_told(example: WorkingGroup, signed_in: SignIn, settings: Any) -> None:
    settings.SESSION_IDLE_MINUTES_ADMINISTRATOR, settings.SESSION_IDLE_MINUTES = 15, 30
    client = signed_in(world.who("administrator"))
    begin(client, factories.root(example), Role.CHAIR)
    assert client.get(reverse("sessions:session")).json()["left"] <= 15 * 60
    assert "data-session-left" not in client.get("/").content.decode()


def test_only_administrators_can(example: WorkingGroup, signed_in: SignIn) -> None:
    for role in ("chair", "reviewer", "member"):
        client = signed_in(world.who(role))
        assert client.get(reverse("viewing:view_as")).status_code == 404
        seat = {"body": f"outside-{example.slug}", "role": "", "affiliation": "government"}
        assert client.post(reverse("viewing:view_as"), seat).status_code == 404
        assert client.post(reverse("viewing:stop")).status_code == 404
    with pytest.raises(services.NotAdministrator):
        services.start(by=world.who("chair"), group=example, body=None, role="", affiliation="government")
    assert not Viewing.objects.exists()


def _with(client: Client, value: object) -> None:
    session = client.session
    session[selectors.SESSION_KEY] = value
    session.save()


@pytest.mark.parametrize("value", ["nothing", 1, None, ["x"], {"role": "chair"}, "\x00"])
def test_a_forged_session_value_opens_nothing(example: WorkingGroup, signed_in: SignIn, value: object) -> None:
    client = signed_in(world.who("member"))
    page = reverse("library:document", args=["ecom", "for-government"])
    _with(client, value)
    assert client.get(page).status_code == 404
    assert selectors.SESSION_KEY not in client.session


def test_anothers_view_and_one_from_before_open_nothing(example: WorkingGroup, signed_in: SignIn) -> None:
    government = services.start(
        by=world.who("administrator"),
        group=example,
        body=factories.root(example),
        role=Role.REVIEWER,
        affiliation="government",
    )
    page = reverse("library:document", args=["ecom", "for-government"])
    for person in (world.who("member"), factories.person(is_site_admin=True)):
        client = signed_in(person)
        _with(client, government.key)
        answer = client.get(page)
        assert answer.status_code == 404
        assert answer.context["shell"].viewing is None
    administrator = world.who("administrator")
    client = signed_in(administrator)
    _with(client, government.key)
    assert client.get(page).context["shell"].viewing == government
    User.objects.filter(pk=administrator.pk).update(is_site_admin=False)
    assert client.get("/").context["shell"].viewing is None


def test_it_ends_by_itself(example: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(world.who("administrator"))
    begin(client, None, "")
    start = clock.now()
    clock_services.set_clock(to=start + services.LASTS - timedelta(minutes=1))
    assert client.get("/").context["shell"].viewing is not None
    clock_services.set_clock(to=start + services.LASTS + timedelta(minutes=1))
    answer = client.get("/")
    assert answer.context["shell"].viewing is None
    assert "You see the portal as yourself again" in words_of(answer)
    begin(client, None, "")
    clock_services.set_clock(to=start - timedelta(days=1))
    assert client.get("/").context["shell"].viewing is None


def test_it_ends_with_the_session(example: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(world.who("administrator"))
    begin(client, None, "")
    client.logout()
    assert client.get("/").status_code == 302
    assert signed_in(world.who("administrator")).get("/").context["shell"].viewing is None


def test_it_stands_on_the_record_that_administrators_read(example: WorkingGroup, signed_in: SignIn) -> None:
    administrator = world.who("administrator")
    client = signed_in(administrator)
    begin(client, Body.objects.get(group=example, key="team-1"), Role.LEAD, "government")
    client.post(reverse("viewing:stop"))
    page = reverse("history:activity", args=["ecom"])
    said = words_of(client.get(page, {"noun": "view-as-a-role"}))
    assert "View as a role added" in said
    assert "View as a role changed" in said
    assert "Lead of Team 1 (government)" in said
    assert administrator.name in said
    assert "Lead of Team 1 (government)" in words_of(client.get(reverse("viewing:view_as")))
    assert "Lead of Team 1 (government)" not in words_of(signed_in(world.who("chair")).get(page))


@pytest.mark.parametrize(
    ("seat", "complaint"),
    [
        ({"body": "", "role": "chair", "affiliation": "trade"}, "Body: This field is required"),
        ({"body": "outside-ecom", "role": "chair", "affiliation": "trade"}, "has no role in it"),
        ({"body": "outside-nothing", "role": "", "affiliation": "trade"}, "Select a valid choice"),
        ({"body": "BODY", "role": "", "affiliation": "trade"}, "Choose the role in this body"),
        ({"body": "BODY", "role": "administrator", "affiliation": "trade"}, "Select a valid choice"),
        ({"body": "BODY", "role": "chair", "affiliation": "both"}, "Select a valid choice"),
    ],
)
def test_what_is_no_seat_is_said(administrator: User, signed_in: SignIn, seat: dict[str, str], complaint: str) -> None:
    body = factories.root(factories.group("ecom"))
    given = {name: str(body.pk) if value == "BODY" else value for name, value in seat.items()}
    answer = signed_in(administrator).post(reverse("viewing:view_as"), given)
    assert complaint in words_of(answer)
    assert not Viewing.objects.exists()


def test_another_groups_body_is_no_seat(administrator: User) -> None:
    ecom, other = factories.group("ecom"), factories.group("other")
    for body, role in ((factories.root(other), "chair"), (factories.root(ecom), ""), (None, "chair")):
        with pytest.raises(services.NotTheirs):
            services.start(by=administrator, group=ecom, body=body, role=role, affiliation="trade")


def test_an_answer_in_pieces_is_drawn_as_the_person(
    administrator: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = factories.group("ecom")
    view = resolve("/search/").func

    def pieces(request: Any) -> StreamingHttpResponse:
        return StreamingHttpResponse(f"{person.name} {person.pk}\n" for person in User.objects.order_by("pk"))

    pattern = next(each for name, each in _routes() if name == "search")
    pieces.access = view.access  # type: ignore[attr-defined]
    monkeypatch.setattr(pattern, "callback", pieces)
    client = signed_in(administrator)
    begin(client, factories.root(group), Role.MEMBER)
    sent = b"".join(client.get("/search/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Member of Ecom Working Group (trade)" in sent
    assert not User.objects.filter(name__startswith="Member of").exists()


def _routes() -> Iterator[tuple[str, Any]]:
    from tests.test_access import routes

    return routes()


def test_a_page_that_fails_leaves_nothing_behind(
    administrator: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = factories.group("ecom")
    client = signed_in(administrator)
    begin(client, factories.root(group), Role.MEMBER)
    people = User.objects.count()

    def breaks(request: Any, **_: Any) -> Any:
        User.objects.filter(pk=request.user.pk).update(name="changed")
        raise RuntimeError

    pattern = next(each for name, each in _routes() if name == "search")
    breaks.access = "signed in"  # type: ignore[attr-defined]
    monkeypatch.setattr(pattern, "callback", breaks)
    client.raise_request_exception = False
    assert client.get("/search/").status_code == 500
    assert User.objects.count() == people
    assert client.get("/").context["shell"].viewing is not None


def test_what_it_costs_beside_the_page(example: WorkingGroup, signed_in: SignIn) -> None:
    administrator = world.who("administrator")
    team = Body.objects.get(group=example, key="team-1")
    page = reverse("work:team", args=["ecom", "team-1"])
    person = factories.member(team)
    client = signed_in(person)
    client.get(page)
    with CaptureQueriesContext(connection) as as_the_person:
        client.get(page)
    client = signed_in(administrator)
    begin(client, team, Role.MEMBER)
    with CaptureQueriesContext(connection) as as_the_role:
        client.get(page)
    extra = len(as_the_role) - len(as_the_person)
    print(f"\na view as a role takes {extra} statements more than the person's own page")
    assert extra <= 8
    assert middleware.HELD_IN_MEMORY > 0

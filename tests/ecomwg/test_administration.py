"""The administrators' entry page says what to look at, the urgent first; Django's pages behind it change nothing."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from documents.statement import services as statement
from documents.statement.models import StatementOfWork
from ecomwg.admin import ReadOnly
from milestones.reminders import services as reminders
from milestones.reminders.models import Sweep
from teams.accounts.models import User
from teams.bodies.invitations.services import invite
from teams.bodies.models import AccessDecision, Body, WorkingGroup
from teams.bodies.recertification import services as recertification
from teams.clock import selectors as clock
from teams.clock.services import set_clock
from teams.history.models import HistoryDay
from teams.notices.models import Bounce, Notice
from tests import factories
from tests.pages import words_of

PAGE = "/administration/"
RECORDS = "/administration/records/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(at_start: datetime) -> User:
    return factories.person(is_site_admin=True, name="Ada Administrator")


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def client(client: Client, administrator: User) -> Client:
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return words_of(answer)


def urgency(client: Client, what: str) -> str:
    """The word beside the matter that begins so."""
    found = re.search(re.escape(what) + r".*?(Now|Soon|In order)", words(client))
    assert found is not None, words(client)
    return found.group(1)


def notice(scope: str, state: Notice.State, **fields: object) -> Notice:
    """A notice of July 19, 2018 that was queued for a person."""
    person = factories.person()
    at = clock.now() - timedelta(days=1)
    made: dict[str, object] = {"kind": "milestone_due", "rule": "on_the_day", "subject_key": "milestone:1"}
    made |= {"why": "A test asks for it.", "recipient": person, "owed_to": person, "due_at": at, "created_at": at}
    return Notice.objects.create(**{**made, "scope": scope, "state": state, **fields})


def came_back(scope: str, action: Bounce.Action) -> None:
    """A notice that went, and what was reported of it."""
    sent = notice(scope, Notice.State.SENT, sent_at=clock.now(), rule=f"{action}:{scope}")
    Bounce.objects.create(notice=sent, action=action, address="a@example.test", reported_at=clock.now())


def test_without_a_worker_that_is_said_first(client: Client, group: WorkingGroup) -> None:
    assert "1 thing can’t wait" in words(client)
    assert words(client).partition("To look at")[2].strip().startswith("Nobody looks for what is due")
    reminders.sweep()
    assert urgency(client, "The worker is alive") == "In order"
    Sweep.objects.update(swept_at=timezone.now() - timedelta(hours=2))
    assert urgency(client, "The worker is silent") == "Now"
    assert "2 hours ago" in words(client).replace("\xa0", " ")


def test_mail_that_went_wrong_leads_to_its_state_in_the_ledger(client: Client, group: WorkingGroup) -> None:
    assert urgency(client, "No mail went wrong") == "In order"
    notice("ecom", Notice.State.UNCERTAIN)
    assert urgency(client, "1 mail went wrong") == "Soon"
    notice("ecom", Notice.State.FAILED)
    notice("ecom", Notice.State.FAILED, due_at=clock.now() - timedelta(days=31))  # long ago
    assert urgency(client, "2 mails went wrong") == "Now"
    assert "1 failed and 1 may or may not have gone" in words(client)
    assert "/groups/ecom/ledger/?state=failed" in client.get(PAGE).content.decode()
    notice("", Notice.State.FAILED)
    assert urgency(client, "1 mail went wrong outside of any group") == "Now"


def test_mail_that_came_back_leads_to_it(client: Client, group: WorkingGroup) -> None:
    came_back("ecom", Bounce.Action.DELAYED)
    assert urgency(client, "No mail went wrong") == "In order"
    came_back("ecom", Bounce.Action.FAILED)
    assert urgency(client, "1 mail went wrong") == "Now"
    assert "1 came back from the address" in words(client)
    assert "/groups/ecom/ledger/?state=came_back" in client.get(PAGE).content.decode()
    came_back("", Bounce.Action.FAILED)
    assert urgency(client, "1 mail went wrong outside of any group") == "Now"
    records = f"{reverse('admin:notices_notice_changelist')}?bounces__action__exact=failed"
    assert records in client.get(PAGE).content.decode()
    assert client.get(records).status_code == 200


def test_second_factors_that_are_due(client: Client, group: WorkingGroup, settings: Settings) -> None:
    lacking = factories.member(factories.root(group), factories.person(government=True, name="Gina Government"))
    factories.member(factories.root(group))  # of the trade: need not have one
    factories.person(government=True, is_active=False)
    assert urgency(client, "2 people without the second factor") == "Soon"
    page = words_of(client.get("/people/?state=lacking"))
    assert "2 people found" in page
    assert lacking.name in page
    Authenticator.objects.create(user=User.objects.get(is_site_admin=True), type="totp", data={"secret": "x"})
    settings.SECOND_FACTOR_REQUIRED = True
    assert urgency(client, "1 person without the second factor") == "Now"
    Authenticator.objects.create(user=lacking, type="webauthn", data={})
    assert urgency(client, "All who must have a second factor have one") == "In order"


def test_invitations_before_they_end(client: Client, group: WorkingGroup, administrator: User) -> None:
    assert urgency(client, "No invitation is open") == "In order"
    made = invite(by=administrator, body=factories.root(group), role="member", email="new@example.test", name="New One")
    assert urgency(client, "1 open invitation") == "In order"
    set_clock(to=made.expires_at - timedelta(days=2))
    assert urgency(client, "1 open invitation") == "Soon"
    set_clock(to=made.expires_at)
    assert urgency(client, "No invitation is open") == "In order"


def test_memberships_that_end_within_thirty_days(client: Client, group: WorkingGroup) -> None:
    root = factories.root(group)
    factories.member(root, ended=factories.day("2018-08-20"))  # in 31 days
    factories.member(root, ended=factories.day("2018-07-20"))  # has ended
    factories.member(root, started=factories.day("2018-08"), ended=factories.day("2018-08-15"))  # has not begun
    assert urgency(client, "No membership ends in the next 30 days") == "In order"
    factories.member(root, ended=factories.day("2018-08-19"))
    assert urgency(client, "1 membership ends in the next 30 days") == "Soon"


def test_recertification_from_never_to_late(
    client: Client, group: WorkingGroup, administrator: User, settings: Settings
) -> None:
    settings.RECERTIFICATION_DAYS = 90
    assert urgency(client, "Access was never recertified") == "Soon"
    begun = recertification.start(by=administrator, group=group)
    assert urgency(client, "A round of recertification is open") == "Soon"
    AccessDecision.objects.filter(round=begun).update(choice="keep", decided_by=administrator)
    recertification.sign_off(by=administrator, of=begun)
    assert urgency(client, "Access is recertified") == "In order"
    assert "Last signed off on July 20, 2018; next due by October 18, 2018." in words(client)
    set_clock(to=clock.now() + timedelta(days=60))
    assert urgency(client, "Access is recertified") == "Soon"
    set_clock(to=clock.now() + timedelta(days=31))
    assert urgency(client, "Recertification of access is late") == "Now"


def test_a_draft_under_work(client: Client, group: WorkingGroup, administrator: User) -> None:
    assert urgency(client, "No draft of the statement of work") == "In order"
    factories.statement(factories.root(group), ("1.0", "2018-02-01", [("1", "Purpose", "To agree.")]))
    statement.start_draft(by=administrator, statement=StatementOfWork.objects.get(), title="Process maps for the pilot")
    assert urgency(client, "A draft of the statement of work is under work") == "In order"
    assert "“Process maps for the pilot”, started by Ada Administrator on July 20, 2018." in words(client)


def test_up_to_which_day_the_history_is_sealed(client: Client) -> None:
    assert urgency(client, "The history is not sealed yet") == "In order"
    yesterday = timezone.now().date() - timedelta(days=1)
    HistoryDay.objects.create(day=yesterday, previous="0" * 64, hash="1" * 64, sealed_at=timezone.now())
    assert urgency(client, "The history is sealed") == "In order"
    assert f"{yesterday:%B} {yesterday.day}, {yesterday.year}" in words(client)


def test_a_history_that_is_no_longer_sealed_is_urgent(client: Client) -> None:
    HistoryDay.objects.create(day=date(2020, 1, 1), previous="0" * 64, hash="1" * 64, sealed_at=timezone.now())
    assert urgency(client, "The history is no longer sealed") == "Now"


def test_the_urgent_stands_first(client: Client, group: WorkingGroup) -> None:
    notice("ecom", Notice.State.FAILED)
    reminders.sweep()
    said = re.findall(r"\b(Now|Soon|In order)\b", words(client).partition("To look at")[2])
    assert said == sorted(said, key=["Now", "Soon", "In order"].index)
    assert said[0] == "Now"
    assert {"Soon", "In order"} < set(said)


def test_without_a_group_it_says_what_to_do(client: Client) -> None:
    assert "Load one from its file with the command load_group" in words(client)


def test_every_link_opens(client: Client, group: WorkingGroup, administrator: User) -> None:
    notice("ecom", Notice.State.FAILED)
    notice("", Notice.State.FAILED)
    invite(by=administrator, body=factories.root(group), role="member", email="new@example.test", name="New One")
    recertification.start(by=administrator, group=group)
    page = client.get(PAGE).content.decode().partition('id="main-content"')[2].partition("</main>")[0]
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', page)}
    assert len(links) > 15
    assert {link: client.get(link).status_code for link in links if client.get(link).status_code != 200} == {}


def test_it_takes_the_same_queries_for_any_number_of_rows(
    client: Client, group: WorkingGroup, administrator: User
) -> None:
    client.get(PAGE)
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
        other = factories.group(f"other-{number}")
        recertification.start(by=administrator, group=other)
        for n in range(3):
            notice("ecom", Notice.State.FAILED)
            factories.member(
                factories.root(other), factories.person(government=True), ended=factories.day("2018-08-01")
            )
            invite(
                by=administrator,
                body=factories.root(other),
                role="member",
                email=f"new{n}@example.test",
                name="New One",
            )
    assert max(counts) <= 12
    assert counts[1] == counts[2]


def test_the_navigation_leads_administrators_there_and_nobody_else(
    client: Client, group: WorkingGroup, administrator: User
) -> None:
    entry = f'class="portal-nav__link" href="{PAGE}"'
    for page in ("/", "/groups/ecom/", PAGE):
        assert entry in client.get(page).content.decode(), page
    chair = factories.member(factories.root(group), role="chair")
    client.force_login(chair, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert entry not in client.get("/groups/ecom/").content.decode()
    assert client.get(PAGE).status_code == 404
    assert client.get(RECORDS).status_code == 404


def test_djangos_pages_are_few_and_change_nothing(client: Client, group: WorkingGroup, administrator: User) -> None:
    registered = admin.site._registry
    assert len(registered) <= 8
    assert all(isinstance(each, ReadOnly) for each in registered.values())
    body = Body.objects.first()
    assert body is not None
    row = f"{RECORDS}bodies/body/{body.pk}/"
    for address in (f"{RECORDS}bodies/body/add/", f"{row}delete/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"post": "yes"}).status_code == 403
    assert client.get(f"{row}change/").status_code == 200
    assert client.post(f"{row}change/", {"name": "Another"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": [str(body.pk)], "post": "yes"}
    client.post(f"{RECORDS}bodies/body/", sent)
    assert Body.objects.get(pk=body.pk).name == body.name


def test_djangos_pages_change_no_password(client: Client, administrator: User) -> None:
    address = f"{RECORDS}password_change/"
    assert client.get(address)["Location"] == "/accounts/password/change/"
    sent = {
        "old_password": factories.PASSWORD,
        "new_password1": "another long one",
        "new_password2": "another long one",
    }
    assert client.post(address, sent).status_code == 405
    administrator.refresh_from_db()
    assert administrator.check_password(factories.PASSWORD)

"""The ledger's pages: who may read them, what they list, and the mail as it went."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from milestones.reminders import services
from milestones.reminders.models import ReminderRule, Sweep
from milestones.work.models import Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.notices import services as notices
from teams.notices.models import Notice
from tests import factories, outbox
from tests.conftest import START

pytestmark = pytest.mark.django_db

LEDGER = "/groups/ecom/ledger/"
FORECAST = "/groups/ecom/ledger/forecast/"


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX


@pytest.fixture
def group() -> WorkingGroup:
    group = factories.group("ecom")
    for days in (-7, -1, 0, 3, 14):
        ReminderRule.objects.create(group=group, days_after=days)
    return group


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group, number=1)


@pytest.fixture
def owner(team: Body) -> User:
    return factories.member(team, factories.person(name="Olive Owner", email="olive@example.test"))


@pytest.fixture
def owe(team: Body, owner: User) -> Callable[..., Milestone]:
    deliverable = factories.deliverable(team)

    def make(title: str = "First draft", due: str = "2018-07-27", **fields: object) -> Milestone:
        who = fields.pop("owner", owner)
        assert isinstance(who, User)
        return factories.milestone(deliverable, who, title=title, due=factories.day(due), **fields)

    return make


@pytest.fixture
def chair(group: WorkingGroup, client: Client) -> Client:
    """Signed in as the group's chair."""
    client.force_login(factories.member(factories.root(group), role=Role.CHAIR))
    return client


def words(client: Client, address: str = LEDGER) -> str:
    """A page that can be read, as text."""
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# --- Who may read it ---


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.CHAIR, 200),
        (Role.LEAD, 200),
        (Role.REVIEWER, 200),
        (Role.MEMBER, 403),
        (Role.ALTERNATE, 403),
        (Role.OBSERVER, 403),
    ],
)
def test_who_may_read_it(owe: Callable[..., Milestone], team: Body, client: Client, role: str, status: int) -> None:
    owe()
    services.sweep()
    notices.send_due()
    pk = Notice.objects.get().pk
    client.force_login(factories.member(team, role=role))
    for address in (LEDGER, FORECAST, f"{LEDGER}{pk}/", f"{LEDGER}{pk}/mail/"):
        assert client.get(address).status_code == status, address


def test_an_administrator_may_and_an_outsider_finds_nothing(owe: Callable[..., Milestone], client: Client) -> None:
    owe()
    client.force_login(factories.person(is_site_admin=True))
    assert client.get(LEDGER).status_code == 200
    client.force_login(factories.member(factories.root(factories.group("other")), role=Role.CHAIR))
    assert client.get(LEDGER).status_code == 404


def test_a_notice_of_another_group_is_not_shown_under_ones_own(owe: Callable[..., Milestone], client: Client) -> None:
    owe()
    services.sweep()
    notices.send_due()
    other = factories.group("other")
    client.force_login(factories.member(factories.root(other), role=Role.CHAIR))
    pk = Notice.objects.get().pk
    assert client.get(reverse("reminders:notice", args=["other", pk])).status_code == 404
    assert client.get(reverse("reminders:notice_mail", args=["other", pk])).status_code == 404
    assert "First draft" not in words(client, reverse("reminders:ledger", args=["other"]))


# --- The ledger ---


def test_it_lists_when_to_whom_about_what_why_and_the_state(owe: Callable[..., Milestone], chair: Client) -> None:
    milestone = owe()
    services.sweep()
    page = words(chair)
    assert "<span>Fri, Jul 20, 2018,</span> <span>08:00 EDT</span>" in page
    assert "Olive Owner" in page
    assert f'<a href="{milestone.get_absolute_url()}">First draft</a>' in page
    assert "the group&#x27;s rule reminds 7 days before it is due." in page
    assert "Waiting</span>" in page
    notices.send_due()
    assert "Sent</span>" in words(chair)


def test_a_skipped_notice_says_why(owe: Callable[..., Milestone], chair: Client) -> None:
    milestone = owe()
    services.sweep()
    Milestone.objects.filter(pk=milestone.pk).update(state=State.DROPPED)
    notices.send_due()
    for page in (words(chair), words(chair, f"{LEDGER}{Notice.objects.get().pk}/")):
        assert "Skipped</span>" in page
        assert "It was dropped." in page
    assert "No mail was written, because it need not go any more." in page


def test_a_sample_is_marked(owe: Callable[..., Milestone], chair: Client) -> None:
    owe(source="illustrative")
    services.sweep()
    assert "sample-tag" in words(chair)
    assert "sample-tag" in words(chair, FORECAST)


def test_it_is_narrowed_by_person_milestone_and_state(owe: Callable[..., Milestone], team: Body, chair: Client) -> None:
    other = factories.member(team, factories.person(name="Otto Other"))
    first, second = owe("Draft of the one"), owe("Draft of the other", owner=other)
    services.sweep()
    Notice.objects.filter(recipient=other).update(state=Notice.State.FAILED)

    def listed(query: str) -> set[str]:
        rows = words(chair, f"{LEDGER}?{query}").partition("<tbody>")[2]
        return {title for title in ("Draft of the one", "Draft of the other") if title in rows}

    assert listed("") == {"Draft of the one", "Draft of the other"}
    assert listed(f"person={other.pk}") == {"Draft of the other"}
    assert listed(f"about=milestone:{first.pk}") == {"Draft of the one"}
    assert listed("state=failed") == {"Draft of the other"}
    assert listed(f"state=failed&about=milestone:{first.pk}") == set()
    assert "No notice fits this choice." in words(chair, f"{LEDGER}?state=sent")
    assert second.title in words(chair, f"{LEDGER}?about=milestone:{second.pk}")


def test_a_choice_that_cannot_be_understood_is_said(owe: Callable[..., Milestone], chair: Client) -> None:
    owe()
    services.sweep()
    page = words(chair, f"{LEDGER}?state=lost&person=x&about=y&sort=z&page=x")
    assert page.count("usa-alert--error") == 4
    assert "1 notice<" in page


def test_it_is_sorted_and_paged_by_the_address(owe: Callable[..., Milestone], chair: Client) -> None:
    for number in range(30):
        owe(f"Step {number:02}", due=f"2018-07-{10 + number % 15}")
    services.sweep()
    dues = list(Notice.objects.order_by("due_at").values_list("due_at", flat=True))
    first = chair.get(f"{LEDGER}?sort=due").context["page"]
    assert [notice.due_at for notice in first] == dues[:25]
    newest = chair.get(LEDGER).context["page"]
    assert [notice.due_at for notice in newest] == sorted(dues, reverse=True)[:25]
    second = words(chair, f"{LEDGER}?sort=due&page=2")
    assert "26–30 of 30" in second
    assert "sort=due" in second


def test_an_empty_ledger_points_to_the_forecast(group: WorkingGroup, chair: Client) -> None:
    page = words(chair)
    assert "No reminder was due yet" in page
    assert f'href="{FORECAST}"' in page


def test_it_says_when_the_portal_last_looked(owe: Callable[..., Milestone], chair: Client) -> None:
    assert "has not looked for what is due yet" in words(chair)
    services.sweep()
    Sweep.objects.update(swept_at=clock.real_now() - timedelta(seconds=20, milliseconds=500))
    assert "last looked for what is due 20 seconds ago" in words(chair).replace("\xa0", " ")


# --- The forecast ---


def test_the_forecast_tells_what_comes_if_nothing_changes(owe: Callable[..., Milestone], chair: Client) -> None:
    milestone = owe()
    services.sweep()
    page = words(chair, FORECAST)
    rows = page.partition("<tbody>")[2]
    assert rows.count(f'<a href="{milestone.get_absolute_url()}">First draft</a>') == 4
    assert [rows.index(when) for when in ("Jul 26, 2018", "Jul 27, 2018", "Jul 30, 2018", "Aug 10, 2018")] == sorted(
        rows.index(when) for when in ("Jul 26, 2018", "Jul 27, 2018", "Jul 30, 2018", "Aug 10, 2018")
    )
    assert "Olive Owner" in rows
    assert "the day before it is due" in rows
    assert "August 19, 2018" in page


def test_the_forecast_is_narrowed(owe: Callable[..., Milestone], team: Body, chair: Client) -> None:
    other = factories.member(team, factories.person(name="Otto Other"))
    first, _ = owe("Draft of the one"), owe("Draft of the other", owner=other)
    services.sweep()

    def listed(query: str) -> set[str]:
        rows = words(chair, f"{FORECAST}?{query}").partition("<tbody>")[2]
        return {title for title in ("Draft of the one", "Draft of the other") if title in rows}

    assert listed(f"person={other.pk}") == {"Draft of the other"}
    assert listed(f"about=milestone:{first.pk}") == {"Draft of the one"}
    assert "No reminder to come fits" in words(chair, f"{FORECAST}?about=milestone:{first.pk}&person={other.pk}")


def test_a_forecast_of_nothing_points_to_the_plan(group: WorkingGroup, chair: Client) -> None:
    page = words(chair, FORECAST)
    assert "No reminder is due in the next 30 days" in page
    assert 'href="/groups/ecom/plan/"' in page


# --- One notice ---


def test_a_notice_shows_the_mail_as_it_went(owe: Callable[..., Milestone], chair: Client) -> None:
    milestone = owe()
    services.sweep()
    notices.send_due()
    notice = Notice.objects.get()
    Milestone.objects.filter(pk=milestone.pk).update(title="Renamed since")
    page = words(chair, f"{LEDGER}{notice.pk}/")
    assert "Due Friday, July 27: First draft" in page
    assert "olive@example.test" in page
    assert f"&lt;notice-{notice.pk}.1@" in page
    assert "Please finish it by then" in page
    assert f'src="{LEDGER}{notice.pk}/mail/"' in page
    mail = chair.get(f"{LEDGER}{notice.pk}/mail/")
    assert mail.content.decode() == notice.html
    assert mail["Content-Security-Policy"].startswith("sandbox ")
    assert "style-src 'sha256-" in mail["Content-Security-Policy"]
    assert mail["X-Frame-Options"] == "SAMEORIGIN"


def test_a_notice_that_did_not_go_has_no_mail_and_says_what_failed(
    owe: Callable[..., Milestone], chair: Client
) -> None:
    owe()
    services.sweep()
    Notice.objects.update(state=Notice.State.FAILED, remark="The mail server refused it: 550 No such user", attempts=1)
    pk = Notice.objects.get().pk
    page = words(chair, f"{LEDGER}{pk}/")
    assert "The mail server refused it: 550 No such user" in page
    assert "<iframe" not in page
    assert chair.get(f"{LEDGER}{pk}/mail/").status_code == 404


def test_a_notice_of_something_gone_still_shows(owe: Callable[..., Milestone], chair: Client) -> None:
    milestone = owe()
    services.sweep()
    notices.send_due()
    milestone.delete()
    assert "Gone since" in words(chair)
    assert "Gone since" in words(chair, f"{LEDGER}{Notice.objects.get().pk}/")


# --- Queries ---


@pytest.mark.parametrize("address", [LEDGER, FORECAST, f"{LEDGER}{{pk}}/", f"{LEDGER}{{pk}}/mail/"])
def test_queries_do_not_grow_with_the_rows(
    owe: Callable[..., Milestone], team: Body, client: Client, address: str
) -> None:
    """An administrator's pages take the most: the shell asks for every group."""
    client.force_login(factories.person(is_site_admin=True))
    client.get(LEDGER)
    counts = []
    for more in (1, 9):
        for _ in range(more):
            owe(owner=factories.member(team, factories.person(password=None)))
        services.sweep(now=START)
        notices.send_due()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address.format(pk=Notice.objects.latest("pk").pk)).status_code == 200
        counts.append(len(queries) - 1)  # without the one that looked up the notice here
    assert counts[0] == counts[1] <= 12

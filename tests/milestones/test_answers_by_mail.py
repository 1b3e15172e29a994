"""Answering from a reminder by a signed link: done, later, not mine; and what closes the link."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as portal
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils.log import configure_logging
from pytest_django import Settings

from milestones.reminders import services as reminders
from milestones.work import services
from milestones.work.models import Milestone, State
from milestones.work.selectors import Act, answer_address, answers_of, changes_of
from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import Choice, MailboxMessage, Notice
from tests import factories as make
from tests import outbox
from tests.pages import words_of

SITE = "https://portal.example"
LINK = re.compile(rf"{SITE}(/mail/answer/\S+)")


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = SITE
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    group = make.group("ecom")
    reminders.set_default_rules(group=group)
    return group


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, name="Standards and Process")


@pytest.fixture
def owner(team: Body) -> User:
    return make.member(team, make.person(name="Alba Ruiz"))


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Lea Lind"), role=Role.LEAD)


@pytest.fixture
def draft(team: Body, owner: User, lead: User) -> Milestone:
    return make.milestone(make.deliverable(team, title="Process diagrams"), owner, key="draft", title="First draft")


@pytest.fixture
def client() -> Client:
    """A browser without cookies of the portal, which gets no token against forged requests either."""
    return Client(enforce_csrf_checks=True)


def again(draft: Milestone) -> Milestone:
    return Milestone.objects.get(pk=draft.pk)


def links_in_mail() -> dict[str, str]:
    """The paths of the three links of the newest reminder, by their act."""
    reminders.sweep()
    notices.send_due()
    text = MailboxMessage.objects.filter(headers__contains="milestone-").latest("pk").text
    return dict(zip((act.value for act in Act), LINK.findall(text), strict=True))


def link(draft: Milestone, person: User, act: Act, written_on: date | None = None) -> str:
    signed = answers_of(draft, person.pk, written_on or clock.today())[act]
    return answer_address(signed).removeprefix(SITE)


def said(act: str, draft: Milestone, **more: str) -> dict[str, str]:
    given = {
        "done": {"done": "Drawn, all four."},
        "later": {"due": "2018-08-10", "reason": "CBP answers in August."},
        "not_mine": {"reason": "It is Ben’s since June."},
    }[act]
    return {"revision": str(draft.edit_revision), **given, **more}


def test_the_reminder_has_the_three_links_and_the_ledger_keeps_none_of_them(draft: Milestone) -> None:
    links = links_in_mail()
    assert len(set(links.values())) == 3
    html = MailboxMessage.objects.latest("pk").html
    assert all(path in html for path in links.values())
    notice = Notice.objects.get(kind="milestone_due")
    assert "/mail/answer/…/" in notice.text
    signed = [path.split("/")[-2] for path in links.values()]
    assert not any(each in notice.text + notice.html for each in signed)


def test_a_digest_has_them_too_and_keeps_none(draft: Milestone, owner: User) -> None:
    Choice.objects.create(person=owner, kind="milestone_due", way="daily")
    reminders.sweep()
    clocks.set_clock(to=clock.now() + timedelta(days=4))
    notices.send_due()
    mail = MailboxMessage.objects.get(subject__startswith="Daily digest")
    paths = LINK.findall(mail.text)
    assert len(paths) == 3
    assert all(path in mail.html for path in paths)
    kept = Notice.objects.get(kind="digest")
    assert not any(path.split("/")[-2] in kept.text + kept.html for path in paths)


@pytest.mark.parametrize("act", list(Act))
def test_opening_a_link_changes_nothing_and_says_what_whose_and_when(
    draft: Milestone, client: Client, act: Act
) -> None:
    path = links_in_mail()[act]
    before = MailboxMessage.objects.count()
    assert client.head(path).status_code == 200
    answer = client.get(path)
    assert answer.status_code == 200
    words = words_of(answer)
    for each in ("First draft", "On Friday, July 27, 2018 (7 days left)", "You, Alba Ruiz", "Process diagrams"):
        assert each in words
    assert '<form class="portal-form" method="post"' in answer.content.decode()
    assert "portal-side" not in answer.content.decode()
    assert again(draft).edit_revision == 1
    assert MailboxMessage.objects.count() == before
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("act", list(Act))
def test_sending_nothing_does_nothing_and_says_what_is_missing(draft: Milestone, client: Client, act: Act) -> None:
    path = links_in_mail()[act]
    answer = client.post(path, {"revision": "1"})
    assert answer.status_code == 200
    assert "usa-error-message" in answer.content.decode() or "field__error" in answer.content.decode()
    assert again(draft).edit_revision == 1


def test_done_hands_it_in_in_the_name_of_the_owner_and_the_record_names_the_link(
    draft: Milestone, owner: User, client: Client
) -> None:
    path = links_in_mail()["done"]
    answer = client.post(path, said("done", draft, evidence="https://example.test/drawings"), follow=True)
    assert "It is handed in." in words_of(answer)
    now = again(draft)
    assert (now.state, now.done, now.evidence) == (State.HANDED_IN, "Drawn, all four.", "https://example.test/drawings")
    assert now.handed_in_by == owner
    assert changes_of(now)[0].by == "Alba Ruiz, by a link in a mail"
    event = Milestone.pgh_event_model.objects.filter(pgh_obj_id=draft.pk).latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["url"] == "/mail/answer/…/"


def test_the_evidence_that_is_asked_for_is_asked_for_here_too(draft: Milestone, client: Client) -> None:
    Milestone.objects.filter(pk=draft.pk).update(evidence_asked="The four drawings")
    path = links_in_mail()["done"]
    answer = client.post(path, said("done", draft))
    assert "Asked for: The four drawings" in words_of(answer)
    assert "Drawn, all four." in answer.content.decode()
    assert again(draft).state == State.PLANNED


def test_later_moves_the_date_with_its_reason_and_tells_the_lead(draft: Milestone, lead: User, client: Client) -> None:
    follower = make.milestone(draft.deliverable, lead, due=make.day("2018-08-20"))  # type: ignore[arg-type]
    services.add_dependency(by=lead, milestone=follower, after=draft)
    path = links_in_mail()["later"]
    assert "1 milestone that follows it keeps its date." in words_of(client.get(path))
    answer = client.post(path, said("later", draft), follow=True)
    assert "It is due on Friday, August 10, 2018 now. Your team’s lead is told" in words_of(answer)
    slip = again(draft).slips.get()
    assert (slip.reason, slip.by, slip.due_after) == ("CBP answers in August.", draft.owner, make.day("2018-08-10"))
    follower.refresh_from_db()
    assert follower.due == make.day("2018-08-20")
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients=lead.email)
    assert mail.subject == "Due date moved: First draft"
    assert "Why: CBP answers in August." in mail.text
    assert "By: Alba Ruiz, by a link in a mail" in mail.text


@pytest.mark.parametrize(
    ("due", "complaint"),
    [
        ("2018-07-01", "That day has passed: choose a later one."),
        ("2018-07-27", "It is due on July 27, 2018 already."),
        ("in August", "“in August” is not a date"),
        ("2018-02-30", "is not a date"),
    ],
)
def test_a_date_that_cannot_be_is_told_and_what_was_typed_is_kept(
    draft: Milestone, client: Client, due: str, complaint: str
) -> None:
    answer = client.post(links_in_mail()["later"], said("later", draft, due=due))
    assert complaint in words_of(answer)
    assert "CBP answers in August." in answer.content.decode()
    assert again(draft).due_revision == 1


def test_not_mine_tells_the_lead_who_hands_it_over(
    draft: Milestone, owner: User, lead: User, team: Body, client: Client, signed_in: Callable[[User], Client]
) -> None:
    path = links_in_mail()["not_mine"]
    assert "Your team’s lead is told." in words_of(client.post(path, said("not_mine", draft), follow=True))
    assert again(draft).disclaimed_by == owner
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients=lead.email)
    assert mail.subject == "Not theirs, says its owner: First draft"
    assert "Why: It is Ben’s since June." in mail.text
    browser = signed_in(lead)
    home = words_of(browser.get("/"))
    assert "Alba Ruiz says that it isn’t theirs: It is Ben’s since June. Hand it over, or let it stay." in home
    page = words_of(browser.get(draft.get_absolute_url()))
    assert "Alba Ruiz says that it is not theirs: It is Ben’s since June." in page
    ben = make.member(team, make.person(name="Ben Osei"))
    services.change_owner(by=lead, milestone=draft, to=ben, reason="As Alba says.")
    now = again(draft)
    assert (now.owner, now.disclaimed_by, now.disclaimed_because) == (ben, None, "")
    assert "First draft" not in words_of(browser.get("/")).partition("Comments asked")[0]
    notices.send_due()
    assert MailboxMessage.objects.get(recipients=ben.email).subject == "Yours now: First draft"


def test_the_lead_lets_it_stay_and_says_why(draft: Milestone, owner: User, lead: User) -> None:
    services.disclaim(by=owner, owed=draft, reason="I think not.")
    now = again(draft)
    browser = Client()
    browser.force_login(lead)
    sent = {"change": "let_stay", "revision": str(now.edit_revision), "reason": "Ben has left."}
    assert browser.post(draft.get_absolute_url(), sent).status_code == 302
    now = again(draft)
    assert (now.owner, now.disclaimed_by) == (owner, None)
    assert (changes_of(now)[0].words, changes_of(now)[0].why) == (["It stays with its owner."], "Ben has left.")


def test_only_its_owner_says_that_it_is_not_theirs(draft: Milestone, lead: User) -> None:
    with pytest.raises(services.NotYours):
        services.disclaim(by=lead, owed=draft, reason="Not hers.")


def test_whoever_stands_in_answers_in_the_name_of_both(
    draft: Milestone, owner: User, team: Body, group: WorkingGroup, client: Client
) -> None:
    stand_in = make.member(team, make.person(name="Jordan Lee"))
    make.absence(owner, stand_in, group)
    path = links_in_mail()["done"]
    assert "Alba Ruiz, for whom you stand in, Jordan Lee" in words_of(client.get(path))
    client.post(path, said("done", draft))
    now = again(draft)
    assert now.handed_in_by == stand_in
    assert changes_of(now)[0].by == "Jordan Lee, standing in for Alba Ruiz, by a link in a mail"


@pytest.mark.parametrize("act", list(Act))
def test_pressing_twice_has_one_effect_and_the_second_says_that_it_is_done(
    draft: Milestone, client: Client, act: Act
) -> None:
    path = links_in_mail()[act]
    for _ in range(2):
        answer = client.post(path, said(act, draft), follow=True)
        assert answer.status_code == 200
        assert words_of(answer).startswith("Home Thank you") or "Thank you" in words_of(answer)
    assert again(draft).edit_revision == 2
    told = Notice.objects.filter(kind="work_by_link")
    assert told.count() == 1


def test_its_person_is_told_that_somebody_answered(draft: Milestone, owner: User, client: Client) -> None:
    client.post(links_in_mail()["done"], said("done", draft))
    notices.send_due()
    mail = MailboxMessage.objects.filter(recipients=owner.email).latest("pk")
    assert mail.subject == "Answered by the link in your mail: First draft"
    assert "somebody else has your mail" in mail.text
    assert "List-Unsubscribe" not in mail.headers


def closing(draft: Milestone, owner: User, lead: User, how: str) -> None:
    """Let something happen after the mail went."""
    chair = make.member(make.root(draft.group), role=Role.CHAIR)
    match how:
        case "accepted":
            services.hand_in(by=lead, owed=draft, done="Done.")
            services.accept(by=chair, owed=draft)
        case "handed in by the lead":
            services.hand_in(by=lead, owed=draft, done="Done.")
        case "dropped":
            services.drop(by=chair, owed=draft, reason="Over.")
        case "moved":
            services.move_due(by=lead, milestone=draft, due=make.day("2018-09-03"), reason="Summer.")
        case "another owner":
            services.change_owner(by=lead, milestone=draft, to=lead, reason="Mine.")
        case "left the group":
            Membership.objects.filter(person=owner).update(ended=make.day("2018-07-19"))
        case "account closed":
            User.objects.filter(pk=owner.pk).update(is_active=False)
        case "ended":
            clocks.set_clock(to=clock.now() + timedelta(days=31))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("accepted", "It was accepted (July 20, 2018)."),
        ("handed in by the lead", "It was handed in already."),
        ("dropped", "It was dropped."),
        ("moved", "It is due on Monday, September 3, 2018 now."),
        ("another owner", "Somebody else owns it now"),
        ("left the group", "You are not in the group any more"),
        ("account closed", "This account is closed"),
        ("ended", "A link in a mail works for 30 days."),
    ],
)
def test_what_happened_since_closes_the_link_in_words(
    draft: Milestone, owner: User, lead: User, client: Client, how: str, told: str
) -> None:
    path = links_in_mail()["done"]
    closing(draft, owner, lead, how)
    before = again(draft).edit_revision
    for answer in (client.get(path), client.post(path, said("done", draft))):
        assert answer.status_code == 410
        assert told in words_of(answer)
        assert lead.name not in words_of(answer)
    assert "What was done: Drawn, all four." in words_of(answer)
    assert again(draft).edit_revision == before


def test_a_link_works_on_its_thirtieth_day(draft: Milestone, owner: User, client: Client) -> None:
    path = link(draft, owner, Act.DONE, clock.today() - timedelta(days=30))
    assert client.get(path).status_code == 200
    assert client.get(link(draft, owner, Act.DONE, clock.today() - timedelta(days=31))).status_code == 410


def test_whoever_stood_in_no_more_is_told(
    draft: Milestone, owner: User, team: Body, group: WorkingGroup, client: Client
) -> None:
    stand_in = make.member(team)
    absence = make.absence(owner, stand_in, group)
    path = links_in_mail()["done"]
    absence.returned_on = clock.today()
    absence.save()
    answer = client.post(path, said("done", draft))
    assert answer.status_code == 410
    assert "You do not stand in for its owner any more" in words_of(answer)
    assert again(draft).state == State.PLANNED


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_tells_and_does_nothing(draft: Milestone, owner: User, client: Client, method: str) -> None:
    signed = links_in_mail()["done"].split("/")[-2]
    of_lead = link(draft, make.person(), Act.DONE).split("/")[-2]
    forged = [
        signed[:-1] + ("A" if signed[-1] != "A" else "B"),
        f"{of_lead.rpartition('.')[0]}.{signed.rpartition('.')[2]}",
        signed.rpartition(".")[0],
        "x",
        "." * 40,
        "é",
    ]
    for each in forged:
        answer = getattr(client, method)(f"/mail/answer/{each}/", said("done", draft))
        assert answer.status_code == 404
        assert draft.title not in answer.content.decode()
    assert again(draft).state == State.PLANNED


@pytest.mark.parametrize("kind", ["government", "administrator", "has a second factor"])
def test_who_needs_a_second_factor_signs_in_first_and_is_told_nothing_before(
    team: Body, lead: User, client: Client, signed_in: Callable[[User], Client], settings: Settings, kind: str
) -> None:
    person = make.person(government=kind == "government", is_site_admin=kind == "administrator")
    make.member(team, person)
    draft = make.milestone(make.deliverable(team), person, title="First draft")
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    path = link(draft, person, Act.DONE)
    for answer in (client.get(path), client.post(path, said("done", draft))):
        assert answer.status_code == 200
        assert "Please sign in to answer" in words_of(answer)
        assert "First draft" not in answer.content.decode()
        assert f"/accounts/login/?next={path}" in answer.content.decode()
    assert again(draft).state == State.PLANNED
    browser = signed_in(person)
    assert "First draft" in words_of(browser.get(path))
    assert browser.post(path, said("done", draft)).status_code == 302
    assert again(draft).state == State.HANDED_IN


def test_somebody_else_who_is_signed_in_is_told_nothing(draft: Milestone, signed_in: Callable[[User], Client]) -> None:
    path = links_in_mail()["done"]
    outsider = signed_in(make.member(make.team(make.group("other"))))
    for answer in (outsider.get(path), outsider.post(path, said("done", draft))):
        assert answer.status_code == 403
        assert "This link is not yours" in words_of(answer)
        assert "First draft" not in words_of(answer)
        assert "Alba" not in words_of(answer)
    assert again(draft).state == State.PLANNED


def test_two_tabs_show_the_second_what_happened_and_keep_what_was_typed(
    draft: Milestone, lead: User, client: Client
) -> None:
    path = links_in_mail()["done"]
    services.change_milestone(by=lead, milestone=draft, title="Draft of all four", evidence_asked="")
    answer = client.post(path, said("done", draft))
    words = words_of(answer)
    assert "It was changed after you opened the page, so nothing was done." in words
    assert "Draft of all four" in words
    assert "Drawn, all four." in answer.content.decode()
    assert again(draft).state == State.PLANNED
    assert client.post(path, said("done", again(draft))).status_code == 302
    assert again(draft).state == State.HANDED_IN


def test_too_many_answers_from_one_place_are_refused(draft: Milestone, client: Client) -> None:
    path = links_in_mail()["done"]
    statuses = [client.post(path, {"revision": "1"}).status_code for _ in range(31)]
    assert (statuses[29], statuses[30]) == (200, 429)
    assert client.get(path).status_code == 200


def test_the_address_gets_into_no_log(draft: Milestone, owner: User, client: Client) -> None:
    path = links_in_mail()["done"]
    User.objects.filter(pk=owner.pk).update(is_active=False)
    records: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    configure_logging(portal.LOGGING_CONFIG, portal.LOGGING)
    (console,) = (each for each in logging.getLogger().handlers if each.get_name() == "console")
    handler = Kept()
    for each in console.filters:
        handler.addFilter(each)
    logging.getLogger("django.request").addHandler(handler)
    try:
        assert client.get(path).status_code == 410
        assert client.put(path).status_code == 405
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert len(records) == 2
    assert all("/mail/answer/…/" in each for each in records)
    assert not any(path.split("/")[-2] in each for each in records)


@pytest.mark.django_db(transaction=True)
def test_eight_presses_at_once_hand_it_in_once(draft: Milestone) -> None:
    path = links_in_mail()["done"]
    statuses: list[int] = []

    def press() -> None:
        try:
            statuses.append(Client().post(path, said("done", draft)).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(statuses) <= {200, 302}
    assert again(draft).edit_revision == 2
    assert Notice.objects.filter(kind="work_by_link").count() == 1

"""What members say of a draft's clauses, and who sees it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from documents.statement import services
from documents.statement.models import Draft, DraftComment
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from teams.history.selectors import recent_changes
from tests import factories as make
from tests.documents.drafts.pages import STATEMENT, at, row
from tests.pages import words_of

SignIn = Callable[[User], Client]


def test_a_member_comments_others_answer_and_it_is_resolved(
    draft: Draft, group: WorkingGroup, administrator: User, client: Client
) -> None:
    clause = row(draft, "Reporting")
    member = make.member(make.root(group), make.person(name="Mia Member"))
    client.force_login(member)
    page = words_of(client.post(at(clause, "comment/"), {"text": "To whom exactly?"}, follow=True))
    assert "Mia Member Jul 20, 2018, 12:00 To whom exactly? ○ Open" in page
    client.force_login(administrator)
    said = DraftComment.objects.get()
    page = words_of(client.post(at(clause, "comment/"), {"text": "To CBP.", "answers": said.pk}, follow=True))
    assert "To CBP." in page
    assert "1 comment, 1 open" in words_of(client.get(draft.get_absolute_url()))
    resolve = f"{draft.get_absolute_url()}comments/{said.pk}/resolve/"
    other = make.member(make.root(group))
    client.force_login(other)
    assert client.post(resolve).status_code == 403
    client.force_login(member)
    assert "● Resolved by Mia Member" in words_of(client.post(resolve, follow=True))
    assert "1 comment, 0 open" in words_of(client.get(draft.get_absolute_url()))
    assert "○ Open" in words_of(client.post(resolve, {"reopen": "1"}, follow=True))


def test_open_comments_only(draft: Draft, editor: Client, administrator: User) -> None:
    services.comment(by=administrator, draft=draft, clause=row(draft, "Reporting").clause, text="Open.")
    page = words_of(editor.get(f"{draft.get_absolute_url()}?comments=1"))
    assert "3 Reporting" in page
    assert "Background" not in page


def test_an_observer_reads_and_says_nothing(draft: Draft, group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group), role=Role.OBSERVER))
    clause = row(draft, "Reporting")
    assert "Say something" not in words_of(client.get(at(clause)))
    assert client.post(at(clause, "comment/"), {"text": "Hm."}).status_code == 403


def test_what_is_for_the_government_reaches_no_trade_account(draft: Draft, group: WorkingGroup, client: Client) -> None:
    clause = row(draft, "Reporting")
    agent = make.member(make.root(group), make.person(government=True))
    client.force_login(agent)
    page = words_of(client.post(at(clause, "comment/"), {"text": "Secret.", "is_government_only": "on"}, follow=True))
    assert "Government only" in page
    secret = DraftComment.objects.get()
    assert secret.is_government_only
    assert "1 comment, 1 open" in words_of(client.get(draft.get_absolute_url()))
    assert any(change.noun == "comment on a draft" for change in recent_changes(agent, group="ecom"))
    trade = make.member(make.root(group))
    client.force_login(trade)
    for address in (at(clause), draft.get_absolute_url(), f"{STATEMENT}drafts/", "/groups/ecom/activity/"):
        page = words_of(client.get(address))
        assert "Secret." not in page
        assert "1 comment" not in page
        assert "(1 open)" not in page
    assert not any(change.noun == "comment on a draft" for change in recent_changes(trade, group="ecom"))
    assert client.post(at(clause, "comment/"), {"text": "Me too.", "answers": secret.pk}).status_code == 404
    assert client.post(f"{draft.get_absolute_url()}comments/{secret.pk}/resolve/").status_code == 404
    client.post(at(clause, "comment/"), {"text": "Trade.", "is_government_only": "on"})
    assert not DraftComment.objects.get(text="Trade.").is_government_only, "the mark is not theirs to set"


def test_a_comment_sent_twice_stands_once(draft: Draft, editor: Client) -> None:
    clause = row(draft, "Reporting")
    for text in ("Hm.", "Hm.", "To whom?", "Hm."):
        editor.post(at(clause, "comment/"), {"text": text})
    assert [said.text for said in DraftComment.objects.order_by("pk")] == ["Hm.", "To whom?", "Hm."]
    said = DraftComment.objects.all()[0]
    for _ in range(2):
        editor.post(at(clause, "comment/"), {"text": "Hm.", "answers": said.pk})
    assert said.replies.count() == 1

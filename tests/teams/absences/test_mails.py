"""Both are told of an absence and its changes."""

from __future__ import annotations

from typing import Any

import pytest

from teams.accounts.models import User
from teams.bodies.absences import services
from teams.bodies.models import Body
from teams.clock import services as clock
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories, outbox
from tests.conftest import START
from tests.teams.absences.absent import LAST, TODAY, away


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

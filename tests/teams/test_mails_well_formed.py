"""Every mail that the portal sends is whole: its structure, its headers, and the same content as text and as HTML."""

from __future__ import annotations

import email
import email.policy
import html
import re
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail as sent
from django.core.cache import cache
from django.core.management import call_command
from pytest_django import Settings

from milestones.reminders import services as reminders
from milestones.work import services as work
from milestones.work.models import Milestone
from milestones.work.selectors import Act
from teams.clock import selectors as clock
from teams.notices import kinds
from teams.notices import services as notices
from teams.notices.models import Choice, Notice, Way
from tests import factories as make
from tests import world

LINE_AT_MOST = 998  # RFC 5322, 2.1.1, without the end of the line
HREF = re.compile(r'href="([^"]*)"')


def steps() -> None:
    """Each step that is told by mail, with words that a mail could stumble over."""
    draft = Milestone.objects.get(key="diagrams-draft")
    lead, chair, member = world.who("lead"), world.who("chair"), world.who("member")
    title = "First draft: “é” & <b>\N{SNOWMAN}</b> " + "long " * 25
    work.change_milestone(by=lead, milestone=draft, title=title, evidence_asked="")
    work.answer_by_mail(by=lead, milestone=draft, act=Act.DONE, seen=None, said={"done": "x" * 1500 + "\n.\nFrom here"})
    notices.send_due()
    work.send_back(by=chair, owed=draft, reason="Zürich & “more”.")
    work.propose_drop(by=lead, owed=draft, reason="Because.")
    notices.send_due()
    work.keep(by=chair, owed=draft, reason="No.")
    work.change_owner(by=chair, milestone=draft, to=member, reason="Yours.")
    notices.send_due()
    work.move_due(by=member, milestone=draft, due=make.day("2018-08-31"), reason="August.")
    work.disclaim(by=member, owed=draft, reason="Not mine.")
    notices.send_due()
    work.hand_in(by=member, owed=draft, done="Done.")
    work.accept(by=chair, owed=draft)


@pytest.fixture
def mails(db: None, settings: Settings) -> list[bytes]:
    """As they go to the mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SITE_URL = "https://portal.example"
    cache.clear()
    world.load_example()
    call_command("set_clock", "2018-07-26", verbosity=0)
    reminders.sweep(now=clock.now())
    notices.send_due()
    world.open_invitation()
    world.absence()
    world.proposal()
    reminders.sweep(now=clock.now())
    notices.send_due()
    steps()
    Choice.objects.update_or_create(person=world.who("lead"), kind="milestone_due", defaults={"way": Way.DAILY})
    call_command("set_clock", "2018-07-30", verbosity=0)
    reminders.sweep(now=clock.now())
    notices.send_due()
    return [each.message().as_bytes() for each in sent.outbox]


def test_every_mail_is_well_formed_and_says_the_same_twice(mails: list[bytes]) -> None:
    went = set(Notice.objects.filter(state=Notice.State.SENT).values_list("kind", flat=True))
    assert went >= {
        *("milestone_due", "invitation", "absence", "digest", "work_handed_in", "work_returned", "work_accepted"),
        *("work_handed_over", "work_drop_proposed", "work_disclaimed", "work_moved", "work_by_link"),
    }
    for raw in mails:
        check(raw)


def check(raw: bytes) -> None:
    """One mail, read by a parser that knows nothing of the portal."""
    for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
        assert len(line) <= LINE_AT_MOST
    head = raw.partition(b"\n\n")[0]
    assert head.isascii()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert not [part.defects for part in read.walk() if part.defects]
    assert not [read[name].defects for name in ("Subject", "To", "From", "Date", "Message-ID") if read[name].defects]
    subject = str(read["Subject"])
    assert subject
    assert "\n" not in subject
    for name in ("Subject", "To", "From", "Date", "Message-ID", "Auto-Submitted"):
        assert len(read.get_all(name, [])) == 1, name
    assert read["Auto-Submitted"] == "auto-generated"
    notice = Notice.objects.filter(message_id=str(read["Message-ID"]), digest=None).get()
    kind = kinds.find(notice.kind)
    if kind is not None and kind.is_chosen:
        assert str(read["List-Unsubscribe"]).strip().startswith("<https://portal.example/mail/less/")
        assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    bodies: list[Any] = [read.get_body((sort,)) for sort in ("plain", "html")]
    text, page = (body.get_content() for body in bodies)
    assert "Why you get this mail: " in text
    assert "Why you get this mail: " in page
    links = [html.unescape(each) for each in HREF.findall(page)]
    assert links
    for link in links:
        assert link.startswith("https://portal.example")
        assert link in text, (subject, link)
    for remote in (" src=", "url(", "<link", "<script", "<img", "@import", " style="):
        assert remote not in page
    title = re.search(r"<h1>(.*?)(?: <span|</h1>)", page, re.DOTALL)
    assert title is not None
    assert " ".join(html.unescape(title.group(1)).split()) in " ".join(text.split())

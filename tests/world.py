"""The shipped example as tests meet it, and what each of its people may be expected to reach."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from documents.statement import services as statement
from documents.statement.models import Clause, ClauseLink, DraftComment, Proposal, StatementOfWork
from milestones.work.models import Deliverable, Note, ProgressNote
from milestones.work.progress_notes import services as progress
from milestones.work.services import write_note
from teams.accounts.models import User
from teams.bodies.absences import services as absences
from teams.bodies.invitations.services import invite
from teams.bodies.models import Absence, AccessRound, Body, Invitation, WorkingGroup
from teams.bodies.recertification import services as recertification
from teams.clock import selectors as clock

EXAMPLE = Path(__file__).resolve().parents[1] / "ecomwg" / "examples" / "ecomwg.yaml"
SECOND = Path(__file__).resolve().parent / "loading" / "second_group.yaml"

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"

# The demonstration's people by what they are, as the example names them.
PEOPLE = {
    "administrator": "admin@example.test",
    "reviewer": "reviewer@example.test",
    "partner agency": "partner@example.test",
    "chair": "chair@example.test",
    "lead": "lead1@example.test",
    "member": "small@example.test",
    "member of another team": "counsel@example.test",
}


def load_example() -> None:
    """Load the shipped example, as script/server does on its first start."""
    call_command("load_group", str(EXAMPLE), "--quiet", verbosity=0)


def load_second_group() -> None:
    """Load another group's file beside it."""
    call_command("load_group", str(SECOND), "--quiet", verbosity=0)


def open_invitation() -> Invitation:
    """An invitation to Team 1 that waits to be accepted."""
    found = Invitation.objects.filter(accepted_at=None, revoked_at=None).first()
    if found is None:
        found = invite(
            by=who("chair"),
            body=Body.objects.get(key="team-1"),
            role="member",
            email="new@example.test",
            name="New One",
        )
    return found


def round_of_recertification() -> AccessRound:
    """A round of recertification that is not signed off yet."""
    group = WorkingGroup.objects.get(slug="ecom")
    found = AccessRound.objects.filter(group=group, signed_off_at=None).first()
    return found or recertification.start(by=who("administrator"), group=group)


def session_of_member() -> UserSession:
    """The member is signed in, in a browser of their own."""
    found = UserSession.objects.filter(user=who("member")).first()
    if found is None:
        client = Client()
        client.force_login(who("member"))
        now = timezone.now()
        found = UserSession.objects.create(
            user=who("member"),
            session_key=client.session.session_key,
            ip="203.0.113.7",
            user_agent=FIREFOX,
            created_at=now,
            last_seen_at=now,
        )
    return found


def comment_on_draft() -> DraftComment:
    """What the member said of a clause of the draft under work."""
    found = DraftComment.objects.filter(draft__statement__group__slug="ecom").first()
    if found is None:
        owner = StatementOfWork.objects.get(group__slug="ecom")
        draft = statement.start_draft(by=who("administrator"), statement=owner, title="Process maps for the pilot")
        clause = draft.clauses.select_related("clause").earliest("position", "pk").clause
        found = statement.comment(by=who("member"), draft=draft, clause=clause, text="Who reads this?")
    return found


def absence() -> Absence:
    """An absence that holds; reminders alone pass over."""
    group = WorkingGroup.objects.get(slug="ecom")
    found = Absence.objects.filter(group=group, person=who("lead")).first()
    return found or absences.set_absence(
        by=who("lead"),
        person=who("lead"),
        group=group,
        first_day=clock.today(),
        last_day=clock.today() + timedelta(days=14),
        stand_in=who("member"),
    )


def proposal() -> Proposal:
    """The example's draft, which changes a clause and is proposed for adoption."""
    found = Proposal.objects.filter(draft__statement__group__slug="ecom").first()
    if found is None:
        draft = comment_on_draft().draft
        clause = draft.clauses.get(heading="Purpose")
        statement.edit_clause(
            by=who("administrator"), clause=clause, heading="Purpose and aim", text=clause.text, seen_revision=1
        )
        today = clock.today()
        found = statement.propose(
            by=who("administrator"),
            draft=draft,
            number="2.1",
            summary="Says the aim.",
            closes_on=today + timedelta(days=14),
            effective_on=today + timedelta(days=28),
        )
    return found


def link_to(clause: Clause) -> ClauseLink:
    """That a deliverable of Team 1 hangs on the clause."""
    owed = Deliverable.objects.get(group__slug="ecom", key="diagrams")
    return ClauseLink.objects.get_or_create(clause=clause, deliverable=owed)[0]


def who(role: str) -> User:
    """The person of the example who is this."""
    return User.objects.get(email=PEOPLE[role])


def remarks() -> Note:
    """A note on Team 1 that everybody in the group sees."""
    found = Note.objects.filter(key="a-note").first()
    team = Body.objects.get(group__slug="ecom", key="team-1")
    return found or write_note(by=who("lead"), about=team, text="Noted as an example.", key="a-note")


def progress_note() -> ProgressNote:
    """The progress note of Team 1 on the month, which everybody in the group sees."""
    found = ProgressNote.objects.filter(key="a-progress-note").first()
    if found is None:
        team = Body.objects.get(group__slug="ecom", key="team-1")
        found = progress.draft_progress(
            by=who("lead"), body=team, month=clock.today(), text="Went as planned.", key="a-progress-note"
        )
        progress.publish_progress(by=who("lead"), note=found, seen=1)
    return found

"""Rows for tests: each function makes one thing with sensible fields, and the things it needs."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from documents.consultations.models import Consultation
from documents.library.models import Document
from documents.papers.models import Commitment, Development
from documents.statement.models import StatementOfWork, StatementVersion
from documents.statement.services import Wording, adopt_version
from milestones.meetings.models import Meeting
from milestones.work import services as work
from milestones.work.models import Deliverable, Milestone, Note
from teams.accounts.identities.provider import Provider
from teams.accounts.models import Identity, Organization, User
from teams.bodies.models import Absence, Body, BodyParent, BodyState, LentRole, Membership, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

PASSWORD = "correct horse battery"
AS_OF = date(2018, 7, 20)

_numbers = itertools.count(1)


def day(text: str) -> ApproximateDate:
    """A date as a group's file writes it."""
    return ApproximateDate.parse(text)


def organization(**fields: Any) -> Organization:
    """A company."""
    n = next(_numbers)
    return Organization.objects.create(**{"key": f"org-{n}", "name": f"Organization {n}", "kind": "company", **fields})


def person(**fields: Any) -> User:
    """Someone of the trade who can sign in with PASSWORD; `government=True` for a federal user."""
    n = next(_numbers)
    if fields.pop("government", False):
        fields["affiliation"] = User.Affiliation.GOVERNMENT
    password = fields.pop("password", PASSWORD)
    return User.objects.create_user(
        **{"email": f"person{n}@example.test", "name": f"Person {n}", "password": password, **fields}
    )


def identity(of: User, provider: Provider, subject: str = "subject-1", **fields: Any) -> Identity:
    """The person's identity at the provider, linked today."""
    now = clock.now()
    made = {"person": of, "issuer": provider.issuer, "subject": subject, "linked_at": now, "used_at": now}
    return Identity.objects.create(**{**made, **fields})


def group(slug: str = "", **fields: Any) -> WorkingGroup:
    """A working group's section with its body (of the same key), active since 2017."""
    slug = slug or f"group-{next(_numbers)}"
    made = WorkingGroup.objects.create(**{"slug": slug, "as_of": AS_OF, **fields})
    working_group = Body.objects.create(
        group=made, key=slug, kind=Body.Kind.WORKING_GROUP, name=f"{slug.title()} Working Group"
    )
    BodyState.objects.create(body=working_group, state="active", started=day("2017"))
    return made


def root(of: WorkingGroup) -> Body:
    """The group's own body."""
    return Body.objects.get(group=of, kind=Body.Kind.WORKING_GROUP)


def team(of: WorkingGroup, **fields: Any) -> Body:
    """A team that reports to the group since March 2018."""
    n = next(_numbers)
    made = Body.objects.create(
        **{
            "group": of,
            "key": f"team-{n}",
            "kind": Body.Kind.TEAM,
            "number": n,
            "name": f"Name {n}",
            "position": n,
            **fields,
        }
    )
    BodyParent.objects.create(body=made, parent=root(of), started=day("2018-03"))
    return made


def member(body: Body, who: User | None = None, role: str = Role.MEMBER, **fields: Any) -> User:
    """A person of the body (a new one unless given), with the role since 2017."""
    who = who or person()
    Membership.objects.create(**{"body": body, "person": who, "role": role, "started": day("2017"), **fields})
    return who


def absence(person: User, stand_in: User, of: WorkingGroup, *lent: Membership, **fields: Any) -> Absence:
    """The person is away on July 20, 2018 and for two weeks, unless said otherwise; the roles `lent` pass over."""
    made = Absence.objects.create(
        **{
            "person": person,
            "stand_in": stand_in,
            "group": of,
            "first_day": AS_OF,
            "last_day": date(2018, 8, 3),
            **fields,
        }
    )
    for membership in lent:
        LentRole.objects.create(absence=made, membership=membership)
    return made


def deliverable(body: Body, **fields: Any) -> Deliverable:
    """Something the body owes, due on September 14, 2018."""
    n = next(_numbers)
    due = fields.pop("due", day("2018-09-14"))
    return Deliverable.objects.create(
        **{
            "group": body.group,
            "key": f"deliverable-{n}",
            "body": body,
            "kind": Deliverable.Kind.PROCESS_MAP,
            "title": f"Deliverable {n}",
            "due": due,
            "baseline_due": due,
            **fields,
        }
    )


def milestone(of: Deliverable, owner: User | None = None, **fields: Any) -> Milestone:
    """A milestone of the deliverable, due on July 27, 2018 unless said otherwise."""
    n = next(_numbers)
    due = fields.pop("due", day("2018-07-27"))
    return Milestone.objects.create(
        **{
            "group": of.group,
            "key": f"milestone-{n}",
            "body": of.body,
            "deliverable": of,
            "title": f"Milestone {n}",
            "owner": owner or person(),
            "due": due,
            "baseline_due": due,
            **fields,
        }
    )


def note(about: Milestone | Deliverable | Body, by: User | None = None, **fields: Any) -> Note:
    """A note by someone of the body; `government=True` for one that is kept from the trade."""
    secret = fields.pop("government", False)
    body = about if isinstance(about, Body) else about.body
    author = by or member(body, person(government=secret))
    text = fields.pop("text", f"Noted {next(_numbers)}.")
    return work.write_note(by=author, about=about, text=text, is_government_only=secret, **fields)


def meeting(of: WorkingGroup, **fields: Any) -> Meeting:
    """A meeting of the group's own body on August 14, 2018."""
    n = next(_numbers)
    if "forum" not in fields:
        fields.setdefault("body", root(of))
    starts = fields.pop("starts", day("2018-08-14"))
    return Meeting.objects.create(
        **{
            "group": of,
            "key": f"meeting-{n}",
            "title": f"Meeting {n}",
            "starts": starts,
            "ends": fields.pop("ends", starts),
            "timezone": "America/New_York",
            **fields,
        }
    )


def document(of: WorkingGroup, **fields: Any) -> Document:
    """A standard that the group may see."""
    n = next(_numbers)
    return Document.objects.create(
        **{
            "group": of,
            "key": f"document-{n}",
            "title": f"Document {n}",
            "kind": Document.Kind.STANDARD,
            **fields,
        }
    )


def consultation(on: Document, *audience: Body, **fields: Any) -> Consultation:
    """A consultation on the document that asks the bodies given, open from July 16 to August 31, 2018."""
    n = next(_numbers)
    made = Consultation.objects.create(
        **{
            "group": on.group,
            "key": f"consultation-{n}",
            "document": on,
            "title": f"Consultation {n}",
            "opens_on": date(2018, 7, 16),
            "closes_on": date(2018, 8, 31),
            **fields,
        }
    )
    made.audience.set(audience)
    return made


def development(of: WorkingGroup, **fields: Any) -> Development:
    """Something that happened in June 2018, for the background of the issue paper."""
    n = next(_numbers)
    return Development.objects.create(
        **{
            "group": of,
            "key": f"development-{n}",
            "text": f"Development {n} happened.",
            "happened": day("2018-06"),
            "sections": ["background"],
            "position": n % 1000,
            **fields,
        }
    )


def commitment(by: Body, **fields: Any) -> Commitment:
    """Something that the body has said it will do, for the next steps of the issue paper."""
    n = next(_numbers)
    return Commitment.objects.create(
        **{
            "group": by.group,
            "key": f"commitment-{n}",
            "by_body": by,
            "text": f"Commitment {n}.",
            "sections": ["next_steps"],
            "position": n % 1000,
            **fields,
        }
    )


def statement(body: Body, *versions: tuple[str, str, list[tuple[str, str, str]]]) -> list[StatementVersion]:
    """The body's statement of work: for each version its number, its date, and (number, heading, text) a clause."""
    made = StatementOfWork.objects.create(group=body.group, body=body)
    return [
        adopt_version(
            statement=made,
            number=number,
            adopted=day(adopted),
            clauses=[Wording(*clause) for clause in clauses],
            source="portal",
        )
        for number, adopted, clauses in versions
    ]

"""The format: every section of a group's file, every field of it, and what kind of value it takes.

`docs/group-file.md` says the same to the one who writes a file; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from documents.consultations.models import Consultation
from documents.library.models import Document
from documents.papers.models import Commitment, Development, Section
from documents.statement.models import ClauseText, StatementVersion
from milestones.meetings.models import AgendaItem, Meeting, WorkStream
from milestones.work.models import Deliverable, Milestone, Strategy, StrategyGoal
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, BodyState, Role
from teams.dates import ApproximateDate
from teams.sources import Source

from .items import Item, Items, One
from .kinds import (
    Approximate,
    Choice,
    Day,
    Email,
    Flag,
    Format,
    Key,
    Link,
    ListOf,
    Moment,
    Number,
    Ref,
    Text,
    When,
    Zone,
)

FORMAT = 1
SMALL = 32_767  # the most that a column of small numbers takes

GroupKey = Annotated[str, Key(80)]
PortalKey = Annotated[str, Key(50)]
Origin = Annotated[str, Choice(Source, without=[Source.PORTAL])]
Sections = Annotated[tuple[str, ...], ListOf(Choice(Section), at_least=1)]


@dataclass(kw_only=True)
class ParentItem(Item):
    """A body that another reports to, from one date until the day before another."""

    of: Annotated[str, Ref("bodies")]
    from_: Annotated[ApproximateDate | None, Approximate()] = None
    to: Annotated[ApproximateDate | None, Approximate()] = None


@dataclass(kw_only=True)
class StateItem(Item):
    """A state that a body went into."""

    state: Annotated[str, Choice(BodyState.State)]
    from_: Annotated[ApproximateDate, Approximate()]


@dataclass(kw_only=True)
class BodyItem(Item):
    """A committee, subcommittee, working group or team."""

    key: GroupKey
    kind: Annotated[str, Choice(Body.Kind)]
    name: Annotated[str, Text(Body.name)]
    source: Origin
    number: Annotated[int | None, Number(1, SMALL)] = None
    acronym: Annotated[str, Text(Body.acronym)] = ""
    purpose: Annotated[str, Text(Body.purpose)] = ""
    formed: Annotated[ApproximateDate | None, Approximate()] = None
    formed_as_written: Annotated[str, Text(Body.formed_as_written)] = ""
    parents: Annotated[tuple[ParentItem, ...], Items(ParentItem)] = ()
    states: Annotated[tuple[StateItem, ...], Items(StateItem)] = ()


@dataclass(kw_only=True)
class OrganizationItem(Item):
    """A company, an agency or another body that people come from."""

    key: PortalKey
    name: Annotated[str, Text(Organization.name)]
    kind: Annotated[str, Choice(Organization.Kind)]
    source: Origin
    acronym: Annotated[str, Text(Organization.acronym)] = ""
    sector: Annotated[str, Text(Organization.sector)] = ""
    small_business: Annotated[bool, Flag()] = False


@dataclass(kw_only=True)
class PersonItem(Item):
    """A person who signs in."""

    key: GroupKey
    name: Annotated[str, Text(User.name)]
    email: Annotated[str, Email()]
    affiliation: Annotated[str, Choice(User.Affiliation)]
    source: Origin
    organization: Annotated[str, Ref("organizations")] = ""
    timezone: Annotated[str, Zone()] = ""
    site_admin: Annotated[bool, Flag()] = False


@dataclass(kw_only=True)
class MembershipItem(Item):
    """A person's role in a body, from one date until the day before another."""

    person: Annotated[str, Ref("people")]
    body: Annotated[str, Ref("bodies")]
    role: Annotated[str, Choice(Role)]
    source: Annotated[str, Choice(Source, without=[Source.PORTAL])] = ""
    from_: Annotated[ApproximateDate | None, Approximate()] = None
    to: Annotated[ApproximateDate | None, Approximate()] = None


@dataclass(kw_only=True)
class ClauseItem(Item):
    """A clause of a version."""

    number: Annotated[str, Text(ClauseText.number)]
    heading: Annotated[str, Text(ClauseText.heading)]
    text: Annotated[str, Text(ClauseText.text, may_be_empty=True)] = ""


@dataclass(kw_only=True)
class VersionItem(Item):
    """An adopted version of the statement of work."""

    version: Annotated[str, Text(StatementVersion.number)]
    adopted: Annotated[ApproximateDate, Approximate()]
    source: Origin
    clauses: Annotated[tuple[ClauseItem, ...], Items(ClauseItem, named_by="number", at_least=1)]
    summary: Annotated[str, Text(StatementVersion.summary)] = ""


@dataclass(kw_only=True)
class StatementItem(Item):
    """The statement of work and its versions, the first first."""

    body: Annotated[str, Ref("bodies")]
    versions: Annotated[tuple[VersionItem, ...], Items(VersionItem, named_by="version", at_least=1)]


@dataclass(kw_only=True)
class GoalItem(Item):
    """A numbered goal of the strategy."""

    number: Annotated[int, Number(1, SMALL)]
    text: Annotated[str, Text(StrategyGoal.text)]
    source: Origin


@dataclass(kw_only=True)
class StrategyItem(Item):
    """The strategy that the work serves."""

    key: GroupKey
    title: Annotated[str, Text(Strategy.title)]
    issuer: Annotated[str, Ref("organizations")]
    released: Annotated[ApproximateDate, Approximate()]
    source: Origin
    goals: Annotated[tuple[GoalItem, ...], Items(GoalItem, named_by="number")] = ()


@dataclass(kw_only=True)
class WorkStreamItem(Item):
    """A stream of work in an outside forum."""

    key: GroupKey
    forum: Annotated[str, Ref("organizations")]
    name: Annotated[str, Text(WorkStream.name)]
    role: Annotated[str, Choice(WorkStream.PartyRole)]
    party: Annotated[str, Text(WorkStream.party)]
    source: Origin


@dataclass(kw_only=True)
class PreparationItem(Item):
    """Something to be done so many days before a meeting."""

    title: Annotated[str, Text(Milestone.title)]
    days_before: Annotated[int, Number(0, SMALL)]
    owner: Annotated[str, Ref("people")]
    source: Annotated[str, Choice(Source, without=[Source.PORTAL])] = ""


@dataclass(kw_only=True)
class MeetingItem(Item):
    """A meeting of one of the bodies, or of an outside forum."""

    key: GroupKey
    title: Annotated[str, Text(Meeting.title)]
    starts: Annotated[Moment, When()]
    source: Origin
    body: Annotated[str, Ref("bodies")] = ""
    forum: Annotated[str, Ref("organizations")] = ""
    series: Annotated[str, Text(Meeting.series)] = ""
    ends: Annotated[Moment | None, When()] = None
    timezone: Annotated[str, Zone()] = ""
    place: Annotated[str, Text(Meeting.place)] = ""
    state: Annotated[str, Choice(Meeting.State)] = Meeting.State.PLANNED.value
    outcome: Annotated[str, Text(Meeting.outcome)] = ""
    note: Annotated[str, Text(Meeting.note)] = ""
    agenda: Annotated[tuple[str, ...], ListOf(Text(AgendaItem.title), may_repeat=True)] = ()
    attended_by: Annotated[tuple[str, ...], ListOf(Ref("organizations"))] = ()
    prepare: Annotated[tuple[PreparationItem, ...], Items(PreparationItem)] = ()


@dataclass(kw_only=True)
class DeliverableItem(Item):
    """What a body owes under the statement of work."""

    key: GroupKey
    team: Annotated[str, Ref("bodies")]
    kind: Annotated[str, Choice(Deliverable.Kind)]
    title: Annotated[str, Text(Deliverable.title)]
    due: Annotated[ApproximateDate, Approximate()]
    source: Origin
    clause: Annotated[str, Text(ClauseText.number)] = ""
    strategy_goal: Annotated[int | None, Number(1, SMALL)] = None
    owner: Annotated[str, Ref("people")] = ""


@dataclass(kw_only=True)
class MilestoneItem(Item):
    """A dated step towards a deliverable."""

    key: GroupKey
    deliverable: Annotated[str, Ref("deliverables")]
    title: Annotated[str, Text(Milestone.title)]
    due: Annotated[ApproximateDate, Approximate()]
    owner: Annotated[str, Ref("people")]
    source: Origin
    done: Annotated[ApproximateDate | None, Approximate()] = None
    after: Annotated[tuple[str, ...], ListOf(Ref("milestones"))] = ()


@dataclass(kw_only=True)
class DocumentItem(Item):
    """A document that the group works from or makes."""

    key: GroupKey
    title: Annotated[str, Text(Document.title)]
    kind: Annotated[str, Choice(Document.Kind)]
    access: Annotated[str, Choice(Document.Access)]
    source: Origin
    issuer: Annotated[str, Ref("organizations")] = ""
    dated: Annotated[ApproximateDate | None, Approximate()] = None
    link: Annotated[str, Link()] = ""
    workstream: Annotated[str, Ref("workstreams")] = ""
    meeting: Annotated[str, Ref("meetings")] = ""


@dataclass(kw_only=True)
class ConsultationItem(Item):
    """A round of comments on a document."""

    key: GroupKey
    document: Annotated[str, Ref("documents")]
    title: Annotated[str, Text(Consultation.title)]
    opens: Annotated[date, Day()]
    closes: Annotated[date, Day()]
    audience: Annotated[tuple[str, ...], ListOf(Ref("bodies"), at_least=1)]
    source: Origin
    for_meeting: Annotated[str, Ref("meetings")] = ""


@dataclass(kw_only=True)
class DevelopmentItem(Item):
    """Something that happened, and where the issue paper tells it."""

    key: GroupKey
    on: Annotated[ApproximateDate, Approximate()]
    sections: Sections
    text: Annotated[str, Text(Development.text)]
    source: Origin
    as_written: Annotated[str, Text(Development.as_written)] = ""
    until: Annotated[ApproximateDate | None, Approximate()] = None
    about: Annotated[str, Ref("bodies", "organizations", "documents", "meetings")] = ""
    kind: Annotated[str, Choice(Development.Kind)] = Development.Kind.EVENT.value
    link: Annotated[str, Link()] = ""


@dataclass(kw_only=True)
class CommitmentItem(Item):
    """What someone has said they will do."""

    key: GroupKey
    by: Annotated[str, Ref("bodies", "organizations")]
    sections: Sections
    text: Annotated[str, Text(Commitment.text)]
    source: Origin
    with_: Annotated[tuple[str, ...], ListOf(Ref("bodies", "organizations"))] = ()
    for_meeting: Annotated[str, Ref("meetings")] = ""
    deliverables: Annotated[tuple[str, ...], ListOf(Ref("deliverables"))] = ()


@dataclass(kw_only=True)
class GroupFile(Item):
    """A whole file."""

    format: Annotated[int, Format(FORMAT)]
    as_of: Annotated[date, Day()]
    timezone: Annotated[str, Zone()]
    bodies: Annotated[tuple[BodyItem, ...], Items(BodyItem, named_by="key", at_least=1)]
    organizations: Annotated[tuple[OrganizationItem, ...], Items(OrganizationItem, named_by="key")] = ()
    people: Annotated[tuple[PersonItem, ...], Items(PersonItem, named_by="key")] = ()
    memberships: Annotated[tuple[MembershipItem, ...], Items(MembershipItem)] = ()
    statement_of_work: Annotated[StatementItem | None, One(StatementItem)] = None
    strategy: Annotated[StrategyItem | None, One(StrategyItem)] = None
    workstreams: Annotated[tuple[WorkStreamItem, ...], Items(WorkStreamItem, named_by="key")] = ()
    meetings: Annotated[tuple[MeetingItem, ...], Items(MeetingItem, named_by="key")] = ()
    deliverables: Annotated[tuple[DeliverableItem, ...], Items(DeliverableItem, named_by="key")] = ()
    milestones: Annotated[tuple[MilestoneItem, ...], Items(MilestoneItem, named_by="key")] = ()
    documents: Annotated[tuple[DocumentItem, ...], Items(DocumentItem, named_by="key")] = ()
    consultations: Annotated[tuple[ConsultationItem, ...], Items(ConsultationItem, named_by="key")] = ()
    developments: Annotated[tuple[DevelopmentItem, ...], Items(DevelopmentItem, named_by="key")] = ()
    commitments: Annotated[tuple[CommitmentItem, ...], Items(CommitmentItem, named_by="key")] = ()

    @property
    def working_group(self) -> BodyItem | None:
        """The one body of kind working_group, whose key is the slug of the group's section."""
        return next((body for body in self.bodies if body.kind == Body.Kind.WORKING_GROUP and body.key), None)

"""What has a page in a group: each kind of object with the question that its page asks, and pages without an object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.text import slugify

from documents.consultations import selectors as consultations
from documents.library import selectors as library
from documents.statement import selectors as statement
from documents.statement.models import Clause
from milestones.meetings import selectors as meetings
from milestones.reminders import selectors as reminders
from milestones.work import selectors as work
from milestones.work.progress_notes.selectors import progress_notes_visible_to
from teams.accounts.access import methods_of
from teams.accounts.models import User
from teams.bodies import selectors as bodies
from teams.bodies.invitations import selectors as invitations
from teams.bodies.memberships import selectors as memberships
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, Standing
from teams.bodies.recertification import selectors as recertification
from teams.notices import selectors as notices
from teams.notices.models import Notice

# The kind of pages that are about no single object.
PAGE: Final = "page"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a page of a group: the person, what they are in it, and the group's bodies."""

    person: User
    standing: Standing
    bodies: Sequence[Body]

    @property
    def day(self) -> date:
        """The date on which the standing holds."""
        return self.standing.day

    def bodies_where(self, action: Action) -> list[Body]:
        """The bodies in which the person may do it."""
        return [body for body in self.bodies if self.standing.may(action, body)]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object with a page.

    `visible` is what that page itself asks for, of all groups or of one; `parameter` names the object in its address,
    `field` in the database. `body` gives the body that the object belongs to, for an action that concerns one.
    `changes` is what the activity page calls its changes ("document"), where it tells of them by the same key.
    """

    label: str
    view: str
    visible: Callable[[Asking], QuerySet[Any]]
    parameter: str = "key"
    field: str = "key"
    group: str = "group"
    title: Callable[[Any], str] = str
    body: Callable[[Any], Body] | None = None
    changes: str = ""

    def seen_by(self, asking: Asking) -> QuerySet[Any]:
        """The objects of this kind, in the group alone, that the person sees."""
        found = self.visible(asking)
        return found.filter(**{self.group: asking.standing.group}) if self.group else found

    def address(self, group: WorkingGroup, key: str) -> str:
        """The page of the object that `key` names."""
        return reverse(self.view, kwargs={"group": group.slug, self.parameter: key})

    def finds(self, key: str) -> dict[str, str] | None:
        """The condition for the object that `key` names; None where nothing can be called so."""
        is_number = key.isascii() and key.isdigit() and len(key) < 19
        return {self.field: key} if self.field != "pk" or is_number else None


def _of(visible_to: Callable[[User, date], QuerySet[Any]]) -> Callable[[Asking], QuerySet[Any]]:
    return lambda asking: visible_to(asking.person, asking.day)


def _teams(asking: Asking) -> QuerySet[Body]:
    return bodies.bodies_visible_to(asking.person, asking.day).filter(kind=Body.Kind.TEAM)


def _with_term(asking: Asking) -> QuerySet[Body]:
    return Body.objects.filter(pk__in=[body.pk for body in asking.bodies_where(Action.KEEP_MEMBERSHIPS)])


def _to_write_on(
    visible_to: Callable[[User, date], QuerySet[Any]], body: str = "body"
) -> Callable[[Asking], QuerySet[Any]]:
    """What the person sees and may write notes on; `body` is the field that says whose it is."""
    return lambda asking: visible_to(asking.person, asking.day).filter(
        **{f"{body}__in": [each.pk for each in asking.bodies_where(Action.WRITE_NOTES)]}
    )


def _teams_to_write_on(asking: Asking) -> QuerySet[Any]:
    return _to_write_on(bodies.bodies_visible_to, "pk")(asking).filter(kind=Body.Kind.TEAM)


def _invitations(asking: Asking) -> QuerySet[Any]:
    found = invitations.invitations_of(asking.standing.group)
    return found.filter(body__in=asking.bodies_where(Action.INVITE))


def _notice_called(notice: Notice) -> str:
    return notice.subject or f"Notice {notice.pk}"


KINDS: Final = {
    "document": Kind("document", "library:document", _of(library.documents_visible_to), changes="document"),
    "consultation": Kind(
        "consultation",
        "consultations:consultation",
        _of(consultations.consultations_visible_to),
        changes="consultation",
    ),
    "meeting": Kind("meeting", "meetings:meeting", _of(meetings.meetings_visible_to), changes="meeting"),
    "milestone": Kind("milestone", "work:milestone", _of(work.milestones_visible_to)),
    "deliverable": Kind("deliverable", "work:deliverable", _of(work.deliverables_visible_to)),
    "team": Kind("team", "work:team", _teams),
    "progress-note": Kind("progress note", "work:progress_note", _of(progress_notes_visible_to)),
    "note": Kind("note", "work:note", _of(work.notes_visible_to)),
    "milestone-note": Kind(
        "new note on a milestone",
        "work:write_milestone_note",
        _to_write_on(work.milestones_visible_to),
        body=lambda row: row.body,
    ),
    "deliverable-note": Kind(
        "new note on a deliverable",
        "work:write_deliverable_note",
        _to_write_on(work.deliverables_visible_to),
        body=lambda row: row.body,
    ),
    "team-note": Kind("new note on a team", "work:write_team_note", _teams_to_write_on, body=lambda row: row),
    "new-progress-note": Kind(
        "new progress note of a team",
        "work:write_progress_note",
        lambda asking: Body.objects.filter(
            pk__in=[each.pk for each in asking.bodies_where(Action.REPORT_PROGRESS)], kind=Body.Kind.TEAM
        ),
        body=lambda row: row,
    ),
    "term": Kind("new term of a body", "bodies:new_term", _with_term, body=lambda row: row),
    "version": Kind(
        "version of the statement of work",
        "statement:version",
        _of(statement.versions_visible_to),
        parameter="number",
        field="number",
        group="statement__group",
        changes="version of the statement of work",
    ),
    "clause": Kind(
        "clause of the statement of work",
        "statement:clause",
        lambda asking: Clause.objects.filter(
            texts__version__in=statement.versions_visible_to(asking.person, asking.day)
        ).distinct(),
        parameter="clause",
        field="pk",
        group="statement__group",
    ),
    "draft": Kind(
        "draft of the statement of work",
        "statement:draft",
        _of(statement.drafts_visible_to),
        parameter="draft",
        field="pk",
        group="statement__group",
        changes="draft of the statement of work",
    ),
    "proposal": Kind(
        "proposed version of the statement of work",
        "statement:proposal",
        _of(statement.proposals_visible_to),
        parameter="proposal",
        field="pk",
        group="draft__statement__group",
        changes="proposal of a draft",
    ),
    "membership": Kind(
        "membership",
        "bodies:membership",
        lambda asking: memberships.memberships_in(asking.bodies_where(Action.KEEP_MEMBERSHIPS)),
        parameter="membership",
        field="pk",
        group="body__group",
        body=lambda row: row.body,
        changes="membership",
    ),
    "absence": Kind(
        "absence",
        "bodies:absence",
        lambda asking: bodies.absences_of(asking.standing.group),
        parameter="absence",
        field="pk",
        title=lambda row: f"{row.person} away, {row.stand_in} stands in",
        changes="absence",
    ),
    "invitation": Kind(
        "invitation",
        "bodies:invitation",
        _invitations,
        parameter="invitation",
        field="pk",
        group="body__group",
        body=lambda row: row.body,
        changes="invitation",
    ),
    "round": Kind(
        "round of recertification",
        "bodies:access_round",
        lambda asking: recertification.rounds_of(asking.standing.group),
        parameter="round_pk",
        field="pk",
        changes="round of recertification",
    ),
    "reminder-rule": Kind(
        "reminder rule",
        "reminders:rule",
        _of(reminders.rules_visible_to),
        parameter="rule",
        field="pk",
        changes="reminder rule",
    ),
    # A notice knows its group by the name in the address.
    "notice": Kind(
        "notice",
        "reminders:notice",
        lambda asking: notices.notices_of(asking.standing.group.slug),
        parameter="pk",
        field="pk",
        group="",
        title=_notice_called,
    ),
}

# What pages without an object of their own are called; any other by its name in the list of addresses.
PAGES: Final = {
    "bodies:group": "The group",
    "bodies:absences": "Absences",
    "bodies:set_absence": "Set an absence",
    "bodies:access_rounds": "Recertification",
    "bodies:add_membership": "Add a membership",
    "bodies:invite": "Invite someone",
    "bodies:settings": "Settings of the group",
    "history:activity": "All activity",
    "papers:developments": "Developments and commitments",
    "reminders:ledger": "Reminder ledger",
    "reminders:forecast": "Forecast of reminders",
    "statement:compare": "Compare versions of the statement of work",
    "statement:current": "Statement of work in force",
    "work:notes": "Notes",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page that can be asked about: of an object (`kind`, `row`), or of the group as a whole."""

    kind: Kind | None
    row: Model | None
    title: str
    address: str

    @property
    def label(self) -> str:
        """What it is, for the middle of a sentence."""
        return self.kind.label if self.kind else "page"

    @property
    def action(self) -> Action:
        """The action that the view of the page requires."""
        return Action[resolve(self.address).func.access]  # type: ignore[attr-defined]

    @property
    def body(self) -> Body | None:
        """The body that the object belongs to, where its page goes by that."""
        return self.kind.body(self.row) if self.kind and self.kind.body else None


def page_of_group(group: WorkingGroup, name: str) -> Page | None:
    """The page that stands at `name` ("work-plan") and is about no object; None where there is none to look at."""
    view = name.replace("-", ":", 1)
    try:
        address = reverse(view, kwargs={"group": group.slug})
    except NoReverseMatch:
        return None
    match = resolve(address)
    if getattr(match.func, "access", "") not in Action.__members__ or "GET" not in (methods_of(match) or ()):
        return None
    title = PAGES.get(view) or (match.url_name or "").replace("_", " ").capitalize()
    return Page(None, None, title, address)


def explanation_of(request: HttpRequest) -> str:
    """The address that explains the page of the request; empty where it is not a page inside a group."""
    match = request.resolver_match
    if match is None or "group" not in match.kwargs or match.view_name == "why":
        return ""
    group = match.kwargs["group"]
    for name, kind in KINDS.items():
        if match.view_name == kind.view:
            return reverse("why", args=[group, name, match.kwargs[kind.parameter]])
    if set(match.kwargs) == {"group"}:
        return reverse("why", args=[group, PAGE, match.view_name.replace(":", "-")])
    return ""


def changes_of(request: HttpRequest) -> str:
    """The address of what happened to the object of the request's page; empty where that is told on no page."""
    match = request.resolver_match
    if match is None or "group" not in match.kwargs:
        return ""
    kind = next((each for each in KINDS.values() if each.changes and each.view == match.view_name), None)
    if kind is None:
        return ""
    wanted = urlencode({"noun": slugify(kind.changes), "key": match.kwargs[kind.parameter]})
    return f"{reverse('history:activity', args=[match.kwargs['group']])}?{wanted}"

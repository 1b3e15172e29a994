"""What stands around every page: the clock's line, the header, the side navigation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from documents.statement import selectors as statement
from milestones.work import selectors as work
from teams.bodies import selectors as bodies
from teams.bodies.models import Body
from teams.bodies.permissions import Action, Standing, standings_of
from teams.clock import selectors as clock
from teams.viewing.models import Viewing

from .why.objects import changes_of, explanation_of


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the side navigation."""

    label: str
    url: str
    is_current: bool = False
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shell:
    """All that the base template needs beside the page itself."""

    site_name: str
    show_government_banner: bool
    is_demonstration: bool
    now: datetime
    standings: list[Standing]
    standing: Standing | None
    working_group: Body | None
    navigation: list[Link]
    waiting: int
    why: str
    changes: str
    viewing: Viewing | None


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor. Three queries for someone who is signed in, none for anyone else.

    For someone who must set up a second factor first it is as bare as for nobody.
    """
    standings = {} if getattr(request, "is_enrolling", False) else standings_of(request)
    standing: Standing | None = getattr(request, "standing", None)
    if standing is None and len(standings) == 1:
        standing = next(iter(standings.values()))
    tree = bodies.bodies_of_request(request, standing.group) if standing else []
    return {
        "shell": Shell(
            site_name=settings.SITE_NAME,
            show_government_banner=settings.SHOW_GOVERNMENT_BANNER,
            is_demonstration=settings.DEMONSTRATION,
            now=clock.now(),
            standings=list(standings.values()),
            standing=standing,
            working_group=next((body for body in tree if body.kind == Body.Kind.WORKING_GROUP), None),
            navigation=navigation(request.path, standings, standing, tree),
            waiting=number_waiting(request),
            why=explanation_of(request) if standing and standing.may(Action.EXPLAIN_ACCESS) else "",
            changes=changes_of(request) if standing else "",
            viewing=getattr(request, "viewing", None),
        )
    }


def number_waiting(request: HttpRequest) -> int:
    """How much of the work and how many proposals wait on the request's person: one query; Home counted already."""
    if not request.user.is_authenticated or getattr(request, "is_enrolling", False):
        return 0
    counted: int | None = getattr(request, "waiting_counted", None)
    if counted is not None:
        return counted
    asking = request.user, clock.today(), standings_of(request).values()
    found = (work.waiting_on(*asking), work.deliverables_waiting_on(*asking), statement.waiting_on(*asking))
    milestones, *others = (each.order_by().values("pk") for each in found)
    return milestones.union(*others, all=True).count()


def navigation(path: str, standings: dict[str, Standing], standing: Standing | None, tree: list[Body]) -> list[Link]:
    """The side navigation for a person at `path`: only what they may open."""

    def link(label: str, url: str, *links: Link) -> Link:
        return Link(label, url, path == url or (url.count("/") > 3 and path.startswith(url)), list(links))

    if not standings:
        return []
    links = [link("Home", reverse("home"))]
    entry = reverse("administration")
    is_administrator = any(each.is_administrator for each in standings.values())
    administration = [Link("Administration", entry, path == entry)] if is_administrator else []
    if standing is None:
        return [
            *links,
            *(link(each.name, each.group.get_absolute_url()) for each in standings.values()),
            *administration,
        ]
    slug = standing.group.slug
    group = standing.group.get_absolute_url()
    links += [
        Link("The group", group, path == group),
        link("Plan", reverse("work:plan", args=[slug])),
        link("Calendar", reverse("meetings:calendar", args=[slug])),
        link("Statement of work", reverse("statement:current", args=[slug])),
        link("Documents", reverse("library:documents", args=[slug])),
        link("Consultations", reverse("consultations:consultations", args=[slug])),
        link("Developments", reverse("papers:developments", args=[slug])),
        *(link(str(body), body.get_absolute_url()) for body in tree if body.kind == Body.Kind.TEAM),
    ]
    if standing.may(Action.INVITE):
        links.append(link("Invitations", reverse("bodies:invitations", args=[slug])))
    if standing.may(Action.KEEP_MEMBERSHIPS):
        links.append(link("Memberships", reverse("bodies:memberships", args=[slug])))
    if standing.may(Action.RECERTIFY_ACCESS):
        links.append(link("Recertification", reverse("bodies:access_rounds", args=[slug])))
    if standing.may(Action.KEEP_SETTINGS):
        links.append(link("Settings", reverse("bodies:settings", args=[slug])))
    if standing.may(Action.READ_LEDGER):
        links.append(link("Reminder ledger", reverse("reminders:ledger", args=[slug])))
    return [*links, *administration]

"""What an invitation's mail says, and when it need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from teams.bodies.models import Body, Invitation
from teams.notices.kinds import Mail, Moot
from teams.notices.models import Notice

from . import links, selectors


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each notice its mail, or why it need not go: two queries for the batch."""
    ids = {notice.pk: int(notice.subject_key.removeprefix(selectors.SUBJECT)) for notice in batch}
    invitations = Invitation.objects.select_related("body__group", "invited_by").in_bulk(set(ids.values()))
    groups = {
        body.group_id: body.name
        for body in Body.objects.filter(
            group__in={each.body.group_id for each in invitations.values()}, kind=Body.Kind.WORKING_GROUP
        )
    }
    answers: dict[int, Mail | Moot] = {}
    for notice in batch:
        invitation = invitations.get(ids[notice.pk])
        if invitation is None:
            answers[notice.pk] = Moot("The invitation is gone.")
        elif reason := why_moot(notice, invitation, now):
            answers[notice.pk] = Moot(reason)
        else:
            answers[notice.pk] = mail_of(notice, invitation, groups.get(invitation.body.group_id, ""))
    return answers


def why_moot(notice: Notice, invitation: Invitation, now: datetime) -> str:
    """Why the mail need not go any more; empty where it must."""
    match invitation.state_at(now):
        case Invitation.State.ACCEPTED:
            return "It was accepted."
        case Invitation.State.REVOKED:
            return "It was revoked."
        case Invitation.State.EXPIRED:
            return "It has expired."
    if notice.revision != invitation.sendings:
        return "It was sent again since, with another link."
    if links.hash_of(links.token_of(invitation.nonce)) != invitation.token_hash:
        return "The portal’s secret key was changed since: send it again."
    return ""


def mail_of(notice: Notice, invitation: Invitation, group: str) -> Mail:
    """The mail as text and as HTML, with times in the group's zone. Its link is not kept in the outbox."""
    zone = invitation.body.group.timezone
    link = links.link_of(links.token_of(invitation.nonce))
    context = {
        "invitation": invitation,
        "body": _full_name(invitation.body, group),
        "link": link,
        "why": notice.why,
        "zone": zone,
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
    }
    with timezone.override(ZoneInfo(zone)):
        text = render_to_string("emails/invitation.txt", context)
        html = render_to_string("emails/invitation.html", context)
    thread = f"<invitation-{invitation.pk}@{urlsplit(settings.SITE_URL).hostname}>"
    return Mail(f"Invitation to the {group or settings.SITE_NAME}", text, html, {"References": thread}, secret=link)


def _full_name(body: Body, group: str) -> str:
    """ "Team 1: Standards and Process of the E-Commerce Working Group", or the group itself."""
    return f"{body} of the {group}" if body.kind == Body.Kind.TEAM and group else str(body)

"""What an invitation's mail says, and when it need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from teams.bodies.models import Body, Invitation
from teams.notices.kinds import Mail, Moot, foot
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
        "is_reminder": notice.rule == selectors.REMINDED,
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
    subject = f"Invitation to the {group or settings.SITE_NAME}"
    if notice.rule == selectors.REMINDED:
        subject = f"{subject} ends on {formats.date_format(invitation.expires_at.astimezone(ZoneInfo(zone)), 'l, F j')}"
    return Mail(subject, text, html, {"References": thread}, secret=link)


def _full_name(body: Body, group: str) -> str:
    """ "Team 1: Standards and Process of the E-Commerce Working Group", or the group itself."""
    return f"{body} of the {group}" if body.kind == Body.Kind.TEAM and group else str(body)


def compose_outcomes(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each outcome its mail to who invited, or why it need not go: one query for the batch."""
    ids = {notice.pk: int(notice.subject_key.removeprefix(selectors.SUBJECT)) for notice in batch}
    found = Invitation.objects.select_related("body__group", "accepted_by").in_bulk(set(ids.values()))
    answers: dict[int, Mail | Moot] = {}
    for notice in batch:
        invitation = found.get(ids[notice.pk])
        if invitation is None:
            answers[notice.pk] = Moot("The invitation is gone.")
        elif reason := _why_no_outcome(notice, invitation, now):
            answers[notice.pk] = Moot(reason)
        else:
            answers[notice.pk] = outcome_of(notice, invitation)
    return answers


def _why_no_outcome(notice: Notice, invitation: Invitation, now: datetime) -> str:
    if notice.rule == selectors.ACCEPTED:
        return ""
    match invitation.state_at(now):
        case Invitation.State.ACCEPTED:
            return "It was accepted."
        case Invitation.State.REVOKED:
            return "It was revoked."
    return "It was sent again since." if notice.revision != invitation.sendings else ""


def outcome_of(notice: Notice, invitation: Invitation) -> Mail:
    """That it was accepted, or ran out, as text and as HTML, with times in the zone of who invited."""
    assert notice.recipient is not None
    is_accepted = notice.rule == selectors.ACCEPTED
    url = f"{settings.SITE_URL}{invitation.get_absolute_url()}"
    with timezone.override(ZoneInfo(notice.recipient.timezone)):
        ended = formats.date_format(timezone.localtime(invitation.accepted_at or invitation.expires_at), "l, F j, Y")
        said = "accepted the invitation" if is_accepted else "did not accept the invitation in time"
        headline = f"{invitation.name} {said}"
        context = {
            "invitation": invitation,
            "is_accepted": is_accepted,
            "headline": headline,
            "ended": ended,
            "url": url,
            **foot(notice.why),
        }
        text = render_to_string("emails/invitation_ended.txt", context)
        html = render_to_string("emails/invitation_ended.html", context)
    return Mail(
        headline,
        text,
        html,
        {"References": f"<invitation-{invitation.pk}@{urlsplit(settings.SITE_URL).hostname}>"},
        summary=f"{invitation.get_role_display()} of {invitation.body}, {ended}.",
        link=url,
    )

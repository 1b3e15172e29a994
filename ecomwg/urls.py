"""Every address of the portal. A room's addresses stand in its own `urls.py`; name, view and template agree."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from . import errors, home, search
from .administration.views import administration, change_password
from .why.views import why

GROUP = "groups/<slug:group>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/second-factor/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include("teams.accounts.sessions.urls")),
    path("accounts/identities/", include("teams.accounts.identities.urls")),
    path("people/", include("ecomwg.people.urls")),
    path("profile/", include("teams.accounts.profile.urls")),
    path("invitations/", include("teams.bodies.invitations.urls")),
    path("", include("teams.notices.choices.urls")),
    path("mail/answer/", include("milestones.work.by_mail.urls")),
    path("mailbox/", include("teams.notices.urls")),
    path(GROUP, include("teams.bodies.urls")),
    path(f"{GROUP}why/<slug:kind>/<str:key>/", why, name="why"),
    path(GROUP, include("teams.history.urls")),
    path(GROUP, include("milestones.work.urls")),
    path(GROUP, include("milestones.meetings.urls")),
    path(GROUP, include("milestones.reminders.urls")),
    path(GROUP, include("documents.library.urls")),
    path(GROUP, include("documents.statement.urls")),
    path(GROUP, include("documents.consultations.urls")),
    path(GROUP, include("documents.papers.urls")),
    path("administration/sessions/", include("teams.accounts.open_sessions.urls")),
    path("administration/view-as/", include("teams.viewing.urls")),
    path("administration/", administration, name="administration"),
    path("administration/records/password_change/", change_password, name="change_password"),
    path("administration/records/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

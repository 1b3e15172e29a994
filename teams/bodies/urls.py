"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views
from .absences import views as absences
from .invitations import views as invitations
from .memberships import views as memberships
from .recertification import views as recertification
from .settings import views as settings

app_name = "bodies"

urlpatterns = [
    path("", views.group, name="group"),
    path("absences/", absences.absences, name="absences"),
    path("absences/new/", absences.set_absence, name="set_absence"),
    path("absences/<int:absence>/", absences.absence, name="absence"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/new/", invitations.invite, name="invite"),
    path("invitations/<int:invitation>/", invitations.invitation, name="invitation"),
    path("memberships/", memberships.memberships, name="memberships"),
    path("memberships/new/", memberships.add_membership, name="add_membership"),
    path("memberships/<int:membership>/", memberships.membership, name="membership"),
    path("memberships/terms/<slug:key>/", memberships.new_term, name="new_term"),
    path("recertification/", recertification.access_rounds, name="access_rounds"),
    path("recertification/<int:round_pk>/", recertification.access_round, name="access_round"),
    path("settings/", settings.settings, name="settings"),
]

"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views
from .invitations import views as invitations

app_name = "bodies"

urlpatterns = [
    path("", views.group, name="group"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/new/", invitations.invite, name="invite"),
    path("invitations/<int:invitation>/", invitations.invitation, name="invitation"),
]

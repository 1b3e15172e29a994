"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from .views import actions, calendar, meetings

app_name = "meetings"

urlpatterns = [
    path("calendar/", calendar.calendar, name="calendar"),
    path("meetings/<slug:key>/", meetings.meeting, name="meeting"),
    path("meetings/<slug:key>/actions/new/", actions.add_action, name="add_action"),
]

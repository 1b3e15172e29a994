"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import action_pages, views

app_name = "meetings"

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("meetings/<slug:key>/", views.meeting, name="meeting"),
    path("meetings/<slug:key>/actions/new/", action_pages.add_action, name="add_action"),
]

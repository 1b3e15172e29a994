"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "work"

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("teams/<slug:key>/", views.team, name="team"),
    path("milestones/<slug:key>/", views.milestone, name="milestone"),
]

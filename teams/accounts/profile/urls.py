"""The address of one's own page."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "profile"

urlpatterns = [
    path("", views.profile, name="profile"),
]

"""Addresses of the administrators' pages of open sessions."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "open_sessions"

urlpatterns = [
    path("", views.open_sessions, name="open_sessions"),
    path("<int:session>/", views.end, name="end"),
    path("of/<int:person>/", views.end_all, name="end_all"),
]

"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "reminders"

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/forecast/", views.forecast, name="forecast"),
    path("ledger/<int:pk>/", views.notice, name="notice"),
    path("ledger/<int:pk>/mail/", views.notice_mail, name="notice_mail"),
]
